/** The way a lender walks through the API, from registering to the debit and its permit. */
import { expect } from 'chai';
import { lay, openTestApi, planBody, type TestApi } from './support/api.ts';

describe('the API, walked through', () => {
  let api: TestApi;
  before(async function () {
    this.timeout(60_000);
    api = await openTestApi();
  });
  after(() => api?.end());

  it('registers a plan, debits it, and tells under which permit', async () => {
    const laid = await lay(api, await api.lender('Harbour'));
    const { json } = await laid.lender.send('GET', `/v1/attempts/${laid.att}?expand[]=permit&expand[]=events&expand[]=plan.borrower`);
    console.log(JSON.stringify(json, null, 1).slice(0, 6000));
    console.log((await laid.lender.send('GET', `/v1/events?limit=5`)).text);
    console.log((await laid.lender.send('GET', `/v1/plans/${laid.pln}`)).text);
  });
});
