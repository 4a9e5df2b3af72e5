/**
 * What `npm test` runs: the type check, the linter, then every test on one embedded MongoDB. Prints each part's own output as it comes and
 * closes with a line `N passed, N failed`; exit code 1 when anything failed, or when nothing ran. The type check and the linter count as one each.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const bin = (name) => join(root, 'node_modules/.bin', name);

/** The program that runs now: it goes when this one is stopped. */
let running;

/** Runs a program with its output shown; resolves to its exit code. */
function run(program, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
    running = child;
    child.on('error', (error) => {
      console.error(String(error));
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

const total = { passed: 0, failed: 0 };
function count(name, ok) {
  total[ok ? 'passed' : 'failed'] += 1;
  console.log(`${ok ? 'ok' : 'FAILED'}: ${name}`);
}

/** Runs mocha over `files` (all when empty) and adds its figures. A run that ends without a report, or before its last test, is a failure. */
async function mocha(files, uri) {
  const folder = mkdtempSync(join(tmpdir(), 'duly-report-'));
  const report = join(folder, 'report.json');
  try {
    const code = await run(
      bin('mocha'),
      ['--forbid-only', '--reporter', 'test/support/reporter.mjs', ...(files.length > 0 ? files : ['test/**/*.test.ts'])],
      {
        DULY_TEST_MONGODB_URI: uri,
        DULY_TEST_REPORT: report,
      },
    );
    const { passed, failed } = JSON.parse(readFileSync(report, 'utf8'));
    total.passed += passed;
    total.failed += failed;
    if (code !== 0 && failed === 0) count(`mocha ended with code ${code} though no test failed`, false);
    if (passed + failed === 0) count('no test was run', false);
  } catch {
    count('the test run ended without a report', false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const files = process.argv.slice(2);
if (files.length === 0) {
  count('type check', (await run(bin('tsc'), ['--noEmit'])) === 0);
  count('lint', (await run(bin('biome'), ['check', '.'])) === 0);
}
register();
const { startTestServer } = await import('./database.ts');
const server = await startTestServer();
const abort = () => {
  running?.kill();
  server.stop().finally(() => process.exit(130));
};
process.once('SIGINT', abort).once('SIGTERM', abort);
try {
  await mocha(files, server.uri);
} finally {
  await server.stop();
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
