/** What every text-message gateway must do. `make` opens one on an empty outbox; numbers are those on which the named thing happens. */
import { expect } from 'chai';
import type { DeliveryReport, Message, SmsGateway } from '../../src/sms/gateway.ts';
import type { HandClock } from './hand-clock.ts';

export type GatewayUnderTest = Readonly<{
  gateway: SmsGateway;
  clock: HandClock;
  numbers: Readonly<{ delivered: string; notDelivered: string; optedOut: string; invalid: string; lostAnswer: string; queueFull: string }>;
  /** Minutes after which every report has come. */
  reportMinutes: number;
  /** How often a message went out to a phone, by the gateway's own record. */
  sentTimes(messageId: string): Promise<number>;
  close(): Promise<void>;
}>;

/** Declares the suite; `make` is called before each test. */
export function smsContract(name: string, make: () => Promise<GatewayUnderTest>): void {
  describe(`the gateway ${name}, as every gateway,`, () => {
    let sms: GatewayUnderTest;
    let number = 0;
    beforeEach(async () => {
      sms = await make();
    });
    afterEach(() => sms.close());

    const message = (to: string): Message => {
      number += 1;
      return {
        id: `ntc_${String(number).padStart(26, '0')}`,
        to,
        template: 'reminder',
        language: 'en',
        text: '1,100.16 is due',
        params: { amount: '1,100.16' },
      };
    };

    it('gives its own number for what it sent, and reports the delivery under it', async () => {
      const sent = message(sms.numbers.delivered);
      const outcome = await sms.gateway.send(sent);
      if (outcome.kind !== 'sent') return expect.fail(outcome.kind);
      expect(await allReports(sms.gateway), 'not before it happened').to.deep.equal([]);
      sms.clock.pass(sms.reportMinutes);
      const [report, ...more] = await allReports(sms.gateway);
      expect(more).to.deep.equal([]);
      expect(report).to.include({ state: 'delivered', gatewayNo: outcome.gatewayNo, messageId: sent.id });
      expect(report!.at <= sms.clock.now()).to.equal(true);
    });

    it('reports what did not reach the phone as failed', async () => {
      const sent = message(sms.numbers.notDelivered);
      expect((await sms.gateway.send(sent)).kind).to.equal('sent');
      sms.clock.pass(sms.reportMinutes);
      expect((await allReports(sms.gateway))[0]).to.include({ state: 'failed', messageId: sent.id });
    });

    it('says of a receiver who opted out: never again', async () => {
      const sent = message(sms.numbers.optedOut);
      expect(await sms.gateway.send(sent)).to.include({ kind: 'failed', again: 'never', optOut: true });
      expect(await sms.sentTimes(sent.id)).to.equal(0);
    });

    it('says of a number that is none: never again, without an opt-out', async () => {
      expect(await sms.gateway.send(message(sms.numbers.invalid))).to.include({ kind: 'failed', again: 'never', optOut: false });
    });

    it('says of a full queue: later, and then sends', async () => {
      const sent = message(sms.numbers.queueFull);
      expect(await sms.gateway.send(sent)).to.include({ kind: 'failed', again: 'later', optOut: false });
      expect(await sms.sentTimes(sent.id)).to.equal(0);
      expect((await sms.gateway.send(sent)).kind).to.equal('sent');
      expect(await sms.sentTimes(sent.id)).to.equal(1);
    });

    it('calls a lost answer unknown, never failed', async () => {
      const sent = message(sms.numbers.lostAnswer);
      expect((await sms.gateway.send(sent)).kind).to.equal('unknown');
      sms.clock.pass(sms.reportMinutes);
      expect((await allReports(sms.gateway))[0]).to.include({ messageId: sent.id, state: 'delivered' });
    });

    it('tells its reports in one order for ever, from any cursor on', async () => {
      for (let k = 0; k < 5; k++) await sms.gateway.send(message(sms.numbers.delivered));
      sms.clock.pass(sms.reportMinutes);
      const whole = await allReports(sms.gateway, 100);
      expect(whole.length).to.equal(5);
      expect(new Set(whole.map((r) => r.id)).size).to.equal(5);
      expect(await allReports(sms.gateway, 2)).to.deep.equal(whole);
      const { cursor } = await sms.gateway.reports(null, 100);
      await sms.gateway.send(message(sms.numbers.delivered));
      sms.clock.pass(sms.reportMinutes);
      expect((await sms.gateway.reports(cursor, 100)).items.length).to.equal(1);
    });
  });
}

async function allReports(gateway: SmsGateway, limit = 100): Promise<DeliveryReport[]> {
  const items: DeliveryReport[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<SmsGateway['reports']>> = await gateway.reports(cursor, limit);
    items.push(...page.items);
    if (page.items.length < limit) return items;
    cursor = page.cursor;
  }
}
