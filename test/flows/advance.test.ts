/** The test clock's walk: each planned instant in turn, everything due done before it moves on, never back. */
import { expect } from 'chai';
import { type Instant, instant, parseInstant } from '../../src/domain/clock.ts';
import { NO_WORK } from '../../src/domain/records.ts';
import { type Advance, advance, type Job } from '../../src/flows/advance.ts';
import type { World } from '../../src/flows/world.ts';
import { thrownBy } from './bodies.ts';

const at = (time: string): Instant => parseInstant(`2026-01-05T${time}:00Z`);

/** A clock and one job with work at these times; `log` tells what was set and done. */
function walk(times: readonly string[]): Readonly<{ a: Advance; log: string[] }> {
  let now = at('00:00');
  const left = times.map(at);
  const log: string[] = [];
  const told = (what: string) => log.push(`${now.toISOString().slice(11, 16)} ${what}`);
  const work: Job = {
    name: 'work',
    cron: '* * * * *',
    due: async () => left[0] ?? null,
    run: async () => {
      const due = left.filter((t) => t <= now).length;
      left.splice(0, due);
      told(`does ${due}`);
      return { ...NO_WORK, lookedAt: due };
    },
  };
  const tell: Job = {
    name: 'tell',
    cron: '* * * * *',
    run: async () => {
      told('tells');
      return NO_WORK;
    },
  };
  const world = { clock: { now: () => now }, timers: { monotonic: () => 0 } } as unknown as World;
  const set = async (to: Instant, frozen: boolean) => {
    now = instant(to.getTime());
    if (!frozen) told('runs on');
  };
  return { a: { world, jobs: [work, tell], works: true, set }, log };
}

describe('advancing the test clock', () => {
  it('stops at each planned instant, does what is due, tells, and then runs on', async () => {
    const { a, log } = walk(['01:00', '01:00', '02:30', '09:00']);
    await advance(a, at('08:00'));
    expect(log).to.deep.equal(['01:00 does 2', '01:00 tells', '02:30 does 1', '02:30 tells', '08:00 tells', '08:00 runs on']);
  });

  it('does what is due at the very instant it stops at, and stays there where it is to stay', async () => {
    const { a, log } = walk(['08:00']);
    await advance(a, at('08:00'), true);
    expect(log).to.deep.equal(['08:00 does 1', '08:00 tells', '08:00 tells']);
  });

  it('never goes back', async () => {
    const { a, log } = walk([]);
    await a.set(at('08:00'), true);
    expect(await thrownBy(() => advance(a, at('07:59')))).to.include({ code: 'CLOCK_BACKWARDS' });
    expect(log).to.deep.equal([]);
  });

  it('says so where work makes work without end', async () => {
    const { a } = walk([]);
    const restless: Job = { name: 'r', cron: '* * * * *', due: async () => at('01:00'), run: async () => ({ ...NO_WORK, lookedAt: 1 }) };
    expect((await thrownBy(() => advance({ ...a, jobs: [restless] }, at('02:00')))).message).to.include('does not come to rest');
  });
});
