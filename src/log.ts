/** Structured lines on stderr, so that stdout stays free for answers. Personal data is masked before it gets here. */
import pino from 'pino';
import type { Log } from './flows/world.ts';

export function openLog(level: 'info' | 'warn' | 'silent' = 'info'): Log {
  const log = pino({ level, base: undefined }, pino.destination({ dest: 2, sync: true }));
  return {
    info: (facts, text) => log.info(facts, text),
    warn: (facts, text) => log.warn(facts, text),
    error: (facts, text) => log.error(facts, text),
  };
}
