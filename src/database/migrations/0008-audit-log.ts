import { Migration } from "@mikro-orm/migrations";

/**
 * The sealed log: a row for every base change and every refused attempt, chained by hashes, appended to only, by `seal_events`
 * only. `unsealed_event` shows what is still to be sealed, in the same columns, so that a query sees the one and the other.
 */
export class Migration0008AuditLog extends Migration {
  override up(): void {
    this.addSql(MEANING);
    this.addSql(STORE);
    this.addSql(EVENTS);
    this.addSql(PARTITIONS);
    this.addSql(SEAL);
  }
}

const MEANING = `
CREATE FUNCTION camel_case(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT lower(left(name, 1)) || substr(replace(initcap(replace(name, '_', ' ')), ' ', ''), 2) $$;

-- The public name of a column: the user catalogue's where it has one.
CREATE FUNCTION audit_field(of_table text, of_column text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN of_table = 'user_email' AND of_column = 'value' THEN 'email'
    WHEN of_table = 'user_email' AND of_column = 'verified' THEN 'emailVerified'
    WHEN of_table = 'user_phone' AND of_column = 'value' THEN 'phone'
    WHEN of_table = 'user_identity' AND of_column = 'external_id' THEN 'externalId'
    WHEN of_table IN ('user_email', 'user_phone', 'user_address', 'user_identity')
      THEN substr(of_table, 6) || '.' || camel_case(regexp_replace(of_column, '^is_', ''))
    ELSE camel_case(regexp_replace(of_column, '_id$', ''))
  END $$;

-- The columns that a change changed and their public names, in the same order; without those that say nothing beyond what the event
-- itself says. A null and a missing value are one, and a new row's empty lists are none.
CREATE FUNCTION audit_changed(of_table text, before jsonb, after jsonb, hidden text[])
RETURNS TABLE (columns text[], fields text[]) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(k.name ORDER BY k.name COLLATE "C"), '{}'),
    coalesce(array_agg(audit_field(of_table, k.name) ORDER BY k.name COLLATE "C"), '{}')
  FROM (
    SELECT name FROM jsonb_object_keys(jsonb_strip_nulls(coalesce(before, '{}')) || jsonb_strip_nulls(coalesce(after, '{}'))) AS key (name)
    WHERE before->name IS DISTINCT FROM after->name
      AND name <> ALL (CASE of_table
        WHEN 'role_inheritance' THEN '{id,role_id}'::text[]
        WHEN 'role_grant' THEN '{id,user_id,granted_by_kind,granted_by_id,granted_by_name}'
        WHEN 'audit_attempt' THEN '{id,at,action,outcome,subject_kind,subject_id}'
        ELSE '{id,user_id,version,created_at,updated_at,place,status_before}' END)
      AND (before IS NOT NULL OR after->name NOT IN ('[]', '{}'))
    UNION ALL SELECT unnest(hidden)) k
$$;

-- What happened to the record, dotted and stable. It follows from the change itself, however it was made; only where that says no
-- more than "updated" the commit's own action, if it is about such a record, says it better.
CREATE FUNCTION audit_action(commit_kind text, commit_action text, of_table text, operation text, before jsonb, after jsonb)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE of_table
    WHEN 'user_account' THEN CASE
      WHEN operation = 'INSERT' THEN 'user.created'
      WHEN operation = 'DELETE' THEN CASE WHEN commit_action LIKE 'user.%' THEN commit_action ELSE 'user.removed' END
      WHEN before->>'status' <> after->>'status' THEN CASE
        WHEN before->>'status' = 'DELETED' THEN 'user.restored'
        WHEN after->>'status' = 'DELETED' THEN 'user.deleted'
        WHEN after->>'status' = 'LOCKED' THEN 'user.locked'
        WHEN after->>'status' = 'SUSPENDED' THEN 'user.suspended'
        WHEN after->>'status' = 'ARCHIVED' THEN 'user.archived'
        WHEN after->>'status' = 'INACTIVE' THEN 'user.deactivated'
        WHEN before->>'status' = 'LOCKED' THEN 'user.unlocked'
        WHEN before->>'status' = 'SUSPENDED' THEN 'user.reinstated'
        WHEN after->>'status' = 'ACTIVE' THEN 'user.activated'
        ELSE 'user.updated' END
      WHEN commit_action LIKE 'user.%' AND commit_action NOT IN ('user.created', 'user.activated', 'user.deactivated', 'user.locked',
        'user.unlocked', 'user.suspended', 'user.reinstated', 'user.archived', 'user.deleted', 'user.restored') THEN commit_action
      ELSE 'user.updated' END
    WHEN 'user_security' THEN CASE commit_kind WHEN 'SIGN_IN' THEN commit_action ELSE 'user.security_changed' END
    WHEN 'org_unit' THEN CASE operation WHEN 'INSERT' THEN 'org_unit.created' WHEN 'DELETE' THEN 'org_unit.deleted'
      ELSE CASE WHEN before->'parent_id' <> after->'parent_id' THEN 'org_unit.moved' ELSE 'org_unit.updated' END END
    WHEN 'role' THEN CASE operation WHEN 'INSERT' THEN 'role.created' WHEN 'DELETE' THEN 'role.deleted' ELSE 'role.updated' END
    WHEN 'role_inheritance' THEN 'role.updated'
    WHEN 'role_grant' THEN CASE
      WHEN operation = 'INSERT' THEN 'role.granted'
      WHEN operation = 'DELETE' OR before->>'revoked_at' IS NULL AND after->>'revoked_at' IS NOT NULL THEN 'role.revoked'
      ELSE 'role.grant_changed' END
    WHEN 'service_token' THEN CASE
      WHEN operation = 'INSERT' THEN 'token.created'
      WHEN operation = 'DELETE' OR before->>'revoked_at' IS NULL AND after->>'revoked_at' IS NOT NULL THEN 'token.revoked'
      ELSE 'token.changed' END
    WHEN 'audit_attempt' THEN CASE operation WHEN 'INSERT' THEN after->>'action' ELSE 'audit_attempt.changed' END
    ELSE CASE
      WHEN starts_with(commit_action, of_table || '.') THEN commit_action
      ELSE replace(of_table, 'user_', 'user.') || CASE operation WHEN 'INSERT' THEN '.added' WHEN 'DELETE' THEN '.removed' ELSE '.changed' END END
  END $$;

-- Whom or what a change is about: the user to whom the row belongs, or the role, or the record itself. An attempt that names nobody is
-- about whoever made it.
CREATE FUNCTION audit_subject(of_table text, row_id uuid, image jsonb, actor_kind text, actor_id uuid)
RETURNS TABLE (kind text, id uuid) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
      WHEN of_table = 'audit_attempt' THEN coalesce(image->>'subject_kind',
        CASE WHEN actor_id IS NULL THEN NULL WHEN actor_kind = 'USER' THEN 'User' WHEN actor_kind = 'SERVICE' THEN 'ServiceToken' END)
      WHEN of_table = 'user_account' OR image->>'user_id' IS NOT NULL THEN 'User'
      WHEN image->>'role_id' IS NOT NULL THEN 'Role'
      ELSE replace(initcap(replace(of_table, '_', ' ')), ' ', '') END,
    CASE
      WHEN of_table = 'audit_attempt' THEN coalesce((image->>'subject_id')::uuid, actor_id)
      ELSE coalesce((image->>'user_id')::uuid, (image->>'role_id')::uuid, row_id) END
$$;
`;

