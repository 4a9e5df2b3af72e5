/** Every statement format by name. A new format is one file and one line here. */
import { DulyError } from '../domain/errors.ts';
import type { Reader } from './reader.ts';
import { simulatorReader } from './simulator.ts';
import { simulatorAccountReader } from './simulator-account.ts';

const READERS: readonly Reader[] = [simulatorReader, simulatorAccountReader];

/** Readers by format name. */
export function readersByFormat(): ReadonlyMap<string, Reader> {
  const readers = new Map<string, Reader>();
  for (const reader of READERS) {
    if (readers.has(reader.format))
      throw new DulyError('FORMAT_TWICE', `there are two readers of the format ${reader.format}: rename one`, { format: reader.format });
    readers.set(reader.format, reader);
  }
  return readers;
}
