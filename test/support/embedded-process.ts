/**
 * A process of its own that uses the embedded database, for tests that kill it: `tsx embedded-process.ts start|join FOLDER`.
 * Prints one JSON line when the server is up, writes a row on each line of stdin, stops on `stop`.
 */
import { createInterface } from 'node:readline';
import { connect } from '../../src/store/connect.ts';
import { joinOrStart, startEmbedded } from '../../src/store/embedded/index.ts';

const [role, dataDir = ''] = process.argv.slice(2);
const say = (facts: object): void => void process.stdout.write(`${JSON.stringify(facts)}\n`);

const lines: string[] = [];
try {
  const server = await (role === 'start' ? startEmbedded : joinOrStart)({ dataDir, log: (line) => lines.push(line) });
  const { uri, pid, adopted, foundBy } = server;
  say({ uri, pid, adopted, foundBy, lines });
  const store = await connect(uri, { appName: 'embedded-process' });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'stop') break;
    await store.db.collection<{ _id: string }>('rows').insertOne({ _id: line });
    say({ wrote: line });
  }
  await store.close();
  await server.stop();
  say({ stopped: true });
} catch (error) {
  say({ error: (error as Error).message, code: (error as { code?: string }).code });
  process.exitCode = 1;
}
process.stdin.destroy();
