/** Plans from a file. */
import type { Readable } from 'node:stream';
import type { Lender } from '../domain/lender.ts';
import type { Actor } from './actor.ts';
import type { World } from './world.ts';

export type RejectedRow = Readonly<{ line: number; code: string; message: string }>;
export type ImportReport = Readonly<{ rows: number; imported: number; unchanged: number; rejected: readonly RejectedRow[] }>;
export type ImportOptions = Readonly<{
  format: 'csv' | 'ndjson';
  actor: Actor;
  onProgress?: (soFar: Omit<ImportReport, 'rejected'> & Readonly<{ rejected: number }>) => void;
}>;

export declare function importPlans(world: World, lender: Lender, stream: Readable, options: ImportOptions): Promise<ImportReport>;
/** Sample CSV lines, header first: the same for the same seed; every row imports. */
export declare function template(rows: number, seed: number): Iterable<string>;
