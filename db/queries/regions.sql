-- Regions: national reference data that every session reads, shown as of a day. The store keeps the directory of names and codes in
-- memory, to turn what a person typed into a region_id without a trip of its own; statements take ids.

-- name: DirectoryEntries :many
-- Every region with today's name and Kemendagri code, and everything else it is or was called.
select r.region_id, r.name, r.base_name, c.code,
       array(select a.alias from registry.region_alias a where a.region_id = r.region_id
             union select n.name from registry.region_name n where n.region_id = r.region_id and n.name <> r.name
             order by 1) as aliases
from registry.region r
join registry.region_code c on c.region_id = r.region_id and c.system = 'kemendagri' and c.valid_to = 'infinity'
order by r.region_id;

-- name: DirectoryCodes :many
-- Every code of every region, past ones included.
select region_id, system, code, valid_from, valid_to from registry.region_code order by region_id, system, code;

-- name: RegionSummaries :many
-- Regions by id, in one line each, as of a day. $1 ids, $2 day.
select g.* from registry.region_on($2::date) g where g.region_id = any ($1::int[]) order by g.region_id;

-- name: RegionLine :one
-- One region in one line, as of a day. Apart from RegionSummaries, whose list makes the planner read all regions. $1 region_id, $2 day.
select g.* from registry.region_on($2::date) g where g.region_id = $1::int;

-- name: RegionOwn :many
-- The caller's own region in one line, as of a day; no row for callers without one. $1 day.
select g.* from registry.region_on($1::date) g
where g.region_id = nullif(current_setting('seratus.region', true), '')::int;

-- name: RegionPlace :one
-- Where a region lies and how large it is, today. area_km2 as text, since it is a decimal number. $1 region_id.
select r.lat::text as lat, r.lon::text as lon, r.population, r.area_km2::text as area_km2
from registry.region r where r.region_id = $1::int;

-- name: RegionCodes :many
-- All codes a region has and had, today's first. $1 region_id.
select system, code, valid_from, valid_to, source, certainty
from registry.region_code where region_id = $1::int
order by system desc, valid_to desc, valid_from desc;

-- name: RegionNames :many
-- Its names in time, today's first; none if it never changed. $1 region_id.
select name, valid_from, valid_to, source, certainty
from registry.region_name where region_id = $1::int
order by valid_to desc, valid_from desc, name;

-- name: RegionProvinces :many
-- Its provinces in time, today's first, each with its Kemendagri code of the last day that counts. $1 region_id.
select p.name, k.code, rp.valid_from, rp.valid_to, rp.source, rp.certainty
from registry.region_province rp
join registry.province p on p.province_id = rp.province_id
join registry.province_code k on k.province_id = p.province_id and k.system = 'kemendagri' and k.valid_to = 'infinity'
where rp.region_id = $1::int
order by rp.valid_to desc, rp.valid_from desc;

-- name: RegionAliases :many
select alias from registry.region_alias where region_id = $1::int order by alias;

-- name: RegionMemberships :many
-- In which cohorts it took part. $1 region_id.
select cohort_year, region_id, status, announced, signed, finished, certainty, note, source
from registry.membership where region_id = $1::int order by cohort_year;

-- name: RegionPage :many
-- A page of regions in order of region_id. $1 day, $2 province of that day by Kemendagri code or name, or null, $3 kind or null,
-- $4 cohort year or null, $5 last region_id of the page before, $6 rows at most.
select g.* from registry.region_on($1::date) g
where g.region_id > $5::int
  and ($2::text is null or g.province_code = $2::text or registry.name_key(g.province_name) = registry.name_key($2::text))
  and ($3::text is null or g.kind = $3::text)
  and ($4::int is null or exists (select from registry.membership m where m.region_id = g.region_id and m.cohort_year = $4::int))
order by g.region_id
limit $6::int;

-- name: RegionPageTotal :one
-- What the pages hold together: regions, by kind, and their people, as far as they are known; and whether there is such a province at
-- all. $1 to $4 as RegionPage.
select count(*) filter (where s.listed)::int as total,
       count(*) filter (where s.listed and g.kind = 'kabupaten')::int as kabupaten,
       count(*) filter (where s.listed and g.kind = 'kota')::int as kota,
       coalesce(sum(r.population) filter (where s.listed), 0)::bigint as population,
       count(*) filter (where s.listed and r.population is null)::int as population_unknown,
       $2::text is null or count(*) > 0 as province_known
from registry.region_on($1::date) g
join registry.region r on r.region_id = g.region_id
cross join lateral (
  select ($3::text is null or g.kind = $3::text)
         and ($4::int is null or exists (select from registry.membership m
                                         where m.region_id = g.region_id and m.cohort_year = $4::int)) as listed) s
where $2::text is null or g.province_code = $2::text or registry.name_key(g.province_name) = registry.name_key($2::text);

-- name: SearchByText :many
-- Regions whose written forms resemble a text, best first: 0 exact with kind, 1 exact without, 2 begins so, 3 contains it. Both kinds
-- of one name come back with one rank: choosing is the reader's business. $1 text, $2 day, $3 rows at most.
with wanted as (
  select registry.name_key($1::text) as key, registry.base_key($1::text) as base, registry.name_kind($1::text) as kind
), hits as (
  select f.region_id, f.form, f.origin,
         case when f.full_key = w.key then 0
              when f.base_key = w.key or (f.base_key = w.base and f.kind = w.kind) then 1
              when starts_with(f.base_key, w.key) or (starts_with(f.base_key, w.base) and coalesce(f.kind = w.kind, true)) then 2
              else 3 end as rank
  from registry.region_form f cross join wanted w
  where w.base <> '' and coalesce(f.kind = w.kind, true) and strpos(f.base_key, w.base) > 0
     or w.key <> '' and strpos(f.full_key, w.key) > 0
), best as (
  select distinct on (region_id) region_id, form, origin, rank from hits order by region_id, rank, origin = 'name' desc, form
)
select g.*, h.form, h.origin, h.rank
from best h join registry.region_on($2::date) g using (region_id)
order by h.rank, length(registry.base_key(h.form)), g.name, g.region_id
limit $3::int;
