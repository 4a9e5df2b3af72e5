/** Holds the house in order: who may import whom, where time and chance come from, and that nothing lies about unused. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT, readTree, type Source, sourceOf } from './tree.ts';

type Room = Readonly<{ room: string; may: readonly string[] }>;

/** What a room may import: a folder, a file or a package, each with all below it. Relative paths are written from the root. */
const ROOMS: readonly Room[] = [
  { room: 'src/domain', may: ['src/domain', 'luxon', 'node:assert', 'node:crypto'] },
  {
    room: 'src/flows',
    may: [
      'src/domain',
      'src/flows',
      'src/channels/channel.ts',
      'src/channels/payout.ts',
      'src/sms/gateway.ts',
      'node:crypto',
      'node:stream',
      'joi',
      'csv-parse',
      'libphonenumber-js',
    ],
  },
  { room: 'jobs', may: ['jobs', 'src/flows', 'src/domain'] },
  {
    room: 'config',
    may: ['config', 'src/domain', 'src/flows/world.ts', 'src/statements', 'joi', 'yaml', 'node:fs', 'node:path', 'node:url'],
  },
];
/** Rooms that only their own kind may enter. */
const DOORS: readonly Readonly<{ room: string; from: readonly string[] }>[] = [
  { room: 'src/cli', from: ['src/cli', 'test'] },
  { room: 'src/api', from: ['src/api', 'src/cli', 'test'] },
  { room: 'test', from: ['test'] },
];

const below = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`);

const strayImports = (tree: readonly Source[], rooms = ROOMS): string[] =>
  tree.flatMap(({ path, imports }) =>
    rooms
      .filter(({ room }) => below(path, room))
      .flatMap(({ may }) => imports.filter(({ from }) => !may.some((m) => below(from, m))).map(({ from }) => `${path} imports ${from}`)),
  );

const breakIns = (tree: readonly Source[]): string[] =>
  tree.flatMap(({ path, imports }) =>
    DOORS.flatMap(({ room, from }) =>
      imports.filter((i) => below(i.from, room) && !from.some((f) => below(path, f))).map((i) => `${path} imports ${i.from}`),
    ),
  );

const TIME_AND_CHANCE =
  /new Date\(|Date\.now\(|Math\.random\(|randomUUID\(|randomBytes\(|\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|node:timers/g;
/** Where the machine may be asked. The last two work before there is a clock, or beside it: a server being started, a lock's own token. */
const PORTS = ['src/domain/clock.ts', 'src/clock.ts', 'src/ids.ts', 'src/store/embedded', 'src/store/migrate.ts'];

const ownTimeOrChance = (tree: readonly Source[]): string[] =>
  tree
    .filter(({ path }) => !below(path, 'test') && !PORTS.some((p) => below(path, p)))
    .flatMap(({ path, text }) => [...text.matchAll(TIME_AND_CHANCE)].map(([word]) => `${path} uses ${word}`));

/** Value exports nobody imports; type exports that neither another module nor their own module's signatures use. */
function unusedExports(tree: readonly Source[]): string[] {
  const used = new Set(tree.flatMap(({ imports }) => imports.flatMap(({ from, names }) => names.map((name) => `${from} ${name}`))));
  const serves = ({ path, text }: Source, { name, kind }: Source['exports'][number]): boolean =>
    used.has(`${path} ${name}`) || used.has(`${path} *`) || (kind === 'type' && text.split(new RegExp(`\\b${name}\\b`)).length > 2);
  return tree.flatMap((s) => s.exports.filter((e) => !serves(s, e)).map((e) => `${s.path} exports ${e.name}`));
}

const packageOf = (from: string): string =>
  from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
const isPackage = (from: string): boolean => !from.startsWith('node:') && !/^(src|jobs|config|test)\//.test(from);
/** Used by their names: loaders and tools that scripts call, and the folder of browser files that is looked up. */
const CALLED = ['tsx', 'typescript', '@biomejs/biome', 'mocha', 'swagger-ui-dist'];

const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));

describe('house', () => {
  let tree: Source[];
  before(() => {
    tree = readTree();
  });

  it('lets arrows point inward only', () => {
    expect(strayImports(tree)).to.deep.equal([]);
  });

  it('lets nobody but the commands import the API, and nobody the commands or the tests', () => {
    expect(breakIns(tree)).to.deep.equal([]);
  });

  it('takes time, timers and chance from their ports alone', () => {
    expect(ownTimeOrChance(tree)).to.deep.equal([]);
  });

  it('has no file over 400 lines', () => {
    const long = tree.filter(({ lines }) => lines > 400);
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).to.deep.equal([]);
  });

  it('exports nothing that nobody imports', () => {
    // What tests share among themselves may lie ready for the next one.
    expect(unusedExports(tree).filter((line) => !below(line, 'test'))).to.deep.equal([]);
  });

  it('has one copy of the database driver and of its BSON', () => {
    const copies = (name: string) => Object.keys(read('package-lock.json').packages).filter((p) => p.endsWith(`node_modules/${name}`));
    expect(copies('mongodb')).to.deep.equal(['node_modules/mongodb']);
    expect(copies('bson')).to.deep.equal(['node_modules/bson']);
  });

  it('imports every dependency, and nothing that is none', () => {
    const { dependencies, devDependencies } = read('package.json');
    const imported = (of: readonly Source[]) =>
      new Set(
        of.flatMap((s) =>
          s.imports
            .map((i) => i.from)
            .filter(isPackage)
            .map(packageOf),
        ),
      );
    const named = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !name.startsWith('@types/'));
    const [anywhere, shipped] = [imported(tree), imported(tree.filter(({ path }) => !below(path, 'test')))];
    expect(named.filter((name) => !anywhere.has(name) && !CALLED.includes(name))).to.deep.equal([]);
    expect([...shipped].filter((name) => !(name in dependencies))).to.deep.equal([]);
    expect([...anywhere].filter((name) => !named.includes(name))).to.deep.equal([]);
  });

  it('would see each of these broken', () => {
    const bad = sourceOf(
      'src/domain/bad.ts',
      "import { Db } from 'mongodb';\nimport { say } from '../cli/output.ts';\nexport const at = () => new Date();\nexport type Lost = 1;\n",
    );
    expect(strayImports([bad])).to.deep.equal(['src/domain/bad.ts imports mongodb', 'src/domain/bad.ts imports src/cli/output.ts']);
    expect(breakIns([bad])).to.deep.equal(['src/domain/bad.ts imports src/cli/output.ts']);
    expect(ownTimeOrChance([bad])).to.deep.equal(['src/domain/bad.ts uses new Date(']);
    expect(unusedExports([bad])).to.deep.equal(['src/domain/bad.ts exports at', 'src/domain/bad.ts exports Lost']);
    expect(unusedExports([bad, sourceOf('src/b.ts', "import { at, type Lost } from './domain/bad.ts';")])).to.deep.equal([]);
  });
});
