import { expect, it } from "vitest";
import { someCause } from "../../support/database.ts";
import { uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { CREATE_USER, define, person, UPDATE_USER, violationsOf } from "./support.ts";

const file = gatewayForFile({ times: { undefinedAttributes: "refused" } });

it("Where keys that nobody has defined are refused, those that stand already are left, and can be removed", async () => {
  const { gateway } = file;
  await define(gateway, { key: "desk", type: "STRING" });
  const answer = await gateway.refusal(CREATE_USER, {
    input: { username: "free", attributes: { desk: "1", free: "x" } },
  });
  expect(violationsOf(answer)).toEqual(["input.attributes.free: must be the key of an attribute that is defined."]);
  const id = await person(gateway, { desk: "1" });
  await gateway.database.write(someCause, (tx) =>
    tx.sql
      .updateTable("user_account")
      .set({ attributes: { desk: "1", free: "x" } })
      .where("id", "=", uuid(id))
      .execute(),
  );
  await gateway.run(UPDATE_USER, { input: { id, attributes: { desk: "2" } } });
  const { updateUser } = await gateway.run(UPDATE_USER, { input: { id, attributes: { free: null } } });
  expect(updateUser.user.attributes).toEqual({ desk: "2" });
});
