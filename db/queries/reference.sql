-- Reference data: one statement per file of db/reference, run in the order of this file, all in one transaction that begins with
-- LoaderEnter (as a superuser or a member of seratus_owner) and ends with ReferenceFaults and ReferenceLinesRefresh. $1 is the file as
-- a JSON array of objects, every value as text, '' or null where the file is empty.
--
-- Each answers inserted, updated, unchanged, removed (counts), vanished (JSON array of keys that the database holds and the file
-- does not). Only pure detail (aliases, names, mappings, printed counts) is ever removed; everything else is reported and stays.
-- A code that names no region is an error (22023): nothing is skipped.

-- name: LoaderEnter :one
-- Becomes the owner of the tables for this transaction, in a context of its own (row security binds owners too).
select set_config('role', 'seratus_owner', true), set_config('seratus.role', 'loader', true),
       set_config('seratus.actor', '0', true);

-- name: DatasetSet :one
-- Says once and for all which facts this database holds. $1 official or synthetic, $2 seed (null for official), $3 label.
-- Another kind than before is refused (23505); no row comes back if the database holds another seed.
insert into registry.dataset (kind, seed, label) values ($1::text, $2::bigint, $3::text)
on conflict (kind) do update set label = excluded.label where registry.dataset.seed is not distinct from excluded.seed
returning kind, seed, label;

-- name: LoadProvinces :one
-- provinces.csv → registry.province. Rows no longer in the file stay and are named in vanished.
with input as (
  select
    nullif(f.province_id, '')::int as province_id, nullif(f.name, '') as name,
    coalesce(nullif(f.valid_from, '')::date, '-infinity') as valid_from,
    coalesce(nullif(f.valid_to, '')::date, 'infinity') as valid_to, nullif(f.law, '') as law,
    nullif(f.lat, '')::double precision as lat, nullif(f.lon, '')::double precision as lon,
    nullif(f.population, '')::bigint as population, nullif(f.area_km2, '')::double precision as area_km2
  from jsonb_to_recordset($1::jsonb) as f(
    province_id text, name text, valid_from text, valid_to text, law text, lat text, lon text, population text, area_km2 text)
), written as (
  insert into registry.province as t (
    province_id, name, valid_from, valid_to, law, lat, lon, population, area_km2)
  select
    province_id, name, valid_from, valid_to, law, lat, lon, population, area_km2
  from input
  on conflict (province_id) do update set
    name = excluded.name, valid_from = excluded.valid_from, valid_to = excluded.valid_to, law = excluded.law,
    lat = excluded.lat, lon = excluded.lon, population = excluded.population, area_km2 = excluded.area_km2
  where (
    t.name, t.valid_from, t.valid_to, t.law, t.lat, t.lon, t.population, t.area_km2)
  is distinct from (
    excluded.name, excluded.valid_from, excluded.valid_to, excluded.law, excluded.lat, excluded.lon, excluded.population,
    excluded.area_km2)
  returning t.xmax = 0 as fresh
), gone as (
  select jsonb_build_array(t.province_id) as key from registry.province t
  where not exists (select from input i where i.province_id = t.province_id)
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(key order by key), '[]') from gone) as vanished;

-- name: LoadProvinceCodes :one
-- province_codes.csv → registry.province_code. Rows no longer in the file stay and are named in vanished.
with input as (
  select
    nullif(f.province_id, '')::int as province_id, nullif(f.system, '') as system, nullif(f.code, '') as code,
    coalesce(nullif(f.valid_from, '')::date, '-infinity') as valid_from,
    coalesce(nullif(f.valid_to, '')::date, 'infinity') as valid_to, nullif(f.source, '') as source
  from jsonb_to_recordset($1::jsonb) as f(
    province_id text, system text, code text, valid_from text, valid_to text, source text)
), written as (
  insert into registry.province_code as t (
    province_id, system, code, valid_from, valid_to, source)
  select
    province_id, system, code, valid_from, valid_to, source
  from input
  on conflict (system, code, province_id) do update set
    valid_from = excluded.valid_from, valid_to = excluded.valid_to, source = excluded.source
  where (
    t.valid_from, t.valid_to, t.source)
  is distinct from (
    excluded.valid_from, excluded.valid_to, excluded.source)
  returning t.xmax = 0 as fresh
), gone as (
  select jsonb_build_array(t.system, t.code, t.province_id) as key from registry.province_code t
  where not exists (select from input i where i.system = t.system and i.code = t.code and i.province_id = t.province_id)
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(key order by key), '[]') from gone) as vanished;

