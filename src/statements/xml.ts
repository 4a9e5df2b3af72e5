/**
 * XML from bytes to elements, for bank files that anyone may have touched. A bank's message needs none of what makes XML dangerous, so all of
 * it is refused after decoding: DOCTYPE and with it every entity that is not built in, and whatever grows without end (depth, attributes,
 * texts, numeric references). Nothing is ever fetched. The file is read in windows, so memory stays small and a bad one is refused early.
 * `saxes` does the tokens: it streams and holds to the letter of XML 1.0; this file holds what it lets through.
 */
import { TextDecoder } from 'node:util';
import { SaxesParser } from 'saxes';
import { BadStatement } from './reader.ts';

/** Where an element begins, from 1. */
export type XmlPlace = Readonly<{ line: number; column: number }>;

/** Told of each element by its local name; `text` is what stands directly in it, blanks at the ends taken off. */
export type XmlSink = Readonly<{
  open(name: string, attributes: ReadonlyMap<string, string>, uri: string, at: XmlPlace): void;
  close(name: string, text: string, at: XmlPlace): void;
}>;

const MOST_DEPTH = 40;
const MOST_ATTRIBUTES = 24;
const MOST_NAME = 128;
const MOST_TEXT = 32 * 1024;
/** Numeric character references: a few in a name are seen, never a flood. So many, and one more for each so many characters. */
const SPARE_REFERENCES = 1_000;
const PER_REFERENCE = 64;
/** Characters that may pass without any element, text or comment coming to its end. */
const MOST_SILENCE = 64 * 1024;
const WINDOW = 16 * 1024;
/** Enough for a byte order mark and an XML declaration. */
const SNIFF = 512;
const DELETE = '\u007f';
const ENCODINGS = ['utf-8', 'us-ascii', 'iso-8859-1', 'iso-8859-15', 'windows-1252', 'utf-16'];
const NO_ATTRIBUTES: Map<string, string> = new Map();
const AGAIN = 'fetch the file again, unchanged by other programs';

const bad = (code: string, { line, column }: XmlPlace, says: string, cure = AGAIN): BadStatement =>
  new BadStatement(code, { line, column }, says, cure);

/**
 * Feeds `sink`, and yields after each window, so that what has come together can be passed on.
 * @throws BadStatement NOT_XML, XML_DOCTYPE, XML_TOO_LARGE, XML_ENCODING, NOT_ENCODED; and whatever the sink throws
 */
export async function* feedXml(input: AsyncIterable<Uint8Array>, sink: XmlSink): AsyncGenerator<void> {
  let start: Buffer | null = Buffer.alloc(0);
  let feed: Feed | null = null;
  for await (const chunk of input) {
    for (let from = 0; from < chunk.length; from += WINDOW) {
      let bytes: Uint8Array = chunk.subarray(from, from + WINDOW);
      if (start) {
        start = Buffer.concat([start, bytes]);
        if (start.length < SNIFF) continue;
        bytes = start;
        start = null;
        feed = new Feed(bytes, sink);
      }
      feed?.write(bytes);
      yield;
    }
  }
  if (start) {
    feed = new Feed(start, sink);
    feed.write(start);
  }
  feed?.end();
  yield;
}

/** One file on its way through the decoder and the parser. */
class Feed {
  readonly #decoder: TextDecoder;
  readonly #parser: SaxesParser<{ xmlns: true }>;
  #references = 0;
  #characters = 0;
  #half = '';
  #silent = 0;

  constructor(start: Uint8Array, sink: XmlSink) {
    const encoding = encodingOf(start);
    this.#decoder = new TextDecoder(encoding, { fatal: true });
    this.#parser = this.#parserFor(sink, encoding);
  }

