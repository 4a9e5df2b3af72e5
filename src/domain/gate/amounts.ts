/** Rules about how much: what is owed, what the payer agreed to, what the rail takes in one debit and in one day. */
import { addDays, addMonths, type BusinessDate } from '../clock.ts';
import { outstanding } from '../plan.ts';
import { type Case, type Finding, no, ofAccount, ofCycle, takes, wasRefused } from './case.ts';
import { openingOn } from './times.ts';
import { said } from './words.ts';

const whole = (minor: number): boolean => Number.isSafeInteger(minor) && minor > 0;

/** Whole minor units above zero, and the aims sum to the amount. */
export function amountPositive({ ask }: Case): Finding {
  if (!whole(ask.minor)) return no(`an amount is a whole number of minor units above zero, not ${ask.minor}`, 'lender');
  const sum = ask.aims.reduce((s, aim) => s + aim.minor, 0);
  if (!ask.aims.every((aim) => whole(aim.minor)) || sum !== ask.minor)
    return no(`the instalments aimed at sum to ${said(sum, ask.currency)}, the amount is ${said(ask.minor, ask.currency)}`, 'lender');
  return null;
}

/** No instalment is asked for more than is open on it, none twice, and the ask names the oldest one and its due date truly. */
export function amountOutstanding(c: Case): Finding {
  const { ask } = c;
  let owed = 0;
  for (const [k, aim] of ask.aims.entries()) {
    const instalment = c.aimed[k];
    const left = instalment ? outstanding(instalment) : 0;
    const name = instalment ? `instalment ${instalment.n}` : `instalment ${aim.instalmentId}, which the plan does not have`;
    if (aim.minor > left || ask.aims.findIndex((other) => other.instalmentId === aim.instalmentId) !== k)
      return no(`${said(aim.minor, ask.currency)} is asked for ${name}: ${said(left, ask.currency)} is open`, 'lender', null, {
        before: aim.minor,
        limit: left,
      });
    owed += left;
  }
  if (!c.oldest || c.oldest.id !== ask.cycle || c.oldest.dueDate !== ask.dueDate)
    return no(
      `the ask says it is for the due date ${ask.dueDate}; its oldest instalment is due on ${c.oldest?.dueDate ?? 'no day'}`,
      'lender',
    );
  return { before: 0, after: ask.minor, limit: owed };
}

export function penaltyAllowed({ ask, facts: { pack } }: Case): Finding {
  if (pack.penaltyAllowed || ask.penaltyMinor === 0) return null;
  return no(`${said(ask.penaltyMinor, ask.currency)} of the ask is penalty; ${pack.title} takes none`, pack.sources[0]!);
}

/** A debit below what is open is a step-down, whatever the ask calls itself; parts of a split are judged by `splitAllowed`. */
export function stepDownAllowed(c: Case): Finding {
  const { pack, mandate, strategy } = c.facts;
  const owed = c.aimed.reduce((sum, i) => sum + (i ? outstanding(i) : 0), 0);
  const smaller = c.ask.steppedDown || (c.ask.part === null && c.ask.minor < owed);
  if (!smaller) return null;
  const what = `${said(c.ask.minor, c.ask.currency)} is less than the ${said(owed, c.ask.currency)} open`;
  if (pack.stepDown === 'forbidden') return no(`${what}; ${pack.title} forbids smaller debits`, pack.stepDownSource);
  if (mandate.amountKind === 'fixed') return no(`${what}; the mandate is for a fixed amount`, 'mandate');
  if (c.ask.steppedDown && strategy.stepDown === null) return no(`${what}; the strategy has no ladder`, 'strategy');
  return null;
}

/** Parts run one after another: each follows a part that succeeded, so that the first refusal ends the split. */
export function splitAllowed(c: Case): Finding {
  const { part } = c.ask;
  const { pack, mandate } = c.facts;
  if (part === null) return null;
  if (!pack.split) return no(`${pack.title} does not allow one amount in parts`, pack.sources[0]!);
  if (mandate.amountKind === 'fixed') return no('the mandate is for a fixed amount, which is not taken in parts', 'mandate');
  if (!Number.isSafeInteger(part) || part < 1) return no(`parts are numbered 1, 2, 3 ..., not ${part}`, 'lender');
  if (part === 1) return null;
  const last = c.counted.findLast((a) => a.planId === c.ask.planId);
  if (last && ofCycle(last, c) && last.part === part - 1 && last.state === 'succeeded') return null;
  return no(`part ${part} is sent only after part ${part - 1} succeeded`, 'lender');
}

