/**
 * Draws the handbook's tables from the tables in code: `npm run docs`. A page is prose written by hand with blocks between
 * `<!-- drawn: name -->` and `<!-- end -->`; only the blocks are written here. test/house/docs.test.ts fails where one is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadRulePacks } from '../../config/rules.ts';
import { loadStrategies } from '../../config/strategies.ts';
import { apiTable } from '../../src/api/docs-table.ts';
import { ROUTES } from '../../src/api/routes.ts';
import { MAGIC, SCENARIOS } from '../../src/channels/simulator/index.ts';
import { INVARIANTS } from '../../src/check/invariants.ts';
import { ACCOUNTS } from '../../src/domain/ledger.ts';
import type { Machine } from '../../src/domain/machine.ts';
import { MACHINES } from '../../src/domain/machines.ts';
import type { CountLimit, RulePack } from '../../src/domain/rule-pack.ts';
import type { Strategy } from '../../src/domain/strategy.ts';
import { MAGIC_NUMBERS } from '../../src/sms/simulator/index.ts';
import { INDEXES, type Index } from '../../src/store/collections.ts';
import { ROOT } from '../house/tree.ts';
import { MEANS, POSTINGS, SETTINGS } from './docs-words.ts';

const cell = (value: unknown): string => String(value).replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (head: readonly string[], rows: readonly (readonly unknown[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
const code = (text: string): string => `\`${text}\``;

function drawMachine({ name, initial, table: moves }: Machine<string, string>): string {
  const states = Object.keys(moves);
  const ends = states.filter((s) => Object.keys(moves[s] ?? {}).length === 0);
  const lines = [
    'stateDiagram-v2',
    ...initial.map((s) => `    [*] --> ${s}`),
    ...states.flatMap((s) => Object.entries(moves[s] ?? {}).map(([event, to]) => `    ${s} --> ${to}: ${event}`)),
    ...ends.map((s) => `    ${s} --> [*]`),
  ];
  const means = states.map((s) => [code(s), meaningOf(name, s)]);
  return `## ${name}\n\n\`\`\`mermaid\n${lines.join('\n')}\n\`\`\`\n\n${table(['State', 'Meaning'], means)}`;
}

function meaningOf(machine: string, state: string): string {
  const meaning = MEANS[machine]?.[state];
  if (!meaning) throw new Error(`test/support/docs-words.ts says nothing of the state ${machine}.${state}: write what it means`);
  return meaning;
}

/** A value as the strategy files write it. */
const inWords = (value: unknown): string => {
  if (value === null) return 'off';
  if (Array.isArray(value)) return value.map(inWords).join(', ') || 'none';
  if (typeof value === 'object')
    return Object.values(value as object)
      .map(inWords)
      .join(' · ');
  return String(value);
};

/** Every parameter by its path; a value that is no plain object is a leaf. */
const leaves = (value: object, path = ''): [string, unknown][] =>
  Object.entries(value).flatMap(([key, v]): [string, unknown][] =>
    v !== null && typeof v === 'object' && !Array.isArray(v) ? leaves(v, `${path}${key}.`) : [[`${path}${key}`, v]],
  );

const HEADING = ['name', 'title'];

function drawStrategies(strategies: readonly Strategy[]): string {
  const columns = strategies.map((s) => new Map(leaves(s)));
  const paths = [...new Set(columns.flatMap((c) => [...c.keys()]))].filter((p) => !HEADING.includes(p));
  const told = (path: string): string => {
    const meaning = SETTINGS[path];
    if (!meaning) throw new Error(`test/support/docs-words.ts says nothing of the parameter ${path}: write what it means`);
    return meaning;
  };
  // A part that one strategy switches off is null there and a group of parameters elsewhere.
  const shown = paths.filter((p) => !paths.some((q) => q.startsWith(`${p}.`)));
  const at = (c: ReadonlyMap<string, unknown>, path: string) => (c.has(path) ? inWords(c.get(path)) : 'off');
  return table(
    ['Parameter', 'Meaning', ...strategies.map((s) => s.name)],
    shown.map((p) => [code(p), told(p), ...columns.map((c) => at(c, p))]),
  );
}

const limitInWords = (l: CountLimit): string => {
  const within = l.withinDays === null ? '' : l.withinDays === 'calendarMonth' ? ' a calendar month' : ` in ${l.withinDays} days`;
  const classes = l.classes === 'any' ? '' : ` (${l.classes.join(', ')})`;
  return `${code(l.code)}: ${l.max} ${l.counts}${classes} per ${l.per}${within}${l.resetByNewMandate ? '; a new mandate starts the count anew' : ''} [${l.source}]`;
};

