/**
 * Reconciliation (对账): a channel's file of one day held against our attempts, row by row. What differs becomes a discrepancy, its difference in
 * suspense; the file's fees are booked; what the file tells is written back (reconcile/explain.ts). Run again it changes nothing more, killed
 * anywhere it goes on from there; a corrected file runs the day again and posts the differences.
 */

import { isOpen } from '../domain/attempt.ts';
import { atLocal, type BusinessDate, plusMinutes } from '../domain/clock.ts';
import { type Discrepancy, isSettled, type MatchResult, RESULTS } from '../domain/discrepancy.ts';
import type { Step } from '../domain/discrepancy-step.ts';
import { walked } from '../domain/discrepancy-step.ts';
import { Conflict, NotFound } from '../domain/errors.ts';
import { causeIfCorrected, findings } from '../domain/explain-discrepancy.ts';
import { reverse } from '../domain/ledger.ts';
import { next } from '../domain/machine.ts';
import type { Terms, Verdict } from '../domain/match.ts';
import { type LenderDay, RECONCILIATION, type Reconciliation } from '../domain/reconciliation.ts';
import { NO_WORK, type TickReport } from '../domain/records.ts';
import type { Actor } from './actor.ts';
import { actOn } from './discrepancies.ts';
import { Faults } from './faults.ts';
import type { MatchedDay } from './matching-store.ts';
import { feeEvents, runEvent } from './reconcile/book.ts';
import { explainDiscrepancies } from './reconcile/explain.ts';
import type { Day } from './reconcile/found.ts';
import { DayDesk } from './reconcile/open.ts';
import { untilFresh } from './stale.ts';
import { add } from './sweep.ts';
import type { World } from './world.ts';

export const runIdOf = (channel: string, date: BusinessDate): string => `rec_${channel}_${date}`;

/** Days looked at in one run of the job. */
const RUNS = 50;

/**
 * The job: every day whose file has come, oldest first, then everything that is to be explained. A day that cannot be compared is set aside: the
 * rest goes on, and what was wrong with the first of them is thrown at the end.
 */
export async function reconcileDue(world: World): Promise<TickReport> {
  let sum = NO_WORK;
  const faults = new Faults(world, 'reconcile');
  for (const run of await world.store.reconciliations.loaded(RUNS)) {
    const did = await faults.hold(run.id, () => compare(world, run).then(() => 1), 0);
    sum = add(sum, { ...NO_WORK, lookedAt: did, did });
  }
  const explained = await explainDiscrepancies(world);
  await closeRuns(world);
  faults.throwFirst();
  return add(sum, explained);
}

/** When the job next has work: at once where a file waits, else at the next look. */
export async function nextReconciliation(world: World) {
  const [waiting] = await world.store.reconciliations.loaded(1);
  return waiting ? (waiting.ranAt ?? waiting.expectedAt) : world.store.discrepancies.nextLook();
}

/**
 * One channel's day, now, and everything that follows from it. Throws NotFound where the day has no run, Conflict NO_STATEMENT where its file has
 * not come.
 */
export async function reconcile(world: World, channel: string, date: BusinessDate): Promise<Reconciliation> {
  const id = runIdOf(channel, date);
  const run = await world.store.reconciliations.get(id);
  if (!run) throw new NotFound('reconciliation', id);
  if (!run.statementId)
    throw new Conflict('NO_STATEMENT', `the file of ${channel} of ${date} has not come yet`, { channel, businessDate: date });
  await compare(world, run);
  await explainDiscrepancies(world);
  await closeRuns(world);
  return (await world.store.reconciliations.get(id)) ?? run;
}

