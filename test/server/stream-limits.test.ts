import { describe, expect, it } from "vitest";
import { Admission, STREAM_LIMITS } from "../../src/server/stream-limits.ts";

/** So many places, and a function that has somebody come from a network; what it tells of one says whether they are still there. */
function places(connections: number) {
  const admission = new Admission({ ...STREAM_LIMITS, connections });
  const come = (network: string) => {
    const told = { cut: false };
    const place = admission.enterFrom(network, () => {
      told.cut = true;
    });
    return place && Object.assign(told, place);
  };
  return { admission, come };
}

describe("Places among connections", () => {
  it("are not held against others by a network whose connections do not sign in: its oldest makes room", () => {
    const { admission, come } = places(4);
    const flood = Array.from({ length: 6 }, () => come("192.0.2.1"));
    expect(flood.map((one) => one !== undefined)).toEqual([true, true, true, true, false, false]);
    expect([come("192.0.2.2"), come("192.0.2.3")].every(Boolean)).toBe(true);
    expect(flood.map((one) => one?.cut)).toEqual([true, true, false, false, undefined, undefined]);
    expect([come("192.0.2.2"), come("192.0.2.1"), admission.open]).toEqual([undefined, undefined, 4]);
  });

  it("are given to who has signed in before a network that holds several without", () => {
    const { admission, come } = places(2);
    const [first, second] = [come("192.0.2.1"), come("192.0.2.1")];
    expect(admission.enter()).toBeTypeOf("function");
    expect([first?.cut, second?.cut, admission.enter()]).toEqual([true, false, undefined]);
  });

  it("are kept by whoever has signed in", () => {
    const { admission, come } = places(2);
    const [first, second] = [come("192.0.2.1"), come("192.0.2.1")];
    first?.known();
    second?.known();
    expect([come("192.0.2.2"), admission.enter(), first?.cut, second?.cut]).toEqual([
      undefined,
      undefined,
      false,
      false,
    ]);
    first?.leave();
    first?.leave();
    expect([come("192.0.2.2")?.cut, come("192.0.2.3"), admission.open]).toEqual([false, undefined, 2]);
  });
});
