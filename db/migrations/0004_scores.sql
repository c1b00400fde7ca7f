-- What belongs to one region: scores with their parts, claims printed beside them, and realised plans.
--
-- region_id leads every key and every reference between these tables, so that "foreign" and "absent" give the same error and the
-- tables can be distributed by it. Values are in ten-thousandths. A row is public once released_at is set, and not before.
set local role seratus_owner;

create table registry.score (
  region_id            int not null references registry.region,
  year                 int not null check (year between 2000 and 2100),
  stage                text not null check (stage in ('I', 'II', 'annual')),
  kind                 text not null check (kind in ('implementation', 'masterplan')),
  instrument_id        text references registry.instrument,
  instrument_certainty text check (instrument_certainty in ('verified', 'probable', 'uncertain')),
  published_e4         bigint,
  computed_e4          bigint,
  value_e4             bigint generated always as (coalesce(published_e4, computed_e4)) stored,
  missing              text check (missing in ('not_reported', 'not_applicable', 'withheld', 'not_yet_due')),
  letter_number        text,
  letter_date          date,
  source               text,
  certainty            text not null check (certainty in ('verified', 'probable', 'uncertain')),
  note                 text,
  released_at          timestamptz,
  released             boolean not null generated always as (released_at is not null) stored,
  dataset              text not null references registry.dataset (kind),
  version              int not null default 1 check (version > 0),
  updated_at           timestamptz not null default now(),
  primary key (region_id, year, stage, kind),
  unique (region_id, year, stage, kind, released),
  check ((published_e4 is null and computed_e4 is null) = (missing is not null)),
  check ((instrument_id is null) = (instrument_certainty is null))
);
-- National reads of one evaluation.
create index on registry.score (year, stage, kind);

-- Parts and claims repeat whether their score is released: their own policies then need no look at another table. The reference
-- keeps the two equal; it is checked at the end of the transaction, since a release changes a score before its parts.
create table registry.score_part (
  region_id int not null,
  year      int not null,
  stage     text not null,
  kind      text not null,
  part      text not null check (part in ('aspect', 'dimension')),
  key       text not null check (key ~ '^[a-z][a-z0-9_]*$'),
  value_e4  bigint,
  missing   text check (missing in ('not_reported', 'not_applicable', 'withheld', 'not_yet_due')),
  released  boolean not null default false,
  primary key (region_id, year, stage, kind, part, key),
  foreign key (region_id, year, stage, kind, released) references registry.score (region_id, year, stage, kind, released)
    on delete cascade deferrable initially deferred,
  check ((value_e4 is null) = (missing is not null))
);

-- National reads of one aspect or dimension.
create index on registry.score_part (year, stage, kind, part, key);

-- What a document claims about a score (rank 22 of the nation), kept apart from what the registry computes.
create table registry.score_claim (
  region_id int not null,
  year      int not null,
  stage     text not null,
  kind      text not null,
  claim     text not null check (claim in ('rank_national', 'rank_province')),
  value     int not null check (value > 0),
  among     int check (among >= value),
  source    text,
  certainty text not null check (certainty in ('verified', 'probable', 'uncertain')),
  released  boolean not null default false,
  primary key (region_id, year, stage, kind, claim),
  foreign key (region_id, year, stage, kind, released) references registry.score (region_id, year, stage, kind, released)
    on delete cascade deferrable initially deferred
);

-- Programmes done out of programmes planned, by dimension: counts, not scores.
create table registry.plan_realisation (
  region_id     int not null references registry.region,
  year          int not null check (year between 2000 and 2100),
  dimension_set text not null,
  dimension     text not null,
  done          int not null check (done >= 0),
  planned       int not null check (planned >= done),
  source        text,
  certainty     text not null check (certainty in ('verified', 'probable', 'uncertain')),
  released_at   timestamptz,
  dataset       text not null references registry.dataset (kind),
  version       int not null default 1 check (version > 0),
  primary key (region_id, year, dimension_set, dimension),
  foreign key (dimension_set, dimension) references registry.dimension
);

grant select on registry.score, registry.score_part, registry.score_claim, registry.plan_realisation
  to seratus_region, seratus_ministry, seratus_release;
grant insert, update on registry.score to seratus_region, seratus_ministry;
-- The parts of a score are replaced together with it.
grant insert, delete on registry.score_part to seratus_region, seratus_ministry;
grant update (released) on registry.score_part, registry.score_claim to seratus_ministry;

reset role;
