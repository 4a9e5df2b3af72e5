/** API keys: what opens, what does not, and that every "no" looks the same (X4, X16). */
import { expect } from 'chai';
import { ensureAdminKey, hashOf, makeKey } from '../../src/api/keys.ts';
import { ROUTES } from '../../src/api/routes.ts';
import { ADMIN_KEY, cacheRunsOut, client, openTestApi, rows, type TestApi, type TestLender } from './support/api.ts';

describe('API keys', () => {
  let api: TestApi;
  let lender: TestLender;
  before(async function () {
    this.timeout(240_000);
    api = await openTestApi();
    lender = await api.lender('Harbour');
  });
  after(() => api?.end());

  const bodyOf = async (authorization: string | undefined) => {
    const answer = await api.open('GET', '/v1/plans', undefined, authorization === undefined ? {} : { authorization });
    expect(answer.status, authorization).to.equal(401);
    expect(answer.headers.get('www-authenticate')).to.match(/^Bearer/);
    return answer.text.replace(/"requestId":"[^"]*"/, '');
  };

  it('gives one 401 body to every key that does not open', async () => {
    const revoked = await api.admin('POST', '/v1/api-keys', { lenderId: lender.id, scopes: ['lender'] });
    await api.admin('POST', `/v1/api-keys/${revoked.at('id')}/revoke`);
    const expiring = await api.admin('POST', '/v1/api-keys', {
      lenderId: lender.id,
      scopes: ['lender'],
      expiresAt: '2026-01-05T00:00:01Z',
    });
    await api.admin('POST', '/v1/test/clock/advance', { to: '2026-01-05T00:00:02Z' });
    const { world } = api.house;
    const bearers = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Bearer nonsense',
      `Bearer ${lender.key}x`,
      `Bearer ${lender.key.slice(0, -1)}`,
      `Bearer ${lender.key} `.replace(/ $/, ' x'),
    ];
    bearers.push(
      `bearer${lender.key}`,
      `Basic ${lender.key}`,
      `Bearer ${makeKey('test', world.ids)}`,
      `Bearer ${makeKey('live', world.ids)}`,
    );
    bearers.push(
      `Bearer ${lender.key.replace(/[0-9a-f](?=.{6}$)/, (c) => (c === '0' ? '1' : '0'))}`,
      `Bearer ${revoked.at('key')}`,
      `Bearer ${expiring.at('key')}`,
      `Bearer ${'a'.repeat(5000)}`,
    );
    const bodies = new Set(await Promise.all(bearers.map(bodyOf)));
    expect([...bodies]).to.have.length(1);
  });

  it('takes no key from the address, be it right or not', async () => {
    for (const path of [`/v1/plans?key=${lender.key}`, `/v1/plans?api_key=${lender.key}`]) {
      expect((await api.open('GET', path)).status).to.equal(401);
      expect((await lender.send('GET', path)).status).to.equal(401);
    }
    expect(api.log.join('\n')).to.not.include(lender.key);
  });

  it('stops a revoked key within a second', async () => {
    const key = await api.admin('POST', '/v1/api-keys', { lenderId: lender.id, scopes: ['lender'] });
    const send = client(api.url, key.at('key'));
    expect((await send('GET', '/v1/plans')).status).to.equal(200);
    await api.admin('POST', `/v1/api-keys/${key.at('id')}/revoke`);
    await cacheRunsOut();
    expect((await send('GET', '/v1/plans')).status).to.equal(401);
    expect((await lender.send('GET', '/v1/plans')).status, 'the other live key of this lender goes on').to.equal(200);
  });

  it('stores only a hash, and shows the secret once', async () => {
    const head = { 'idempotency-key': 'one-key' };
    const body = { lenderId: lender.id, scopes: ['lender'], name: 'shown once' };
    const made = await api.admin('POST', '/v1/api-keys', body, head);
    expect(made.at('key')).to.match(/^sk_test_[0-9a-f]{70}$/);
    const again = await api.admin('POST', '/v1/api-keys', body, head);
    expect([again.at('id'), again.at('key'), again.headers.get('idempotent-replayed')]).to.deep.equal([made.at('id'), null, 'true']);
    const { db } = api.house.database;
    for (const { name } of await db.listCollections().toArray()) {
      const text = JSON.stringify(await db.collection(name).find({}).toArray());
      expect(text, name).to.not.include(made.at('key'));
    }
    expect(await api.house.world.store.admin.keys.byHash(hashOf(made.at('key')))).to.include({ id: made.at('id') });
    const listed = await api.admin('GET', `/v1/api-keys?lenderId=${lender.id}`);
    expect(rows(listed).map((k) => k.id)).to.include(made.at('id'));
    expect(listed.text).to.not.match(/"hash"|"key":/);
  });

  it('refuses every route of staff and admin to a lender, before anything is validated', async () => {
    for (const route of ROUTES.filter((r) => r.tenancy === 'house')) {
      const path = route.path.replace('{id}', 'key_01ARZ3NDEKTSV4RRFFQ69G5FAV').replace('{name}', 'present-due');
      const answer = await lender.send(route.method.toUpperCase(), path, route.method === 'post' ? { nonsense: 1 } : undefined);
      expect([answer.status, answer.at('code')], `${route.method} ${path}`).to.deep.equal([403, 'FORBIDDEN']);
    }
  });

  it('lets a reading key read and do nothing else', async () => {
    const key = await api.admin('POST', '/v1/api-keys', { lenderId: lender.id, scopes: ['ops:read'] });
    const send = client(api.url, key.at('key'));
    expect((await send('GET', '/v1/plans')).status).to.equal(200);
    for (const route of ROUTES.filter((r) => r.method !== 'get')) {
      const path = route.path
        .replace('{id}', `${route.ids?.id?.prefix ?? 'x'}_01ARZ3NDEKTSV4RRFFQ69G5FAV`)
        .replace('{name}', 'present-due')
        .replace('{scope}', 'all');
      expect(
        (await send(route.method.toUpperCase(), path, route.method === 'delete' ? undefined : {})).status,
        `${route.method} ${path}`,
      ).to.equal(403);
    }
  });

  it('keeps staff keys bound to one lender off the house', async () => {
    const bound = client(api.url, (await api.admin('POST', '/v1/api-keys', { lenderId: lender.id, scopes: ['ops:write'] })).at('key'));
    expect((await bound('GET', '/v1/jobs')).status).to.equal(403);
    const free = client(api.url, (await api.admin('POST', '/v1/api-keys', { scopes: ['ops:write'] })).at('key'));
    expect((await free('GET', '/v1/jobs')).status).to.equal(200);
    expect((await free('POST', '/v1/lenders', {})).status).to.equal(403);
  });

  it('makes no key that is bound wrongly', async () => {
    const faulty = [
      { scopes: ['lender'] },
      { scopes: ['admin'], lenderId: lender.id },
      { scopes: [] },
      { scopes: ['root'] },
      { scopes: ['admin', 'admin'] },
      { scopes: ['lender'], lenderId: 'lnd_01ARZ3NDEKTSV4RRFFQ69G5FAV' },
    ];
    faulty.push({ scopes: ['lender'], lenderId: lender.id, expiresAt: '2020-01-01T00:00:00Z' } as never);
    for (const body of faulty) expect((await api.admin('POST', '/v1/api-keys', body)).status, JSON.stringify(body)).to.equal(400);
  });

  it('makes a first admin key once, and takes a given one any number of times', async () => {
    const { store, ids, clock } = api.house.world;
    expect(await ensureAdminKey(store, ids, clock, 'test', ADMIN_KEY)).to.equal(null);
    expect(await ensureAdminKey(store, ids, clock, 'test')).to.equal(null);
    let refused: unknown;
    await ensureAdminKey(store, ids, clock, 'test', 'too short').catch((error) => {
      refused = error;
    });
    expect(refused).to.have.property('code', 'INVALID_INPUT');
  });
});
