/**
 * A surplus on its way back through the channel (staff approved it, under two keys). The number is the discrepancy's own, so the channel gives it
 * back once, however often it is told. The money stays in suspense until the refund's row stands in a file: then both are reversed.
 */
import type { Answer, Outcome } from '../../channels/channel.ts';
import { channelTradeNoOf } from '../../domain/desk.ts';
import { type Discrepancy, isSettled, type Underway } from '../../domain/discrepancy.ts';
import { type Step, stepped } from '../../domain/discrepancy-step.ts';
import { reverse } from '../../domain/ledger.ts';
import { money } from '../../domain/money.ts';
import { SURPLUS } from '../../domain/suspense.ts';
import { untilFresh } from '../stale.ts';
import type { World } from '../world.ts';
import { clearingOf } from './after-act.ts';

const NUMBER = /^DR([0-9A-HJKMNP-TV-Z]{26})\d+$/;

/** The number at the channel: a pure function of the discrepancy and of when it was approved. */
export const refundNoOf = (d: Discrepancy): string => `DR${d.id.slice('dis_'.length)}${d.eventN}`;
/** The discrepancy whose money a refund row gives back; null for every other number. */
export const givenBackBy = (refundNo: string | null): string | null => {
  const id = NUMBER.exec(refundNo ?? '')?.[1];
  return id === undefined ? null : `dis_${id}`;
};

/** Sends what was approved, or asks about it where an answer is missing, or where there is another sum in suspense by now. */
export async function pursueRefund(world: World, d: Discrepancy): Promise<void> {
  const channel = world.channels.get(d.channel ?? '');
  const { underway } = d;
  if (!underway?.minor || !channel?.refund) return;
  const isOther = -(d.suspense.find((l) => l.account === SURPLUS)?.minor ?? 0) !== underway.minor;
  if (underway.answer === 'succeeded') return isOther ? keep(world, d, underway, null) : undefined;
  const request = {
    refundNo: underway.ref,
    outTradeNo: d.outTradeNo ?? '',
    channelTradeNo: channelTradeNoOf(d) ?? '',
    amount: money(underway.minor, d.currency as string),
  };
  const asking = underway.answer === null && !isOther ? channel.refund(request) : channel.queryRefund?.(underway.ref);
  const said = await asking?.catch((e: unknown): Outcome => ({ kind: 'unknown', rawCode: '', rawText: `the call failed: ${String(e)}` }));
  if (said) await keep(world, d, underway, isOther && isUnsent(said) ? null : said);
}

const isUnsent = ({ kind }: Outcome | Answer): boolean => kind === 'unsent' || kind === 'notFound';

/** `said` null: it is over, and another sum than was approved is in suspense. */
const keep = (world: World, d: Discrepancy, underway: Underway, said: Outcome | Answer | null): Promise<void> =>
  untilFresh(5, () =>
    world.store.transact(async (tx) => {
      const [row] = await tx.rows<Discrepancy>('discrepancies', [d.id]);
      if (!row || isSettled(row.state) || row.underway?.ref !== underway.ref || row.underway.answer === said?.kind) return;
      const at = world.clock.now();
      const { row: after, event } = stepped(row, said ? stepOf(underway, said, at) : released(underway, at));
      await tx.write({ events: [event], rows: { discrepancies: [after] } }, null);
    }),
  );

/** Refused for good it is staff's again; a silent or doubled answer is asked about. */
function stepOf(underway: Underway, said: Outcome | Answer, at: Date): Step {
  const facts = { at, by: 'duly', data: { refundNo: underway.ref, answer: said.kind, rawCode: said.rawCode, rawText: said.rawText } };
  if (said.kind === 'failed')
    return { ...facts, type: 'refundFailed', why: `the channel gives nothing back: ${said.rawText}`, set: { underway: null } };
  return {
    ...facts,
    type: 'refundSent',
    why: `the channel says: ${said.rawText || said.kind}`,
    set: { underway: { ...underway, answer: isUnsent(said) ? null : said.kind } },
  };
}

/** Sent or not, it explains nothing any more: what is in suspense now is open to the next act, and the refund's row will stand for itself. */
const released = (underway: Underway, at: Date): Step => ({
  type: 'released',
  at,
  by: 'duly',
  why: `another sum is in suspense than the ${underway.minor} that were approved to go back`,
  set: { underway: null },
  data: { refundNo: underway.ref, minor: underway.minor, answer: underway.answer },
});

/** The refund's own row stands in a file: what went in and what went back are both explained. False where the two are no such pair (any more). */
export const arrived = (world: World, rowId: string, originalId: string): Promise<boolean> =>
  untilFresh(5, () =>
    world.store.transact(async (tx) => {
      const rows = await tx.rows<Discrepancy>('discrepancies', [rowId, originalId]);
      const [row, original] = [rows.find((d) => d.id === rowId), rows.find((d) => d.id === originalId)];
      if (!row || !original || isSettled(row.state) || isSettled(original.state) || row.lenderId !== original.lenderId) return false;
      const minor = clearingOf(original);
      if (clearingOf(row) !== -minor || row.currency !== original.currency) return false;
      const facts = { at: world.clock.now(), by: 'duly', evidence: { kind: 'statement' as const, ref: row.statementId ?? row.id } };
      const steps = [
        stepped(original, {
          ...facts,
          type: 'refunded',
          why: `the refund's row stands in the file of ${row.businessDate}`,
          move: 'refund',
          posting: reverse(original.suspense),
          set: { ended: 'refund', facts: { ...original.facts, pairedMinor: minor } },
        }),
        stepped(row, {
          ...facts,
          type: 'explained',
          why: `it gives back ${original.id}`,
          move: 'correct',
          posting: reverse(row.suspense),
          set: { cause: 'ourRefund', ended: 'agrees', facts: { ...row.facts, pairedMinor: -minor } },
        }),
      ];
      await tx.write({ events: steps.map((s) => s.event), rows: { discrepancies: steps.map((s) => s.row) } }, null);
      return true;
    }),
  );
