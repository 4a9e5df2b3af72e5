import { expect } from 'chai';
import { openSimulatorSms } from '../../src/sms/simulator/index.ts';
import { handClock } from '../contracts/hand-clock.ts';
import { freshDatabase } from '../support/database.ts';

describe('the simulated text gateway', () => {
  const base = freshDatabase();
  const message = (id: string, to = '+8613800138000') => ({ id, to, template: 'reminder', language: 'zh', text: `text ${id}`, params: {} });

  it('sends a message id once: a repeat is refused and counted, and reports come when they are due', async () => {
    const clock = handClock('2026-01-05T02:00:00Z');
    const sms = await openSimulatorSms({ db: base.db, clock, seed: 7 });
    const sent = await Promise.all([1, 2, 3].map(() => sms.gateway.send(message('ntc_1'))));
    expect(sent.map((o) => o.kind).sort()).to.deep.equal(['failed', 'failed', 'sent']);
    expect(await sms.counts()).to.deep.equal({ sent: 1, repeats: 2, refused: 0 });
    const due = (await sms.nextDue())!;
    expect(due.getTime() - clock.now().getTime()).to.be.within(5_000, 300_000);
    clock.to(due);
    const other = await openSimulatorSms({ db: base.db, clock, seed: 7 });
    const read = await Promise.all([sms, other, sms].map((s) => s.gateway.reports(null, 10)));
    for (const { items } of read) expect(items.map((r) => [r.messageId, r.at])).to.deep.equal([['ntc_1', due]]);
    expect(await sms.nextDue()).to.equal(null);
  });

  it('tells of one delivery without telling of the next, which is yet to come', async () => {
    await base.db.collection('simsms_outbox').deleteMany({});
    const clock = handClock('2026-01-05T02:00:00Z');
    const sms = await openSimulatorSms({ db: base.db, clock, seed: 7 });
    for (const id of ['ntc_a', 'ntc_b', 'ntc_c']) await sms.gateway.send(message(id));
    const told: number[] = [];
    for (let due = await sms.nextDue(); due; due = await sms.nextDue()) {
      clock.to(due);
      told.push((await sms.gateway.reports(null, 10)).items.filter((r) => /^ntc_[abc]$/.test(r.messageId)).length);
    }
    expect(told).to.deep.equal([1, 2, 3]);
  });

  it('keeps the text for tests, and no number in clear', async () => {
    const sms = await openSimulatorSms({ db: base.db, clock: handClock('2026-01-05T02:00:00Z'), seed: 7 });
    await sms.gateway.send(message('ntc_2', '+8613900139001'));
    expect((await sms.outbox('+8613900139001')).map((r) => r.text)).to.deep.equal(['text ntc_2']);
    expect(JSON.stringify(await sms.outbox())).to.not.include('13900139001');
  });

  it('loses answers and deliveries about as often as it is told, by what is said and not by order', async () => {
    const clock = handClock('2026-01-05T02:00:00Z');
    const sms = await openSimulatorSms({ db: base.db, clock, seed: 7, faults: { lostAnswer: 0.2, notDelivered: 0.2 } });
    const ids = Array.from({ length: 200 }, (_, k) => `ntc_x${k}`);
    const kinds = await Promise.all(ids.map(async (id) => (await sms.gateway.send(message(id))).kind));
    expect(kinds.filter((k) => k === 'unknown').length).to.be.within(22, 60);
    const failed = (await sms.outbox()).filter((r) => r.reportState === 'failed');
    expect(failed.length).to.be.within(18, 55);
    await base.db.collection('simsms_outbox').deleteMany({});
    const again = new Map(
      await Promise.all([...ids].reverse().map(async (id) => [id, (await sms.gateway.send(message(id))).kind] as const)),
    );
    expect(ids.map((id) => again.get(id))).to.deep.equal(kinds);
  });

  it('gives the same words to the same number the same fate, whatever their id', async () => {
    const sms = await openSimulatorSms({
      db: base.db,
      clock: handClock('2026-01-05T02:00:00Z'),
      seed: 7,
      faults: { lostAnswer: 0.3, queueFull: 0.3 },
    });
    const fates = async (ids: string) => {
      const kinds: string[] = [];
      for (let k = 0; k < 60; k++) kinds.push((await sms.gateway.send({ ...message(`ntc_${ids}${k}`), text: `text ${k}` })).kind);
      return kinds;
    };
    const first = await fates('one');
    expect(new Set(first).size).to.equal(3);
    expect(await fates('two')).to.deep.equal(first);
  });
});
