/** The discrepancy desk on the wire: a lender reads its own; staff read one lender's or the whole house's, and act. */
import Joi from 'joi';
import { ADJUSTMENT_ACCOUNTS } from '../../domain/desk.ts';
import { DISCREPANCY, DISCREPANCY_KINDS, type Discrepancy, isSettled } from '../../domain/discrepancy.ts';
import { assign, note, query } from '../../flows/discrepancies.ts';
import { field } from '../../flows/input.ts';
import { approve, type Proposed, propose, reject } from '../../flows/money-acts.ts';
import { rerun } from '../../flows/reconcile.ts';
import { discrepancyShape, MONEY_ACTS } from '../discrepancy-shapes.ts';
import { daysBefore, discrepancyView } from '../discrepancy-views.ts';
import { problem } from '../errors.ts';
import { daySpan, type Expand, equal, expandable, type ListQuery, listQuery, pageOf, range } from '../query.ts';
import { type Call, found, id, NO_BODY, READS, type Reply, route, STAFF_WRITES } from '../route.ts';
import { listOf } from '../shape.ts';
import { eventView } from '../views.ts';

const tag = 'Discrepancies';
const who = { 'x-actor': 'li.na', 'x-reason': 'letter of the bank, 6 January' };
const STATES = Object.keys(DISCREPANCY.table) as Discrepancy['state'][];
const UNSETTLED = STATES.filter((state) => !isSettled(state));

type Acting<B> = Call<unknown, B, Discrepancy>;

/** One lender's discrepancy, or anybody's for a key of the house that names no lender. */
const find = ({ world, lender, params }: Call<unknown, undefined, undefined>): Promise<Discrepancy> => {
  const wanted = params.id ?? '';
  return found('discrepancy', wanted, lender ? world.store.of(lender.id).discrepancies.get(wanted) : world.store.discrepancies.get(wanted));
};

const answer = (world: Acting<unknown>['world'], d: Discrepancy, more: object | null = null): Reply => ({
  body: { ...discrepancyView(d, world.clock.now()), ...more },
  headers: { etag: `"${d.version}"` },
});

/** Every act is on the discrepancy as it was read: by this call, or by the one whose ETag comes back in If-Match. */
function assertSeen({ ifMatch, subject }: Acting<unknown>): void {
  if (ifMatch !== null && ifMatch !== String(subject.version))
    throw problem('VERSION_CHANGED', `discrepancy ${subject.id} has changed since that ETag: read it again`);
}

type ActSpec<B> = Readonly<{
  id: string;
  path: string;
  summary: string;
  says?: string;
  body?: Joi.ObjectSchema;
  first?: string;
  example?: unknown;
  refuses?: readonly string[];
  act: (call: Acting<B>) => Promise<Discrepancy>;
}>;

const act = <B>(spec: ActSpec<B>) =>
  route<unknown, B, Discrepancy>({
    id: spec.id,
    method: 'post',
    path: `/v1/discrepancies/{id}/${spec.path}`,
    tag,
    summary: spec.summary,
    ...(spec.says ? { says: spec.says } : {}),
    scopes: STAFF_WRITES,
    tenancy: 'either',
    ids: id('dis', 'discrepancy'),
    money: true,
    find,
    ...(spec.body ? { body: spec.body } : NO_BODY),
    reply: { status: 200, shape: discrepancyShape, says: 'The discrepancy after it.' },
    refuses: ['VERSION_CHANGED', 'CHANGED_MEANWHILE', 'DISCREPANCY_SETTLED', ...(spec.refuses ?? [])],
    example: {
      ...(spec.first ? { first: spec.first } : {}),
      params: { id: '{dis}' },
      ...(spec.example ? { body: spec.example } : {}),
      headers: who,
    },
    async handle(call) {
      assertSeen(call);
      return answer(call.world, await spec.act(call));
    },
  });

type DeskQuery = ListQuery & Expand & Readonly<{ unsettled?: boolean; olderThanDays?: number }>;

