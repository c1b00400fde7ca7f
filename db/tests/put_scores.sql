-- Writing scores: all or none, versions, repeats, audit; foreign as absent.
create function test.put(p_key int, p_rows text, p_request text default null) returns text language sql as $$
  select string_agg(format('%s:%s/%s v%s%s%s', ordinal, region_id, year, version, case when created then ' new' when unchanged then ' same' end,
                           case when replayed then ' again' end), ', ' order by ordinal)
  from api.put_scores(decode(lpad(to_hex(p_key), 32, '0'), 'hex'), sha256(convert_to(coalesce(p_request, p_rows), 'UTF8')), p_rows::jsonb)
$$;
-- One row of a request: region, year, expected version, value, and more fields as JSON.
create function test.row(p_region int, p_year int, p_expected int, p_value bigint, p_more jsonb default '{}') returns jsonb language sql as $$
  select jsonb_build_object('region_id', p_region, 'year', p_year, 'stage', 'annual', 'kind', 'implementation', 'instrument_id', 'i1',
    'instrument_certainty', 'verified', 'computed_e4', p_value, 'certainty', 'verified', 'expected_version', p_expected) || p_more
$$;
-- A score in one line, and what row 2026 below is made of, once more.
create function test.fields(p_year int) returns text language sql as $$
  select format('%s %s published %s computed %s %s, parts %s', s.instrument_id, s.instrument_certainty, s.published_e4, s.computed_e4,
                s.missing, (select string_agg(p.key || '=' || coalesce(p.value_e4::text, p.missing), ' ' order by p.key)
                            from registry.score_part p where p.year = s.year))
  from registry.score s where s.year = p_year
$$;
create function test.again(p_more jsonb) returns text language sql as $$
  select test.row(1, 2026, 1, 31000, '{"source": "s", "parts": [{"part": "aspect", "key": "outcome", "missing": "not_reported"},
    {"part": "aspect", "key": "output", "value_e4": 30000}]}' || p_more)::text
$$;
grant execute on all functions in schema test to public;

set session authorization seratus_region;
begin;
select test.enter('region-a', true);
select test.gives($q$ select test.put(1, format('[%s,%s]', test.row(1, 2023, 0, 31000,
    '{"parts": [{"part": "aspect", "key": "output", "value_e4": 30000}, {"part": "aspect", "key": "outcome", "missing": "not_reported"}]}'),
    test.row(1, 2022, 1, 32000))) $q$, '1:1/2023 v1 new, 2:1/2022 v2',
  'a new score and a changed one in one request');
commit;
begin;
select test.enter('region-a');
select test.gives('select string_agg(year || '':'' || value_e4 || '' v'' || version, '' '' order by year) from registry.score',
                  '2021:12021 v1 2022:12022 v2 2023:31000 v1', 'both are stored, and a published total stays the one that counts');
select test.gives('select published_e4 || '' '' || computed_e4 from registry.score where year = 2022', '12022 32000',
  'with the computed one beside it');
select test.gives('select string_agg(key || ''='' || coalesce(value_e4::text, missing), '' '' order by key) from registry.score_part where year = 2023',
                  'outcome=not_reported output=30000', 'with parts, the missing one typed');
select test.gives('select count(*) from registry.score_part where year = 2022', '2',
  'a score without parts in the request keeps its parts');
select test.gives($q$ select string_agg(action || ' ' || (object ->> 'year') || ' ' || (detail -> 'after' ->> 'value_e4') || ' ' || actor_role || ' '
    || coalesce(detail -> 'before' ->> 'version', '-'), ', ' order by object ->> 'year') from registry.audit_entry $q$,
                  'score.update 2022 12022 region_admin 1, score.create 2023 31000 region_admin -',
  'each has an audit entry with both sides');
select test.gives('select count(*) from registry.audit_entry where actor_id <> registry.context_actor()', '0',
  'in the name of who did it');
commit;

-- Repeats.
begin;
select test.enter('region-a', true);
select test.gives($q$ select test.put(2, format('[%s]', test.row(1, 2024, 0, 1)), 'once') $q$, '1:1/2024 v1 new',
  'a request');
commit;
begin;
select test.enter('region-a', true);
select test.gives($q$ select test.put(2, format('[%s]', test.row(1, 2024, 0, 1)), 'once') $q$, '1:1/2024 v1 new again',
  'sent again gets the same answer');
select test.gives($q$ select test.put(3, format('[%s]', test.row(1, 2024, 1, 2))) $q$, '1:1/2024 v2',
  'somebody goes on');
