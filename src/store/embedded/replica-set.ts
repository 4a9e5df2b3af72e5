/**
 * Makes a listening mongod the primary of its single-node replica set, whatever state it was left in: never initiated, initiated without its
 * user (a start killed half way), moved to another port, or ready. Each step is asked for only when it is missing, so any of them may be
 * interrupted and run again.
 */
import { MongoClient, MongoNetworkError, MongoServerError } from 'mongodb';
import { DulyError } from '../../domain/errors.ts';
import type { Secrets } from './secrets.ts';
import { until } from './wait.ts';

const AUTHENTICATION_FAILED = 18;
const ELECTION_MS = 20_000;

type Hello = { setName?: string; isWritablePrimary?: boolean };

/** Direct connections belong to this file alone: a set that is not initiated, or sits on an old port, can be reached in no other way. */
const direct = (port: number, secrets?: Secrets): MongoClient =>
  new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    ...(secrets && { auth: { username: secrets.user, password: secrets.password }, authSource: 'admin' }),
    serverSelectionTimeoutMS: 4000,
    connectTimeoutMS: 4000,
    socketTimeoutMS: 15_000,
    maxPoolSize: 1,
  });

const hello = async (client: MongoClient): Promise<Hello> => (await client.db('admin').command({ hello: 1 })) as Hello;

async function primary(client: MongoClient): Promise<void> {
  const ready = await until(async () => ((await hello(client)).isWritablePrimary ? true : undefined), ELECTION_MS, 10);
  if (!ready)
    throw new DulyError(
      'NO_PRIMARY',
      `the embedded server did not become primary within ${ELECTION_MS / 1000} s; its log is mongod.log in the data folder`,
    );
}

/** The first start: before any user exists the server lets a local client initiate the set and make one user. */
async function initiate(port: number, secrets: Secrets): Promise<void> {
  const client = direct(port);
  try {
    if (!(await hello(client)).setName) {
      const config = { _id: secrets.replicaSet, members: [{ _id: 0, host: `127.0.0.1:${port}` }] };
      await client.db('admin').command({ replSetInitiate: config });
    }
    await primary(client);
    await client.db('admin').command({ createUser: secrets.user, pwd: secrets.password, roles: ['root'] });
  } finally {
    await client.close();
  }
}

/** After a change of port the set's only member does not know itself; it is told by force. */
async function moveTo(port: number, client: MongoClient): Promise<void> {
  const { config } = await client.db('admin').command({ replSetGetConfig: 1 });
  const host = `127.0.0.1:${port}`;
  if (config.members[0].host === host) return;
  config.members[0].host = host;
  await client.db('admin').command({ replSetReconfig: { ...config, version: config.version + 1 }, force: true });
}

/** A server that finds itself missing from its own set, on another port, drops all connections once: the work is then begun again. */
async function settle(port: number, secrets: Secrets): Promise<number> {
  try {
    return await settleOnce(port, secrets);
  } catch (error) {
    if (error instanceof MongoNetworkError) return settleOnce(port, secrets);
    throw error;
  }
}

async function settleOnce(port: number, secrets: Secrets): Promise<number> {
  const client = direct(port, secrets);
  try {
    await client.connect();
    await moveTo(port, client);
    await primary(client);
    const { pid } = await client.db('admin').command({ serverStatus: 1, repl: 0, metrics: 0, locks: 0, wiredTiger: 0 });
    return Number(pid);
  } finally {
    await client.close();
  }
}

/**
 * Returns the server's pid once it is primary and has taken our password, which proves that it is the server of this folder.
 * Throws what the driver throws when nothing, or something else, answers on the port.
 */
export async function bringUp(port: number, secrets: Secrets): Promise<number> {
  try {
    return await settle(port, secrets);
  } catch (error) {
    if (!(error instanceof MongoServerError) || error.code !== AUTHENTICATION_FAILED) throw error;
  }
  await initiate(port, secrets);
  return settle(port, secrets);
}
