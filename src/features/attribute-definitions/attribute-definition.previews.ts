import { sql } from "kysely";
import type { Asking } from "../../access/asking.ts";
import { sightOf } from "../../access/policy.ts";
import type { Database } from "../../database/database.ts";
import { cutPage, type Page, type PageRequest } from "../../graphql/paging.ts";
import { and } from "../../search/filter.ts";
import { keysetOf } from "../../search/order.ts";
import { filterToSql } from "../../search/to-sql.ts";
import { problemMessage } from "../attributes/attribute.problems.ts";
import { userCatalogue } from "../users/user.fields.ts";
import { countJudged, type Draft, judgedBy, readJudged } from "./attribute-definition.judgement.ts";
import type { AttributeViolation } from "./attribute-definition.types.ts";

/** Whom definitions would make invalid. Whether the viewer may ask is for the caller to decide. */
export class AttributeDefinitionPreviews {
  constructor(private readonly database: Database) {}

  /** How many, in sight or not. */
  async count(draft: Draft): Promise<number> {
    const counts = await countJudged(this.database.reader, draft);
    return [...counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Those whom the viewer may see. */
  async page({ viewer, now, today }: Asking, draft: Draft, request: PageRequest): Promise<Page<AttributeViolation>> {
    const keyset = keysetOf([], { expression: sql`u.user_id`, column: "user_id" });
    const seen = filterToSql(and(sightOf(viewer)), { catalogue: userCatalogue, alias: "u", now, today });
    const beyond = request.cursor === undefined ? sql`true` : keyset.beyond(request.cursor, request.backward);
    const { reader } = this.database;
    const rows = await readJudged(reader, draft, {
      condition: sql`${seen} AND ${beyond}`,
      orderBy: keyset.orderBy(request.backward),
      limit: request.size + 1,
    });
    const total = async () => {
      const counted = await sql<{ count: bigint }>`SELECT count(*) FROM ${judgedBy(draft)} u WHERE ${seen}`.execute(
        reader,
      );
      return Number(counted.rows[0]?.count ?? 0);
    };
    return cutPage(rows, request, await this.database.head(), total, (row) => ({
      cursor: keyset.cursor({ user_id: row.user_id }),
      node: {
        userId: row.user_id,
        problem: row.problem,
        message: problemMessage(row.problem, draft.values).message,
      },
    }));
  }
}
