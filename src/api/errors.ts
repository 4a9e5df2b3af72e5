/** The only file that knows HTTP codes: what each fact is called on the wire, and how a thrown thing becomes application/problem+json (RFC 9457). */
import type { Fault } from '../domain/errors.ts';
import { Conflict, DulyError, InvalidInput } from '../domain/errors.ts';

/** `again`: seconds after which the same call may do better; such an answer is never kept under an Idempotency-Key. */
export type Meaning = Readonly<{ status: number; title: string; cure: string; again?: number }>;

export const MEANINGS: Readonly<Record<string, Meaning>> = {
  INVALID_INPUT: {
    status: 400,
    title: 'The input is not valid',
    cure: 'Read `errors`: each entry names the field by JSON pointer, the fault and the cure.',
  },
  MALFORMED_JSON: { status: 400, title: 'The body is not JSON', cure: 'Mend the text at the position named in `detail`.' },
  MALFORMED_REQUEST: { status: 400, title: 'The request cannot be read', cure: 'Check the address and its percent signs.' },
  IDEMPOTENCY_KEY_MISSING: {
    status: 400,
    title: 'Idempotency-Key is missing',
    cure: 'Send a fresh random text of 1 to 255 characters with each new act, and the same one when you repeat it.',
  },
  LENDER_REQUIRED: { status: 400, title: 'Which lender?', cure: 'An operations or admin key names the lender in the X-Lender header.' },
  UNAUTHENTICATED: {
    status: 401,
    title: 'No valid API key',
    cure: 'Send `Authorization: Bearer KEY` with a key that is whole, unexpired and not revoked; never put it in the address.',
  },
  FORBIDDEN: { status: 403, title: 'This key may not do that', cure: 'Use a key with one of the scopes that the route names.' },
  NOT_FOUND: {
    status: 404,
    title: 'There is no such thing',
    cure: 'Check the id and the lender; what belongs to another lender does not exist for you.',
  },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This address does not take that method', cure: 'The Allow header lists those it takes.' },
  IDEMPOTENCY_IN_PROGRESS: {
    status: 409,
    title: 'The first call with this Idempotency-Key still runs',
    cure: 'Repeat the call in a second.',
    again: 1,
  },
  PLAN_EXISTS_DIFFERENT: {
    status: 409,
    title: 'This externalId belongs to another plan',
    cure: 'Send the registered content again, use a new externalId, or change the plan.',
  },
  BORROWER_EXISTS_DIFFERENT: {
    status: 409,
    title: 'This borrower is registered with other content',
    cure: 'Send the registered content, or change the borrower first.',
  },
  MANDATE_EXISTS_DIFFERENT: {
    status: 409,
    title: 'This mandate is registered with other content',
    cure: 'Send the registered content, or revoke that mandate first.',
  },
  PAYMENT_EXISTS_DIFFERENT: {
    status: 409,
    title: 'This externalId belongs to another payment',
    cure: 'Send the booked content, or use a new externalId.',
  },
  PLAN_NOT_ACTIVE: {
    status: 409,
    title: 'The plan is no longer active',
    cure: 'Read the plan: settled, cancelled and restructured plans take no such act.',
  },
  ILLEGAL_TRANSITION: {
    status: 409,
    title: 'Its state does not allow that',
    cure: 'Read it again: `detail` names the state and what was asked.',
  },
  ALREADY_BOOKED: { status: 409, title: 'It is booked already', cure: 'Nothing is to be done.' },
  ALREADY_BACK: { status: 409, title: 'It went back already', cure: 'Nothing is to be done.' },
  NOT_RECEIVED: { status: 409, title: 'That money is not here', cure: 'Only what came in and was not taken back can be given back.' },
  REFUND_NOT_DUE: { status: 409, title: 'It is not to be given back by rule', cure: 'Nothing is to be done.' },
  REFUND_WAY_CLOSED: { status: 409, title: 'It cannot go back that way', cure: 'Ask for the other `way`, or leave it out.' },
  REFUND_TOO_LARGE: {
    status: 409,
    title: 'More than is left to give back',
    cure: 'Refunds that were made or are under way count against what came in: ask for at most what is left.',
  },
  PERIOD_NOT_OVER: {
    status: 409,
    title: 'The month is not over',
    cure: 'Close it an hour after its last day has ended, in the lender’s zone.',
  },
  PERIOD_BEFORE_OPEN: {
    status: 409,
    title: 'An earlier month is still open',
    cure: 'Close the months one after another: `detail` names the next.',
  },
  PERIOD_CLOSED: { status: 409, title: 'The period is closed', cure: 'Post it in the open period: a correction is a new entry of today.' },
  BOOKS_NOT_RIGHT: { status: 409, title: 'The books are not right', cure: 'Read `detail`, put right what it names, then close again.' },
  OPENING_EXISTS_DIFFERENT: {
    status: 409,
    title: 'The books were opened with other balances',
    cure: 'Opening balances are posted once a lender: correct them by later entries.',
  },
  SECOND_KEY_REQUIRED: {
    status: 409,
    title: 'This takes the holder of another key',
    cure: 'What moves money is asked for under one API key and approved or rejected under another; both must stand. X-Actor does not count.',
  },
  IMPORT_RUNNING: {
    status: 409,
    title: 'Another import of this file is under way',
    cure: 'Look at what became of it, or try again in ten seconds: a dead import is taken over then.',
  },
  NOT_UNDER_WAY: {
    status: 409,
    title: 'That transfer waits for no answer',
    cure: 'Read the batch again: only a transfer that is `sent` or `unknown` can be confirmed.',
  },
  NO_AGREEMENT: {
    status: 409,
    title: 'No agreement on money holds for this lender',
    cure: 'Write one in config/agreements that names the lender, or `*`, from that day on.',
  },
  NO_PAYER: {
    status: 409,
    title: 'There is no such way to pay',
    cure: 'Set the payer up, or change the agreement; batches made under it wait.',
  },
  CHANGED_MEANWHILE: {
    status: 409,
    title: 'Somebody else was faster',
    cure: 'Nothing was done, and the log has both of you. Read it again and decide anew.',
  },
  ACT_NOT_POSSIBLE: { status: 409, title: 'That act does not fit what was found', cure: '`detail` says what would.' },
  PROPOSED_ALREADY: { status: 409, title: 'Something is proposed or under way already', cure: 'Approve or reject that first.' },
  NOTHING_PROPOSED: { status: 409, title: 'Nothing is proposed', cure: 'Propose an act first, under another key.' },
  DISCREPANCY_SETTLED: { status: 409, title: 'The discrepancy is settled', cure: 'Nothing is left to be done; a note may still be added.' },
  NO_STATEMENT: { status: 409, title: 'The file has not come', cure: 'Import the statement of that day first.' },
  CLOCK_BACKWARDS: { status: 409, title: 'The test clock does not go back', cure: 'Send an instant after the one it shows.' },
  SCENARIO_NOT_POSSIBLE: { status: 409, title: 'The scenario cannot be played on this', cure: '`detail` says what is missing.' },
  VERSION_CHANGED: { status: 412, title: 'It has changed since you read it', cure: 'Read it again and send its new ETag in If-Match.' },
  BAD_STATEMENT: {
    status: 422,
    title: 'The bank’s file cannot be read right',
    cure: 'Fetch it again; if it stays so, ask the bank for a corrected one.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is too large',
    cure: 'JSON bodies end at 100 KB, uploads at 5 MB and 10,000 rows: send it in parts.',
  },
  URL_TOO_LONG: { status: 414, title: 'The address is too long', cure: 'Addresses end at 8 KB.' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'The body is of a kind this address does not take',
    cure: 'Send the content type the route names, in UTF-8 and uncompressed.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: 'This Idempotency-Key belongs to another request',
    cure: 'A key belongs to one method, address and body: make a new key for a new act.',
  },
  OVERLOADED: {
    status: 503,
    title: 'Too much at once',
    cure: 'Repeat the call in a moment, with the same Idempotency-Key; nothing was done.',
    again: 1,
  },
  UNAVAILABLE: {
    status: 503,
    title: 'The database does not answer',
    cure: 'Repeat the call in a moment, with the same Idempotency-Key.',
    again: 2,
  },
  INTERNAL: {
    status: 500,
    title: 'Something is wrong on our side',
    cure: 'Repeat the call with the same Idempotency-Key; give the requestId to those who run Duly.',
    again: 1,
  },
};

