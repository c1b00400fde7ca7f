-- Region A (1) against region B (2): reading, writing, and finding out. Foreign must look like absent.
\i :queries
set session authorization seratus_region;
begin;
select test.enter('region-a', true);

select test.gives('select count(*) from registry.' || t || ' where region_id = 2', '0', 'no ' || t || ' of B can be read')
from unnest(array['score', 'score_part', 'score_claim', 'plan_realisation', 'audit_entry', 'idempotency']) t;
select test.gives('select count(distinct region_id) from registry.' || t, '1', 'a statement without a region sees only A''s ' || t)
from unnest(array['score', 'score_part', 'score_claim', 'plan_realisation']) t;
select test.gives('select max(value_e4) from registry.score', '12022', 'and aggregates hold only A''s figures');
select test.gives('select count(*) from registry.score a join registry.score b on a.year = b.year and b.region_id <> a.region_id', '0',
                  'a join reaches nobody else');
select test.gives('select count(*) from registry.score where region_id = 2 or true', '2',
  'a condition that is always true reaches nobody else');

select test.gives('with u as (update registry.score set note = ''x'' where region_id = 2 returning 1) select count(*) from u', '0',
  'B''s scores can''t be updated');
select test.gives('with u as (update registry.score set note = ''x'' where released_at is null returning region_id) select string_agg(region_id::text, '','') from u',
                  '1', 'an update without a region changes only A''s');
select test.gives('with d as (delete from registry.score_part where region_id = 2 returning 1) select count(*) from d', '0',
  'B''s parts can''t be deleted');
select test.refuses($q$ insert into registry.score (region_id, year, stage, kind, published_e4, certainty, dataset)
  values (2, 2030, 'I', 'implementation', 1, 'verified', 'synthetic') $q$, '42501', 'no score can be written for B');
select test.refuses($q$ update registry.score set region_id = 2 where year = 2022 $q$, '42501',
  'no score can be moved to B');
select test.refuses($q$ update registry.score set region_id = 99 where year = 2022 $q$, '42501',
  'nor to a region that is not there: the same error');
select test.ok(test.failure($q$ insert into registry.score (region_id, year, stage, kind, published_e4, certainty, dataset)
                 values (2, 2022, 'annual', 'implementation', 1, 'verified', 'synthetic') $q$, '')
               = test.failure($q$ insert into registry.score (region_id, year, stage, kind, published_e4, certainty, dataset)
                 values (99, 2022, 'annual', 'implementation', 1, 'verified', 'synthetic') $q$, ''),
               'an insert onto B''s key and onto an absent region fail word for word alike');
select test.ok(test.failure($q$ insert into registry.score (region_id, year, stage, kind, published_e4, certainty, dataset)
                 values (2, 2022, 'annual', 'implementation', 1, 'verified', 'synthetic') on conflict do nothing $q$,
  '')
               = test.failure($q$ insert into registry.score (region_id, year, stage, kind, published_e4, certainty, dataset)
                 values (2, 1999 + 31, 'annual', 'implementation', 1, 'verified', 'synthetic') on conflict do nothing $q$, ''),
               'ON CONFLICT DO NOTHING tells nothing about B''s keys');
select test.ok(test.failure($q$ insert into registry.score (region_id, year, stage, kind, published_e4, certainty, dataset)
                 values (2, 2022, 'annual', 'implementation', 1, 'verified', 'synthetic')
                 on conflict (region_id, year, stage, kind) do update set note = 'x' $q$, '')
               = test.failure($q$ insert into registry.score (region_id, year, stage, kind, published_e4, certainty, dataset)
                 values (2, 2030, 'annual', 'implementation', 1, 'verified', 'synthetic')
                 on conflict (region_id, year, stage, kind) do update set note = 'x' $q$, ''),
               'nor does ON CONFLICT DO UPDATE');

-- A part needs a score of its own region: year 2023 exists nowhere, year 2022 exists in B and (put away for the moment) not in A.
select test.refuses($q$ insert into registry.score_part (region_id, year, stage, kind, part, key, value_e4)
  values (2, 2022, 'annual', 'implementation', 'aspect', 'impact', 1) $q$, '42501',
  'no part can be written under B''s score');
savepoint parents;
set constraints all immediate;
select test.refuses($q$ insert into registry.score_part (region_id, year, stage, kind, part, key, value_e4)
  values (1, 2023, 'annual', 'implementation', 'aspect', 'impact', 1) $q$, '23503', 'a part needs its score');
rollback to parents;

select test.refuses($q$ update registry.score set released_at = now() where year = 2022 $q$, '42501',
  'a region releases nothing itself');
select test.gives('with u as (update registry.score set note = ''x'' where year = 2021 returning 1) select count(*) from u', '0',
  'a released score is closed to its region');
select test.gives('with d as (delete from registry.score_part where year = 2021 returning 1) select count(*) from d', '0',
  'so are its parts');
select test.refuses($q$ insert into registry.score_part (region_id, year, stage, kind, part, key, value_e4, released)
  values (1, 2021, 'annual', 'implementation', 'aspect', 'impact', 1, true) $q$, '42501', 'and none can be added');
select test.refuses($q$ update registry.score_part set value_e4 = 1 $q$, '42501',
  'parts can''t be changed one by one');
select test.refuses('delete from registry.score', '42501', 'scores can''t be deleted');
select test.refuses('truncate registry.score_part', '42501', 'nothing can be truncated');
select test.refuses('insert into registry.score_claim (region_id, year, stage, kind, claim, value, certainty) values (1, 2022, ''annual'', ''implementation'', ''rank_province'', 1, ''verified'')',
                    '42501', 'claims are the loader''s');

