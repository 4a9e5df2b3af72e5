import { expect } from 'chai';
import { loadStrategies } from '../../config/strategies.ts';
import type { Channel } from '../../src/channels/channel.ts';
import type { ChannelProfile } from '../../src/domain/channel-profile.ts';
import type { InvalidInput } from '../../src/domain/errors.ts';
import { type PlanInput, readPlanInput } from '../../src/flows/plan-input.ts';
import { planBody } from './bodies.ts';

const profile = { name: 'simulator', rails: ['simulator'] } as unknown as ChannelProfile;
const WORLD = { strategies: loadStrategies(), channels: new Map([['simulator', { profile } as Channel]]) };
const read = (body: unknown): PlanInput => readPlanInput(body, WORLD);

function faultsOf(body: unknown): InvalidInput['faults'] {
  try {
    read(body);
  } catch (error) {
    if ((error as InvalidInput).faults) return (error as InvalidInput).faults;
    throw error;
  }
  throw new Error('it was let through');
}
const row = (change: object) => planBody({ instalments: [{ dueDate: '2026-01-25', principal: 1, interest: 0, ...change }] });
const parsed = (text: string): unknown => JSON.parse(text);

describe('reading a plan', () => {
  it('takes the body of the handbook and fills in what was left out', () => {
    const input = read(planBody());
    expect(input.mandates[0]).to.include({ rail: 'simulator', perDebitCap: 500000, dailyCap: null, amountKind: 'maximum' });
    expect(input.instalments?.[1]).to.deep.equal({ dueDate: '2026-02-25', principal: 93396, interest: 16620, fee: 0 });
    expect(input.terms).to.equal(null);
    expect(input.paydayDeclared).to.equal(null);
  });

  it('takes generated terms, ids instead of bodies, and several ranked mandates', () => {
    const { borrower: _b, mandate, instalments: _i, ...rest } = planBody();
    const terms = { principal: 1200000, monthlyRate: '0.015', count: 12, method: 'levelPayment', firstDueDate: '2027-01-25' };
    const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
    expect(read({ ...rest, borrowerId: `brw_${id}`, mandateId: `mnd_${id}`, terms }).mandateIds).to.deep.equal([`mnd_${id}`]);
    const two = [mandate, { ...(mandate as object), account: '6222020000000000027' }];
    expect(read({ ...rest, borrowerId: `brw_${id}`, mandates: two, terms }).mandates.map((m) => m.account.slice(-4))).to.deep.equal([
      '0019',
      '0027',
    ]);
  });

  const amounts: readonly (readonly [unknown, string])[] = [
    ['1e3', 'NOT_A_NUMBER'],
    ['0x10', 'NOT_A_NUMBER'],
    [' 12 ', 'NOT_A_NUMBER'],
    ['', 'NOT_A_NUMBER'],
    [true, 'NOT_A_NUMBER'],
    [null, 'NOT_A_NUMBER'],
    [{ $gt: 0 }, 'NOT_A_NUMBER'],
    [-1, 'TOO_SMALL'],
    [-0, 'MINUS_ZERO'],
    [0.1, 'NOT_WHOLE'],
    [9007199254740992, 'TOO_LARGE'],
    [1e300, 'TOO_LARGE'],
    [Number.POSITIVE_INFINITY, 'TOO_LARGE'],
    [Number.NaN, 'NOT_A_NUMBER'],
  ];
  for (const [amount, code] of amounts)
    it(`refuses ${Object.is(amount, -0) ? '-0' : typeof amount === 'string' ? JSON.stringify(amount) : String(amount)} as an amount`, () => {
      const [fault] = faultsOf(row({ principal: amount }));
      expect(fault).to.include({ pointer: '/instalments/0/principal', code });
      expect(fault?.message).to.match(/^instalments\.0\.principal .+: .+/);
    });

  it('takes 0 for one component and refuses a row that owes nothing at all', () => {
    expect(read(row({ interest: 0 })).instalments?.[0]?.interest).to.equal(0);
    expect(faultsOf(row({ principal: 0 }))[0]).to.include({ pointer: '/instalments/0/principal', code: 'NOTHING_DUE' });
  });

  it('refuses rows that together cannot be held exactly', () => {
    const rows = ['2026-01-25', '2026-02-25'].map((dueDate) => ({ dueDate, principal: Number.MAX_SAFE_INTEGER, interest: 0 }));
    expect(faultsOf(planBody({ instalments: rows }))[0]).to.include({ pointer: '/instalments', code: 'TOO_LARGE' });
  });

  it('refuses rows out of order and two on one day', () => {
    const rows = ['2026-02-25', '2026-01-25', '2026-01-25'].map((dueDate) => ({ dueDate, principal: 1, interest: 0 }));
    expect(faultsOf(planBody({ instalments: rows })).map((f) => [f.pointer, f.code])).to.deep.equal([
      ['/instalments/1/dueDate', 'NOT_IN_ORDER'],
      ['/instalments/2/dueDate', 'NOT_IN_ORDER'],
    ]);
  });

  const others: readonly (readonly [string, Record<string, unknown>, string, string])[] = [
    ['30 February', { instalments: [{ dueDate: '2027-02-30', principal: 1 }] }, '/instalments/0/dueDate', 'NOT_A_DAY'],
    ['no instalments', { instalments: [] }, '/instalments', 'TOO_FEW'],
    ['an unknown currency', { currency: 'ZZZ' }, '/currency', 'UNKNOWN_CURRENCY'],
    ['a currency in small letters', { currency: 'cny' }, '/currency', 'UNKNOWN_CURRENCY'],
    ['an unknown strategy', { strategy: 'no-such' }, '/strategy', 'UNKNOWN_STRATEGY'],
    ['an unknown field', { paid: 1 }, '/paid', 'UNKNOWN_FIELD'],
    ['a lender in the body', { lenderId: 'lnd_1' }, '/lenderId', 'UNKNOWN_FIELD'],
    ['an operator for a string', { externalId: { $ne: null } }, '/externalId', 'NOT_TEXT'],
    ['a list for a string', { externalId: ['a'] }, '/externalId', 'NOT_TEXT'],
    ['a string for an object', { borrower: 'x' }, '/borrower', 'NOT_AN_OBJECT'],
    ['an external id with blanks', { externalId: 'L 1' }, '/externalId', 'BAD_FORMAT'],
    ['an external id that a spreadsheet would run', { externalId: '=1+1' }, '/externalId', 'BAD_FORMAT'],
    ['an external id of 101 characters', { externalId: 'x'.repeat(101) }, '/externalId', 'TOO_LONG'],
    ['a payday on the 32nd', { paydayDeclared: 32 }, '/paydayDeclared', 'TOO_LARGE'],
    ['metadata that is no text', { metadata: { a: 1 } }, '/metadata/a', 'NOT_TEXT'],
    ['two sets of rows', { terms: { principal: 1 } }, '', 'EXCLUSIVE'],
    ['borrower and borrowerId', { borrowerId: 'brw_01ARZ3NDEKTSV4RRFFQ69G5FAV' }, '', 'EXCLUSIVE'],
  ];
  for (const [name, change, pointer, code] of others)
    it(`refuses ${name}`, () => {
      expect(faultsOf(planBody(change)).map((f) => [f.pointer, f.code])).to.deep.include([pointer, code]);
    });

  const inside: readonly (readonly [string, object, string, string])[] = [
    ['borrower', { name: 'a'.repeat(50_000) }, '/borrower/name', 'TOO_LONG'],
    ['borrower', { name: 'a\u0000b' }, '/borrower/name', 'UNPRINTABLE'],
    ['borrower', { name: 'abc\u202Edef' }, '/borrower/name', 'UNPRINTABLE'],
    ['borrower', { phone: 'abc' }, '/borrower/phone', 'BAD_PHONE'],
    ['borrower', { phone: '+861' }, '/borrower/phone', 'BAD_PHONE'],
    ['borrower', { phone: '13800138000' }, '/borrower/phone', 'BAD_PHONE'],
    ['borrower', { language: 'xx' }, '/borrower/language', 'NOT_ALLOWED'],
    ['mandate', { account: '12345' }, '/mandate/account', 'BAD_FORMAT'],
    ['mandate', { account: '６２２２０２００００' }, '/mandate/account', 'BAD_FORMAT'],
    ['mandate', { account: 6222020000000000 }, '/mandate/account', 'NOT_TEXT'],
    ['mandate', { rail: 'carrier-pigeon' }, '/mandate/rail', 'UNKNOWN_RAIL'],
    ['mandate', { perDebitCap: 0 }, '/mandate/perDebitCap', 'TOO_SMALL'],
    ['mandate', { channels: ['nowhere'] }, '/mandate/channels/0', 'UNKNOWN_CHANNEL'],
    ['mandate', { validFrom: '2026-02-01', validTo: '2026-01-01' }, '/mandate/validTo', 'BEFORE_START'],
  ];
  for (const [part, change, pointer, code] of inside)
    it(`refuses a ${part} with ${JSON.stringify(change).slice(0, 60)}`, () => {
      const body = planBody();
      expect(faultsOf({ ...body, [part]: { ...(body[part] as object), ...change } }).map((f) => [f.pointer, f.code])).to.deep.include([
        pointer,
        code,
      ]);
    });

  it('takes an IBAN as an account and an amount of one minor unit', () => {
    const input = read(planBody({ mandate: { rail: 'simulator', account: 'DE89370400440532013000' } }));
    expect(input.mandates[0]?.account).to.equal('DE89370400440532013000');
  });

  it('refuses keys that reach into a prototype, and leaves the prototype alone', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const body = parsed(`{"${key}":{"x":1},"externalId":"p"}`);
      expect(faultsOf(body)[0]).to.include({ pointer: `/${key}`, code: 'UNKNOWN_FIELD' });
    }
    expect(({} as { x?: number }).x).to.equal(undefined);
    expect(faultsOf({ ...planBody(), metadata: parsed('{"__proto__":"x"}') })[0]).to.include({ pointer: '/metadata/__proto__' });
  });

  it('refuses what is nested too deeply, null, a list and a number, each with a fault', () => {
    let deep: unknown = 1;
    for (let n = 0; n < 1000; n++) deep = { a: deep };
    expect(faultsOf(deep)[0]?.code).to.equal('TOO_DEEP');
    for (const body of [null, [], 1, 'x', undefined]) expect(faultsOf(body)[0]?.pointer).to.equal('');
  });

  it('answers at most twenty faults, however many there are', () => {
    const rows = Array.from({ length: 100 }, () => ({ dueDate: 'soon', principal: -1 }));
    expect(faultsOf(planBody({ instalments: rows }))).to.have.length(20);
  });
});
