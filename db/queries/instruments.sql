-- Instruments and dimension sets: versioned data, small enough to be read whole.

-- name: InstrumentList :many
-- aspects: [{key, ordinal, weight_percent, name_id, name_en}] by ordinal. Scale in ten-thousandths, null where unknown.
select i.instrument_id, i.name_id, i.name_en, i.scale_min_e4, i.scale_max_e4, i.decimals, i.rounding, i.dimension_set,
       i.valid_for, i.source, i.certainty, i.note,
       (select coalesce(jsonb_agg(jsonb_build_object('key', a.key, 'ordinal', a.ordinal, 'weight_percent', a.weight_percent,
                                                     'name_id', a.name_id, 'name_en', a.name_en) order by a.ordinal), '[]')
        from registry.instrument_aspect a where a.instrument_id = i.instrument_id) as aspects
from registry.instrument i order by i.instrument_id;

-- name: DimensionSetList :many
-- dimensions: [{key, ordinal, name_id, name_en, sub: [{key, ordinal, name_id, name_en}]}] by ordinal.
select s.set_id, s.name_id, s.name_en, s.source, s.certainty, s.note,
       (select coalesce(jsonb_agg(jsonb_build_object(
                 'key', d.key, 'ordinal', d.ordinal, 'name_id', d.name_id, 'name_en', d.name_en,
                 'sub', (select coalesce(jsonb_agg(jsonb_build_object('key', u.key, 'ordinal', u.ordinal, 'name_id', u.name_id,
                                                                      'name_en', u.name_en) order by u.ordinal), '[]')
                         from registry.sub_dimension u where u.set_id = d.set_id and u.dimension_key = d.key))
               order by d.ordinal), '[]')
        from registry.dimension d where d.set_id = s.set_id) as dimensions
from registry.dimension_set s order by s.set_id;

-- name: DimensionMappingList :many
-- Weights in ten-thousandths; those of one from_key add up to 10000. A key without a row has no counterpart.
select from_set, from_key, to_set, to_key, weight_e4, certainty, note
from registry.dimension_mapping order by from_set, from_key, to_set, to_key;

-- name: DatasetRead :one
-- Which facts this database holds; no row before the first load.
select kind, seed, label from registry.dataset;
