/** Preloaded into a child process: its Date runs SHIFT_CLOCK_MS ahead, as on a machine whose clock is wrong. */
const shift = Number(process.env.SHIFT_CLOCK_MS ?? 0);
const Real = Date;
globalThis.Date = class extends Real {
  constructor(...args) {
    if (args.length === 0) super(Real.now() + shift);
    else super(...args);
  }
  static now() {
    return Real.now() + shift;
  }
};
