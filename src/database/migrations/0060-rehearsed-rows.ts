import { Migration } from "@mikro-orm/migrations";

/**
 * What a rehearsal would make of search rows is worked out and not written: no index is kept up, and nothing is logged, for rows that are rolled back.
 */
export class Migration0060RehearsedRows extends Migration {
  override up(): void {
    this.addSql(REHEARSAL);
  }
}

/** See 0004: each statement is planned once a session, perhaps while tables are empty. */
const PLANNED_ONCE = "SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off";

const REHEARSAL = `
-- What the transaction's writes so far touch; refuses what its commit would refuse. Null where it has written nothing.
CREATE FUNCTION assert_rehearsal() RETURNS touched_rows LANGUAGE plpgsql ${PLANNED_ONCE} AS $$
DECLARE
  own bigint := (SELECT id FROM commit WHERE xid = pg_current_xact_id() AND started_at = transaction_timestamp() AND number IS NULL);
  touched touched_rows;
BEGIN
  IF own IS NULL THEN RETURN NULL; END IF;
  touched := touched_rows(own);
  PERFORM assert_no_cycle(touched.moved, touched.managed, touched.inheriting);
  IF touched.holders <> '{}' THEN
    PERFORM assert_unique_holders(ARRAY(SELECT DISTINCT unnest(touched.holders)));
  END IF;
  RETURN touched;
END $$;

-- Whose search rows the commit would bring up to date. Of what changes people in bulk, which touches no unit, role or group itself.
CREATE FUNCTION rehearsed_people() RETURNS SETOF uuid LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY SELECT DISTINCT person.id FROM unnest(near_people(assert_rehearsal())) person (id);
END $$;

-- The search rows of those of the people of whom they would differ, as they are and as they would be.
CREATE FUNCTION rehearsed_rows(users uuid[]) RETURNS TABLE (id uuid, before jsonb, after jsonb) LANGUAGE plpgsql STABLE ${PLANNED_ONCE} AS $$
BEGIN
  RETURN QUERY
    SELECT fresh.user_id, to_jsonb(kept), to_jsonb(fresh)
    FROM user_search_of(users, rollcall_now()) fresh LEFT JOIN user_search kept ON kept.user_id = fresh.user_id
    WHERE (kept *<> fresh) IS NOT FALSE;
END $$;
`;
