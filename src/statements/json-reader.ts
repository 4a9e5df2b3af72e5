/** A reader from a taker of JSON values: what all JSON formats share. */
import type { StatementHead, StatementLine } from '../domain/statement.ts';
import { type Json, JsonObject, jsonValues } from './json.ts';
import { BATCH, BadStatement, type Reader, type ReadOptions } from './reader.ts';

/** One file on its way. Both throw BadStatement. */
export interface JsonFile {
  readonly ready: StatementLine[];
  /** The next value of the file. */
  take(value: JsonObject): void;
  end(): StatementHead;
}

export function jsonReader(format: string, open: (options: ReadOptions) => JsonFile): Reader {
  return {
    format,
    kind: 'channel',
    async *read(input, options) {
      const file = open(options);
      for await (const value of jsonValues(input)) {
        file.take(objectOf(value));
        while (file.ready.length >= BATCH) yield file.ready.splice(0, BATCH);
      }
      const head = file.end();
      while (file.ready.length > 0) yield file.ready.splice(0, BATCH);
      return head;
    },
  };
}

function objectOf(value: Json): JsonObject {
  if (value instanceof JsonObject) return value;
  throw new BadStatement(
    'BAD_VALUE',
    { line: 1 },
    'the file holds a value that is no object',
    'save the replies as the provider sends them',
  );
}
