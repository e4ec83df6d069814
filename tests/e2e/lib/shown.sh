# shown.sh - pages whose blocks are run. To be read after e2e.sh.
# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154

# page FILE NAME VARIABLES: shown.lua at home, with the variables of that file in
# the environment; TAP, numbered from 1
page() {
  rm -rf "$tmp/shown"
  mkdir "$tmp/shown"
  sed 's/^/export /; s/^export export/export/' "$3" >"$tmp/shown/env"
  echo "$HOME" >"$tmp/shown/cwd"
  errand run tests/e2e/lib/shown.lua "$1" "$2" "$tmp/shown"
}

# shown PAGE [VARIABLES]: a page of the tree; ends the test. The paths and the
# port of the page are those of the reader, here they are the tree's and a free one.
shown() {
  sed "s|/usr/share/doc/errand/|$here/|g; s|127\.0\.0\.1:8700|127.0.0.1:0|g" "$1" >"$tmp/page.md"
  page "$tmp/page.md" "${1##*/}" "${2:-/dev/null}" >"$tmp/tap"
  code=$?
  if [ "${UPDATE:-}" = 1 ]; then
    sed "s|$here/|/usr/share/doc/errand/|g; s|127\.0\.0\.1:0|127.0.0.1:8700|g" "$tmp/page.md" >"$1"
  fi
  awk -v n="$count" '/^ok |^not ok / { sub(/ok [0-9]+/, "ok " ++n) } /^1\.\./ { $0 = "1.." n } { print }' "$tmp/tap"
  [ "$failed" = 0 ] && [ $code = 0 ]
  exit
}
