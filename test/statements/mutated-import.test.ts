/** Changed files taken through the import: kept whole or not at all, whatever was wrong with them, and never an error of ours. */
import { expect } from 'chai';
import { importStatement } from '../../src/flows/import-statement.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { mutate, random } from '../support/mutate.ts';
import { SAMPLES } from '../support/statement-samples.ts';
import { chunks } from '../support/statements.ts';

const COUNT = Number(process.env.DULY_MUTATED_IMPORTS ?? 60);
const ENCODERS = [(text: string) => Buffer.from(text), (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')];

describe('changed files through the import', function () {
  this.timeout(Math.max(60_000, COUNT * 500));
  let house: TestHouse;
  before(async () => {
    house = await openTestHouse();
  });
  after(() => house.end());

  it(`keeps all of a file or nothing, ${COUNT} times`, async () => {
    const { bytes } = SAMPLES.find(({ format }) => format === 'simulator')!;
    const lines = house.database.db.collection('statementLines');
    const counts = { accepted: 0, refused: 0, seen: 0 };
    let kept = 0;
    for (let seed = 1; seed <= COUNT; seed += 1) {
      const draw = random(seed);
      const change = mutate(bytes, draw, () => bytes.toString('utf8'), ENCODERS);
      const file = {
        kind: 'channel',
        source: 'simulator',
        name: `${seed}.csv`,
        format: null,
        bytes: () => chunks(change.bytes, 700),
      } as const;
      const { statement, fresh } = await importStatement(house.world, file, { by: 'test', why: 'a changed file' });
      const where = `seed ${seed}, ${change.kind}: ${statement.state} ${statement.refusal?.says ?? ''}`;
      if (statement.state === 'accepted' && fresh) kept += statement.head!.lines;
      counts[!fresh ? 'seen' : statement.state === 'accepted' ? 'accepted' : 'refused'] += 1;
      expect(statement.lines, where).to.equal(statement.state === 'accepted' ? statement.head!.lines : 0);
      expect(await lines.countDocuments({}), where).to.equal(kept);
    }
    if (process.env.DULY_MUTATED_IMPORTS) console.log(JSON.stringify(counts));
    expect(counts.accepted).to.be.above(0);
    expect(counts.refused).to.be.above(COUNT / 2);
    expect(await house.database.db.collection('statements').countDocuments({ state: 'loading' })).to.equal(0);
  });
});
