/** The desk over HTTP: whose rows a key sees, whose it may act on, and that a second key is a second key. */
import { expect } from 'chai';
import type { Discrepancy } from '../../src/domain/discrepancy.ts';
import { layDiscrepancy } from '../support/discrepancies.ts';
import { client, openTestApi, rows, type Send, type TestApi, type TestLender } from './support/api.ts';

describe('the discrepancy desk over HTTP', () => {
  let api: TestApi;
  let harbour: TestLender;
  let other: TestLender;
  let li: Send;
  let wang: Send;
  let own: Discrepancy;
  let houses: Discrepancy;
  before(async function () {
    this.timeout(240_000);
    api = await openTestApi();
    [harbour, other] = [await api.lender('Harbour'), await api.lender('Other')];
    [li, wang] = [await staff(null), await staff(null)];
    own = await layDiscrepancy(api.house.world, harbour.id, -500);
    houses = await layDiscrepancy(api.house.world, 'house', 8_800);
  });
  after(() => api?.end());

  async function staff(lenderId: string | null): Promise<Send> {
    const key = await api.admin('POST', '/v1/api-keys', { lenderId, scopes: ['ops:write'] });
    return client(api.url, key.at('key'));
  }
  const path = (d: Discrepancy, act = '') => `/v1/discrepancies/${d.id}${act && `/${act}`}`;
  const seen = async (send: Send, query = '', headers = {}) =>
    rows(await send('GET', `/v1/discrepancies${query}`, undefined, headers)).map((d) => d.id);

  it('shows a lender its own, and the house’s staff everything, what belongs to nobody too', async () => {
    expect(await seen(harbour.send)).to.deep.equal([own.id]);
    expect(await seen(other.send)).to.deep.equal([]);
    expect(await seen(li)).to.include.members([own.id, houses.id]);
    expect(await seen(li, '', { 'x-lender': harbour.id })).to.deep.equal([own.id]);
    expect(await seen(li, '', { 'x-lender': other.id })).to.deep.equal([]);
  });

  it('filters by kind, channel, state, age and owner', async () => {
    expect(await seen(li, '?kind=surplus&channel=simulator&unsettled=true')).to.deep.equal([houses.id]);
    expect(await seen(li, '?unsettled=false')).to.deep.equal([]);
    expect(await seen(li, '?olderThanDays=1')).to.deep.equal([]);
    expect(await seen(li, '?owner=nobody')).to.deep.equal([]);
    const [row] = rows(await li('GET', '/v1/discrepancies?kind=surplus'));
    expect(row).to.include({ inSuspense: 8_800, ageDays: 0, lenderId: 'house', state: 'suspense' });
  });

  it('answers another lender, its staff, and lenders about the house’s rows as about what does not exist', async () => {
    const othersStaff = await staff(other.id);
    for (const [send, d] of [
      [other.send, own],
      [othersStaff, own],
      [harbour.send, houses],
      [await staff(harbour.id), houses],
    ] as const)
      expect((await send('GET', path(d))).status).to.equal(404);
    for (const act of ['assign', 'note', 'query', 'propose', 'approve', 'reject', 'rerun'])
      expect((await othersStaff('POST', path(own, act), {})).status, act).to.equal(404);
    expect((await li('POST', path(own, 'note'), { text: 'x' }, { 'x-lender': other.id })).status).to.equal(404);
  });

  it('lets a lender’s own key read, never act', async () => {
    expect((await harbour.send('GET', path(own))).status).to.equal(200);
    expect((await harbour.send('POST', path(own, 'note'), { text: 'ours' })).status).to.equal(403);
  });

  it('refuses an approval under the proposer’s key, whatever X-Actor says, and takes another’s', async () => {
    const d = await layDiscrepancy(api.house.world, harbour.id, -500);
    expect((await li('POST', path(d, 'propose'), { act: 'writeOff' }, { 'x-actor': 'li.na' })).at('proposal.act')).to.equal('writeOff');
    const same = await li('POST', path(d, 'approve'), undefined, { 'x-actor': 'wang.wei' });
    expect([same.status, same.at('code')]).to.deep.equal([409, 'SECOND_KEY_REQUIRED']);
    const approved = await wang('POST', path(d, 'approve'), undefined, { 'x-actor': 'li.na' });
    expect([approved.status, approved.at('state')]).to.deep.equal([200, 'writtenOff']);
    const told = await harbour.send('GET', `${path(d)}?expand[]=events`);
    expect(told.at<{ type: string }[]>('events').map((e) => e.type)).to.deep.equal([
      'discrepancy.opened',
      'discrepancy.proposed',
      'discrepancy.refused',
      'discrepancy.writtenOff',
    ]);
  });

  it('tells one of two operators that the other was faster', async () => {
    const d = await layDiscrepancy(api.house.world, harbour.id, -500);
    await li('POST', path(d, 'propose'), { act: 'writeOff' });
    const both = await Promise.all([wang('POST', path(d, 'approve')), wang('POST', path(d, 'reject'))]);
    expect(both.map((a) => a.status).sort()).to.deep.equal([200, 409]);
    const events = (await li('GET', `${path(d)}?expand[]=events`)).at<{ type: string; data: { keyId?: string } }[]>('events');
    expect(events).to.have.length(4);
    expect(events.slice(1).every((e) => e.data.keyId)).to.equal(true);
  });

  it('holds an act to the ETag that was read', async () => {
    const d = await layDiscrepancy(api.house.world, harbour.id, -500);
    const etag = (await li('GET', path(d))).headers.get('etag') ?? '';
    expect((await li('POST', path(d, 'note'), { text: 'one' }, { 'if-match': etag })).status).to.equal(200);
    const late = await wang('POST', path(d, 'note'), { text: 'two' }, { 'if-match': etag });
    expect([late.status, late.at('code')]).to.deep.equal([412, 'VERSION_CHANGED']);
  });

  it('keeps the runs of reconciliation to the house', async () => {
    expect((await harbour.send('GET', '/v1/reconciliations')).status).to.equal(403);
    expect((await li('GET', '/v1/reconciliations')).status).to.equal(200);
    for (const id of ['rec_simulator_2020-01-01', 'rec_x', 'nonsense'])
      expect((await li('GET', `/v1/reconciliations/${id}`)).status, id).to.equal(404);
  });
});
