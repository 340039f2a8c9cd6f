import { sql } from "kysely";
import { expect, it } from "vitest";
import { STATUSES } from "../../../src/features/users/user.lifecycle.ts";
import { someCause } from "../../support/database.ts";
import { uuid } from "../../support/directory.ts";
import { gatewayForFile } from "../../support/gateway.ts";
import { asOwner } from "../../support/owner.ts";
import { CREATE, policy, runNow, settled } from "./support.ts";

const file = gatewayForFile();

/** As schema/RETENTION.md has it. */
const LEADS: Readonly<Record<string, { from: readonly string[]; to: string }>> = {
  ARCHIVE: { from: ["PENDING", "INACTIVE", "SUSPENDED"], to: "ARCHIVED" },
  DELETE: { from: ["PENDING", "ACTIVE", "INACTIVE", "LOCKED", "SUSPENDED", "ARCHIVED"], to: "DELETED" },
  ERASE: { from: ["DELETED"], to: "DELETED" },
};

it("a policy leads from those statuses from which its action does, and can be made for no other", async () => {
  const { gateway } = file;
  for (const [action, { from, to }] of Object.entries(LEADS))
    for (const status of STATUSES) {
      const { tag, ids } = await settled(gateway, status, 100);
      const input = { status, days: 90, action };
      if (!from.includes(status)) {
        const refused = await gateway.refusal(CREATE, {
          input: { ...input, name: "No", maxPeople: 9, filter: { tags: { any: [tag] } } },
        });
        expect([action, status, refused.extensions.inputPath]).toEqual([action, status, "input.status"]);
        continue;
      }
      const { id } = await policy(gateway, tag, input);
      if (action === "ERASE")
        await gateway.database.write(someCause, (tx) =>
          sql`UPDATE retention_policy SET approved_version = version`.execute(tx.sql),
        );
      expect(await runNow(gateway, id)).toMatchObject({ state: "DONE", doneCount: 1, passedOverCount: 0 });
      const { rows } = await sql<{ status: string; erased: boolean }>`
        SELECT status, erased_at IS NOT NULL AS erased FROM user_account WHERE id = ${uuid(ids[0] as string)}`.execute(
        gateway.database.reader,
      );
      expect([action, status, rows[0]]).toEqual([action, status, { status: to, erased: action === "ERASE" }]);
    }
});

it("of a batch in which the database refuses one person, everybody else is done, and nothing of that one", async () => {
  const { gateway } = file;
  const { tag, ids } = await settled(gateway, "INACTIVE", 200, { count: 3 });
  const { id } = await policy(gateway, tag, { action: "DELETE" });
  // One of them alone cannot be deleted: the database refuses their receipt.
  const refused = ids[1] as string;
  const { owner } = gateway.database.connectionConfig;
  await asOwner(
    owner,
    `CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF NEW.user_id = '${uuid(refused)}' THEN RAISE EXCEPTION 'not this one'; END IF; RETURN NEW; END $$;
     CREATE TRIGGER refuse_one BEFORE INSERT ON user_deletion FOR EACH ROW EXECUTE FUNCTION refuse_one()`,
  );
  const run = await runNow(gateway, id);
  await asOwner(owner, "DROP TRIGGER refuse_one ON user_deletion; DROP FUNCTION refuse_one()");
  expect(run).toMatchObject({ state: "DONE", doneCount: 2, passedOverCount: 1 });
  const one = run.people.nodes.find(({ userId }: { userId: string }) => userId === refused);
  expect(one).toMatchObject({ outcome: "PASSED_OVER", obstacle: "FAILED", user: { status: "INACTIVE" } });
});
