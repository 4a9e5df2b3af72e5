/** The document and the server say the same: every example runs as written, every answer has the shape that was promised, every code is explained. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { apiTable } from '../../src/api/docs-table.ts';
import { MEANINGS } from '../../src/api/errors.ts';
import { openApi } from '../../src/api/openapi.ts';
import type { Route } from '../../src/api/route.ts';
import { ROUTES } from '../../src/api/routes.ts';
import { type Answer, client, JOB, type Laid, layAll, openTestApi, type TestApi } from './support/api.ts';
import { faultsOf, type Schema } from './support/validate.ts';

type Content = Readonly<Record<string, { schema: Schema; example?: unknown }>>;
type Operation = Readonly<{
  operationId: string;
  parameters: readonly { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Content };
  responses: Readonly<Record<string, { content: Content }>>;
}>;

const spec = openApi(ROUTES, 'test');
const components = spec.components.schemas as Record<string, Schema>;
const operationOf = (route: Route): Operation => spec.paths[route.path]?.[route.method] as unknown as Operation;

describe('the OpenAPI document', () => {
  it('is 3.1, names every operation once, and every path parameter', () => {
    expect(spec.openapi).to.equal('3.1.0');
    const ids = ROUTES.map((r) => r.id);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const route of ROUTES) {
      const { parameters } = operationOf(route);
      const named = [...route.path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
      expect(
        parameters.filter((p) => p.in === 'path').map((p) => p.name),
        route.id,
      ).to.deep.equal(named);
      expect(new Set(parameters.map((p) => `${p.in} ${p.name}`)).size, route.id).to.equal(parameters.length);
      expect(
        parameters.some((p) => p.name === 'Idempotency-Key'),
        route.id,
      ).to.equal(route.money);
    }
  });

  it('points at nothing that is not there, and keeps our own marks to itself', () => {
    const text = JSON.stringify(spec);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) expect(components).to.have.property(name ?? '');
    expect(text).to.not.match(/"x-|undefined/);
  });

  it('asks for an Idempotency-Key on every POST but the dry levers of test mode', () => {
    expect(ROUTES.filter((r) => r.method === 'post' && !r.money).map((r) => r.id)).to.deep.equal(['advanceTestClock', 'runScenario']);
  });

  it('holds what joi-to-json would lose: free maps, and exactly one of several', () => {
    const body = operationOf(ROUTES.find((r) => r.id === 'createPlan') as Route).requestBody?.content['application/json']?.schema as Schema;
    const example = ROUTES.find((r) => r.id === 'createPlan')?.example.body as Record<string, unknown>;
    expect(faultsOf({ ...example, metadata: { branch: 'north' } }, body, components)).to.deep.equal([]);
    expect(faultsOf({ ...example, metadata: { branch: 7 } }, body, components)).to.have.length(1);
    expect(faultsOf({ ...example, borrowerId: 'brw_01ARZ3NDEKTSV4RRFFQ69G5FAV' }, body, components)).to.not.deep.equal([]);
    const { borrower: _, ...none } = example;
    expect(faultsOf(none, body, components)).to.not.deep.equal([]);
  });

  it('leaves the routes of test mode out of a live server', () => {
    expect(Object.keys(openApi(ROUTES, 'live').paths).filter((p) => p.includes('/test/'))).to.deep.equal([]);
  });

  it('explains every code the house can throw at a caller', () => {
    const flows = ['src/flows', 'src/domain', 'src/api']
      .flatMap((dir) => readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((f) => `${dir}/${f}`))
      .filter((f) => f.endsWith('.ts'));
    const codes = new Set(
      flows.flatMap((f) =>
        [...readFileSync(f, 'utf8').matchAll(/(?:new Conflict\(|new DulyError\(|super\(|problem\()\s*'([A-Z_]+)'/g)].map((m) => m[1] ?? ''),
      ),
    );
    const ours = new Set(['BAD_STATE_TABLE']);
    expect([...codes].filter((c) => !MEANINGS[c] && !ours.has(c))).to.deep.equal([]);
    for (const route of ROUTES) for (const code of route.refuses ?? []) expect(MEANINGS, route.id).to.have.property(code);
  });

  it('is what docs/api.md tells', () => {
    expect(readFileSync('docs/api.md', 'utf8')).to.include(apiTable(ROUTES));
  });
});

describe('every documented example', () => {
  let api: TestApi;
  const laid = new Map<string, Laid>();
  before(async function () {
    this.timeout(240_000);
    api = await openTestApi();
    const lenders = await Promise.all(ROUTES.map((r) => api.lender(r.id)));
    const all = await layAll(api, lenders);
    all.forEach((one, i) => void laid.set(ROUTES[i]?.id ?? '', one));
  });
  after(() => api?.end());

  /** Puts the ids of laid-down data in place of {pln} and its like. */
  function filled(text: string, { lender, ...ids }: Laid, key: string): string {
    const values: Readonly<Record<string, string>> = {
      ...ids,
      lnd: lender.id,
      key,
      job: JOB,
      today: '2026-01-26',
      soon: '2026-02-02',
      later: '2026-04-02',
    };
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  }

  async function run(route: Route, data: Laid): Promise<Answer> {
    const { first, params = {}, query, body, headers } = route.example;
    if (first) await run(ROUTES.find((r) => r.id === first) as Route, data);
    const keyed = await api.admin('POST', '/v1/api-keys', { lenderId: data.lender.id, scopes: ['lender', 'ops:write'] });
    const send = route.tenancy === 'house' ? api.admin : client(api.url, keyed.at('key'));
    const fill = (text: string) => filled(text, data, keyed.at('id'));
    const path = fill(Object.entries(params).reduce((p, [name, value]) => p.replace(`{${name}}`, value), route.path));
    const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.parse(fill(JSON.stringify(body)));
    return send(route.method.toUpperCase(), `${path}${query ? `?${fill(query)}` : ''}`, payload, headers);
  }

  // The clock goes last: it takes time with it.
  const order = [...ROUTES].sort((a, b) => Number(a.id === 'advanceTestClock') - Number(b.id === 'advanceTestClock'));
  for (const route of order)
    it(`${route.method.toUpperCase()} ${route.path} answers ${route.reply.status} in its documented shape`, async function () {
      // A week of everything that was laid down for a hundred lenders.
      this.timeout(route.id === 'advanceTestClock' ? 240_000 : 60_000);
      const answer = await run(route, laid.get(route.id) as Laid);
      expect(answer.status, answer.text.slice(0, 500)).to.equal(route.reply.status);
      if (route.reply.type) {
        expect(answer.headers.get('content-type')).to.include(route.reply.type);
        return;
      }
      const schema = operationOf(route).responses[route.reply.status]?.content['application/json']?.schema as Schema;
      expect(faultsOf(answer.json, schema, components).slice(0, 5)).to.deep.equal([]);
      const { error } = route.reply.shape.validate(answer.json, { convert: false });
      expect(error?.message).to.equal(undefined);
    });

  it('is repeated by the body examples of the document itself', () => {
    for (const route of ROUTES) {
      const content = operationOf(route).requestBody?.content['application/json'];
      if (content?.example === undefined) continue;
      const text = JSON.stringify(content.example)
        .replace(/\{(pln|brw|mnd|lnd|ins|att)\}/g, '$1_01ARZ3NDEKTSV4RRFFQ69G5FAV')
        .replaceAll('{soon}', '2026-03-02')
        .replaceAll('{later}', '2026-04-02');
      expect(faultsOf(JSON.parse(text), content.schema, components), route.id).to.deep.equal([]);
    }
  });

  it('has a page that shows it offline, under a strict policy, and a page for each error code', async () => {
    const docs = await api.open('GET', '/docs');
    expect(docs.status).to.equal(200);
    const policy = docs.headers.get('content-security-policy') ?? '';
    expect(policy).to.include("default-src 'self'").and.include("script-src 'self'").and.not.include('https:;script');
    expect(docs.headers.get('x-powered-by')).to.equal(null);
    const sources = [...docs.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((m) => m[1] ?? '');
    expect(sources.length).to.be.above(2);
    for (const source of sources) {
      expect(source).to.match(/^\//);
      expect((await api.open('GET', source)).status, source).to.equal(200);
    }
    const errors = await api.open('GET', '/docs/errors');
    for (const code of Object.keys(MEANINGS)) expect(errors.text).to.include(`id="${code}"`);
    expect((await api.open('GET', '/')).headers.get('location')).to.equal('/docs');
    expect((await api.open('GET', '/openapi.json')).json).to.deep.equal(JSON.parse(JSON.stringify(spec)));
  });

  it('stands beside health that a machine can read', async () => {
    for (const path of ['/livez', '/startupz', '/readyz']) expect((await api.open('GET', path)).status, path).to.equal(200);
  });
});

describe('a house that is not ready', () => {
  it('says so, and what is missing', async function () {
    this.timeout(240_000);
    const api = await openTestApi((deps) => ({
      ...deps,
      test: null,
      health: { started: () => true, ready: async () => [{ name: 'database', ok: false, says: 'no primary answers' }] },
    }));
    try {
      const ready = await api.open('GET', '/readyz');
      expect([ready.status, ready.at('status'), ready.at('checks.0.says')]).to.deep.equal([503, 'not ready', 'no primary answers']);
      expect((await api.open('GET', '/livez')).status).to.equal(200);
      expect((await api.admin('GET', '/v1/test/clock')).status, 'outside test mode its routes do not exist').to.equal(404);
    } finally {
      await api.end();
    }
  });
});
