-- Cohorts and their members. Regions and memberships are counted apart, and every count names its rule (registry.counted_membership).

-- name: CohortRows :many
-- Every cohort with what is known of it here; see CohortCounts for the counts.
select year, name_id, name_en, coached, published_cumulative, signed_on, list_complete, source, certainty, note
from registry.cohort order by year;

-- name: CohortCounts :many
-- Counts of each cohort. cumulative_… are distinct regions up to the year under a rule; …_incomplete says that the count is short,
-- because a list has gaps or an outcome is unknown.
select c.year,
       (select count(*)::int from registry.membership m where m.cohort_year = c.year) as memberships,
       (select count(distinct m.region_id)::int from registry.membership m where m.cohort_year = c.year) as regions,
       (select count(*)::int from registry.province_membership m where m.cohort_year = c.year) as provinces,
       (select count(distinct m.region_id)::int from registry.counted_membership m
        where m.rule = 'ministry' and m.cohort_year <= c.year) as cumulative_ministry,
       (select count(distinct m.region_id)::int from registry.counted_membership m
        where m.rule = 'finished' and m.cohort_year <= c.year) as cumulative_finished,
       exists (select from registry.cohort e where e.year <= c.year and not e.list_complete) as ministry_incomplete,
       exists (select from registry.cohort e where e.year <= c.year and not e.list_complete)
         or exists (select from registry.membership m where m.cohort_year <= c.year and m.finished = 'unknown') as finished_incomplete
from registry.cohort c order by c.year;

-- name: CohortStatuses :many
select cohort_year, status, count(*)::int as count from registry.membership group by cohort_year, status order by cohort_year, status;

-- name: CohortMembers :many
-- Who belonged to a cohort, by the borders of a day. $1 year, $2 day.
select g.*, m.cohort_year, m.status, m.announced, m.signed, m.finished, m.certainty, m.note, m.source,
       array(select o.cohort_year from registry.membership o
             where o.region_id = m.region_id and o.cohort_year <> m.cohort_year order by 1) as other_cohorts
from registry.membership m join registry.region_on($2::date) g using (region_id)
where m.cohort_year = $1::int
order by g.province_code, g.kemendagri_code, g.region_id;

-- name: CohortProvinceMembers :many
-- Provinces that took part, outside every count of regions. $1 year, $2 day.
select k.code as province_code, p.name as province_name, m.status, m.certainty, m.note, m.source
from registry.province_membership m
join registry.province p on p.province_id = m.province_id
join registry.province_code k on k.province_id = p.province_id and k.system = 'kemendagri'
  and k.valid_from <= $2::date and $2::date < k.valid_to
where m.cohort_year = $1::int
order by k.code;

-- name: ComparisonYear :one
-- The year to compare: the one asked for, or the latest with a visible score. $1 year or null, $2 stage, $3 kind.
select coalesce($1::int, (select max(s.year) from api.visible_score s
                          where s.stage = $2::text and s.kind = $3::text and s.value_e4 is not null)) as year;

-- name: ComparisonRows :many
-- One row for each membership of the cohorts, with the value of one measure in one evaluation. value_e4 null and missing null: no score
-- is there, or none that is visible. is_repeat: the region counted in an earlier cohort. $1 year or null (the latest with a visible
-- score), $2 stage, $3 kind, $4 aspect, dimension or null (the total), $5 its key or null, $6 cohort years or null (all).
with asked as (
  select coalesce($1::int, (select max(s.year) from api.visible_score s
                            where s.stage = $2::text and s.kind = $3::text and s.value_e4 is not null)) as year
), counted as (
  select region_id, min(cohort_year) as first_year from registry.counted_membership where rule = 'ministry' group by region_id
)
select g.*, m.cohort_year, m.status, m.certainty as membership_certainty,
       coalesce(c.first_year < m.cohort_year, false) as is_repeat,
       case when $4::text is null then s.value_e4 else t.value_e4 end as value_e4,
       case when $4::text is null then s.missing
            when s.region_id is not null and t.region_id is null then coalesce(s.missing, 'not_reported')
            else t.missing end as missing,
       s.instrument_id, s.instrument_certainty, s.certainty
from asked a
cross join registry.membership m
join registry.region_on(make_date(coalesce(a.year, m.cohort_year), 12, 31)) g using (region_id)
left join counted c on c.region_id = m.region_id
left join api.visible_score s on s.region_id = m.region_id and s.year = a.year and s.stage = $2::text and s.kind = $3::text
left join api.visible_score_part t on t.region_id = m.region_id and t.year = a.year and t.stage = $2::text and t.kind = $3::text
  and t.part = $4::text and t.key = $5::text
where $6::int[] is null or m.cohort_year = any ($6::int[])
order by m.cohort_year, m.region_id;
