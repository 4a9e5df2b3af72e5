/**
 * Splitting one amount under a limit (拆单). The parts run one after another and count as one attempt; the first refusal ends the split: the
 * gate lets part k go only after part k-1 succeeded, and the flow sends no part of a day whose earlier part was refused.
 */
import { strict as assert } from 'node:assert';

export type SplitLimits = Readonly<{
  /** Ceilings in minor units; null: none. */
  perDebitLimit: number | null;
  dailyLimit: number | null;
  /** Already taken, or perhaps taken, from the account today. */
  usedToday: number;
  /** No part is smaller, unless the whole is. */
  minPart: number;
}>;

/** Parts for today in the order of sending, and for each later day its own. */
export type Split = Readonly<{ today: readonly number[]; later: readonly (readonly number[])[] }>;

const MOST_DAYS = 366;

/** What must be left over so that the rest can still be cut into parts of `minPart` to `limit`; 0 when nothing needs to be. */
function restFrom(rest: number, limit: number, minPart: number): number {
  const parts = Math.ceil(rest / limit);
  return Math.max(rest, parts * minPart);
}

/** Parts as large and as early as the limits allow; null where no split keeps to them. The parts sum to `minor`. */
export function split(minor: number, { perDebitLimit, dailyLimit, usedToday, minPart }: SplitLimits): Split | null {
  assert(Number.isSafeInteger(minor) && minor > 0, `not whole minor units above zero: ${minor}`);
  const perDay = dailyLimit ?? Number.POSITIVE_INFINITY;
  const limit = Math.min(perDebitLimit ?? Number.POSITIVE_INFINITY, perDay, Number.MAX_SAFE_INTEGER);
  const least = Math.min(minPart, minor);
  if (limit < least) return null;

  const days: number[][] = [];
  let left = minor;
  while (left > 0) {
    if (days.length === MOST_DAYS) return null;
    let room = days.length === 0 ? perDay - usedToday : perDay;
    const parts: number[] = [];
    while (left > 0 && room >= least) {
      const most = Math.min(limit, room, left);
      const part = left - restFrom(left - most, limit, least);
      if (part < least) break;
      parts.push(part);
      left -= part;
      room -= part;
    }
    if (parts.length === 0 && days.length > 0) return null;
    days.push(parts);
  }
  return { today: days[0]!, later: days.slice(1) };
}
