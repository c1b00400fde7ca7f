-- Scores. Values are in ten-thousandths. A statement names the region it is about, and row security decides again.
--
-- Statements over api.visible_* are for the region and the ministry: own rows first-hand, released rows of others. Each has a
-- twin named …Released over api.released_* for the export login, equal in all but that word (db/tests checks it).

-- name: ScoreList :many
-- Scores of one region, newest first. Filters may be null. $1 region_id, $2 kind, $3 first year, $4 last year.
select s.region_id, s.year, s.stage, s.kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4, s.value_e4,
       s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released_at, s.version, s.updated_at
from api.visible_score s
where s.region_id = $1::int
  and ($2::text is null or s.kind = $2::text)
  and s.year between coalesce($3::int, 0) and coalesce($4::int, 9999)
order by s.year desc, s.stage desc, s.kind;

-- name: ScoreListReleased :many
-- ScoreList for the export login: the same over released rows.
select s.region_id, s.year, s.stage, s.kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4, s.value_e4,
       s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released_at, s.version, s.updated_at
from api.released_score s
where s.region_id = $1::int
  and ($2::text is null or s.kind = $2::text)
  and s.year between coalesce($3::int, 0) and coalesce($4::int, 9999)
order by s.year desc, s.stage desc, s.kind;

-- name: ScoreExplain :one
-- One score with all that made it. parts: [{part, key, value_e4, missing}]; instrument: {…, aspects: [{key, ordinal,
-- weight_percent, name_id, name_en}]} or null; claims: [{claim, value, among, source, certainty}]; previous: the score of the
-- last year before with the same stage and kind, or null. No row: not there, or not visible. $1 region_id, $2 year, $3 stage, $4
-- kind.
select s.region_id, s.year, s.stage, s.kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4, s.value_e4,
       s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released_at, s.version, s.updated_at,
       coalesce((select jsonb_agg(jsonb_build_object('part', p.part, 'key', p.key, 'value_e4', p.value_e4, 'missing', p.missing)
                                  order by p.part, p.key)
                 from api.visible_score_part p
                 where p.region_id = s.region_id and p.year = s.year and p.stage = s.stage and p.kind = s.kind), '[]') as parts,
       coalesce((select jsonb_agg(jsonb_build_object('claim', c.claim, 'value', c.value, 'among', c.among, 'source', c.source,
                                                     'certainty', c.certainty) order by c.claim)
                 from api.visible_score_claim c
                 where c.region_id = s.region_id and c.year = s.year and c.stage = s.stage and c.kind = s.kind), '[]') as claims,
       (select jsonb_build_object('instrument_id', i.instrument_id, 'name_id', i.name_id, 'name_en', i.name_en,
                                  'scale_min_e4', i.scale_min_e4, 'scale_max_e4', i.scale_max_e4, 'decimals', i.decimals,
                                  'rounding', i.rounding, 'dimension_set', i.dimension_set, 'certainty', i.certainty,
                                  'aspects', (select coalesce(jsonb_agg(jsonb_build_object(
                                                'key', a.key, 'ordinal', a.ordinal, 'weight_percent', a.weight_percent,
                                                'name_id', a.name_id, 'name_en', a.name_en) order by a.ordinal), '[]')
                                              from registry.instrument_aspect a where a.instrument_id = i.instrument_id))
        from registry.instrument i where i.instrument_id = s.instrument_id) as instrument,
       (select jsonb_build_object('year', q.year, 'stage', q.stage, 'instrument_id', q.instrument_id,
                                  'instrument_certainty', q.instrument_certainty, 'published_e4', q.published_e4,
                                  'computed_e4', q.computed_e4, 'value_e4', q.value_e4, 'missing', q.missing,
                                  'certainty', q.certainty, 'version', q.version)
        from api.visible_score q
        where q.region_id = s.region_id and q.kind = s.kind and q.stage = s.stage and q.year < s.year
        order by q.year desc limit 1) as previous
from api.visible_score s
where s.region_id = $1::int and s.year = $2::int and s.stage = $3::text and s.kind = $4::text;

