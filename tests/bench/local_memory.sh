#!/bin/sh
# Memory at rest: errand that waits for input, as a daemon with nothing due, and
# what others need to wait for input. The prompt's is in its own row.
# local_memory.sh BUILD_DIR
set -eu
build=$1
errand=$build/errand
tmp=$(mktemp -d)
pid=
cleanup() {
  exec 3>&- || :
  if [ -n "$pid" ]; then kill "$pid" 2>/dev/null || :; fi
  rm -rf "$tmp"
}
trap cleanup EXIT
mkfifo "$tmp/in"

# until_line TEXT: until somebody has written that into $tmp/out
until_line() {
  tries=0
  until grep -q "$1" "$tmp/out"; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || { cat "$tmp/out" >&2; return 1; }
    sleep 0.05
  done
}

# weigh NAME: the process $pid; smaps_rollup is readable by root, or by the owner of a process that may be debugged
weigh() {
  if [ -r "/proc/$pid/smaps_rollup" ] && cat "/proc/$pid/smaps_rollup" >"$tmp/smaps" 2>/dev/null; then
    awk -v name="$1" '/^Rss:/ { rss = $2 } /^Pss:/ { pss = $2 } /^Private_/ { own += $2 }
      END { printf "%-32s %8.1f MB %12.1f MB %12.1f MB\n", name, rss / 1024, pss / 1024, own / 1024 }' "$tmp/smaps"
  else
    awk -v name="$1" '/^VmRSS:/ { printf "%-32s %8.1f MB            -\n", name, $2 / 1024 }' "/proc/$pid/status"
  fi
}

# waiting NAME COMMAND...: it prints "ready" and reads its standard input, whose end ends it
waiting() {
  name=$1
  shift
  if ! command -v "$1" >/dev/null; then echo "$1: missing here"; return; fi
  "$@" <"$tmp/in" >"$tmp/out" 2>&1 &
  pid=$!
  exec 3>"$tmp/in"
  until_line ready
  weigh "$name"
  exec 3>&-
  wait "$pid" || echo "$name did not end well"
  pid=
}

ready='print "ready" io.stdout:flush()'
named='local _ = bossinsights.accounts.list, infoworks.users.list, intrexx.users.create, ixon.users.list, qalyptus.roles.list'
printf '%-32s %11s %15s %15s\n' "waiting" resident proportional "its own"
: >"$tmp/out"
waiting "errand, a script" "$errand" -e "$ready io.read()"
waiting "  which named five operations" "$errand" -e "$named $ready io.read()"
waiting "lua5.4" lua5.4 -e "$ready io.read()"
waiting "python3" "$(command -v /usr/bin/python3 || echo python3)" -c 'import sys; print("ready", flush=True); sys.stdin.read()'
js='console.log("ready"); process.stdin.resume()'
waiting "bun" "$(command -v "$build/npm/node_modules/.bin/bun" || echo bun)" -e "$js"
waiting "node" node -e "$js"

echo 'return 1' >"$tmp/job.lua"
echo 'schedule "yearly" { at = "0 0 1 1 *", run = "job.lua" }' >"$tmp/schedule.lua"
: >"$tmp/out"
ERRAND_STORE="$tmp/store.db" "$errand" serve --trust-clock --schedule "$tmp/schedule.lua" >"$tmp/out" 2>&1 &
pid=$!
until_line ready
weigh "errand serve, nothing due"
kill "$pid"
wait "$pid" || echo "errand serve did not end well"
pid=
