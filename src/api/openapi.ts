/** The OpenAPI 3.1 document, drawn from the routes' declarations. What joi-to-json loses is put back by `restore`. */
import type Joi from 'joi';
import joiToJson from 'joi-to-json';
import { API_VERSION } from './deps.ts';
import { MEANINGS } from './errors.ts';
import { MOST_ROWS } from './query.ts';
import type { Route } from './route.ts';
import { problemShape } from './shapes.ts';

export type JsonSchema = { [key: string]: unknown };
export type OpenApi = Readonly<{
  openapi: string;
  info: JsonSchema;
  servers: readonly JsonSchema[];
  tags: readonly JsonSchema[];
  paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  components: Readonly<{ schemas: Record<string, JsonSchema>; securitySchemes: JsonSchema; responses: JsonSchema }>;
  security: readonly JsonSchema[];
}>;

/** Its types say `default`, its CommonJS export is the function itself. */
const toJson = joiToJson as unknown as (schema: Joi.Schema, mode: 'open-api-3.1', shared: object, options: object) => JsonSchema;

/** Exactly one of the peers; joi-to-json's own form lets two through when another field is there. */
const oneOf = (peers: readonly string[]) => ({ oneOf: peers.map((peer) => ({ required: [peer] })) });
const OPTIONS = {
  logicalOpParser: {
    xor: (schema: JsonSchema, { peers }: { peers: string[] }) => Object.assign(schema, oneOf(peers)),
    oxor: (schema: JsonSchema, { peers }: { peers: string[] }) => Object.assign(schema, { not: { required: peers } }),
  },
};

/** What joi says of a free map (`object().pattern()`), and joi-to-json drops: what its values look like. Walks both trees side by side. */
function restore(json: JsonSchema, joi: Joi.Description): JsonSchema {
  const properties = (json.properties ?? {}) as Record<string, JsonSchema>;
  for (const [name, child] of Object.entries((joi.keys ?? {}) as Record<string, Joi.Description>))
    if (properties[name]) restore(properties[name], child);
  const [item] = (joi.items ?? []) as Joi.Description[];
  if (item && json.items) restore(json.items as JsonSchema, item);
  ((joi.matches ?? []) as { schema: Joi.Description }[]).forEach(({ schema }, i) => {
    const branch = (json.anyOf as JsonSchema[] | undefined)?.[i];
    if (branch) restore(branch, schema);
  });
  const [pattern] = (joi.patterns ?? []) as { rule: Joi.Description & { rules?: { name: string; args: { limit: number } }[] } }[];
  const longest = pattern?.rule.rules?.find((r) => r.name === 'max')?.args.limit;
  if (pattern) json.additionalProperties = { type: pattern.rule.type, ...(longest === undefined ? {} : { maxLength: longest }) };
  return json;
}

/** Hoists named shapes into components, and takes our own marks out. */
function hoist(node: unknown, schemas: Record<string, JsonSchema>): unknown {
  if (Array.isArray(node)) return node.map((n) => hoist(n, schemas));
  if (typeof node !== 'object' || node === null) return node;
  const { 'x-shape': name, ...rest } = node as JsonSchema;
  const clean = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, hoist(value, schemas)])) as JsonSchema;
  if (typeof name !== 'string') return clean;
  const orNull = Array.isArray(clean.type) && clean.type.includes('null');
  schemas[name] = { title: name, ...clean, ...(orNull ? { type: 'object' } : {}) };
  const ref = { $ref: `#/components/schemas/${name}` };
  return orNull ? { anyOf: [ref, { type: 'null' }] } : ref;
}

function schemaOf(schema: Joi.Schema, schemas: Record<string, JsonSchema>): JsonSchema {
  return hoist(restore(toJson(schema, 'open-api-3.1', {}, OPTIONS), schema.describe()), schemas) as JsonSchema;
}

function pathParameters(route: Route): JsonSchema[] {
  return [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const known = route.ids?.[name];
    const schema = known ? { type: 'string', pattern: `^${known.prefix}_[0-9A-HJKMNP-TV-Z]{26}$` } : { type: 'string', maxLength: 80 };
    return { name, in: 'path', required: true, schema };
  });
}

function queryParameters(route: Route, schemas: Record<string, JsonSchema>): JsonSchema[] {
  if (!route.query) return [];
  const { properties = {}, required = [] } = schemaOf(route.query, schemas) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name: schema.type === 'array' ? `${name}[]` : name,
    in: 'query',
    required: required.includes(name),
    ...(description ? { description } : {}),
    schema,
    ...(schema.type === 'array' ? { style: 'form', explode: true } : {}),
  }));
}

const headerParameter = (name: string, description: string, required: boolean, schema: JsonSchema = { type: 'string' }): JsonSchema => ({
  name,
  in: 'header',
  required,
  description,
  schema,
});

