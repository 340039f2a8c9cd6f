import { expect, test } from "vitest";
import { makeUnit } from "../support/directory.ts";
import { gatewayForFile } from "../support/gateway.ts";

const file = gatewayForFile();

test("of many who change and delete a unit at once, those who come too late do not find it", async () => {
  const { id } = await makeUnit(file.gateway);
  const remove = "mutation ($id: ID!) { deleteOrgUnit(input: { id: $id }) { deletedId } }";
  const rename = 'mutation ($id: ID!) { updateOrgUnit(input: { id: $id, name: "New" }) { position } }';
  const answers = await Promise.all(
    [...Array(12).keys()].map((i) => file.gateway.ask(i % 3 ? remove : rename, { id })),
  );
  const removed = answers.filter(({ data }) => data?.deleteOrgUnit);
  expect(removed).toHaveLength(1);
  const codes = new Set(answers.flatMap(({ errors }) => errors ?? []).map(({ extensions }) => extensions.code));
  expect([...codes]).toEqual(["NOT_FOUND"]);
});
