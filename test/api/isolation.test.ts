/** One lender's ids are nobody else's: every id route of the OpenAPI document, with another lender's real id, answers like a random one (X1, X2). */
import { expect } from 'chai';
import { ROUTES } from '../../src/api/routes.ts';
import { type Laid, lay, openTestApi, planBody, rows, type TestApi, type TestLender } from './support/api.ts';

const RANDOM = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
/** What may differ: the id itself, and the request's own marks. */
const strip = (text: string, id: string) => text.replaceAll(id, 'ID').replace(/"(requestId|instance)":"[^"]*"/g, '');

type Operation = Readonly<{ parameters: readonly { name: string; in: string; schema: { pattern?: string } }[] }>;

describe('two lenders', () => {
  let api: TestApi;
  let owner: Laid;
  let other: TestLender;
  const theirs: Record<string, string> = {};
  before(async function () {
    this.timeout(240_000);
    api = await openTestApi();
    owner = await lay(api, await api.lender('Owner'));
    other = await api.lender('Other');
    Object.assign(theirs, {
      pln: owner.pln,
      brw: owner.brw,
      mnd: owner.mnd,
      ins: owner.ins,
      att: owner.att,
      ntc: owner.ntc,
      hld: owner.hld,
      dis: owner.dis,
      rfd: owner.rfd,
      stl: owner.stl,
      stm: owner.stm,
      lnd: owner.lender.id,
    });
  });
  after(() => api?.end());

  it("answers every id route with the other lender's id exactly as with a random one", async function () {
    this.timeout(240_000);
    const spec = await api.open('GET', '/openapi.json');
    const paths = spec.at<Record<string, Record<string, Operation>>>('paths');
    const tried: string[] = [];
    for (const [path, operations] of Object.entries(paths))
      for (const [method, operation] of Object.entries(operations)) {
        const pattern = operation.parameters.find((p) => p.in === 'path' && p.name === 'id')?.schema.pattern;
        const prefix = pattern?.slice(1, 4) ?? '';
        if (!pattern || prefix === 'key') continue;
        const real = theirs[prefix];
        expect(real, `${method} ${path}: the test lays down no ${prefix}_ id`).to.be.a('string');
        for (const body of [{}, { nonsense: true }, 'not json at all']) {
          const send = (id: string) =>
            other.send(method.toUpperCase(), path.replace('{id}', id), method === 'get' || method === 'delete' ? undefined : body);
          const [mine, none] = [await send(real ?? ''), await send(`${prefix}_${RANDOM}`)];
          // Files are the house's own: no lender's key opens them.
          const staff = prefix === 'stm' || (method !== 'get' && (path.endsWith('/resolve') || prefix === 'dis' || prefix === 'stl'));
          expect(mine.status, `${method} ${path}`).to.equal(staff ? 403 : 404);
          expect(strip(mine.text, real ?? ''), `${method} ${path}`).to.equal(strip(none.text, `${prefix}_${RANDOM}`));
        }
        tried.push(`${method} ${path}`);
      }
    expect(tried).to.have.length(ROUTES.filter((r) => r.path.includes('{id}') && r.ids?.id?.prefix !== 'key').length);
  });

  it('lets staff of one lender resolve nothing of another', async () => {
    const key = await api.admin('POST', '/v1/api-keys', { lenderId: other.id, scopes: ['ops:write'] });
    const answer = await api.open(
      'POST',
      `/v1/attempts/${owner.att}/resolve`,
      { verdict: 'failed', evidence: 'x' },
      { authorization: `Bearer ${key.at('key')}` },
    );
    expect(answer.status).to.equal(404);
  });

  it('lists, filters and counts nothing of the other lender', async () => {
    const lists = ROUTES.filter((r) => r.method === 'get' && r.tenancy === 'lender' && !r.path.includes('{'));
    for (const { path } of lists) {
      const query = ['/v1/holds', '/v1/instalments'].includes(path) ? `?planId=${owner.pln}` : '';
      const answer = await other.send('GET', `${path}${query}`);
      expect(answer.status, path).to.equal(200);
      expect(rows(answer), path).to.deep.equal([]);
    }
    for (const query of [`planId=${owner.pln}`, `borrowerId=${owner.brw}`, `mandateId=${owner.mnd}`])
      expect(rows(await other.send('GET', `/v1/attempts?${query}`)), query).to.deep.equal([]);
    expect(rows(await other.send('GET', '/v1/lenders')).map((l) => l.id)).to.deep.equal([other.id]);
  });

  it("refuses lenderId as a parameter or a field, and a lender's key that names another lender", async () => {
    expect((await other.send('GET', `/v1/plans?lenderId=${owner.lender.id}`)).status).to.equal(400);
    expect((await other.send('POST', '/v1/plans', planBody({ lenderId: owner.lender.id }))).status).to.equal(400);
    const named = await other.send('GET', '/v1/plans', undefined, { 'x-lender': owner.lender.id });
    const nobody = await other.send('GET', '/v1/plans', undefined, { 'x-lender': `lnd_${RANDOM}` });
    expect([named.status, strip(named.text, 'none')]).to.deep.equal([403, strip(nobody.text, 'none')]);
  });

  it("registers no plan on the other lender's borrower or mandate", async () => {
    const { borrower: _b, ...noBorrower } = planBody();
    const { mandate: _m, ...noMandate } = planBody();
    for (const [body, id] of [
      [{ ...noBorrower, borrowerId: owner.brw }, owner.brw],
      [{ ...noMandate, mandateId: owner.mnd }, owner.mnd],
    ] as const) {
      const random = `${id.slice(0, 4)}${RANDOM}`;
      const mine = await other.send('POST', '/v1/plans', body);
      const none = await other.send('POST', '/v1/plans', JSON.parse(JSON.stringify(body).replace(id, random)));
      expect(mine.status).to.be.within(400, 422);
      expect(strip(mine.text, id)).to.equal(strip(none.text, random));
    }
  });

  it('keeps the Idempotency-Keys of two lenders apart', async () => {
    const third = await api.lender('Third');
    const head = { 'idempotency-key': 'the same words' };
    const body = planBody();
    const [a, b] = [await other.send('POST', '/v1/plans', body, head), await third.send('POST', '/v1/plans', planBody(), head)];
    expect([a.status, b.status]).to.deep.equal([201, 201]);
    expect(a.at('id')).to.not.equal(b.at('id'));
  });

  it('asks an admin key which lender, and shows it that one only', async () => {
    expect((await api.admin('GET', '/v1/plans')).at('code')).to.equal('LENDER_REQUIRED');
    expect((await api.admin('GET', '/v1/plans', undefined, { 'x-lender': `lnd_${RANDOM}` })).status).to.equal(404);
    const seen = await api.admin('GET', '/v1/plans', undefined, { 'x-lender': owner.lender.id });
    expect(rows(seen).map((p) => p.id)).to.deep.equal([owner.pln]);
  });

  it('shows no sealed account, hash, claim or other inside of the house anywhere', async () => {
    const insides =
      /accountSealed|accountKey|slotKey|"hash"|payloadHash|coreHash|registeredHash|"claim"|"bucket"|eventN|partition|62220200/;
    for (const path of [
      `/v1/plans/${owner.pln}?expand[]=borrower&expand[]=mandates`,
      `/v1/plans/${owner.pln}/preview`,
      `/v1/plans/${owner.pln}/explain`,
      `/v1/mandates/${owner.mnd}`,
      `/v1/borrowers/${owner.brw}`,
      `/v1/attempts/${owner.att}?expand[]=permit&expand[]=events&expand[]=plan.borrower`,
      '/v1/notices',
      '/v1/events',
      '/v1/skips',
      '/v1/lenders',
    ]) {
      const answer = await owner.lender.send('GET', path);
      expect(answer.status, path).to.equal(200);
      expect(answer.text, path).to.not.match(insides);
    }
  });
});
