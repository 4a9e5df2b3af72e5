/** The values of one row by the names of their columns. A class, not closures: a million rows make a million of these. */
import { minorOf } from './amount.ts';
import { BadStatement } from './reader.ts';

export class Cells<Name extends string> {
  readonly #values: readonly string[];
  readonly #places: ReadonlyMap<Name, number>;
  readonly #line: number;

  constructor(values: readonly string[], places: ReadonlyMap<Name, number>, line: number) {
    this.#values = values;
    this.#places = places;
    this.#line = line;
  }

  get(name: Name): string {
    return this.#values[this.#places.get(name) as number] as string;
  }

  /** Null where it is empty or stands for nothing. */
  orNull(name: Name, nothing = ''): string | null {
    const value = this.get(name);
    return value === '' || value === nothing ? null : value;
  }

  /** @throws BadStatement BAD_AMOUNT with the place */
  minor(name: Name, currency: string): number {
    return minorOf(this.get(name), currency, { line: this.#line, column: (this.#places.get(name) as number) + 1 });
  }

  bad(name: Name, says: string): BadStatement {
    const place = { line: this.#line, column: (this.#places.get(name) as number) + 1 };
    return new BadStatement('BAD_VALUE', place, says, 'fetch the file again, unchanged by other programs');
  }
}
