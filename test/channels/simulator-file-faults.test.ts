import { expect } from 'chai';
import { STATEMENT_FAULTS } from '../../src/channels/simulator/index.ts';
import { addDays, atLocal, type BusinessDate, businessDate, type Instant } from '../../src/domain/clock.ts';
import { collect, debitOf, type OpenBank, openBank, PROFILE, STATEMENT } from './simulator-support.ts';

const DAYS = 44;
const START = businessDate('2026-01-05');
const UNTIL = addDays(START, DAYS - 8);

type Row = Readonly<{ order: string; kind: string; status: string; minor: number; fee: number; at: string; day: string }>;
type Laid = Readonly<{
  name: string;
  day: BusinessDate;
  issue: number;
  foundAt: Instant;
  text: string;
  rows: readonly Row[];
  trailer: string;
}>;
type PutIn = Readonly<{ kind: string; day: BusinessDate; of: string }>;

function parse(name: string, text: string, foundAt: Instant): Laid {
  const lines = text.trimEnd().split('\n');
  const head = lines[0]!.split(',');
  const rows = lines.slice(2, -1).map((line): Row => {
    const [order = '', , kind = '', status = '', minor, fee, , at = '', day = ''] = line.split(',');
    return { order, kind, status, minor: Number(minor), fee: Number(fee), at, day };
  });
  return { name, day: head[5] as BusinessDate, issue: Number(head[7]), foundAt, text, rows, trailer: lines.at(-1)! };
}

/** What the trailer must be over these very rows. */
function trailerOf(rows: readonly Row[]): string {
  const of = (kind: string) => rows.filter((r) => r.kind === kind && (kind !== 'payment' || r.status === 'succeeded'));
  const sum = (some: readonly Row[], field: 'minor' | 'fee' = 'minor') => some.reduce((s, r) => s + r[field], 0);
  const [paid, back, refunded] = [of('payment'), of('return'), of('refund')];
  if (!rows.length) return 'T,,0,0,0,0,0,0,0';
  return ['T', 'CNY', paid.length, sum(paid), back.length, sum(back), sum(paid, 'fee'), refunded.length, sum(refunded)].join(',');
}

/** Twelve debits a day, four of them in the evening, and the drop box looked into every hour. */
async function live(seed: number, until: BusinessDate | null): Promise<{ bank: OpenBank; files: Laid[] }> {
  const bank = await openBank({
    seed,
    profile: { ...PROFILE, statement: STATEMENT },
    faults: { lateReturn: 0.02 },
    statementFaults: until && { until },
  });
  const files: Laid[] = [];
  let cursor: string | null = null;
  for (let n = 0; n < DAYS; n++) {
    const day = addDays(START, n);
    for (let hour = 0; hour < 24; hour++) {
      bank.clock.to(atLocal(day, `${String(hour).padStart(2, '0')}:50`, PROFILE.zone));
      const box: Awaited<ReturnType<NonNullable<typeof bank.channel.files>>> = await bank.channel.files!(cursor, 50);
      cursor = box.cursor;
      for (const item of box.items) {
        let text = '';
        for await (const part of item.bytes()) text += new TextDecoder().decode(part);
        if (item.kind === 'channel') files.push(parse(item.name, text, bank.clock.now()));
      }
      const many = hour === 9 ? 8 : hour === 20 ? 4 : 0;
      for (let k = 0; k < many && n < DAYS - 6; k++) {
        const no = `N${n}x${hour}x${k}`;
        await bank.channel.debit(debitOf(no, `6222020000${String(n * 24 + k).padStart(5, '0')}0019`, 50_000 + k * 1_000 + n));
      }
    }
  }
  return { bank, files };
}

