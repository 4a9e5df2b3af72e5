/** How commands speak: one JSON object with --json, else words; errors as one sentence on stderr. */
import { CommanderError } from 'commander';
import { DulyError } from '../domain/errors.ts';

export const say = (text: string): void => void process.stdout.write(`${text}\n`);
export const whisper = (text: string): void => void process.stderr.write(`${text}\n`);

/** Prints the answer of a command: the object itself with --json, else what `inWords` makes of it. */
export function answer<T>(json: boolean | undefined, value: T, inWords: (value: T) => string): void {
  say(json ? JSON.stringify(value) : inWords(value));
}

/** Says what went wrong and answers the exit code. An error of ours shows its stack; an expected one only its sentence. */
export function fail(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof DulyError) {
    whisper(`duly: ${error.message} [${error.code}]`);
    for (const fault of error.faults.slice(1)) whisper(`      ${fault.pointer || 'the whole'}: ${fault.message}`);
    return 2;
  }
  whisper(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 2;
}

/** A progress line on stderr, rewritten in place on a terminal and silent elsewhere. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`);
}
