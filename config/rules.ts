/** The rule packs of config/rules/*.yaml: read and checked at start, chosen by rail, country, kind of lender and day. */
import { fileURLToPath } from 'node:url';
import Joi from 'joi';
import { type BusinessDate, isBusinessDate, isZone } from '../src/domain/clock.ts';
import { DulyError } from '../src/domain/errors.ts';
import { FAILURES } from '../src/domain/failures.ts';
import { GATE_CODES } from '../src/domain/gate/rules.ts';
import type { RulePack } from '../src/domain/rule-pack.ts';
import { checkYaml, yamlFiles } from './yaml-file.ts';

const FOLDER = fileURLToPath(new URL('rules/', import.meta.url));

const test =
  (good: (text: string) => boolean, cure: string): Joi.CustomValidator<string> =>
  (text, helpers) =>
    good(text) ? text : helpers.message({ custom: cure });

const text = Joi.string().max(300);
const code = text.pattern(/^[a-z][A-Za-z0-9]*$/);
const whole = Joi.number().integer().min(0);
const days = whole.max(3650);
const failure = Joi.string().valid(...Object.keys(FAILURES));
const TIME = /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/;
const time = Joi.string().pattern(TIME, 'HH:mm');

/** A stretch of a day in local time; the end lies outside it. One over midnight is written as two. */
export const span = Joi.object({ from: time.required(), to: time.required() }).custom((value, helpers) =>
  value.from < value.to
    ? value
    : helpers.message({ custom: `must end after it begins, not ${value.from}-${value.to}; write a stretch over midnight as two` }),
);
export const zone = Joi.string().custom(test(isZone, 'must be a time zone such as Asia/Shanghai'));
export const localTime = time;

const limit = Joi.object({
  code: code.custom(test((c) => !GATE_CODES.has(c), 'is the name of a rule of the gate; choose another')).required(),
  per: Joi.string().valid('cycle', 'instalment', 'plan', 'mandate', 'account').required(),
  counts: Joi.string().valid('attempts', 'failures', 'consecutiveFailures', 'successes').required(),
  classes: Joi.alternatives(Joi.string().valid('any'), Joi.array().items(failure).min(1)).default('any'),
  max: whole.required(),
  withinDays: Joi.alternatives(whole.min(1), Joi.string().valid('calendarMonth')).allow(null).required(),
  resetByNewMandate: Joi.boolean().default(false),
  source: text.required(),
});

const notice = Joi.object({
  days: days.required(),
  hours: whole.max(720).required(),
  unit: Joi.string().valid('calendar', 'business').required(),
  amountBinds: Joi.boolean().required(),
  validDays: days.allow(null).default(null),
  source: text.required(),
});

const pack = Joi.object<RulePack>({
  name: text.pattern(/^[a-z][a-z0-9-]*$/).required(),
  version: text.required(),
  title: text.required(),
  rail: text.required(),
  country: Joi.string()
    .pattern(/^([A-Z]{2}|\*)$/, 'two letters or *')
    .required(),
  lenderTypes: Joi.array().items(text).required(),
  currencies: Joi.array()
    .items(Joi.string().pattern(/^[A-Z]{3}$/))
    .required(),
  validFrom: Joi.string().custom(test(isBusinessDate, 'must be a day such as 2026-03-31')).required(),
  sources: Joi.array().items(text).min(1).required(),
  notice: notice.allow(null).required(),
  zone: zone.allow(null).default(null),
  windows: Joi.array().items(span).required(),
  windowSource: text.allow(null).default(null),
  businessDaysOnly: Joi.boolean().required(),
  calendar: text.required(),
  earlyDays: days.required(),
  lateDays: days.allow(null).required(),
  stepDown: Joi.string().valid('forbidden', 'closesCycle', 'allowed').required(),
  stepDownSource: text.required(),
  sameAmount: Joi.boolean().default(false),
  representDays: days.allow(null).default(null),
  split: Joi.boolean().required(),
  oneSuccessPerCycle: Joi.boolean().required(),
  perDebitMax: whole.allow(null).required(),
  minGapHours: whole.max(720).required(),
  limits: Joi.array().items(limit).unique('code').default([]),
  neverAfter: Joi.array().items(failure).required(),
  penaltyAllowed: Joi.boolean().required(),
  examples: Joi.array()
    .items(Joi.object({ name: text.required(), given: Joi.object().required(), expect: text.required() }))
    .min(3)
    .required(),
}).custom((value, helpers) =>
  value.split && (value.oneSuccessPerCycle || value.stepDown === 'closesCycle')
    ? helpers.message({ custom: 'split: true and one success a cycle exclude each other; set split: false' })
    : value,
);

/** One pack from its file's text; throws InvalidInput that names file, path and cure. */
export const readRulePack = (file: string, yaml: string): RulePack => checkYaml(file, yaml, pack);

export type RulePacks = Readonly<{
  all: readonly RulePack[];
  packFor(where: Readonly<{ rail: string; country?: string | null; lenderType?: string | null; on: BusinessDate }>): RulePack;
  byName(name: string, version: string): RulePack | undefined;
}>;

/**
 * Chooses among packs. Of those for the rail that are in force: first one written for this kind of lender, then one for this country, then
 * the newest. None: the strictest default. A kind of lender that no pack names falls to the packs for all.
 */
export function rulePacks(all: readonly RulePack[]): RulePacks {
  const names = new Map<string, RulePack>();
  for (const p of all) {
    const key = `${p.name}@${p.version}`;
    if (names.has(key)) throw new DulyError('RULE_PACK_TWICE', `two rule packs are named ${key}: give one another version`, { key });
    names.set(key, p);
  }
  const fallback = (on: BusinessDate) => newest(all.filter((p) => p.rail === '*' && p.validFrom <= on));
  const newest = (list: readonly RulePack[]): RulePack | undefined => [...list].sort((a, b) => (a.validFrom < b.validFrom ? 1 : -1))[0];
  return {
    all,
    packFor({ rail, country = null, lenderType = null, on }) {
      const fits = all.filter(
        (p) =>
          p.rail === rail &&
          p.validFrom <= on &&
          (p.country === '*' || country === null || p.country === country) &&
          (p.lenderTypes.length === 0 || (lenderType !== null && p.lenderTypes.includes(lenderType))),
      );
      const score = (p: RulePack) => (p.lenderTypes.length > 0 ? 2 : 0) + (p.country === '*' ? 0 : 1);
      const best = Math.max(...fits.map(score));
      const chosen = newest(fits.filter((p) => score(p) === best)) ?? fallback(on);
      if (!chosen)
        throw new DulyError('NO_RULE_PACK', `no rule pack for ${rail} on ${on}, and no strictest default: add one to config/rules`, {
          rail,
          on,
        });
      return chosen;
    },
    byName: (name, version) => names.get(`${name}@${version}`),
  };
}

/** Every pack of config/rules. */
export const loadRulePacks = (folder = FOLDER): RulePacks => rulePacks(yamlFiles(folder).map(([file, yaml]) => readRulePack(file, yaml)));
