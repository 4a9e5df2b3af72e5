/** One right file of every bank format, for the harness that changes them: a row a line, where the format lets it. */
import { achFile, balance, camt053, camt054, detail, entry, ORIGINAL, pain002, sample, txAmount } from './bank-files.ts';

export type BankSample = Readonly<{ format: string; bytes: Buffer; oracle: 'sums' | 'rows' }>;

const rows = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const euro = (minor: number): string => `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
const total = (minors: readonly number[]): number => minors.reduce((sum, minor) => sum + minor, 0);

/** A statement that states its totals; every third entry is a return. */
function statement(): string {
  const sides = rows(15, (i) => ({ minor: 11_000 + 17 * i, back: i % 3 === 2 }));
  const sum = (back: boolean) => total(sides.filter((one) => one.back === back).map(({ minor }) => minor));
  const of = (name: string, count: number, minor: number) =>
    `<${name}><NbOfNtries>${count}</NbOfNtries><Sum>${euro(minor)}</Sum></${name}>`;
  const totals = `<TxsSummry>${of('TtlNtries', 15, sum(false) + sum(true))}${of('TtlCdtNtries', 10, sum(false))}${of('TtlDbtNtries', 5, sum(true))}</TxsSummry>`;
  const entries = sides.map(({ minor, back }, i) =>
    entry(euro(minor), back ? 'DBIT' : 'CRDT', detail(`D${100 + i}`, '', back ? '<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>' : ''), {
      code: back ? 'IDDT/UPDD' : 'IDDT/ESDD',
    }),
  );
  const balances = balance('OPBD', '1000.00') + balance('CLBD', euro(100_000 + sum(false) - sum(true)));
  return camt053('', entries.join('\n')).replace('</Acct>', `</Acct>${balances}${totals}`);
}

/** A notification with a batch, a fee inside, a conversion and a pending entry. */
function notification(): string {
  const details = rows(6, (i) => detail(`D${200 + i}`, txAmount(euro(1_000 + i))));
  const instructed = '<AmtDtls><InstdAmt><Amt Ccy="EUR">123.54</Amt></InstdAmt></AmtDtls><Chrgs><Amt Ccy="EUR">3.00</Amt></Chrgs>';
  return camt054(
    [
      entry(euro(total(rows(6, (i) => 1_000 + i))), 'CRDT', `<Btch><PmtInfId>B-7</PmtInfId><NbOfTxs>6</NbOfTxs></Btch>${details.join('')}`),
      entry('126.54', 'DBIT', detail('D300', instructed, '<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>'), { code: 'IDDT/UPDD' }),
      entry('77.00', 'CRDT', '<Btch><PmtInfId>B-8</PmtInfId><NbOfTxs>7</NbOfTxs></Btch>'),
      entry('5.00', 'CRDT', detail('D301'), { status: 'PDNG' }),
      entry('1.20', 'DBIT', detail('D302'), { code: 'MDOP/CHRG' }),
    ].join('\n'),
    '08',
  );
}

const states = ['RJCT', 'ACSP', 'PDNG'];
const report = (): string =>
  pain002(
    `${ORIGINAL}\n<OrgnlPmtInfAndSts><OrgnlPmtInfId>B-1</OrgnlPmtInfId>\n${rows(
      12,
      (i) =>
        `<TxInfAndSts><OrgnlEndToEndId>D${400 + i}</OrgnlEndToEndId><TxSts>${states[i % 3]}</TxSts>` +
        `${i % 3 === 0 ? '<StsRsnInf><Rsn><Cd>MS03</Cd></Rsn></StsRsnInf>' : ''}<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">${euro(2_000 + i)}</InstdAmt></Amt>` +
        '<ReqdColltnDt>2026-11-30</ReqdColltnDt></OrgnlTxRef></TxInfAndSts>',
    ).join('\n')}\n</OrgnlPmtInfAndSts>\n`,
  );

/** A batch of debits and one of returns, to whole blocks. */
function nacha(): string {
  const cents = rows(6, (i) => 12_354 + i);
  const bank = 23_138_010;
  const pad = (n: number, width: number) => String(n).padStart(width, '0');
  const debits = cents.map(
    (minor, i) =>
      `627231380104744-5678-99      ${pad(minor, 10)}D${500 + i}           ANN EXAMPLE             0${pad(123_456_780_000_001 + i, 15)}`,
  );
  const backs = cents
    .slice(0, 3)
    .flatMap((minor, i) => [
      `626231380104744-5678-99      ${pad(minor, 10)}D${500 + i}           ANN EXAMPLE             1${pad(231_380_100_000_042 + i, 15)}`,
      `799R01${pad(123_456_780_000_001 + i, 15)}      23138010                                            ${pad(231_380_100_000_042 + i, 15)}`,
    ]);
  const header = (n: number) => `5225SAMPLE LENDER                       1234567890PPDLOAN PMT        261124   112345678${pad(n, 7)}`;
  const control = (n: number, count: number, entries: number, minor: number) =>
    `8225${pad(count, 6)}${pad(bank * entries, 10)}${pad(minor, 12)}${pad(0, 12)}1234567890                         12345678${pad(n, 7)}`;
  const [sent, returned] = [total(cents), total(cents.slice(0, 3))];
  const head = '101 12345678012345678902611230910A094101SAMPLE BANK            SAMPLE LENDER                  ';
  const body = [head, header(1), ...debits, control(1, 6, 6, sent), header(2), ...backs, control(2, 6, 3, returned)];
  const blocks = Math.ceil((body.length + 1) / 10);
  return achFile([
    ...body,
    `9${pad(2, 6)}${pad(blocks, 6)}${pad(12, 8)}${pad(bank * 9, 10)}${pad(sent + returned, 12)}${pad(0, 12)}`.padEnd(94),
  ]);
}

function bacs(): string {
  const minors = rows(10, (i) => 5_000 + 11 * i);
  const items = minors.map(
    (minor, i) =>
      `<ReturnedDebitItem ref="D${600 + i}" transCode="17" returnCode="0128" returnDescription="REFER TO PAYER" originalProcessingDate="2026-11-24" valueOf="${euro(minor)}" currency="GBP">` +
      '<PayerAccount number="55779911" name="ANN EXAMPLE" sortCode="20-00-00"/></ReturnedDebitItem>',
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<BACSDocument><Data><ARUDD>
<Header reportType="REFT1019" adviceNumber="012" currentProcessingDate="2026-11-26"/>
<Advice><OriginatingAccountRecords><OriginatingAccountRecord><OriginatingAccount name="SAMPLE LENDER" number="12345678"/>
${items.join('\n')}
<Totals numberOf="10" valueOf="${euro(total(minors))}" currency="GBP"/></OriginatingAccountRecord></OriginatingAccountRecords></Advice>
</ARUDD></Data></BACSDocument>
`;
}