const STORE = `
INSERT INTO feed_consumer (name, commit_number, ordinal) VALUES ('audit', 0, 2147483647);

-- One row: the chain's head.
CREATE TABLE audit_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  events bigint NOT NULL,
  hash bytea NOT NULL
) WITH (fillfactor = 10);
INSERT INTO audit_head (events, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- The key of each subject, under the master key. A null says that it was destroyed; no other is made then.
CREATE TABLE subject_key (
  subject_id uuid PRIMARY KEY,
  wrapped bytea
);

CREATE TABLE audit_log (
  commit_number bigint NOT NULL,
  ordinal integer NOT NULL,
  at timestamptz(3) NOT NULL,
  action text NOT NULL,
  outcome text NOT NULL,
  kind text NOT NULL,
  actor_kind text NOT NULL,
  actor_id uuid,
  operation_id text,
  request_id text,
  table_name text NOT NULL,
  row_id uuid NOT NULL,
  operation text NOT NULL,
  subject_kind text,
  subject_id uuid,
  unit_id uuid,
  unit_path uuid[] NOT NULL,
  fields text[] NOT NULL,
  -- A keyed hash of the address, to be asked for by equality.
  ip_token text,
  -- Values and reason, under the subject's key; the actor's name and address, under the actor's.
  sealed bytea NOT NULL,
  sealed_actor bytea NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (commit_number, ordinal)
) PARTITION BY RANGE (commit_number);
CREATE INDEX audit_log_subject ON audit_log (subject_id, commit_number, ordinal);
CREATE INDEX audit_log_actor ON audit_log (actor_id, commit_number, ordinal);
CREATE INDEX audit_log_action ON audit_log (fold(action), commit_number, ordinal);
CREATE INDEX audit_log_at ON audit_log (at);
CREATE INDEX audit_log_units ON audit_log USING gin (unit_path);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is appended to only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER refuse_audit_change BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER refuse_audit_change;
CREATE TRIGGER refuse_audit_truncate BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER refuse_audit_truncate;

-- The chain before a partition's first event is kept beside it: a chain whose beginning was detached still verifies.
CREATE TABLE audit_partition (
  name text PRIMARY KEY,
  month date NOT NULL UNIQUE,
  from_commit bigint NOT NULL,
  to_commit bigint,
  events_before bigint NOT NULL,
  hash_before bytea NOT NULL
);
`;

