/** The source tree as text, and what each file imports and exports: read by pattern, so it needs no compiler and takes no second. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** One `import` or `export … from`. `names`: what it takes by name, in the words of the module it takes it from; '*' for all of it. */
export type Import = Readonly<{ from: string; names: readonly string[] }>;
/** `again`: passed on from another module. */
export type Export = Readonly<{ name: string; kind: 'value' | 'type' | 'again' }>;
export type Source = Readonly<{ path: string; text: string; lines: number; imports: readonly Import[]; exports: readonly Export[] }>;

/** The tree's TypeScript, by path from the root: 'src/domain/plan.ts'. */
export const readTree = (folders: readonly string[] = ['src', 'jobs', 'config', 'test']): Source[] =>
  folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|mjs)$/.test(name))
      .sort()
      .map((name) => sourceOf(posix.join(folder, name), readFileSync(join(ROOT, folder, name), 'utf8'))),
  );

export function sourceOf(path: string, text: string): Source {
  const code = withoutComments(text);
  return { path, text: code, lines: text.split('\n').length - 1, imports: importsOf(path, code), exports: exportsOf(code) };
}

/** Comments blanked. A `//` inside a text is taken for a comment only after a blank, which no address has. */
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/(^|\s)\/\/.*$/gm, '$1');

const FROM = /^(?:import|export)\s+(type\s+)?([^'";]*?)\s*from\s*'([^']+)'/gm;
const BARE = /^import\s+'([^']+)'/gm;
const DYNAMIC = /\bimport\('([^']+)'\)/g;

function importsOf(path: string, code: string): Import[] {
  const at = (from: string) => (from.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), from)) : from);
  return [
    ...[...code.matchAll(FROM)].map(([, , clause, from]) => ({ from: at(from as string), names: namesIn(clause as string) })),
    ...[...code.matchAll(BARE), ...code.matchAll(DYNAMIC)].map(([, from]) => ({ from: at(from as string), names: ['*'] })),
  ];
}

/** The names that an import clause takes: 'a, { b, type C as D }' → default, b, C. */
function namesIn(clause: string): string[] {
  if (clause.includes('*')) return ['*'];
  const braces = clause.match(/\{([\s\S]*)\}/)?.[1] ?? '';
  const named = braces.split(',').map((part) =>
    (
      part
        .trim()
        .replace(/^type\s+/, '')
        .split(/\s+as\s+/)[0] as string
    ).trim(),
  );
  const whole = clause
    .replace(/\{[\s\S]*\}/, '')
    .replace(/,/g, '')
    .trim()
    ? ['default']
    : [];
  return [...whole, ...named.filter(Boolean)];
}

const DECLARED = /^export\s+(?:abstract\s+)?(?:async\s+)?(function\*?|class|const|let|type|interface|enum)\s+([A-Za-z_$][\w$]*)/gm;
const LISTED = /^export\s+(?:type\s+)?\{([^}]*)\}/gm;

function exportsOf(code: string): Export[] {
  const declared = [...code.matchAll(DECLARED)].map(
    ([, what, name]): Export => ({ name: name as string, kind: what === 'type' || what === 'interface' ? 'type' : 'value' }),
  );
  const listed = [...code.matchAll(LISTED)].flatMap(([, list]) => (list as string).split(',').map((part) => part.trim()));
  const again = listed.filter(Boolean).map(
    (part): Export => ({
      name: (
        part
          .replace(/^type\s+/, '')
          .split(/\s+as\s+/)
          .at(-1) as string
      ).trim(),
      kind: 'again',
    }),
  );
  return [...declared, ...again];
}