select test.gives($q$ select test.put(2, format('[%s]', test.row(1, 2024, 0, 1)), 'once') $q$, '1:1/2024 v1 new again',
  'and it is still the same answer');
select test.gives('select version || '' '' || value_e4 from registry.score where year = 2024', '2 2',
  'with nothing written twice');
select test.refuses($q$ select test.put(2, format('[%s]', test.row(1, 2024, 2, 3)), 'another') $q$, 'SR422',
  'the key for another request is refused');
commit;

-- Stale and impossible.
begin;
select test.enter('region-a', true);
select test.ok(test.failure($q$ select test.put(4, format('[%s]', test.row(1, 2024, 1, 3))) $q$, '')
               = 'SR409 score was changed by somebody else | {"row": 1, "actual": 2, "expected": 1}',
  'a stale version is named with both');
select test.ok(test.failure($q$ select test.put(4, format('[%s,%s]', test.row(1, 2025, 0, 3), test.row(1, 2024, 0, 3))) $q$,
  '')
               = 'SR409 score was changed by somebody else | {"row": 2, "actual": 2, "expected": 0}',
  'so is a score that was there already');
select test.ok(test.failure($q$ select test.put(4, format('[%s]', test.row(1, 2029, 5, 3))) $q$, '')
               = 'SR409 score was changed by somebody else | {"row": 1, "actual": 0, "expected": 5}',
  'and one that is not there');
select test.gives('select count(*) from registry.score where year = 2025', '0',
  'of a refused request nothing is written');
select test.gives('select count(*) from registry.idempotency where key = decode(lpad(''4'', 32, ''0''), ''hex'')', '0',
  'nor is it remembered');
select test.ok(test.failure($q$ select test.put(4, format('[%s]', test.row(2, 2022, 1, 3))) $q$, '')
               = test.failure($q$ select test.put(4, format('[%s]', test.row(99, 2022, 1, 3))) $q$, ''),
  'B''s score and a region that is not there: one answer');
select test.ok(test.failure($q$ select test.put(4, format('[%s]', test.row(2, 2030, 0, 3))) $q$, '')
               = 'SR404 region not found | {"row": 1}', 'for new scores of B as well');
select test.ok(test.failure($q$ select test.put(4, format('[%s,%s]', test.row(1, 2026, 0, 3), test.row(2, 2022, 1, 3))) $q$,
  '')
               = 'SR404 region not found | {"row": 2}', 'B among A''s own refuses the whole');
select test.refuses($q$ select test.put(4, format('[%s]', test.row(1, 2026, 0, 3, '{"released": true}'))) $q$, 'SR403',
  'a region releases nothing');
select test.refuses($q$ select test.put(4, format('[%s]', test.row(1, 2021, 1, 3))) $q$, 'SR403',
  'and changes nothing released');
select test.refuses($q$ select test.put(4, '[]') $q$, '22023', 'nothing is no request');
select test.refuses($q$ select test.put(4, format('[%s,%s]', test.row(1, 2026, 0, 3), test.row(1, 2026, 0, 4))) $q$, '22023',
  'one score twice neither');
select test.refuses($q$ select test.put(4, format('[%s]', test.row(1, 2026, null, 3))) $q$, '22023',
  'nor one without an expected version');
select test.refuses($q$ select test.put(4, format('[%s]', test.row(1, 2026, 0, null))) $q$, '23514',
  'no value and no reason is refused');
select test.refuses($q$ select test.put(4, format('[%s]', test.row(1, 2026, 0, 1, '{"missing": "withheld"}'))) $q$, '23514',
  'a value and a reason too');
select test.refuses($q$ select test.put(4, format('[%s]', test.row(1, 2026, 0, 1, '{"stage": "III"}'))) $q$, '23514',
  'a stage that is none');
select test.refuses($q$ select test.put(4, format('[%s]', test.row(1, 2026, 0, 1, '{"instrument_id": "none"}'))) $q$, '23503',
  'an instrument that is none');
select test.refuses($q$ select api.put_scores('\x01', sha256('x'), format('[%s]', test.row(1, 2026, 0, 1))::jsonb) $q$, '23514',
  'a key of another length');
select test.gives($q$ select test.put(4, format('[%s]', test.row(1, 2026, 0, null, '{"missing": "withheld"}'))) $q$, '1:1/2026 v1 new',
                  'after all that the same key serves a good request');
rollback;

-- A score is never left in halves.
reset session authorization;
insert into registry.instrument (instrument_id, name_id, name_en, scale_min_e4, scale_max_e4, decimals, rounding, dimension_set, certainty)
  values ('i2', 'lain', 'other', 0, 1000000, 2, 'cut', 'ministry', 'verified');
