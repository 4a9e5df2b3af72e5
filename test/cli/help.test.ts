import { expect } from 'chai';
import { duly } from '../support/cli.ts';

const COMMANDS = [
  'start',
  'api',
  'worker',
  'demo',
  'plans import',
  'plans template',
  'explain',
  'statements import',
  'statements list',
  'reconcile',
  'refund',
  'check',
  'settle',
  'stop',
  'doctor',
  'books check',
  'books balance',
  'books close',
  'books open',
  'bench recon',
];

describe('the command line itself', function () {
  this.timeout(240_000);

  it('lists its commands and what its exit codes mean', async () => {
    const { code, out } = await duly(['--help']);
    expect(code).to.equal(0);
    for (const command of COMMANDS) expect(out).to.match(new RegExp(`^ {2}${command.split(' ')[0]}\\b`, 'm'));
    expect(out).to.include('Exit codes: 0 done, 1 ');
  });

  for (const command of COMMANDS)
    it(`shows an example of \`${command}\`, and refuses a flag it does not know`, async () => {
      const words = command.split(' ');
      const [help, unknown] = await Promise.all([duly([...words, '--help']), duly([...words, '--no-such-flag'])]);
      expect(help.code).to.equal(0);
      expect(help.out).to.match(new RegExp(`\\nExample:\\n {2}.*duly ${command}\\b`));
      expect(help.err).to.equal('');
      expect(unknown.code).to.equal(2);
      expect(unknown.out).to.equal('');
      expect(unknown.err).to.include("unknown option '--no-such-flag'");
    });

  it('refuses a command it does not know, and a call without one, with exit code 2', async () => {
    const [unknown, none, half] = await Promise.all([duly(['collekt']), duly([]), duly(['plans'])]);
    expect(unknown.code).to.equal(2);
    expect(unknown.err).to.include("unknown command 'collekt'");
    expect([none.code, half.code]).to.deep.equal([2, 2]);
    expect(none.err).to.include('Usage: duly');
  });

  it('names a data folder that is none, without a stack', async () => {
    const [data, keep] = await Promise.all([duly(['books', 'check', '--data', 'package.json']), duly(['demo', '--keep', 'package.json'])]);
    for (const { code, out, err } of [data, keep]) {
      expect({ code, out }).to.deep.equal({ code: 2, out: '' });
      expect(err).to.equal('duly: package.json is no folder: name the data folder, or one that is yet to be made [NOT_A_FOLDER]\n');
    }
  });

  it('names the variable, the fault and the cure of a wrong environment, without a stack', async () => {
    const { code, out, err } = await duly(['check', '--json'], { env: { DULY_LEASE_MS: 'soon' } });
    expect({ code, out }).to.deep.equal({ code: 2, out: '' });
    expect(err).to.equal("duly: DULY_LEASE_MS is 'soon': give a whole number from 1000 to 600000 [BAD_ENVIRONMENT]\n");
  });

  it('names the flag that is no whole number', async () => {
    const runs = await Promise.all([duly(['plans', 'template', '--rows', '1e3']), duly(['demo', '--days', '-4'])]);
    expect(runs.map((r) => r.code)).to.deep.equal([2, 2]);
    expect(runs[0]?.err).to.include("--rows is '1e3': give a whole number");
    expect(runs[1]?.err).to.include("--days is '-4': give a whole number");
  });
});
