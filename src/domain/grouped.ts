/** Lists by key: what batches are put together with. */

/** By id; ids are unique. */
export const indexed = <T extends Readonly<{ id: string }>>(list: readonly T[]): Map<string, T> => new Map(list.map((x) => [x.id, x]));

/** All items of each key, in their order. */
export function grouped<T>(list: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const out = new Map<string, T[]>();
  for (const item of list) {
    const key = keyOf(item);
    const group = out.get(key);
    if (group) group.push(item);
    else out.set(key, [item]);
  }
  return out;
}
