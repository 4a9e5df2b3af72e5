/** The measuring itself, in a process of its own so that its memory is the reconciler's and nothing else's. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';

import { loadCalendars } from '../../../config/calendars.ts';
import { loadChannelProfiles } from '../../../config/channels.ts';
import type { Channel } from '../../channels/channel.ts';
import { systemTimers } from '../../clock.ts';
import type { ChannelProfile } from '../../domain/channel-profile.ts';
import { dateIn, plusHours } from '../../domain/clock.ts';
import { DulyError } from '../../domain/errors.ts';
import type { Verdict } from '../../domain/match.ts';
import { type ImportWorld, importStatement } from '../../flows/import-statement.ts';
import type { MatchedDay } from '../../flows/matching-store.ts';
import { seededIds } from '../../ids.ts';
import { openLog } from '../../log.ts';
import { simulatorReader } from '../../statements/simulator.ts';
import { connect } from '../../store/connect.ts';
import { joinOrStart } from '../../store/embedded/index.ts';
import { matchingStore } from '../../store/match/index.ts';
import { openStore } from '../../store/open.ts';
import { statementStore } from '../../store/statements.ts';
import { CARRY_FROM, CHANNEL, CUT_OFF, DAY, FEE, movingRows, planted } from './fixture.ts';
import { perLine } from './per-line.ts';

export type Measured = Readonly<{
  lines: number;
  linesPerSecondJoin: number;
  linesPerSecondStored: number;
  /** Lines a second of one query a line, verdicts stored, on the first `perLineLines`. */
  perLine: number;
  perLineLines: number;
  ratio: number;
  peakRssMiB: number;
  importSeconds: number;
  importLinesPerSecond: number;
  ok: boolean;
  faults: readonly string[];
}>;

const MOST_PER_LINE = 100_000;
/** After one run that only warms the server's cache each is run so often, in the order ABBA; the median counts. */
const ROUNDS = 3;

export async function measure(dataDir: string, lines: number): Promise<Measured> {
  const server = await joinOrStart({ dataDir });
  const database = await connect(server.uri, { appName: 'bench', socketTimeoutMs: 120_000 });
  const recorder = await connect(server.uri, { appName: 'bench-recorder', maxPoolSize: 4 });
  try {
    const { db } = database;
    const { value: statement, seconds: importSeconds } = await timed(async () => {
      const path = join(dataDir, 'day.csv');
      const file = { kind: 'channel', source: CHANNEL, name: 'day.csv', format: null, bytes: () => createReadStream(path) } as const;
      const world = worldOn(openStore(database, recorder, systemTimers));
      return (await importStatement(world, file, { by: 'bench', why: 'to be measured' })).statement;
    });
    if (statement.state !== 'accepted') throw new DulyError('BENCH_FAILED', `the file laid down was refused: ${statement.refusal?.says}`);
    const faults: string[] = statement.lines === lines ? [] : [`${statement.lines} lines were imported of ${lines}`];
    const join_ = matchingStore(db, statementStore(db), { keep: false });
    const stored = matchingStore(db, statementStore(db));
    const seconds = { join: [] as number[], stored: [] as number[] };
    await matched(join_, statement.id);
    for (let round = 0; round < ROUNDS; round++)
      for (const which of round % 2 ? (['stored', 'join'] as const) : (['join', 'stored'] as const)) {
        const run = await timed(() => matched(which === 'join' ? join_ : stored, statement.id));
        seconds[which].push(run.seconds);
        faults.push(...inexact(run.value, lines).map((fault) => `${which}: ${fault}`));
      }
    faults.push(...(await stored.faults({ channel: CHANNEL, businessDate: DAY, statementId: statement.id })));
    const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
    const some = Math.min(lines, MOST_PER_LINE);
    const slow = (await timed(() => perLine(db, statement.id, some))).seconds;
    const rate = (n: number, s: number) => Math.round(n / s);
    return {
      lines,
      linesPerSecondJoin: rate(lines, median(seconds.join)),
      linesPerSecondStored: rate(lines, median(seconds.stored)),
      perLine: rate(some, slow),
      perLineLines: some,
      ratio: Math.round((lines / median(seconds.stored) / (some / slow)) * 10) / 10,
      peakRssMiB,
      importSeconds: Math.round(importSeconds * 10) / 10,
      importLinesPerSecond: rate(lines, importSeconds),
      ok: faults.length === 0,
      faults: faults.slice(0, 10),
    };
  } finally {
    await recorder.close();
    await database.close();
    await server.stop();
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const began = systemTimers.monotonic();
  const value = await work();
  return { value, seconds: (systemTimers.monotonic() - began) / 1000 };
}

/** As much of the house as a file's import needs, the morning after the day. */
function worldOn(store: ImportWorld['store']): ImportWorld {
  const profile = loadChannelProfiles().get(CHANNEL) as ChannelProfile;
  const now = plusHours(CUT_OFF, 8);
  const clock = { now: () => now, today: (zone: string) => dateIn(now, zone) };
  const channels = new Map([[CHANNEL, { profile } as Channel]]);
  const readers = new Map([[simulatorReader.format, simulatorReader]]);
  const rest = { calendars: loadCalendars(), log: openLog('silent'), timers: systemTimers };
  return { clock, ids: seededIds('bench', clock), store, channels, readers, ...rest };
}

type Run = Readonly<{ day: MatchedDay; dirty: ReadonlyMap<string, string>; twice: number }>;

async function matched(store: ReturnType<typeof matchingStore>, statementId: string): Promise<Run> {
  const dirty = new Map<string, string>();
  let twice = 0;
  const terms = { businessDate: DAY, carryFrom: CARRY_FROM, feeInside: false };
  const day = await store.matchDay({ channel: CHANNEL, businessDate: DAY, statementId, terms, cutOff: CUT_OFF }, async (verdicts) => {
    for (const v of verdicts) {
      const number = numberIn(v);
      if (dirty.has(number)) twice++;
      dirty.set(number, `${v.result} ${v.differenceMinor}`);
    }
  });
  return { day, dirty, twice };
}
const numberIn = (v: Verdict): string => v.theirs?.outTradeNo ?? v.ours?.outTradeNo ?? '';

/** Everything planted is found for what it is, and nothing else; the sums agree. */
function inexact({ day, dirty, twice }: Run, lines: number): string[] {
  const faults: string[] = [];
  const wanted = planted(lines);
  if (twice) faults.push(`${twice} numbers were told twice`);
  for (const [number, result] of wanted)
    if (dirty.get(number) !== result) faults.push(`${number}: ${dirty.get(number)} instead of ${result}`);
  for (const [number, result] of dirty) if (!wanted.has(number)) faults.push(`${number}: ${result}, where nothing is wrong`);
  if (day.lines !== lines) faults.push(`${day.lines} lines were compared of ${lines}`);
  const difference = [...wanted.values()].reduce((s, text) => s + Number(text.split(' ')[1]), 0);
  if ((day.theirsMinor.CNY ?? 0) - (day.oursMinor.CNY ?? 0) !== difference)
    faults.push('the sums of both sides do not differ by what was planted');
  const fees = day.lenders.reduce((s, l) => s + l.feeMinor, 0);
  if (fees !== movingRows(lines) * FEE) faults.push(`fees come to ${fees}`);
  return faults;
}
