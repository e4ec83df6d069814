#!/bin/sh
# No signal handler does unsafe work, and no thread runs one by surprise.
# sh tests/signals/run.sh BUILD_DIR; ends with one line "N passed, N failed".
# SPDX-License-Identifier: MIT
#
# walk.lua looks at what the handlers reach, threads.sh at the threads that
# there are in fact. Each file of planted/ does something that walk.lua has to
# find: its first line says what.
set -eu
build=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
flags="-std=c11 -D_GNU_SOURCE -Ihost -I$build $(pkg-config --cflags lua5.4 libcurl libmicrohttpd sqlite3)"

# graph FOLDER FILE...: their call graphs
graph() {
  folder=$1
  shift
  for file; do
    # shellcheck disable=SC2086
    gcc $flags -O0 -fcallgraph-info=su -c "$file" -o "$folder/$(basename "$file" .c).o" || return
    rm "$folder/$(basename "$file" .c).o"
  done
}

walk() {
  "$build/errand" run tests/signals/walk.lua "$build/errand" "$@"
}

sources=$(printf '%s\n' host/*.c | grep -v '^host/embed.c$')
mkdir "$dir/own" "$dir/planted" "$dir/first" "$dir/second"
# Two halves at once.
# shellcheck disable=SC2046
graph "$dir/first" $(echo "$sources" | awk 'NR % 2') &
# shellcheck disable=SC2046
graph "$dir/second" $(echo "$sources" | awk 'NR % 2 == 0')
wait $!
mv "$dir/first"/*.ci "$dir/second"/*.ci "$dir/own"

echo "== what handlers reach"
# shellcheck disable=SC2086
walk "$dir/own" $sources | tee "$dir/tap" || true

echo "== what is planted is found"
for file in tests/signals/planted/*.c; do
  wanted=$(sed -n '1s/.* expected: \(.*\) \*\/$/\1/p' "$file")
  rm -rf "$dir/planted"
  cp -R "$dir/own" "$dir/planted"
  graph "$dir/planted" "$file"
  # shellcheck disable=SC2086
  if ! walk "$dir/planted" $sources "$file" >"$dir/out" && [ -n "$wanted" ] && grep -qF -- "$wanted" "$dir/out"; then
    echo "ok - $wanted"
  else
    echo "not ok - $wanted"
    sed 's/^/# /' "$dir/out"
  fi
done | tee "$dir/found"

echo "== which threads there are"
"${CC:-cc}" -D_GNU_SOURCE -shared -fPIC -o "$dir/slowname.so" tests/signals/slowname.c
ERRAND=$build/errand PEER=$build/tests/peer SLOWNAME=$dir/slowname.so sh tests/signals/threads.sh | tee "$dir/threads"

for log in tap threads; do
  # A part that broke off must not pass for one without failures.
  [ "$(tail -n 1 "$dir/$log")" = "1..$(grep -cE '^(not )?ok ' "$dir/$log")" ] || echo "not ok - the plan of $log" | tee -a "$dir/$log"
done
passed=$(cat "$dir/tap" "$dir/found" "$dir/threads" | grep -c '^ok ') || true
failed=$(cat "$dir/tap" "$dir/found" "$dir/threads" | grep -c '^not ok ') || true
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
