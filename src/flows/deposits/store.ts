/** What the booking of account statements reads. */
import type { AccountRow } from '../../domain/account-row.ts';
import type { Statement } from '../../domain/statement.ts';

export interface AccountRowStore {
  /** Changes whenever a statement of an account comes in or a day is compared anew: equal, there is nothing to do. */
  signature(): Promise<string>;
  /** Accepted account statements of which not every line is booked, oldest day first. */
  unbooked(limit: number): Promise<Statement[]>;
  /** Rows that stand in the books though their statement was superseded. */
  superseded(limit: number): Promise<AccountRow[]>;
  /** Deposits whose day was compared anew since their shares were booked. */
  outdated(limit: number): Promise<AccountRow[]>;
  get(id: string): Promise<AccountRow | null>;
  /** The row that stands booked under a number of ours. */
  byRef(account: string, kind: AccountRow['kind'], ref: string): Promise<AccountRow | null>;
}
