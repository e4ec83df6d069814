#!/bin/sh
# merge.sh - takes what fuzzing has found into the corpora that are kept.
# SPDX-License-Identifier: MIT
#
# merge.sh DIR TARGET...: of DIR/corpus/TARGET that which covers what nothing in
# tests/fuzz/corpus/TARGET does, smallest first, MOST files (300) at most. What
# is kept stays, for a file with a name of its own once broke something.
set -eu
dir=$1
shift
for target in "$@"; do
  kept=tests/fuzz/corpus/$target
  merged=$dir/merged/$target
  mkdir -p "$dir/merged" "$dir/corpus/$target"
  rm -rf "$merged"
  mkdir "$merged"
  cp "$kept"/* "$merged"
  "$dir/fuzz_$target" -merge=1 -max_len=2000 -timeout=20 -rss_limit_mb=2048 -detect_leaks=0 "$merged" "$dir/corpus/$target" \
    >"$dir/$target.merge.log" 2>&1 || { tail -n 20 "$dir/$target.merge.log"; exit 1; }
  room=$((${MOST:-300} - $(find "$kept" -type f | wc -l)))
  # shellcheck disable=SC2012 # the names are libFuzzer's own
  ls -Sr "$merged" | while read -r name; do
    [ ! -f "$kept/$name" ] || continue
    [ $room -gt 0 ] || break
    cp "$merged/$name" "$kept/"
    room=$((room - 1))
  done
  echo "$target: $(find "$kept" -type f | wc -l) files, $(du -sb "$kept" | cut -f1) bytes"
done
