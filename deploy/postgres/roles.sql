-- Who may do what in the gateway's database: a role for each service, which owns the schema of that name and can do nothing
-- in the others. Whatever belonged to somebody else before is taken over.
-- Run by a superuser in that database before the services start, and again as often as one likes:
--   KASSAFLOW_REGISTRY_PASSWORD=… KASSAFLOW_FISCALIZER_PASSWORD=… KASSAFLOW_STATUS_PASSWORD=… psql -X -d kassaflow -f roles.sql
\set ON_ERROR_STOP on
\getenv registry KASSAFLOW_REGISTRY_PASSWORD
\getenv fiscalizer KASSAFLOW_FISCALIZER_PASSWORD
\getenv status KASSAFLOW_STATUS_PASSWORD
set client_min_messages = warning;
begin;
create temporary table services (name text, role text, password text) on commit drop;
insert into services values
  ('registry', 'kassaflow_registry', :'registry'),
  ('fiscalizer', 'kassaflow_fiscalizer', :'fiscalizer'),
  ('status', 'kassaflow_status', :'status');

select format('create role %I', role) from services where to_regrole(role) is null \gexec
select format('alter role %I login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password %L', role, password)
from services \gexec

-- Nobody else comes in, and nobody makes schemas, temporary tables or anything in `public`.
select format('revoke all on database %I from public', current_database()) \gexec
select format('grant connect on database %I to %I', current_database(), role) from services \gexec
revoke all on schema public from public;

-- Each service migrates its own schema when it starts, so it owns what is in it.
select format('create schema if not exists %I', name) from services \gexec
select format('revoke all on schema %I from public', name) from services \gexec
select format('alter schema %I owner to %I', name, role) from services \gexec
select format('alter table %s owner to %I', c.oid::regclass, s.role)  -- a sequence that a column owns goes with its table
from services s join pg_namespace n on n.nspname = s.name join pg_class c on c.relnamespace = n.oid
where c.relkind in ('r', 'p', 'v', 'm', 'S') and c.relowner <> to_regrole(s.role)
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i'))
\gexec
select format('alter routine %s owner to %I', p.oid::regprocedure, s.role)
from services s join pg_namespace n on n.nspname = s.name join pg_proc p on p.pronamespace = n.oid
where p.proowner <> to_regrole(s.role) \gexec

-- Whether a standby is in sync (docs/architecture/restored-journal.md).
grant pg_read_all_stats to kassaflow_fiscalizer;
commit;
