/** Bulk registration: a CSV or NDJSON body in, one result a row out. Good rows go in, bad ones are named; sending it again changes nothing. */
import { Readable } from 'node:stream';
import { importPlans } from '../../flows/import-plans.ts';
import type { Body } from '../body.ts';
import { lenderOfCall } from '../call.ts';
import { problem } from '../errors.ts';
import { route, WRITES } from '../route.ts';
import { importShape } from '../shapes-done.ts';

const FORMATS: Readonly<Record<string, 'csv' | 'ndjson'>> = { 'text/csv': 'csv', 'application/x-ndjson': 'ndjson' };
const MOST_BYTES = 5 * 1024 * 1024;
const MOST_ROWS = 10_000;

export const IMPORTS = [
  route<unknown, Body>({
    id: 'importPlans',
    method: 'post',
    path: '/v1/imports',
    tag: 'Imports',
    summary: 'Registers many plans from CSV or NDJSON, with a result for each row',
    says: 'Send `text/csv` (header first: externalId,borrowerExternalId,name,phone,language,rail,account,perDebitCap,currency,strategy,principal,monthlyRate,count,method,dueDate; amounts in minor units) or `application/x-ndjson` (a body of `POST /v1/plans` a line). Up to 5 MB and 10,000 rows; the answer comes when every row is dealt with. Rejected rows are named by line, code and reason; `line` counts from 1 with the header. `duly plans import` takes larger files.',
    scopes: WRITES,
    tenancy: 'lender',
    money: true,
    upload: { types: Object.keys(FORMATS), maxBytes: MOST_BYTES },
    reply: { status: 200, shape: importShape, says: 'How many rows were read, imported, unchanged and rejected.' },
    refuses: ['BODY_TOO_LARGE'],
    example: {
      headers: { 'content-type': 'text/csv' },
      body: 'externalId,borrowerExternalId,name,phone,language,rail,account,perDebitCap,currency,strategy,principal,monthlyRate,count,method,dueDate\nL-csv-1,B-csv-1,张三,+8613800138000,zh,simulator,6222020000000030019,500000,CNY,standard,1200000,0.015,12,levelPayment,2027-01-25\n',
    },
    async handle(call) {
      const { text, type } = call.body;
      if (text.split('\n').length > MOST_ROWS + 2) throw problem('BODY_TOO_LARGE', `the upload has more than ${MOST_ROWS} rows`);
      const format = FORMATS[type ?? ''] ?? 'csv';
      const { rows, imported, unchanged, rejectedRows, rejected } = await importPlans(
        call.world,
        lenderOfCall(call),
        Readable.from([Buffer.from(text)]),
        { format, actor: call.actor },
      );
      return {
        body: { rows, imported, unchanged, rejectedRows, rejected: rejected.map(({ line, code, message }) => ({ line, code, message })) },
      };
    },
  }),
];
