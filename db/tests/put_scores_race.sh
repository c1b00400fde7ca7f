# Two writers at once: the same key waits and gets the stored reply; the same version loses. $1 is the conninfo of the database.
set -euo pipefail
ask() { psql -X -q -At -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }
pass() { echo "psql: NOTICE:  ok - $1" >&2; }
fail() { echo "not ok - $1: $2" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

row() { # region, year, expected version, value
  echo "[{\"region_id\": $1, \"year\": $2, \"stage\": \"annual\", \"kind\": \"implementation\", \"computed_e4\": $4, \"certainty\": \"verified\", \"expected_version\": $3}]"
}
put() { # key, request, rows: one transaction, with the context set by enter
  echo "select region_id || ' v' || version || ' ' || replayed from api.put_scores('\\x$(printf '%032x' "$1")', sha256('$2'), '$3');"
}
# Runs $1 and holds its transaction open until $2 is waiting for it, then commits; prints what each answered.
race() {
  mkfifo "$work/first.in"
  psql -X -q -At -d "$conninfo" < "$work/first.in" > "$work/first" 2>&1 &
  local first=$!
  exec 9> "$work/first.in"
  printf '%s\n' "set session authorization seratus_region; begin; select test.enter('region-a', true);" "$1" "\\echo written" >&9
  until grep -q '^written$' "$work/first"; do kill -0 $first; done
  printf '%s\n' "set session authorization seratus_region; begin; select test.enter('region-a', true);" "$2" "commit;" \
    | psql -X -q -At -d "$conninfo" > "$work/second" 2>&1 &
  local second=$!
  until [ "$(ask "$conninfo" "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")" = 1 ]; do
    kill -0 $second
  done
  echo 'commit;' >&9
  exec 9>&-
  wait $first
  wait $second || true
  rm "$work/first.in"
}
conninfo=$1

race "$(put 1 same "$(row 1 2023 0 100)")" "$(put 1 same "$(row 1 2023 0 100)")"
grep -q '^1 v1 false$' "$work/first" || fail "the first writer writes" "$(cat "$work/first")"
grep -q '^1 v1 true$' "$work/second" || fail "the second with the same key is answered from memory" "$(cat "$work/second")"
pass "two requests with one key write once and answer alike"
[ "$(ask "$conninfo" 'select count(*) from registry.audit_entry')" = 1 ] || fail "one audit entry" "$(ask "$conninfo" 'select count(*) from registry.audit_entry')"
pass "and leave one audit entry"

race "$(put 2 a "$(row 1 2023 1 200)")" "$(put 3 b "$(row 1 2023 1 300)")"
grep -q '^1 v2 false$' "$work/first" || fail "the first of two changes holds" "$(cat "$work/first")"
grep -q 'changed by somebody else' "$work/second" || fail "the second is stale" "$(cat "$work/second")"
pass "of two changes to one version the second is refused"

race "$(put 4 c "$(row 1 2024 0 200)")" "$(put 5 d "$(row 1 2024 0 300)")"
grep -q '^1 v1 false$' "$work/first" || fail "the first creation holds" "$(cat "$work/first")"
grep -q 'changed by somebody else' "$work/second" || fail "the second finds it there" "$(cat "$work/second")"
pass "of two creations the second is refused"
[ "$(ask "$conninfo" 'select value_e4 from registry.score where region_id = 1 and year = 2024')" = 200 ] || fail "the first value stands" ""
pass "and the first value stands"
