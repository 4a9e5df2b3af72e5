import { expect } from 'chai';
import { camtReader } from '../../src/statements/camt.ts';
import { nachaReader } from '../../src/statements/nacha.ts';
import type { Reader } from '../../src/statements/reader.ts';
import { achReturn, camt053, detail, entry, txAmount } from '../support/bank-files.ts';

const ROWS = 10_000;
const CHUNK = 250;
/** A batch of lines, a chunk, and what a window of bytes cuts off. */
const IN_FLIGHT = 1_000 + 2 * CHUNK;

/** Text in three parts: before the rows, the rows a chunk at a time, after them. `made` counts the rows given out. */
async function* stream(
  [before, after]: readonly [string, string],
  row: (i: number) => string,
  made: { rows: number },
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(before);
  for (; made.rows < ROWS; made.rows += CHUNK) yield Buffer.from(Array.from({ length: CHUNK }, (_, k) => row(made.rows + k)).join(''));
  yield Buffer.from(after);
}

/** The most rows that were ever inside the reader, given out and not yet yielded as lines. */
async function mostInside(reader: Reader, ends: readonly [string, string], row: (i: number) => string): Promise<number> {
  const made = { rows: 0 };
  let lines = 0;
  let most = 0;
  for await (const batch of reader.read(stream(ends, row, made), {})) {
    most = Math.max(most, made.rows - lines);
    lines += batch.length;
    expect(batch.length).to.be.at.most(1_000);
  }
  expect(lines).to.equal(ROWS);
  return most;
}

const halves = (text: string): readonly [string, string] => {
  const [before, after] = text.split('@@');
  return [before!, after!];
};
const digits = (n: number, width: number): string => String(n).padStart(width, '0');

describe('bank files of any length', function () {
  this.timeout(240_000);

  it('hold no more than a batch of a statement in memory', async () => {
    const most = await mostInside(camtReader, halves(camt053('', '@@')), (i) => entry('1.00', 'CRDT', detail(`D${i}`)));
    expect(most).to.be.at.most(IN_FLIGHT);
  });

  it('hold no more than two batches of one entry with thousands of details, the first thousand waiting for each other', async () => {
    const one = halves(camt053('', entry(`${ROWS}.00`, 'CRDT', '@@')));
    expect(await mostInside(camtReader, one, (i) => detail(`D${i}`, txAmount('1.00')))).to.be.at.most(1_000 + IN_FLIGHT);
  });

  it('hold no more than a batch of a Nacha file, without line breaks too', async () => {
    const [head, header, item, addenda] = achReturn() as [string, string, string, string];
    const hash = digits((23_138_010 * ROWS) % 10_000_000_000, 10);
    const sums = `${hash}${digits(12_354 * ROWS, 12)}${digits(0, 12)}`;
    const control = `8225${digits(2 * ROWS, 6)}${sums}1234567890                         123456780000001`;
    const last = `9000001${digits(Math.ceil((2 * ROWS + 4) / 10), 6)}${digits(2 * ROWS, 8)}${sums}`.padEnd(94);
    for (const end of ['\n', '']) {
      const ends = [`${head}${end}${header}${end}`, `${control}${end}${last}${end}`] as const;
      expect(await mostInside(nachaReader, ends, () => `${item}${end}${addenda}${end}`)).to.be.at.most(IN_FLIGHT);
    }
  });
});