-- name: LoadRegions :one
-- regions.csv → registry.region. Rows no longer in the file stay and are named in vanished.
with input as (
  select
    nullif(f.region_id, '')::int as region_id, nullif(f.kind, '') as kind, nullif(f.name, '') as name,
    nullif(f.base_name, '') as base_name, nullif(f.lat, '')::double precision as lat,
    nullif(f.lon, '')::double precision as lon, nullif(f.population, '')::bigint as population,
    nullif(f.area_km2, '')::double precision as area_km2
  from jsonb_to_recordset($1::jsonb) as f(
    region_id text, kind text, name text, base_name text, lat text, lon text, population text, area_km2 text)
), written as (
  insert into registry.region as t (
    region_id, kind, name, base_name, lat, lon, population, area_km2)
  select
    region_id, kind, name, base_name, lat, lon, population, area_km2
  from input
  on conflict (region_id) do update set
    kind = excluded.kind, name = excluded.name, base_name = excluded.base_name, lat = excluded.lat, lon = excluded.lon,
    population = excluded.population, area_km2 = excluded.area_km2
  where (
    t.kind, t.name, t.base_name, t.lat, t.lon, t.population, t.area_km2)
  is distinct from (
    excluded.kind, excluded.name, excluded.base_name, excluded.lat, excluded.lon, excluded.population, excluded.area_km2)
  returning t.xmax = 0 as fresh
), gone as (
  select jsonb_build_array(t.region_id) as key from registry.region t
  where not exists (select from input i where i.region_id = t.region_id)
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(key order by key), '[]') from gone) as vanished;

-- name: LoadRegionCodes :one
-- region_codes.csv → registry.region_code. Rows no longer in the file stay and are named in vanished.
with input as (
  select
    nullif(f.region_id, '')::int as region_id, nullif(f.system, '') as system, nullif(f.code, '') as code,
    coalesce(nullif(f.valid_from, '')::date, '-infinity') as valid_from,
    coalesce(nullif(f.valid_to, '')::date, 'infinity') as valid_to, nullif(f.source, '') as source,
    nullif(f.certainty, '') as certainty
  from jsonb_to_recordset($1::jsonb) as f(
    region_id text, system text, code text, valid_from text, valid_to text, source text, certainty text)
), written as (
  insert into registry.region_code as t (
    region_id, system, code, valid_from, valid_to, source, certainty)
  select
    region_id, system, code, valid_from, valid_to, source, certainty
  from input
  on conflict (system, code, region_id) do update set
    valid_from = excluded.valid_from, valid_to = excluded.valid_to, source = excluded.source, certainty = excluded.certainty
  where (
    t.valid_from, t.valid_to, t.source, t.certainty)
  is distinct from (
    excluded.valid_from, excluded.valid_to, excluded.source, excluded.certainty)
  returning t.xmax = 0 as fresh
), gone as (
  select jsonb_build_array(t.system, t.code, t.region_id) as key from registry.region_code t
  where not exists (select from input i where i.system = t.system and i.code = t.code and i.region_id = t.region_id)
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(key order by key), '[]') from gone) as vanished;

-- name: LoadRegionNames :one
-- region_names.csv → registry.region_name. Rows no longer in the file are removed.
with input as (
  select
    nullif(f.region_id, '')::int as region_id, nullif(f.name, '') as name,
    coalesce(nullif(f.valid_from, '')::date, '-infinity') as valid_from,
    coalesce(nullif(f.valid_to, '')::date, 'infinity') as valid_to, nullif(f.source, '') as source,
    nullif(f.certainty, '') as certainty
  from jsonb_to_recordset($1::jsonb) as f(
    region_id text, name text, valid_from text, valid_to text, source text, certainty text)
), written as (
  insert into registry.region_name as t (
    region_id, name, valid_from, valid_to, source, certainty)
  select
    region_id, name, valid_from, valid_to, source, certainty
  from input
  on conflict (region_id, name) do update set
    valid_from = excluded.valid_from, valid_to = excluded.valid_to, source = excluded.source, certainty = excluded.certainty
  where (
    t.valid_from, t.valid_to, t.source, t.certainty)
  is distinct from (
    excluded.valid_from, excluded.valid_to, excluded.source, excluded.certainty)
  returning t.xmax = 0 as fresh
), gone as (
  delete from registry.region_name t
  where not exists (select from input i where i.region_id = t.region_id and i.name = t.name)
  returning jsonb_build_array(t.region_id, t.name) as key
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       (select count(*)::int from gone) as removed,
       '[]'::jsonb as vanished;

-- name: LoadRegionProvinces :one
-- region_provinces.csv → registry.region_province. Rows no longer in the file stay and are named in vanished.
with input as (
  select
    nullif(f.region_id, '')::int as region_id, nullif(f.province_id, '')::int as province_id,
    coalesce(nullif(f.valid_from, '')::date, '-infinity') as valid_from,
    coalesce(nullif(f.valid_to, '')::date, 'infinity') as valid_to, nullif(f.source, '') as source,
    nullif(f.certainty, '') as certainty
  from jsonb_to_recordset($1::jsonb) as f(
    region_id text, province_id text, valid_from text, valid_to text, source text, certainty text)
), written as (
  insert into registry.region_province as t (
    region_id, province_id, valid_from, valid_to, source, certainty)
  select
    region_id, province_id, valid_from, valid_to, source, certainty
  from input
  on conflict (region_id, province_id) do update set
    valid_from = excluded.valid_from, valid_to = excluded.valid_to, source = excluded.source, certainty = excluded.certainty
  where (
    t.valid_from, t.valid_to, t.source, t.certainty)
  is distinct from (
    excluded.valid_from, excluded.valid_to, excluded.source, excluded.certainty)
  returning t.xmax = 0 as fresh
), gone as (
  select jsonb_build_array(t.region_id, t.province_id) as key from registry.region_province t
  where not exists (select from input i where i.region_id = t.region_id and i.province_id = t.province_id)
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(key order by key), '[]') from gone) as vanished;

