#!/bin/sh
# Starting errand, and one call, beside curl: medians of runs in turn.
# start.sh BUILD_DIR [RUNS]
set -eu
build=$1
runs=${2:-300}
errand=$build/errand
tmp=$(mktemp -d)
pid=
trap 'if [ -n "$pid" ]; then kill "$pid"; fi; rm -rf "$tmp"' EXIT

mkfifo "$tmp/ready"
"$errand" sandbox >"$tmp/ready" &
pid=$!
exec 3<"$tmp/ready"
while read -r line <&3; do
  case $line in "export "*) eval "$line" ;; esac
  case $line in "# serving"*) break ;; esac
done
: "${ERRAND_QALYPTUS_URL:?the sandbox printed no address}"

echo "command                      beside        errand"
"$build/tests/beside" "$runs" "empty script" curl --version -- "$errand" -e ''
"$build/tests/beside" "$runs" "one call" \
  curl -s -H "Authorization: Bearer $ERRAND_QALYPTUS_KEY" "$ERRAND_QALYPTUS_URL/roles?page=1&page_size=50" -- \
  "$errand" -e 'return qalyptus.roles.list()'
