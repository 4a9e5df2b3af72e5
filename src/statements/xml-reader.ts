/** A reader from a visitor of elements: what all XML formats share. */
import type { StatementHead, StatementLine } from '../domain/statement.ts';
import { BATCH, type Reader, type ReadOptions } from './reader.ts';
import { feedXml } from './xml.ts';
import { treeSink, type Visitor } from './xml-tree.ts';

/** One file on its way: puts lines into `ready` as elements close, and says after the last what the file was. Throws BadStatement. */
export interface XmlFile extends Visitor {
  readonly ready: StatementLine[];
  end(): StatementHead;
}

export function xmlReader(format: string, kind: Reader['kind'], open: (options: ReadOptions) => XmlFile): Reader {
  return {
    format,
    kind,
    async *read(input, options) {
      const file = open(options);
      for await (const _ of feedXml(input, treeSink(file))) while (file.ready.length >= BATCH) yield file.ready.splice(0, BATCH);
      const head = file.end();
      if (file.ready.length > 0) yield file.ready.splice(0);
      return head;
    },
  };
}
