/** A house whose data tests spoil and mend: what each file of corruption tests shares. */
import { expect } from 'chai';
import type { Document } from 'mongodb';
import { coreHashOf } from '../../src/flows/intend.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { check, registerAll, Spoiler } from './support.ts';

/** An invariant, the sentence it is broken by, and the id of an offending row. */
export type Found = readonly [invariant: string, says: string, id: string];

/** Registers the hooks; its house lives until `until` and may be used inside hooks and tests only. `invariants`: those which the tests of the block must have seen broken. */
export function spoiltHouse(invariants: readonly string[], until = '2026-03-20T00:00:00Z') {
  let opened: TestHouse | undefined;
  const house = (): TestHouse => {
    if (!opened) throw new Error('the house is open inside hooks and tests only');
    return opened;
  };
  const spoil = new Spoiler(house);
  const tested = new Set<string>();
  before(async function () {
    // Months are lived through here.
    this.timeout(240_000);
    opened = await openTestHouse();
    await registerAll(opened);
    await opened.to(until);
  });
  afterEach(() => spoil.mend());
  after(async () => {
    try {
      expect((await check(house())).violations, 'every test mends what it spoils').to.deep.equal([]);
      expect([...tested].sort(), 'every invariant is seen broken').to.deep.equal([...invariants].sort());
    } finally {
      await opened?.end();
    }
  });

  /** Exactly these sentences of these invariants, each with the offending id among its rows. */
  async function expectFound(...found: readonly Found[]): Promise<void> {
    const { violations, violated } = await check(house());
    const told = violations.map((v) => `${v.invariant} ${v.says}`);
    expect(told.sort()).to.deep.equal(found.map(([invariant, says]) => `${invariant} ${says}`).sort());
    for (const [invariant, says, id] of found) {
      tested.add(invariant);
      const rows = violations.find((v) => v.invariant === invariant && v.says === says)?.rows ?? [];
      expect(
        rows.map((r) => r.id),
        `${invariant} ${says}`,
      ).to.include(id);
    }
    expect(violated).to.equal(new Set(found.map(([i]) => i)).size);
  }

  return {
    house,
    spoil,
    tested,
    expectFound,
    succeeded: () => spoil.find('attempts', { state: 'succeeded' }),
    failed: () => spoil.find('attempts', { state: 'failed' }),
    firstRow: (a: Document) => spoil.find('simbank_book', { _id: `${a.channel}/${a.outTradeNo}` }),
    planOf: (a: Document) => spoil.find('plans', { _id: a.planId }),
    core: (a: Document, change: Document) => ({
      ...change,
      coreHash: coreHashOf({ ...a, ...change } as Parameters<typeof coreHashOf>[0]),
    }),
  };
}
