#!/bin/sh
# child_term.sh - SIGTERM to what runs a workflow or a script: nothing is lost, nothing is in doubt.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/slots.sh

world

head='local group = run:step("group", ixon.groups.find, { name = "Plant A" })
  local role = run:step("role", ixon.roles.find, { name = "Operator" })
  local function invite(b, name)
    return b:step("invite " .. name, ixon.invites.create, { emailAddress = name .. "@example.com",
      groupRoles = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } } })
  end'

# workflow NAME BODY: NAME.lua
workflow() {
  printf 'return workflow.define("%s", {}, function(run)\n  %s\n  %s\nend)\n' "$1" "$head" "$2" >"$tmp/$1.lua"
}

workflow two 'invite(run, "first")
  invite(run, "second")
  return "both"'

# want LINE...: what the world must have counted
want() {
  printf '%s\n' "$@" >"$tmp/want"
  effects >"$tmp/effects"
  cmp -s "$tmp/effects" "$tmp/want"
  result $? "$what: the effects" || sed 's/^/# /' "$tmp/effects"
}

first='ixon.invites.create	first@example.com	1'
second='ixon.invites.create	second@example.com	1'

run_id() {
  sed -n 's/^run \(r-[0-9a-z]*\).*/\1/p' "$tmp/err" | head -n 1
}

# held: the run is held because of SIGTERM, and nothing of it is in doubt
held() {
  exits 3 "$what"
  run=$(run_id)
  slot error "$run" >"$tmp/state"
  grep -q '^held	interrupted	' "$tmp/state"
  result $? "$what: the run is held as interrupted" || sed 's/^/# /' "$tmp/state"
  slot events "$run" state | grep -q '"to":"held".*SIGTERM\|SIGTERM.*"to":"held"'
  result $? "$what: the journal says so"
  says "errand runs resume $run" "$what: it says what to type"
  ! slot steps "$run" | grep -q 'doubt\|intent'
  result $? "$what: no step is in doubt" || slot steps "$run" | sed 's/^/# /'
}

# resumed: it goes on to its end
resumed() {
  try errand runs resume "$run"
  exits 0 "$what, resumed"
}

# sent_intent: the intent of a user is in the store
sent_intent() {
  slot steps "$(run_id)" | grep -q 'user	intent$'
}

# ---- a request under way ----

what="a request under way"
fresh
control faults '["ixon.invites.create:latency=3@1"]'
begin errand run "$tmp/two.lua"
in_flight ixon.invites.create 1
kill -TERM "$started"
over
held
want "$first"
slot steps "$run" | grep -q '^invite first	done$'
result $? "$what: its answer is recorded"
resumed
want "$first" "$second"
[ "$(call_count ixon.invites.create)" = 2 ]
result $? "$what: nothing was sent twice"

what="the same as the work of a slot"
fresh
control faults '["ixon.invites.create:latency=3@1"]'
id=$(slot make 1000000)
begin errand run --slot "$id" "$tmp/two.lua"
in_flight ixon.invites.create 1
kill -TERM "$started"
over
held
[ "$(slot show "$id")" = "running	1	3	held" ]
result $? "$what: the book knows"
slot note "$id" | grep -q SIGTERM
result $? "$what: and why"
go_on "$id" "$tmp/two.lua"
[ "$end" = "ended done" ]
result $? "$what: the scheduler goes on with it" || echo "# $end"
want "$first" "$second"

what="the second SIGTERM"
fresh
control faults '["ixon.invites.create:latency=20@1"]'
begin errand run "$tmp/two.lua"
in_flight ixon.invites.create 1
kill -TERM "$started"
# The first one must have come before the second is sent, else they are one.
until_true grep -q '^ShdPnd:	0*$' "/proc/$started/status"
kill -TERM "$started"
over
exits 143 "$what ends it at once"
run=$(run_id)
resumed
want "$first" "$second"

# ---- what goes on ----

what="an answer that is lost"
fresh
control faults '["ixon.invites.create:drop@1"]'
export ERRAND_IXON_SETTLE=60
begin errand run "$tmp/two.lua"
told "looking again in"
result $? "$what: it waits until an absent effect can be believed" || sed 's/^/# /' "$tmp/err"
kill -TERM "$started"
over
exits 3 "$what"
run=$(run_id)
[ "$(slot error "$run")" = "held	interrupted	invite first" ]
result $? "$what: held as interrupted" || slot error "$run" | sed 's/^/# /'
export ERRAND_IXON_SETTLE=0.2
resumed
want "$first" "$second"

what="a sleep"
workflow nap 'invite(run, "first")
  run:sleep("nap", "1h")'
fresh
begin errand run "$tmp/nap.lua"
told "nap  sleeping"
kill -TERM "$started"
over
exits 3 "$what"
run=$(run_id)
[ "$(slot error "$run")" = "held	interrupted	nap" ]
result $? "$what: held as interrupted" || slot error "$run" | sed 's/^/# /'
wake=$(errand runs show "$run" -o json | sed -n 's/.*"wake_at":"\([^"]*\)".*/\1/p' | head -n 1)
try errand runs resume --no-wait "$run"
exits 3 "$what, resumed: it sleeps on"
says "until $wake" "$what: until the same instant"

what="an approval"
workflow ask 'run:approve("boss", { ask = "may it?" })
  invite(run, "first")'
