import { sql } from "kysely";
import type { Conditioned, Reach, Viewer } from "../../access/actor.ts";
import type { Database } from "../../database/database.ts";
import { RollcallError } from "../../kernel/errors.ts";
import type { Permission } from "../../kernel/permissions.ts";
import type { SearchRefusals } from "../saved-searches/search.refusal.ts";

/** What somebody held when they asked for an export. */
export interface KeptRights {
  [member: string]: unknown;
  name: string;
  grants: [Permission, Reach][];
  conditioned: [Permission, Conditioned][] | null;
}

/** The rights of this moment, to be kept with a link. */
export const keptRights = ({ name, grants, narrowed }: Viewer): KeptRights => ({
  name,
  grants: [...grants],
  conditioned: narrowed ? [...narrowed.conditioned] : null,
});

/** Whose rights: a person's, or a machine's token's. */
export interface RightsHolder {
  userId: string | null;
  tokenId: string | null;
}

/** Gives back whoever asked for an export, with what they held then: no more, and only while they still hold all of it. */
export class ExportRights {
  constructor(
    private readonly database: Database,
    private readonly holders: SearchRefusals,
    private readonly dateOf: (instant: Date) => string,
  ) {}

  /** FORBIDDEN where they hold less by now, or may not sign in. */
  async viewerOf({ userId, tokenId }: RightsHolder, kept: KeptRights): Promise<Viewer> {
    const { rows } = await sql`
      SELECT 1 FROM user_account WHERE id = ${userId} AND status = 'ACTIVE'
      UNION ALL SELECT 1 FROM service_token WHERE id = ${tokenId} AND revoked_at IS NULL
        AND (expires_at IS NULL OR expires_at > rollcall_now())`.execute(this.database.reader);
    const now = await this.holders.viewerOf({ ownerId: userId, tokenId });
    const conditioned = kept.conditioned ?? [];
    const held = [...kept.grants, ...conditioned.map(([name, { reach }]) => [name, reach] as const)];
    if (rows.length === 0 || !held.every(([permission, reach]) => isWithin(reach, now.grants.get(permission))))
      throw new RollcallError("FORBIDDEN", "What this export was asked for with is not held any more.");
    const narrowed = kept.conditioned && {
      conditioned: new Map(conditioned),
      refusals: [],
      passing: false,
      today: this.dateOf(now.now),
    };
    return { ...now, name: kept.name, grants: new Map(kept.grants), ...(narrowed ? { narrowed } : {}) };
  }
}

const isWithin = (reach: Reach, now: Reach | undefined): boolean =>
  now === "everywhere" || (now !== undefined && reach !== "everywhere" && reach.every((unit) => now.includes(unit)));
