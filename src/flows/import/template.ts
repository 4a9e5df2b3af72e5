/** A sample file: the same lines for the same seed, and every row of it imports. */
import { addDays, type BusinessDate, businessDate } from '../../domain/clock.ts';
import { METHODS } from '../../domain/schedule.ts';
import { COLUMNS } from './csv.ts';

const FAMILY = '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗';
const GIVEN = '伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰';
const PREFIXES = ['134', '135', '136', '137', '138', '139', '150', '158', '186', '188'];
const FIRST_DUE = businessDate('2027-01-05');
const RATES = ['0.008', '0.01', '0.012', '0.015', '0.02'];
const COUNTS = [3, 6, 9, 12, 24];

/** A small repeatable generator (mulberry32): whole numbers from 0 to below `n`. */
function chance(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** Header first, then `rows` lines, without line ends. Each row is another borrower with another account. */
export function* template(rows: number, seed: number): Generator<string> {
  yield COLUMNS.join(',');
  const draw = chance(seed);
  const one = <T>(list: ArrayLike<T>): T => list[draw(list.length)] as T;
  for (let n = 1; n <= rows; n++) {
    const principal = (draw(196) + 5) * 10_000;
    const count = one(COUNTS);
    const dueDate: BusinessDate = addDays(FIRST_DUE, draw(60));
    const number = String(n).padStart(7, '0');
    const values: Record<(typeof COLUMNS)[number], string> = {
      externalId: `L-${seed}-${number}`,
      borrowerExternalId: `B-${seed}-${number}`,
      name: one(FAMILY) + one(GIVEN) + (draw(2) ? one(GIVEN) : ''),
      phone: `+86${one(PREFIXES)}${String(draw(100_000_000)).padStart(8, '0')}`,
      language: 'zh',
      rail: 'simulator',
      account: `622202${number}${String(draw(1_000_000)).padStart(6, '0')}`,
      perDebitCap: String(principal * 2),
      currency: 'CNY',
      strategy: 'standard',
      principal: String(principal),
      monthlyRate: one(RATES),
      count: String(count),
      method: one(METHODS),
      dueDate,
    };
    yield COLUMNS.map((c) => values[c]).join(',');
  }
}
