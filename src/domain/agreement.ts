/** Which agreement on money holds for a lender on a day. */
import type { BusinessDate } from './clock.ts';
import { DulyError } from './errors.ts';
import type { Lender } from './lender.ts';
import type { Agreement } from './settlement.ts';

/** What an agreement is looked up by: all of the house's, of one name the later ones replace the earlier from their day on. */
export type Agreements = readonly Agreement[];

/** Those that name the lender win over '*', then the latest that holds on the day. Throws DulyError NO_AGREEMENT where none does. */
export function agreementFor(agreements: Agreements, lender: Pick<Lender, 'id' | 'code'>, on: BusinessDate): Agreement {
  const holds = agreements.filter((a) => a.validFrom <= on);
  const named = holds.filter((a) => a.lenders.includes(lender.id) || a.lenders.includes(lender.code));
  const found = latest(named.length ? named : holds.filter((a) => a.lenders.includes('*')));
  if (!found)
    throw new DulyError('NO_AGREEMENT', `no agreement holds for lender ${lender.id} on ${on}: write one in config/agreements`, {
      lenderId: lender.id,
      on,
    });
  return found;
}

const latest = (some: Agreements): Agreement | undefined =>
  some.reduce<Agreement | undefined>((best, a) => (!best || a.validFrom > best.validFrom ? a : best), undefined);
