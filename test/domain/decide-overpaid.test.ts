/** Hard rule 12: what came in beyond what is owed is told to the borrower the same day, once, and whatever became of the plan. */
import { expect } from 'chai';
import { book } from '../../src/domain/booking.ts';
import type { Collection } from '../../src/domain/collection.ts';
import { localDate } from '../../src/domain/decide/hours.ts';
import { decideNext } from '../../src/domain/decide.ts';
import { after } from '../../src/domain/foresee.ts';
import { SELF_PAYMENT_ACCOUNT } from '../../src/domain/ledger.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { at, CALENDAR, collection, STANDARD, ZONE } from '../support/story.ts';

const decide = (c: Collection) => decideNext(c, CALENDAR);
const told = (c: Collection, ...keys: string[]): Collection => ({ ...c, noticeKeys: new Set([...c.noticeKeys, ...keys]) });

/** A plan of 100.00 paid by the borrower at 08:58 and by the debit at `when`; `change` is what became of it since. */
function paidTwice(when: string, change: Partial<Plan> = { state: 'settled' }): Collection {
  const c = collection({ now: when });
  const today = localDate(c.now, ZONE);
  const arrival = { minor: 10_000, valueDate: today, targets: [] };
  const once = book(c.plan, { ...arrival, id: 'pay_1', kind: 'selfPayment', bookedAt: at(`${today} 08:58`) }, SELF_PAYMENT_ACCOUNT, today);
  const twice = book(once.plan, { ...arrival, id: 'att_1', kind: 'debit', bookedAt: c.now }, '1012.01:sim', today);
  return { ...c, plan: { ...twice.plan, ...change } };
}

describe('the message about an overpayment', () => {
  it('goes out at once though the plan is settled, announces no debit, and then the plan stops', () => {
    const c = paidTwice('2027-01-25 08:59');
    expect(decide(c)).to.deep.include({
      kind: 'remind',
      at: at('2027-01-25 08:59'),
      template: 'overpaid',
      key: 'att_1:overpaid',
      mandateId: null,
      minor: 10_000,
      because: 'of the CNY 100.00 that came in on 2027-01-25, CNY 100.00 is more than was owed',
    });
    expect(decide(told(c, 'att_1:overpaid'))).to.deep.equal({ kind: 'stop', because: 'the plan is settled' });
  });
  it('waits for the end of the quiet hours', () => {
    expect(decide(paidTwice('2027-01-25 22:40'))).to.deep.include({ template: 'overpaid', at: at('2027-01-26 08:00') });
  });
  it('goes out while the plan is active and while another attempt is open', () => {
    const asked = collection({ now: '2027-01-25 09:10', strategy: { ...STANDARD, reminders: [] } });
    const [fact] = after(asked, decide(asked), 'insufficientFunds').attempts;
    const open = { ...paidTwice('2027-01-25 08:59', {}), attempts: [{ ...fact!, state: 'submitted', open: true } as const] };
    expect(decide(open)).to.have.property('template', 'overpaid');
    expect(decide(told(open, 'att_1:overpaid'))).to.have.property('kind', 'wait');
  });
  it('is left out when it is two days old, when the money went back, and when the borrower has died', () => {
    const c = paidTwice('2027-01-25 08:59');
    const at27 = (when: string) => decide({ ...c, now: at(when) }).kind;
    expect([at27('2027-01-27 09:00'), at27('2027-01-28 09:00')]).to.deep.equal(['remind', 'stop']);
    const back = c.plan.receipts.map((r) => ({ ...r, back: true }));
    expect(decide({ ...c, plan: { ...c.plan, receipts: back } }).kind).to.equal('stop');
    const death = { id: 'hld_1', kind: 'death', until: null, by: 'staff', why: 'a letter came', at: c.now } as const;
    expect(decide({ ...c, plan: { ...c.plan, holds: [death] } }).kind).to.equal('stop');
  });
});