// Every statement here follows keys from row to row, also where its plan was made while the tables were empty (OFFSET 0 keeps an inner
// query inner); planning it anew each time would take longer.
const BY_KEYS =
  "SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off";

const EVENTS = `
-- What the sealer has not sealed yet, in the columns of audit_log and in clear.
CREATE VIEW unsealed_event AS
SELECT c.number AS commit_number, ch.ordinal, c.at,
  audit_action(c.kind, c.action, ch.table_name, ch.operation, ch.before, ch.after) AS action,
  CASE WHEN ch.table_name = 'audit_attempt' AND ch.operation = 'INSERT' THEN ch.after->>'outcome' ELSE 'SUCCESS' END AS outcome,
  c.kind, c.actor_kind, c.actor_id, c.operation_id, c.request_id, ch.table_name, ch.row_id, ch.operation,
  subject.kind AS subject_kind, subject.id AS subject_id, place.unit_id, coalesce(place.unit_path, '{}') AS unit_path,
  changed.fields, changed.columns, ch.before, ch.after, c.reason, c.actor_name, c.ip, ch.commit_id,
  -- What does not stand in the log itself: it must be the same when the event is hashed and when it is appended.
  concat_ws(' ', place.unit_id, place.unit_path) AS place
FROM feed_consumer done
JOIN commit c ON c.number >= done.commit_number
JOIN change ch ON ch.commit_id = c.id AND NOT ch.derived AND ch.ordinal > CASE c.number WHEN done.commit_number THEN done.ordinal ELSE 0 END
CROSS JOIN LATERAL audit_subject(ch.table_name, ch.row_id, coalesce(ch.after, ch.before), c.actor_kind, c.actor_id) subject
LEFT JOIN LATERAL place_at(subject.id, c.number) place ON subject.kind = 'User'
CROSS JOIN LATERAL audit_changed(ch.table_name, ch.before, ch.after, ch.hidden) changed
WHERE done.name = 'audit';

-- The next of them, in the order of the log; read by its indexes in that order, so that a batch of a large commit costs no more than
-- one of small commits.
CREATE FUNCTION next_unsealed(batch integer, through bigint) RETURNS SETOF unsealed_event LANGUAGE plpgsql STABLE ${BY_KEYS} AS $$
DECLARE
  done feed_consumer;
BEGIN
  SELECT * INTO done FROM feed_consumer WHERE name = 'audit';
  RETURN QUERY
  WITH picked AS MATERIALIZED (
    SELECT c.id, ch.ordinal FROM (
      SELECT id, number FROM commit WHERE number >= done.commit_number AND number <= through ORDER BY number LIMIT batch + 1) c
    CROSS JOIN LATERAL (
      SELECT own.ordinal FROM change own WHERE own.commit_id = c.id AND NOT own.derived
        AND own.ordinal > CASE c.number WHEN done.commit_number THEN done.ordinal ELSE 0 END
      ORDER BY own.ordinal LIMIT batch) ch
    LIMIT batch
  )
  SELECT e.* FROM picked
  CROSS JOIN LATERAL (SELECT * FROM unsealed_event u WHERE u.commit_id = picked.id AND u.ordinal = picked.ordinal OFFSET 0) e
  ORDER BY e.commit_number, e.ordinal;
END $$;
`;

const PARTITIONS = `
-- Makes the partition that begins with a month's first commit, and ends the one before at it.
CREATE FUNCTION begin_audit_partition(of_month date, first_commit bigint, events_before bigint, hash_before bytea)
RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  last audit_partition;
  fresh text := 'audit_log_' || to_char(of_month, 'YYYY_MM');
BEGIN
  SELECT * INTO last FROM audit_partition WHERE to_commit IS NULL;
  IF FOUND THEN
    EXECUTE format('ALTER TABLE audit_log DETACH PARTITION %I', last.name);
    EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', last.name, last.from_commit, first_commit);
    UPDATE audit_partition SET to_commit = first_commit WHERE name = last.name;
  END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF audit_log FOR VALUES FROM (%s) TO (MAXVALUE)', fresh, first_commit);
  EXECUTE format('CREATE TRIGGER refuse_audit_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()', fresh);
  EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_audit_truncate', fresh);
  INSERT INTO audit_partition (name, month, from_commit, events_before, hash_before)
  VALUES (fresh, of_month, first_commit, events_before, hash_before);
END $$;
REVOKE ALL ON FUNCTION begin_audit_partition(date, bigint, bigint, bytea) FROM PUBLIC;
`;

