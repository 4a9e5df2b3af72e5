/** Small trees out of a stream of elements: a visitor takes each element as it closes and says whether its parent is to keep it. */
import { BadStatement } from './reader.ts';
import type { XmlPlace, XmlSink } from './xml.ts';

export type Element = Readonly<{
  name: string;
  attributes: ReadonlyMap<string, string>;
  children: readonly Element[];
  text: string;
  at: XmlPlace;
}>;

/** `parents` are the open elements around it, the root first. */
export type Visitor = Readonly<{
  enter(element: Element, parents: readonly Element[], uri: string): void;
  /** True keeps the element among its parent's children. What is not kept is forgotten, so that memory stays small. */
  leave(element: Element, parents: readonly Element[]): boolean;
}>;

/** Elements that are kept together: beyond any one entry, and small in memory. */
const MOST_KEPT = 20_000;

/** @throws BadStatement XML_TOO_LARGE, and whatever the visitor throws */
export function treeSink(visitor: Visitor): XmlSink {
  type Open = { -readonly [K in keyof Element]: Element[K] } & { children: Element[]; size: number };
  const open: Open[] = [];
  return {
    open(name, attributes, uri, at) {
      const element: Open = { name, attributes, children: [], text: '', at, size: 1 };
      visitor.enter(element, open, uri);
      open.push(element);
    },
    close(_, text) {
      const element = open.pop()!;
      element.text = text;
      if (!visitor.leave(element, open)) return;
      const parent = open.at(-1);
      if (!parent) return;
      parent.children.push(element);
      parent.size += element.size;
      if (parent.size > MOST_KEPT)
        throw new BadStatement(
          'XML_TOO_LARGE',
          parent.at,
          `<${parent.name}> holds more than ${MOST_KEPT} elements`,
          'fetch the file again',
        );
    },
  };
}

/** The first element down a path of names, or null. */
export function find(element: Element | null, ...path: readonly string[]): Element | null {
  let found: Element | null = element;
  for (const name of path) found = found?.children.find((child) => child.name === name) ?? null;
  return found;
}

/** The text of the first element down a path; null where there is none or it is empty. */
export const textOf = (element: Element | null, ...path: readonly string[]): string | null => find(element, ...path)?.text || null;

/** All children of one name. */
export const all = (element: Element | null, name: string): readonly Element[] =>
  element?.children.filter((child) => child.name === name) ?? [];

/** Refuses an element whose open elements, the root first, are not those of `path`: what strayed would be passed over in silence. */
export function holdPath(element: Element, parents: readonly Element[], path: readonly (string | readonly string[])[]): void {
  const fits =
    parents.length === path.length && path.every((names, i) => (typeof names === 'string' ? [names] : names).includes(parents[i]!.name));
  if (fits) return;
  const where = parents.map(({ name }) => name.slice(0, 40)).join('/');
  throw new BadStatement(
    'BAD_ORDER',
    element.at,
    `<${element.name}> stands in ${where || 'no element'}, where it does not belong`,
    'fetch the file again',
  );
}
