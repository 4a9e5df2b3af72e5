/** Reads statement files in tests. */
import type { StatementHead, StatementLine } from '../../src/domain/statement.ts';
import { BadStatement, type Reader, type ReadOptions } from '../../src/statements/reader.ts';

/** Bytes in chunks of `size`, so that lines and characters are cut in the middle. */
export async function* chunks(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

export const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8');

export type ReadFile = Readonly<{ lines: readonly StatementLine[]; head: StatementHead }>;

/** The whole of a file, as its reader gives it. */
export async function readAll(reader: Reader, bytes: Uint8Array, options: ReadOptions = {}, chunk?: number): Promise<ReadFile> {
  const lines: StatementLine[] = [];
  const reading = reader.read(chunks(bytes, chunk), options);
  for (;;) {
    const step = await reading.next();
    if (step.done) return { lines, head: step.value };
    lines.push(...step.value);
  }
}

/** The refusal of a file that must be refused. */
export async function refusalOf(reader: Reader, bytes: Uint8Array, options: ReadOptions = {}): Promise<BadStatement['refusal']> {
  try {
    await readAll(reader, bytes, options);
  } catch (error) {
    if (error instanceof BadStatement) return error.refusal;
    throw error;
  }
  throw new Error(`the reader of ${reader.format} took a file that it must refuse`);
}
