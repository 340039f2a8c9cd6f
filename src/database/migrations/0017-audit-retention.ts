import { Migration } from "@mikro-orm/migrations";

/**
 * The audit log's beginning can be given up by whole months: their partitions are detached, and stay as tables of their own until somebody
 * has put them away. That it was done is an event of the log itself, with the hash that leads to what is left.
 */
export class Migration0017AuditRetention extends Migration {
  override up(): void {
    this.addSql(DETACHED);
    this.addSql(DETACH);
  }
}

const DETACHED = `
ALTER TABLE audit_partition ADD COLUMN detached_at timestamptz(3);

-- A row for every month that was given up; written by the function below only, and captured.
CREATE TABLE audit_detachment (
  id uuid PRIMARY KEY,
  partition text NOT NULL UNIQUE,
  month date NOT NULL,
  from_commit bigint NOT NULL,
  to_commit bigint NOT NULL,
  events bigint NOT NULL,
  -- Of the last event that was given up, in hexadecimal: the first that is left links to it.
  last_hash text NOT NULL
);
SELECT capture_table('audit_detachment');
`;

const DETACH = `
-- Detaches every month all of whose events are older than so many months, never the one that is being written to. Gives the names of the
-- tables that hold them from here on. Waits for nobody for long: whoever reads the log may do so to the end, and it is tried again later.
CREATE FUNCTION detach_audit_partitions(months integer) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
  cutoff timestamp := rollcall_now() AT TIME ZONE 'UTC' - make_interval(months => months);
  old audit_partition;
  behind audit_partition;
  reader text;
BEGIN
  IF months IS NULL OR months < 1 THEN
    RAISE EXCEPTION 'at least a month is kept' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR old IN
    SELECT * FROM audit_partition p
    WHERE detached_at IS NULL AND from_commit < (
      SELECT min(from_commit) FROM audit_partition
      WHERE detached_at IS NULL AND (to_commit IS NULL OR month + interval '1 month' > cutoff))
    ORDER BY from_commit FOR UPDATE SKIP LOCKED
  LOOP
    SELECT * INTO STRICT behind FROM audit_partition WHERE from_commit = old.to_commit;
    EXECUTE format('ALTER TABLE audit_log DETACH PARTITION %I', old.name);
    -- The trigger that refuses changes went with the parent.
    EXECUTE format('CREATE TRIGGER refuse_audit_change BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()', old.name);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_audit_change', old.name);
    FOR reader IN
      SELECT grantee::regrole::text FROM pg_class CROSS JOIN aclexplode(relacl)
      WHERE oid = 'audit_log'::regclass AND privilege_type = 'SELECT' AND grantee <> 0
    LOOP
      EXECUTE format('GRANT SELECT ON %I TO %s', old.name, reader);
    END LOOP;
    UPDATE audit_partition SET detached_at = rollcall_now() WHERE name = old.name;
    INSERT INTO audit_detachment (id, partition, month, from_commit, to_commit, events, last_hash)
    VALUES (gen_random_uuid(), old.name, old.month, old.from_commit, old.to_commit - 1, behind.events_before - old.events_before, encode(behind.hash_before, 'hex'));
    RETURN NEXT old.name;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION detach_audit_partitions(integer) FROM PUBLIC;
`;
