/** Bank files for tests, written by hand: small messages whose entries each test states. */
import { readFileSync } from 'node:fs';

const FOLDER = new URL('../statements/', import.meta.url);

/** A sample that ships beside the tests, such as 'ach/return-WEB.ach'. */
export const sample = (name: string): Buffer => readFileSync(new URL(name, FOLDER));

const document = (message: string, version: string, body: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:${message}.001.${version}">\n${body}\n</Document>\n`;

const HEADER = '<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-27T18:00:00+01:00</CreDtTm></GrpHdr>';
const ACCOUNT = '<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>';

/** A notification of `entries`. */
export const camt054 = (entries: string, version = '02'): string =>
  document(
    'camt.054',
    version,
    `<BkToCstmrDbtCdtNtfctn>${HEADER}\n<Ntfctn><Id>N1</Id><ElctrncSeqNb>7</ElctrncSeqNb>${ACCOUNT}\n${entries}\n</Ntfctn></BkToCstmrDbtCdtNtfctn>`,
  );

export const balance = (code: string, amount: string, { side = 'CRDT', day = '2026-11-27', currency = 'EUR' } = {}): string =>
  `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${side}</CdtDbtInd><Dt><Dt>${day}</Dt></Dt></Bal>`;

/** A statement: `before` stands between account and entries (balances, totals). */
export const camt053 = (before: string, entries: string, version = '02', number = '12'): string =>
  document(
    'camt.053',
    version,
    `<BkToCstmrStmt>${HEADER}\n<Stmt><Id>S1</Id><LglSeqNb>${number}</LglSeqNb>${ACCOUNT}\n${before}\n${entries}\n</Stmt></BkToCstmrStmt>`,
  );

/** One booked entry; `details` stand inside `<NtryDtls>`. */
export function entry(
  amount: string,
  side: 'CRDT' | 'DBIT',
  details: string,
  { status = 'BOOK', code = 'IDDT/ESDD', more = '', currency = 'EUR' } = {},
): string {
  const [family, sub] = code.split('/');
  const bank = `<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>${family}</Cd><SubFmlyCd>${sub}</SubFmlyCd></Fmly></Domn></BkTxCd>`;
  const dates = '<BookgDt><Dt>2026-11-27</Dt></BookgDt><ValDt><Dt>2026-11-28</Dt></ValDt>';
  return (
    `<Ntry><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${side}</CdtDbtInd>${more}<Sts>${status}</Sts>${dates}${bank}` +
    `<NtryDtls>${details}</NtryDtls></Ntry>`
  );
}

/** The details of one debit, version 2 form: no amount of its own unless `amounts` gives one. */
export const detail = (endToEndId: string, amounts = '', rest = ''): string =>
  `<TxDtls><Refs><EndToEndId>${endToEndId}</EndToEndId><MndtId>M-1001</MndtId></Refs>${amounts}` +
  `<RltdPties><Dbtr><Nm>Ann Example</Nm></Dbtr><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct></RltdPties>${rest}</TxDtls>`;

export const txAmount = (amount: string, currency = 'EUR'): string =>
  `<AmtDtls><TxAmt><Amt Ccy="${currency}">${amount}</Amt></TxAmt></AmtDtls>`;

/** The return of one debit of 123.54 for lack of funds, 3.00 of the 126.54 taken being the other bank's charge. */
export const RETURN_054 = camt054(
  `<Ntry><Amt Ccy="EUR">126.54</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-27</Dt></BookgDt>
 <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd><SubFmlyCd>UPDD</SubFmlyCd></Fmly></Domn></BkTxCd>
 <NtryDtls><TxDtls><Refs><EndToEndId>L7K2M9Q4X0</EndToEndId><MndtId>M-1001</MndtId></Refs>
  <AmtDtls><InstdAmt><Amt Ccy="EUR">123.54</Amt></InstdAmt></AmtDtls><Chrgs><Amt Ccy="EUR">3.00</Amt></Chrgs>
  <RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf></TxDtls></NtryDtls></Ntry>`,
);

/** A status report around `body`. */
export const pain002 = (body: string, version = '03'): string =>
  document(
    'pain.002',
    version,
    `<CstmrPmtStsRpt><GrpHdr><MsgId>S1</MsgId><CreDtTm>2026-11-24T18:00:00</CreDtTm></GrpHdr>\n${body}</CstmrPmtStsRpt>`,
  );

export const ORIGINAL =
  '<OrgnlGrpInfAndSts><OrgnlMsgId>B20261124-1</OrgnlMsgId><OrgnlMsgNmId>pain.008.001.02</OrgnlMsgNmId></OrgnlGrpInfAndSts>';

/** The same debit refused before it was settled. */
export const REJECT_002 = pain002(`${ORIGINAL}
 <OrgnlPmtInfAndSts><OrgnlPmtInfId>B20261124-1-1</OrgnlPmtInfId>
  <TxInfAndSts><StsId>R1</StsId><OrgnlEndToEndId>L7K2M9Q4X0</OrgnlEndToEndId><TxSts>RJCT</TxSts>
   <StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>
   <OrgnlTxRef><Amt><InstdAmt Ccy="EUR">123.54</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts></OrgnlPmtInfAndSts>`);

const NINES = '9'.repeat(94);

/** Nacha records to a file of whole blocks. */
export const achFile = (records: readonly string[], end = '\n'): string => {
  const padded = [...records];
  while (padded.length % 10 !== 0) padded.push(NINES);
  return padded.join(end) + end;
};

/** The debit of 123.54 as it was sent. */
export const ACH_DEBIT = [
  '101 12345678012345678902611230910A094101SAMPLE BANK            SAMPLE LENDER                  ',
  '5225SAMPLE LENDER                       1234567890PPDLOAN PMT        261124   1123456780000001',
  '627231380104744-5678-99      0000012354L7K2M9Q4X0     ANN EXAMPLE             0123456780000001',
  '822500000100231380100000000123540000000000001234567890                         123456780000001',
  '9000001000001000000010023138010000000012354000000000000                                       ',
];

/** Its return; `code` and transaction code may be others. */
export const achReturn = (code = 'R01', transaction = '26', addenda: readonly string[] = []): string[] => {
  const count = String(2 + addenda.length).padStart(2, '0');
  const debit = Number(transaction[1]) >= 5;
  const sums = debit ? '000000012354000000000000' : '000000000000000000012354';
  return [
    ACH_DEBIT[0]!,
    '5225SAMPLE LENDER                       1234567890PPDLOAN PMT        2611243281123456780000001',
    `6${transaction}231380104744-5678-99      0000012354L7K2M9Q4X0     ANN EXAMPLE             1231380100000042`,
    ...addenda,
    `799${code}123456780000001      23138010                                            231380100000042`,
    `82250000${count}0023138010${sums}1234567890                         123456780000001`,
    `9000001000001000000${count}0023138010${sums}                                       `,
  ];
};
