-- Scores as they are read: each statement names the region or the evaluation it is about, and row security decides again.
--
-- The statements read api.visible_…: own rows first-hand, released rows of others. For callers who see released scores only, the store
-- puts api.released_… in its place and changes nothing else.

-- name: ScoresOfRegion :many
-- A page of one region's scores, newest first. $1 region_id, $2 first year or null, $3 last year or null, $4 day, $5 to $7 year, stage
-- and kind after which the page begins (null: the first page), $8 rows at most.
select g.*, s.*
from api.visible_score_whole s join registry.region_on($4::date) g on g.region_id = s.region_id
where s.region_id = $1::int and s.year between coalesce($2::int, 0) and coalesce($3::int, 9999)
  and ($5::int is null or (-s.year, s.stage, s.score_kind) > (-$5::int, $6::text, $7::text))
order by -s.year, s.stage, s.score_kind
limit $8::int;

-- name: ScoresOfRegionTotal :one
select count(*)::int as total from api.visible_score s
where s.region_id = $1::int and s.year between coalesce($2::int, 0) and coalesce($3::int, 9999);

-- name: ScoresOfAll :many
-- A page of everybody's scores, by region, newest first. $1 first year or null, $2 last year or null, $3 day, $4 to $7 region_id, year,
-- stage and kind after which the page begins (null: the first page), $8 rows at most.
select g.*, s.*
from api.visible_score_whole s join registry.region_on($3::date) g on g.region_id = s.region_id
where s.year between coalesce($1::int, 0) and coalesce($2::int, 9999)
  and ($4::int is null or (s.region_id, -s.year, s.stage, s.score_kind) > ($4::int, -$5::int, $6::text, $7::text))
order by s.region_id, -s.year, s.stage, s.score_kind
limit $8::int;

-- name: ScoresOfAllTotal :one
select count(*)::int as total from api.visible_score s
where s.year between coalesce($1::int, 0) and coalesce($2::int, 9999);

-- name: ScoresOfOwn :many
-- A page of the calling region's own scores, newest first. $1 to $8 as ScoresOfAll.
select g.*, s.*
from api.visible_score_whole s join registry.region_on($3::date) g on g.region_id = s.region_id
where s.region_id = nullif(current_setting('seratus.region', true), '')::int
  and s.year between coalesce($1::int, 0) and coalesce($2::int, 9999)
  and ($4::int is null or (s.region_id, -s.year, s.stage, s.score_kind) > ($4::int, -$5::int, $6::text, $7::text))
order by s.region_id, -s.year, s.stage, s.score_kind
limit $8::int;

-- name: ScoresOfOwnTotal :one
select count(*)::int as total from api.visible_score s
where s.region_id = nullif(current_setting('seratus.region', true), '')::int
  and s.year between coalesce($1::int, 0) and coalesce($2::int, 9999);

-- name: ScoreShow :one
-- One score. No row: absent or not visible. $1 region_id, $2 year, $3 stage, $4 kind, $5 day.
select g.*, s.*
from api.visible_score_whole s join registry.region_on($5::date) g on g.region_id = s.region_id
where s.region_id = $1::int and s.year = $2::int and s.stage = $3::text and s.score_kind = $4::text;

-- name: ScorePrevious :one
-- The latest score of a year before, of the same kind, rather of the same stage. $1 to $5 as ScoreShow.
select g.*, s.*
from api.visible_score_whole s join registry.region_on($5::date) g on g.region_id = s.region_id
where s.region_id = $1::int and s.year < $2::int and s.score_kind = $4::text and s.value_e4 is not null
order by s.year desc, s.stage = $3::text desc, s.stage desc
limit 1;

