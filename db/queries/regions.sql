-- Regions: finding one without guessing, and showing it as of a day. National reference data: no tenant, every login.
-- In results a date that is null means "since before our records" (valid_from) or "still" (valid_to).

-- name: RegionResolveCode :many
-- Who has, or had, this code of this system. More than one row, or one with holds = false, is for the caller to settle.
-- $1 system (kemendagri, bps), $2 code as that system writes it, $3 day.
select c.region_id, r.name, r.kind, c.system, c.code, nullif(c.valid_from, '-infinity') as valid_from,
       nullif(c.valid_to, 'infinity') as valid_to, c.valid_from <= $3::date and $3::date < c.valid_to as holds
from registry.region_code c join registry.region r using (region_id)
where c.system = $1::text and c.code = $2::text
order by holds desc, c.valid_from desc, c.region_id;

-- name: RegionResolveDigits :many
-- Every reading of a bare number: as a BPS code and as a Kemendagri code without its dot, past codes included. It names a region
-- only if all rows name the same one. $1 four digits, $2 day.
select c.region_id, r.name, r.kind, c.system, c.code, nullif(c.valid_from, '-infinity') as valid_from,
       nullif(c.valid_to, 'infinity') as valid_to, c.valid_from <= $2::date and $2::date < c.valid_to as holds
from registry.region_code c join registry.region r using (region_id)
where c.digits = $1::text
order by c.region_id, c.system, c.valid_from desc;

-- name: RegionResolveName :many
-- Regions that can be written so: with the kind ("Kota Bogor", "Kab. Bogor") or without ("Bogor": two). Spacing, hyphens and case
-- don't matter; former names and aliases count and say so in origin. $1 text, $2 day.
select distinct on (f.region_id) f.region_id, r.name, r.kind, c.code, f.origin, f.form,
       nullif(f.valid_from, '-infinity') as valid_from, nullif(f.valid_to, 'infinity') as valid_to
from registry.region_form f
join registry.region r using (region_id)
left join registry.region_code c on c.region_id = f.region_id and c.system = 'kemendagri'
  and c.valid_from <= $2::date and $2::date < c.valid_to
where f.full_key = registry.name_key($1::text)
   or f.base_key = registry.name_key($1::text)
   or (f.base_key = registry.base_key($1::text) and f.kind = registry.name_kind($1::text))
order by f.region_id, f.full_key = registry.name_key($1::text) desc, f.origin = 'name' desc, f.form;

-- name: RegionShow :one
-- One region as of a day: its name, codes and province of that day; population, area and centroid are today's.
-- cohorts: [{year, status, announced, signed, finished, certainty}] by year. $1 region_id, $2 day.
select r.region_id, coalesce(n.name, r.name) as name, r.name as name_today, r.kind, k.code as kemendagri_code, b.code as bps_code,
       p.province_id, p.name as province_name, pk.code as province_code, r.population, r.area_km2, r.lat, r.lon,
       coalesce((select jsonb_agg(jsonb_build_object('year', m.cohort_year, 'status', m.status, 'announced', m.announced,
                                                     'signed', m.signed, 'finished', m.finished, 'certainty', m.certainty)
                                  order by m.cohort_year)
                 from registry.membership m where m.region_id = r.region_id), '[]') as cohorts
from registry.region r
left join registry.region_name n on n.region_id = r.region_id and n.valid_from <= $2::date and $2::date < n.valid_to
left join registry.region_code k on k.region_id = r.region_id and k.system = 'kemendagri'
  and k.valid_from <= $2::date and $2::date < k.valid_to
left join registry.region_code b on b.region_id = r.region_id and b.system = 'bps'
  and b.valid_from <= $2::date and $2::date < b.valid_to
left join registry.region_province rp on rp.region_id = r.region_id and rp.valid_from <= $2::date and $2::date < rp.valid_to
left join registry.province p on p.province_id = rp.province_id
left join registry.province_code pk on pk.province_id = p.province_id and pk.system = 'kemendagri'
  and pk.valid_from <= $2::date and $2::date < pk.valid_to
where r.region_id = $1::int;

-- name: RegionCodeList :many
-- All codes a region has and had, newest first. $1 region_id.
select system, code, nullif(valid_from, '-infinity') as valid_from, nullif(valid_to, 'infinity') as valid_to, source, certainty
from registry.region_code where region_id = $1::int order by system, registry.region_code.valid_from desc;

