/** Imports one file again and again until it is killed or done: argument 1 is the database, 2 the data folder, 3 the file. */
import { createReadStream } from 'node:fs';
import { openHouse } from '../../src/app.ts';
import { importStatement } from '../../src/flows/import-statement.ts';
import { openLog } from '../../src/log.ts';

const [uri = '', dataDir = '', path = ''] = process.argv.slice(2);
const house = await openHouse({
  uri,
  dataDir,
  role: 'import',
  secret: 'a secret for tests, 32 characters or more',
  testMode: true,
  leaseMs: 20_000,
  log: openLog('silent'),
});
const file = { kind: 'channel', source: 'simulator', name: 'day.csv', format: null, bytes: () => createReadStream(path) } as const;
process.stdout.write('ready\n');
await importStatement(house.world, file, { by: 'test', why: 'to be killed' });
process.stdout.write('done\n');
await house.close();