function headerParameters(route: Route): JsonSchema[] {
  return [
    ...(route.money
      ? [
          headerParameter(
            'Idempotency-Key',
            'A fresh text with each new act, the same one when it is repeated. Not asked for on a dry run.',
            !hasDryRun(route),
            { type: 'string', minLength: 1, maxLength: 255 },
          ),
        ]
      : []),
    ...(route.tenancy === 'lender'
      ? [
          headerParameter('X-Lender', 'The lender acted for; only with a key that is bound to none.', false, {
            type: 'string',
            pattern: '^lnd_[0-9A-HJKMNP-TV-Z]{26}$',
          }),
        ]
      : []),
    ...(route.refuses?.includes('VERSION_CHANGED') ? [headerParameter('If-Match', 'The ETag of the plan as it was read.', false)] : []),
    ...(route.method === 'get'
      ? []
      : [
          headerParameter('X-Actor', 'Who acts; kept with the act. May be percent-encoded UTF-8.', false, {
            type: 'string',
            maxLength: 200,
          }),
          headerParameter('X-Reason', 'Why; kept with the act.', false, { type: 'string', maxLength: 500 }),
        ]),
  ];
}

const hasDryRun = (route: Route): boolean => Boolean((route.query?.describe().keys as Record<string, unknown> | undefined)?.dryRun);

/** The codes a route may answer, from what it declares. */
function refusalsOf(route: Route): string[] {
  const takesBody = Boolean(route.body || route.upload);
  return [
    'UNAUTHENTICATED',
    'FORBIDDEN',
    'INVALID_INPUT',
    ...(route.tenancy === 'lender' ? ['LENDER_REQUIRED'] : []),
    ...(route.path.includes('{') || route.testModeOnly || route.tenancy === 'lender' ? ['NOT_FOUND'] : []),
    ...(takesBody ? ['MALFORMED_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] : []),
    ...(route.money ? ['IDEMPOTENCY_KEY_MISSING', 'IDEMPOTENCY_IN_PROGRESS', 'IDEMPOTENCY_KEY_REUSED'] : []),
    ...(route.refuses ?? []),
    'INTERNAL',
  ];
}

function responsesOf(route: Route, schemas: Record<string, JsonSchema>): JsonSchema {
  const byStatus = new Map<number, string[]>();
  for (const code of new Set(refusalsOf(route))) {
    const status = MEANINGS[code]?.status ?? 409;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const answer = {
    description: route.reply.says,
    headers: { 'X-Request-Id': { schema: { type: 'string' } } },
    content: { [route.reply.type ?? 'application/json']: { schema: schemaOf(route.reply.shape, schemas) } },
  };
  const again =
    route.reply.status === 201
      ? { 200: { ...answer, description: `${route.reply.says} 200: it was there already, or nothing was kept.` } }
      : {};
  const refusals = [...byStatus].map(([status, codes]) => [
    status,
    {
      description: codes.map((c) => `${c}: ${MEANINGS[c]?.title ?? 'it clashes with what is there'}`).join('; '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]);
  return { [route.reply.status]: answer, ...again, ...Object.fromEntries(refusals) };
}

function bodyOf(route: Route, schemas: Record<string, JsonSchema>): JsonSchema {
  if (route.upload)
    return {
      requestBody: {
        required: true,
        content: Object.fromEntries(
          route.upload.types.map((type) => [
            type,
            { schema: { type: 'string' }, ...(route.example.headers?.['content-type'] === type ? { example: route.example.body } : {}) },
          ]),
        ),
      },
    };
  if (!route.body) return {};
  const example = route.example.body === undefined ? {} : { example: route.example.body };
  return {
    requestBody: { required: !route.bodyOptional, content: { 'application/json': { schema: schemaOf(route.body, schemas), ...example } } },
  };
}

const operation = (route: Route, schemas: Record<string, JsonSchema>): JsonSchema => ({
  operationId: route.id,
  tags: [route.tag],
  summary: route.summary,
  description: `${route.says ? `${route.says}\n\n` : ''}Scopes: ${[...new Set([...route.scopes, 'admin'])].map((s) => `\`${s}\``).join(', ')}.${route.testModeOnly ? ' Test mode only.' : ''}`,
  parameters: [...pathParameters(route), ...queryParameters(route, schemas), ...headerParameters(route)],
  ...bodyOf(route, schemas),
  responses: responsesOf(route, schemas),
});

const INTRO = `Amounts are whole minor units beside a \`currency\`. Instants are ISO 8601 in UTC; days are days in the lender's zone. Lists answer \`{data, hasMore}\`, up to ${MOST_ROWS} rows a page, with the cursors \`after\` and \`before\`. Every POST that changes something takes an Idempotency-Key. Errors are application/problem+json; each \`code\` is explained at /docs/errors.`;

/** The document for a server in this mode: routes that exist in test mode alone are left out elsewhere. */
export function openApi(all: readonly Route[], mode: 'test' | 'live'): OpenApi {
  const routes = all.filter((r) => mode === 'test' || !r.testModeOnly);
  const schemas: Record<string, JsonSchema> = {};
  schemaOf(problemShape, schemas);
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operation(route, schemas) };
  return {
    openapi: '3.1.0',
    info: { title: 'Duly', version: API_VERSION, description: INTRO },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map((r) => r.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key: sk_test_… or sk_live_…' } },
      responses: {},
    },
    security: [{ key: [] }],
  };
}
