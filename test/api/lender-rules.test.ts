/** What a lender is and where decides under which rules its borrowers are debited. */
import { expect } from 'chai';
import { gather } from '../../src/flows/gather.ts';
import { openTestApi, planBody, type TestApi } from './support/api.ts';

describe('a lender’s type and country', () => {
  let api: TestApi;
  before(async function () {
    this.timeout(240_000);
    api = await openTestApi();
  });
  after(() => api?.end());

  const create = (change: object) =>
    api.admin('POST', '/v1/lenders', { name: 'L', timeZone: 'America/New_York', currency: 'USD', ...change });

  /** The pack under which a plan of this lender is decided once its mandate is on US ACH. */
  async function packOf(lenderId: string): Promise<string | undefined> {
    const { world, database } = api.house;
    const plan = await api.admin('POST', '/v1/plans', { ...planBody(), currency: 'USD' }, { 'x-lender': lenderId });
    expect(plan.status, plan.text).to.equal(201);
    await database.db.collection('mandates').updateMany({ lenderId }, { $set: { rail: 'ach' } });
    const batch = await gather(world, await world.store.work.plans([plan.at('id')]));
    return batch.rows[0]?.pack.name;
  }

  it('put a US high-cost lender on ACH under the CFPB rule, and a US bank under Nacha alone', async () => {
    const covered = await create({ lenderType: 'highCost', country: 'US' });
    expect(covered.json).to.deep.include({ lenderType: 'highCost', country: 'US' });
    expect(await packOf(covered.at('id'))).to.equal('us-ach-covered');
    const bank = await create({ country: 'US' });
    expect(await packOf(bank.at('id'))).to.equal('us-ach');
  });

  it('are a bank and no country where nothing is said: then the rail alone decides; in a country without rules for it the strictest hold', async () => {
    const silent = await create({});
    expect(silent.json).to.deep.include({ lenderType: 'bank', country: null });
    expect(await packOf(silent.at('id'))).to.equal('us-ach');
    expect(await packOf((await create({ country: 'FR' })).at('id'))).to.equal('strictest');
    for (const wrong of [{ lenderType: 'pawnshop' }, { country: 'usa' }, { country: 'us' }])
      expect((await create(wrong)).status, JSON.stringify(wrong)).to.equal(400);
  });
});
