-- A put never leaves half of a score: what it does not speak of stays with what it belongs to, and a put that would change nothing
-- writes nothing.
set local role seratus_owner;

-- The rows of a request as they will stand over the stored scores of the expected versions.
--   a published total is a fact of its own: it stays beside new parts, and parts and computed total stay beside a new published one;
--   the instrument stays with them unless the row names one;
--   a row with a reason why there is no score takes total, instrument and parts away.
-- Letter, source, certainty and note speak of what is written now and are always the row's.
create function registry.over_stored(p_rows api.score_input[]) returns api.score_input[]
language sql stable set search_path = pg_catalog, pg_temp as $$
  select array(
    select row(i.ordinal, i.region_id, i.year, i.stage, i.kind,
               coalesce(i.instrument_id, k.instrument_id),
               case when i.instrument_id is null then k.instrument_certainty else i.instrument_certainty end,
               coalesce(i.published_e4, k.published_e4),
               coalesce(i.computed_e4, case when i.parts is null then k.computed_e4 end),
               i.missing, i.letter_number, i.letter_date, i.source, i.certainty, i.note, i.released, i.expected_version,
               case when i.missing is null then i.parts else coalesce(i.parts, '[]') end)::api.score_input
    from unnest(p_rows) i
    left join registry.score k on i.missing is null and k.region_id = i.region_id and k.year = i.year and k.stage = i.stage
      and k.kind = i.kind and k.version = i.expected_version
    order by i.ordinal)
$$;

-- Parts by their kind and key, the same for the same parts in whatever order.
create function registry.part_facts(p_parts jsonb) returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_object_agg(v.part || ':' || v.key, coalesce(to_jsonb(v.value_e4), to_jsonb(v.missing))), '{}')
  from jsonb_to_recordset(p_parts) as v(part text, key text, value_e4 bigint, missing text)
$$;

-- The rows, as registry.over_stored gives them, that say what is stored already. A released score of a region is not among them: that
-- it is closed is the answer there.
create function registry.unchanged_rows(p_rows api.score_input[]) returns int[]
language sql stable set search_path = pg_catalog, pg_temp as $$
  select array(
    select i.ordinal from unnest(p_rows) i
    join registry.score s on s.region_id = i.region_id and s.year = i.year and s.stage = i.stage and s.kind = i.kind
      and s.version = i.expected_version
    where (nullif(current_setting('seratus.region', true), '') is null or not s.released)
      and row(i.instrument_id, i.instrument_certainty, i.published_e4, i.computed_e4, i.missing, i.letter_number, i.letter_date,
              i.source, i.certainty)
        is not distinct from row(s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4, s.missing, s.letter_number,
                                 s.letter_date, s.source, s.certainty)
      and (i.note is null or i.note is not distinct from s.note) and (i.released is null or i.released = s.released)
      and (i.parts is null or (
        select count(*) = jsonb_array_length(i.parts)
               and coalesce(jsonb_object_agg(p.part || ':' || p.key, coalesce(to_jsonb(p.value_e4), to_jsonb(p.missing))), '{}')
                   = registry.part_facts(i.parts)
        from registry.score_part p
        where p.region_id = i.region_id and p.year = i.year and p.stage = i.stage and p.kind = i.kind))
    order by i.ordinal)
$$;

