-- Two walls: each statement names its region, and row security refuses the rest. With one taken away the other still holds.
\i :queries

-- Without row security: the statements of the store still return A's rows only.
begin;
alter table registry.score disable row level security;
alter table registry.score_part disable row level security;
alter table registry.score_claim disable row level security;
alter table registry.plan_realisation disable row level security;
set session authorization seratus_region;
select test.enter('region-a');
select test.gives('select count(distinct region_id) from registry.score', '4', 'the wall is down indeed');
\echo own list of A, then that of B as A may see it
execute ScoresOfOwn(null, null, '2022-12-31', null, null, null, null, 10);
execute ScoresOfRegion(2, null, null, '2022-12-31', null, null, null, 10);
\echo score of B for 2022, which is not released
execute ScoreShow(2, 2022, 'annual', 'implementation', '2022-12-31');
\echo rank of A among the scores of 2022 that it may see: its own
execute ScoreRanks(1, 2022, 'annual', 'implementation', '2022-12-31');
\echo export of A: its own, and what others released
execute ExportTotals(null, null, '2022-12-31');
rollback;
reset session authorization;

-- With the restrictive floor gone: the permissive policies still name the region.
begin;
drop policy floor_region on registry.score;
drop policy floor_region on registry.score_part;
set session authorization seratus_region;
select test.enter('region-a', true);
select test.gives('select string_agg(distinct region_id::text, '','') from registry.score', '1',
  'without the floor A still reads only A');
select test.gives('with u as (update registry.score set note = ''x'' where released_at is null returning region_id) select string_agg(region_id::text, '','') from u', '1',
                  'and writes only A');
rollback;
reset session authorization;

-- With a permissive policy too many: the floor closes what it opens.
begin;
create policy oops on registry.score to seratus_region using (true) with check (true);
set session authorization seratus_region;
select test.enter('region-a', true);
select test.gives('select string_agg(distinct region_id::text, '','') from registry.score', '1',
  'a policy that permits all is caught by the floor');
select test.refuses($q$ insert into registry.score (region_id, year, stage, kind, published_e4, certainty, dataset)
  values (2, 2030, 'I', 'implementation', 1, 'verified', 'synthetic') $q$, '42501', 'for writing too');
rollback;
reset session authorization;

-- With the statement's predicate gone: row security still returns A's rows only.
begin;
set session authorization seratus_region;
select test.enter('region-a');
select test.gives('select string_agg(region_id || '':'' || year, '' '' order by year) from registry.score where year > 0', '1:2021 1:2022',
                  'a statement that forgot its region still returns A''s rows only');
\echo list of the ministry, run by mistake for A
execute ScoresOfAll(2022, 2022, '2022-12-31', null, null, null, null, 10);
rollback;
reset session authorization;

-- With the condition of a released view gone: the policies of its owner still show released rows only.
begin;
create or replace view api.released_score with (security_barrier) as
select region_id, year, stage, kind, instrument_id, instrument_certainty, published_e4, computed_e4, value_e4, missing,
       letter_number, letter_date, source, certainty, note, released_at, released, dataset, version, updated_at
from registry.score;
set session authorization seratus_export;
select test.gives('select count(*) from api.released_score where year = 2022', '0',
  'a view that forgot its condition shows no unreleased row');
rollback;
reset session authorization;

-- With the check of the region gone from put_scores: row security still refuses the row.
begin;
set session authorization seratus_region;
select test.enter('region-a', true);
select test.refuses($q$ insert into registry.score (region_id, year, stage, kind, published_e4, certainty, dataset)
  values (2, 2031, 'I', 'implementation', 1, 'verified', 'synthetic') $q$, '42501',
  'a write for B is refused without put_scores as well');
rollback;
