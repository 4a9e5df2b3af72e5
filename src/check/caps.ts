/**
 * Caps (I24), counted afresh. `unsent` and `voided` attempts count nothing, nor do those whose place was freed by that and which succeeded late;
 * the parts of a split are one.
 */
import type { Attempt } from '../domain/attempt.ts';
import { type BusinessDate, daysBetween } from '../domain/clock.ts';
import type { Dossier, Rules } from './dossier.ts';
import type { Findings } from './findings.ts';
import type { Snapshot } from './snapshot.ts';

const FREED = ['unsent', 'voided'];
const counts = (a: Pick<Attempt, 'state' | 'slot' | 'part'>): boolean =>
  !FREED.includes(a.state) && a.slot !== null && (a.part === null || a.part === 1);

/** Per instalment, and amounts: a plan holds all that is needed. */
export function checkPlanCaps(out: Findings, d: Dossier, { strategies }: Rules): void {
  out.looked('I24', d.attempts.length);
  const tries = new Map<string, number>();
  for (const a of d.attempts) {
    const cap = d.mandates.get(a.mandateId)?.perDebitCap ?? null;
    if (cap !== null && a.amount.minor > cap)
      out.report('I24', 'a debit is above the cap of its mandate', a.id, { minor: a.amount.minor, cap });
    const max = strategies.get(a.strategy.name)?.caps.perInstalment;
    if (!counts(a) || max === undefined) continue;
    for (const { instalmentId, n } of a.aims) {
      const count = (tries.get(instalmentId) ?? 0) + 1;
      tries.set(instalmentId, count);
      if (count > max)
        out.report('I24', 'an instalment was asked for more often than the strategy allows', a.id, { instalmentId, n, count, max });
    }
  }
}

/** Per account and day, whichever plan asked: grouped on the server. Of several strategies the most generous is held against it. */
export async function checkAccountCaps(db: Snapshot, out: Findings, { strategies }: Rules): Promise<void> {
  out.looked('I24', 0);
  const least = Math.min(...[...strategies.values()].map((s) => s.caps.perDay));
  const full = db.aggregate('attempts', [
    { $match: { state: { $nin: FREED }, slot: { $ne: null }, part: { $in: [null, 1] } } },
    {
      $group: {
        _id: { lenderId: '$lenderId', accountKey: '$accountKey', businessDate: '$businessDate' },
        count: { $sum: 1 },
        last: { $max: '$_id' },
        strategies: { $addToSet: '$strategy.name' },
      },
    },
    { $match: { count: { $gt: least } } },
    { $sort: { last: 1 } },
  ]);
  for await (const { _id, count, last, strategies: names } of full) {
    const max = Math.max(...(names as string[]).map((name) => strategies.get(name)?.caps.perDay ?? 0));
    if (count > max)
      out.report('I24', 'an account was asked more often on a day than the strategy allows', String(last), {
        lenderId: _id.lenderId,
        date: _id.businessDate,
        count,
        max,
      });
  }
}

const FIELDS = { mandateId: 1, businessDate: 1, state: 1, slot: 1, part: 1, strategy: 1 };
type Used = Pick<Attempt, 'mandateId' | 'businessDate' | 'state' | 'slot' | 'part' | 'strategy'> & { _id: string };

/** Per mandate in 30 days: streamed by mandate and time, holding 30 days of one mandate. */
export async function checkMandateCaps(db: Snapshot, out: Findings, { strategies }: Rules): Promise<void> {
  let mandateId = '';
  let window: BusinessDate[] = [];
  for await (const doc of db.stream('attempts', {}, { sort: { mandateId: 1, createdAt: 1 }, projection: FIELDS })) {
    const a = doc as unknown as Used;
    if (a.mandateId !== mandateId) window = [];
    mandateId = a.mandateId;
    if (!counts(a)) continue;
    window = [...window.filter((day) => daysBetween(day, a.businessDate) < 30), a.businessDate];
    const max = strategies.get(a.strategy.name)?.caps.perMandate30d;
    if (max !== undefined && window.length > max)
      out.report('I24', 'a mandate was used more often in 30 days than the strategy allows', a._id, {
        mandateId,
        date: a.businessDate,
        count: window.length,
        max,
      });
  }
}