/** A caller-facing fact of the door itself. */
export const problem = (code: keyof typeof MEANINGS & string, message: string, facts: Readonly<Record<string, unknown>> = {}): DulyError =>
  new DulyError(code, message, facts);

/** The driver's names for a database that cannot be reached or is too busy: not a fault in our code. */
const NO_DATABASE =
  /^Mongo(WaitQueueTimeout|ServerSelection|Network|NetworkTimeout|PoolCleared|PoolClosed|NotConnected|TopologyClosed|OperationTimeout)Error$/;

/** The code that a thrown thing goes by. */
const codeOf = (error: unknown): string =>
  error instanceof DulyError ? error.code : error instanceof Error && NO_DATABASE.test(error.name) ? 'UNAVAILABLE' : 'INTERNAL';

/** What a thrown thing means on the wire. A fact without a row of its own is a plain refusal, 409 or 422 by its kind; all else is our fault. */
export function meaningOf(error: unknown): Meaning {
  const known = MEANINGS[codeOf(error)];
  if (known) return known;
  if (error instanceof Conflict) return { status: 409, title: 'It clashes with what is there', cure: 'Read `detail`.' };
  if (error instanceof DulyError) return { status: 422, title: 'Duly cannot do that', cure: 'Read `detail`.' };
  return MEANINGS.INTERNAL as Meaning;
}

export type Problem = Readonly<{
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  errors: readonly Fault[];
  requestId: string;
}>;

/** Nobody mends more faults than this at once, and an answer must not grow with a hostile body. */
const MOST_FAULTS = 20;

/** The problem document of a thrown thing. Of an unknown error nothing but the request id leaves the house. */
export function problemOf(error: unknown, where: Readonly<{ instance: string; requestId: string }>): Problem {
  const meaning = meaningOf(error);
  const known = error instanceof DulyError ? error : null;
  const code = codeOf(error);
  return {
    type: `/docs/errors#${code}`,
    title: meaning.title,
    status: meaning.status,
    detail: (known?.message ?? meaning.cure).slice(0, 1000),
    instance: where.instance,
    code,
    errors: known instanceof InvalidInput || known?.faults.length ? known.faults.slice(0, MOST_FAULTS) : [],
    requestId: where.requestId,
  };
}
