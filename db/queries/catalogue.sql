-- The schema judged by the database's own catalogue: what must hold for every table, also for those not yet written.

-- name: CatalogueFaults :many
-- Every breach of the isolation rules as (fault, object); no rows is the only good answer. Run as the owner or a superuser.
-- Whatever has a region_id and is not listed as national is a region's own: a new table is inside the rules unasked.
with schemas as (
  select oid, nspname from pg_namespace where nspname in ('registry', 'access', 'api')
), logins as (
  select oid, rolname from pg_roles where rolname in ('seratus_region', 'seratus_ministry', 'seratus_export', 'seratus_gate')
), owners as (
  select oid, rolname from pg_roles where rolname in ('seratus_owner', 'seratus_auth', 'seratus_release')
), relations as (
  select c.*, n.nspname, n.nspname || '.' || c.relname as name
  from pg_class c join schemas n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
), tenant as (
  select r.* from relations r
  where r.relkind in ('r', 'p', 'f') and r.nspname = 'registry'
    and exists (select from pg_attribute a where a.attrelid = r.oid and a.attname = 'region_id' and not a.attisdropped)
    and r.relname not in ('region', 'region_name', 'region_code', 'region_province', 'region_alias', 'region_line', 'membership')
), policies as (
  select p.*, pg_get_expr(p.polqual, p.polrelid) as used, pg_get_expr(p.polwithcheck, p.polrelid) as checked from pg_policy p
), functions as (
  select f.*, n.nspname || '.' || f.proname as name from pg_proc f join schemas n on n.oid = f.pronamespace
), own_region(expression) as (
  values ('(region_id = (NULLIF(current_setting(''seratus.region''::text, true), ''''::text))::integer)')
), faults as (
  select 'row security is not enabled' as fault, name as object from tenant where not relrowsecurity
  union all
  select 'row security is not forced on the owner', name from tenant where not relforcerowsecurity
  union all
  select 'no restrictive floor for the region login', t.name from tenant t cross join own_region o
  where not exists (select from policies p join logins l on l.oid = any (p.polroles)
                    where p.polrelid = t.oid and l.rolname = 'seratus_region' and not p.polpermissive and p.polcmd = '*'
                      and p.used = o.expression and p.checked = o.expression)
  union all
  select 'no restrictive floor for the ministry login', t.name from tenant t
  where not exists (select from policies p join logins l on l.oid = any (p.polroles)
                    where p.polrelid = t.oid and l.rolname = 'seratus_ministry' and not p.polpermissive and p.polcmd = '*'
                      and p.used like '%seratus.role%' and p.checked like '%seratus.role%')
  union all
  select 'not closed to ' || l.rolname, t.name from tenant t cross join logins l
  where l.rolname in ('seratus_export', 'seratus_gate')
    and not exists (select from policies p where p.polrelid = t.oid and l.oid = any (p.polroles) and not p.polpermissive
                    and p.polcmd = '*' and p.used = 'false')
  union all
  select 'policy for everybody: ' || p.polname, p.polrelid::regclass::text from policies p join relations r on r.oid = p.polrelid
  where 0 = any (p.polroles)
  union all
  select 'key does not begin with region_id: ' || i.indexrelid::regclass, t.name
  from tenant t join pg_index i on i.indrelid = t.oid
  where i.indisunique
    and i.indkey[0] <> (select a.attnum from pg_attribute a where a.attrelid = t.oid and a.attname = 'region_id')
  union all
  select 'no primary key', t.name from tenant t
  where not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary)
  union all
  select 'reference does not begin with region_id: ' || k.conname, t.name
  from tenant t join pg_constraint k on k.conrelid = t.oid and k.contype = 'f' join tenant p on p.oid = k.confrelid
  where (select a.attname from pg_attribute a where a.attrelid = t.oid and a.attnum = k.conkey[1]) <> 'region_id'
     or (select a.attname from pg_attribute a where a.attrelid = p.oid and a.attnum = k.confkey[1]) <> 'region_id'
  union all
  select 'national table refers to a region''s rows: ' || k.conname, k.conrelid::regclass::text
  from pg_constraint k join tenant p on p.oid = k.confrelid
  where k.contype = 'f' and k.conrelid not in (select oid from tenant)
  union all
  select 'materialised views ignore row security', name from relations where relkind = 'm'
  union all
  select 'partitions can be read around row security', name from relations where relkind = 'p' or relispartition
  union all
  select 'view is neither security_barrier nor security_invoker', name from relations
  where relkind = 'v' and not coalesce(reloptions && array['security_barrier=true', 'security_invoker=true'], false)
  union all
  select 'view reads with the rights of ' || relowner::regrole, name from relations
  where relkind = 'v' and not coalesce(reloptions && array['security_invoker=true'], false)
    and relowner <> (select oid from owners where rolname = 'seratus_release')
  union all
  select 'owner is ' || relowner::regrole, name from relations where relowner not in (select oid from owners)
  union all
  select 'owner is ' || proowner::regrole, name from functions where proowner not in (select oid from owners)
  union all
  select 'runs with its owner''s rights and no pinned search_path', name from functions
  where prosecdef and not exists (select from unnest(proconfig) c where c = 'search_path=pg_catalog, pg_temp')
    and name <> 'api.enter'  -- carries every schema in its text (tests/enter.sql)
  union all
  select 'runs with the rights of ' || proowner::regrole, name from functions
  where prosecdef and proowner <> (select oid from owners where rolname = 'seratus_auth')
  union all
  select 'everybody may ' || lower(a.privilege_type), n.nspname from pg_namespace n cross join aclexplode(n.nspacl) a
  where a.grantee = 0 and n.nspname in ('registry', 'access', 'api', 'public')
  union all
  select 'everybody may ' || lower(a.privilege_type), r.name
  from relations r cross join aclexplode(r.relacl) a where a.grantee = 0
  union all
  select 'everybody may execute', f.name
  from functions f cross join aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a where a.grantee = 0
  union all
  select 'everybody may ' || lower(a.privilege_type), 'database'
  from pg_database d cross join aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
  where d.datname = current_database() and a.grantee = 0
  union all
  select l.rolname || ' may ' || lower(a.privilege_type), r.name
  from relations r cross join aclexplode(r.relacl) a join logins l on l.oid = a.grantee
  where a.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER') or a.is_grantable
     or (a.privilege_type = 'DELETE' and r.relname <> 'score_part')
     or (a.privilege_type = 'UPDATE' and r.relname not in ('score'))
     or (a.privilege_type = 'INSERT' and r.oid not in (select oid from tenant))
  union all
  select l.rolname || ' reaches a region''s rows', t.name
  from tenant t cross join aclexplode(t.relacl) a join logins l on l.oid = a.grantee
  where l.rolname in ('seratus_export', 'seratus_gate')
  union all
  select l.rolname || ' reaches a relation', r.name
  from relations r cross join aclexplode(r.relacl) a join logins l on l.oid = a.grantee
  where l.rolname = 'seratus_gate' or r.nspname = 'access'
  union all
  select l.rolname || ' may create in', n.nspname from logins l cross join pg_namespace n
  where has_schema_privilege(l.oid, n.oid, 'create')
  union all
  select l.rolname || ' may make temporary tables', 'database' from logins l
  where has_database_privilege(l.oid, current_database(), 'temp')
  union all
  select 'login is a member of ' || m.roleid::regrole, l.rolname from logins l join pg_auth_members m on m.member = l.oid
  union all
  select 'login has a member: ' || m.member::regrole, l.rolname from logins l join pg_auth_members m on m.roleid = l.oid
  union all
  select 'login owns something', l.rolname from logins l
  where exists (select from pg_shdepend d where d.refclassid = 'pg_authid'::regclass and d.refobjid = l.oid and d.deptype = 'o')
  union all
  select 'role has rights above its station', r.rolname from pg_roles r
  where r.oid in (select oid from logins union all select oid from owners)
    and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolinherit)
  union all
  select 'owner can log in', r.rolname from pg_roles r where r.oid in (select oid from owners) and r.rolcanlogin
  union all
  select 'role is missing', w.rolname
  from unnest(array['seratus_owner', 'seratus_auth', 'seratus_release', 'seratus_region', 'seratus_ministry', 'seratus_export',
                    'seratus_gate']) as w(rolname)
  where not exists (select from pg_roles r where r.rolname = w.rolname)
)
select fault, object from faults order by object, fault;
