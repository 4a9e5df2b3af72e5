/** What must hold of a plan's attempts by themselves: one in flight (I2), each ends (I5), its core never changes (I6), unknown ends by evidence (I8). */

import { type Attempt, isOpen } from '../domain/attempt.ts';
import { type Instant, plusMs } from '../domain/clock.ts';
import { isSettled } from '../domain/discrepancy.ts';
import type { DulyEvent } from '../domain/event.ts';
import { coreHashOf } from '../flows/intend.ts';
import type { Dossier, Rules } from './dossier.ts';
import type { Findings } from './findings.ts';

/** Two workers' clocks differ by no more; only a longer overlap is one. */
const SKEW_MS = 2_000;
/** Beyond the channel's horizon an attempt may stay open for so long before a person must have been called. */
const DAY_MS = 86_400_000;
const PROOF: ReadonlySet<string> = new Set(['query', 'news', 'statement', 'person']);

export function checkAttempts(out: Findings, d: Dossier, rules: Rules): void {
  for (const id of ['I2', 'I5', 'I6', 'I8']) out.looked(id, d.attempts.length);
  oneInFlight(out, d);
  for (const a of d.attempts) {
    ends(out, d, a, rules);
    keepsItsCore(out, a, d.events.get(a.id) ?? []);
    endsByEvidence(out, d, a);
  }
}

/** `until` null: still open. A late success does not open an attempt again. */
function openSpan(d: Dossier, a: Attempt): Readonly<{ from: Instant; until: Instant | null }> {
  const end = (d.events.get(a.id) ?? []).find((e) => e.to !== null && !isOpen(e.to as Attempt['state']));
  return { from: a.createdAt, until: end?.at ?? null };
}

function oneInFlight(out: Findings, d: Dossier): void {
  const open = d.attempts.filter((a) => a.open);
  if (open.length > 1) out.report('I2', 'a plan has more than one open attempt', d.plan.id, { attempts: open.map((a) => a.id) });
  d.attempts.slice(1).forEach((a, k) => {
    const before = d.attempts[k] as Attempt;
    const { until } = openSpan(d, before);
    if (until === null || plusMs(a.createdAt, SKEW_MS) < until)
      out.report('I2', 'an attempt was born while the one before it was open', a.id, {
        bornAt: a.createdAt,
        before: before.id,
        openUntil: until,
      });
  });
}

function ends(out: Findings, d: Dossier, a: Attempt, { now, profiles }: Rules): void {
  const horizonMs = (profiles.get(a.channel)?.queryHorizonMinutes ?? 0) * 60_000 + DAY_MS;
  if (!isOpen(a.state) || plusMs(a.createdAt, horizonMs) >= now) return;
  if (!d.discrepancies.some((x) => x.attemptId === a.id && !isSettled(x.state)))
    out.report('I5', 'an attempt is open beyond its horizon and nobody was told', a.id, { state: a.state, since: a.createdAt });
}

function keepsItsCore(out: Findings, a: Attempt, events: readonly DulyEvent[]): void {
  if (coreHashOf(a) !== a.coreHash)
    out.report('I6', 'an attempt is no longer what was intended', a.id, { stored: a.coreHash, now: coreHashOf(a) });
  const told = events.find((e) => e.data.outTradeNo !== a.outTradeNo || e.data.minor !== a.amount.minor || e.data.channel !== a.channel);
  if (told) out.report('I6', 'an event tells of another debit than its attempt', told.id, { ...told.data });
}

function endsByEvidence(out: Findings, d: Dossier, a: Attempt): void {
  let since: Instant | null = null;
  for (const e of d.events.get(a.id) ?? []) {
    if (e.to === 'unknown') since = e.at;
    if (!since || e.to === 'unknown') continue;
    const { kind, ref } = e.evidence ?? { kind: 'none', ref: '' };
    const fits = kind !== 'query' || ref.startsWith(a.outTradeNo);
    if (!PROOF.has(kind) || !ref || !fits) out.report('I8', 'an attempt left unknown without evidence', e.id, { kind, ref });
    bornBetween(out, d, a, since, e.at);
    since = null;
  }
  if (since) bornBetween(out, d, a, since, null);
}

function bornBetween(out: Findings, d: Dossier, unknown: Attempt, since: Instant | null, until: Instant | null): void {
  if (!since) return;
  for (const a of d.attempts)
    if (a.id !== unknown.id && a.createdAt > since && (until === null || plusMs(a.createdAt, SKEW_MS) < until))
      out.report('I8', 'an attempt was born while another of its plan was unknown', a.id, { unknown: unknown.id, since, until });
}