-- name: ScoreExplainReleased :one
-- ScoreExplain for the export login: the same over released rows.
select s.region_id, s.year, s.stage, s.kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4, s.value_e4,
       s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released_at, s.version, s.updated_at,
       coalesce((select jsonb_agg(jsonb_build_object('part', p.part, 'key', p.key, 'value_e4', p.value_e4, 'missing', p.missing)
                                  order by p.part, p.key)
                 from api.released_score_part p
                 where p.region_id = s.region_id and p.year = s.year and p.stage = s.stage and p.kind = s.kind), '[]') as parts,
       coalesce((select jsonb_agg(jsonb_build_object('claim', c.claim, 'value', c.value, 'among', c.among, 'source', c.source,
                                                     'certainty', c.certainty) order by c.claim)
                 from api.released_score_claim c
                 where c.region_id = s.region_id and c.year = s.year and c.stage = s.stage and c.kind = s.kind), '[]') as claims,
       (select jsonb_build_object('instrument_id', i.instrument_id, 'name_id', i.name_id, 'name_en', i.name_en,
                                  'scale_min_e4', i.scale_min_e4, 'scale_max_e4', i.scale_max_e4, 'decimals', i.decimals,
                                  'rounding', i.rounding, 'dimension_set', i.dimension_set, 'certainty', i.certainty,
                                  'aspects', (select coalesce(jsonb_agg(jsonb_build_object(
                                                'key', a.key, 'ordinal', a.ordinal, 'weight_percent', a.weight_percent,
                                                'name_id', a.name_id, 'name_en', a.name_en) order by a.ordinal), '[]')
                                              from registry.instrument_aspect a where a.instrument_id = i.instrument_id))
        from registry.instrument i where i.instrument_id = s.instrument_id) as instrument,
       (select jsonb_build_object('year', q.year, 'stage', q.stage, 'instrument_id', q.instrument_id,
                                  'instrument_certainty', q.instrument_certainty, 'published_e4', q.published_e4,
                                  'computed_e4', q.computed_e4, 'value_e4', q.value_e4, 'missing', q.missing,
                                  'certainty', q.certainty, 'version', q.version)
        from api.released_score q
        where q.region_id = s.region_id and q.kind = s.kind and q.stage = s.stage and q.year < s.year
        order by q.year desc limit 1) as previous
from api.released_score s
where s.region_id = $1::int and s.year = $2::int and s.stage = $3::text and s.kind = $4::text;

-- name: RegionReport :one
-- The five numbers of a region for one evaluation: score, previous comparable, rank in the nation and in the province (of the day
-- $5), parts with their ranks, and beside them what documents claim and the plan's realisation of that year.
-- Ranks count the visible scores above, plus one (ties share the better rank); n_* is among how many, null without a value.
-- n_other_instrument of them were made by another instrument. parts: [{part, key, value_e4, missing, rank, n}].
-- No row: no score is there or visible. $1 region_id, $2 year, $3 stage, $4 kind, $5 day.
with mine as (
  select * from api.visible_score s
  where s.region_id = $1::int and s.year = $2::int and s.stage = $3::text and s.kind = $4::text
), round as (
  select v.region_id, v.value_e4, v.instrument_id from api.visible_score v
  where v.year = $2::int and v.stage = $3::text and v.kind = $4::text and v.value_e4 is not null
), home as (
  select rp.province_id from registry.region_province rp
  where rp.region_id = $1::int and rp.valid_from <= $5::date and $5::date < rp.valid_to
), part_rank as (
  select p.part, p.key, 1 + count(*) filter (where o.value_e4 > p.value_e4) as rank, count(*) as n
  from api.visible_score_part p
  join api.visible_score_part o
    on o.part = p.part and o.key = p.key and o.year = p.year and o.stage = p.stage and o.kind = p.kind
  where p.region_id = $1::int and p.year = $2::int and p.stage = $3::text and p.kind = $4::text
    and o.year = $2::int and o.stage = $3::text and o.kind = $4::text and o.value_e4 is not null and p.value_e4 is not null
  group by p.part, p.key
)
select s.region_id, s.year, s.stage, s.kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4, s.value_e4,
       s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released_at, s.version, s.updated_at,
       (select jsonb_build_object('year', q.year, 'stage', q.stage, 'instrument_id', q.instrument_id,
                                  'instrument_certainty', q.instrument_certainty, 'published_e4', q.published_e4,
                                  'computed_e4', q.computed_e4, 'value_e4', q.value_e4, 'missing', q.missing,
                                  'certainty', q.certainty, 'version', q.version)
        from api.visible_score q
        where q.region_id = s.region_id and q.kind = s.kind and q.stage = s.stage and q.year < s.year
        order by q.year desc limit 1) as previous,
       nation.rank as rank_national, nation.n as n_national, nation.n_other_instrument,
       province.rank as rank_province, province.n as n_province, home.province_id, pv.name as province_name,
       coalesce((select jsonb_agg(jsonb_build_object('part', p.part, 'key', p.key, 'value_e4', p.value_e4, 'missing', p.missing,
                                                     'rank', k.rank, 'n', k.n) order by p.part, p.key)
                 from api.visible_score_part p left join part_rank k using (part, key)
                 where p.region_id = s.region_id and p.year = s.year and p.stage = s.stage and p.kind = s.kind), '[]') as parts,
       coalesce((select jsonb_agg(jsonb_build_object('claim', c.claim, 'value', c.value, 'among', c.among, 'source', c.source,
                                                     'certainty', c.certainty) order by c.claim)
                 from api.visible_score_claim c
                 where c.region_id = s.region_id and c.year = s.year and c.stage = s.stage and c.kind = s.kind), '[]') as claims,
       coalesce((select jsonb_agg(jsonb_build_object('dimension_set', r.dimension_set, 'dimension', r.dimension, 'done', r.done,
                                                     'planned', r.planned, 'source', r.source, 'certainty', r.certainty)
                                  order by r.dimension_set, r.dimension)
                 from api.visible_plan_realisation r where r.region_id = s.region_id and r.year = s.year), '[]') as realisation
