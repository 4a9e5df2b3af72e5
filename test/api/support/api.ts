/** The API on a real store and a free port, with two lenders whose data a test may point at. */
import { setTimeout as after } from 'node:timers/promises';
import { createApi } from '../../../src/api/app.ts';
import type { ApiDeps } from '../../../src/api/deps.ts';
import { ensureAdminKey } from '../../../src/api/keys.ts';
import { listen } from '../../../src/api/server.ts';
import { SCENARIOS, type ScenarioName } from '../../../src/channels/simulator/scenarios.ts';
import { advance } from '../../../src/flows/advance.ts';
import type { Log } from '../../../src/flows/world.ts';
import { createTickIndexes, plantTick, tickDesk } from '../../../src/tick-desk.ts';
import { layDiscrepancy } from '../../support/discrepancies.ts';
import { openTestHouse, type TestHouse } from '../../support/house.ts';
import { day } from '../../support/loan.ts';
import { layRefunds } from '../../support/refunds.ts';
import { layBatch } from '../../support/settling.ts';

/** `at('data.0.id')` walks the parsed body; a path that is not there is undefined. */
export type Answer = Readonly<{ status: number; text: string; json: unknown; headers: Headers; at<T = string>(path: string): T }>;
export type Row = Readonly<Record<string, unknown> & { id: string }>;
/** The rows of a list's answer. */
export const rows = (answer: Answer): readonly Row[] => answer.at<Row[]>('data');
const walk = (json: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((at, step) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[step] : undefined), json);
export type Send = (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
export type TestLender = Readonly<{ id: string; key: string; send: Send }>;

export const ADMIN_KEY = 'sk_test_admin_0123456789abcdef0123456789abcdef';
export const JOB = 'present-due';

let keys = 0;
/** A client: bodies that are text are sent as they are, others as JSON; each POST gets an Idempotency-Key of its own. */
export function client(url: string, key: string | null): Send {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'POST' ? { 'idempotency-key': `test-${keys++}` } : {}),
        ...headers,
      },
      body:
        body === undefined ? undefined : typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
      redirect: 'manual',
    });
    const text = await response.text();
    let json: unknown = null;
    try {
      json = JSON.parse(text);
    } catch {
      // A page, or nothing.
    }
    return { status: response.status, text, json, headers: response.headers, at: <T>(path: string) => walk(json, path) as T };
  };
}

export type TestApi = Readonly<{
  house: TestHouse;
  url: string;
  port: number;
  open: Send;
  admin: Send;
  log: readonly string[];
  lender(name: string): Promise<TestLender>;
  end(): Promise<void>;
}>;

/** Waits, in real time, for as long as the key cache may be wrong. */
export const cacheRunsOut = (): Promise<void> => after(600);

export async function openTestApi(change: (deps: ApiDeps) => ApiDeps = (deps) => deps): Promise<TestApi> {
  const lines: string[] = [];
  const keep = (facts: unknown, text: string): void => void lines.push(JSON.stringify({ ...(facts as object), text }));
  const log: Log = { info: keep, warn: keep, error: keep };
  const house = await openTestHouse({ log });
  const { world, database, bank } = house;
  await createTickIndexes(database.db);
  await plantTick(database.db, JOB, '* * * * *', 'UTC');
  await ensureAdminKey(world.store, world.ids, world.clock, 'test', ADMIN_KEY);
  const deps: ApiDeps = {
    world,
    mode: 'test',
    jobs: tickDesk(database.db),
    test: {
      advance: (to) => advance(house.advance!, to, true),
      refresh: house.refresh,
      scenarios: SCENARIOS,
      play: (name, target) => bank!.runScenario(name as ScenarioName, target),
    },
    health: { started: () => true, ready: async () => [{ name: 'database', ok: true, says: 'the primary answers' }] },
  };
  const listening = await listen(createApi(change(deps)), 0, '127.0.0.1');
  const url = `http://127.0.0.1:${listening.port}`;
  const admin = client(url, ADMIN_KEY);
  return {
    house,
    url,
    port: listening.port,
    open: client(url, null),
    admin,
    log: lines,
    async lender(name) {
      const lender = await admin('POST', '/v1/lenders', { name, timeZone: 'Asia/Shanghai', currency: 'CNY' });
      const key = await admin('POST', '/v1/api-keys', { lenderId: lender.at('id'), scopes: ['lender'] });
      if (key.status !== 201) throw new Error(`no key: ${lender.text} ${key.text}`);
      return { id: lender.at('id'), key: key.at('key'), send: client(url, key.at('key')) };
    },
    async end() {
      listening.server.closeAllConnections();
      await listening.close();
      await house.end();
    },
  };
}

