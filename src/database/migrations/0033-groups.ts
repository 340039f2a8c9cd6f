import { Migration } from "@mikro-orm/migrations";

/**
 * Groups: schema/GROUPS.md. Members hold what their group was granted: whatever asked about a person's grants asks `held_grant` from here on.
 * Functions that others have changed before, and may change again, are changed in one place each, whatever else they have learned by now.
 */
export class Migration0033Groups extends Migration {
  override up(): void {
    this.addSql(TABLES);
    this.addSql(FOLLOWING);
    this.addSql(GRANTS);
    this.addSql(ROW);
    this.addSql(changed("user_search_of(uuid[], timestamptz)", ROW_OF));
    this.addSql(changed("refresh_user_search(uuid[], timestamptz)", REFRESH));
    this.addSql("ALTER TYPE touched_rows ADD ATTRIBUTE grouped uuid[]");
    this.addSql(changed("touched_rows(bigint)", TOUCHED));
    this.addSql(changed("derive_rows(bigint, timestamptz)", DERIVE));
    for (const name of ["grants_turning", "time_crossers"])
      this.addSql(changed(`${name}(timestamptz, timestamptz)`, [["role_grant g", "held_grant g"]]));
    this.addSql(changed("crossers_of(jsonb, timestamptz, timestamptz)", [["role_grant g", "held_grant g"]]));
    this.addSql(changed("audit_action(text, text, text, text, jsonb, jsonb)", ACTION));
    this.addSql(changed("audit_subject(text, uuid, jsonb, text, uuid)", SUBJECT));
  }
}

type Change = readonly [from: string, to: string];

/** Makes a function anew with some of its text replaced, wherever it occurs; fails where it does not. */
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

const TABLES = `
CREATE TABLE user_group (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1,
  key text NOT NULL CHECK (key <> ''),
  name text NOT NULL CHECK (name <> ''),
  description text,
  kind text NOT NULL CHECK (kind IN ('STATIC', 'DYNAMIC')),
  -- Whose search makes the members of a dynamic group. It cannot go before the group.
  saved_search_id uuid REFERENCES saved_search (id),
  owner_id uuid REFERENCES user_account (id) ON DELETE SET NULL,
  -- Who manages it is decided there; without a unit, by who manages groups everywhere.
  org_unit_id uuid REFERENCES org_unit (id),
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  CONSTRAINT user_group_search CHECK ((kind = 'DYNAMIC') = (saved_search_id IS NOT NULL))
);
CREATE UNIQUE INDEX user_group_key_key ON user_group (fold(key));
CREATE INDEX user_group_search ON user_group (saved_search_id) WHERE saved_search_id IS NOT NULL;
CREATE INDEX user_group_owner ON user_group (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX user_group_unit ON user_group (org_unit_id) WHERE org_unit_id IS NOT NULL;

CREATE TABLE group_member (
  id uuid PRIMARY KEY,
  group_id uuid NOT NULL REFERENCES user_group (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES user_account (id) ON DELETE CASCADE,
  joined_at timestamptz(3) NOT NULL,
  UNIQUE (group_id, user_id)
);
CREATE INDEX group_member_user ON group_member (user_id, group_id);
SELECT capture_table('user_group');
SELECT capture_table('group_member');
`;

