/** The environment, read once. Every variable Duly knows stands here. */
import { DulyError } from '../src/domain/errors.ts';

export type Environment = Readonly<{
  /** 0 picks a free port. */
  port: number;
  dataDir: string;
  /** Unset: the embedded database. */
  mongodbUri: string | null;
  adminKey: string | null;
  /** Seals account numbers. Unset: made and kept in the data folder, on the embedded database alone. */
  secret: string | null;
  /** The test clock and the simulated bank. Always on the embedded database; on another only when DULY_MODE=test says so. */
  testMode: boolean;
  /** How long a worker holds a partition without renewing it. */
  leaseMs: number;
}>;

const LEAST_SECRET = 32;

/** Throws DulyError BAD_ENVIRONMENT that names the variable, its fault and the cure. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const long = (name: string): string | null => {
    const value = env[name];
    if (!value) return null;
    if (value.length < LEAST_SECRET) throw refuse(name, `has ${value.length} characters`, `give ${LEAST_SECRET} or more`);
    return value;
  };
  return {
    port: whole(env, 'PORT', 3000, 0, 65_535),
    dataDir: env.DULY_DATA_DIR || '.duly',
    mongodbUri: env.MONGODB_URI || null,
    adminKey: long('DULY_ADMIN_KEY'),
    secret: long('DULY_SECRET'),
    testMode: modeOf(env) === 'test',
    leaseMs: whole(env, 'DULY_LEASE_MS', 60_000, 1_000, 600_000),
  };
}

function modeOf(env: NodeJS.ProcessEnv): 'test' | 'live' {
  const mode = env.DULY_MODE || (env.MONGODB_URI ? 'live' : 'test');
  if (mode !== 'test' && mode !== 'live') throw refuse('DULY_MODE', `is '${mode}'`, "say 'test' or 'live'");
  return mode;
}

function whole(env: NodeJS.ProcessEnv, name: string, otherwise: number, least: number, most: number): number {
  const text = env[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw refuse(name, `is '${text}'`, `give a whole number from ${least} to ${most}`);
  return value;
}

const refuse = (name: string, fault: string, cure: string) => new DulyError('BAD_ENVIRONMENT', `${name} ${fault}: ${cure}`, { name });
