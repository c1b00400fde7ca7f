-- The reads of one region, made light: most of their time went into starting plan nodes, each anew in each request.
--
-- Dated reference data stay where they are, in seven tables. What a statement asks of them is written out once, by the loader: a
-- region in one line for each span of days in which nothing about it changes, and the order of an instrument's parts.
set local role seratus_owner;

create table registry.region_line (
  region_id       int not null references registry.region,
  valid_from      date not null,
  valid_to        date not null,
  name            text not null,
  kind            text not null,
  kemendagri_code text not null,
  bps_code        text,
  province_id     int not null,
  province_name   text not null,
  province_code   text not null,
  primary key (region_id, valid_from),
  check (valid_from < valid_to)
);

create table registry.instrument_line (
  instrument_id text primary key references registry.instrument,
  -- aspect.KEY and dimension.KEY, each kind in its own order.
  parts         text[] not null
);

-- The lines as they should be: every region in each span between two days on which something about it begins or ends. Dated rows that
-- overlap give two lines of one span.
create view registry.region_line_due with (security_invoker) as
with dated as (
  select region_id, valid_from, valid_to from registry.region_name
  union all
  select region_id, valid_from, valid_to from registry.region_code
  union all
  select region_id, valid_from, valid_to from registry.region_province
  union all
  select m.region_id, c.valid_from, c.valid_to
  from registry.region_province m join registry.province_code c using (province_id) where c.system = 'kemendagri'
), turn as (
  select region_id, valid_from as day from dated
  union
  select region_id, valid_to from dated where valid_to <> 'infinity'
), span as (
  select region_id, day, lead(day, 1, 'infinity') over (partition by region_id order by day) as until from turn
)
select s.region_id, s.day as valid_from, s.until as valid_to, coalesce(n.name, r.name) as name, r.kind, k.code as kemendagri_code,
       b.code as bps_code, p.province_id, p.name as province_name, c.code as province_code
from span s
join registry.region r on r.region_id = s.region_id
left join registry.region_name n on n.region_id = s.region_id and n.valid_from <= s.day and s.day < n.valid_to
join registry.region_code k on k.region_id = s.region_id and k.system = 'kemendagri' and k.valid_from <= s.day and s.day < k.valid_to
left join registry.region_code b on b.region_id = s.region_id and b.system = 'bps' and b.valid_from <= s.day and s.day < b.valid_to
join registry.region_province m on m.region_id = s.region_id and m.valid_from <= s.day and s.day < m.valid_to
join registry.province p on p.province_id = m.province_id
join registry.province_code c on c.province_id = m.province_id and c.system = 'kemendagri'
  and c.valid_from <= s.day and s.day < c.valid_to;

create view registry.instrument_line_due with (security_invoker) as
select i.instrument_id, array(select 'aspect.' || a.key from registry.instrument_aspect a where a.instrument_id = i.instrument_id
                              order by a.ordinal)
                        || array(select 'dimension.' || d.key from registry.dimension d where d.set_id = i.dimension_set
                                 order by d.ordinal) as parts
from registry.instrument i;

-- Brings the lines up to date; one that is right stays as it is. Whoever changes the tables they are made of calls it in the same
-- transaction. Overlapping dated rows end in 23505, so ReferenceFaults, which names them, comes first.
create function registry.refresh_lines() returns void
language sql set search_path = pg_catalog, pg_temp as $$
  delete from registry.region_line where (region_id, valid_from) in (
    select l.region_id, l.valid_from from (table registry.region_line except table registry.region_line_due) l);
  insert into registry.region_line (table registry.region_line_due except table registry.region_line);
  delete from registry.instrument_line where instrument_id in (
    select l.instrument_id from (table registry.instrument_line except table registry.instrument_line_due) l);
  insert into registry.instrument_line (table registry.instrument_line_due except table registry.instrument_line);
$$;
do $$ begin perform registry.refresh_lines(); end $$;
analyze registry.region_line, registry.instrument_line;
grant select on registry.region_line, registry.instrument_line to seratus_region, seratus_ministry, seratus_export;

create or replace function registry.region_on(p_day date)
returns table (region_id int, name text, kind text, kemendagri_code text, bps_code text,
               province_id int, province_name text, province_code text)
language sql stable parallel safe as $$
  select l.region_id, l.name, l.kind, l.kemendagri_code, l.bps_code, l.province_id, l.province_name, l.province_code
  from registry.region_line l where l.valid_from <= p_day and p_day < l.valid_to
$$;

-- The region of the request, as api.enter has set it; null for callers without one. Policies say it in full.
create function registry.context_region() returns int
language sql stable parallel safe
return nullif(current_setting('seratus.region', true), '')::int;
grant execute on function registry.context_region() to seratus_region, seratus_ministry;

