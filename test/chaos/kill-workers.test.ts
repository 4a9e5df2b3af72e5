import { expect } from 'chai';
import { killWorkers } from './kill-workers.ts';

describe('workers killed with kill -9 in the middle of their debits', () => {
  it('leave the books right: nothing doubled, nothing lost, nothing open', async () => {
    const { faults, ...figures } = await killWorkers({ borrowers: 100, days: 12, kills: 3, seed: 5, workers: 2 });
    expect(faults).to.deep.equal([]);
    expect(figures).to.include({ kills: 3, violated: 0, doubleDebits: 0 });
    expect(figures.midDebit, 'kills while a debit was under way').to.be.greaterThan(0);
    expect(figures.unknownSeen, 'debits that a dead worker left unknown').to.be.greaterThan(0);
  }).timeout(300_000);
});
