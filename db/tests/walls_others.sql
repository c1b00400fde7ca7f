-- The ministry reads the nation and its administrator writes; the export login sees released rows through views; the gate sees nothing.
set session authorization seratus_ministry;
begin;
select test.enter('analyst');
select test.gives('select count(*) from registry.score', '8', 'an analyst reads the nation');
select test.gives('select count(*) from api.visible_score', '8', 'and sees no score twice');
rollback;
begin;
do $$ begin perform set_config('seratus.role', 'ministry_analyst', true), set_config('seratus.actor', '5', true); end $$;
select test.gives('with u as (update registry.score set note = ''x'' returning 1) select count(*) from u', '0',
  'but changes nothing');
select test.refuses($q$ insert into registry.score (region_id, year, stage, kind, published_e4, certainty, dataset)
  values (1, 2030, 'I', 'implementation', 1, 'verified', 'synthetic') $q$, '42501', 'and adds nothing');
rollback;
begin;
select test.enter('ministry', true);
select test.gives('with u as (update registry.score set note = ''x'' where region_id = 2 returning 1) select count(*) from u', '2',
  'an administrator writes any region''s scores');
select test.refuses('delete from registry.score', '42501', 'but deletes none');
select test.refuses('truncate registry.score', '42501', 'and truncates nothing');
select test.refuses('update registry.audit_entry set detail = ''{}''', '42501', 'and leaves the audit as it is');
select test.refuses('delete from registry.audit_entry', '42501', 'whole');
select test.refuses($q$ insert into registry.audit_entry (region_id, actor_id, action, object, detail) values (1, 99, 'score.update', '{}', '{}') $q$,
                    '42501', 'and writes it in no other name');
select test.refuses($q$ insert into registry.score (region_id, year, stage, kind, published_e4, certainty, dataset)
  values (1, 2030, 'I', 'implementation', 1, 'verified', 'official') $q$, '23503',
  'real facts can''t be mixed into a made-up nation');
select test.refuses('set role seratus_owner', '42501', 'and takes no other role');
select test.refuses('select * from access.account', '42501', 'and reads no accounts');
rollback;
select test.refuses($q$ select api.enter(sha256('region-a'), '{region_admin}', false, 100) $q$, 'SR001',
  'a region''s session is unknown in the ministry''s pool');
-- A region's role in the ministry's login is nobody.
begin;
do $$ begin perform set_config('seratus.role', 'region_admin', true), set_config('seratus.region', '1', true); end $$;
select test.gives('select count(*) from registry.score', '0',
  'a region''s role sees nothing through the ministry''s login');
rollback;

reset session authorization;
set session authorization seratus_export;
begin;
select test.enter('export');
select test.gives('select count(*) from api.released_score', '4', 'the export login sees released scores');
select test.gives('select count(*) from api.released_' || t || ' where year = 2022', '0', 'and nothing unreleased of ' || t)
from unnest(array['score', 'score_part', 'score_claim', 'plan_realisation']) t;
select test.refuses('select count(*) from registry.' || t, '42501', 'it can''t read ' || t || ' itself')
from unnest(array['score', 'score_part', 'score_claim', 'plan_realisation', 'audit_entry', 'idempotency']) t;
select test.refuses('select count(*) from api.visible_score', '42501', 'nor the views of those who have a region');
\set ON_ERROR_STOP off
savepoint copying;
copy registry.score to stdout;
\set state :LAST_ERROR_SQLSTATE
rollback to copying;
\set ON_ERROR_STOP on
select test.ok(:'state' = '42501', 'nor copy a table out');
select test.refuses($q$ select api.put_scores('\x00', '\x00', '[]') $q$, '42501', 'nor write');
select test.refuses('update api.released_score set note = ''x''', '42501', 'not through a view either');
select test.gives('select count(*) from registry.region', '4', 'national data is there for it');
rollback;
select test.gives('select count(*) from api.released_score', '4', 'released rows are public: they need no context');

reset session authorization;
set session authorization seratus_gate;
select test.refuses('select count(*) from ' || t, '42501', 'the gate can''t read ' || t)
from unnest(array['registry.region', 'registry.score', 'api.released_score', 'access.session', 'access.account', 'registry.dataset']) t;

-- A withdrawn release is gone from the views at once, with parts and claims.
reset session authorization;
set session authorization seratus_ministry;
begin;
select test.enter('ministry', true);
select test.gives($q$ select version from api.put_scores('\x000102030405060708090a0b0c0d0e0f', sha256('x'), '[{"region_id": 2, "year": 2021, "stage": "annual",
  "kind": "implementation", "instrument_id": "i1", "instrument_certainty": "verified", "published_e4": 30000, "certainty": "verified", "released": false,
  "expected_version": 1}]') $q$, '2', 'the ministry withdraws a release');
set constraints all immediate;
select test.gives('select count(*) from api.released_' || t || ' where region_id = 2', '0', 'and of ' || t || ' nothing is left in public')
from unnest(array['score', 'score_part', 'score_claim']) t;
rollback;
