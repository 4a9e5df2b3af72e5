/** A channel's day made up for measuring: attempts as they are stored, the bank's file of them, and about one row in a hundred that is wrong. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Db, Document } from 'mongodb';
import { addDays, type BusinessDate, businessDate, parseInstant } from '../../domain/clock.ts';
import type { MatchResult } from '../../domain/discrepancy.ts';
import { toStored } from '../../store/codec.ts';
import { dayKeys } from '../../store/day-keys.ts';

export const CHANNEL = 'simulator';
export const DAY: BusinessDate = businessDate('2026-01-05');
const LENDERS = Array.from({ length: 4 }, (_, k) => `lnd_01KBENCH00000000000000000${k}`);
const MORNING = parseInstant('2026-01-05T09:10:00+08:00');
const EVENING = parseInstant('2026-01-05T22:50:00+08:00');
export const CUT_OFF = parseInstant('2026-01-05T23:00:00+08:00');
export const CARRY_FROM = parseInstant('2026-01-05T19:00:00+08:00');

/** What is wrong with a number, what must be found, and the file's money above ours. Kinds with no row come before those with two. */
const KINDS = ['missing', 'carried', 'changedAmount', 'changedStatus', 'lostResult', 'unknown', 'ofYesterday', 'doubled'] as const;
type Kind = (typeof KINDS)[number];
const RESULT: Readonly<Record<Kind, MatchResult>> = {
  missing: 'shortage',
  carried: 'carriedOver',
  changedAmount: 'amountMismatch',
  changedStatus: 'statusMismatch',
  lostResult: 'surplus',
  unknown: 'surplus',
  ofYesterday: 'matched',
  doubled: 'duplicate',
};

const kindOf = (i: number): Kind | null => (i % 100 === 37 ? (KINDS[Math.floor(i / 100) % KINDS.length] as Kind) : null);

/** Like a real one, and in another order than the file's. */
const numberOf = (i: number): string =>
  `D${(Math.imul(i + 1, 2654435761) >>> 0).toString(32).toUpperCase().padStart(7, '0')}${i.toString(32).toUpperCase().padStart(16, '0')}`;
const minorOf = (i: number): number => 10_000 + ((i * 7919) % 500_000);

/** What a match of the day must find, by order number: 'result difference'. */
export function planted(lines: number): Map<string, string> {
  const found = new Map<string, string>();
  const differences: Readonly<Record<Kind, (minor: number) => number>> = {
    missing: (minor) => -minor,
    carried: () => 0,
    changedAmount: () => -100,
    changedStatus: (minor) => -minor,
    lostResult: (minor) => minor,
    unknown: (minor) => minor,
    ofYesterday: (minor) => minor,
    doubled: (minor) => minor,
  };
  for (let i = 0; i < lines; i++) {
    const kind = kindOf(i);
    if (kind) found.set(numberOf(i), `${RESULT[kind]} ${differences[kind](minorOf(i))}`);
  }
  for (let i = lines; i < lines + fillers(lines); i++) found.set(numberOf(i), `surplus ${minorOf(i)}`);
  return found;
}

/** The fee of a row that moved money. */
export const FEE = 10;

/** How many rows of the file moved money: pending ones did not. */
export const movingRows = (lines: number): number =>
  lines - [...planted(lines).values()].filter((r) => r.startsWith('statusMismatch')).length;

const rowsOf = (kind: Kind | null): number => (kind === 'missing' || kind === 'carried' ? 0 : kind === 'doubled' ? 2 : 1);
/** Rows of unknown numbers that make the file as long as was asked for. */
function fillers(lines: number): number {
  let rows = 0;
  for (let i = 0; i < lines; i++) rows += rowsOf(kindOf(i));
  return Math.max(0, lines - rows);
}

const FIXTURE = { writeConcern: { w: 1 } } as const;
const BATCH = 2_000;

/** Puts the day's attempts down. Durability is no matter here: nothing of this is measured. */
export async function layAttempts(db: Db, lines: number): Promise<void> {
  const attempts = db.collection<Document>('attempts', FIXTURE);
  const flights: Promise<unknown>[] = [];
  for (let from = 0; from < lines; from += BATCH) {
    const docs: Document[] = [];
    for (let i = from; i < Math.min(lines, from + BATCH); i++) if (kindOf(i) !== 'unknown') docs.push(attemptOf(i));
    flights.push(attempts.insertMany(docs, { ordered: false }));
    if (flights.length > 2) await flights.shift();
  }
  await Promise.all(flights);
}

function attemptOf(i: number): Document {
  const kind = kindOf(i);
  const takenOn = kind === 'lostResult' ? null : kind === 'ofYesterday' ? addDays(DAY, -1) : DAY;
  const facts = {
    channel: CHANNEL,
    outTradeNo: numberOf(i),
    lenderId: LENDERS[i % LENDERS.length] as string,
    amount: { minor: minorOf(i), currency: 'CNY' },
    takenOn,
    returnedOn: null,
  };
  const at = kind === 'carried' ? EVENING : MORNING;
  const id = i.toString(32).toUpperCase().padStart(26, '0');
  const state = takenOn ? 'succeeded' : 'unknown';
  const rest = { channelTradeNo: `T${i}`, accountLast4: '0019', mandateId: `mnd_${id}`, planId: `pln_${id}`, n: 1 };
  return {
    _id: `att_${id}`,
    ...(toStored(facts) as Document),
    ...rest,
    ...dayKeys(facts),
    state,
    open: !takenOn,
    createdAt: at,
    movedAt: at,
  };
}

/** Writes the bank's file, in its own format, with right totals. */
export async function layFile(path: string, lines: number): Promise<void> {
  const out = createWriteStream(path, { highWaterMark: 1 << 20 });
  const write = async (text: string) => {
    if (!out.write(text)) await once(out, 'drain');
  };
  await write(
    `H,duly-simulator,1,${CHANNEL},duly-sim,${DAY},Asia/Shanghai\norderNo,channelTradeNo,kind,status,amount,fee,currency,bankTime,businessDate\n`,
  );
  let paid = 0;
  let sum = 0;
  let block = '';
  const last = lines + fillers(lines);
  for (let i = 0; i < last; i++) {
    const kind = i < lines ? kindOf(i) : 'unknown';
    const minor = minorOf(i) - (kind === 'changedAmount' ? 100 : 0);
    const status = kind === 'changedStatus' ? 'pending' : 'succeeded';
    for (let k = 0; k < rowsOf(kind); k++) {
      block += `${numberOf(i)},T${i},payment,${status},${minor},${FEE},CNY,${DAY}T01:10:00.000Z,${DAY}\n`;
      if (status === 'succeeded') {
        paid++;
        sum += minor;
      }
    }
    if (block.length > 1 << 19) {
      await write(block);
      block = '';
    }
  }
  out.end(`${block}T,CNY,${paid},${sum},0,0,${paid * FEE}\n`);
  await finished(out);
}