-- name: LoadRegionAliases :one
-- region_aliases.csv → registry.region_alias. Rows no longer in the file are removed.
with input as (
  select
    nullif(f.region_id, '')::int as region_id, nullif(f.alias, '') as alias, nullif(f.kind, '') as kind,
    nullif(f.source, '') as source
  from jsonb_to_recordset($1::jsonb) as f(
    region_id text, alias text, kind text, source text)
), written as (
  insert into registry.region_alias as t (
    region_id, alias, kind, source)
  select
    region_id, alias, kind, source
  from input
  on conflict (region_id, alias) do update set
    kind = excluded.kind, source = excluded.source
  where (
    t.kind, t.source)
  is distinct from (
    excluded.kind, excluded.source)
  returning t.xmax = 0 as fresh
), gone as (
  delete from registry.region_alias t
  where not exists (select from input i where i.region_id = t.region_id and i.alias = t.alias)
  returning jsonb_build_array(t.region_id, t.alias) as key
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       (select count(*)::int from gone) as removed,
       '[]'::jsonb as vanished;

-- name: LoadCohorts :one
-- cohorts.csv → registry.cohort. Rows no longer in the file stay and are named in vanished.
with input as (
  select
    nullif(f.year, '')::int as year, nullif(f.name_id, '') as name_id, nullif(f.name_en, '') as name_en,
    nullif(f.coached, '')::int as coached, nullif(f.published_cumulative, '')::int as published_cumulative,
    nullif(f.signed_on, '')::date as signed_on, f.list_complete::boolean as list_complete, nullif(f.source, '') as source,
    nullif(f.certainty, '') as certainty, nullif(f.note, '') as note
  from jsonb_to_recordset($1::jsonb) as f(
    year text, name_id text, name_en text, coached text, published_cumulative text, signed_on text, list_complete text,
    source text, certainty text, note text)
), written as (
  insert into registry.cohort as t (
    year, name_id, name_en, coached, published_cumulative, signed_on, list_complete, source, certainty, note)
  select
    year, name_id, name_en, coached, published_cumulative, signed_on, list_complete, source, certainty, note
  from input
  on conflict (year) do update set
    name_id = excluded.name_id, name_en = excluded.name_en, coached = excluded.coached,
    published_cumulative = excluded.published_cumulative, signed_on = excluded.signed_on,
    list_complete = excluded.list_complete, source = excluded.source, certainty = excluded.certainty, note = excluded.note
  where (
    t.name_id, t.name_en, t.coached, t.published_cumulative, t.signed_on, t.list_complete, t.source, t.certainty, t.note)
  is distinct from (
    excluded.name_id, excluded.name_en, excluded.coached, excluded.published_cumulative, excluded.signed_on,
    excluded.list_complete, excluded.source, excluded.certainty, excluded.note)
  returning t.xmax = 0 as fresh
), gone as (
  select jsonb_build_array(t.year) as key from registry.cohort t
  where not exists (select from input i where i.year = t.year)
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(key order by key), '[]') from gone) as vanished;

-- name: LoadMemberships :one
-- memberships.csv → registry.membership. Rows no longer in the file stay and are named in vanished.
with input as (
  select
    nullif(f.cohort_year, '')::int as cohort_year, registry.region_now(f.region) as region_id,
    nullif(f.status, '') as status, nullif(f.announced, '') as announced, nullif(f.signed, '') as signed,
    nullif(f.finished, '') as finished, nullif(f.certainty, '') as certainty, nullif(f.note, '') as note,
    nullif(f.source, '') as source
  from jsonb_to_recordset($1::jsonb) as f(
    cohort_year text, region text, name text, status text, announced text, signed text, finished text, certainty text,
    note text, source text)
), written as (
  insert into registry.membership as t (
    cohort_year, region_id, status, announced, signed, finished, certainty, note, source)
  select
    cohort_year, region_id, status, announced, signed, finished, certainty, note, source
  from input
  on conflict (cohort_year, region_id) do update set
    status = excluded.status, announced = excluded.announced, signed = excluded.signed, finished = excluded.finished,
    certainty = excluded.certainty, note = excluded.note, source = excluded.source
  where (
    t.status, t.announced, t.signed, t.finished, t.certainty, t.note, t.source)
  is distinct from (
    excluded.status, excluded.announced, excluded.signed, excluded.finished, excluded.certainty, excluded.note,
    excluded.source)
  returning t.xmax = 0 as fresh
), gone as (
  select jsonb_build_array(t.cohort_year, t.region_id) as key from registry.membership t
  where not exists (select from input i where i.cohort_year = t.cohort_year and i.region_id = t.region_id)
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(key order by key), '[]') from gone) as vanished;

