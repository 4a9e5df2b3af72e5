/** Rules about when: the days around the due date, bank days, local times, and the rest an account is given. */

import { adjust } from '../calendar.ts';
import { addDays, daysBetween, instant, plusHours, plusMinutes } from '../clock.ts';
import { localDate } from '../decide/hours.ts';
import { type Case, type Finding, no, ofAccount, ofCycle, refusedForFunds } from './case.ts';
import { endOfWindow, msAt, nextOpening, openingOn, packZone } from './times.ts';
import { saidAt } from './words.ts';

/** Days are counted from the due date of the oldest instalment aimed at, and, for a re-presentment, from the cycle's first attempt. */
export function lateDays(c: Case): Finding {
  const { pack } = c.facts;
  const due = c.oldest?.dueDate ?? c.ask.dueDate;
  const late = Math.max(0, daysBetween(due, c.today));
  if (pack.lateDays !== null && late > pack.lateDays)
    return no(`${late} days after the due date ${due}; ${pack.title} allows ${pack.lateDays}`, pack.sources[0]!, null, {
      before: late,
      limit: pack.lateDays,
    });
  const first = c.counted.find((a) => ofCycle(a, c));
  if (pack.representDays !== null && first) {
    const since = daysBetween(first.businessDate, c.today);
    if (since > pack.representDays)
      return no(
        `${since} days after the first presentment of ${first.businessDate}; ${pack.title} allows ${pack.representDays}`,
        pack.sources[0]!,
        null,
        {
          before: since,
          limit: pack.representDays,
        },
      );
  }
  return pack.lateDays === null ? null : { before: late, after: late, limit: pack.lateDays };
}

/** Judged on the last instalment aimed at: a debit that takes a future instalment along is early for it. */
export function earlyDebit(c: Case): Finding {
  const { pack, strategy, calendar } = c.facts;
  const due = c.lastDue ?? c.ask.dueDate;
  if (c.today >= due) return null;
  const early = daysBetween(c.today, due);
  if (early > pack.earlyDays)
    return no(
      `${early} days before the due date ${due}; ${pack.title} allows ${pack.earlyDays}`,
      pack.sources[0]!,
      openingOn(c, addDays(due, -pack.earlyDays)),
      {
        before: early,
        limit: pack.earlyDays,
      },
    );
  const planned = adjust(due, strategy.holidayPolicy, calendar);
  const ahead = Math.max(0, daysBetween(c.today, planned));
  if (ahead > strategy.earlyDebitDays)
    return no(
      `${ahead} days before ${planned}, the day of the debit; the strategy allows ${strategy.earlyDebitDays}`,
      'strategy',
      openingOn(c, addDays(planned, -strategy.earlyDebitDays)),
      { before: ahead, limit: strategy.earlyDebitDays },
    );
  return { before: early, after: early, limit: pack.earlyDays };
}

export function businessDay(c: Case): Finding {
  const { pack, calendar } = c.facts;
  if (!pack.businessDaysOnly) return null;
  const date = localDate(c.when, packZone(c));
  if (calendar.isBusinessDay(date)) return null;
  return no(
    `${date} is no bank day in ${calendar.name}; ${pack.title} debits on bank days`,
    pack.sources[0]!,
    openingOn(c, calendar.onOrAfter(date)),
  );
}

/** The rail's hours, the channel's hours and the lender's stop time, each in its own zone. An end is not inside. */
export function window(c: Case): Finding {
  const { pack, channel, strategy, zone } = c.facts;
  const ms = c.when.getTime();
  const list = (windows: readonly { from: string; to: string }[]) => windows.map((w) => `${w.from}-${w.to}`).join(', ');
  if (pack.windows.length > 0 && endOfWindow(ms, pack.windows, packZone(c)) === null)
    return no(
      `${saidAt(c.when, packZone(c))} is outside ${list(pack.windows)}, when ${pack.title} allows debits`,
      pack.windowSource ?? pack.sources[0]!,
      nextOpening(c, c.when),
    );
  if (channel.windows.length > 0 && endOfWindow(ms, channel.windows, channel.zone) === null)
    return no(
      `${saidAt(c.when, channel.zone)} is outside ${list(channel.windows)}, the hours of ${channel.name}`,
      'channel',
      nextOpening(c, c.when),
    );
  if (ms >= msAt(c.today, strategy.present.stopTime, zone))
    return no(
      `${saidAt(c.when, zone)} is not before ${strategy.present.stopTime}, the strategy's stop time`,
      'strategy',
      nextOpening(c, c.when),
    );
  return null;
}

export function cutOff(c: Case): Finding {
  const { channel } = c.facts;
  if (c.when.getTime() < msAt(localDate(c.when, channel.zone), channel.cutOff, channel.zone)) return null;
  return no(
    `${saidAt(c.when, channel.zone)} is not before ${channel.cutOff}, the day's end at ${channel.name}`,
    'channel',
    nextOpening(c, c.when),
  );
}

export function blackout(c: Case): Finding {
  const { channel } = c.facts;
  const end = endOfWindow(c.when.getTime(), channel.blackouts, channel.zone);
  if (end === null) return null;
  return no(
    `${channel.name} is closed for maintenance until ${saidAt(instant(end), channel.zone)}`,
    'channel',
    nextOpening(c, instant(end)),
  );
}

/**
 * The rest of an account after it was found empty, counted from the ask that found it so, whichever plan made it. A rung of the ladder is
 * excused from the strategy's hours, not from the rail's, and only where the same cycle was refused the same day; its own minutes hold then.
 */
export function minGap(c: Case): Finding {
  const { pack, strategy } = c.facts;
  const last = c.counted.findLast((a) => ofAccount(a, c) && refusedForFunds(a));
  if (!last) return null;
  const rung = c.ask.steppedDown && strategy.stepDown !== null && ofCycle(last, c) && last.businessDate === c.today;
  const rests = [
    {
      until: plusHours(last.createdAt, pack.minGapHours),
      source: pack.sources[0]!,
      says: `${pack.minGapHours} hours of rest of ${pack.title}`,
    },
    rung
      ? {
          until: plusMinutes(last.createdAt, strategy.stepDown.minGapMinutes),
          source: 'strategy',
          says: `${strategy.stepDown.minGapMinutes} minutes between two rungs`,
        }
      : {
          until: plusHours(last.createdAt, strategy.retries.minGapHours),
          source: 'strategy',
          says: `${strategy.retries.minGapHours} hours of rest of the strategy`,
        },
  ];
  for (const rest of rests)
    if (c.when < rest.until)
      return no(
        `the account was short of funds on ${saidAt(last.createdAt, c.facts.zone)}; the ${rest.says} end on ${saidAt(rest.until, c.facts.zone)}`,
        rest.source,
        nextOpening(c, rest.until),
      );
  return null;
}
