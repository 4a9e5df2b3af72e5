/** Settlements over HTTP: a lender sees its own batches to the row; only the house's staff move them, under two keys. */
import { expect } from 'chai';
import { layBatch, lenderUnder, owing, reconciled, withoutFiles } from '../support/settling.ts';
import { client, openTestApi, rows, type Send, type TestApi } from './support/api.ts';

describe('settlements over the API', function () {
  this.timeout(240_000);
  let api: TestApi;
  let maker: Send;
  let approver: Send;
  let own: Send;
  let lenderId: string;
  before(async () => {
    api = await openTestApi();
    withoutFiles(api.house);
    const key = async (scopes: string[], of: string | null) =>
      client(api.url, (await api.admin('POST', '/v1/api-keys', { lenderId: of, scopes })).at('key'));
    const lender = await lenderUnder(api.house, { payout: 'manual' });
    lenderId = lender.id;
    [maker, approver] = [await key(['ops:write'], null), await key(['ops:write'], null)];
    own = await key(['lender'], lenderId);
    await owing(api.house, lender, '2026-01-06', [110_016, 20_000]);
    await api.house.to('2026-01-06T04:00:00Z');
    await reconciled(api.house, '2026-01-06');
  });
  after(() => api?.end());

  it('are made under one key, seen by the lender, approved under another, and confirmed when paid by hand', async () => {
    const made = await maker('POST', '/v1/settlements', { lenderId, through: '2026-01-06' });
    expect(made.status, made.text).to.equal(200);
    const id = made.at('data.0.cleared.id');
    expect(made.at('data.0.cleared.sums')).to.include({ gross: 130_016, channelFee: 20, net: 129_996 });
    expect(made.at('data.0.waiting')).to.equal(null);

    const listed = await own('GET', '/v1/settlements?state=cleared&payOnFrom=2026-01-06&payOnTo=2026-01-06');
    expect(rows(listed).map((r) => r.id)).to.deep.equal([id]);
    const page = await own('GET', `/v1/settlements/${id}/rows?limit=1`);
    expect(page.at('hasMore')).to.equal(true);
    const next = await own('GET', `/v1/settlements/${id}/rows?limit=1&after=${encodeURIComponent(page.at('data.0.id'))}`);
    expect([...rows(page), ...rows(next)].map((r) => r.amount)).to.have.members([110_016, 20_000]);
    expect(next.at('hasMore')).to.equal(false);

    const same = await maker('POST', `/v1/settlements/${id}/approve`, undefined, { 'x-actor': 'somebody else' });
    expect([same.status, same.at('code')]).to.deep.equal([409, 'SECOND_KEY_REQUIRED']);
    expect((await own('POST', `/v1/settlements/${id}/approve`)).status).to.equal(403);
    const approved = await approver('POST', `/v1/settlements/${id}/approve`);
    expect(approved.at('state'), approved.text).to.equal('approved');
    expect((await approver('POST', `/v1/settlements/${id}/approve`)).at('code')).to.equal('ILLEGAL_TRANSITION');

    await api.house.to('2026-01-07T04:00:00Z');
    const batch = await own('GET', `/v1/settlements/${id}?expand[]=events`);
    expect(batch.at('state')).to.equal('transferring');
    const payoutNo = batch.at('transfers.0.payoutNo');
    const paid = await maker('POST', `/v1/settlements/${id}/confirm`, { payoutNo, outcome: 'paid', evidence: 'receipt 4711' });
    expect(paid.at('state'), paid.text).to.equal('settled');
    const again = await maker('POST', `/v1/settlements/${id}/confirm`, { payoutNo, outcome: 'notPaid', evidence: 'no' });
    expect([again.status, again.at('code')]).to.deep.equal([409, 'NOT_UNDER_WAY']);
    const told = (await own('GET', `/v1/settlements/${id}?expand[]=events`)).at<{ type: string }[]>('events').map((e) => e.type);
    expect(told).to.deep.equal(['opened', 'cleared', 'approved', 'transferring', 'accepted', 'transferred'].map((t) => `settlement.${t}`));
  });

  it('say that nothing is confirmed, and refuse a lender that is none', async () => {
    expect(rows(await maker('POST', '/v1/settlements', { lenderId, through: '2026-01-06' }))).to.deep.equal([]);
    const nobody = await maker('POST', '/v1/settlements', { lenderId: 'lnd_01ARZ3NDEKTSV4RRFFQ69G5FAV', through: '2026-01-06' });
    expect(nobody.status).to.equal(404);
    expect((await own('POST', '/v1/settlements', { lenderId, through: '2026-01-06' })).status).to.equal(403);
  });

  it('retry what failed, and nothing else', async () => {
    const failed = await layBatch(api.house, { id: lenderId }, { state: 'failed' });
    const cleared = await layBatch(api.house, { id: lenderId }, {});
    expect((await maker('POST', `/v1/settlements/${cleared.id}/retry`)).at('code')).to.equal('ILLEGAL_TRANSITION');
    const again = await maker('POST', `/v1/settlements/${failed.id}/retry`);
    expect([again.at('state'), again.at('transfers.0.state')]).to.deep.equal(['approved', 'planned']);
    expect(again.at('transfers.0.payoutNo')).to.not.equal(failed.transfers[0]!.payoutNo);
  });
});
