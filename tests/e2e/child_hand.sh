#!/bin/sh
# child_hand.sh - errand schedule run: by hand, and beside itself.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/slots.sh

world
mkdir "$tmp/job"
cat >"$tmp/job/schedule.lua" <<'EOF'
defaults { tz = "Europe/Berlin" }
schedule "plain" { at = "15 6 1 1 *", run = "plain.lua", args = { csv = "people.csv" },
  notify = { on = "always", command = "printf '%s|%s\\n' \"$ERRAND_SCHEDULE\" \"$ERRAND_OUTCOME\" >>\"$TOLD\"" } }
schedule "invite" { at = "15 6 1 1 *", run = "invite.lua" }
schedule "stop" { at = "15 6 1 1 *", run = "stop.lua" }
schedule "wait" { at = "15 6 1 1 *", run = "wait.lua" }
schedule "many" { at = "15 6 1 1 *", run = "wait.lua", overlap = "allow", overlap_max = 2 }
schedule "slow" { at = "15 6 1 1 *", run = "slow.lua", timeout = "1s" }
schedule "slow workflow" { at = "15 6 1 1 *", run = "slowly.lua", timeout = "1s" }
EOF
echo "new.hire@example.com" >"$tmp/job/people.csv"
cat >"$tmp/job/plain.lua" <<'EOF'
-- plain.lua - says what it got.
local opt = args { { "csv", "file" } }
print(os.getenv "ERRAND_SCHEDULE", #os.getenv "ERRAND_SLOT", io.open(opt.csv):read "l")
if os.getenv "FAIL" then error "no such luck" end
EOF
cat >"$tmp/job/wait.lua" <<'EOF'
-- wait.lua - counts itself, and waits until there is a file.
local file = io.open(os.getenv "RAN", "a")
file:write "ran\n"
file:close()
while not io.open(os.getenv "GO") do sleep(0.05) end
EOF
cat >"$tmp/job/invite.lua" <<'EOF'
-- invite.lua - one guest.
return workflow.define("invite", {}, function(run)
  local group = run:step("group", ixon.groups.find, { name = "Plant A" })
  local role = run:step("role", ixon.roles.find, { name = "Operator" })
  run:step("first", ixon.invites.create, { emailAddress = "first@example.com",
    groupRoles = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } } })
  return run.slot.kind
end)
EOF
echo 'return workflow.define("stop", {}, function(run) run:hold "look first"; return "went on" end)' >"$tmp/job/stop.lua"
echo 'sleep(60)' >"$tmp/job/slow.lua"
echo 'return workflow.define("slowly", {}, function(run)
  run:step("one", ixon.groups.list)
  run:step("two", ixon.groups.list)
end)' >"$tmp/job/slowly.lua"
export TOLD="$tmp/told" RAN="$tmp/ran" GO="$tmp/go"
: >"$TOLD"
: >"$RAN"
ERRAND_SCHEDULE_FILE=$tmp/job/schedule.lua
export ERRAND_SCHEDULE_FILE

# by_hand NAME: as a person does it, from another folder
by_hand() {
  try errand schedule run "$@"
}

