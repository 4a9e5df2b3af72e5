/** Discrepancies laid down by hand, as comparing a file would have found them. */
import type { BusinessDate } from '../../src/domain/clock.ts';
import { type Discrepancy, NEW_DISCREPANCY } from '../../src/domain/discrepancy.ts';
import { opened } from '../../src/domain/discrepancy-step.ts';
import { suspenseOf } from '../../src/domain/suspense.ts';
import type { World } from '../../src/flows/world.ts';

let laid = 0;

/** `minor`: what the file has above us; below zero where it has less. */
export async function layDiscrepancy(
  world: World,
  lenderId: string,
  minor: number,
  change: Partial<Discrepancy> = {},
): Promise<Discrepancy> {
  laid += 1;
  const date = '2026-01-05' as BusinessDate;
  const d: Discrepancy = {
    ...NEW_DISCREPANCY,
    id: world.ids.next('dis'),
    lenderId,
    key: `simulator:${date}:X${laid}:payment:CNY`,
    kind: minor > 0 ? 'surplus' : 'shortage',
    says: 'laid down by a test',
    facts: { movement: 'payment', channelTradeNo: 'T-1' },
    bucket: 0,
    channel: 'simulator',
    businessDate: date,
    outTradeNo: `X${laid}`,
    currency: 'CNY',
    suspense: suspenseOf('simulator', minor),
    state: 'suspense',
    openedAt: world.clock.now(),
    ...change,
  };
  const { row, event } = opened(d, { at: world.clock.now(), by: 'duly', why: d.says });
  await world.store.transact((tx) => tx.write({ events: [event], newRows: { discrepancies: [row] } }, null));
  return row;
}
