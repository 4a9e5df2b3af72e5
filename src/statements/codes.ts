/** Reason codes of rails and providers beside their readers: each table is data, dated, with its source. */
import type { FailureClass } from '../domain/failures.ts';
import type { ReadOptions } from './reader.ts';

/** `ours`: we or our bank asked for it; `staff`: a person must read the case. Both leave the class open. */
export type ReasonClass = FailureClass | 'ours' | 'staff';

export type ReasonCodes = Readonly<{ source: string; asOf: string; codes: Readonly<Record<string, readonly [ReasonClass, string]>> }>;

/** Unmapped codes that are spelled out in the warnings; more are counted. */
const MOST = 20;

/**
 * Maps one file's reason codes. A code that stands in no table is a stated refusal all the same: `riskRefused`, and a warning, so that
 * someone adds it (domain.md section 4). The channel's own `failureOf` comes first: raw codes get re-mapped when experience shows better.
 */
export class Reasons {
  readonly #table: ReasonCodes;
  readonly #failureOf: NonNullable<ReadOptions['failureOf']>;
  readonly #unmapped = new Map<string, number>();
  #more = 0;

  constructor(table: ReasonCodes, { failureOf = () => null }: ReadOptions) {
    this.#table = table;
    this.#failureOf = failureOf;
  }

  failure(code: string): FailureClass | null {
    const known = this.#failureOf(code) ?? (Object.hasOwn(this.#table.codes, code) ? this.#table.codes[code]![0] : null);
    if (known === 'ours' || known === 'staff') return null;
    if (known) return known;
    const shown = code.slice(0, 20);
    const times = this.#unmapped.get(shown);
    if (times !== undefined || this.#unmapped.size < MOST) this.#unmapped.set(shown, (times ?? 0) + 1);
    else this.#more += 1;
    return 'riskRefused';
  }

  /** What the code means in words; '' for one that is not in the table. */
  says(code: string): string {
    return Object.hasOwn(this.#table.codes, code) ? this.#table.codes[code]![1] : '';
  }

  warnings(): string[] {
    const each = [...this.#unmapped].map(
      ([code, times]) =>
        `reason code ${code || '(none)'} is in no table (${times} ${times === 1 ? 'row' : 'rows'}, taken as riskRefused): map it`,
    );
    return this.#more === 0 ? each : [...each, `${this.#more} more rows have reason codes in no table`];
  }
}
