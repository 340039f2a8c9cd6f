#!/bin/sh
# Makes the secrets that docker-compose.yml names, each in a file of its own. What is there already stays. Keep copies of audit_master_key and of
# the backups apart from each other: without that key the audit log's values and all passwords are lost.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
# This is what keeps others out. The engine, which mounts each file by itself, comes through it, and the files are readable for the containers' users.
chmod 700 secrets
make() {
  [ -s "secrets/$1" ] || printf '%s' "$2" >"secrets/$1"
  chmod 644 "secrets/$1"
}
password() { openssl rand -hex 24; }
make owner_password "$(password)"
make run_role "$(password)"
make database_url "postgresql://rollcall:$(cat secrets/run_role)@database:5432/rollcall"
make migration_database_url "postgresql://rollcall_owner:$(cat secrets/owner_password)@database:5432/rollcall"
make audit_master_key "$(openssl rand -base64 32)"
make bootstrap_token "$(password)"
