# The reference files of db/reference, loaded by the statements of db/queries/reference.sql on an empty database, and held to the facts
# that were published. $1 is the conninfo, $2 the root of the repository, $3 a file of prepared statements.
set -euo pipefail
root=$2
folder=$root/db/reference
[ -d "$folder" ] || { echo "not ok - there is no db/reference" >&2; exit 1; }
queries=$3
conninfo=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every file as JSON, all values text: the shape a loader hands over.
load_script() {
  echo "begin; execute LoaderEnter \\g /dev/null"
  echo "execute DatasetSet('official', null, 'reference');"
  awk '/^-- name: Load[A-Z]/ && !/LoaderEnter/ { name = $3; getline; print name, $2 }' "$root/db/queries/reference.sql" |
    while read -r name file; do
      columns=$(head -1 "$folder/$file" | sed 's/,/ text, /g')
      echo "reset role; create temp table f ($columns text);"
      echo "\\copy f from '$folder/$file' csv header"
      echo "select coalesce(jsonb_agg(to_jsonb(f)), '[]') as rows from f \\gset"
      echo "drop table f; set local role seratus_owner;"
      echo "\\echo $file"
      echo "execute $name(:'rows');"
    done
  echo "\\echo faults"
  echo "execute ReferenceFaults;"
  echo "execute ReferenceLinesRefresh \\g /dev/null"
  echo "commit;"
}
load_script > "$work/load.sql"
load() { psql -X -q -At -v ON_ERROR_STOP=1 -d "$conninfo" -f "$queries" -f "$work/load.sql"; }
load > "$work/first"
load > "$work/second"

fail() { echo "not ok - $1: $2" >&2; exit 1; }
pass() { echo "psql: NOTICE:  ok - $1" >&2; }
# Fields of the rows of a statement, run as the ministry: "1 2 5" → fields 1, 2 and 5 joined by |, rows by spaces.
gives() { # sentence, expected, statement, fields
  local actual
  actual=$(printf '%s\n' "set session authorization seratus_ministry;" "$3" |
    psql -X -q -At -F $'\x1f' -v ON_ERROR_STOP=1 -d "$conninfo" -f "$queries" -f - |
    awk -F $'\x1f' -v fields="${4:-}" 'fields == "" { gsub(FS, "|"); print; next } { n = split(fields, f, " "); line = $f[1]; for (i = 2; i <= n; i++) line = line "|" $f[i]; print line }' |
    paste -sd ' ')
  [ "$actual" = "$2" ] || fail "$1" "$actual instead of $2"
  pass "$1"
}
grep -E '^[0-9]+\|' "$work/first" | grep -vE '^[0-9]+\|0\|0\|0\|' && fail "the first load inserts everything" "see above"
pass "the first load inserts everything"
grep -E '^[0-9]+\|' "$work/second" | grep -vE '^0\|0\|[0-9]+\|0\|\[\]' && fail "the second load changes nothing" "see above"
pass "the second load changes nothing"
[ "$(sed -n '/^faults$/,$p' "$work/first")" = faults ] || fail "no faults" "$(sed -n '/^faults$/,$p' "$work/first")"
pass "the data have no faults"

gives "416 kabupaten and 98 kota, 284,973,643 people" "416|98|284973643" \
  "select count(*) filter (where kind = 'kabupaten'), count(*) filter (where kind = 'kota'), sum(population) from registry.region;"
gives "38 provinces" 38 "select count(*) from registry.province;"
gives "199 regions have different codes in the two systems" 199 \
  "select count(*) from registry.region_code k join registry.region_code b using (region_id)
   where k.system = 'kemendagri' and b.system = 'bps' and k.valid_to = 'infinity' and b.valid_to = 'infinity' and k.digits <> b.digits;"
gives "169 Kemendagri codes are another region's BPS code" 169 \
  "select count(*) from registry.region_code k join registry.region_code b on b.digits = k.digits and b.region_id <> k.region_id
   where k.system = 'kemendagri' and b.system = 'bps' and k.valid_to = 'infinity' and b.valid_to = 'infinity';"
