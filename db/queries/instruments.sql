-- Instruments: versioned data, small enough to be read whole.

-- name: InstrumentRows :many
select instrument_id, name_id, name_en, scale_min_e4, scale_max_e4, decimals, rounding, dimension_set, source, certainty, note
from registry.instrument order by instrument_id;

-- name: InstrumentAspects :many
select instrument_id, key, weight_percent, name_id, name_en from registry.instrument_aspect order by instrument_id, ordinal;

-- name: DimensionRows :many
select set_id, key, name_id, name_en from registry.dimension order by set_id, ordinal;
