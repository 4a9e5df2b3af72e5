/** What reconciling is without a merge: one query a line. Its verdicts are kept in the same documents, so that only the joining differs. */
import type { Db, Document } from 'mongodb';
import { statementStore } from '../../store/statements.ts';
import { CHANNEL, DAY } from './fixture.ts';

const BATCH = 1_000;

/** Compares the first `lines` lines; answers how many were plainly equal. */
export async function perLine(db: Db, statementId: string, lines: number): Promise<number> {
  const attempts = db.collection<Document>('attempts');
  const kept = db.collection<Document>('benchVerdicts');
  const statements = statementStore(db);
  let equal = 0;
  for (let after = 0; after < lines; after += BATCH) {
    const codes: number[] = [];
    for (const line of await statements.lines(statementId, after, Math.min(BATCH, lines - after))) {
      const ours = await attempts.findOne({ channel: CHANNEL, outTradeNo: line.outTradeNo });
      const same = ours?.takenOn === DAY && ours.amount.minor === line.minor && line.status === 'succeeded';
      if (same) equal++;
      codes.push(same ? 1 : 0);
    }
    await kept.insertOne({ from: after + 1, codes: Buffer.from(codes) });
  }
  return equal;
}
