/**
 * What every channel must do, whoever stands behind it. A connector passes it on a fake server of its own,
 * fed with the provider's recorded answers. `make` opens one on an empty bank; accounts are those on which the named thing happens.
 */
import { expect } from 'chai';
import type { Answer, Channel, DebitRequest, News, Outcome } from '../../src/channels/channel.ts';
import { addDays, businessDate, type Instant, plusMinutes } from '../../src/domain/clock.ts';
import { money } from '../../src/domain/money.ts';
import type { HandClock } from './hand-clock.ts';

export type ChannelUnderTest = Readonly<{
  channel: Channel;
  clock: HandClock;
  rail: string;
  currency: string;
  /** Accounts by what a debit on them meets; '' for an ability that the channel lacks. */
  accounts: Readonly<Record<'pays' | 'noFunds' | 'lostReply' | 'lostRequest' | 'late' | 'returned', string>>;
  /** Minutes after which a lost reply can be asked for, and after which late results and returns have come. */
  lagMinutes: number;
  lateMinutes: number;
  returnMinutes: number;
  /** How often money was taken under a number, by the bank's own record: the truth a channel cannot talk away. */
  takenTimes(outTradeNo: string): Promise<number>;
  close(): Promise<void>;
}>;

/** What not every rail has. A channel that lacks an ability says so, and the tests of it are not declared. */
export type Ability = 'lostRequest' | 'expiry' | 'cancel' | 'late' | 'news';
const EVERY: readonly Ability[] = ['lostRequest', 'expiry', 'cancel', 'late', 'news'];

