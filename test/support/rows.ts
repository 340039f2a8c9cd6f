import type { Insertable } from "kysely";
import type {
  OrgUnitRow,
  RoleGrantRow,
  RoleRow,
  UserAccountRow,
  UserEmailRow,
  UserIdentityRow,
} from "../../src/database/tables.ts";
import { newId } from "../../src/kernel/ids.ts";

/*
 * Rows for tests that write to tables directly: valid as they are, and different from each other.
 */

const at = new Date("2026-01-05T08:00:00.000Z");
let serial = 0;
const next = () => `${++serial}-${process.pid}`;

export const userRow = (
  over: Partial<Insertable<UserAccountRow>> = {},
): Insertable<UserAccountRow> & { id: string } => ({
  id: newId(),
  username: `user-${next()}`,
  display_name: "Ada Example",
  status: "ACTIVE",
  status_changed_at: at,
  source: "LOCAL",
  created_at: at,
  updated_at: at,
  ...over,
});

export const unitRow = (over: Partial<Insertable<OrgUnitRow>> = {}): Insertable<OrgUnitRow> & { id: string } => ({
  id: newId(),
  code: `UNIT-${next()}`,
  name: "Unit",
  kind: "TEAM",
  created_at: at,
  updated_at: at,
  ...over,
});

export const roleRow = (over: Partial<Insertable<RoleRow>> = {}): Insertable<RoleRow> & { id: string } => ({
  id: newId(),
  key: `role-${next()}`,
  name: "Role",
  created_at: at,
  updated_at: at,
  ...over,
});

export const emailRow = (user_id: string, over: Partial<Insertable<UserEmailRow>> = {}): Insertable<UserEmailRow> => ({
  id: newId(),
  user_id,
  place: 0,
  value: `mail-${next()}@example.org`,
  is_primary: true,
  ...over,
});

export const identityRow = (
  user_id: string,
  over: Partial<Insertable<UserIdentityRow>> = {},
): Insertable<UserIdentityRow> => ({
  id: newId(),
  user_id,
  place: 0,
  source: "HRIS",
  external_id: `ext-${next()}`,
  ...over,
});

export const grantRow = (
  user_id: string,
  role_id: string,
  over: Partial<Insertable<RoleGrantRow>> = {},
): Insertable<RoleGrantRow> & { id: string } => ({
  id: newId(),
  user_id,
  role_id,
  starts_at: at,
  granted_by_kind: "SYSTEM",
  granted_by_name: "test",
  granted_at: at,
  ...over,
});
