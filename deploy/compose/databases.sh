#!/bin/sh
# Run by PostgreSQL's image on an empty folder; the passwords come from files of secrets.
set -eu
given=""
for service in registry evaluation ip_ledger gateway; do
    for login in owner app; do
        given="$given -v ${service}_${login}=$(cat "/run/secrets/${service}_${login}")"
    done
done
# shellcheck disable=SC2086
exec psql --username "$POSTGRES_USER" $given --file /databases.sql
