#!/bin/sh
# child.sh - the process of a slot, killed anywhere and begun twice: its effects happen once.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/slots.sh

world

# Two people, one after the other: the look-up of an invite settles it.
cat >"$tmp/invite.lua" <<'EOF'
-- invite.lua - two guests.
return workflow.define("invite", {}, function(run)
  local group = run:step("group", ixon.groups.find, { name = "Plant A" })
  local role = run:step("role", ixon.roles.find, { name = "Operator" })
  for _, name in ipairs { "first", "second" } do
    run:step(name, ixon.invites.create, { emailAddress = name .. "@example.com",
      groupRoles = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } } })
  end
  return run.slot
end)
EOF
printf 'ixon.invites.create\tfirst@example.com\t1\nixon.invites.create\tsecond@example.com\t1\n' >"$tmp/want"

# one_each WHAT
one_each() {
  effects >"$tmp/effects"
  cmp -s "$tmp/effects" "$tmp/want"
  result $? "$1: one effect of each" || sed 's/^/# /' "$tmp/effects"
}

# ---- a slot from its start to its end ----

fresh
id=$(slot make 1000000)
run=$(slot run "$id")
try errand run --slot "$id" "$tmp/invite.lua"
exits 0 "a slot's workflow"
outputs '"at":"1970-01-12T13:46:40Z"' "run.slot has the instant"
outputs '"schedule":"job"' "run.slot has the schedule"
outputs '"local_time":"2026-11-22 06:15 CET"' "run.slot has the local time"
outputs '"collapsed":2' "run.slot has how many collapsed into it"
outputs '"times":["2026-11-22 05:15:00","2026-11-22 05:45:00"]' "run.slot has which ones"
[ "$(slot show "$id")" = "running	1	0	done" ]
result $? "the book knows its exit code and its run"
says "run $run (invite" "the run has the id that was reserved"
one_each "a slot's workflow"
[ ! -e "$ERRAND_STORE.runs" ]
result $? "no lock is left"
try errand run --slot "$id" "$tmp/invite.lua"
refused 6 "slot $id of 'job' is not due for attempt 1" "the same again"
try errand run --slot 77 "$tmp/invite.lua"
[ "$code" != 0 ]
result $? "a slot that is not there"
says "there is no slot 77" "is said not to be there"
try errand run --attempt 2 "$tmp/invite.lua"
refused 2 "--slot" "--attempt without --slot"

# A needless attempt does nothing, whatever the file is by then.
[ "$(slot next "$id")" = "ended	done" ]
result $? "it has ended for a scheduler"
errand -e 'require("core.schedule.book").open(require("core.record").store()):again(...)' "$id"
try errand run --slot "$id" --attempt 2 "$tmp/nowhere.lua"
[ "$code" != 0 ]
result $? "a file that is not there"
[ "$(slot show "$id")" = "running	2	$code	done" ]
result $? "its exit code is in the book, too"
slot note "$id" | grep -qF nowhere.lua
result $? "and why"
errand -e 'require("core.schedule.book").open(require("core.record").store()):again(...)' "$id"
try errand run --slot "$id" --attempt 3 "$tmp/invite.lua"
exits 0 "attempted once more than needed"
one_each "attempted once more than needed"

# ---- each slot is another piece of work ----

fresh
a=$(slot make 1000000)
b=$(slot make 1000060)
try errand run --slot "$a" "$tmp/invite.lua"
try errand run --slot "$b" "$tmp/invite.lua"
exits 0 "the next slot of the same input"
[ "$(slot runs)" = 2 ]
result $? "has a run of its own"
grep -q '^  first  found' "$tmp/err"
result $? "which finds what is there"
one_each "two slots"
try errand runs resume --slot "$b" --attempt 1 "$(slot run "$a")"
[ "$code" = 6 ]
result $? "a slot at the same attempt again: exit code 6"
c=$(slot make 1000120)
try errand runs resume --slot "$c" "$(slot run "$a")"
refused 6 "is not that of slot $c" "the run of another slot"

# ---- killed at each point ----

# killed POINT [WORDS...]: the child dies there, the rest of the story follows
killed() {
  fresh
  id=$(slot make 1000000)
  try ERRAND_CRASH="$1" errand run --slot "$id" "$tmp/invite.lua"
  exits 137 "killed at $1"
  [ "$(slot next "$id" | cut -f 1)" != busy ]
  result $? "killed at $1: nobody has the slot"
  go_on "$id" "$tmp/invite.lua"
  [ "$end" = "ended done" ]
  result $? "killed at $1: to the end" || echo "# $end"
  one_each "killed at $1"
  [ "$(slot runs)" = 1 ]
  result $? "killed at $1: one run"
}

for point in slot locked claim C0 C1 C1@2 before before@2 reply reply@2 C2@2 C2@3 C2@4 C6@2 told; do killed $point; done

# and while it is gone on with
for point in slot locked claim own before C2 C6 told; do
  fresh
  id=$(slot make 1000000)
  try ERRAND_CRASH=reply errand run --slot "$id" "$tmp/invite.lua"
  # shellcheck disable=SC2046
  set -- $(slot next "$id")
  try ERRAND_CRASH=$point errand runs resume --slot "$id" --attempt "$2" "$3"
  exits 137 "resume killed at $point"
  go_on "$id" "$tmp/invite.lua"
  [ "$end" = "ended done" ]
  result $? "resume killed at $point: to the end" || echo "# $end"
  one_each "resume killed at $point"
done

