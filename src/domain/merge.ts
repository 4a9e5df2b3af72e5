/**
 * The merge of two streams sorted by order number, in constant memory: plainly equal pairs are told one by one, everything else comes out as
 * a group of one number to be compared with care.
 */

/** What is left of one number: rows and records that are not one plainly equal pair. */
export type Group<O, T> = Readonly<{ number: string; ours: readonly O[]; theirs: readonly T[] }>;

export type Sides<O, T> = Readonly<{
  /** Batches in ascending order of number; numbers compare as plain text. */
  ours: AsyncIterable<readonly O[]>;
  theirs: AsyncIterable<readonly T[]>;
  /** Whether the only record and the only row of a number say the same. Such a pair is taken by this very call. */
  equal(ours: O, theirs: T): boolean;
}>;

type Numbered = Readonly<{ number: string }>;

/** One number's place in a stream of batches. */
class Side<T extends Numbered> {
  private batch: readonly T[] = [];
  private at = 0;
  private last = '';
  private readonly batches: AsyncIterator<readonly T[]>;

  constructor(batches: AsyncIterable<readonly T[]>) {
    this.batches = batches[Symbol.asyncIterator]();
  }

  /** The row in front; undefined where the batch is used up: `more` then fetches the next. */
  get head(): T | undefined {
    return this.batch[this.at];
  }

  /** The row behind the one in front, where the batch shows it. */
  get second(): T | undefined {
    return this.batch[this.at + 1];
  }

  step(): void {
    this.at++;
  }

  /** True when there is a row in front. Throws where the stream is out of order: a merge of it would miss pairs. */
  async more(): Promise<boolean> {
    while (this.at >= this.batch.length) {
      const next = await this.batches.next();
      if (next.done) return false;
      this.batch = next.value;
      this.at = 0;
      const first = this.batch[0];
      if (!first) continue;
      if (first.number < this.last) throw new RangeError(`a stream to be merged is out of order: ${first.number} after ${this.last}`);
      this.last = (this.batch[this.batch.length - 1] as T).number;
    }
    return true;
  }

  /** Takes every row of this number, over the end of batches. */
  async take(number: string): Promise<T[]> {
    const rows: T[] = [];
    while (await this.more()) {
      const row = this.head as T;
      if (row.number !== number) break;
      rows.push(row);
      this.step();
    }
    return rows;
  }

  async close(): Promise<void> {
    await this.batches.return?.();
  }
}

/** Yields what is not plainly equal, number by number. */
export async function* mergeByNumber<O extends Numbered, T extends Numbered>(sides: Sides<O, T>): AsyncGenerator<Group<O, T>> {
  const ours = new Side(sides.ours);
  const theirs = new Side(sides.theirs);
  const { equal } = sides;
  try {
    for (;;) {
      // The common case, without a promise: the next two rows on both sides are in hand and the first of each are one pair.
      for (;;) {
        const o = ours.head;
        const t = theirs.head;
        const o2 = ours.second;
        const t2 = theirs.second;
        if (!o || !t || !o2 || !t2 || o.number !== t.number || o2.number === o.number || t2.number === t.number || !equal(o, t)) break;
        ours.step();
        theirs.step();
      }
      const hasOurs = await ours.more();
      const hasTheirs = await theirs.more();
      if (!hasOurs && !hasTheirs) return;
      const o = ours.head?.number;
      const t = theirs.head?.number;
      const number = o === undefined || (t !== undefined && t < o) ? (t as string) : o;
      const group = {
        number,
        ours: o === number ? await ours.take(number) : [],
        theirs: t === number ? await theirs.take(number) : [],
      };
      const [one, row] = [group.ours[0], group.theirs[0]];
      if (group.ours.length === 1 && group.theirs.length === 1 && equal(one as O, row as T)) continue;
      yield group;
    }
  } finally {
    await ours.close();
    await theirs.close();
  }
}
