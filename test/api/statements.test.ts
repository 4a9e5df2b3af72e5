import { expect } from 'chai';
import { simulatorFile } from '../support/simulator-file.ts';
import { openTestApi, rows, type TestApi, type TestLender } from './support/api.ts';

const FILE = simulatorFile('2026-01-04', [
  { no: 'DA', minor: 110016 },
  { no: 'DB', minor: 67600 },
]);

describe('statements over the API', () => {
  let api: TestApi;
  let lender: TestLender;
  before(async function () {
    this.timeout(240_000);
    api = await openTestApi();
    lender = await api.lender('Harbour');
  });
  after(() => api?.end());

  const upload = (body: string | Uint8Array, query = 'channel=simulator&name=a.csv', type = 'text/csv') =>
    api.admin('POST', `/v1/statements?${query}`, body, { 'content-type': type });

  it('takes a file in, shows it with its lines, and does nothing for the same again', async () => {
    const taken = await upload(FILE);
    expect(taken.status, taken.text).to.equal(201);
    expect(taken.at('state')).to.equal('accepted');
    expect(taken.at<number>('lines')).to.equal(2);
    expect(taken.at<number>('counted.0.inMinor')).to.equal(177616);
    expect((await upload(FILE)).status).to.equal(200);
    const id = taken.at('id');
    expect((await api.admin('GET', `/v1/statements/${id}`)).json).to.deep.equal(taken.json);
    const page = await api.admin('GET', `/v1/statements/${id}/lines?limit=1`);
    expect(page.at('data.0.outTradeNo')).to.equal('DA');
    expect(page.at('data.0.result')).to.equal(null);
    expect(page.at<boolean>('hasMore')).to.equal(true);
    const rest = await api.admin('GET', `/v1/statements/${id}/lines?limit=1&after=1`);
    expect([rest.at('data.0.outTradeNo'), rest.at<boolean>('hasMore')]).to.deep.equal(['DB', false]);
    expect(rows(await api.admin('GET', '/v1/statements?source=simulator&state=accepted')).map((r) => r.id)).to.include(id);
  });

  it('keeps a file that cannot be read right as a refusal that says where, and never falls over', async () => {
    const gb = Buffer.concat([Buffer.from(FILE.slice(0, 80)), Buffer.from([0xb5, 0xc4, 0xff, 0x00]), Buffer.from(FILE.slice(80))]);
    const bad: readonly (readonly [string, string | Uint8Array, string])[] = [
      ['offBy', simulatorFile('2026-01-04', [{ no: 'DX', minor: 1 }], { offBy: 1 }), 'text/csv'],
      ['empty words', 'x', 'text/plain'],
      ['bytes', gb, 'application/octet-stream'],
      ['a zip', Buffer.from('504b0304', 'hex'), 'application/octet-stream'],
      ['cut off', FILE.slice(0, -20), 'text/csv'],
      ['doctype', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'application/xml'],
      ['a long line', `H,${'9'.repeat(200_000)}`, 'text/csv'],
    ];
    for (const [name, body, type] of bad) {
      const format = type === 'application/xml' ? '&format=camt' : '';
      const answer = await upload(body, `channel=simulator&name=${encodeURIComponent(name)}${format}`, type);
      expect(answer.status, `${name}: ${answer.text.slice(0, 300)}`).to.equal(201);
      expect(answer.at('state'), name).to.equal('refused');
      expect(answer.at('refusal.code'), name).to.match(/^[A-Z_0-9]+$/);
      expect(rows(await api.admin('GET', `/v1/statements/${answer.at('id')}/lines`)), name).to.deep.equal([]);
    }
  });

  it('names what is wrong with the call itself', async () => {
    const cases: readonly (readonly [string, string, string, number])[] = [
      ['no source', 'name=a', 'text/csv', 400],
      ['two sources', 'channel=simulator&account=settlement&name=a', 'text/csv', 400],
      ['no name', 'channel=simulator', 'text/csv', 400],
      ['a slash in the name', 'channel=simulator&name=a%2Fb', 'text/csv', 400],
      ['an unknown channel', 'channel=nobody&name=a', 'text/csv', 400],
      ['an unknown format', 'channel=simulator&name=a&format=nothing', 'text/csv', 400],
      ['a format of accounts', 'channel=simulator&name=a&format=simulator-account', 'text/csv', 400],
      ['no day', 'channel=simulator&name=a&businessDate=2026-02-30', 'text/csv', 400],
      ['an unknown parameter', 'channel=simulator&name=a&x=1', 'text/csv', 400],
      ['a picture', 'channel=simulator&name=a', 'image/png', 415],
    ];
    for (const [name, query, type, status] of cases) {
      const answer = await upload(FILE, query, type);
      expect(answer.status, `${name}: ${answer.text.slice(0, 200)}`).to.equal(status);
    }
    const pointer = async (query: string) => (await upload(FILE, query, 'text/csv')).at('errors.0.pointer');
    expect(await pointer('channel=nobody&name=a')).to.equal('/query/channel');
    expect(await pointer('account=nobody&name=a')).to.equal('/query/account');
    expect(await pointer('channel=simulator&name=a&format=nothing')).to.equal('/query/format');
    expect(await pointer('channel=simulator&name=a%2Fb')).to.equal('/query/name');
    expect((await upload(Buffer.alloc(5 * 1024 * 1024 + 1, 65))).status).to.equal(413);
    for (const path of ['/v1/statements/stm_x', '/v1/statements/stm_01ARZ3NDEKTSV4RRFFQ69G5FAV/lines', '/v1/statements/stm_%00'])
      expect((await api.admin('GET', path)).status, path).to.be.oneOf([400, 404]);
    expect((await api.admin('GET', '/v1/statements?source=%24ne')).status).to.equal(400);
  });

  it("is not for a lender's key", async () => {
    for (const path of ['/v1/statements', '/v1/statements/stm_01ARZ3NDEKTSV4RRFFQ69G5FAV'])
      expect((await lender.send('GET', path)).status).to.equal(403);
    const answer = await lender.send('POST', '/v1/statements?channel=simulator&name=b.csv', FILE, { 'content-type': 'text/csv' });
    expect(answer.status).to.equal(403);
  });
});
