-- Without api.enter there is nothing: not for any login, not for the owner, not after a transaction has ended.
set session authorization seratus_region;
select test.gives('select count(*) from registry.' || t, '0', 'the region login without a context sees no ' || t)
from unnest(array['score', 'score_part', 'score_claim', 'plan_realisation', 'audit_entry', 'idempotency']) t;
select test.gives('select count(*) from api.visible_score where not released', '0',
  'nor anything unreleased through a view');
select test.refuses($q$ insert into registry.score (region_id, year, stage, kind, published_e4, certainty, dataset)
  values (1, 2030, 'I', 'implementation', 1, 'verified', 'synthetic') $q$, '42501', 'nor can it write');

begin;
select test.enter('region-a');
select test.gives('select count(*) from registry.score', '2', 'inside a request region A sees its two scores');
commit;
select test.ok(current_setting('seratus.region', true) = '', 'after the request the region is empty');
select test.gives('select count(*) from registry.score', '0', 'and nothing is seen again');
begin;
select test.enter('region-a');
rollback;
select test.gives('select count(*) from registry.score', '0', 'neither after a rollback');

reset session authorization;
set session authorization seratus_ministry;
select test.gives('select count(*) from registry.' || t, '0', 'the ministry login without a context sees no ' || t)
from unnest(array['score', 'score_part', 'score_claim', 'plan_realisation', 'audit_entry', 'idempotency']) t;

reset session authorization;
set role seratus_owner;
select test.gives('select count(*) from registry.' || t, '0', 'the owner sees no ' || t || ' unless it says that it loads')
from unnest(array['score', 'score_part', 'score_claim', 'plan_realisation', 'audit_entry', 'idempotency']) t;
begin;
select set_config('seratus.role', 'loader', true);
select test.gives('select count(*) from registry.score', '8', 'the loader sees the nation');
commit;
reset role;
