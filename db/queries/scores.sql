-- Scores, in ten-thousandths. Each statement names the region or the evaluation it is about, and row security decides again.
--
-- The statements read api.visible_…: own rows first-hand, released rows of others. Those of one region read api.visible_score_of, which
-- asks whose the rows are once and not for each. For callers who see released scores only, the store puts api.released_… in its place
-- and changes nothing else.

-- name: ScoreShow :one
-- One score. No row: absent or not visible. $1 region_id, $2 year, $3 stage, $4 kind, $5 day.
select g.*, s.*, p.*
from api.visible_score_of($1::int) s
cross join lateral api.visible_parts_of($1::int, s.year, s.stage, s.score_kind, s.instrument_id) p
join registry.region_on($5::date) g on g.region_id = $1::int
where s.year = $2::int and s.stage = $3::text and s.score_kind = $4::text;

-- name: ScorePrevious :one
-- The latest score of a year before, of the same kind, rather of the same stage. $1 to $5 as ScoreShow.
select g.*, s.*, p.*
from (select v.* from api.visible_score_of($1::int) v
      where v.year < $2::int and v.score_kind = $4::text and v.value_e4 is not null
      order by v.year desc, v.stage = $3::text desc, v.stage desc
      limit 1) s
cross join lateral api.visible_parts_of($1::int, s.year, s.stage, s.score_kind, s.instrument_id) p
join registry.region_on($5::date) g on g.region_id = $1::int;

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

-- name: ScoresOfRegion :many
-- A page of one region's scores, newest first. $1 region_id, $2 first year or null, $3 last year or null, $4 day, $5 to $7 year, stage
-- and kind after which the page begins (null: the first page), $8 rows at most. The page is cut before parts are gathered. total: rows of
-- all pages, so that a first page takes no statement more; a page without rows can't say it.
select g.*, s.*, p.*
from (select k.*
      from (select v.*, count(*) over ()::int as total from api.visible_score_of($1::int) v
            where v.year between coalesce($2::int, 0) and coalesce($3::int, 9999)) k
      where $5::int is null or (-k.year, k.stage, k.score_kind) > (-$5::int, $6::text, $7::text)
      order by k.year desc, k.stage, k.score_kind
      limit $8::int) s
cross join lateral api.visible_parts_of($1::int, s.year, s.stage, s.score_kind, s.instrument_id) p
join registry.region_on($4::date) g on g.region_id = $1::int
order by s.year desc, s.stage, s.score_kind;

-- name: ScoresOfRegionTotal :one
-- Rows of all pages of ScoresOfRegion. $1 to $3 as there.
select count(*)::int as total from api.visible_score_of($1::int) s
where s.year between coalesce($2::int, 0) and coalesce($3::int, 9999);

-- name: ScoresOfOwn :many
-- A page of the calling region's own scores, newest first, with their total as in ScoresOfRegion. $1 to $8 as ScoresOfAll.
select g.*, s.*, p.*
from (select k.*
      from (select v.*, count(*) over ()::int as total from api.visible_score_of(registry.context_region()) v
            where v.year between coalesce($1::int, 0) and coalesce($2::int, 9999)) k
      where $4::int is null or (registry.context_region(), -k.year, k.stage, k.score_kind) > ($4::int, -$5::int, $6::text, $7::text)
      order by k.year desc, k.stage, k.score_kind
      limit $8::int) s
cross join lateral api.visible_parts_of(registry.context_region(), s.year, s.stage, s.score_kind, s.instrument_id) p
join registry.region_on($3::date) g on g.region_id = registry.context_region()
order by s.year desc, s.stage, s.score_kind;

-- name: ScoresOfOwnTotal :one
-- Rows of all pages of ScoresOfOwn. $1 and $2 as there.
select count(*)::int as total from api.visible_score_of(registry.context_region()) s
where s.year between coalesce($1::int, 0) and coalesce($2::int, 9999);

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

-- name: ScoresPut :many
-- Writes scores, all or none, in the transaction that Enter began for writing; see api.put_scores. The digest of the request is that of its
-- rows. $1 the request's 16-byte key, $2 rows as a JSON array.
select ordinal, region_id, year, stage, kind, version, created, unchanged, replayed
from api.put_scores($1::bytea, sha256(convert_to($2::text, 'UTF8')), $2::jsonb)
order by ordinal;
