/**
 * What lets a database's clock be moved, for tests: the owner of the tables puts this in the place of the clock that the
 * migrations make, which knows of no offset. So whoever has the gateway's password, and no more, cannot bring back a grant
 * that has ended, or put off what is due, by a setting of their own connection.
 */
export const MOVABLE_CLOCK = `
CREATE OR REPLACE FUNCTION rollcall_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS
$$ SELECT date_trunc('milliseconds', clock_timestamp() + coalesce(nullif(current_setting('rollcall.clock_offset', true), '')::interval, interval '0')) $$`;
