/** What a check of the books found: nothing, or the first rows that do not agree. */
export type Offence = Readonly<{ says: string; id: string; facts: Readonly<Record<string, unknown>> }>;
export type Verdict = Readonly<{ ok: boolean; looked: number; count: number; rows: readonly Offence[] }>;

const ROWS = 10;

/** Gathers what was looked at and what offends; keeps the first ten rows. */
export class Verdicts {
  private looked = 0;
  private count = 0;
  private readonly rows: Offence[] = [];

  look(n = 1): void {
    this.looked += n;
  }

  /** `says` is a fixed sentence: what varies belongs into `facts`. */
  offend(says: string, id: string, facts: Readonly<Record<string, unknown>> = {}): void {
    this.count += 1;
    if (this.rows.length < ROWS) this.rows.push({ says, id, facts });
  }

  verdict(): Verdict {
    return { ok: this.count === 0, looked: this.looked, count: this.count, rows: this.rows };
  }
}
