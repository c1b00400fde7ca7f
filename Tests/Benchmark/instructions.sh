# The part of scripts/bench that counts the instructions of a unary call, on each side, with callgrind: the same from run to run, whatever
# else the machine does. What is left in .build/instructions is for callgrind_annotate.
# shellcheck shell=bash disable=SC2154  # certificates and programs are lontar.sh's

counts=.build/instructions

# counted NAME COMMAND...: runs the command under callgrind, its standard output passed on.
counted() {
  valgrind --tool=callgrind --callgrind-out-file="$counts/$1.out" "${@:2}" 2>"$counts/$1.log"
}

# collected NAME: instructions of that run.
collected() {
  awk '/Collected :/ { print $NF; found = 1 } END { exit !found }' "$counts/$1.log" || { tail -3 "$counts/$1.log" >&2; return 1; }
}

# count_end PROGRAM END FLIGHT CALLS: so many calls by each of so many tasks, twice, with that end, server or client, under callgrind.
count_end() {
  local program=$1 end=$2 name=$1-$2-$3-$4 place server
  local serve=("$counts/$program" serve --certificates "$certificates")
  [ "$program" != lontar ] || serve+=(--as-peers)
  if [ "$end" = server ]; then coproc SERVER { counted "$name" "${serve[@]}"; }; else coproc SERVER { "${serve[@]}"; }; fi
  server=$SERVER_PID
  read -r -t 60 place <&"${SERVER[0]}" || return 1
  local load=("$counts/$program" echo --server "$place" --in-flight "$3" --seconds 600 --calls "$4")
  if [ "$end" = client ]; then counted "$name" "${load[@]}" >/dev/null; else "${load[@]}" >/dev/null; fi
  # A server ends with its standard input.
  eval "exec ${SERVER[1]}>&-"
  wait "$server"
}

bench_lontar_instructions() {
  prepare_lontar
  mkdir -p "$counts"
  local program end shape flight few many each
  declare -A ours
  for program in lontar grpc-swift-2; do
    # callgrind's reader of debug information does not understand all of Swift's; names are enough.
    strip -g -o "$counts/$program" "${programs[$program]}"
    for shape in "1 100 400" "64 4 12"; do
      read -r flight few many <<<"$shape"
      for end in server client; do
        count_end $program $end "$flight" "$few" && count_end $program $end "$flight" "$many" || return 1
        each=$((($(collected "$program-$end-$flight-$many") - $(collected "$program-$end-$flight-$few")) / (2 * flight * (many - few))))
        [ $program != lontar ] || ours[$end-$flight]=$each
        echo "$program echo 1x$flight: $each instructions a call on the $end (ratio $(awk "BEGIN { printf \"%.3f\", ${ours[$end-$flight]} / $each }"))"
      done
    done
  done
}
