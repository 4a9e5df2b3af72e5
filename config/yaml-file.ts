/** Reads a folder of YAML files against a joi schema. A bad file stops the start and says where and how to mend it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Joi from 'joi';
import { parse } from 'yaml';
import { type Fault, InvalidInput } from '../src/domain/errors.ts';

const pathOf = (path: readonly (string | number)[]): string =>
  path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${key}` : key), '');

/** One file's text as a value of the schema; throws InvalidInput with every fault as 'file: path message'. */
export function checkYaml<T>(file: string, text: string, schema: Joi.Schema<T>): T {
  let raw: unknown;
  try {
    raw = parse(text, { schema: 'core' });
  } catch (error) {
    throw new InvalidInput([{ pointer: '', code: 'notYaml', message: `${file}: not YAML: ${(error as Error).message}` }]);
  }
  const { value, error } = schema.validate(raw, { abortEarly: false, convert: false });
  if (!error) return value as T;
  const faults: Fault[] = error.details.map((d) => {
    const cure =
      d.type === 'object.unknown'
        ? ': no such key; remove it or mend its spelling'
        : d.type === 'any.required'
          ? ': it is missing; write it'
          : '';
    return {
      pointer: `/${d.path.join('/')}`,
      code: d.type,
      message: `${file}: ${pathOf(d.path)}${cure || ` ${d.message.replace(/^"[^"]*" /, '')}`}`,
    };
  });
  throw new InvalidInput(faults, faults.map((f) => f.message).join('\n'));
}

/** Every *.yaml of a folder in the order of its names, as [file name, text]. */
export const yamlFiles = (folder: string): [string, string][] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