/** Declares the suite. `make` is called before each test; its clock stands inside the channel's window. */
export function channelContract(name: string, make: () => Promise<ChannelUnderTest>, abilities: readonly Ability[] = EVERY): void {
  const where = (needed: readonly Ability[], title: string, body: () => Promise<void>) => {
    if (needed.every((ability) => abilities.includes(ability))) it(title, body);
  };

  describe(`the channel ${name}, as every channel,`, () => {
    let bank: ChannelUnderTest;
    let number = 0;
    beforeEach(async () => {
      bank = await make();
    });
    afterEach(() => bank.close());

    const validUntil = (): Instant | null => {
      const minutes = bank.channel.profile.requestExpiryMinutes;
      return minutes === null ? null : plusMinutes(bank.clock.now(), minutes);
    };
    const request = (account: string, with_: Partial<DebitRequest> = {}): DebitRequest => {
      number += 1;
      const { prefix, length } = bank.channel.profile.number;
      return {
        outTradeNo: prefix + String(number).padStart(length - prefix.length, '0'),
        amount: money(110_016, bank.currency),
        rail: bank.rail,
        account,
        agreementNo: null,
        valueDate: bank.clock.today(bank.channel.profile.zone),
        validUntil: validUntil(),
        memo: `L-${number}/1:110016`,
        ...with_,
      };
    };
    const fits = (answer: Outcome | Answer, sent: DebitRequest, since: Instant) => {
      if (answer.kind !== 'succeeded' && answer.kind !== 'returned') return expect.fail(`no echo in ${answer.kind}`);
      expect(answer.echo.amount).to.deep.equal(sent.amount);
      expect(answer.echo.accountLast4).to.equal(sent.account.slice(-4));
      expect(answer.echo.at.getTime()).to.be.at.least(since.getTime());
    };

    it('echoes amount and account of what it took, at a time not before it was asked', async () => {
      const since = bank.clock.now();
      const sent = request(bank.accounts.pays);
      const outcome = await bank.channel.debit(sent);
      expect(outcome.kind).to.equal('succeeded');
      fits(outcome, sent, since);
      fits(await bank.channel.query(sent.outTradeNo), sent, since);
    });

    it('takes the same number with the same bytes once, however often and at however many places it is sent', async () => {
      const sent = request(bank.accounts.pays);
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => bank.channel.debit(sent)));
      const kinds = outcomes.map((o) => o.kind).sort();
      expect(kinds.filter((k) => k === 'succeeded').length, kinds.join()).to.be.at.least(1);
      expect(
        kinds.every((k) => k === 'succeeded' || k === 'duplicate'),
        kinds.join(),
      ).to.equal(true);
      expect(await bank.takenTimes(sent.outTradeNo)).to.equal(1);
      expect((await bank.channel.query(sent.outTradeNo)).kind).to.equal('succeeded');
    });

    it('never takes a second sum under a known number', async () => {
      const sent = request(bank.accounts.pays);
      await bank.channel.debit(sent);
      const outcome = await bank.channel.debit({ ...sent, amount: money(5_000, bank.currency), memo: 'L-1/1:5000' });
      expect(outcome.kind).to.equal('duplicate');
      expect(await bank.takenTimes(sent.outTradeNo)).to.equal(1);
      fits(await bank.channel.query(sent.outTradeNo), sent, bank.clock.now());
    });

    it('does not know a number that was never sent', async () => {
      expect((await bank.channel.query(request(bank.accounts.pays).outTradeNo)).kind).to.equal('notFound');
    });

    it('keeps to a refusal: the number stays refused, and nothing is taken under it', async () => {
      const sent = request(bank.accounts.noFunds);
      const outcome = await bank.channel.debit(sent);
      expect(outcome).to.include({ kind: 'failed', failure: 'insufficientFunds' });
      expect(['failed', 'duplicate']).to.include((await bank.channel.debit(sent)).kind);
      expect(await bank.channel.query(sent.outTradeNo)).to.include({ kind: 'failed', failure: 'insufficientFunds' });
      expect(await bank.takenTimes(sent.outTradeNo)).to.equal(0);
    });

    it('calls a lost reply unknown, and tells the truth when asked past its lag', async () => {
      const since = bank.clock.now();
      const sent = request(bank.accounts.lostReply);
      expect((await bank.channel.debit(sent)).kind).to.equal('unknown');
      bank.clock.pass(bank.lagMinutes);
      const answer = await bank.channel.query(sent.outTradeNo);
      expect(answer.kind).to.equal('succeeded');
      fits(answer, sent, since);
      expect(await bank.takenTimes(sent.outTradeNo)).to.equal(1);
    });

    it('answers a repeat after a lost reply without taking again', async () => {
      const sent = request(bank.accounts.lostReply);
      await bank.channel.debit(sent);
      expect((await bank.channel.debit(sent)).kind).to.not.equal('succeeded');
      expect(await bank.takenTimes(sent.outTradeNo)).to.equal(1);
    });

    where(['lostRequest'], 'calls a request that got lost unknown, and still does not know it past its horizon', async () => {
      const sent = request(bank.accounts.lostRequest);
      expect((await bank.channel.debit(sent)).kind).to.equal('unknown');
      bank.clock.pass(Math.max(bank.lagMinutes, bank.channel.profile.queryHorizonMinutes));
      expect((await bank.channel.query(sent.outTradeNo)).kind).to.equal('notFound');
      expect(await bank.takenTimes(sent.outTradeNo)).to.equal(0);
    });

    where(['expiry'], 'refuses what arrives after its expiry', async () => {
      const sent = request(bank.accounts.pays, { validUntil: plusMinutes(bank.clock.now(), -1) });
      expect((await bank.channel.debit(sent)).kind).to.equal('failed');
      expect(await bank.takenTimes(sent.outTradeNo)).to.equal(0);
    });

    where(['cancel'], 'acknowledges a cancellation only where nothing was and nothing will be taken', async () => {
      const cancel = cancelOf(bank.channel);
      const [taken, before] = [request(bank.accounts.pays), request(bank.accounts.pays)];
      await bank.channel.debit(taken);
      expect(await cancel(taken.outTradeNo)).to.equal(false);
      expect(await cancel(before.outTradeNo)).to.equal(true);
      expect((await bank.channel.debit(before)).kind).to.not.equal('succeeded');
      expect(await bank.takenTimes(before.outTradeNo)).to.equal(0);
      expect(await cancel(before.outTradeNo), 'asked again').to.equal(true);
    });

    where(['cancel', 'late'], 'lets an accepted debit be cancelled before its result, and not after', async () => {
      const { late } = bank.accounts;
      const cancel = cancelOf(bank.channel);
      const [soon, tooLate] = [request(late), request(late)];
      expect((await bank.channel.debit(soon)).kind).to.equal('accepted');
      expect(await cancel(soon.outTradeNo)).to.equal(true);
      await bank.channel.debit(tooLate);
      bank.clock.pass(bank.lateMinutes);
      expect((await bank.channel.query(tooLate.outTradeNo)).kind).to.equal('succeeded');
      expect(await cancel(tooLate.outTradeNo)).to.equal(false);
      expect(await bank.takenTimes(soon.outTradeNo)).to.equal(0);
    });

    where(['late'], 'accepts now and tells the result later, by query and by news alike', async () => {
      const { late } = bank.accounts;
      const sent = request(late);
      expect((await bank.channel.debit(sent)).kind).to.equal('accepted');
      expect((await bank.channel.query(sent.outTradeNo)).kind).to.equal('accepted');
      expect((await allNews(bank.channel)).filter((n) => n.outTradeNo === sent.outTradeNo)).to.deep.equal([]);
      bank.clock.pass(bank.lateMinutes);
      const answer = await bank.channel.query(sent.outTradeNo);
      expect(answer.kind).to.equal('succeeded');
      const told = (await allNews(bank.channel)).filter((n) => n.outTradeNo === sent.outTradeNo);
      if (abilities.includes('news')) expect(told.map((n) => n.answer)).to.deep.include(answer);
    });

    where(['news'], 'tells of a return when it happens and not before, with what was given back', async () => {
      const { returned } = bank.accounts;
      const since = bank.clock.now();
      const sent = request(returned);
      expect((await bank.channel.debit(sent)).kind).to.equal('succeeded');
      expect(await allNews(bank.channel)).to.deep.equal([]);
      bank.clock.pass(bank.returnMinutes);
      const [item] = await allNews(bank.channel);
      expect(item?.outTradeNo).to.equal(sent.outTradeNo);
      expect(item?.answer.kind).to.equal('returned');
      fits(item!.answer, sent, since);
      expect((await bank.channel.query(sent.outTradeNo)).kind).to.equal('returned');
    });

    where(['news'], 'tells its news in one order for ever, each with an id of its own, and from any cursor on', async () => {
      const { returned } = bank.accounts;
      for (let k = 0; k < 5; k++) await bank.channel.debit(request(returned));
      bank.clock.pass(bank.returnMinutes);
      const whole = await allNews(bank.channel, 100);
      expect(whole.length).to.equal(5);
      expect(new Set(whole.map((n) => n.id)).size).to.equal(5);
      expect(await allNews(bank.channel, 2)).to.deep.equal(whole);
      expect(await allNews(bank.channel, 1)).to.deep.equal(whole);
      const { cursor } = await newsOf(bank.channel)(null, 100);
      await bank.channel.debit(request(returned));
      bank.clock.to(plusMinutes(bank.clock.now(), bank.returnMinutes));
      const later = await newsOf(bank.channel)(cursor, 100);
      expect(later.items.length, 'after the cursor comes what is new').to.equal(1);
      expect(whole.map((n) => n.id)).to.not.include(later.items[0]?.id);
      expect((await newsOf(bank.channel)(later.cursor, 100)).cursor, 'nothing new keeps the place').to.equal(later.cursor);
    });

    it('states rails, currencies, window and horizon in its profile', () => {
      const { profile } = bank.channel;
      expect(profile.rails).to.include(bank.rail);
      expect(profile.currencies).to.include(bank.currency);
      expect(profile.queryHorizonMinutes).to.be.at.least(bank.lagMinutes);
      expect(addDays(businessDate('2026-01-01'), profile.dedupeDays) > businessDate('2026-01-01')).to.equal(true);
    });
  });
}

/** A channel that claims an ability and lacks the call fails here. */
function cancelOf(channel: Channel) {
  if (!channel.cancel) throw new Error(`${channel.profile.name} has no cancel: leave 'cancel' out of its abilities`);
  return channel.cancel;
}

function newsOf(channel: Channel) {
  if (!channel.news) throw new Error(`${channel.profile.name} has no news: leave 'news' out of its abilities`);
  return channel.news;
}

/** The whole stream, read `limit` at a time. */
async function allNews(channel: Channel, limit = 100): Promise<News[]> {
  const items: News[] = [];
  const news = channel.news ?? (async () => ({ items: [], cursor: null }));
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof news>> = await news(cursor, limit);
    items.push(...page.items);
    if (page.items.length < limit) return items;
    cursor = page.cursor;
  }
}
