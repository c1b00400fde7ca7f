-- The catalogue finds no breach in the schema as it is, and finds each breach that is made on purpose.
\i :queries
\echo as it is
execute CatalogueFaults;

begin;
\echo a table as somebody in a hurry would make it
create table registry.bad (id int unique, region_id int primary key, title text unique);
grant select, insert, delete, truncate on registry.bad to seratus_region, seratus_export;
grant select on registry.bad to public;
execute CatalogueFaults;
rollback;

begin;
\echo walled, but by half
set role seratus_owner;
create table registry.half (region_id int not null, id int not null, primary key (region_id, id));
alter table registry.half enable row level security;
create policy floor_region on registry.half as restrictive to seratus_region
  using (region_id = nullif(current_setting('seratus.region', true), '')::int or current_setting('seratus.role', true) like 'ministry%');
create policy everybody on registry.half using (true);
alter table registry.half add unique (id);
create table registry.child (region_id int not null, id int not null, half int references registry.half (id), primary key (region_id, id));
reset role;
execute CatalogueFaults;
rollback;

begin;
\echo views and functions that go around
create materialized view registry.totals as select region_id, count(*) from registry.score group by 1;
create view api.shortcut as select * from registry.score;
create function api.loose() returns bigint language sql security definer as 'select count(*) from registry.score';
execute CatalogueFaults;
rollback;

begin;
\echo roles that grew
grant seratus_owner to seratus_region;
alter role seratus_export bypassrls;
grant create on schema api to seratus_ministry;
grant update on registry.audit_entry to seratus_ministry;
alter table registry.score no force row level security;
drop policy floor_region on registry.score_part;
execute CatalogueFaults;
rollback;

begin;
\echo one floor lowered
drop policy floor_region on registry.score;
create policy floor_region on registry.score as restrictive to seratus_region using (true) with check (true);
execute CatalogueFaults;
rollback;
