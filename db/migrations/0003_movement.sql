-- Cohorts and who belonged to them, the figures the ministry published, dimension sets and instruments: read by all, written by
-- the loader.
--
-- Published sources contradict each other, so a fact carries its source and certainty, and what a document did not say is
-- 'unknown'.
set local role seratus_owner;

create table registry.cohort (
  year                 int primary key check (year between 2017 and 2100),
  name_id              text not null,
  name_en              text not null,
  coached              int check (coached >= 0),
  published_cumulative int check (published_cumulative >= 0),
  signed_on            date,
  list_complete        boolean not null,
  source               text,
  certainty            text not null check (certainty in ('verified', 'probable', 'uncertain')),
  note                 text
);

create table registry.membership (
  cohort_year int not null references registry.cohort,
  region_id   int not null references registry.region,
  status      text not null check (status in
              ('announced', 'signed', 'coached', 'finished', 'withdrawn', 'replaced', 'repeat')),
  announced   text not null check (announced in ('yes', 'no', 'unknown')),
  signed      text not null check (signed in ('yes', 'no', 'unknown')),
  finished    text not null check (finished in ('yes', 'no', 'unknown')),
  certainty   text not null check (certainty in ('verified', 'probable', 'uncertain')),
  note        text,
  source      text,
  primary key (cohort_year, region_id)
);
create index on registry.membership (region_id);

-- Two provinces joined in 2023; they stand outside the count of regions.
create table registry.province_membership (
  cohort_year int not null references registry.cohort,
  province_id int not null references registry.province,
  status      text not null check (status in
              ('announced', 'signed', 'coached', 'finished', 'withdrawn', 'replaced', 'repeat')),
  certainty   text not null check (certainty in ('verified', 'probable', 'uncertain')),
  note        text,
  source      text,
  primary key (cohort_year, province_id)
);

-- Published figures as they were printed, also where two of them contradict each other.
create table registry.published_count (
  year      int not null,
  figure    text not null,
  value     int not null,
  source    text not null,
  certainty text not null check (certainty in ('verified', 'probable', 'uncertain')),
  note      text,
  primary key (year, figure, value, source)
);

-- The one place of the rule who counts as a participant. Two rules, because "100 regions by 2019" is true by the first and 99 by
-- the second:
--   ministry  signed, or took part where no list of signatures is known
--   finished  finished for certain; unknown for every row after 2019, so the rule has no answer for later years
create view registry.counted_membership with (security_invoker) as
select r.rule, m.cohort_year, m.region_id, m.status, m.certainty
from registry.membership m
cross join lateral (values
  ('ministry', m.signed = 'yes' or (m.signed = 'unknown' and m.status in ('finished', 'coached', 'repeat'))),
  ('finished', m.finished = 'yes')
) as r(rule, counts)
where r.counts;

create table registry.dimension_set (
  set_id    text primary key,
  name_id   text not null,
  name_en   text not null,
  source    text,
  certainty text not null check (certainty in ('verified', 'probable', 'uncertain')),
  note      text
);

create table registry.dimension (
  set_id  text not null references registry.dimension_set,
  key     text not null check (key ~ '^[a-z][a-z0-9_]*$'),
  ordinal int not null check (ordinal > 0),
  name_id text not null,
  name_en text not null,
  primary key (set_id, key),
  unique (set_id, ordinal) deferrable
);

create table registry.sub_dimension (
  set_id        text not null,
  dimension_key text not null,
  key           text not null check (key ~ '^[a-z][a-z0-9_]*$'),
  ordinal       int not null check (ordinal > 0),
  name_id       text not null,
  name_en       text not null,
  primary key (set_id, dimension_key, key),
  unique (set_id, dimension_key, ordinal) deferrable,
  foreign key (set_id, dimension_key) references registry.dimension
);

-- Weights in ten-thousandths; those of one from_key add up to 10000. A key without a counterpart has no row with a weight.
create table registry.dimension_mapping (
  from_set  text not null,
  from_key  text not null,
  to_set    text not null,
  to_key    text not null,
  weight_e4 int not null check (weight_e4 between 1 and 10000),
  certainty text not null check (certainty in ('verified', 'probable', 'uncertain')),
  note      text,
  primary key (from_set, from_key, to_set, to_key),
  foreign key (from_set, from_key) references registry.dimension,
  foreign key (to_set, to_key) references registry.dimension,
  check (from_set <> to_set)
);

-- Scale in ten-thousandths, as the values are; empty where the scale is not known.
create table registry.instrument (
  instrument_id text primary key,
  name_id       text not null,
  name_en       text not null,
  scale_min_e4  bigint,
  scale_max_e4  bigint,
  decimals      int not null check (decimals between 0 and 4),
  rounding      text not null check (rounding in ('cut', 'half_up')),
  dimension_set text not null references registry.dimension_set,
  valid_for     text,
  source        text,
  certainty     text not null check (certainty in ('verified', 'probable', 'uncertain')),
  note          text,
  check (scale_min_e4 < scale_max_e4)
);

create table registry.instrument_aspect (
  instrument_id  text not null references registry.instrument,
  key            text not null check (key in ('baseline', 'output', 'outcome', 'impact', 'quick_win')),
  ordinal        int not null check (ordinal > 0),
  weight_percent int not null check (weight_percent between 1 and 100),
  name_id        text not null,
  name_en        text not null,
  primary key (instrument_id, key),
  unique (instrument_id, ordinal) deferrable
);

grant select on registry.cohort, registry.membership, registry.province_membership, registry.published_count,
  registry.counted_membership, registry.dimension_set, registry.dimension, registry.sub_dimension, registry.dimension_mapping,
  registry.instrument, registry.instrument_aspect to seratus_region, seratus_ministry, seratus_export;

reset role;