describe('faults that the simulated bank puts into its files', () => {
  let bank: OpenBank;
  let files: Laid[];
  let putIn: PutIn[];
  const of = (kind: string) => putIn.filter((p) => p.kind === kind);
  const ofDay = (day: string) => files.filter((f) => f.day === day);
  const rowsOf = (file: Laid | undefined, order: string) => (file?.rows ?? []).filter((r) => r.order === order);
  before(async function () {
    this.timeout(240_000);
    ({ bank, files } = await live(11, UNTIL));
    putIn = (await bank.base.db.collection('simbank_put_in').find({}).sort({ day: 1 }).toArray()) as unknown as PutIn[];
  });
  after(() => bank.close());

  it('are of every kind, some of each, and listed by the bank', async () => {
    const counts = await bank.putIn();
    expect(Object.keys(counts).sort()).to.deep.equal([...STATEMENT_FAULTS].sort());
    for (const kind of STATEMENT_FAULTS) expect(counts[kind], kind).to.be.within(1, 12);
    expect(putIn.every((p) => p.day <= UNTIL)).to.equal(true);
  });

  it('leave at most one kind to a day', () => {
    const days = new Map<string, Set<string>>();
    for (const { day, kind } of putIn) days.set(day, (days.get(day) ?? new Set()).add(kind));
    for (const [day, kinds] of days) expect(kinds.size, day).to.equal(1);
  });

  it('keep each file consistent in itself, but for a wrong total, which is a kind of its own', () => {
    const wrong = files.filter((f) => f.trailer !== trailerOf(f.rows)).map((f) => f.day);
    expect(wrong).to.deep.equal(of('badTrailer').map((p) => p.day));
    for (const day of wrong) {
      const [bad, right] = ofDay(day);
      expect(bad!.rows).to.deep.equal(right!.rows);
      expect(right!.issue).to.equal(1);
      expect(right!.name).to.not.equal(bad!.name);
      expect(right!.foundAt <= atLocal(addDays(day, 1), '10:00', PROFILE.zone)).to.equal(true);
    }
  });

  it('are put right within three days by another issue of that day', () => {
    for (const kind of ['missingRow', 'unknownRow', 'changedAmount', 'changedStatus', 'doubledRow'])
      for (const { day, of: order } of of(kind)) {
        const [first, second, ...more] = ofDay(day);
        expect(more).to.deep.equal([]);
        expect([first?.issue, second?.issue], `${kind} ${day}`).to.deep.equal([1, 2]);
        expect(second!.foundAt <= atLocal(addDays(day, 4), '00:00', PROFILE.zone)).to.equal(true);
        const [wrong, right] = [rowsOf(first, order), rowsOf(second, order)];
        const shape = [wrong.length, right.length].join();
        if (kind === 'missingRow') expect(shape).to.equal('0,1');
        if (kind === 'unknownRow') expect(shape).to.equal('1,0');
        if (kind === 'doubledRow') expect(shape).to.equal('2,1');
        if (kind === 'changedAmount') {
          expect(shape).to.equal('1,1');
          expect(wrong[0]!.minor).to.not.equal(right[0]!.minor);
          expect(wrong[0]!.minor).to.be.above(0);
        }
        if (kind === 'changedStatus') expect([wrong[0]?.status, right[0]?.status]).to.deep.equal(['51', 'succeeded']);
      }
  });

  it('touch no row of the evening but to bring it a day late, with its own time, its money too', async () => {
    expect(of('lateRow').length).to.be.above(0);
    for (const { day, of: order } of of('lateRow')) {
      expect(rowsOf(ofDay(day)[0], order)).to.deep.equal([]);
      const [row] = rowsOf(ofDay(addDays(day, 1))[0], order);
      expect(row).to.include({ kind: 'payment', day });
      expect(row!.at >= atLocal(day, '19:00', PROFILE.zone).toISOString()).to.equal(true);
    }
    const net = (day: BusinessDate) => {
      const rows = ofDay(day).at(-1)!.rows;
      return rows.reduce((s, r) => s + (r.kind === 'payment' ? r.minor - r.fee : -r.minor), 0);
    };
    const deposits = await bank.base.db.collection('simbank_account').find({ kind: 'deposit' }).toArray();
    expect(deposits.length).to.be.above(30);
    for (const row of deposits) expect(row.minor, row.ref).to.equal(net(String(row.ref).slice(-10) as BusinessDate));
  });

  it('give money back silently: no news, no query tells of it before the file', async () => {
    expect(of('lateReturn').length).to.be.above(0);
    const news = (await bank.channel.news!(null, 500)).items;
    const book = await collect(bank.book.rows());
    for (const { day, of: order } of of('lateReturn')) {
      expect(news.filter((n) => n.outTradeNo === order)).to.deep.equal([]);
      const returned = book.find((r) => r.orderNo === order && r.fact === 'returned')!;
      const taken = book.find((r) => r.orderNo === order && r.fact === 'taken')!;
      expect(returned.businessDate).to.equal(day);
      expect(taken.businessDate <= addDays(day, -4)).to.equal(true);
      expect(rowsOf(ofDay(day)[0], order).map((r) => r.kind)).to.deep.equal(['return']);
      const now = bank.clock.now();
      expect((await bank.channel.query(order)).kind).to.equal('returned');
      bank.clock.to(returned.at);
      expect((await bank.channel.query(order)).kind, 'asked before the file').to.equal('succeeded');
      bank.clock.to(now);
    }
  });

  it('bring a file after it counts as late, or the same again under another name', () => {
    for (const { day } of of('lateFile')) {
      expect(ofDay(day).length).to.equal(1);
      expect(ofDay(day)[0]!.foundAt > atLocal(addDays(day, 1), '10:00', PROFILE.zone)).to.equal(true);
    }
    for (const { day } of of('renamedFile')) {
      const [one, two] = ofDay(day);
      expect(two!.text).to.equal(one!.text);
      expect(two!.name).to.not.equal(one!.name);
    }
    const late = files.filter((f) => f.issue === 1 && f.foundAt > atLocal(addDays(f.day, 1), '10:00', PROFILE.zone));
    expect(late.map((f) => f.day)).to.deep.equal(of('lateFile').map((p) => p.day));
  });

  it('follow from the seed alone', async function () {
    this.timeout(240_000);
    const again = await live(11, UNTIL);
    expect(again.files).to.deep.equal(files);
    await again.bank.close();
    const other = await live(12, UNTIL);
    expect(other.files.map((f) => f.text)).to.not.deep.equal(files.map((f) => f.text));
    await other.bank.close();
  });
});
