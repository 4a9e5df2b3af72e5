/** Figures that a file states around its rows (counts, sums, balances, days), found by the mapping's patterns and held against the rows. */
import type { StatementTotals } from '../domain/statement.ts';
import { minorOf, wholeMinor } from './amount.ts';
import { FACTS, type Fact, type StatementMapping } from './mapping.ts';
import { BadStatement, type Declared, type Place, type Tally } from './reader.ts';

const MINORS = ['inMinor', 'outMinor', 'feeMinor'] as const;
const COUNTS = ['inCount', 'outCount'] as const;

export class Facts {
  readonly #mapping: StatementMapping;
  readonly #patterns: readonly RegExp[];
  readonly #places: Partial<Record<Fact, number>> = {};
  readonly says: Partial<Record<Fact, string>> = {};

  constructor(mapping: StatementMapping) {
    this.#mapping = mapping;
    this.#patterns = mapping.facts.map((pattern) => new RegExp(pattern, 'u'));
  }

  /** Keeps what a line states. @throws BadStatement when two lines state one thing differently */
  find(text: string, n: number): void {
    for (const pattern of this.#patterns) {
      const groups = pattern.exec(text)?.groups;
      if (!groups) continue;
      for (const fact of FACTS) {
        const value = groups[fact];
        if (value === undefined) continue;
        if (this.says[fact] !== undefined && this.says[fact] !== value)
          throw new BadStatement('STATED_TWICE', { line: n }, `the file states ${fact} twice and differently`, 'fetch the file again');
        this.says[fact] = value;
        this.#places[fact] = n;
      }
    }
  }

  /** What is stated against what was counted. `warn`: a difference is said, not refused. */
  hold(
    tally: Tally,
    currency: string | null,
    warn: boolean,
  ): { declared: StatementTotals[] | null; differs: string[]; says: Facts['says'] } {
    const rows = this.says.rows;
    const named = FACTS.filter((fact) => this.#mapping.facts.some((pattern) => pattern.includes(`(?<${fact}>`)));
    const missing = named.find((fact) => this.says[fact] === undefined);
    if (!warn && missing) throw new BadStatement('TOTALS_MISSING', {}, `the file does not state ${missing}`, 'fetch the file again');
    const differs: string[] = [];
    const attempt = <T>(hold: () => T, otherwise: T): T => {
      try {
        return hold();
      } catch (error) {
        if (!warn || !(error instanceof BadStatement)) throw error;
        differs.push(error.refusal.says);
        return otherwise;
      }
    };
    attempt(() => {
      const stated = rows === undefined ? tally.lines : wholeMinor(rows, this.#place('rows'));
      if (stated === tally.lines) return;
      const says = `the file states ${stated} rows, it has ${tally.lines}`;
      throw new BadStatement('TOTALS_DIFFER', this.#place('rows'), says, 'fetch the file again');
    }, undefined);
    const some = [...MINORS, ...COUNTS].some((fact) => this.says[fact] !== undefined);
    if (!some || currency === null) return { declared: null, differs, says: this.says };
    const declared = attempt(() => tally.hold([this.#declared(currency)], this.#place('inMinor')), null);
    return { declared, differs, says: this.says };
  }

  #declared(currency: string): Declared {
    const declared: Record<string, number> = {};
    for (const fact of COUNTS) if (this.says[fact] !== undefined) declared[fact] = wholeMinor(this.says[fact], this.#place(fact));
    for (const fact of MINORS)
      if (this.says[fact] !== undefined) declared[fact] = minorOf(this.says[fact], currency, this.#place(fact), this.#mapping.amount);
    return { currency, ...declared };
  }

  #place(fact: Fact): Place {
    return { line: this.#places[fact] ?? null };
  }
}
