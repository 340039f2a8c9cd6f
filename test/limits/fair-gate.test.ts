import { describe, expect, it } from "vitest";
import { FairGate } from "../../src/database/fair-gate.ts";

/*
 * Who is let in when: by counts and by order, never by the clock.
 */

const open = new AbortController().signal;

/** Lets everybody in who was asked for, one after another, and tells in which order. */
async function orderOf(gate: FairGate, owners: readonly string[]): Promise<string[]> {
  const order: string[] = [];
  await Promise.all(
    owners.map(async (owner) => {
      const leave = await gate.enter(owner, open);
      order.push(owner);
      await Promise.resolve();
      leave();
    }),
  );
  return order;
}

describe("Places that are shared fairly", () => {
  it("let fifty of one wait for ten of another, turn by turn", async () => {
    const order = await orderOf(new FairGate(2, 1), [...Array(50).fill("heavy"), ...Array(10).fill("light")]);
    expect(order).toHaveLength(60);
    const lastLight = order.lastIndexOf("light");
    expect(order.slice(0, lastLight).filter((owner) => owner === "heavy").length).toBeLessThanOrEqual(11);
  });

  it("take turns also where there is one place", async () => {
    const order = await orderOf(new FairGate(1, 1), ["a", "a", "a", "a", "b", "b", "c"]);
    expect(order).toEqual(["a", "a", "b", "c", "a", "b", "a"]);
  });

  it("are never held by one owner beyond its share, though others are free", async () => {
    const gate = new FairGate(4, 2);
    const first = [await gate.enter("a", open), await gate.enter("a", open)];
    const third = gate.enter("a", open);
    expect(gate.waiting).toBe(1);
    const other = await gate.enter("b", open);
    expect(gate.waiting).toBe(1);
    first[0]?.();
    (await third)();
    for (const leave of [first[1], other]) leave?.();
    expect(gate.waiting).toBe(0);
  });

  it("are freed once, however often they are left", async () => {
    const gate = new FairGate(1, 1);
    const leave = await gate.enter("a", open);
    leave();
    leave();
    await gate.enter("a", open);
    void gate.enter("b", open);
    expect(gate.waiting).toBe(1);
  });

  it("are not waited for by who was given up, whose place in the queue is the next one's", async () => {
    const gate = new FairGate(1, 1);
    const leave = await gate.enter("a", open);
    const abort = new AbortController();
    const given = gate.enter("b", abort.signal);
    const after = gate.enter("c", open);
    abort.abort(new Error("gone"));
    await expect(given).rejects.toThrow("gone");
    expect(gate.waiting).toBe(1);
    leave();
    (await after)();
    await expect(gate.enter("b", abort.signal)).rejects.toThrow("gone");
    (await gate.enter("d", open))();
  });
});
