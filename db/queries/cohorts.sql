-- Cohorts and their members. Regions and memberships are counted apart, and every count names its rule
-- (registry.counted_membership).

-- name: CohortList :many
-- Each cohort with what was published and what is known here. by_status: {status: memberships}. cumulative_* count distinct
-- regions up to the year; complete says whether every list of names up to then is. finished_known is false once an outcome is
-- unknown: the rule "finished" has no answer from there on.
with first_year as (
  select rule, region_id, min(cohort_year) as year from registry.counted_membership group by rule, region_id
), known as (
  select cohort_year as year, sum(n)::int as memberships, jsonb_object_agg(status, n) as by_status
  from (select cohort_year, status, count(*)::int as n from registry.membership group by cohort_year, status) s
  group by cohort_year
)
select c.year, c.name_id, c.name_en, c.coached, c.published_cumulative, c.signed_on, c.list_complete, c.certainty,
       c.note, c.source,
       coalesce(k.memberships, 0) as memberships, coalesce(k.by_status, '{}') as by_status,
       (select count(*)::int from registry.counted_membership m where m.rule = 'ministry' and m.cohort_year = c.year)
         as counted_ministry,
       (select count(*)::int from registry.counted_membership m where m.rule = 'finished' and m.cohort_year = c.year)
         as counted_finished,
       (select count(*)::int from registry.counted_membership m where m.rule = 'ministry' and m.cohort_year <= c.year)
         as cumulative_memberships,
       (select count(*)::int from first_year f where f.rule = 'ministry' and f.year <= c.year) as cumulative_ministry,
       (select count(*)::int from first_year f where f.rule = 'finished' and f.year <= c.year) as cumulative_finished,
       (select bool_and(e.list_complete) from registry.cohort e where e.year <= c.year) as complete,
       not exists (select from registry.membership m where m.cohort_year <= c.year and m.finished = 'unknown') as finished_known,
       (select count(*)::int from registry.membership m where m.cohort_year = c.year and m.certainty <> 'verified') as uncertain,
       (select count(*)::int from registry.province_membership m where m.cohort_year = c.year) as provinces
from registry.cohort c left join known k using (year)
order by c.year;

-- name: CohortShow :many
-- The members of one cohort with name, code and province as of a day, by province and code. first_cohort is the earliest year the
-- region counted by the ministry's rule (null: never). $1 cohort year, $2 day.
select m.region_id, coalesce(n.name, r.name) as name, r.kind, k.code as kemendagri_code, b.code as bps_code,
       p.province_id, p.name as province_name, pk.code as province_code,
       m.status, m.announced, m.signed, m.finished, m.certainty, m.note, m.source,
       exists (select from registry.counted_membership x where x.rule = 'ministry' and x.cohort_year = m.cohort_year
               and x.region_id = m.region_id) as counted_ministry,
       exists (select from registry.counted_membership x where x.rule = 'finished' and x.cohort_year = m.cohort_year
               and x.region_id = m.region_id) as counted_finished,
       (select min(x.cohort_year) from registry.counted_membership x where x.rule = 'ministry' and x.region_id = m.region_id)
         as first_cohort
from registry.membership m
join registry.region r using (region_id)
left join registry.region_name n on n.region_id = r.region_id and n.valid_from <= $2::date and $2::date < n.valid_to
left join registry.region_code k on k.region_id = r.region_id and k.system = 'kemendagri'
  and k.valid_from <= $2::date and $2::date < k.valid_to
left join registry.region_code b on b.region_id = r.region_id and b.system = 'bps'
  and b.valid_from <= $2::date and $2::date < b.valid_to
left join registry.region_province rp on rp.region_id = r.region_id and rp.valid_from <= $2::date and $2::date < rp.valid_to
left join registry.province p on p.province_id = rp.province_id
left join registry.province_code pk on pk.province_id = p.province_id and pk.system = 'kemendagri'
  and pk.valid_from <= $2::date and $2::date < pk.valid_to
where m.cohort_year = $1::int
order by pk.code, k.code, m.region_id;

-- name: CohortProvinces :many
-- Provinces that took part in a cohort, outside of every count of regions. $1 cohort year.
select m.province_id, p.name, m.status, m.certainty, m.note, m.source
from registry.province_membership m join registry.province p using (province_id)
where m.cohort_year = $1::int order by m.province_id;

-- name: CohortPublished :many
-- Published figures as printed, contradictions included, for one year or all. $1 year or null.
select year, figure, value, source, certainty, note from registry.published_count
where $1::int is null or year = $1::int order by year, figure, value, source;
