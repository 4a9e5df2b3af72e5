/**
 * Account exports against the bookkeeping that another program made of them (exports/NOTICE). What is compared: day, time, counterparty,
 * amount, fee, and which way the money went on the account that the export is of.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { loadStatementMappings } from '../../config/statements.ts';
import type { StatementLine } from '../../src/domain/statement.ts';
import { mappedReader } from '../../src/statements/csv-mapping.ts';
import { readAll } from '../support/statements.ts';

const at = (name: string) => new URL(`exports/${name}`, import.meta.url);
const MAPPINGS = new Map(loadStatementMappings().map((mapping) => [mapping.format, mapping]));
const read = (format: string, name: string) => readAll(mappedReader(MAPPINGS.get(format)!), readFileSync(at(name)));

type Entry = Readonly<{ key: string; day: string; time: string | null; who: string; minor: number; fee: number; side: string }>;
const keyed = (entry: Omit<Entry, 'key'>): Entry => ({ ...entry, key: JSON.stringify(entry) });

const digits = (amount: string): number => Number(amount.replace(/[-.]/g, ''));

/** @param own accounts of the export's owner, the one that the export is of first; @param feeAccount what the bank kept */
function expected(file: string, own: readonly string[], feeAccount = 'none'): Entry[] {
  const entries = readFileSync(at(file), 'utf8').split(/\n(?=\d{4}-\d{2}-\d{2} \*)/);
  return entries.slice(1).map((text) => {
    const [, day = '', payee = ''] = /^(\S+) \* "((?:[^"\\]|\\.)*)"/.exec(text) ?? [];
    const fact = (name: string) => new RegExp(`${name}: "(.*)"`).exec(text)?.[1] ?? null;
    const postings = [...text.matchAll(/^\t([A-Z]\S+) (-?[\d.]+) CNY$/gm)].map(([, account = '', amount = '']) => ({ account, amount }));
    const mine = own.flatMap((account) => postings.filter((posting) => posting.account === account))[0];
    const fee = postings.find((posting) => posting.account === feeAccount);
    return keyed({
      day,
      time: fact('payTime')?.slice(11, 19) ?? null,
      who: (fact('peerAccount') ?? payee).replaceAll('\\"', '"'),
      minor: digits(mine!.amount),
      fee: fee ? digits(fee.amount) : 0,
      side: mine!.amount.startsWith('-') ? 'out' : 'in',
    });
  });
}

const time = (line: StatementLine): string | null =>
  line.at && new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Shanghai', timeStyle: 'medium' }).format(line.at);
const entryOf = (line: StatementLine): Entry =>
  keyed({
    day: line.valueDate,
    time: time(line),
    who: line.counterparty ?? '/',
    minor: line.minor,
    fee: line.feeMinor,
    side: line.side,
  });
const keys = (entries: readonly Entry[]): string[] => entries.map(({ key }) => key).sort();

describe('account exports', () => {
  it('of WeChat: every row is the posting that is expected of it', async () => {
    const { lines, head } = await read('wechat-account', 'wechat.csv');
    const own = [
      'Assets:Digital:Wechat:Cash',
      'Assets:Digital:Wechat:MiniFund',
      'Assets:Bank:CN:ICBC:Savings',
      'Assets:Bank:CN:BOC:Savings',
    ];
    expect(lines).to.have.length(27);
    expect(keys(lines.map(entryOf))).to.deep.equal(keys(expected('wechat.beancount', own, 'Expenses:Wechat:Commission')));
    expect(head.warnings[0]).to.include('the file states 43 rows, it has 27');
  });

  it('of Alipay: every row is the posting that is expected of it, but what was closed unpaid or refunded in full', async () => {
    const { lines } = await read('alipay-account', 'alipay.csv');
    expect(lines).to.have.length(10);
    const trade = ({ channelTradeNo }: StatementLine) => channelTradeNo!.split('_')[0];
    const net = (one: StatementLine) =>
      lines.filter((line) => trade(line) === trade(one)).reduce((sum, line) => sum + (line.side === 'in' ? line.minor : -line.minor), 0);
    const moved = lines.filter((line) => line.status === 'succeeded' && net(line) !== 0);
    const own = ['Assets:Alipay', 'Liabilities:CC:COMM:7449', 'Assets:FIXME'];
    expect(keys(moved.map(entryOf))).to.deep.equal(keys(expected('alipay.beancount', own)));
  });

  it('of ICBC: every posting expected is a row; the rows beside them are moves to other wallets, which that program was told to leave out', async () => {
    const { lines, head } = await read('icbc-debit', 'icbc.csv');
    const wanted = new Set(keys(expected('icbc.beancount', ['Assets:Bank:CN:ICBC'])));
    expect(wanted.size).to.equal(7);
    expect(lines).to.have.length(11);
    const beside = lines.filter((line) => !wanted.delete(entryOf(line).key));
    expect([...wanted]).to.deep.equal([]);
    expect(beside.map(({ valueDate, rawCode }) => `${valueDate} ${rawCode}`)).to.deep.equal([
      '2023-04-25 自动还款',
      '2023-02-28 蚂蚁基金赎回到银行',
      '2023-02-09 消费',
      '2023-02-08 退款',
    ]);
    expect(head.account).to.equal('1234****9876');
    expect(head.warnings)
      .to.have.length(2)
      .and.satisfy((says: string[]) => says[1] === '11 balances cannot be read');
  });
});
