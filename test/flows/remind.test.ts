import { expect } from 'chai';
import { businessDate, type Instant, parseInstant } from '../../src/domain/clock.ts';
import type { RemindDecision } from '../../src/domain/decision.ts';
import type { Notice } from '../../src/domain/notice.ts';
import { changeBorrower } from '../../src/flows/borrowers.ts';
import { fetchDeliveries, markUnsure, type NoticeDraft, retryNotices, sendNotices } from '../../src/flows/remind.ts';
import type { World } from '../../src/flows/world.ts';
import type { DeliveryReport, Message, SendOutcome, SmsGateway } from '../../src/sms/gateway.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { LI, numbered, registered } from './bodies.ts';

/** A gateway that answers as it is told and keeps what it was given. */
class HandGateway implements SmsGateway {
  readonly name = 'hand';
  readonly taken: Message[] = [];
  readonly toReport: DeliveryReport[] = [];
  answer: (message: Message) => SendOutcome | Error = (m) => ({ kind: 'sent', gatewayNo: `gw-${m.id}` });

  async send(message: Message): Promise<SendOutcome> {
    this.taken.push(message);
    const answer = this.answer(message);
    if (answer instanceof Error) throw answer;
    return answer;
  }

  async reports(cursor: string | null, limit: number) {
    const from = Number(cursor ?? 0);
    const items = this.toReport.slice(from, from + limit);
    return { items, cursor: String(from + items.length) };
  }
}

