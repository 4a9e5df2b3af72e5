/** Reads the strategies of config/strategies/*.yaml. A bad file stops the process and names itself, the path inside it and the cure. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Joi from 'joi';
import { parse } from 'yaml';
import { isQuiet } from '../src/domain/decide/hours.ts';
import { type Fault, InvalidInput } from '../src/domain/errors.ts';
import type { Strategy } from '../src/domain/strategy.ts';

const FOLDER = fileURLToPath(new URL('./strategies', import.meta.url));

const time = Joi.string()
  .pattern(/^([01]\d|2[0-3]):[0-5]\d$/)
  .messages({ 'string.pattern.base': '{{#label}} must be a time of day such as "09:10"' });
const whole = (min: number, max: number) => Joi.number().integer().min(min).max(max);
const share = Joi.number().min(0).max(1).precision(4);
const of = (keys: Joi.SchemaMap) => Joi.object(keys).required().options({ presence: 'required' });

const SCHEMA = of({
  name: Joi.string().pattern(/^[a-z0-9-]+$/),
  version: whole(1, 1_000_000),
  title: Joi.string(),
  reminders: Joi.array()
    .items(of({ daysBefore: whole(0, 30), at: time, template: Joi.string() }))
    .unique('daysBefore'),
  earlyDebitDays: whole(0, 30),
  present: of({ times: Joi.array().items(time).min(1), stopTime: time }),
  holidayPolicy: Joi.valid('none', 'following', 'preceding', 'modifiedFollowing'),
  retries: of({
    offsetsDays: Joi.array().items(whole(0, 60)).min(1),
    minGapHours: whole(0, 720),
    channelDownMinutes: Joi.array().items(whole(1, 1440)),
    payday: of({ confidence: share, waitDays: whole(0, 10) }).allow(null),
  }),
  stepDown: of({
    ladder: Joi.array().items(Joi.number().min(0.01).max(1).precision(4)).min(2),
    minGapMinutes: whole(30, 1440),
    floor: of({ minor: whole(0, Number.MAX_SAFE_INTEGER), share }),
    roundTo: whole(1, 1_000_000),
  }).allow(null),
  caps: of({
    perDay: whole(1, 5),
    perInstalment: whole(1, 50),
    perMandate30d: whole(1, 50),
    consecutiveNsf: whole(1, 20),
    coolOffDays: whole(1, 90),
  }),
  overdue: of({ everyDays: whole(1, 90), giveUpAfterDays: whole(0, 365), arrears: Joi.valid('merged', 'apart') }),
  otherAccountAfterNsf: whole(0, 10),
  collections: of({ handOverAfterDays: whole(1, 365), recallWhen: Joi.valid('nothingOverdue') }),
  quietHours: of({ from: time, to: time }),
  afterPartial: Joi.valid('stopForDay', 'continue'),
  split: of({ minPart: whole(1, Number.MAX_SAFE_INTEGER) }),
  // Optional, so that strategies published before there were refunds stay as they are.
  overpayment: of({ refundAfterDays: whole(1, 90) })
    .optional()
    .allow(null)
    .default(null),
  skip: of({ annoyanceCost: whole(0, Number.MAX_SAFE_INTEGER), lossIfMissed: share }),
});

/** All strategies by name. Throws InvalidInput naming file and path of everything that is wrong. */
export function loadStrategies(folder = FOLDER): Map<string, Strategy> {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  return new Map(
    files.map((name) => readStrategy(readFileSync(join(folder, name), 'utf8'), basename(name, '.yaml'))).map((s) => [s.name, s]),
  );
}

