-- The three schemas, what nobody may do in them, and which facts this database holds.
--
-- registry: the data. access: people and their sessions. api: functions and views that logins may call.
-- Every migration runs as a superuser or a member of the owners, in one transaction, and ends in the role it began in.
do $$
begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to seratus_region, seratus_ministry, seratus_export, seratus_gate',
                 current_database());
end $$;
revoke all on schema public from public;

create schema registry authorization seratus_owner;
create schema access authorization seratus_owner;
create schema api authorization seratus_owner;

-- A new function can be executed by everybody unless this is said for each owner beforehand.
alter default privileges for role seratus_owner revoke execute on functions from public;
alter default privileges for role seratus_auth revoke execute on functions from public;
alter default privileges for role seratus_release revoke execute on functions from public;
alter default privileges for role seratus_owner revoke usage on types from public;

set local role seratus_owner;

grant usage on schema registry to seratus_region, seratus_ministry, seratus_export, seratus_release;
grant usage on schema api to seratus_region, seratus_ministry, seratus_export, seratus_gate;
grant usage on schema access to seratus_auth;

-- What the migrator has applied. sha256 is of the file's bytes, so a migration that was changed afterwards is noticed.
create table registry.migration (
  version    int primary key check (version > 0),
  name       text not null,
  sha256     text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  applied_at timestamptz not null default now()
);

-- Exactly one row: the kind of facts in this database. Every score repeats the kind and must equal it, so that a made-up
-- nation and the real one can't stand in one table.
create table registry.dataset (
  kind  text primary key check (kind in ('official', 'synthetic')),
  sole  boolean not null default true unique check (sole),
  seed  bigint,
  label text not null,
  check ((kind = 'synthetic') = (seed is not null))
);
grant select on registry.dataset to seratus_region, seratus_ministry, seratus_export, seratus_release;

reset role;
