/** Follows the balance of one currency through an account statement. What does not fit is said, never refused: banks leave rows out of exports. */
import { shownMinor } from './amount.ts';

/** Faults that are spelled out; the rest is counted. */
const MOST = 5;

export class Balance {
  readonly #currency: string;
  readonly #newestFirst: boolean;
  readonly #jumps: string[] = [];
  #more = 0;
  /** Before the next row, seen in the order of the file. */
  #now: number | null = null;
  opening: number | null = null;
  closing: number | null = null;
  rows = 0;

  /** @param newestFirst the file's rows go back in time */
  constructor(currency: string, newestFirst = false) {
    this.#currency = currency;
    this.#newestFirst = newestFirst;
  }

  /** A stated opening balance; before all rows where they go forward in time, after them where they go back. */
  open(stated: number): void {
    this.opening = stated;
    if (this.#newestFirst) this.#compare(stated, 'the opening balance');
    else this.#now = stated;
  }

  /** A stated closing balance; after all rows where they go forward in time, before them where they go back. */
  close(stated: number): void {
    this.closing = stated;
    if (this.#newestFirst) this.#now = stated;
    else this.#compare(stated, 'the closing balance');
  }

  /** @param minor what the row adds; @param stated the balance after it, as the row states it; null where it does not */
  move(minor: number, stated: number | null, line: number): void {
    this.rows += 1;
    const after = this.#newestFirst || this.#now === null ? this.#now : this.#now + minor;
    if (stated !== null && after !== null && stated !== after)
      this.#jump(`line ${line}: the balance is ${this.#shown(stated)} where the rows come to ${this.#shown(after)}`);
    const known = stated ?? after;
    if (known === null) return;
    const before = known - minor;
    this.#now = this.#newestFirst ? before : known;
    if (this.#newestFirst) {
      this.closing ??= known;
      this.opening = before;
    } else {
      this.opening ??= before;
      this.closing = known;
    }
  }

  warnings(): string[] {
    return this.#more === 0 ? this.#jumps : [...this.#jumps, `${this.#more} more jumps of the balance in ${this.#currency}`];
  }

  #compare(stated: number, which: string): void {
    if (this.#now === null || this.#now === stated) return;
    this.#jump(`${which} is ${this.#shown(stated)} where the other balance and the rows come to ${this.#shown(this.#now)}`);
  }

  #jump(says: string): void {
    if (this.#jumps.length < MOST) this.#jumps.push(says);
    else this.#more += 1;
  }

  #shown(minor: number): string {
    return shownMinor(minor, this.#currency);
  }
}
