/** A simulated bank on a database of its own, with a clock that the test moves. */

import type { DebitRequest } from '../../src/channels/channel.ts';
import { openSimulatorBank, type SimulatorBank, type SimulatorBankOptions } from '../../src/channels/simulator/index.ts';
import type { ChannelProfile } from '../../src/domain/channel-profile.ts';
import { money } from '../../src/domain/money.ts';
import { type HandClock, handClock } from '../contracts/hand-clock.ts';
import { type FreshDatabase, openFreshDatabase } from '../support/database.ts';

export const PROFILE: ChannelProfile = {
  name: 'simulator',
  title: 'Simulated bank',
  rails: ['simulator'],
  currencies: ['CNY'],
  merchant: 'M1',
  number: { prefix: 'T', length: 12, alphabet: 'digits', check: 'none', mode: 'ours', lendersMax: 0 },
  zone: 'Asia/Shanghai',
  windows: [{ from: '07:00', to: '22:00' }],
  cutOff: '23:00',
  blackouts: [],
  perDebitLimit: null,
  dailyLimitPerAccount: null,
  ratePerSecond: 1_000,
  concurrency: 32,
  callTimeoutMs: 1_000,
  queryHorizonMinutes: 60,
  requestExpiryMinutes: 30,
  dedupeDays: 90,
  fee: { share: '0.002', min: 100, flat: 0 },
  successRate: 0.9,
  statement: null,
  brake: { openUnknown: 100, shareOfLast500: 0.2 },
};

/** What a profile says whose files are to be laid out. */
export const STATEMENT: NonNullable<ChannelProfile['statement']> = {
  format: 'simulator',
  readyAt: '06:00',
  calendar: 'everyday',
  lateAfterMinutes: 240,
  carryOverMinutes: 240,
  account: 'settlement',
};

export type OpenBank = SimulatorBank & Readonly<{ clock: HandClock; base: FreshDatabase; close(): Promise<void> }>;

/** 10:00 in Shanghai, a Monday. */
const MONDAY = '2026-01-05T02:00:00Z';

export async function openBank(options: Partial<SimulatorBankOptions> = {}): Promise<OpenBank> {
  const base = await openFreshDatabase();
  const clock = handClock(MONDAY);
  const bank = await openSimulatorBank({ db: base.db, clock, seed: 7, profile: PROFILE, ...options });
  return { ...bank, clock, base, close: () => base.drop() };
}

/** A debit of 1100.16 that the simulated bank takes or refuses by its account alone. */
export function debitOf(outTradeNo: string, account: string, minor = 110_016, with_: Partial<DebitRequest> = {}): DebitRequest {
  return {
    outTradeNo,
    amount: money(minor, 'CNY'),
    rail: 'simulator',
    account,
    agreementNo: null,
    valueDate: '2026-01-05' as DebitRequest['valueDate'],
    validUntil: null,
    memo: `L-${outTradeNo}/1:${minor}`,
    ...with_,
  };
}

/** A made-up card number that ends in these four digits. */
export const card = (last4: string): string => `622202000000000${last4}`;

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
