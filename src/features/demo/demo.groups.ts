import type { Selectable } from "kysely";
import type { GroupMemberRow, UserGroupRow } from "../../database/group-tables.ts";
import type { Calendar } from "./demo.calendar.ts";
import { demoId } from "./demo.chance.ts";
import type { DemoPerson } from "./demo.roster.ts";

interface DemoGroup {
  key: string;
  name: string;
  description: string;
  /** Whether somebody who works here belongs to it; `place` counts them. */
  belongs: (person: DemoPerson, place: number) => boolean;
}

/** Circles of people that no unit of the demo has. */
const GROUPS: readonly DemoGroup[] = [
  {
    key: "fire-wardens",
    name: "Fire wardens",
    description: "Lead everybody out when the alarm goes.",
    belongs: ({ site }, place) => site !== null && place % 40 === 7,
  },
  {
    key: "works-council",
    name: "Works council",
    description: "Elected by the employees.",
    belongs: ({ type, heads }, place) => type === "EMPLOYEE" && !heads && place % 90 === 31,
  },
  {
    key: "unit-heads",
    name: "Heads of units",
    description: "Everybody who heads a unit.",
    belongs: ({ heads }) => heads,
  },
];

const idOf = (key: string): string => demoId("group", key);

/** The groups as rows. */
export const groupRows = (calendar: Calendar): Selectable<UserGroupRow>[] =>
  GROUPS.map(({ key, name, description }, place) => ({
    id: idOf(key),
    version: 1,
    key,
    name,
    description,
    kind: "STATIC",
    saved_search_id: null,
    owner_id: null,
    org_unit_id: null,
    created_at: calendar.in(-900 + 50 * place),
    updated_at: calendar.in(-900 + 50 * place),
  }));

/** Who belongs to them, as rows. Nobody who has left does. */
export function groupMemberRows(people: readonly DemoPerson[], calendar: Calendar): Selectable<GroupMemberRow>[] {
  const here = people.filter(({ machine, fate }) => !machine && fate.kind !== "left");
  return GROUPS.flatMap(({ key, belongs }) =>
    here.filter(belongs).map(({ id, username, career }) => ({
      id: demoId("group-member", `${key}/${username}`),
      group_id: idOf(key),
      user_id: id,
      joined_at: calendar.past(career.createdAt),
    })),
  );
}
