/** The handbook's drawn tables are those of the code, and its links lead somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { INDEXES } from '../../src/store/collections.ts';
import { BLOCKS, redraw } from '../support/draw-docs.ts';
import { ROOT } from './tree.ts';

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

describe('handbook', () => {
  for (const page of Object.keys(BLOCKS))
    it(`${page} is drawn from the tables as they are now (npm run docs)`, () => {
      expect(redraw(page, read(page)) === read(page), `${page} is stale: npm run docs`).to.equal(true);
    });

  it('sees a stale block, and a page without one', () => {
    const page = read('docs/states.md');
    const stale = page.replace('--> settled: settle', '--> settled: pay');
    expect(stale).not.to.equal(page);
    expect(redraw('docs/states.md', stale)).to.equal(page);
    expect(() => redraw('docs/states.md', '# States')).to.throw('no block');
  });

  it('tells of every collection that has an index', () => {
    const told = read('docs/data.md').split('## Indexes')[0] as string;
    const silent = [...new Set(INDEXES.map((i) => i.collection))].filter((name) => !told.includes(`\`${name}\``));
    expect(silent).to.deep.equal([]);
  });

  it('links to files that are there', () => {
    const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
    const dead = pages.flatMap((name) =>
      [...read(`docs/${name}`).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map(([, target]) => target as string)
        .filter((target) => !existsSync(join(ROOT, 'docs', dirname(name), target)))
        .map((target) => `docs/${name} links to ${target}`),
    );
    expect(dead).to.deep.equal([]);
  });
});
