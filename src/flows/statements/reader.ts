/** Reading a file, as the flows need it: src/statements implements it for every format. */
import type { BusinessDate } from '../../domain/clock.ts';
import { DulyError } from '../../domain/errors.ts';
import type { StatementHead, StatementLine, StatementRefusal } from '../../domain/statement.ts';

export type StatementReader = Readonly<{
  format: string;
  kind: 'channel' | 'account';
  /** Batches of lines in the file's order, then the head, when all control totals hold; throws what `refusalOf` understands. */
  read(
    input: AsyncIterable<Uint8Array>,
    options: Readonly<{
      currency?: string;
      zone?: string;
      businessDate?: BusinessDate;
      expected?: Readonly<{ source?: string; merchant?: string; businessDate?: BusinessDate }>;
    }>,
  ): AsyncGenerator<readonly StatementLine[], StatementHead>;
}>;

/** The refusal of a whole file: a reader's, or of the rules about whole files. */
class Refused extends DulyError {
  constructor(readonly refusal: StatementRefusal) {
    super('BAD_STATEMENT', refusal.says);
  }
}
export const refuse = (code: string, says: string): Refused => new Refused({ code, line: null, column: null, says });

/** Why a file was refused; null for any other error. */
export const refusalOf = (error: unknown): StatementRefusal | null =>
  error instanceof DulyError && error.code === 'BAD_STATEMENT' && 'refusal' in error ? (error.refusal as StatementRefusal) : null;
