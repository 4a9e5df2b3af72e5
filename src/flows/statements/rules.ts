/** What must hold of a file as a whole, beyond what its reader has checked: its day, its order among others, its opening balance. */
import type { BusinessDate } from '../../domain/clock.ts';
import type { Statement, StatementHead } from '../../domain/statement.ts';
import type { ImportWorld } from '../import-statement.ts';
import { refuse } from './reader.ts';
import type { Source } from './source.ts';

/** The day a file is of. Refuses one that says none, another than was asked for, or one that has not begun. */
export function dayOf(head: StatementHead, asked: BusinessDate | null, source: Source): BusinessDate {
  const day = head.businessDate ?? asked ?? head.to;
  if (!day) throw refuse('DATE_MISSING', 'the file does not say which day it is of; name it with --date');
  if (asked && day !== asked) throw refuse('OF_ANOTHER', `the file is of ${day}, not of ${asked}; import it where it belongs`);
  if (day > source.today) throw refuse('DATE_AHEAD', `the file is of ${day}, which has not begun at ${source.source}; ask the bank`);
  return day;
}

const issueIn = (head: StatementHead | null): number | null =>
  head?.sequence && /^\d{1,15}$/.test(head.sequence) ? Number(head.sequence) : null;

/** Refuses an issue older than the one that counts: a correction must not be undone by the file it corrected. */
export function holdOrder(fresh: Statement, last: Statement | null): void {
  const [mine, theirs] = [issueIn(fresh.head), issueIn(last?.head ?? null)];
  if (last && mine !== null && theirs !== null && mine < theirs)
    throw refuse('OLDER_ISSUE', `issue ${theirs} of ${fresh.businessDate} is here already (${last.name}); this one, ${mine}, is older`);
}

/** What is odd and no reason to refuse: numbers that were left out since the last file, an account that does not begin where it ended. */
export async function warningsOf(world: ImportWorld, source: Source, head: StatementHead, day: BusinessDate): Promise<string[]> {
  const last = head.series || head.opening ? await world.store.statements.before(source, day) : null;
  if (!last?.head) return [];
  const { series, closing } = last.head;
  const { opening } = head;
  const out: string[] = [];
  if (head.series && series && head.series.first > series.last + 1)
    out.push(`it is number ${head.series.first}, the one of ${last.businessDate} was ${series.last}`);
  if (source.kind === 'account' && opening && closing?.currency === opening.currency && closing.minor !== opening.minor)
    out.push(`it opens with ${opening.minor} ${opening.currency}, the one of ${last.businessDate} closed with ${closing.minor}`);
  return out.map((gap) => `${gap}: a statement between them may be missing`);
}
