/** Text to GB18030, which the platform only decodes. Characters of one and two bytes: all that statements hold. */
let table: Map<string, number> | null = null;

function build(): Map<string, number> {
  const decoder = new TextDecoder('gb18030');
  const made = new Map<string, number>();
  for (let lead = 0x81; lead <= 0xfe; lead += 1)
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      const text = trail === 0x7f ? '' : decoder.decode(Uint8Array.of(lead, trail));
      if ([...text].length === 1 && text !== '\uFFFD' && !made.has(text)) made.set(text, lead * 256 + trail);
    }
  return made;
}

/** @param otherwise stands for what cannot be written; without it such a character is an error */
export function gb18030(text: string, otherwise?: string): Buffer {
  table ??= build();
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    const two = table.get(character);
    if (code < 0x80) bytes.push(code);
    else if (two !== undefined) bytes.push(two >> 8, two & 0xff);
    else if (otherwise !== undefined) bytes.push(otherwise.charCodeAt(0));
    else throw new Error(`${character} takes four bytes`);
  }
  return Buffer.from(bytes);
}
