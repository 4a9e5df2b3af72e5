/**
 * The one checker that says whether the books are right: the invariants of `invariants.ts` over the whole database, and over the simulated
 * bank's book where one lies in the same database. A database that can be read in a minute is seen at one moment; of a larger one each batch
 * of plans and each pass over a collection is. Reads in batches and by index; holds a few hundred plans at a time.
 */
import type { Db } from 'mongodb';
import type { World } from '../flows/world.ts';
import { checkAttempts } from './attempts.ts';
import { checkOrders, checkReceipts, hasBank } from './bank.ts';
import { checkAccountCaps, checkMandateCaps, checkPlanCaps } from './caps.ts';
import { CHILDREN, type Dossier, dossiers, type Rules, type Tally } from './dossier.ts';
import { checkFiles } from './files.ts';
import { type CheckResult, Findings } from './findings.ts';
import { checkHistories } from './histories.ts';
import { checkAnswers, checkOwner, checkOwners } from './lenders.ts';
import { checkLoan } from './loans.ts';
import { checkAgainstBank, checkConservation } from './money.ts';
import { Snapshot } from './snapshot.ts';
import { checkTimes } from './times.ts';

export type { Rules } from './dossier.ts';
export type { CheckResult } from './findings.ts';
export { INVARIANTS } from './invariants.ts';

export type CheckInput = Readonly<{ db: Db }> & Rules;

/** What `checkAll` needs of an open house. */
export const rulesOf = ({ clock, packs, strategies, calendars, channels }: World): Rules => ({
  now: clock.now(),
  packs,
  strategies,
  calendars,
  profiles: new Map([...channels].map(([name, { profile }]) => [name, profile])),
});

/**
 * Evaluates every invariant and changes nothing. Violations come grouped under one sentence, each with its first ten offending rows.
 * Throws DulyError CHECK_TOO_LONG where the server no longer keeps the moment the check began at.
 */
export async function checkAll({ db, ...rules }: CheckInput): Promise<CheckResult> {
  const out = new Findings();
  const at = new Snapshot(db);
  try {
    const withBank = await hasBank(at);
    if (!withBank) sayWhatIsLeftOut(out);
    const tally = Object.fromEntries(CHILDREN.map((name) => [name, 0])) as Tally;
    for (const id of ['I1', 'I2', 'I4', 'I5', 'I6', 'I8', 'I12', 'I14', 'I20', 'I23', 'I24']) out.looked(id, 0);
    if (withBank) out.looked('I10', 0);
    for await (const batch of dossiers(at, withBank, tally)) for (const dossier of batch) checkPlan(out, dossier, rules);
    const passes: readonly ((db: Snapshot) => Promise<void>)[] = [
      (db) => checkHistories(db, out),
      (db) => checkOwners(db, out, tally),
      (db) => checkAnswers(db, out),
      (db) => checkAccountCaps(db, out, rules),
      (db) => checkMandateCaps(db, out, rules),
      (db) => checkFiles(db, out),
      (moment) => checkAgainstBank(moment, out, db, withBank),
      (db) => checkConservation(db, out, rules, withBank),
      ...(withBank ? [(db: Snapshot) => checkReceipts(db, out, rules)] : []),
    ];
    for (const pass of passes) {
      await at.renewIfOld();
      await pass(at);
    }
    return out.result();
  } finally {
    await at.close();
  }
}

function checkPlan(out: Findings, dossier: Dossier, rules: Rules): void {
  checkAttempts(out, dossier, rules);
  checkLoan(out, dossier, rules);
  checkTimes(out, dossier, rules);
  checkPlanCaps(out, dossier, rules);
  checkOwner(out, dossier);
  checkOrders(out, dossier, rules);
}

function sayWhatIsLeftOut(out: Findings): void {
  const none = 'no simulated bank has kept a book in this database';
  for (const id of ['I3', 'I9', 'I10']) out.skipped(id, `not evaluated: ${none}`);
  for (const id of ['I1', 'I13', 'I23', 'I26']) out.skipped(id, `by our own books alone: ${none}`);
}
