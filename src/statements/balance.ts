/** Follows the balance of one currency through an account statement. What does not fit is said, never refused: banks leave rows out of exports. */
import { shownMinor } from './amount.ts';

/** Faults that are spelled out; the rest is counted. */
const MOST = 5;

export class Balance {
  readonly #currency: string;
  readonly #jumps: string[] = [];
  #more = 0;
  #now: number | null;
  opening: number | null;
  closing: number | null = null;
  rows = 0;

  /** @param opening minor units; null where the file names none: the first row's own balance then counts as right. */
  constructor(currency: string, opening: number | null) {
    this.#currency = currency;
    this.opening = opening;
    this.#now = opening;
  }

  /** @param minor what the row adds; @param stated the balance after it, as the row states it */
  move(minor: number, stated: number | null, line: number): void {
    this.rows += 1;
    if (this.#now === null && stated !== null) {
      this.opening = stated - minor;
      this.#now = stated;
      return;
    }
    const should = (this.#now ?? 0) + minor;
    if (stated !== null && stated !== should)
      this.#jump(`line ${line}: the balance is ${this.#shown(stated)} where the rows come to ${this.#shown(should)}`);
    this.#now = stated ?? (this.#now === null ? null : should);
  }

  close(stated: number): void {
    this.closing = stated;
    if (this.#now !== null && this.#now !== stated)
      this.#jump(`the closing balance is ${this.#shown(stated)} where opening balance and rows come to ${this.#shown(this.#now)}`);
  }

  warnings(): string[] {
    return this.#more === 0 ? this.#jumps : [...this.#jumps, `${this.#more} more jumps of the balance in ${this.#currency}`];
  }

  #jump(says: string): void {
    if (this.#jumps.length < MOST) this.#jumps.push(says);
    else this.#more += 1;
  }

  #shown(minor: number): string {
    return shownMinor(minor, this.#currency);
  }
}
