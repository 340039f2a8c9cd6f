import { Migration } from "@mikro-orm/migrations";

/**
 * Time changes derived rows too: a grant begins or ceases to hold and nobody writes anything. `pass_time` finds whom that
 * concerns since it last ran, and brings their rows up to now, as a commit like any other.
 */
export class Migration0005Time extends Migration {
  override up(): void {
    this.addSql(`
-- Up to when time has been passed. One gateway at a time holds the row.
CREATE TABLE time_passed (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  at timestamptz(3) NOT NULL
) WITH (fillfactor = 10);
INSERT INTO time_passed (at) VALUES (rollcall_now());

CREATE INDEX role_grant_starts ON role_grant (starts_at) WHERE revoked_at IS NULL;
CREATE INDEX role_grant_expires ON role_grant (expires_at) WHERE revoked_at IS NULL AND expires_at IS NOT NULL;
CREATE INDEX user_account_status_until ON user_account (status_until) WHERE status_until IS NOT NULL;

-- Needs a cause, as every write does. Gives how many people time has changed; none where another gateway is at it.
CREATE FUNCTION pass_time() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  since timestamptz;
  instant timestamptz;
  people uuid[];
BEGIN
  SELECT at INTO since FROM time_passed FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN 0; END IF;
  instant := rollcall_now();
  people := ARRAY(
    SELECT g.user_id FROM role_grant g WHERE g.revoked_at IS NULL AND g.starts_at > since AND g.starts_at <= instant
    UNION SELECT g.user_id FROM role_grant g WHERE g.revoked_at IS NULL AND g.expires_at > since AND g.expires_at <= instant);
  IF people <> '{}' THEN
    -- Derived rows are right only if no other transaction can come between them and their sources.
    SELECT greatest(at, instant) INTO instant FROM feed_head FOR UPDATE;
    PERFORM refresh_user_search(people, instant);
  END IF;
  UPDATE time_passed SET at = greatest(at, instant);
  RETURN cardinality(people);
END $$;
`);
  }
}