fresh
begin errand run "$tmp/ask.lua"
told "boss  waiting"
kill -TERM "$started"
over
exits 3 "$what"
run=$(run_id)
try errand runs approve "$run"
resumed
want "$first"

what="a wait between two attempts"
fresh
control faults '["ixon.groups.list:status=503@1-3"]'
begin ERRAND_IXON_RETRY=0 errand run "$tmp/two.lua"
told "group  tried again"
kill -TERM "$started"
over
exits 3 "$what"
run=$(run_id)
slot error "$run" | grep -q '^held	interrupted	group'
result $? "$what: held as interrupted" || slot error "$run" | sed 's/^/# /'
resumed
want "$first" "$second"

# No look-up could settle a user of Intrexx, so its intent must not be left open.
what="a request that waits for its turn"
workflow turn 'run:parallel("both", {
    a = function(b) return b:step("look", intrexx.portals.list) end,
    b = function(b)
      b:step("first look", ixon.roles.list)
      return b:step("user", intrexx.users.create, "hr", { account = { login_username = "first" },
        general_settings = { object_name = "first" } })
    end,
  })'
fresh
control faults '["intrexx.portals.list:429=60@1","ixon.roles.list:latency=1@2"]'
begin ERRAND_INTREXX_RETRY=0 errand run "$tmp/turn.lua"
told "both/b/first look  done"
until_true sent_intent
result $? "$what: its intent is written"
[ "$(call_count intrexx.users.create)" = 0 ]
result $? "$what: nothing has left"
kill -TERM "$started"
over
held
[ -z "$(effects)" ]
result $? "$what: nothing has left afterwards"

what="many at once"
workflow many 'local out = run:each("all", { "first", "second", "third", "fourth" }, function(n) return n end,
    function(b, n) return invite(b, n) end, { limit = 2 })
  return #out'
fresh
control faults '["ixon.invites.create:latency=3@1-2"]'
begin errand run "$tmp/many.lua"
in_flight ixon.invites.create 2
kill -TERM "$started"
over
held
want "$first" "$second"
resumed
want "$first" "ixon.invites.create	fourth@example.com	1" "$second" "ixon.invites.create	third@example.com	1"

what="code that does not look up"
workflow busy 'invite(run, "first")
  if run.id ~= "" then run:note("busy") end
  local n = 0
  while not DONE do n = n + 1 end'
sed 's/not DONE/n >= 0/' "$tmp/busy.lua" >"$tmp/loop.lua"
fresh
begin errand run "$tmp/loop.lua"
told "invite first  created"
kill -TERM "$started"
over
held

what="a branch that does not look up beside one with a request"
workflow both 'run:parallel("both", {
    a = function(b) return invite(b, "first") end,
    b = function(b) b:step("one", ixon.roles.list); local n = 0; while n >= 0 do n = n + 1 end end,
  })'
fresh
control faults '["ixon.invites.create:latency=1@1","ixon.roles.list:latency=0.3@2"]'
begin errand run "$tmp/both.lua"
told "both/b/one  done"
in_flight ixon.invites.create 1
kill -TERM "$started"
over
held
want "$first"

# ---- undo ----

what="undo"
fresh
try errand run "$tmp/two.lua"
run=$(run_id)
control faults '["ixon.invites.delete*:latency=3@1"]'
begin errand runs undo "$run"
deleting() { curl -sS --noproxy '*' --max-time 30 "$at/_sandbox/calls" | grep -q '"ixon.invites.delete'; }
until_true deleting
kill -TERM "$started"
over
exits 3 "$what"
says "SIGTERM" "$what: it says why"
slot error "$run" | grep -q '^held	interrupted	'
result $? "$what: held as interrupted" || slot error "$run" | sed 's/^/# /'
try errand runs undo "$run"
exits 0 "$what, once more"
[ "$(effects | grep -c 'invites.delete.*	1$')" = 2 ]
result $? "$what: each is taken back once" || effects | sed 's/^/# /'

# ---- plain scripts ----

# Which line of which loop: SIGTERM is what Ctrl-C is.
cat >"$tmp/sleeper.lua" <<'EOF'
-- sleeper.lua - waits, and says that it does.
spawn(function() io.stderr:write "there\n" end)
local ok, err = pcall(sleep, 60)
io.stderr:write(tostring(ok), " ", err.kind, "\n")
error(err, 0)
EOF
cat >"$tmp/looper.lua" <<'EOF'
-- looper.lua - says that it is there, and computes.
io.stderr:write "there\n"
while true do end
EOF
for name in sleeper looper; do
  begin errand run "$tmp/$name.lua"
  told there
  kill -TERM "$started"
  over
  exits 143 "$name.lua"
done
says "errand: " "it says why"
fresh
id=$(slot make 1000000)
begin errand run --slot "$id" "$tmp/sleeper.lua"
told there
kill -TERM "$started"
over
exits 143 "sleeper.lua as the work of a slot"
says "false cancelled" "it can tidy up"
[ "$(slot show "$id")" = "running	1	143	-" ]
result $? "the book knows the exit code"
cat >"$tmp/stubborn.lua" <<'EOF'
-- stubborn.lua - does not want to end.
spawn(function() io.stderr:write "there\n" end)
while true do
  local ok = pcall(sleep, 60)
  io.stderr:write("again ", tostring(ok), "\n")
end
EOF
begin errand run "$tmp/stubborn.lua"
told there
kill -TERM "$started"
told "again false"
kill -TERM "$started"
over
exits 143 "the second SIGTERM ends what will not end"

done_testing
