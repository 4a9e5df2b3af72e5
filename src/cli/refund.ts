/** `duly refund`: gives back a part or all of a debit or a self-payment. Asking and approving take a key each, as over the API. */
import type { Command } from 'commander';
import { hashOf } from '../api/keys.ts';
import { refundView } from '../api/refund-views.ts';
import { digitsOf } from '../domain/currencies.ts';
import { DulyError, InvalidInput, NotFound } from '../domain/errors.ts';
import { inMoney } from '../domain/explain.ts';
import type { ApiKey, Lender } from '../domain/lender.ts';
import type { Refund } from '../domain/refund.ts';
import type { Actor } from '../flows/actor.ts';
import { approveRefund, requestRefund } from '../flows/refund.ts';
import type { World } from '../flows/world.ts';
import { withHouse } from './context.ts';
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

export const refundCommand = (program: Command): Command =>
  program
    .command('refund')
    .argument('[receipt]', 'the debit (att_...) or self-payment (pay_...) to give back from')
    .description('asks for a refund under your key, or approves one under another; it leaves with the next tick of a worker')
    .option('--amount <sum>', 'how much, as 12.00')
    .option('--because <why>', 'why, for the record')
    .option('--transfer', 'by transfer, even where the channel could give it back')
    .option('--approve <refund>', 'approve this refund (rfd_...)')
    .requiredOption('--key <key>', 'your API key: the one that asks cannot approve')
    .option('--data <dir>', 'the data folder (DULY_DATA_DIR)')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  duly refund att_... --amount 12.00 --because "paid twice" --key sk_live_...\n  duly refund --approve rfd_... --key sk_live_...',
    )
    .action(async (receipt: string | undefined, flags: Flags) => {
      const refund = await withHouse({ role: 'refund', quiet: true, dataDir: flags.data }, ({ world }) => run(world, receipt, flags));
      answer(flags.json, refundView(refund), inWords);
    });

const inWords = (r: ReturnType<typeof refundView>): string =>
  `${r.id}: ${inMoney(r.amount, r.currency)} of ${r.receiptId} by ${r.way}, number ${r.refundNo}, ${r.approvedBy ? 'approved' : 'waits for the approval of another key'}`;

async function run(world: World, receipt: string | undefined, flags: Flags): Promise<Refund> {
  const key = await keyOf(world, flags.key ?? '');
  const actor: Actor = { by: key.name, why: flags.because ?? 'by hand, on the command line', keyId: key.id };
  if (flags.approve !== undefined) {
    const [row] = await world.store.transact((tx) => tx.rows<Refund>('refunds', [flags.approve as string]));
    return approveRefund(world, await lenderOf(world, key, row?.lenderId, 'refund', flags.approve), flags.approve, actor);
  }
  if (receipt === undefined || flags.amount === undefined || flags.because === undefined)
    throw new InvalidInput([
      { pointer: '', code: 'REQUIRED', message: 'name a receipt with --amount and --because, or a refund with --approve' },
    ]);
  const [lenderId, currency] = await ownerOf(world, receipt);
  const lender = await lenderOf(world, key, lenderId, 'receipt', receipt);
  const ask = { receiptId: receipt, amount: minorOf(flags.amount, currency), way: flags.transfer ? ('transfer' as const) : null };
  return requestRefund(world, lender, { ...ask, because: flags.because }, actor);
}

/** The holder of a key, found by its hash: a name proves nothing. */
async function keyOf(world: World, secret: string): Promise<ApiKey> {
  const key = await world.store.admin.keys.byHash(hashOf(secret));
  const may = key?.scopes.some((s) => s === 'lender' || s === 'ops:write' || s === 'admin');
  if (!key || !may || key.revokedAt || (key.expiresAt && key.expiresAt <= world.clock.now()))
    throw new DulyError('UNAUTHENTICATED', 'no such key that may give money back: give a whole one with --key');
  return key;
}

/** What another lender has does not exist for a lender's key. */
async function lenderOf(world: World, key: ApiKey, lenderId: string | undefined, noun: string, id: string): Promise<Lender> {
  const lender =
    lenderId === undefined || (key.lenderId !== null && key.lenderId !== lenderId) ? null : await world.store.admin.lenders.get(lenderId);
  if (!lender) throw new NotFound(noun, id);
  return lender;
}

/** Whose receipt it is, and in which currency it came in. */
async function ownerOf(world: World, receipt: string): Promise<readonly [string, string] | readonly [undefined, '']> {
  if (receipt.startsWith('att_')) {
    const [attempt] = await world.store.work.attempts([receipt]);
    return attempt ? [attempt.lenderId, attempt.amount.currency] : [undefined, ''];
  }
  for (let after: string | undefined; ; ) {
    const { data, hasMore } = await world.store.admin.lenders.list({ limit: 200, ...(after ? { after } : {}) });
    for (const { id } of data) {
      const payment = await world.store.of(id).payments.get(receipt);
      if (payment) return [payment.lenderId, payment.currency];
    }
    after = data.at(-1)?.id;
    if (!hasMore) return [undefined, ''];
  }
}

/** '12.00' in minor units, from its text alone. Throws InvalidInput for more digits than the currency has. */
function minorOf(text: string, currency: string): number {
  const digits = digitsOf(currency);
  const [, whole = '', part = ''] = /^(\d{1,12})(?:\.(\d+))?$/.exec(text) ?? [];
  if (!whole || part.length > digits)
    throw new InvalidInput([
      {
        pointer: '/amount',
        code: 'NOT_AN_AMOUNT',
        message: `--amount ${text} is no sum of ${currency}: write it as 12${digits ? `.${'0'.repeat(digits)}` : ''}`,
      },
    ]);
  return Number(whole + part.padEnd(digits, '0'));
}
