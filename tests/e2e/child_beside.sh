#!/bin/sh
# child_beside.sh - errand schedule run, by hand beside a daemon.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/slots.sh

world
mkdir "$tmp/job"
cat >"$tmp/job/schedule.lua" <<'EOF'
defaults { tz = "Europe/Berlin" }
schedule "plain" { at = "15 6 1 1 *", run = "plain.lua" }
schedule "stop" { at = "15 6 1 1 *", run = "stop.lua" }
schedule "wait" { every = "1s", run = "wait.lua" }
EOF
echo 'print(os.getenv "ERRAND_SCHEDULE")' >"$tmp/job/plain.lua"
echo 'return workflow.define("stop", {}, function(run) run:hold "look first"; return "went on" end)' >"$tmp/job/stop.lua"
cat >"$tmp/job/wait.lua" <<'EOF'
-- wait.lua - counts itself, and waits until there is a file.
local file = io.open(os.getenv "RAN", "a")
file:write "ran\n"
file:close()
while not io.open(os.getenv "GO") do sleep(0.05) end
EOF
export RAN="$tmp/ran" GO="$tmp/go"
: >"$RAN"
ERRAND_SCHEDULE_FILE=$tmp/job/schedule.lua
export ERRAND_SCHEDULE_FILE

by_hand() {
  try errand schedule run "$@"
}

ran() {
  [ "$(wc -l <"$RAN")" = "$1" ]
}

fresh
errand serve --trust-clock >"$tmp/served" 2>&1 </dev/null &
pid2=$!
until_true ran 1
result $? "a daemon, and a run of it under way" || sed 's/^/# /' "$tmp/served"
try timeout 20 errand schedule run wait
refused 6 "the slot of" "beside a run of the daemon"
says "kill " "it says what to type"
by_hand plain
exits 0 "another schedule, beside a daemon"
ended() { errand schedule log "$1" -o ndjson | grep -q "\"outcome\":\"$2\""; }
until_true ended plain done
result $? "it has ended, once"
[ "$(errand schedule log plain -o ndjson | wc -l)" = 1 ]
result $? "the daemon begins none beside it"
by_hand stop
exits 3 "a workflow that is held, beside a daemon"
by_hand stop
[ "$code" = 6 ]
result $? "beside a held one, beside a daemon"
try errand runs resume "$(sed -n 's/.*errand runs resume \(r-[0-9a-z]*\).*/\1/p' "$tmp/err")"
until_true ended stop done
result $? "the daemon sees that it was resumed by hand"
: >"$GO"
until_true ended wait done
result $? "the daemon's own run ends"
kill -TERM "$pid2"
wait "$pid2"
[ $? = 0 ]
result $? "the daemon ends"
pid2=

done_testing
