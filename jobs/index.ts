/** The jobs, in the order in which one pass does them: first what others learned, then what is unsure, then what is due, then the telling. */
import type { Job } from '../src/flows/advance.ts';
import { askUnknownJob } from './ask-unknown.ts';
import { bookDepositsJob } from './book-deposits.ts';
import { checkBooksJob } from './check-books.ts';
import { fetchNewsJob } from './fetch-news.ts';
import { importStatementsJob } from './import-statements.ts';
import { presentDue } from './present-due.ts';
import { reconcileJob } from './reconcile.ts';
import { relayOutbox } from './relay-outbox.ts';
import { sendRefundsJob } from './send-refunds.ts';
import { sendReminders } from './send-reminders.ts';
import { settleJob } from './settle.ts';

export const JOBS: readonly Job[] = [
  fetchNewsJob,
  importStatementsJob,
  reconcileJob,
  askUnknownJob,
  sendRefundsJob,
  presentDue,
  sendReminders,
  bookDepositsJob,
  settleJob,
  checkBooksJob,
  relayOutbox,
];
