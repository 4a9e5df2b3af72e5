/** A byte stream cut into numbered lines. Memory stays small whatever comes: a line that does not end is given up, not gathered. */
import type { Readable } from 'node:stream';

/** `text` null: longer than `MOST_BYTES`, its content was let go. `n` counts from 1. */
export type NumberedLine = Readonly<{ n: number; text: string | null }>;

export const MOST_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Lines without their ends (LF or CRLF), as UTF-8; a byte order mark is taken off the first. Bytes that are not UTF-8 become U+FFFD. */
export async function* linesOf(stream: Readable): AsyncGenerator<NumberedLine> {
  let parts: Buffer[] = [];
  let size = 0;
  let n = 0;
  const finish = (): NumberedLine => {
    const text = size > MOST_BYTES ? null : Buffer.concat(parts).toString('utf8').replace(/\r$/, '');
    parts = [];
    size = 0;
    n += 1;
    return { n, text: n === 1 && text !== null ? text.replace(/^\uFEFF/, '') : text };
  };
  for await (const chunk of stream) {
    const bytes: Buffer = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, from)) {
      keep(bytes.subarray(from, at));
      yield finish();
      from = at + 1;
    }
    keep(bytes.subarray(from));
  }
  if (size > 0) yield finish();

  function keep(part: Buffer): void {
    size += part.length;
    if (size <= MOST_BYTES) parts.push(part);
    else parts = [];
  }
}
