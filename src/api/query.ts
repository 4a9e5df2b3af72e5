/** Query strings: each parameter is declared, named once, and read by its own schema. Nothing is guessed, repeated or nested. */
import Joi from 'joi';
import { businessDate, parseInstant } from '../domain/clock.ts';
import { InvalidInput } from '../domain/errors.ts';
import type { IdPrefix } from '../domain/ids.ts';
import { field, readInput } from '../flows/input.ts';
import type { Page, Where } from '../flows/store.ts';

export const MOST_ROWS = 200;

export const pageSize = () => field.count(1, MOST_ROWS).default(50).description('rows a page');

/** Declares a list's parameters: `limit` (1..200, 50), a cursor either way, and the route's own filters. */
export const pagedBy = (cursor: () => Joi.StringSchema, filters: Joi.SchemaMap = {}): Joi.ObjectSchema =>
  Joi.object({
    limit: pageSize(),
    after: cursor().description('the last id of the page before'),
    before: cursor().description('the first id of the page after'),
    ...filters,
  }).oxor('after', 'before');
/** The same where rows are known by an id of ours. */
export const listQuery = (prefix: IdPrefix, filters: Joi.SchemaMap = {}): Joi.ObjectSchema => pagedBy(() => field.id(prefix), filters);

/** The id of an event, `subject:n`, or a subject alone. */
export const eventId = () =>
  Joi.string()
    .max(200)
    .pattern(/^[\w./:-]+$/, 'eventId');

/** Two instants; both count. */
export const span = (name: string, what: string): Joi.SchemaMap => ({
  [`${name}From`]: field.instant().description(`${what} at or after`),
  [`${name}To`]: field.instant().description(`${what} at or before`),
});
/** Days; both ends count. */
export const daySpan = (name: string, what: string): Joi.SchemaMap => ({
  [`${name}From`]: field.day().description(`${what} on or after`),
  [`${name}To`]: field.day().description(`${what} on or before`),
});

/** The one list a query may carry: `expand[]=a&expand[]=b`. */
export const expandable = (...names: string[]): Joi.SchemaMap => ({
  expand: Joi.array()
    .items(Joi.string().valid(...names))
    .max(names.length)
    .unique()
    .default([])
    .description(`adds what is named: ${names.join(', ')}`),
});
export type Expand = Readonly<{ expand: readonly string[] }>;

export type ListQuery = Readonly<{ limit: number; after?: string; before?: string }>;
export const pageOf = ({ limit, after, before }: ListQuery): Page => ({
  limit,
  ...(after ? { after } : {}),
  ...(before ? { before } : {}),
});

/** The named filters that the caller gave, as equalities. */
export function equal(query: unknown, names: readonly string[]): Where {
  const given = query as Readonly<Record<string, string | number | boolean | undefined>>;
  return Object.fromEntries(names.flatMap((n) => (given[n] === undefined ? [] : [[n, given[n]]]))) as Where;
}

/** A range on `row` out of `${name}From` and `${name}To`; nothing when the caller gave neither. */
export function range(query: unknown, name: string, row: string, read: 'instant' | 'day'): Where {
  const given = query as Readonly<Record<string, string | undefined>>;
  const value = (end: string) => {
    const text = given[`${name}${end}`];
    if (text === undefined) return undefined;
    return read === 'day' ? businessDate(text) : parseInstant(text);
  };
  const [from, to] = [value('From'), value('To')];
  if (from === undefined && to === undefined) return {};
  return { [row]: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) } };
}

const fault = (name: string, code: string, message: string) =>
  new InvalidInput([{ pointer: `/query/${name.slice(0, 60)}`, code, message: `${name.slice(0, 60)} ${message}` }]);

/** Text as the type its schema names, where it is written the one right way; otherwise it stays text and the schema refuses it. */
function typed(schema: Joi.Description | undefined, text: string): unknown {
  if (schema?.type === 'number' && /^(0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  if (schema?.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

const described = new WeakMap<Joi.ObjectSchema, Readonly<Record<string, Joi.Description>>>();
function keysOf(schema: Joi.ObjectSchema): Readonly<Record<string, Joi.Description>> {
  const known = described.get(schema) ?? (schema.describe().keys as Record<string, Joi.Description> | undefined) ?? {};
  described.set(schema, known);
  return known;
}

const NOTHING = Joi.object({});

/** Reads the query string by its schema; throws InvalidInput with pointers under /query. */
export function readQuery<T>(schema: Joi.ObjectSchema | undefined, search: string): T {
  const keys = keysOf(schema ?? NOTHING);
  const raw: Record<string, unknown> = {};
  for (const [name, text] of new URLSearchParams(search)) {
    const list = name.endsWith('[]') ? name.slice(0, -2) : null;
    const plain = list ?? name;
    const known = Object.hasOwn(keys, plain) ? keys[plain] : undefined;
    if (!known) throw fault(name, 'UNKNOWN_FIELD', 'is not a parameter of this address: take it out, or check its spelling');
    if ((known.type === 'array') !== (list !== null))
      throw fault(
        name,
        'BAD_FORMAT',
        list === null ? `is a list: write ${name}[]=…, once an entry` : `is a single value: write ${plain}=…`,
      );
    if (list !== null) raw[plain] = [...((raw[plain] as unknown[] | undefined) ?? []), text];
    else if (Object.hasOwn(raw, plain)) throw fault(name, 'REPEATED', 'is given twice: give it once');
    else raw[plain] = typed(known, text);
  }
  try {
    return readInput<T>(schema ?? NOTHING, raw);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new InvalidInput(
      error.faults.map((f) => ({ ...f, pointer: `/query${f.pointer}`, message: f.message.replace(/^the body/, 'the query') })),
    );
  }
}
