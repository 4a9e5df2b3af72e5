/** Loans to test the arithmetic of money and days on. */
import { type BusinessDate, businessDate, parseInstant } from '../../src/domain/clock.ts';
import { type AllocationTerms, COMPONENTS, type PenaltyTerms, type Plan } from '../../src/domain/plan.ts';
import { generate, instalmentsOf, type ScheduleRow, type Terms } from '../../src/domain/schedule.ts';

export const day = (text: string): BusinessDate => businessDate(text);

/** 12,000.00 at 1.5 % a month in 12 level payments, the first due on 25 January 2027: domain.md's worked example 1. */
export const EXAMPLE: Terms = {
  principal: 1_200_000,
  monthlyRate: '0.015',
  count: 12,
  method: 'levelPayment',
  firstDueDate: day('2027-01-25'),
};

const NO_PENALTY: PenaltyTerms = { dailyRate: '0', graceDays: 0, graceMode: 'retroactive' };
const HORIZONTAL: AllocationTerms = { order: COMPONENTS, direction: 'horizontal' };
export const VERTICAL: AllocationTerms = { order: COMPONENTS, direction: 'vertical' };

type Given = Readonly<{ rows?: readonly ScheduleRow[]; penalty?: PenaltyTerms; allocation?: AllocationTerms }>;

/** A plan of the example's rows, with nothing paid; instalment ids are ins_1, ins_2 ... */
export function loan({ rows = generate(EXAMPLE), penalty = NO_PENALTY, allocation = HORIZONTAL }: Given = {}): Plan {
  const createdAt = parseInstant('2026-12-25T00:00:00Z');
  return {
    id: 'pln_1',
    lenderId: 'lnd_1',
    borrowerId: 'brw_1',
    externalId: 'L-1',
    bucket: 0,
    currency: 'CNY',
    strategy: { name: 'standard', version: 1 },
    mandateIds: ['mnd_1'],
    state: 'active',
    scheduleVersion: 1,
    instalments: instalmentsOf(
      rows,
      rows.map((r) => `ins_${r.n}`),
      1,
    ),
    receipts: [],
    penalty,
    allocation,
    holds: [],
    paydayDeclared: null,
    deferral: null,
    collections: null,
    nextAction: { kind: 'decide', at: createdAt, because: 'registered' },
    lastN: 0,
    eventN: 1,
    version: 1,
    metadata: {},
    registeredHash: '',
    createdAt,
  };
}

/** Money that arrives at noon UTC of its value date. */
export const arrival = (id: string, minor: number, valueDate: string, targets: readonly string[] = [], time = '12:00') => ({
  id,
  kind: id.startsWith('pay') ? ('selfPayment' as const) : ('debit' as const),
  minor,
  valueDate: day(valueDate),
  bookedAt: parseInstant(`${valueDate}T${time}:00Z`),
  targets,
});
