import { expect } from 'chai';
import Joi from 'joi';
import type { InvalidInput } from '../../src/domain/errors.ts';
import { field, readInput } from '../../src/flows/input.ts';

const SCHEMA = Joi.object({ until: field.instant() });

function codeOf(until: unknown): string | null {
  try {
    readInput(SCHEMA, { until });
    return null;
  } catch (error) {
    return (error as InvalidInput).faults[0]?.code ?? 'no fault';
  }
}

describe('an instant that a caller wrote', () => {
  it('is taken where there is such a moment, in whatever offset', () => {
    for (const good of ['2028-02-29T23:59:59.999Z', '2027-01-25T09:10+08:00', '2027-01-25T09:10:00-11:30'])
      expect(codeOf(good)).to.equal(null);
  });
  it('is refused where the calendar or the clock has none such', () => {
    for (const bad of [
      '2027-02-30T09:10:00Z',
      '2027-02-29T09:10:00Z',
      '2027-13-01T09:10:00Z',
      '2027-01-25T25:10:00Z',
      '2027-01-25T09:61:00Z',
    ])
      expect(codeOf(bad), bad).to.equal('NOT_AN_INSTANT');
  });
  it('is refused without its offset, which would leave the moment open', () => {
    expect(codeOf('2027-01-25T09:10:00')).to.equal('BAD_FORMAT');
  });
});
