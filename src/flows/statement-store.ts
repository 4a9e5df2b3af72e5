/**
 * What the flows need of statements in the store. A file's lines are streamed in while its header is `loading` and count only from the moment
 * at which the header says `accepted`: that flip is one document in one transaction (flows/import-statement.ts). Until then they are nobody's.
 */
import type { BusinessDate } from '../domain/clock.ts';
import type { Statement, StatementLine } from '../domain/statement.ts';
import type { Page, Paged, Where } from './store.ts';

/** A line as it is kept. `n` is its place among the file's lines, 1, 2, 3 ... without a gap; `line` is the file's own count. */
export type KeptLine = StatementLine & Readonly<{ n: number }>;

type Source = Pick<Statement, 'kind' | 'source'>;

export interface StatementStore {
  get(id: string): Promise<Statement | null>;
  list(where: Where, page: Page): Promise<Paged<Statement>>;
  /** The one that counts for a day; null while there is none. */
  accepted(of: Source, day: BusinessDate): Promise<Statement | null>;
  /** Those that count, of days from `from` on, oldest day first. */
  acceptedFrom(of: Source, from: BusinessDate, limit: number): Promise<Statement[]>;
  /** The last that counts of a day before this one. */
  before(of: Source, day: BusinessDate): Promise<Statement | null>;
  /** The highest issue of a day so far; 0 where there is none. */
  lastIssue(of: Source, day: BusinessDate): Promise<number>;
  /** All that ever came from this source with this content. */
  byContent(of: Source, sha256: string): Promise<Statement[]>;
  /** Puts a header down, or one that replaces nothing: a refusal. */
  insert(statement: Statement): Promise<void>;
  /** Adds lines of a load, the first of which is number `from`. */
  putLines(statementId: string, lines: readonly StatementLine[], from: number): Promise<void>;
  /** Shows that a load's process lives. False: it was taken over, and can count no more. */
  alive(load: Pick<Statement, 'id' | 'version'>): Promise<boolean>;
  countLines(statementId: string): Promise<number>;
  /** Takes away what an unfinished load left: its lines, then its header. Nothing that was ever accepted is touched. */
  dropLoad(statementId: string): Promise<void>;
  /** The same for a load that has shown no sign of life for ten seconds, by the server's clock. False: it lives, or it counts by now. */
  takeOver(statementId: string): Promise<boolean>;
  /** Loads without a sign of life: their process died. */
  deadLoads(): Promise<Statement[]>;
  /** Lines in the file's order, after number `after`. */
  lines(statementId: string, after: number, limit: number): Promise<KeptLine[]>;
  /** Lines that name one of these order numbers. */
  linesOf(statementIds: readonly string[], outTradeNos: readonly string[]): Promise<(KeptLine & Readonly<{ statementId: string }>)[]>;
}