-- name: LoadProvinceMemberships :one
-- province_memberships.csv → registry.province_membership. Rows no longer in the file stay and are named in vanished.
with input as (
  select
    nullif(f.cohort_year, '')::int as cohort_year, registry.province_now(f.province) as province_id,
    nullif(f.status, '') as status, nullif(f.certainty, '') as certainty, nullif(f.note, '') as note,
    nullif(f.source, '') as source
  from jsonb_to_recordset($1::jsonb) as f(
    cohort_year text, province text, status text, certainty text, note text, source text)
), written as (
  insert into registry.province_membership as t (
    cohort_year, province_id, status, certainty, note, source)
  select
    cohort_year, province_id, status, certainty, note, source
  from input
  on conflict (cohort_year, province_id) do update set
    status = excluded.status, certainty = excluded.certainty, note = excluded.note, source = excluded.source
  where (
    t.status, t.certainty, t.note, t.source)
  is distinct from (
    excluded.status, excluded.certainty, excluded.note, excluded.source)
  returning t.xmax = 0 as fresh
), gone as (
  select jsonb_build_array(t.cohort_year, t.province_id) as key from registry.province_membership t
  where not exists (select from input i where i.cohort_year = t.cohort_year and i.province_id = t.province_id)
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(key order by key), '[]') from gone) as vanished;

-- name: LoadPublishedCounts :one
-- published_counts.csv → registry.published_count. Rows no longer in the file are removed.
with input as (
  select
    nullif(f.year, '')::int as year, nullif(f.figure, '') as figure, nullif(f.value, '')::int as value,
    nullif(f.source, '') as source, nullif(f.certainty, '') as certainty, nullif(f.note, '') as note
  from jsonb_to_recordset($1::jsonb) as f(
    year text, figure text, value text, source text, certainty text, note text)
), written as (
  insert into registry.published_count as t (
    year, figure, value, source, certainty, note)
  select
    year, figure, value, source, certainty, note
  from input
  on conflict (year, figure, value, source) do update set
    certainty = excluded.certainty, note = excluded.note
  where (
    t.certainty, t.note)
  is distinct from (
    excluded.certainty, excluded.note)
  returning t.xmax = 0 as fresh
), gone as (
  delete from registry.published_count t
  where not exists (select from input i where i.year = t.year and i.figure = t.figure and i.value = t.value
                    and i.source = t.source)
  returning jsonb_build_array(t.year, t.figure, t.value, t.source) as key
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       (select count(*)::int from gone) as removed,
       '[]'::jsonb as vanished;

-- name: LoadDimensionSets :one
-- dimension_sets.csv → registry.dimension_set. Rows no longer in the file stay and are named in vanished.
with input as (
  select
    nullif(f.set_id, '') as set_id, nullif(f.name_id, '') as name_id, nullif(f.name_en, '') as name_en,
    nullif(f.source, '') as source, nullif(f.certainty, '') as certainty, nullif(f.note, '') as note
  from jsonb_to_recordset($1::jsonb) as f(
    set_id text, name_id text, name_en text, source text, certainty text, note text)
), written as (
  insert into registry.dimension_set as t (
    set_id, name_id, name_en, source, certainty, note)
  select
    set_id, name_id, name_en, source, certainty, note
  from input
  on conflict (set_id) do update set
    name_id = excluded.name_id, name_en = excluded.name_en, source = excluded.source, certainty = excluded.certainty,
    note = excluded.note
  where (
    t.name_id, t.name_en, t.source, t.certainty, t.note)
  is distinct from (
    excluded.name_id, excluded.name_en, excluded.source, excluded.certainty, excluded.note)
  returning t.xmax = 0 as fresh
), gone as (
  select jsonb_build_array(t.set_id) as key from registry.dimension_set t
  where not exists (select from input i where i.set_id = t.set_id)
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(key order by key), '[]') from gone) as vanished;

-- name: LoadDimensions :one
-- dimensions.csv → registry.dimension. Rows no longer in the file stay and are named in vanished.
with input as (
  select
    nullif(f.set_id, '') as set_id, nullif(f.key, '') as key, nullif(f.ordinal, '')::int as ordinal,
    nullif(f.name_id, '') as name_id, nullif(f.name_en, '') as name_en
  from jsonb_to_recordset($1::jsonb) as f(
    set_id text, key text, ordinal text, name_id text, name_en text)
), written as (
  insert into registry.dimension as t (
    set_id, key, ordinal, name_id, name_en)
  select
    set_id, key, ordinal, name_id, name_en
  from input
  on conflict (set_id, key) do update set
    ordinal = excluded.ordinal, name_id = excluded.name_id, name_en = excluded.name_en
  where (
    t.ordinal, t.name_id, t.name_en)
  is distinct from (
    excluded.ordinal, excluded.name_id, excluded.name_en)
  returning t.xmax = 0 as fresh
), gone as (
  select jsonb_build_array(t.set_id, t.key) as key from registry.dimension t
  where not exists (select from input i where i.set_id = t.set_id and i.key = t.key)
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(key order by key), '[]') from gone) as vanished;

