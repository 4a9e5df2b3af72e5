/**
 * The simulated bank: the reference implementation of the channel port, and the truth that demos, tests and audits are held against.
 *
 * How to read it: `ledger.ts` says how rows get into the book and why money cannot be spent twice, `verdict.ts` what the bank decides,
 * `debit.ts` the one call that takes money, `due.ts` what the bank does of itself later,
 * `close.ts` how a bank day ends in money on our account (`treasury.ts`) and files (`files.ts`, with faults of `file-faults.ts`), `book.ts` and `truth.ts` what audits see.
 */
import { MongoError } from 'mongodb';
import { businessDate, dateIn } from '../../domain/clock.ts';
import { DulyError } from '../../domain/errors.ts';
import type { Channel } from '../channel.ts';
import { runScenario } from './act.ts';
import { type Bank, orderId, refOfNumber } from './bank.ts';
import { accountKeyOf, openBook } from './book.ts';
import { cancel } from './cancel.ts';
import { Closings } from './close.ts';
import { WIRE } from './codes.ts';
import { debit } from './debit.ts';
import { news, nextDue, query, run } from './due.ts';
import { files as dropBox, filesDue, putIn } from './files.ts';
import { type Files, filesOf, isDuplicate, prepare, tailsOf } from './ledger.ts';
import { queryRefund, refund } from './refund.ts';
import { statement } from './statement.ts';
import { payoutsOf } from './treasury.ts';
import { NO_FAULTS, type SimulatorBank, type SimulatorBankOptions } from './types.ts';
import { held } from './verdict.ts';
import { syntheticWorld } from './world.ts';
import { BookWriter, Switch } from './writer.ts';

export { openBook } from './book.ts';
export { STATEMENT_FAULTS } from './file-faults.ts';
export { MAGIC } from './magic.ts';
export { SCENARIOS, type ScenarioName, type ScenarioTarget } from './scenarios.ts';
export * from './types.ts';
export { explicitWorld, historyWorld, syntheticWorld } from './world.ts';

/**
 * Opens the bank on its own `simbank_` collections, making them and their indexes where they are missing. Any number of processes may
 * have it open on one database, and it may be opened again after any crash. @throws DulyError SIMULATOR_SEED when it was opened with another seed
 */
export async function openSimulatorBank(options: SimulatorBankOptions): Promise<SimulatorBank> {
  const { db, clock, profile } = options;
  const faults = { ...NO_FAULTS, ...options.faults };
  if (faults.latencyMs > 0 && !options.wait)
    throw new DulyError('SIMULATOR_OPTIONS', 'latencyMs needs `wait`: pass a function that sleeps');
  const seed = String(options.seed);
  const files = filesOf(db);
  await prepare(files);
  const keyOf = accountKeyOf(seed);
  const openedOn = await identify(files, seed, dateIn(clock.now(), profile.zone));
  const bank: Bank = {
    client: db.client,
    files,
    writer: new BookWriter(files),
    power: new Switch(files, profile.name),
    closings: new Closings({ files, profile, openedOn }),
    clock,
    seed,
    openedOn,
    faultsUntil: options.statementFaults?.until ?? null,
    profile,
    balances: (options.world ?? syntheticWorld(seed)).bind({ keyOf, zone: profile.zone, openedOn }),
    faults,
    style: options.style ?? 'instant',
    keyOf,
    wait: faults.latencyMs > 0 && options.wait ? options.wait : async () => {},
  };
  return {
    channel: channelOf(bank),
    book: openBook(db),
    nextDue: () => nextDue(bank),
    run: (now) => run(bank, now),
    filesDue: (cursor) => filesDue(bank, cursor),
    payouts: payoutsOf(bank),
    putIn: () => putIn(bank),
    statement: (date) => statement(bank, date),
    balance: async (account) => {
      const ref = refOfNumber(bank, account);
      const tail = (await tailsOf(files, [ref.key])).get(ref.key)!; // read afresh: another process may have written
      return held(bank, ref, tail.state, clock.now());
    },
    runScenario: (name, target) => runScenario(bank, name, target),
  };
}

/** Where the bank's own database fails it, we hear what one hears when a bank fails: nothing certain. */
const channelOf = (bank: Bank): Channel => ({
  profile: bank.profile,
  debit: (request) => debit(bank, request).catch((error) => unlessMongo(error, { kind: 'unknown', ...WIRE.lost })),
  query: (outTradeNo) => query(bank, orderId(bank, outTradeNo)).catch((error) => unlessMongo(error, { kind: 'unknown', ...WIRE.lost })),
  cancel: (outTradeNo) => cancel(bank, outTradeNo).catch((error) => unlessMongo(error, false)),
  refund: (request) => refund(bank, request).catch((error) => unlessMongo(error, { kind: 'unknown', ...WIRE.lost })),
  queryRefund: (refundNo) => queryRefund(bank, refundNo).catch((error) => unlessMongo(error, { kind: 'unknown', ...WIRE.lost })),
  ...(bank.profile.statement && {
    files: (cursor: string | null, limit: number) =>
      dropBox(bank, cursor, limit).catch((error) => unlessMongo(error, { items: [], cursor })),
  }),
  news: (cursor, limit) => news(bank, cursor, limit).catch((error) => unlessMongo(error, { items: [], cursor })),
});

function unlessMongo<T>(error: unknown, otherwise: T): T {
  if (error instanceof MongoError) return otherwise;
  throw error;
}

/** The first opening decides seed and first day for good: another seed would hash every account and roll every die anew. */
async function identify(files: Files, seed: string, today: string) {
  await files.state.updateOne({ _id: 'bank' }, { $setOnInsert: { seed, openedOn: today } }, { upsert: true }).catch((error) => {
    if (!isDuplicate(error)) throw error; // another process was first
  });
  const bank = await files.state.findOne({ _id: 'bank' });
  if (!bank || !('seed' in bank) || bank.seed !== seed) {
    throw new DulyError(
      'SIMULATOR_SEED',
      'this database holds a simulated bank with another seed; open it with that seed or use an empty database',
    );
  }
  return businessDate(bank.openedOn);
}
