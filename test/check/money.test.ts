/** The money side: files, matches, ledgers and the bank's own book are made to say what I13, I15, I16 and I26 forbid, and exactly that is reported. */
import { Binary, type Document, Long } from 'mongodb';
import { spoiltHouse } from './spoilt-house.ts';

const long = (n: number) => Long.fromNumber(n);
const UNTIL = '2026-01-29T12:00:00Z';

describe('check finds, of the money side,', function () {
  this.timeout(240_000);
  const { house, spoil, expectFound } = spoiltHouse(['I7', 'I13', 'I15', 'I16', 'I20', 'I26'], UNTIL);

  /** The file with the most lines, compared and closed. */
  const file = async (): Promise<Document> => {
    const [most] = await house()
      .database.db.collection('statements')
      .find({ kind: 'channel', state: 'accepted' }, { sort: { lines: -1 }, limit: 1 })
      .toArray();
    if (!most || most.lines < 2) throw new Error('no file of two lines');
    return most;
  };
  const runOf = (f: Document) => spoil.find('reconciliations', { statementId: f._id });
  const linesOf = (f: Document): Promise<Document[]> =>
    house()
      .database.db.collection<Document>('statementLines')
      .find({ s: f._id }, { sort: { _id: 1 } })
      .toArray();

  describe('I13 a ledger that is not the bank’s', () => {
    it('a day booked otherwise than its file and its deposit', async () => {
      const run = await runOf(await file());
      const [first, ...rest] = run.booked;
      await spoil.set('reconciliations', run._id, { booked: [{ ...first, paidMinor: long(Number(first.paidMinor) + 1) }, ...rest] });
      await expectFound(
        ['I13', 'a channel’s files are not our records and what is in suspense', 'simulator CNY'],
        ['I13', 'a closed day’s deposit is not what the bank paid in for it', run._id],
      );
    });

    it('suspense that was never posted', async () => {
      await spoil.insert('discrepancies', {
        ...{ _id: 'dis_X' as never, key: 'x', lenderId: house().lender.id, state: 'open', eventN: 0, version: 1, currency: 'CNY' },
        suspense: [
          { account: '1012.01:simulator', minor: long(88) },
          { account: '2241.01', minor: long(-88) },
        ],
      });
      const of = `${house().lender.id} CNY`;
      await expectFound(
        ['I13', 'an account is not what its subledger comes to', `${of} 2241.01`],
        ['I26', 'what is held is not what came in less what went out', 'CNY'],
      );
    });

    it('an account that the bank says holds more', async () => {
      const day = await spoil.find('statements', { kind: 'account', state: 'accepted', businessDate: '2026-01-28' });
      await spoil.set('statements', day._id, { 'head.closing.minor': long(Number(day.head.closing.minor) + 1) });
      await expectFound(['I13', 'the ledger is not what the bank states', '1002:settlement CNY']);
    });
  });

  describe('I15 lines that are not matched once', () => {
    const chunk = async (f: Document) => spoil.find('verdictChunks', { s: f._id });

    it('a file without its verdicts', async () => {
      const f = await file();
      await spoil.remove('verdictChunks', (await chunk(f))._id);
      await expectFound(['I15', 'a file has not one verdict a line', f._id]);
    });

    it('a line without a verdict', async () => {
      const f = await file();
      const { _id, codes } = await chunk(f);
      const bytes = Buffer.from(codes.buffer);
      bytes[1] = 0;
      await spoil.set('verdictChunks', _id, { codes: new Binary(bytes) });
      await expectFound(['I15', 'a line has no verdict', `${f._id}:2`]);
    });

    it('two lines that stand for one debit', async () => {
      const f = await file();
      const [one, two] = (await linesOf(f)) as [Document, Document];
      const number = String(one.j).split(' ')[0];
      await spoil.set('statementLines', two._id, { j: String(two.j).replace(/^\S+/, number as string) });
      await expectFound(['I15', 'a record is matched with two lines', `${f._id}:2`]);
    });

    it('a line that did not match and stands nowhere', async () => {
      const f = await file();
      const { run } = await chunk(f);
      await spoil.insert('verdicts', {
        _id: 'v' as never,
        s: f._id,
        run,
        n: 2,
        result: 'surplus',
        kind: 'payment',
        attemptId: null,
        outTradeNo: 'X1',
      });
      await expectFound(['I15', 'a line that did not match stands nowhere', `${f._id}:2`]);
    });
  });

  describe('I16 files that are not whole', () => {
    it('a line that is gone', async () => {
      const f = await file();
      const lines = await linesOf(f);
      await spoil.remove('statementLines', lines.at(-1)?._id as never);
      await expectFound(
        ['I16', 'a file has not the lines that were read from it', f._id],
        ['I16', 'the sums of a file’s lines are not its totals', f._id],
      );
    });

    it('a line with another amount', async () => {
      const f = await file();
      const [one] = (await linesOf(f)) as [Document];
      await spoil.set('statementLines', one._id, { m: long(Number(one.m) + 1) });
      await expectFound(['I16', 'the sums of a file’s lines are not its totals', f._id]);
    });

    it('a refused file that has lines, a second accepted file of a day, and lines of no file', async () => {
      const f = await file();
      const [one] = (await linesOf(f)) as [Document];
      const empty = { lines: 0, head: null, refusal: null };
      await spoil.insert('statements', { ...f, ...empty, _id: 'stm_REFUSED' as never, state: 'refused', issue: 0, sha256: 'a' });
      await spoil.insert('statementLines', { ...one, _id: 'stm_REFUSED:1' as never, s: 'stm_REFUSED' });
      await spoil.insert('statements', { ...f, ...empty, _id: 'stm_SECOND' as never, issue: 9, sha256: 'b' });
      await spoil.insert('statementLines', { ...one, _id: 'stm_NONE:1' as never, s: 'stm_NONE' });
      await expectFound(
        ['I16', 'a refused file has lines', 'stm_REFUSED'],
        ['I16', 'two files of one source and day are accepted', 'stm_SECOND'],
        ['I16', 'lines are kept of a file that does not exist', 'stm_NONE'],
      );
    });
  });

  describe('I7 and I20 histories of the money side that cannot be', () => {
    it('a batch, a run and a discrepancy in a state that no event led to', async () => {
      const batch = await spoil.find('settlements', { 'transfers.0': { $exists: true } });
      await spoil.set('settlements', batch._id, { state: 'approved' });
      const run = await spoil.find('reconciliations', { state: 'closed' });
      await spoil.set('reconciliations', run._id, { state: 'waitingFile', eventN: 9 });
      await expectFound(
        ['I7', 'the state is not the fold of the events', batch._id],
        ['I7', 'the last event’s number is not the one stored', run._id],
      );
    });

    it('a lender’s share of a run with a gap, in another lender’s name, and of a run that is not there', async () => {
      const event = await spoil.find('events', { type: 'reconciliation.feesBooked' });
      const { _id, subject, posting: _, ...rest } = event;
      const told = { ...rest, posting: [], partition: 'none' };
      await spoil.insert('events', { ...told, _id: `${subject}:3`, subject, n: 3, seq: 1 });
      const other = String(subject).replace(/lnd_\w{26}/, 'house');
      await spoil.insert('events', { ...told, _id: `${other}:1`, subject: other, n: 1, seq: 2 });
      await spoil.insert('events', {
        ...told,
        _id: 'rec_simulator_1999-01-01/house/CNY:1',
        subject: 'rec_simulator_1999-01-01/house/CNY',
        n: 1,
        seq: 3,
        lenderId: 'house',
      });
      await expectFound(
        ['I7', 'event numbers have a gap', String(subject)],
        ['I7', 'an event is about something that does not exist', 'rec_simulator_1999-01-01/house/CNY:1'],
        ['I7', 'a partition’s numbers have a gap', 'none'],
        ['I20', 'an event names another lender than its subject', `${other}:1`],
      );
    });
  });

  describe('I26 money that was lost or made on the way', () => {
    it('a payout at the bank that is none of ours', async () => {
      const row = await spoil.find('simbank_account', { kind: 'deposit' });
      await spoil.insert('simbank_account', { ...row, _id: 'settlement/PX' as never, ref: 'PX', kind: 'payout', n: 999, minor: -5 });
      await expectFound(['I26', 'the bank paid out what we did not mean to pay', 'settlement/PX']);
    });

    it('a payout of ours that never left', async () => {
      const batch = await spoil.find('settlements', { 'transfers.0': { $exists: true } });
      const [first, ...rest] = batch.transfers;
      await spoil.set('settlements', batch._id, { transfers: [{ ...first, state: 'paid' }, ...rest] });
      await expectFound(
        ['I13', 'an account is not what its subledger comes to', `${house().lender.id} CNY 2241.05`],
        ['I26', 'what is held is not what came in less what went out', 'CNY'],
        ['I26', 'a payout that is booked never left the bank', batch._id],
      );
    });

    it('a debit of which the bank paid in less', async () => {
      const row = await spoil.find('simbank_account', { kind: 'deposit', minor: { $gt: 0 } });
      await spoil.set('simbank_account', row._id, { minor: Number(row.minor) - 1 });
      const run = await spoil.find('reconciliations', { businessDate: row.ref.split(':')[1], channel: 'simulator' });
      await expectFound(
        ['I13', 'a closed day’s deposit is not what the bank paid in for it', run._id],
        ['I26', 'what the payers’ accounts lost is not what the bank paid in and charged', 'simulator CNY'],
      );
    });
  });
});
