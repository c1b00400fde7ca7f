-- The door: who may begin a request, in which pool, and what it has fixed by then.

-- First, while no function has been compiled in this session: a search_path full of false operators and functions changes nothing.
create schema evil;
create function evil.same(bytea, bytea) returns boolean language sql as 'select true';
create function evil.same(name, name) returns boolean language sql as 'select true';
create function evil.same(text, text) returns boolean language sql as 'select true';
create function evil.later(timestamptz, timestamptz) returns boolean language sql as 'select true';
create operator evil.= (leftarg = bytea, rightarg = bytea, function = evil.same);
create operator evil.= (leftarg = name, rightarg = name, function = evil.same);
create operator evil.= (leftarg = text, rightarg = text, function = evil.same);
create operator evil.> (leftarg = timestamptz, rightarg = timestamptz, function = evil.later);
create function evil.now() returns timestamptz language sql as $$ select '-infinity'::timestamptz $$;
create function evil.set_config(text, text, boolean) returns text language sql as $$ select pg_catalog.set_config($1, '2', $3) $$;
create function evil.concat(variadic "any") returns text language internal as 'text_concat';
create domain evil.text as pg_catalog.text check (value <> '1');
grant usage on schema evil to public;
grant execute on all functions in schema evil to public;
set session authorization seratus_region;
begin;
set local search_path = evil, pg_catalog, public;
select test.ok('a'::pg_catalog.text = 'b'::pg_catalog.text, 'the path is poisoned indeed');
select test.refuses($q$ select api.enter('\x00', '{region_admin}', false, 100) $q$, 'SR001', 'through a poisoned path nobody is let in');
select test.refuses($q$ select api.enter(pg_catalog.sha256('expired'), '{region_admin}', false, 100) $q$, 'SR002', 'nor is time turned back');
select test.refuses($q$ select api.enter(pg_catalog.sha256('region-a'), '{export}', false, 100) $q$, 'SR004', 'nor a role changed');
select test.refuses($q$ select api.enter(pg_catalog.sha256('ministry'), '{ministry_admin}', false, 100) $q$, 'SR001', 'nor a pool');
select test.refuses($q$ select api.enter(pg_catalog.sha256('reader'), '{region_admin}', true, 100) $q$, 'SR004', 'nor a scope');
select test.refuses($q$ select api.enter(pg_catalog.sha256('viewer-a'), '{region_viewer}', true, 100) $q$, 'SR004', 'nor a right to write');
select test.gives($q$ select actor_name from api.enter(pg_catalog.sha256('region-a'), '{region_admin}', false, 60000) $q$, 'Ani', 'and who may come in');
select test.ok(pg_catalog.current_setting('seratus.region') operator(pg_catalog.=) '1', 'is still in its own region');
rollback;
\set roles '''{region_admin,region_viewer}'''
select test.refuses($q$ select api.enter('\x00', '{region_admin}', false, 100) $q$, 'SR001',
  'a token nobody knows is refused');
select test.refuses($q$ select api.enter(null, '{region_admin}', false, 100) $q$, 'SR001', 'no token is refused');
select test.refuses($q$ select api.enter(sha256('ministry'), '{ministry_admin}', false, 100) $q$, 'SR001',
                    'a session of the ministry is unknown in the region pool');
select test.ok(test.failure($q$ select api.enter(sha256('ministry'), '{ministry_admin}', false, 100) $q$, '')
               = test.failure($q$ select api.enter(sha256('nobody'), '{ministry_admin}', false, 100) $q$, ''),
               'and its refusal is word for word that of an unknown token');
select test.refuses($q$ select api.enter(sha256('expired'), '{region_admin}', false, 100) $q$, 'SR002',
  'an expired session is refused');
select test.refuses($q$ select api.enter(sha256('revoked'), '{region_admin}', false, 100) $q$, 'SR003',
  'a revoked session is refused');
select test.refuses($q$ select api.enter(sha256('viewer-a'), '{region_admin}', false, 100) $q$, 'SR004',
  'a role the call does not permit is refused');
select test.refuses($q$ select api.enter(sha256('viewer-a'), '{}', false, 100) $q$, 'SR004',
  'a call that permits nobody refuses everybody');
select test.refuses($q$ select api.enter(sha256('viewer-a'), null, false, 100) $q$, 'SR004',
  'so does a call without a list');
select test.refuses($q$ select api.enter(sha256('viewer-a'), '{region_viewer}', true, 100) $q$, 'SR004',
  'a viewer may not begin a write');
