-- On a nation of 500 regions the statements of one region touch that region's rows by index, under row security, also as the generic
-- plans that a prepared statement ends up with.
\i :queries
insert into registry.region (region_id, kind, name, base_name)
  select i, 'kota', 'Kota ' || i, i::text from generate_series(1000, 1499) i;
insert into registry.score (region_id, year, stage, kind, published_e4, certainty, released_at, dataset)
  select r, y, s, 'implementation', r, 'verified', case when y < 2024 then now() end, 'synthetic'
  from generate_series(1000, 1499) r, generate_series(2017, 2024) y, unnest(array['I', 'II']) s;
insert into registry.score_part (region_id, year, stage, kind, part, key, value_e4, released)
  select s.region_id, s.year, s.stage, s.kind, 'aspect', k, 1, s.released
  from registry.score s, unnest(array['output', 'outcome']) k where s.region_id >= 1000;
insert into registry.score_claim (region_id, year, stage, kind, claim, value, certainty, released)
  select s.region_id, s.year, s.stage, s.kind, 'rank_national', 1, 'verified', s.released from registry.score s where s.region_id >= 1000;
insert into registry.membership (cohort_year, region_id, status, announced, signed, finished, certainty)
  select 2017, i, 'finished', 'yes', 'yes', 'yes', 'verified' from generate_series(1000, 1499) i;
insert into registry.region_code (region_id, system, code, certainty)
  select i, s, case s when 'bps' then i::text else to_char(i, 'FM00"."00') end, 'verified'
  from generate_series(1000, 1499) i, unnest(array['bps', 'kemendagri']) s;
insert into registry.region_province (region_id, province_id, certainty) select i, 1, 'verified' from generate_series(1000, 1499) i;
select registry.refresh_lines();
insert into registry.audit_entry (region_id, actor_id, actor_role, action, object, detail)
  select i, 1, 'x', 'score.create', '{}', '{}' from generate_series(1000, 1499) i, generate_series(1, 10);
insert into access.session (sid, actor_id, actor_name, role, region_id, label, expires)
  select sha256(convert_to(i::text, 'UTF8')), a.account_id, 'x', 'region_viewer', 1, 'x', now() + interval '1 hour'
  from generate_series(1, 5000) i, access.account a where a.username = 'viewer-a';
analyze;
create function test.plan(p_sql text) returns text language plpgsql as $$
declare
  line text;
  plan text := '';
begin
  for line in execute 'explain (costs off) ' || p_sql loop
    plan := plan || line || E'\n';
  end loop;
  return plan;
end $$;
-- Like test.ok, of a plan, which it prints where it is not as it should be.
create function test.plan_like(p_sql text, p_pattern text, p_sentence text) returns void language plpgsql as $$
declare
  plan constant text := test.plan(p_sql);
begin
  perform test.ok(plan ~ p_pattern, p_sentence || case when plan ~ p_pattern then '' else E'\n' || plan end);
end $$;
create function test.by_index(p_sql text, p_sentence text) returns void language plpgsql as $$
declare
  plan constant text := test.plan(p_sql);
begin
  perform test.ok(plan !~ 'Seq Scan on (score|score_part|score_claim|session|region|region_code|region_line|region_province|membership)\M', p_sentence || case when plan ~ 'Seq Scan' then E'\n' || plan else '' end);
end $$;
grant execute on all functions in schema test to public;

select test.plan_like($q$ select * from access.session where sid = sha256('x') $q$,
  'Index Scan using session_pkey', 'a session is found by its key');

set session authorization seratus_region;
set client_min_messages = notice;
begin;
select test.enter('region-a');
select test.plan_like($q$ select value_e4 from registry.score where region_id = 1 and year = 2022 and stage = 'I' and kind = 'implementation' $q$,
  'Index Scan using score_\w+ on score\s+Index Cond: \(\(region_id = 1\) AND \(year = 2022\)',
  'one score is one look-up of its key');
select test.plan_like('select value_e4 from registry.score',
  'Index Cond: \(region_id = \(NULLIF\(current_setting', 'the policy itself is an index condition');
set local plan_cache_mode = force_generic_plan;
select test.by_index('execute ScoreShow(1, 2022, ''annual'', ''implementation'', ''2022-12-31'')',
  'explaining a score reads no table whole');
select test.by_index('execute ScoresOfRegion(1, null, null, ''2022-12-31'', null, null, null, 100)',
  'nor does listing the scores of a region');
select test.by_index('execute ScoresOfOwn(null, null, ''2022-12-31'', null, null, null, null, 100)', 'nor of one''s own');
select test.by_index('execute RegionLine(1, ''2022-12-31'')', 'nor showing a region');
select test.plan_like('execute ScoresOfRegion(1, null, null, ''2022-12-31'', null, null, null, 100)',
  'One-Time Filter: [^\n]*NULLIF\(current_setting[^\n]*= \$1[^\n]*\n\s+-> +Index Scan using \w+ on score s\n',
  'whose the scores are is asked once, by row security too, and not for each');
rollback;
reset session authorization;
