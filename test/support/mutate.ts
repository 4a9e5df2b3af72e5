/** Changes a file in one of the ways in which files go wrong. The same seed makes the same changes. */

export type Random = (below: number) => number;

/** A small seeded generator: what the test draws, it draws again. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

/** The text as other programs would save it. */
export type Encode = (text: string) => Buffer;

type Change = (bytes: Buffer, draw: Random, decode: () => string, encoders: readonly Encode[]) => Buffer;

/** Forms of a number that no file should have, and no reader take for an amount. */
const BAD_NUMBERS = [
  '',
  '-',
  '1e3',
  '１２',
  '12.3456',
  'NaN',
  '0x10',
  '1 2',
  '99999999999999999',
  '--5',
  '5..0',
  '1,2,3',
  '+-1',
  '1.2.3',
  '∞',
];

const linesOf = (bytes: Buffer): string[] => bytes.toString('latin1').split(/(?<=\n)/);
const join = (lines: readonly string[]): Buffer => Buffer.from(lines.join(''), 'latin1');
const insert = (bytes: Buffer, at: number, what: Buffer): Buffer => Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);
const ended = (line: string): string => (line.endsWith('\n') ? line : `${line}\n`);

/** Replaces one number of the text by another form of it. */
function renumber(bytes: Buffer, draw: Random, form: (token: string) => Buffer): Buffer {
  const text = bytes.toString('latin1');
  const tokens = [...text.matchAll(/\d+(?:\.\d+)?/g)];
  const token = tokens[draw(tokens.length)];
  if (!token) return bytes;
  const [from, to] = [token.index, token.index + token[0].length];
  return Buffer.concat([bytes.subarray(0, from), form(token[0]), bytes.subarray(to)]);
}

const CHANGES = {
  truncate: (bytes, draw) => bytes.subarray(0, draw(bytes.length)),
  cutLines: (bytes, draw) => {
    const lines = linesOf(bytes);
    return join(lines.slice(0, lines.length - 1 - draw(Math.min(lines.length - 1, 6))));
  },
  reorder: (bytes, draw) => {
    const lines = linesOf(bytes).map(ended);
    for (let n = 1 + draw(3); n > 0; n -= 1) {
      const [a, b] = [draw(lines.length), draw(lines.length)];
      [lines[a], lines[b]] = [lines[b]!, lines[a]!];
    }
    return join(lines);
  },
  shuffle: (bytes, draw) => {
    const lines = linesOf(bytes).map(ended);
    for (let at = lines.length - 1; at > 0; at -= 1) {
      const other = draw(at + 1);
      [lines[at], lines[other]] = [lines[other]!, lines[at]!];
    }
    return join(lines);
  },
  repeat: (bytes, draw) => {
    const lines = linesOf(bytes).map(ended);
    const line = lines[draw(lines.length)]!;
    for (let n = 1 + draw(3); n > 0; n -= 1) lines.splice(draw(lines.length + 1), 0, line);
    return join(lines);
  },
  remove: (bytes, draw) => {
    const lines = linesOf(bytes);
    for (let n = 1 + draw(3); n > 0 && lines.length > 0; n -= 1) lines.splice(draw(lines.length), 1);
    return join(lines);
  },
  twice: (bytes, draw) => {
    const lines = linesOf(bytes).map(ended);
    const from = draw(lines.length);
    return join(draw(2) ? [...lines, ...lines] : [...lines, ...lines.slice(from)]);
  },
  charset: (_, draw, decode, encoders) => encoders[draw(encoders.length)]!(decode()),
  number: (bytes, draw) => renumber(bytes, draw, () => Buffer.from(BAD_NUMBERS[draw(BAD_NUMBERS.length)]!)),
  digit: (bytes, draw) =>
    renumber(bytes, draw, (token) => {
      const at = draw(token.length);
      return Buffer.from(token[at] === '.' ? token : token.slice(0, at) + draw(10) + token.slice(at + 1));
    }),
  mark: (bytes, draw) => {
    const lines = linesOf(bytes);
    const at = draw(3) ? 0 : draw(lines.length);
    return join([...lines.slice(0, at), '\xef\xbb\xbf', ...lines.slice(at)]);
  },
  ends: (bytes, draw) => {
    const way = draw(4);
    return join(linesOf(bytes).map((line) => line.replace(/\r?\n$/, ['\r\n', '\n', '\r', draw(2) ? '\r\n' : '\n'][way]!)));
  },
  blank: (bytes, draw) => {
    const lines = linesOf(bytes).map(ended);
    lines.splice(draw(lines.length + 1), 0, ['\n', '\r\n', '  \n', ',,,,\n'][draw(4)]!);
    return join(lines);
  },
  flip: (bytes, draw) => {
    const copy = Buffer.from(bytes);
    for (let n = 1 + draw(4); n > 0; n -= 1) {
      const at = draw(copy.length);
      copy[at] = copy[at]! ^ (1 << draw(8));
    }
    return copy;
  },
  control: (bytes, draw) => insert(bytes, draw(bytes.length + 1), Buffer.from([[0, 0, 0, 1, 8, 0x1a, 0x1b, 0x7f][draw(8)]!])),
  quote: (bytes, draw) => insert(bytes, draw(bytes.length + 1), Buffer.from(['"', '""', "'", '`', ',', '\\'][draw(6)]!)),
  huge: (bytes, draw) => insert(bytes, draw(bytes.length + 1), Buffer.alloc(66_000 + draw(40_000), draw(2) ? 'x' : '0')),
  columns: (bytes, draw) => insert(bytes, draw(bytes.length + 1), Buffer.alloc(201 + draw(400), ',')),
  rubbish: (bytes, draw) => (draw(2) ? Buffer.alloc(draw(3)) : Buffer.from(Array.from({ length: draw(bytes.length) }, () => draw(256)))),
} as const satisfies Record<string, Change>;

export type ChangeKind = keyof typeof CHANGES;
const KINDS = Object.keys(CHANGES) as readonly ChangeKind[];

/** One change of a kind that is drawn too. */
export function mutate(
  bytes: Buffer,
  draw: Random,
  decode: () => string,
  encoders: readonly Encode[],
): { kind: ChangeKind; bytes: Buffer } {
  const kind = KINDS[draw(KINDS.length)]!;
  return { kind, bytes: CHANGES[kind](bytes, draw, decode, encoders) };
}
