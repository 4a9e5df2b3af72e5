/**
 * A route is declared once, as data. The declaration drives everything: who may call it, what is read from the address and the body,
 * whether an Idempotency-Key is asked for, the OpenAPI document, the page at /docs and the table in docs/api.md.
 */
import Joi from 'joi';
import { type DulyError, NotFound } from '../domain/errors.ts';
import type { IdPrefix } from '../domain/ids.ts';
import type { ApiKey, Lender, Scope } from '../domain/lender.ts';
import type { Actor } from '../flows/actor.ts';
import type { LenderStore } from '../flows/store.ts';
import type { World } from '../flows/world.ts';
import type { ApiDeps } from './deps.ts';

/** Who may: any one of the scopes. `ops:write` includes `ops:read`; `admin` may call everything. */
export const READS: readonly Scope[] = ['lender', 'ops:read'];
export const WRITES: readonly Scope[] = ['lender', 'ops:write'];
export const STAFF_READS: readonly Scope[] = ['ops:read'];
export const STAFF_WRITES: readonly Scope[] = ['ops:write'];
export const ADMIN: readonly Scope[] = ['admin'];

/** What a handler is given: everything is checked, typed and bound to one lender already. */
export type Call<Q, B, S> = Readonly<{
  deps: ApiDeps;
  world: World;
  key: ApiKey;
  /** The lender acted for; null on routes of the whole house that name none. */
  lender: Lender | null;
  /** That lender's data and nobody else's. Throws on a route that names no lender. */
  store: LenderStore;
  actor: Actor;
  params: Readonly<Record<string, string>>;
  query: Q;
  body: B;
  /** What `find` found. */
  subject: S;
  /** The ETag in If-Match, without quotes; null when the caller sent none. */
  ifMatch: string | null;
  requestId: string;
}>;

/** `replayBody`: what is kept for a repeat under the same Idempotency-Key where it must be less than the answer (a secret shown once). */
export type Reply = Readonly<{
  status?: number;
  body: unknown;
  headers?: Readonly<Record<string, string>>;
  replayBody?: unknown;
  /** Sent piece by piece in place of `body`, under the content type of `headers`. */
  text?: AsyncIterable<string>;
}>;

/** One call that works as written, against the data the examples test lays down. `{pln}` and its like stand for that data's ids. */
export type Example = Readonly<{
  /** The operation whose own example must have run before. */
  first?: string;
  params?: Readonly<Record<string, string>>;
  query?: string;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}>;

export type Route<Q = unknown, B = unknown, S = unknown> = Readonly<{
  id: string;
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  tag: string;
  summary: string;
  says?: string;
  scopes: readonly Scope[];
  /** `lender`: acts for one lender; `house`: only keys bound to no lender; `either`: the key's own lender, or all. */
  tenancy: 'lender' | 'house' | 'either';
  testModeOnly?: boolean;
  /** Path parameters that are ids: anything that is not an id of that kind does not exist. Others are plain words. */
  ids?: Readonly<Record<string, Readonly<{ prefix: IdPrefix; noun: string }>>>;
  query?: Joi.ObjectSchema;
  body?: Joi.Schema;
  /** True when the body may be left out. */
  bodyOptional?: boolean;
  /** Content types taken as text instead of JSON, with their own limit; `raw`: as bytes, whatever their encoding. */
  upload?: Readonly<{ types: readonly string[]; maxBytes: number; raw?: true }>;
  /** Changes something: asks for an Idempotency-Key. False on reads, and on dry runs by `dryRun` in the query. */
  money: boolean;
  /** Loads what the id names, before the body is looked at: another lender's id must answer like a random one. */
  find?: (call: Call<Q, undefined, undefined>) => Promise<S>;
  /** `type`: what is answered where it is no JSON. */
  reply: Readonly<{ status: number; shape: Joi.Schema; says: string; type?: string }>;
  /** Codes it may answer beyond those every route may. */
  refuses?: readonly string[];
  example: Example;
  handle: (call: Call<Q, B, S>) => Promise<Reply>;
}>;

/** Declares a route with its own types and hands it on as one among many. */
export const route = <Q = unknown, B = undefined, S = undefined>(spec: Route<Q, B, S>): Route => spec as unknown as Route;

/** For an act that needs no more said than its address: an empty object may be sent. */
export const NO_BODY = { body: Joi.object({}), bodyOptional: true } as const;

/** The one that `get` found, or NotFound. */
export async function found<T>(noun: string, id: string, get: Promise<T | null>): Promise<T> {
  const it = await get;
  if (it === null) throw new NotFound(noun, id) satisfies DulyError;
  return it;
}

/** `find` for a route whose `{id}` is a row of one of the lender's repositories. */
export const byId =
  <T>(noun: string, repository: (store: LenderStore) => { get(id: string): Promise<T | null> }) =>
  (call: Call<unknown, undefined, undefined>): Promise<T> =>
    found(noun, call.params.id ?? '', repository(call.store).get(call.params.id ?? ''));

export const id = (prefix: IdPrefix, noun: string) => ({ id: { prefix, noun } });
