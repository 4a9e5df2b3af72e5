/** Where a file comes from: a channel, or an account of ours; and what a file of it must agree with. */
import { bankDayOf, type ChannelProfile } from '../../domain/channel-profile.ts';
import { type BusinessDate, dateIn } from '../../domain/clock.ts';
import { InvalidInput } from '../../domain/errors.ts';
import type { ImportWorld } from '../import-statement.ts';
import type { StatementReader } from './reader.ts';

export type SourceOf = Readonly<{ kind: 'channel' | 'account'; source: string }>;

export type Source = SourceOf &
  Readonly<{
    /** The channel itself, or the one whose money arrives on the account. */
    profile: ChannelProfile;
    reader: StatementReader;
    /** The last day that can have begun there. */
    today: BusinessDate;
  }>;

const invalid = (pointer: string, code: string, message: string): InvalidInput => new InvalidInput([{ pointer, code, message }]);

/** `format` null: the one that the source's profile names. Throws InvalidInput for a source or format that nobody knows. */
export function sourceOf(world: ImportWorld, { kind, source }: SourceOf, format: string | null): Source {
  const profiles = [...world.channels.values()].map((c) => c.profile);
  const profile = profiles.find((p) => (kind === 'channel' ? p.name === source : p.statement?.account === source));
  if (!profile) {
    const known = [...new Set(profiles.map((p) => (kind === 'channel' ? p.name : p.statement?.account)))].filter(Boolean).sort();
    throw invalid(
      `/query/${kind}`,
      'UNKNOWN_SOURCE',
      `there is no ${kind} '${source.slice(0, 60)}' here: it is one of ${known.join(', ')}`,
    );
  }
  const wanted = format ?? formatOf(world, profile, kind);
  const reader = world.readers.get(wanted);
  if (reader?.kind !== kind) {
    const known = [...world.readers.values()].filter((r) => r.kind === kind).map((r) => r.format);
    const says = `there is no ${kind} statement format '${wanted.slice(0, 60)}': it is one of ${known.sort().join(', ')}`;
    throw invalid('/query/format', 'UNKNOWN_FORMAT', says);
  }
  const now = world.clock.now();
  return { kind, source, profile, reader, today: kind === 'channel' ? bankDayOf(profile, now) : dateIn(now, profile.zone) };
}

/** An account's files are told from its channel's by their own format, or are the banks' common one. */
function formatOf(world: ImportWorld, { statement }: ChannelProfile, kind: SourceOf['kind']): string {
  const format = statement?.format ?? '';
  if (kind === 'channel') return format;
  return world.readers.has(`${format}-account`) ? `${format}-account` : 'camt-account';
}
