/**
 * The second pass: every unsettled discrepancy that comparing files has found is looked at until it is explained. What its row says for sure is
 * written back; where that is not enough the channel is asked; what agrees by then is closed. Each look may be repeated, and killed anywhere.
 */
import type { Attempt } from '../../domain/attempt.ts';
import { earliest, type Instant, plusMinutes } from '../../domain/clock.ts';
import { agesAt, type Discrepancy, isSettled, SUSPENSE_DAYS } from '../../domain/discrepancy.ts';
import { type Step, walked } from '../../domain/discrepancy-step.ts';
import { findings, type Known, wantsAsking } from '../../domain/explain-discrepancy.ts';
import { NO_WORK, type TickReport } from '../../domain/records.ts';
import type { Refund } from '../../domain/refund.ts';
import type { StatementLine } from '../../domain/statement.ts';
import { takeInbox } from '../evidence.ts';
import { untilFresh } from '../stale.ts';
import { add, inParallel } from '../sweep.ts';
import type { World } from '../world.ts';
import { askChannel } from './ask-channel.ts';
import { arrived, givenBackBy, pursueRefund } from './give-back.ts';
import { answerToInbox, evidenceOf } from './write-back.ts';

const BATCH = 200;
/** At most so many questions to channels at once. */
const WIDTH = 16;
/** Minutes until the next look while an answer or a record is still missing; then daily. */
const LADDER = [1, 10, 60, 360];
const DAILY = 1_440;

/** Looks at everything due. */
export async function explainDiscrepancies(world: World): Promise<TickReport> {
  let sum = NO_WORK;
  for (;;) {
    const due = await world.store.discrepancies.due(world.clock.now(), BATCH);
    if (!due.length) return sum;
    sum = add(sum, await lookAtAll(world, due));
    if (due.length < BATCH) return sum;
  }
}

/** What is read once for a batch. */
type Batch = Readonly<{
  attempts: ReadonlyMap<string, Attempt>;
  refunds: ReadonlyMap<string, Refund>;
  nextDayPassed(d: Discrepancy): boolean;
}>;

async function lookAtAll(world: World, due: readonly Discrepancy[]): Promise<TickReport> {
  const before = await attemptsOf(world, due);
  const lines = await linesOf(world, due);
  const told = due.flatMap((d) => evidenceOf(world, d, before.get(d.attemptId ?? '') ?? null, lines.get(d.id) ?? null) ?? []);
  if (told.length) {
    await world.store.work.putInbox(told);
    await takeInbox(world);
  }
  const batch: Batch = {
    attempts: told.length ? await attemptsOf(world, due) : before,
    refunds: await refundsOf(world, due),
    nextDayPassed: await nextDays(world, due),
  };
  let sum = NO_WORK;
  await inParallel(due, WIDTH, async (d) => {
    sum = add(sum, await look(world, d, batch));
  });
  return sum;
}

/** One look at one discrepancy: asks where it must, and writes down what follows. */
async function look(world: World, d: Discrepancy, batch: Batch): Promise<TickReport> {
  const original = givenBackBy(d.facts.refundNo as string | null);
  if (original && (await arrived(world, d.id, original))) return { ...NO_WORK, lookedAt: 1, did: 1 };
  let attempt = batch.attempts.get(d.attemptId ?? '') ?? null;
  const heard = wantsAsking(d, attempt) ? await askChannel(world, d) : null;
  const forward = heard && answerToInbox(world, d, attempt, heard.answer);
  if (forward) {
    await world.store.work.putInbox([forward]);
    await takeInbox(world);
    attempt = (await world.store.work.attempts([d.attemptId as string]))[0] ?? null;
  }
  if (d.underway?.act === 'refund') await pursueRefund(world, d);
  const refund = batch.refunds.get(String(d.facts.refundNo));
  const known: Omit<Known, 'now'> = {
    attempt,
    refundMinor: refund ? (refund.state === 'succeeded' ? -refund.amount.minor : 0) : null,
    asked: heard?.asked ?? null,
    nextDayPassed: batch.nextDayPassed(d),
  };
  const after = await settle(world, d.id, known);
  if (!after || isSettled(after.state)) return { ...NO_WORK, lookedAt: 1, did: after ? 1 : 0 };
  // What has lapsed just now is asked about soon.
  const asks = wantsAsking(after, attempt) && (heard !== null || !wantsAsking(d, attempt));
  const missing = evidenceOf(world, after, attempt, null) !== null || asks;
  const lookAt = nextLook(after, missing, world.clock.now());
  await world.store.discrepancies.setLook([{ id: after.id, version: after.version, lookAt, looks: after.looks + 1 }]);
  return { ...NO_WORK, lookedAt: 1, did: after.version === d.version ? 0 : 1, refused: missing ? 1 : 0 };
}

