/** The subledgers (明细账): what the documents of the house say must lie on the accounts above them, summed on the server. */
import type { Collection, Document } from 'mongodb';
import { SETTLED, WENT_OUT_TWICE } from '../domain/discrepancy.ts';
import { clearingAccount } from '../domain/ledger.ts';
import { owedBy, PAYABLE, type Settlement } from '../domain/settlement.ts';
import type { BooksReader, BooksScope, Subledger } from '../flows/books-store.ts';
import { fromDoc } from './codec.ts';

/** Documents of one sum: some hundred milliseconds of the server's time. */
const SLICE = 20_000;

type Reads = Pick<
  BooksReader,
  'ofPlans' | 'ofAttempts' | 'ofRefunds' | 'ofDiscrepancies' | 'ofReconciliations' | 'ofAccountRows' | 'ofSettlements'
>;

export function subledgers(of: (name: string) => Collection<Document>, options: Document): Reads {
  /** Runs `stages` over the collection a slice of ids at a time; they must end in groups by {lenderId, currency, of}. */
  async function sliced(name: string, { lenderIds }: BooksScope, stages: readonly Document[]): Promise<Document[]> {
    const out: Document[] = [];
    for (const lender of lenderIds ?? [null])
      for (let last = ''; ; ) {
        const after = { ...(lender === null ? {} : { lenderId: lender }), _id: { $gt: last } } as Document;
        const edge = await of(name).findOne(after, { ...options, sort: { _id: 1 }, skip: SLICE - 1, projection: { _id: 1 } });
        const ids = edge ? { $gt: last, $lte: edge._id } : { $gt: last };
        out.push(
          ...(await of(name)
            .aggregate([{ $match: { ...after, _id: ids } }, ...stages], options)
            .toArray()),
        );
        if (!edge) break;
        last = String(edge._id);
      }
    return out;
  }
  const inScope = ({ lenderIds }: BooksScope): Document => (lenderIds ? { lenderId: { $in: [...lenderIds] } } : {});

  return {
    async ofPlans(scope) {
      const groups = await sliced('plans', scope, [{ $project: PLAN }, { $group: { _id: PLAN_ID, ...sumsOf(PLAN_SUMS) } }]);
      return summed(
        groups.flatMap(({ _id, ...sums }) =>
          PLAN_SUMS.map((account) => ({ ..._id, account: account.replace('_', '.'), minor: sums[account] })),
        ),
      );
    },
    async ofAttempts(scope) {
      const groups = await sliced('attempts', scope, [
        { $match: { state: 'succeeded' } },
        {
          $group: {
            _id: { lenderId: '$lenderId', currency: '$amount.currency', channel: '$channel' },
            minor: { $sum: '$amount.minor' },
          },
        },
      ]);
      return summed(groups.map(({ _id, minor }) => onClearing(_id, minor)));
    },
    async ofRefunds(scope) {
      const groups = await sliced('refunds', scope, [
        { $match: { state: 'succeeded' } },
        {
          $group: {
            _id: {
              lenderId: '$lenderId',
              currency: '$amount.currency',
              channel: { $cond: [{ $eq: ['$way', 'channel'] }, '$channel', null] },
            },
            minor: { $sum: '$amount.minor' },
          },
        },
      ]);
      return summed(
        groups.map(
          ({ _id: { channel, ...whose }, minor }): Subledger =>
            channel === null ? { ...whose, account: '1012.02', minor: -minor } : onClearing({ ...whose, channel }, -minor),
        ),
      );
    },
    async ofDiscrepancies(scope) {
      // A row's lines are all that its events have posted. Suspense is only what is still unsettled; the rest was moved on for good.
      const settled = { $in: ['$state', SETTLED] };
      const inSuspense = { $in: ['$suspense.account', SUSPENSE] };
      // What a return took back twice was posted on the channel by the return itself.
      const postedByReturn = { $and: [{ $regexMatch: { input: '$key', regex: WENT_OUT_TWICE } }, onChannel('$suspense.account')] };
      const groups = await of('discrepancies')
        .aggregate(
          [
            { $match: { ...inScope(scope), 'suspense.0': { $exists: true } } },
            { $unwind: '$suspense' },
            { $match: { $expr: { $not: [{ $or: [{ $and: [settled, inSuspense] }, postedByReturn] }] } } },
            {
              $group: {
                _id: { lenderId: '$lenderId', currency: '$currency', account: '$suspense.account' },
                minor: { $sum: '$suspense.minor' },
              },
            },
          ],
          options,
        )
        .toArray();
      return groups.map(({ _id, minor }) => ({ ..._id, minor }));
    },
    async ofReconciliations({ lenderIds }) {
      const b = '$booked';
      const groups = await of('reconciliations')
        .aggregate(
          [
            { $unwind: b },
            ...(lenderIds ? [{ $match: { 'booked.lenderId': { $in: [...lenderIds] } } }] : []),
            {
              $group: {
                _id: { lenderId: `${b}.lenderId`, currency: `${b}.currency`, channel: '$channel' },
                fees: { $sum: `${b}.feeMinor` },
              },
            },
          ],
          options,
        )
        .toArray();
      return groups.map(({ _id, fees }) => onClearing(_id, -fees));
    },
    async ofAccountRows({ lenderIds }) {
      const groups = await of('accountRows')
        .aggregate(
          [
            { $unwind: '$booked' },
            ...(lenderIds ? [{ $match: { 'booked.lenderId': { $in: [...lenderIds] } } }] : []),
            { $unwind: '$booked.lines' },
            {
              $group: {
                _id: { lenderId: '$booked.lenderId', currency: '$booked.currency', account: '$booked.lines.account' },
                minor: { $sum: '$booked.lines.minor' },
              },
            },
          ],
          options,
        )
        .toArray();
      return groups.map(({ _id, minor }) => ({ ..._id, minor }));
    },
    async ofSettlements(scope) {
      const out: Subledger[] = [];
      const reported = new Map<string, Settlement>();
      for await (const doc of of('settlements').find({ ...inScope(scope), state: { $ne: 'open' } } as Document, options)) {
        const batch = fromDoc<Settlement>(doc);
        const { lenderId, currency } = batch;
        if (batch.state === 'reported') reported.set(batch.id, batch);
        else {
          for (const { account, minor } of owedBy(batch)) out.push({ lenderId, currency, account, minor: -minor });
          for (const t of batch.transfers) if (t.state === 'paid') out.push({ lenderId, currency, account: '1012.02', minor: -t.minor });
          // Booked as payable by the discrepancy itself; since the batch was cleared it is one of its transfers.
          out.push({ lenderId, currency, account: PAYABLE.lender, minor: batch.sums.adjustmentsMinor });
        }
      }
      const borne = { $cond: [{ $eq: ['$bearer', 'lender'] }, '$channelFeeMinor', 0] };
      const paidDirectly = await of('clearings')
        .aggregate(
          [
            { $match: { settlementId: { $in: [...reported.keys()] }, kind: { $ne: 'adjustment' } } },
            {
              $group: {
                _id: { lenderId: '$lenderId', currency: '$currency', channel: '$channel' },
                minor: { $sum: { $subtract: ['$minor', borne] } },
              },
            },
          ],
          options,
        )
        .toArray();
      return summed([...out, ...paidDirectly.map(({ _id, minor }) => onClearing(_id, -minor))]);
    },
  };
}

