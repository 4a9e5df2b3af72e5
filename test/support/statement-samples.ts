/** One right file of every text format, written here or (the account exports) under the licence beside them. */
import { readFileSync } from 'node:fs';
import { loadChannelProfiles } from '../../config/channels.ts';
import { loadStatementMappings } from '../../config/statements.ts';
import { layOut } from '../../src/channels/simulator/statement.ts';
import { businessDate } from '../../src/domain/clock.ts';
import { readersByFormat } from '../../src/statements/index.ts';
import type { Reader, ReadOptions } from '../../src/statements/reader.ts';
import { BANK_SAMPLES } from './bank-samples.ts';
import { gb18030 } from './gb18030.ts';

/**
 * How to tell that a changed file was read right. `totals`: the file states the sums of its rows, so whatever is read must come to them.
 * `sums`: as `totals`, for formats whose rows are not lines; a character changed where no total looks may make another row of one.
 * `lines`: it states none; every line that is as it was must be read as it was, no more and no less, and changed ones may read otherwise.
 * `rows`: as `lines`, for formats whose rows are not lines: rows are those of the file, but for those that the change touched.
 */
export type Oracle = 'totals' | 'sums' | 'lines' | 'rows';
export type Sample = Readonly<{
  format: string;
  reader: Reader;
  options: ReadOptions;
  bytes: Buffer;
  oracle: Oracle;
  /** Whether the totals count the fees, too. */
  feesStated: boolean;
}>;

const READERS = readersByFormat(loadStatementMappings());
const DAY = businessDate('2026-01-05');

const sample = (format: string, bytes: Buffer, oracle: Oracle, options: ReadOptions = {}): Sample => {
  const reader = READERS.get(format);
  if (!reader) throw new Error(`there is no reader of ${format}`);
  return { format, reader, options, bytes, oracle, feesStated: format !== 'alipay' };
};

const two = (n: number): string => String(n).padStart(2, '0');
const yuan = (minor: number): string => `${minor < 0 ? '-' : ''}${Math.floor(Math.abs(minor) / 100)}.${two(Math.abs(minor) % 100)}`;
const rows = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const export_ = (name: string): Buffer => readFileSync(new URL(`../statements/exports/${name}`, import.meta.url));

function simulator(): Buffer {
  const profile = loadChannelProfiles().get('simulator')!;
  const made = rows(24, (i) => {
    const kind = i % 8 === 5 ? ('return' as const) : i % 8 === 6 ? ('refund' as const) : ('payment' as const);
    return {
      orderNo: `D${String(i).padStart(23, '0')}`,
      channelTradeNo: `S${1000 + i}`,
      kind,
      status: kind === 'return' ? 'R1' : i % 8 === 3 ? '51' : 'succeeded',
      minor: 10_000 + 37 * i,
      feeMinor: kind === 'payment' ? 20 + i : 0,
      currency: i % 6 === 0 ? 'USD' : 'CNY',
      bankTime: `2026-01-05T0${i % 10}:${two(i)}:00.${100 + i}Z`,
      businessDate: DAY,
      refundNo: kind === 'refund' ? `F${i}` : '',
    };
  });
  return Buffer.from(layOut(profile, DAY, 2, made));
}

function simulatorAccount(): Buffer {
  let balance = 500_000;
  const lines = rows(16, (i) => {
    const minor = i % 3 === 0 ? 41_000 + i : -(9_000 + i);
    balance += minor;
    const kind = i % 3 === 0 ? 'deposit' : i % 3 === 1 ? 'payout' : 'refund';
    return `ref_${i},${kind},${minor},CNY,2026-01-05T${two(i % 15)}:10:00.000Z,some words ${i},${balance}`;
  });
  const head = ['H,duly-simulator-account,1,simulator,2026-01-05,Asia/Shanghai,1', 'ref,kind,amount,currency,bankTime,text,balance'];
  return Buffer.from(`${[...head, 'O,CNY,500000', ...lines, `C,CNY,${balance},16`].join('\n')}\n`);
}

const V3 =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注';
const V2 =
  '交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,总金额,代金券或立减优惠金额,微信退款单号,商户退款单号,退款金额,代金券或立减优惠退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率';
const TOTALS3 = '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';
const TOTALS2 = '总交易单数,总交易额,总退款金额,总代金券或立减优惠退款金额,手续费总金额';

/** @param version 3 or 2; every fourth row is a refund */
function wechat(version: 2 | 3): Buffer {
  const sums = { paid: 0, back: 0, fee: 0 };
  const tick = (values: readonly (string | number)[]): string => values.map((value) => `\`${value}`).join(',');
  const lines = rows(20, (i) => {
    const refund = i % 4 === 3;
    const minor = 1_000 + 13 * i;
    const fee = refund ? -(6 + i) : 6 + i;
    sums[refund ? 'back' : 'paid'] += minor;
    sums.fee += fee;
    const [paid, back] = refund ? ['0.00', yuan(minor)] : [yuan(minor), '0.00'];
    const refundNos = refund ? [`5030000${i}`, `R${i}`] : ['0', '0'];
    const front = [
      `2026-01-05 ${two(8 + (i % 12))}:10:${two(i)}`,
      'wx00',
      '1601959334',
      '0',
      '',
      `42000${i}`,
      `S${i}`,
      `openid${i}`,
      'PAP',
    ];
    const middle = [refund ? 'REFUND' : 'SUCCESS', 'OTHERS', 'CNY', paid, '0.00', ...refundNos, back, '0.00'];
    const end = [refund ? 'ORIGINAL' : '', refund ? 'SUCCESS' : '', '还款', '数据包', `${yuan(fee)}000`, '0.60%'];
    return tick([...front, ...middle, ...end, ...(version === 3 ? [paid, back, ''] : [])]);
  });
  const totals = [20, yuan(sums.paid), yuan(sums.back), '0.00', `${yuan(sums.fee)}000`];
  const last = version === 3 ? [...totals, yuan(sums.paid), yuan(sums.back)] : totals;
  return Buffer.from(`${[version === 3 ? V3 : V2, ...lines, version === 3 ? TOTALS3 : TOTALS2, tick(last)].join('\r\n')}\r\n`);
}

