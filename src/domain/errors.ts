/** Errors carry facts. `code` names the fact for good; `src/api/errors.ts` alone turns codes into HTTP. */

/** One thing wrong with an input: `pointer` is a JSON pointer ('' for the whole), `message` says the fault and the cure. */
export type Fault = Readonly<{ pointer: string; code: string; message: string }>;

/** An expected "no": something the caller can mend. Anything else that is thrown is our own mistake. */
export class DulyError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
    readonly faults: readonly Fault[] = [],
  ) {
    super(message);
    this.name = new.target.name;
  }
}

export class IllegalTransition extends DulyError {
  constructor(machine: string, from: string, event: string) {
    super('ILLEGAL_TRANSITION', `${machine} in state ${from} does not take ${event}`, { machine, from, event });
  }
}

export class NotFound extends DulyError {
  constructor(noun: string, id: string) {
    super('NOT_FOUND', `no ${noun} ${id}`, { noun, id });
  }
}

export class Conflict extends DulyError {}

export class InvalidInput extends DulyError {
  constructor(faults: readonly Fault[], message = faults[0]?.message ?? 'the input is not valid') {
    super('INVALID_INPUT', message, {}, faults);
  }
}
