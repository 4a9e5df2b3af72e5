/** A channel statement of the simulated bank, written by hand. */
import { Readable } from 'node:stream';

export type FileRow = Readonly<{ no: string; minor: number; kind?: 'payment' | 'return'; status?: string; fee?: number }>;

/** The file's text with right totals; `issue` numbers corrected ones, `offBy` spoils the total. */
export function simulatorFile(day: string, rows: readonly FileRow[], { issue = '', offBy = 0, channel = 'simulator' } = {}): string {
  const moved = (kind: string) =>
    rows.filter((r) => (r.kind ?? 'payment') === kind && (kind === 'return' || (r.status ?? 'succeeded') === 'succeeded'));
  const sum = (some: readonly FileRow[]) => some.reduce((s, r) => s + r.minor, 0);
  const fees = rows.reduce((s, r) => s + (r.fee ?? 10), 0);
  const [paid, back] = [moved('payment'), moved('return')];
  return [
    `H,duly-simulator,1,${channel},duly-sim,${day},Asia/Shanghai${issue && `,${issue}`}`,
    'orderNo,channelTradeNo,kind,status,amount,fee,currency,bankTime,businessDate',
    ...rows.map(
      (r, k) => `${r.no},T${k},${r.kind ?? 'payment'},${r.status ?? 'succeeded'},${r.minor},${r.fee ?? 10},CNY,${day}T02:00:00.000Z,${day}`,
    ),
    rows.length ? `T,CNY,${paid.length},${sum(paid) + offBy},${back.length},${sum(back)},${fees}` : 'T,,0,0,0,0,0',
    '',
  ].join('\n');
}

export const bytesOf = (text: string) => (): AsyncIterable<Uint8Array> => Readable.from([Buffer.from(text)]);
