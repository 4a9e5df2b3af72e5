/**
 * Bytes to numbered lines of text, for every format that has lines. Memory stays small whatever comes: a line that does not end is refused
 * after 64 KiB, not gathered. Lines end in LF, CRLF or CR; a byte order mark is taken off; bytes that are not of the encoding, NULs and
 * other control characters refuse the file with their place.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { BadStatement } from './reader.ts';

/** `detect`: UTF-8 if the first text beyond ASCII can be read so, else GB18030. */
export type Encoding = 'utf-8' | 'gb18030' | 'detect';
type Decoder = InstanceType<typeof TextDecoder>;

/** Longest line, in bytes. */
const MOST_BYTES = 64 * 1024;

/** Lines in a row; `first` is the number of the first, from 1. */
export type TextBlock = Readonly<{ first: number; lines: readonly string[] }>;

const LF = 0x0a;
const CR = 0x0d;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for, a mark inside the text with them. The tab is allowed.
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]/;

/** @throws BadStatement NOT_ENCODED, NOT_TEXT, UTF16, CONTROL_CHARACTER, LINE_TOO_LONG */
export async function* blocksOf(input: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<TextBlock> {
  let rest: Buffer = Buffer.alloc(0);
  let decoder = encoding === 'detect' ? null : decoderOf(encoding);
  let first = 1;
  let begun = false;
  const blockOf = (bytes: Buffer): TextBlock => {
    if (decoder === null && !isAscii(bytes)) decoder = decoderOf(isUtf8(bytes) ? 'utf-8' : 'gb18030');
    const lines = linesOf(bytes, decoder ?? decoderOf('utf-8'), first);
    const block = { first, lines };
    first += lines.length;
    return block;
  };
  for await (const chunk of input) {
    const whole = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let from = 0; from < whole.length; from += MOST_BYTES) {
      const window = whole.subarray(from, from + MOST_BYTES);
      let bytes = rest.length === 0 ? window : Buffer.concat([rest, window]);
      if (!begun) {
        if (bytes.length < 3) {
          rest = Buffer.from(bytes);
          continue;
        }
        begun = true;
        const marked = markOf(bytes);
        if (marked) {
          bytes = bytes.subarray(3);
          decoder = decoderOf('utf-8');
        }
      }
      const cut = endOfLines(bytes);
      if (cut > 0) yield blockOf(bytes.subarray(0, cut));
      rest = Buffer.from(bytes.subarray(cut));
      if (rest.length > MOST_BYTES) throw tooLong(first);
    }
  }
  if (!begun) markOf(rest);
  if (rest.length > 0) yield blockOf(rest);
}

const decoderOf = (encoding: 'utf-8' | 'gb18030'): Decoder => new TextDecoder(encoding, { fatal: true, ignoreBOM: true });

/** True for the mark of UTF-8. */
function markOf(bytes: Buffer): boolean {
  const mark = bytes.length >= 2 ? bytes.readUInt16BE(0) : 0;
  if (mark === 0xfffe || mark === 0xfeff)
    throw new BadStatement('UTF16', { line: 1, column: 1 }, 'the file is in UTF-16', 'save it as UTF-8, or fetch the original again');
  if (bytes.subarray(0, 4).toString('latin1') === 'PK\x03\x04')
    throw new BadStatement(
      'NOT_TEXT',
      { line: 1, column: 1 },
      'the file is a workbook (.xlsx) or an archive',
      'save it as CSV, or unpack it',
    );
  return bytes.length >= 3 && mark === 0xefbb && bytes[2] === 0xbf;
}

/** Where the last whole line ends. A CR at the very end may be half of a CRLF. */
function endOfLines(bytes: Buffer): number {
  const lf = bytes.lastIndexOf(LF);
  const cr = bytes.length < 2 ? -1 : bytes.lastIndexOf(CR, bytes.length - 2);
  return Math.max(lf, cr) + 1;
}

function linesOf(bytes: Buffer, decoder: Decoder, first: number): string[] {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw notEncoded(bytes, decoder, first);
  }
  const lines = text.includes('\r') ? text.split(/\r\n|\n|\r/) : text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (CONTROL.test(text)) throw controlCharacter(lines, first);
  const long = lines.findIndex((line) => line.length > MOST_BYTES);
  if (long >= 0) throw tooLong(first + long);
  return lines;
}

/** Looks for the line that cannot be decoded: line ends are plain bytes in both encodings. */
function notEncoded(bytes: Buffer, decoder: Decoder, first: number): BadStatement {
  const latin = bytes.toString('latin1').split(/\r\n|\n|\r/);
  const at = latin.findIndex((line) => {
    try {
      decoder.decode(Buffer.from(line, 'latin1'));
      return false;
    } catch {
      return true;
    }
  });
  const says = `the bytes are not ${decoder.encoding.toUpperCase()}`;
  return new BadStatement('NOT_ENCODED', { line: first + Math.max(at, 0) }, says, 'fetch the file again, unchanged by other programs');
}

function controlCharacter(lines: readonly string[], first: number): BadStatement {
  const at = Math.max(
    lines.findIndex((line) => CONTROL.test(line)),
    0,
  );
  const column = (lines[at]?.search(CONTROL) ?? 0) + 1;
  const code = lines[at]
    ?.charCodeAt(column - 1)
    .toString(16)
    .padStart(4, '0');
  const says = `there is a control character (U+${code})`;
  return new BadStatement('CONTROL_CHARACTER', { line: first + at, column }, says, 'fetch the file again, as text');
}

const tooLong = (line: number): BadStatement =>
  new BadStatement(
    'LINE_TOO_LONG',
    { line, column: MOST_BYTES + 1 },
    `the line is longer than ${MOST_BYTES} bytes`,
    'fetch the file again',
  );