# came NAME TEXT WHAT: state, outcome and kind of its newest slot
came() {
  got=$(errand -e '
local row = require("core.schedule.book").open(require("core.record").store()):slots{ schedule = ..., limit = 1 }[1]
print(row.kind, row.state, row.outcome or row.run_state or "-")' "$1" | tr '\t' ' ')
  [ "$got" = "$2" ]
  result $? "$3: $2" || echo "# $got"
}

ran() {
  [ "$(wc -l <"$RAN")" = "$1" ]
}

# ---- alone ----

fresh
by_hand plain
exits 0 "a script by hand"
outputs "plain	20	new.hire@example.com" "it runs in the folder of the schedules and knows its slot"
came plain "hand ended done" "a script by hand"
grep -qx 'plain|done' "$TOLD"
result $? "what is to be told is sent"
try FAIL=1 errand schedule run plain
exits 1 "a script that fails"
came plain "hand ended failed" "a script that fails"
grep -qx 'plain|failed' "$TOLD"
result $? "its failure is told"
[ -z "$(find "$ERRAND_STORE.runs" -name '*slot*' 2>/dev/null)" ]
result $? "no lock of a slot is left"
(cd "$tmp" && ERRAND_STORE=rel.db errand schedule run plain >/dev/null 2>&1 && [ -e "$tmp/rel.db" ] && [ ! -e "$tmp/job/rel.db" ])
result $? "a store that is named from here stays here"
by_hand nothing
[ "$code" = 2 ]
result $? "a schedule that is not there: exit code 2"

fresh
by_hand invite
exits 0 "a workflow by hand"
outputs hand "run.slot says that it is by hand"
came invite "hand ended done" "a workflow by hand"
by_hand invite
exits 0 "once more"
[ "$(slot runs)" = 2 ]
result $? "it is another run"
[ "$(effects)" = 'ixon.invites.create	first@example.com	1' ]
result $? "which finds what is there"

# ---- in the way ----

fresh
by_hand stop
exits 3 "a workflow that is held"
came stop "hand running held" "a workflow that is held"
run=$(sed -n 's/^run \(r-[0-9a-z]*\) (.*/\1/p' "$tmp/err")
by_hand stop
refused 6 "errand runs resume $run" "beside one that is held"
says "look first" "it says why that is held"
try errand runs resume "$run"
exits 0 "the one in the way resumed"
by_hand stop
exits 3 "then it begins again"
came stop "hand running held" "then it begins again"

fresh
rm -f "$GO"
begin errand schedule run wait
until_true ran 1
by_hand wait
refused 6 "pid $started" "beside one that is under way"
begin_many=$started
started=
pids=$begin_many
errand schedule run many >/dev/null 2>&1 &
pids="$pids $!"
errand schedule run many >/dev/null 2>&1 &
pids="$pids $!"
until_true ran 3
result $? "overlap = allow: two at once"
by_hand many
[ "$code" = 6 ]
result $? "but not more than overlap_max"
: >"$GO"
all=0
for p in $pids; do wait "$p" || all=1; done
pids=
[ "$all" = 0 ]
result $? "all of them end well"

lap=0
while [ $lap -lt 3 ]; do
  lap=$((lap + 1))
  fresh
  errand schedule run invite >/dev/null 2>"$tmp/err2" </dev/null &
  pids=$!
  by_hand invite
  { wait "$pids"; } 2>/dev/null
  second=$?
  pids=
  case $code/$second in 0/0 | 0/6 | 6/0) ;; *) false ;; esac
  result $? "two by hand at once ($code/$second)"
  [ "$(effects)" = 'ixon.invites.create	first@example.com	1' ]
  result $? "two by hand at once: one effect" || effects | sed 's/^/# /'
done

# ---- killed ----

for point in hand locked claim C0 before told; do
  fresh
  try ERRAND_CRASH=$point errand schedule run invite
  exits 137 "killed at $point"
  by_hand invite
  if [ "$code" = 6 ]; then
    says "errand runs resume" "killed at $point: it says how to go on"
    try errand runs resume "$(sed -n 's/.*errand runs resume \(r-[0-9a-z]*\).*/\1/p' "$tmp/err")"
    exits 0 "killed at $point: gone on with"
    by_hand invite
  fi
  exits 0 "killed at $point: then it runs again"
  [ "$(effects)" = 'ixon.invites.create	first@example.com	1' ]
  result $? "killed at $point: one effect"
done

fresh
rm -f "$GO"
: >"$RAN"
begin errand schedule run wait
until_true ran 1
kill -KILL "$started"
over
: >"$GO"
by_hand wait
exits 0 "a script that was killed is not in the way"
ran 2
result $? "and is not run again but by hand"
errand schedule log wait -o ndjson | grep -q '"outcome":"lost"'
result $? "its slot is lost"

# ---- time ----

fresh
by_hand slow
[ "$code" != 0 ]
result $? "a script beyond its time limit"
says "time limit of 1 s" "it says so"
came slow "hand ended timed_out" "a script beyond its time limit"
fresh
control faults '["ixon.groups.list:latency=1.5@1"]'
by_hand "slow workflow"
exits 3 "a workflow beyond its time limit"
came "slow workflow" "hand running held" "a workflow beyond its time limit"
says "stopped by its time limit" "it says so"
fresh
rm -f "$GO"
: >"$RAN"
begin errand schedule run wait
until_true ran 1
kill -TERM "$started"
over
exits 143 "SIGTERM to a script by hand"
came wait "hand ended cancelled" "SIGTERM to a script by hand"

done_testing