async function compare(world: World, run: Reconciliation): Promise<void> {
  const { channel, businessDate } = run;
  const profile = world.channels.get(channel)?.profile;
  if (!profile || !run.statementId) throw new Error(`${run.id} is to be compared without its channel or its file`);
  const day: Day = { channel, businessDate, statementId: run.statementId };
  const cutOff = atLocal(businessDate, profile.cutOff, profile.zone);
  const terms: Terms = { businessDate, carryFrom: plusMinutes(cutOff, -(profile.statement?.carryOverMinutes ?? 0)), feeInside: false };
  const desk = await DayDesk.open(world, day);
  const matched = await world.store.matching.matchDay({ ...day, terms, cutOff }, async (verdicts) => {
    await desk.take(verdicts.filter((v) => !isNews(v)));
    await askAbout(world, verdicts.filter(isNews));
  });
  const lenders = desk.regrouped(matched.lenders);
  await desk.end();
  await closeUnseen(world, desk);
  await world.store.discrepancies.wake(channel, world.clock.now());
  await finish(world, run, { ...matched, lenders }, desk);
}

/** The row of a debit that is still open with us and moved nothing: no difference, but news. */
const isNews = (v: Verdict): boolean => v.result === 'matched' && v.ours !== null && v.theirs !== null && v.theirs.status !== 'succeeded';

/** A refusal in a file is no answer yet: the channel is asked at once, and its answer decides. */
async function askAbout(world: World, verdicts: readonly Verdict[]): Promise<void> {
  const refused = verdicts.flatMap((v) => (v.theirs?.status === 'failed' && v.ours ? [v.ours.attemptId] : []));
  if (!refused.length) return;
  const open = (await world.store.work.attempts(refused)).filter((a) => isOpen(a.state) && a.ask);
  const at = world.clock.now();
  await world.store.work.setAsks(open.map((a) => ({ id: a.id, eventN: a.eventN, ask: { at, n: a.ask?.n ?? 0 } })));
}

/** What an earlier issue of the file showed and this one does not, and what an earlier look at this one showed. */
async function closeUnseen(world: World, desk: DayDesk): Promise<void> {
  const gone = desk.unseen();
  const attempts = new Map((await world.store.work.attempts(gone.flatMap((d) => d.attemptId ?? []))).map((a) => [a.id, a]));
  for (const { id } of gone)
    await untilFresh(5, () =>
      world.store.transact(async (tx) => {
        const [row] = await tx.rows<Discrepancy>('discrepancies', [id]);
        if (!row || isSettled(row.state)) return;
        const now = world.clock.now();
        const known = { attempt: attempts.get(row.attemptId ?? '') ?? null, refundMinor: null, asked: null, nextDayPassed: false, now };
        const agrees = findings(row, known).filter((f) => f.move === 'correct');
        const same = row.statementId === desk.day.statementId;
        const ends: readonly Omit<Step, 'at' | 'by'>[] = agrees.length
          ? agrees
          : [
              {
                type: 'explained',
                why: same ? 'the file compared again does not differ in it any more' : 'the corrected file does not show it any more',
                move: 'correct',
                posting: reverse(row.suspense),
                set: same ? { ended: 'agrees' } : { cause: causeIfCorrected(row), ended: 'correctedFile' },
                evidence: { kind: 'statement', ref: desk.day.statementId },
              },
            ];
        const { row: after, events } = walked(
          row,
          ends.map((s) => ({ ...s, at: now, by: 'duly' })),
        );
        await tx.write({ events, rows: { discrepancies: [after] } }, null);
      }),
    );
}