set session authorization seratus_region;
begin;
select test.enter('region-a', true);
select test.gives($q$ select test.put(20, format('[%s]', test.row(1, 2027, 0, 31000,
    '{"parts": [{"part": "aspect", "key": "output", "value_e4": 30000}, {"part": "aspect", "key": "outcome", "value_e4": 32500}]}'))) $q$,
  '1:1/2027 v1 new', 'a score from its parts');
select test.gives($q$ select test.put(21, format('[%s]', test.row(1, 2027, 1, null, '{"instrument_id": null, "instrument_certainty": null, "published_e4": 32000}'))) $q$,
  '1:1/2027 v2', 'gets a published total');
select test.gives('select test.fields(2027)', 'i1 verified published 32000 computed 31000 , parts outcome=32500 output=30000',
  'beside parts, computed total and instrument');
select test.gives($q$ select test.put(22, format('[%s]', test.row(1, 2027, 2, 20000, '{"parts": [{"part": "aspect", "key": "output", "value_e4": 20000}]}'))) $q$,
  '1:1/2027 v3', 'and other parts');
select test.gives('select test.fields(2027)', 'i1 verified published 32000 computed 20000 , parts output=20000',
  'beside the published total, with the total of the new parts only');
select test.gives($q$ select test.put(23, format('[%s]', test.row(1, 2027, 3, null, '{"parts": [{"part": "dimension", "key": "living", "value_e4": 20000}]}'))) $q$,
  '1:1/2027 v4', 'parts that make no total');
select test.gives('select test.fields(2027)', 'i1 verified published 32000 computed  , parts living=20000', 'leave none behind');
select test.ok(test.failure($q$ select test.put(24, format('[%s]', test.row(1, 2027, 4, null, '{"instrument_id": "i2", "published_e4": 33000}'))) $q$, '')
               = 'SR412 the stored parts belong to another instrument | {"row": 1, "instrument": "i1"}',
  'another instrument comes with its parts or not at all');
select test.gives($q$ select test.put(24, format('[%s]', test.row(1, 2027, 4, 450000,
    '{"instrument_id": "i2", "parts": [{"part": "aspect", "key": "output", "value_e4": 450000}]}'))) $q$, '1:1/2027 v5', 'with them it does');
select test.ok(test.failure($q$ select test.put(25, format('[%s,%s]', test.row(1, 2028, 0, 1),
    test.row(1, 2022, 2, null, '{"instrument_id": null, "instrument_certainty": null, "published_e4": 40001}'))) $q$, '')
               = 'SR416 the published total lies outside the scale of its instrument | {"max": 40000, "min": 0, "row": 2, "value": 40001, "instrument": "i1"}',
  'a published total is held to the scale of the instrument that stays');
select test.gives($q$ select test.put(25, format('[%s]', test.row(1, 2022, 2, null, '{"instrument_id": null, "instrument_certainty": null, "published_e4": 40000}'))) $q$,
  '1:1/2022 v3', 'whose end belongs to it');
select test.gives($q$ select test.put(26, format('[%s]', test.row(1, 2027, 5, null, '{"instrument_id": null, "instrument_certainty": null, "missing": "withheld"}'))) $q$,
  '1:1/2027 v6', 'a reason why there is none');
select test.gives('select test.fields(2027)', '  published  computed  withheld, parts ', 'takes total, instrument and parts away');

