/**
 * What accounts hold of their own: a pure function of time. What the bank took is taken off by the ledger (ledger.ts), not here.
 * Three worlds: explicit sums for tests, made-up salaries and spending for demos, real histories (histories.ts).
 */
import { type BusinessDate, dayOfMonth, daysBetween } from '../../domain/clock.ts';
import { chance, pick } from './chance.ts';
import { localOf } from './clockwork.ts';
import type { AccountHistory } from './histories.ts';
import type { AccountRef, AccountWorld, Balances, WorldBinding } from './types.ts';

/** Fixed sums by clear account number, in minor units, or steps by day; any other account is `otherwise`'s (default: holds nothing). */
export function explicitWorld(
  accounts: Readonly<Record<string, number | readonly Readonly<{ from: BusinessDate; minor: number }>[]>>,
  otherwise?: AccountWorld,
): AccountWorld {
  return {
    name: 'explicit',
    bind: (to) => {
      const byKey = new Map(Object.entries(accounts).map(([account, holds]) => [to.keyOf(account), holds]));
      const rest = otherwise?.bind(to) ?? (() => 0);
      return (account, at) => {
        const holds = byKey.get(account.key);
        if (holds === undefined) return rest(account, at);
        if (typeof holds === 'number') return holds;
        const today = localOf(at, to.zone).date;
        return holds.filter((step) => step.from <= today).reduce((_, step) => step.minor, 0);
      };
    },
  };
}

/**
 * Real running balances by day: what a debit meets on day d is the closing balance of d-1. `accountOf` gives the clear number under which
 * an account of the files is debited; `shiftDays` moves the files' days to the clock's (0: the run happens in the files' own years).
 */
export function historyWorld(
  histories: ReadonlyMap<number, AccountHistory>,
  options: Readonly<{ accountOf: (accountId: number) => string; shiftDays?: number; otherwise?: AccountWorld }>,
): AccountWorld {
  return {
    name: 'history',
    bind: (to) => {
      const byKey = new Map([...histories].map(([id, history]) => [to.keyOf(options.accountOf(id)), history]));
      const rest = options.otherwise?.bind(to) ?? (() => 0);
      return (account, at) => byKey.get(account.key)?.openingOn(localOf(at, to.zone).date, options.shiftDays ?? 0) ?? rest(account, at);
    },
  };
}

/** How an invented payer lives. Minor units; `spendDays`: days after payday on which the salary is gone down to what stays. */
type Life = Readonly<{ payday: number; payHour: string; salary: number; saved: number; floor: number; spendDays: number }>;

/**
 * Any account number has a life, drawn from (seed, number) and scaled for instalments of about 500.00 to 3000.00: most always have the money,
 * some have it only after payday, some only for a part of an instalment, and a few never.
 */
export function syntheticWorld(seed: string | number): AccountWorld {
  const root = `world ${seed}`;
  return { name: 'synthetic', bind: (to) => bindSynthetic(root, to) };
}

function bindSynthetic(root: string, { zone, openedOn }: WorldBinding): Balances {
  return (account, at) => {
    const life = lifeOf(root, account);
    const { date: today, time } = localOf(at, zone);
    const paidToday = dayOfMonth(today) === life.payday && time >= life.payHour;
    const sincePayday = daysSincePayday(today, life.payday, paidToday);
    const left = Math.max(0, life.spendDays - sincePayday) / life.spendDays;
    const months = Math.floor(Math.max(0, daysBetween(openedOn, today)) / 30);
    const wobble = pick(0, Math.floor(life.floor / 5), root, account.key, today);
    return life.floor + months * life.saved + Math.floor(life.salary * left) + wobble;
  };
}

function lifeOf(root: string, account: AccountRef): Life {
  const kind = chance(root, account.key, 'kind');
  const between = (from: number, to: number, what: string) => pick(from, to, root, account.key, what);
  const payday = between(1, 28, 'payday');
  const payHour = `${String(between(6, 14, 'hour')).padStart(2, '0')}:00`;
  const life = { payday, payHour };
  if (kind < 0.6) {
    // comes by with ease
    return {
      ...life,
      salary: between(600_000, 2_000_000, 'salary'),
      saved: between(100_000, 400_000, 'saved'),
      floor: between(300_000, 2_500_000, 'floor'),
      spendDays: 28,
    };
  }
  if (kind < 0.85) {
    // from payday to payday
    return {
      ...life,
      salary: between(400_000, 900_000, 'salary'),
      saved: between(80_000, 250_000, 'saved'),
      floor: between(0, 60_000, 'floor'),
      spendDays: between(8, 20, 'spend'),
    };
  }
  if (kind < 0.95) {
    // seldom enough for the whole
    return {
      ...life,
      salary: between(80_000, 200_000, 'salary'),
      saved: between(30_000, 120_000, 'saved'),
      floor: between(20_000, 90_000, 'floor'),
      spendDays: between(6, 15, 'spend'),
    };
  }
  return { ...life, salary: 0, saved: 0, floor: between(0, 4_000, 'floor'), spendDays: 1 };
}

/** Days since money last came in; 0 on payday from the hour it comes. */
function daysSincePayday(today: BusinessDate, payday: number, paidToday: boolean): number {
  const day = dayOfMonth(today);
  if (paidToday) return 0;
  if (day > payday) return day - payday;
  return day - payday + 30;
}