/** Books the fees and moves the run on. The sums and results of a file are those of its first comparison, however often it is run again. */
async function finish(world: World, seen: Reconciliation, matched: MatchedDay, desk: DayDesk): Promise<void> {
  await untilFresh(5, async () => {
    const again = await world.store.reconciliations.get(seen.id);
    if (!again || again.statementId !== seen.statementId) return;
    const fees = await feeEvents(world, again, matched.lenders);
    await world.store.transact(async (tx) => {
      const [run] = await tx.rows<Reconciliation>('reconciliations', [seen.id]);
      // Another issue came meanwhile, or another worker was faster: that one's comparison counts.
      if (!run || run.version !== again.version) return;
      const now = world.clock.now();
      const first = run.comparedId !== run.statementId;
      const state = stateAfter(run, desk);
      const after: Reconciliation = {
        ...run,
        state,
        comparedId: run.statementId,
        lines: matched.lines,
        byResult: first ? matched.byResult : withNew(run.byResult, desk.openedNow),
        oursMinor: first ? matched.oursMinor : run.oursMinor,
        theirsMinor: matched.theirsMinor,
        booked: sorted(matched.lenders),
        runs: run.runs + 1,
        ranAt: now,
        closedAt: state === 'closed' ? run.closedAt : null,
        eventN: run.eventN + (first ? 1 : 0),
        version: run.version + 1,
      };
      const events = first ? [runEvent(after, 'matched', run.state, now, { byResult: after.byResult, lines: after.lines })] : [];
      await tx.write({ events: [...events, ...fees], rows: { reconciliations: [after] } }, null);
    });
  });
}

/** A closed run in which a later look finds something is merely matched again. */
function stateAfter({ state }: Reconciliation, desk: DayDesk): Reconciliation['state'] {
  if (state === 'matched' || (state === 'closed' && desk.openedNow.length === 0)) return state;
  const loaded = state === 'closed' ? next(RECONCILIATION, state, 'reload') : state;
  return next(RECONCILIATION, loaded, 'match');
}

/** A later look found something more in the same file: it is counted as that, and no longer as matched. */
function withNew(byResult: Reconciliation['byResult'], found: readonly Discrepancy[]): Reconciliation['byResult'] {
  const out = { ...byResult };
  for (const d of found) {
    if (!(RESULTS as readonly string[]).includes(d.kind)) continue;
    out[d.kind as MatchResult] += 1;
    if (d.line !== null) out.matched -= 1;
  }
  return out;
}

const sorted = (days: readonly LenderDay[]): LenderDay[] =>
  [...days].sort((a, b) => (a.lenderId + a.currency < b.lenderId + b.currency ? -1 : 1));

/** Runs of which nothing is unsettled any more; one that has something again is merely matched. */
async function closeRuns(world: World): Promise<void> {
  for (const channel of world.channels.keys()) {
    const runs = await world.store.reconciliations.matched(channel);
    if (!runs.length) continue;
    const open = new Set((await world.store.discrepancies.unsettled(channel)).map((d) => d.businessDate));
    for (const run of runs) if (!open.has(run.businessDate)) await closeRun(world, run.id);
  }
}

const closeRun = (world: World, id: string): Promise<void> =>
  untilFresh(5, () =>
    world.store.transact(async (tx) => {
      const [run] = await tx.rows<Reconciliation>('reconciliations', [id]);
      if (run?.state !== 'matched') return;
      const now = world.clock.now();
      const after: Reconciliation = {
        ...run,
        state: next(RECONCILIATION, run.state, 'close'),
        closedAt: now,
        eventN: run.eventN + 1,
        version: run.version + 1,
      };
      await tx.write({ events: [runEvent(after, 'closed', run.state, now, {})], rows: { reconciliations: [after] } }, null);
    }),
  );

/** Staff's wish to look again: told in the discrepancy's log, then its whole day is compared anew. Throws as actOn and reconcile do. */
export async function rerun(world: World, seen: Discrepancy, actor: Actor): Promise<Discrepancy> {
  const { channel, businessDate } = seen;
  const run = channel && businessDate ? await world.store.reconciliations.get(runIdOf(channel, businessDate)) : null;
  await actOn(world, seen, actor, 'rerun', (row) => {
    if (!run?.statementId)
      throw new Conflict('NO_STATEMENT', `discrepancy ${row.id} is of no day whose file is here: nothing can be compared again`, {
        id: row.id,
      });
    return { type: 'rerun', set: isSettled(row.state) ? {} : { lookAt: world.clock.now(), asked: null } };
  });
  if (run) await reconcile(world, run.channel, run.businessDate);
  return (await world.store.discrepancies.get(seen.id)) ?? seen;
}
