/** What may be kept of readings that many ask for at the same time. */
export interface SharedLimits<T> {
  readings: number;
  /** Of all of them together, by what each weighs. */
  characters: number;
  weigh(found: T): number;
}

/**
 * Readings that are made once for all who ask for the same at the same time. The latest are kept for those who come a moment later, within the limits:
 * one that is heavier than they allow is shared by those who wait for it alone.
 */
export class SharedReadings<T> {
  readonly #limits: SharedLimits<T>;
  readonly #kept = new Map<string, { reading: Promise<T>; weight: number }>();

  constructor(limits: SharedLimits<T>) {
    this.#limits = limits;
  }

  /** What stands under the key, or else what is read. What fails is read again by whoever asks next. */
  read(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(key);
    if (known) return known.reading;
    const made = { reading: read(), weight: 0 };
    this.#kept.set(key, made);
    this.#trim();
    made.reading.then(
      (found) => {
        made.weight = this.#limits.weigh(found);
        this.#trim();
      },
      () => {
        if (this.#kept.get(key) === made) this.#kept.delete(key);
      },
    );
    return made.reading;
  }

  clear(): void {
    this.#kept.clear();
  }

  #trim(): void {
    const { readings, characters } = this.#limits;
    let weight = 0;
    for (const one of this.#kept.values()) weight += one.weight;
    for (const [key, one] of this.#kept) {
      if (this.#kept.size <= readings && weight <= characters) return;
      this.#kept.delete(key);
      weight -= one.weight;
    }
  }
}
