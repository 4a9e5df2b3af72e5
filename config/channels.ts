/** Channel profiles of config/channels/*.yaml: what each contract with a provider can do, read and checked at start. */
import { fileURLToPath } from 'node:url';
import Joi from 'joi';
import type { ChannelProfile } from '../src/domain/channel-profile.ts';
import { DulyError } from '../src/domain/errors.ts';
import { faultOfGrammar } from '../src/domain/order-number.ts';
import { localTime, span, zone } from './rules.ts';
import { checkYaml, yamlFiles } from './yaml-file.ts';

const FOLDER = fileURLToPath(new URL('channels/', import.meta.url));

const text = Joi.string().max(200);
const whole = Joi.number().integer().min(0);
const share = Joi.number().min(0).max(1);

const number = Joi.object({
  prefix: Joi.string().allow('').max(10).required(),
  length: whole.min(1).max(64).required(),
  alphabet: Joi.string().valid('digits', 'upperAlnum', 'lowerAlnum', 'base32').required(),
  check: Joi.string().valid('none', 'mod').required(),
  mode: Joi.string().valid('ours', 'lenders', 'lenderId+lenders').required(),
  lendersMax: whole.max(64).required(),
}).custom((grammar, helpers) => {
  const fault = faultOfGrammar(grammar);
  return fault ? helpers.message({ custom: fault }) : grammar;
});

const profile = Joi.object<ChannelProfile>({
  name: text.pattern(/^[a-z][a-z0-9-]*$/).required(),
  title: text.required(),
  rails: Joi.array().items(text).min(1).required(),
  currencies: Joi.array()
    .items(Joi.string().pattern(/^([A-Z]{3}|\*)$/))
    .min(1)
    .required(),
  merchant: text.required(),
  number: number.required(),
  zone: zone.required(),
  windows: Joi.array().items(span).min(1).required(),
  cutOff: localTime.required(),
  blackouts: Joi.array().items(span).required(),
  perDebitLimit: whole.min(1).allow(null).required(),
  dailyLimitPerAccount: whole.min(1).allow(null).required(),
  ratePerSecond: Joi.number().positive().required(),
  concurrency: whole.min(1).required(),
  callTimeoutMs: whole.min(1).required(),
  queryHorizonMinutes: whole.required(),
  requestExpiryMinutes: whole.min(1).allow(null).required(),
  dedupeDays: whole.required(),
  fee: Joi.object({
    share: Joi.string()
      .pattern(/^0(\.\d{1,8})?$/, 'a decimal below 1 in quotes')
      .required(),
    min: whole.required(),
    flat: whole.required(),
  }).required(),
  successRate: share.required(),
  statement: Joi.object({
    format: text.required(),
    readyAt: localTime.required(),
    calendar: text.required(),
    lateAfterMinutes: whole.required(),
    carryOverMinutes: whole.required(),
    account: text.pattern(/^[a-z][a-z0-9-]*$/).required(),
  })
    .allow(null)
    .required(),
  brake: Joi.object({ openUnknown: whole.min(1).required(), shareOfLast500: share.required() }).required(),
});

/** One profile from its file's text; throws InvalidInput that names file, path and cure. */
export const readChannelProfile = (file: string, yaml: string): ChannelProfile => checkYaml(file, yaml, profile);

/** Every profile of config/channels by name. Two of one name stop the start. */
export function loadChannelProfiles(folder = FOLDER): ReadonlyMap<string, ChannelProfile> {
  const profiles = new Map<string, ChannelProfile>();
  for (const [file, yaml] of yamlFiles(folder)) {
    const one = readChannelProfile(file, yaml);
    if (profiles.has(one.name))
      throw new DulyError('CHANNEL_TWICE', `${file}: there is a channel ${one.name} already: rename one`, { name: one.name });
    profiles.set(one.name, one);
  }
  return profiles;
}
