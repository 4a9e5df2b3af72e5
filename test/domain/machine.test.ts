import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { ATTEMPT, type AttemptState, isOpen } from '../../src/domain/attempt.ts';
import { IllegalTransition } from '../../src/domain/errors.ts';
import { faultsOf, type Machine, next } from '../../src/domain/machine.ts';

const isMachine = (value: unknown): value is Machine<string, string> =>
  typeof value === 'object' && value !== null && 'table' in value && 'initial' in value && 'name' in value;

/** Every table that a file of src/domain exports. */
async function machines(): Promise<Machine<string, string>[]> {
  const folder = new URL('../../src/domain/', import.meta.url);
  const files = readdirSync(folder).filter((f) => f.endsWith('.ts'));
  const modules = await Promise.all(files.map((f) => import(new URL(f, folder).href) as Promise<Record<string, unknown>>));
  return modules.flatMap((m) => Object.values(m)).filter(isMachine);
}

describe('state machines', () => {
  it('are sound: every state is reached, every target exists', async () => {
    const all = await machines();
    expect(all.map((m) => m.name)).to.include.members(['attempt', 'instalment', 'plan', 'mandate']);
    for (const machine of all) expect(faultsOf(machine), machine.name).to.deep.equal([]);
  });

  it('move by the table and refuse what it does not hold', () => {
    expect(next(ATTEMPT, 'submitted', 'succeed')).to.equal('succeeded');
    expect(() => next(ATTEMPT, 'failed', 'return'))
      .to.throw(IllegalTransition)
      .with.property('message', 'attempt in state failed does not take return');
    expect(() => next(ATTEMPT, 'nowhere' as AttemptState, 'succeed')).to.throw(IllegalTransition);
  });

  it('never re-open an attempt that ended: late money leads to succeeded alone', () => {
    for (const [from, moves] of Object.entries(ATTEMPT.table) as [AttemptState, Record<string, AttemptState>][]) {
      if (isOpen(from)) continue;
      for (const [event, to] of Object.entries(moves)) expect(isOpen(to), `${from} by ${event}`).to.equal(false);
    }
  });

  it('leave unknown only by an answer that says what became of the money', () => {
    expect(ATTEMPT.table.unknown).to.deep.equal({ accept: 'accepted', succeed: 'succeeded', fail: 'failed', void: 'voided' });
    expect(ATTEMPT.table.submitted).to.not.have.property('void');
  });

  it('are found out when a state cannot be reached or a target is unknown', () => {
    const bad = { name: 'bad', initial: ['a', 'z'], table: { a: { go: 'b' }, c: { go: 'a' } } } as unknown as Machine<string, string>;
    expect(faultsOf(bad)).to.deep.equal([
      'bad: initial state z is not in the table',
      'bad: go leads to unknown state b',
      'bad: c cannot be reached',
    ]);
  });
});
