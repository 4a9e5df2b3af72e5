/** A plan: one loan's repayment schedule and everything that debits it. The unit of deciding, of leasing and of `at most one open attempt`. */
import type { BusinessDate, Instant } from './clock.ts';
import type { Machine } from './machine.ts';

/** The parts of an amount due, in the default allocation order: costs, then interest, then principal. */
export const COMPONENTS = ['fee', 'penalty', 'interest', 'principal'] as const;
export type Component = (typeof COMPONENTS)[number];
/** Minor units of the plan's currency, by component. */
export type Amounts = Readonly<Record<Component, number>>;

export type InstalmentState = 'scheduled' | 'due' | 'overdue' | 'partiallyPaid' | 'paid' | 'waived' | 'superseded';
export type InstalmentEvent = 'fallDue' | 'lapse' | 'payPart' | 'payAll' | 'waive' | 'supersede' | 'reopen';

const PAYS = { payPart: 'partiallyPaid', payAll: 'paid', waive: 'waived', supersede: 'superseded' } as const;

/** `reopen`: a payment was taken back; the new state is computed from the entries (src/domain/booking.ts), the table says only which are legal. */
export const INSTALMENT: Machine<InstalmentState, InstalmentEvent> = {
  name: 'instalment',
  initial: ['scheduled'],
  table: {
    scheduled: { fallDue: 'due', ...PAYS },
    due: { lapse: 'overdue', ...PAYS },
    overdue: { ...PAYS },
    partiallyPaid: { ...PAYS, reopen: 'overdue' },
    paid: { reopen: 'overdue' },
    waived: {},
    superseded: {},
  },
};

export type Instalment = Readonly<{
  /** Permanent: survives every change of the schedule that keeps the row. */
  id: string;
  /** 1, 2, 3 ... in the schedule. */
  n: number;
  dueDate: BusinessDate;
  /** What is owed. `penalty` grows by the day and is the amount assessed so far; the rest is the schedule's. */
  due: Amounts;
  /** What came in for it: the sum of the receipts' lines, never edited by hand. */
  paid: Amounts;
  /** Interest and penalty already booked as income (1132 / 6011). */
  accrued: Readonly<{ interest: number; penalty: number }>;
  state: InstalmentState;
  scheduleVersion: number;
}>;

/** A line of an allocation: so much of a receipt went to this component of this instalment. */
export type Line = Readonly<{ instalmentId: string; component: Component; minor: number; scheduleVersion: number }>;

/** Money that came in, by debit or by the borrower's own hand. `back` once it was returned or denied; it is never deleted. */
export type Receipt = Readonly<{
  /** att_ or pay_ id. */
  id: string;
  kind: 'debit' | 'selfPayment';
  minor: number;
  /** Given back by refunds of ours: only the rest pays anything. What a return takes back after that is a shortage. */
  refunded: number;
  valueDate: BusinessDate;
  bookedAt: Instant;
  /** Instalments it was asked for, allocated to first; a prepayment names the future ones it may pay. Empty: oldest first. */
  targets: readonly string[];
  back: boolean;
  lines: readonly Line[];
  /** What no due instalment could take: owed to the borrower. */
  overpaid: number;
}>;

export type HoldKind = 'dispute' | 'hardship' | 'death' | 'bankruptcy' | 'complaint' | 'promise' | 'staff';

/** Stops debits of one plan. A `promise` moves the next debit to `until` (a promised day); the others end at `until` or by a person. */
export type Hold = Readonly<{ id: string; kind: HoldKind; until: Instant | null; by: string; why: string; at: Instant }>;

export type PlanState = 'active' | 'settled' | 'earlySettled' | 'restructured' | 'writtenOff' | 'cancelled';
export type PlanEvent = 'settle' | 'settleEarly' | 'restructure' | 'writeOff' | 'cancel' | 'reopen';

/** domain.md's loan machine, and `cancelled` for a plan that was never drawn. Recoveries may still arrive on `writtenOff`. */
export const PLAN: Machine<PlanState, PlanEvent> = {
  name: 'plan',
  initial: ['active'],
  table: {
    active: { settle: 'settled', settleEarly: 'earlySettled', restructure: 'restructured', writeOff: 'writtenOff', cancel: 'cancelled' },
    settled: { reopen: 'active' },
    earlySettled: { reopen: 'active' },
    restructured: {},
    writtenOff: {},
    cancelled: {},
  },
};

export type NextKind = 'decide' | 'remind' | 'debit' | 'wait' | 'escalate' | 'recall' | 'stop';

/** What happens next and when; null `at` when nothing will until somebody acts. */
export type NextAction = Readonly<{ kind: NextKind; at: Instant | null; because: string }>;

/** How a plan says that it waits for the bank: its attempt is open, and nothing is decided until that moves. */
export const ANSWER_PENDING = "the bank's answer is still to come";

export type PenaltyTerms = Readonly<{
  /** Per day, as a decimal fraction in text: '0.00075' is 0.075 %. '0' for none. */
  dailyRate: string;
  graceDays: number;
  graceMode: 'retroactive' | 'deferred';
}>;

export type AllocationTerms = Readonly<{ order: readonly Component[]; direction: 'horizontal' | 'vertical' }>;

/** The open collections case of a plan; null while nothing is handed over. */
export type CollectionsCase = Readonly<{ id: string; openedAt: Instant; stage: string }>;

export type Plan = Readonly<{
  id: string;
  lenderId: string;
  borrowerId: string;
  externalId: string;
  /** Hash bucket of the borrower: all of a borrower's plans lie together. Immutable. */
  bucket: number;
  currency: string;
  strategy: Readonly<{ name: string; version: number }>;
  /** Ranked: the first is debited, the next where the strategy allows the borrower's other account. */
  mandateIds: readonly string[];
  state: PlanState;
  scheduleVersion: number;
  instalments: readonly Instalment[];
  receipts: readonly Receipt[];
  penalty: PenaltyTerms;
  allocation: AllocationTerms;
  holds: readonly Hold[];
  /** Day of the month on which the borrower says that money comes in; null when unknown. */
  paydayDeclared: number | null;
  /** A rule refused until then: the decider does not ask earlier. */
  deferral: Readonly<{ until: Instant; rule: string }> | null;
  collections: CollectionsCase | null;
  nextAction: NextAction;
  /** Highest number burnt without an attempt to show for it (another plan held our order number); 0 when none. The next is one above this and above every attempt's `n`. */
  lastN: number;
  eventN: number;
  /** Grows with every change that a decision must see. Guards decisions, never money. */
  version: number;
  metadata: Readonly<Record<string, string>>;
  /** Hash of what was registered: an equal registration is the same plan, another is a conflict. */
  registeredHash: string;
  createdAt: Instant;
}>;

export const NOTHING: Amounts = { fee: 0, penalty: 0, interest: 0, principal: 0 };
export const total = (amounts: Amounts): number => COMPONENTS.reduce((sum, c) => sum + amounts[c], 0);
export const outstandingBy = (i: Instalment): Amounts => {
  const left = (c: Component) => (i.state === 'waived' || i.state === 'superseded' ? 0 : i.due[c] - i.paid[c]);
  return { fee: left('fee'), penalty: left('penalty'), interest: left('interest'), principal: left('principal') };
};
export const outstanding = (i: Instalment): number => total(outstandingBy(i));