function gocardless(): string {
  const minors = rows(10, (i) => 7_000 + 13 * i);
  const items = minors.flatMap((minor, i) => [
    `{"type":"payment_paid_out","amount":"${minor}.0","links":{"payment":"PM${i}","mandate":"MD${i}"}}`,
    `{"type":"gocardless_fee","amount":"-20.0","links":{"payment":"PM${i}"}}`,
  ]);
  return `{"payouts":{"id":"PO1","amount":${total(minors) - 200},"deducted_fees":200,"currency":"GBP","arrival_date":"2026-11-26","status":"paid"}}
{"payout_items":[
${items.join(',\n')}
],"meta":{"cursors":{"before":null,"after":null},"limit":50}}
`;
}

function paystack(): string {
  const minors = rows(12, (i) => 9_000 + 19 * i);
  const items = minors.map(
    (minor, i) =>
      `{"id":${4_099_260_516 + i},"domain":"live","status":"success","reference":"D${700 + i}","amount":${minor},"currency":"NGN","fees":${20 + i},` +
      '"gateway_response":"Approved","paid_at":"2026-11-25T22:30:00.000Z"}',
  );
  const fees = total(rows(12, (i) => 20 + i));
  const gross = total(minors);
  const head = `"total_amount":${gross - fees},"effective_amount":${gross - fees},"total_fees":${fees},"total_processed":${gross}`;
  return `{"id":3090024,"status":"success","currency":"NGN",${head},"deductions":null,"settlement_date":"2026-11-26T00:00:00.000Z"} {"status":true,"message":"Transactions retrieved","data":[
${items.join(',\n')}
],"meta":{"total":12,"total_volume":${gross},"page":1,"pageCount":1}}
`;
}

/** `sums`: the file states totals that its rows must come to; `rows`: it does not. */
export const BANK_SAMPLES: readonly BankSample[] = [
  { format: 'camt', bytes: Buffer.from(statement()), oracle: 'sums' },
  { format: 'camt', bytes: Buffer.from(notification()), oracle: 'rows' },
  { format: 'camt-account', bytes: Buffer.from(statement()), oracle: 'sums' },
  { format: 'pain.002', bytes: Buffer.from(report()), oracle: 'rows' },
  { format: 'nacha', bytes: Buffer.from(nacha()), oracle: 'sums' },
  { format: 'nacha', bytes: sample('ach/web-debit.ach'), oracle: 'sums' },
  { format: 'bacs', bytes: Buffer.from(bacs()), oracle: 'sums' },
  { format: 'gocardless', bytes: Buffer.from(gocardless()), oracle: 'sums' },
  { format: 'paystack', bytes: Buffer.from(paystack()), oracle: 'sums' },
];
