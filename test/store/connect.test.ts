import { expect } from 'chai';
import { freshDatabase } from '../support/database.ts';

describe('connecting', () => {
  const store = freshDatabase();

  it('opens one client for the driver and mongoose alike', async () => {
    await store.db.collection<{ _id: string }>('things').insertOne({ _id: 'a' });
    expect(store.mongoose.getClient()).to.equal(store.client);
    expect(await store.mongoose.collection('things').countDocuments({})).to.equal(1);
    expect(store.mongoose.name).to.equal(store.db.databaseName);
  });
});
