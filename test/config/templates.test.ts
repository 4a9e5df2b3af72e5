import { expect } from 'chai';
import { loadStrategies } from '../../config/strategies.ts';
import { loadTemplates, readTemplate } from '../../config/templates.ts';
import { LANGUAGES } from '../../src/domain/borrower.ts';

const VALUES = { lender: 'Harbour', amount: 'CNY 1.00', date: '2026-01-25', due: '2026-01-24', tail: '0019' };
const words = (zh: string): string => `zh: "${zh}"\nen: "x"\nth: "x"\n`;

describe('message templates', () => {
  it('exist in every language for what strategies and decider name, with no hole left in the text', () => {
    const named = [...loadStrategies().values()].flatMap((s) => s.reminders.map((r) => r.template));
    for (const template of new Set([...named, 'redebit', 'notCollected', 'overdue', 'overpaid']))
      for (const language of LANGUAGES) expect(loadTemplates().fill(template, language, VALUES)).to.not.match(/[{}]/);
  });

  it('fill in each value once, and never what a value itself holds', () => {
    const text = loadTemplates().fill('dueSoon', 'en', { ...VALUES, lender: '{tail} & $1' });
    expect(text).to.match(/^\{tail\} & \$1: CNY 1\.00 will be debited on 2026-01-25 from your account ending 0019\./);
  });

  it('refuse to make a message with a hole in it', () => {
    const { tail: _, ...holed } = VALUES;
    expect(() => loadTemplates().fill('dueSoon', 'zh', holed)).to.throw('{tail}');
    expect(() => loadTemplates().fill('dueSoon', 'xx', VALUES)).to.throw('no message template dueSoon in xx');
    expect(() => loadTemplates().fill('nosuch', 'zh', VALUES)).to.throw('config/sms/nosuch.yaml');
  });

  it('name their file where a language is missing, a value unknown or the text too long', () => {
    expect(() => readTemplate('a.yaml', 'zh: "x"\nen: "x"\n')).to.throw(/a\.yaml: th/);
    expect(() => readTemplate('a.yaml', words('{phone}'))).to.throw('a.yaml: zh names {phone}: use one of lender');
    expect(() => readTemplate('a.yaml', words('x'.repeat(301)))).to.throw(/a\.yaml: zh/);
    expect(() => readTemplate('a.yaml', `${words('x')}fr: "x"\n`)).to.throw(/a\.yaml: fr/);
  });
});
