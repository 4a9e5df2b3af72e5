import { expect } from 'chai';
import type { Document } from 'mongodb';
import type { BankFile, Channel } from '../../src/channels/channel.ts';
import { addDays, businessDate, type Instant, instant, parseInstant } from '../../src/domain/clock.ts';
import { advance } from '../../src/flows/advance.ts';
import { fetchStatements, nextFile } from '../../src/flows/fetch-statements.ts';
import { importStatement } from '../../src/flows/import-statement.ts';
import { newRun } from '../../src/flows/statements/accept.ts';
import type { World } from '../../src/flows/world.ts';
import { toDoc } from '../../src/store/codec.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { bytesOf, simulatorFile } from '../support/simulator-file.ts';

type Laid = BankFile & Readonly<{ readyAt: Instant }>;

describe('fetching statements', () => {
  let house: TestHouse;
  let laid: Laid[];
  before(async function () {
    this.timeout(240_000);
    house = await openTestHouse({ clockStart: parseInstant('2026-01-05T00:00:00Z') });
    laid = [];
  });
  after(() => house.end());

  const lay = (name: string, readyAt: string, text: string) =>
    laid.push({ id: name, name, kind: 'channel', bytes: bytesOf(text), readyAt: parseInstant(readyAt) });
  /** The house with a drop box of our own in place of the simulated bank's. */
  const world = (): World => {
    const simulator = house.world.channels.get('simulator') as Channel;
    const rest = (cursor: string | null) => laid.slice(cursor === null ? 0 : Number(cursor));
    const channel: Channel = {
      profile: simulator.profile,
      debit: (r) => simulator.debit(r),
      query: (n) => simulator.query(n),
      files: async (cursor, limit) => {
        const items = rest(cursor)
          .filter((f) => f.readyAt <= house.world.clock.now())
          .slice(0, limit);
        return { items, cursor: items.length ? String(Number(cursor ?? 0) + items.length) : cursor };
      },
    };
    const filesDue = async (cursor: string | null) => rest(cursor)[0]?.readyAt ?? null;
    return { ...house.world, channels: new Map([['simulator', channel]]), simulated: { ...house.world.simulated, filesDue } };
  };
  /** Moves the clock with this job alone. */
  const to = async (at: string) => {
    if (!house.advance) throw new Error('no clock');
    const job = { name: 'import-statements', cron: '', run: fetchStatements, due: nextFile };
    await advance({ ...house.advance, world: world(), jobs: [job] }, parseInstant(at), true);
  };
  const runs = async () =>
    (await house.world.store.reconciliations.list({}, { limit: 50 })).data.map((r) => `${r.businessDate} ${r.state}`).sort();
  const late = (): Promise<Document[]> => house.database.db.collection<Document>('discrepancies').find({ kind: 'lateFile' }).toArray();

  it('opens a run for each day when its file is expected, loads what comes, and says once what is late', async function () {
    this.timeout(240_000);
    lay('5.csv', '2026-01-06T06:00:00+08:00', simulatorFile('2026-01-05', [{ no: 'D1', minor: 500 }]));
    lay('6-bad.csv', '2026-01-07T06:00:00+08:00', simulatorFile('2026-01-06', [{ no: 'D2', minor: 500 }], { offBy: 5 }));
    lay('6.csv', '2026-01-07T08:00:00+08:00', simulatorFile('2026-01-06', [{ no: 'D2', minor: 500 }]));
    lay('7.csv', '2026-01-08T14:00:00+08:00', simulatorFile('2026-01-07', []));
    await to('2026-01-06T05:59:00+08:00');
    expect(await runs()).to.deep.equal([]);
    await to('2026-01-06T06:00:00+08:00');
    expect(await runs()).to.deep.equal(['2026-01-05 loaded']);
    await to('2026-01-07T10:30:00+08:00');
    expect(await runs()).to.deep.equal(['2026-01-05 loaded', '2026-01-06 loaded']);
    const { data } = await house.world.store.statements.list({ state: 'refused' }, { limit: 10 });
    expect(data.map((s) => `${s.name} ${s.refusal?.code}`)).to.deep.equal(['6-bad.csv TOTALS_DIFFER']);
    expect(await late(), 'the right file came in time').to.deep.equal([]);

    await to('2026-01-08T09:59:00+08:00');
    expect(await late()).to.deep.equal([]);
    await to('2026-01-08T10:01:00+08:00');
    const [alarm, ...more] = await late();
    expect(more).to.deep.equal([]);
    expect(alarm).to.include({ lenderId: 'house', state: 'open', businessDate: '2026-01-07', channel: 'simulator' });
    await to('2026-01-08T13:00:00+08:00');
    expect((await late()).length, 'told once').to.equal(1);
    await to('2026-01-08T15:00:00+08:00');
    expect((await late())[0]).to.include({ state: 'corrected', cause: 'arrivedLate' });
    expect((await runs()).at(-1)).to.equal('2026-01-07 loaded');
    const events = await house.world.store.discrepancies.eventsOf([String(alarm?._id)]);
    expect(events.map((e) => e.type)).to.deep.equal(['discrepancy.opened', 'discrepancy.explained']);
  });

  it('does nothing more when it is run again at the same moment', async () => {
    const before = await house.database.db.collection('events').countDocuments({});
    await fetchStatements(world());
    expect(await house.database.db.collection('events').countDocuments({})).to.equal(before);
  });

  it('meets a file it could not deal with again, and none is lost', async () => {
    let broken = true;
    const text = simulatorFile('2026-01-08', []);
    const bytes = async function* () {
      if (broken) throw new Error('the connection broke');
      yield Buffer.from(text);
    };
    laid.push({ id: '8.csv', name: '8.csv', kind: 'channel', bytes, readyAt: instant(0) });
    await fetchStatements(world()).then(
      () => expect.fail('it should have thrown'),
      (error: Error) => expect(error.message).to.contain('connection'),
    );
    broken = false;
    await fetchStatements(world());
    expect((await runs()).at(-1)).to.equal('2026-01-08 loaded');
  });

  it('closes the alarm about a late file that comes at the very moment at which it is told of', async function () {
    this.timeout(20_000);
    const day = businessDate('2026-01-04');
    const before = (await late()).length;
    const { store } = house.world;
    const run = newRun('simulator', day, parseInstant('2026-01-05T06:00:00+08:00'));
    await store.transact((tx) => tx.write({ events: [], newRows: { reconciliations: [run] } }, null));
    let told = false;
    const transact: typeof store.transact = async (body) => {
      if (!told) {
        told = true;
        await fetchStatements(world());
      }
      return store.transact(body);
    };
    const file = { kind: 'channel', source: 'simulator', name: '4.csv', format: null } as const;
    const bytes = bytesOf(simulatorFile(day, [{ no: 'D4', minor: 500 }]));
    await importStatement({ ...world(), store: { ...store, transact } }, { ...file, bytes }, { by: 'test', why: 'a test' });
    const all = await late();
    expect(all.length - before, 'told').to.equal(1);
    expect(all.find((d) => d.businessDate === day)).to.include({ state: 'corrected', cause: 'arrivedLate' });
  });

  it('tells of every late file, also where hundreds have never come', async function () {
    this.timeout(240_000);
    const before = (await late()).length;
    const days = Array.from({ length: 201 }, (_, k) => addDays(businessDate('2024-01-01'), k));
    const rows = days.map((day) => toDoc(newRun('simulator', day, parseInstant('2024-01-01T00:00:00Z'))));
    await house.database.db.collection('reconciliations').insertMany(rows);
    await fetchStatements(world());
    expect((await late()).length - before).to.equal(201);
  });
});
