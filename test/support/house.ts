/** A whole house on a fresh database, with a frozen test clock and the simulated bank: what scenario tests live in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type House, type HouseOptions, openHouse } from '../../src/app.ts';
import { sampleLender } from '../../src/cli/context.ts';
import { parseInstant } from '../../src/domain/clock.ts';
import type { Lender } from '../../src/domain/lender.ts';
import { advance } from '../../src/flows/advance.ts';
import { openLog } from '../../src/log.ts';
import { openFreshDatabase } from './database.ts';

export type TestHouse = House & Readonly<{ lender: Lender; to(instant: string): Promise<void>; end(): Promise<void> }>;

const START = '2026-01-05T00:00:00Z';

export async function openTestHouse(options: Partial<HouseOptions> = {}): Promise<TestHouse> {
  const fresh = await openFreshDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'duly-house-'));
  const house = await openHouse({
    uri: fresh.uri,
    dataDir,
    role: 'test',
    secret: 'a secret for tests, 32 characters or more',
    testMode: true,
    leaseMs: 20_000,
    clockStart: parseInstant(START),
    clockFrozen: true,
    seed: 'test',
    log: openLog('silent'),
    ...options,
  });
  const lender = lenderOf(house);
  await house.world.store.admin.lenders.insert(lender);
  return {
    ...house,
    lender,
    to: async (at) => {
      if (!house.advance) throw new Error('a test house has a clock to move');
      await advance(house.advance, parseInstant(at), true);
    },
    end: async () => {
      await house.close();
      await fresh.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A lender in Shanghai with an id of its own. */
export const lenderOf = ({ world }: Pick<House, 'world'>): Lender => sampleLender(world.ids.next('lnd'), world.clock.now());
