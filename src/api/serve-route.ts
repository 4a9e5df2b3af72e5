/**
 * What happens to every call, in this order: who calls, may they, for which lender, does the thing exist, is the query right, is the
 * body right, did this key come before; then the handler. Existence comes before everything that reads input, so that another
 * lender's id answers exactly like a random one.
 */
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { NotFound } from '../domain/errors.ts';
import { idPattern } from '../domain/ids.ts';
import type { ApiKey, Lender } from '../domain/lender.ts';
import type { Actor } from '../flows/actor.ts';
import { readInput } from '../flows/input.ts';
import type { LenderStore } from '../flows/store.ts';
import { authorise, type Door, lenderOf } from './auth.ts';
import { type Body, readBody } from './body.ts';
import type { ApiDeps } from './deps.ts';
import { meaningOf, problem, problemOf } from './errors.ts';
import { type Answer, type Done, keyOf, once, requestHash } from './idempotency.ts';
import type { Lanes } from './lanes.ts';
import { readQuery } from './query.ts';
import type { Call, Reply, Route } from './route.ts';

/** What the door knows of one request; filled in as it is found out, so that the log line tells who was refused. */
export type Visit = { requestId: string; instance: string; key: ApiKey | null; lender: Lender | null };

/** What every route is served with. */
export type Service = Readonly<{ deps: ApiDeps; door: Door; lanes: Lanes }>;

const header = (request: Request, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
};

/** Header text may be percent-encoded UTF-8, since headers carry no Chinese names in the clear. */
function words(request: Request, name: string, max: number): string | undefined {
  const raw = header(request, name);
  if (raw === undefined || raw === '') return undefined;
  let text = raw;
  try {
    text = decodeURIComponent(raw);
  } catch {
    // A bare percent sign: taken as written.
  }
  if (text.length > max || /\p{Cc}/u.test(text))
    throw problem('MALFORMED_REQUEST', `${name} holds more than ${max} characters, or control characters`);
  return text;
}

const actorOf = (request: Request, key: ApiKey): Actor => ({
  by: words(request, 'x-actor', 200) ?? `key:${key.id}`,
  why: words(request, 'x-reason', 500) ?? 'asked through the API',
  keyId: key.id,
});

/** The quoted ETag of If-Match; throws for what is no single ETag. */
function ifMatchOf(request: Request): string | null {
  const raw = header(request, 'if-match');
  if (raw === undefined) return null;
  const tag = /^"([\x21\x23-\x7e]{1,100})"$/.exec(raw.trim())?.[1];
  if (tag === undefined) throw problem('MALFORMED_REQUEST', 'If-Match is not one quoted ETag, as the last answer gave it');
  return tag;
}

function paramsOf(route: Route, request: Request): Readonly<Record<string, string>> {
  const params = request.params as Readonly<Record<string, string>>;
  for (const [name, { prefix, noun }] of Object.entries(route.ids ?? {}))
    if (!idPattern(prefix).test(params[name] ?? '')) throw new NotFound(noun, params[name] ?? '');
  return params;
}

const wire = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
});

/** The problem document as an answer, Retry-After where trying again helps. */
export function refusal(error: unknown, visit: Pick<Visit, 'instance' | 'requestId'>): Answer {
  const { status, again } = meaningOf(error);
  return {
    status,
    body: JSON.stringify(problemOf(error, visit)),
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      ...(again === undefined ? {} : { 'retry-after': String(again) }),
      ...(status === 401 ? { 'www-authenticate': 'Bearer realm="duly"' } : {}),
    },
  };
}

/** Runs the handler; its expected "no" becomes an answer that is kept like any other. */
async function perform(route: Route, call: Call<unknown, unknown, unknown>, visit: Visit): Promise<Done> {
  let reply: Reply;
  try {
    reply = await route.handle(call);
  } catch (error) {
    const { status, again } = meaningOf(error);
    if (status >= 500) throw error;
    const answer = refusal(error, visit);
    return { answer, keep: again === undefined ? answer : null };
  }
  const answer = { ...wire(reply.status ?? route.reply.status, reply.body, reply.headers), ...(reply.text ? { text: reply.text } : {}) };
  return { answer, keep: reply.replayBody === undefined ? answer : wire(answer.status, reply.replayBody, reply.headers) };
}

/** One call from key to answer. Throws what the caller's error handler turns into a problem document. */
export async function serveRoute({ deps, door, lanes }: Service, route: Route, request: Request, visit: Visit): Promise<Answer> {
  const { world } = deps;
  const url = new URL(request.originalUrl, 'http://duly');
  const key = await door.authenticate(request, url.searchParams);
  visit.key = key;
  authorise(route, key);
  if (route.testModeOnly && !deps.test) throw new NotFound('address', url.pathname.slice(0, 200));
  const lender = await lenderOf(door, route, key, header(request, 'x-lender'));
  visit.lender = lender;
  const store = lender ? world.store.of(lender.id) : null;
  const base = {
    deps,
    world,
    key,
    lender,
    actor: actorOf(request, key),
    params: paramsOf(route, request),
    ifMatch: ifMatchOf(request),
    requestId: visit.requestId,
  };
  const callWith = <Q, B, S>(query: Q, body: B, subject: S): Call<Q, B, S> => ({
    ...base,
    query,
    body,
    subject,
    get store(): LenderStore {
      if (!store) throw new Error(`${route.id} names no lender and has no data of one`);
      return store;
    },
  });
  const subject = await route.find?.(callWith(undefined as unknown, undefined, undefined));
  const query = readQuery<Readonly<{ dryRun?: boolean }>>(route.query, url.search);
  const bound = route.money && query.dryRun !== true ? keyOf(header(request, 'idempotency-key')) : null;
  const raw: Body = await readBody(route, request);
  const body = route.upload
    ? raw
    : route.body
      ? readInput(route.body, raw.json === undefined && route.bodyOptional ? {} : raw.json)
      : undefined;
  const call = callWith<unknown, unknown, unknown>(query, body, subject);
  const lane = route.method === 'get' ? lanes.read : lanes.write;
  if (bound === null) return lane.run(async () => (await perform(route, call, visit)).answer);
  const hash = requestHash(route.method, url.pathname, url.search, raw.type ?? '', raw.text);
  return lane.run(() => once(world, lender?.id ?? 'admin', bound, hash, () => perform(route, call, visit)));
}

export function send(response: Response, answer: Answer): void {
  response.status(answer.status);
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  if (!answer.text) response.end(answer.body);
  // What breaks off in the middle is cut off: a file without its end line is not whole.
  else pipeline(answer.text, response).catch(() => response.destroy());
}