/** Writes what is found of the row as it is now; answers the row, null where it is no more. */
const settle = (world: World, id: string, known: Omit<Known, 'now'>): Promise<Discrepancy | null> =>
  untilFresh(5, () =>
    world.store.transact(async (tx) => {
      const [row] = await tx.rows<Discrepancy>('discrepancies', [id]);
      if (!row) return null;
      const now = world.clock.now();
      const steps: Step[] = findings(row, { ...known, now }).map((f) => ({ ...f, at: now, by: 'duly' }));
      const ends = steps.some((s) => s.move === 'correct');
      if (!ends && isTooOld(row, now)) steps.push(alarm(world, row, now));
      if (!steps.length) return row;
      const { row: after, events } = walked(row, steps);
      await tx.write({ events, rows: { discrepancies: [after] } }, null);
      return after;
    }),
  );

const isTooOld = (d: Discrepancy, now: Instant): boolean =>
  !isSettled(d.state) && d.alertedAt === null && d.suspense.length > 0 && now >= agesAt(d.openedAt);

function alarm(world: World, d: Discrepancy, now: Instant): Step {
  const { id, kind, channel, businessDate, outTradeNo, lenderId } = d;
  world.log.error({ id, kind, channel, businessDate, outTradeNo, lenderId }, `in suspense for more than ${SUSPENSE_DAYS} days`);
  const why = `in suspense since ${d.openedAt.toISOString()}: more than ${SUSPENSE_DAYS} days`;
  return { type: 'aged', at: now, by: 'duly', why, set: { alertedAt: now } };
}

function nextLook(d: Discrepancy, missing: boolean, now: Instant): Instant | null {
  const ages = d.alertedAt === null && d.suspense.length > 0 && agesAt(d.openedAt) > now ? agesAt(d.openedAt) : null;
  if (!d.facts.movement) return ages;
  const then = plusMinutes(now, missing ? (LADDER[d.looks] ?? DAILY) : DAILY);
  return ages ? earliest(then, ages) : then;
}

const attemptsOf = async (world: World, rows: readonly Discrepancy[]): Promise<Map<string, Attempt>> =>
  new Map((await world.store.work.attempts([...new Set(rows.flatMap((d) => d.attemptId ?? []))])).map((a) => [a.id, a]));

/** The rows that discrepancies of attempts were found on. */
async function linesOf(world: World, rows: readonly Discrepancy[]): Promise<Map<string, StatementLine>> {
  const some = rows.filter((d) => d.line !== null && d.attemptId !== null && d.statementId !== null && d.outTradeNo !== null);
  if (!some.length) return new Map();
  const statements = [...new Set(some.map((d) => d.statementId as string))];
  const found = await world.store.statements.linesOf(statements, [...new Set(some.map((d) => d.outTradeNo as string))]);
  const at = new Map(found.map((l) => [`${l.statementId} ${l.line}`, l]));
  return new Map(
    some.flatMap((d) => {
      const line = at.get(`${d.statementId} ${d.line}`);
      return line ? [[d.id, line] as const] : [];
    }),
  );
}

async function refundsOf(world: World, rows: readonly Discrepancy[]): Promise<Map<string, Refund>> {
  const out = new Map<string, Refund>();
  const named = rows.filter((d) => typeof d.facts.refundNo === 'string' && d.channel);
  for (const channel of new Set(named.map((d) => d.channel as string))) {
    const numbers = named.filter((d) => d.channel === channel).map((d) => d.facts.refundNo as string);
    for (const refund of await world.store.refunds.byNumbers(channel, [...new Set(numbers)])) out.set(refund.refundNo, refund);
  }
  return out;
}

/** Whether the file that comes after a discrepancy's own has been compared: what it lacked has had its second chance. */
async function nextDays(world: World, rows: readonly Discrepancy[]): Promise<(d: Discrepancy) => boolean> {
  const passed = new Map<string, boolean>();
  for (const d of rows) {
    const key = `${d.channel} ${d.businessDate}`;
    if (passed.has(key) || !d.channel || !d.businessDate) continue;
    const next = await world.store.reconciliations.after(d.channel, d.businessDate);
    passed.set(key, next?.state === 'matched' || next?.state === 'closed');
  }
  return (d) => passed.get(`${d.channel} ${d.businessDate}`) ?? false;
}
