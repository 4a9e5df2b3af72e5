/** Refunds over HTTP: two keys, one lender, never more than came in, and one order folded with its refunds. */
import { expect } from 'chai';
import { client, type Laid, lay, openTestApi, type Send, type TestApi, type TestLender } from './support/api.ts';

describe('refunds through the API', function () {
  this.timeout(240_000);
  let api: TestApi;
  let owner: Laid;
  let other: TestLender;
  let second: Send;
  before(async () => {
    api = await openTestApi();
    owner = await lay(api, await api.lender('Owner'));
    other = await api.lender('Other');
    const key = await api.admin('POST', '/v1/api-keys', { lenderId: owner.lender.id, scopes: ['lender'] });
    second = client(api.url, key.at('key'));
  });
  after(() => api?.end());

  const send: Send = (...args) => owner.lender.send(...args);
  const advance = (to: string) => api.admin('POST', '/v1/test/clock/advance', { to });

  it('are asked for with one key, approved with another, and shown beneath their order', async () => {
    const made = await send('POST', '/v1/refunds', { receiptId: owner.att, amount: 1_200, because: 'paid twice' });
    expect(made.status, made.text).to.equal(201);
    expect([made.at('state'), made.at('way'), made.at('approvedBy')]).to.deep.equal(['requested', 'channel', null]);
    const path = `/v1/refunds/${made.at('id')}`;
    const own = await send('POST', `${path}/approve`, {}, { 'x-actor': 'somebody else' });
    expect([own.status, own.at('code')]).to.deep.equal([409, 'SECOND_KEY_REQUIRED']);
    const approved = await second('POST', `${path}/approve`);
    expect(approved.status, approved.text).to.equal(200);
    await advance('2026-01-26T05:00:00Z');
    const done = await send('GET', `${path}?expand[]=events`);
    expect([done.at('state'), done.at('paidOn'), done.at('amount')]).to.deep.equal(['succeeded', '2026-01-26', 1_200]);
    expect(done.at<{ type: string }[]>('events').map((e) => e.type)).to.deep.equal([
      'refund.requested',
      'refund.approved',
      'refund.processing',
      'refund.succeeded',
    ]);
    const folded = await send('GET', `/v1/attempts/${owner.att}/movements`);
    expect(folded.at<{ kind: string; amount: number }[]>('movements').map((m) => [m.kind, m.amount])).to.deep.include.members([
      ['debit', 110_016],
      ['refund', -1_200],
    ]);
    const attempt = await send('GET', `/v1/attempts/${owner.att}`);
    expect(attempt.at('amount'), 'the debit keeps its amount').to.equal(110_016);
    expect(attempt.at<number>('refundedAmount')).to.equal(folded.at('refundedAmount'));
    const promised = folded.at<{ state: string; amount: number }[]>('refunds').reduce((s, r) => s + r.amount, 0);
    expect(folded.at('left')).to.equal(110_016 - promised);
    const tooMuch = await send('POST', '/v1/refunds', { receiptId: owner.att, amount: 110_016 - promised + 1, because: 'too much' });
    expect([tooMuch.status, tooMuch.at('code')]).to.deep.equal([409, 'REFUND_TOO_LARGE']);
    const events = await send('GET', '/v1/events?limit=200');
    expect(events.text, 'the lender is told').to.include('"type":"refund.succeeded"');
  });

  it('are cancelled before they leave, and not after', async () => {
    const gone = await second('POST', `/v1/refunds/${owner.rfd}/cancel`);
    expect(gone.at('state')).to.equal('cancelled');
    const late = await second('POST', `/v1/refunds/${owner.rfd}/approve`);
    expect([late.status, late.at('code')]).to.deep.equal([409, 'ILLEGAL_TRANSITION']);
  });

  it('say what is wrong with a request, and nothing of what another lender has', async () => {
    const theirs = await other.send('POST', '/v1/refunds', { receiptId: owner.att, amount: 1, because: 'x' });
    const none = await other.send('POST', '/v1/refunds', { receiptId: 'att_01ARZ3NDEKTSV4RRFFQ69G5FAV', amount: 1, because: 'x' });
    expect([theirs.status, none.status]).to.deep.equal([404, 404]);
    for (const [body, pointer] of [
      [{ amount: 1, because: 'x' }, '/receiptId'],
      [{ receiptId: owner.pln, amount: 1, because: 'x' }, '/receiptId'],
      [{ receiptId: owner.att, amount: 0, because: 'x' }, '/amount'],
      [{ receiptId: owner.att, amount: 1.5, because: 'x' }, '/amount'],
      [{ receiptId: owner.att, amount: 1 }, '/because'],
      [{ receiptId: owner.att, amount: 1, because: 'x', way: 'cash' }, '/way'],
    ] as const) {
      const refused = await send('POST', '/v1/refunds', body);
      expect([refused.status, refused.at('errors.0.pointer')], JSON.stringify(body)).to.deep.equal([400, pointer]);
    }
  });

  it('lists them by receipt, plan and state', async () => {
    for (const query of [`receiptId=${owner.att}`, `planId=${owner.pln}`, `borrowerId=${owner.brw}`, 'state=succeeded'])
      expect((await send('GET', `/v1/refunds?${query}`)).at<unknown[]>('data').length, query).to.be.above(0);
    expect((await other.send('GET', '/v1/refunds')).at('data')).to.deep.equal([]);
  });
});
