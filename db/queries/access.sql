-- Sessions: the first statement of every request, logging in and out, and what an administrator does.

-- name: Enter :one
-- First message of every request, in the same pipeline as its statement: on error (SR001 unknown, SR002 expired, SR003 revoked,
-- SR004 role) the statement never runs. $1 SHA-256 of the token, $2 permitted roles, $3 writes?, $4 milliseconds left.
select actor_id, actor_name, role, region_id from api.enter($1::bytea, $2::text[], $3::bool, $4::int);

-- name: LoginLookup :one
-- Gate pool. Always one row; all null for an unknown, disabled or passwordless account. $1 username.
select account_id, password, role, region_id from api.login_lookup($1::text);

-- name: LoginStore :one
-- Gate pool. Opens a session after the password was found right. $1 SHA-256 of the new token, $2 account, $3 the hash that was
-- checked, $4 label (where from), $5 seconds to live. SR001 if the account changed in between.
select actor_name, role, region_id, expires from api.login_store($1::bytea, $2::bigint, $3::text, $4::text, $5::int);

-- name: Logout :one
-- Gate pool. Ends the session of this token; false if it had ended or never was. $1 SHA-256 of the token.
select revoked from api.revoke_own_session($1::bytea);

-- name: AccountPut :one
-- Administration, as the owner. Creates an account or changes it, and ends its sessions if role, region, password or name
-- changed. $1 username, $2 name, $3 password hash (null: tokens only), $4 role, $5 region_id (null but for a region's roles).
with was as (
  select * from access.account where username = $1::text
), put as (
  insert into access.account as a (username, name, password, role, region_id)
  values ($1::text, $2::text, $3::text, $4::text, $5::int)
  on conflict (username) do update
    set name = excluded.name, password = excluded.password, role = excluded.role, region_id = excluded.region_id
  returning a.*
), ended as (
  update access.session s set revoked = now()
  from put join was using (account_id)
  where s.actor_id = put.account_id and s.revoked is null
    and (put.name, put.password, put.role, put.region_id) is distinct from (was.name, was.password, was.role, was.region_id)
  returning s.sid
)
select account_id, (select count(*)::int from ended) as sessions_ended from put;

-- name: AccountDisable :one
-- Administration, as the owner. Disables (or enables again) an account; disabling ends its sessions. $1 username, $2 disabled?
with put as (
  update access.account set disabled = $2::bool where username = $1::text returning account_id
), ended as (
  update access.session s set revoked = now() from put
  where $2::bool and s.actor_id = put.account_id and s.revoked is null
  returning s.sid
)
select account_id, (select count(*)::int from ended) as sessions_ended from put;

-- name: AccountList :many
-- Administration, as the owner, by username. Never the hash.
select account_id, username, name, role, region_id, disabled, password is not null as has_password, created_at
from access.account order by username;

-- name: SessionCreate :one
-- Administration, as the owner: a token for a script. $1 SHA-256 of the token, $2 username, $3 scope read or write, $4 label,
-- $5 seconds to live (at most a year). No row for an unknown or disabled account.
insert into access.session (sid, actor_id, actor_name, role, region_id, scope, label, expires)
select $1::bytea, a.account_id, a.name, a.role, a.region_id, $3::text, $4::text,
       now() + make_interval(secs => greatest(1, least($5::int, 366 * 86400)))
from access.account a where a.username = $2::text and not a.disabled
returning actor_id, actor_name, role, region_id, expires;

-- name: SessionList :many
-- Administration, as the owner: live sessions of an account, newest first. sid_prefix names one for SessionRevoke. $1 username.
select encode(substr(s.sid, 1, 8), 'hex') as sid_prefix, s.role, s.region_id, s.scope, s.label, s.created, s.expires
from access.session s join access.account a on a.account_id = s.actor_id
where a.username = $1::text and s.revoked is null and s.expires > now()
order by s.created desc;

-- name: SessionRevoke :many
-- Administration, as the owner. Ends the sessions whose sid begins with $1 (hex, at least 8 digits); returns them.
update access.session s set revoked = now()
where s.revoked is null and length($1::text) >= 8 and encode(s.sid, 'hex') like $1::text || '%'
returning encode(substr(s.sid, 1, 8), 'hex') as sid_prefix, s.actor_name, s.label;

-- name: SessionPurge :one
-- Maintenance, as the owner: forgets sessions that ended more than 90 days ago, and replies kept for retries for more than 7
-- days.
with sessions as (
  delete from access.session where least(expires, coalesce(revoked, expires)) < now() - interval '90 days' returning 1
), replies as (
  delete from registry.idempotency where created_at < now() - interval '7 days' returning 1
)
select (select count(*)::int from sessions) as sessions, (select count(*)::int from replies) as replies;