-- The scores of one region that the caller may see. As in api.visible_score the first branch says what row security says as well; here
-- the region is known before the rows are, so that each branch is decided once and not for every row.
create function api.visible_score_of(p_region int)
returns table (region_id int, year int, stage text, score_kind text, instrument_id text, instrument_certainty text, published_e4 bigint,
               computed_e4 bigint, value_e4 bigint, missing text, letter_number text, letter_date date, source text, certainty text,
               note text, released boolean, version int)
language sql stable parallel safe as $$
  select s.region_id, s.year, s.stage, s.kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4, s.value_e4,
         s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released, s.version
  from registry.score s
  where s.region_id = p_region
    and (p_region = nullif(current_setting('seratus.region', true), '')::int
         or current_setting('seratus.role', true) in ('ministry_admin', 'ministry_analyst'))
  union all
  select s.region_id, s.year, s.stage, s.kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4, s.value_e4,
         s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released, s.version
  from api.released_score s
  where s.region_id = p_region and p_region <> nullif(current_setting('seratus.region', true), '')::int
$$;

create function api.released_score_of(p_region int)
returns table (region_id int, year int, stage text, score_kind text, instrument_id text, instrument_certainty text, published_e4 bigint,
               computed_e4 bigint, value_e4 bigint, missing text, letter_number text, letter_date date, source text, certainty text,
               note text, released boolean, version int)
language sql stable parallel safe as $$
  select s.region_id, s.year, s.stage, s.kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4, s.value_e4,
         s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released, s.version
  from api.released_score s where s.region_id = p_region
$$;

-- The parts of one score as four arrays of one order: that of the instrument's aspects, then that of its dimensions. Always one row.
create function api.visible_parts_of(p_region int, p_year int, p_stage text, p_kind text, p_instrument text)
returns table (parts text[], part_keys text[], part_values bigint[], part_missing text[])
language sql stable parallel safe as $$
  select coalesce(array_agg(o.part), '{}'), coalesce(array_agg(o.key), '{}'), coalesce(array_agg(o.value_e4), '{}'),
         coalesce(array_agg(o.missing), '{}')
  from (
    select p.part, p.key, p.value_e4, p.missing
    from (
      select s.part, s.key, s.value_e4, s.missing from registry.score_part s
      where s.region_id = p_region and s.year = p_year and s.stage = p_stage and s.kind = p_kind
        and (p_region = nullif(current_setting('seratus.region', true), '')::int
             or current_setting('seratus.role', true) in ('ministry_admin', 'ministry_analyst'))
      union all
      select s.part, s.key, s.value_e4, s.missing from api.released_score_part s
      where s.region_id = p_region and s.year = p_year and s.stage = p_stage and s.kind = p_kind
        and p_region <> nullif(current_setting('seratus.region', true), '')::int
    ) p
    order by p.part, array_position((select l.parts from registry.instrument_line l where l.instrument_id = p_instrument),
                                    p.part || '.' || p.key), p.key
  ) o
$$;

create function api.released_parts_of(p_region int, p_year int, p_stage text, p_kind text, p_instrument text)
returns table (parts text[], part_keys text[], part_values bigint[], part_missing text[])
language sql stable parallel safe as $$
  select coalesce(array_agg(o.part), '{}'), coalesce(array_agg(o.key), '{}'), coalesce(array_agg(o.value_e4), '{}'),
         coalesce(array_agg(o.missing), '{}')
  from (
    select s.part, s.key, s.value_e4, s.missing from api.released_score_part s
    where s.region_id = p_region and s.year = p_year and s.stage = p_stage and s.kind = p_kind
    order by s.part, array_position((select l.parts from registry.instrument_line l where l.instrument_id = p_instrument),
                                    s.part || '.' || s.key), s.key
  ) o
$$;

create or replace view api.visible_score_whole with (security_invoker) as
select s.region_id, s.year, s.stage, s.kind as score_kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4,
       s.value_e4, s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released, s.version,
       q.parts, q.part_keys, q.part_values, q.part_missing
from api.visible_score s
cross join lateral api.visible_parts_of(s.region_id, s.year, s.stage, s.kind, s.instrument_id) q;

create or replace view api.released_score_whole with (security_invoker) as
select s.region_id, s.year, s.stage, s.kind as score_kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4,
       s.value_e4, s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released, s.version,
       q.parts, q.part_keys, q.part_values, q.part_missing
from api.released_score s
cross join lateral api.released_parts_of(s.region_id, s.year, s.stage, s.kind, s.instrument_id) q;

grant execute on function api.visible_score_of(int), api.visible_parts_of(int, int, text, text, text)
  to seratus_region, seratus_ministry;
grant execute on function api.released_score_of(int), api.released_parts_of(int, int, text, text, text)
  to seratus_region, seratus_ministry, seratus_export;
reset role;
