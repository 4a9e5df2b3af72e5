/** When a channel's file of a day is expected, and from when on it is late: by the channel's profile and calendar. */
import type { ChannelProfile } from '../../domain/channel-profile.ts';
import { atLocal, type BusinessDate, type Instant, plusMinutes } from '../../domain/clock.ts';
import type { World } from '../world.ts';

/** On the first day of the calendar after the business day; null where the channel has no files. Throws where the calendar is unknown. */
export function expectedAt(world: Pick<World, 'calendars'>, { name, statement, zone }: ChannelProfile, day: BusinessDate): Instant | null {
  if (!statement) return null;
  const calendar = world.calendars.get(statement.calendar);
  if (!calendar) throw new Error(`channel ${name} names the calendar ${statement.calendar}, which does not exist`);
  return atLocal(calendar.addBusinessDays(day, 1), statement.readyAt, zone);
}

export const lateAt = ({ statement }: ChannelProfile, expected: Instant): Instant =>
  plusMinutes(expected, statement?.lateAfterMinutes ?? 0);
