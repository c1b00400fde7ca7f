-- What nearly every answer needs, said once: a region in one line as of a day, and a score with its parts in one row.
set local role seratus_owner;

-- Every region with its name, codes and province of a day. A plain SQL function, so that the planner sees through it and a statement
-- that asks for one region reads one.
create function registry.region_on(p_day date)
returns table (region_id int, name text, kind text, kemendagri_code text, bps_code text,
               province_id int, province_name text, province_code text)
language sql stable parallel safe as $$
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
grant execute on function registry.region_on(date) to seratus_region, seratus_ministry, seratus_export;

-- Parts as four arrays of one order: that of the instrument's aspects, then that of its dimensions.
create view api.visible_score_whole with (security_invoker) as
select s.region_id, s.year, s.stage, s.kind as score_kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4,
       s.value_e4, s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released, s.version,
       coalesce(q.parts, '{}') as parts, coalesce(q.part_keys, '{}') as part_keys, coalesce(q.part_values, '{}') as part_values,
       coalesce(q.part_missing, '{}') as part_missing
from api.visible_score s
left join registry.instrument i on i.instrument_id = s.instrument_id
left join lateral (
  select array_agg(p.part order by p.part, coalesce(a.ordinal, d.ordinal), p.key) as parts,
         array_agg(p.key order by p.part, coalesce(a.ordinal, d.ordinal), p.key) as part_keys,
         array_agg(p.value_e4 order by p.part, coalesce(a.ordinal, d.ordinal), p.key) as part_values,
         array_agg(p.missing order by p.part, coalesce(a.ordinal, d.ordinal), p.key) as part_missing
  from api.visible_score_part p
  left join registry.instrument_aspect a on p.part = 'aspect' and a.instrument_id = s.instrument_id and a.key = p.key
  left join registry.dimension d on p.part = 'dimension' and d.set_id = i.dimension_set and d.key = p.key
  where p.region_id = s.region_id and p.year = s.year and p.stage = s.stage and p.kind = s.kind
) q on true;

create view api.released_score_whole with (security_invoker) as
select s.region_id, s.year, s.stage, s.kind as score_kind, s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4,
       s.value_e4, s.missing, s.letter_number, s.letter_date, s.source, s.certainty, s.note, s.released, s.version,
       coalesce(q.parts, '{}') as parts, coalesce(q.part_keys, '{}') as part_keys, coalesce(q.part_values, '{}') as part_values,
       coalesce(q.part_missing, '{}') as part_missing
from api.released_score s
left join registry.instrument i on i.instrument_id = s.instrument_id
left join lateral (
  select array_agg(p.part order by p.part, coalesce(a.ordinal, d.ordinal), p.key) as parts,
         array_agg(p.key order by p.part, coalesce(a.ordinal, d.ordinal), p.key) as part_keys,
         array_agg(p.value_e4 order by p.part, coalesce(a.ordinal, d.ordinal), p.key) as part_values,
         array_agg(p.missing order by p.part, coalesce(a.ordinal, d.ordinal), p.key) as part_missing
  from api.released_score_part p
  left join registry.instrument_aspect a on p.part = 'aspect' and a.instrument_id = s.instrument_id and a.key = p.key
  left join registry.dimension d on p.part = 'dimension' and d.set_id = i.dimension_set and d.key = p.key
  where p.region_id = s.region_id and p.year = s.year and p.stage = s.stage and p.kind = s.kind
) q on true;

grant select on api.visible_score_whole to seratus_region, seratus_ministry;
grant select on api.released_score_whole to seratus_region, seratus_ministry, seratus_export;

-- A server refuses to serve a schema it doesn't know.
grant select on registry.migration to seratus_region, seratus_ministry, seratus_export;

grant create on schema api to seratus_auth;
reset role;
set local role seratus_auth;

-- What the holder of a token may know of its own session, beside what api.enter says.
create function api.own_session(p_token_sha256 bytea, out label text, out expires timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select s.label, s.expires from access.session s where s.sid = p_token_sha256 and s.db_role = session_user
$$;
grant execute on function api.own_session(bytea) to seratus_region, seratus_ministry, seratus_export;

reset role;
set local role seratus_owner;
revoke create on schema api from seratus_auth;
reset role;