/** One strategy from its YAML text; `file` is the name it is filed under, and must be its own. */
export function readStrategy(text: string, file: string): Strategy {
  const refuse = (faults: readonly Omit<Fault, 'code'>[]) =>
    new InvalidInput(
      faults.map((f) => ({ ...f, code: 'BAD_STRATEGY' })),
      `${file}: ${faults.map((f) => f.message).join('; ')}`,
    );
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw refuse([{ pointer: '', message: `is not YAML: ${(error as Error).message}` }]);
  }
  const options = { abortEarly: false, convert: false, errors: { wrap: { label: false } } } as const;
  const { value, error } = SCHEMA.validate(raw ?? {}, options);
  if (error) throw refuse(error.details.map((d) => ({ pointer: `/${d.path.join('/')}`, message: d.message })));
  const strategy = value as Strategy;
  const faults = faultsOf(strategy, file);
  if (faults.length) throw refuse(faults);
  return strategy;
}

type Say = (path: string, message: string) => void;

/** What a schema cannot say: one value against another. */
function faultsOf(s: Strategy, file: string): Omit<Fault, 'code'>[] {
  const faults: Omit<Fault, 'code'>[] = [];
  const say: Say = (path, message) =>
    faults.push({ pointer: `/${path.replace(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`, message: `${path} ${message}` });
  if (s.name !== file) say('name', `is ${s.name}, but the file is ${file}.yaml; let them agree`);
  checkTimes(s, say);
  checkDays(s, say);
  checkLadder(s, say);
  checkCaps(s, say);
  return faults;
}

function checkTimes(s: Strategy, say: Say): void {
  s.present.times.forEach((at, k) => {
    const before = s.present.times[k - 1];
    if (before !== undefined && at <= before) say(`present.times[${k}]`, `${at} must be after ${before}; write the windows in order`);
    if (at >= s.present.stopTime) say(`present.times[${k}]`, `${at} must be before the stop time ${s.present.stopTime}`);
  });
  s.reminders.forEach(({ at }, k) => {
    if (isQuiet(at, s.quietHours))
      say(`reminders[${k}].at`, `${at} lies in the quiet hours ${s.quietHours.from}-${s.quietHours.to}; choose a time outside them`);
  });
}

function checkDays(s: Strategy, say: Say): void {
  const { offsetsDays } = s.retries;
  if (offsetsDays[0] !== 0) say('retries.offsetsDays[0]', 'must be 0, the due date itself');
  offsetsDays.forEach((days, k) => {
    const before = offsetsDays[k - 1];
    if (before !== undefined && days <= before) say(`retries.offsetsDays[${k}]`, `must be above ${before}; write the offsets in order`);
  });
  const last = offsetsDays.at(-1) ?? 0;
  if (s.overdue.giveUpAfterDays < last) say('overdue.giveUpAfterDays', `must be at least ${last}, the last of retries.offsetsDays`);
}

function checkLadder(s: Strategy, say: Say): void {
  if (!s.stepDown) return;
  const { ladder } = s.stepDown;
  if (ladder[0] !== 1) say('stepDown.ladder[0]', 'must be 1.0, the full amount');
  ladder.forEach((fraction, k) => {
    const before = ladder[k - 1];
    if (before !== undefined && fraction >= before)
      say(`stepDown.ladder[${k}]`, `must be below ${before === 1 ? '1.0' : before}; each rung asks for less`);
  });
}

/** A cap below what the strategy itself plans would cut the plan short in silence. */
function checkCaps(s: Strategy, say: Say): void {
  const rungs = s.stepDown?.ladder.length ?? 1;
  const planned = s.retries.offsetsDays.length + rungs - 1 + (s.earlyDebitDays > 0 ? 1 : 0);
  if (s.caps.perDay < rungs) say('caps.perDay', `must be at least ${rungs}, the rungs of stepDown.ladder made on one day`);
  for (const cap of ['perInstalment', 'perMandate30d'] as const)
    if (s.caps[cap] < planned)
      say(`caps.${cap}`, `must be at least ${planned}, the tries that offsets, ladder and early debit plan for one instalment`);
  if (s.caps.consecutiveNsf < rungs) say('caps.consecutiveNsf', `must be at least ${rungs}, or the ladder is never walked to its end`);
}
