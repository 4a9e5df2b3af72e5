/** A check sees one moment of the data, and takes a fresh one only where it is told to and the old one has served long. */
import { expect } from 'chai';
import type { Document } from 'mongodb';
import { Snapshot } from '../../src/check/snapshot.ts';
import { freshDatabase } from '../support/database.ts';

describe('a snapshot', () => {
  const base = freshDatabase();
  const things = () => base.db.collection<Document>('things');
  const ids = async (at: Snapshot) => (await at.all('things', {}, { sort: { _id: 1 } })).map((d) => d._id);

  it('does not see what is written after its first look, until it is old and renewed', async () => {
    await things().insertMany([1, 2, 3].map((_id) => ({ _id })) as Document[]);
    const at = new Snapshot(base.db, 10);
    expect(await ids(at)).to.deep.equal([1, 2, 3]);
    await things().deleteOne({ _id: 2 } as Document);
    await at.renewIfOld();
    expect(await ids(at)).to.deep.equal([1, 2, 3]);
    expect(await at.count('things')).to.equal(3);
    await ids(at);
    await at.renewIfOld();
    expect(await ids(at)).to.deep.equal([1, 3]);
    expect(await at.count('things')).to.equal(2);
    await at.close();
  });
});
