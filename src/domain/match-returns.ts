/** Money going back: a row of a returned debit, or of a refund, held against ours. Each stands in the file on its own row with its own number. */
import type { Ours, Terms, Theirs, Verdict } from './match.ts';
import { carriedOver, effectOf, verdict } from './match-verdict.ts';

/** Both sides of one order number: return rows by the order, refund rows by the refund's number. */
export function compareReturns(ours: readonly Ours[], rows: readonly Theirs[], terms: Terms): Verdict[] {
  const debit = ours.find((o) => o.kind === 'payment') ?? null;
  const whole = (t: Theirs): number => (t.status === 'succeeded' && t.minor === debit?.minor && t.currency === debit.currency ? 0 : 1);
  const out = pairUp(
    ours.filter((o) => o.kind === 'return'),
    // The row of the whole debit is its return, wherever it stands among others.
    rows.filter((t) => t.kind === 'return').sort((a, b) => whole(a) - whole(b)),
    () => true,
    debit,
    terms,
  );
  const refunds = ours.filter((o) => o.kind === 'refund');
  const refundRows = rows.filter((t) => t.kind === 'refund');
  const numbers = new Set([...refunds.map((o) => o.refundNo), ...refundRows.map((t) => t.refundNo)]);
  // Rows that name no refund stand for one of this order that no row names, by amount.
  const named = new Set(refundRows.map((t) => t.refundNo));
  for (const number of numbers) {
    if (number === null) continue;
    const of = refunds.filter((o) => o.refundNo === number);
    if (!named.has(number) && named.has(null)) continue;
    out.push(
      ...pairUp(
        of,
        refundRows.filter((t) => t.refundNo === number),
        () => true,
        debit,
        terms,
      ),
    );
  }
  if (named.has(null))
    out.push(
      ...pairUp(
        refunds.filter((o) => !named.has(o.refundNo)),
        refundRows.filter((t) => t.refundNo === null),
        (o, t) => o.minor === t.minor,
        debit,
        terms,
      ),
    );
  return out;
}

/** Each row takes the first record it fits; rows beyond are doubled or unknown, records beyond are missing from the file. */
function pairUp(
  ours: readonly Ours[],
  rows: readonly Theirs[],
  fits: (o: Ours, t: Theirs) => boolean,
  debit: Ours | null,
  terms: Terms,
): Verdict[] {
  const out: Verdict[] = [];
  const free = [...ours];
  let last: Ours | null = null;
  for (const row of rows) {
    if (row.status !== 'succeeded') {
      const one = free.find((o) => o.day === terms.businessDate && !o.matchedIn);
      if (one) free.splice(free.indexOf(one), 1);
      out.push(
        one
          ? verdict('statusMismatch', one, row, -effectOf(one), `this ${row.kind} is ${row.status} in the file, ${one.state} with us`)
          : verdict('matched', ours[0] ?? debit, row, 0, `a ${row.kind} that is ${row.status} moved nothing`),
      );
      continue;
    }
    const fitting = free.filter((o) => o.currency === row.currency && fits(o, row));
    const one = fitting.find((o) => o.minor === row.minor) ?? fitting[0];
    if (one) {
      free.splice(free.indexOf(one), 1);
      last = one;
      out.push(paired(one, row, terms));
    } else {
      out.push(unpaired(last, debit, row));
      // A debit goes back once: one row is held against it, and those after it are beyond.
      if (row.kind === 'return') last ??= debit;
    }
  }
  for (const one of free) out.push(...unseen(one, terms));
  return out;
}

function paired(one: Ours, row: Theirs, terms: Terms): Verdict {
  const effect = effectOf(row);
  if (one.matchedIn) return verdict('duplicate', one, row, effect, `this ${row.kind} stands in the file of ${one.matchedIn} already`);
  if (one.day === null) return verdict('surplus', one, row, effect, `the file has the ${row.kind} done; it stands as ${one.state} with us`);
  const difference = effect - (one.day === terms.businessDate ? effectOf(one) : 0);
  if (effect === effectOf(one))
    return verdict(
      'matched',
      one,
      row,
      difference,
      one.day === terms.businessDate ? '' : `our record is of ${one.day}, its row of ${terms.businessDate}`,
    );
  return verdict('amountMismatch', one, row, difference, `a ${row.kind} of ${row.minor} in the file, of ${one.minor} with us`);
}

function unpaired(last: Ours | null, debit: Ours | null, row: Theirs): Verdict {
  const effect = effectOf(row);
  if (last && (last.currency === row.currency || row.kind === 'return'))
    return verdict('duplicate', last, row, effect, `line ${row.line} is a second ${row.kind} of order ${last.outTradeNo}`);
  if (row.kind === 'return' && debit)
    return verdict(
      'statusMismatch',
      debit,
      row,
      effect,
      `the file has order ${debit.outTradeNo} returned; it stands as ${debit.state} with us`,
    );
  const about = debit ? { attemptId: debit.attemptId, because: 'the row names its order number' } : null;
  return { ...verdict('surplus', null, row, effect, `the file has a ${row.kind} that is none of ours`), suggestion: about };
}

const unseen = (one: Ours, terms: Terms): Verdict[] => {
  if (one.day !== terms.businessDate) return [];
  if (one.matchedIn) return [verdict('matched', one, null, -effectOf(one), `its row stands in the file of ${one.matchedIn}`)];
  return [
    carriedOver(one, terms) ??
      verdict('shortage', one, null, -effectOf(one), `our ${one.kind} of order ${one.outTradeNo} is not in the file`),
  ];
};
