/**
 * Plans from a file, CSV or NDJSON (one `POST /v1/plans` body a line): good rows in, bad rows named by line and reason, safe to send again.
 *
 * Streamed in batches, so a file of any size needs the memory of a batch. Lines count from 1, a CSV's header included.
 */
import type { Readable } from 'node:stream';
import { DulyError, InvalidInput } from '../domain/errors.ts';
import type { Lender } from '../domain/lender.ts';
import type { Actor } from './actor.ts';
import { readHeader, readRow, rowFault } from './import/csv.ts';
import { linesOf, MOST_BYTES } from './import/lines.ts';
import { type PlanInput, readPlanInput } from './plan-input.ts';
import { registerPlans } from './register.ts';
import type { World } from './world.ts';

export { template } from './import/template.ts';

export type RejectedRow = Readonly<{ line: number; code: string; message: string }>;

/** `rejected` lists the first 10,000; `rejectedRows` counts all. rows = imported + unchanged + rejectedRows. */
export type ImportReport = Readonly<{
  rows: number;
  imported: number;
  unchanged: number;
  rejectedRows: number;
  rejected: readonly RejectedRow[];
}>;

export type ImportOptions = Readonly<{
  format: 'csv' | 'ndjson';
  actor: Actor;
  /** Told after every batch. */
  onProgress?: (soFar: Omit<ImportReport, 'rejected'>) => void;
}>;

const BATCH = 500;
const MOST_LISTED = 10_000;

/** Throws InvalidInput BAD_HEADER for a CSV without the known columns; then nothing was imported. A row never throws: it is rejected. */
export async function importPlans(world: World, lender: Lender, stream: Readable, options: ImportOptions): Promise<ImportReport> {
  const run = new Run(world, lender, options);
  for await (const row of rowsOf(stream, options.format)) await run.take(row);
  await run.flush();
  return run.report();
}

/** `body` reads the line; it throws InvalidInput where the line cannot be one. */
type Row = Readonly<{ line: number; body: () => unknown }>;

async function* rowsOf(stream: Readable, format: ImportOptions['format']): AsyncGenerator<Row> {
  let columns: ReturnType<typeof readHeader> | null = null;
  for await (const { n, text } of linesOf(stream)) {
    if (format === 'csv' && !columns) columns = readHeader(text ?? '');
    else if (text?.trim() !== '') yield { line: n, body: () => (columns ? readRow(whole(text), columns) : fromJson(whole(text))) };
  }
  if (format === 'csv' && !columns) readHeader('');
}

const fault = (code: string, message: string) => new InvalidInput([{ pointer: '', code, message }]);

function whole(text: string | null): string {
  if (text !== null) return text;
  throw fault('LINE_TOO_LONG', `the line is longer than ${MOST_BYTES} bytes: shorten it, or look for a missing line break`);
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw fault('NOT_JSON', 'the line is not JSON: send one object a line');
  }
}

class Run {
  private rows = 0;
  private imported = 0;
  private unchanged = 0;
  private rejectedRows = 0;
  private readonly rejected: RejectedRow[] = [];
  private batch: Readonly<{ line: number; input: PlanInput }>[] = [];

  constructor(
    private readonly world: World,
    private readonly lender: Lender,
    private readonly options: ImportOptions,
  ) {}

  async take({ line, body }: Row): Promise<void> {
    this.rows += 1;
    try {
      this.batch.push({ line, input: readPlanInput(body(), this.world) });
    } catch (error) {
      this.reject(line, error);
    }
    if (this.batch.length >= BATCH) await this.flush();
  }

  async flush(): Promise<void> {
    const batch = this.batch;
    this.batch = [];
    if (batch.length) {
      const results = await registerPlans(
        this.world,
        this.lender,
        batch.map((b) => b.input),
        this.options.actor,
      );
      results.forEach((result, i) => {
        if (result.result === 'refused') this.reject(batch[i]?.line ?? 0, result.error);
        else if (result.result === 'created') this.imported += 1;
        else this.unchanged += 1;
      });
    }
    const { rejected: _, ...soFar } = this.report();
    this.options.onProgress?.(soFar);
  }

  report(): ImportReport {
    const { rows, imported, unchanged, rejectedRows, rejected } = this;
    return { rows, imported, unchanged, rejectedRows, rejected: [...rejected].sort((a, b) => a.line - b.line) };
  }

  private reject(line: number, error: unknown): void {
    if (!(error instanceof DulyError)) throw error;
    this.rejectedRows += 1;
    if (this.rejected.length >= MOST_LISTED) return;
    const { code, message } = error instanceof InvalidInput ? rowFault(error) : error;
    this.rejected.push({ line, code, message });
  }
}
