/** A reader from a parser of lines: what all text formats share, so that each says only what its lines mean. */
import type { StatementHead, StatementLine } from '../domain/statement.ts';
import { blocksOf, type Encoding } from './bytes.ts';
import { BATCH, type Reader, type ReadOptions } from './reader.ts';

/** Takes the lines in order; both throw BadStatement. */
export type LineParser = Readonly<{
  /** A row, or null for a line that is none (header, trailer, comment). `n` counts from 1. */
  take(text: string, n: number): StatementLine | null;
  /** After the last; `n` is its number, 0 for an empty file. */
  end(n: number): StatementHead;
}>;

/** @param parse makes the parser of one file */
export function textReader(format: string, kind: Reader['kind'], encoding: Encoding, parse: (options: ReadOptions) => LineParser): Reader {
  return {
    format,
    kind,
    async *read(input, options) {
      const parser = parse(options);
      let batch: StatementLine[] = [];
      let n = 0;
      for await (const { first, lines } of blocksOf(input, encoding)) {
        n = first - 1;
        for (const text of lines) {
          n += 1;
          const row = parser.take(text, n);
          if (row === null) continue;
          batch.push(row);
          if (batch.length < BATCH) continue;
          yield batch;
          batch = [];
        }
      }
      const head = parser.end(n);
      if (batch.length > 0) yield batch;
      return head;
    },
  };
}
