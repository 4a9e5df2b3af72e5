/** What must not come in, and what it is told (X3, X5-X13, X31): a 4xx problem that names the fault, quickly, and nothing written. */

import { request } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { bound } from '../../src/store/repository.ts';
import { type Answer, openTestApi, planBody, rows, type TestApi, type TestLender } from './support/api.ts';

const BOUND_MS = 2000;

describe('bad input', () => {
  let api: TestApi;
  let lender: TestLender;
  let plan: string;
  before(async function () {
    this.timeout(240_000);
    api = await openTestApi();
    lender = await api.lender('Harbour');
    plan = (await lender.send('POST', '/v1/plans', planBody())).at('id');
  });
  after(() => api?.end());

  const isProblem = (answer: Answer, name: string, status?: number) => {
    expect(answer.headers.get('content-type'), name).to.match(/^application\/problem\+json/);
    expect(answer.json, name).to.include.keys('type', 'title', 'status', 'detail', 'instance', 'code', 'errors', 'requestId');
    expect(answer.at('status'), name).to.equal(answer.status);
    expect(answer.at('requestId'), name).to.equal(answer.headers.get('x-request-id'));
    expect(answer.text, name).to.not.match(/node_modules|MongoServerError|\.ts:\d/);
    if (status !== undefined) expect(answer.status, `${name}: ${answer.text.slice(0, 300)}`).to.equal(status);
  };
  const count = async () => rows(await lender.send('GET', '/v1/plans')).length;
  /** Each row: a name, what is sent, the pointer of the first fault. */
  const refused = async (cases: readonly (readonly [string, unknown, string?])[], path = '/v1/plans', method = 'POST', status = 400) => {
    const before = await count();
    for (const [name, body, pointer] of cases) {
      const began = performance.now();
      const answer = await lender.send(method, path, body);
      isProblem(answer, name, status);
      expect(performance.now() - began, name).to.be.below(BOUND_MS);
      if (pointer !== undefined) expect(answer.at('errors.0.pointer'), name).to.equal(pointer);
    }
    expect(await count(), 'nothing was written').to.equal(before);
  };
  const row = (change: object) => planBody({ instalments: [{ dueDate: '2026-05-25', principal: 100, interest: 0, ...change }] });

  it('takes amounts as whole minor units and in no other way', async () => {
    const at = '/instalments/0/principal';
    const wrong = ['1e3', '0x10', ' 12 ', '', '１２', true, null, -1, 0.1, 2 ** 53, 1e300, [1], { $gt: 0 }];
    await refused(wrong.map((principal) => [`principal ${JSON.stringify(principal)}`, row({ principal }), at]));
    const raw = (text: string) => JSON.stringify(row({ principal: 77777 })).replace('77777', text);
    await refused(
      ['1e400', '1e3', '-0', '9007199254740993', '0.0', '100.0', '1E2', '99999999999999999999'].map((text) => [
        `principal ${text}`,
        raw(text),
        at,
      ]),
    );
    await refused(['0x10', 'NaN', 'Infinity', '+1', '01', '.5', '1.'].map((text) => [`principal ${text}`, raw(text)]));
    await refused([['a row that owes nothing', row({ principal: 0 }), at]]);
  });

  it('takes no field it does not know, wherever it stands', async () => {
    const inside = ['lenderId', 'status', 'state', 'paid', 'orderNo', 'attemptNo', '_id', '__v', 'version', 'bucket'];
    await refused(inside.map((name) => [name, planBody({ [name]: 1 }), `/${name}`]));
    await refused(
      inside.map((name) => [`borrower.${name}`, planBody({ borrower: { ...planBody().borrower, [name]: 1 } }), `/borrower/${name}`]),
    );
    await refused(
      [
        ['$set', { $set: { state: 'settled' } }],
        ['$rename', { $rename: { a: 'b' } }],
        ['version', { version: 3 }],
      ],
      `/v1/borrowers/${await brw()}`,
      'PATCH',
    );
  });
  const brw = async () => rows(await lender.send('GET', '/v1/borrowers'))[0]?.id;

  it('takes no operator, list or object where a text belongs', async () => {
    const wrong = [{ $ne: null }, { $gt: '' }, { $regex: '.*' }, { $where: '1' }, { $expr: {} }, { $nor: [] }, ['a'], 7, true, null, {}];
    await refused(wrong.map((externalId) => [JSON.stringify(externalId), planBody({ externalId }), '/externalId']));
    const payday = wrong.filter((w) => w !== 7 && w !== null);
    await refused(
      payday.map((paydayDeclared) => [`payday ${JSON.stringify(paydayDeclared)}`, planBody({ paydayDeclared }), '/paydayDeclared']),
    );
    await refused([
      ['borrower', planBody({ borrower: 'x' }), '/borrower'],
      ['terms', planBody({ terms: [] }), '/terms'],
      ['instalments', planBody({ instalments: {} }), '/instalments'],
    ]);
  });

  it('refuses what would reach a prototype, and repeated keys, and leaves objects clean', async () => {
    const text = JSON.stringify(planBody());
    await refused([
      ['__proto__', text.replace('{', '{"__proto__":{"x":1},'), '/__proto__'],
      ['constructor', text.replace('{', '{"constructor":{"prototype":{"x":1}},'), '/constructor'],
      ['nested', text.replace('"borrower":{', '"borrower":{"__proto__":{"x":1},'), '/borrower/__proto__'],
      ['escaped', text.replace('{', '{"\\u005f_proto__":{"x":1},'), '/__proto__'],
      ['twice', text.replace('"currency":"CNY"', '"currency":"CNY","currency":"USD"'), '/currency'],
      ['dotted', text.replace('{', '{"__proto__.x":1,')],
    ]);
    expect(({} as { x?: unknown }).x).to.equal(undefined);
  });

  it('says where JSON breaks, and stops at depth before it costs anything', async () => {
    const broken = await lender.send('POST', '/v1/plans', '{"externalId": "a", }');
    isProblem(broken, 'trailing comma', 400);
    expect([broken.at('code'), broken.at('detail')]).to.deep.equal([
      'MALFORMED_JSON',
      'the body is not JSON: a field name was expected at character 21',
    ]);
    await refused([
      ['cut', '{"a":'],
      ['deep', '['.repeat(20_000) + ']'.repeat(20_000)],
      ['deep objects', '{"a":'.repeat(15_000)],
      ['a list', '[]'],
      ['null', 'null'],
      ['a text', '"x"'],
      ['two values', '{} {}'],
      ['single quotes', "{'a':1}"],
      ['a comment', '{/* */}'],
      ['half a character', '{"externalId":"\\ud800"}'],
      ['NUL', '{"externalId":"a\\u0000"}'],
      ['a bare line break', '{"externalId":"a\nb"}'],
      ['not UTF-8', new Uint8Array([123, 34, 97, 34, 58, 34, 255, 34, 125])],
    ]);
  });

  it('takes JSON in UTF-8, plain, up to 100 KB, and says what it takes instead', async () => {
    const text = JSON.stringify(planBody());
    for (const [name, headers, status] of [
      ['no content type', { 'content-type': '' }, 415],
      ['text', { 'content-type': 'text/plain' }, 415],
      ['form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
      ['utf-7', { 'content-type': 'application/json; charset=utf-7' }, 415],
      ['utf-16', { 'content-type': 'application/json; charset=utf-16' }, 415],
      ['gzip', { 'content-encoding': 'gzip' }, 415],
      ['br', { 'content-encoding': 'br' }, 415],
    ] as const)
      isProblem(await lender.send('POST', '/v1/plans', text, headers), name, status);
    expect((await lender.send('POST', '/v1/plans', text, { 'content-type': 'application/json; charset=UTF-8' })).status).to.equal(201);
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024, 32));
    const used = process.memoryUsage().rss;
    isProblem(await lender.send('POST', '/v1/plans', bomb, { 'content-encoding': 'gzip' }), 'bomb', 415);
    expect(process.memoryUsage().rss - used).to.be.below(50 * 1024 * 1024);
    isProblem(await lender.send('POST', '/v1/plans', `{"externalId":"${'a'.repeat(101 * 1024)}"}`), 'large', 413);
    const chunked = await new Promise<number>((resolve) => {
      const call = request(
        `${api.url}/v1/plans`,
        {
          method: 'POST',
          headers: { authorization: `Bearer ${lender.key}`, 'content-type': 'application/json', 'idempotency-key': 'chunks' },
        },
        (answer) => {
          resolve(answer.statusCode ?? 0);
          call.destroy();
        },
      );
      call.on('error', () => {});
      for (let i = 0; i < 200; i++) call.write('a'.repeat(1024));
    });
    expect(chunked).to.equal(413);
  });

  it('refuses long texts and hostile patterns quickly', async () => {
    const long = `${'a'.repeat(50_000)}!`;
    const body = planBody();
    await refused([
      ['externalId', planBody({ externalId: long }), '/externalId'],
      ['currency', planBody({ currency: long }), '/currency'],
      ['strategy', planBody({ strategy: long }), '/strategy'],
      ['name', planBody({ borrower: { ...body.borrower, name: long } }), '/borrower/name'],
      ['phone', planBody({ borrower: { ...body.borrower, phone: long } }), '/borrower/phone'],
      ['account', planBody({ mandate: { ...body.mandate, account: long } }), '/mandate/account'],
      [
        'rate',
        planBody({
          instalments: undefined,
          terms: { principal: 1, monthlyRate: `0.${'1'.repeat(50_000)}`, count: 1, method: 'bullet', firstDueDate: '2026-05-25' },
        }),
        '/terms/monthlyRate',
      ],
      ['dueDate', row({ dueDate: long }), '/instalments/0/dueDate'],
      ['a key', planBody({ [long]: 1 })],
      ['30 February', row({ dueDate: '2027-02-30' }), '/instalments/0/dueDate'],
      ['a currency nobody has', planBody({ currency: 'ZZZ' }), '/currency'],
      ['a strategy nobody has', planBody({ strategy: 'no-such' }), '/strategy'],
    ]);
  });

  it('reads query strings by their schema: nothing unknown, repeated, nested or out of bounds', async () => {
    const wrong = [
      '?ref[$ne]=1',
      '?externalId[$regex]=.*',
      '?externalId[]=a',
      '?limit=-1',
      '?limit=0',
      '?limit=201',
      '?limit=1e9',
      '?limit=0x10',
      '?limit=',
      '?limit=1.0',
      '?nosuch=1',
      '?skip=1000000000',
      '?after=garbage',
    ];
    wrong.push(
      '?after=brw_01ARZ3NDEKTSV4RRFFQ69G5FAV',
      '?state=a&state=b',
      '?state=active&state=active',
      '?state=nonsense',
      '?expand=borrower',
      '?expand[]=secrets',
      '?expand[]=borrower&expand[]=borrower',
      '?expand[0]=borrower',
    );
    wrong.push(
      `?after=${plan}&before=${plan}`,
      '?createdFrom=yesterday',
      '?createdFrom=2026-02-30T00:00:00Z',
      `?externalId=${'a'.repeat(3000)}`,
      '?__proto__=1',
      '?constructor=1',
      '?toString=1',
      '?borrowerId=x',
      '?externalId=',
    );
    for (const query of wrong) {
      const answer = await lender.send('GET', `/v1/plans${query}`);
      isProblem(answer, query, 400);
      expect(answer.at('errors.0.pointer') ?? '', query).to.match(/^\/query/);
    }
    isProblem(await lender.send('POST', '/v1/plans?dryRun=1', planBody()), 'dryRun=1', 400);
    isProblem(await lender.send('GET', '/v1/events?after=-1'), 'feed', 400);
    isProblem(await lender.send('GET', '/v1/instalments'), 'planId is required', 400);
  });

  it('knows its addresses and methods, and no others', async () => {
    const raw = (method: string, path: string, headers: Record<string, string> = {}) =>
      new Promise<{ status: number; type: string; allow: string | undefined }>((resolve, reject) => {
        const call = request(
          { port: api.port, host: '127.0.0.1', method, path, headers: { authorization: `Bearer ${lender.key}`, ...headers } },
          (answer) => {
            answer.resume();
            resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '', allow: answer.headers.allow });
          },
        );
        call.on('error', reject);
        call.end();
      });
    for (const [method, path, status] of [
      ['GET', '/v1/nothing', 404],
      ['GET', '/V1/plans', 404],
      ['GET', '/v1/plans/', 404],
      ['GET', '/v1/plans/%2e%2e', 404],
      ['GET', '/v1/plans/..%2f..%2fetc', 404],
      ['GET', '/v1/plans/%00', 404],
      ['GET', '/v1/plans/%zz', 400],
      ['GET', '/v1/plans/pln_x', 404],
      ['GET', `/v1/plans/${plan.toLowerCase()}`, 404],
      ['TRACE', '/v1/plans', 405],
      ['TRACE', '/', 405],
      ['PUT', '/v1/plans', 405],
      ['DELETE', `/v1/plans/${plan}`, 405],
      ['OPTIONS', '/v1/plans', 405],
      ['GET', `/v1/plans?externalId=${'a'.repeat(9000)}`, 414],
      ['GET', '/docs/assets/package.json', 404],
      ['GET', '/docs/assets/..%2fpackage.json', 404],
    ] as const) {
      const answer = await raw(method, path);
      expect(answer.status, `${method} ${path.slice(0, 60)}`).to.equal(status);
      expect(answer.type, `${method} ${path.slice(0, 60)}`).to.match(/problem\+json/);
    }
    expect((await raw('PUT', '/v1/plans')).allow).to.equal('POST, GET, HEAD');
    expect((await raw('GET', `/${'a'.repeat(64 * 1024)}`)).status).to.equal(431);
    expect((await raw('HEAD', `/v1/plans/${plan}`)).status).to.equal(200);
  });

  it('closes on what is no HTTP, or two requests in one', async () => {
    const say = (text: string) =>
      new Promise<string>((resolve) => {
        let heard = '';
        const socket = connect(api.port, '127.0.0.1', () => socket.write(text));
        socket.on('data', (d) => {
          heard += d;
        });
        socket.on('close', () => resolve(heard));
      });
    const head = `POST /v1/plans HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${lender.key}\r\ncontent-type: application/json\r\n`;
    expect(await say('FOO BAR\r\n\r\n')).to.match(/^HTTP\/1.1 400 /);
    expect(await say('NOSUCH /v1/plans HTTP/1.1\r\nhost: x\r\n\r\n')).to.match(/^HTTP\/1.1 400 /);
    expect(await say(`${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n`))
      .to.match(/^HTTP\/1.1 400 /)
      .and.not.match(/HTTP\/1.1 [23]/);
  });

  it('echoes a request id it can log, makes its own otherwise, and believes no header about who calls', async () => {
    expect((await lender.send('GET', '/v1/plans', undefined, { 'x-request-id': 'order-7.b' })).headers.get('x-request-id')).to.equal(
      'order-7.b',
    );
    expect((await lender.send('GET', '/v1/plans', undefined, { 'x-request-id': 'a b"{}' })).headers.get('x-request-id')).to.match(/^req_/);
    expect((await api.open('GET', '/v1/plans', undefined, { 'x-forwarded-for': '127.0.0.1', 'x-lender': lender.id })).status).to.equal(401);
    const forged = await lender.send('POST', `/v1/plans/${plan}/holds`, { kind: 'staff' }, { 'x-actor': '%0d%0aforged' });
    isProblem(forged, 'line break in X-Actor', 400);
  });

  it('binds every repository to a lender, and throws before any query when there is none', () => {
    for (const none of [undefined, null, '', 'all', { $ne: null }]) {
      expect(() => bound(api.house.database.db, 'plans', none as string)).to.throw(TypeError);
      expect(() => api.house.world.store.of(none as string)).to.throw(TypeError);
    }
  });

  it('writes one log line a request, with ids and without a word of the body', async () => {
    const from = api.log.length;
    await lender.send(
      'POST',
      '/v1/plans',
      planBody({ borrower: { externalId: 'B-log', name: 'Canary Person', phone: '+8613800138000', language: 'zh' } }),
      { 'x-request-id': 'log-1' },
    );
    const lines = api.log.slice(from).filter((l) => l.includes('"log-1"'));
    expect(lines).to.have.length(1);
    expect(JSON.parse(lines[0] ?? '')).to.include({
      requestId: 'log-1',
      lenderId: lender.id,
      method: 'POST',
      path: '/v1/plans',
      status: 201,
      text: 'request',
    });
    expect(api.log.join('\n')).to.not.match(/Canary|13800138000|62220200/);
  });
});
