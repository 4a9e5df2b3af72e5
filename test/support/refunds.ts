/** Refunds to begin with: one that waits for its approval, and one that was sent and has no answer. */
import type { Lender } from '../../src/domain/lender.ts';
import type { Refund } from '../../src/domain/refund.ts';
import { stepped } from '../../src/flows/refund/event.ts';
import { insertRefund, requestRefund } from '../../src/flows/refund.ts';
import type { TestHouse } from './house.ts';
import { holder } from './keys.ts';

export async function layRefunds(
  house: TestHouse,
  lender: Lender,
  receiptId: string,
): Promise<Readonly<{ waiting: Refund; sent: Refund }>> {
  const { world } = house;
  const maker = await holder(house, 'li', lender);
  const ask = { receiptId, amount: 100, way: null, because: 'laid down' };
  const waiting = await requestRefund(world, lender, ask, maker);
  const approved = await insertRefund(world, lender, { ...ask, amount: 200 }, maker, null);
  const now = world.clock.now();
  const { row, event } = stepped(approved, { move: 'send', set: { sentAt: now, askAt: now }, at: now, actor: maker });
  await world.store.transact((tx) => tx.write({ events: [event], rows: { refunds: [row] } }, null));
  return { waiting, sent: row };
}
