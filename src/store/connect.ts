/**
 * The one way into MongoDB. Every setting that money relies on stands here, in code, and what the connection string says of them is dropped:
 * the driver's own defaults wait for ever and promise less.
 */
import { type Db, MongoClient, type MongoClientOptions } from 'mongodb';
import { type Connection, Mongoose } from 'mongoose';
import { DulyError } from '../domain/errors.ts';

export type Database = Readonly<{
  client: MongoClient;
  db: Db;
  /** mongoose on the same client: one driver, one pool, the same settings. For the API and rare paths. */
  mongoose: Connection;
  close(): Promise<void>;
}>;

export type ConnectOptions = Readonly<{
  /** Shown in the server's logs and used to aim fail points: 'api', 'worker', 'recorder'. */
  appName: string;
  maxPoolSize?: number;
  /** Longest one round trip may stay silent; 10 s. An index build or a whole-collection count may need more. */
  socketTimeoutMs?: number;
  /** Longest a call may wait for a free connection; 2 s. */
  waitQueueTimeoutMs?: number;
  monitorCommands?: boolean;
}>;

const DEFAULT_DATABASE = 'duly';

const settings = ({
  appName,
  maxPoolSize = 16,
  socketTimeoutMs = 10_000,
  waitQueueTimeoutMs = 2_000,
  monitorCommands = false,
}: ConnectOptions): MongoClientOptions => ({
  appName: `duly-${appName}`,
  serverSelectionTimeoutMS: 5000,
  connectTimeoutMS: 5000,
  // The driver's own `timeoutMS` does nothing in 7.8 (docs/decisions/0011-database-time-outs.md); these four bound a call in its place.
  socketTimeoutMS: socketTimeoutMs,
  waitQueueTimeoutMS: waitQueueTimeoutMs,
  maxPoolSize,
  minPoolSize: 0,
  retryWrites: true,
  retryReads: true,
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: Math.round(socketTimeoutMs * 0.8) },
  readConcern: { level: 'majority' },
  readPreference: 'primary',
  // A filter such as {lenderId: undefined} must never lose its field and match every lender.
  ignoreUndefined: false,
  monitorCommands,
});

/** What Duly decides for itself. Some of these would win over the settings above when they stand in the address (`journal=false` does). */
const OURS =
  /^(w|journal|j|fsync|wtimeout(ms)?|readpreference(tags)?|readconcernlevel|retry(reads|writes)|maxstalenessseconds|appname|(min|max)poolsize|(timeout|sockettimeout|connecttimeout|serverselectiontimeout|waitqueuetimeout)ms)$/i;

/** The address without the options that are ours to set. Not parsed as a URL: a list of hosts is none. */
function addressOnly(uri: string): string {
  const [address = '', query = ''] = uri.split('?', 2);
  const kept = query.split('&').filter((pair) => pair && !OURS.test(pair.split('=', 1)[0] ?? ''));
  return kept.length > 0 ? `${address}?${kept.join('&')}` : address;
}

/** mongoose in its strictest manner: an unknown filter field throws, and an operator where a value belongs is taken as a value. */
function strictMongoose(client: MongoClient, name: string): Connection {
  const mongoose = new Mongoose();
  mongoose.set('strictQuery', 'throw');
  mongoose.set('sanitizeFilter', true);
  mongoose.set('autoIndex', false);
  mongoose.set('autoCreate', false);
  const connection = mongoose.createConnection();
  connection.setClient(client);
  return connection.useDb(name);
}

/**
 * Connects and waits for the primary. The database is the one the URI names, else `duly`.
 * Throws DulyError NO_DATABASE when no primary is found within 5 s; the message never holds the password.
 */
export async function connect(uri: string, options: ConnectOptions): Promise<Database> {
  const client = new MongoClient(addressOnly(uri), settings(options));
  try {
    await client.connect();
  } catch (error) {
    await client.close();
    const hosts = client.options.hosts.join(', ');
    throw new DulyError(
      'NO_DATABASE',
      `no MongoDB primary answers at ${hosts} (${(error as Error).name}); is it running, and is MONGODB_URI right?`,
      { hosts },
    );
  }
  const name = client.options.dbName === 'test' ? DEFAULT_DATABASE : client.options.dbName;
  return { client, db: client.db(name), mongoose: strictMongoose(client, name), close: () => client.close() };
}
