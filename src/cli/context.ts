/** Opens the house for a command: on the database that MONGODB_URI names, else on the embedded one of the data folder. */
import { mkdirSync, statSync } from 'node:fs';
import { type Environment, readEnvironment } from '../../config/index.ts';
import type { House, HouseOptions } from '../app.ts';
import { DulyError, NotFound } from '../domain/errors.ts';
import type { Lender } from '../domain/lender.ts';
import { openLog } from '../log.ts';
import { whisper } from './output.ts';

export type Opened = Readonly<{ house: House; env: Environment; close(): Promise<void> }>;
export type OpenOptions = Partial<HouseOptions> &
  Readonly<{ role: string; dataDir?: string; quiet?: boolean /** Claims the folder: `duly start` alone. */; claim?: boolean }>;

export async function open(options: OpenOptions): Promise<Opened> {
  const env = readEnvironment();
  const dataDir = options.dataDir ?? env.dataDir;
  assertFolder(dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  // Loaded here, and not by whoever only asks for a command's help.
  const { openHouse } = await import('../app.ts');
  const { joinOrStart, startEmbedded } = await import('../store/embedded/index.ts');
  const log = options.log ?? openLog(options.quiet ? 'warn' : 'info');
  const uri = options.uri ?? env.mongodbUri;
  const embedded = uri
    ? null
    : await (options.claim ? startEmbedded : joinOrStart)({ dataDir, log: options.quiet ? () => undefined : whisper });
  if (!embedded && !env.secret)
    throw new DulyError(
      'NO_SECRET',
      'DULY_SECRET is not set: account numbers are sealed under it; give 32 characters or more and keep them',
    );
  try {
    const house = await openHouse({
      uri: uri ?? (embedded?.uri as string),
      secret: env.secret,
      testMode: env.testMode || !uri,
      leaseMs: env.leaseMs,
      log,
      ...options,
      dataDir,
    });
    const close = async () => {
      await house.close();
      await embedded?.stop();
    };
    return { house, env, close };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** Throws DulyError NOT_A_FOLDER for a path at which something else lies; one at which nothing lies is made. */
export function assertFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new DulyError('NOT_A_FOLDER', `${path} is no folder: name the data folder, or one that is yet to be made`);
}

/** Opens, works and closes again, whatever happens. */
export async function withHouse<T>(options: OpenOptions, work: (house: House) => Promise<T>): Promise<T> {
  const { house, close } = await open(options);
  try {
    return await work(house);
  } finally {
    await close();
  }
}

/** The lender named, else the only one; in test mode one is made where there is none. */
export async function lenderFor({ world, testClock }: House, id: string | undefined): Promise<Lender> {
  const { lenders } = world.store.admin;
  if (id) {
    const lender = await lenders.get(id);
    if (!lender) throw new NotFound('lender', id);
    return lender;
  }
  const { data, hasMore } = await lenders.list({ limit: 1 });
  if (data.length === 1 && !hasMore) return data[0] as Lender;
  if (data.length) throw new DulyError('LENDER_REQUIRED', 'there are several lenders: name one with --lender lnd_...');
  if (!testClock) throw new DulyError('LENDER_REQUIRED', 'there is no lender yet: register one with POST /v1/lenders');
  const lender = sampleLender(world.ids.next('lnd'), world.clock.now());
  await lenders.insert(lender);
  return lender;
}

export const sampleLender = (id: string, createdAt: Date): Lender => ({
  id,
  name: 'Harbour Credit',
  code: id.slice(-10),
  timeZone: 'Asia/Shanghai',
  currency: 'CNY',
  lenderType: 'bank',
  country: 'CN',
  state: 'active',
  metadata: {},
  createdAt,
});
