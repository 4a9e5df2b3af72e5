/** Statement formats of config/statements/*.yaml: how a bank's delimited file is read, checked at start. */
import { fileURLToPath } from 'node:url';
import Joi from 'joi';
import { isCurrency } from '../src/domain/currencies.ts';
import { DulyError } from '../src/domain/errors.ts';
import { faultOfForm } from '../src/statements/date-form.ts';
import { FACTS, type StatementMapping, TEXT_FIELDS } from '../src/statements/mapping.ts';
import { zone } from './rules.ts';
import { checkYaml, yamlFiles } from './yaml-file.ts';

const FOLDER = fileURLToPath(new URL('statements/', import.meta.url));

const text = Joi.string().max(300);
const column = Joi.alternatives(text, Joi.number().integer().min(1).max(200));
const form = (needs: 'date' | 'time') =>
  text.custom((value, helpers) => {
    const fault = faultOfForm(value, needs);
    return fault ? helpers.message({ custom: fault }) : value;
  });
const currency = Joi.string().custom((value, helpers) =>
  isCurrency(value) ? value : helpers.message({ custom: 'must be a currency such as CNY' }),
);

const pattern = (check: (groups: string[], source: string) => string | null) =>
  text.custom((value, helpers) => {
    try {
      new RegExp(value, 'u');
    } catch {
      return helpers.message({ custom: 'is not a regular expression; escape what is meant literally' });
    }
    const fault = check(
      [...value.matchAll(/\(\?<([A-Za-z]+)>/g)].map((one) => one[1] as string),
      value,
    );
    return fault ? helpers.message({ custom: fault }) : value;
  });
const facts: readonly string[] = FACTS;
const fact = pattern((groups) =>
  groups.length > 0 && groups.every((group) => facts.includes(group)) ? null : `must have groups named ${FACTS.join(', ')}`,
);
const figure = pattern((_, source) => (/\((?!\?)/.test(source) ? null : 'must have one group: the figure'));

const choice = (...values: string[]) =>
  Joi.object({
    rules: Joi.array()
      .items(
        Joi.object({
          when: Joi.object()
            .pattern(text, Joi.array().items(text.allow('')).min(1))
            .min(1)
            .required(),
          is: Joi.string()
            .valid(...values)
            .required(),
        }),
      )
      .default([]),
    otherwise: Joi.string()
      .valid('refuse', ...values)
      .required(),
  });

const symbols = Joi.array().items(Joi.string().min(1).max(4).pattern(/\d/, { invert: true }));
const mapping = Joi.object<StatementMapping>({
  format: text.pattern(/^[a-z][a-z0-9-]*$/).required(),
  title: text.required(),
  source: text.required(),
  kind: Joi.string().valid('channel', 'account').required(),
  encoding: Joi.string().valid('utf-8', 'gb18030', 'detect').required(),
  delimiter: Joi.string().valid(',', ';', '\t', '|').default(','),
  quoted: Joi.boolean().required(),
  prefix: Joi.string().min(1).max(2).allow(null).default(null),
  comment: Joi.string().min(1).max(10).allow(null).default(null),
  headerWithin: Joi.number().integer().min(0).max(200).allow(null).required(),
  width: Joi.number().integer().min(1).max(200).allow(null).default(null),
  trailingDelimiter: Joi.boolean().default(false),
  none: Joi.array().items(text).default([]),
  zone: zone.required(),
  currency: Joi.alternatives(
    currency,
    Joi.object({ column: column.required(), codes: Joi.object().pattern(text, currency).default({}) }),
  ).required(),
  merchant: column.allow(null).default(null),
  date: Joi.object({ column: column.required(), form: form('date').required() }).required(),
  time: Joi.object({ column: column.required(), form: form('time').required() })
    .allow(null)
    .default(null),
  amount: Joi.object({
    column,
    in: column,
    out: column,
    unit: Joi.string().valid('major', 'minor').default('major'),
    point: Joi.string().valid('.', ',').default('.'),
    group: Joi.string().valid(',', '.', ' ', "'"),
    symbols: symbols.default([]),
    feeInside: Joi.boolean().default(false),
  })
    .xor('column', 'in')
    .and('in', 'out')
    .required(),
  side: Joi.alternatives(Joi.string().valid('sign', 'columns'), choice('in', 'out')).required(),
  lineKind: choice('payment', 'refund', 'return', 'fee', 'adjustment', 'transfer', 'other').required(),
  status: choice('succeeded', 'failed', 'pending').required(),
  fee: Joi.object({ column: column.required(), pattern: figure.allow(null).default(null), mark: text.allow(null).default(null) })
    .allow(null)
    .default(null),
  net: column.allow(null).default(null),
  text: Joi.object(Object.fromEntries(TEXT_FIELDS.map((field) => [field, column]))).required(),
  rawText: Joi.array().items(column).default([]),
  balance: Joi.object({ column: column.required(), order: Joi.string().valid('oldestFirst', 'newestFirst').required() })
    .allow(null)
    .default(null),
  footer: Joi.object({
    starts: Joi.array().items(text).min(1).required(),
    follows: Joi.array().items(text).required(),
    least: Joi.number().integer().min(1).max(20).required(),
    most: Joi.number().integer().min(1).max(20).required(),
  })
    .allow(null)
    .default(null),
  facts: Joi.array().items(fact).default([]),
  totalsDiffer: Joi.string().valid('refuse', 'warn').required(),
}).custom((value: StatementMapping, helpers) => {
  const fault = faultOf(value);
  return fault ? helpers.message({ custom: fault }) : value;
});

/** What no single key shows. */
function faultOf({ headerWithin, width, side, amount }: StatementMapping): string | null {
  if ((headerWithin === null) === (width === null))
    return 'needs headerWithin (a header row) or width (none, columns by place), and not both';
  if ((side === 'columns') !== 'in' in amount) return 'side: columns goes with an amount of two columns, in and out, and nothing else does';
  return null;
}

/** One mapping from its file's text; throws InvalidInput that names file, path and cure. */
export const readStatementMapping = (file: string, yaml: string): StatementMapping => checkYaml(file, yaml, mapping);

/** Every mapping of config/statements. Two of one format stop the start. */
export function loadStatementMappings(folder = FOLDER): readonly StatementMapping[] {
  const formats = new Set<string>();
  return yamlFiles(folder).map(([file, yaml]) => {
    const one = readStatementMapping(file, yaml);
    if (formats.has(one.format))
      throw new DulyError('FORMAT_TWICE', `${file}: there is a format ${one.format} already: rename one`, { format: one.format });
    formats.add(one.format);
    return one;
  });
}
