import { expect } from 'chai';
import { loadCalendars } from '../../config/calendars.ts';
import { loadRulePacks, readRulePack, rulePacks } from '../../config/rules.ts';
import type { AttemptFact } from '../../src/domain/attempt.ts';
import { addDays, type BusinessDate, businessDate } from '../../src/domain/clock.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import type { FailureClass } from '../../src/domain/failures.ts';
import { permit } from '../../src/domain/gate.ts';
import type { Mandate } from '../../src/domain/mandate.ts';
import type { PackExample, RulePack } from '../../src/domain/rule-pack.ts';
import { at, attempt, type Change, DUE, debit, instalment, notice, OWED } from '../support/gate-case.ts';

const packs = loadRulePacks();
const calendars = loadCalendars();
const day = (text: string): BusinessDate => businessDate(text);

/** What an example may say. Times are local times of the pack's zone; a history line is 'day, result, amount, "part 1", "earlier" | "other"'. */
type Given = Readonly<{
  due: string;
  at: string;
  owed: number;
  amount: number;
  penalty: number;
  steppedDown: boolean;
  part: number;
  cap: number;
  amountKind: Mandate['amountKind'];
  mandateSigned: string;
  noticeSent: string | null;
  noticeAmount: number;
  noticeDebitDate: string;
  history: readonly string[];
}>;
const WORDS =
  'due at owed amount penalty steppedDown part cap amountKind mandateSigned noticeSent noticeAmount noticeDebitDate history'.split(' ');

/** '2026-03-10 insufficientFunds 100000 part 1': `earlier` belongs to an instalment before, `other` to another plan of the same account. */
function past(line: string, owed: number, zone: string): AttemptFact {
  const [date, result, ...rest] = line.split(' ') as [string, string, ...string[]];
  const minor = Number(rest.find((word) => /^\d{3,}$/.test(word)) ?? owed);
  const failed = result !== 'succeeded';
  const own = !rest.includes('earlier') && !rest.includes('other');
  return attempt(
    `${date} 08:00`,
    {
      amount: { minor, currency: 'CNY' },
      state: failed ? 'failed' : 'succeeded',
      failure: failed ? (result as FailureClass) : null,
      part: rest.includes('part') ? Number(rest.at(-1)) : null,
      planId: rest.includes('other') ? 'pln_2' : 'pln_1',
      cycle: own ? 'ins_1' : 'ins_0',
      aims: [{ instalmentId: own ? 'ins_1' : 'ins_0', n: 1, minor }],
    },
    zone,
  );
}

/** Runs an example through the real gate: everything but the pack is as permissive as it can be. */
function answer(pack: RulePack, example: PackExample): string {
  const unknown = Object.keys(example.given).filter((word) => !WORDS.includes(word));
  expect(unknown, `words that an example does not know`).to.deep.equal([]);
  const given = example.given as Partial<Given>;
  const zone = pack.zone ?? 'Asia/Shanghai';
  const currency = pack.currencies[0] ?? 'CNY';
  const rail = pack.rail === '*' ? 'never-heard-of' : pack.rail;
  const due = day(given.due ?? DUE);
  const attempts = (given.history ?? []).map((line) => past(line, given.owed ?? OWED, zone));
  const taken = attempts.reduce(
    (s, a) => (a.cycle === 'ins_1' && a.state === 'succeeded' && a.planId === 'pln_1' ? s + a.amount.minor : s),
    0,
  );
  const owed = given.owed ?? OWED;
  const sent = given.noticeSent === undefined ? `${addDays(due, -30)} 10:00` : given.noticeSent;
  // A notice of WeChat's lapses, so that its examples say when it went out; the others stand for all tries of the cycle.
  const announced = sent
    ? [notice(sent, { dueDate: due, debitDate: day(given.noticeDebitDate ?? due), minor: given.noticeAmount ?? owed }, 'sent', zone)]
    : [];
  const change: Change = {
    zone,
    now: given.at ?? `${due} 13:30`,
    plan: { currency, instalments: [instalment(1, due, owed, taken)] },
    mandate: {
      rail,
      currency,
      perDebitCap: given.cap ?? null,
      amountKind: given.amountKind ?? 'maximum',
      createdAt: at(given.mandateSigned ?? '2025-12-01 09:00', zone),
    },
    channel: { rails: [rail], zone },
    attempts,
    facts: { pack, notices: announced, calendar: calendars.get(pack.calendar)! },
    ask: {
      steppedDown: given.steppedDown ?? false,
      part: given.part ?? null,
      penaltyMinor: given.penalty ?? 0,
      ...(given.amount ? { minor: given.amount } : {}),
    },
  };
  const { ask, facts } = debit(change);
  const result = permit(ask, facts);
  return result.kind === 'permit' ? 'permit' : result.rule;
}

