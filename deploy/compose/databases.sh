#!/bin/sh
# Run by PostgreSQL's image on an empty folder; the passwords come from files of secrets.
set -eu
given=""
for secret in /run/secrets/*_owner /run/secrets/*_app; do
    given="$given -v $(basename "$secret")=$(cat "$secret")"
done
# shellcheck disable=SC2086
exec psql --username "$POSTGRES_USER" $given --file /databases.sql
