-- The wall around each region's rows.
--
-- Policies read the context directly (region_id = nullif(current_setting(…), '')::int): an index condition on one machine, and
-- shippable to the workers of a cluster, which a sub-select is not. After a transaction the setting reads '', hence nullif.
-- Without a context every comparison is with null: no rows. Floors are restrictive, so no later policy can open what they close.
set local role seratus_owner;

do $$
declare
  t text;
  own constant text := 'region_id = nullif(current_setting(''seratus.region'', true), '''')::int';
  ministry constant text := 'current_setting(''seratus.role'', true) in (''ministry_admin'', ''ministry_analyst'')';
begin
  foreach t in array array['score', 'score_part', 'score_claim', 'plan_realisation', 'audit_entry', 'idempotency']
  loop
    execute format('alter table registry.%I enable row level security, force row level security', t);
    execute format('create policy floor_region on registry.%I as restrictive to seratus_region using (%s) with check (%s)',
                   t, own, own);
    execute format('create policy floor_ministry on registry.%I as restrictive to seratus_ministry using (%s) with check (%s)',
                   t, ministry, ministry);
    execute format('create policy floor_closed on registry.%I as restrictive to seratus_export, seratus_gate using (false)', t);
    -- The loader of reference data names itself in the same way; without that the owner sees nothing either.
    execute format('create policy loader on registry.%I to seratus_owner '
                   'using (current_setting(''seratus.role'', true) = ''loader'') '
                   'with check (current_setting(''seratus.role'', true) = ''loader'')', t);
  end loop;

  foreach t in array array['score', 'score_part', 'score_claim', 'plan_realisation', 'audit_entry']
  loop
    execute format('create policy region_read on registry.%I for select to seratus_region using (%s)', t, own);
    execute format('create policy ministry_read on registry.%I for select to seratus_ministry using (%s)', t, ministry);
  end loop;
end $$;

-- A region's administrator writes its scores until they are released; from then on the ministry alone corrects them.
create policy region_insert on registry.score for insert to seratus_region
  with check (region_id = nullif(current_setting('seratus.region', true), '')::int
              and current_setting('seratus.role', true) = 'region_admin' and released_at is null);
create policy region_update on registry.score for update to seratus_region
  using (region_id = nullif(current_setting('seratus.region', true), '')::int
         and current_setting('seratus.role', true) = 'region_admin' and released_at is null);
create policy ministry_insert on registry.score for insert to seratus_ministry
  with check (current_setting('seratus.role', true) = 'ministry_admin');
create policy ministry_update on registry.score for update to seratus_ministry
  using (current_setting('seratus.role', true) = 'ministry_admin');

-- Parts follow their score: those of a released score are closed to the region as well.
create policy region_insert on registry.score_part for insert to seratus_region
  with check (region_id = nullif(current_setting('seratus.region', true), '')::int
              and current_setting('seratus.role', true) = 'region_admin'
              and not released);
create policy region_delete on registry.score_part for delete to seratus_region
  using (region_id = nullif(current_setting('seratus.region', true), '')::int
         and current_setting('seratus.role', true) = 'region_admin'
         and not released);
create policy ministry_insert on registry.score_part for insert to seratus_ministry
  with check (current_setting('seratus.role', true) = 'ministry_admin');
create policy ministry_release on registry.score_part for update to seratus_ministry
  using (current_setting('seratus.role', true) = 'ministry_admin');
create policy ministry_release on registry.score_claim for update to seratus_ministry
  using (current_setting('seratus.role', true) = 'ministry_admin');
create policy ministry_delete on registry.score_part for delete to seratus_ministry
  using (current_setting('seratus.role', true) = 'ministry_admin');

-- Nobody writes an entry in another's name.
create policy region_append on registry.audit_entry for insert to seratus_region
  with check (actor_id = registry.context_actor() and actor_role = registry.context_role());
create policy ministry_append on registry.audit_entry for insert to seratus_ministry
  with check (actor_id = registry.context_actor() and actor_role = registry.context_role());

-- A remembered reply is seen by the one who got it. The ministry's stand under no region.
create policy region_own on registry.idempotency to seratus_region
  using (region_id = nullif(current_setting('seratus.region', true), '')::int and actor_id = registry.context_actor());
create policy ministry_own on registry.idempotency to seratus_ministry
  using (region_id = 0 and actor_id = registry.context_actor());

-- Views of released rows read with this role; it can't log in.
create policy released_only on registry.score for select to seratus_release using (released_at is not null);
create policy released_only on registry.plan_realisation for select to seratus_release using (released_at is not null);
create policy released_only on registry.score_part for select to seratus_release using (released);
create policy released_only on registry.score_claim for select to seratus_release using (released);

reset role;
