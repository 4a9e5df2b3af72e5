/**
 * Payment files: each payout is a CSV of one row that a person loads into the bank's own program. The money is under way until that person,
 * or the account's statement, says that it was paid.
 *
 * A file that is gone from its folder is in somebody's hands. What was ever laid there is kept in a second folder, so that it is never written
 * again and never held for one that was not made.
 */
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answer, Outcome } from '../channel.ts';
import type { PayoutPort, PayoutRequest } from '../payout.ts';

const HEAD = 'payoutNo,beneficiary,currency,minor,memo';

/** Quoted where it must be; a leading sign that a spreadsheet would read as a formula is put behind a quote mark. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** Writes into `folder`, and a copy to keep into `folder-written`; both are made where missing. `account` is our account that the files are paid from. */
export function filePayouts(folder: string, account: string): PayoutPort {
  const kept = `${folder}-written`;
  const placesOf = (payoutNo: string): Places => ({
    place: join(folder, `${payoutNo}.csv`),
    copy: join(kept, `${payoutNo}.csv`),
    begun: join(kept, `${payoutNo}.csv.part`),
  });
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
      const places = placesOf(request.payoutNo);
      try {
        for (const path of [folder, kept]) await mkdir(path, { recursive: true, mode: 0o700 });
        const there = (await contentAt(places)) ?? (await writeOnce(places, text));
        if (there === text) return waiting(request.payoutNo);
        return { kind: 'duplicate', rawCode: '', rawText: `${request.payoutNo}.csv is there already with another content` };
      } catch (error) {
        return { kind: 'unknown', rawCode: '', rawText: `the payment file may not be whole: ${String(error)}` };
      }
    },
    async query(payoutNo): Promise<Answer> {
      const places = placesOf(payoutNo);
      try {
        if ((await contentAt(places)) !== null) return waiting(payoutNo);
        if ((await textOf(places.begun)) === null) return { kind: 'notFound', rawCode: '', rawText: 'no such payment file' };
        return { kind: 'unknown', rawCode: '', rawText: `${payoutNo}.csv was begun; whether it was taken away nobody knows` };
      } catch (error) {
        return { kind: 'unknown', rawCode: '', rawText: String(error) };
      }
    },
  };
}

/** `begun` stands from before the file is in its place until the copy is kept: killed in between, nobody can say whether it was taken. */
type Places = Readonly<{ place: string; copy: string; begun: string }>;

const contentOf = ({ payoutNo, beneficiary, amount, memo }: PayoutRequest): string =>
  `${HEAD}\r\n${[payoutNo, beneficiary, amount.currency, String(amount.minor), memo].map(cell).join(',')}\r\n`;

/** What was written under the number, whether it lies there still or was taken. */
const contentAt = async ({ place, copy }: Places): Promise<string | null> => (await textOf(copy)) ?? (await textOf(place));

const textOf = (path: string): Promise<string | null> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });

/** Whole or not at all, and once: written beside and synced, then linked into its place, then kept. Throws where it was begun before. */
async function writeOnce({ place, copy, begun }: Places, text: string): Promise<string> {
  const handle = await open(begun, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } catch (error) {
    await rm(begun, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  await link(begun, place);
  await rename(begun, copy);
  return text;
}