gives "participants by the ministry's count and by those who finished, short from 2021 on" \
  "2017|25|24|f|f 2018|75|74|f|f 2019|100|99|f|f 2021|130|99|t|t 2022|155|99|t|t 2023|185|99|t|t 2024|195|99|t|t" \
  "execute CohortCounts;" "1 5 6 7 8"
gives "memberships are counted apart from regions" "2017|25|25 2018|50|75 2019|25|100 2021|35|135 2022|25|160 2023|30|190 2024|10|200" \
  "select cohort_year, count(*), sum(count(*)) over (order by cohort_year) from registry.counted_membership
   where rule = 'ministry' group by 1 order by 1;"
gives "26 members of 2017, two of them signed without finishing" "26 2" \
  "select count(*) from registry.membership where cohort_year = 2017
   union all select count(*) from registry.counted_membership m where rule = 'ministry' and cohort_year = 2017 and not exists
     (select from registry.counted_membership f where f.rule = 'finished' and f.cohort_year = 2017 and f.region_id = m.region_id);"
gives "two provinces took part in 2023" "32|34" \
  "select string_agg(c.code, '|' order by c.code) from registry.province_membership join registry.province_code c using (province_id)
   where c.system = 'kemendagri';"

gives "every region has a line today, and so has each before and after its changes" "514|t" \
  "select count(*) filter (where valid_to = 'infinity'), count(*) > 514 and bool_and(valid_from = '-infinity' or exists (
     select from registry.region_line b where b.region_id = l.region_id and b.valid_to = l.valid_from)) from registry.region_line l;"
gives "Mimika was 91.09 in Papua in 2021" "Kabupaten Mimika|91.09|Papua" \
  "select region_id as id from registry.region where name = 'Kabupaten Mimika' \\gset
   execute RegionSummaries(array[:id], '2021-06-30');" "2 4 7"
gives "and is 94.04 in Papua Tengah today" "Kabupaten Mimika|94.04|Papua Tengah" \
  "select region_id as id from registry.region where name = 'Kabupaten Mimika' \\gset
   execute RegionSummaries(array[:id], '2026-01-01');" "2 4 7"
gives "91.09 is nobody's code today, but was Mimika's" "Kabupaten Mimika|f" \
  "select r.name, c.valid_to = 'infinity' from registry.region_code c join registry.region r using (region_id)
   where c.system = 'kemendagri' and c.code = '91.09';"
gives "3571 names Kota Kediri by both readings" "Kota Kediri|bps|3571 Kota Kediri|kemendagri|35.71" \
  "select r.name, c.system, c.code from registry.region_code c join registry.region r using (region_id)
   where c.digits = '3571' order by c.system;" "1 2 3"
gives "1103 names two regions" "Kabupaten Aceh Selatan|bps Kabupaten Aceh Timur|kemendagri" \
  "select r.name, c.system from registry.region_code c join registry.region r using (region_id)
   where c.digits = '1103' order by c.system;" "1 2"
gives "Probolinggo is two regions, and both are offered" "Kabupaten Probolinggo|1 Kota Probolinggo|1" \
  "execute SearchByText('probolinggo', '2026-01-01', 10);" "2 11"
gives "with its kind it is one" "Kabupaten Probolinggo|0 Kota Probolinggo|0" \
  "execute SearchByText('Kabupaten Probolinggo', '2026-01-01', 1); execute SearchByText('KOTA PROBOLINGGO', '2026-01-01', 1);" "2 11"
gives "spelling does not matter" "Kabupaten Gunungkidul Kota Bau Bau Kabupaten Toba" \
  "execute SearchByText('Gunung Kidul', '2026-01-01', 1); execute SearchByText('bau-bau', '2026-01-01', 1);
   execute SearchByText('Toba Samosir', '2026-01-01', 1);" 2
gives "Toba was Toba Samosir" "Kabupaten Toba Samosir Kabupaten Toba" \
  "select region_id as id from registry.region where name = 'Kabupaten Toba' \\gset
   execute RegionSummaries(array[:id], '2019-01-01'); execute RegionSummaries(array[:id], '2026-01-01');" 2
