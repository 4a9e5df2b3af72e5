/**
 * Statements that come in a zip archive. The one entry that is meant is inflated as it is read; everything about the archive is bounded before
 * a byte of it is: its own size, the number of entries, what they claim to hold, and how far they claim to be packed.
 */
import { crc32, createInflateRaw } from 'node:zlib';
import { BadStatement, type Reader } from './reader.ts';

const MOST_ARCHIVE = 64 * 1024 * 1024;
const MOST_ENTRIES = 100;
const MOST_BYTES = 1024 * 1024 * 1024;
/** Text of a statement packs 5 to 30 times. */
const MOST_RATIO = 200;
const [END, ENTRY, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50];
const AGAIN = 'fetch the file again, or unpack it and import the statement alone';

type Entry = Readonly<{
  name: string;
  method: number;
  flags: number;
  crc: number;
  packed: number;
  size: number;
  at: number;
  link: boolean;
}>;

const bad = (reason: string, says: string): BadStatement => new BadStatement(reason, {}, says, AGAIN);

/** A reader that takes its format plain or zipped. @param pick the entry's name */
export const zippedReader = (inner: Reader, pick: RegExp): Reader => ({
  format: inner.format,
  kind: inner.kind,
  async *read(input, options) {
    const reading = input[Symbol.asyncIterator]();
    try {
      let head = Buffer.alloc(0);
      let done = false;
      while (head.length < 4 && !done) {
        const step = await reading.next();
        done = step.done === true;
        if (!step.done) head = Buffer.concat([head, step.value]);
      }
      const whole = restOf(head, reading);
      return yield* inner.read(head.length >= 4 && head.readUInt32LE(0) === LOCAL ? unzipped(whole, pick) : whole, options);
    } finally {
      // A file that is refused on the way is let go of.
      await reading.return?.();
    }
  },
});

async function* restOf(head: Buffer, reading: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  for (let step = await reading.next(); !step.done; step = await reading.next()) yield step.value;
}

/** The bytes of the one entry whose name fits. @throws BadStatement ZIP_TOO_LARGE, BAD_ZIP, ZIP_BOMB */
async function* unzipped(input: AsyncIterable<Uint8Array>, pick: RegExp): AsyncGenerator<Uint8Array> {
  const archive = await gather(input);
  const entries = entriesOf(archive);
  for (const entry of entries) check(entry);
  const fits = entries.filter(({ name }) => pick.test(name));
  const entry = fits[0];
  if (!entry || fits.length > 1) throw bad('BAD_ZIP', `the archive holds ${fits.length} files named like ${pick.source}, not one`);
  yield* inflated(archive, entry);
}

async function gather(input: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of input) {
    size += part.length;
    if (size > MOST_ARCHIVE) throw bad('ZIP_TOO_LARGE', `the archive is larger than ${MOST_ARCHIVE} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function entriesOf(archive: Buffer): Entry[] {
  let end = archive.length - 22;
  const last = Math.max(0, archive.length - 65_557);
  while (end >= last && archive.readUInt32LE(end) !== END) end -= 1;
  if (end < last || end < 0) throw bad('BAD_ZIP', 'the archive has no directory: it is cut off');
  const count = archive.readUInt16LE(end + 10);
  if (count > MOST_ENTRIES) throw bad('ZIP_BOMB', `the archive holds ${count} files`);
  const entries: Entry[] = [];
  for (let at = archive.readUInt32LE(end + 16); entries.length < count; ) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== ENTRY) throw bad('BAD_ZIP', 'the directory of the archive is broken');
    const nameLength = archive.readUInt16LE(at + 28);
    const raw = archive.subarray(at + 46, at + 46 + nameLength);
    const flags = archive.readUInt16LE(at + 8);
    entries.push({
      name: new TextDecoder(flags & 0x800 ? 'utf-8' : 'gb18030').decode(raw),
      method: archive.readUInt16LE(at + 10),
      flags,
      crc: archive.readUInt32LE(at + 16),
      packed: archive.readUInt32LE(at + 20),
      size: archive.readUInt32LE(at + 24),
      link: ((archive.readUInt32LE(at + 38) >>> 16) & 0o170000) === 0o120000,
      at: archive.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return entries;
}

function check({ name, method, flags, packed, size, link }: Entry): void {
  const shown = JSON.stringify(name.slice(0, 80));
  if (/(^|[\\/])\.\.([\\/]|$)|^[\\/]|^[A-Za-z]:|\0/.test(name) || link) throw bad('BAD_ZIP', `the entry ${shown} leads out of the archive`);
  if (/\.(zip|gz|7z|rar|tar)$/i.test(name)) throw bad('BAD_ZIP', `the entry ${shown} is an archive itself`);
  if (flags & 1) throw bad('BAD_ZIP', `the entry ${shown} is encrypted`);
  if (method !== 0 && method !== 8) throw bad('BAD_ZIP', `the entry ${shown} is packed in a way that is not read`);
  if (size > MOST_BYTES || size > packed * MOST_RATIO + 1024)
    throw bad('ZIP_BOMB', `the entry ${shown} unpacks to ${size} bytes from ${packed}`);
}

/** Stops at the first byte beyond what the entry claims, and holds the checksum at its end. */
async function* inflated(archive: Buffer, entry: Entry): AsyncGenerator<Uint8Array> {
  if (entry.at + 30 > archive.length || archive.readUInt32LE(entry.at) !== LOCAL)
    throw bad('BAD_ZIP', 'an entry of the archive is not where it should be');
  const start = entry.at + 30 + archive.readUInt16LE(entry.at + 26) + archive.readUInt16LE(entry.at + 28);
  const packed = archive.subarray(start, start + entry.packed);
  if (packed.length !== entry.packed) throw bad('BAD_ZIP', 'an entry of the archive is cut off');
  let size = 0;
  let sum = 0;
  try {
    for await (const part of entry.method === 0 ? [packed] : inflate(packed)) {
      size += part.length;
      if (size > entry.size) throw bad('ZIP_BOMB', 'the entry unpacks to more than it claims');
      sum = crc32(part, sum);
      yield part;
    }
  } catch (error) {
    if (error instanceof BadStatement) throw error;
    throw bad('BAD_ZIP', `the entry cannot be unpacked: ${(error as Error).message}`);
  }
  if (size !== entry.size || sum !== entry.crc) throw bad('BAD_ZIP', 'the entry is damaged: its length or checksum differs');
}

async function* inflate(packed: Buffer): AsyncGenerator<Buffer> {
  const stream = createInflateRaw();
  stream.end(packed);
  yield* stream;
}
