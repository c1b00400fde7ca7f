-- What was done, and which requests have been answered: written in the transaction of the write they speak of.
set local role seratus_owner;

-- The context of the request, as api.enter has set it. Empty outside of a request, and then null here.
create function registry.context_actor() returns bigint
language sql stable parallel safe
return nullif(current_setting('seratus.actor', true), '')::bigint;

create function registry.context_role() returns text
language sql stable parallel safe
return nullif(current_setting('seratus.role', true), '');

-- Append only: no login may change or delete a row. xid lets a reader of the feed wait for writers that began earlier
-- (xid < pg_snapshot_xmin(pg_current_snapshot())), which a reader by time would miss.
create table registry.audit_entry (
  region_id  int not null references registry.region,
  entry_id   uuid not null default gen_random_uuid(),
  at         timestamptz not null default clock_timestamp(),
  xid        xid8 not null default pg_current_xact_id(),
  actor_id   bigint not null default registry.context_actor(),
  actor_role text not null default registry.context_role(),
  action     text not null check (action in ('score.create', 'score.update')),
  object     jsonb not null,
  detail     jsonb not null,
  primary key (region_id, entry_id)
);
create index on registry.audit_entry (region_id, at);

-- The reply to a write, found again by the key of its request. A region's keys stand under the region, the ministry's under 0.
create table registry.idempotency (
  region_id      int not null check (region_id >= 0),
  actor_id       bigint not null,
  key            bytea not null check (octet_length(key) = 16),
  request_sha256 bytea not null check (octet_length(request_sha256) = 32),
  reply          bytea not null,
  created_at     timestamptz not null default now(),
  primary key (region_id, actor_id, key)
);
create index on registry.idempotency (created_at);

grant select, insert on registry.audit_entry, registry.idempotency to seratus_region, seratus_ministry;
grant execute on function registry.context_actor(), registry.context_role() to seratus_region, seratus_ministry;

reset role;
