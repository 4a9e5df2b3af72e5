/** The books over HTTP: a lender sees its own, staff all and the house's; the file is a file; only staff check and close. */
import { expect } from 'chai';
import { lay, openTestApi, rows, type TestApi, type TestLender } from './support/api.ts';

describe('the books over HTTP', function () {
  this.timeout(240_000);
  let api: TestApi;
  let one: TestLender;
  let other: TestLender;
  before(async () => {
    api = await openTestApi();
    one = await api.lender('One');
    other = await api.lender('Other');
    await lay(api, one);
  });
  after(() => api?.end());

  it('shows a lender its own books and nobody else’s', async () => {
    for (const path of ['/v1/ledger/trial-balance', '/v1/ledger/accounts']) {
      expect(
        rows(await one.send('GET', path)).map((b) => b.lenderId),
        path,
      ).to.deep.equal([one.id]);
      expect(rows(await other.send('GET', path)), path).to.deep.equal([]);
      const all = rows(await api.admin('GET', path)).map((b) => b.lenderId);
      expect(all, path).to.include(one.id);
      expect(rows(await api.admin('GET', path, undefined, { 'x-lender': other.id })), path).to.deep.equal([]);
    }
    const entries = rows(await one.send('GET', '/v1/ledger/entries'));
    expect(entries.length).to.be.above(1);
    expect(rows(await other.send('GET', '/v1/ledger/entries'))).to.deep.equal([]);
    const subject = String(entries[0]?.subject);
    expect(rows(await other.send('GET', `/v1/ledger/entries?subject=${subject}`))).to.deep.equal([]);
    const pageAfter = async (id: unknown) => {
      const answer = await other.send('GET', `/v1/ledger/entries?after=${id}`);
      return [answer.status, answer.at('errors')];
    };
    expect((await pageAfter(entries[0]?.id))[0]).to.equal(400);
    expect(await pageAfter(entries[0]?.id), 'as if it were nobody’s').to.deep.equal(await pageAfter('att_NOBODY:1'));
  });

  it('pages an account with a running balance that ends at the trial balance’s', async () => {
    const [first, all] = await Promise.all([
      one.send('GET', '/v1/ledger/accounts/1303.01?currency=CNY&limit=1'),
      one.send('GET', '/v1/ledger/accounts/1303.01?currency=CNY'),
    ]);
    expect([first.at('opening'), first.at('hasMore')]).to.deep.equal([0, true]);
    const second = await one.send('GET', `/v1/ledger/accounts/1303.01?currency=CNY&after=${first.at('data.0.id')}`);
    expect(second.at('opening')).to.equal(first.at('data.0.balance'));
    const loans = rows(await one.send('GET', '/v1/ledger/trial-balance'))[0]?.rows as { account: string; dr: number }[];
    expect(all.at<{ balance: number }[]>('data').at(-1)?.balance).to.equal(loans.find((r) => r.account === '1303.01')?.dr);
    expect((await one.send('GET', '/v1/ledger/accounts/1303.01?currency=CNY&from=2026-02-01&to=2026-01-01')).status).to.equal(400);
    expect((await one.send('GET', '/v1/ledger/entries?account[$ne]=1')).status).to.equal(400);
  });

  it('hands out the day’s statement as a file, whole, and none of a day that has not begun', async () => {
    const file = await one.send('GET', '/v1/lender-statements/2026-01-25/file');
    expect([file.status, file.headers.get('content-type')]).to.deep.equal([200, 'text/csv; charset=utf-8']);
    expect(file.headers.get('content-disposition')).to.match(/^attachment; filename="\w+-2026-01-25-1\.csv"$/);
    const lines = file.text.split('\n');
    const told = await one.send('GET', '/v1/lender-statements/2026-01-25');
    expect(lines.at(-2)).to.equal(`E,${told.at('rows')},${told.at('sha256')}`);
    expect(file.headers.get('x-content-sha256')).to.equal(told.at('sha256'));
    expect(lines.filter((l) => l.startsWith('M,')).length)
      .to.equal(told.at<number>('rows'))
      .and.be.above(0);
    expect((await one.send('HEAD', '/v1/lender-statements/2026-01-25/file')).status).to.equal(200);
    const empty = await other.send('GET', '/v1/lender-statements/2026-01-25/file');
    expect(empty.text.split('\n').filter((l) => /^[MT],/.test(l))).to.deep.equal([]);
    for (const day of ['2026-01-27', '2026-02-30', 'today'])
      expect((await one.send('GET', `/v1/lender-statements/${day}/file`)).status, day).to.equal(404);
  });

  it('lets staff alone check and close, and says why a month is not closed', async () => {
    expect((await one.send('POST', '/v1/ledger/checks')).status).to.equal(403);
    expect((await one.send('POST', '/v1/ledger/periods', { period: '2025-12' })).status).to.equal(403);
    const check = await api.admin('POST', '/v1/ledger/checks');
    expect([check.status, check.at('voucherCheck.ok')], check.text).to.deep.equal([200, true]);
    expect(check.at('ledgerCheck.rows.0.says'), 'batches that were laid down without postings').to.equal(
      'an account is not what its subledger comes to',
    );
    expect(rows(await api.admin('GET', '/v1/ledger/checks?limit=1'))[0]?.date).to.equal('2026-01-26');
    const early = await api.admin('POST', '/v1/ledger/periods', { period: '2026-01' }, { 'x-lender': one.id });
    expect([early.status, early.at('code')]).to.deep.equal([409, 'PERIOD_NOT_OVER']);
    const month = await api.admin('POST', '/v1/ledger/periods', { period: '2026-13' });
    expect([month.status, month.at('detail')]).to.deep.equal([400, 'period does not have the right form: give a month as 2026-01']);
    expect((await one.send('GET', '/v1/ledger/entries?account=x')).at('detail')).to.match(/such as 1303\.01 or 1012\.01:simulator$/);
    expect((await one.send('GET', '/v1/ledger/entries?after=att_NOBODY:1')).at('errors.0.code')).to.equal('UNKNOWN_ENTRY');
    const empty = await api.admin('POST', '/v1/ledger/periods', { period: '2025-12' }, { 'x-lender': one.id });
    expect([empty.status, empty.at('closed.0.entries'), empty.at('closed.0.lenderId')]).to.deep.equal([200, 0, one.id]);
    expect(rows(await one.send('GET', '/v1/ledger/periods')).map((p) => p.period)).to.deep.equal(['2025-12']);
  });
});
