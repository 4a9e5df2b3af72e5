/** The way a lender walks through the API, from registering to the debit and its permit. */
import { expect } from 'chai';
import { type Laid, lay, openTestApi, planBody, rows, type TestApi } from './support/api.ts';

describe('the API, walked through', () => {
  let api: TestApi;
  let paid: Laid;
  let refused: Laid;
  before(async function () {
    this.timeout(240_000);
    api = await openTestApi();
    const lender = await api.lender('Harbour');
    const first = await lender.send('POST', '/v1/plans', planBody({}, '0027'));
    paid = await lay(api, lender);
    refused = { ...paid, pln: first.at('id') };
  });
  after(() => api?.end());

  it('debits a registered plan on its due date, and tells under which permit', async () => {
    const attempt = await paid.lender.send('GET', `/v1/attempts/${paid.att}?expand[]=permit&expand[]=events&expand[]=plan.borrower`);
    expect(attempt.status).to.equal(200);
    expect(attempt.json).to.deep.include({ state: 'succeeded', amount: 110016, currency: 'CNY', trigger: 'due', failure: null });
    const rules = attempt.at<{ code: string }[]>('permit.rules').map((r) => r.code);
    expect(rules).to.include.members(['mandateActive', 'noticeGiven', 'window', 'attemptsPerDay']);
    expect(attempt.at('permit.noticeId')).to.match(/^ntc_/);
    expect(attempt.at<{ n: number; to: string }[]>('events').map((e) => [e.n, e.to])).to.deep.equal([
      [1, 'submitted'],
      [2, 'succeeded'],
    ]);
    expect(attempt.at('plan.borrower.name')).to.equal('张三');
  });

  it('finds an attempt by its order number and by the reference of the lender, and none by another', async () => {
    const attempt = await paid.lender.send('GET', `/v1/attempts/${paid.att}`);
    const found = async (query: string) => rows(await paid.lender.send('GET', `/v1/attempts?${query}`)).map((a) => a.id);
    expect(await found(`outTradeNo=${attempt.at('outTradeNo')}`)).to.deep.equal([paid.att]);
    expect(await found(`lenderReference=${encodeURIComponent(attempt.at('lenderReference'))}`)).to.include(paid.att);
    expect(await found('outTradeNo=X1')).to.deep.equal([]);
    expect(await found('lenderReference=no-such')).to.deep.equal([]);
  });

  it('shows what the debit did to the plan, by component', async () => {
    const plan = await paid.lender.send('GET', `/v1/plans/${paid.pln}`);
    expect(plan.at('totals')).to.deep.equal({ due: 220032, paid: 110016, outstanding: 110016, overdue: 0, overpaid: 0 });
    const row = await paid.lender.send('GET', `/v1/instalments/${paid.ins}`);
    expect(row.json).to.deep.include({ state: 'paid', due: 110016, paid: 110016, outstanding: 0 });
    expect(row.at('components.paid')).to.deep.equal({ fee: 0, penalty: 0, interest: 18000, principal: 92016 });
  });

  it('says of a refused debit why, and when the plan acts again', async () => {
    const [attempt] = rows(await refused.lender.send('GET', `/v1/attempts?planId=${refused.pln}`));
    const failure = attempt?.failure as Record<string, unknown>;
    expect(failure).to.deep.include({ class: 'insufficientFunds', retryable: true, says: 'the balance did not cover the amount' });
    expect(failure.rawCode).to.be.a('string');
    const plan = await refused.lender.send('GET', `/v1/plans/${refused.pln}`);
    expect(failure.willRetryAt).to.equal(plan.at('nextAction.at'));
  });

  it('stops at a hold and at once tells what had left', async () => {
    const hold = await paid.lender.send(
      'POST',
      `/v1/plans/${paid.pln}/holds`,
      { kind: 'dispute', until: null },
      { 'x-actor': encodeURIComponent('李娜'), 'x-reason': 'letter' },
    );
    expect(hold.json).to.deep.include({ kind: 'dispute', by: '李娜', why: 'letter', planId: paid.pln, inFlight: [] });
    expect(rows(await paid.lender.send('GET', `/v1/holds?planId=${paid.pln}`)).map((h) => h.id)).to.include(hold.at('id'));
    expect((await paid.lender.send('POST', `/v1/holds/${hold.at('id')}/release`)).status).to.equal(200);
    expect((await paid.lender.send('GET', `/v1/holds/${hold.at('id')}`)).status).to.equal(404);
  });

  it('changes a schedule only for a caller who read the plan as it is', async () => {
    const change = { instalments: [{ dueDate: '2026-03-25', principal: 93396, interest: 20000 }] };
    const etag = (await paid.lender.send('GET', `/v1/plans/${paid.pln}`)).headers.get('etag') ?? '';
    expect(etag).to.match(/^"\d+"$/);
    const path = `/v1/plans/${paid.pln}/schedule`;
    expect((await paid.lender.send('POST', path, change, { 'if-match': '"1"' })).status).to.equal(412);
    expect((await paid.lender.send('POST', path, change, { 'if-match': '"nonsense"' })).status).to.equal(412);
    expect((await paid.lender.send('POST', path, change, { 'if-match': etag })).status).to.equal(200);
    expect((await paid.lender.send('POST', path, change, { 'if-match': etag })).status).to.equal(412);
  });

  it('previews a plan on a dry run, under a permit, and keeps nothing', async () => {
    const body = planBody({ instalments: [{ dueDate: '2026-06-25', principal: 92016, interest: 18000 }] });
    const dry = await paid.lender.send('POST', '/v1/plans?dryRun=true', body, { 'idempotency-key': '' });
    expect(dry.status).to.equal(200);
    const debit = dry.at<Record<string, unknown>[]>('debits').find((d) => d.kind === 'debit');
    expect(debit).to.deep.include({ amount: 110016, dueDate: '2026-06-25', trigger: 'due', refusal: null });
    expect(rows(await paid.lender.send('GET', `/v1/plans?externalId=${body.externalId}`))).to.deep.equal([]);
  });

  it('hands out the feed in an order that never skips, page by page', async () => {
    const all = rows(await paid.lender.send('GET', '/v1/events?limit=200'));
    const paged: unknown[] = [];
    for (let after = 0; ; ) {
      const page = await paid.lender.send('GET', `/v1/events?limit=3&after=${after}`);
      paged.push(...rows(page));
      if (!page.at<boolean>('hasMore')) break;
      after = Number(rows(page).at(-1)?.number);
    }
    expect(paged).to.deep.equal(all);
    expect(all.map((e) => e.number)).to.deep.equal(all.map((_, i) => i + 1));
  });

  it('stops a lender by its own key and no other, and lifts the switch again', async () => {
    const { send, id } = paid.lender;
    expect((await send('PUT', `/v1/stops/lender:${id}`)).status).to.equal(200);
    expect(rows(await send('GET', '/v1/stops'))).to.have.length(1);
    expect((await send('PUT', '/v1/stops/all')).status).to.equal(403);
    expect((await send('PUT', '/v1/stops/channel:simulator')).status).to.equal(403);
    expect((await send('DELETE', `/v1/stops/lender:${id}`)).at('lifted')).to.equal(true);
    expect((await api.admin('PUT', '/v1/stops/channel:simulator')).status).to.equal(200);
    expect((await api.admin('DELETE', '/v1/stops/channel:simulator')).at('lifted')).to.equal(true);
    expect((await api.admin('PUT', '/v1/stops/channel:nowhere')).status).to.equal(404);
  });

  it('never moves the test clock back', async () => {
    const back = await api.admin('POST', '/v1/test/clock/advance', { to: '2026-01-10T00:00:00Z' });
    expect([back.status, back.at('code')]).to.deep.equal([409, 'CLOCK_BACKWARDS']);
  });

  it('plays a scenario on an attempt: the bank gives the money back', async () => {
    const played = await paid.lender.send('POST', '/v1/test/scenarios/attempt-returned/run', { subjectId: paid.att });
    expect([played.status, played.text]).to.satisfy(([status]: [number]) => status === 200);
    expect((await paid.lender.send('POST', '/v1/test/scenarios/channel-down/run', {})).status).to.equal(403);
  });

  it('takes a file of plans and names each bad row', async () => {
    const head =
      'externalId,borrowerExternalId,name,phone,language,rail,account,perDebitCap,currency,strategy,principal,monthlyRate,count,method,dueDate';
    const row = (id: string, principal: string) =>
      `${id},B-${id},张三,+8613800138000,zh,simulator,6222020099900${id.length}0019,500000,CNY,standard,${principal},0.015,12,levelPayment,2027-01-25`;
    const file = `${head}\n${row('csv-1', '1200000')}\n${row('csv-22', '1e3')}\n`;
    const upload = () => paid.lender.send('POST', '/v1/imports', file, { 'content-type': 'text/csv' });
    const first = await upload();
    expect(first.json).to.deep.include({ rows: 2, imported: 1, unchanged: 0 });
    expect(first.at('rejected.0.line')).to.equal(3);
    expect((await upload()).json).to.deep.include({ rows: 2, imported: 0, unchanged: 1 });
  });
});
