/** What is odd about a file and no reason to refuse it: the first twenty are spelled out, more are counted. */
const MOST = 20;

export class Warnings {
  readonly #texts: string[] = [];
  readonly #what: string;
  #more = 0;

  /** @param what names those that are only counted: 'warnings' */
  constructor(what = 'warnings') {
    this.#what = what;
  }

  add(text: string): void {
    if (this.#texts.length < MOST) this.#texts.push(text);
    else this.#more += 1;
  }

  all(): readonly string[] {
    return this.#more === 0 ? this.#texts : [...this.#texts, `${this.#more} more ${this.#what}`];
  }
}