-- name: LoadSubDimensions :one
-- sub_dimensions.csv → registry.sub_dimension. Rows no longer in the file are removed.
with input as (
  select
    nullif(f.set_id, '') as set_id, nullif(f.dimension_key, '') as dimension_key, nullif(f.key, '') as key,
    nullif(f.ordinal, '')::int as ordinal, nullif(f.name_id, '') as name_id, nullif(f.name_en, '') as name_en
  from jsonb_to_recordset($1::jsonb) as f(
    set_id text, dimension_key text, key text, ordinal text, name_id text, name_en text)
), written as (
  insert into registry.sub_dimension as t (
    set_id, dimension_key, key, ordinal, name_id, name_en)
  select
    set_id, dimension_key, key, ordinal, name_id, name_en
  from input
  on conflict (set_id, dimension_key, key) do update set
    ordinal = excluded.ordinal, name_id = excluded.name_id, name_en = excluded.name_en
  where (
    t.ordinal, t.name_id, t.name_en)
  is distinct from (
    excluded.ordinal, excluded.name_id, excluded.name_en)
  returning t.xmax = 0 as fresh
), gone as (
  delete from registry.sub_dimension t
  where not exists (select from input i where i.set_id = t.set_id and i.dimension_key = t.dimension_key and i.key = t.key)
  returning jsonb_build_array(t.set_id, t.dimension_key, t.key) as key
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       (select count(*)::int from gone) as removed,
       '[]'::jsonb as vanished;

-- name: LoadDimensionMappings :one
-- dimension_mappings.csv → registry.dimension_mapping. Rows no longer in the file are removed.
with input as (
  select
    nullif(f.from_set, '') as from_set, nullif(f.from_key, '') as from_key, nullif(f.to_set, '') as to_set,
    nullif(f.to_key, '') as to_key, (nullif(f.weight, '')::numeric * 10000)::int as weight_e4,
    nullif(f.certainty, '') as certainty, nullif(f.note, '') as note
  from jsonb_to_recordset($1::jsonb) as f(
    from_set text, from_key text, to_set text, to_key text, weight text, certainty text, note text)
), written as (
  insert into registry.dimension_mapping as t (
    from_set, from_key, to_set, to_key, weight_e4, certainty, note)
  select
    from_set, from_key, to_set, to_key, weight_e4, certainty, note
  from input
  on conflict (from_set, from_key, to_set, to_key) do update set
    weight_e4 = excluded.weight_e4, certainty = excluded.certainty, note = excluded.note
  where (
    t.weight_e4, t.certainty, t.note)
  is distinct from (
    excluded.weight_e4, excluded.certainty, excluded.note)
  returning t.xmax = 0 as fresh
), gone as (
  delete from registry.dimension_mapping t
  where not exists (select from input i where i.from_set = t.from_set and i.from_key = t.from_key and i.to_set = t.to_set
                    and i.to_key = t.to_key)
  returning jsonb_build_array(t.from_set, t.from_key, t.to_set, t.to_key) as key
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       (select count(*)::int from gone) as removed,
       '[]'::jsonb as vanished;

-- name: LoadInstruments :one
-- instruments.csv → registry.instrument. Rows no longer in the file stay and are named in vanished.
with input as (
  select
    nullif(f.instrument_id, '') as instrument_id, nullif(f.name_id, '') as name_id, nullif(f.name_en, '') as name_en,
    (nullif(f.scale_min, '')::numeric * 10000)::bigint as scale_min_e4,
    (nullif(f.scale_max, '')::numeric * 10000)::bigint as scale_max_e4, nullif(f.decimals, '')::int as decimals,
    nullif(f.rounding, '') as rounding, nullif(f.dimension_set, '') as dimension_set, nullif(f.valid_for, '') as valid_for,
    nullif(f.source, '') as source, nullif(f.certainty, '') as certainty, nullif(f.note, '') as note
  from jsonb_to_recordset($1::jsonb) as f(
    instrument_id text, name_id text, name_en text, scale_min text, scale_max text, decimals text, rounding text,
    dimension_set text, valid_for text, source text, certainty text, note text)
), written as (
  insert into registry.instrument as t (
    instrument_id, name_id, name_en, scale_min_e4, scale_max_e4, decimals, rounding, dimension_set, valid_for, source,
    certainty, note)
  select
    instrument_id, name_id, name_en, scale_min_e4, scale_max_e4, decimals, rounding, dimension_set, valid_for, source,
    certainty, note
  from input
  on conflict (instrument_id) do update set
    name_id = excluded.name_id, name_en = excluded.name_en, scale_min_e4 = excluded.scale_min_e4,
    scale_max_e4 = excluded.scale_max_e4, decimals = excluded.decimals, rounding = excluded.rounding,
    dimension_set = excluded.dimension_set, valid_for = excluded.valid_for, source = excluded.source,
    certainty = excluded.certainty, note = excluded.note
  where (
    t.name_id, t.name_en, t.scale_min_e4, t.scale_max_e4, t.decimals, t.rounding, t.dimension_set, t.valid_for, t.source,
    t.certainty, t.note)
  is distinct from (
    excluded.name_id, excluded.name_en, excluded.scale_min_e4, excluded.scale_max_e4, excluded.decimals, excluded.rounding,
    excluded.dimension_set, excluded.valid_for, excluded.source, excluded.certainty, excluded.note)
  returning t.xmax = 0 as fresh
), gone as (
  select jsonb_build_array(t.instrument_id) as key from registry.instrument t
  where not exists (select from input i where i.instrument_id = t.instrument_id)
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(key order by key), '[]') from gone) as vanished;

-- name: LoadInstrumentAspects :one
-- instrument_aspects.csv → registry.instrument_aspect. Rows no longer in the file are removed.
with input as (
  select
    nullif(f.instrument_id, '') as instrument_id, nullif(f.key, '') as key, nullif(f.ordinal, '')::int as ordinal,
    nullif(f.weight_percent, '')::int as weight_percent, nullif(f.name_id, '') as name_id, nullif(f.name_en, '') as name_en
  from jsonb_to_recordset($1::jsonb) as f(
    instrument_id text, key text, ordinal text, weight_percent text, name_id text, name_en text)
), written as (
  insert into registry.instrument_aspect as t (
    instrument_id, key, ordinal, weight_percent, name_id, name_en)
  select
    instrument_id, key, ordinal, weight_percent, name_id, name_en
  from input
  on conflict (instrument_id, key) do update set
    ordinal = excluded.ordinal, weight_percent = excluded.weight_percent, name_id = excluded.name_id,
    name_en = excluded.name_en
  where (
    t.ordinal, t.weight_percent, t.name_id, t.name_en)
  is distinct from (
    excluded.ordinal, excluded.weight_percent, excluded.name_id, excluded.name_en)
  returning t.xmax = 0 as fresh
), gone as (
  delete from registry.instrument_aspect t
  where not exists (select from input i where i.instrument_id = t.instrument_id and i.key = t.key)
  returning jsonb_build_array(t.instrument_id, t.key) as key
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       (select count(*)::int from gone) as removed,
       '[]'::jsonb as vanished;

-- name: LoadScores :one
-- scores.csv → registry.score, released on the day of its letter (or of the load) since it was published. A score that a person
-- has changed since is left alone and named in kept: the registry knows better than the file.
with input as (
  select registry.region_now(f.region) as region_id, nullif(f.year, '')::int as year, nullif(f.stage, '') as stage,
         nullif(f.kind, '') as kind, nullif(f.instrument_id, '') as instrument_id,
         nullif(f.instrument_certainty, '') as instrument_certainty,
         (nullif(f.published_total, '')::numeric * 10000)::bigint as published_e4,
         nullif(f.letter_number, '') as letter_number, nullif(f.letter_date, '')::date as letter_date,
         nullif(f.source, '') as source, nullif(f.certainty, '') as certainty, nullif(f.note, '') as note
  from jsonb_to_recordset($1::jsonb) as f(region text, year text, stage text, kind text, instrument_id text,
    instrument_certainty text, published_total text, letter_number text, letter_date text, source text, certainty text, note text)
), kept as (
  select i.region_id, i.year, i.stage, i.kind from input i
  where exists (select from registry.audit_entry a where a.region_id = i.region_id and a.actor_role <> 'loader'
                and a.object = registry.score_object(i.year, i.stage, i.kind))
), written as (
  insert into registry.score as t (region_id, year, stage, kind, instrument_id, instrument_certainty, published_e4, letter_number,
                                   letter_date, source, certainty, note, released_at, dataset)
  select i.region_id, i.year, i.stage, i.kind, i.instrument_id, i.instrument_certainty, i.published_e4, i.letter_number,
         i.letter_date, i.source, i.certainty, i.note, coalesce(i.letter_date::timestamptz, now()), d.kind
  from input i cross join registry.dataset d
  where (i.region_id, i.year, i.stage, i.kind) not in (select region_id, year, stage, kind from kept)
  on conflict (region_id, year, stage, kind) do update set
    instrument_id = excluded.instrument_id, instrument_certainty = excluded.instrument_certainty,
    published_e4 = excluded.published_e4, letter_number = excluded.letter_number, letter_date = excluded.letter_date,
    source = excluded.source, certainty = excluded.certainty, note = excluded.note, missing = null,
    version = t.version + 1, updated_at = now()
  where (t.instrument_id, t.instrument_certainty, t.published_e4, t.letter_number, t.letter_date, t.source, t.certainty, t.note)
    is distinct from (excluded.instrument_id, excluded.instrument_certainty, excluded.published_e4, excluded.letter_number,
                      excluded.letter_date, excluded.source, excluded.certainty, excluded.note)
  returning t.*, t.xmax = 0 as fresh
), told as (
  insert into registry.audit_entry (region_id, action, object, detail)
  select w.region_id, case when w.fresh then 'score.create' else 'score.update' end,
         registry.score_object(w.year, w.stage, w.kind),
         jsonb_build_object('after', registry.score_facts(w.version, w.value_e4, w.missing, w.instrument_id, w.released))
  from written w
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) - (select count(*)::int from kept) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(jsonb_build_array(region_id, year, stage, kind)), '[]') from registry.score t
        where not exists (select from input i where i.region_id = t.region_id and i.year = t.year
                          and i.stage = t.stage and i.kind = t.kind)) as vanished,
       (select coalesce(jsonb_agg(jsonb_build_array(region_id, year, stage, kind)), '[]') from kept) as kept;

