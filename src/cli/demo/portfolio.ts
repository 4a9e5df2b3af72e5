/** Whose plans the demo runs, and when each comes in: invented borrowers by seed, or real loans on real accounts. */
import { createHash } from 'node:crypto';
import { loadHistories } from '../../channels/simulator/histories.ts';
import { type InstalmentMode, plansFromLoans } from '../../channels/simulator/history-plans.ts';
import { type AccountWorld, historyWorld, syntheticWorld } from '../../channels/simulator/index.ts';
import { addDays, type BusinessDate, businessDate } from '../../domain/clock.ts';

/** `body`: as `POST /v1/plans` takes it. `on`: the day it is registered. */
export type Entry = Readonly<{ on: BusinessDate; body: Readonly<Record<string, unknown>> }>;
export type Portfolio = Readonly<{
  entries: readonly Entry[];
  start: BusinessDate;
  /** The last day lived through. */
  end: BusinessDate;
  currency: string;
  timeZone: string;
  accounts: AccountWorld;
  /** Staff and borrowers act on invented portfolios; real accounts are left to the decider. */
  staffed: boolean;
}>;

const START = businessDate('2026-01-05');

/** A repeatable whole number from 0 to below `n`. */
export function draw(n: number, ...about: readonly (string | number)[]): number {
  return createHash('sha256').update(about.join('|')).digest().readUInt32BE(0) % n;
}

const STRATEGIES = [
  'standard',
  'standard',
  'standard',
  'after-work',
  'salary-account',
  'salary-account',
  'salary-account',
  'early-bird',
  'early-bird',
  'gentle',
];
/** Outcomes by the last four digits, so that every kind of answer is seen: lost reply and paid, paid and returned, closed, withdrawn, ... */
const MAGIC = ['0035', '0043', '0050', '0068', '0076', '0084'];

export function invented(borrowers: number, days: number, seed: number): Portfolio {
  const entries = Array.from({ length: borrowers }, (_, k) => loansOf(k + 1, seed)).flat();
  return {
    entries,
    start: START,
    end: addDays(START, days - 1),
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
    accounts: syntheticWorld(seed),
    staffed: true,
  };
}

/** One loan for most; two on the same account for every tenth, which the account's daily cap has to hold apart. */
function loansOf(k: number, seed: number): Entry[] {
  const pick = (n: number, what: string) => draw(n, seed, k, what);
  const magic = pick(100, 'magic') < 4 ? MAGIC[pick(MAGIC.length, 'which')] : null;
  const tail = magic ?? String(1000 + pick(9000, 'tail'));
  const account = `622202${String(k).padStart(9, '0')}${tail}`;
  const borrower = {
    externalId: `B-${k}`,
    name: `Borrower ${k}`,
    // A few numbers are dead or have opted out: no message arrives, and no debit may follow.
    phone: `+86138${String(k).padStart(4, '0').slice(-4)}${pick(100, 'phone') < 3 ? '0050' : String(1000 + pick(9000, 'digits'))}`,
    language: pick(4, 'language') ? 'zh' : 'en',
  };
  return Array.from({ length: pick(10, 'two') ? 1 : 2 }, (_, loan): Entry => {
    const principal = 150_000 + pick(45, `principal${loan}`) * 10_000;
    const firstDueDate = addDays(START, pick(3, `soon${loan}`) ? 4 + pick(12, `due${loan}`) : 16 + pick(15, `due${loan}`));
    return {
      on: START,
      body: {
        externalId: `L-${k}${loan ? `-${loan + 1}` : ''}`,
        currency: 'CNY',
        strategy: STRATEGIES[pick(STRATEGIES.length, `strategy${loan}`)],
        borrower,
        mandate: { rail: 'simulator', account, perDebitCap: 2_000_000 },
        terms: { principal, monthlyRate: '0.015', count: 3 + pick(4, `count${loan}`), method: 'levelPayment', firstDueDate },
      },
    };
  });
}

/** 28 Gregorian years of this span later: the same weekdays, months and leap days, in years that the rule packs speak of. */
const SHIFT_DAYS = 10_227;

export async function real(files: Readonly<{ accounts: string; loans: string; instalment: string }>): Promise<Portfolio> {
  const histories = await loadHistories(files.accounts, files.loans);
  const plans = plansFromLoans(histories, files.instalment as InstalmentMode);
  const shifted = (date: BusinessDate) => addDays(date, SHIFT_DAYS);
  const accountOf = (accountId: number) => `9${String(accountId).padStart(13, '0')}77`;
  const entries = plans.map(
    (plan): Entry => ({
      on: shifted(plan.mid),
      body: {
        externalId: `loan-${plan.loanId}`,
        currency: 'CZK',
        strategy: 'salary-account',
        borrower: {
          externalId: `account-${plan.accountId}`,
          name: `Account ${plan.accountId}`,
          phone: `+420601${String(plan.accountId).padStart(6, '0').slice(-6)}`,
          language: 'en',
        },
        mandate: { rail: 'simulator', account: accountOf(plan.accountId) },
        instalments: plan.instalments.map((i) => ({ dueDate: shifted(i.dueDate), principal: i.minor, interest: 0 })),
        ...(plan.paydayDeclared ? { paydayDeclared: plan.paydayDeclared } : {}),
      },
    }),
  );
  const sorted = [...entries].sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));
  const last =
    [...histories.accounts.values()]
      .map((h) => h.last)
      .sort()
      .at(-1) ?? START;
  return {
    entries: sorted,
    start: sorted[0]?.on ?? START,
    end: shifted(last),
    currency: 'CZK',
    timeZone: 'Europe/Prague',
    accounts: historyWorld(histories.accounts, { accountOf, shiftDays: SHIFT_DAYS }),
    staffed: false,
  };
}
