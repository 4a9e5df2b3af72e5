/**
 * Reading what came from outside: strict joi schemas, nothing converted, nothing unknown let through.
 *
 * Every fault names the field, what is wrong with it and what would be right. The field builders are shared by everything that reads a body,
 * so that an amount or a date means the same at each door; the API generates its OpenAPI document from the same schemas.
 */
import Joi from 'joi';
import { isValidPhoneNumber } from 'libphonenumber-js/min';
import { LANGUAGES } from '../domain/borrower.ts';
import { isBusinessDate, isInstant } from '../domain/clock.ts';
import { type Fault, InvalidInput } from '../domain/errors.ts';
import { isCurrency } from '../domain/money.ts';

/** Turns what a check found into a joi error of our own code. */
const fail = (helpers: Joi.CustomHelpers, code: string) => helpers.error(`duly.${code}`);

const text = (max: number) => Joi.string().min(1).max(max);
const EXTERNAL_ID = /^[A-Za-z0-9_][A-Za-z0-9._:/#@+~-]*$/;
/** Control characters, line separators and the marks that turn text around have no place in a name. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u;
const printable = (value: string, helpers: Joi.CustomHelpers) =>
  UNPRINTABLE.test(value) || value.trim() !== value ? fail(helpers, 'unprintable') : value;

const moment = (value: string, helpers: Joi.CustomHelpers) => (isInstant(value) ? value : fail(helpers, 'notAnInstant'));
const day = (value: string, helpers: Joi.CustomHelpers) => (isBusinessDate(value) ? value : fail(helpers, 'notADay'));

/** Builders, because a joi schema carries its description with it. */
export const field = {
  /** Whole minor units, 0 or more. */
  amount: () => Joi.number().integer().min(0).description('minor units'),
  /** Whole minor units above 0. */
  positiveAmount: () => Joi.number().integer().min(1).description('minor units'),
  count: (min: number, max: number) => Joi.number().integer().min(min).max(max),
  externalId: () => text(100).pattern(EXTERNAL_ID, 'externalId'),
  name: () => text(200).custom(printable),
  note: () => text(500).custom(printable),
  day: () => Joi.string().length(10).custom(day).example('2027-01-25'),
  currency: () =>
    Joi.string()
      .length(3)
      .custom((value, helpers) => (isCurrency(value) ? value : fail(helpers, 'currency')))
      .example('CNY'),
  phone: () =>
    Joi.string()
      .max(16)
      .custom((value, helpers) => (/^\+[1-9]\d{6,14}$/.test(value) && isValidPhoneNumber(value) ? value : fail(helpers, 'phone')))
      .example('+8613800138000'),
  language: () => Joi.string().valid(...LANGUAGES),
  account: () =>
    Joi.string()
      .max(34)
      .pattern(/^(\d{6,34}|[A-Z]{2}\d{2}[A-Z0-9]{11,30})$/, 'account')
      .example('6222020000000000019'),
  /** A decimal fraction below 1, in text. */
  rate: () =>
    Joi.string()
      .max(14)
      .pattern(/^0(\.\d{1,12})?$/, 'rate')
      .example('0.015'),
  id: (prefix: string) =>
    Joi.string()
      .max(40)
      .pattern(new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`), `${prefix}Id`),
  instant: () =>
    Joi.string()
      .max(35)
      .pattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/, 'instant')
      .custom(moment)
      .example('2027-01-25T09:10:00+08:00'),
  metadata: () =>
    Joi.object()
      .pattern(Joi.string().min(1).max(40).custom(printable), Joi.string().max(500).allow(''))
      .max(50)
      .description('up to 50 strings'),
};

/** What each named pattern wants, for the message. */
const PATTERNS: Readonly<Record<string, string>> = {
  externalId: 'use letters, digits and . _ : / # @ + ~ -, beginning with a letter, a digit or _',
  account: 'give the account number as 6 to 34 digits, or an IBAN in capitals without spaces',
  rate: 'give a decimal fraction in text, such as "0.015" for 1.5 %',
  month: 'give a month as 2026-01',
  ledgerAccount: 'give an account of the ledger, such as 1303.01 or 1012.01:simulator',
  instant: 'give an instant with its offset, such as 2027-01-25T09:10:00+08:00',
};

/** joi's finding → our code, the fault, and the cure. */
const SAYS: Readonly<Record<string, readonly [code: string, fault: string, cure: string]>> = {
  'any.required': ['REQUIRED', 'is missing', 'add it'],
  'object.unknown': ['UNKNOWN_FIELD', 'is not a known field', 'take it out, or check its spelling'],
  'object.missing': ['REQUIRED', 'lacks one of {peers}', 'add one of them'],
  'object.xor': ['EXCLUSIVE', 'has more than one of {peers}', 'keep one of them'],
  'object.oxor': ['EXCLUSIVE', 'has more than one of {peers}', 'keep one of them'],
  'object.max': ['TOO_MANY', 'has more than {limit} entries', 'keep {limit} or fewer'],
  'object.base': ['NOT_AN_OBJECT', 'is not an object', 'send an object'],
  'array.base': ['NOT_A_LIST', 'is not a list', 'send a list'],
  'array.min': ['TOO_FEW', 'has fewer than {limit} entries', 'send at least {limit}'],
  'array.max': ['TOO_MANY', 'has more than {limit} entries', 'send {limit} or fewer'],
  'array.unique': ['REPEATED', 'repeats an earlier entry', 'send each once'],
  'string.base': ['NOT_TEXT', 'is not text', 'send a JSON string'],
  'string.empty': ['EMPTY', 'is empty', 'fill it in, or leave it out where it is optional'],
  'string.min': ['TOO_SHORT', 'is shorter than {limit} characters', 'lengthen it'],
  'string.max': ['TOO_LONG', 'is longer than {limit} characters', 'shorten it'],
  'string.length': ['WRONG_LENGTH', 'does not have {limit} characters', 'send exactly {limit}'],
  'string.pattern.name': ['BAD_FORMAT', 'does not have the right form', '{cure}'],
  'number.base': ['NOT_A_NUMBER', 'is not a number', 'send a whole JSON number, not text'],
  'number.integer': ['NOT_WHOLE', 'is not a whole number', 'send whole minor units, such as 110016 for 1100.16'],
  'number.unsafe': ['TOO_LARGE', 'is too large to be held exactly', 'send less than 9007199254740992'],
  'number.infinity': ['TOO_LARGE', 'is too large', 'send less than 9007199254740992'],
  'number.min': ['TOO_SMALL', 'is below {limit}', 'send {limit} or more'],
  'number.max': ['TOO_LARGE', 'is above {limit}', 'send {limit} or less'],
  'any.only': ['NOT_ALLOWED', 'is none of {valids}', 'send one of them'],
  'boolean.base': ['NOT_A_BOOLEAN', 'is neither true nor false', 'send true or false without quotes'],
  'duly.notADay': ['NOT_A_DAY', 'is not a day of the calendar', 'send a day as YYYY-MM-DD, such as 2027-01-25'],
  'duly.notAnInstant': ['NOT_AN_INSTANT', 'is no moment of the calendar', 'send one such as 2027-01-25T09:10:00+08:00'],
  'duly.currency': ['UNKNOWN_CURRENCY', 'is not a currency of ISO 4217', 'send a code such as CNY'],
  'duly.phone': ['BAD_PHONE', 'is not a phone number that exists', 'send it in the international form, such as +8613800138000'],
  'duly.unprintable': ['UNPRINTABLE', 'holds control characters, or blanks at an end', 'take them out'],
};

const pointerOf = (path: readonly (string | number)[]): string =>
  path.map((p) => `/${String(p).slice(0, 60).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

function faultOf(detail: Joi.ValidationErrorItem): Fault {
  const [code, says, cure] = SAYS[detail.type] ?? ['INVALID', 'is not valid', 'see the API description'];
  const facts: Readonly<Record<string, unknown>> = detail.context ?? {};
  const list = (value: unknown) => (Array.isArray(value) ? value.map(String).join(', ') : String(value));
  const words: Readonly<Record<string, string>> = {
    limit: String(facts.limit),
    peers: list(facts.peers),
    valids: list(facts.valids),
    cure: PATTERNS[String(facts.name)] ?? 'send an id as the API gave it',
  };
  const put = (template: string) => template.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? '');
  const pointer = pointerOf(detail.path);
  return { pointer, code, message: `${pointer.slice(1).replaceAll('/', '.') || 'the body'} ${put(says)}: ${put(cure)}` };
}

const POISON = new Set(['__proto__', 'constructor', 'prototype']);
const DEPTH = 8;

/** What joi would let through: keys that reach into an object's prototype, nesting no body of ours has, and minus zero. */
function poisonIn(value: unknown, path: readonly (string | number)[]): Fault | null {
  const at = pointerOf(path);
  if (Object.is(value, -0)) return { pointer: at, code: 'MINUS_ZERO', message: `${path.join('.')} is minus zero: send 0` };
  if (typeof value !== 'object' || value === null) return null;
  if (path.length > DEPTH) return { pointer: at, code: 'TOO_DEEP', message: `${at} is nested too deeply: send it as the API describes it` };
  for (const [key, inner] of Object.entries(value)) {
    const here = [...path, key];
    if (POISON.has(key))
      return { pointer: pointerOf(here), code: 'UNKNOWN_FIELD', message: `${here.join('.')} is not a known field: take it out` };
    const found = poisonIn(inner, here);
    if (found) return found;
  }
  return null;
}

const OPTIONS: Joi.ValidationOptions = {
  abortEarly: false,
  convert: false,
  allowUnknown: false,
  presence: 'optional',
  errors: { render: false },
};
const MOST_FAULTS = 20;

/** Checks `value` against `schema` and returns it with defaults filled in; throws InvalidInput with up to 20 faults. */
export function readInput<T>(schema: Joi.Schema, value: unknown): T {
  const poison = poisonIn(value, []);
  if (poison) throw new InvalidInput([poison]);
  const { error, value: read } = schema.validate(value, OPTIONS);
  if (error) throw new InvalidInput(error.details.slice(0, MOST_FAULTS).map(faultOf));
  return read as T;
}
