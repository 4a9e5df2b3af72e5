/** Numbers as a person reads them, for the sentences of refusals. */
import { type Instant, timeIn } from '../clock.ts';
import { digitsOf } from '../currencies.ts';
import { localDate } from '../decide/hours.ts';

/** 110016 CNY as '1,100.16 CNY'. */
export function said(minor: number, currency: string): string {
  const digits = digitsOf(currency);
  const text = String(Math.abs(minor)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${minor < 0 ? '-' : ''}${whole}${digits ? `.${text.slice(-digits)}` : ''} ${currency}`;
}

/** '2026-11-23 09:10' in a zone. */
export const saidAt = (at: Instant, zone: string): string => `${localDate(at, zone)} ${timeIn(at, zone)}`;

export const times = (n: number): string => (n === 1 ? 'once' : n === 2 ? 'twice' : `${n} times`);
