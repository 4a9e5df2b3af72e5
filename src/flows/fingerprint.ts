/**
 * What a registration said, as a hash: an equal registration under the same external id is the same plan, another one is a conflict.
 *
 * Beside the whole, each part has a short print of its own, so that a conflict can name what differs without the input being kept.
 */
import { createHash } from 'node:crypto';
import type { PlanInput } from './plan-input.ts';

const PARTS = [
  'currency',
  'strategy',
  'borrower',
  'mandate',
  'instalments',
  'penalty',
  'allocation',
  'paydayDeclared',
  'metadata',
] as const;
type Part = (typeof PARTS)[number];

/** JSON with sorted keys: equal content gives equal text. */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonical(v)}`).join(',')}}`;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** `accountKeys`: the keyed hash of each mandate's account, in order: an account number itself, or a plain hash of it, is kept nowhere. */
export function fingerprint(input: PlanInput, accountKeys: readonly string[]): string {
  const content: Record<Part, unknown> = {
    currency: input.currency,
    strategy: input.strategy,
    borrower: input.borrower ?? input.borrowerId,
    mandate: [...input.mandates.map(({ account: _, ...rest }, i) => ({ ...rest, account: accountKeys[i] })), ...input.mandateIds],
    instalments: input.instalments ?? input.terms,
    penalty: input.penalty,
    allocation: input.allocation,
    paydayDeclared: input.paydayDeclared,
    metadata: input.metadata,
  };
  return [hash(canonical(content)), ...PARTS.map((part) => hash(canonical(content[part])).slice(0, 6))].join('.');
}

/** Names of the parts in which two registrations differ; empty when they are equal. */
export function differingParts(a: string, b: string): string[] {
  if (a === b) return [];
  const [, ...ofA] = a.split('.');
  const [, ...ofB] = b.split('.');
  const parts = PARTS.filter((_, i) => ofA[i] !== ofB[i]);
  return parts.length ? parts : ['content'];
}
