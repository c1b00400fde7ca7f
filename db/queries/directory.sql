-- The directory of regions that the store keeps in memory, to turn what a person typed into a region_id without a trip of its own.

-- name: DirectoryEntries :many
-- Every region with today's name and Kemendagri code, and everything else it is or was called.
select r.region_id, r.name, r.base_name, c.code,
       array(select a.alias from registry.region_alias a where a.region_id = r.region_id
             union select n.name from registry.region_name n where n.region_id = r.region_id and n.name <> r.name
             order by 1) as aliases
from registry.region r
join registry.region_code c on c.region_id = r.region_id and c.system = 'kemendagri' and c.valid_to = 'infinity'
order by r.region_id;

-- name: DirectoryCodes :many
-- Every code of every region, past ones included.
select region_id, system, code, valid_from, valid_to from registry.region_code order by region_id, system, code;

-- name: RegionSummaries :many
-- Regions by id, in one line each, as of a day. $1 ids, $2 day.
select r.region_id, coalesce(n.name, r.name) as name, r.kind, k.code as kemendagri_code, b.code as bps_code,
       p.province_id, p.name as province_name, pk.code as province_code
from registry.region r
left join registry.region_name n on n.region_id = r.region_id and n.valid_from <= $2::date and $2::date < n.valid_to
join registry.region_code k on k.region_id = r.region_id and k.system = 'kemendagri'
  and k.valid_from <= $2::date and $2::date < k.valid_to
left join registry.region_code b on b.region_id = r.region_id and b.system = 'bps'
  and b.valid_from <= $2::date and $2::date < b.valid_to
join registry.region_province rp on rp.region_id = r.region_id and rp.valid_from <= $2::date and $2::date < rp.valid_to
join registry.province p on p.province_id = rp.province_id
join registry.province_code pk on pk.province_id = p.province_id and pk.system = 'kemendagri'
  and pk.valid_from <= $2::date and $2::date < pk.valid_to
where r.region_id = any ($1::int[])
order by r.region_id;
