/** The demo's figures: Duly's side from its database, the bank's side from the bank's own book. */
import type { Document } from 'mongodb';
import type { House } from '../../app.ts';
import { TRIGGERS } from '../../domain/attempt.ts';
import type { BusinessDate } from '../../domain/clock.ts';
import type { Plan } from '../../domain/plan.ts';
import { total } from '../../domain/plan.ts';
import { check } from '../check.ts';
import { type MoneyFigures, moneyFiguresOf, moneyInWords } from './money-figures.ts';
import type { Portfolio } from './portfolio.ts';

type Counts = Readonly<Record<string, number>>;
export type Figures = Readonly<{
  seed: number;
  days: number;
  borrowers: number;
  plans: number;
  instalments: number;
  notices: Readonly<{ sent: number; blockedByQuietHours: number; byState: Counts }>;
  attempts: Readonly<{ total: number; byTrigger: Counts; byState: Counts; unknownSeen: number; unknownResolved: number }>;
  skipped: Readonly<{ byRule: Counts }>;
  collected: Readonly<{ minor: number; currency: string }>;
  due: Readonly<{ minor: number; currency: string }>;
  bank: Readonly<{ collectedMinor: number; doubleDebits: number }>;
  collections: Readonly<{ handedOver: number; recalled: number }>;
  invariants: Readonly<{ checked: number; violated: number }>;
  seconds: number;
}> &
  MoneyFigures;

export async function figuresOf(house: House, portfolio: Portfolio, seed: number, days: number, seconds: () => number): Promise<Figures> {
  const { db } = house.database;
  const count = async (
    collection: string,
    field: string,
    filter: Document = {},
    weight: Document | number = 1,
  ): Promise<Record<string, number>> => {
    const rows = await db
      .collection(collection)
      .aggregate<{ _id: string; n: number }>([
        { $match: filter },
        { $group: { _id: `$${field}`, n: { $sum: weight } } },
        { $sort: { _id: 1 } },
      ])
      .toArray();
    return Object.fromEntries(rows.map((r) => [r._id, Number(r.n)]));
  };
  const bySum = (counts: Counts) => Object.values(counts).reduce((a, b) => a + b, 0);
  const byState = await count('attempts', 'state');
  const byTrigger = await count('attempts', 'trigger');
  const notices = await count('notices', 'state');
  const taken = await count('attempts', 'state', { state: 'succeeded' }, '$amount.minor' as never);
  const unknown = await db.collection('events').distinct('subject', { to: 'unknown' });
  const stillUnknown = await db.collection('attempts').countDocuments({ _id: { $in: unknown }, open: true });
  const skips = await count('skips', 'rule');
  const dues = new Map<string, number>();
  let due = 0;
  let instalments = 0;
  for await (const plan of db.collection<Document>('plans').find({}, { sort: { _id: 1 }, projection: { externalId: 1, instalments: 1 } })) {
    for (const i of plan.instalments as Plan['instalments']) {
      instalments++;
      dues.set(`${plan.externalId}/${i.n}`, total(i.due) - i.due.penalty);
      if (i.dueDate <= (portfolio.end as BusinessDate)) due += total(i.due);
    }
  }
  const truth = await house.bank!.book.truth();
  const report = await check(house);
  return {
    seed,
    days,
    borrowers: await db.collection('borrowers').countDocuments({}),
    plans: await db.collection('plans').countDocuments({}),
    instalments,
    notices: { sent: (notices.sent ?? 0) + (notices.delivered ?? 0), blockedByQuietHours: skips.quietHours ?? 0, byState: notices },
    attempts: {
      total: bySum(byState),
      byTrigger: Object.fromEntries(TRIGGERS.map((t) => [t, byTrigger[t] ?? 0])),
      byState,
      unknownSeen: unknown.length,
      unknownResolved: unknown.length - stillUnknown,
    },
    skipped: { byRule: skips },
    collected: { minor: taken.succeeded ?? 0, currency: portfolio.currency },
    due: { minor: due, currency: portfolio.currency },
    bank: { collectedMinor: truth.collectedMinor[portfolio.currency] ?? 0, doubleDebits: truth.doubleDebits(dues).length },
    collections: {
      handedOver: await db.collection('collections').countDocuments({}),
      recalled: await db.collection('collections').countDocuments({ closedAt: { $ne: null } }),
    },
    ...(await moneyFiguresOf(house)),
    invariants: { checked: report.checked, violated: report.violated },
    seconds: Math.round(seconds() * 10) / 10,
  };
}

const major = (minor: number, currency: string) => `${currency} ${(minor / 100).toLocaleString('en', { minimumFractionDigits: 2 })}`;

export const inWords = (f: Figures): string =>
  [
    `${f.plans} plans of ${f.borrowers} borrowers, ${f.days} days, ${f.instalments} instalments (seed ${f.seed}, ${f.seconds} s)`,
    '',
    `fell due        ${major(f.due.minor, f.due.currency)}`,
    `collected       ${major(f.collected.minor, f.collected.currency)}  (${((100 * f.collected.minor) / f.due.minor).toFixed(1)} % of what fell due)`,
    `the bank says   ${major(f.bank.collectedMinor, f.collected.currency)}, ${f.bank.doubleDebits} double debits`,
    '',
    `attempts        ${f.attempts.total}: ${listed(f.attempts.byTrigger)}`,
    `                ${listed(f.attempts.byState)}`,
    `unknown         ${f.attempts.unknownSeen} seen, ${f.attempts.unknownResolved} resolved by evidence`,
    `not debited     ${listed(duringTheRun(f.skipped.byRule)) || 'nothing was refused'}`,
    `messages        ${f.notices.sent} sent`,
    `collections     ${f.collections.handedOver} handed over, ${f.collections.recalled} recalled`,
    '',
    ...moneyInWords(f, (minor) => major(minor, f.collected.currency)),
    '',
    `invariants      ${f.invariants.checked} checked, ${f.invariants.violated} broken`,
  ].join('\n');

/** Once the days are over every debit is stopped: that is no rule's refusal. */
const duringTheRun = ({ stopSwitch: _, ...rules }: Counts): Counts => rules;

const listed = (counts: Counts): string =>
  Object.entries(counts)
    .map(([k, n]) => `${k} ${n}`)
    .join(', ');