gives "Kotabaru is not Kota Baru" "Kabupaten Kotabaru" "execute SearchByText('Kotabaru', '2026-01-01', 1);" 2
gives "nothing is found for nothing" "" "execute SearchByText('  - ', '2026-01-01', 10);" 2
gives "a search puts the exact name before what begins so" "Kabupaten Bogor|1 Kota Bogor|1" \
  "execute SearchByText('bogor', '2026-01-01', 2);" "2 11"
# People: the sums of the source, Dukcapil of the second half of 2024.
gives "East Java has 29 kabupaten and 9 kota, with their people" "29|29|0|36523269|0|t 9|0|9|5396637|0|t" \
  "execute RegionPageTotal('2026-01-01', '35', 'kabupaten', null); execute RegionPageTotal('2026-01-01', 'Jawa Timur', 'kota', null);" "1 2 3 4 5 6"
gives "regions lie in 34 provinces in 2021 and in 38 today" "34 38" \
  "select count(distinct province_id) from registry.region_on('2021-01-01'); select count(distinct province_id) from registry.region_on('2026-01-01');"
gives "all regions in two pages" "514" \
  "execute RegionPage('2026-01-01', null, null, null, 0, 300) \\g /dev/null
   \\set page :ROW_COUNT
   execute RegionPage('2026-01-01', null, null, null, 300, 300) \\g /dev/null
   select :page + :ROW_COUNT;"
gives "the members of 2017 by the borders of 2017 and of today" "26|26" \
  "execute CohortMembers(2017, '2017-05-22') \\g /dev/null
   \\set then :ROW_COUNT
   execute CohortMembers(2017, '2026-01-01') \\g /dev/null
   select :then || '|' || :ROW_COUNT;"

# Published scores, as an export script sees them.
set_session="set session authorization seratus_export;"
gives_export() { gives "$1" "$2" "reset session authorization; $set_session $3" "${4:-}"; }
gives_export "three scores are published" "33.75|2018|34400 35.71|2021|30600 35.71|2022|33100" \
  "select c.code, s.year, s.value_e4 from api.released_score s join registry.region_code c using (region_id)
   where c.system = 'kemendagri' and c.valid_to = 'infinity' order by 1, 2;" "1 2 3"
gives_export "Kediri 2022 computes to 3.315 from its parts" "3.3150" \
  "select (sum(p.value_e4 * a.weight_percent) / 1000000)::numeric(6, 4) from api.released_score_part p
   join api.released_score s using (region_id, year, stage, kind)
   join registry.instrument_aspect a on a.instrument_id = s.instrument_id and a.key = p.key and p.part = 'aspect';"
gives_export "its report: rank 1 of the one score of that year" "nation|1|1|514|0|1 province|1|1|38|0|1" \
  "select region_id as id from registry.region_code where system = 'kemendagri' and code = '35.71' \\gset
   execute ScoreRanksReleased(:id, 2022, 'annual', 'implementation', '2022-12-31');" "1 2 3 4 5 6"
gives_export "beside the claims of the article" "rank_national|22 rank_province|4" \
  "select region_id as id from registry.region_code where system = 'kemendagri' and code = '35.71' \\gset
   execute ScoreClaimsReleased(:id, 2022, 'annual', 'implementation');" "1 2"
gives_export "the cohort of 2017 has no published score of that year" "26|26" \
  "execute ComparisonRowsReleased(2017, 'annual', 'implementation', null, null, '{2017}') \\g | awk -F '\x1f' '\$13 == \"\" { n++ } END { print n \"\x1f\" NR }'" "1 2"

