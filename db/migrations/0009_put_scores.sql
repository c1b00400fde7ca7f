-- Writing scores: one to many rows, all or none, safe to repeat, with their audit entries in the same transaction.
set local role seratus_owner;

-- One row of a request, numbered from 1 as it came.
create type api.score_input as (
  ordinal              int,
  region_id            int,
  year                 int,
  stage                text,
  kind                 text,
  instrument_id        text,
  instrument_certainty text,
  published_e4         bigint,
  computed_e4          bigint,
  missing              text,
  letter_number        text,
  letter_date          date,
  source               text,
  certainty            text,
  note                 text,
  released             boolean,
  expected_version     int,
  parts                jsonb
);

-- What a score is called in the audit, and what is kept of it there.
create function registry.score_object(p_year int, p_stage text, p_kind text) returns jsonb
language sql immutable parallel safe
return jsonb_build_object('year', p_year, 'stage', p_stage, 'kind', p_kind);

create function registry.score_facts(p_version int, p_value_e4 bigint, p_missing text, p_instrument_id text, p_released boolean)
returns jsonb language sql immutable parallel safe
return jsonb_strip_nulls(jsonb_build_object('version', p_version, 'value_e4', p_value_e4, 'missing', p_missing,
                                            'instrument_id', p_instrument_id, 'released', p_released));

-- Says why a row could not be written: the first row of those to be created (or else updated) that is not among p_written.
create function registry.refuse_unwritten(p_rows api.score_input[], p_create boolean, p_written int[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  bad record;
begin
  select i.ordinal, i.expected_version, coalesce(s.version, 0) as actual into bad
  from unnest(p_rows) i
  left join registry.score s on s.region_id = i.region_id and s.year = i.year and s.stage = i.stage and s.kind = i.kind
  where (i.expected_version = 0) = p_create and i.ordinal <> all (coalesce(p_written, '{}'))
  order by i.ordinal limit 1;
  if bad.actual = bad.expected_version then
    raise exception 'this score is not open to changes by this role' using errcode = 'SR403',
      detail = jsonb_build_object('row', bad.ordinal);
  end if;
  raise exception 'score was changed by somebody else' using errcode = 'SR409',
    detail = jsonb_build_object('row', bad.ordinal, 'expected', bad.expected_version, 'actual', bad.actual);
end $$;

-- Replaces the parts of the rows that bring some, and lets parts and claims follow a score that was released or withdrawn.
create function registry.put_parts(p_rows api.score_input[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  delete from registry.score_part p using unnest(p_rows) i
  where i.parts is not null and i.expected_version > 0
    and p.region_id = i.region_id and p.year = i.year and p.stage = i.stage and p.kind = i.kind;

  insert into registry.score_part (region_id, year, stage, kind, part, key, value_e4, missing, released)
  select i.region_id, i.year, i.stage, i.kind, v.part, v.key, v.value_e4, v.missing, s.released
  from unnest(p_rows) i
  join registry.score s on s.region_id = i.region_id and s.year = i.year and s.stage = i.stage and s.kind = i.kind
  cross join jsonb_to_recordset(i.parts) as v(part text, key text, value_e4 bigint, missing text);

  if registry.context_role() = 'ministry_admin' then
    update registry.score_part p set released = s.released
    from unnest(p_rows) i
    join registry.score s on s.region_id = i.region_id and s.year = i.year and s.stage = i.stage and s.kind = i.kind
    where i.released is not null and p.released <> s.released
      and p.region_id = s.region_id and p.year = s.year and p.stage = s.stage and p.kind = s.kind;
    update registry.score_claim c set released = s.released
    from unnest(p_rows) i
    join registry.score s on s.region_id = i.region_id and s.year = i.year and s.stage = i.stage and s.kind = i.kind
    where i.released is not null and c.released <> s.released
      and c.region_id = s.region_id and c.year = s.year and c.stage = s.stage and c.kind = s.kind;
  end if;
end $$;

-- Takes p_rows, a JSON array of objects with the fields of api.score_input but ordinal. parts is an array of
-- {part, key, value_e4 | missing} and replaces the stored parts; without parts they stay. released true or false releases or
-- withdraws (the ministry's right); without it that stays. expected_version 0 means "does not exist yet".
--
-- p_key is the 16-byte key of the request and p_request_sha256 the digest of its content: the same request gets the stored reply.
-- Errors, with DETAIL {"row": n, …}: SR404 no such region or not visible (the same for both), SR409 stale version
-- (expected and actual, 0 = absent), SR403 not this role's to write, SR422 key used for another request, 22023 no rows, a
-- score twice, or no expected version.
--
-- Runs with the caller's rights: row security decides again about each row. New versions are known beforehand (expected + 1), so
-- the reply is stored first; a concurrent request with the same key waits for that row and then reads it.
create function api.put_scores(p_key bytea, p_request_sha256 bytea, p_rows jsonb)
returns table (ordinal int, region_id int, year int, stage text, kind text, version int, created boolean, replayed boolean)
language plpgsql security invoker set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  rows_in api.score_input[];
  own constant int := nullif(current_setting('seratus.region', true), '')::int;
  actor constant bigint := registry.context_actor();
  answer jsonb;
  stored record;
  bad record;
  written int[];
begin
  rows_in := array(
    select row(e.n, r.region_id, r.year, r.stage, r.kind, r.instrument_id, r.instrument_certainty, r.published_e4, r.computed_e4,
               r.missing, r.letter_number, r.letter_date, r.source, r.certainty, r.note, r.released, r.expected_version,
               nullif(r.parts, 'null'))::api.score_input
    from jsonb_array_elements(p_rows) with ordinality as e(j, n),
         jsonb_populate_record(null::api.score_input, e.j) as r
    order by e.n);
  if cardinality(rows_in) = 0 then
    raise exception 'a request to put scores holds no rows' using errcode = '22023';
  end if;
  select max(i.ordinal) as ordinal into bad from unnest(rows_in) i group by i.region_id, i.year, i.stage, i.kind
    having count(*) > 1 limit 1;
  if found then
    raise exception 'the request names one score twice' using errcode = '22023', detail = jsonb_build_object('row', bad.ordinal);
  end if;

  select i.ordinal into bad from unnest(rows_in) i where i.expected_version is null or i.expected_version < 0 order by 1 limit 1;
  if found then
    raise exception 'a row states no expected version' using errcode = '22023', detail = jsonb_build_object('row', bad.ordinal);
  end if;

  -- The same request again? Then the same answer, whatever has happened to the scores since.
  select jsonb_agg(jsonb_build_object('ordinal', i.ordinal, 'region_id', i.region_id, 'year', i.year, 'stage', i.stage,
                                      'kind', i.kind, 'version', i.expected_version + 1, 'created', i.expected_version = 0)
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
    return query select a.*, true from jsonb_to_recordset(convert_from(stored.reply, 'UTF8')::jsonb)
      as a(ordinal int, region_id int, year int, stage text, kind text, version int, created boolean) order by a.ordinal;
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
  return query select i.ordinal, i.region_id, i.year, i.stage, i.kind, i.expected_version + 1, i.expected_version = 0, false
    from unnest(rows_in) i order by i.ordinal;
end $$;

grant usage on type api.score_input to seratus_region, seratus_ministry;
grant execute on function api.put_scores(bytea, bytea, jsonb), registry.score_object(int, text, text),
  registry.score_facts(int, bigint, text, text, boolean), registry.refuse_unwritten(api.score_input[], boolean, int[]),
  registry.put_parts(api.score_input[]) to seratus_region, seratus_ministry;

reset role;
