/** Intents made by hand, and the server's own fail points: what tests of the store's promises need. */
import type { MongoClient } from 'mongodb';
import type { Attempt, Claim } from '../../src/domain/attempt.ts';
import { parseInstant } from '../../src/domain/clock.ts';
import { day } from './loan.ts';

const CREATED = parseInstant('2026-01-25T01:10:00Z');

export const claimOf = (token: string, epoch = 1, partition = 'p000'): Claim => ({ token, partition, epoch });

/** The first attempt of a plan, in a worker's hands: 50.00 from an account ending 0019. */
export function intent(planId: string, claim: Claim, change: Partial<Attempt> = {}): Attempt {
  const n = change.n ?? 1;
  return {
    id: `att_${planId}_${n}_${claim.token}`,
    lenderId: 'lnd_1',
    borrowerId: 'brw_1',
    planId,
    mandateId: 'mnd_1',
    bucket: 0,
    n,
    cycle: 'ins_1',
    part: null,
    trigger: 'due',
    channel: 'simulator',
    outTradeNo: `D-${planId}-${n}`,
    lenderReference: null,
    amount: { minor: 5000, currency: 'CNY' },
    aims: [{ instalmentId: 'ins_1', n: 1, minor: 5000 }],
    accountKey: `account of ${planId}`,
    accountLast4: '0019',
    slot: 1,
    businessDate: day('2026-01-25'),
    dueDate: day('2026-01-25'),
    scheduleVersion: 1,
    strategy: { name: 'standard', version: 1 },
    permit: {} as Attempt['permit'],
    because: 'a test',
    routed: null,
    payloadHash: `bytes of ${planId} ${n}`,
    coreHash: '',
    claim,
    born: 'submitted',
    state: 'submitted',
    open: true,
    eventN: 1,
    sendBy: parseInstant('2026-01-25T01:40:00Z'),
    validUntil: parseInstant('2026-01-25T01:40:00Z'),
    createdAt: CREATED,
    channelTradeNo: null,
    takenOn: null,
    returnedOn: null,
    refundedMinor: 0,
    failure: null,
    rawCode: null,
    rawText: null,
    unknownBy: null,
    movedAt: CREATED,
    ask: null,
    ...change,
  };
}

type FailCommand = Readonly<{
  failCommands: readonly string[];
  closeConnection?: boolean;
  errorCode?: number;
  errorLabels?: readonly string[];
  writeConcernError?: Readonly<{ code: number; errmsg: string }>;
}>;

/** Makes the server fail the next `times` of these commands of one client (by the `appName` it was opened with), for the length of `body`. */
export async function failing<T>(
  client: MongoClient,
  appName: string,
  times: number,
  data: FailCommand,
  body: () => Promise<T>,
): Promise<T> {
  const admin = client.db('admin');
  await admin.command({ configureFailPoint: 'failCommand', mode: { times }, data: { ...data, appName: `duly-${appName}` } });
  try {
    return await body();
  } finally {
    await admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
  }
}
