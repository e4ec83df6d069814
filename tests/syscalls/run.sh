#!/bin/sh
# System calls that fail: sh tests/syscalls/run.sh BUILD_DIR [SCENARIO...]
# EVERY=K: each K-th fault only, best a prime number. Two halves run at once.
# Needs strace and, since errand refuses debuggers, root. Ends with "N passed, N failed".
set -u
build=$1
shift
every=${EVERY:-1}
errand=$(cd "$build" && pwd)/errand
peer=$(cd "$build" && pwd)/tests/peer
if [ "$(id -u)" != 0 ] || ! strace -qq -o /dev/null true 2>/dev/null; then
  echo "these tests need strace and root"
  echo "0 passed, 1 failed"
  exit 1
fi
# In memory where there is such a place: thousands of flushes are not what is tested.
place=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
trap 'exit 1' INT TERM
umask 077
${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -Wall -Wextra -shared -fPIC -o "$place/short.so" tests/syscalls/short.c || exit 1
began=$(date +%s)

half() {
  i=$1
  shift
  mkdir "$place/$i"
  "$errand" run tests/syscalls/campaign.lua "$errand" "$peer" "$place/$i" "$@" --short "$place/short.so" --every "$every" --shard "$i" --shards 2 \
    >"$place/$i.log" 2>&1
}

half 1 "$@" &
first=$!
half 2 "$@"
wait $first
cat "$place/1.log" "$place/2.log"
awk -v seconds=$(($(date +%s) - began)) '
  / faults of .* wrong$/ { for (i = 1; i < NF; i++) if ($(i + 1) == "faults") faults += $i }
  /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; halves++ }
  END {
    if (halves != 2) failed++
    printf "   %d faults, %d s\n%d passed, %d failed\n", faults, seconds, passed, failed
    exit failed > 0 || passed == 0
  }' "$place/1.log" "$place/2.log"