describe('rule packs', () => {
  for (const pack of packs.all)
    describe(`${pack.name} ${pack.version}`, () => {
      for (const example of pack.examples)
        it(`${example.name}: ${example.expect}`, () => expect(answer(pack, example)).to.equal(example.expect));

      it('has at least three examples, one that permits and one that refuses', () => {
        expect(pack.examples.length).to.be.at.least(3);
        expect(pack.examples.map((e) => e.expect === 'permit')).to.include.members([true, false]);
      });

      it('names a calendar that exists', () => expect(calendars.has(pack.calendar)).to.equal(true));

      it('leans on each of its own limits in an example', () => {
        for (const limit of pack.limits) expect(pack.examples.map((e) => e.expect)).to.include(limit.code);
      });
    });

  it('covers the rails that Duly speaks of', () => {
    expect(new Set(packs.all.map((p) => p.rail))).to.include.all.keys(
      ...'simulator in-house china-agreement wechat-deduction alipay-periodic ach uk-card bacs sepa-core nach upi-autopay nigeria-debit thailand-debit *'.split(
        ' ',
      ),
    );
  });

  it('has a strictest default that is at least as strict as every other pack', () => {
    const strictest = packs.byName('strictest', '2026-11')!;
    const calendarDays = (p: RulePack) => (p.notice ? p.notice.days * (p.notice.unit === 'business' ? 7 / 5 : 1) : 0);
    for (const p of packs.all) {
      expect(calendarDays(strictest), p.name).to.be.at.least(calendarDays(p));
      expect(strictest.notice!.hours, p.name).to.be.at.least(p.notice?.hours ?? 0);
      expect(strictest.earlyDays, p.name).to.be.at.most(p.earlyDays);
      expect(strictest.lateDays, p.name).to.be.at.most(p.lateDays ?? 9999);
      expect(strictest.representDays, p.name).to.be.at.most(p.representDays ?? 9999);
      expect(strictest.minGapHours, p.name).to.be.at.least(p.minGapHours);
      expect(strictest.neverAfter, p.name).to.include.members([...p.neverAfter]);
      for (const l of p.limits) expect(Math.min(...strictest.limits.map((s) => s.max)), `${p.name} ${l.code}`).to.be.at.most(l.max);
      const inside = (hour: string) => p.windows.length === 0 || p.windows.some((w) => w.from <= hour && hour < w.to);
      for (const w of strictest.windows) expect([inside(w.from), inside('16:59')], p.name).to.deep.equal([true, true]);
    }
    const { stepDown, sameAmount, split, oneSuccessPerCycle, penaltyAllowed, businessDaysOnly } = strictest;
    expect({ stepDown, sameAmount, split, oneSuccessPerCycle, penaltyAllowed, businessDaysOnly }).to.deep.equal({
      stepDown: 'forbidden',
      sameAmount: true,
      split: false,
      oneSuccessPerCycle: true,
      penaltyAllowed: false,
      businessDaysOnly: true,
    });
  });
});