-- name: LoadScoreParts :one
-- score_parts.csv → registry.score_part, for scores that are the loader's own; the parts of a score changed by a person stay.
with input as (
  select registry.region_now(f.region) as region_id, nullif(f.year, '')::int as year, nullif(f.stage, '') as stage,
         nullif(f.kind, '') as kind, nullif(f.part, '') as part, nullif(f.key, '') as key,
         (nullif(f.value, '')::numeric * 10000)::bigint as value_e4
  from jsonb_to_recordset($1::jsonb) as f(region text, year text, stage text, kind text, part text, key text, value text)
), kept as (
  select i.* from input i
  where exists (select from registry.audit_entry a where a.region_id = i.region_id and a.actor_role <> 'loader'
                and a.object = registry.score_object(i.year, i.stage, i.kind))
), written as (
  insert into registry.score_part as t (region_id, year, stage, kind, part, key, value_e4, released)
  select i.region_id, i.year, i.stage, i.kind, i.part, i.key, i.value_e4,
         coalesce((select s.released from registry.score s where s.region_id = i.region_id and s.year = i.year
                   and s.stage = i.stage and s.kind = i.kind), true)
  from input i
  where (i.region_id, i.year, i.stage, i.kind, i.part, i.key) not in (select region_id, year, stage, kind, part, key from kept)
  on conflict (region_id, year, stage, kind, part, key) do update set value_e4 = excluded.value_e4, missing = null
  where t.value_e4 is distinct from excluded.value_e4
  returning t.xmax = 0 as fresh
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) - (select count(*)::int from kept) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(jsonb_build_array(region_id, year, stage, kind, part, key)), '[]') from registry.score_part t
        where not exists (select from input i where i.region_id = t.region_id and i.year = t.year and i.stage = t.stage
                          and i.kind = t.kind and i.part = t.part and i.key = t.key)) as vanished,
       (select coalesce(jsonb_agg(jsonb_build_array(region_id, year, stage, kind, part, key)), '[]') from kept) as kept;

