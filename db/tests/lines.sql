-- The lines written out for reading say on every day what the dated tables say, before and after a change.
\i :queries
create function test.dated(p_day date)
returns table (region_id int, name text, kind text, kemendagri_code text, bps_code text,
               province_id int, province_name text, province_code text)
language sql stable as $$
  select r.region_id, coalesce(n.name, r.name), r.kind, k.code, b.code, p.province_id, p.name, pk.code
  from registry.region r
  left join registry.region_name n on n.region_id = r.region_id and n.valid_from <= p_day and p_day < n.valid_to
  join registry.region_code k on k.region_id = r.region_id and k.system = 'kemendagri'
    and k.valid_from <= p_day and p_day < k.valid_to
  left join registry.region_code b on b.region_id = r.region_id and b.system = 'bps' and b.valid_from <= p_day and p_day < b.valid_to
  join registry.region_province rp on rp.region_id = r.region_id and rp.valid_from <= p_day and p_day < rp.valid_to
  join registry.province p on p.province_id = rp.province_id
  join registry.province_code pk on pk.province_id = p.province_id and pk.system = 'kemendagri'
    and pk.valid_from <= p_day and p_day < pk.valid_to
$$;
-- Every day on which anything begins or ends, the days beside it, and the ends of time.
create function test.days() returns setof date language sql stable as $$
  select distinct e.day + o from (
    select valid_from as day from registry.region_name union select valid_to from registry.region_name
    union select valid_from from registry.region_code union select valid_to from registry.region_code
    union select valid_from from registry.region_province union select valid_to from registry.region_province
    union select valid_from from registry.province_code union select valid_to from registry.province_code
    union select current_date) e, generate_series(-1, 1) o
  where isfinite(e.day)
  union select '-infinity' union select 'infinity' union select null
$$;
-- Lines that only one of the two has, over all these days; a line that stands twice counts as well.
create function test.unlike() returns bigint language sql stable as $$
  with dated as (select d.day, g.* from test.days() d(day) cross join lateral test.dated(d.day) g),
  lines as (select d.day, g.* from test.days() d(day) cross join lateral registry.region_on(d.day) g)
  select (select count(*) from (table dated except all table lines) x) + (select count(*) from (table lines except all table dated) x)
$$;
create function test.instruments_unlike() returns bigint language sql stable as $$
  with dated as (
    select instrument_id, 'aspect.' || key as part, ordinal from registry.instrument_aspect
    union all
    select i.instrument_id, 'dimension.' || d.key, 1000 + d.ordinal from registry.instrument i join registry.dimension d on d.set_id = i.dimension_set
  ), ranked as (
    select instrument_id, part, row_number() over (partition by instrument_id order by ordinal) as place from dated
  ), lines as (
    select l.instrument_id, p.part, p.place from registry.instrument_line l, unnest(l.parts) with ordinality as p(part, place)
  )
  select (select count(*) from (table ranked except all table lines) x) + (select count(*) from (table lines except all table ranked) x)
$$;
select test.ok((select count(*) from test.days()) > 8, 'there are days to compare');
select test.gives('select test.unlike()', '0', 'the lines of the nation are those of the dated tables on every day');
select test.gives('select test.instruments_unlike()', '0', 'and the parts of the instruments stand in their order');
select test.gives('select count(*) from registry.region_line where region_id = 3', '2', 'region 3, which changed province, has two lines');

-- Everything that can change does, with gaps and with days on which nothing is known.
update registry.region_name set valid_to = '2019-06-01' where name = 'Kabupaten Karang Lama';
update registry.region_code set valid_from = '2001-03-01', valid_to = '2015-01-01' where region_id = 1;
insert into registry.region_code (region_id, system, code, valid_from, certainty) values (1, 'kemendagri', '72.99', '2015-01-01', 'verified');
insert into registry.region_code (region_id, system, code, valid_from, certainty) values (1, 'bps', '7299', '2016-02-29', 'verified');
update registry.region_province set valid_to = '2018-01-01' where region_id = 4;
update registry.province set name = 'Barat' where province_id = 2;
update registry.province_code set valid_to = '2023-01-01' where province_id = 2 and system = 'kemendagri';
insert into registry.province_code (province_id, system, code, valid_from) values (2, 'kemendagri', '79', '2023-01-01');
update registry.region set kind = 'kabupaten' where region_id = 4;
insert into registry.dimension (set_id, key, ordinal, name_id, name_en) values ('ministry', 'branding', 2, 'x', 'x');
update registry.instrument_aspect set ordinal = 9 where key = 'output';
select test.ok(test.unlike() > 0 and test.instruments_unlike() > 0, 'a change of the dated tables shows in the comparison');
select registry.refresh_lines();
select test.gives('select test.unlike()', '0', 'and is in the lines as soon as they are refreshed');
select test.gives('select test.instruments_unlike()', '0', 'so is a new order of parts');
select test.gives($q$ select string_agg(kemendagri_code || coalesce(' ' || bps_code, ''), ', ' order by valid_from) from registry.region_line where region_id = 1 $q$,
                  '71.01 7171, 72.99, 72.99 7299', 'region 1 before, between and after its new codes');
select test.gives($q$ select count(*) from registry.region_on('2018-01-01') where region_id = 4 $q$, '0', 'a region without a province on a day has no line');

-- Refreshing again writes nothing.
create temp table before as select xmin as writer, ctid as place, region_id, valid_from from registry.region_line;
select registry.refresh_lines();
select test.gives('select count(*) from registry.region_line l join before b using (region_id, valid_from) where l.xmin = b.writer and l.ctid = b.place',
                  (select count(*)::text from registry.region_line), 'what is right stays as it is');

insert into registry.region_code (region_id, system, code, valid_from, certainty) values (2, 'kemendagri', '71.98', '2019-01-01', 'verified');
select test.refuses('select registry.refresh_lines()', '23505', 'two codes of one day make no line');

set session authorization seratus_region;
set client_min_messages = notice;
select test.refuses('select registry.refresh_lines()', '42501', 'a login can''t refresh the lines');
select test.refuses('delete from registry.region_line', '42501', 'nor write them');
select test.refuses('select * from registry.region_line_due', '42501', 'nor read what they are made by');
