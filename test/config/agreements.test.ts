import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadAgreements, readAgreements } from '../../config/agreements.ts';
import { loadCalendars } from '../../config/calendars.ts';
import { agreementFor } from '../../src/domain/agreement.ts';
import { day } from '../support/loan.ts';
import { AGREEMENT } from '../support/settling.ts';

const payouts = new Set(['simulator', 'file', 'manual']);
const calendars = loadCalendars();
const yaml = (name: string) => readFileSync(new URL(`../../config/agreements/${name}.yaml`, import.meta.url), 'utf8');
const fault = (text: string): string => {
  try {
    readAgreements('bad.yaml', text);
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('agreements', () => {
  it('hold for everybody, and for whom they name before that', () => {
    const all = loadAgreements({ calendars, payouts });
    const name = (id: string, code = 'X') => agreementFor(all, { id, code }, day('2026-06-01')).name;
    expect(name('lnd_anybody')).to.equal('standard');
    expect(name('lnd_1', 'example-co-lender')).to.equal('co-lending');
    expect(name('example-settle-first')).to.equal('settle-first');
    expect(name('example-pass-through')).to.equal('pass-through');
    expect(() => agreementFor(all, { id: 'lnd_1', code: 'X' }, day('2019-12-31'))).to.throw(
      'no agreement holds for lender lnd_1 on 2019-12-31',
    );
  });

  it('are dated: the latest that has begun holds', () => {
    const of = (validFrom: string, title: string) => ({ ...AGREEMENT, lenders: ['*'], validFrom: day(validFrom), title });
    const all = [of('2026-01-01', 'old'), of('2026-07-01', 'new'), of('2025-01-01', 'older')];
    const title = (on: string) => agreementFor(all, { id: 'lnd_1', code: 'X' }, day(on)).title;
    expect([title('2026-06-30'), title('2026-07-01'), title('2025-06-01')]).to.deep.equal(['old', 'new', 'older']);
  });

  it('say file, path and cure of what is wrong', () => {
    const standard = yaml('standard');
    expect(fault(standard.replace('every: day', 'every: month'))).to.match(/^bad\.yaml: \[0\]\.cycle\.every must be one of/);
    expect(fault(standard.replace('share: "0"', 'share: 0.1'))).to.match(/^bad\.yaml: \[0\]\.holdBack\.share must be a string/);
    expect(fault(standard.replace('coverage: "0"', 'covers: "0"')))
      .to.include('[0].coverage: it is missing; write it')
      .and.include('no such key');
    expect(fault(standard.replace('coverage: "0"', 'coverage: "0.5"'))).to.include(
      'coverage: only settleFirst mode advances money: say "0"',
    );
    expect(fault(standard.replace('every: day', 'every: week'))).to.include('a weekly cycle ends on a day: give 1 (Monday) to 7 (Sunday)');
    expect(
      fault(yaml('pass-through').replace('shares: []', 'shares: [{ party: funder, of: [fee], share: "0.1", fixed: 0, min: 0 }]')),
    ).to.include('shares: in passThrough mode the money never passes our hands');
    expect(fault(yaml('co-lending').replace('"0.7"', '"1.0"')))
      .to.include('[0].shares[0].share')
      .and.include('a decimal below 1 in quotes');
    expect(fault('- [')).to.include('bad.yaml: not YAML');
  });

  it('stop the start where they name what the house does not have', () => {
    expect(() => loadAgreements({ calendars: new Map(), payouts })).to.throw('cycle.calendar is no calendar');
    expect(() => loadAgreements({ calendars, payouts: new Set(['simulator']) })).to.throw('payout is no way to pay: take one of simulator');
  });
});
