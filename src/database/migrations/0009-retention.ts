import { Migration } from "@mikro-orm/migrations";

/** The log's beginning is given up once it is old enough and every consumer has passed it. */
export class Migration0009Retention extends Migration {
  override up(): void {
    this.addSql(`
-- Removes the oldest commits and their changes: at most so many commits, none younger than the window, none that a consumer has still to
-- read, and never the last one. Gives how many were removed. Commits go whole, so that whoever reads on finds that they are gone.
CREATE FUNCTION prune_log(keep interval, batch integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  bound bigint;
  pruned integer;
BEGIN
  IF keep IS NULL OR keep < interval '0' THEN
    RAISE EXCEPTION 'the window cannot be negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT least(
    (SELECT number - 1 FROM feed_head),
    (SELECT min(commit_number - CASE ordinal WHEN 2147483647 THEN 0 ELSE 1 END) FROM feed_consumer)) INTO bound;
  WITH old AS MATERIALIZED (
    SELECT id FROM commit WHERE number <= bound AND at < rollcall_now() - keep ORDER BY number LIMIT batch
  ), changes AS (
    DELETE FROM change USING old WHERE commit_id = old.id
  ), commits AS (
    DELETE FROM commit USING old WHERE commit.id = old.id RETURNING 1
  )
  SELECT count(*) INTO pruned FROM commits;
  RETURN pruned;
END $$;
REVOKE ALL ON FUNCTION prune_log(interval, integer) FROM PUBLIC;
`);
  }
}
