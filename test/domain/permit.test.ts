import { expect } from 'chai';
import { loadRulePacks } from '../../config/rules.ts';
import { rulesFor } from '../../src/domain/gate/rules.ts';
import { permit } from '../../src/domain/gate.ts';
import { compact, expand, GATE_LISTS, GATE_VERSION, type Permit } from '../../src/domain/permit.ts';
import { at, attempt, type Change, debit, notice } from '../support/gate-case.ts';

const packs = loadRulePacks();
const simulator = packs.byName('simulator', '2026-11')!;
const granted = (change: Change): Permit => {
  const { ask, facts } = debit(change);
  return permit(ask, facts) as Permit;
};
const full: Change = {
  facts: { pack: simulator, notices: [notice('2026-03-01 09:00')] },
  caps: { perDay: 2, perInstalment: 6, perMandate30d: 8, consecutiveNsf: 2 },
  mandate: { perDebitCap: 500_000, dailyCap: 500_000 },
  attempts: [attempt('2026-03-05 09:00')],
};

describe('a stored permit', () => {
  it('expands to what was granted', () => {
    const p = granted(full);
    expect(p.kind).to.equal('permit');
    expect(p.rules.filter((r) => r.limit !== null)).to.have.length.above(5);
    expect(expand(compact(p), simulator)).to.deep.equal(p);
  });
  it('expands under every pack, with its own ceilings in their place', () => {
    for (const pack of packs.all) {
      const rules = rulesFor(pack).map(({ code }) => ({ code, before: null, after: null, limit: null, source: 's' }));
      const stored = compact({ kind: 'permit', pack, rules, noticeId: 'ntc_1', slot: null, sendBy: at('2026-03-10 22:00') });
      expect(
        expand(stored, pack).rules.map((r) => r.code),
        'the list in permit.ts is not the list of the gate: give the new list a version of its own',
      ).to.deep.equal(rules.map((r) => r.code));
    }
  });
  it('survives JSON but for its instant, and is small', () => {
    const stored = compact(granted(full));
    expect(JSON.parse(JSON.stringify(stored)).r).to.deep.equal(stored.r);
    expect(JSON.stringify(stored).length).to.be.below(700);
  });
  it('is not read through another pack or an unknown list', () => {
    const stored = compact(granted(full));
    expect(() => expand({ ...stored, v: '1999' }, simulator)).to.throw(/rests on simulator 1999/);
    expect(() => expand({ ...stored, g: 99 }, simulator)).to.throw(/add it to GATE_LISTS/);
  });
  it('carries the version of the list in force', () => expect(Object.keys(GATE_LISTS)).to.include(String(GATE_VERSION)));
});
