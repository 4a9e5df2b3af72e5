/** Sends messages to borrowers. */
import type { Borrower } from '../domain/borrower.ts';
import type { RemindDecision } from '../domain/decision.ts';
import type { Lender } from '../domain/lender.ts';
import type { Plan } from '../domain/plan.ts';
import type { TickReport } from '../domain/records.ts';
import type { World } from './world.ts';

export type NoticeDraft = Readonly<{ plan: Plan; borrower: Borrower; lender: Lender; accountLast4: string; decision: RemindDecision }>;

export type NoticeReport = Readonly<{
  sent: number;
  failed: number;
  unsure: number;
  blocked: number;
  blockedByQuietHours: number;
  repeated: number;
}>;

export declare function sendNotices(world: World, drafts: readonly NoticeDraft[]): Promise<NoticeReport>;
/** Tries once more what the gateway asked to have later. */
export declare function retryNotices(world: World, limit: number): Promise<TickReport>;
/** Delivery reports of the gateway: delivered, failed, opted out. */
export declare function fetchDeliveries(world: World, limit: number): Promise<TickReport>;
/** Messages whose sender died half way: `unsure`, never sent again on a guess. */
export declare function markUnsure(world: World, limit: number): Promise<TickReport>;
