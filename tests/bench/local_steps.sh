#!/bin/sh
# What a step of a workflow costs that does nothing itself: intent and result
# written, each flushed before the run goes on. Beside the same calls in a plain
# script, and beside as many flushed transactions of one row in SQLite by Python.
# local_steps.sh BUILD_DIR [STEPS]
set -eu
build=$1
steps=${2:-1000}
errand=$build/errand
runs=$((${LOCAL_RUNS:-200} / 20 + 3))
disk=$(mktemp -d)
fast=$disk
[ -d /dev/shm ] && [ -w /dev/shm ] && fast=$(mktemp -d -p /dev/shm)
trap 'rm -rf "$disk" "$fast"' EXIT

cat >"$disk/plain.lua" <<EOF
local function call(n) return n end
for n = 1, $steps do call(n) end
EOF
cat >"$disk/sqlite.py" <<'EOF'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = FULL")
db.execute("CREATE TABLE IF NOT EXISTS step(id INTEGER PRIMARY KEY, text TEXT)")
for i in range(int(sys.argv[2])):
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO step(text) VALUES (?)", ("x" * 300,))
    db.execute("COMMIT")
EOF
python=$(command -v /usr/bin/python3 || echo python3)

# per_step WHERE NAME TRANSACTIONS ARGUMENT...: the run less one of no steps, beside SQLite's transactions
per_step() {
  store=$1/store.db
  name=$2
  transactions=$3
  shift 3
  i=0
  : >"$disk/times"
  while [ $i -lt "$runs" ]; do
    i=$((i + 1))
    for n in 0 "$steps"; do
      rm -f "$store"*
      from=$(date +%s%N)
      ERRAND_STORE=$store "$errand" run tests/bench/local_steps.lua --steps "$n" "$@" >"$disk/out" 2>&1
      to=$(date +%s%N)
      printf '%s ' $((to - from)) >>"$disk/times"
      [ "$n" = 0 ] && empty=$(stat -c %s "$store")
    done
    bytes=$((($(stat -c %s "$store") - empty) / steps))
    for n in 0 $((transactions * steps)); do
      rm -f "$store"*
      from=$(date +%s%N)
      "$python" "$disk/sqlite.py" "$store" "$n"
      to=$(date +%s%N)
      printf '%s ' $((to - from)) >>"$disk/times"
    done
    rm -f "$store"*
    echo >>"$disk/times"
  done
  awk -v name="$name" -v steps="$steps" -v bytes="$bytes" -v t="$transactions" '
    function median(a, n,    i, j, x) {
      for (i = 2; i <= n; i++) { x = a[i]; for (j = i - 1; j > 0 && a[j] > x; j--) a[j + 1] = a[j]; a[j + 1] = x }
      return a[int((n + 1) / 2)]
    }
    { step[NR] = ($2 - $1) / steps / 1e6; bare[NR] = ($4 - $3) / steps / 1e6; ratio[NR] = ($2 - $1) / ($4 - $3) }
    END { printf "%-30s %8.3f ms %8.3f ms   ratio %5.2f   %d transactions, %d bytes of store a step\n", name,
      median(bare, NR), median(step, NR), median(ratio, NR), t, bytes }' "$disk/times"
}


echo "$steps steps                        without            with (all of the process)"
ERRAND_STORE="$fast/beside.db" "$build/tests/beside" "$runs" "a workflow of reads" "$errand" run "$disk/plain.lua" -- \
  "$errand" run tests/bench/local_steps.lua --steps "$steps" 2>"$disk/err"
rm -f "$fast/beside.db"*
printf '\na step                             SQLite        errand\n'
for where in "$fast" "$disk"; do
  on=$(stat -f -c %T "$where")
  per_step "$where" "read, $on" 1 --class read
  per_step "$where" "set, $on" 2 --class set
  per_step "$where" "set in 4 branches, $on" 2 --class set --branches 4
done