-- name: LoadScoreClaims :one
-- score_claims.csv → registry.score_claim. Nobody but the loader writes claims.
with input as (
  select registry.region_now(f.region) as region_id, nullif(f.year, '')::int as year, nullif(f.stage, '') as stage,
         nullif(f.kind, '') as kind, nullif(f.claim, '') as claim, nullif(f.value, '')::int as value,
         nullif(f.among, '')::int as among, nullif(f.source, '') as source, nullif(f.certainty, '') as certainty
  from jsonb_to_recordset($1::jsonb) as f(region text, year text, stage text, kind text, claim text, value text, among text,
                                          source text, certainty text)
), written as (
  insert into registry.score_claim as t (region_id, year, stage, kind, claim, value, among, source, certainty, released)
  select i.region_id, i.year, i.stage, i.kind, i.claim, i.value, i.among, i.source, i.certainty,
         coalesce((select s.released from registry.score s where s.region_id = i.region_id and s.year = i.year
                   and s.stage = i.stage and s.kind = i.kind), true)
  from input i
  on conflict (region_id, year, stage, kind, claim) do update set
    value = excluded.value, among = excluded.among, source = excluded.source, certainty = excluded.certainty
  where (t.value, t.among, t.source, t.certainty)
    is distinct from (excluded.value, excluded.among, excluded.source, excluded.certainty)
  returning t.xmax = 0 as fresh
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(jsonb_build_array(region_id, year, stage, kind, claim)), '[]') from registry.score_claim t
        where not exists (select from input i where i.region_id = t.region_id and i.year = t.year and i.stage = t.stage
                          and i.kind = t.kind and i.claim = t.claim)) as vanished;

-- name: LoadPlanRealisations :one
-- plan_realisations.csv → registry.plan_realisation, public as soon as loaded since it was published.
with input as (
  select registry.region_now(f.region) as region_id, nullif(f.year, '')::int as year,
         nullif(f.dimension_set, '') as dimension_set, nullif(f.dimension, '') as dimension,
         nullif(f.done, '')::int as done, nullif(f.planned, '')::int as planned,
         nullif(f.source, '') as source, nullif(f.certainty, '') as certainty
  from jsonb_to_recordset($1::jsonb) as f(region text, year text, dimension_set text, dimension text, done text, planned text,
                                          source text, certainty text)
), written as (
  insert into registry.plan_realisation as t (region_id, year, dimension_set, dimension, done, planned, source, certainty,
                                              released_at, dataset)
  select i.*, now(), d.kind from input i cross join registry.dataset d
  on conflict (region_id, year, dimension_set, dimension) do update set
    done = excluded.done, planned = excluded.planned, source = excluded.source, certainty = excluded.certainty,
    version = t.version + 1
  where (t.done, t.planned, t.source, t.certainty)
    is distinct from (excluded.done, excluded.planned, excluded.source, excluded.certainty)
  returning t.xmax = 0 as fresh
)
select (select count(*)::int from written where fresh) as inserted,
       (select count(*)::int from written where not fresh) as updated,
       (select count(*)::int from input) - (select count(*)::int from written) as unchanged,
       0 as removed,
       (select coalesce(jsonb_agg(jsonb_build_array(region_id, year, dimension_set, dimension)), '[]')
        from registry.plan_realisation t
        where not exists (select from input i where i.region_id = t.region_id and i.year = t.year
                          and i.dimension_set = t.dimension_set and i.dimension = t.dimension)) as vanished;

