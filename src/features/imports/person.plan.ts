import type { Tx } from "../../database/transaction.ts";
import { newId } from "../../kernel/ids.ts";
import { fold } from "../../search/folding.ts";
import type { AttributeChecks } from "../attributes/attribute.checks.ts";
import { personPlace, type StagedPeople, type StagedPerson } from "./employee.rows.ts";
import { linkManagers } from "./manager.links.ts";
import { leaveOutUnfit } from "./person.attributes.ts";
import {
  holdersOfEmails,
  holdersOfIdentities,
  holdersOfUsernames,
  type KnownPerson,
  peopleByNumber,
} from "./person.lookup.ts";
import { usernameOf, usernamesFor } from "./person.username.ts";
import type { RowProblems } from "./row.problem.ts";
import { topDown } from "./tree.order.ts";
import type { UnitDirectory } from "./unit.plan.ts";

/** A person who will be: where they stand, to whom they report, and whether the directory knows them already. */
export interface PlannedPerson {
  id: string;
  isNew: boolean;
  staged: StagedPerson;
  unit: { id: string; name: string } | null;
  managerId: string | null;
  /** The username of somebody new. */
  username: string;
}

export interface PeoplePlan {
  /** Managers stand before whoever reports to them. */
  planned: readonly PlannedPerson[];
  /** Whose number this folded one will be; undefined where it is nobody's. */
  idOf(key: string): string | undefined;
}

/** Finds everybody's place, manager and username; rows that refer to what is not there are problems, and left out or cut loose. */
export async function planPeople(
  tx: Tx,
  staged: StagedPeople,
  units: UnitDirectory,
  heads: readonly string[],
  { problems, attributes }: { problems: RowProblems; attributes: AttributeChecks },
): Promise<PeoplePlan> {
  const { rows } = staged;
  const numbers = new Set([
    ...rows.keys(),
    ...heads,
    ...[...rows.values()].flatMap(({ managerKey }) => managerKey ?? []),
  ]);
  const known = await peopleByNumber(tx.sql, [...numbers]);
  const places = placesOf(staged, units, problems);
  await leaveOutUnfit(tx, staged, known, attributes, problems);
  await leaveOutTaken(tx, staged, known, problems);
  const ids = new Map([...rows.keys()].map((key) => [key, known.get(key)?.id ?? newId()]));
  const idOf = (key: string): string | undefined => ids.get(key) ?? known.get(key)?.id;
  const managers = await linkManagers(tx, staged, idOf, problems);
  const usernames = await newUsernames(
    tx,
    [...rows.values()].filter(({ key }) => !known.has(key)),
  );
  const planned = [...rows.values()].map((row) => ({
    id: ids.get(row.key) as string,
    isNew: !known.has(row.key),
    staged: row,
    unit: places.get(row.key) ?? null,
    managerId: managers.get(row.key) ?? null,
    username: usernames.get(row) ?? "",
  }));
  return {
    planned: topDown(
      planned,
      ({ id }) => id,
      ({ managerId }) => managerId,
    ),
    idOf,
  };
}

function leaveOut(staged: StagedPeople, row: StagedPerson): void {
  staged.rows.delete(row.key);
  staged.unusable.set(row.key, row.line);
}

function placesOf(
  staged: StagedPeople,
  units: UnitDirectory,
  problems: RowProblems,
): Map<string, { id: string; name: string }> {
  const places = new Map<string, { id: string; name: string }>();
  for (const row of [...staged.rows.values()]) {
    const text = row.fields.department;
    if (!text) continue;
    const unit = units.find(text);
    if (unit && unit !== "AMBIGUOUS") {
      places.set(row.key, unit);
      continue;
    }
    const place = personPlace(staged, row.line, "department");
    if (unit) problems.add(place, "several departments have this name: give the department's code.");
    else if (units.isUnusable(text)) problems.add(place, "the department's row cannot be used.", { dependent: true });
    else problems.add(place, "must be the name or the code of a department in the file or the directory.");
    leaveOut(staged, row);
  }
  return places;
}

/** Takes out whoever would share what must be unique; again, since whoever is taken out keeps what they have. */
async function leaveOutTaken(
  tx: Tx,
  staged: StagedPeople,
  known: ReadonlyMap<string, KnownPerson>,
  problems: RowProblems,
): Promise<void> {
  const all = [...staged.rows.values()];
  const valuesOf = (field: "email" | "username") =>
    all.flatMap(({ fields }) => (fields[field] ? fold(fields[field]) : []));
  const stored = {
    email: await holdersOfEmails(tx.sql, valuesOf("email")),
    username: await holdersOfUsernames(tx.sql, valuesOf("username")),
    employeeNumber: await holdersOfIdentities(
      tx.sql,
      all.map(({ key }) => key),
    ),
  };
  const keyOfId = new Map([...known].map(([key, { id }]) => [id, key]));
  for (let found = true; found; ) {
    found = false;
    const first = { email: new Map<string, number>(), username: new Map<string, number>() };
    for (const row of [...staged.rows.values()]) {
      for (const field of ["email", "username", "employeeNumber"] as const) {
        const value = fold(row.fields[field] ?? "");
        if (value === "") continue;
        const twin = field === "employeeNumber" ? undefined : first[field].get(value);
        const holder = stored[field].get(value);
        const holderKey = keyOfId.get(holder ?? "");
        // An address may change hands in one go, where whoever has it now is given another one.
        const taken =
          holder !== undefined && holderKey !== row.key && !(field === "email" && staged.rows.has(holderKey ?? ""));
        if (twin === undefined && !taken) {
          if (field !== "employeeNumber") first[field].set(value, row.line);
          continue;
        }
        problems.add(
          personPlace(staged, row.line, field),
          twin === undefined
            ? "belongs to another person in the directory."
            : `must be unique in the file, without regard to case; it stands on line ${twin} as well.`,
        );
        leaveOut(staged, row);
        found = true;
        break;
      }
    }
  }
}

async function newUsernames(tx: Tx, people: readonly StagedPerson[]): Promise<Map<StagedPerson, string>> {
  const candidates = people.flatMap((person) => usernamesFor(person).map(fold));
  const taken = new Set((await holdersOfUsernames(tx.sql, candidates)).keys());
  for (const { fields } of people) if (fields.username) taken.add(fold(fields.username));
  return new Map(people.map((person) => [person, usernameOf(person, taken)]));
}
