/** A house with two months behind it, and hands that spoil its data and put it right again. */
import type { Document } from 'mongodb';
import { type CheckResult, checkAll, type Rules, rulesOf } from '../../src/check/index.ts';
import { readPlanInput } from '../../src/flows/plan-input.ts';
import { registerPlans } from '../../src/flows/register.ts';
import type { TestHouse } from '../support/house.ts';

export const ACTOR = { by: 'test', why: 'a portfolio to check' };

/** What each account does is written in its last four digits; 1234 and 7777 by balance. */
const ACCOUNTS = ['0019', '0027', '0035', '0043', '1234', '7777'];

/** Registers a plan of two instalments an account, due on 25 January and 25 February 2026. */
export async function registerAll(house: TestHouse, accounts: readonly string[] = ACCOUNTS, more: Document = {}): Promise<void> {
  const inputs = accounts.map((account, i) =>
    readPlanInput(
      {
        externalId: `L-${i}`,
        currency: 'CNY',
        strategy: 'standard',
        borrower: { externalId: `B-${i}`, name: '张三', phone: '+8613800138000', language: 'zh' },
        mandate: { rail: 'simulator', account: `622202${String(i).padStart(9, '0')}${account}`, perDebitCap: 500_000 },
        instalments: [
          { dueDate: '2026-01-25', principal: 92_016, interest: 18_000 },
          { dueDate: '2026-02-25', principal: 93_396, interest: 16_620 },
        ],
        ...more,
      },
      house.world,
    ),
  );
  for (let from = 0; from < inputs.length; from += 200) {
    const done = await registerPlans(house.world, house.lender, inputs.slice(from, from + 200), ACTOR);
    const refused = done.find((r) => r.result === 'refused');
    if (refused) throw new Error(`not registered: ${JSON.stringify(refused)}`);
  }
}

/** `other`: rules in place of the house's own. */
export const check = (house: TestHouse, other: Partial<Rules> = {}): Promise<CheckResult> =>
  checkAll({ db: house.database.db, ...rulesOf(house.world), ...other });

/** Changes documents behind the house's back, and undoes it all. */
export class Spoiler {
  private undo: (() => Promise<unknown>)[] = [];

  constructor(private readonly house: () => TestHouse) {}

  find<T extends Document = Document>(name: string, filter: Document = {}): Promise<T> {
    return this.files(name)
      .findOne(filter, { sort: { _id: 1 } })
      .then((doc) => {
        if (!doc) throw new Error(`no document of ${name} fits ${JSON.stringify(filter)}`);
        return doc as unknown as T;
      });
  }

  async set(name: string, _id: string, set: Document): Promise<void> {
    const before = await this.find(name, { _id });
    await this.files(name).updateOne({ _id } as Document, { $set: set });
    this.undo.push(() => this.files(name).replaceOne({ _id } as Document, before));
  }

  async remove(name: string, _id: string): Promise<void> {
    const before = await this.find(name, { _id });
    await this.files(name).deleteOne({ _id } as Document);
    this.undo.push(() => this.files(name).insertOne(before));
  }

  async insert(name: string, doc: Document): Promise<void> {
    await this.files(name).insertOne(doc);
    this.undo.push(() => this.files(name).deleteOne({ _id: doc._id } as Document));
  }

  /** Takes away the guard that would forbid what the test does. */
  async unguard(name: string, index: string): Promise<void> {
    const spec = (await this.files(name).indexes()).find((i) => i.name === index);
    if (!spec) throw new Error(`no index ${index}`);
    await this.files(name).dropIndex(index);
    const { key, v: _, ...options } = spec;
    this.undo.push(() => this.files(name).createIndex(key as Record<string, 1>, options as Document));
  }

  async mend(): Promise<void> {
    for (const step of this.undo.reverse()) await step();
    this.undo = [];
  }

  private files(name: string) {
    return this.house().database.db.collection<Document>(name);
  }
}