const FOLLOWING = `
-- Up to which commit the matcher's findings have been followed into groups. One row.
CREATE TABLE group_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  followed bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO group_head (followed) SELECT number FROM feed_head;

-- Dynamic groups whose members were made equal to a search as of a commit. What the matcher found up to there they know already.
CREATE TABLE group_built (
  group_id uuid PRIMARY KEY REFERENCES user_group (id) ON DELETE CASCADE,
  search_id uuid NOT NULL,
  built bigint NOT NULL
);

-- What there is to follow, as of one moment: where the follower and the matcher stand, which groups are to be built, and whether anything that
-- is stored concerns a group. Asked behind every commit: planned once, and never compiled.
CREATE FUNCTION group_work(OUT followed bigint, OUT matched bigint, OUT head bigint, OUT stale uuid[], OUT concerned boolean)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
BEGIN
  SELECT h.followed, f.commit_number - CASE f.ordinal WHEN 2147483647 THEN 0 ELSE 1 END, feed.number,
    ARRAY(SELECT g.id FROM user_group g JOIN matched_search m ON m.search_id = g.saved_search_id AND m.refusal IS NULL AND m.filter IS NOT NULL
      LEFT JOIN group_built b ON b.group_id = g.id
      WHERE g.saved_search_id IS NOT NULL AND (b.group_id IS NULL OR b.search_id <> g.saved_search_id OR m.since > greatest(b.built, h.followed)
        OR greatest(b.built, h.followed) < (SELECT min(number) - 1 FROM commit)) ORDER BY g.id),
    EXISTS (SELECT FROM user_group g JOIN search_transition t ON t.search_id = g.saved_search_id AND t.commit_number > h.followed
      AND (t.commit_number < f.commit_number OR t.commit_number = f.commit_number AND f.ordinal = 2147483647) WHERE g.saved_search_id IS NOT NULL)
  INTO STRICT followed, matched, head, stale, concerned
  FROM group_head h CROSS JOIN feed_head feed CROSS JOIN feed_consumer f WHERE f.name = 'matcher';
END $$;

-- What is stored of the searches that built groups were built by makes and ends memberships: of each person the last decides.
CREATE FUNCTION follow_groups(from_commit bigint, to_commit bigint, instant timestamptz) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
BEGIN
  WITH told AS MATERIALIZED (
    SELECT DISTINCT ON (b.group_id, c.row_id) b.group_id, c.row_id AS user_id, t.kind <> 'L' AS belongs
    FROM group_built b JOIN user_group g ON g.id = b.group_id AND g.saved_search_id = b.search_id
    JOIN search_transition t ON t.search_id = b.search_id AND t.commit_number > greatest(b.built, from_commit) AND t.commit_number <= to_commit
    JOIN commit ON commit.number = t.commit_number JOIN change c ON c.commit_id = commit.id AND c.ordinal = t.ordinal
    ORDER BY b.group_id, c.row_id, t.commit_number DESC, t.ordinal DESC),
  gone AS (
    DELETE FROM group_member m USING told WHERE NOT told.belongs AND m.group_id = told.group_id AND m.user_id = told.user_id)
  INSERT INTO group_member (id, group_id, user_id, joined_at)
  SELECT gen_random_uuid(), told.group_id, u.id, instant FROM told JOIN user_account u ON u.id = told.user_id
  WHERE told.belongs AND NOT EXISTS (SELECT FROM group_member m WHERE m.group_id = told.group_id AND m.user_id = u.id)
  ORDER BY u.id, told.group_id ON CONFLICT (group_id, user_id) DO NOTHING;
END $$;
`;

const GRANTS = `
ALTER TABLE role_grant ALTER COLUMN user_id DROP NOT NULL;
ALTER TABLE role_grant ADD COLUMN group_id uuid REFERENCES user_group (id) ON DELETE CASCADE;
ALTER TABLE role_grant ADD CONSTRAINT role_grant_grantee CHECK ((user_id IS NULL) <> (group_id IS NULL));
CREATE INDEX role_grant_group ON role_grant (group_id) WHERE group_id IS NOT NULL;
CREATE UNIQUE INDEX role_grant_group_live_key ON role_grant (group_id, role_id, coalesce(scope_id, '00000000-0000-0000-0000-000000000000'::uuid), starts_at)
  WHERE revoked_at IS NULL AND group_id IS NOT NULL;
SELECT capture_table('role_grant');

-- Grants by who holds them (user_id): those of a person, and those of the groups that they belong to and are not deleted from the directory.
CREATE VIEW held_grant AS
  SELECT g.id, g.user_id, g.group_id, g.role_id, g.scope_id, g.starts_at, g.expires_at, g.granted_by_kind, g.granted_by_id, g.granted_by_name,
    g.granted_at, g.reason, g.revoked_at
  FROM role_grant g WHERE g.user_id IS NOT NULL
  UNION ALL
  SELECT g.id, m.user_id, g.group_id, g.role_id, g.scope_id, g.starts_at, g.expires_at, g.granted_by_kind, g.granted_by_id, g.granted_by_name,
    g.granted_at, g.reason, g.revoked_at
  FROM group_member m JOIN role_grant g ON g.group_id = m.group_id JOIN user_account u ON u.id = m.user_id AND u.status <> 'DELETED';
`;