-- Refuses a row that would tear a score apart: another instrument without the parts that were made under the stored one, and a
-- published total outside the scale of the instrument that stays.
create function registry.refuse_halves(p_rows api.score_input[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  bad record;
begin
  select i.ordinal, s.instrument_id into bad from unnest(p_rows) i
  join registry.score s on s.region_id = i.region_id and s.year = i.year and s.stage = i.stage and s.kind = i.kind
    and s.version = i.expected_version
  where i.parts is null and i.missing is null and i.instrument_id <> coalesce(s.instrument_id, '')
    and exists (select from registry.score_part p
                where p.region_id = i.region_id and p.year = i.year and p.stage = i.stage and p.kind = i.kind)
  order by i.ordinal limit 1;
  if found then
    raise exception 'the stored parts belong to another instrument' using errcode = 'SR412',
      detail = jsonb_strip_nulls(jsonb_build_object('row', bad.ordinal, 'instrument', bad.instrument_id));
  end if;
  select i.ordinal, i.published_e4, n.instrument_id, n.scale_min_e4, n.scale_max_e4 into bad from unnest(p_rows) i
  join registry.score s on s.region_id = i.region_id and s.year = i.year and s.stage = i.stage and s.kind = i.kind
    and s.version = i.expected_version
  join registry.instrument n on n.instrument_id = s.instrument_id
  where i.instrument_id is null and i.missing is null and i.published_e4 not between n.scale_min_e4 and n.scale_max_e4
  order by i.ordinal limit 1;
  if found then
    raise exception 'the published total lies outside the scale of its instrument' using errcode = 'SR416',
      detail = jsonb_build_object('row', bad.ordinal, 'value', bad.published_e4, 'min', bad.scale_min_e4, 'max', bad.scale_max_e4,
                                  'instrument', bad.instrument_id);
  end if;
end $$;

drop function api.put_scores(bytea, bytea, jsonb);

-- Takes p_rows, a JSON array of objects with the fields of api.score_input but ordinal. parts is an array of
-- {part, key, value_e4 | missing} and replaces the stored parts; what a row leaves out is kept as registry.over_stored says. released
-- true or false releases or withdraws (the ministry's right); without it that stays. expected_version 0 means "does not exist yet".
--
-- A row that says what is stored already is answered unchanged: nothing is written, its version and the audit stay as they are.
--
-- p_key is the 16-byte key of the request and p_request_sha256 the digest of its content: the same request gets the stored reply.
-- Errors, with DETAIL {"row": n, …}: SR404 no such region or not visible (the same for both), SR409 stale version
-- (expected and actual, 0 = absent), SR403 not this role's to write, SR412 another instrument without its parts (instrument: the stored
-- one), SR416 a published total outside the scale that stays (value, min, max), SR422 key used for another request, 22023 no rows, a
-- score twice, or no expected version.
--
-- Runs with the caller's rights: row security decides again about each row. The reply is known before anything is written (a row is
-- unchanged, or its version is expected + 1) and stored first; a concurrent request with the same key waits for that row and then reads it.
create function api.put_scores(p_key bytea, p_request_sha256 bytea, p_rows jsonb)
returns table (ordinal int, region_id int, year int, stage text, kind text, version int, created boolean, unchanged boolean,
               replayed boolean)
language plpgsql security invoker set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  asked api.score_input[];
  rows_in api.score_input[];
  same int[];
  own constant int := nullif(current_setting('seratus.region', true), '')::int;
  actor constant bigint := registry.context_actor();
  answer jsonb;
  stored record;
  bad record;
  written int[];
begin
  asked := array(
    select row(e.n, r.region_id, r.year, r.stage, r.kind, r.instrument_id, r.instrument_certainty, r.published_e4, r.computed_e4,
               r.missing, r.letter_number, r.letter_date, r.source, r.certainty, r.note, r.released, r.expected_version,
               nullif(r.parts, 'null'))::api.score_input
    from jsonb_array_elements(p_rows) with ordinality as e(j, n),
         jsonb_populate_record(null::api.score_input, e.j) as r
    order by e.n);
  if cardinality(asked) = 0 then
    raise exception 'a request to put scores holds no rows' using errcode = '22023';
  end if;
  select max(i.ordinal) as ordinal into bad from unnest(asked) i group by i.region_id, i.year, i.stage, i.kind
    having count(*) > 1 limit 1;
  if found then
    raise exception 'the request names one score twice' using errcode = '22023', detail = jsonb_build_object('row', bad.ordinal);
  end if;

  select i.ordinal into bad from unnest(asked) i where i.expected_version is null or i.expected_version < 0 order by 1 limit 1;
  if found then
    raise exception 'a row states no expected version' using errcode = '22023', detail = jsonb_build_object('row', bad.ordinal);
  end if;

  -- The same request again? Then the same answer, whatever has happened to the scores since.
  rows_in := registry.over_stored(asked);
  same := registry.unchanged_rows(rows_in);
  select jsonb_agg(jsonb_build_object('ordinal', i.ordinal, 'region_id', i.region_id, 'year', i.year, 'stage', i.stage, 'kind', i.kind,
                                      'version', i.expected_version + case when i.ordinal = any (same) then 0 else 1 end,
                                      'created', i.expected_version = 0, 'unchanged', i.ordinal = any (same))
                   order by i.ordinal)
    into answer from unnest(rows_in) i;
  insert into registry.idempotency (region_id, actor_id, key, request_sha256, reply)
    values (coalesce(own, 0), actor, p_key, p_request_sha256, convert_to(answer::text, 'UTF8'))
    on conflict do nothing;
  if not found then
    select i.request_sha256, i.reply into strict stored from registry.idempotency i
      where i.region_id = coalesce(own, 0) and i.actor_id = actor and i.key = p_key;
    if stored.request_sha256 <> p_request_sha256 then
      raise exception 'key was used for another request' using errcode = 'SR422';
    end if;
    return query select a.ordinal, a.region_id, a.year, a.stage, a.kind, a.version, a.created, coalesce(a.unchanged, false), true
      from jsonb_to_recordset(convert_from(stored.reply, 'UTF8')::jsonb)
        as a(ordinal int, region_id int, year int, stage text, kind text, version int, created boolean, unchanged boolean)
      order by a.ordinal;
    return;
  end if;

  -- A foreign region and one that does not exist are the same to the caller.
  select i.ordinal into bad from unnest(rows_in) i
    where (own is not null and i.region_id <> own)
       or not exists (select from registry.region g where g.region_id = i.region_id)
    order by 1 limit 1;
  if found then
    raise exception 'region not found' using errcode = 'SR404', detail = jsonb_build_object('row', bad.ordinal);
  end if;
  select i.ordinal into bad from unnest(rows_in) i where own is not null and i.released order by 1 limit 1;
  if found then
    raise exception 'only the ministry releases a score' using errcode = 'SR403', detail = jsonb_build_object('row', bad.ordinal);
  end if;

  perform registry.refuse_halves(asked);
  rows_in := array(select i from unnest(rows_in) i where i.ordinal <> all (same) order by i.ordinal);

  if exists (select from unnest(rows_in) i where i.expected_version = 0) then
    with new as (
      insert into registry.score (region_id, year, stage, kind, instrument_id, instrument_certainty, published_e4, computed_e4,
                                  missing, letter_number, letter_date, source, certainty, note, released_at, dataset)
      select i.region_id, i.year, i.stage, i.kind, i.instrument_id, i.instrument_certainty, i.published_e4, i.computed_e4,
             i.missing, i.letter_number, i.letter_date, i.source, i.certainty, i.note, case when i.released then now() end, d.kind
      from unnest(rows_in) i cross join registry.dataset d
      where i.expected_version = 0
      on conflict do nothing
      returning *
    ), told as (
      insert into registry.audit_entry (region_id, action, object, detail)
      select n.region_id, 'score.create', registry.score_object(n.year, n.stage, n.kind),
             jsonb_build_object('after', registry.score_facts(n.version, n.value_e4, n.missing, n.instrument_id, n.released))
      from new n
    )
    select array_agg(i.ordinal) into written from new n join unnest(rows_in) i using (region_id, year, stage, kind);
    if exists (select from unnest(rows_in) i where i.expected_version = 0 and i.ordinal <> all (coalesce(written, '{}'))) then
      perform registry.refuse_unwritten(rows_in, true, written);
    end if;
  end if;

  -- Of an update the audit keeps both sides; the old row is the one of the expected version, or nothing is written.
  if exists (select from unnest(rows_in) i where i.expected_version > 0) then
    with old as (
      select s.*, i.ordinal from unnest(rows_in) i
      join registry.score s on s.region_id = i.region_id and s.year = i.year and s.stage = i.stage and s.kind = i.kind
      where i.expected_version > 0
    ), new as (
      update registry.score s
      set instrument_id = i.instrument_id, instrument_certainty = i.instrument_certainty, published_e4 = i.published_e4,
          computed_e4 = i.computed_e4, missing = i.missing, letter_number = i.letter_number, letter_date = i.letter_date,
          source = i.source, certainty = i.certainty, note = i.note,
          released_at = case when i.released is null then s.released_at
                             when i.released then coalesce(s.released_at, now()) end,
          version = s.version + 1, updated_at = now()
      from unnest(rows_in) i
      where s.region_id = i.region_id and s.year = i.year and s.stage = i.stage and s.kind = i.kind
        and s.version = i.expected_version
      returning s.*, i.ordinal
    ), told as (
      insert into registry.audit_entry (region_id, action, object, detail)
      select n.region_id, 'score.update', registry.score_object(n.year, n.stage, n.kind),
             jsonb_build_object('before', registry.score_facts(o.version, o.value_e4, o.missing, o.instrument_id, o.released),
                                'after', registry.score_facts(n.version, n.value_e4, n.missing, n.instrument_id, n.released))
      from new n join old o using (ordinal)
    )
    select array_agg(n.ordinal) into written from new n;
    if exists (select from unnest(rows_in) i
               where i.expected_version > 0 and i.ordinal <> all (coalesce(written, '{}'))) then
      perform registry.refuse_unwritten(rows_in, false, written);
    end if;
  end if;

  perform registry.put_parts(rows_in);
  return query select a.ordinal, a.region_id, a.year, a.stage, a.kind, a.version, a.created, a.unchanged, false
    from jsonb_to_recordset(answer)
      as a(ordinal int, region_id int, year int, stage text, kind text, version int, created boolean, unchanged boolean)
    order by a.ordinal;
end $$;

grant execute on function api.put_scores(bytea, bytea, jsonb), registry.over_stored(api.score_input[]), registry.part_facts(jsonb),
  registry.unchanged_rows(api.score_input[]), registry.refuse_halves(api.score_input[]) to seratus_region, seratus_ministry;

reset role;
