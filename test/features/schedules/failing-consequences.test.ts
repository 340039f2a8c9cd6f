import { afterAll, beforeAll, expect, it } from "vitest";
import { someCause } from "../../support/database.ts";
import { grant, makeRole, makeUser, tokenOf, uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { asOwner } from "../../support/owner.ts";
import { apply, plan } from "../bulk/support.ts";
import { Schedules } from "./support.ts";

const file = gatewayForFile();
let on: Schedules;

/** From now on nobody takes the tokens of whoever is doomed: that consequence of losing access fails, as nothing of the gateway's own would let it. */
beforeAll(async () => {
  on = new Schedules(file.gateway);
  await asOwner(
    file.gateway.database.connectionConfig.owner,
    `CREATE FUNCTION fail_for_the_doomed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a consequence failed'; END $$;
     CREATE TRIGGER fail_for_the_doomed BEFORE UPDATE ON service_token FOR EACH ROW
     WHEN (OLD.name = 'doomed' AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION fail_for_the_doomed();`,
  );
});
afterAll(() =>
  asOwner(file.gateway.database.connectionConfig.owner, "DROP TRIGGER fail_for_the_doomed ON service_token"),
);

/** Somebody with a report, a grant, a token and a delegation's worth of things to lose. */
async function somebody() {
  const { gateway } = file;
  const { id } = await makeUser(gateway);
  const report = (await makeUser(gateway, { managerId: id })).id;
  const grantId = await grant(gateway, id, (await makeRole(gateway, [])).key);
  await tokenOf(gateway, id);
  return { id, report, grantId };
}

const doom = (id: string) =>
  file.gateway.database.write(someCause, (tx) =>
    tx.sql.updateTable("service_token").set({ name: "doomed" }).where("user_id", "=", uuid(id)).execute(),
  );

/** Everything about somebody that any of the steps would change. */
const standing = async ({ id, report }: { id: string; report: string }) => ({
  ...(await file.gateway.run(
    `query ($id: ID!, $report: ID!) { user(by: { id: $id }) { status statusReason version roleGrants(includeInactive: true) { id active } }
      report: user(by: { id: $report }) { manager { id } version } }`,
    { id, report },
  )),
  tokens: await file.gateway.database.reader
    .selectFrom("service_token")
    .select(["revoked_at"])
    .where("user_id", "=", uuid(id))
    .execute(),
});

it("A consequence that fails leaves everything as it was, through every mutation that has one", async () => {
  const { gateway } = file;
  const somebodyElse = (await makeUser(gateway)).id;
  const person = await somebody();
  await doom(person.id);
  const before = await standing(person);
  const head = await gateway.database.head();
  for (const mutation of ["deactivateUser", "suspendUser", "lockUser", "deleteUser"]) {
    const { errors } = await gateway.ask(`mutation ($id: ID!) { ${mutation}(input: { id: $id }) { position } }`, {
      id: person.id,
    });
    expect([mutation, errors?.[0]?.extensions.code]).toEqual([mutation, "INTERNAL"]);
  }
  const { errors } = await gateway.ask("mutation ($input: OffboardInput!) { offboard(input: $input) { position } }", {
    input: { id: person.id, successorId: somebodyElse },
  });
  expect(errors?.[0]?.extensions.code).toBe("INTERNAL");
  expect(await standing(person)).toEqual(before);
  // Of what was tried the audit log alone knows.
  const { rows } = { rows: await changedSince(head.commit) };
  expect(rows.filter((table) => table !== "audit_attempt")).toEqual([]);
});

it("A scheduled step of which a consequence fails has done nothing, waits, and is taken once nothing fails", async () => {
  const person = await somebody();
  const step = await on.schedule({ id: person.id, operation: "DEACTIVATE", effectiveAt: await on.hence(2) });
  await doom(person.id);
  const before = await standing(person);
  await on.run("3 hours");
  expect(await standing(person)).toEqual(before);
  expect((await on.read(step.id)).state).toBe("SCHEDULED");
  await file.gateway.database.write(someCause, (tx) =>
    tx.sql.updateTable("service_token").set({ name: "spared" }).where("user_id", "=", uuid(person.id)).execute(),
  );
  await on.run("3 hours");
  expect((await on.read(step.id)).state).toBe("DONE");
  expect(await on.status(person.id)).toBe("INACTIVE");
});

it("A plan of many leaves whom a consequence fails for as they were", async () => {
  const [person, spared] = [await somebody(), await somebody()];
  const planned = await plan(
    file.gateway,
    { userIds: [person.id, spared.id] },
    { status: { operation: "DEACTIVATE" } },
  );
  await doom(person.id);
  const before = await standing(person);
  await apply(file.gateway, planned.id).catch(() => undefined);
  expect(await standing(person)).toEqual(before);
});

/** The tables of which anything changed behind a commit. */
async function changedSince(commit: bigint): Promise<string[]> {
  const rows = await file.gateway.database.reader
    .selectFrom("change as c")
    .innerJoin("commit as k", "k.id", "c.commit_id")
    .select("c.table_name")
    .where("k.number", ">", commit)
    .execute();
  return rows.map(({ table_name }) => table_name);
}