from mine s
left join home on true
left join registry.province pv on pv.province_id = home.province_id
left join lateral (
  select (1 + count(*) filter (where o.value_e4 > s.value_e4))::int as rank, count(*)::int as n,
         (count(*) filter (where o.instrument_id is distinct from s.instrument_id))::int as n_other_instrument
  from round o having s.value_e4 is not null
) nation on true
left join lateral (
  select (1 + count(*) filter (where o.value_e4 > s.value_e4))::int as rank, count(*)::int as n
  from round o
  join registry.region_province rp on rp.region_id = o.region_id and rp.province_id = home.province_id
    and rp.valid_from <= $5::date and $5::date < rp.valid_to
  having s.value_e4 is not null and home.province_id is not null
) province on true;

-- name: RegionReportReleased :one
-- RegionReport for the export login: the same over released rows.
with mine as (
  select * from api.released_score s
  where s.region_id = $1::int and s.year = $2::int and s.stage = $3::text and s.kind = $4::text
), round as (
  select v.region_id, v.value_e4, v.instrument_id from api.released_score v
  where v.year = $2::int and v.stage = $3::text and v.kind = $4::text and v.value_e4 is not null
), home as (
  select rp.province_id from registry.region_province rp
  where rp.region_id = $1::int and rp.valid_from <= $5::date and $5::date < rp.valid_to
), part_rank as (
  select p.part, p.key, 1 + count(*) filter (where o.value_e4 > p.value_e4) as rank, count(*) as n
  from api.released_score_part p
  join api.released_score_part o
    on o.part = p.part and o.key = p.key and o.year = p.year and o.stage = p.stage and o.kind = p.kind
  where p.region_id = $1::int and p.year = $2::int and p.stage = $3::text and p.kind = $4::text
    and o.year = $2::int and o.stage = $3::text and o.kind = $4::text and o.value_e4 is not null and p.value_e4 is not null
  group by p.part, p.key
)
select s.region_id, s.year, s.stage, s.kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4, s.value_e4,
       s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released_at, s.version, s.updated_at,
       (select jsonb_build_object('year', q.year, 'stage', q.stage, 'instrument_id', q.instrument_id,
                                  'instrument_certainty', q.instrument_certainty, 'published_e4', q.published_e4,
                                  'computed_e4', q.computed_e4, 'value_e4', q.value_e4, 'missing', q.missing,
                                  'certainty', q.certainty, 'version', q.version)
        from api.released_score q
        where q.region_id = s.region_id and q.kind = s.kind and q.stage = s.stage and q.year < s.year
        order by q.year desc limit 1) as previous,
       nation.rank as rank_national, nation.n as n_national, nation.n_other_instrument,
       province.rank as rank_province, province.n as n_province, home.province_id, pv.name as province_name,
       coalesce((select jsonb_agg(jsonb_build_object('part', p.part, 'key', p.key, 'value_e4', p.value_e4, 'missing', p.missing,
                                                     'rank', k.rank, 'n', k.n) order by p.part, p.key)
                 from api.released_score_part p left join part_rank k using (part, key)
                 where p.region_id = s.region_id and p.year = s.year and p.stage = s.stage and p.kind = s.kind), '[]') as parts,
       coalesce((select jsonb_agg(jsonb_build_object('claim', c.claim, 'value', c.value, 'among', c.among, 'source', c.source,
                                                     'certainty', c.certainty) order by c.claim)
                 from api.released_score_claim c
                 where c.region_id = s.region_id and c.year = s.year and c.stage = s.stage and c.kind = s.kind), '[]') as claims,
       coalesce((select jsonb_agg(jsonb_build_object('dimension_set', r.dimension_set, 'dimension', r.dimension, 'done', r.done,
                                                     'planned', r.planned, 'source', r.source, 'certainty', r.certainty)
                                  order by r.dimension_set, r.dimension)
                 from api.released_plan_realisation r where r.region_id = s.region_id and r.year = s.year), '[]') as realisation
