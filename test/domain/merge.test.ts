import { expect } from 'chai';
import { type Group, mergeByNumber } from '../../src/domain/merge.ts';

type Row = Readonly<{ number: string; minor: number }>;

/** Cuts rows into batches of `size`. */
async function* batches(rows: readonly Row[], size: number): AsyncGenerator<readonly Row[]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}
const rowsOf = (text: string): Row[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((word) => ({ number: word.split('=')[0] as string, minor: Number(word.split('=')[1] ?? 1) }));

async function merged(ours: string, theirs: string, size: number): Promise<{ groups: string[]; pairs: string[] }> {
  const pairs: string[] = [];
  const equal = (o: Row, t: Row) => {
    if (o.minor !== t.minor) return false;
    pairs.push(o.number);
    return true;
  };
  const groups: string[] = [];
  const named = (g: Group<Row, Row>) => `${g.number}: ${g.ours.map((r) => r.minor)} | ${g.theirs.map((r) => r.minor)}`;
  for await (const g of mergeByNumber({ ours: batches(rowsOf(ours), size), theirs: batches(rowsOf(theirs), size), equal }))
    groups.push(named(g));
  return { groups, pairs };
}

describe('the merge of two sorted days', () => {
  for (const size of [1, 2, 3, 100])
    it(`takes each equal pair once and gives out the rest number by number, in batches of ${size}`, async () => {
      const { groups, pairs } = await merged('A B C=2 E F F G', 'A B=2 C=2 D F F H H', size);
      expect(pairs).to.deep.equal(['A', 'C']);
      expect(groups).to.deep.equal(['B: 1 | 2', 'D:  | 1', 'E: 1 | ', 'F: 1,1 | 1,1', 'G: 1 | ', 'H:  | 1,1']);
    });

  it('gives out what stands on one side alone', async () => {
    expect((await merged('', 'A B', 1)).groups).to.deep.equal(['A:  | 1', 'B:  | 1']);
    expect((await merged('A', '', 1)).groups).to.deep.equal(['A: 1 | ']);
    expect(await merged('', '', 1)).to.deep.equal({ groups: [], pairs: [] });
  });

  it('will not go on over a stream that is out of order', async () => {
    const failed = await merged('B A', 'A B', 1).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(failed).to.contain('out of order');
  });

  it('closes both streams when the reader stops early', async () => {
    let open = 2;
    async function* watched(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
      try {
        yield* batches(rows, 1);
      } finally {
        open--;
      }
    }
    for await (const _ of mergeByNumber({ ours: watched(rowsOf('A B C')), theirs: watched(rowsOf('D E')), equal: () => false })) break;
    expect(open).to.equal(0);
  });
});
