import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { loadStrategies, readStrategy } from '../../config/strategies.ts';
import { InvalidInput } from '../../src/domain/errors.ts';

const FILE = parse(readFileSync(new URL('../../config/strategies/standard.yaml', import.meta.url), 'utf8'));

/** The standard strategy with one value changed at a path such as 'caps.perDay'. */
function changed(path: string, value: unknown): string {
  const copy = structuredClone(FILE);
  const keys = path.split('.');
  const last = keys.pop()!;
  const parent = keys.reduce((node, key) => node[key], copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return stringify(copy);
}

function refusalOf(text: string): string {
  try {
    readStrategy(text, 'standard');
  } catch (error) {
    expect(error).to.be.instanceOf(InvalidInput);
    return (error as Error).message;
  }
  throw new Error('it was read');
}

describe('the strategies', () => {
  it('that ship with Duly are all in order', () => {
    const all = loadStrategies();
    expect([...all.keys()]).to.deep.equal(['after-work', 'early-bird', 'gentle', 'salary-account', 'standard']);
    expect(all.get('standard')!.retries.offsetsDays).to.deep.equal([0, 5, 10]);
    expect(all.get('salary-account')!.stepDown!.ladder).to.deep.equal([1, 0.6, 0.3]);
    expect(all.get('early-bird')!.earlyDebitDays).to.equal(2);
    expect(all.get('gentle')).to.include({ stepDown: null });
  });

  it('give overpayments back by themselves only where they say so', () => {
    expect([...loadStrategies().values()].map((s) => s.overpayment)).to.deep.equal(new Array(loadStrategies().size).fill(null));
    expect(readStrategy(changed('overpayment', { refundAfterDays: 3 }), 'standard').overpayment).to.deep.equal({ refundAfterDays: 3 });
    expect(refusalOf(changed('overpayment', { refundAfterDays: 0 }))).to.contain('overpayment.refundAfterDays');
  });

  const cases: readonly (readonly [string, string, unknown, string])[] = [
    ['an unknown key', 'retries.offsetDays', [0, 5], 'standard: retries.offsetDays is not allowed'],
    ['a key left out', 'quietHours', undefined, 'standard: quietHours is required'],
    ['a number in quotes', 'caps.perDay', '2', 'standard: caps.perDay must be a number'],
    ['a time that is none', 'present.times', ['9:10'], 'standard: present.times[0] must be a time of day such as "09:10"'],
    [
      'windows out of order',
      'present.times',
      ['15:10', '09:10'],
      'standard: present.times[1] 09:10 must be after 15:10; write the windows in order',
    ],
    ['a window after the stop time', 'present.times', ['22:10'], 'standard: present.times[0] 22:10 must be before the stop time 22:00'],
    ['a ladder that does not fall', 'stepDown.ladder', [1, 1], 'standard: stepDown.ladder[1] must be below 1.0; each rung asks for less'],
    [
      'a ladder that does not begin with everything',
      'stepDown.ladder',
      [0.9, 0.6],
      'standard: stepDown.ladder[0] must be 1.0, the full amount',
    ],
    [
      'offsets that do not begin on the due date',
      'retries.offsetsDays',
      [1, 5],
      'standard: retries.offsetsDays[0] must be 0, the due date itself',
    ],
    [
      'offsets out of order',
      'retries.offsetsDays',
      [0, 5, 5],
      'standard: retries.offsetsDays[2] must be above 5; write the offsets in order',
    ],
    [
      'a cap below the plan',
      'caps.perInstalment',
      3,
      'standard: caps.perInstalment must be at least 4, the tries that offsets, ladder and early debit plan for one instalment',
    ],
    [
      'a day too short for the ladder',
      'caps.perDay',
      1,
      'standard: caps.perDay must be at least 2, the rungs of stepDown.ladder made on one day',
    ],
    [
      'a row too short for the ladder',
      'caps.consecutiveNsf',
      1,
      'standard: caps.consecutiveNsf must be at least 2, or the ladder is never walked to its end',
    ],
    [
      'giving up before the last offset',
      'overdue.giveUpAfterDays',
      9,
      'standard: overdue.giveUpAfterDays must be at least 10, the last of retries.offsetsDays',
    ],
    ['a name that is not the file’s', 'name', 'other', 'standard: name is other, but the file is standard.yaml; let them agree'],
  ];
  for (const [what, path, value, says] of cases)
    it(`are refused for ${what}`, () => expect(refusalOf(changed(path, value))).to.equal(says));

  it('are refused for a reminder in the quiet hours, by its place', () => {
    const reminders = [{ daysBefore: 1, at: '23:00', template: 'dueSoon' }];
    expect(refusalOf(changed('reminders', reminders))).to.equal(
      'standard: reminders[0].at 23:00 lies in the quiet hours 22:00-08:00; choose a time outside them',
    );
  });
  it('name all that is wrong at once, and what is no YAML at all', () => {
    const both = changed('stepDown.ladder', [1, 1]).replace('stopTime: 22:00', 'stopTime: 20:00');
    expect(refusalOf(both)).to.contain('present.times[2]').and.to.contain('stepDown.ladder[1]');
    expect(refusalOf('a: [')).to.contain('standard: is not YAML');
  });
});
