-- What the migrator asks for, on an administrator's connection.

-- name: MigrationChecksums :many
-- SHA-256 of the text of each file, in order, as 64 hexadecimal digits. $1 the texts.
select encode(sha256(convert_to(f.text, 'UTF8')), 'hex') as sha256
from unnest($1::text[]) with ordinality as f(text, n)
order by f.n;

-- name: MigrationLock :exec
-- One migrator at a time in a database. Held until the session ends; waits as long as lock_timeout allows.
select pg_advisory_lock(hashtext('seratus migrations'));

-- name: MigrationTableExists :one
select to_regclass('registry.migration') is not null as present;

-- name: MigrationsApplied :many
select version, name, sha256 from registry.migration order by version;

-- name: MigrationRecord :exec
-- In the transaction of the migration itself.
insert into registry.migration (version, name, sha256) values ($1::int, $2, $3);

-- name: LoginNamed :exec
-- Names a login and its password to LoginPasswordSet, in the same transaction, so that no statement text holds a password.
select set_config('seratus.login', $1, true), set_config('seratus.login_password', $2, true);

-- name: LoginPasswordSet :command
do $$
begin
  execute format('alter role %I password %L', current_setting('seratus.login'), current_setting('seratus.login_password'));
end $$;

-- name: StatisticsRefresh :command
-- After much was written: a plan made for an empty table is a bad one for a full one.
analyze registry.province, registry.province_code, registry.region, registry.region_name, registry.region_code, registry.region_province,
  registry.region_alias, registry.region_line, registry.instrument_line, registry.cohort, registry.membership, registry.dimension, registry.instrument, registry.instrument_aspect,
  registry.score, registry.score_part, registry.score_claim, registry.plan_realisation;
