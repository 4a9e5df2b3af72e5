import { expect } from 'chai';
import { businessDate } from '../../src/domain/clock.ts';
import type { StatementLine } from '../../src/domain/statement.ts';
import { gocardlessReader } from '../../src/statements/gocardless.ts';
import { paystackReader } from '../../src/statements/paystack.ts';
import { bytesOf, readAll, refusalOf } from '../support/statements.ts';

const brief = ({ kind, status, side, minor, feeMinor, failure }: StatementLine) => [kind, status, side, minor, feeMinor, failure];
const json = (...values: unknown[]) => bytesOf(values.map((value) => JSON.stringify(value)).join('\n'));

describe('GoCardless payouts', () => {
  const payout = (amount: number, more = {}) => ({
    payouts: {
      id: 'PO1',
      amount,
      deducted_fees: 3,
      currency: 'GBP',
      arrival_date: '2026-11-26',
      status: 'paid',
      payout_type: 'merchant',
      ...more,
    },
  });
  const item = (type: string, amount: string, links = {}) => ({ type, amount, links });
  const page = (items: unknown[], after: string | null = null) => ({
    payout_items: items,
    meta: { cursors: { before: null, after }, limit: 50 },
  });
  const read = (...values: unknown[]) => readAll(gocardlessReader, json(...values));
  const refused = (...values: unknown[]) => refusalOf(gocardlessReader, json(...values));

  it('sums the tenths first and rounds last, so that rows and payout agree to the minor unit', async () => {
    const items = [
      item('payment_paid_out', '12354.0', { payment: 'PM1', mandate: 'MD1' }),
      item('gocardless_fee', '-1.4', { payment: 'PM1' }),
      item('payment_paid_out', '1000.0', { payment: 'PM2' }),
      item('gocardless_fee', '-1.4', { payment: 'PM2' }),
    ];
    const { lines, head } = await read(payout(13351), page(items));
    expect(lines.map(brief)).to.deep.equal([
      ['payment', 'succeeded', 'in', 12354, 0, null],
      ['fee', 'succeeded', 'out', 0, 1, null],
      ['payment', 'succeeded', 'in', 1000, 0, null],
      ['fee', 'succeeded', 'out', 0, 2, null],
    ]);
    expect(lines[0]).to.deep.include({
      line: 1,
      channelTradeNo: 'PM1',
      mandateRef: 'MD1',
      currency: 'GBP',
      valueDate: '2026-11-26',
      rawCode: 'payment_paid_out',
    });
    expect(head).to.deep.include({ sequence: 'PO1', businessDate: '2026-11-26', warnings: [] });
    const [{ inMinor, outMinor, feeMinor } = { inMinor: 0, outMinor: 0, feeMinor: 0 }] = head.counted;
    expect(inMinor - outMinor - feeMinor).to.equal(13351);
    expect(head.declared).to.deep.equal(head.counted);
  });

  it('tells failures, chargebacks and refunds apart, over several pages', async () => {
    const first = [item('payment_paid_out', '5000.0', { payment: 'PM1' }), item('payment_failed', '-100.0', { payment: 'PM2' })];
    const second = [
      item('payment_charged_back', '-200.0', { payment: 'PM3' }),
      item('refund', '-300.0', { refund: 'RF1' }),
      item('refund_funds_returned', '50.0', { refund: 'RF2' }),
    ];
    const { lines } = await read(payout(4450, { deducted_fees: 0 }), page(first, 'PI2'), page(second));
    expect(lines.map(brief)).to.deep.equal([
      ['payment', 'succeeded', 'in', 5000, 0, null],
      ['return', 'succeeded', 'out', 100, 0, null],
      ['return', 'succeeded', 'out', 200, 0, 'disputed'],
      ['refund', 'succeeded', 'out', 300, 0, null],
      ['refund', 'succeeded', 'in', 50, 0, null],
    ]);
    expect(lines[3]!.channelTradeNo).to.equal('RF1');
  });

  it('refuses a sum that is not the payout’s, a missing page, odd amounts and signs', async () => {
    const paid = item('payment_paid_out', '100.0');
    const broken: readonly [string, unknown[]][] = [
      ['TOTALS_DIFFER', [payout(101), page([paid])]],
      ['CUT_OFF', [payout(100), page([paid], 'PI2')]],
      ['CUT_OFF', [payout(100)]],
      ['BAD_ORDER', [page([paid]), payout(100)]],
      ['SEVERAL_PAYOUTS', [payout(100), payout(100), page([paid])]],
      ['BAD_AMOUNT', [payout(100), page([item('payment_paid_out', '-100.0')])]],
      ['BAD_AMOUNT', [payout(100), page([item('payment_paid_out', '100.5')])]],
      ['BAD_AMOUNT', [payout(100), page([item('gocardless_fee', '1.25')])]],
      ['BAD_AMOUNT', [payout(100), page([item('payment_paid_out', '1e2')])]],
      ['BAD_VALUE', [payout(100), page([item('constructor', '100.0')])]],
      ['BAD_VALUE', [payout(100), { events: [] }]],
      ['BAD_CURRENCY', [payout(100, { currency: 'GBX' }), page([paid])]],
      ['BAD_DATE', [payout(100, { arrival_date: '26/11/2026' }), page([paid])]],
      ['MISSING_FIELD', [payout(100, { id: null }), page([paid])]],
      ['BAD_AMOUNT', [payout(100.5), page([paid])]],
    ];
    for (const [code, values] of broken) expect((await refused(...values)).code, JSON.stringify(values).slice(0, 200)).to.equal(code);
    const refusal = await refused(payout(100), page([paid, item('payment_failed', '5.0')]));
    expect(refusal).to.include({ code: 'BAD_AMOUNT', line: 2 });
    expect(refusal.column).to.be.above(1);
    expect(
      await refusalOf(gocardlessReader, json(payout(100), page([paid])), { expected: { businessDate: businessDate('2026-11-25') } }),
    ).to.include({ code: 'OF_ANOTHER' });
  });

  it('says when fees are not those of the items and when a payout bounced', async () => {
    const { head } = await read(payout(100, { status: 'bounced' }), page([item('payment_paid_out', '100.0')]));
    expect(head.warnings).to.deep.equal([
      'the payout bounced: the money did not arrive',
      'the payout states fees of 3 minor units, its items come to 0',
    ]);
  });
});

