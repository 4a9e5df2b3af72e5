/** API keys. The secret is in one answer, once; after that only its hash exists. Two live keys of one lender may overlap while they are changed over. */
import Joi from 'joi';
import { parseInstant } from '../../domain/clock.ts';
import { InvalidInput } from '../../domain/errors.ts';
import { type ApiKey, SCOPES, type Scope } from '../../domain/lender.ts';
import { field } from '../../flows/input.ts';
import { makeKey, newKey } from '../keys.ts';
import { equal, type ListQuery, listQuery, pageOf } from '../query.ts';
import { ADMIN, found, id, route } from '../route.ts';
import { listOf } from '../shape.ts';
import { apiKeyShape, newApiKeyShape } from '../shapes.ts';
import { apiKeyView } from '../views.ts';

type NewKey = Readonly<{ lenderId: string | null; name: string; scopes: readonly Scope[]; expiresAt: string | null }>;

const tag = 'API keys';
const fault = (pointer: string, code: string, message: string) => new InvalidInput([{ pointer, code, message }]);

export const API_KEYS = [
  route<unknown, NewKey>({
    id: 'createApiKey',
    method: 'post',
    path: '/v1/api-keys',
    tag,
    summary: 'Makes an API key',
    says: '`lender` keys are bound to one lender; `ops:read` and `ops:write` keys may be; `admin` keys never are. `key` is shown once: a repeat under the same Idempotency-Key answers with `key: null`.',
    scopes: ADMIN,
    tenancy: 'house',
    money: true,
    body: Joi.object({
      lenderId: field.id('lnd').allow(null).default(null),
      name: field.name().default('API key'),
      scopes: Joi.array()
        .items(Joi.string().valid(...SCOPES))
        .min(1)
        .max(SCOPES.length)
        .unique()
        .required(),
      expiresAt: field.instant().allow(null).default(null),
    }).required(),
    reply: { status: 201, shape: newApiKeyShape, says: 'The key with its secret.' },
    example: { body: { lenderId: '{lnd}', scopes: ['lender'] } },
    async handle({ world, deps, body, actor }) {
      const { lenderId, scopes, name } = body;
      const now = world.clock.now();
      const expiresAt = body.expiresAt === null ? null : parseInstant(body.expiresAt);
      if (scopes.includes('lender') && lenderId === null)
        throw fault('/lenderId', 'REQUIRED', 'lenderId is missing: a key with the scope lender is bound to one');
      if (scopes.includes('admin') && lenderId !== null)
        throw fault('/lenderId', 'EXCLUSIVE', 'lenderId does not go with the scope admin: leave one of them out');
      if (expiresAt && expiresAt <= now)
        throw fault('/expiresAt', 'IN_THE_PAST', 'expiresAt has passed: send a later instant, or null for none');
      if (lenderId !== null && !(await world.store.admin.lenders.get(lenderId)))
        throw fault('/lenderId', 'UNKNOWN_LENDER', 'there is no such lender: check the id');
      const secret = makeKey(deps.mode, world.ids);
      const key = newKey({ id: world.ids.next('key'), lenderId, name, scopes, expiresAt, createdAt: now }, secret);
      await world.store.admin.keys.insert(key);
      await world.store.admin.audit({
        id: world.ids.next('aud'),
        lenderId,
        act: 'key.created',
        ...actor,
        facts: { keyId: key.id, scopes },
        at: now,
      });
      const shown = apiKeyView(key, now);
      return { body: { ...shown, key: secret }, replayBody: { ...shown, key: null } };
    },
  }),
  route<ListQuery>({
    id: 'listApiKeys',
    method: 'get',
    path: '/v1/api-keys',
    tag,
    summary: 'Lists API keys, without their secrets',
    scopes: ADMIN,
    tenancy: 'house',
    money: false,
    query: listQuery('key', { lenderId: field.id('lnd') }),
    reply: { status: 200, shape: listOf(apiKeyShape), says: 'One page of keys.' },
    example: { query: 'lenderId={lnd}' },
    async handle({ world, query }) {
      const { data, hasMore } = await world.store.admin.keys.list(equal(query, ['lenderId']), pageOf(query));
      return { body: { data: data.map((k) => apiKeyView(k, world.clock.now())), hasMore } };
    },
  }),
  route<unknown, undefined, ApiKey>({
    id: 'revokeApiKey',
    method: 'post',
    path: '/v1/api-keys/{id}/revoke',
    tag,
    summary: 'Revokes a key',
    says: 'It stops working within a second, everywhere. Revoking again changes nothing.',
    scopes: ADMIN,
    tenancy: 'house',
    ids: id('key', 'key'),
    money: true,
    find: ({ world, params }) => found('key', params.id ?? '', world.store.admin.keys.get(params.id ?? '')),
    reply: { status: 200, shape: apiKeyShape, says: 'The key, revoked.' },
    example: { params: { id: '{key}' } },
    async handle({ world, subject, actor }) {
      const now = world.clock.now();
      const key = subject.revokedAt ? subject : await found('key', subject.id, world.store.admin.keys.revoke(subject.id, now));
      await world.store.admin.audit({
        id: world.ids.next('aud'),
        lenderId: key.lenderId,
        act: 'key.revoked',
        ...actor,
        facts: { keyId: key.id },
        at: now,
      });
      return { body: apiKeyView(key, now) };
    },
  }),
];
