/** Every migration in order. A new one gets the next number and a file of its own, `NNNN-name.ts`. */
import type { Migration } from '../migrate.ts';

export const MIGRATIONS: readonly Migration[] = [];
