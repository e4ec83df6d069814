# daemon.sh - what the tests of errand serve share. To be read after e2e.sh.
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154

ERRAND_STORE=$tmp/store.db
export ERRAND_STORE
served=

# waits SECONDS COMMAND...: until the command succeeds, looking now and then;
# in vain once the daemon has ended. SLOW=N: N times as long
waits() {
  limit=$(($(date +%s) + $1 * ${SLOW:-1}))
  shift
  until "$@" >/dev/null 2>&1; do
    if [ -n "$served" ] && ! alive "$served"; then
      "$@" >/dev/null 2>&1
      return
    fi
    [ "$(date +%s)" -ge "$limit" ] && return 1
    sleep 0.02
  done
}

# serves NAME=VALUE... ARGUMENTS: a daemon in the background, $served, its log
# in $tmp/log; --trust-clock since nobody keeps the clock of a test machine
serves() {
  : >"$tmp/log"
  resumes "$@"
}

# the same, with the log of the one before
resumes() {
  env "$@" >>"$tmp/log.out" 2>>"$tmp/log" </dev/null &
  served=$!
  pids="$pids $served"
}

# logged PATTERN WHAT: the log has such a line, or gets it within 20 seconds
logged() {
  waits 20 grep -q -- "$1" "$tmp/log"
  result $? "$2" || { echo "# wanted: $1"; tail -n 15 "$tmp/log" | sed 's/^/# log: /'; }
}

# log_has N PATTERN: at least so many such lines
log_has() {
  [ "$(grep -c -- "$2" "$tmp/log")" -ge "$1" ]
}

# ended PID
ended() {
  ! alive "$1"
}

# stops SIGNAL CODE WHAT: the daemon ends so
stops() {
  kill -"$1" "$served" 2>/dev/null
  waits 30 ended "$served"
  wait "$served"
  code=$?
  served=
  [ "$code" = "$2" ]
  result $? "$3: exit code $2" || tail -n 15 "$tmp/log" | sed 's/^/# log: /'
}

# rows [COLUMN...]: each slot as "schedule state outcome reason attempt", oldest first
cat >"$tmp/rows.lua" <<'END'
local store = assert(require("host.store").open(os.getenv "STORE"))
local names = {}
for name in os.getenv("COLUMNS_"):gmatch "%S+" do names[#names + 1] = name end
for _, row in ipairs(assert(store:rows("SELECT * FROM slot ORDER BY id"))) do
  local out = {}
  for i, name in ipairs(names) do out[i] = tostring(row[name] == nil and "-" or row[name]) end
  print(table.concat(out, " "))
end
END
# shellcheck disable=SC2120
rows() {
  STORE=$ERRAND_STORE COLUMNS_="${*:-schedule state outcome reason attempt}" errand run "$tmp/rows.lua"
}

# count_rows N PATTERN: at least so many rows look so
count_rows() {
  [ "$(rows | grep -c -- "$2")" -ge "$1" ]
}