describe('choosing a rule pack', () => {
  const on = day('2026-11-23');
  const named = (where: Parameters<typeof packs.packFor>[0]) => packs.packFor(where).name;

  it('takes the pack of the rail', () => expect(named({ rail: 'simulator', country: 'CN', lenderType: 'bank', on })).to.equal('simulator'));
  it('takes the strictest for a rail nobody described', () => expect(named({ rail: 'carrier-pigeon', on })).to.equal('strictest'));
  it('takes the strictest for a rail of another country', () => expect(named({ rail: 'ach', country: 'FR', on })).to.equal('strictest'));
  it('takes the pack of the lender type before the one for all', () => {
    expect(named({ rail: 'ach', country: 'US', lenderType: 'highCost', on })).to.equal('us-ach-covered');
    expect(named({ rail: 'ach', country: 'US', lenderType: 'bank', on })).to.equal('us-ach');
  });
  it('takes the strictest before the first pack of a rail is in force', () => {
    expect(named({ rail: 'upi-autopay', on: day('2025-07-31') })).to.equal('strictest');
    expect(named({ rail: 'upi-autopay', on: day('2025-08-01') })).to.equal('upi-autopay');
  });
  it('takes the newest pack in force, and keeps the old one by name', () => {
    const old = packs.byName('simulator', '2026-11')!;
    const young = { ...old, version: '2027-01', validFrom: day('2027-01-01') };
    const both = rulePacks([...packs.all, young]);
    expect(both.packFor({ rail: 'simulator', on: day('2026-12-31') }).version).to.equal('2026-11');
    expect(both.packFor({ rail: 'simulator', on: day('2027-01-01') }).version).to.equal('2027-01');
    expect(both.byName('simulator', '2026-11')).to.equal(old);
    expect(both.byName('simulator', '1999')).to.equal(undefined);
  });
  it('refuses two packs of one name and version', () =>
    expect(() => rulePacks([...packs.all, packs.all[0]!])).to.throw(/give one another version/));
});

describe('reading a rule pack', () => {
  const good = (over = ''): string =>
    `name: x\nversion: "1"\ntitle: t\nrail: r\ncountry: "*"\nlenderTypes: []\ncurrencies: []\nvalidFrom: 2026-01-01\nsources: [s]\nnotice: null\nwindows: []\nbusinessDaysOnly: false\ncalendar: everyday\nearlyDays: 0\nlateDays: null\nstepDown: forbidden\nstepDownSource: s\nsplit: false\noneSuccessPerCycle: false\nperDebitMax: null\nminGapHours: 0\nneverAfter: []\npenaltyAllowed: true\nexamples: [{name: a, given: {}, expect: permit}, {name: b, given: {}, expect: permit}, {name: c, given: {}, expect: permit}]\n${over}`;
  const fault = (text: string): string => {
    try {
      readRulePack('bad.yaml', text);
    } catch (error) {
      expect(error).to.be.instanceOf(InvalidInput);
      return (error as Error).message;
    }
    return 'accepted';
  };
  it('accepts a sound one', () => expect(readRulePack('x.yaml', good()).zone).to.equal(null));
  it('refuses a key it does not know, by name', () => expect(fault(good('earlyDay: 3\n'))).to.match(/bad\.yaml: earlyDay: no such key/));
  it('names a missing key', () => expect(fault(good().replace('earlyDays: 0\n', ''))).to.match(/bad\.yaml: earlyDays: it is missing/));
  it('names the path of a bad value in a list', () =>
    expect(fault(good('limits: [{code: a, per: cycle, counts: attempts, max: -1, withinDays: null, source: s}]\n'))).to.match(
      /bad\.yaml: limits\[0\]\.max must be/,
    ));
  it('refuses a limit that takes the name of a rule of the gate', () =>
    expect(fault(good('limits: [{code: window, per: cycle, counts: attempts, max: 1, withinDays: null, source: s}]\n'))).to.match(
      /limits\[0\]\.code.*choose another/,
    ));
  it('refuses a window over midnight', () =>
    expect(fault(good().replace('windows: []', 'windows: [{from: "22:00", to: "06:00"}]'))).to.match(
      /windows\[0\].*write a stretch over midnight as two/,
    ));
  it('refuses parts on a rail that takes one success a cycle', () =>
    expect(fault(good().replace('split: false', 'split: true').replace('oneSuccessPerCycle: false', 'oneSuccessPerCycle: true'))).to.match(
      /set split: false/,
    ));
  it('refuses text that is not YAML', () => expect(fault('name: [')).to.match(/bad\.yaml: not YAML/));
  it('refuses a number written as text', () =>
    expect(fault(good().replace('earlyDays: 0', 'earlyDays: "0"'))).to.match(/bad\.yaml: earlyDays must be a number/));
});