-- name: RegionList :many
-- A page of regions as of a day, by region_id. Every filter may be null. $1 day, $2 Kemendagri code of the province of that day,
-- $3 kind, $4 cohort year, $5 last region_id of the page before (0 at first), $6 rows at most.
select r.region_id, coalesce(n.name, r.name) as name, r.kind, k.code as kemendagri_code, b.code as bps_code,
       p.province_id, p.name as province_name, pk.code as province_code, r.population,
       (select array_agg(m.cohort_year order by m.cohort_year) from registry.membership m where m.region_id = r.region_id)
         as cohort_years
from registry.region r
left join registry.region_name n on n.region_id = r.region_id and n.valid_from <= $1::date and $1::date < n.valid_to
left join registry.region_code k on k.region_id = r.region_id and k.system = 'kemendagri'
  and k.valid_from <= $1::date and $1::date < k.valid_to
left join registry.region_code b on b.region_id = r.region_id and b.system = 'bps'
  and b.valid_from <= $1::date and $1::date < b.valid_to
left join registry.region_province rp on rp.region_id = r.region_id and rp.valid_from <= $1::date and $1::date < rp.valid_to
left join registry.province p on p.province_id = rp.province_id
left join registry.province_code pk on pk.province_id = p.province_id and pk.system = 'kemendagri'
  and pk.valid_from <= $1::date and $1::date < pk.valid_to
where r.region_id > $5::int
  and ($2::text is null or pk.code = $2::text)
  and ($3::text is null or r.kind = $3::text)
  and ($4::int is null or exists (select from registry.membership m where m.region_id = r.region_id and m.cohort_year = $4::int))
order by r.region_id
limit $6::int;

-- name: RegionSearch :many
-- Regions whose written forms resemble a text, best first: 0 exact with kind, 1 exact without, 2 begins so, 3 contains it.
-- Both kinds of one name come back with the same rank; choosing is the reader's business. $1 text, $2 day, $3 rows at most.
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
select h.region_id, coalesce(n.name, r.name) as name, r.kind, k.code as kemendagri_code, p.name as province_name,
       h.rank, h.origin, h.form
from best h
join registry.region r using (region_id)
left join registry.region_name n on n.region_id = r.region_id and n.valid_from <= $2::date and $2::date < n.valid_to
left join registry.region_code k on k.region_id = r.region_id and k.system = 'kemendagri'
  and k.valid_from <= $2::date and $2::date < k.valid_to
left join registry.region_province rp on rp.region_id = r.region_id and rp.valid_from <= $2::date and $2::date < rp.valid_to
left join registry.province p on p.province_id = rp.province_id
order by h.rank, length(r.base_name), coalesce(n.name, r.name), h.region_id
limit $3::int;

-- name: RegionForms :many
-- Every written form with its key, some 1,200 rows: for near names ("did you mean") by edit distance, outside of the database.
select region_id, kind, form, base_key from registry.region_form order by region_id, form;

-- name: ProvinceList :many
-- Provinces that exist on a day, with their Kemendagri and BPS codes and how many regions of each kind they have then. $1 day.
select p.province_id, p.name, k.code as kemendagri_code, b.code as bps_code, p.law, p.lat, p.lon, p.population, p.area_km2,
       nullif(p.valid_from, '-infinity') as valid_from, nullif(p.valid_to, 'infinity') as valid_to,
       count(r.region_id) filter (where r.kind = 'kabupaten')::int as kabupaten,
       count(r.region_id) filter (where r.kind = 'kota')::int as kota
from registry.province p
left join registry.province_code k on k.province_id = p.province_id and k.system = 'kemendagri'
  and k.valid_from <= $1::date and $1::date < k.valid_to
left join registry.province_code b on b.province_id = p.province_id and b.system = 'bps'
  and b.valid_from <= $1::date and $1::date < b.valid_to
left join registry.region_province rp on rp.province_id = p.province_id and rp.valid_from <= $1::date and $1::date < rp.valid_to
left join registry.region r on r.region_id = rp.region_id
where p.valid_from <= $1::date and $1::date < p.valid_to
group by p.province_id, k.code, b.code
order by k.code;
