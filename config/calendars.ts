/** Reads the calendars of config/calendars/*.yaml. A bad file stops the process and names itself, the path inside it and the cure. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Joi from 'joi';
import { parse } from 'yaml';
import { type Calendar, makeCalendar } from '../src/domain/calendar.ts';
import { type BusinessDate, isBusinessDate, isZone } from '../src/domain/clock.ts';
import { type Fault, InvalidInput } from '../src/domain/errors.ts';

/** A calendar file. `holidays` and `worked` name each day; both lie inside `covers`. */
type CalendarFile = Readonly<{
  name: string;
  title: string;
  zone: string;
  weekend: readonly number[];
  covers: Readonly<{ from: BusinessDate; to: BusinessDate }>;
  sources: readonly string[];
  holidays: Readonly<Record<string, string>>;
  worked: Readonly<Record<string, string>>;
}>;

const FOLDER = fileURLToPath(new URL('./calendars', import.meta.url));

const check = (holds: (text: string) => boolean, says: string) =>
  Joi.string().custom((text: string, helpers) => (holds(text) ? text : helpers.message({ custom: `{{#label}} ${says}` })));
const date = check(isBusinessDate, 'must be a day of the calendar as YYYY-MM-DD');
const named = Joi.object().pattern(date, Joi.string().min(1)).required();

const SCHEMA = Joi.object({
  name: Joi.string().required(),
  title: Joi.string().required(),
  zone: check(isZone, 'must be a time zone of the IANA list, such as Asia/Shanghai').required(),
  weekend: Joi.array().items(Joi.number().integer().min(1).max(7)).unique().max(6).required(),
  covers: Joi.object({ from: date.required(), to: date.required() }).required(),
  sources: Joi.array().items(Joi.string().uri()).required(),
  holidays: named,
  worked: named,
});

/** All calendars by name. Throws InvalidInput naming file and path of everything that is wrong. */
export function loadCalendars(folder = FOLDER): Map<string, Calendar> {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  return new Map(files.map((name) => readCalendar(join(folder, name))).map((calendar) => [calendar.name, calendar]));
}

function readCalendar(path: string): Calendar {
  const file = basename(path);
  const refuse = (faults: readonly Omit<Fault, 'code'>[]) =>
    new InvalidInput(
      faults.map((f) => ({ ...f, code: 'BAD_CALENDAR' })),
      `config/calendars/${file}: ${faults.map((f) => f.message).join('; ')}`,
    );
  let raw: unknown;
  try {
    raw = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw refuse([{ pointer: '', message: `is not YAML: ${(error as Error).message}` }]);
  }
  const { value, error } = SCHEMA.validate(raw ?? {}, { abortEarly: false, convert: false });
  if (error) throw refuse(error.details.map((d) => ({ pointer: `/${d.path.join('/')}`, message: d.message })));
  const data = value as CalendarFile;
  const faults = faultsOf(data, basename(file, '.yaml'));
  if (faults.length) throw refuse(faults);
  const dates = (days: Readonly<Record<string, string>>) => Object.keys(days) as BusinessDate[];
  return makeCalendar({ ...data, holidays: dates(data.holidays), worked: dates(data.worked) });
}

/** What a schema cannot say: names agree, days lie inside the covered time, none is both holiday and worked. */
function faultsOf({ name, covers, holidays, worked }: CalendarFile, fileName: string): Omit<Fault, 'code'>[] {
  const faults: Omit<Fault, 'code'>[] = [];
  const say = (path: string, message: string) => faults.push({ pointer: `/${path.replace('.', '/')}`, message: `"${path}" ${message}` });
  if (name !== fileName) say('name', `is ${name}, but the file is ${fileName}.yaml; let them agree`);
  if (covers.from > covers.to) say('covers.to', `${covers.to} is before covers.from ${covers.from}`);
  const dated = (days: object, key: string) => Object.keys(days).map((day) => [day, `${key}.${day}`] as const);
  for (const [day, path] of [...dated(holidays, 'holidays'), ...dated(worked, 'worked')])
    if (day < covers.from || day > covers.to) say(path, `lies outside covers, ${covers.from} to ${covers.to}`);
  for (const day of Object.keys(worked)) if (day in holidays) say(`worked.${day}`, 'is a holiday too; keep one of them');
  return faults;
}
