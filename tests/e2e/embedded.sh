#!/bin/sh
# embedded.sh - the catalogues as built in are those of the files under lua/.
# SPDX-License-Identifier: MIT

ERRAND=${ERRAND:-build/errand}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
count=0
failed=0

# same WHAT COMMAND...: prints the same from the binary and from the files
same() {
  what=$1
  shift
  "$ERRAND" "$@" >"$tmp/embedded" 2>&1 && ERRAND_LUA=lua "$ERRAND" "$@" >"$tmp/files" 2>&1
  ended=$?
  count=$((count + 1))
  if [ $ended = 0 ] && [ -s "$tmp/files" ] && cmp -s "$tmp/embedded" "$tmp/files"; then
    echo "ok $count - $what"
  else
    failed=$((failed + 1))
    echo "not ok $count - $what"
    diff "$tmp/embedded" "$tmp/files" | head -n 5 | sed 's/^/# /'
  fi
}

same "the list of operations" list-operations
for service in lua/*/catalogue.lua; do
  service=${service%/catalogue.lua}
  service=${service#lua/}
  [ "$service" = core ] && continue
  same "the OpenAPI description of $service" export openapi "$service"
  same "the help on $service" help "$service"
done
count=$((count + 1))
if ERRAND_LUA="" "$ERRAND" list-operations >"$tmp/files" 2>&1 && "$ERRAND" list-operations | cmp -s - "$tmp/files"; then
  echo "ok $count - an empty ERRAND_LUA is none"
else
  failed=$((failed + 1))
  echo "not ok $count - an empty ERRAND_LUA is none"
  head -n 5 "$tmp/files" | sed 's/^/# /'
fi
echo "1..$count"
[ $failed = 0 ]