const ROW = `
ALTER TABLE user_search ADD COLUMN group_keys text[] NOT NULL DEFAULT '{}', ADD COLUMN group_ids uuid[] NOT NULL DEFAULT '{}';
-- What the log holds from before has no groups.
ALTER TABLE user_version ADD COLUMN group_keys text[] DEFAULT '{}', ADD COLUMN group_ids uuid[] DEFAULT '{}';
CREATE INDEX user_search_groups ON user_search USING gin (fold_each(group_keys), group_ids);
SELECT capture_table('user_search', is_derived => true);
`;

const ROW_OF: readonly Change[] = [
  ["role_grant g", "held_grant g"],
  ["coalesce(known.reckoned_at, instant)", "coalesce(known.reckoned_at, instant), membership.keys, membership.ids"],
  [
    "LEFT JOIN user_search known ON known.user_id = u.id",
    `LEFT JOIN user_search known ON known.user_id = u.id
  CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(belongs.key ORDER BY belongs.key COLLATE "C"), '{}') AS keys,
      coalesce(array_agg(belongs.id ORDER BY belongs.key COLLATE "C"), '{}') AS ids
    FROM group_member m JOIN user_group belongs ON belongs.id = m.group_id WHERE m.user_id = u.id AND u.status <> 'DELETED') membership`,
  ],
];

const REFRESH: readonly Change[] = [
  ["reckoned_at = instant", "reckoned_at = instant, group_keys = EXCLUDED.group_keys, group_ids = EXCLUDED.group_ids"],
];

const TOUCHED: readonly Change[] = [
  [
    "'user_security', 'role_grant'))",
    "'user_security', 'role_grant', 'group_member') AND (table_name <> 'role_grant' OR row->>'user_id' IS NOT NULL))",
  ],
  [
    "IS DISTINCT FROM after->>'permissions'))",
    `IS DISTINCT FROM after->>'permissions')),
    -- grouped: groups whose members hold other grants, or are asked about by another key
    array_agg(CASE table_name WHEN 'user_group' THEN row_id ELSE (row->>'group_id')::uuid END) FILTER (
      WHERE table_name = 'role_grant' AND row->>'group_id' IS NOT NULL
      OR table_name = 'user_group' AND operation = 'UPDATE' AND before->>'key' IS DISTINCT FROM after->>'key')`,
  ],
];

const DERIVE: readonly Change[] = [
  ["role_grant g", "held_grant g"],
  [
    "IF users <> '{}' THEN\n    PERFORM refresh_user_search",
    `IF touched.grouped <> '{}' THEN
    users := users || ARRAY(SELECT m.user_id FROM group_member m WHERE m.group_id = ANY (touched.grouped));
  END IF;
  IF users <> '{}' THEN
    PERFORM refresh_user_search`,
  ],
];

const ACTION: readonly Change[] = [
  [
    "WHEN 'audit_attempt' THEN CASE operation",
    `WHEN 'user_group' THEN 'group.' || CASE operation WHEN 'INSERT' THEN 'created' WHEN 'DELETE' THEN 'deleted' ELSE 'updated' END
    WHEN 'group_member' THEN 'group.member_' || CASE operation WHEN 'INSERT' THEN 'added' WHEN 'DELETE' THEN 'removed' ELSE 'changed' END
    WHEN 'audit_attempt' THEN CASE operation`,
  ],
];

const SUBJECT: readonly Change[] = [
  [
    "WHEN image->>'role_id' IS NOT NULL THEN 'Role'",
    "WHEN of_table = 'user_group' OR image->>'group_id' IS NOT NULL THEN 'Group'\n      WHEN image->>'role_id' IS NOT NULL THEN 'Role'",
  ],
  ["(image->>'role_id')::uuid, row_id", "(image->>'group_id')::uuid, (image->>'role_id')::uuid, row_id"],
];
