/** Payment files and payouts by hand: written once, whole, and never taken for paid. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { filePayouts } from '../../src/channels/payouts/file.ts';
import { manualPayouts } from '../../src/channels/payouts/manual.ts';

const request = {
  payoutNo: 'P1',
  amount: { minor: 49_990, currency: 'CNY' },
  beneficiary: 'lender:lnd_1',
  memo: 'P1 2026-01-06 2026-01-06',
};

describe('payouts without a bank’s connection', () => {
  let home: string;
  let folder: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'duly-payouts-'));
    folder = join(home, 'of-the-house');
    mkdirSync(folder);
  });
  afterEach(() => rmSync(home, { recursive: true }));

  it('lie in a file of one row, which repeating leaves as it is', async () => {
    const port = filePayouts(join(folder, 'payouts'), 'settlement');
    expect(await port.query('P1')).to.include({ kind: 'notFound' });
    for (let n = 0; n < 2; n++) expect(await port.pay(request)).to.include({ kind: 'accepted', channelTradeNo: 'P1.csv' });
    expect(await port.query('P1')).to.include({ kind: 'accepted' });
    expect(readdirSync(join(folder, 'payouts'))).to.deep.equal(['P1.csv']);
    expect(readFileSync(join(folder, 'payouts', 'P1.csv'), 'utf8')).to.equal(
      'payoutNo,beneficiary,currency,minor,memo\r\nP1,lender:lnd_1,CNY,49990,P1 2026-01-06 2026-01-06\r\n',
    );
  });

  it('are never written over with another content', async () => {
    const port = filePayouts(folder, 'settlement');
    await port.pay(request);
    expect(await port.pay({ ...request, amount: { minor: 1, currency: 'CNY' } })).to.include({ kind: 'duplicate' });
    expect(readFileSync(join(folder, 'P1.csv'), 'utf8')).to.include('49990');
  });

  it('are not written again once somebody has taken the file away, nor said to be unknown', async () => {
    const port = filePayouts(folder, 'settlement');
    await port.pay(request);
    renameSync(join(folder, 'P1.csv'), join(home, 'loaded-into-the-bank.csv'));
    expect(await port.query('P1'), 'it may yet be paid').to.include({ kind: 'accepted' });
    expect(await port.pay(request)).to.include({ kind: 'accepted' });
    expect(await port.pay({ ...request, amount: { minor: 1, currency: 'CNY' } })).to.include({ kind: 'duplicate' });
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('that were begun by somebody who died are a question for a person, and are not begun again', async () => {
    const port = filePayouts(folder, 'settlement');
    mkdirSync(`${folder}-written`);
    writeFileSync(join(`${folder}-written`, 'P1.csv.part'), 'payoutNo,');
    expect(await port.query('P1')).to.include({ kind: 'unknown' });
    expect(await port.pay(request)).to.include({ kind: 'unknown' });
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('give a spreadsheet nothing to reckon with', async () => {
    await filePayouts(folder, 'settlement').pay({ ...request, memo: '=1+1,"x"' });
    expect(readFileSync(join(folder, 'P1.csv'), 'utf8')).to.include(`"'=1+1,""x"""`);
  });

  it('are unknown where the disk fails', async () => {
    writeFileSync(join(folder, 'taken'), '');
    expect(await filePayouts(join(folder, 'taken'), 'settlement').pay(request)).to.include({ kind: 'unknown' });
  });

  it('by hand are under way until a person says otherwise', async () => {
    const port = manualPayouts('settlement');
    expect([(await port.pay(request)).kind, (await port.query('P1')).kind]).to.deep.equal(['accepted', 'accepted']);
  });
});
