/**
 * What a statement tells about attempts, written back through the inbox: whoever holds the partition records it, with everything that follows,
 * in one step (record.ts). Evidence of kind `statement` may change what was final; nothing is ever denied on a file's word alone.
 */
import type { Answer } from '../../channels/channel.ts';
import { type Attempt, isOpen } from '../../domain/attempt.ts';
import { bankDayOf, type ChannelProfile } from '../../domain/channel-profile.ts';
import { addDays, atLocal, type BusinessDate, type Instant, latest } from '../../domain/clock.ts';
import { type Becomes, becomesOf } from '../../domain/desk.ts';
import type { Discrepancy } from '../../domain/discrepancy.ts';
import { theirsOf } from '../../domain/explain-discrepancy.ts';
import type { InboxItem } from '../../domain/records.ts';
import type { StatementLine } from '../../domain/statement.ts';
import type { World } from '../world.ts';

/** What only the file has; told in the attempt's event. */
export type FromFile = Readonly<Pick<StatementLine, 'feeMinor' | 'valueDate' | 'fx'> & { businessDate: BusinessDate; statementId: string }>;

/**
 * A time for a row that has none, or one that does not fit: on the file's business day by the channel's cut-off, and not before the attempt.
 * An attempt made after that day has closed keeps its own time: the file is then of another day than the money.
 */
export function bankTime(profile: ChannelProfile, attempt: Attempt, date: BusinessDate, at: Instant | null): Instant {
  const { zone, cutOff } = profile;
  const midnight = atLocal(date, '00:00', zone);
  const evening = cutOff >= '24:00' ? midnight : atLocal(addDays(date, -1), cutOff, zone);
  const fits = (time: Instant | null): time is Instant => time !== null && time >= attempt.createdAt && bankDayOf(profile, time) === date;
  return [at, attempt.createdAt, midnight, evening].find(fits) ?? latest(midnight, attempt.createdAt);
}

/** The evidence that a discrepancy holds about its attempt; null where it holds none, or where the attempt agrees already. */
export function evidenceOf(world: World, d: Discrepancy, attempt: Attempt | null, line: StatementLine | null): InboxItem | null {
  if (!attempt) return null;
  const profile = world.channels.get(attempt.channel)?.profile;
  if (!profile || !d.businessDate) return null;
  const accepted = d.underway?.act === 'accept' ? becomesOf(d, attempt) : null;
  const told = accepted ?? toldBy(d, attempt);
  if (!told) return null;
  const file: FromFile | null = line && {
    feeMinor: line.feeMinor,
    valueDate: line.valueDate,
    fx: line.fx,
    businessDate: d.businessDate,
    statementId: d.statementId ?? '',
  };
  const at = bankTime(profile, attempt, d.businessDate, line?.at ?? null);
  return item(world, d, attempt, {
    kind: accepted ? 'person' : 'statement',
    answer: { ...answerOf(told, d, attempt, line, at), ...(file && told !== 'failed' ? { file } : {}) },
    why: accepted ? `staff accept what the file says (${d.id})` : d.says,
  });
}

/** The channel's own answer to a question about an attempt that the file differs on. */
export function answerToInbox(world: World, d: Discrepancy, attempt: Attempt | null, answer: Answer): InboxItem | null {
  if (!attempt) return null;
  const why = `asked about what its file says: ${answer.rawText || answer.kind}`;
  // The row is missing or refused, and the channel itself says that it was never taken: two words of the bank's, and they agree.
  if (
    answer.kind === 'failed' &&
    attempt.state === 'succeeded' &&
    (d.kind === 'shortage' || d.kind === 'carriedOver' || d.kind === 'statusMismatch')
  )
    return item(world, d, attempt, { kind: 'statement', answer, why });
  if (isOpen(attempt.state) || (answer.kind === 'returned' && attempt.state === 'succeeded'))
    return item(world, d, attempt, { kind: 'news', answer, why });
  return null;
}

/** What a row says for sure of an attempt that says otherwise: the whole amount taken, or the whole amount given back. */
function toldBy(d: Discrepancy, attempt: Attempt): Becomes | null {
  if (d.currency !== attempt.amount.currency) return null;
  const minor = theirsOf(d);
  if (d.kind === 'surplus' && d.facts.movement === 'payment')
    return attempt.takenOn === null && minor === attempt.amount.minor ? 'succeeded' : null;
  if (d.kind !== 'duplicate' && d.facts.movement === 'return')
    return attempt.returnedOn === null && -minor === attempt.amount.minor && (isOpen(attempt.state) || attempt.state === 'succeeded')
      ? 'returned'
      : null;
  return null;
}

function answerOf(becomes: Becomes, d: Discrepancy, attempt: Attempt, line: StatementLine | null, at: Instant): InboxItem['answer'] {
  const said = { rawCode: line?.rawCode ?? 'statement', rawText: line?.rawText || d.says };
  const channelTradeNo = line?.channelTradeNo ?? attempt.channelTradeNo ?? attempt.outTradeNo;
  const echo = { amount: attempt.amount, accountLast4: attempt.accountLast4, at };
  switch (becomes) {
    case 'succeeded':
      return { kind: 'succeeded', ...said, channelTradeNo, echo };
    case 'returned':
      return { kind: 'returned', ...said, channelTradeNo, echo, at, failure: line?.failure ?? 'disputed' };
    case 'failed':
      return { kind: 'failed', ...said, channelTradeNo, failure: line?.failure ?? 'riskRefused' };
  }
}

/** One item a discrepancy and state of its attempt: told again it is the same, until it has been taken in. */
const item = (
  world: World,
  d: Discrepancy,
  attempt: Attempt,
  { kind, answer, why }: Readonly<{ kind: InboxItem['kind']; answer: Answer | InboxItem['answer']; why: string }>,
): InboxItem => ({
  id: `${d.id}:${attempt.eventN}:${kind}`,
  bucket: attempt.bucket,
  attemptId: attempt.id,
  kind,
  answer: answer as unknown as InboxItem['answer'],
  ref: d.statementId ?? d.id,
  by: kind === 'person' && d.underway ? d.underway.by : 'duly',
  why,
  at: world.clock.now(),
});
