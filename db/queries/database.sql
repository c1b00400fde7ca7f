-- What a server asks of its database and of the calling session, beside the data.

-- name: DatasetRead :one
-- Which facts this database holds; no row before the first load.
select kind, seed, label from registry.dataset;

-- name: DatabaseFacts :one
select (select count(*)::int from registry.region) as regions,
       (select coalesce(max(version), 0) from registry.migration) as schema_version;

-- name: SessionOwn :one
-- Of the calling session. $1 SHA-256 of the token.
select label, expires from api.own_session($1::bytea);

-- name: Ping :one
select true as here;
