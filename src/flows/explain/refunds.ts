/** Refunds in words: who asked, who let it go, where the money is. */
import type { DulyEvent } from '../../domain/event.ts';
import { inMoney } from '../../domain/explain.ts';
import type { Sentence } from '../explain-plan.ts';

const STATES: Readonly<Record<string, string>> = {
  processing: 'was handed over to be paid',
  succeeded: 'was paid: the money went back',
  failed: 'was refused: nothing went back',
  unknown: 'has no known result: it may have gone back, so it counts as given until the other side has answered',
  cancelled: 'was cancelled before it left',
  returned: 'came back after it had gone out: the money is here again',
};

/** 'A refund of CNY 12.00 of att_... was asked for by li: paid twice (number R..., by the channel simulator).' */
export function refundWords({ from, to, by, why, data, currency, evidence }: DulyEvent): string {
  const sum = inMoney(Number(data.minor), currency ?? '');
  const way = data.way === 'transfer' ? 'by transfer' : `through ${data.channel}`;
  const who = by === 'duly' ? ` by Duly's own rule (${why})` : ` by ${by}: ${why}`;
  if (from === null) return `A refund of ${sum} of ${data.receiptId} ${way}, number ${data.refundNo}, was asked for${who}.`;
  if (from === to) return `Refund ${data.refundNo} of ${sum} was approved${who}.`;
  const code = evidence?.rawCode ? ` (code ${evidence.rawCode}${evidence.rawText ? `: ${evidence.rawText}` : ''})` : '';
  const told = by === 'duly' ? (to === 'cancelled' ? `: ${why}` : '') : ` This was decided by ${by}: ${why}.`;
  return `Refund ${data.refundNo} of ${sum} ${STATES[to ?? ''] ?? to}${code}${told.startsWith(':') ? `${told}.` : `.${told}`}`;
}

/** Events of refunds, in the order of time. */
export const refundStory = (events: readonly DulyEvent[]): Sentence[] =>
  [...events].sort((a, b) => a.at.getTime() - b.at.getTime()).map((e) => ({ at: e.at, text: refundWords(e) }));
