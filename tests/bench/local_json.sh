#!/bin/sh
# JSON beside lua-cjson, and what cJSON, plain C, needs to decode the same.
# local_json.sh BUILD_DIR [SECONDS for each figure]
set -eu
build=$1
seconds=${2:-0.3}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

"$build/errand" run tests/bench/json.lua "$seconds" "$tmp"
if [ -x "$build/tests/local_json" ]; then
  printf '\nMB/s of cJSON in C            decode\n'
  "$build/tests/local_json" "$seconds" "$tmp"/*
fi
