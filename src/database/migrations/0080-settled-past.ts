import { Migration } from "@mikro-orm/migrations";

/** A question about an instant is answered once no commit that bears it, or an earlier one, is still on its way. */
export class Migration0080SettledPast extends Migration {
  override up(): void {
    this.addSql(SETTLED);
  }
}

const SETTLED = `
-- The last commit up to an instant that has passed, once none of up to then can follow: whoever has taken a number, and is not in sight yet, bears no
-- earlier instant than the head, so that it is waited for only about what comes behind that. Not settled where it takes longer; the number
-- is null where there is none.
CREATE FUNCTION last_commit_by(instant timestamptz, OUT settled boolean, OUT number bigint) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '1s' AS $$
BEGIN
  settled := true;
  IF instant >= (SELECT h.at FROM feed_head h) THEN
    IF rollcall_now() < instant + interval '1 ms' THEN -- another may bear the same millisecond
      PERFORM pg_sleep(0.002);
    END IF;
    PERFORM FROM feed_head FOR SHARE;
  END IF;
  SELECT c.number INTO number FROM commit c WHERE c.at <= instant ORDER BY c.at DESC, c.number DESC LIMIT 1;
EXCEPTION WHEN lock_not_available THEN
  settled := false;
END $$;
REVOKE ALL ON FUNCTION last_commit_by(timestamptz) FROM PUBLIC;
`;
