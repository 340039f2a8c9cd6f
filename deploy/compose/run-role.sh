#!/bin/sh
# The role that the gateways run as. Its password goes through a variable of psql, and so never through a command line.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
\set password `cat /run/secrets/run_role`
CREATE ROLE rollcall LOGIN PASSWORD :'password';
SQL
