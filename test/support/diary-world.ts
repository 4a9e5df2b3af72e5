/** Worlds in which something happens at the worst moment: between intent and call, between call and record, or at the bank. */
import type { Channel } from '../../src/channels/channel.ts';
import type { ChannelProfile } from '../../src/domain/channel-profile.ts';
import type { World } from '../../src/flows/world.ts';
import type { TestHouse } from './house.ts';

/** The simulated bank's channel with some of its answers replaced. */
export function withChannel(world: World, change: (channel: Channel) => Partial<Channel>): World {
  const channel = world.channels.get('simulator') as Channel;
  return { ...world, channels: new Map([['simulator', { ...channel, ...change(channel) }]]) };
}

/** The house's own bank under other limits. */
export function withProfile(house: TestHouse, change: Partial<ChannelProfile>): void {
  const channel = house.world.channels.get('simulator') as Channel;
  (house.world.channels as Map<string, Channel>).set('simulator', { ...channel, profile: { ...channel.profile, ...change } });
}

/** Intents are down and acknowledged, `act` runs, then the worker looks again. */
export function between(world: World, act: () => Promise<unknown>): World {
  const { work } = world.store;
  const insertIntents: typeof work.insertIntents = async (intents, claim) => {
    const result = await work.insertIntents(intents, claim);
    await act();
    return result;
  };
  return { ...world, store: { ...world.store, work: { ...work, insertIntents } } };
}

/** The worker is killed once its intents are down, before any call. */
export const killedBeforeTheCall = (world: World): World =>
  between(world, async () => {
    throw new Error('killed');
  });

/** The bank hears of the debit, and the worker is killed before it can record the answer. */
export function killedAfterTheCall(world: World): World {
  let called = false;
  const heard = withChannel(world, (channel) => ({
    debit: async (request) => {
      called = true;
      return channel.debit(request);
    },
  }));
  const transact: World['store']['transact'] = async (body) => {
    if (called) throw new Error('killed');
    return world.store.transact(body);
  };
  return { ...heard, store: { ...world.store, transact } };
}
