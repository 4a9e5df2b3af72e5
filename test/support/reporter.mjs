/**
 * Mocha's spec reporter, cut to one line a file for what passes and the full story for what fails, with the figures written to
 * DULY_TEST_REPORT. The report is written at the very end: a run that dies half way leaves none, and that counts as a failure.
 * A pending test counts as failed: this house has no skipped tests.
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import Mocha from 'mocha';

const { EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END, EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING } = Mocha.Runner.constants;

/** How long the process may take to end by itself once the last test is done. */
const GRACE_MS = 10_000;

/** Timers alone are no fault of a test: Agenda leaves one of half a lock's lifetime behind each run. They are cut short. */
function leftOpen() {
  const sockets = process.getActiveResourcesInfo().filter((kind) => /^(TCP|Pipe|Process)/.test(kind));
  if (sockets.length > 0) console.log(`FAILED: a test left something open: ${sockets.join(', ')}`);
  process.exit(sockets.length > 0 ? 1 : process.exitCode);
}

export default class Reporter extends Mocha.reporters.Base {
  constructor(runner, options) {
    super(runner, options);
    const files = new Map();
    const failed = [];
    let passed = 0;
    let depth = 0;
    const of = (test) => {
      const name = relative(process.cwd(), test.file ?? test.parent?.file ?? 'hook');
      if (!files.has(name)) files.set(name, { passed: 0, failed: 0, ms: 0 });
      return files.get(name);
    };
    const fail = (test, error) => {
      failed.push(test);
      of(test).failed += 1;
      console.log(`FAILED: ${test.fullTitle()}\n  ${String(error?.stack ?? error).replaceAll('\n', '\n  ')}`);
    };
    runner.on(EVENT_SUITE_BEGIN, () => {
      depth += 1;
    });
    runner.on(EVENT_SUITE_END, () => {
      depth -= 1;
      if (depth !== 1) return;
      for (const [name, file] of files) console.log(`${file.failed ? 'FAILED' : 'ok'}: ${name} (${file.passed} passed, ${file.ms} ms)`);
      files.clear();
    });
    runner.on(EVENT_TEST_PASS, (test) => {
      passed += 1;
      of(test).passed += 1;
      of(test).ms += test.duration ?? 0;
    });
    runner.on(EVENT_TEST_FAIL, fail);
    runner.on(EVENT_TEST_PENDING, (test) => fail(test, 'pending: a test that is not run shows nothing; write it or take it out'));
    runner.on(EVENT_RUN_END, () => {
      this.epilogue();
      if (process.env.DULY_TEST_REPORT) writeFileSync(process.env.DULY_TEST_REPORT, JSON.stringify({ passed, failed: failed.length }));
      setTimeout(leftOpen, GRACE_MS).unref();
    });
  }
}
