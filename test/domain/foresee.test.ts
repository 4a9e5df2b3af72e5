import { expect } from 'chai';
import { inMoney, inWords } from '../../src/domain/explain.ts';
import { foresee } from '../../src/domain/foresee.ts';
import { at, CALENDAR, collection, STANDARD, ZONE } from '../support/story.ts';

const kinds = (given: Parameters<typeof collection>[0], assume: 'pays' | 'refused', limit = 100) =>
  foresee(collection(given), CALENDAR, { assume, limit }).map((d) => (d.kind === 'debit' ? `${d.trigger} ${d.minor}` : d.kind));

describe('foresee', () => {
  it('shows each instalment paid on its due date and the plan at rest, if the bank always pays', () => {
    expect(kinds({ dues: ['2027-01-25', '2027-02-25'] }, 'pays')).to.deep.equal([
      'remind',
      'remind',
      'due 10000',
      'remind',
      'remind',
      'due 10000',
      'stop',
    ]);
  });
  it('shows the whole ladder, the hand-over and the end of debits, if the bank always refuses', () => {
    const debits = kinds({}, 'refused').filter((d) => /\d/.test(d));
    expect(debits).to.deep.equal(['due 10000', 'retry 10000', 'retry 10000', 'stepDown 6000', 'overdue 10000', 'overdue 10000']);
    expect(kinds({}, 'refused').at(-1)).to.equal('wait');
  });
  it('shows the penalty as it will have grown', () => {
    const penalty = { dailyRate: '0.001', graceDays: 0, graceMode: 'retroactive' } as const;
    expect(kinds({ penalty }, 'refused').filter((d) => d.startsWith('retry'))).to.deep.equal(['retry 10050', 'retry 10100']);
  });
  it('stops at the limit', () => expect(kinds({}, 'refused', 3)).to.have.length(3));
  it('waits out a hold that ends', () => {
    const holds = [{ id: 'h', kind: 'staff', until: at('2027-01-28 12:00'), by: 'x', why: 'y', at: at('2027-01-20') } as const];
    expect(kinds({ plan: { holds }, strategy: { ...STANDARD, reminders: [] } }, 'pays')).to.deep.equal([
      'wait',
      'remind',
      'due 10000',
      'stop',
    ]);
  });
});

describe('inWords', () => {
  it('writes money as a contract does', () => {
    expect([inMoney(110_016, 'CNY'), inMoney(5, 'CNY'), inMoney(1_234_567, 'JPY'), inMoney(-1_500, 'KWD')]).to.deep.equal([
      'CNY 1,100.16',
      'CNY 0.05',
      'JPY 1,234,567',
      'KWD -1.500',
    ]);
  });
  it('says what, when and why', () => {
    const [, , third] = foresee(collection(), CALENDAR, { assume: 'refused', limit: 20 });
    expect(inWords(third!, 'CNY', ZONE)).to.equal(
      '2027-01-25 09:10: debit CNY 100.00 for the first time, because CNY 100.00 is outstanding on instalment 1 (due 2027-01-25); it is the first presentment',
    );
    const rung = foresee(collection(), CALENDAR, { assume: 'refused', limit: 20 }).find((d) => d.kind === 'debit' && d.steppedDown)!;
    expect(rung.because).to.equal(
      'on the last planned day CNY 100.00 was refused for lack of funds; CNY 60.00 is 60 % of the CNY 100.00 outstanding, cut to a multiple of CNY 1.00',
    );
  });
});
