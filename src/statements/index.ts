/** Every statement format by name. A new format is one file and one line here, or one file in config/statements. */
import { DulyError } from '../domain/errors.ts';
import { alipayReader } from './alipay.ts';
import { bacsReader } from './bacs.ts';
import { camtAccountReader, camtReader } from './camt.ts';
import { mappedReader } from './csv-mapping.ts';
import { gocardlessReader } from './gocardless.ts';
import type { StatementMapping } from './mapping.ts';
import { nachaReader } from './nacha.ts';
import { pain002Reader } from './pain002.ts';
import { paystackReader } from './paystack.ts';
import type { Reader } from './reader.ts';
import { simulatorReader } from './simulator.ts';
import { simulatorAccountReader } from './simulator-account.ts';
import { unionpayReader } from './unionpay.ts';
import { wechatReader } from './wechat.ts';

const READERS: readonly Reader[] = [
  simulatorReader,
  simulatorAccountReader,
  wechatReader,
  alipayReader,
  unionpayReader,
  camtReader,
  camtAccountReader,
  pain002Reader,
  nachaReader,
  bacsReader,
  paystackReader,
  gocardlessReader,
];

/** Readers by format name. @param mappings those of config/statements; @throws DulyError FORMAT_TWICE */
export function readersByFormat(mappings: readonly StatementMapping[]): ReadonlyMap<string, Reader> {
  const readers = new Map<string, Reader>();
  for (const reader of [...READERS, ...mappings.map(mappedReader)]) {
    if (readers.has(reader.format))
      throw new DulyError('FORMAT_TWICE', `there are two readers of the format ${reader.format}: rename one`, { format: reader.format });
    readers.set(reader.format, reader);
  }
  return readers;
}
