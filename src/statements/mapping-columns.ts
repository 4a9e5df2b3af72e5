/** A mapping made ready for one file: column names turned into places, rules into look-ups. */
import type { Choice, ColumnRef } from './mapping.ts';
import { BadStatement } from './reader.ts';

/** Answers the value of a column in a row of fields, prefix and blanks taken off. */
export type Pick = (fields: readonly string[]) => string;

type Test = Readonly<{ at: number; exact: ReadonlySet<string>; starts: readonly string[]; ends: readonly string[] }>;

function fits(tests: readonly Test[], fields: readonly string[]): boolean {
  for (const { at, exact, starts, ends } of tests) {
    const value = fields[at] as string;
    if (!exact.has(value) && !starts.some((start) => value.startsWith(start)) && !ends.some((end) => value.endsWith(end))) return false;
  }
  return true;
}

export class Columns {
  readonly #names: readonly string[] | null;
  readonly #width: number;
  readonly #none: ReadonlySet<string>;

  /** @param names of the header row; null where the file has none and columns go by place */
  constructor(names: readonly string[] | null, width: number, none: readonly string[]) {
    this.#names = names;
    this.#width = width;
    this.#none = new Set(none);
  }

  /** @throws BadStatement BAD_COLUMNS when the file has no such column, or has it twice */
  place(ref: ColumnRef): number {
    const at = typeof ref === 'number' ? ref - 1 : (this.#names?.indexOf(ref) ?? -1);
    if (at < 0 || at >= this.#width) throw badColumns(`there is no column ${ref}`);
    if (typeof ref === 'string' && this.#names?.lastIndexOf(ref) !== at) throw badColumns(`there are two columns ${ref}`);
    return at;
  }

  pick(ref: ColumnRef): Pick {
    const at = this.place(ref);
    return (fields) => fields[at] as string;
  }

  /** As `pick`, with values that mean "none" as null. */
  pickOrNull(ref: ColumnRef | null | undefined): (fields: readonly string[]) => string | null {
    if (ref === null || ref === undefined) return () => null;
    const at = this.place(ref);
    return (fields) => {
      const value = fields[at] as string;
      return value === '' || this.#none.has(value) ? null : value;
    };
  }

  /** What a choice decides of a row; null where it says to refuse. */
  choose<T extends string>({ rules, otherwise }: Choice<T>): (fields: readonly string[]) => T | null {
    const ready = rules.map(({ when, is }) => ({
      is,
      tests: Object.entries(when).map(
        ([ref, values]): Test => ({
          at: this.place(/^\d+$/.test(ref) && this.#names === null ? Number(ref) : ref),
          exact: new Set(values.filter((value) => !value.includes('*'))),
          starts: values.filter((value) => value.endsWith('*')).map((value) => value.slice(0, -1)),
          ends: values.filter((value) => value.startsWith('*')).map((value) => value.slice(1)),
        }),
      ),
    }));
    return (fields) => {
      for (const { is, tests } of ready) if (fits(tests, fields)) return is;
      return otherwise === 'refuse' ? null : otherwise;
    };
  }
}

const badColumns = (says: string): BadStatement =>
  new BadStatement('BAD_COLUMNS', {}, says, "check that the file is of this format, or correct the mapping's columns");
