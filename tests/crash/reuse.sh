#!/bin/sh
# A create on a connection that was used before is what libcurl sends twice when that connection dies: errand must not do
# it, and a copy of errand that does must be caught. sh tests/crash/reuse.sh BUILD_DIR
set -u
build=$1
dir=$(mktemp -d) || exit 1
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null; rm -rf "$dir"' EXIT
passed=0 failed=0

# effects ERRAND: how often one create had its effect, whose first answer was dropped after it
effects() {
  "$1" sandbox --port 0 --fault ixon.invites.create:drop-reply@1 >"$dir/env" 2>"$dir/err" &
  server=$!
  for _ in $(seq 500); do
    grep -q 'serving on' "$dir/env" && break
    sleep 0.02
  done
  url=$(sed -n 's/.*serving on \(http[^ ]*\) .*/\1/p' "$dir/env")
  rm -f "$dir"/store*
  (. "$dir/env" && ERRAND_STORE=$dir/store ERRAND_IXON_SETTLE=0.05 ERRAND_QALYPTUS_SETTLE=0.05 \
    "$1" run tests/crash/onboard.lua --email new.hire@example.com) >"$dir/log" 2>&1
  curl -s "$url/_sandbox/effects" | grep -o '"ixon.invites.create":{"new.hire@example.com":[0-9]*' | grep -o '[0-9]*$'
  kill -9 $server 2>/dev/null
  wait $server 2>/dev/null
  server=
}

# check NAME GOT WANTED
check() {
  if [ "$2" = "$3" ]; then
    echo "ok - $1"
    passed=$((passed + 1))
  else
    echo "not ok - $1: $2 effects, $3 expected"
    tail -n 5 "$dir/log"
    failed=$((failed + 1))
  fi
}

check "a create leaves on a connection of its own, and once" "$(effects "$build/errand")" 1

mkdir -p "$dir/tree/build" "$dir/tree/tests" "$dir/tree/scripts" && cp -a Makefile host lua "$dir/tree" &&
  cp tests/tests.mk "$dir/tree/tests" && cp -a scripts/packaging "$dir/tree/scripts" &&
  cp -a "$build/host" "$build/embed" "$build/embedded.inc" "$build/errand" "$dir/tree/build" || exit 1
sed -i 's/fresh ? 1L : 0L/0L/' "$dir/tree/host/httpopts.c"
if cmp -s host/httpopts.c "$dir/tree/host/httpopts.c"; then
  echo "not ok - planted: connections used again: cannot be planted: host/httpopts.c has changed"
  failed=$((failed + 1))
else
  make -s -C "$dir/tree" B=build all >"$dir/make.log" 2>&1 || cat "$dir/make.log"
  check "planted: connections used again: caught" "$(effects "$dir/tree/build/errand")" 2
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
