#!/bin/sh
# All campaigns of the scheduler: sh tests/schedule/run.sh BUILD_DIR [SLOTS] [RUNS] [KILLS] [SCENARIOS]
# SLOTS with flat memory, RUNS of the engine in 30 virtual days, KILLS of a real daemon, SCENARIOS with faults.
# SEED=N in the environment begins elsewhere. Ends with one line "N passed, N failed".
set -u
build=$1 slots=${2:-100000} runs=${3:-3000} kills=${4:-60} scenarios=${5:-10000} seed=${SEED:-1}
errand=$(cd "$build" && pwd)/errand
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
first= pids=
trap 'kill $first $pids 2>/dev/null; exit 1' INT TERM
chmod 700 "$dir"
passed=0 failed=0

# number WORD FILE...: the number behind WORD in the files, added up
number() {
  word=$1
  shift
  sed -n "s/.*\\b$word \\([0-9]*\\).*/\\1/p" "$@" | awk '{ n += $1 } END { print n + 0 }'
}

# verdict DONE BAD CODES FILE...: counts, and shows what went wrong
verdict() {
  done=$1 bad=$2 codes=$3
  shift 3
  [ "$codes" -gt 0 ] && [ "$bad" -eq 0 ] && bad=$codes
  [ "$bad" -gt 0 ] && tail -n 25 "$@"
  passed=$((passed + done - bad)) failed=$((failed + bad))
  [ "$passed" -lt 0 ] && passed=0
  echo "   $(($(date +%s) - began)) s"
}

# both ARGS...: two halves at once, into 1.log and 2.log; how many did not end well is $codes
both() {
  began=$(date +%s) codes=0
  "$errand" run "$@" --shard 1 --shards 2 >"$dir/1.log" 2>&1 &
  first=$!
  "$errand" run "$@" --shard 2 --shards 2 >"$dir/2.log" 2>&1 || codes=$((codes + 1))
  wait $first || codes=$((codes + 1))
}

echo "== scenarios with faults, seeds from $seed"
both tests/schedule/campaign.lua --scenarios "$scenarios" --seed "$seed"
done=$(number scenarios "$dir/1.log" "$dir/2.log")
echo "   $done scenarios, $(number faults "$dir/1.log" "$dir/2.log") faults, $(number kills "$dir/1.log" "$dir/2.log") deaths," \
  "$(number slots "$dir/1.log" "$dir/2.log") slots, $(number runs "$dir/1.log" "$dir/2.log") runs"
verdict "$done" "$(number failed "$dir/1.log" "$dir/2.log")" $codes "$dir/1.log" "$dir/2.log"

echo "== planted bugs, each of which must be caught"
both tests/schedule/planted.lua "$errand"
verdict "$(number bugs "$dir/1.log" "$dir/2.log")" "$(number missed "$dir/1.log" "$dir/2.log")" $codes "$dir/1.log" "$dir/2.log"

echo "== memory and descriptors, the store over a month"
began=$(date +%s) codes=0
"$errand" run tests/schedule/flat.lua --slots "$slots" >"$dir/1.log" 2>&1 &
first=$!
"$errand" run tests/schedule/soak.lua --runs "$runs" >"$dir/2.log" 2>&1 || codes=$((codes + 1))
wait $first || codes=$((codes + 1))
grep -h '^#' "$dir/1.log" "$dir/2.log"
verdict "$(number checks "$dir/1.log" "$dir/2.log")" "$(number failed "$dir/1.log" "$dir/2.log")" $codes "$dir/1.log" "$dir/2.log"

echo "== the daemon killed by SIGKILL"
began=$(date +%s) codes=0 pids=
for i in 1 2; do
  mkdir "$dir/k$i"
  "$errand" run tests/schedule/kills.lua "$errand" "$dir/k$i" --kills $(((kills + 1) / 2)) --seed $((seed + i)) \
    >"$dir/k$i.log" 2>&1 &
  pids="$pids $!"
done
for pid in $pids; do wait "$pid" || codes=$((codes + 1)); done
grep -h '^#' "$dir/k1.log" "$dir/k2.log"
done=$(number slots "$dir/k1.log" "$dir/k2.log")
echo "   $(number kills "$dir/k1.log" "$dir/k2.log") kills, $done slots"
verdict "$done" "$(sed -n 's/^kills.* failed \([0-9]*\)$/\1/p' "$dir"/k?.log | awk '{ n += $1 } END { print n + 0 }')" $codes \
  "$dir/k1.log" "$dir/k2.log"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
