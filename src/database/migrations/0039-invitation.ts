import { Migration } from "@mikro-orm/migrations";

/**
 * When somebody was last invited stands in their search row, so that an invitation is told in the feed as what happened to that person. It stays when
 * the link is used or cleared away. Functions that others change too are changed in one place each, whatever else they have learned by now.
 */
export class Migration0039Invitation extends Migration {
  override up(): void {
    this.addSql(ROW);
    this.addSql(changed("user_search_of(uuid[], timestamptz)", ROW_OF));
    this.addSql(changed("refresh_user_search(uuid[], timestamptz)", REFRESH));
    this.addSql(changed("touched_rows(bigint)", TOUCHED));
  }
}

type Change = readonly [from: string, to: string];

/** Makes a function anew with some of its text replaced; fails where it is not there. */
function changed(signature: string, changes: readonly Change[]): string {
  const steps = changes.map(([from, to]) => {
    const [was, becomes] = [literal(from), literal(to)];
    return `IF position(${was} IN definition) = 0 THEN RAISE EXCEPTION '${signature} is another than was expected: % is missing', ${was}; END IF;
  definition := replace(definition, ${was}, ${becomes});`;
  });
  return `
DO $do$
DECLARE
  definition text := pg_get_functiondef('${signature}'::regprocedure);
BEGIN
  ${steps.join("\n  ")}
  EXECUTE definition;
END $do$;`;
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const ROW = `
ALTER TABLE user_search ADD COLUMN invited_at timestamptz(3);
ALTER TABLE user_version ADD COLUMN invited_at timestamptz(3);
SELECT capture_table('user_search', is_derived => true);
`;

const ROW_OF: readonly Change[] = [
  [
    "membership.keys, membership.ids\n",
    "membership.keys, membership.ids, greatest(known.invited_at, invitation.sent_at)\n",
  ],
  [
    "LEFT JOIN user_search known ON known.user_id = u.id",
    `LEFT JOIN user_search known ON known.user_id = u.id
  CROSS JOIN LATERAL (
    SELECT max(l.created_at) AS sent_at FROM user_link l WHERE l.user_id = u.id AND l.purpose = 'INVITATION') invitation`,
  ],
];

const REFRESH: readonly Change[] = [
  ["group_ids = EXCLUDED.group_ids", "group_ids = EXCLUDED.group_ids, invited_at = EXCLUDED.invited_at"],
];

const TOUCHED: readonly Change[] = [
  ["'user_security', 'role_grant', 'group_member')", "'user_security', 'role_grant', 'group_member', 'user_link')"],
];
