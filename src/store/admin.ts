/** Lenders, keys, switches, audit, cursors: rare paths, through mongoose so that its casting and validation stand behind ours. */
import type { Document } from 'mongodb';
import type { Connection, Model } from 'mongoose';
import { Schema } from 'mongoose';
import type { ApiKey, Lender } from '../domain/lender.ts';
import type { Stop } from '../domain/stop.ts';
import type { AdminStore, Paged } from '../flows/store.ts';
import { fromDoc, toDoc } from './codec.ts';
import { filterOf, page } from './repository.ts';

const strict = { strict: 'throw', versionKey: false, autoIndex: false, autoCreate: false } as const;
const text = { type: String, required: true } as const;
const when = { type: Date, default: null } as const;

const lenderSchema = new Schema(
  {
    _id: text,
    name: text,
    code: text,
    timeZone: text,
    currency: text,
    lenderType: text,
    country: { type: String, default: null },
    state: { type: String, enum: ['active', 'closed'], required: true },
    metadata: { type: Schema.Types.Mixed, default: {} },
    createdAt: { type: Date, required: true },
  },
  { ...strict, collection: 'lenders', minimize: false },
);
const keySchema = new Schema(
  {
    _id: text,
    lenderId: { type: String, default: null },
    name: text,
    scopes: { type: [String], required: true },
    hash: text,
    prefix: text,
    expiresAt: when,
    revokedAt: when,
    createdAt: { type: Date, required: true },
  },
  { ...strict, collection: 'keys' },
);
const stopSchema = new Schema({ _id: text, by: text, why: text, at: { type: Date, required: true } }, { ...strict, collection: 'stops' });
const auditSchema = new Schema(
  {
    _id: text,
    lenderId: { type: String, default: null },
    act: text,
    by: text,
    why: { type: String, default: '' },
    keyId: { type: String, default: null },
    facts: { type: Schema.Types.Mixed, default: {} },
    at: { type: Date, required: true },
  },
  { ...strict, collection: 'audit', minimize: false },
);
const cursorSchema = new Schema({ _id: text, value: text }, { ...strict, collection: 'cursors' });

export function adminStore(connection: Connection): AdminStore {
  const model = (name: string, schema: Schema): Model<unknown> =>
    (connection.models[name] ?? connection.model(name, schema)) as Model<unknown>;
  const raw = (name: string) => connection.getClient().db(connection.name).collection<Document>(name);
  const lenders = model('Lender', lenderSchema);
  const keys = model('Key', keySchema);
  const stops = model('Stop', stopSchema);
  const audits = model('Audit', auditSchema);
  const cursors = model('Cursor', cursorSchema);
  const one = async <T>(m: Model<unknown>, filter: object): Promise<T | null> => {
    const doc = await m.findOne(filter).lean<object>();
    return doc && fromDoc<T>(doc);
  };
  return {
    lenders: {
      insert: async (lender) => void (await lenders.create(toDoc(lender))),
      get: (id) => one<Lender>(lenders, { _id: id }),
      list: (p): Promise<Paged<Lender>> => page<Lender>(raw('lenders'), {}, p),
    },
    keys: {
      insert: async (key) => void (await keys.create(toDoc(key))),
      byHash: (hash) => one<ApiKey>(keys, { hash }),
      get: (id) => one<ApiKey>(keys, { _id: id }),
      list: (where, p): Promise<Paged<ApiKey>> => page<ApiKey>(raw('keys'), filterOf(where), p),
      async revoke(id, at) {
        const doc = await keys
          .findOneAndUpdate({ _id: id, revokedAt: null }, { $set: { revokedAt: at } }, { returnDocument: 'after' })
          .lean<object>();
        return doc ? fromDoc<ApiKey>(doc) : one<ApiKey>(keys, { _id: id });
      },
    },
    stops: {
      all: async () =>
        (await stops.find({}).lean<{ _id: string; by: string; why: string; at: Date }[]>()).map(
          ({ _id, ...rest }) => ({ scope: _id, ...rest }) as Stop,
        ),
      set: async ({ scope, ...rest }) => void (await stops.updateOne({ _id: scope }, { $set: rest }, { upsert: true })),
      lift: async (scope) => (await stops.deleteOne({ _id: scope })).deletedCount === 1,
    },
    audit: async (entry) => void (await audits.create(toDoc(entry))),
    cursor: {
      get: async (name) => (await cursors.findOne({ _id: name }).lean<{ value: string }>())?.value ?? null,
      set: async (name, value) => void (await cursors.updateOne({ _id: name }, { $set: { value } }, { upsert: true })),
    },
  };
}
