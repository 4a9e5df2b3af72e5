/** Reads the messages of config/sms/*.yaml, one file a template with its words in every language. A bad file stops the process and names itself. */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import Joi from 'joi';
import { LANGUAGES } from '../src/domain/borrower.ts';
import { InvalidInput } from '../src/domain/errors.ts';
import type { Templates } from '../src/flows/world.ts';
import { checkYaml, yamlFiles } from './yaml-file.ts';

const FOLDER = fileURLToPath(new URL('./sms', import.meta.url));

/** What a message may name; anything else in braces is a slip. */
const VALUES = ['lender', 'amount', 'date', 'due', 'tail'] as const;
/** Longer ones are cut into so many parts by gateways that their price surprises. */
const MOST_CHARACTERS = 300;

type Words = Readonly<Record<string, string>>;
const SCHEMA = Joi.object<Words>(Object.fromEntries(LANGUAGES.map((l) => [l, Joi.string().max(MOST_CHARACTERS).required()]))).required();
const NAMED = /\{(\w+)\}/g;

/** One template from its YAML text; throws InvalidInput naming file and language. */
export function readTemplate(file: string, text: string): Words {
  const words = checkYaml<Words>(file, text, SCHEMA);
  const faults = Object.entries(words).flatMap(([language, said]) =>
    [...said.matchAll(NAMED)]
      .map((m) => m[1] as string)
      .filter((name) => !(VALUES as readonly string[]).includes(name))
      .map((name) => ({
        pointer: `/${language}`,
        code: 'UNKNOWN_VALUE',
        message: `${file}: ${language} names {${name}}: use one of ${VALUES.join(', ')}`,
      })),
  );
  if (faults.length) throw new InvalidInput(faults, faults.map((f) => f.message).join('\n'));
  return words;
}

/** All templates. `fill` throws for a template, a language or a value that does not exist: a message with a hole in it must never leave. */
export function loadTemplates(folder = FOLDER): Templates {
  const all = new Map(yamlFiles(folder).map(([file, text]) => [basename(file, '.yaml'), readTemplate(file, text)]));
  return {
    fill(template, language, values) {
      const said = all.get(template)?.[language];
      if (said === undefined) throw new Error(`no message template ${template} in ${language}: write it into config/sms/${template}.yaml`);
      return said.replace(NAMED, (_, name: string) => {
        const value = values[name];
        if (value === undefined) throw new Error(`message template ${template} names {${name}}, which was not given`);
        return value;
      });
    },
  };
}
