-- A small made-up nation: two provinces, four regions (A = 1 to D = 4), one cohort, four scores a year in 2021 (released) and 2022 (not).
-- Region B's figures differ from A's everywhere, so that a leak can't look like a right answer.
insert into registry.dataset (kind, seed, label) values ('synthetic', 7, 'fixture');
insert into registry.province (province_id, name) values (1, 'Selatan'), (2, 'Utara');
insert into registry.province_code (province_id, system, code) values
  (1, 'kemendagri', '71'), (1, 'bps', '71'), (2, 'kemendagri', '72'), (2, 'bps', '72');
insert into registry.region (region_id, kind, name, base_name, lat, lon, population, area_km2) values
  (1, 'kota', 'Kota Angin', 'Angin', -7.8, 112, 1000, 10), (2, 'kabupaten', 'Kabupaten Batu Karang', 'Batu Karang', -7.9, 112.1, 2000, 20),
  (3, 'kabupaten', 'Kabupaten Angin', 'Angin', -8, 112.2, 3000, 30), (4, 'kota', 'Kota Dahan', 'Dahan', -8.1, 112.3, 4000, 40);
insert into registry.region_code (region_id, system, code, valid_from, valid_to, certainty) values
  (1, 'kemendagri', '71.01', '-infinity', 'infinity', 'verified'), (1, 'bps', '7171', '-infinity', 'infinity', 'verified'),
  (2, 'kemendagri', '71.71', '-infinity', 'infinity', 'verified'), (2, 'bps', '7102', '-infinity', 'infinity', 'verified'),
  (3, 'kemendagri', '71.03', '-infinity', '2022-07-25', 'verified'), (3, 'kemendagri', '72.03', '2022-07-25', 'infinity', 'verified'),
  (3, 'bps', '7103', '-infinity', 'infinity', 'verified'),
  (4, 'kemendagri', '72.71', '-infinity', 'infinity', 'verified'), (4, 'bps', '7271', '-infinity', 'infinity',
  'verified');
insert into registry.region_province (region_id, province_id, valid_from, valid_to, certainty) values
  (1, 1, '-infinity', 'infinity', 'verified'), (2, 1, '-infinity', 'infinity', 'verified'),
  (3, 1, '-infinity', '2022-07-25', 'verified'), (3, 2, '2022-07-25', 'infinity', 'verified'), (4, 2, '-infinity', 'infinity',
  'verified');
insert into registry.region_name (region_id, name, valid_from, valid_to, certainty) values
  (2, 'Kabupaten Karang Lama', '-infinity', '2020-01-01', 'verified'), (2, 'Kabupaten Batu Karang', '2020-01-01', 'infinity',
  'verified');
insert into registry.region_alias (region_id, alias, kind) values (4, 'Dahan Raya', 'spelling');
insert into registry.cohort (year, name_id, name_en, coached, published_cumulative, list_complete, certainty) values
  (2017, 'pertama', 'first', 3, 3, true, 'verified'), (2021, 'kedua', 'second', 2, 4, false, 'verified');
insert into registry.membership (cohort_year, region_id, status, announced, signed, finished, certainty) values
  (2017, 1, 'finished', 'yes', 'yes', 'yes', 'verified'), (2017, 2, 'signed', 'yes', 'yes', 'no', 'verified'),
  (2017, 3, 'finished', 'no', 'no', 'yes', 'verified'), (2021, 1, 'repeat', 'yes', 'unknown', 'unknown', 'verified'),
  (2021, 4, 'coached', 'unknown', 'unknown', 'unknown', 'probable');
insert into registry.dimension_set (set_id, name_id, name_en, certainty) values ('ministry', 'm', 'm', 'verified');
insert into registry.dimension (set_id, key, ordinal, name_id, name_en) values ('ministry', 'living', 1, 'hidup',
  'living');
insert into registry.instrument (instrument_id, name_id, name_en, scale_min_e4, scale_max_e4, decimals, rounding, dimension_set, certainty)
  values ('i1', 'i', 'i', 0, 40000, 2, 'cut', 'ministry', 'verified');
insert into registry.instrument_aspect (instrument_id, key, ordinal, weight_percent, name_id, name_en)
  values ('i1', 'output', 1, 60, 'luaran', 'output'), ('i1', 'outcome', 2, 40, 'hasil', 'outcome');
do $$ begin perform registry.refresh_lines(); end $$;
insert into registry.score (region_id, year, stage, kind, instrument_id, instrument_certainty, published_e4, certainty, released_at, updated_at, dataset)
  select r, y, 'annual', 'implementation', 'i1', 'verified', r * 10000 + y, 'verified', case y when 2021 then timestamptz '2021-12-01 00:00+00' end, timestamptz '2022-12-31 00:00+00',
         'synthetic'
  from generate_series(1, 4) r, generate_series(2021, 2022) y;
insert into registry.score_part (region_id, year, stage, kind, part, key, value_e4, released)
  select r, y, 'annual', 'implementation', 'aspect', k, r * 10000 + length(k), y = 2021
  from generate_series(1, 4) r, generate_series(2021, 2022) y, unnest(array['output', 'outcome']) k;
insert into registry.score_claim (region_id, year, stage, kind, claim, value, certainty, released)
  select r, y, 'annual', 'implementation', 'rank_national', r, 'verified', y = 2021
  from generate_series(1, 4) r, generate_series(2021, 2022) y;
insert into registry.plan_realisation (region_id, year, dimension_set, dimension, done, planned, certainty, released_at, dataset)
  select r, y, 'ministry', 'living', r, 10, 'verified', case y when 2021 then timestamptz '2021-12-01 00:00+00' end, 'synthetic'
  from generate_series(1, 4) r, generate_series(2021, 2022) y;
insert into access.account (username, name, password, role, region_id) values
  ('region-a', 'Ani', 'hash-a', 'region_admin', 1), ('viewer-a', 'Adi', 'hash-v', 'region_viewer', 1),
  ('region-b', 'Budi', 'hash-b', 'region_admin', 2), ('ministry', 'Menteri', 'hash-m', 'ministry_admin', null),
  ('analyst', 'Analis', 'hash-n', 'ministry_analyst', null), ('export', 'Skrip', null, 'export', null),
  ('disabled', 'Dimas', 'hash-d', 'region_viewer', 1);
update access.account set disabled = true where username = 'disabled';
insert into access.session (sid, actor_id, actor_name, role, region_id, label, created, expires, revoked, scope)
  select sha256(convert_to(coalesce(v.sid, a.username), 'UTF8')), a.account_id, a.name, a.role, a.region_id, 'test', now() - interval '2 hours',
         now() + v.lives * interval '1 hour', case when v.revoked then now() end, v.scope
  from access.account a join (values
    ('region-a', null, 1, false, 'write'), ('viewer-a', null, 1, false, 'write'), ('region-b', null, 1, false, 'write'),
    ('ministry', null, 1, false, 'write'), ('analyst', null, 1, false, 'write'), ('export', null, 1, false, 'write'),
    ('region-a', 'expired', -1, false, 'write'), ('region-a', 'revoked', 1, true, 'write'), ('region-a', 'reader', 1, false,
  'read')
  ) as v(username, sid, lives, revoked, scope) using (username);
