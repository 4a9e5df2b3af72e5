/**
 * No input makes a 500: hundreds of nasty bodies, queries and headers a route, drawn from the OpenAPI document and its examples by a fixed
 * seed. DULY_FUZZ sets how many a route (100), DULY_FUZZ_SEED another seed; a failure prints what was sent.
 */
import { expect } from 'chai';
import type { Route } from '../../src/api/route.ts';
import { ROUTES } from '../../src/api/routes.ts';
import { type Answer, client, JOB, type Laid, lay, openTestApi, type Send, type TestApi } from './support/api.ts';

const TIMES = Number(process.env.DULY_FUZZ ?? 100);
const SEED = Number(process.env.DULY_FUZZ_SEED ?? 7);

/** A small generator with a fixed seed: the same nastiness each run. */
function chance(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return { below, pick: <T>(list: readonly T[]): T => list[below(list.length)] as T };
}
type Chance = ReturnType<typeof chance>;

const TEXTS = [
  '',
  ' ',
  'a',
  'null',
  '0',
  '-1',
  '1e3',
  'NaN',
  '2027-02-30',
  '2027-01-25',
  '0000-00-00',
  '9999-12-31',
  '2027-01-25T25:61:61Z',
  '9999-12-31T23:59:59Z',
  '0001-01-01T00:00:00Z',
  '\u202eabc',
  'é\u0301',
  '💥',
  '\u0000',
  '\ud800',
  'a'.repeat(5000),
  '$where',
  '{{7*7}}',
  "'; DROP TABLE plans;--",
  '../../etc/passwd',
  '%00',
  '<script>',
  'pln_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  'brw_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  'ins_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  '+8613800138000',
  'CNY',
  'simulator',
  'standard',
  '0.999999999999',
  'tr',
  'staff',
];
const VALUES: readonly unknown[] = [
  ...TEXTS,
  0,
  1,
  -1,
  31,
  600,
  2 ** 31,
  Number.MAX_SAFE_INTEGER,
  0.5,
  1e21,
  true,
  false,
  null,
  [],
  {},
  [[]],
  [null],
  { $ne: null },
  { $gt: '' },
  { __proto__x: 1 },
  { a: { b: { c: {} } } },
  Array(700).fill(1),
];
const KEYS = ['$set', '__proto__', 'constructor', '_id', 'lenderId', 'toString', 'a.b', '', 'externalId', 'length', 'hasOwnProperty', '𝒦'];
const RAW = [
  '',
  '{',
  '}',
  '[]',
  'null',
  'true',
  '1',
  '""',
  '{"a":1,"a":2}',
  '{"a":01}',
  '{"a":1e999}',
  '{"a":-0}',
  '\ufeff{}',
  '{"a":"\\ud800"}',
  '{"\\u0000":1}',
  '['.repeat(50_000),
  '{"a":'.repeat(10_000),
  '{}{}',
  "{'a':1}",
  '\u0000',
  '{"a":1,}',
  '/*x*/{}',
];

/** Every place in a value, as paths. */
const places = (value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] =>
  typeof value === 'object' && value !== null
    ? [path, ...Object.entries(value).flatMap(([k, v]) => places(v, [...path, Array.isArray(value) ? Number(k) : k]))]
    : [path];

function spoil(example: unknown, c: Chance): unknown {
  const copy = { root: structuredClone(example ?? {}) as unknown };
  for (let times = 1 + c.below(3); times > 0; times--) {
    const path = ['root', ...c.pick(places(copy.root))];
    const last = path.pop() as string;
    const parent = path.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], copy) as Record<string, unknown>;
    const how = c.below(4);
    if (how === 0 && last !== 'root') delete parent[last];
    else if (how === 1 && typeof parent[last] === 'object' && parent[last] !== null && !Array.isArray(parent[last]))
      Object.defineProperty(parent[last], c.pick(KEYS), {
        value: structuredClone(c.pick(VALUES)),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    else parent[last] = structuredClone(c.pick(VALUES));
  }
  return copy.root;
}

const HEADERS = [
  'x-actor',
  'x-reason',
  'if-match',
  'x-request-id',
  'x-lender',
  'idempotency-key',
  'content-type',
  'accept',
  'content-encoding',
  'x-api-version',
];
const HEADER_VALUES = [
  '',
  ' ',
  '%',
  '%ff',
  '%0a',
  '"1"',
  'W/"1"',
  '*',
  'application/json;charset=utf-8',
  'application/json;charset=utf-8;charset=utf-7',
  'gzip',
  'a'.repeat(600),
  'lnd_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  '{}',
  'text/csv',
  'application/x-ndjson',
];

