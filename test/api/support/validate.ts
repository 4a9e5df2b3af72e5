/** A small checker of JSON Schema as our OpenAPI document uses it: enough to hold an answer or an example against the document, and loud about keywords it does not know. */
export type Schema = Readonly<Record<string, unknown>>;

const IGNORED = new Set([
  'title',
  'description',
  'examples',
  'example',
  'default',
  'deprecated',
  'format',
  'properties',
  'required',
  'additionalProperties',
  'items',
]);

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
const fits = (value: unknown, type: string): boolean => typeOf(value) === type || (type === 'number' && typeof value === 'number');

/** What is wrong with `value`, with paths; empty when it is right. */
export function faultsOf(value: unknown, schema: Schema, components: Readonly<Record<string, Schema>>, at = ''): string[] {
  const faults: string[] = [];
  const say = (what: string) => faults.push(`${at || '/'}: ${what}`);
  const deeper = (v: unknown, s: unknown, path = at) => faultsOf(v, s as Schema, components, path);
  for (const [keyword, rule] of Object.entries(schema)) {
    if (IGNORED.has(keyword)) continue;
    const list = rule as readonly Schema[];
    if (keyword === '$ref') faults.push(...deeper(value, components[String(rule).split('/').at(-1) ?? ''] ?? { not: {} }));
    else if (keyword === 'type') {
      if (![rule].flat().some((t) => fits(value, String(t)))) say(`${typeOf(value)} is not ${JSON.stringify(rule)}`);
    } else if (keyword === 'enum') {
      if (!(rule as unknown[]).includes(value)) say(`${JSON.stringify(value)} is none of ${JSON.stringify(rule)}`);
    } else if (keyword === 'const') {
      if (value !== rule) say(`${JSON.stringify(value)} is not ${JSON.stringify(rule)}`);
    } else if (keyword === 'anyOf') {
      if (!list.some((s) => deeper(value, s).length === 0)) say(`fits none: ${list.map((s) => deeper(value, s)[0]).join(' | ')}`);
    } else if (keyword === 'oneOf') {
      if (list.filter((s) => deeper(value, s).length === 0).length !== 1) say('fits not exactly one');
    } else if (keyword === 'allOf') faults.push(...list.flatMap((s) => deeper(value, s)));
    else if (keyword === 'not') {
      if (deeper(value, rule).length === 0) say('fits what it must not');
    } else if (keyword === 'pattern') {
      if (typeof value === 'string' && !new RegExp(String(rule), 'u').test(value)) say(`${value} does not match ${rule}`);
    } else if (keyword === 'minLength' || keyword === 'maxLength') {
      if (typeof value === 'string' && (keyword === 'minLength' ? value.length < Number(rule) : value.length > Number(rule)))
        say(`length ${value.length}, ${keyword} ${rule}`);
    } else if (keyword === 'minimum' || keyword === 'maximum') {
      if (typeof value === 'number' && (keyword === 'minimum' ? value < Number(rule) : value > Number(rule)))
        say(`${value}, ${keyword} ${rule}`);
    } else if (keyword === 'minItems' || keyword === 'maxItems') {
      if (Array.isArray(value) && (keyword === 'minItems' ? value.length < Number(rule) : value.length > Number(rule)))
        say(`${value.length} items, ${keyword} ${rule}`);
    } else if (keyword === 'minProperties' || keyword === 'maxProperties' || keyword === 'uniqueItems') continue;
    else say(`the document uses ${keyword}, which this checker does not know`);
  }
  if (Array.isArray(value) && schema.items) value.forEach((v, i) => void faults.push(...deeper(v, schema.items, `${at}/${i}`)));
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    faults.push(...objectFaults(value as Record<string, unknown>, schema, components, at));
  return faults;
}

function objectFaults(value: Record<string, unknown>, schema: Schema, components: Readonly<Record<string, Schema>>, at: string): string[] {
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const missing = ((schema.required ?? []) as string[])
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${at || '/'}: ${name} is missing`);
  const faults = Object.entries(value).flatMap(([name, v]) => {
    const rule = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
    if (rule === false) return [`${at}/${name}: not in the document`];
    return typeof rule === 'object' ? faultsOf(v, rule as Schema, components, `${at}/${name}`) : [];
  });
  return [...missing, ...faults];
}