-- name: ReferenceFaults :many
-- What constraints can't say about the reference data: fault, object. A loader that gets a row rolls back.
select 'aspect weights do not add up to 100' as fault, i.instrument_id || ': ' || coalesce(sum(a.weight_percent), 0) as object
from registry.instrument i left join registry.instrument_aspect a using (instrument_id)
group by i.instrument_id having coalesce(sum(a.weight_percent), 0) <> 100
union all
select 'mapping weights do not add up to 1', from_set || '/' || from_key || ' → ' || to_set || ': ' || sum(weight_e4) / 10000.0
from registry.dimension_mapping group by from_set, from_key, to_set having sum(weight_e4) <> 10000
union all
select 'region has two codes of one system on one day', a.region_id || ': ' || a.code || ', ' || b.code
from registry.region_code a join registry.region_code b on a.region_id = b.region_id and a.system = b.system and a.code < b.code
  and a.valid_from < b.valid_to and b.valid_from < a.valid_to
union all
select 'code names two regions on one day', a.system || ' ' || a.code || ': ' || a.region_id || ', ' || b.region_id
from registry.region_code a join registry.region_code b on a.system = b.system and a.code = b.code and a.region_id < b.region_id
  and a.valid_from < b.valid_to and b.valid_from < a.valid_to
union all
select 'province code names two provinces on one day', a.system || ' ' || a.code || ': ' || a.province_id || ', ' || b.province_id
from registry.province_code a join registry.province_code b on a.system = b.system and a.code = b.code
  and a.province_id < b.province_id and a.valid_from < b.valid_to and b.valid_from < a.valid_to
union all
select 'province has two codes of one system on one day', a.system || ' ' || a.province_id || ': ' || a.code || ', ' || b.code
from registry.province_code a join registry.province_code b on a.system = b.system and a.province_id = b.province_id
  and a.code < b.code and a.valid_from < b.valid_to and b.valid_from < a.valid_to
union all
select 'region belongs to two provinces on one day', a.region_id || ': ' || a.province_id || ', ' || b.province_id
from registry.region_province a join registry.region_province b on a.region_id = b.region_id and a.province_id < b.province_id
  and a.valid_from < b.valid_to and b.valid_from < a.valid_to
union all
select 'region has two names on one day', a.region_id || ': ' || a.name || ', ' || b.name
from registry.region_name a join registry.region_name b on a.region_id = b.region_id and a.name < b.name
  and a.valid_from < b.valid_to and b.valid_from < a.valid_to
union all
select 'region has no current code', r.region_id || ': ' || s.system
from registry.region r cross join (values ('kemendagri'), ('bps')) as s(system)
where not exists (select from registry.region_code c where c.region_id = r.region_id and c.system = s.system
                  and c.valid_to = 'infinity')
union all
select 'region has no current province', r.region_id::text
from registry.region r
where not exists (select from registry.region_province p where p.region_id = r.region_id and p.valid_to = 'infinity')
union all
select 'alias is the base name of another region of the kind', a.region_id || ': ' || a.alias || ', ' || r.region_id
from registry.region_alias a join registry.region o on o.region_id = a.region_id
join registry.region r on r.base_key = a.base_key and r.kind = o.kind and r.region_id <> a.region_id
union all
select 'part is no aspect of the score''s instrument', s.region_id || ' ' || s.year || ' ' || s.stage || ': ' || p.key
from registry.score s join registry.score_part p using (region_id, year, stage, kind)
where p.part = 'aspect' and s.instrument_id is not null
  and not exists (select from registry.instrument_aspect a where a.instrument_id = s.instrument_id and a.key = p.key)
union all
select 'part is no dimension of the score''s instrument', s.region_id || ' ' || s.year || ' ' || s.stage || ': ' || p.key
from registry.score s join registry.score_part p using (region_id, year, stage, kind)
join registry.instrument i using (instrument_id)
where p.part = 'dimension'
  and not exists (select from registry.dimension d where d.set_id = i.dimension_set and d.key = p.key)
order by 1, 2;

-- name: ReferenceLinesRefresh :exec
-- After ReferenceFaults found nothing: what reads take from the dated tables and the instruments, brought up to date.
select registry.refresh_lines();
