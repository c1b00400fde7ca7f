-- People, their sessions, and the one door through which a request gets its context.
--
-- Logins can't read these tables. They call functions that belong to seratus_auth, which can.
set local role seratus_owner;

-- password is the whole text of a memory-hard hash; null for accounts that only hold tokens.
create table access.account (
  account_id bigint primary key generated always as identity,
  username   text not null unique check (username ~ '^[a-z0-9][a-z0-9._@-]{1,99}$'),
  name       text not null,
  password   text,
  role       text not null check (role in ('ministry_admin', 'ministry_analyst', 'region_admin', 'region_viewer', 'export')),
  region_id  int references registry.region,
  disabled   boolean not null default false,
  created_at timestamptz not null default now(),
  check ((role in ('region_admin', 'region_viewer')) = (region_id is not null))
);

-- sid is the SHA-256 of the token on the wire; the token itself is nowhere. actor_name, role and region stand here as well as in
-- the account, so that entering costs one look-up; disabling an account or changing its role revokes its sessions.
create table access.session (
  sid        bytea primary key check (octet_length(sid) = 32),
  actor_id   bigint not null references access.account,
  actor_name text not null,
  role       text not null check (role in ('ministry_admin', 'ministry_analyst', 'region_admin', 'region_viewer', 'export')),
  region_id  int,
  db_role    name not null generated always as (case
               when role in ('region_admin', 'region_viewer') then 'seratus_region'::name
               when role in ('ministry_admin', 'ministry_analyst') then 'seratus_ministry'::name
               else 'seratus_export'::name
             end) stored,
  scope      text not null default 'write' check (scope in ('read', 'write')),
  label      text not null,
  created    timestamptz not null default now(),
  expires    timestamptz not null,
  revoked    timestamptz,
  check ((role in ('region_admin', 'region_viewer')) = (region_id is not null)),
  check (expires > created)
);
create index on access.session (actor_id);
create index on access.session (expires);

grant select on access.account to seratus_auth;
grant select, insert on access.session to seratus_auth;
grant update (revoked) on access.session to seratus_auth;
grant create, usage on schema api to seratus_auth;
grant create on schema access to seratus_auth;

reset role;
set local role seratus_auth;

-- Says why a session may not enter. Nothing is said about a session of another pool.
create function access.refuse(p_sid bytea) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  s record;
begin
  select x.db_role, x.role, x.expires, x.revoked into s from access.session x where x.sid = p_sid;
  if s.db_role is distinct from session_user then
    raise exception 'unknown session' using errcode = 'SR001';
  elsif s.revoked is not null then
    raise exception 'session was revoked' using errcode = 'SR003';
  elsif s.expires <= now() then
    raise exception 'session has expired' using errcode = 'SR002';
  end if;
  raise exception 'role % may not do this', s.role using errcode = 'SR004';
end $$;

-- Begins a request: who calls, and in which context everything up to the end of the transaction runs. p_roles are the roles the
-- call permits; p_timeout_ms is what is left of the deadline (at least 1, at most 600000). Without p_write the transaction is
-- read-only. A session of another pool is unknown here.
--
-- Every request pays for this function, and most of the price is starting expressions, each anew in each transaction. So one
-- statement finds, checks and sets, and only a refusal looks a second time to say why. The settings are made for the row that passed
-- all conditions, and nothing in this statement reads them. For the same reason it is the one function of this owner without a pinned
-- search_path, which alone costs a seventh of it; instead every function, operator and type in it carries its schema, and a test enters
-- through a path full of false ones.
create function api.enter(p_token_sha256 bytea, p_roles text[], p_write boolean, p_timeout_ms int,
                          out actor_id bigint, out actor_name text, out role text, out region_id int)
language plpgsql security definer as $$
declare
  done pg_catalog.text;
begin
  select x.actor_id, x.actor_name, x.role, x.region_id,
         pg_catalog.concat(
           pg_catalog.set_config('seratus.region', coalesce(x.region_id::pg_catalog.text, ''), true),
           pg_catalog.set_config('seratus.actor', x.actor_id::pg_catalog.text, true),
           pg_catalog.set_config('seratus.role', x.role, true),
           pg_catalog.set_config('statement_timeout', greatest(1, least(coalesce(p_timeout_ms, 1), 600000))::pg_catalog.text, true),
           case when p_write then '' else pg_catalog.set_config('transaction_read_only', 'on', true) end)
    into actor_id, actor_name, role, region_id, done
    from access.session x
    where x.sid operator(pg_catalog.=) p_token_sha256
      and x.db_role operator(pg_catalog.=) session_user
      and x.revoked is null
      and x.expires operator(pg_catalog.>) pg_catalog.now()
      and x.role operator(pg_catalog.=) any (p_roles)
      and (p_write is not true
           or (x.scope operator(pg_catalog.=) 'write'
               and x.role operator(pg_catalog.=) any ('{ministry_admin,region_admin}'::pg_catalog.text[])));
  if not found then
    perform access.refuse(p_token_sha256);
  end if;
end $$;

-- What a password is checked against. Always one row: an unknown name, a disabled account and one without a password look the
-- same (all null), and the caller then checks against a hash of its own so that the answer takes as long.
create function api.login_lookup(p_username text,
                                 out account_id bigint, out password text, out role text, out region_id int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select a.account_id, a.password, a.role, a.region_id
  from (values (true)) as always(one)
  left join access.account a on a.username = p_username and not a.disabled and a.password is not null
$$;

-- Opens a session for an account whose password was found right; role and region are the account's, never the caller's.
-- p_password is the hash that was checked: a password changed in between opens nothing. At most 31 days.
create function api.login_store(p_sid bytea, p_account_id bigint, p_password text, p_label text, p_ttl_seconds int,
                                out actor_name text, out role text, out region_id int, out expires timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into access.session as n (sid, actor_id, actor_name, role, region_id, scope, label, expires)
  select p_sid, a.account_id, a.name, a.role, a.region_id,
         case when a.role in ('ministry_admin', 'region_admin') then 'write' else 'read' end,
         p_label, now() + make_interval(secs => greatest(1, least(p_ttl_seconds, 31 * 86400)))
  from access.account a
  where a.account_id = p_account_id and a.password = p_password and not a.disabled
  returning n.actor_name, n.role, n.region_id, n.expires
  into actor_name, role, region_id, expires;
  if not found then
    raise exception 'unknown account' using errcode = 'SR001';
  end if;
end $$;

-- Logs out. Whoever holds the token may end its session, and no other; so no context is needed, and the gate's pool can do it for
-- callers whose own transactions are read-only. False if there was nothing left to end.
create function api.revoke_own_session(p_token_sha256 bytea, out revoked boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update access.session s set revoked = now() where s.sid = p_token_sha256 and s.revoked is null;
  revoked := found;
end $$;

grant execute on function api.enter(bytea, text[], boolean, int) to seratus_region, seratus_ministry, seratus_export;
grant execute on function api.login_lookup(text), api.login_store(bytea, bigint, text, text, int),
  api.revoke_own_session(bytea) to seratus_gate;

reset role;
set local role seratus_owner;
revoke create on schema api from seratus_auth;
revoke create on schema access from seratus_auth;
reset role;
