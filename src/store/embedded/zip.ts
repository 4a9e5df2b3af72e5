/** Takes one file out of a zip archive (a Python wheel is one), without a package for it. Zip64 archives, those above 4 GB, are not read. */
import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const DEFLATED = 8;

type Entry = { name: string; method: number; packedBytes: number; headerAt: number };

async function bytes(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  await file.read(buffer, 0, length, from);
  return buffer;
}

/** The archive's directory lies at its end, found by its signature behind a comment of at most 64 kB. */
async function entries(file: FileHandle): Promise<Entry[]> {
  const { size } = await file.stat();
  const tailLength = Math.min(size, 65_557);
  const tail = await bytes(file, size - tailLength, tailLength);
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END_OF_DIRECTORY) end -= 1;
  if (end < 0) throw new Error('not a zip archive: it has no directory');
  const directory = await bytes(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const found: Entry[] = [];
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === DIRECTORY_ENTRY; ) {
    const nameLength = directory.readUInt16LE(at + 28);
    found.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
      method: directory.readUInt16LE(at + 10),
      packedBytes: directory.readUInt32LE(at + 20),
      headerAt: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return found;
}

/** Writes the one entry whose name ends in `suffix` to `target`, executable by its owner. Throws when there is none. */
export async function unzipOne(archive: string, suffix: string, target: string): Promise<void> {
  const file = await open(archive);
  try {
    const entry = (await entries(file)).find(({ name }) => name.endsWith(suffix));
    if (!entry) throw new Error(`${archive} holds no ${suffix}`);
    const header = await bytes(file, entry.headerAt, 30);
    const start = entry.headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    await pipeline(
      createReadStream(archive, { start, end: start + entry.packedBytes - 1 }),
      entry.method === DEFLATED ? createInflateRaw() : new PassThrough(),
      createWriteStream(target, { mode: 0o755 }),
    );
  } finally {
    await file.close();
  }
}