function queryOf(route: Route, c: Chance): string {
  const names = [...Object.keys((route.query?.describe().keys as object | undefined) ?? {}), 'nosuch', '__proto__', 'expand[]', 'a[b]', ''];
  return (
    Array.from(
      { length: 1 + c.below(3) },
      () =>
        `${encodeURIComponent(c.pick(names))}${c.pick(['', '', '', '[]', '[$ne]'])}=${encodeURIComponent(c.pick(TEXTS).replace('\ud800', '?'))}`,
    ).join('&') + c.pick(['', '', '&', '%', '&&='])
  );
}

describe('nasty input', () => {
  let api: TestApi;
  let laid: Laid;
  let staff: Send;
  before(async function () {
    this.timeout(240_000);
    api = await openTestApi((deps) => ({ ...deps, test: deps.test && { ...deps.test, advance: async () => {} } }));
    laid = await lay(api, await api.lender('Fuzz'));
    const key = await api.admin('POST', '/v1/api-keys', { lenderId: laid.lender.id, scopes: ['lender', 'ops:write'] });
    staff = client(api.url, key.at('key'));
  });
  after(() => api?.end());

  const fill = (text: string, data: Laid): string => {
    const values: Readonly<Record<string, string>> = {
      ...data,
      lender: '',
      lnd: data.lender.id,
      key: 'key_01ARZ3NDEKTSV4RRFFQ69G5FAV',
      job: JOB,
      today: '2026-01-26',
      soon: '2026-03-02',
      later: '2026-04-02',
    };
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] || whole);
  };

  function oneCall(route: Route, c: Chance): { path: string; body: unknown; headers: Record<string, string> } {
    const params = Object.entries(route.example.params ?? {});
    const address = fill(
      params.reduce((p, [name, value]) => p.replace(`{${name}}`, value), route.path),
      laid,
    );
    const query = c.below(2) === 0 || route.method === 'get' ? queryOf(route, c) : (route.example.query ?? '');
    const example =
      typeof route.example.body === 'string'
        ? route.example.body
        : (JSON.parse(fill(JSON.stringify(route.example.body ?? {}), laid)) as unknown);
    const nasty =
      c.below(5) === 0
        ? c.pick(RAW)
        : typeof example === 'string'
          ? example.replace(c.pick(example.split(/[,\n]/)), () => String(c.pick(TEXTS)))
          : JSON.stringify(spoil(example, c));
    const headers = {
      ...(route.example.headers?.['content-type'] ? { 'content-type': route.example.headers['content-type'] } : {}),
      ...(c.below(4) === 0 ? { [c.pick(HEADERS)]: c.pick(HEADER_VALUES) } : {}),
    };
    return {
      path: `${address}${query ? `?${query}` : ''}`,
      body: route.method === 'get' || route.method === 'delete' ? undefined : nasty,
      headers,
    };
  }

  const wrong = (answer: Answer): boolean =>
    answer.status >= 500 || (answer.status >= 400 && !(answer.headers.get('content-type') ?? '').startsWith('application/problem+json'));

  ROUTES.forEach((route, at) => {
    it(`makes no 500 of ${route.method.toUpperCase()} ${route.path}`, async function () {
      this.timeout(240_000);
      const c = chance(SEED * 1000 + at);
      const send = route.tenancy === 'house' ? api.admin : staff;
      const calls = Array.from({ length: TIMES }, () => oneCall(route, c));
      for (let i = 0; i < calls.length; i += 8)
        await Promise.all(
          calls.slice(i, i + 8).map(async ({ path, body, headers }) => {
            const answer = await send(route.method.toUpperCase(), path, body, headers);
            expect(
              wrong(answer),
              `${route.method} ${path} ${JSON.stringify(headers)} ${String(body).slice(0, 600)}\n→ ${answer.status} ${answer.text.slice(0, 400)}\n${api.log.find((l) => l.includes(answer.at('requestId')) && l.includes('unexpected'))}`,
            ).to.equal(false);
          }),
        );
    });
  });

  it('left the house sound: objects clean, and good calls still work', async () => {
    expect(({} as { x?: unknown }).x).to.equal(undefined);
    expect((await laid.lender.send('GET', '/v1/plans')).status).to.equal(200);
  });
});
