#!/bin/sh
# run.sh - runs fuzz targets, each for some seconds, two at a time.
# SPDX-License-Identifier: MIT
#
# run.sh DIR SECONDS TARGET...: DIR holds the programs and, in DIR/corpus, what
# they have found out so far; what breaks a target goes to DIR/crash. Copy that
# to tests/fuzz/corpus/TARGET once it is mended. JOBS=N runs N at a time (2).
#
# A line for each target tells how many inputs it ran, of them a second, and
# what it covers: edges of C, and features, which count how often an edge or,
# for targets in Lua, a step from one line to another was taken. To take new
# ways through the code into the seeds that are kept:
#
#   tests/fuzz/merge.sh DIR TARGET...
set -u
if [ "${1:-}" = --one ]; then
  dir=$2 seconds=$3 target=$4
  mkdir -p "$dir/corpus/$target" "$dir/crash"
  # A Lua state that is kept from run to run looks like a leak of each.
  leaks=1
  if grep -qE 'lua_State|fuzzlua\.h' "tests/fuzz/fuzz_$target.c"; then leaks=0; fi
  set -- -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 -detect_leaks=$leaks -print_final_stats=1 \
    -artifact_prefix="$dir/crash/$target-"
  [ ! -f "tests/fuzz/dict/$target.dict" ] || set -- "$@" -dict="tests/fuzz/dict/$target.dict"
  log=$dir/$target.log
  # It ends by itself; what hangs in C so that it cannot is ended two minutes later.
  timeout -k 10 "$((seconds + 120))" "$dir/fuzz_$target" "$@" "$dir/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1
  code=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  # shellcheck disable=SC2046 # "EDGES FEATURES" are two words
  set -- $(sed -n 's/^#.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 \2/p' "$log" | tail -n 1)
  said=$(printf '%s: %s inputs, %s a second, %s edges, %s features' "$target" "${runs:-?}" "${speed:-?}" "${1:-?}" "${2:-?}")
  if [ $code -eq 0 ]; then
    echo "pass $said"
    : >"$dir/$target.passed"
  else
    # In one piece, for another target may be told at the same time.
    printf '%s\nFAIL %s (exit %s)\n' "$(grep -v '^#[0-9]' "$log" | tail -n 40)" "$said" "$code"
  fi
  exit 0
fi
dir=$1
seconds=$2
shift 2
mkdir -p "$dir/crash"
for target in "$@"; do rm -f "$dir/$target.passed"; done
echo "fuzz: $# targets, $seconds s each, ${JOBS:-2} at a time"
printf '%s\n' "$@" | xargs -P "${JOBS:-2}" -n 1 sh "$0" --one "$dir" "$seconds"
passed=0
failed=
for target in "$@"; do
  if [ -f "$dir/$target.passed" ]; then passed=$((passed + 1)); else failed="$failed $target"; fi
done
[ -z "$failed" ] || echo "failed:$failed; what broke them is in $dir/crash"
echo "$passed passed, $(($# - passed)) failed"
[ $passed -eq $# ]
