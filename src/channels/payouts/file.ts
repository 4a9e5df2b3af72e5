/**
 * Payment files: each payout is a CSV of one row that a person loads into the bank's own program. The money is under way until that person,
 * or the account's statement, says that it was paid.
 */
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answer, Outcome } from '../channel.ts';
import type { PayoutPort, PayoutRequest } from '../payout.ts';

const HEAD = 'payoutNo,beneficiary,currency,minor,memo';

/** Quoted where it must be; a leading sign that a spreadsheet would read as a formula is put behind a quote mark. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** Writes into `folder`, which is made where it is missing. `account` is our account that the files are paid from. */
export function filePayouts(folder: string, account: string): PayoutPort {
  const pathOf = (payoutNo: string): string => join(folder, `${payoutNo}.csv`);
  const waiting = (payoutNo: string) => ({
    kind: 'accepted' as const,
    channelTradeNo: `${payoutNo}.csv`,
    rawCode: '',
    rawText: `in the payment file ${payoutNo}.csv: say so when it is paid`,
  });
  return {
    name: 'file',
    account,
    async pay(request): Promise<Outcome> {
      const text = contentOf(request);
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        if (await writeOnce(pathOf(request.payoutNo), text)) return waiting(request.payoutNo);
        if ((await readFile(pathOf(request.payoutNo), 'utf8')) === text) return waiting(request.payoutNo);
        return { kind: 'duplicate', rawCode: '', rawText: `${request.payoutNo}.csv is there already with another content` };
      } catch (error) {
        return { kind: 'unknown', rawCode: '', rawText: `the payment file may not be whole: ${String(error)}` };
      }
    },
    async query(payoutNo): Promise<Answer> {
      try {
        await readFile(pathOf(payoutNo));
        return waiting(payoutNo);
      } catch (error) {
        const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
        return { kind: missing ? 'notFound' : 'unknown', rawCode: '', rawText: missing ? 'no such payment file' : String(error) };
      }
    },
  };
}

const contentOf = ({ payoutNo, beneficiary, amount, memo }: PayoutRequest): string =>
  `${HEAD}\r\n${[payoutNo, beneficiary, amount.currency, String(amount.minor), memo].map(cell).join(',')}\r\n`;

/** Whole or not at all, and never over another: written beside, synced, then linked into place. False where the name is taken. */
async function writeOnce(path: string, text: string): Promise<boolean> {
  const beside = `${path}.part`;
  const handle = await open(beside, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(beside, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
}
