import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadHistories } from '../../src/channels/simulator/histories.ts';
import { plansFromLoans } from '../../src/channels/simulator/history-plans.ts';
import { addDays, businessDate } from '../../src/domain/clock.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import { writeSyntheticHistories } from '../support/synthetic-histories.ts';

describe('real account histories', () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), 'duly-histories-'));
  });
  after(() => rmSync(dir, { recursive: true }));

  const HEAD = 'trans_id;account_id;date;type;operation;amount;balance;k_symbol;bank;account';
  const LOANS = 'loan_id;account_id;date;amount;duration;payments;status';
  /** Writes both files and reads them. */
  const load = (rows: readonly string[], loans: readonly string[] = [], heads = [HEAD, LOANS]) => {
    const files = [join(dir, 'accounts.csv'), join(dir, 'loans.csv')] as const;
    writeFileSync(files[0], [heads[0], ...rows].join('\n'));
    writeFileSync(files[1], [heads[1], ...loans].join('\n'));
    return loadHistories(...files);
  };
  const day = businessDate;

  it('adds a day up from its amounts, and opens the next day with it', async () => {
    const { accounts, faults } = await load(
      [
        '1;7;970110;credit;credit in cash;900.05;900.05;;;',
        '2;7;970112;withdrawal in cash;withdrawal in cash;100.10;1799.95;;;',
        '3;7;970112;credit;;1000;1900.05;;;',
      ],
      ['1;7;970301;1000;12;100.5;'],
    );
    const account = accounts.get(7)!;
    expect(account.openingOn(day('1997-01-10'))).to.equal(0);
    expect(account.openingOn(day('1997-01-11'))).to.equal(90_005);
    expect(account.openingOn(day('1997-01-12'))).to.equal(90_005);
    expect(account.openingOn(day('1997-01-13'))).to.equal(179_995);
    expect(account.openingOn(day('2026-01-13'), 10_592), 'moved to the clock of another year').to.equal(179_995);
    expect(faults, 'any row of a day may be its last').to.deep.equal([]);
  });

  it('names the days on which the file contradicts itself, and believes the amounts', async () => {
    const { accounts, faults } = await load(
      ['1;7;970110;credit;;900.00;900.00;;;', '2;7;970111;credit;;0.50;900.40;;;', '3;7;970112;credit;;1.00;901.40;;;'],
      ['1;7;970301;1000;12;100;'],
    );
    expect(faults).to.deep.equal([{ accountId: 7, date: '1997-01-11', line: 3, expectedMinor: 90_050, saysMinor: 90_040 }]);
    expect(accounts.get(7)?.openingOn(day('1997-01-13'))).to.equal(90_150);
  });

  const GOOD = '1;7;970110;credit;;900.00;900.00;;;';
  const BAD: readonly (readonly [string, readonly string[], readonly string[], string])[] = [
    ['a day that does not exist', [GOOD, '2;7;970230;credit;;1.00;901.00;;;'], [], 'accounts.csv, line 3, column date'],
    ['an amount with three decimals', ['1;7;970110;credit;;1.005;1.005;;;'], [], 'accounts.csv, line 2, column amount'],
    ['an exponent', ['1;7;970110;credit;;1e3;1000;;;'], [], 'accounts.csv, line 2, column amount'],
    ['an unknown type', ['1;7;970110;debit;;1.00;1.00;;;'], [], 'accounts.csv, line 2, column type'],
    ['an account id in words', ['1;seven;970110;credit;;1.00;1.00;;;'], [], 'accounts.csv, line 2, column account_id'],
    ['a line with too few fields', [GOOD, '2;7;970111'], [], 'accounts.csv, line 3'],
    ['a loan of an unknown account', [GOOD], ['1;8;970301;1000;12;100;'], 'loans.csv, line 2, column account_id'],
    ['a loan that is paid with nothing', [GOOD], ['1;7;970301;1000;12;0;'], 'loans.csv, line 2, column payments'],
    ['a file with a header alone', [], [], 'accounts.csv'],
  ];
  for (const [what, rows, loans, where] of BAD) {
    it(`refuses ${what}, and says where`, async () => {
      const fault = await load(rows, loans).catch((error) => error);
      expect(fault).to.be.instanceOf(InvalidInput);
      expect(fault.message).to.include(where);
    });
  }

  it('refuses a file without a column it needs, and one that is not there', async () => {
    const fault = await load([GOOD], [], [HEAD.replace('amount', 'sum'), LOANS]).catch((error) => error);
    expect(fault.message).to.include('line 1, column amount');
    const missing = await loadHistories(join(dir, 'none.csv'), join(dir, 'loans.csv')).catch((error) => error);
    expect(missing).to.be.instanceOf(InvalidInput);
    expect(missing.message).to.include('none.csv');
  });

  /** A salary of 10,000.00 on the 8th for two years, and a sum each 20th. */
  const twoYears = (accountId: number) =>
    Array.from({ length: 24 }, (_, k) => {
      const month = `${95 + Math.floor(k / 12)}${String((k % 12) + 1).padStart(2, '0')}`;
      const balance = (k + 1) * 14_000 - 4_000;
      return [
        `${k};${accountId};${month}08;credit;;10000;${balance}.00;;;`,
        `${k}b;${accountId};${month}20;credit;;4000.00;${balance + 4000}.00;;;`,
      ];
    }).flat();

  it('moves a loan to the middle of its history: due day by account, cycles that end inside, the payday learned before', async () => {
    const histories = await load(twoYears(9), ['5;9;970301;1000;12;1234.56;']);
    const [plan] = plansFromLoans(histories, 'loan');
    expect(plan).to.include({ loanId: 5, accountId: 9, mid: '1995-12-30', last: '1996-12-20', monthsLearned: 12, paydayDeclared: 8 });
    expect(plan?.instalments[0]).to.deep.equal({ dueDate: '1996-01-15', minor: 123_456 }); // 9 mod 6 = 3: the 15th
    expect(plan?.instalments.at(-1)?.dueDate).to.equal('1996-11-15'); // 15 December + 11 days is past the last row
    expect(plan?.instalments.length).to.equal(11);
    expect(plan?.notes).to.deep.equal([]);
  });

  it('takes a multiple of the median monthly inflow before the middle as the hard case', async () => {
    const histories = await load(twoYears(9), ['5;9;970301;1000;12;1234.56;']);
    expect(plansFromLoans(histories, '1.0x-inflow')[0]?.instalments[0]?.minor).to.equal(1_400_000);
    expect(plansFromLoans(histories, '0.55x-inflow')[0]?.instalments[0]?.minor).to.equal(770_000);
    expect(() => plansFromLoans(histories, '0x-inflow')).to.throw(InvalidInput, 'above zero');
    expect(() => plansFromLoans(histories, 'x-inflow')).to.throw(InvalidInput);
  });

  it('makes a plan even of a loan on a short history, and says what it rests on', async () => {
    const rows = [
      '1;6;970110;credit;;900.00;900.00;;;',
      '2;6;970114;credit;;9.00;909.00;interest credited;;',
      '3;6;970118;credit;;100.00;1009.00;;;',
    ];
    const [plan] = plansFromLoans(await load(rows, ['5;6;970301;1000;12;100;']), '1.0x-inflow');
    expect(plan?.instalments).to.deep.equal([{ dueDate: '1997-02-01', minor: 90_000 }]);
    expect(plan?.monthsLearned).to.equal(1);
    expect(plan?.notes.length).to.equal(2);
  });

  it('reads made-up files of the same columns: every loan a plan, the balances as written', async () => {
    const files = writeSyntheticHistories(dir, 'seed', 30);
    const histories = await loadHistories(files.accountsCsv, files.loansCsv);
    const plans = plansFromLoans(histories, 'loan');
    expect(histories.faults).to.deep.equal([]);
    expect(plans.length).to.equal(30);
    for (const plan of plans) {
      expect(plan.instalments.length).to.be.at.least(5);
      for (const { dueDate } of plan.instalments) expect(dueDate >= plan.mid && addDays(dueDate, 11) <= plan.last).to.equal(true);
    }
    expect(plans.filter((p) => p.paydayDeclared !== null).length).to.be.within(15, 30);
  });
});
