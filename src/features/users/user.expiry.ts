import { sql } from "kysely";
import type { Viewer } from "../../access/actor.ts";
import type { Author } from "../../access/author.ts";
import type { Database } from "../../database/database.ts";
import { RollcallError } from "../../kernel/errors.ts";
import { ALL_PERMISSIONS } from "../../kernel/permissions.ts";
import type { UserService } from "./user.service.ts";

/** The gateway itself, carrying out what somebody gave an end to. */
const scheduler = (now: Date): Author => {
  const viewer: Viewer = {
    kind: "SYSTEM",
    id: null,
    name: "scheduler",
    userId: null,
    grants: new Map(ALL_PERMISSIONS.map((permission) => [permission, "everywhere"])),
    now,
  };
  const actor = { kind: "SYSTEM", id: null, name: "scheduler" } as const;
  return { viewer, cause: (action, reason) => ({ kind: "SCHEDULE", action, actor, ...(reason ? { reason } : {}) }) };
};

const BATCH = 100;

/** Ends locks and suspensions whose time is up, each as its own commit of kind SCHEDULE. Gives how many. Any number of gateways may call it. */
export async function endOverdueStatuses(database: Database, service: UserService): Promise<number> {
  const { rows } = await sql<{ id: string; version: number; status: string; now: Date }>`
    SELECT id, version, status, rollcall_now() AS now FROM user_account
    WHERE status_until <= rollcall_now() AND status IN ('LOCKED', 'SUSPENDED') ORDER BY status_until LIMIT ${BATCH}`.execute(
    database.reader,
  );
  let ended = 0;
  for (const { id, version, status, now } of rows) {
    const operation = status === "LOCKED" ? "unlock" : "reinstate";
    try {
      await service.transition(scheduler(now), { id, expectedVersion: version, operation, until: null });
      ended += 1;
    } catch (error) {
      // Somebody else moved the user between the look and the lock: then there is nothing left to end.
      if (!(error instanceof RollcallError && (error.code === "STALE_VERSION" || error.code === "ILLEGAL_TRANSITION")))
        throw error;
    }
  }
  return ended;
}
