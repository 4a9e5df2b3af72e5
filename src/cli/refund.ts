/** `duly refund`: gives back a part or all of a debit or a self-payment. Asking and approving take a key each, as over the API. */
import type { Command } from 'commander';
import { refundView } from '../api/refund-views.ts';
import type { House } from '../app.ts';
import { digitsOf } from '../domain/currencies.ts';
import { InvalidInput, NotFound } from '../domain/errors.ts';
import { inMoney } from '../domain/explain.ts';
import type { ApiKey, Lender } from '../domain/lender.ts';
import type { Refund } from '../domain/refund.ts';
import { approveRefund, requestRefund } from '../flows/refund.ts';
import type { World } from '../flows/world.ts';
import { withHouse } from './context.ts';
import { actorOf, holderOf } from './key-holder.ts';
import { answer } from './output.ts';

type Flags = Readonly<{
  amount?: string;
  because?: string;
  transfer?: boolean;
  approve?: string;
  key?: string;
  json?: boolean;
  data?: string;
}>;

type Desk = Pick<House, 'world' | 'database'>;

export const refundCommand = (program: Command): Command =>
  program
    .command('refund')
    .argument('[receipt]', 'the debit (att_...) or self-payment (pay_...) to give back from')
    .description('asks for a refund under your key, or approves one under another; it leaves with the next tick of a worker')
    .option('--amount <sum>', 'how much, as 12.00')
    .option('--because <why>', 'why, for the record')
    .option('--transfer', 'by transfer, even where the channel could give it back')
    .option('--approve <refund>', 'approve this refund (rfd_...)')
    .option('--key <key>', 'your API key: the one that asks cannot approve')
    .option('--data <dir>', 'the data folder (DULY_DATA_DIR)')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  duly refund att_... --amount 12.00 --because "paid twice" --key sk_live_...\n  duly refund --approve rfd_... --key sk_live_...',
    )
    .action(async (receipt: string | undefined, flags: Flags) => {
      const refund = await withHouse({ role: 'refund', quiet: true, dataDir: flags.data }, (house) => refundByHand(house, receipt, flags));
      answer(flags.json, refundView(refund), inWords);
    });

const inWords = (r: ReturnType<typeof refundView>): string =>
  `${r.id}: ${inMoney(r.amount, r.currency)} of ${r.receiptId} by ${r.way}, number ${r.refundNo}, ${r.approvedBy ? 'approved' : 'waits for the approval of another key'}`;

/** Asks for a refund of `receipt`, or approves the one that `approve` names. Throws as the flows do, UNAUTHENTICATED, or InvalidInput. */
export async function refundByHand(desk: Desk, receipt: string | undefined, flags: Omit<Flags, 'json' | 'data'>): Promise<Refund> {
  const { world } = desk;
  const { approve, amount, because, transfer } = flags;
  const key = await holderOf(world, flags.key ?? '', mayRefund, 'that may give money back: give a whole one');
  const actor = actorOf(key, because);
  if (approve !== undefined) return approveRefund(world, await lenderOf(desk, key, 'refund', approve), approve, actor);
  if (receipt === undefined || amount === undefined || because === undefined)
    throw new InvalidInput([
      { pointer: '', code: 'REQUIRED', message: 'name a receipt with --amount and --because, or a refund with --approve' },
    ]);
  const lender = await lenderOf(desk, key, 'receipt', receipt);
  const minor = minorOf(amount, await currencyOf(world, lender, receipt));
  return requestRefund(world, lender, { receiptId: receipt, amount: minor, way: transfer ? 'transfer' : null, because }, actor);
}

const mayRefund = (key: ApiKey): boolean => key.scopes.some((s) => s === 'lender' || s === 'ops:write' || s === 'admin');

/** What another lender has does not exist for a lender's key. */
async function lenderOf(desk: Desk, key: ApiKey, noun: string, id: string): Promise<Lender> {
  const owner = await ownerOf(desk, id);
  const mine = owner !== undefined && (key.lenderId === null || key.lenderId === owner);
  const lender = mine ? await desk.world.store.admin.lenders.get(owner) : null;
  if (!lender) throw new NotFound(noun, id);
  return lender;
}

/** Whose row it is: operations look across lenders here. Undefined where there is none. */
async function ownerOf({ database }: Desk, id: string): Promise<string | undefined> {
  const name = id.startsWith('att_') ? 'attempts' : id.startsWith('pay_') ? 'payments' : 'refunds';
  const row = await database.db.collection(name).findOne({ _id: id } as object, { projection: { lenderId: 1 } });
  return row?.lenderId;
}

/** The currency in which it came in. */
async function currencyOf(world: World, { id: lenderId }: Lender, receipt: string): Promise<string> {
  const store = world.store.of(lenderId);
  const attempt = receipt.startsWith('att_') ? await store.attempts.get(receipt) : null;
  const currency = attempt?.amount.currency ?? (await store.payments.get(receipt))?.currency;
  if (currency === undefined) throw new NotFound('receipt', receipt);
  return currency;
}

/** '12.00' in minor units, from its text alone. Throws InvalidInput for more digits than the currency has. */
function minorOf(text: string, currency: string): number {
  const digits = digitsOf(currency);
  const [, whole = '', part = ''] = /^(\d{1,12})(?:\.(\d+))?$/.exec(text) ?? [];
  if (!whole || part.length > digits || Number(whole + part) === 0)
    throw new InvalidInput([
      {
        pointer: '/amount',
        code: 'NOT_AN_AMOUNT',
        message: `--amount ${text} is no sum of ${currency}: write it as 12${digits ? `.${'0'.repeat(digits)}` : ''}`,
      },
    ]);
  return Number(whole + part.padEnd(digits, '0'));
}
