/** A state machine is a table: from state, by event, to state. One checker holds every table at start, one fold replays a history. */
import { IllegalTransition } from './errors.ts';

export type Machine<S extends string, E extends string> = Readonly<{
  name: string;
  initial: readonly S[];
  table: Readonly<Record<S, Readonly<Partial<Record<E, S>>>>>;
}>;

/** The state after `event`; throws IllegalTransition where the table has none. */
export function next<S extends string, E extends string>(machine: Machine<S, E>, from: S, event: E): S {
  const to = machine.table[from]?.[event];
  if (!to) throw new IllegalTransition(machine.name, from, event);
  return to;
}

/** What is wrong with a table, in words: unknown targets and states that no initial state reaches. Empty when sound. */
export function faultsOf<S extends string, E extends string>(machine: Machine<S, E>): string[] {
  const faults: string[] = [];
  const seen = new Set<string>(machine.initial);
  const open: string[] = [...machine.initial];
  for (const state of machine.initial)
    if (!(state in machine.table)) faults.push(`${machine.name}: initial state ${state} is not in the table`);
  while (open.length) {
    const moves = machine.table[open.pop() as S] ?? {};
    for (const [event, to] of Object.entries(moves) as [string, S][]) {
      if (!(to in machine.table)) faults.push(`${machine.name}: ${event} leads to unknown state ${to}`);
      else if (!seen.has(to)) {
        seen.add(to);
        open.push(to);
      }
    }
  }
  for (const state of Object.keys(machine.table)) if (!seen.has(state)) faults.push(`${machine.name}: ${state} cannot be reached`);
  return faults;
}
