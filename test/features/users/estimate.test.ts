import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { userCatalogue } from "../../../src/features/users/user.fields.ts";
import { filtersOf } from "../../search/support/filters.ts";
import { machineToken, makeUnit, makeUser } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";

const file = gatewayForFile();

const ESTIMATE = `query ($filter: UserFilter!, $orderBy: [UserOrder!]) {
  estimateSearch(filter: $filter, orderBy: $orderBy) { cost maxCost accepted reasons estimatedRows } }`;
const SEARCH =
  "query ($filter: UserFilter!, $orderBy: [UserOrder!]) { users(filter: $filter, orderBy: $orderBy, first: 1) { nodes { id } } }";

interface Estimate {
  cost: number;
  maxCost: number;
  accepted: boolean;
  reasons: string[];
  estimatedRows: number | null;
}

const estimate = async (filter: object, orderBy: object[] = [], token?: string): Promise<Estimate> =>
  (await file.gateway.run(ESTIMATE, { filter, orderBy }, token)).estimateSearch;

/** Whether the search itself is carried out, and the message of its refusal. */
async function searched(
  filter: object,
  orderBy: object[],
  token?: string,
): Promise<{ accepted: boolean; message: string }> {
  const { errors } = await file.gateway.ask(SEARCH, { filter, orderBy }, token);
  return { accepted: errors === undefined, message: errors?.[0]?.message ?? "" };
}

let tokens: { partly: string; wide: string };
let north: string;
let bob: string;

beforeAll(async () => {
  const { gateway } = file;
  north = (await makeUnit(gateway)).id;
  bob = (await makeUser(gateway, { username: "bob" })).id;
  for (let i = 0; i < 30; i++) await makeUser(gateway, { orgUnitId: north, title: i % 2 ? "Engineer" : "Lead" });
  tokens = {
    partly: await machineToken(gateway, ["USER_READ", "USER_READ_CONTACT", "ORG_READ"], [north]),
    wide: await machineToken(gateway, ["USER_READ"]),
  };
});

const deep = (depth: number): object => (depth === 1 ? { title: { eq: "a" } } : { not: deep(depth - 1) });
const many = (count: number): object => ({ or: Array.from({ length: count }, () => ({ title: { eq: "a" } })) });

describe("An estimate", () => {
  test("accepts what a search accepts and refuses what it refuses, for whoever asks", async () => {
    const orders = fc.constantFrom(
      [],
      [{ field: "EMAIL" }],
      [{ attributeKey: "badge" }],
      [{}],
      Array.from({ length: 6 }, () => ({ field: "TITLE" })),
    );
    const filters = fc.oneof(
      { weight: 5, arbitrary: filtersOf(userCatalogue, 1) },
      {
        weight: 5,
        arbitrary: filtersOf(userCatalogue, 1).map((filter) => ({ and: [filter], orgUnit: { within: north } })),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          deep(12),
          deep(13),
          many(200),
          many(201),
          { status: {} },
          { manager: { eq: bob } },
          { title: { eq: "a".repeat(257) } },
        ),
      },
    );
    await fc.assert(
      fc.asyncProperty(
        filters,
        orders,
        fc.constantFrom(undefined, tokens.partly, tokens.wide),
        async (filter, orderBy, token) => {
          const { accepted, reasons, cost, maxCost, estimatedRows } = await estimate(filter, orderBy, token);
          const search = await searched(filter, orderBy, token);
          expect(accepted, search.message).toBe(search.accepted);
          expect(reasons.length > 0).toBe(!accepted);
          if (accepted) expect(cost).toBeLessThanOrEqual(maxCost);
          else expect(estimatedRows).toBeNull();
          if (reasons.length === 1) expect(reasons[0]).toBe(search.message);
        },
      ),
      { numRuns: 150, endOnFailure: true },
    );
  });

  test("counts as its cost what each user is compared with", async () => {
    expect(await estimate({})).toMatchObject({ cost: 1, accepted: true });
    expect(
      (await estimate({ status: { in: ["ACTIVE", "LOCKED"] }, title: { startsWith: "a", caseSensitive: true } })).cost,
    ).toBe(3);
    expect((await estimate(many(200), [{ field: "TITLE" }])).cost).toBe(201);
    const largest = {
      or: Array.from({ length: 20 }, () => ({ title: { in: Array.from({ length: 1000 }, () => "a") } })),
    };
    const { cost, maxCost } = await estimate(largest);
    expect(cost).toBe(20_000);
    expect(cost).toBeLessThan(maxCost);
  });

  test("says every reason, at its place in the input", async () => {
    const { accepted, reasons } = await estimate({ status: {}, and: [{ title: { in: [] }, hiredOn: {} }] });
    expect(accepted).toBe(false);
    expect(reasons).toHaveLength(2);
    expect(reasons.join("\n")).toMatch(/filter\.status: /);
    expect(reasons.join("\n")).toMatch(/filter\.and\[0\]\.hiredOn: /);
  });
});

describe("The estimated rows", () => {
  test("are a power of ten, near what the search finds", async () => {
    const { estimatedRows } = await estimate({});
    expect([10, 100, 1000]).toContain(estimatedRows);
    expect((await estimate({ id: { eq: bob } })).estimatedRows).toBe(1);
  });

  test("are told to nobody whose reading is confined", async () => {
    const { partly, wide } = tokens;
    expect((await estimate({ title: { eq: "Lead" } }, [], wide)).estimatedRows).not.toBeNull();
    expect(await estimate({ title: { eq: "Lead" } }, [], partly)).toMatchObject({
      accepted: true,
      estimatedRows: null,
    });
    expect(await estimate({ email: { eq: "x" }, orgUnit: { within: north } }, [], partly)).toMatchObject({
      accepted: true,
      estimatedRows: null,
    });
  });
});