describe('Paystack settlements', () => {
  const settlement = (more = {}) => ({
    id: 3090024,
    domain: 'live',
    status: 'success',
    currency: 'NGN',
    total_amount: 12204,
    effective_amount: 12204,
    total_fees: 150,
    total_processed: 12354,
    deductions: null,
    settlement_date: '2026-11-26T00:00:00.000Z',
    ...more,
  });
  const row = (reference: string, amount: number, more = {}) => ({
    id: 4099260516,
    domain: 'live',
    status: 'success',
    reference,
    amount,
    currency: 'NGN',
    fees: 150,
    gateway_response: 'Approved',
    paid_at: '2026-11-25T22:30:00.000Z',
    created_at: '2026-11-25T22:29:00.000Z',
    authorization: { authorization_code: 'AUTH_x', last4: '4081' },
    ...more,
  });
  const page = (
    data: unknown[],
    meta: object | undefined = { total: data.length, total_volume: 12354, page: 1, pageCount: 1, perPage: 50 },
  ) => ({
    status: true,
    message: 'Transactions retrieved',
    data,
    meta,
  });
  const read = (...values: unknown[]) => readAll(paystackReader, json(...values));
  const refused = (...values: unknown[]) => refusalOf(paystackReader, json(...values));

  it('reads the transactions with their fees and holds gross, fees, number and volume', async () => {
    const { lines, head } = await read(settlement(), page([row('L7K2M9Q4X0', 12354)]));
    expect(lines.map(brief)).to.deep.equal([['payment', 'succeeded', 'in', 12354, 150, null]]);
    expect(lines[0]).to.deep.include({
      outTradeNo: 'L7K2M9Q4X0',
      channelTradeNo: '4099260516',
      mandateRef: 'AUTH_x',
      accountLast4: '4081',
      valueDate: '2026-11-26',
    });
    expect(head).to.deep.include({ sequence: '3090024', businessDate: '2026-11-26', warnings: [] });
    expect(head.declared).to.deep.equal([{ currency: 'NGN', inCount: 1, inMinor: 12354, outCount: 0, outMinor: 0, feeMinor: 150 }]);
  });

  it('takes the zone’s day where there is no settlement', async () => {
    const { lines, head } = await readAll(paystackReader, json(page([row('D1', 12354, { paid_at: '2026-11-25T23:30:00.000Z' })])), {
      zone: 'Africa/Lagos',
    });
    expect(lines[0]!.valueDate).to.equal('2026-11-26');
    expect(head.businessDate).to.equal('2026-11-26');
  });

  it('keeps failed, open and reversed transactions apart, and deductions as a row', async () => {
    const rows = [
      row('D1', 12354),
      row('D2', 500, { status: 'failed', gateway_response: 'Insufficient Funds' }),
      row('D3', 500, { status: 'failed', gateway_response: 'Moon phase' }),
      row('D4', 500, { status: 'processing', fees: null }),
    ];
    const meta = { total: 4, total_volume: 13854, page: 1, pageCount: 1 };
    const { lines, head } = await read(settlement({ deductions: 204, effective_amount: 12000 }), page(rows, meta));
    expect(lines.map(brief)).to.deep.equal([
      ['payment', 'succeeded', 'in', 12354, 150, null],
      ['payment', 'failed', 'in', 500, 0, 'insufficientFunds'],
      ['payment', 'failed', 'in', 500, 0, 'riskRefused'],
      ['payment', 'pending', 'in', 500, 0, null],
      ['adjustment', 'succeeded', 'out', 204, 0, null],
    ]);
    expect(head.warnings).to.deep.equal(['reason code moon phase is in no table (1 row, taken as riskRefused): map it']);
    const reversed = await read(page([row('D1', 12354, { status: 'reversed' })]));
    expect(reversed.lines.map(brief)).to.deep.equal([['return', 'succeeded', 'out', 12354, 0, null]]);
  });

  it('refuses missing pages and totals that differ, with the place', async () => {
    const good = row('D1', 12354);
    const broken: readonly [string, unknown[]][] = [
      ['TOTALS_DIFFER', [settlement({ total_processed: 12355 }), page([good])]],
      ['TOTALS_DIFFER', [settlement({ total_fees: 151 }), page([good])]],
      ['TOTALS_DIFFER', [page([good], { total: 2, page: 1, pageCount: 1 })]],
      ['TOTALS_DIFFER', [page([good], { total: 1, total_volume: 12355, page: 1, pageCount: 1 })]],
      ['CUT_OFF', [page([good], { total: 2, page: 1, pageCount: 2 })]],
      ['BAD_ORDER', [page([good], { total: 2, page: 2, pageCount: 2 })]],
      ['BAD_ORDER', [page([good]), settlement()]],
      ['CUT_OFF', [settlement()]],
      ['BAD_AMOUNT', [page([row('D1', 123.54)])]],
      ['BAD_AMOUNT', [page([row('D1', -5)])]],
      ['BAD_CURRENCY', [page([row('D1', 12354, { currency: 'NGX' })])]],
      ['BAD_CURRENCY', [settlement(), page([row('D1', 12354, { currency: 'GHS' })])]],
      ['BAD_VALUE', [page([row('D1', 12354, { status: 'toString' })])]],
      ['BAD_DATE', [page([row('D1', 12354, { paid_at: 'yesterday' })])]],
      ['BAD_VALUE', [{ status: false, message: 'Invalid key', data: [] }]],
      ['BAD_VALUE', [{ status: true, data: [1] }]],
      ['BAD_VALUE', [7]],
    ];
    for (const [code, values] of broken) expect((await refused(...values)).code, JSON.stringify(values).slice(0, 200)).to.equal(code);
    expect(await refused(settlement({ total_fees: 151 }), page([good]))).to.include({ line: 1, column: 1 });
  });

  it('reads amounts as the text they are, and refuses what JSON readers let through', async () => {
    const text = (amount: string) => bytesOf(JSON.stringify(page([row('D1', 12354)], {})).replace('"amount":12354', `"amount":${amount}`));
    const minor = async (amount: string) => (await readAll(paystackReader, text(amount))).lines[0]!.minor;
    expect(await minor('9007199254740991')).to.equal(9_007_199_254_740_991);
    expect(await minor('"12354"')).to.equal(12354);
    for (const amount of ['9007199254740993', '12354.0', '1e4', '-0', '012354'])
      expect((await refusalOf(paystackReader, text(amount))).code).to.be.oneOf(['BAD_AMOUNT', 'NOT_JSON']);
    expect(await refusalOf(paystackReader, text('12354,\n"amount":1'))).to.include({ code: 'REPEATED_KEY', line: 2 });
    const broken: readonly [string, string][] = [
      ['{"status":true,\n"data":[', 'NOT_JSON'],
      ['', 'NOT_JSON'],
      ['{"a":"\u0001"}', 'NOT_JSON'],
      [`${JSON.stringify(page([row('D1', 12354)]))},{}`, 'NOT_JSON'],
      ['['.repeat(100_000), 'NOT_JSON'],
      [`{"a":"${'x'.repeat(1_000_000)}"}`, 'NOT_JSON'],
      [`{"a":"${'\\'.repeat(100_001)}`, 'NOT_JSON'],
    ];
    for (const [file, code] of broken) expect((await refusalOf(paystackReader, bytesOf(file))).code).to.equal(code);
    expect(await refusalOf(paystackReader, Buffer.from('{"a":"\n\xe9"}', 'latin1'))).to.include({ code: 'NOT_ENCODED', line: 2 });
    const large = Buffer.alloc(33 * 1024 * 1024, ' ');
    expect(await refusalOf(paystackReader, large)).to.include({ code: 'FILE_TOO_LARGE' });
  });
});
