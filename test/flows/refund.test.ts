/** Refunds on the real house and its simulated bank: who may ask, what may go out, and that the money is where the books say, whatever dies when. */
import { expect } from 'chai';
import type { Channel } from '../../src/channels/channel.ts';
import type { Attempt } from '../../src/domain/attempt.ts';
import { outstanding, type Plan } from '../../src/domain/plan.ts';
import type { Refund } from '../../src/domain/refund.ts';
import type { Actor } from '../../src/flows/actor.ts';
import { fetchNews, takeInbox } from '../../src/flows/evidence.ts';
import { asText, explainAttempt, explainPlan } from '../../src/flows/explain-plan.ts';
import { recordPayment } from '../../src/flows/payment.ts';
import { refundAnswered } from '../../src/flows/refund/answer.ts';
import { sendRefunds } from '../../src/flows/refund/send.ts';
import { approveRefund, cancelRefund, type RefundAsk, requestRefund } from '../../src/flows/refund.ts';
import type { World } from '../../src/flows/world.ts';
import { check } from '../check/support.ts';
import { withChannel } from '../support/diary-world.ts';
import { lenderOf, openTestHouse, type TestHouse } from '../support/house.ts';
import { holder } from '../support/keys.ts';
import { numbered, registered, thrownBy } from './bodies.ts';