from mine s
left join home on true
left join registry.province pv on pv.province_id = home.province_id
left join lateral (
  select (1 + count(*) filter (where o.value_e4 > s.value_e4))::int as rank, count(*)::int as n,
         (count(*) filter (where o.instrument_id is distinct from s.instrument_id))::int as n_other_instrument
  from round o having s.value_e4 is not null
) nation on true
left join lateral (
  select (1 + count(*) filter (where o.value_e4 > s.value_e4))::int as rank, count(*)::int as n
  from round o
  join registry.region_province rp on rp.region_id = o.region_id and rp.province_id = home.province_id
    and rp.valid_from <= $5::date and $5::date < rp.valid_to
  having s.value_e4 is not null and home.province_id is not null
) province on true;

-- name: CompareRows :many
-- One row per membership of the cohorts, with the value of one measure in one evaluation: the total, or one aspect or dimension.
-- value_e4 null with missing null: no score is there or visible. counted_* tell the rules the membership counts by; repeat, that
-- the region counted in an earlier cohort. Ordered by cohort and region.
-- $1 year, $2 stage, $3 kind, $4 aspect, dimension or null (total), $5 its key or null, $6 cohort years or null (all), $7 day.
select m.cohort_year, m.region_id, coalesce(n.name, r.name) as name, r.kind as region_kind, k.code as kemendagri_code,
       p.province_id, p.name as province_name, m.status, m.certainty as membership_certainty,
       counted.ministry as counted_ministry, counted.finished as counted_finished, counted.earlier as repeat,
       case when $4::text is null then s.value_e4 else t.value_e4 end as value_e4,
       case when $4::text is null then s.missing
            when t.region_id is null and s.region_id is not null then 'not_reported' else t.missing end as missing,
       s.certainty, s.instrument_id, s.instrument_certainty, s.released, s.version
from registry.membership m
join registry.region r using (region_id)
cross join lateral (
  select coalesce(bool_or(x.rule = 'ministry' and x.cohort_year = m.cohort_year), false) as ministry,
         coalesce(bool_or(x.rule = 'finished' and x.cohort_year = m.cohort_year), false) as finished,
         coalesce(bool_or(x.rule = 'ministry' and x.cohort_year < m.cohort_year), false) as earlier
  from registry.counted_membership x where x.region_id = m.region_id
) counted
left join registry.region_name n on n.region_id = r.region_id and n.valid_from <= $7::date and $7::date < n.valid_to
left join registry.region_code k on k.region_id = r.region_id and k.system = 'kemendagri'
  and k.valid_from <= $7::date and $7::date < k.valid_to
left join registry.region_province rp on rp.region_id = r.region_id and rp.valid_from <= $7::date and $7::date < rp.valid_to
left join registry.province p on p.province_id = rp.province_id
left join api.visible_score s on s.region_id = m.region_id and s.year = $1::int and s.stage = $2::text and s.kind = $3::text
left join api.visible_score_part t on t.region_id = m.region_id and t.year = $1::int and t.stage = $2::text and t.kind = $3::text
  and t.part = $4::text and t.key = $5::text
where $6::int[] is null or m.cohort_year = any ($6::int[])
order by m.cohort_year, m.region_id;

-- name: CompareRowsReleased :many
-- CompareRows for the export login: the same over released rows.
select m.cohort_year, m.region_id, coalesce(n.name, r.name) as name, r.kind as region_kind, k.code as kemendagri_code,
       p.province_id, p.name as province_name, m.status, m.certainty as membership_certainty,
       counted.ministry as counted_ministry, counted.finished as counted_finished, counted.earlier as repeat,
       case when $4::text is null then s.value_e4 else t.value_e4 end as value_e4,
       case when $4::text is null then s.missing
            when t.region_id is null and s.region_id is not null then 'not_reported' else t.missing end as missing,
       s.certainty, s.instrument_id, s.instrument_certainty, s.released, s.version
