-- Assertions for the SQL tests. They run with the rights of whoever asks, which is the point of them.
create schema test;
grant usage on schema test to public;

-- Raises unless the condition is true.
create function test.ok(p_condition boolean, p_sentence text) returns void language plpgsql as $$
begin
  if p_condition is not true then
    raise exception 'not ok - % (as %)', p_sentence, session_user;
  end if;
  raise notice 'ok - %', p_sentence;
end $$;

-- Runs a query of one value and compares it, as text.
create function test.gives(p_sql text, p_expected text, p_sentence text) returns void language plpgsql as $$
declare
  actual pg_catalog.text;  -- one test enters through a search_path with a text of its own
begin
  execute p_sql into actual;
  if actual is distinct from p_expected then
    raise exception 'not ok - %: % instead of % (as %)', p_sentence, coalesce(actual, 'null'), coalesce(p_expected, 'null'), session_user;
  end if;
  raise notice 'ok - %', p_sentence;
end $$;

-- Runs a statement and returns how it failed: "SQLSTATE message | detail". Raises if it did not fail.
create function test.failure(p_sql text, p_sentence text) returns text language plpgsql as $$
declare
  state pg_catalog.text;
  message pg_catalog.text;
  detail pg_catalog.text;
begin
  begin
    execute p_sql;
  exception when others then
    get stacked diagnostics state = returned_sqlstate, message = message_text, detail = pg_exception_detail;
    return state || ' ' || message || case when detail <> '' then ' | ' || detail else '' end;
  end;
  raise exception 'not ok - %: nothing was refused (as %)', p_sentence, session_user;
end $$;

-- Runs a statement that must fail with this SQLSTATE.
create function test.refuses(p_sql text, p_state text, p_sentence text) returns void language plpgsql as $$
declare
  failure constant pg_catalog.text := test.failure(p_sql, p_sentence);
begin
  if left(failure, 5) <> p_state then
    raise exception 'not ok - %: % instead of % (as %)', p_sentence, failure, p_state, session_user;
  end if;
  raise notice 'ok - %', p_sentence;
end $$;

-- Enters as a fixture session ("region-a"), whose token's digest is that of its name.
create function test.enter(p_name text, p_write boolean default false) returns void language plpgsql as $$
begin
  perform api.enter(sha256(convert_to(p_name, 'UTF8')),
                    '{ministry_admin,ministry_analyst,region_admin,region_viewer,export}', p_write, 60000);
end $$;
grant execute on all functions in schema test to public;
