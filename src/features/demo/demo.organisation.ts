import type { Selectable } from "kysely";
import type { OrgUnitRow, Tables } from "../../database/tables.ts";
import { Calendar } from "./demo.calendar.ts";
import { contactsOf } from "./demo.contacts.ts";
import { grantRows } from "./demo.grants.ts";
import { groupMemberRows, groupRows } from "./demo.groups.ts";
import { profileRows } from "./demo.profiles.ts";
import { roleInheritanceRows, roleRows } from "./demo.roles.ts";
import { type DemoPerson, makeRoster } from "./demo.roster.ts";
import { signInRows } from "./demo.sign-ins.ts";
import { DEMO_UNITS } from "./demo.units.ts";

type Filled =
  | "org_unit"
  | "user_account"
  | "user_email"
  | "user_phone"
  | "user_address"
  | "user_identity"
  | "user_security"
  | "role"
  | "role_inheritance"
  | "role_grant"
  | "user_group"
  | "group_member";

/** Every row of the demo, by table, in an order in which the tables can be filled. */
export type DemoRows = { [Table in Filled]: Selectable<Tables[Table]>[] };

/** The whole demo, made of nothing but a day and an instant on it: the same two give the same rows, and ids depend on neither. */
export function makeDemo(today: string, now: Date): DemoRows {
  const calendar = new Calendar(today, now);
  const people = makeRoster(calendar);
  const user_account = profileRows(people, calendar);
  const contacts = people.map((person) => contactsOf(person, calendar));
  return {
    org_unit: unitRows(people, calendar),
    user_account,
    user_email: contacts.flatMap(({ emails }) => emails),
    user_phone: contacts.flatMap(({ phones }) => phones),
    user_address: contacts.flatMap(({ addresses }) => addresses),
    user_identity: contacts.flatMap(({ identities }) => identities),
    user_security: signInRows(people, calendar),
    role: roleRows(calendar),
    role_inheritance: roleInheritanceRows(),
    role_grant: grantRows(people, calendar),
    user_group: groupRows(calendar),
    group_member: groupMemberRows(people, calendar),
  };
}

/** A unit whose head has left has none. */
function unitRows(people: readonly DemoPerson[], calendar: Calendar): Selectable<OrgUnitRow>[] {
  const heads = new Map(
    people.filter(({ heads, fate }) => heads && fate.kind !== "left").map(({ unit, id }) => [unit, id]),
  );
  return DEMO_UNITS.map((unit, place) => {
    const { id, code, name, kind, parent } = unit;
    const made = calendar.in(-2_600 + place * 11);
    return {
      id,
      version: 1,
      code,
      name,
      kind,
      parent_id: parent?.id ?? null,
      head_id: heads.get(unit) ?? null,
      created_at: made,
      updated_at: made,
    };
  });
}
