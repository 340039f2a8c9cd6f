const BLOCK = 4_194_304;
const FIRST_PLACES = 1024;
/** What a text takes beside its bytes: its place and its length. */
const BESIDE = 12;

/** Many texts by their numbers, in UTF-8 and outside of the heap: a few bytes more than their characters take. */
export class TextStore {
  readonly #blocks: Buffer[] = [];
  #used = BLOCK;
  #places = new Float64Array(FIRST_PLACES);
  #lengths = new Uint32Array(FIRST_PLACES);
  #bytes = 0;
  #count = 0;

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** What they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a text, of at most 4 MiB; its number is how many there were. */
  add(text: string): void {
    const length = Buffer.byteLength(text);
    if (this.#used + length > BLOCK) {
      this.#blocks.push(Buffer.allocUnsafeSlow(BLOCK));
      this.#used = 0;
    }
    if (this.#count === this.#places.length) this.#grow();
    (this.#blocks.at(-1) as Buffer).write(text, this.#used);
    this.#places[this.#count] = (this.#blocks.length - 1) * BLOCK + this.#used;
    this.#lengths[this.#count++] = length;
    this.#used += length;
    this.#bytes += length + BESIDE;
  }

  #grow(): void {
    const [places, lengths] = [new Float64Array(this.#count * 2), new Uint32Array(this.#count * 2)];
    places.set(this.#places);
    lengths.set(this.#lengths);
    [this.#places, this.#lengths] = [places, lengths];
  }

  /** The text of a number; undefined where there is none. */
  get(number: number): string | undefined {
    const place = number < this.#count ? this.#places[number] : undefined;
    if (place === undefined) return undefined;
    const from = place % BLOCK;
    return this.#blocks[Math.floor(place / BLOCK)]?.toString("utf8", from, from + (this.#lengths[number] as number));
  }
}