-- The audit: own entries in own name, never changed again.
select test.refuses($q$ insert into registry.audit_entry (region_id, action, object, detail) values (2, 'score.update', '{}', '{}') $q$,
                    '42501', 'no entry for B');
select test.refuses($q$ insert into registry.audit_entry (region_id, actor_id, action, object, detail) values (1, 99, 'score.update', '{}', '{}') $q$,
                    '42501', 'no entry in another''s name');
select test.refuses($q$ insert into registry.audit_entry (region_id, actor_role, action, object, detail)
  values (1, 'ministry_admin', 'score.update', '{}', '{}') $q$, '42501', 'no entry in another role');
select test.refuses('update registry.audit_entry set detail = ''{}''', '42501', 'the audit can''t be changed');
select test.refuses('delete from registry.audit_entry', '42501', 'nor shortened');
select test.refuses($q$ insert into registry.idempotency values (1, 99, '\x000102030405060708090a0b0c0d0e0f', sha256('x'), '\x') $q$,
                    '42501', 'no reply can be planted for another person');

-- Ways around.
\set ON_ERROR_STOP off
savepoint copying;
copy registry.score from stdin;
\set message :LAST_ERROR_MESSAGE
rollback to copying;
\set ON_ERROR_STOP on
select test.ok(:'message' = 'COPY FROM not supported with row-level security', 'COPY into a walled table is refused');
select test.refuses('set role seratus_owner', '42501', 'no other role can be taken');
select test.refuses('set role seratus_ministry', '42501', 'not even a login');
select test.refuses('alter table registry.score disable row level security', '42501',
  'the wall can''t be taken down');
select test.refuses('drop policy floor_region on registry.score', '42501', 'nor its floor');
select test.refuses('create table registry.x (i int)', '42501', 'no table can be made');
select test.refuses('create temp table x (i int)', '42501', 'not even a temporary one');
select test.refuses('create function api.x() returns int language sql as ''select 1''', '42501',
  'no function either');
select test.refuses('select * from access.session', '42501', 'sessions can''t be read');
select test.refuses('select password from access.account', '42501', 'nor passwords');
select test.refuses($q$ select api.login_lookup('region-b') $q$, '42501', 'the gate''s functions are the gate''s');
savepoint off;
select test.refuses('do $do$ begin set local row_security = off; perform count(*) from registry.score; end $do$', '42501',
  'row security can''t be switched off');
rollback to off;
select test.refuses('insert into registry.region (region_id, kind, name, base_name) values (99, ''kota'', ''x'', ''x'')', '42501',
  'national data is read-only');
select test.refuses('update registry.dataset set label = ''x''', '42501', 'so is the dataset');
rollback;

-- A part under a score that only B has: as if there were none at all.
reset session authorization;
begin;
delete from registry.score where region_id = 1 and year = 2022;
set constraints all immediate;
set session authorization seratus_region;
select test.enter('region-a', true);
set constraints all immediate;
select test.ok(replace(test.failure($q$ insert into registry.score_part (region_id, year, stage, kind, part, key, value_e4)
                 values (1, 2022, 'annual', 'implementation', 'aspect', 'impact', 1) $q$, ''), '2022', '2023')
               = test.failure($q$ insert into registry.score_part (region_id, year, stage, kind, part, key, value_e4)
                 values (1, 2023, 'annual', 'implementation', 'aspect', 'impact', 1) $q$, ''),
               'a parent that only B has and one that nobody has fail alike');
rollback;

-- What others have released is seen, and no more than that.
set session authorization seratus_region;
begin;
select test.enter('region-a');
select test.gives('select string_agg(region_id || '':'' || year, '' '' order by region_id, year) from api.visible_score', '1:2021 1:2022 2:2021 3:2021 4:2021',
                  'A sees its own scores and what others released');
select test.gives('select string_agg(distinct region_id || '':'' || year, '' '') from api.visible_' || t, '1:2021 1:2022 2:2021 3:2021 4:2021', 'the same of ' || t)
from unnest(array['score_part', 'score_claim', 'plan_realisation']) t;
select test.gives('select count(*) from api.released_score where year = 2022', '0',
  'nothing unreleased, not even its own, is in the released view');
\echo score of B for 2022, of nobody, of B for 2021
execute ScoreShow(2, 2022, 'annual', 'implementation', '2022-12-31');
execute ScoreShow(99, 2022, 'annual', 'implementation', '2022-12-31');
execute ScoreShow(2, 2021, 'annual', 'implementation', '2021-12-31');
\echo list of B, own list, export
execute ScoresOfRegion(2, null, null, '2022-12-31', null, null, null, 10);
execute ScoresOfOwn(null, null, '2022-12-31', null, null, null, null, 10);
execute ExportTotals(null, null, '2022-12-31');
select * from registry.audit_entry where region_id = 2;
commit;

-- A viewer of A reads and writes nothing, even in a transaction that may write.
begin;
do $$ begin perform set_config('seratus.region', '1', true), set_config('seratus.role', 'region_viewer', true), set_config('seratus.actor', '2', true); end $$;
select test.gives('select count(*) from registry.score', '2', 'a viewer reads its region');
select test.gives('with u as (update registry.score set note = ''x'' returning 1) select count(*) from u', '0',
  'and changes nothing');
select test.refuses($q$ insert into registry.score (region_id, year, stage, kind, published_e4, certainty, dataset)
  values (1, 2030, 'I', 'implementation', 1, 'verified', 'synthetic') $q$, '42501', 'and adds nothing');
rollback;

-- Even with a role of the ministry in its context the region login stays a region.
begin;
do $$ begin perform set_config('seratus.region', '1', true), set_config('seratus.role', 'ministry_admin', true), set_config('seratus.actor', '4', true); end $$;
select test.gives('select count(distinct region_id) from registry.score', '1',
  'the ministry''s role does not open the floor of the region login');
rollback;
