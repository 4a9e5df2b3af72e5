/** The shapes of the books' answers. Amounts are minor units of the currency beside them; dr above zero, cr below. */
import Joi from 'joi';
import { MOVEMENTS } from '../domain/movement.ts';
import { all, instant, named, orNull, text, whole, words } from './shape.ts';

const list = (item: Joi.Schema) => Joi.array().items(item);
const isBooks = () => text().description('a lender’s id, or `house` for what belongs to no lender');

export const accountTreeShape = named(
  'AccountTree',
  all({
    lenderId: isBooks(),
    currency: text(),
    accounts: list(
      all({
        account: text(),
        parent: orNull(text()),
        level: whole(),
        name: text(),
        nameZh: text(),
        side: words('dr', 'cr'),
        own: whole().description('posted to this very account'),
        total: whole().description('with all below it'),
      }),
    ),
  }),
);

export const trialBalanceShape = named(
  'TrialBalance',
  all({
    lenderId: isBooks(),
    currency: text(),
    rows: list(all({ account: text(), name: text(), dr: whole(), cr: whole() })),
    dr: whole(),
    cr: whole(),
    difference: whole().description('dr less cr: always 0'),
  }),
);

const line = all({ account: text(), amount: whole(), planId: orNull(text()), instalmentId: orNull(text()), component: orNull(text()) });
export const entryShape = named(
  'JournalEntry',
  all({
    id: text(),
    subject: text(),
    type: text(),
    planId: orNull(text()),
    at: instant(),
    by: text(),
    why: text(),
    currency: text(),
    lines: list(line),
  }),
);

export const accountStatementShape = named(
  'AccountStatement',
  all({
    account: text(),
    name: text(),
    currency: text(),
    opening: whole().description('before the first entry of the page'),
    data: list(
      all({
        id: text(),
        type: text(),
        subject: text(),
        planId: orNull(text()),
        at: instant(),
        why: text(),
        amount: whole(),
        balance: whole(),
      }),
    ),
    hasMore: Joi.boolean(),
  }),
);

export const periodShape = named(
  'Period',
  all({
    lenderId: isBooks(),
    period: text(),
    zone: text(),
    from: instant(),
    until: instant(),
    entries: whole(),
    balances: list(all({ currency: text(), account: text(), amount: whole() })),
    hash: text(),
    closedAt: instant(),
    by: text(),
    why: text(),
  }),
);
export const closedShape = named('ClosedPeriods', all({ closed: list(periodShape.keys({ repeated: Joi.boolean().required() })) }));

const verdictShape = named(
  'Verdict',
  all({
    ok: Joi.boolean(),
    looked: whole(),
    count: whole(),
    rows: list(all({ says: text(), id: text(), facts: Joi.object().unknown(true) })),
  }),
);
export const booksCheckShape = named(
  'BooksCheck',
  all({
    date: text(),
    at: instant(),
    ok: Joi.boolean(),
    voucherCheck: verdictShape,
    ledgerCheck: verdictShape,
    cashCheck: verdictShape,
    closedPeriods: verdictShape,
  }),
);

const part = () => whole();
export const movementShape = named(
  'Movement',
  all({
    id: text(),
    kind: words(...MOVEMENTS),
    at: instant(),
    currency: text(),
    amount: whole().description('above zero: more is held for the lender'),
    principal: part(),
    interest: part(),
    penalty: part(),
    fee: part(),
    overpaid: part(),
    planId: orNull(text()),
    externalId: orNull(text()),
    orderNo: orNull(text()),
    reference: orNull(text()),
    channel: orNull(text()),
    channelTradeNo: orNull(text()),
    why: text(),
  }),
);
export const foldedShape = named(
  'Order',
  all({ key: text(), orderNo: orNull(text()), currency: text(), net: whole(), rows: list(movementShape) }),
);
const kindSums = all(Object.fromEntries(MOVEMENTS.map((k) => [k, all({ count: whole(), amount: whole() })])));
export const lenderStatementShape = named(
  'LenderStatement',
  all({
    date: text(),
    zone: text(),
    issue: whole().description('1, 2, 3 …: grows when the rows differ from those handed out before'),
    rows: whole(),
    sha256: text().description('over the movement lines of the file'),
    totals: list(all({ currency: text(), opening: whole(), closing: whole(), byKind: kindSums })),
  }),
);
