#!/bin/bash
# Runs once, when the database's folder is empty: one role that owns one database and may do nothing else.
set -euo pipefail
password=$(cat /run/secrets/vigie_password)
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres --set=password="$password" <<'SQL'
CREATE ROLE vigie LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE vigie OWNER vigie TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8';
REVOKE ALL ON DATABASE vigie FROM PUBLIC;
SQL
