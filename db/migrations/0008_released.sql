-- Released rows, for everybody; and what a caller may see in all: its own rows and the released rows of others.
--
-- The released views belong to seratus_release, whose policies show released rows only: a view that forgot its condition would
-- still show no more. They are the only way of the export login, and the only way of a region to another region's rows.
set local role seratus_owner;
grant create, usage on schema api to seratus_release;
reset role;
set local role seratus_release;

create view api.released_score with (security_barrier) as
select region_id, year, stage, kind, instrument_id, instrument_certainty, published_e4, computed_e4, value_e4, missing,
       letter_number, letter_date, source, certainty, note, released_at, released, dataset, version, updated_at
from registry.score where released;

create view api.released_score_part with (security_barrier) as
select region_id, year, stage, kind, part, key, value_e4, missing, released from registry.score_part where released;

create view api.released_score_claim with (security_barrier) as
select region_id, year, stage, kind, claim, value, among, source, certainty, released from registry.score_claim where released;

create view api.released_plan_realisation with (security_barrier) as
select region_id, year, dimension_set, dimension, done, planned, source, certainty, released_at, dataset, version
from registry.plan_realisation where released_at is not null;

grant select on api.released_score, api.released_score_part, api.released_score_claim, api.released_plan_realisation
  to seratus_region, seratus_ministry, seratus_export, seratus_owner;

reset role;
set local role seratus_owner;
revoke create on schema api from seratus_release;

-- The first branch says what row security says as well: with either gone the other still holds. The second is empty for the
-- ministry: it has no region, and nothing is unequal to null.
create view api.visible_score with (security_invoker) as
select region_id, year, stage, kind, instrument_id, instrument_certainty, published_e4, computed_e4, value_e4, missing,
       letter_number, letter_date, source, certainty, note, released_at, released, dataset, version, updated_at
from registry.score
where region_id = nullif(current_setting('seratus.region', true), '')::int
   or current_setting('seratus.role', true) in ('ministry_admin', 'ministry_analyst')
union all
select region_id, year, stage, kind, instrument_id, instrument_certainty, published_e4, computed_e4, value_e4, missing,
       letter_number, letter_date, source, certainty, note, released_at, released, dataset, version, updated_at
from api.released_score where region_id <> nullif(current_setting('seratus.region', true), '')::int;

create view api.visible_score_part with (security_invoker) as
select region_id, year, stage, kind, part, key, value_e4, missing, released
from registry.score_part
where region_id = nullif(current_setting('seratus.region', true), '')::int
   or current_setting('seratus.role', true) in ('ministry_admin', 'ministry_analyst')
union all
select region_id, year, stage, kind, part, key, value_e4, missing, released
from api.released_score_part where region_id <> nullif(current_setting('seratus.region', true), '')::int;

create view api.visible_score_claim with (security_invoker) as
select region_id, year, stage, kind, claim, value, among, source, certainty, released
from registry.score_claim
where region_id = nullif(current_setting('seratus.region', true), '')::int
   or current_setting('seratus.role', true) in ('ministry_admin', 'ministry_analyst')
union all
select region_id, year, stage, kind, claim, value, among, source, certainty, released
from api.released_score_claim where region_id <> nullif(current_setting('seratus.region', true), '')::int;

create view api.visible_plan_realisation with (security_invoker) as
select region_id, year, dimension_set, dimension, done, planned, source, certainty, released_at, dataset, version
from registry.plan_realisation
where region_id = nullif(current_setting('seratus.region', true), '')::int
   or current_setting('seratus.role', true) in ('ministry_admin', 'ministry_analyst')
union all
select region_id, year, dimension_set, dimension, done, planned, source, certainty, released_at, dataset, version
from api.released_plan_realisation where region_id <> nullif(current_setting('seratus.region', true), '')::int;

grant select on api.visible_score, api.visible_score_part, api.visible_score_claim, api.visible_plan_realisation
  to seratus_region, seratus_ministry;

reset role;