describe('refunds', function () {
  this.timeout(240_000);
  let house: TestHouse;
  let maker: Actor;
  let approver: Actor;
  let used = 0;
  const plans: Plan[] = [];
  before(async () => {
    house = await openTestHouse();
    maker = await holder(house, 'li', house.lender);
    approver = await holder(house, 'wang', house.lender);
    await registered(house, numbered(901, '0027'));
    for (let n = 0; n < 24; n++) plans.push((await registered(house, numbered(n))).plan);
    await house.to('2026-01-27T02:00:00Z');
  });
  after(async () => {
    expect((await check(house)).violations, 'no invariant is broken by any of it').to.deep.equal([]);
    await house.end();
  });

  const store = () => house.world.store.of(house.lender.id);
  const refundOf = async (id: string) => (await store().refunds.get(id)) as Refund;
  const planNow = async (id: string) => (await store().plans.get(id)) as Plan;
  /** A plan whose first instalment of 1,100.16 was debited on 25 January, and that debit. */
  async function debited(): Promise<Readonly<{ plan: Plan; attempt: Attempt }>> {
    const plan = await planNow((plans[used++] as Plan).id);
    return { plan, attempt: (await store().attempts.one({ planId: plan.id, state: 'succeeded' })) as Attempt };
  }
  const ask = (receiptId: string, amount: number, more: Partial<RefundAsk> = {}, actor = maker) =>
    requestRefund(house.world, house.lender, { receiptId, amount, way: null, because: 'asked for by the borrower', ...more }, actor);
  const approved = async (receiptId: string, amount: number, more: Partial<RefundAsk> = {}): Promise<Refund> =>
    approveRefund(house.world, house.lender, (await ask(receiptId, amount, more)).id, approver);
  const movesOf = async (id: string) => (await store().eventsOf([id])).map((e) => e.type);
  const postingOf = async (id: string, type: string): Promise<string[]> =>
    ((await store().eventsOf([id])).find((e) => e.type === type)?.posting ?? []).map((l) => `${l.account} ${Number(l.minor)}`);
  const refundsAtBank = (refundNo: string) => house.database.db.collection('simbank_book').countDocuments({ refundNo });
  const later = (minutes: number) => house.to(new Date(house.world.clock.now().getTime() + minutes * 60_000).toISOString());

  async function chargedBack(attempt: Attempt): Promise<void> {
    await house.bank?.runScenario('attempt-disputed', { outTradeNo: attempt.outTradeNo });
    await fetchNews(house.world);
    await takeInbox(house.world);
  }

  it('go out under a second key, through the channel, and re-open what they gave back', async () => {
    const { plan, attempt } = await debited();
    const made = await ask(attempt.id, 10_016);
    expect(made).to.include({
      state: 'requested',
      n: 1,
      way: 'channel',
      channel: 'simulator',
      outTradeNo: attempt.outTradeNo,
      approvedBy: null,
    });
    await sendRefunds(house.world);
    expect((await refundOf(made.id)).state, 'unapproved, nothing leaves').to.equal('requested');
    await approveRefund(house.world, house.lender, made.id, approver);
    await sendRefunds(house.world);
    const done = await refundOf(made.id);
    expect(done).to.include({ state: 'succeeded', paidOn: '2026-01-27', askAt: null, askedBy: maker.keyId, approvedBy: approver.keyId });
    expect(await movesOf(made.id)).to.deep.equal(['refund.requested', 'refund.approved', 'refund.processing', 'refund.succeeded']);
    expect(await postingOf(made.id, 'refund.succeeded')).to.have.members(['1012.01:simulator -10016', '1303.01 10016']);
    const after = await planNow(plan.id);
    expect(after.receipts[0]).to.include({ minor: 110_016, refunded: 10_016 });
    expect(outstanding(after.instalments[0]!)).to.equal(10_016);
    expect(after).to.include({ version: plan.version + 1 });
    expect(after.nextAction.kind).to.equal('decide');
    expect(await store().attempts.get(attempt.id)).to.deep.include({ refundedMinor: 10_016, state: 'succeeded', amount: attempt.amount });
    expect(await refundsAtBank(made.refundNo)).to.equal(1);
  });

  it('may be partial and repeated, each a record of its own, and never come to more than came in', async () => {
    const { attempt } = await debited();
    const first = await approved(attempt.id, 60_000);
    const second = await approved(attempt.id, 50_000);
    expect(second.n).to.equal(2);
    expect(second.refundNo).to.not.equal(first.refundNo);
    const tooMuch = await thrownBy(() => ask(attempt.id, 17));
    expect(tooMuch).to.include({ code: 'REFUND_TOO_LARGE' });
    expect(tooMuch.facts).to.deep.include({ left: 16 });
    await sendRefunds(house.world);
    expect(await store().attempts.get(attempt.id)).to.include({ refundedMinor: 110_000 });
    await approved(attempt.id, 16);
    await sendRefunds(house.world);
    expect(await store().attempts.get(attempt.id)).to.include({ refundedMinor: 110_016 });
    expect(await thrownBy(() => ask(attempt.id, 1))).to.include({ code: 'REFUND_TOO_LARGE' });
  });

  it('asked for twice at once are made once where there is not enough for both', async () => {
    const { attempt } = await debited();
    const both = await Promise.allSettled([ask(attempt.id, 60_000), ask(attempt.id, 60_000), ask(attempt.id, 60_000)]);
    expect(both.map((r) => (r.status === 'fulfilled' ? 'made' : (r.reason as { code?: string }).code)).sort()).to.deep.equal([
      'REFUND_TOO_LARGE',
      'REFUND_TOO_LARGE',
      'made',
    ]);
    expect(await store().refunds.all({ receiptId: attempt.id })).to.have.length(1);
  });

  it('are not approved by the key that asked, by none, or twice; and are cancelled only before they leave', async () => {
    const { attempt } = await debited();
    const { id } = await ask(attempt.id, 100);
    const approve = (actor: Actor) => thrownBy(() => approveRefund(house.world, house.lender, id, actor));
    expect(await approve(maker)).to.include({ code: 'SECOND_KEY_REQUIRED' });
    expect(await approve({ ...maker, by: 'somebody else' }), 'another name on the same key').to.include({ code: 'SECOND_KEY_REQUIRED' });
    expect(await approve({ by: 'wang', why: 'no key at all' })).to.include({ code: 'SECOND_KEY_REQUIRED' });
    expect(await thrownBy(() => ask(attempt.id, 100, {}, { by: 'li', why: 'no key' }))).to.include({ code: 'SECOND_KEY_REQUIRED' });
    await approveRefund(house.world, house.lender, id, approver);
    expect(await approve(approver)).to.include({ code: 'ILLEGAL_TRANSITION' });
    expect(await cancelRefund(house.world, house.lender, id, maker)).to.include({ state: 'cancelled', askAt: null });
    await sendRefunds(house.world);
    expect(await movesOf(id)).to.deep.equal(['refund.requested', 'refund.approved', 'refund.cancelled']);
    const sent = await approved(attempt.id, 110_016);
    expect(sent.n, 'a cancelled one counts no more, its number is burnt').to.equal(2);
    await sendRefunds(house.world);
    expect(await thrownBy(() => cancelRefund(house.world, house.lender, sent.id, maker))).to.include({ code: 'ILLEGAL_TRANSITION' });
  });

  it('do not exist for another lender, and only money that came in is given back', async () => {
    const { plan, attempt } = await debited();
    const { id } = await ask(attempt.id, 100);
    const other = lenderOf(house);
    await house.world.store.admin.lenders.insert(other);
    const theirs = await holder(house, 'theirs', other);
    const wish = { receiptId: attempt.id, amount: 1, way: null, because: 'x' };
    for (const attemptTheirs of [
      () => requestRefund(house.world, other, wish, theirs),
      () => approveRefund(house.world, other, id, theirs),
      () => cancelRefund(house.world, other, id, theirs),
      () => ask('att_01ARZ3NDEKTSV4RRFFQ69G5FAV', 1),
      () => ask('pln_01ARZ3NDEKTSV4RRFFQ69G5FAV', 1),
    ])
      expect(await thrownBy(attemptTheirs)).to.include({ code: 'NOT_FOUND' });
    const refused = (await store().attempts.one({ state: 'failed' })) as Attempt;
    expect(await thrownBy(() => ask(refused.id, 1))).to.include({ code: 'NOT_RECEIVED' });
    expect((await planNow(plan.id)).receipts[0]).to.include({ refunded: 0 });
  });

  it('whose sender dies between intent and call are asked about, and then sent under the same number', async () => {
    const { attempt } = await debited();
    const { id, refundNo } = await approved(attempt.id, 1_000);
    const killed = withChannel(house.world, () => ({
      refund: async () => {
        throw new Error('killed');
      },
    }));
    const dies: World = {
      ...killed,
      store: {
        ...killed.store,
        transact: (body) =>
          killed.store.transact(async (tx) => {
            const [row] = await tx.rows<Refund>('refunds', [id]);
            if (row?.state === 'processing') throw new Error('killed');
            return body(tx);
          }),
      },
    };
    expect(await thrownBy(() => sendRefunds(dies))).to.include({ message: 'killed' });
    expect(await refundOf(id)).to.include({ state: 'processing' });
    expect(await refundsAtBank(refundNo)).to.equal(0);
    await later(10);
    expect(await refundOf(id), 'not known to the bank, which proves nothing yet').to.include({ state: 'processing' });
    await later(90);
    expect(await refundOf(id)).to.include({ state: 'succeeded' });
    expect(await refundsAtBank(refundNo)).to.equal(1);
  });

  it('whose sender dies with the answer in its hand are found by their number, and paid once', async () => {
    const { attempt } = await debited();
    const { id, refundNo } = await approved(attempt.id, 2_000);
    let called = false;
    const heard = withChannel(house.world, (channel) => ({
      refund: async (request) => {
        called = true;
        return (channel.refund as NonNullable<Channel['refund']>)(request);
      },
    }));
    const transact: World['store']['transact'] = async (body) => {
      if (called) throw new Error('killed');
      return heard.store.transact(body);
    };
    expect(await thrownBy(() => sendRefunds({ ...heard, store: { ...heard.store, transact } }))).to.include({ message: 'killed' });
    expect(await refundsAtBank(refundNo)).to.equal(1);
    expect(await refundOf(id)).to.include({ state: 'processing' });
    await later(2);
    expect(await refundOf(id)).to.include({ state: 'succeeded' });
    expect(await refundsAtBank(refundNo)).to.equal(1);
    expect(await store().attempts.get(attempt.id)).to.include({ refundedMinor: 2_000 });
  });

  it('with a lost reply are unknown until the bank has been asked, and count against the receipt meanwhile', async () => {
    const { attempt } = await debited();
    const { id, refundNo } = await approved(attempt.id, 100_000);
    const lost = withChannel(house.world, (channel) => ({
      refund: async (request) => {
        await (channel.refund as NonNullable<Channel['refund']>)(request);
        return { kind: 'unknown', rawCode: '', rawText: 'no answer in time' };
      },
    }));
    await sendRefunds(lost);
    expect(await refundOf(id)).to.include({ state: 'unknown' });
    expect(await thrownBy(() => ask(attempt.id, 20_000))).to.include({ code: 'REFUND_TOO_LARGE' });
    await later(2);
    expect(await refundOf(id)).to.include({ state: 'succeeded', paidOn: '2026-01-27' });
    expect(await movesOf(id)).to.deep.equal([
      'refund.requested',
      'refund.approved',
      'refund.processing',
      'refund.unknown',
      'refund.succeeded',
    ]);
    expect(await refundsAtBank(refundNo)).to.equal(1);
    const told = await store().refunds.all({ channel: 'simulator', paidOn: (await refundOf(id)).paidOn });
    expect(
      told.map((r) => r.refundNo),
      'its day finds it',
    ).to.include(refundNo);
  });

  it('that nobody answers call a person, and the answer closes the case', async () => {
    const { attempt } = await debited();
    const { id } = await approved(attempt.id, 500);
    const silent = { kind: 'unknown', rawCode: '', rawText: 'silence' } as const;
    const world = withChannel(house.world, () => ({ refund: async () => silent, queryRefund: async () => silent }));
    await sendRefunds(world);
    for (let round = 0; round < 6; round++) {
      await house.database.db.collection('refunds').updateOne({ _id: id } as object, { $set: { askAt: house.world.clock.now() } });
      await sendRefunds(world);
    }
    const [open] = await house.world.store.discrepancies.byKeys([`${id}:unresolved`]);
    expect(open).to.include({ state: 'open', kind: 'unresolved' });
    const said = {
      kind: 'failed',
      rawCode: 'person',
      rawText: 'letter of the bank',
      failure: 'riskRefused',
      channelTradeNo: null,
    } as const;
    await refundAnswered(house.world, { refundId: id, said, evidence: { kind: 'person', ref: 'letter 7' }, actor: approver });
    expect(await refundOf(id)).to.include({ state: 'failed', askAt: null });
    const [closed] = await house.world.store.discrepancies.byKeys([`${id}:unresolved`]);
    expect(closed).to.include({ state: 'corrected', cause: 'answered' });
    expect((await planNow(attempt.planId)).receipts[0], 'nothing moved').to.include({ refunded: 0 });
    await ask(attempt.id, 110_016);
  });

  it('refused by the bank give nothing back, and an answer for another sum is believed by nobody', async () => {
    const { attempt } = await debited();
    const { id } = await approved(attempt.id, 700);
    const refuses = withChannel(house.world, () => ({
      refund: async () => ({ kind: 'failed', rawCode: 'F4', rawText: 'not today', failure: 'riskRefused', channelTradeNo: null }),
    }));
    await sendRefunds(refuses);
    expect(await refundOf(id)).to.include({ state: 'failed', rawCode: 'F4' });
    const other = await approved(attempt.id, 800);
    const odd = withChannel(house.world, () => ({
      refund: async () => ({
        ...{ kind: 'succeeded' as const, rawCode: '00', rawText: 'paid', channelTradeNo: 'T' },
        echo: { amount: { minor: 801, currency: 'CNY' }, accountLast4: '0019', at: house.world.clock.now() },
      }),
    }));
    await sendRefunds(odd);
    expect(await refundOf(other.id)).to.include({ state: 'unknown' });
    const [told] = await house.world.store.discrepancies.byKeys([`${other.id}:answerMismatch`]);
    expect(told).to.include({ kind: 'answerMismatch', state: 'open' });
    await later(90);
    expect(await refundOf(other.id), 'the right answer ends it').to.include({ state: 'succeeded' });
  });

  it('followed by a chargeback of the whole leave a shortage that somebody must look at', async () => {
    const { plan, attempt } = await debited();
    await approved(attempt.id, 30_000);
    await sendRefunds(house.world);
    await chargedBack(attempt);
    const after = await planNow(plan.id);
    expect(after.receipts[0]).to.include({ back: true, refunded: 30_000 });
    expect(outstanding(after.instalments[0]!)).to.equal(110_016);
    expect(await postingOf(attempt.id, 'attempt.returned')).to.include.members(['1012.01:simulator -110016', '1221.01 30000']);
    const [shortage] = (await store().discrepancies.all({ attemptId: attempt.id })).filter((d) => d.kind === 'shortage');
    expect(shortage).to.include({ state: 'open', theirsMinor: 30_000 });
    expect(shortage?.suspense.map((l) => [l.account, Number(l.minor)])).to.deep.equal([
      ['1221.01', 30_000],
      ['1012.01:simulator', -30_000],
    ]);
    expect(await thrownBy(() => ask(attempt.id, 1))).to.include({ code: 'NOT_RECEIVED' });
  });

  it('approved before the bank took the money back do not leave any more', async () => {
    const { attempt } = await debited();
    const { id } = await approved(attempt.id, 30_000);
    await chargedBack(attempt);
    await sendRefunds(house.world);
    expect(await refundOf(id)).to.include({ state: 'cancelled' });
    expect((await store().eventsOf([id])).at(-1)?.why).to.contain('taken the money back');
  });

  it('of a self-payment are transferred; of a settled plan they re-open it only as far as the money says', async () => {
    const { plan } = await debited();
    const pay = { externalId: 'P-1', amount: 120_016, valueDate: null, targets: [plan.instalments[1]!.id], note: null };
    const paid = await recordPayment(house.world, house.lender, plan.id, pay, maker);
    expect(paid.plan.state).to.equal('settled');
    const over = await approved(paid.payment.id, 10_000);
    expect(over).to.include({ way: 'transfer', channel: 'simulator', outTradeNo: null });
    expect(over.beneficiary).to.equal(`mandate:${plan.mandateIds[0]}`);
    expect(await thrownBy(() => ask(paid.payment.id, 1, { way: 'channel' }))).to.include({ code: 'REFUND_WAY_CLOSED' });
    await sendRefunds(house.world);
    expect(await refundOf(over.id)).to.include({ state: 'succeeded' });
    expect(await postingOf(over.id, 'refund.succeeded')).to.have.members(['1012.02 -10000', '2241.02 10000']);
    expect((await planNow(plan.id)).state, 'what was too much went back').to.equal('settled');
    const more = await approved(paid.payment.id, 5_000);
    await sendRefunds(house.world);
    expect(await refundOf(more.id)).to.include({ state: 'succeeded' });
    const after = await planNow(plan.id);
    expect(after.state).to.equal('active');
    expect(outstanding(after.instalments[1]!)).to.equal(5_000);
    expect(await postingOf(more.id, 'refund.succeeded')).to.have.members(['1012.02 -5000', '1303.01 5000']);
  });

  it('that bounced are here again: owed to the borrower, or paying what they had re-opened', async () => {
    const { plan, attempt } = await debited();
    const { id, refundNo } = await approved(attempt.id, 40_000);
    await sendRefunds(house.world);
    expect(outstanding((await planNow(plan.id)).instalments[0]!)).to.equal(40_000);
    const echo = { amount: { minor: 40_000, currency: 'CNY' }, accountLast4: '0019', at: house.world.clock.now() };
    const said = {
      kind: 'returned',
      rawCode: 'R3',
      rawText: 'no such account',
      channelTradeNo: 'T',
      echo,
      at: echo.at,
      failure: 'accountInvalid',
    } as const;
    const bounced = { refundId: id, said, evidence: { kind: 'statement', ref: 'stm_1:7' }, actor: maker } as const;
    await refundAnswered(house.world, bounced);
    await refundAnswered(house.world, bounced);
    expect(await refundOf(id)).to.include({ state: 'returned', returnedOn: '2026-01-27' });
    expect(await postingOf(id, 'refund.returned')).to.have.members(['1012.01:simulator 40000', '1303.01 -40000']);
    expect((await planNow(plan.id)).receipts[0]).to.include({ refunded: 0 });
    expect(await store().attempts.get(attempt.id)).to.include({ refundedMinor: 0 });
    expect((await house.world.store.refunds.byNumbers('simulator', [refundNo])).map((r) => r.id)).to.deep.equal([id]);
  });

  it('are told of in the story of the plan and of the debit', async () => {
    const { plan, attempt } = await debited();
    const { refundNo } = await approved(attempt.id, 10_016);
    await sendRefunds(house.world);
    const ofPlan = asText(await explainPlan(house.world, store(), plan.id), house.lender.timeZone);
    const ofDebit = asText(await explainAttempt(house.world, store(), attempt.id), house.lender.timeZone);
    for (const story of [ofPlan, ofDebit]) {
      expect(story).to.include(
        `A refund of CNY 100.16 of ${attempt.id} through simulator, number ${refundNo}, was asked for by li: li decided so.`,
      );
      expect(story).to.include(`Refund ${refundNo} of CNY 100.16 was approved by wang: wang decided so.`);
      expect(story).to.match(new RegExp(`Refund ${refundNo} of CNY 100.16 was paid: the money went back \\(code 00`));
    }
    expect(ofPlan).to.include('CNY 820.00 to the principal of instalment 1; CNY 100.16 was refunded.');
    await chargedBack(attempt);
    const after = asText(await explainPlan(house.world, store(), plan.id), house.lender.timeZone);
    expect(after).to.include('CNY 100.16 of it had been refunded as well: so much went out twice');
  });

  it('wait while a switch stops their lender, and are sent by one of many senders', async () => {
    const { attempt } = await debited();
    const { id, refundNo } = await approved(attempt.id, 900);
    const scope = `lender:${house.lender.id}` as const;
    await house.world.store.admin.stops.set({ scope, by: 'li', why: 'looking into it', at: house.world.clock.now() });
    await sendRefunds(house.world);
    expect(await refundOf(id)).to.include({ state: 'requested' });
    await house.world.store.admin.stops.lift(scope);
    await house.database.db.collection('refunds').updateOne({ _id: id } as object, { $set: { askAt: house.world.clock.now() } });
    await Promise.all([1, 2, 3, 4].map(() => sendRefunds(house.world)));
    expect(await refundOf(id)).to.include({ state: 'succeeded' });
    expect(await refundsAtBank(refundNo)).to.equal(1);
    expect((await movesOf(id)).filter((type) => type === 'refund.succeeded')).to.have.length(1);
  });
});
