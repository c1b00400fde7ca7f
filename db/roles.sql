-- Roles of the whole cluster. Run by a superuser, as often as wanted: every statement says how a role must be, not how it
-- changes.
--
-- Owners never log in; logins own nothing and are members of nothing. One login per class of caller, because a connection that
-- served several roles was the common cause of PostgreSQL's row-security faults. Passwords or certificates are set by the
-- deployment.
do $$
declare
  r text;
begin
  foreach r in array array['seratus_owner', 'seratus_auth', 'seratus_release',
                           'seratus_region', 'seratus_ministry', 'seratus_export', 'seratus_gate']
  loop
    if not exists (select from pg_roles where rolname = r) then
      begin
        execute format('create role %I', r);
      exception when duplicate_object or unique_violation then
        null;  -- another database of the cluster was being prepared at the same moment
      end;
    end if;
  end loop;
end $$;

-- Owners: of the schema and the tables, of the functions that read sessions, of the views that show released rows.
do $$
declare
  r text;
begin
  perform pg_advisory_xact_lock(hashtext('seratus roles'));
  foreach r in array array['seratus_owner', 'seratus_auth', 'seratus_release']
  loop
    execute format('alter role %I nologin noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls', r);
  end loop;
  foreach r in array array['seratus_region', 'seratus_ministry', 'seratus_export', 'seratus_gate']
  loop
    execute format('alter role %I login noinherit nosuperuser nocreatedb nocreaterole noreplication nobypassrls', r);
    -- A pinned path: an object of the same name in another schema is never picked up.
    execute format('alter role %I set search_path = pg_catalog, pg_temp', r);
    -- Timestamps go over the wire in UTC; the language of a message is the client's business.
    execute format('alter role %I set timezone = ''UTC''', r);
    execute format('alter role %I set lock_timeout = ''2s''', r);
    -- Until api.enter has set the caller's deadline.
    execute format('alter role %I set statement_timeout = ''5s''', r);
    execute format('alter role %I set idle_in_transaction_session_timeout = ''5s''', r);
  end loop;

  alter role seratus_region connection limit 40;
  alter role seratus_ministry connection limit 20;
  alter role seratus_export connection limit 10;
  alter role seratus_gate connection limit 8;

  -- Streams of a slow reader stay idle between two pages; national reads take longer than a region's.
  alter role seratus_ministry set idle_in_transaction_session_timeout = '60s';
  alter role seratus_export set idle_in_transaction_session_timeout = '60s';
  alter role seratus_ministry set statement_timeout = '30s';
  alter role seratus_export set statement_timeout = '30s';
  alter role seratus_export set default_transaction_read_only = on;
end $$;
