import { expect } from 'chai';
import fc from 'fast-check';
import {
  addDays,
  addMonths,
  atLocal,
  businessDate,
  dateIn,
  dayOfMonth,
  daysBetween,
  isBusinessDate,
  isZone,
  parseInstant,
  timeIn,
  weekday,
} from '../../src/domain/clock.ts';
import { day } from '../support/loan.ts';

/** Written out by hand, and walked one day at a time: nothing here shares arithmetic with the clock. */
const DAYS_IN = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const leap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const lengthOf = (year: number, month: number) => (month === 2 && leap(year) ? 29 : (DAYS_IN[month - 1] as number));
const text = (year: number, month: number, d: number) =>
  [String(year).padStart(4, '0'), String(month).padStart(2, '0'), String(d).padStart(2, '0')].join('-');

describe('business dates', () => {
  it('are days that exist', () => {
    for (const good of ['2028-02-29', '2000-02-29', '2026-12-31', '1900-01-01']) expect(businessDate(good)).to.equal(good);
    for (const bad of [
      '2027-02-29',
      '2100-02-29',
      '2026-04-31',
      '2026-13-01',
      '2026-00-10',
      '2026-1-1',
      '26-01-01',
      '2026-01-01T00:00:00Z',
      '',
      '1899-12-31',
    ]) {
      expect(() => businessDate(bad), bad).to.throw(RangeError);
      expect(isBusinessDate(bad), bad).to.equal(false);
    }
  });

  it('follow each other like the days of a calendar written by hand, for 130 years', () => {
    let date = day('1999-12-31');
    let n = 0;
    let dow = 5;
    for (let year = 2000; year < 2130; year++)
      for (let month = 1; month <= 12; month++)
        for (let d = 1; d <= lengthOf(year, month); d++) {
          date = addDays(date, 1);
          n += 1;
          dow = (dow % 7) + 1;
          if (date !== text(year, month, d) || weekday(date) !== dow || dayOfMonth(date) !== d)
            expect.fail(`${date} is not ${text(year, month, d)}`);
        }
    expect(daysBetween(day('1999-12-31'), date)).to.equal(n);
    expect(daysBetween(date, day('1999-12-31'))).to.equal(-n);
  });

  it('are moved by months to the same day, or to the last of a shorter month', () => {
    const table: [string, number, string][] = [
      ['2027-01-31', 1, '2027-02-28'],
      ['2028-01-31', 1, '2028-02-29'],
      ['2027-01-31', 2, '2027-03-31'],
      ['2027-01-31', 3, '2027-04-30'],
      ['2028-02-29', 12, '2029-02-28'],
      ['2028-02-29', 48, '2032-02-29'],
      ['2027-01-31', -2, '2026-11-30'],
      ['2027-12-15', 1, '2028-01-15'],
      ['2027-01-01', -1, '2026-12-01'],
    ];
    for (const [from, months, to] of table) expect(addMonths(day(from), months), `${from} ${months}`).to.equal(to);
    const date = fc.tuple(fc.integer({ min: 1950, max: 2090 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 31 }));
    fc.assert(
      fc.property(date, fc.integer({ min: -240, max: 240 }), ([year, month, d], months) => {
        fc.pre(d <= lengthOf(year, month));
        let [y, m] = [year, month];
        for (let step = 0; step < Math.abs(months); step++) {
          m += Math.sign(months);
          if (m === 13) [y, m] = [y + 1, 1];
          if (m === 0) [y, m] = [y - 1, 12];
        }
        expect(addMonths(day(text(year, month, d)), months)).to.equal(text(y, m, Math.min(d, lengthOf(y, m))));
      }),
    );
  });
});

describe('instants', () => {
  it('are read only with their offset', () => {
    expect(parseInstant('2026-03-29T03:30:00+02:00').toISOString()).to.equal('2026-03-29T01:30:00.000Z');
    for (const bad of ['2026-03-29T03:30:00', '2026-03-29', '2026-02-30T00:00:00Z', 'now', '2026-03-29T25:00:00Z'])
      expect(() => parseInstant(bad), bad).to.throw(RangeError);
  });

  it('fall on the day of the zone they are seen from', () => {
    const at = parseInstant('2026-03-31T16:30:00Z');
    expect(dateIn(at, 'Asia/Shanghai')).to.equal('2026-04-01');
    expect(timeIn(at, 'Asia/Shanghai')).to.equal('00:30');
    expect(dateIn(at, 'America/New_York')).to.equal('2026-03-31');
    expect(timeIn(at, 'Asia/Kolkata')).to.equal('22:00');
  });

  it('move a time that spring skips forward', () => {
    expect(atLocal(day('2026-03-29'), '02:30', 'Europe/Berlin').toISOString()).to.equal('2026-03-29T01:30:00.000Z');
    expect(timeIn(atLocal(day('2026-03-29'), '02:30', 'Europe/Berlin'), 'Europe/Berlin')).to.equal('03:30');
    expect(timeIn(atLocal(day('2026-03-08'), '02:10', 'America/New_York'), 'America/New_York')).to.equal('03:10');
  });

  it('take the first of a time that comes twice in autumn', () => {
    expect(atLocal(day('2026-10-25'), '02:30', 'Europe/Berlin').toISOString()).to.equal('2026-10-25T00:30:00.000Z');
    expect(atLocal(day('2026-11-01'), '01:30', 'America/New_York').toISOString()).to.equal('2026-11-01T05:30:00.000Z');
  });

  it('return to the day and time they were made of, on every day of a year with two changes', () => {
    for (const zone of ['Europe/London', 'America/New_York', 'Asia/Shanghai', 'Africa/Lagos', 'Asia/Kolkata'])
      for (let n = 0; n < 366; n++) {
        const date = addDays(day('2028-01-01'), n);
        const at = atLocal(date, '09:10', zone);
        if (dateIn(at, zone) !== date || timeIn(at, zone) !== '09:10') expect.fail(`${zone} ${date}`);
      }
  });

  it('know a zone from a name that is none', () => {
    expect(isZone('Asia/Shanghai')).to.equal(true);
    expect(isZone('Mars/Base')).to.equal(false);
    expect(() => atLocal(day('2026-01-01'), '25:00', 'UTC')).to.throw(RangeError);
  });
});