const SEAL = `
-- Appends the next events: all of the log from where the last call ended up to a place in it, with the ciphertexts and hashes that
-- the sealer made for them. All else is taken from the log itself, so that nobody can seal what did not happen, or leave
-- out what did. Refused where the chain's head is not the one that the sealer built on: another one was faster.
CREATE FUNCTION seal_events(head bytea, through_commit bigint, through_ordinal integer, commits bigint[], ordinals integer[],
  places text[], sealed bytea[], sealed_actors bytea[], ip_tokens text[], hashes bytea[], key_subjects uuid[], keys bytea[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp ${BY_KEYS} AS $$
DECLARE
  chain audit_head;
  done feed_consumer;
  written bigint;
  begun record;
BEGIN
  SELECT * INTO chain FROM audit_head FOR UPDATE;
  IF chain.hash <> head THEN
    RAISE EXCEPTION 'the audit log has another head' USING ERRCODE = 'serialization_failure';
  END IF;
  SELECT * INTO done FROM feed_consumer WHERE name = 'audit';
  IF through_commit > (SELECT number FROM feed_head) OR (through_commit, through_ordinal) < (done.commit_number, done.ordinal) THEN
    RAISE EXCEPTION 'there is no such place to seal up to' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO subject_key (subject_id, wrapped) SELECT * FROM unnest(key_subjects, keys);
  FOR begun IN
    SELECT date_trunc('month', c.at AT TIME ZONE 'UTC')::date AS month, min(s.place) AS place
    FROM unnest(commits) WITH ORDINALITY s (number, place) JOIN commit c ON c.number = s.number
    GROUP BY 1 ORDER BY 1
  LOOP
    IF NOT EXISTS (SELECT FROM audit_partition WHERE month = begun.month) THEN
      PERFORM begin_audit_partition(begun.month, commits[begun.place], chain.events + begun.place - 1,
        CASE begun.place WHEN 1 THEN chain.hash ELSE hashes[begun.place - 1] END);
    END IF;
  END LOOP;
  INSERT INTO audit_log (commit_number, ordinal, at, action, outcome, kind, actor_kind, actor_id, operation_id, request_id, table_name,
    row_id, operation, subject_kind, subject_id, unit_id, unit_path, fields, ip_token, sealed, sealed_actor, hash)
  SELECT e.commit_number, e.ordinal, e.at, e.action, e.outcome, e.kind, e.actor_kind, e.actor_id, e.operation_id, e.request_id, e.table_name,
    e.row_id, e.operation, e.subject_kind, e.subject_id, e.unit_id, e.unit_path, e.fields, s.ip_token, s.sealed, s.sealed_actor, s.hash
  FROM unnest(commits, ordinals, places, sealed, sealed_actors, ip_tokens, hashes) s (commit_number, ordinal, place, sealed, sealed_actor, ip_token, hash)
  CROSS JOIN LATERAL (SELECT * FROM unsealed_event u WHERE u.commit_number = s.commit_number AND u.ordinal = s.ordinal OFFSET 0) e
  WHERE e.place = s.place;
  GET DIAGNOSTICS written = ROW_COUNT;
  IF written <> cardinality(commits) OR written <> (
    SELECT count(*) FROM commit c JOIN change ch ON ch.commit_id = c.id
    WHERE c.number BETWEEN done.commit_number AND through_commit AND NOT ch.derived
      AND ch.ordinal > CASE c.number WHEN done.commit_number THEN done.ordinal ELSE 0 END
      AND ch.ordinal <= CASE c.number WHEN through_commit THEN through_ordinal ELSE 2147483647 END)
  THEN
    RAISE EXCEPTION 'what is sealed is not what happened' USING ERRCODE = 'data_exception';
  END IF;
  UPDATE feed_consumer SET commit_number = through_commit, ordinal = through_ordinal WHERE name = 'audit';
  IF written > 0 THEN
    UPDATE audit_head SET events = events + written, hash = hashes[written];
  END IF;
  RETURN chain.events + written;
END $$;
REVOKE ALL ON FUNCTION seal_events(bytea, bigint, integer, bigint[], integer[], text[], bytea[], bytea[], text[], bytea[], uuid[], bytea[]) FROM PUBLIC;

-- Destroys a subject's key: what was sealed under it can never be read again, and what is sealed about them from now on cannot either.
CREATE FUNCTION destroy_subject_key(subject uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO subject_key (subject_id, wrapped) VALUES (subject, NULL) ON CONFLICT (subject_id) DO UPDATE SET wrapped = NULL
$$;
REVOKE ALL ON FUNCTION destroy_subject_key(uuid) FROM PUBLIC;
`;
