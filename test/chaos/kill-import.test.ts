import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type House, openHouse } from '../../src/app.ts';
import { systemTimers } from '../../src/clock.ts';
import { parseInstant } from '../../src/domain/clock.ts';
import { importStatement } from '../../src/flows/import-statement.ts';
import { openLog } from '../../src/log.ts';
import { type FreshDatabase, openFreshDatabase } from '../support/database.ts';
import { bytesOf, simulatorFile } from '../support/simulator-file.ts';

const LINES = 30_000;
const WORKER = fileURLToPath(new URL('kill-import.ts', import.meta.url));

describe('an import that is killed', () => {
  let fresh: FreshDatabase;
  let house: House;
  let dataDir: string;
  before(async function () {
    this.timeout(240_000);
    fresh = await openFreshDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'duly-kill-import-'));
    house = await openHouse({
      uri: fresh.uri,
      dataDir,
      role: 'test',
      secret: 'a secret for tests, 32 characters or more',
      testMode: true,
      leaseMs: 20_000,
      clockStart: parseInstant('2026-01-06T00:00:00Z'),
      clockFrozen: true,
      log: openLog('silent'),
    });
  });
  after(async () => {
    await house?.close();
    await fresh?.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const lines = () => house.database.db.collection('statementLines').estimatedDocumentCount();
  const states = async () => (await house.database.db.collection('statements').find({}).toArray()).map((s) => s.state);

  it('leaves nothing that counts, and the next import of the file takes over what is left', async function () {
    this.timeout(240_000);
    const text = simulatorFile(
      '2026-01-05',
      Array.from({ length: LINES }, (_, k) => ({ no: `D${k}`, minor: 100 + (k % 900) })),
    );
    const path = join(dataDir, 'day.csv');
    writeFileSync(path, text);
    let killed = 0;
    for (let round = 0; round < 3; round++) {
      const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', WORKER, fresh.uri, dataDir, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      let said = '';
      child.stdout?.on('data', (part: Buffer) => {
        said += part.toString();
      });
      // Killed in the middle: some of the lines are there, and the file does not count yet.
      while (child.exitCode === null && (await lines()) < 3_000 * (round + 1)) await systemTimers.sleep(2);
      child.kill('SIGKILL');
      await ended;
      if (said.includes('done')) break;
      killed++;
      // As if the ten seconds had passed after which a silent load may be taken over.
      await house.database.db
        .collection('statements')
        .updateMany({ state: 'loading' }, { $set: { aliveAt: parseInstant('2020-01-01T00:00:00Z') } });
      expect(await states(), 'one dead load, and no more').to.deep.equal(['loading']);
      expect((await house.world.store.statements.list({ state: 'accepted' }, { limit: 1 })).data).to.deep.equal([]);
      expect(await house.world.store.reconciliations.get('rec_simulator_2026-01-05')).to.equal(null);
    }
    expect(killed, 'rounds in which the import was killed on its way').to.be.at.least(2);
    const file = { kind: 'channel', source: 'simulator', name: 'day.csv', format: null, bytes: bytesOf(text) } as const;
    const { statement } = await importStatement(house.world, file, { by: 'test', why: 'again' });
    expect(statement).to.include({ state: 'accepted', lines: LINES });
    expect(await states()).to.deep.equal(['accepted']);
    expect(await house.database.db.collection('statementLines').countDocuments({})).to.equal(LINES);
    expect(await house.database.db.collection('statementLines').countDocuments({ s: statement.id as never })).to.equal(LINES);
  });
});