let accounts = 0;
/** A plan body due after the test house's start; the account pays, by its last digits. */
export const planBody = (change: Readonly<Record<string, unknown>> = {}, lastFour = '0019') => {
  const n = accounts++;
  return {
    externalId: `L-${n}`,
    currency: 'CNY',
    strategy: 'standard',
    borrower: { externalId: `B-${n}`, name: '张三', phone: '+8613800138000', language: 'zh' },
    mandate: { rail: 'simulator', account: `62220200${String(n).padStart(7, '0')}${lastFour}`, perDebitCap: 500000 },
    instalments: [
      { dueDate: '2026-01-25', principal: 92016, interest: 18000 },
      { dueDate: '2026-02-25', principal: 93396, interest: 16620 },
    ],
    ...change,
  };
};

export type Laid = Readonly<{
  lender: TestLender;
  pln: string;
  brw: string;
  mnd: string;
  ins: string;
  att: string;
  ntc: string;
  hld: string;
  dis: string;
  rfd: string;
  rfdSent: string;
  stm: string;
  stl: string;
  stlFailed: string;
  stlSent: string;
  payoutNo: string;
}>;

/** Lenders with one plan each that has lived until 26 January 2026: a notice, an attempt, a hold. To be laid before the clock has moved. */
export async function layAll(api: TestApi, lenders: readonly TestLender[], lastFour = '0019'): Promise<readonly Laid[]> {
  const plans: Answer[] = [];
  for (const { send } of lenders) plans.push(await send('POST', '/v1/plans', planBody({}, lastFour)));
  await api.admin('POST', '/v1/test/clock/advance', { to: '2026-01-26T04:00:00Z' });
  // One after the other: all of them write to one partition.
  const laid: Laid[] = [];
  for (const [i, plan] of plans.entries()) laid.push(await gather(api, lenders[i] as TestLender, plan, lastFour));
  return laid;
}

export async function lay(api: TestApi, lender: TestLender, lastFour = '0019'): Promise<Laid> {
  const [laid] = await layAll(api, [lender], lastFour);
  return laid as Laid;
}

async function gather(api: TestApi, lender: TestLender, plan: Answer, lastFour: string): Promise<Laid> {
  const sent = await layBatch(api.house, lender, { state: 'transferring' });
  if (plan.status !== 201) throw new Error(plan.text);
  const { send } = lender;
  const pln = plan.at('id');
  const first = async (path: string): Promise<string> => rows(await send('GET', path))[0]?.id ?? '';
  const hold = await send('POST', `/v1/plans/${pln}/holds`, { kind: 'complaint', until: null });
  if (hold.status !== 201) throw new Error(`${hold.text} ${api.log.filter((l) => l.includes(hold.at('requestId'))).join(' ')}`);
  const att = await first(`/v1/attempts?planId=${pln}`);
  const refunds =
    lastFour === '0019' && att ? await layRefunds(api.house, (await api.house.world.store.admin.lenders.get(lender.id))!, att) : null;
  return {
    lender,
    pln,
    rfd: refunds?.waiting.id ?? '',
    rfdSent: refunds?.sent.id ?? '',
    brw: plan.at('borrowerId'),
    mnd: plan.at('mandateIds.0'),
    ins: plan.at('instalments.0.id'),
    att,
    ntc: await first(`/v1/notices?planId=${pln}`),
    hld: hold.at('id'),
    stl: (await layBatch(api.house, lender, {})).id,
    stlFailed: (await layBatch(api.house, lender, { state: 'failed' })).id,
    stlSent: sent.id,
    payoutNo: sent.transfers[0]?.payoutNo ?? '',
    stm: (await api.house.world.store.statements.list({ state: 'accepted' }, { limit: 1 })).data[0]?.id ?? '',
    dis: (await layDiscrepancy(api.house.world, lender.id, -100, { businessDate: day('2026-01-24') })).id,
  };
}
