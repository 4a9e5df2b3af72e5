import { expect } from 'chai';
import { loadChannelProfiles } from '../../config/channels.ts';
import { checks, orderNumber } from '../../src/domain/order-number.ts';
import { PAYOUT_NUMBER, refundNumber } from '../../src/domain/refund-number.ts';

describe('a refund number', () => {
  const grammars = [...[...loadChannelProfiles().values()].map((p) => p.number), PAYOUT_NUMBER];

  it('is the same for the same refund, has the form of its channel, and differs for every receipt and n', () => {
    for (const grammar of grammars) {
      const made = new Set<string>();
      for (const receipt of ['att_1', 'att_2', 'pay_1'])
        for (let n = 1; n <= 100; n++) {
          const number = refundNumber('HARBOUR', receipt, n, grammar);
          expect(refundNumber('HARBOUR', receipt, n, grammar)).to.equal(number);
          expect(checks(number, { ...grammar, mode: 'ours' }), number).to.equal(true);
          made.add(number);
        }
      expect(made.size).to.equal(300);
    }
  });

  it('is never that of a debit, even of a plan named after the receipt, nor of another lender', () => {
    for (const grammar of grammars) {
      const number = refundNumber('HARBOUR', 'att_1', 1, grammar);
      for (const planExternalId of ['att_1', 'refund att_1'])
        expect(orderNumber({ lenderCode: 'HARBOUR', planExternalId, n: 1, grammar: { ...grammar, mode: 'ours' } })).to.not.equal(number);
      expect(refundNumber('OTHER', 'att_1', 1, grammar)).to.not.equal(number);
    }
  });

  it('is made even where the order numbers are the lender’s own', () => {
    const grammar = { ...PAYOUT_NUMBER, mode: 'lenders', lendersMax: 12 } as const;
    expect(refundNumber('HARBOUR', 'att_1', 1, grammar)).to.equal(refundNumber('HARBOUR', 'att_1', 1, PAYOUT_NUMBER));
  });
});
