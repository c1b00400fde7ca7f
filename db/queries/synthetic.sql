-- Made-up data, in a database of their own: the dataset row says synthetic, and each score repeats it. Run as the loader.

-- name: SyntheticRegions :many
select region_id from registry.region order by region_id;

-- name: SyntheticInstrument :one
-- The instrument that made-up scores follow: of those on record the surest. aspects and dimensions in their order.
select i.instrument_id
from registry.instrument i
order by array_position(array['verified', 'probable', 'uncertain'], i.certainty), i.instrument_id
limit 1;

-- name: SyntheticDimensions :many
-- $1 dimension set.
select key from registry.dimension where set_id = $1::text order by ordinal;

-- name: SyntheticMembershipsLoad :one
-- Every region without a cohort joins one, in turn, so that comparisons can be tried at full size. $1 source, which says that it is made up.
with missing as (
  select r.region_id, row_number() over (order by r.region_id) as n from registry.region r
  where not exists (select from registry.membership m where m.region_id = r.region_id)
), cohorts as (
  select year, row_number() over (order by year) as n, count(*) over () as total from registry.cohort
), written as (
  insert into registry.membership (cohort_year, region_id, status, announced, signed, finished, certainty, note, source)
  select c.year, m.region_id, 'signed', 'yes', 'yes', 'unknown', 'uncertain', 'synthetic', $1::text
  from missing m join cohorts c on c.n = 1 + m.n % c.total
  returning 1
)
select count(*)::int as inserted from written;

-- name: SyntheticScoresLoad :one
-- Released made-up scores with their parts; those that are there stay as they are. $1 rows: {region_id, year, stage, kind, instrument_id,
-- computed_e4, missing, source, parts: [{part, key, value_e4, missing}]}.
with input as (
  select * from jsonb_to_recordset($1::jsonb) as f(
    region_id int, year int, stage text, kind text, instrument_id text, computed_e4 bigint, missing text, source text, parts jsonb)
), written as (
  insert into registry.score as t (region_id, year, stage, kind, instrument_id, instrument_certainty, computed_e4, missing, source,
                                   certainty, released_at, dataset)
  select i.region_id, i.year, i.stage, i.kind, i.instrument_id, 'verified', i.computed_e4, i.missing, i.source, 'uncertain', now(),
         'synthetic'
  from input i
  on conflict do nothing
  returning t.*
), told as (
  insert into registry.audit_entry (region_id, action, object, detail)
  select w.region_id, 'score.create', registry.score_object(w.year, w.stage, w.kind),
         jsonb_build_object('after', registry.score_facts(w.version, w.value_e4, w.missing, w.instrument_id, w.released))
  from written w
), parts as (
  insert into registry.score_part (region_id, year, stage, kind, part, key, value_e4, missing, released)
  select w.region_id, w.year, w.stage, w.kind, p.part, p.key, p.value_e4, p.missing, true
  from written w
  join input i using (region_id, year, stage, kind)
  cross join jsonb_to_recordset(coalesce(i.parts, '[]')) as p(part text, key text, value_e4 bigint, missing text)
  returning 1
)
select (select count(*)::int from written) as inserted, (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       (select count(*)::int from parts) as parts;
