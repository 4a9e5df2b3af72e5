/** Pay days: daily and weekly, counted in bank days over weekends, holidays and make-up days. */
import { expect } from 'chai';
import fc from 'fast-check';
import { loadCalendars } from '../../config/calendars.ts';
import { addDays } from '../../src/domain/clock.ts';
import { lastPayDay, nextLook, payDayOf } from '../../src/domain/cycle.ts';
import type { Cycle } from '../../src/domain/settlement.ts';
import { day } from '../support/loan.ts';
import { at, ZONE } from '../support/story.ts';

const CHINA = loadCalendars().get('china')!;
const daily = (plusDays: number): Cycle => ({ every: 'day', weekday: null, plusDays, calendar: 'china', at: '10:00' });
const weekly = (weekday: number, plusDays: number): Cycle => ({ ...daily(plusDays), every: 'week', weekday });
const pays = (cycle: Cycle, date: string) => payDayOf(cycle, day(date), CHINA);

describe('a pay day', () => {
  it('of T+1 is the next bank day: Friday is paid on Monday, the eve of Spring Festival after it', () => {
    expect(pays(daily(1), '2026-01-08')).to.equal('2026-01-09');
    expect(pays(daily(1), '2026-01-09')).to.equal('2026-01-12');
    // 14 February is a Saturday worked in exchange; 15 to 23 February are holidays.
    expect(pays(daily(1), '2026-02-13')).to.equal('2026-02-14');
    expect(pays(daily(1), '2026-02-14')).to.equal('2026-02-24');
  });

  it('of T+0 is the same day, or the first bank day after', () => {
    expect(pays(daily(0), '2026-01-09')).to.equal('2026-01-09');
    expect(pays(daily(0), '2026-01-10')).to.equal('2026-01-12');
  });

  it('of a week that ends on Friday is the same for all its days, and moves behind the holidays', () => {
    for (const date of ['2026-01-10', '2026-01-12', '2026-01-16']) expect(pays(weekly(5, 1), date)).to.equal('2026-01-19');
    expect(pays(weekly(5, 1), '2026-01-17')).to.equal('2026-01-26');
    expect(pays(weekly(7, 1), '2026-02-16')).to.equal('2026-02-24');
  });

  it('has come from its hour on', () => {
    expect(lastPayDay(daily(1), at('2026-01-12 09:59'), CHINA, ZONE)).to.equal('2026-01-09');
    expect(lastPayDay(daily(1), at('2026-01-12 10:00'), CHINA, ZONE)).to.equal('2026-01-12');
    expect(lastPayDay(daily(1), at('2026-02-20 12:00'), CHINA, ZONE)).to.equal('2026-02-14');
    expect(lastPayDay(weekly(5, 1), at('2026-01-23 12:00'), CHINA, ZONE)).to.equal('2026-01-19');
  });

  it('is looked for at its hour, today or tomorrow', () => {
    expect(nextLook(daily(1), at('2026-01-12 09:59'), ZONE)).to.deep.equal(at('2026-01-12 10:00'));
    expect(nextLook(daily(1), at('2026-01-12 10:00'), ZONE)).to.deep.equal(at('2026-01-13 10:00'));
  });

  it('never comes before its statement day, and never earlier for a later one', () => {
    const cycles = fc.oneof(
      fc.integer({ min: 0, max: 5 }).map(daily),
      fc.record({ weekday: fc.integer({ min: 1, max: 7 }), plus: fc.integer({ min: 0, max: 5 }) }).map((w) => weekly(w.weekday, w.plus)),
    );
    fc.assert(
      fc.property(cycles, fc.integer({ min: 0, max: 400 }), (cycle, from) => {
        const date = addDays(day('2026-01-01'), from);
        const payOn = payDayOf(cycle, date, CHINA);
        expect(payOn >= date && CHINA.isBusinessDay(payOn)).to.equal(true);
        expect(payDayOf(cycle, addDays(date, 1), CHINA) >= payOn).to.equal(true);
      }),
    );
  });
});
