/** The simulated bank: the reference implementation of the channel port, and the truth that demos, tests and audits are held against. */
import type { SimulatorBank, SimulatorBankOptions } from './types.ts';

export { openBook } from './book.ts';
export { MAGIC } from './magic.ts';
export { SCENARIOS, type ScenarioName, type ScenarioTarget } from './scenarios.ts';
export * from './types.ts';

/** Opens the bank on its own `simbank_` collections, making them and their indexes where they are missing. */
export declare function openSimulatorBank(options: SimulatorBankOptions): Promise<SimulatorBank>;
