/**
 * The one gate (design.md section 2). Every debit, whoever asks for it, passes `permit` or is not sent.
 *
 * `gate/rules.ts` lists the rules in the order in which they are asked: the reason that lasts longest comes first, so that a refusal names
 * what a person has to mend before what time will mend. One function a rule; the first that refuses is the answer. A strategy can only add
 * ceilings: no rule that rests on the pack reads the strategy.
 */
import { caseOf, type DebitAsk, type GateFacts, isNo } from './gate/case.ts';
import { noticeFor, slotFor } from './gate/relied.ts';
import { rulesFor, sourceOf } from './gate/rules.ts';
import { sendByOf } from './gate/times.ts';
import type { Permit, Refusal, RuleChecked } from './permit.ts';

export type { DebitAsk, GateFacts } from './gate/case.ts';

/**
 * May this debit be sent? Pure: reads no clock and no store.
 * Answers a permit that lists every rule with its counter, the notice relied on, the slot and the last instant at which the call may begin;
 * or the first rule that refuses, with its source, its numbers and the earliest instant at which it could pass by itself.
 * Throws an AssertionError when ask and facts are not of the same plan, mandate and channel.
 */
export function permit(request: DebitAsk, facts: GateFacts): Permit | Refusal {
  const c = caseOf(request, facts);
  const rules: RuleChecked[] = [];
  for (const { code, check } of rulesFor(facts.pack)) {
    const finding = check(c);
    if (isNo(finding)) return { kind: 'refusal', rule: code, ...finding };
    rules.push({
      code,
      before: finding?.before ?? null,
      after: finding?.after ?? null,
      limit: finding?.limit ?? null,
      source: sourceOf(code, facts.pack),
    });
  }
  return {
    kind: 'permit',
    pack: { name: facts.pack.name, version: facts.pack.version },
    rules,
    noticeId: noticeFor(c)?.id ?? null,
    slot: slotFor(c),
    sendBy: sendByOf(c),
  };
}
