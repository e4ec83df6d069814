#!/bin/sh
# How long errand and others take to start and to end, beside curl --version,
# which loads the libraries that errand loads when it needs them.
# start.sh BUILD_DIR [RUNS]
set -eu
build=$1
runs=${2:-200}
errand=$build/errand
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
: >"$tmp/empty"
printf 'local list = qalyptus.roles.list\n' >"$tmp/touch.lua"

# beside NAME LIMIT COMMAND...: LIMIT is - where there is no target
beside() {
  name=$1
  limit=
  [ "$2" = - ] || limit="-p $2"
  shift 2
  # shellcheck disable=SC2086
  "$build/tests/beside" $limit "$runs" "$name" curl --version -- "$@"
}

# peer COMMAND [ARGUMENT...]: what is not here is left out
peer() {
  if command -v "$1" >/dev/null; then beside "${1##*/}, empty script" - "$@"; else echo "$1: missing here"; fi
}

echo "start                             curl         the other"
beside "errand, empty script" 1.5 "$errand" run "$tmp/empty"
beside "errand -e ''" - "$errand" -e ''
beside "errand, one operation named" - "$errand" run "$tmp/touch.lua"
beside "errand --version" - "$errand" --version
beside "errand help" - "$errand" help
peer lua5.4 "$tmp/empty"
peer "$(command -v "$build/npm/node_modules/.bin/bun" || echo bun)" "$tmp/empty"
peer "$(command -v /usr/bin/python3 || echo python3)" "$tmp/empty"
peer node "$tmp/empty"