/** Some rails take the same debit again, or none: the amount of the cycle's first refused attempt is the only one. */
export function sameAmount(c: Case): Finding {
  const { pack } = c.facts;
  if (!pack.sameAmount) return null;
  const first = c.counted.find((a) => ofCycle(a, c) && wasRefused(a));
  if (!first || first.amount.minor === c.ask.minor) return null;
  return no(
    `the debit refused on ${first.businessDate} was ${said(first.amount.minor, first.amount.currency)}; ${pack.title} presents again for the same amount only, not ${said(c.ask.minor, c.ask.currency)}`,
    pack.stepDownSource,
  );
}

export function perDebitCap({ ask, facts: { mandate } }: Case): Finding {
  const cap = mandate.perDebitCap;
  if (cap === null) return null;
  const counters = { before: ask.minor, limit: cap };
  if (ask.minor > cap)
    return no(`${said(ask.minor, ask.currency)} is above the mandate's ${said(cap, ask.currency)} a debit`, 'mandate', null, counters);
  if (mandate.amountKind === 'fixed' && ask.minor !== cap)
    return no(`${said(ask.minor, ask.currency)} is not the mandate's fixed ${said(cap, ask.currency)}`, 'mandate', null, counters);
  return { before: 0, after: ask.minor, limit: cap };
}

/** The smaller of the rail's and the channel's ceiling. */
export function perDebitMax({ ask, facts: { pack, channel } }: Case): Finding {
  const rail = pack.perDebitMax ?? Number.POSITIVE_INFINITY;
  const own = channel.perDebitLimit ?? Number.POSITIVE_INFINITY;
  const limit = Math.min(rail, own);
  if (limit === Number.POSITIVE_INFINITY) return null;
  if (ask.minor <= limit) return { before: 0, after: ask.minor, limit };
  const whose = rail <= own ? pack.title : `the channel ${channel.name}`;
  return no(
    `${said(ask.minor, ask.currency)} is above the ${said(limit, ask.currency)} a debit of ${whose}`,
    rail <= own ? pack.sources[0]! : 'channel',
    null,
    {
      before: ask.minor,
      limit,
    },
  );
}

/** Sums what was taken, or may have been, and adds the ask; equal to the limit passes. */
function cap(
  c: Case,
  limit: number | null,
  used: (a: Case['counted'][number]) => boolean,
  what: string,
  source: string,
  again: () => BusinessDate,
): Finding {
  if (limit === null) return null;
  const before = c.counted.reduce((sum, a) => (takes(a) && used(a) ? sum + a.amount.minor : sum), 0);
  const after = before + c.ask.minor;
  if (after <= limit) return { before, after, limit };
  const says = `${said(before, c.ask.currency)} is taken and ${said(c.ask.minor, c.ask.currency)} asked; ${what} is ${said(limit, c.ask.currency)}`;
  return no(says, source, c.ask.minor > limit ? null : openingOn(c, again()), { before, limit });
}

const monthAfter = (today: BusinessDate): BusinessDate => addMonths(`${today.slice(0, 7)}-01` as BusinessDate, 1);
const tomorrow = (c: Case): BusinessDate => addDays(c.today, 1);

export const dailyCap = (c: Case): Finding =>
  cap(
    c,
    c.facts.mandate.dailyCap,
    (a) => a.mandateId === c.ask.mandateId && a.businessDate === c.today,
    "the mandate's ceiling a day",
    'mandate',
    () => tomorrow(c),
  );

export const monthlyCap = (c: Case): Finding =>
  cap(
    c,
    c.facts.mandate.monthlyCap,
    (a) => a.mandateId === c.ask.mandateId && a.businessDate.slice(0, 7) === c.today.slice(0, 7),
    "the mandate's ceiling a month",
    'mandate',
    () => monthAfter(c.today),
  );

export const dailyLimitPerAccount = (c: Case): Finding =>
  cap(
    c,
    c.facts.channel.dailyLimitPerAccount,
    (a) => ofAccount(a, c) && a.channel === c.ask.channel && a.businessDate === c.today,
    `the ceiling of ${c.facts.channel.name} an account and day`,
    'channel',
    () => tomorrow(c),
  );