describe('sending messages', () => {
  let house: TestHouse;
  let world: World;
  let sms: HandGateway;
  let now: Instant;
  let n = 0;
  before(async () => {
    house = await openTestHouse();
  });
  after(() => house.end());
  beforeEach(() => {
    sms = new HandGateway();
    now = parseInstant('2026-01-22T01:00:00Z');
    world = { ...house.world, sms, clock: { now: () => now, today: () => businessDate('2026-01-22') } };
  });

  const decision = (change: Partial<RemindDecision> = {}): RemindDecision => ({
    kind: 'remind',
    at: now,
    template: 'dueSoon',
    key: '2026-01-25:reminder:3',
    instalmentIds: [],
    dueDate: businessDate('2026-01-25'),
    mandateId: 'mnd_any',
    debitDate: businessDate('2026-01-25'),
    minor: 110_016,
    because: 'test',
    ...change,
  });

  async function draft(change: Partial<RemindDecision> = {}): Promise<NoticeDraft> {
    const { plan, borrower } = await registered(house, numbered(++n));
    return { plan, borrower, lender: house.lender, accountLast4: '0019', decision: decision(change) };
  }

  const noticesOf = async ({ plan }: NoticeDraft): Promise<readonly Notice[]> =>
    (await world.store.of(house.lender.id).notices.list({ planId: plan.id }, { limit: 50 })).data;
  const eventsOf = async (notice: Notice) => (await world.store.of(house.lender.id).eventsOf([notice.id])).map((e) => [e.n, e.from, e.to]);

  it('sends the text with amount, day, account and lender, and keeps the proof', async () => {
    const one = await draft();
    expect(await sendNotices(world, [one])).to.deep.include({ sent: 1, blocked: 0, blockedByQuietHours: 0 });
    const [notice] = await noticesOf(one);
    expect(sms.taken[0]).to.deep.include({
      id: notice!.id,
      to: '+8613900139000',
      text: '【Harbour Credit】您的还款CNY 1,100.16将于2026-01-25从尾号0019的账户扣款，请保持余额充足。如已还款请忽略。',
      params: { lender: 'Harbour Credit', amount: 'CNY 1,100.16', date: '2026-01-25', due: '2026-01-25', tail: '0019' },
    });
    expect(notice).to.deep.include({ state: 'sent', gatewayNo: `gw-${notice!.id}`, toLast4: '9000', tries: 1, sentAt: now });
    expect(notice?.announces).to.deep.equal({ dueDate: '2026-01-25', debitDate: '2026-01-25', minor: 110_016, accountLast4: '0019' });
    expect(await eventsOf(notice!)).to.deep.equal([[1, 'sending', 'sent']]);
  });

  it('sends at most one message a key, however many ask at once', async () => {
    const one = await draft();
    const reports = await Promise.all(Array.from({ length: 8 }, () => sendNotices(world, [one])));
    expect(reports.reduce((sum, r) => sum + r.sent, 0)).to.equal(1);
    expect(reports.reduce((sum, r) => sum + r.repeated, 0)).to.equal(7);
    expect(sms.taken).to.have.length(1);
  });

  it('speaks the borrower’s language', async () => {
    for (const [language, words] of [
      ['en', /will be debited on 2026-01-25 from your account ending 0019/],
      ['th', /จะหักเงิน/],
    ] as const) {
      const one = await draft();
      await sendNotices(world, [{ ...one, borrower: { ...one.borrower, language } }]);
      expect(sms.taken.at(-1)?.text).to.match(words);
    }
  });

  it('names no debit in a message that announces none', async () => {
    const one = await draft({ template: 'overdue', mandateId: null });
    await sendNotices(world, [{ ...one, accountLast4: '' }]);
    expect((await noticesOf(one))[0]?.announces).to.equal(null);
  });

  it('sends nothing to who opted out, and says why', async () => {
    const one = await draft();
    const borrower = await changeBorrower(world, house.lender, one.borrower.id, { optedOut: true }, LI);
    expect(await sendNotices(world, [{ ...one, borrower }])).to.deep.include({ sent: 0, blocked: 1 });
    const [notice] = await noticesOf(one);
    expect(notice).to.include({ state: 'blocked', why: 'the borrower wants no messages' });
    expect(sms.taken).to.have.length(0);
    expect(await eventsOf(notice!)).to.deep.equal([[1, null, 'blocked']]);
  });

  it('says nothing in quiet hours, claims no key, writes the skip down and says when', async () => {
    now = parseInstant('2026-01-21T15:30:00Z');
    const one = await draft();
    const report = await sendNotices(world, [one]);
    const morning = parseInstant('2026-01-22T00:00:00Z');
    expect(report).to.deep.include({ sent: 0, blockedByQuietHours: 1, later: [{ planId: one.plan.id, at: morning }] });
    expect(await noticesOf(one)).to.have.length(0);
    const skips = (await world.store.of(house.lender.id).skips.list({ planId: one.plan.id }, { limit: 5 })).data;
    expect(skips.map((s) => [s.rule, s.source, s.retryAt])).to.deep.equal([['quietHours', 'strategy', morning]]);
    now = morning;
    expect(await sendNotices(world, [one])).to.deep.include({ sent: 1 });
  });

  it('leaves a message unsure when the answer is lost, and never sends it again', async () => {
    const one = await draft();
    const two = await draft();
    sms.answer = (m) => (sms.taken.length === 1 ? { kind: 'unknown', error: 'time-out' } : new Error(`reset at ${m.id}`));
    expect(await sendNotices(world, [one, two])).to.deep.include({ sent: 0, unsure: 2 });
    expect((await noticesOf(one))[0]?.state).to.equal('unsure');
    now = parseInstant('2026-01-22T03:00:00Z');
    expect(await retryNotices(world, 100)).to.deep.include({ lookedAt: 0 });
    expect(await sendNotices(world, [one, two])).to.deep.include({ sent: 0, repeated: 2 });
    expect(sms.taken).to.have.length(2);
  });

  it('tries a message once more half an hour after the gateway asked to have it later, and then no more', async () => {
    const one = await draft();
    sms.answer = () => ({ kind: 'failed', rawCode: 'QUEUE_FULL', rawText: 'try later', again: 'later', optOut: false });
    expect(await sendNotices(world, [one])).to.deep.include({ failed: 1 });
    now = parseInstant('2026-01-22T01:29:00Z');
    expect(await retryNotices(world, 100)).to.deep.include({ lookedAt: 0 });
    now = parseInstant('2026-01-22T01:30:00Z');
    const reports = await Promise.all([retryNotices(world, 100), retryNotices(world, 100)]);
    expect(reports.reduce((sum, r) => sum + r.failed, 0)).to.equal(1);
    expect(sms.taken).to.have.length(2);
    expect(sms.taken[1]).to.deep.equal(sms.taken[0]);
    const [notice] = await noticesOf(one);
    expect(notice).to.include({ state: 'failed', tries: 2, retryAt: null, why: 'QUEUE_FULL try later' });
    expect(await eventsOf(notice!)).to.deep.equal([
      [1, 'sending', 'failed'],
      [2, 'sending', 'failed'],
    ]);
    now = parseInstant('2026-01-22T05:00:00Z');
    expect(await retryNotices(world, 100)).to.deep.include({ lookedAt: 0 });
  });

  it('tries nothing again in quiet hours, nor once the announced debit has come', async () => {
    const quiet = await draft();
    sms.answer = () => ({ kind: 'failed', rawCode: 'BUSY', rawText: '', again: 'once', optOut: false });
    await sendNotices(world, [quiet]);
    now = parseInstant('2026-01-22T15:00:00Z');
    expect(await retryNotices(world, 100)).to.deep.include({ lookedAt: 1, did: 0 });
    now = parseInstant('2026-01-25T01:00:00Z');
    expect(await retryNotices(world, 100)).to.deep.include({ lookedAt: 1, refused: 1 });
    expect((await noticesOf(quiet))[0]).to.include({ state: 'failed', tries: 1, retryAt: null });
    expect(sms.taken).to.have.length(1);
  });

  it('does not try again what the gateway will never take', async () => {
    const one = await draft();
    sms.answer = () => ({ kind: 'failed', rawCode: 'NO_SUCH_NUMBER', rawText: '', again: 'never', optOut: false });
    await sendNotices(world, [one]);
    expect((await noticesOf(one))[0]).to.include({ state: 'failed', retryAt: null });
  });

  it('opts a borrower out who said stop to the gateway', async () => {
    const one = await draft();
    sms.answer = () => ({ kind: 'failed', rawCode: 'STOP', rawText: '', again: 'never', optOut: true });
    await sendNotices(world, [one]);
    expect((await world.store.of(house.lender.id).borrowers.get(one.borrower.id))?.optedOutAt).to.deep.equal(now);
  });

  it('marks what a dead sender left behind as unsure, once it is old enough', async () => {
    const one = await draft();
    const notice = { ...(await dead(one)) };
    expect(await markUnsure(world, 100)).to.deep.include({ did: 0 });
    now = parseInstant('2026-01-22T01:11:00Z');
    expect(await markUnsure(world, 100)).to.deep.include({ did: 1 });
    expect((await noticesOf(one))[0]).to.include({ state: 'unsure', why: 'the sender stopped half way' });
    expect(await eventsOf(notice)).to.deep.equal([[1, 'sending', 'unsure']]);
  });

  /** Claimed, and never sent. */
  async function dead(one: NoticeDraft): Promise<Notice> {
    const { claim } = world.store.notices;
    let claimed: Notice | undefined;
    const notices = {
      ...world.store.notices,
      claim: async (list: readonly Notice[]) => {
        [claimed] = await claim(list);
        return [];
      },
    };
    await sendNotices({ ...world, store: { ...world.store, notices } }, [one]);
    return claimed as Notice;
  }

  it('proves delivery by the gateway’s reports; repeats and late contradictions change nothing', async () => {
    const one = await draft();
    const two = await draft();
    await sendNotices(world, [one, two]);
    const [a, b] = [(await noticesOf(one))[0]!, (await noticesOf(two))[0]!];
    const report = (notice: Notice, state: 'delivered' | 'failed', id: string, messageId = notice.id): DeliveryReport => ({
      id,
      gatewayNo: notice.gatewayNo!,
      messageId,
      state,
      at: now,
      rawCode: state === 'delivered' ? 'OK' : 'ABSENT',
    });
    sms.toReport.push(
      report(a, 'delivered', 'r1'),
      report(a, 'delivered', 'r2'),
      report(b, 'failed', 'r3', 'not ours'),
      report(a, 'failed', 'r4'),
    );
    expect(await fetchDeliveries(world, 2)).to.deep.include({ lookedAt: 2, did: 1 });
    expect(await fetchDeliveries(world, 2)).to.deep.include({ lookedAt: 2, did: 1 });
    expect(await fetchDeliveries(world, 2)).to.deep.include({ lookedAt: 0 });
    expect((await noticesOf(one))[0]).to.deep.include({ state: 'delivered', deliveredAt: now });
    expect((await noticesOf(two))[0]).to.deep.include({ state: 'failed', why: 'not delivered: ABSENT' });
    expect(await eventsOf(a)).to.deep.equal([
      [1, 'sending', 'sent'],
      [2, 'sent', 'delivered'],
    ]);
  });

  it('clears up an unsure message by a report on it', async () => {
    const one = await draft();
    sms.answer = () => ({ kind: 'unknown', error: 'time-out' });
    await sendNotices(world, [one]);
    const [notice] = await noticesOf(one);
    sms.toReport.push({ id: 'r1', gatewayNo: 'gw-late', messageId: notice!.id, state: 'delivered', at: now, rawCode: 'OK' });
    await world.store.admin.cursor.set('sms:hand', '0');
    await fetchDeliveries(world, 10);
    expect((await noticesOf(one))[0]).to.include({ state: 'delivered', gatewayNo: 'gw-late' });
  });

  it('is told to the lender’s feed without the number, the name or the text', async () => {
    const one = await draft();
    await sendNotices(world, [one]);
    while (await world.store.relay(500));
    const feed = (await world.store.of(house.lender.id).feed(0, 10_000)).filter((f) => f.event.planId === one.plan.id);
    expect(feed.map((f) => f.event.type)).to.include('notice.sent');
    expect(JSON.stringify(feed)).not.to.match(/13900139000|李四|您的还款/);
  });
});