const ALIPAY =
  '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注';

function alipay(): Buffer {
  const sums = { paid: [0, 0] as [number, number], back: [0, 0] as [number, number] };
  const lines = rows(20, (i) => {
    const refund = i % 4 === 3;
    const minor = 2_000 + 17 * i;
    const sum = sums[refund ? 'back' : 'paid'];
    sum[0] += 1;
    sum[1] += minor;
    const amount = yuan(refund ? -minor : minor);
    const fee = yuan(refund ? 12 : -12);
    const at = `2026-01-05 1${i % 10}:16:${two(i)}`;
    return `20260105220014588605${i}\t,D${1000 + i}\t,${refund ? '退款' : '交易'}\t,还款,2026-01-05 10:55:16,${at},\t,\t,\t,\t,*某(602***@example.com)\t,${amount},${amount},0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,${refund ? `F${i}` : ''}\t,${fee},0.00,第${i}期`;
  });
  const text = [
    '#支付宝业务明细查询',
    '#账号：[20880211096256330156]',
    '#起始日期：[2026年01月05日 00:00:00]   终止日期：[2026年01月06日 00:00:00]',
    '#-----------------------------------------业务明细列表----------------------------------------',
    ALIPAY,
    ...lines,
    '#-----------------------------------------业务明细列表结束------------------------------------',
    `#交易合计：${sums.paid[0]}笔，商家实收共${yuan(sums.paid[1])}元，商家优惠共0.00元`,
    `#退款合计：${sums.back[0]}笔，商家实收退款共-${yuan(sums.back[1])}元，商家优惠退款共0.00元`,
    '#导出时间：[2026年01月06日 03:15:14]',
  ];
  return gb18030(`${text.join('\r\n')}\r\n`);
}

function alipayGateway(): Buffer {
  const names =
    '商户ID,支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号,手续费（元）,费率,实收净额（元）,交易方式,备注';
  const sums = { paid: 0, back: 0 };
  const lines = rows(12, (i) => {
    const refund = i % 4 === 3;
    const minor = 3_000 + 7 * i;
    sums[refund ? 'back' : 'paid'] += minor;
    const front = [
      'm20260001',
      `20260105${i}`,
      `DD${i}`,
      refund ? '退款' : '交易',
      '还款',
      '',
      `2026-01-05 16:03:${two(i)}`,
      '0',
      '(store)',
    ];
    const money = [yuan(minor), yuan(minor), '0', '0', '0', '0', '0', '', '0', '0', refund ? `RR${i}` : '', '0', '0.0038', yuan(minor)];
    return [...front, '', '', '130****3212', ...money, 'ALI_NATIVE', ''].map((value) => `\`${value}`).join(',');
  });
  const totals = `\`9,\`${yuan(sums.paid)},\`0,\`3,\`${yuan(sums.back)},\`0`;
  const last = ['总交易单数,总交易实收额,交易手续费总金额,总退款笔数,总退款金额,退款手续费总金额', totals];
  return Buffer.from(`${[names, ...lines, ...last].join('\n')}\n`);
}

const WIDTHS = [3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13, 13, 8, 32];
const digits = (minor: number): string => String(minor).padStart(12, '0');

export function unionpay(): Buffer {
  const lines = rows(16, (i) => {
    const refund = i % 5 === 4;
    const minor = 110_016 + i;
    const fee = refund ? 0 : 220;
    const values: Record<number, string> = {
      0: refund ? 'S30' : 'S22',
      1: '00010000',
      2: '00010000',
      3: String(100_000 + i),
      4: `01050${i % 10}11${two(i)}`,
      5: `62260000000000${two(i)}`,
      6: digits(minor),
      9: `2026010500${String(i).padStart(11, '0')}`,
      11: `D${String(i).padStart(23, '0')}`,
      15: `D${digits(fee)}`,
      16: `${refund ? 'D' : 'C'}${digits(refund ? minor : minor - fee)}`,
      19: refund ? '04' : '11',
      20: '00',
      21: '000501',
      26: refund ? `2026010500${String(i - 1).padStart(11, '0')}` : '',
      27: '777290058110048',
    };
    return WIDTHS.map((width, at) => (values[at] ?? '').padEnd(width)).join(' ');
  });
  return Buffer.from(`${lines.join('\r\n')}\r\n`);
}

const DAYED: ReadOptions = { businessDate: DAY };

/** The harness takes every one of them through its changes; further formats are added here. */
export const SAMPLES: readonly Sample[] = [
  sample('simulator', simulator(), 'totals'),
  sample('simulator-account', simulatorAccount(), 'lines'),
  sample('wechat', wechat(3), 'totals'),
  sample('wechat', wechat(2), 'totals'),
  sample('alipay', alipay(), 'totals'),
  sample('alipay-gateway', alipayGateway(), 'totals'),
  sample('unionpay', unionpay(), 'lines', DAYED),
  sample('wechat-account', export_('wechat.csv'), 'lines'),
  sample('alipay-account', export_('alipay.csv'), 'lines'),
  sample('icbc-debit', export_('icbc.csv'), 'lines'),
  ...BANK_SAMPLES.map(({ format, bytes, oracle }) => sample(format, bytes, oracle)),
];
