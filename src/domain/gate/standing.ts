/** Rules about who may be debited at all: the plan, the mandate, holds, stop switches, and what an earlier attempt forbids. */
import { type Instant, plusMinutes } from '../clock.ts';
import { FAILURES } from '../failures.ts';
import { stopFor } from '../stop.ts';
import { type Case, type Finding, no, ofCycle, openFact } from './case.ts';
import { nextOpening, openingOn } from './times.ts';
import { said, saidAt } from './words.ts';

export function planActive({ facts: { plan } }: Case): Finding {
  return plan.state === 'active' ? null : no(`the plan is ${plan.state}; only an active plan is debited`, 'lender');
}

export function mandateActive(c: Case): Finding {
  const { plan, mandate, channel, pack } = c.facts;
  const refuse = (says: string, retryAt: Instant | null = null) => no(says, 'mandate', retryAt);
  if (mandate.state !== 'active') return refuse(`the mandate is ${mandate.state}; only an active mandate is debited`);
  if (mandate.lenderId !== plan.lenderId || mandate.borrowerId !== plan.borrowerId || !plan.mandateIds.includes(mandate.id))
    return refuse('the mandate was not given for this plan');
  if (mandate.currency !== plan.currency || c.ask.currency !== plan.currency)
    return refuse(
      `the mandate is in ${mandate.currency}, the ask in ${c.ask.currency}, the plan in ${plan.currency}: all must be the same`,
    );
  if (pack.currencies.length > 0 && !pack.currencies.includes(plan.currency))
    return no(`the rail ${pack.rail} does not take ${plan.currency}`, pack.sources[0]!);
  if (pack.rail !== '*' && pack.rail !== mandate.rail)
    return refuse(`the mandate is on the rail ${mandate.rail}, the rule pack is for ${pack.rail}`);
  if (!channel.rails.includes(mandate.rail) || !channel.currencies.some((x) => x === '*' || x === plan.currency))
    return no(`the channel ${channel.name} does not carry ${mandate.rail} in ${plan.currency}`, 'channel');
  if (mandate.channels.length > 0 && !mandate.channels.includes(channel.name))
    return refuse(`the mandate was signed for ${mandate.channels.join(', ')}, not for the channel ${channel.name}`);
  if (mandate.validFrom && c.today < mandate.validFrom)
    return refuse(`the mandate is valid from ${mandate.validFrom}, today is ${c.today}`, openingOn(c, mandate.validFrom));
  if (mandate.validTo && c.today > mandate.validTo) return refuse(`the mandate ended on ${mandate.validTo}, today is ${c.today}`);
  return null;
}

/** The hold that lasts longest speaks: one without an end before any that has one. A promise holds until its day. */
export function hold(c: Case): Finding {
  const holding = c.facts.plan.holds.filter((h) => h.until === null || h.until > c.when);
  if (holding.length === 0) return null;
  const longest = holding.reduce((a, b) => (a.until === null ? a : b.until === null || b.until > a.until ? b : a));
  const until = longest.until ? ` until ${saidAt(longest.until, c.facts.zone)}` : ' until a person ends it';
  return no(`a ${longest.kind} hold stops debits${until}: ${longest.why}`, 'lender', longest.until && nextOpening(c, longest.until));
}

export function stopSwitch(c: Case): Finding {
  const stop = stopFor(c.facts.stops, c.facts.plan.lenderId, c.ask.channel);
  return stop
    ? no(`debits are stopped for ${stop.scope} by ${stop.by} since ${saidAt(stop.at, c.facts.zone)}: ${stop.why}`, 'lender')
    : null;
}

/** An open attempt may have moved money: until its end is known nothing else of the plan is asked for. */
export function openAttempt({ ask, facts }: Case): Finding {
  const open =
    facts.attempts.find((a) => a.planId === ask.planId && openFact(a)) ??
    facts.accountAttempts.find((a) => a.planId === ask.planId && openFact(a));
  if (!open) return null;
  const what = open.state === 'unknown' ? 'its result is unknown' : `it is ${open.state}`;
  return no(`attempt ${open.n} over ${said(open.amount.minor, open.amount.currency)} is not ended (${what})`, 'lender');
}

/** What the rail said to an earlier attempt of the cycle under this mandate can end the asking for good. */
export function neverAfter(c: Case): Finding {
  const { pack } = c.facts;
  const last = c.counted.find(
    (a) =>
      ofCycle(a, c) &&
      a.mandateId === c.ask.mandateId &&
      a.state !== 'succeeded' &&
      a.failure !== null &&
      pack.neverAfter.includes(a.failure),
  );
  if (!last?.failure) return null;
  return no(`attempt ${last.n} was refused because ${FAILURES[last.failure].says}; ${pack.title} allows no further ask`, pack.sources[0]!);
}

/** The brake counts unknowns the bank caused: while too many are open, nothing new is presented. It is looked at again as answers come in. */
export function brake(c: Case): Finding {
  const { channel, channelBrake } = c.facts;
  const { openUnknown, shareOfLast500 } = channel.brake;
  const later = () => nextOpening(c, plusMinutes(c.when, 15));
  if (channelBrake.openUnknown >= openUnknown)
    return no(
      `${channelBrake.openUnknown} results of ${channel.name} are unknown; presenting stops at ${openUnknown}`,
      'channel',
      later(),
      {
        before: channelBrake.openUnknown,
        limit: openUnknown,
      },
    );
  if (channelBrake.recentShare >= shareOfLast500)
    return no(
      `${percent(channelBrake.recentShare)} of the last calls of ${channel.name} ended unknown; presenting stops at ${percent(shareOfLast500)}`,
      'channel',
      later(),
    );
  return { before: channelBrake.openUnknown, after: channelBrake.openUnknown, limit: openUnknown };
}

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
