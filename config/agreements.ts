/** Agreements on money of config/agreements/*.yaml: who shares in what is collected, when and how it is paid. Read and checked at start. */
import { fileURLToPath } from 'node:url';
import Joi from 'joi';
import { isBusinessDate } from '../src/domain/clock.ts';
import { DulyError } from '../src/domain/errors.ts';
import { COMPONENTS } from '../src/domain/plan.ts';
import type { Agreement } from '../src/domain/settlement.ts';
import { localTime } from './rules.ts';
import { checkYaml, yamlFiles } from './yaml-file.ts';

const FOLDER = fileURLToPath(new URL('agreements/', import.meta.url));

const text = Joi.string().max(200);
const name = text.pattern(/^[a-z][a-z0-9-]*$/, 'small letters, digits and hyphens');
const whole = Joi.number().integer().min(0);
const fraction = Joi.string().pattern(/^0(\.\d{1,8})?$/, 'a decimal below 1 in quotes');
const day = Joi.string().custom((value, helpers) =>
  isBusinessDate(value) ? value : helpers.message({ custom: 'must be a day as "YYYY-MM-DD"' }),
);

const share = Joi.object({
  party: Joi.string().valid('funder', 'guarantor', 'servicer').required(),
  of: Joi.array()
    .items(Joi.string().valid(...COMPONENTS))
    .unique()
    .required(),
  share: fraction.required(),
  fixed: whole.required(),
  min: whole.required(),
});

/** What no single field shows. Each names what to change. */
function together(a: Agreement, helpers: Joi.CustomHelpers): unknown {
  const weekly = a.cycle.every === 'week';
  const fault =
    weekly && a.cycle.weekday === null
      ? 'cycle.weekday: a weekly cycle ends on a day: give 1 (Monday) to 7 (Sunday)'
      : !weekly && a.cycle.weekday !== null
        ? 'cycle.weekday: a daily cycle has none: say null'
        : a.mode === 'passThrough' && a.shares.length
          ? 'shares: in passThrough mode the money never passes our hands: say []'
          : a.mode === 'passThrough' && a.channelFee !== 'lender'
            ? 'channelFee: in passThrough mode the channel has taken it from what it paid the lender: say lender'
            : a.mode === 'passThrough' && a.holdBack.share !== '0'
              ? 'holdBack.share: in passThrough mode there is nothing to keep back: say "0"'
              : a.mode !== 'settleFirst' && a.coverage !== '0'
                ? 'coverage: only settleFirst mode advances money: say "0"'
                : null;
  return fault ? helpers.message({ custom: fault }) : a;
}

const agreement = Joi.object<Agreement>({
  name: name.required(),
  title: text.required(),
  lenders: Joi.array().items(text).min(1).unique().required(),
  validFrom: day.required(),
  shares: Joi.array().items(share).max(20).required(),
  channelFee: Joi.string().valid('lender', 'servicer').required(),
  mode: Joi.string().valid('afterReconciliation', 'settleFirst', 'passThrough').required(),
  cycle: Joi.object({
    every: Joi.string().valid('day', 'week').required(),
    weekday: whole.min(1).max(7).allow(null).required(),
    plusDays: whole.max(30).required(),
    calendar: text.required(),
    at: localTime.required(),
  }).required(),
  minimumMinor: whole.required(),
  holdBack: Joi.object({ share: fraction.required(), days: whole.max(365).required() }).required(),
  coverage: Joi.string()
    .pattern(/^(0(\.\d{1,8})?|1)$/, 'a decimal from 0 to 1 in quotes')
    .required(),
  payout: name.required(),
}).custom(together);
const file = Joi.array().items(agreement).min(1);

/** The agreements of one file, oldest first; throws InvalidInput that names file, path and cure. */
export const readAgreements = (path: string, yaml: string): readonly Agreement[] => checkYaml(path, yaml, file);

/** What an agreement may name of the rest of the house. */
type Known = Readonly<{ calendars: ReadonlyMap<string, unknown>; payouts: ReadonlySet<string> }>;

/** Every agreement of config/agreements. Two of one name and day, or one that names no calendar or payer of the house, stop the start. */
export function loadAgreements({ calendars, payouts }: Known, folder = FOLDER): readonly Agreement[] {
  const all: Agreement[] = [];
  for (const [path, yaml] of yamlFiles(folder))
    for (const [at, one] of readAgreements(path, yaml).entries()) {
      const refuse = (field: string, says: string) =>
        new DulyError('BAD_AGREEMENT', `${path}: [${at}].${field} ${says}`, { name: one.name, field });
      if (all.some((a) => a.name === one.name && a.validFrom === one.validFrom))
        throw refuse('name', `${one.name} of ${one.validFrom} is there already: rename one, or date it later`);
      const rival = all.find((a) => a.name !== one.name && a.validFrom === one.validFrom && a.lenders.some((l) => one.lenders.includes(l)));
      if (rival) throw refuse('lenders', `names a lender whom ${rival.name} names from the same day: take it out of one`);
      if (!calendars.has(one.cycle.calendar))
        throw refuse('cycle.calendar', `is no calendar: take one of ${[...calendars.keys()].join(', ')}`);
      if (!payouts.has(one.payout)) throw refuse('payout', `is no way to pay: take one of ${[...payouts].join(', ')}`);
      all.push(one);
    }
  return all;
}