select test.refuses($q$ select api.enter(sha256('reader'), '{region_admin}', true, 100) $q$, 'SR004',
  'nor may a token of scope read');

begin;
select test.gives($q$ select (e.actor_name, e.role, e.region_id)::text from api.enter(sha256('region-a'), '{region_admin}', false, 123456) e $q$,
                  '(Ani,region_admin,1)', 'enter says who it is');
select test.ok(current_setting('statement_timeout') = '123456ms', 'the deadline binds the statements that follow');
select test.ok(current_setting('transaction_read_only') = 'on', 'without write the transaction is read-only');
select test.ok(current_setting('seratus.region') = '1' and current_setting('seratus.role') = 'region_admin'
               and current_setting('seratus.actor') <> '', 'region, role and actor are set');
select test.refuses($q$ update registry.score set note = 'x' where region_id = 1 $q$, '25006',
  'and a write is refused as such');
select test.refuses($q$ set local transaction_read_only = off $q$, '25001',
  'which can''t be undone in the same transaction');
rollback;
begin;
select test.gives($q$ select role from api.enter(sha256('region-a'), '{region_admin}', true, 60000) $q$, 'region_admin',
  'a write begins');
select test.ok(current_setting('transaction_read_only') = 'off', 'and is not read-only');
rollback;
begin;
-- Inside a block that fails, so that no statement of the test runs under a deadline of one millisecond.
select test.refuses($q$ do $do$ begin
  perform api.enter(sha256('region-a'), '{region_admin}', null, null);
  if current_setting('transaction_read_only') = 'on' and current_setting('statement_timeout') = '1ms' then
    raise exception 'as hoped' using errcode = 'ZZ001';
  end if;
end $do$ $q$, 'ZZ001', 'unsaid is a read, and no deadline is one millisecond, not eternity');
rollback;

-- Logging in: the gate learns nothing from a lookup that failed, and can't choose a role.
reset session authorization;
select account_id as a from access.account where username = 'region-a' \gset
select account_id as d from access.account where username = 'disabled' \gset
set session authorization seratus_gate;
select test.gives($q$ select l::text from api.login_lookup('region-a') l $q$, '(' || :a || ',hash-a,region_admin,1)',
  'a known name gives its hash');
select test.gives($q$ select l::text from api.login_lookup('$q$ || u || $q$') l $q$, '(,,,)', 'one empty row for ' || u)
from unnest(array['nobody', 'disabled', 'export', '']) u;
select test.gives('select count(*) from api.login_lookup(null)', '1', 'and for no name');
select test.gives(format($q$ select (actor_name, role, region_id)::text from api.login_store(sha256('fresh'), %s, 'hash-a', 'test', 60) $q$, :a),
                  '(Ani,region_admin,1)', 'a session opens with the account''s role');
select test.refuses(format($q$ select api.login_store(sha256('f2'), %s, 'another', 'test', 60) $q$, :a), 'SR001',
  'not with another hash');
select test.refuses(format($q$ select api.login_store(sha256('f2'), %s, 'hash-d', 'test', 60) $q$, :d), 'SR001',
  'not for a disabled account');
select test.refuses($q$ select api.login_store(sha256('f2'), 0, null, 'test', 60) $q$, 'SR001', 'not for nobody');
select test.refuses($q$ select api.enter(sha256('fresh'), '{region_admin}', false, 100) $q$, '42501',
  'the gate itself can enter nothing');
select test.gives($q$ select expires < now() + interval '32 days' from api.login_store(sha256('long'), $q$ || :a || $q$, 'hash-a', 'test', 2000000000) $q$,
                  'true', 'no session outlives 31 days');
set session authorization seratus_region;
begin;
select test.enter('fresh', true);
select test.gives('select count(*) from registry.score', '2', 'the new session works');
commit;
set session authorization seratus_gate;
select test.gives($q$ select revoked from api.revoke_own_session(sha256('fresh')) $q$, 'true', 'logging out ends it');
select test.gives($q$ select revoked from api.revoke_own_session(sha256('fresh')) $q$, 'false', 'once');
select test.gives($q$ select revoked from api.revoke_own_session(sha256('nobody')) $q$, 'false',
  'an unknown one says the same');
set session authorization seratus_region;
select test.refuses($q$ select api.enter(sha256('fresh'), '{region_admin}', false, 100) $q$, 'SR003',
  'and it enters no more');
