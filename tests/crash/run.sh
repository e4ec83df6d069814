#!/bin/sh
# All crash campaigns: sh tests/crash/run.sh BUILD_DIR [PLANS] [KILLS]
# Ends with one line "N passed, N failed" over plans, people whose run was killed, scenarios and planted bugs.
set -u
build=$1 plans=${2:-100000} kills=${3:-2000}
errand=$(cd "$build" && pwd)/errand
lua=$(pwd)/lua
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
chmod 700 "$dir"
passed=0 failed=0

# number WORD FILE...: the number behind WORD in the last lines of the files, added up
number() {
  word=$1
  shift
  sed -n "s/.*\\b$word \\([0-9]*\\).*/\\1/p" "$@" | awk '{ n += $1 } END { print n + 0 }'
}

# shown FILE...: what failed, and how long it took since $began
shown() {
  grep -h '^not ok' "$@" | head -20
  echo "   $(($(date +%s) - began)) s"
}

# two halves at once; a half that does not end well counts as a failure
halves() {
  name=$1
  shift
  echo "== $name"
  began=$(date +%s)
  codes=0
  "$errand" run "$@" --shard 1 --shards 2 >"$dir/1.log" 2>&1 &
  first=$!
  "$errand" run "$@" --shard 2 --shards 2 >"$dir/2.log" 2>&1 || codes=$((codes + 1))
  wait $first || codes=$((codes + 1))
}

halves "plans: killed once, twice, three times" tests/crash/plans.lua --plans "$plans"
done=$(number plans "$dir/1.log" "$dir/2.log") bad=$(number failed "$dir/1.log" "$dir/2.log")
[ $codes -gt 0 ] && [ "$bad" -eq 0 ] && bad=$codes && cat "$dir/1.log" "$dir/2.log"
echo "   $done plans, $(number kills "$dir/1.log" "$dir/2.log") kills, $(number questions "$dir/1.log" "$dir/2.log") questions, $bad failed"
passed=$((passed + done - bad)) failed=$((failed + bad))
shown "$dir/1.log" "$dir/2.log"

halves "faults of each request, and pairs with kills" tests/crash/faults.lua --plans $((plans / 20))
done=$(number plans "$dir/1.log" "$dir/2.log") bad=$(number failed "$dir/1.log" "$dir/2.log")
[ $codes -gt 0 ] && [ "$bad" -eq 0 ] && bad=$codes && cat "$dir/1.log" "$dir/2.log"
echo "   $done plans, $(number questions "$dir/1.log" "$dir/2.log") questions, $bad failed"
passed=$((passed + done - bad)) failed=$((failed + bad))
shown "$dir/1.log" "$dir/2.log"

echo "== real processes, killed by SIGKILL and resumed"
began=$(date +%s)
workers=4 pids=
for i in 1 2 3 4; do
  mkdir "$dir/k$i"
  "$errand" run tests/crash/kills.lua "$errand" "$dir/k$i" --kills $(((kills + workers - 1) / workers)) --seed "$i" \
    >"$dir/k$i.log" 2>&1 &
  pids="$pids $!"
done
bad=0
for pid in $pids; do wait "$pid" || bad=$((bad + 1)); done
done=$(number people "$dir"/k?.log)
wrong=$(($(number duplicates "$dir"/k?.log) + $(number losses "$dir"/k?.log) + $(number stuck "$dir"/k?.log)))
[ $bad -gt 0 ] && [ $wrong -eq 0 ] && wrong=$bad && cat "$dir"/k?.log
echo "   $(number kills "$dir"/k?.log) kills of $done runs, $(number duplicates "$dir"/k?.log) duplicates," \
  "$(number losses "$dir"/k?.log) lost, $(number stuck "$dir"/k?.log) that did not end"
passed=$((passed + done - wrong)) failed=$((failed + wrong))
shown "$dir"/k?.log

# counted FILE: adds the counts of its last line "N passed, N failed"
counted() {
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$1" | tail -n 1)
  if [ -z "$line" ]; then
    failed=$((failed + 1))
    tail -n 20 "$1"
    return
  fi
  passed=$((passed + ${line%% *}))
  line=${line#*, }
  failed=$((failed + ${line%% *}))
}

echo "== single situations"
began=$(date +%s)
"$errand" run tests/crash/scenarios.lua >"$dir/log" 2>&1
counted "$dir/log"
shown "$dir/log"
mkdir "$dir/two"
"$errand" run tests/crash/two.lua "$errand" "$dir/two" >"$dir/log" 2>&1
counted "$dir/log"
shown "$dir/log"

sh tests/crash/reuse.sh "$build" >"$dir/log" 2>&1
counted "$dir/log"
shown "$dir/log"

halves "planted bugs, each of which must be caught" tests/crash/planted.lua "$errand" "$dir" --lua "$lua"
counted "$dir/1.log"
counted "$dir/2.log"
grep -hc '^ok' "$dir/1.log" "$dir/2.log" | awk '{ n += $1 } END { print "   " n " caught" }'
shown "$dir/1.log" "$dir/2.log"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
