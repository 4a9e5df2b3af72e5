import { expect } from 'chai';
import type { Document } from 'mongodb';
import { STATEMENT_FAULTS } from '../../src/channels/simulator/index.ts';
import { FAULT_KINDS, foundIn } from '../../src/cli/demo/found.ts';
import { type FreshDatabase, openFreshDatabase } from '../support/database.ts';

describe('faults that the demo counts as found', () => {
  let base: FreshDatabase;
  beforeEach(async () => {
    base = await openFreshDatabase();
  });
  afterEach(() => base.drop());
  const put = (collection: string, ...rows: Document[]) => base.db.collection(collection).insertMany(rows);

  it('are of the kinds that the bank can put in', () => {
    expect([...FAULT_KINDS].sort()).to.deep.equal([...STATEMENT_FAULTS].sort());
  });

  it('are discrepancies by what was behind them, refusals by their reason, and alarms', async () => {
    await put('discrepancies', { kind: 'shortage', cause: 'missingRow' }, { kind: 'shortage', cause: 'missingRow' });
    await put('discrepancies', { kind: 'carriedOver', cause: 'lateRow' }, { kind: 'statusMismatch', cause: 'lateReturn' });
    await put(
      'discrepancies',
      { kind: 'lateFile', cause: null },
      { kind: 'surplus', cause: 'lostResult' },
      { kind: 'surplus', cause: null },
    );
    await put('statements', { state: 'refused', refusal: { code: 'TOTALS_DIFFER' } }, { state: 'accepted', refusal: null });
    await put(
      'statements',
      { state: 'refused', refusal: { code: 'DUPLICATE_CONTENT' } },
      { state: 'refused', refusal: { code: 'CUT_OFF' } },
    );
    const found = await foundIn(base.db);
    expect(Object.entries(found).filter(([, n]) => n > 0)).to.deep.equal([
      ['missingRow', 2],
      ['lateRow', 1],
      ['lateReturn', 1],
      ['lateFile', 1],
      ['renamedFile', 1],
      ['badTrailer', 1],
    ]);
  });

  it('do not come from the bank’s own list', async () => {
    await put('simbank_put_in', { kind: 'missingRow' }, { kind: 'lateFile' });
    await put('simbank_files', { kind: 'channel', issue: 2 });
    expect(Object.values(await foundIn(base.db)).every((n) => n === 0)).to.equal(true);
  });
});
