/** Runs the real `duly` in processes of their own, as a user would: what it prints, what it answers, when it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { realTimers } from './timers.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const TSX = import.meta.resolve('tsx');

export type Ran = Readonly<{
  /** Null: ended by a signal. */
  code: number | null;
  out: string;
  err: string;
}>;

export type Running = Readonly<{
  pid: number;
  /** The next line of stdout; null when it ended without one. */
  line(): Promise<string | null>;
  kill(signal: NodeJS.Signals): void;
  /** What it printed and how it ended, once it has. */
  ended: Promise<Ran>;
}>;

export type CliOptions = Readonly<{ env?: Readonly<Record<string, string>>; input?: string }>;

/** Variables of the caller's own shell that would change what the command does. */
const OURS = /^(DULY_|MONGODB_URI$|PORT$)/;

/** Starts `duly ARGS`. `env` is all it sees of Duly's variables but for DULY_MONGOD and DULY_CACHE_DIR. */
export function startDuly(args: readonly string[], { env = {}, input }: CliOptions = {}): Running {
  const kept = Object.entries(process.env).filter(([name]) => !OURS.test(name) || /^DULY_(MONGOD|CACHE)/.test(name));
  const child: ChildProcess = spawn(process.execPath, ['--import', TSX, MAIN, ...args], {
    env: { ...Object.fromEntries(kept), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const printed = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed.out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    printed.err += text;
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  // A command that ends before it has read everything closes the pipe: its exit code tells the story.
  child.stdin?.on('error', () => undefined).end(input ?? '');
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...printed }));
  });
  return {
    pid: child.pid as number,
    line: async () => {
      const { value, done } = await lines.next();
      return done ? null : value;
    },
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** Runs `duly ARGS` to its end. */
export const duly = (args: readonly string[], options: CliOptions = {}): Promise<Ran> => startDuly(args, options).ended;

/** Real milliseconds that `work` took, beside what it answered. */
export async function timed<T>(work: () => Promise<T>): Promise<Readonly<{ value: T; ms: number }>> {
  const began = realTimers.monotonic();
  return { value: await work(), ms: realTimers.monotonic() - began };
}
