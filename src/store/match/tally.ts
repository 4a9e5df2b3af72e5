/** What a day's match comes to, counted as it goes: results, sums of both sides, and each lender's rows. */
import { HOUSE, type MatchResult, RESULTS } from '../../domain/discrepancy.ts';
import type { Ours, Theirs, Verdict } from '../../domain/match.ts';
import { effectOf } from '../../domain/match-verdict.ts';
import type { LenderDay } from '../../domain/reconciliation.ts';
import type { MatchedDay } from '../../flows/matching-store.ts';
import type { OursText, Pair } from './streams.ts';

type Sums = { -readonly [K in keyof LenderDay]: LenderDay[K] };

export class Tally {
  private lines = 0;
  private readonly byResult = Object.fromEntries(RESULTS.map((r) => [r, 0])) as Record<MatchResult, number>;
  private readonly lenders = new Map<string, Sums>();
  private readonly ours = new Map<string, number>();
  private readonly theirs = new Map<string, number>();

  /** A plain match. */
  pair({ minor, lender, feeMinor }: Pair, kind: OursText['kind']): void {
    this.lines++;
    this.byResult.matched++;
    const sums = this.of(lender);
    sums.feeMinor += feeMinor;
    if (kind === 'payment') {
      sums.paidCount++;
      sums.paidMinor += minor;
    } else {
      sums.returnedCount++;
      sums.returnedMinor += minor;
    }
    const effect = kind === 'payment' ? minor : -minor;
    add(this.ours, sums.currency, effect);
    add(this.theirs, sums.currency, effect);
  }

  /** Records of the day whose number needed care; those carried over count in the day that has their row. */
  counted(ours: Iterable<Ours>): void {
    for (const one of ours) add(this.ours, one.currency, effectOf(one));
  }

  verdict(v: Verdict): void {
    this.byResult[v.result]++;
    if (v.result === 'carriedOver' && v.ours) add(this.ours, v.ours.currency, -effectOf(v.ours));
    if (!v.theirs) return;
    this.lines++;
    add(this.theirs, v.theirs.currency, effectOf(v.theirs));
    if (v.more.length && v.ours) this.batch([v.ours, ...v.more], v.theirs);
    else this.row(v.ours?.lenderId ?? HOUSE, v.theirs, effectOf(v.theirs), feeOf(v.theirs), 1);
  }

  /** One row of several debits: to each its own sum, and of the fee its share; what is left over goes to the first. */
  private batch(ours: readonly Ours[], row: Theirs): void {
    const total = ours.reduce((s, o) => s + o.minor, 0);
    const [first, ...more] = ours as [Ours, ...Ours[]];
    let effect = effectOf(row);
    let fee = feeOf(row);
    for (const one of more) {
      const share = total === 0 ? 0 : Number((BigInt(feeOf(row)) * BigInt(one.minor)) / BigInt(total));
      const minor = Math.sign(effectOf(row)) * one.minor;
      this.row(one.lenderId, row, minor, share, 1);
      effect -= minor;
      fee -= share;
    }
    this.row(first.lenderId, row, effect, fee, 1);
  }

  private row(lenderId: string, row: Theirs, effect: number, fee: number, count: number): void {
    const sums = this.of(`${row.currency} ${lenderId}`);
    sums.feeMinor += fee;
    if (effect === 0) return;
    if (row.kind === 'refund') {
      sums.refundedCount += count;
      sums.refundedMinor -= effect;
    } else if (effect > 0) {
      sums.paidCount += count;
      sums.paidMinor += effect;
    } else {
      sums.returnedCount += count;
      sums.returnedMinor -= effect;
    }
  }

  private of(key: string): Sums {
    let sums = this.lenders.get(key);
    if (!sums) {
      const blank = key.indexOf(' ');
      sums = { ...NOTHING, currency: key.slice(0, blank), lenderId: key.slice(blank + 1) };
      this.lenders.set(key, sums);
    }
    return sums;
  }

  result(): MatchedDay {
    const lenders = [...this.lenders.values()].sort((a, b) => (`${a.lenderId} ${a.currency}` < `${b.lenderId} ${b.currency}` ? -1 : 1));
    return {
      lines: this.lines,
      byResult: this.byResult,
      lenders,
      oursMinor: Object.fromEntries(this.ours),
      theirsMinor: Object.fromEntries(this.theirs),
    };
  }
}

const NOTHING = { paidCount: 0, paidMinor: 0, returnedCount: 0, returnedMinor: 0, refundedCount: 0, refundedMinor: 0, feeMinor: 0 };
const add = (sums: Map<string, number>, currency: string, minor: number) => {
  if (minor !== 0 || !sums.has(currency)) sums.set(currency, (sums.get(currency) ?? 0) + minor);
};

/** What the channel kept, of rows that moved money: beside the row's amount, and where the row itself is one of fees. */
function feeOf({ status, kind, side, minor, feeMinor }: Theirs): number {
  if (status !== 'succeeded') return 0;
  return feeMinor + (kind !== 'fee' ? 0 : side === 'out' ? minor : -minor);
}
