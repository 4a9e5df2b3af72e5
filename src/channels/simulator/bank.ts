/** What every part of the simulated bank is handed. */
import { createHmac } from 'node:crypto';
import type { MongoClient } from 'mongodb';
import type { ChannelProfile } from '../../domain/channel-profile.ts';
import type { BusinessDate, Clock, Instant } from '../../domain/clock.ts';
import type { Money } from '../../domain/money.ts';
import type { DebitRequest } from '../channel.ts';
import { keyedHash } from './chance.ts';
import { bankDay } from './clockwork.ts';
import type { Closings } from './close.ts';
import type { Files } from './ledger.ts';
import type { AccountRef, AnswerStyle, Balances, BookRow, FaultRates } from './types.ts';
import type { BookWriter, Switch } from './writer.ts';

export type Bank = Readonly<{
  client: MongoClient;
  files: Files;
  writer: BookWriter;
  power: Switch;
  closings: Closings;
  clock: Clock;
  seed: string;
  openedOn: BusinessDate;
  /** The last day whose files may have faults; null: none have. */
  faultsUntil: BusinessDate | null;
  profile: ChannelProfile;
  balances: Balances;
  faults: FaultRates;
  style: AnswerStyle;
  keyOf: (account: string) => string;
  wait: (ms: number) => Promise<void>;
}>;

export const refOfNumber = (bank: Bank, account: string): AccountRef => ({ key: bank.keyOf(account), last4: account.slice(-4) });

/** `_id` of an order's first row. */
export const orderId = (bank: Bank, outTradeNo: string): string => `${bank.profile.name}/${outTradeNo}`;

/** The bank's own number for an order: the same for the same order, whoever asks and when. */
export const tradeNoOf = (bank: Bank, outTradeNo: string): string => `SB${keyedHash(bank.seed, `trade ${outTradeNo}`, 18).toUpperCase()}`;

/** The bytes of a request as this bank's wire would carry them: equal requests have equal bytes. */
const requestBytes = (r: DebitRequest): string =>
  JSON.stringify([
    r.outTradeNo,
    r.amount.minor,
    r.amount.currency,
    r.rail,
    r.account,
    r.agreementNo,
    r.valueDate,
    r.validUntil?.toISOString() ?? null,
    r.memo,
  ]);

export const payloadHashOf = (bank: Bank, request: DebitRequest): string =>
  createHmac('sha256', `bytes ${bank.seed}`).update(requestBytes(request)).digest('hex');

/** A row that no request brought in. */
export const blankRow = (bank: Bank, id: string, amount: Money, at: Instant): BookRow => ({
  _id: id,
  channel: bank.profile.name,
  orderNo: '',
  fact: 'adjusted',
  arrival: false,
  account: '',
  last4: '',
  seq: null,
  state: null,
  amount,
  rail: '',
  memo: '',
  payloadHash: '',
  valueDate: null,
  at,
  businessDate: bankDay(bank.profile, at),
  channelTradeNo: null,
  rawCode: '00',
  failure: null,
  hiddenUntil: null,
  decideAt: null,
});
