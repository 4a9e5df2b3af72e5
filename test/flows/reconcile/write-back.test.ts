/** The time an attempt is given that only a file tells of: on the file's business day, and never before the attempt itself. */
import { expect } from 'chai';
import type { Attempt } from '../../../src/domain/attempt.ts';
import { bankDayOf, type ChannelProfile } from '../../../src/domain/channel-profile.ts';
import { dateIn, parseInstant } from '../../../src/domain/clock.ts';
import { bankTime } from '../../../src/flows/reconcile/write-back.ts';
import { day } from '../../support/loan.ts';

const profile = (cutOff: string) => ({ zone: 'Asia/Shanghai', cutOff }) as ChannelProfile;
const attempt = (createdAt: string) => ({ createdAt: parseInstant(createdAt) }) as Attempt;
const DAY = day('2026-01-08');

describe('the bank time of a row', () => {
  it('is the row’s own where it has one that fits', () => {
    const at = parseInstant('2026-01-08T09:11:00+08:00');
    expect(bankTime(profile('23:00'), attempt('2026-01-08T09:10:00+08:00'), DAY, at)).to.deep.equal(at);
  });

  it('is the attempt’s own where the row has none, or one before the attempt', () => {
    const one = attempt('2026-01-08T09:10:00+08:00');
    for (const at of [null, parseInstant('2026-01-08T09:09:59+08:00'), parseInstant('2026-01-09T09:11:00+08:00')])
      expect(bankTime(profile('23:00'), one, DAY, at)).to.deep.equal(one.createdAt);
  });

  it('falls on the file’s day for an attempt of the days before, whatever the cut-off', () => {
    for (const cutOff of ['23:00', '17:00', '00:00', '24:00'])
      for (const created of ['2026-01-05T09:10:00+08:00', '2026-01-07T23:30:00+08:00']) {
        const at = bankTime(profile(cutOff), attempt(created), DAY, null);
        expect(bankDayOf(profile(cutOff), at), `${cutOff} ${created}`).to.equal(DAY);
        expect(at >= parseInstant(created)).to.equal(true);
      }
  });

  it('keeps the attempt’s own time where the file’s day had closed before it was made', () => {
    const one = attempt('2026-01-09T09:10:00+08:00');
    expect(dateIn(bankTime(profile('23:00'), one, DAY, null), 'Asia/Shanghai')).to.equal('2026-01-09');
  });
});