function drawPack(p: RulePack): string {
  const { notice } = p;
  const rows: (readonly [string, string])[] = [
    ['Rail · country · lenders', `${p.rail} · ${p.country} · ${p.lenderTypes.join(', ') || 'all'}`],
    ['Version · valid from', `${p.version} · ${p.validFrom}`],
    ['Currencies', p.currencies.join(', ') || 'any'],
    [
      'Notice',
      notice
        ? `${notice.days ? `${notice.days} ${notice.unit} days` : `${notice.hours} hours`} before${notice.amountBinds ? '; never more than was announced' : ''}${notice.validDays === null ? '' : `; holds for ${notice.validDays} days`} [${notice.source}]`
        : 'none required',
    ],
    ['Windows', `${p.windows.map((w) => `${w.from}-${w.to}`).join(', ') || 'all day'} (${p.zone ?? "lender's zone"})`],
    ['Days', `${p.businessDaysOnly ? 'business days' : 'all days'}, calendar ${p.calendar}`],
    ['Early · late', `${p.earlyDays} days before · ${p.lateDays === null ? 'no end' : `${p.lateDays} days after`}`],
    ['Step-down', `${p.stepDown}${p.sameAmount ? '; a refused cycle asks for the same amount again' : ''} [${p.stepDownSource}]`],
    [
      'Asked again',
      `${p.representDays === null ? 'no end of days' : `within ${p.representDays} days of the first attempt`}; at least ${p.minGapHours} hours apart; never after ${p.neverAfter.join(', ') || '-'}`,
    ],
    [
      'Success',
      `${p.oneSuccessPerCycle ? 'one success ends the cycle' : 'several successes may serve a cycle'}; ${p.split ? 'may be split' : 'never split'}`,
    ],
    ['Largest debit', p.perDebitMax === null ? 'no limit of the rail' : `${p.perDebitMax} minor units`],
    ['Penalty and fees', p.penaltyAllowed ? 'may be debited' : 'principal and interest only'],
    ['Limits', p.limits.map(limitInWords).join('<br>') || 'none'],
    ['Sources', p.sources.join('<br>')],
    ['Examples run by the tests', String(p.examples.length)],
  ];
  return `### ${p.name}: ${p.title}\n\n${table(['', ''], rows)}`;
}

function drawIndexes(): string {
  const one = ({ collection, name, keys, options, guard, why }: Index): string[] => {
    const kinds = [options?.unique && 'unique', options?.partialFilterExpression && 'partial', options?.expireAfterSeconds && 'expires'];
    const key = Object.entries(keys).map(([k, way]) => (way < 0 ? `${k} ↓` : k));
    return [code(collection), code(name), key.join(', '), kinds.filter(Boolean).join(', '), guard ? 'guard' : '', why];
  };
  return table(['Collection', 'Index', 'Keys', 'Kind', 'Guard', 'Why'], INDEXES.map(one));
}

/** Every block by page and name. */
export const BLOCKS: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'docs/states.md': { machines: () => MACHINES.map(drawMachine).join('\n\n') },
  'docs/invariants.md': {
    invariants: () =>
      table(
        ['', 'What must hold', 'How it is looked at'],
        INVARIANTS.map((i) => [i.id, i.title, i.how]),
      ),
  },
  'docs/test-mode.md': {
    accounts: () =>
      table(
        ['Last four', 'The account …'],
        MAGIC.map((m) => [code(m.last4), m.title]),
      ),
    scenarios: () =>
      table(
        ['Scenario', 'Names', 'Does'],
        SCENARIOS.map((s) => [code(s.name), s.needs, s.does]),
      ),
    numbers: () =>
      table(
        ['Last four', 'A message to the number …'],
        MAGIC_NUMBERS.map((m) => [code(m.last4), m.title]),
      ),
  },
  'docs/rule-packs.md': { packs: () => loadRulePacks().all.map(drawPack).join('\n\n') },
  'docs/strategies.md': { strategies: () => drawStrategies([...loadStrategies().values()]) },
  'docs/ledger.md': {
    accounts: () =>
      table(
        ['Number', 'Account', '科目'],
        Object.entries(ACCOUNTS).map(([n, { en, zh }]) => [n, en, zh]),
      ),
    postings: () =>
      table(
        ['Event', 'Posts'],
        POSTINGS.map(([event, posts]) => [event, posts]),
      ),
  },
  'docs/data.md': { indexes: drawIndexes },
  'docs/api.md': { routes: () => apiTable(ROUTES) },
};

/** A page's text with its blocks drawn anew. Throws where the page lacks a block's markers. */
export const redraw = (page: string, text: string): string =>
  Object.entries(BLOCKS[page] ?? {}).reduce((sum, [name, draw]) => {
    const [start, end] = [`<!-- drawn: ${name} -->`, '<!-- end -->'];
    const from = sum.indexOf(start);
    const to = sum.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`${page} has no block ${start} … ${end}: add the two lines`);
    return `${sum.slice(0, from + start.length)}\n${draw()}\n${sum.slice(to)}`;
  }, text);

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  for (const page of Object.keys(BLOCKS)) {
    const path = join(ROOT, page);
    writeFileSync(path, redraw(page, readFileSync(path, 'utf8')));
  }