from registry.membership m
join registry.region r using (region_id)
cross join lateral (
  select coalesce(bool_or(x.rule = 'ministry' and x.cohort_year = m.cohort_year), false) as ministry,
         coalesce(bool_or(x.rule = 'finished' and x.cohort_year = m.cohort_year), false) as finished,
         coalesce(bool_or(x.rule = 'ministry' and x.cohort_year < m.cohort_year), false) as earlier
  from registry.counted_membership x where x.region_id = m.region_id
) counted
left join registry.region_name n on n.region_id = r.region_id and n.valid_from <= $7::date and $7::date < n.valid_to
left join registry.region_code k on k.region_id = r.region_id and k.system = 'kemendagri'
  and k.valid_from <= $7::date and $7::date < k.valid_to
left join registry.region_province rp on rp.region_id = r.region_id and rp.valid_from <= $7::date and $7::date < rp.valid_to
left join registry.province p on p.province_id = rp.province_id
left join api.released_score s on s.region_id = m.region_id and s.year = $1::int and s.stage = $2::text and s.kind = $3::text
left join api.released_score_part t on t.region_id = m.region_id and t.year = $1::int and t.stage = $2::text and t.kind = $3::text
  and t.part = $4::text and t.key = $5::text
where $6::int[] is null or m.cohort_year = any ($6::int[])
order by m.cohort_year, m.region_id;

-- name: ScorePut :many
-- Writes scores, all or none, with parts, audit and remembered reply in one transaction; see api.put_scores for rows and errors.
-- Comes after Enter with $3 true. $1 16-byte key of the request, $2 SHA-256 of its content, $3 rows (JSON array).
select ordinal, region_id, year, stage, kind, version, created, replayed from api.put_scores($1::bytea, $2::bytea, $3::jsonb);

-- name: ExportScores :many
-- The ministry's export: every score with its parts, in key order; a page begins after the last key of the one before (0, 0, '',
-- ''). $1–$4 key to begin after, $5 year or null, $6 rows at most (null: all, for a cursor or a single-row read).
select s.region_id, s.year, s.stage, s.kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4, s.value_e4,
       s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released_at, s.version, s.updated_at,
       coalesce((select jsonb_agg(jsonb_build_object('part', p.part, 'key', p.key, 'value_e4', p.value_e4, 'missing', p.missing)
                                  order by p.part, p.key)
                 from registry.score_part p
                 where p.region_id = s.region_id and p.year = s.year and p.stage = s.stage and p.kind = s.kind), '[]') as parts
from registry.score s
where (s.region_id, s.year, s.stage, s.kind) > ($1::int, $2::int, $3::text, $4::text)
  and ($5::int is null or s.year = $5::int)
order by s.region_id, s.year, s.stage, s.kind
limit $6::int;

-- name: ExportScoresRegion :many
-- A region's export of its own scores, as ExportScores; $7 region_id.
select s.region_id, s.year, s.stage, s.kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4, s.value_e4,
       s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released_at, s.version, s.updated_at,
       coalesce((select jsonb_agg(jsonb_build_object('part', p.part, 'key', p.key, 'value_e4', p.value_e4, 'missing', p.missing)
                                  order by p.part, p.key)
                 from registry.score_part p
                 where p.region_id = s.region_id and p.year = s.year and p.stage = s.stage and p.kind = s.kind), '[]') as parts
from registry.score s
where s.region_id = $7::int and (s.region_id, s.year, s.stage, s.kind) > ($1::int, $2::int, $3::text, $4::text)
  and ($5::int is null or s.year = $5::int)
order by s.region_id, s.year, s.stage, s.kind
limit $6::int;

-- name: ExportScoresReleased :many
-- The export login's: released scores of all regions, as ExportScores.
select s.region_id, s.year, s.stage, s.kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4, s.value_e4,
       s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released_at, s.version, s.updated_at,
       coalesce((select jsonb_agg(jsonb_build_object('part', p.part, 'key', p.key, 'value_e4', p.value_e4, 'missing', p.missing)
                                  order by p.part, p.key)
                 from api.released_score_part p
                 where p.region_id = s.region_id and p.year = s.year and p.stage = s.stage and p.kind = s.kind), '[]') as parts
from api.released_score s
where (s.region_id, s.year, s.stage, s.kind) > ($1::int, $2::int, $3::text, $4::text)
  and ($5::int is null or s.year = $5::int)
order by s.region_id, s.year, s.stage, s.kind
limit $6::int;

-- name: AuditList :many
-- What was done to a region's rows, newest first, a page at a time. $1 region_id, $2 before this time (null: from now), $3 rows
-- at most.
select entry_id, at, actor_id, actor_role, action, object, detail from registry.audit_entry
where region_id = $1::int and at < coalesce($2::timestamptz, 'infinity') order by at desc, entry_id limit $3::int;