export const DISCREPANCIES = [
  route<DeskQuery>({
    id: 'listDiscrepancies',
    method: 'get',
    path: '/v1/discrepancies',
    tag,
    summary: 'Lists what does not agree, or what nobody could resolve',
    says: 'A lender’s key sees its own. A key of the house sees the lender that X-Lender names, else everybody’s and what belongs to no lender.',
    scopes: READS,
    tenancy: 'either',
    money: false,
    query: listQuery('dis', {
      planId: field.id('pln'),
      attemptId: field.id('att'),
      state: Joi.string().valid(...STATES),
      unsettled: Joi.boolean().description('true: those that still wait for an explanation'),
      kind: Joi.string().valid(...DISCREPANCY_KINDS),
      cause: Joi.string().max(40),
      owner: Joi.string().max(200),
      channel: Joi.string().max(40),
      outTradeNo: Joi.string().max(64),
      olderThanDays: field.count(0, 10_000),
      ...daySpan('businessDate', 'of a file'),
    }).oxor('state', 'unsettled'),
    reply: { status: 200, shape: listOf(discrepancyShape), says: 'One page of discrepancies.' },
    example: { query: 'unsettled=true&limit=10' },
    async handle({ world, lender, query }) {
      const now = world.clock.now();
      const where = {
        ...equal(query, ['planId', 'attemptId', 'state', 'kind', 'cause', 'owner', 'channel', 'outTradeNo']),
        ...(query.unsettled === undefined ? {} : { state: query.unsettled ? UNSETTLED : STATES.filter(isSettled) }),
        ...(query.olderThanDays === undefined ? {} : { openedAt: { to: daysBefore(now, query.olderThanDays) } }),
        ...range(query, 'businessDate', 'businessDate', 'day'),
      };
      const from = lender ? world.store.of(lender.id).discrepancies : world.store.discrepancies;
      const { data, hasMore } = await from.list(where, pageOf(query));
      return { body: { data: data.map((d) => discrepancyView(d, now)), hasMore } };
    },
  }),
  route<Expand, undefined, Discrepancy>({
    id: 'getDiscrepancy',
    method: 'get',
    path: '/v1/discrepancies/{id}',
    tag,
    summary: 'Reads one discrepancy; its events are everything anybody did about it',
    scopes: READS,
    tenancy: 'either',
    ids: id('dis', 'discrepancy'),
    money: false,
    query: Joi.object(expandable('events')),
    find,
    reply: { status: 200, shape: discrepancyShape, says: 'The discrepancy.' },
    example: { params: { id: '{dis}' }, query: 'expand[]=events' },
    async handle({ world, subject, query }) {
      const events = query.expand.includes('events') ? await world.store.discrepancies.eventsOf([subject.id]) : null;
      return answer(world, subject, events && { events: events.map(eventView) });
    },
  }),
  act<Readonly<{ owner: string | null }>>({
    id: 'assignDiscrepancy',
    path: 'assign',
    summary: 'Says whose it is',
    body: Joi.object({ owner: field.name().allow(null).required() }),
    example: { owner: 'li.na' },
    act: ({ world, subject, body, actor }) => assign(world, subject, body.owner, actor),
  }),
  act<Readonly<{ text: string }>>({
    id: 'noteDiscrepancy',
    path: 'note',
    summary: 'Adds a note, also after it was settled',
    says: 'The lender reads it too: nothing about the borrower belongs in it.',
    body: Joi.object({ text: field.note().required() }),
    example: { text: 'the bank answers by Friday' },
    act: ({ world, subject, body, actor }) => note(world, subject, body.text, actor),
  }),
  act({
    id: 'queryDiscrepancy',
    path: 'query',
    summary: 'Asks the channel what it knows of the number',
    refuses: ['ACT_NOT_POSSIBLE'],
    act: ({ world, subject, actor }) => query(world, subject, actor),
  }),
  act<Readonly<{ act: Proposed['act']; account: string | null }>>({
    id: 'proposeAct',
    path: 'propose',
    summary: 'Proposes an act that moves money: accept, adjust, refund or writeOff',
    says: 'Nothing moves until the holder of another key approves. `accept`: the file is right, and the attempt becomes what it says; where no attempt differs, a shortage was a fee taken inside and a surplus is the lender’s. `adjust`: to `account`. `refund`: a surplus goes back through the channel. `writeOff`: the house bears a shortage.',
    body: Joi.object({
      act: Joi.string()
        .valid(...MONEY_ACTS)
        .required(),
      account: Joi.string()
        .valid(...ADJUSTMENT_ACCOUNTS)
        .allow(null)
        .default(null),
    }),
    example: { act: 'adjust', account: '6421' },
    refuses: ['ACT_NOT_POSSIBLE', 'PROPOSED_ALREADY', 'SECOND_KEY_REQUIRED'],
    act: ({ world, subject, body, actor }) =>
      propose(world, subject, { act: body.act, facts: body.act === 'adjust' ? { account: body.account } : {} }, actor),
  }),
  act({
    id: 'approveAct',
    path: 'approve',
    summary: 'Does what was proposed, under another key',
    says: 'Where an attempt has to change first, or money to go back, it stays in suspense until that is done.',
    first: 'proposeAct',
    refuses: ['ACT_NOT_POSSIBLE', 'NOTHING_PROPOSED', 'SECOND_KEY_REQUIRED', 'ILLEGAL_TRANSITION'],
    act: ({ world, subject, actor }) => approve(world, subject, actor),
  }),
  act({
    id: 'rejectAct',
    path: 'reject',
    summary: 'Takes what was proposed off the table, under another key',
    first: 'proposeAct',
    refuses: ['NOTHING_PROPOSED', 'SECOND_KEY_REQUIRED'],
    act: ({ world, subject, actor }) => reject(world, subject, actor),
  }),
  act({
    id: 'rerunDiscrepancy',
    path: 'rerun',
    summary: 'Compares its day again and looks at it anew',
    refuses: ['NO_STATEMENT', 'ACT_NOT_POSSIBLE'],
    act: ({ world, subject, actor }) => rerun(world, subject, actor),
  }),
];
