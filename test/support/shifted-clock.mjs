/*
 * Loaded before a process's own program: its clock of the day is off by as many milliseconds as SHIFT_MS says. What only ever goes forward, as timers
 * do, is as it was.
 */
const shift = Number(process.env.SHIFT_MS ?? 0);
const Real = Date;

class Shifted extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + shift);
    else super(...given);
  }

  static now() {
    return Real.now() + shift;
  }
}

globalThis.Date = Shifted;
