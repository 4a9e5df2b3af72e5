import { expect } from 'chai';
import { addDays, businessDate, parseInstant } from '../../src/domain/clock.ts';
import type { Statement } from '../../src/domain/statement.ts';
import { type Imported, importStatement, type StatementFile } from '../../src/flows/import-statement.ts';
import { balance, camt053, detail, entry } from '../support/bank-files.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { bytesOf, type FileRow, simulatorFile } from '../support/simulator-file.ts';

const DAY = businessDate('2026-01-04');
const ROWS: readonly FileRow[] = [
  { no: 'DA', minor: 110016 },
  { no: 'DB', minor: 67600 },
  { no: 'DB', minor: 67600, kind: 'return', status: 'R01' },
];
const ACTOR = { by: 'test', why: 'a test' };

describe('importing a statement', () => {
  let house: TestHouse;
  before(async function () {
    this.timeout(240_000);
    house = await openTestHouse();
  });
  after(() => house.end());
  beforeEach(async () => {
    for (const name of ['statements', 'statementLines', 'reconciliations', 'events', 'discrepancies'])
      await house.database.db.collection(name).deleteMany({});
  });

  const take = (text: string, name = 'a.csv', more: Partial<StatementFile> = {}): Promise<Imported> =>
    importStatement(house.world, { kind: 'channel', source: 'simulator', name, format: null, bytes: bytesOf(text), ...more }, ACTOR);
  const count = (name: string) => house.database.db.collection(name).countDocuments({});
  const stored = (id: string) => house.world.store.statements.get(id) as Promise<Statement>;
  const run = () => house.world.store.reconciliations.get(`rec_simulator_${DAY}`);

  it('keeps all of a good file and has its day reconciled', async () => {
    const { statement, fresh } = await take(simulatorFile(DAY, ROWS));
    expect(fresh).to.equal(true);
    expect(statement).to.include({ state: 'accepted', businessDate: DAY, issue: 1, lines: 3, format: 'simulator' });
    expect(await stored(statement.id)).to.deep.equal(statement);
    const lines = await house.world.store.statements.lines(statement.id, 0, 100);
    expect(lines.map((l) => `${l.n} ${l.line} ${l.kind} ${l.outTradeNo} ${l.minor} ${l.feeMinor} ${l.channelTradeNo}`)).to.deep.equal([
      '1 3 payment DA 110016 10 T0',
      '2 4 payment DB 67600 10 T1',
      '3 5 return DB 67600 10 T2',
    ]);
    expect(await run()).to.include({ state: 'loaded', statementId: statement.id, version: 1, eventN: 1 });
    const events = await house.database.db.collection('events').find({}).toArray();
    expect(events.map((e) => e.type).sort()).to.deep.equal(['reconciliation.loaded', 'statement.accepted']);
  });

  it('refuses a file whose total is wrong, with its place, and keeps none of its lines', async () => {
    const { statement } = await take(simulatorFile(DAY, ROWS, { offBy: 1 }));
    expect(statement).to.include({ state: 'refused', lines: 0, issue: 0 });
    expect(statement.refusal).to.include({ code: 'TOTALS_DIFFER', line: 6 });
    expect(await count('statementLines')).to.equal(0);
    expect(await run()).to.equal(null);
    const again = await take(simulatorFile(DAY, ROWS, { offBy: 1 }));
    expect(again).to.deep.equal({ statement: await stored(statement.id), fresh: false });
    expect(await count('statements')).to.equal(1);
  });

  it('refuses a large file at its last line and keeps none of its lines', async function () {
    this.timeout(20_000);
    const rows = Array.from({ length: 5000 }, (_, k) => ({ no: `D${k}`, minor: 100 + k }));
    const { statement } = await take(simulatorFile(DAY, rows, { offBy: -1 }));
    expect(statement.refusal).to.include({ code: 'TOTALS_DIFFER', line: 5003 });
    expect(await count('statementLines')).to.equal(0);
  });

  it('does nothing for the same file again, and refuses its content under another name, naming the first', async () => {
    const text = simulatorFile(DAY, ROWS);
    const { statement } = await take(text);
    expect(await take(text)).to.deep.equal({ statement, fresh: false });
    const renamed = await take(text, 'copy.csv');
    expect(renamed.statement).to.include({ state: 'refused', name: 'copy.csv', lines: 0 });
    expect(renamed.statement.refusal?.code).to.equal('DUPLICATE_CONTENT');
    expect(renamed.statement.refusal?.says).to.contain('a.csv').and.to.contain(statement.id);
    expect((await take(text, 'copy.csv')).fresh).to.equal(false);
    expect(await count('statementLines')).to.equal(3);
    expect(await count('statements')).to.equal(2);
  });

  it('answers a file that was here before for its own day alone; for another it is a duplicate', async () => {
    const { statement } = await take(simulatorFile(DAY, ROWS));
    const again = (businessDate: typeof DAY) => take(simulatorFile(DAY, ROWS), 'a.csv', { businessDate });
    expect(await again(DAY)).to.deep.equal({ statement, fresh: false });
    const other = await again(addDays(DAY, -1));
    expect(other.statement).to.include({ state: 'refused', businessDate: DAY });
    expect(other.statement.refusal?.code).to.equal('DUPLICATE_CONTENT');
    expect(other.statement.refusal?.says).to.contain(`a.csv of ${DAY}`);
  });

  it('lets a corrected file take the place of the first and has the day reconciled anew; the older one does not come back', async () => {
    const first = await take(simulatorFile(DAY, ROWS, { issue: '1' }));
    const second = await take(simulatorFile(DAY, ROWS.slice(0, 2), { issue: '2' }), 'a-2.csv');
    expect(second.statement).to.include({ state: 'accepted', issue: 2, lines: 2 });
    expect((await stored(first.statement.id)).state).to.equal('superseded');
    expect(await run()).to.include({ state: 'loaded', statementId: second.statement.id, version: 2, eventN: 2 });
    const older = await take(simulatorFile(DAY, ROWS.slice(0, 1), { issue: '1' }), 'a-1.csv');
    expect(older.statement.refusal?.code).to.equal('OLDER_ISSUE');
    expect((await take(simulatorFile(DAY, ROWS, { issue: '1' }))).statement.state).to.equal('superseded');
    expect((await run())?.statementId).to.equal(second.statement.id);
  });

  it('refuses the file of another channel, merchant or day, and one of a day that has not begun', async () => {
    const code = async (text: string, more: Partial<StatementFile> = {}) => (await take(text, 'x.csv', more)).statement.refusal?.code;
    expect(await code(simulatorFile(DAY, ROWS, { channel: 'other' }))).to.equal('OF_ANOTHER');
    expect(await code(simulatorFile(DAY, ROWS).replace('duly-sim,2', 'them,2'))).to.equal('OF_ANOTHER');
    expect(await code(simulatorFile(DAY, ROWS), { businessDate: addDays(DAY, -1) })).to.equal('OF_ANOTHER');
    expect(await code(simulatorFile('2026-02-01', ROWS))).to.equal('DATE_AHEAD');
    expect(await count('statementLines')).to.equal(0);
  });

  it('names an unknown source, format or name as a fault of the call', async () => {
    const fault = (more: Partial<StatementFile>) =>
      take('x', 'x.csv', more).then(
        () => 'none',
        (error: { faults?: { code: string }[] }) => error.faults?.[0]?.code,
      );
    expect(await fault({ source: 'nobody' })).to.equal('UNKNOWN_SOURCE');
    expect(await fault({ format: 'nothing' })).to.equal('UNKNOWN_FORMAT');
    expect(await fault({ format: 'simulator-account' })).to.equal('UNKNOWN_FORMAT');
    expect(await fault({ name: 'a/b' })).to.equal('BAD_NAME');
    expect(await count('statements')).to.equal(0);
  });

  it('takes over what a load that died has left, and sweeps away one that nobody repeats', async () => {
    const text = simulatorFile(DAY, ROWS);
    const { statement } = await take(text);
    const lines = await house.world.store.statements.lines(statement.id, 0, 2);
    await house.database.db.collection('statements').deleteMany({});
    await house.database.db.collection('statementLines').deleteMany({});
    const dead = (id: string, sha256: string): Statement => ({
      ...statement,
      id,
      sha256,
      state: 'loading',
      issue: 0,
      version: 1,
      head: null,
    });
    const { statements } = house.world.store;
    await statements.insert(dead('stm_dead', statement.sha256));
    await statements.putLines('stm_dead', lines, 1);
    await statements.insert(dead('stm_old', 'another'));
    await statements.putLines('stm_old', lines, 1);
    const silentSince = (sha: string, at: string) =>
      house.database.db.collection('statements').updateOne({ sha256: sha }, { $set: { aliveAt: parseInstant(at) } });
    const refused = await take(text).catch((error: { code?: string }) => error.code);
    expect(refused, 'while the other shows signs of life').to.equal('IMPORT_RUNNING');
    await silentSince(statement.sha256, '2020-01-01T00:00:00Z');
    const taken = await take(text);
    expect(taken.statement.state).to.equal('accepted');
    expect(await statements.get('stm_dead')).to.equal(null);
    expect(await count('statementLines')).to.equal(5);
    expect(await statements.deadLoads()).to.deep.equal([]);
    await silentSince('another', '2020-01-01T00:00:00Z');
    expect((await statements.deadLoads()).map((s) => s.id)).to.deep.equal(['stm_old']);
    await statements.dropLoad('stm_old');
    expect(await count('statementLines')).to.equal(3);
  });

  /** The world of an import whose file comes in three parts; `before[k]` happens, three seconds later, ahead of part k + 1. */
  const slowly = (text: string, before: readonly [() => Promise<unknown>, () => Promise<unknown>]) => {
    let seconds = 0;
    let readings = 0;
    const third = Math.ceil(text.length / 3);
    const bytes = async function* () {
      const measured = readings++ === 0;
      yield Buffer.from(text.slice(0, third));
      for (const k of [0, 1] as const) {
        if (!measured) await before[k]();
        seconds += 3;
        yield Buffer.from(text.slice(third * (k + 1), third * (k + 2)));
      }
    };
    const world = { ...house.world, timers: { ...house.world.timers, monotonic: () => seconds * 1000 } };
    return importStatement(world, { kind: 'channel', source: 'simulator', name: 'a.csv', format: null, bytes }, ACTOR);
  };
  const MANY = Array.from({ length: 13_500 }, (_, k) => ({ no: `D${k}`, minor: 100 + k }));
  const silent = () =>
    house.database.db
      .collection('statements')
      .updateMany({ state: 'loading' }, { $set: { aliveAt: parseInstant('2020-01-01T00:00:00Z') } });

  it('shows signs of life while a slow file comes, so that nobody takes it over', async () => {
    let dead: readonly Statement[] | null = null;
    const { statement } = await slowly(simulatorFile(DAY, ROWS), [
      silent,
      async () => {
        dead = await house.world.store.statements.deadLoads();
      },
    ]);
    expect(dead).to.deep.equal([]);
    expect(statement).to.include({ state: 'accepted', lines: ROWS.length });
  });

  it('stops at its next sign of life once it was taken over all the same, and none of its lines is left', async function () {
    this.timeout(20_000);
    const text = simulatorFile(DAY, MANY);
    let taken: Imported | null = null;
    let readOn = false;
    const refused = await slowly(text, [
      async () => {
        expect(await count('statementLines'), 'of its first third').to.be.above(0);
        await silent();
        taken = await take(text);
      },
      async () => {
        readOn = true;
      },
    ]).catch((error: { code?: string }) => error.code);
    expect(refused).to.equal('IMPORT_RUNNING');
    expect(readOn, 'the file is read no further').to.equal(false);
    expect((taken as Imported | null)?.statement.state).to.equal('accepted');
    expect(await count('statements')).to.equal(1);
    expect(await count('statementLines')).to.equal(MANY.length);
  });

  it('leaves one file, with all of its lines, when several imports of it run at once', async () => {
    const text = simulatorFile(DAY, ROWS);
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => take(text)));
    expect(all.some((r) => r.status === 'fulfilled' && r.value.statement.state === 'accepted')).to.equal(true);
    for (const r of all) if (r.status === 'rejected') expect(r.reason.code).to.be.oneOf(['IMPORT_RUNNING', 'STALE']);
    await take(text);
    const kept = await house.database.db.collection('statements').find({ state: 'accepted' }).toArray();
    expect(kept.length).to.equal(1);
    expect(await house.database.db.collection('statementLines').countDocuments({ s: kept[0]?._id as never })).to.equal(3);
    expect(await count('statementLines')).to.equal(3);
  });

  it('warns of an account statement that does not begin where the last one ended, and takes it', async () => {
    const account = (day: string, opening: number, amount: number) =>
      [
        `H,duly-simulator-account,1,settlement,${day},Asia/Shanghai,1`,
        'ref,kind,amount,currency,bankTime,text,balance',
        `O,CNY,${opening}`,
        `R1,deposit,${amount},CNY,${day}T02:00:00.000Z,in,${opening + amount}`,
        `C,CNY,${opening + amount},1`,
        '',
      ].join('\n');
    const first = await take(account('2026-01-03', 0, 500), 'acc-3.csv', { kind: 'account', source: 'settlement' });
    expect(first.statement.refusal).to.equal(null);
    expect(first.statement).to.include({ state: 'accepted', kind: 'account', businessDate: '2026-01-03' });
    expect(first.statement.head?.warnings).to.deep.equal([]);
    const second = await take(account('2026-01-04', 600, 5), 'acc-4.csv', { kind: 'account', source: 'settlement' });
    expect(second.statement.state).to.equal('accepted');
    expect(second.statement.head?.warnings.join()).to.contain('may be missing');
    expect(await count('reconciliations')).to.equal(0);
  });

  it('warns of a number that was left out since the last statement', async () => {
    const numbered = async (number: string, date: string) => {
      const text = camt053(balance('OPBD', '0.00') + balance('CLBD', '1.00'), entry('1.00', 'CRDT', detail('D1')), '02', number);
      const at = { kind: 'account', source: 'settlement', format: 'camt-account' } as const;
      const { statement } = await take(text.replaceAll('2026-11-27', date).replaceAll('2026-11-28', date), `${number}.xml`, at);
      expect(statement.refusal).to.equal(null);
      return (statement.head?.warnings ?? []).filter((w) => w.includes('number'));
    };
    expect(await numbered('12', '2026-01-01')).to.deep.equal([]);
    expect(await numbered('13', '2026-01-02')).to.deep.equal([]);
    expect(await numbered('15', '2026-01-03')).to.deep.equal([
      'it is number 15, the one of 2026-01-02 was 13: a statement between them may be missing',
    ]);
    expect(await numbered('1', '2026-01-04'), 'a new year').to.deep.equal([]);
    expect(await numbered('A2', '2026-01-05'), 'no running number').to.deep.equal([]);
  });
});
