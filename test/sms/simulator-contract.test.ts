import { openSimulatorSms } from '../../src/sms/simulator/index.ts';
import { handClock } from '../contracts/hand-clock.ts';
import { smsContract } from '../contracts/sms.ts';
import { openFreshDatabase } from '../support/database.ts';

smsContract('simulator', async () => {
  const base = await openFreshDatabase();
  const clock = handClock('2026-01-05T02:00:00Z');
  const sms = await openSimulatorSms({ db: base.db, clock, seed: 7 });
  return {
    gateway: sms.gateway,
    clock,
    numbers: {
      delivered: '+8613800138000',
      notDelivered: '+8613800130027',
      lostAnswer: '+8613800130035',
      optedOut: '+8613800130043',
      invalid: '+8613800130050',
      queueFull: '+8613800130068',
    },
    reportMinutes: 5,
    sentTimes: async (id) => (await sms.outbox()).filter((row) => row._id === id).length,
    close: () => base.drop(),
  };
});
