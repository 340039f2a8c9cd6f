import type { FactSet } from "./predicate-index-fact-set.ts";
import { doubled } from "./predicate-index-integers.ts";

const START = 1 << 10;
/** Going through an event's own pairs costs as much as asking for so many guards: they lie anywhere in memory. */
const WALK = 4;

/** Bits of the summary for each place of the table: with half of the places taken, one pair in eight that is absent looks present. */
const SUMMARY_BITS = 4;

const zeros = (length = START): Int32Array<ArrayBuffer> => new Int32Array(length);

/**
 * A number for each pair of an event and a guard, 0 where there is none. Pairs are numbered and found by a hash table; those of one event are
 * linked. Most pairs that are looked up are absent: of an event with few pairs, 64 bits beside it say so of most guards; of others a summary of one bit
 * for each pair does, without reading the table, which is too large for a processor's cache. A pair that came to nothing keeps its place until the table grows.
 */
export class Pairs {
  #table = zeros();
  #summary = zeros((START * SUMMARY_BITS) / 32);
  #count = 1;
  /** By pair, side by side, since they are read together: its event, its guard, its number, and the next pair of the event. */
  #pair = zeros(START * 4);
  /** By event, side by side: its first pair, how many it has, and the bits of their guards. */
  #events = zeros();

  get(event: number, guard: number): number {
    const hash = hashOf(event, guard);
    return this.#isSummed(hash) ? (this.#pair[this.#pairAt(this.#placeOf(event, guard, hash)) * 4 + 2] as number) : 0;
  }

  set(event: number, guard: number, number: number): void {
    const pair = this.#pairAt(this.#placeOf(event, guard, hashOf(event, guard)));
    if (pair !== 0) this.#pair[pair * 4 + 2] = number;
    else if (number !== 0) this.#add(event, guard, number);
  }

  /** Calls with the numbers of the event's pairs with these guards; goes through the guards or through the event's pairs, whichever are fewer. */
  visit(event: number, guards: FactSet, found: (number: number) => void): void {
    const count = this.#events[event * 4 + 1] ?? 0;
    if (count === 0) return;
    if (count * WALK < guards.list.length) {
      for (let pair = this.#events[event * 4] as number; pair !== 0; pair = this.#pair[pair * 4 + 3] as number) {
        const number = this.#pair[pair * 4 + 2] as number;
        if (number !== 0 && guards.has(this.#pair[pair * 4 + 1] as number)) found(number);
      }
      return;
    }
    const [low, high] = [this.#events[event * 4 + 2] as number, this.#events[event * 4 + 3] as number];
    for (const guard of guards.list) {
      const bit = guardBit(guard);
      if (((bit < 32 ? low : high) & (1 << (bit & 31))) === 0) continue;
      const number = this.get(event, guard);
      if (number !== 0) found(number);
    }
  }

  #pairAt(place: number): number {
    return this.#table[place] as number;
  }

  /** Where the pair stands in the table, or the free place where it would. */
  #placeOf(event: number, guard: number, hash: number): number {
    const mask = this.#table.length - 1;
    let place = hash & mask;
    for (;;) {
      const pair = this.#table[place] as number;
      if (pair === 0 || (this.#pair[pair * 4] === event && this.#pair[pair * 4 + 1] === guard)) return place;
      place = (place + 1) & mask;
    }
  }

  #isSummed(hash: number): boolean {
    const bit = summaryBit(hash) & (this.#summary.length * 32 - 1);
    return ((this.#summary[bit >>> 5] as number) & (1 << (bit & 31))) !== 0;
  }

  #add(event: number, guard: number, number: number): void {
    if (this.#count * 2 > this.#table.length) this.#grow();
    if (this.#count * 4 === this.#pair.length) this.#pair = doubled(this.#pair);
    while (event * 4 >= this.#events.length) this.#events = doubled(this.#events);
    const pair = this.#count++;
    const hash = hashOf(event, guard);
    this.#table[this.#placeOf(event, guard, hash)] = pair;
    const bit = summaryBit(hash) & (this.#summary.length * 32 - 1);
    this.#summary[bit >>> 5] = (this.#summary[bit >>> 5] as number) | (1 << (bit & 31));
    this.#pair[pair * 4] = event;
    this.#pair[pair * 4 + 1] = guard;
    this.#pair[pair * 4 + 2] = number;
    this.#pair[pair * 4 + 3] = this.#events[event * 4] as number;
    this.#events[event * 4] = pair;
    this.#events[event * 4 + 1] = (this.#events[event * 4 + 1] as number) + 1;
    const guardsAt = event * 4 + (guardBit(guard) < 32 ? 2 : 3);
    this.#events[guardsAt] = (this.#events[guardsAt] as number) | (1 << (guardBit(guard) & 31));
  }

  /** Numbers the pairs anew, without those that came to nothing; where few are left, the table keeps its length. */
  #grow(): void {
    const [pairs, last, { length }] = [this.#pair, this.#count, this.#table];
    let left = 0;
    for (let pair = 1; pair < last; pair++) if (pairs[pair * 4 + 2] !== 0) left++;
    const places = left * 4 > length ? length * 2 : length;
    this.#table = zeros(places);
    this.#summary = zeros((places * SUMMARY_BITS) / 32);
    this.#pair = zeros(pairs.length);
    this.#events.fill(0);
    this.#count = 1;
    for (let pair = 1; pair < last; pair++)
      if (pairs[pair * 4 + 2] !== 0)
        this.#add(pairs[pair * 4] as number, pairs[pair * 4 + 1] as number, pairs[pair * 4 + 2] as number);
  }
}

function hashOf(event: number, guard: number): number {
  const mixed = Math.imul(event, 0x9e3779b1) ^ Math.imul(guard + 1, 0x85ebca6b);
  const spread = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return spread ^ (spread >>> 13);
}

/** Which of the 64 bits beside an event stands for a guard. */
const guardBit = (guard: number): number => Math.imul(guard, 0x9e3779b1) >>> 26;

/** Bits of the hash that the place in the table does not use alone. */
const summaryBit = (hash: number): number => Math.imul(hash, 0x297a2d39) >>> 4;
