-- Roles, databases and extensions for a server that is not the embedded one; run once, as its
-- administrator, and again after a new service or a new password:
--
--   psql -v registry_owner=… -v registry_app=… (and so on for each service) -f databases.sql
--
-- The cluster must have been made with LC_CTYPE=C.UTF-8, or Chinese searches find nothing.
\set ON_ERROR_STOP on
SELECT format('CREATE ROLE %I LOGIN', name) FROM (VALUES
    ('registry_owner'), ('registry_app'), ('evaluation_owner'), ('evaluation_app'),
    ('ip_ledger_owner'), ('ip_ledger_app'), ('gateway_owner'), ('gateway_app')) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE registry_owner PASSWORD :'registry_owner';
ALTER ROLE registry_app PASSWORD :'registry_app';
ALTER ROLE evaluation_owner PASSWORD :'evaluation_owner';
ALTER ROLE evaluation_app PASSWORD :'evaluation_app';
ALTER ROLE ip_ledger_owner PASSWORD :'ip_ledger_owner';
ALTER ROLE ip_ledger_app PASSWORD :'ip_ledger_app';
ALTER ROLE gateway_owner PASSWORD :'gateway_owner';
ALTER ROLE gateway_app PASSWORD :'gateway_app';
SELECT format('CREATE DATABASE %I OWNER %I', name, name || '_owner') FROM (VALUES
    ('registry'), ('evaluation'), ('ip_ledger'), ('gateway')) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', name) FROM (VALUES
    ('registry'), ('evaluation'), ('ip_ledger'), ('gateway')) AS wanted (name) \gexec
SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', name, name || '_app') FROM (VALUES
    ('registry'), ('evaluation'), ('ip_ledger'), ('gateway')) AS wanted (name) \gexec
\connect registry
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
\connect evaluation
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
\connect ip_ledger
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
\connect gateway
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
