/** Every migration in order. A new one gets the next number and a file of its own, `NNN-name.ts`. */
import type { Migration } from '../migrate.ts';
import { migration as firstHouse } from './001-first-house.ts';
import { migration as listIndexes } from './002-list-indexes.ts';
import { migration as money } from './003-money.ts';

export const MIGRATIONS: readonly Migration[] = [firstHouse, listIndexes, money];
