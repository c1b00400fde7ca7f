# The part of scripts/bench that measures Lontar beside its peers. What the rows mean: README.md beside this file.
# shellcheck shell=bash disable=SC2154  # bin, peers, root and seconds are scripts/bench's

rounds=3
# beside ROUNDS "SIDE..." COMMAND...: the same load on each side in turns, each line as it comes, then the table of medians.
beside() {
  local rounds=$1 sides=$2 side line lines=
  shift 2
  for _ in $(seq "$rounds"); do
    for side in $sides; do
      line=$($client "${programs[$side]}" "$@" --certificates "$certificates" $server ${settings[$side]-}) || return 1
      echo "$side $line"
      lines+="$side $line"$'\n'
    done
  done
  awk -v sides="$sides" "$table" <<<"$lines"
}

# One row for each figure of a load: the median of its rounds for each side, and the ratio of the first side to each other.
table='
  function median(key,  n, i, j, v, t) {
    n = count[key]
    for (i = 1; i <= n; i++) v[i] = value[key, i]
    for (i = 2; i <= n; i++) { t = v[i]; for (j = i - 1; j > 0 && v[j] > t; j--) v[j + 1] = v[j]; v[j + 1] = t }
    return v[int((n + 1) / 2)]
  }
  function figure(x) { return x >= 100 ? sprintf("%.0f", x) : x >= 10 ? sprintf("%.1f", x) : sprintf("%.3f", x) }
  NF {
    side = $1
    sub(/^[^ ]+ /, "")
    row = substr($0, 1, index($0, ":") - 1)
    rest = substr($0, index($0, ":") + 1)
    gsub(/\([^)]*\)/, "", rest)
    parts = split(rest, part, ",")
    for (i = 1; i <= parts; i++) {
      words = split(part[i], word, " ")
      label = ""; number = ""
      # The last number counts: of "server memory 12.0 to 30.1 MB" the peak.
      for (j = 1; j <= words; j++) if (word[j] ~ /^[0-9.]+$/) number = word[j] + 0; else if (word[j] != "to") label = label " " word[j]
      if (number == "") continue
      if (!(label in seen)) { seen[label] = 1; labels[++labelCount] = label }
      key = side SUBSEP label
      value[key, ++count[key]] = number
    }
  }
  END {
    sideCount = split(sides, name, " ")
    for (l = 1; l <= labelCount; l++) {
      line = row labels[l] ":"
      own = median(name[1] SUBSEP labels[l])
      for (s = 1; s <= sideCount; s++) {
        key = name[s] SUBSEP labels[l]
        if (!count[key]) continue
        m = median(key)
        line = line (s > 1 ? ";" : "") " " name[s] " " figure(m)
        if (s > 1 && m > 0) line = line sprintf(" (ratio %.2f)", own / m)
      }
      print "  " line
    }
  }'

prepare_lontar() {
  certificates=${SERATUS_STATE:-$root/.seratus}/certificates
  scripts/certificates "$certificates" >/dev/null
  client= server=
  if taskset -c 0 true 2>/dev/null && taskset -c 1 true 2>/dev/null; then
    client="taskset -c 0" server="--server-core 1"
  else
    echo "client and server share the machine's one core"
  fi
  # gRPC C++ has no setting for the cipher that all others use.
  printf '%s\n' 'openssl_conf = all' '[all]' 'ssl_conf = ssl' '[ssl]' 'system_default = tls' '[tls]' \
    'Ciphersuites = TLS_AES_128_GCM_SHA256' >"$certificates/aes128.cnf"
  export OPENSSL_CONF=$certificates/aes128.cnf
  declare -gA programs=(
    [lontar]="$bin/seratus-benchmark" [bare-loop]="$peers/bare-loop" [grpc-swift-2]="$peers/grpc-swift-peer"
    [grpc-swift-2/at-once]="$peers/grpc-swift-peer" [grpc-swift-2/batches]="$peers/grpc-swift-peer"
    [grpc-cpp]=".build/grpc-cpp/grpc-cpp" [grpc-cpp/hints]=".build/grpc-cpp/grpc-cpp"
  )
  declare -gA settings=([grpc-swift-2/at-once]=--no-coalescing [grpc-swift-2/batches]="--batch 64" [grpc-cpp/hints]="--batch 64")
}

bench_lontar() { bench_lontar_unary && bench_lontar_streams && bench_lontar_connections; }

bench_lontar_unary() {
  prepare_lontar
  local shape connections flight times
  # Many rounds: with one call at a time it is the waking of threads that is measured, which a virtual machine does now fast, now slowly.
  for shape in "1 1 9" "1 64 5" "16 16 5"; do
    read -r connections flight times <<<"$shape"
    beside "$times" "lontar bare-loop grpc-cpp grpc-swift-2 grpc-swift-2/at-once" \
      echo --seconds "$seconds" --connections "$connections" --in-flight "$flight"
  done
}

bench_lontar_streams() {
  prepare_lontar
  beside $rounds "lontar bare-loop grpc-cpp grpc-cpp/hints grpc-swift-2 grpc-swift-2/batches" stream --messages 1000000 --message-bytes 100
  beside $rounds "lontar bare-loop grpc-cpp grpc-swift-2" stream --messages 16384 --message-bytes 65536
}

bench_lontar_connections() {
  prepare_lontar
  local count
  for count in 1 8; do
    beside $rounds "lontar grpc-swift-2" connect --seconds "$seconds" --at-once "$count"
  done
  # A client with 1,000 connections, and a server, need as many file descriptors and some.
  ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
  beside 1 "lontar grpc-swift-2" idle --connections 1000
}
