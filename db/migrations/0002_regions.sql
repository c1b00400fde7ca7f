-- Provinces and regions with what changes over time beside them: codes, names, the province a region belongs to.
--
-- region_id and province_id are our own and never change. A dated row holds from valid_from (inclusive) to valid_to (exclusive);
-- -infinity means "since before our records", infinity "still".
set local role seratus_owner;

create table registry.province (
  province_id int primary key check (province_id > 0),
  name        text not null,
  valid_from  date not null default '-infinity',
  valid_to    date not null default 'infinity',
  law         text,
  lat         double precision check (lat between -90 and 90),
  lon         double precision check (lon between -180 and 180),
  population  bigint check (population >= 0),
  area_km2    double precision check (area_km2 > 0),
  check (valid_from < valid_to)
);

create table registry.province_code (
  province_id int not null references registry.province,
  system      text not null check (system in ('kemendagri', 'bps')),
  code        text not null check (code ~ '^[0-9]{2}$'),
  valid_from  date not null default '-infinity',
  valid_to    date not null default 'infinity',
  source      text,
  primary key (system, code, province_id),
  check (valid_from < valid_to)
);
create index on registry.province_code (province_id, system);

-- Letters and digits only, lower case: "Bau-Bau", "Baubau" and "BAU BAU" are one key.
create function registry.name_key(p_name text) returns text
language sql immutable strict parallel safe
return regexp_replace(lower(normalize(p_name, NFKD)), '[^a-z0-9]', '', 'g');

-- The kind a name begins with, or null: "Kab. Bogor" → kabupaten, "Kota Bogor" → kota, "Kotabaru" → null.
create function registry.name_kind(p_name text) returns text
language sql immutable strict parallel safe
return case
  when p_name ~* '^\s*(kabupaten|kab)[.\s]' then 'kabupaten'
  when p_name ~* '^\s*(kota|kotamadya)\s' then 'kota'
end;

-- The key of a name without the word for its kind: "Kota Adm. Jakarta Pusat" → jakartapusat.
create function registry.base_key(p_name text) returns text
language sql immutable strict parallel safe
return registry.name_key(regexp_replace(
  p_name, '^\s*(kabupaten|kab|kotamadya|kota)[.\s]\s*((administrasi|adm)[.\s]\s*)?', '', 'i'));

create table registry.region (
  region_id  int primary key check (region_id > 0),
  kind       text not null check (kind in ('kabupaten', 'kota')),
  name       text not null,
  base_name  text not null,
  name_key   text not null generated always as (registry.name_key(name)) stored,
  base_key   text not null generated always as (registry.name_key(base_name)) stored,
  lat        double precision check (lat between -90 and 90),
  lon        double precision check (lon between -180 and 180),
  population bigint check (population >= 0),
  area_km2   double precision check (area_km2 > 0)
);
create index on registry.region (name_key);
create index on registry.region (base_key);

-- Only regions whose name changed have rows here, the current name included.
create table registry.region_name (
  region_id  int not null references registry.region,
  name       text not null,
  name_key   text not null generated always as (registry.name_key(name)) stored,
  base_key   text not null generated always as (registry.base_key(name)) stored,
  valid_from date not null default '-infinity',
  valid_to   date not null default 'infinity',
  source     text,
  certainty  text not null check (certainty in ('verified', 'probable', 'uncertain')),
  primary key (region_id, name),
  check (valid_from < valid_to)
);

create table registry.region_code (
  region_id  int not null references registry.region,
  system     text not null check (system in ('kemendagri', 'bps')),
  code       text not null check (code ~ case system when 'bps' then '^[0-9]{4}$' else '^[0-9]{2}\.[0-9]{2}$' end),
  digits     text not null generated always as (replace(code, '.', '')) stored,
  valid_from date not null default '-infinity',
  valid_to   date not null default 'infinity',
  source     text,
  certainty  text not null check (certainty in ('verified', 'probable', 'uncertain')),
  primary key (system, code, region_id),
  check (valid_from < valid_to)
);
create index on registry.region_code (region_id, system);
create index on registry.region_code (digits);

create table registry.region_province (
  region_id   int not null references registry.region,
  province_id int not null references registry.province,
  valid_from  date not null default '-infinity',
  valid_to    date not null default 'infinity',
  source      text,
  certainty   text not null check (certainty in ('verified', 'probable', 'uncertain')),
  primary key (region_id, province_id),
  check (valid_from < valid_to)
);
create index on registry.region_province (province_id);

create table registry.region_alias (
  region_id int not null references registry.region,
  alias     text not null,
  kind      text not null check (kind in ('spelling', 'former', 'short')),
  alias_key text not null generated always as (registry.name_key(alias)) stored,
  base_key  text not null generated always as (registry.base_key(alias)) stored,
  source    text,
  primary key (region_id, alias)
);
create index on registry.region_alias (alias_key);

-- Every way a region can be written: today's name, dated names, aliases. full_key includes the kind, base_key does not.
create view registry.region_form with (security_invoker) as
select r.region_id, r.kind, 'name' as origin, r.name as form, r.name_key as full_key, r.base_key,
       date '-infinity' as valid_from, date 'infinity' as valid_to
from registry.region r
union all
select r.region_id, r.kind, 'dated name', n.name, n.name_key, n.base_key, n.valid_from, n.valid_to
from registry.region_name n join registry.region r using (region_id)
union all
select r.region_id, r.kind, a.kind, a.alias, r.kind || a.base_key, a.base_key, '-infinity', 'infinity'
from registry.region_alias a join registry.region r using (region_id);

-- Today's Kemendagri code → id, for the loader: its files name regions by code, for human readers.
create function registry.region_now(p_code text) returns int
language plpgsql stable strict set search_path = pg_catalog, pg_temp as $$
declare
  id constant int := (select c.region_id from registry.region_code c
                      where c.system = 'kemendagri' and c.code = p_code and c.valid_to = 'infinity');
begin
  if id is null then
    raise exception 'no region has the code % today', p_code using errcode = '22023';
  end if;
  return id;
end $$;

create function registry.province_now(p_code text) returns int
language plpgsql stable strict set search_path = pg_catalog, pg_temp as $$
declare
  id constant int := (select c.province_id from registry.province_code c
                      where c.system = 'kemendagri' and c.code = p_code and c.valid_to = 'infinity');
begin
  if id is null then
    raise exception 'no province has the code % today', p_code using errcode = '22023';
  end if;
  return id;
end $$;

grant select on registry.province, registry.province_code, registry.region, registry.region_name, registry.region_code,
  registry.region_province, registry.region_alias, registry.region_form to seratus_region, seratus_ministry, seratus_export;
grant execute on function registry.name_key(text), registry.name_kind(text), registry.base_key(text)
  to seratus_region, seratus_ministry, seratus_export;

reset role;
