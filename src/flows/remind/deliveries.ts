/** Delivery reports of the gateway: the proof that a message arrived, or that it did not. */
import type { Notice, NoticeEvent } from '../../domain/notice.ts';
import { NOTICE } from '../../domain/notice.ts';
import { NO_WORK, type TickReport } from '../../domain/records.ts';
import type { DeliveryReport } from '../../sms/gateway.ts';
import type { World } from '../world.ts';
import { type Move, moveOf, tell } from './moves.ts';

/**
 * Reads the reports after the stored cursor and moves the notices they speak of. Repeats, and reports on what has moved on, change nothing;
 * the cursor is stored after the moves, so a crash between the two repeats a page and loses none.
 */
export async function fetchDeliveries(world: World, limit: number): Promise<TickReport> {
  const name = `sms:${world.sms.name}`;
  const { cursor: cursors } = world.store.admin;
  const { items, cursor } = await world.sms.reports(await cursors.get(name), limit);
  if (!items.length) return NO_WORK;
  const notices = await noticesOf(world, items);
  const moves = new Map<string, Move>();
  for (const report of items) {
    const notice = notices.get(report.messageId) ?? notices.get(report.gatewayNo);
    const move = notice && moveFor(notice, report);
    if (move && !moves.has(notice.id)) moves.set(notice.id, move);
  }
  await tell(world, [...moves.values()]);
  if (cursor !== null) await cursors.set(name, cursor);
  return { ...NO_WORK, lookedAt: items.length, did: moves.size };
}

/** By our own id where the gateway repeats it, else by the gateway's number. */
async function noticesOf(world: World, items: readonly DeliveryReport[]): Promise<ReadonlyMap<string, Notice>> {
  const byId = await world.store.notices.many(items.map((i) => i.messageId));
  const found = new Map(byId.map((n) => [n.id, n]));
  const rest = items.filter((i) => !found.has(i.messageId)).map((i) => i.gatewayNo);
  for (const notice of rest.length ? await world.store.notices.byGatewayNo(rest) : [])
    if (notice.gatewayNo) found.set(notice.gatewayNo, notice);
  return found;
}

/** Null where the notice's state does not take the report: it was told before. */
function moveFor(notice: Notice, { state, at, gatewayNo, rawCode }: DeliveryReport): Move | null {
  const event: NoticeEvent = state === 'delivered' ? 'deliver' : 'fail';
  if (!NOTICE.table[notice.state][event]) return null;
  const told = state === 'delivered' ? { deliveredAt: at, why: null } : { why: `not delivered: ${rawCode}` };
  return moveOf(notice, event, { ...told, gatewayNo, retryAt: null }, { kind: 'news', ref: gatewayNo, rawCode });
}
