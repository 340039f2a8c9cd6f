import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Tx } from "../../database/transaction.ts";
import { conflict, type RollcallError } from "../../kernel/errors.ts";
import { insertRows, updateRows } from "../imports/bulk.write.ts";
import { rememberFills } from "../profile-templates/profile-template.fills.ts";
import { type OfTemplate, rememberGiven } from "../profile-templates/profile-template.offers.ts";
import { writeContactDecisions } from "./bulk.contacts.ts";
import type { Decision } from "./bulk.decision.ts";
import { endMembers, type NewMember, writeMembers } from "./bulk.groups.ts";
import { endGrants, type NewGrant, writeGrants } from "./bulk.roles.ts";

/** Writes what was decided: a few statements, however many people it is about. */
export async function writeDecisions(tx: Tx, viewer: Viewer, due: readonly Decision[]): Promise<void> {
  const made = due.filter(({ isNew }) => isNew);
  if (made.length > 0)
    await insertRows(
      tx.sql,
      "user_account",
      made.map(({ columns }) => columns),
    );
  await writeAccounts(
    tx,
    due.filter(({ isNew }) => !isNew),
  );
  await writeContactDecisions(
    tx,
    due.flatMap(({ contacts }) => contacts ?? []),
  );
  await writeMembers(tx, due);
  await writeGrants(tx, viewer, due);
  await endMembers(tx, due);
  await endGrants(tx, due);
  await rememberTemplates(tx, due);
}

async function writeAccounts(tx: Tx, due: readonly Decision[]): Promise<void> {
  // People in whom the same columns differ are written together; of a plan with one change that is nearly always all of them.
  const alike = Map.groupBy(
    due.filter(({ columns, contacts }) => Object.keys(columns).length > 0 || contacts),
    ({ columns }) => Object.keys(columns).sort().join(),
  );
  for (const people of alike.values()) {
    const columns = Object.keys(people[0]?.columns ?? {});
    await updateRows(
      tx.sql,
      "user_account",
      [...columns, "version", "updated_at"],
      people.map(({ userId, columns }) => ({ ...columns, id: userId, updated_at: tx.now })),
    );
  }
}

/** Which grants, memberships and values came of templates. */
async function rememberTemplates(tx: Tx, due: readonly Decision[]): Promise<void> {
  await rememberFills(
    tx,
    due.map(({ userId, fills }) => ({ userId, ...fills })),
  );
  const ofTemplate = (given: (one: Decision) => readonly (NewGrant | NewMember)[]): OfTemplate[] =>
    due.flatMap((one) =>
      given(one).flatMap(({ id, templateId }) =>
        templateId === undefined ? [] : { id, userId: one.userId, templateId },
      ),
    );
  await rememberGiven(tx, { grants: ofTemplate(({ give }) => give), members: ofTemplate(({ join }) => join) });
}

export const HELD_BY_ANOTHER: RollcallError = conflict("Another person has this primary e-mail address or identity.", {
  field: "email",
});

/** Who, being restored, made or reached otherwise, would hold an address or an identity that is somebody else's, by the rule of the commit. */
export async function refusedHolders(tx: Tx, due: readonly Decision[]): Promise<ReadonlyMap<string, RollcallError>> {
  const holding = due.filter(({ move, contacts }) => move?.from === "DELETED" || contacts).map(({ userId }) => userId);
  if (holding.length === 0 || (await allHold(tx, holding))) return new Map();
  const { rows } = await sql<{ id: string }>`SELECT holders_refused(${holding}::uuid[]) AS id`.execute(tx.sql);
  return new Map(rows.map(({ id }) => [id, HELD_BY_ANOTHER]));
}

/** Whether all of them may hold what they hold; asked of all together first, since it is nearly always so. */
async function allHold(tx: Tx, ids: readonly string[]): Promise<boolean> {
  await sql`SAVEPOINT bulk_holders`.execute(tx.sql);
  try {
    await sql`SELECT assert_unique_holders(${[...ids]}::uuid[])`.execute(tx.sql);
    await sql`RELEASE SAVEPOINT bulk_holders`.execute(tx.sql);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== "23505") throw error;
    await sql`ROLLBACK TO SAVEPOINT bulk_holders`.execute(tx.sql);
    return false;
  }
}
