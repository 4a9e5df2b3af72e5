/** The two small guards of the database: places to work at, and answers remembered for a moment. */
import { expect } from 'chai';
import { lane } from '../../src/api/lanes.ts';
import { remember } from '../../src/api/remember.ts';

describe('a lane', () => {
  it('works on so many at once, in the order they came, and turns away those beyond its queue', async () => {
    const done: number[] = [];
    const ends: (() => void)[] = [];
    const two = lane(2, 2);
    const work = (n: number) => two.run(() => new Promise<void>((resolve) => void ends.push(resolve))).then(() => void done.push(n));
    const all = [1, 2, 3, 4].map(work);
    let refused: unknown;
    await work(5).catch((error) => {
      refused = error;
    });
    expect(refused).to.have.property('code', 'OVERLOADED');
    expect(ends).to.have.length(2);
    for (let i = 0; i < 4; i++) {
      ends[i]?.();
      await all[i];
    }
    expect(done).to.deep.equal([1, 2, 3, 4]);
  });

  it('gives its place on when the work fails', async () => {
    const one = lane(1, 1);
    const failure = await one.run(() => Promise.reject(new Error('no'))).catch((error: Error) => error.message);
    expect([failure, await one.run(async () => 'next')]).to.deep.equal(['no', 'next']);
  });
});

describe('a remembered look-up', () => {
  const rig = () => {
    const state = { now: 0, asked: 0, answer: 'a' as string | null };
    const timers = { monotonic: () => state.now, sleep: async () => {} };
    return {
      state,
      look: remember(timers, 500, async () => {
        state.asked++;
        return state.answer;
      }),
    };
  };

  it('asks once for a burst, and again when its time is over', async () => {
    const { state, look } = rig();
    expect(await Promise.all([look('x'), look('x'), look('x')])).to.deep.equal(['a', 'a', 'a']);
    state.answer = 'b';
    state.now = 499;
    expect([await look('x'), state.asked]).to.deep.equal(['a', 1]);
    state.now = 500;
    expect([await look('x'), state.asked]).to.deep.equal(['b', 2]);
  });

  it('never remembers that there was nothing', async () => {
    const { state, look } = rig();
    state.answer = null;
    expect(await look('x')).to.equal(null);
    state.answer = 'a';
    expect(await look('x')).to.equal('a');
  });
});