-- name: ScoreRanks :many
-- Where a region stands in one evaluation among the scores that the caller may see: two rows, nation and province (of the day). rank is
-- null without a score; ties share the better rank. of: regions that could have a score; tied: others with the same; instruments: how many
-- different ones made the scores ranked. $1 region_id, $2 year, $3 stage, $4 kind, $5 day.
with round as (
  select s.region_id, s.value_e4, coalesce(s.instrument_id, '') as instrument_id from api.visible_score s
  where s.year = $2::int and s.stage = $3::text and s.kind = $4::text and s.value_e4 is not null
), placed as (
  select g.region_id, g.province_id, r.value_e4, r.instrument_id
  from registry.region_on($5::date) g left join round r using (region_id)
), mine as (
  select province_id, value_e4 from placed where region_id = $1::int
)
select scope.name as scope,
       case when mine.value_e4 is not null then 1 + count(*) filter (where p.value_e4 > mine.value_e4) end::int as rank,
       count(p.value_e4)::int as among, count(*)::int as "of",
       count(*) filter (where p.value_e4 = mine.value_e4 and p.region_id <> $1::int)::int as tied,
       count(distinct p.instrument_id)::int as instruments
from mine
cross join (values ('nation'), ('province')) as scope(name)
join placed p on scope.name = 'nation' or p.province_id = mine.province_id
group by scope.name, mine.value_e4
order by scope.name;

-- name: ScoreClaims :many
-- What documents claim about one score. $1 region_id, $2 year, $3 stage, $4 kind.
select c.claim, c.value, c.among, c.source, c.certainty from api.visible_score_claim c
where c.region_id = $1::int and c.year = $2::int and c.stage = $3::text and c.kind = $4::text
order by c.claim;

-- name: PlanRealisations :many
-- Programmes done and planned. $1 region_id, $2 year.
select r.dimension_set, r.dimension, d.name_id, d.name_en, r.done, r.planned, r.source, r.certainty
from api.visible_plan_realisation r
join registry.dimension d on d.set_id = r.dimension_set and d.key = r.dimension
where r.region_id = $1::int and r.year = $2::int
order by r.dimension_set, d.ordinal;

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

-- name: ExportRows :many
-- Every visible score of the years, by region. For a cursor in a snapshot. $1 first year or null, $2 last year or null, $3 day.
select g.*, s.*
from api.visible_score_whole s join registry.region_on($3::date) g on g.region_id = s.region_id
where s.year between coalesce($1::int, 0) and coalesce($2::int, 9999)
order by s.region_id, s.year, s.stage, s.score_kind;

-- name: ExportTotals :many
-- ExportRows without aspects and dimensions.
select g.*, s.region_id, s.year, s.stage, s.kind as score_kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4,
       s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released, s.version,
       '{}'::text[] as parts, '{}'::text[] as part_keys, '{}'::bigint[] as part_values, '{}'::text[] as part_missing
from api.visible_score s join registry.region_on($3::date) g on g.region_id = s.region_id
where s.year between coalesce($1::int, 0) and coalesce($2::int, 9999)
order by s.region_id, s.year, s.stage, s.kind;

-- name: SnapshotTime :one
-- When the transaction began, in UTC.
select now() as at;

-- name: ReaderPatience :exec
-- How long a stream may stand still while its reader digests a chunk.
select set_config('idle_in_transaction_session_timeout', '60s', true);

-- name: InstrumentRows :many
select instrument_id, name_id, name_en, scale_min_e4, scale_max_e4, decimals, rounding, dimension_set, source, certainty, note
from registry.instrument order by instrument_id;

-- name: InstrumentAspects :many
select instrument_id, key, weight_percent, name_id, name_en from registry.instrument_aspect order by instrument_id, ordinal;

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

-- name: ScoresPut :many
-- Writes scores, all or none, in the transaction that Enter began for writing; see api.put_scores. The digest of the request is that of its
-- rows. $1 the request's 16-byte key, $2 rows as a JSON array.
select ordinal, region_id, year, stage, kind, version, created, replayed
from api.put_scores($1::bytea, sha256(convert_to($2::text, 'UTF8')), $2::jsonb)
order by ordinal;
