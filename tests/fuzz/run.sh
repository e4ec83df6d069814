#!/bin/sh
# run.sh - runs fuzz targets one after another, each for some seconds.
# SPDX-License-Identifier: MIT
#
# run.sh DIR SECONDS TARGET...: DIR holds the programs and, in DIR/corpus, what
# they have found out so far; what breaks a target goes to DIR/crash. Copy that
# to tests/fuzz/corpus/TARGET once it is mended. To take new ways through the
# code into the seeds that are kept:
#
#   DIR/fuzz_TARGET -merge=1 -max_len=2000 tests/fuzz/corpus/TARGET DIR/corpus/TARGET
dir=$1
seconds=$2
shift 2
failed=
mkdir -p "$dir/crash"
for target in "$@"; do
  mkdir -p "$dir/corpus/$target"
  # A Lua state that is kept from run to run looks like a leak of each.
  leaks=1
  case $target in complete | csv | json | statement | text) leaks=0 ;; esac
  echo "fuzz $target: $seconds s"
  if "$dir/fuzz_$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -detect_leaks=$leaks \
    -artifact_prefix="$dir/crash/$target-" "$dir/corpus/$target" "tests/fuzz/corpus/$target" >"$dir/$target.log" 2>&1; then
    tail -n 1 "$dir/$target.log"
  else
    tail -n 40 "$dir/$target.log"
    failed="$failed $target"
  fi
done
[ -z "$failed" ] || { echo "broken:$failed; see $dir/crash" >&2; exit 1; }
