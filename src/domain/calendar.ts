/** Bank days as dated data: weekday rule, holidays, and the weekend days that are worked in exchange (调休). */
import type { BusinessDate } from './clock.ts';

export interface Calendar {
  readonly name: string;
  readonly zone: string;
  /** First and last day the data speaks of; outside it `isBusinessDay` falls back to the weekday rule. */
  readonly covers: Readonly<{ from: BusinessDate; to: BusinessDate }>;
  isBusinessDay(date: BusinessDate): boolean;
  /** The first business day on or after `date`. */
  onOrAfter(date: BusinessDate): BusinessDate;
  onOrBefore(date: BusinessDate): BusinessDate;
  /** `days` business days later (earlier when negative), counted from `date`. */
  addBusinessDays(date: BusinessDate, days: number): BusinessDate;
}

export type HolidayPolicy = 'none' | 'following' | 'preceding' | 'modifiedFollowing';
