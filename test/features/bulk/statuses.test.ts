import { expect, it } from "vitest";
import type { UserStatus } from "../../../src/features/users/user.entity.ts";
import { LIFECYCLE, OPERATIONS, STATUSES } from "../../../src/features/users/user.lifecycle.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { settled } from "../retention/support.ts";
import { apply, byPerson, plan } from "./support.ts";

const file = gatewayForFile();

it("a plan takes every step that the lifecycle's table allows, from every status, and no other", async () => {
  const { gateway } = file;
  for (const operation of OPERATIONS) {
    const people = new Map<UserStatus, string>();
    for (const status of STATUSES) people.set(status, (await settled(gateway, status, 1)).ids[0] as string);
    const change = { status: { operation: operation.toUpperCase() } };
    const planned = await plan(gateway, { userIds: [...people.values()] }, change);
    const found = byPerson(planned);
    const { from, to } = LIFECYCLE[operation];
    for (const [status, id] of people) {
      // Who is so already is no error of a plan.
      const otherwise = status === to ? ["UNCHANGED", undefined] : ["ERROR", "ILLEGAL_TRANSITION"];
      expect([operation, status, found.get(id)?.finding, found.get(id)?.problem?.code]).toEqual([
        operation,
        status,
        ...(from.includes(status) ? ["CHANGE", undefined] : otherwise),
      ]);
    }
    await apply(gateway, planned.id);
    const { nodes } = await gateway.run("query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { id status } } }", {
      ids: [...people.values()],
    });
    const now = new Map(nodes.map(({ id, status }: { id: string; status: string }) => [id, status]));
    const target = to === "BEFORE" ? "INACTIVE" : to;
    for (const [status, id] of people)
      expect([operation, status, now.get(id)]).toEqual([operation, status, from.includes(status) ? target : status]);
  }
});
