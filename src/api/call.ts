/** The lender of a call on a route that always has one. */
import { strict as assert } from 'node:assert';
import type { Lender } from '../domain/lender.ts';

export function lenderOfCall(call: Readonly<{ lender: Lender | null }>): Lender {
  assert(call.lender, 'a route with tenancy "lender" always has one');
  return call.lender;
}
