/** Books what a bank converted (外币兑换), as its statement states it: two events of one subject, one a currency, with the rate and where it is written. */
import type { NewEvent } from '../domain/event.ts';
import { conversionPostings, convert } from '../domain/fx.ts';
import type { LedgerLine } from '../domain/ledger.ts';
import type { Money } from '../domain/money.ts';
import { isStale } from './stale.ts';
import type { World } from './world.ts';

export type Conversion = Readonly<{
  /** Whose money it was; HOUSE for what belongs to no lender. */
  lenderId: string;
  /** What left, and from which account: '1012.01:CHANNEL', '1002:ACCOUNT'. */
  from: string;
  gave: Money;
  /** What arrived, and where. */
  to: string;
  got: Money;
  /** Decimal text as the statement writes it: one unit of `gave` in units of `got`. */
  rate: string;
  source: Readonly<{ statementId: string; line: number }>;
}>;

/**
 * The events of a conversion. The bank's own two amounts are booked, whatever the rate comes to; `roundingMinor` says by how much they differ from it.
 * A row of a statement converts once for each lender: its events are numbered by lender under one subject.
 */
function conversionEvents(c: Conversion, at: Date): readonly [NewEvent, NewEvent] {
  const { gave, got, rate, source, lenderId } = c;
  const roundingMinor = got.minor - convert(gave, { from: gave.currency, to: got.currency, rate }).minor;
  const event = (n: number, currency: string, posting: readonly LedgerLine[]): NewEvent => ({
    subject: `fx_${source.statementId}/${source.line}/${lenderId}`,
    n,
    type: 'conversion.booked',
    lenderId,
    borrowerId: null,
    planId: null,
    bucket: 0,
    from: null,
    to: null,
    at,
    by: 'duly',
    why: `the bank converted ${gave.minor} ${gave.currency} into ${got.minor} ${got.currency} at ${rate}`,
    evidence: { kind: 'statement', ref: source.statementId },
    currency,
    posting,
    data: { rate, line: source.line, gave, got, roundingMinor },
  });
  const [left, arrived] = conversionPostings(c.from, gave, c.to, got);
  return [event(1, gave.currency, left), event(2, got.currency, arrived)];
}

/** Books it once; answers whether it was new. Throws InvalidInput for a rate that is no decimal fraction. */
export async function bookConversion(world: World, conversion: Conversion): Promise<boolean> {
  const events = conversionEvents(conversion, world.clock.now());
  try {
    await world.store.transact((tx) => tx.write({ events }, null));
    return true;
  } catch (error) {
    if (isStale(error)) return false;
    throw error;
  }
}