const SUSPENSE = ['1221.01', '2241.01'];
const onChannel = (account: string): Document => ({ $regexMatch: { input: account, regex: /^1012\.01:/ } });

const PLAN_ID = { lenderId: '$lenderId', currency: '$currency' };
/** Field names hold no point. */
const PLAN_SUMS = ['1303', '1132_01', '1132_02', '2241_02'] as const;
const sumsOf = (names: readonly string[]): Document => Object.fromEntries(names.map((name) => [name, { $sum: `$${name}` }]));
const total = (path: string): Document => ({ $sum: `$instalments.${path}` });
const overpaid: Document = { $sum: { $map: { input: '$receipts', in: { $cond: ['$$this.back', 0, '$$this.overpaid'] } } } };
/** The accounts of a plan as its state has them: the formula of `difference` in src/domain/ledger.ts, written for the server. */
const PLAN: Document = {
  lenderId: 1,
  currency: 1,
  '1303': {
    $subtract: [
      { $sum: { $map: { input: '$instalments', in: { $cond: [{ $eq: ['$$this.state', 'superseded'] }, 0, '$$this.due.principal'] } } } },
      total('paid.principal'),
    ],
  },
  '1132_01': { $subtract: [total('accrued.interest'), total('paid.interest')] },
  '1132_02': { $subtract: [total('accrued.penalty'), total('paid.penalty')] },
  '2241_02': { $multiply: [overpaid, -1] },
};

const onClearing = ({ channel, ...whose }: Document, minor: number): Subledger =>
  ({ ...whose, account: clearingAccount(channel), minor }) as Subledger;

/** Slices' sums of the same thing put together. */
function summed(rows: readonly Subledger[]): Subledger[] {
  const out = new Map<string, Subledger>();
  for (const r of rows) {
    const key = `${r.lenderId} ${r.currency} ${r.account}`;
    const was = out.get(key);
    out.set(key, was ? { ...was, minor: was.minor + r.minor } : r);
  }
  return [...out.values()];
}
