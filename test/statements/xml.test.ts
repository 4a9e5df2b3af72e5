import { createServer } from 'node:net';
import { expect } from 'chai';
import { camtReader } from '../../src/statements/camt.ts';
import { feedXml } from '../../src/statements/xml.ts';
import { camt054, detail, entry, RETURN_054 } from '../support/bank-files.ts';
import { bytesOf, chunks, readAll, refusalOf } from '../support/statements.ts';

const CAMT = camt054(entry('1.00', 'CRDT', detail('D1')));
const withHead = (head: string): string => CAMT.replace(/^<\?xml[^>]*\?>/, (xml) => xml + head);
const refused = async (text: string | Uint8Array) => refusalOf(camtReader, typeof text === 'string' ? bytesOf(text) : text);
const utf16 = (text: string): Buffer => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
const bigEndian = (text: string): Buffer => utf16(text).swap16();

/** Every element by name with its text. */
async function elements(bytes: Uint8Array, chunk?: number): Promise<string[]> {
  const seen: string[] = [];
  const sink = { open: () => {}, close: (name: string, text: string) => void seen.push(text ? `${name}=${text}` : name) };
  for await (const _ of feedXml(chunks(bytes, chunk), sink));
  return seen;
}

describe('XML that anyone may have touched', () => {
  const external = (port: number) => withHead(`<!DOCTYPE Document [<!ENTITY x SYSTEM "http://127.0.0.1:${port}/x">]>`).replace('D1', '&x;');
  const laughs = withHead(
    `<!DOCTYPE Document [<!ENTITY a0 "lol">${Array.from({ length: 9 }, (_, i) => `<!ENTITY a${i + 1} "${`&a${i};`.repeat(10)}">`).join('')}]>`,
  ).replace('D1', '&a9;');
  const attacks: Readonly<Record<string, [string, string | Uint8Array]>> = {
    'a DOCTYPE': ['XML_DOCTYPE', withHead('<!DOCTYPE Document>')],
    'three DOCTYPEs': ['XML_DOCTYPE', withHead('<!DOCTYPE a><!DOCTYPE b><!DOCTYPE c>')],
    'a billion laughs': ['XML_DOCTYPE', laughs],
    'a DOCTYPE in UTF-16': ['XML_DOCTYPE', utf16(withHead('<!DOCTYPE Document>').replace('UTF-8', 'UTF-16'))],
    'a DOCTYPE in UTF-16 without a mark': [
      'XML_DOCTYPE',
      bigEndian(withHead('<!DOCTYPE Document>').replace('UTF-8', 'UTF-16')).subarray(2),
    ],
    'an entity of its own': ['NOT_XML', CAMT.replace('D1', '&secret;')],
    'a million numeric references in one text': ['XML_TOO_LARGE', CAMT.replace('D1', '&#65;'.repeat(1_000_000))],
    'a million numeric references in as many elements': [
      'XML_TOO_LARGE',
      CAMT.replace('<Acct>', `${'<x>&#65;</x>'.repeat(1_000_000)}<Acct>`),
    ],
    'a text without end': ['XML_TOO_LARGE', CAMT.replace('D1', 'x'.repeat(5_000_000))],
    'an attribute without end': ['XML_TOO_LARGE', CAMT.replace('Ccy="EUR"', `Ccy="${'E'.repeat(5_000_000)}"`)],
    'a comment without end': ['XML_TOO_LARGE', CAMT.replace('<NtryDtls>', `<!--${'x'.repeat(5_000_000)}`)],
    'a hundred thousand attributes': [
      'XML_TOO_LARGE',
      CAMT.replace('<NtryDtls', `<NtryDtls ${Array.from({ length: 100_000 }, (_, i) => `a${i}="1"`).join(' ')}`),
    ],
    'the name of an element without end': ['XML_TOO_LARGE', CAMT.replaceAll('NtryDtls', 'N'.repeat(10_000))],
    'a hundred thousand levels': ['XML_TOO_LARGE', CAMT.replace('<NtryDtls>', '<a>'.repeat(100_000))],
    'a hundred thousand elements in one entry': ['XML_TOO_LARGE', CAMT.replace('<NtryDtls>', '<a></a>'.repeat(100_000))],
  };

  for (const [what, [code, file]] of Object.entries(attacks))
    it(`refuses ${what} at once`, async () => {
      const bytes = typeof file === 'string' ? bytesOf(file) : file;
      const before = process.cpuUsage();
      const refusal = await refused(bytes);
      const { user, system } = process.cpuUsage(before);
      expect(refusal).to.include({ code });
      expect(refusal.line).to.be.a('number');
      expect(refusal.column).to.be.a('number');
      expect((user + system) / 1_000, 'milliseconds of work').to.be.below(200);
    });

  it('asks nobody for an external entity', async () => {
    let calls = 0;
    const server = createServer((socket) => {
      calls += 1;
      socket.destroy();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    expect(await refused(external(address && typeof address === 'object' ? address.port : 0))).to.include({ code: 'XML_DOCTYPE' });
    await new Promise((done) => server.close(done));
    expect(calls).to.equal(0);
  });

  it('reads UTF-8 with a mark, UTF-16 of either order and Latin-1 as they are', async () => {
    const text = '<a><b>Zoë €1</b></a>';
    for (const bytes of [
      Buffer.from(`\ufeff<?xml version="1.0"?>${text}`),
      utf16(`<?xml version="1.0" encoding="UTF-16"?>${text}`),
      bigEndian(`<?xml version="1.0" encoding="utf-16"?>${text}`),
      Buffer.from(`<?xml version="1.0" encoding="ISO-8859-15"?>${text}`.replace('€', '\u00a4'), 'latin1'),
    ])
      for (const chunk of [1, 7, undefined]) expect(await elements(bytes, chunk)).to.deep.equal(['b=Zoë €1', 'a']);
  });

  it('refuses bytes that are not of the encoding the file says, and says how to mend it', async () => {
    expect(await refused(Buffer.from(RETURN_054.replace('M-1001', 'M-\u00e9'), 'latin1'))).to.include({ code: 'NOT_ENCODED' });
    expect(await refused(CAMT.replace('UTF-8', 'GB18030'))).to.include({ code: 'XML_ENCODING', line: 1, column: 1 });
    expect((await refused(CAMT.replace('UTF-8', 'GB18030'))).says).to.include('ask the bank for UTF-8');
    expect(await refused(CAMT.replace('UTF-8', 'UTF-16'))).to.include({ code: 'XML_ENCODING' });
    expect(await refused(utf16(CAMT))).to.include({ code: 'XML_ENCODING' });
  });

  it('takes the built-in entities, references and CDATA, whatever the chunks', async () => {
    const text = '<a><b>&lt;x&gt; &amp; &#8364;</b><c><![CDATA[<y>&]]></c><d x="&quot;"/></a>';
    for (const chunk of [1, 3, undefined]) expect(await elements(bytesOf(text), chunk)).to.deep.equal(['b=<x> & €', 'c=<y>&', 'd', 'a']);
  });

  it('names the line and column of what is not well-formed', async () => {
    const cut = CAMT.slice(0, CAMT.indexOf('</Refs>'));
    const broken: readonly [string, number][] = [
      [CAMT.replace('</Refs>', '</Ref>'), 5],
      [cut, 5],
      [`${CAMT}<a/>`, 8],
      [CAMT.replace('D1', 'D1 & Co'), 5],
      [CAMT.replace('D1', 'D\u00001'), 5],
      [CAMT.replace('<Refs>', '<Refs>text'), 5],
      ['', 1],
      ['plain text', 1],
    ];
    for (const [text, line] of broken) {
      const refusal = await refused(text);
      expect(refusal).to.include({ code: 'NOT_XML', line });
      expect(refusal.column).to.be.above(0);
    }
  });

  it('gives the same lines however the bytes arrive', async () => {
    const whole = await readAll(camtReader, bytesOf(RETURN_054));
    for (const chunk of [1, 13, 511, 512, 513]) expect(await readAll(camtReader, bytesOf(RETURN_054), {}, chunk)).to.deep.equal(whole);
  });
});