# From outside, with a request under way.
fresh
control faults '["ixon.invites.create:latency=20@1"]'
id=$(slot make 1000000)
begin errand run --slot "$id" "$tmp/invite.lua"
in_flight ixon.invites.create 1
result $? "a request is under way"
[ "$(slot next "$id")" = busy ]
result $? "the lock of the slot says so"
try errand run --slot "$id" "$tmp/invite.lua"
refused 6 "slot $id is under way (pid $started)" "beside the one that has it"
kill -KILL "$started"
over
go_on "$id" "$tmp/invite.lua"
[ "$end" = "ended done" ]
result $? "killed with a request under way: to the end" || echo "# $end"
one_each "killed with a request under way"

# No reserved id: the run is known to the book before it is there.
fresh
id=$(slot make 1000000 none)
try ERRAND_CRASH=C0 errand run --slot "$id" "$tmp/invite.lua"
[ "$(slot show "$id")" = "running	1	-	ready" ]
result $? "without a reserved id: the run is in the book"
go_on "$id" "$tmp/invite.lua"
[ "$end" = "ended done" ]
result $? "without a reserved id: to the end"
one_each "without a reserved id"

# ---- two at once ----

lap=0
while [ $lap -lt 6 ]; do
  lap=$((lap + 1))
  fresh
  id=$(slot make 1000000)
  errand run --slot "$id" "$tmp/invite.lua" >"$tmp/out2" 2>"$tmp/err2" </dev/null &
  pids=$!
  try errand run --slot "$id" "$tmp/invite.lua"
  { wait "$pids"; } 2>/dev/null
  second=$?
  pids=
  [ "$code/$second" = 0/6 ] || [ "$code/$second" = 6/0 ]
  result $? "two at once: one does it ($code/$second)"
  one_each "two at once"
done

# ---- a key of its own: the live run is gone on with ----

fresh
sed 's/"invite", {}/"keyed", { key = function() return "k" end }/' "$tmp/invite.lua" >"$tmp/keyed.lua"
try ERRAND_CRASH=C2@3 errand run "$tmp/keyed.lua"
id=$(slot make 1000000)
reserved=$(slot run "$id")
try errand run --slot "$id" "$tmp/keyed.lua"
exits 0 "a live run of the same key"
[ "$(slot run "$id")" != "$reserved" ] && [ "$(slot runs)" = 1 ]
result $? "it is the slot's run then"
one_each "a live run of the same key"

# ---- plain scripts ----

cat >"$tmp/plain.lua" <<'EOF'
-- plain.lua - counts that it ran, and dies where it is told.
local file = io.open(os.getenv "RAN", "a")
file:write(("%s|%s|%s|%s|%s\n"):format(os.getenv "ERRAND_SCHEDULE", os.getenv "ERRAND_SLOT", os.getenv "ERRAND_SLOT_LOCAL",
  os.getenv "ERRAND_SLOT_COLLAPSED", os.getenv "ERRAND_SLOT_TIMES"))
file:close()
if os.getenv "DIE" then os.execute "kill -KILL $PPID" end
if os.getenv "FAIL" then error "no such luck" end
EOF
export RAN="$tmp/ran"

# ran N WHAT
ran() {
  [ "$(wc -l <"$RAN")" = "$1" ]
  result $? "$2: ran $1 times"
}

# plain: a new slot, nothing ran
plain() {
  fresh
  : >"$RAN"
  id=$(slot make 1000000)
}

plain
try errand run --slot "$id" "$tmp/plain.lua"
exits 0 "a plain script"
[ "$(cat "$RAN")" = "job|1970-01-12T13:46:40Z|2026-11-22 06:15 CET|2|2026-11-22 05:15:00,2026-11-22 05:45:00" ]
result $? "its environment says which slot it is"
[ "$(slot show "$id")" = "running	1	0	-" ] && [ "$(slot run "$id")" = none ]
result $? "the book knows that it has no run, and its exit code"

plain
try FAIL=1 errand run --slot "$id" "$tmp/plain.lua"
exits 1 "a script that fails"
slot note "$id" | grep -qF "no such luck"
result $? "the book knows why"
[ "$(slot next "$id")" = "ended	code 1" ]
result $? "it has failed for a scheduler"

for point in slot locked claim; do
  plain
  try ERRAND_CRASH=$point errand run --slot "$id" "$tmp/plain.lua"
  exits 137 "a script killed at $point"
  ran 0 "killed at $point"
  go_on "$id" "$tmp/plain.lua"
  ran 1 "killed at $point, then to the end"
  [ "$end" = "ended code 0" ]
  result $? "killed at $point: done" || echo "# $end"
done

plain
try ERRAND_CRASH=told errand run --slot "$id" "$tmp/plain.lua"
exits 137 "a script killed before its first line"
go_on "$id" "$tmp/plain.lua"
ran 0 "killed before its first line"
[ "$end" = "ended lost" ]
result $? "it is lost, never repeated"

plain
try DIE=1 errand run --slot "$id" "$tmp/plain.lua"
exits 137 "a script killed in the middle"
go_on "$id" "$tmp/plain.lua"
ran 1 "killed in the middle"
[ "$end" = "ended lost" ]
result $? "killed in the middle: it is lost, never repeated"

plain
try ERRAND_CRASH=told@2 errand run --slot "$id" "$tmp/plain.lua"
go_on "$id" "$tmp/plain.lua"
ran 1 "killed when all was told"
[ "$end" = "ended code 0" ]
result $? "killed when all was told: its exit code is known"

# A script that finds out only when it runs that it is a workflow.
fresh
cat >"$tmp/late.lua" <<'EOF'
-- late.lua - a workflow of which the file does not tell.
local define = workflow["define"]
return define("late", {}, function(run) run:note "here"; return run.slot.kind end)
EOF
id=$(slot make 1000000)
try errand run --slot "$id" "$tmp/late.lua"
exits 0 "a workflow that the file does not tell"
[ "$(slot show "$id")" = "running	1	0	done" ]
result $? "the book knows its run"

done_testing