# A later version of the files: an alias less, a code less, a changed figure, and a score that a person has changed in the meantime.
mkdir "$work/later"
cp "$folder"/*.csv "$work/later"
sed -i '2d' "$work/later/region_aliases.csv"
sed -i '/^489,kemendagri,91.01,/d' "$work/later/region_codes.csv"
sed -i 's/^35.71,2022,annual,implementation,aspect,baseline,3.60/35.71,2022,annual,implementation,aspect,baseline,3.59/' "$work/later/score_parts.csv"
sed -i 's/^33.75,2018,annual,masterplan,,,3.44/33.75,2018,annual,masterplan,,,3.45/' "$work/later/scores.csv"
ask() { psql -X -q -At -v ON_ERROR_STOP=1 -d "$conninfo" -c "$1"; }
ask "insert into registry.audit_entry (region_id, actor_id, actor_role, action, object, detail)
     select region_id, 1, 'ministry_admin', 'score.update', registry.score_object(year, stage, kind), '{}' from registry.score where year = 2022;
     update registry.score set note = 'by hand', version = version + 1 where year = 2022"
folder=$work/later
load_script > "$work/load.sql"
load > "$work/third"
loaded() { # sentence, file, expected
  local actual
  actual=$(sed -n "/^$2\$/{n;p;}" "$work/third" | sed -E 's/\[[0-9]+/[N/g')
  [ "$actual" = "$3" ] || fail "$1" "$actual instead of $3"
  pass "$1"
}
loaded "an alias that left the file is removed" region_aliases.csv '0|0|131|1|[]'
loaded "a code that left the file stays and is named" region_codes.csv '0|0|1079|0|[["kemendagri", "91.01", 489]]'
loaded "a published figure that was corrected is updated; a score changed by a person is kept" scores.csv \
  "0|1|1|0|[]|[[N, 2022, \"annual\", \"implementation\"]]"
[ "$(ask "select value_e4 from registry.score_part where part = 'aspect' and key = 'baseline' and year = 2022")" = 36000 ] ||
  fail "the part keeps its value" "changed"
pass "so are its parts"
[ "$(ask "select version || ' ' || value_e4 from registry.score where year = 2018")" = "2 34500" ] || fail "the corrected score has a new version" ""
pass "a corrected score has a new version"

# Mistakes in a file stop everything.
refused() { # sentence, file, sed script, words of the error
  cp -r "$work/later" "$work/wrong"
  sed -i "$3" "$work/wrong/$2"
  folder=$work/wrong
  load_script > "$work/load.sql"
  if load > "$work/out" 2> "$work/err"; then fail "$1" "it was loaded"; fi
  grep -q "$4" "$work/err" || fail "$1" "$(cat "$work/err")"
  rm -r "$work/wrong"
  pass "$1"
}
refused "a membership of a region that is not there" memberships.csv '2s/^2017,[0-9.]*,/2017,99.99,/' 'no region has the code 99.99 today'
refused "a score of an instrument that is not there" scores.csv 's/evaluasi-10-20-30-20-20-cut/none/' 'violates foreign key constraint'
refused "a kind that is none" regions.csv '2s/kabupaten/desa/' 'violates check constraint'

# What constraints can't see is told by ReferenceFaults.
faulty() { # sentence, file, sed script, fault
  cp -r "$work/later" "$work/wrong"
  sed -i "$3" "$work/wrong/$2"
  folder=$work/wrong
  # A loader that was told of faults goes no further.
  load_script | sed 's/^commit;$/rollback;/; /ReferenceLinesRefresh/d' > "$work/load.sql"
  load > "$work/out"
  sed -n '/^faults$/,$p' "$work/out" | grep -q "^$4" || fail "$1" "$(sed -n '/^faults$/,$p' "$work/out")"
  rm -r "$work/wrong"
  pass "$1"
}
faulty "weights of 110 per cent" instrument_aspects.csv 's/-cut,baseline,1,10/-cut,baseline,1,20/' 'aspect weights do not add up to 100'
faulty "a mapping of 90 per cent" dimension_mappings.csv 's/living,ministry,living,0.75/living,ministry,living,0.65/' 'mapping weights do not add up to 1'
faulty "two codes on one day" region_codes.csv 's/^489,kemendagri,93.01,2022-07-25/489,kemendagri,93.01,2022-07-24/' 'region has two codes of one system on one day'
faulty "two codes of a province on one day" province_codes.csv '$a 2,kemendagri,10,,,x' 'province has two codes of one system on one day'
faulty "two provinces on one day" region_provinces.csv 's/^\(489,[0-9]*\),2022-07-25,,/\1,2022-07-24,,/' 'region belongs to two provinces on one day'
faulty "an alias that is another region's name" region_aliases.csv '$a 12,Aceh Selatan,spelling,x' 'alias is the base name of another region'
