#!/bin/sh
# How long errand takes to its first prompt, beside lua5.4 -i: at most twice as
# long, with no history and with a full one. A line has the medians of runs in
# turn, their ratio, and the machine's noise meanwhile.
# prompt.sh BUILD_DIR [RUNS]
set -eu
build=$1
runs=${2:-300}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/new" "$tmp/old/.local/state/errand"
i=0
while [ $i -lt 1000 ]; do
  i=$((i + 1))
  echo "ixon.users.list{ page_size = $i }"
done >"$tmp/old/.local/state/errand/history"

# beside_lua NAME HOME
beside_lua() {
  env -i PATH="$PATH" HOME="$2" TERM=xterm LC_ALL=C.UTF-8 INPUTRC=/etc/inputrc \
    "$build/tests/prompt" "$runs" 2 "$1" '> ' lua5.4 -i -- '> ' "$build/errand"
}

echo "first prompt                 lua5.4 -i       errand"
beside_lua "no history" "$tmp/new"
beside_lua "1,000 statements of history" "$tmp/old"
