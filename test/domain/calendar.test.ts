import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { loadCalendars } from '../../config/calendars.ts';
import { adjust, type Calendar, makeCalendar } from '../../src/domain/calendar.ts';
import { addDays, weekday } from '../../src/domain/clock.ts';
import { day } from '../support/loan.ts';

const calendars = loadCalendars();
const named = (name: string) => calendars.get(name) as Calendar;

describe('calendar', () => {
  it('moves a due date of Spring Festival as worked example 10 says', () => {
    const due = day('2026-02-16');
    expect(adjust(due, 'following', named('china'))).to.equal('2026-02-24');
    expect(adjust(due, 'preceding', named('china'))).to.equal('2026-02-14');
    expect(weekday(day('2026-02-14')), 'a Saturday worked in exchange').to.equal(6);
    expect(adjust(due, 'none', named('china'))).to.equal(due);
  });

  it('stays in the month where the policy is modified following', () => {
    const target = named('target');
    expect(adjust(day('2026-01-31'), 'following', target)).to.equal('2026-02-02');
    expect(adjust(day('2026-01-31'), 'modifiedFollowing', target)).to.equal('2026-01-30');
    expect(adjust(day('2026-01-24'), 'modifiedFollowing', target)).to.equal('2026-01-26');
  });

  it('counts business days forwards and backwards, over holidays and worked weekends', () => {
    const china = named('china');
    expect(china.addBusinessDays(day('2026-02-13'), 2)).to.equal('2026-02-24');
    expect(china.addBusinessDays(day('2026-02-24'), -1)).to.equal('2026-02-14');
    expect(china.addBusinessDays(day('2026-02-16'), 0)).to.equal('2026-02-16');
  });

  it('knows each calendar by a day it is closed and a day it is open', () => {
    const table: [string, string, string][] = [
      ['china', '2025-10-08', '2025-10-11'],
      ['target', '2026-04-06', '2026-12-24'],
      ['us-fed', '2027-07-05', '2026-07-03'],
      ['england', '2026-12-28', '2026-12-29'],
      ['england', '2027-12-28', '2027-12-29'],
      ['india', '2026-01-10', '2026-01-17'],
      ['nigeria', '2026-06-12', '2026-06-15'],
      ['thailand', '2025-04-07', '2025-04-08'],
    ];
    for (const [name, closed, open] of table) {
      expect(named(name).isBusinessDay(day(closed)), `${name} ${closed}`).to.equal(false);
      expect(named(name).isBusinessDay(day(open)), `${name} ${open}`).to.equal(true);
    }
    expect([...calendars.keys()]).to.include('everyday');
    for (let n = 0; n < 400; n++) expect(named('everyday').isBusinessDay(addDays(day('2026-01-01'), n))).to.equal(true);
  });

  it('falls back to the weekday rule outside what the data covers', () => {
    const china = named('china');
    expect(china.covers.to).to.equal('2026-12-31');
    expect(china.isBusinessDay(day('2030-01-01')), 'a Tuesday').to.equal(true);
    expect(china.isBusinessDay(day('2030-01-05')), 'a Saturday').to.equal(false);
  });

  it('finds the nearest business day on either side, for any date and calendar', () => {
    fc.assert(
      fc.property(fc.constantFrom(...calendars.values()), fc.nat(1800), fc.integer({ min: -15, max: 15 }), (calendar, n, days) => {
        const date = addDays(day('2024-01-01'), n);
        const [later, earlier] = [calendar.onOrAfter(date), calendar.onOrBefore(date)];
        expect(calendar.isBusinessDay(later) && calendar.isBusinessDay(earlier)).to.equal(true);
        for (let d = addDays(earlier, 1); d < later; d = addDays(d, 1)) expect(calendar.isBusinessDay(d), d).to.equal(false);
        const there = calendar.addBusinessDays(later, days);
        expect(calendar.addBusinessDays(there, -days), 'there and back').to.equal(later);
      }),
    );
  });

  it('refuses a week without a business day, for a search in it would not end', () => {
    const covers = { from: day('2026-01-01'), to: day('2026-12-31') };
    const data = { name: 'never', zone: 'UTC', weekend: [1, 2, 3, 4, 5, 6, 7], covers, holidays: [], worked: [] };
    expect(() => makeCalendar(data)).to.throw(RangeError, 'never');
  });
});

describe('calendar files', () => {
  const GOOD = `name: x
title: X
zone: UTC
weekend: [6, 7]
covers: { from: 2026-01-01, to: 2026-12-31 }
sources: []
holidays: { 2026-01-01: New Year }
worked: {}
`;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'calendars-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const load = (text: string) => {
    writeFileSync(join(folder, 'x.yaml'), text);
    return loadCalendars(folder);
  };

  it('are read whole', () => {
    expect(load(GOOD).get('x')?.isBusinessDay(day('2026-01-01'))).to.equal(false);
  });

  it('name themselves and the path of what is wrong', () => {
    const bad: [string, string, RegExp][] = [
      ['title: X', 'title: X\ncolour: red', /x\.yaml.*"colour" is not allowed/],
      ['zone: UTC', 'zone: Mars/Base', /x\.yaml.*"zone" must be a time zone/],
      ['2026-01-01: New', '2026-02-30: New', /x\.yaml.*"holidays\.2026-02-30" is not allowed/],
      ['2026-01-01: New', '2025-01-01: New', /x\.yaml.*"holidays\.2025-01-01" lies outside covers/],
      ['worked: {}', 'worked: { 2026-01-01: Both }', /x\.yaml.*"worked\.2026-01-01" is a holiday too/],
      ['[6, 7]', '[6, 8]', /x\.yaml.*"weekend\[1\]" must be less than or equal to 7/],
      ['[6, 7]', '[1, 2, 3, 4, 5, 6, 7]', /x\.yaml.*"weekend" must contain less than or equal to 6/],
      ['name: x', 'name: y', /x\.yaml.*"name" is y, but the file is x/],
      ['to: 2026-12-31', 'to: 2025-12-31', /x\.yaml.*"covers\.to" 2025-12-31 is before/],
      ['worked: {}', 'worked: [', /x\.yaml.*is not YAML/],
      ['worked: {}', '', /x\.yaml.*"worked" is required/],
    ];
    for (const [from, to, says] of bad) expect(() => load(GOOD.replace(from, to)), to).to.throw(says);
    expect(() => load('')).to.throw(/x\.yaml/);
  });
});