  write(bytes: Uint8Array): void {
    let text: string;
    try {
      text = this.#decoder.decode(bytes, { stream: true });
    } catch {
      throw this.#notDecoded();
    }
    this.#countReferences(text);
    if (text.includes(DELETE)) throw this.#control();
    this.#silent += text.length;
    this.#parser.write(text);
    if (this.#silent > MOST_SILENCE)
      throw bad('XML_TOO_LARGE', this.#place(), `a text, a tag or a comment is longer than ${MOST_SILENCE} characters`);
  }

  end(): void {
    try {
      this.#parser.write(this.#decoder.decode());
    } catch (error) {
      throw error instanceof BadStatement ? error : this.#notDecoded();
    }
    this.#parser.close();
  }

  /** The last character read. */
  #place = (): XmlPlace => ({ line: this.#parser.line, column: Math.max(this.#parser.column, 1) });

  /** The one control character that XML lets through. */
  #control(): BadStatement {
    return new BadStatement(
      'CONTROL_CHARACTER',
      { line: this.#parser.line },
      'past this line there is a control character (U+007f)',
      AGAIN,
    );
  }

  #notDecoded(): BadStatement {
    const says = `past this line the bytes are not ${this.#decoder.encoding.toUpperCase()}`;
    return new BadStatement('NOT_ENCODED', { line: this.#parser.line }, says, 'fetch the file again, in the encoding it declares');
  }

  /** `&#` may stand across two windows. */
  #countReferences(text: string): void {
    const whole = this.#half + text;
    for (let at = whole.indexOf('&#'); at >= 0; at = whole.indexOf('&#', at + 2)) this.#references += 1;
    this.#half = whole.endsWith('&') ? '&' : '';
    this.#characters += text.length;
    if (this.#references > SPARE_REFERENCES + this.#characters / PER_REFERENCE)
      throw bad('XML_TOO_LARGE', this.#place(), `there are ${this.#references} numeric references by here`, 'ask the bank for UTF-8');
  }

  #parserFor(sink: XmlSink, encoding: string): SaxesParser<{ xmlns: true }> {
    const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
    const open: { at: XmlPlace; text: string; parent: boolean }[] = [];
    let attributes = 0;
    let tagAt: XmlPlace = { line: 1, column: 1 };
    let heardAt: XmlPlace = { line: 1, column: 1 };
    const heard = (): void => {
      this.#silent = 0;
      heardAt = this.#place();
    };
    parser.on('error', (error) => {
      const says = error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');
      // What does not end, such as a bare '&', is noticed lines later: the place is then where it began.
      const at = this.#place();
      const found = heardAt.line < at.line ? { at: heardAt, later: `, noticed in line ${at.line}` } : { at, later: '' };
      throw bad('NOT_XML', found.at, `this is not well-formed XML (${says.slice(0, 120)}${found.later})`);
    });
    parser.on('xmldecl', ({ version, encoding: declared = encoding }) => {
      heard();
      if (version !== '1.0') throw bad('NOT_XML', this.#place(), `XML ${version} is not read`, 'ask the bank for XML 1.0');
      const same = declared.toLowerCase().replace(/^(utf-16)(le|be)$/, '$1') === encoding.replace(/^(utf-16)(le|be)$/, '$1');
      if (!same) throw bad('XML_ENCODING', this.#place(), `the file is in ${encoding} and says that it is in ${declared.slice(0, 40)}`);
    });
    parser.on('doctype', () => {
      throw bad(
        'XML_DOCTYPE',
        this.#place(),
        'there is a DOCTYPE, which no bank message has',
        'do not use this file; ask where it came from',
      );
    });
    parser.on('comment', heard);
    parser.on('processinginstruction', heard);
    parser.on('opentagstart', ({ name }) => {
      heard();
      attributes = 0;
      tagAt = { line: parser.line, column: Math.max(parser.column - name.length - 1, 1) };
      if (name.length > MOST_NAME) throw bad('XML_TOO_LARGE', tagAt, `the name of an element is longer than ${MOST_NAME} characters`);
      if (open.length >= MOST_DEPTH) throw bad('XML_TOO_LARGE', this.#place(), `the elements nest deeper than ${MOST_DEPTH}`);
    });
    parser.on('attribute', ({ name, value }) => {
      attributes += 1;
      if (attributes > MOST_ATTRIBUTES || name.length > MOST_NAME || value.length > MOST_TEXT)
        throw bad('XML_TOO_LARGE', this.#place(), 'the attributes are too many or too long');
    });
    const more = (text: string): void => {
      heard();
      const last = open.at(-1);
      if (!last || (last.text === '' && text.trim() === '')) return;
      last.text += text;
      if (last.text.length > MOST_TEXT)
        throw bad('XML_TOO_LARGE', last.at, `the text of an element is longer than ${MOST_TEXT} characters`);
    };
    parser.on('text', more);
    parser.on('cdata', more);
    parser.on('opentag', (tag) => {
      const parent = open.at(-1);
      if (parent) parent.parent = true;
      open.push({ at: tagAt, text: '', parent: false });
      const plain = attributes === 0 ? NO_ATTRIBUTES : new Map<string, string>();
      if (attributes > 0) for (const { local, prefix, value } of Object.values(tag.attributes)) if (prefix === '') plain.set(local, value);
      sink.open(tag.local, plain, tag.uri, tagAt);
    });
    parser.on('closetag', (tag) => {
      heard();
      const { at, text, parent } = open.pop()!;
      const own = text.trim();
      if (parent && own !== '') throw bad('NOT_XML', at, `<${tag.local.slice(0, 40)}> holds text beside its elements`);
      sink.close(tag.local, own, at);
    });
    return parser;
  }
}

/** By byte order mark or the pattern of '<?', else by what the declaration says. */
function encodingOf(start: Uint8Array): string {
  const [a = 0, b = 0, c = 0, d = 0] = start;
  if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0 && c === 0x3f && d === 0)) return 'utf-16le';
  if ((a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c && c === 0 && d === 0x3f)) return 'utf-16be';
  const head = Buffer.from(start.subarray(0, SNIFF)).toString('latin1');
  const declared = /^(?:\xef\xbb\xbf)?<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.-]{1,40})["']/.exec(head)?.[1]?.toLowerCase() ?? 'utf-8';
  if (!ENCODINGS.includes(declared) || declared === 'utf-16')
    throw bad(
      'XML_ENCODING',
      { line: 1, column: 1 },
      `the file says that it is in ${declared}, which is not read or not true`,
      'ask the bank for UTF-8',
    );
  return declared;
}
