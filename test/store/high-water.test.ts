/** The high-water mark of each channel, kept outside the database: what a restored backup is held against. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseInstant } from '../../src/domain/clock.ts';
import { openHighWater } from '../../src/store/high-water.ts';

const at = (time: string) => parseInstant(`2026-01-05T${time}:00Z`);

describe('the high-water mark', () => {
  let folder: string;
  const file = () => join(folder, 'high-water.log');
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'duly-mark-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('survives a restart, by channel', async () => {
    const first = await openHighWater(folder);
    await first.raise('a', at('09:00'));
    await first.raise('b', at('08:00'));
    await first.raise('a', at('10:00'));
    const marks = await (await openHighWater(folder)).marks();
    expect([...marks]).to.deep.equal([
      ['a', at('10:00')],
      ['b', at('08:00')],
    ]);
  });

  it('never falls, and writes nothing where it stands already', async () => {
    const mark = await openHighWater(folder);
    await mark.raise('a', at('10:00'));
    const before = readFileSync(file(), 'utf8');
    await mark.raise('a', at('10:00'));
    await mark.raise('a', at('09:00'));
    expect(readFileSync(file(), 'utf8')).to.equal(before);
    expect((await mark.marks()).get('a')).to.deep.equal(at('10:00'));
  });

  it('is the higher one where another process wrote a lower one later', async () => {
    const [one, two] = [await openHighWater(folder), await openHighWater(folder)];
    await one.raise('a', at('10:00'));
    await two.raise('a', at('09:00'));
    expect((await one.marks()).get('a')).to.deep.equal(at('10:00'));
  });

  it('is readable by its owner alone, and a line cut off by a crash before the instant is passed over', async () => {
    const mark = await openHighWater(folder);
    await mark.raise('a', at('10:00'));
    expect(statSync(file()).mode & 0o777).to.equal(0o600);
    writeFileSync(file(), 'a ', { flag: 'a' });
    expect((await mark.marks()).get('a')).to.deep.equal(at('10:00'));
  });
});