-- The same again.
select test.gives($q$ select test.put(27, format('[%s]', test.row(1, 2026, 0, 31000, '{"note": "n", "source": "s",
    "parts": [{"part": "aspect", "key": "output", "value_e4": 30000}, {"part": "aspect", "key": "outcome", "missing": "not_reported"}]}'))) $q$,
  '1:1/2026 v1 new', 'a score');
select test.gives($q$ select test.put(28, format('[%s,%s]', test.again('{}'), test.row(1, 2028, 0, 5))) $q$,
  '1:1/2026 v1 same, 2:1/2028 v1 new', 'put again is unchanged, its parts in whatever order, while another is written');
select test.gives($q$ select test.put(28, format('[%s,%s]', test.again('{}'), test.row(1, 2028, 0, 5))) $q$,
  '1:1/2026 v1 same again, 2:1/2028 v1 new again', 'and is remembered as unchanged');
select test.gives('select version || '' '' || note from registry.score where year = 2026', '1 n', 'its version stands, as does its note');
select test.gives('select count(*) from registry.audit_entry where (object ->> ''year'')::int = 2026', '1', 'the audit tells nothing of it');
select test.gives($q$ select string_agg(test.put(30 + n::int, format('[%s]', test.again(change || jsonb_build_object('expected_version', n)))), ', ' order by n)
    from jsonb_array_elements('[{"source": "t"}, {"source": "s", "published_e4": 31000}, {"source": "s", "letter_number": "1"},
      {"source": "s", "letter_date": "2026-01-01", "letter_number": "1"}, {"source": "s", "certainty": "probable"},
      {"source": "s", "parts": [{"part": "aspect", "key": "output", "value_e4": 30000}]},
      {"source": "s", "parts": [{"part": "aspect", "key": "output", "value_e4": 30001}]}, {"source": "s", "note": "m"}]') with ordinality as e(change, n) $q$,
  '1:1/2026 v2, 1:1/2026 v3, 1:1/2026 v4, 1:1/2026 v5, 1:1/2026 v6, 1:1/2026 v7, 1:1/2026 v8, 1:1/2026 v9',
  'any other word of it is a change');
select test.refuses($q$ select test.put(40, format('[%s]', test.again('{}'))) $q$, 'SR409', 'the same content of an old version is stale');
select test.refuses($q$ select test.put(40, format('[%s]', test.row(1, 2021, 1, null,
    '{"instrument_id": null, "instrument_certainty": null, "published_e4": 12021}'))) $q$, 'SR403', 'a released score is closed even to its own content');
rollback;
reset session authorization;

-- Another person's key is another key; the ministry's keys stand under no region.
begin;
set session authorization seratus_region;
select test.enter('region-b', true);
select test.gives($q$ select test.put(2, format('[%s]', test.row(2, 2024, 0, 1)), 'once') $q$, '1:2/2024 v1 new',
  'the key of A means nothing for B');
commit;
reset session authorization;
set session authorization seratus_ministry;
begin;
select test.enter('ministry', true);
select test.gives($q$ select test.put(2, format('[%s,%s]', test.row(2, 2022, 1, 25000, '{"released": true}'), test.row(3, 2022, 1, 26000)), 'once') $q$,
                  '1:2/2022 v2, 2:3/2022 v2', 'the ministry writes and releases for several regions');
select test.ok(test.failure($q$ select test.put(5, format('[%s]', test.row(99, 2022, 1, 3))) $q$, '') = 'SR404 region not found | {"row": 1}',
               'a region that is not there is not there for the ministry either');
commit;
begin;
select test.enter('ministry');
select test.gives('select string_agg(region_id || '':'' || released, '' '' order by region_id) from registry.score where year = 2022',
                  '1:false 2:true 3:false 4:false', 'only what was released is');
select test.gives('select bool_and(released) || '' '' || count(*) from registry.score_part where region_id = 2 and year = 2022', 'true 2',
                  'its parts with it');
select test.gives('select string_agg(distinct region_id::text, '','') from registry.idempotency', '0',
  'the reply is kept under no region');
select test.gives('select count(distinct region_id) from registry.audit_entry where actor_role = ''ministry_admin''', '2',
  'the audit under each');
commit;
reset session authorization;
set session authorization seratus_export;
begin;
select test.enter('export');
select test.gives('select string_agg(region_id::text, '','') from api.released_score where year = 2022', '2',
  'and the public sees it');
select test.gives('select count(*) from api.released_score_part where year = 2022', '2', 'with its parts');
select test.gives('select count(*) from api.released_score_claim where year = 2022', '1', 'and claims');
rollback;
reset session authorization;
set session authorization seratus_region;
begin;
select test.enter('region-b', true);
select test.refuses($q$ select test.put(6, format('[%s]', test.row(2, 2022, 2, 3))) $q$, 'SR403',
  'from then on the region changes it no more');
rollback;

-- Five hundred rows at once.
reset session authorization;
insert into registry.region (region_id, kind, name, base_name) select i, 'kota', 'Kota ' || i, i::text from generate_series(1000, 1499) i;
set session authorization seratus_ministry;
begin;
select test.enter('ministry', true);
select test.gives($q$ select count(*) || ' ' || bool_and(created) from api.put_scores('\x00000000000000000000000000000009', sha256('many'),
  (select jsonb_agg(test.row(i, 2023, 0, i)) from generate_series(1000, 1499) i)) $q$, '500 true',
  'five hundred scores are one request');
select test.gives('select count(*) from registry.audit_entry where region_id >= 1000', '500',
  'with as many audit entries');
rollback;
