/** Lets so many in at a time, and of one owner no more than a share of them. Whoever waits is let in owner by owner, in turn. */
export class FairGate {
  readonly #share: number;
  #free: number;
  /** Owners who wait, the next one first; and who of theirs waits. */
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #inside = new Map<string, number>();

  constructor(capacity: number, share: number) {
    this.#free = capacity;
    this.#share = share;
  }

  /** How many wait. */
  get waiting(): number {
    let sum = 0;
    for (const queue of this.#waiting.values()) sum += queue.length;
    return sum;
  }

  /** Takes a place where there is one and nobody waits; gives what frees it. */
  tryEnter(owner: string): (() => void) | undefined {
    const inside = this.#inside.get(owner) ?? 0;
    if (this.#free === 0 || this.#waiting.size > 0 || inside >= this.#share) return undefined;
    this.#free -= 1;
    this.#inside.set(owner, inside + 1);
    return this.#leaving(owner);
  }

  /** Waits for a place; gives what frees it. Rejects with the signal's reason where it aborts before, and then takes none. */
  enter(owner: string, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const begin = () => {
        signal.removeEventListener("abort", giveUp);
        resolve(this.#leaving(owner));
      };
      const giveUp = () => {
        this.#remove(owner, begin);
        reject(signal.reason);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      const queue = this.#waiting.get(owner);
      if (queue) queue.push(begin);
      else this.#waiting.set(owner, [begin]);
      this.#admit();
    });
  }

  #leaving(owner: string): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#free += 1;
      const others = (this.#inside.get(owner) ?? 1) - 1;
      if (others > 0) this.#inside.set(owner, others);
      else this.#inside.delete(owner);
      this.#admit();
    };
  }

  #admit(): void {
    while (this.#free > 0) {
      const next = [...this.#waiting.keys()].find((owner) => (this.#inside.get(owner) ?? 0) < this.#share);
      if (next === undefined) return;
      const queue = this.#waiting.get(next) ?? [];
      const begin = queue.shift();
      this.#waiting.delete(next);
      if (queue.length > 0) this.#waiting.set(next, queue); // behind the others
      this.#free -= 1;
      this.#inside.set(next, (this.#inside.get(next) ?? 0) + 1);
      begin?.();
    }
  }

  #remove(owner: string, begin: () => void): void {
    const queue = (this.#waiting.get(owner) ?? []).filter((one) => one !== begin);
    if (queue.length > 0) this.#waiting.set(owner, queue);
    else this.#waiting.delete(owner);
  }
}
