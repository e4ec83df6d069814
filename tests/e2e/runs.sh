#!/bin/sh
# runs.sh - errand runs: every command, its exit codes and its wrong uses.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh

# job ARGUMENTS...: errand with the sandbox of the world in force
job() {
  try errand --sandbox="$world" "$@"
}

# new NAME: another world, in which nothing has happened
new() {
  mkdir "$tmp/$1"
  world=$tmp/$1/world.json
}

# field NAME [ARGUMENTS...]: of the newest run
field() {
  name=$1
  shift
  errand --sandbox="$world" runs "$@" -o ndjson 2>/dev/null | head -n 1 | sed -n 's/.*"'"$name"'":"\{0,1\}\([^",}]*\).*/\1/p'
}

# state_is STATE WHAT: of the newest run
state_is() {
  [ "$(field state)" = "$1" ]
  result $? "$2: the run is $1" || echo "# it is $(field state)"
}

# step_is STEP STATE WHAT: of the run $id
step_is() {
  job runs show "$id" -o csv
  grep -q "^$1,[^,]*,$2," "$tmp/out"
  result $? "$3: step $1 is $2"
}

cd "$tmp" || exit 1
cat >roles.lua <<'END'
-- roles.lua - two roles.
return workflow.define("roles", {
  args = { { "name", required = true }, { "token" } },
  key = function(i) return i.name end,
  secret = { "token" },
}, function(run, i)
  local a = run:step("first", ixon.roles.create, { { name = i.name .. " A", description = "<b>&'\"</b>" } })
  local b = run:step("second", ixon.roles.create, { { name = i.name .. " B" } })
  return { a = a[1].publicId, b = b[1].publicId }
end)
END
cat >ask.lua <<'END'
-- ask.lua - a role, an approval, a pivot, another role.
return workflow.define("ask", { args = { { "name", required = true } }, key = function(i) return i.name end }, function(run, i)
  run:step("first", ixon.roles.create, { { name = i.name .. " A" } })
  local answer = run:approve("manager", { ask = "May " .. i.name .. " in?", timeout = "3d" })
  if not answer.approved then return run:undo("rejected by " .. answer.by) end
  run:pivot("told")
  run:step("second", ixon.roles.create, { { name = i.name .. " B" } })
  return answer.comment
end)
END
cat >user.lua <<'END'
-- user.lua - a portal user, which has no look-up that could tell.
return workflow.define("user", { args = { { "name", required = true } }, key = function(i) return i.name end }, function(run, i)
  run:step("role", ixon.roles.create, { { name = i.name } })
  local user = run:step("user", intrexx.users.create, "hr", {
    general_settings = { first_name = "New", last_name = "Hire", object_name = i.name }, account = { login_username = i.name } })
  run:step("group", intrexx.users.add_to_group, "hr", user and user.id or 1, "4")
  return user and user.id
end)
END
cat >nap.lua <<'END'
-- nap.lua - sleeps for long.
return workflow.define("nap", { args = { { "name", required = true } }, key = function(i) return i.name end }, function(run, i)
  run:step("first", ixon.roles.create, { { name = i.name } })
  run:sleep("nap", "2h")
end)
END

# ---- nothing there ----

new none
job runs
exits 0 "list without runs"
says "no workflow has been run yet" "it says so"
[ ! -e "$world.store" ]
result $? "looking makes no store"
job runs show r-abc234
refused 2 "there is no run 'r-abc234'; errand runs lists them" "show without runs"
job runs check
exits 0 "check without runs"
job runs prune
exits 0 "prune without runs"

# ---- wrong words ----

job runs shw x
refused 2 "runs has no command 'shw' (did you mean 'show'?)" "a misspelt command"
job runs r-abc234
refused 2 "did you mean runs show r-abc234?" "an id for a command"
job runs show
refused 2 "which run? errand runs show ID" "show without an id"
job runs show 'r-%'
refused 2 "'r-%' is no id of a run" "an id that is none"
job runs list x
refused 2 "unexpected 'x'; usage: errand runs list" "list with a word too many"
job runs list --plan
refused 2 "runs list has no option --plan; it belongs to runs undo" "an option of another command"
job runs --state helt
refused 2 "did you mean 'held'?" "a state that there is not"
job runs --since yesterday
refused 2 "a time such as 2h, or a day such as 2026-01-31 expected, got 'yesterday'" "a time that is none"
job runs --limit 0
refused 2 "limit" "a limit of nothing"
job runs prune --days -1
refused 2 "days" "days that are none"

# ---- a run that is done ----

new done
job run roles.lua --name One --token hunter2-hunter2
exits 0 "a run"
id=$(field id)
job runs -o table
outputs "$id" "list has it"
job runs --workflow roles --key One --since 1h --state done -o json
outputs "\"id\":\"$id\"" "every filter finds it"
job runs --state live -o json
[ "$(cat "$tmp/out")" = "[]" ]
result $? "none is live"
job runs --since 2000-01-01T10:00 -o json
outputs "\"id\":\"$id\"" "a day and time, too"
job runs --since 2999-01-01 -o json
[ "$(cat "$tmp/out")" = "[]" ]
result $? "none since a day to come"
job runs show "$id"
outputs "The run is done: 2 changes made" "show says what happened"
outputs "first   ixon.roles.create  done" "and has the steps"
[ ! -s "$tmp/err" ]
result $? "nothing on standard error"
short=$(echo "$id" | cut -c3-5)
job runs show "$short"
outputs "$id: roles, key One" "a beginning of the id is enough"
job runs show "$(echo "$id" | tr 'a-z' 'A-Z')" --full
outputs 'arguments: [[{"description":"<b>' "show --full has the arguments"
outputs '"token":"[secret]"' "but no secret of the input"
job runs show "$id" -o json
outputs '"outcome":"The run is done: 2 changes made' "show as JSON"
near=$(echo "$id" | sed 's/.$/l/')
job runs show "$near"
refused 2 "did you mean '$id'?" "an id that is nearly right"
job runs resume "$id"
refused 2 "run $id is done and cannot be resumed" "resume of what is done"
job runs cancel "$id"
refused 2 "run $id is done and cannot be cancelled" "cancel of what is done"
job runs abandon "$id" --reason x
refused 2 "run $id is done and cannot be abandoned" "abandon of what is done"
job runs approve "$id"
refused 2 "run $id is done and cannot be approved" "approve of what is done"
job runs settle "$id" first done --reason x
refused 2 "step first of $id is not in doubt, it is done" "settle of a step that is done"
job runs settle "$id" first
refused 2 "what became of it? errand runs settle ID STEP done|absent|skip" "settle without an outcome"
job runs settle "$id"
refused 2 "which step? errand runs settle ID STEP" "settle without a step"
job runs settle "$id" fist done --reason x
refused 2 "run $id has no step 'fist' (did you mean 'first'?)" "settle of a misspelt step"
job runs settle "$id" first don --reason x
refused 2 "'don' is none of done, absent, skip (did you mean 'done'?)" "settle with a misspelt outcome"
job runs settle "$id" first done
refused 2 "say why with --reason TEXT" "settle without a reason"
job runs settle "$id" first done --reason "  "
refused 2 "say why with --reason TEXT" "or with an empty one"
job runs check
outputs "all as they were written" "check reads the journal"

# ---- the report ----

job runs report "$id"
refused 2 "where shall the page go? errand runs report $id --html FILE" "report without a file"
job runs report "$id" --html "$tmp/none-such/page.html"
[ "$code" != 0 ] && grep -qF "none-such" "$tmp/err"
result $? "report into a directory that is not there"
job runs report "$id" --html page.html
exits 0 "report"
job runs report "$id" --html -
grep -v 'Written by' "$tmp/out" >one
grep -v 'Written by' page.html >two
cmp -s one two
result $? "the same on standard output"
grep -q '&lt;b&gt;&amp;&#39;' page.html || grep -q '&lt;b&gt;&amp;' page.html
result $? "report: mark-up of values is text"
! grep -q '<b>\|<script\|src=\|href=\|url(\|@import' page.html
result $? "report: nothing is loaded or run"
! grep -q 'hunter2\|sandbox-ixon-token' page.html
result $? "report: no secret"
errand -e '
local text = io.open("page.html"):read "a"
assert(utf8.len(text), "no UTF-8")
local stack, void = {}, { meta = true, br = true, hr = true }
for close, name, rest in text:gsub("^<!DOCTYPE html>", ""):gmatch "<(/?)(%w+)([^>]*)>" do
  if close == "/" then
    local top = table.remove(stack)
    assert(top == name, ("</%s> ends <%s>"):format(name, top))
  elseif rest:sub(-1) ~= "/" then
    assert(not void[name], name)
    stack[#stack + 1] = name
  end
end
assert(#stack == 0, "open: " .. table.concat(stack, " "))
' >"$tmp/out" 2>"$tmp/err" </dev/null
code=$?
exits 0 "report: well-formed"

# ---- undo ----

before=$(cat "$world")
job runs undo "$id" --plan
exits 0 "undo --plan"
outputs "second  there  ixon.roles.delete" "it looks"
[ "$(cat "$world")" = "$before" ]
result $? "undo --plan changes nothing"
state_is done "after the plan"
job runs undo "$id" --plan -o json
outputs '"state":"there"' "the plan as JSON"
job -e 'ixon.roles.delete{ { publicId = ixon.roles.find{ name = "One A" }.publicId } }
local b = ixon.roles.find{ name = "One B" }
ixon.roles.update{ { publicId = b.publicId, name = "One C" } }'
job runs undo "$id" --plan
outputs "first   gone" "what is gone"
outputs "name was 'One B', is 'One C'" "what was changed since"
job runs undo "$id"
exits 3 "undo of what was changed"
says "run $id is held: undo of step second failed: it was changed since" "says why"
says "errand runs show $id tells what can be done" "says what is next"
state_is held "after that"
job runs show "$id"
outputs "errand runs undo $id" "show says how to go on"
outputs "errand runs settle $id second done --reason TEXT" "show says how to settle the undo"
job runs undo "$id" --force --reason "it was ours"
exits 0 "undo --force"
state_is undone "after the force"
job runs undo "$id"
refused 2 "run $id is undone already" "undo of what is undone"
job -e 'assert(not ixon.roles.find{ name = "One C" })'
exits 0 "and it is gone"

# ---- a name with meaning for terminals, an approval, a pivot ----

new ask
job run --no-wait ask.lua --name Two
exits 3 "a run that asks"
id=$(field id)
state_is waiting "a run that asks"
job runs show "$id"
outputs "errand runs approve $id manager" "show says how to answer"
job runs approve "$id" first
refused 2 "step first of $id asks nobody for approval" "approve of another step"
job runs approve "$id" --reason x
refused 2 "runs approve has no option --reason" "approve with another's option"
job runs approve "$id" --comment "fine with me"
exits 0 "approve"
says "step manager of $id is approved; errand runs resume $id goes on" "approve says what is next"
job runs reject "$id" manager
refused 2 "was approved by " "the first answer counts"
job runs undo "$id" --plan
outputs "first  there" "undo --plan while it waits"
job runs resume "$id"
exits 0 "resume after the approval"
outputs "fine with me" "the answer's comment is there"
job runs undo "$id" --plan
outputs "past pivot" "undo --plan knows the pivot"
job runs undo "$id"
exits 3 "undo up to the pivot"
says "past its pivot 'told'" "says why it stops"
job runs undo "$id" --force
exits 0 "undo beyond it"

job run --no-wait ask.lua --name Three
id=$(field id)
job runs reject "$id" --comment "not now"
exits 0 "reject"
job runs resume "$id"
state_is undone "the workflow's own answer to that"
job -e 'assert(not ixon.roles.find{ name = "Three A" })'
exits 0 "nothing of it is left"

# ---- in doubt ----

new doubt
job --fault 'intrexx.users.create:drop-reply@1' run user.lua --name four
exits 4 "a run whose answer was lost"
id=$(field id)
state_is in_doubt "a run whose answer was lost"
job runs show "$id"
outputs "errand runs settle $id user done" "show says what to type"
job runs report "$id" --html doubt.html
grep -q '<div class="doubt">' doubt.html && grep -qF "errand runs settle $id user absent" doubt.html
result $? "the report, too"
job runs cancel "$id"
refused 4 "cannot be cancelled while it is not known what became of user" "cancel of what is in doubt"
job runs undo "$id"
exits 4 "undo of what is in doubt"
step_is role done "nothing is undone before it is known"
job runs settle "$id" user done --result '{"id":' --reason x
refused 2 "--result: JSON expected" "settle with a result that is no JSON"
for result in '"7"' 7 '[{"id":7}]' null; do
  job runs settle "$id" user done --result "$result" --reason x
  refused 2 "--result: intrexx.users.create returns an object, such as {\"id\": ...}; got $result" "settle with the result $result"
done
job runs settle "$id" user absent --result '{"id":7}' --reason x
refused 2 "--result belongs to settle $id user done" "settle absent with a result"
user=$(errand --sandbox="$world" -e 'for n = 1, 500 do
  local user = try(intrexx.users.get, "hr", n)
  if user and user.account.login_username == "four" then return n end
end')
job runs settle "$id" user done --result "{\"id\":$user}" --reason "seen in the portal"
exits 0 "settle done"
says "step user of $id is settled as done; errand runs resume $id goes on" "settle says what is next"
state_is held "after that"
job -e 'assert(tostring(intrexx.users.find("hr", { login_username = "four" }).id) == "'"$user"'")'
exits 0 "the settled user can be found"
job runs resume "$id"
exits 0 "resume after settling"
outputs "$user" "with the result that was given"
job -e 'for _, event in ipairs{ 1 } do end return require("core.run.journal").open(require("core.record").store()):events("'"$id"'")'
outputs "seen in the portal" "the reason is kept"
outputs "\"actor\":\"$(id -un)@" "with the name of who said so"
job runs undo "$id"
exits 0 "undo of what was settled"
job -e 'assert(not try(intrexx.users.get, "hr", '"$user"'))'
exits 0 "takes it back, too"

job --fault 'intrexx.users.create:drop@1' run user.lua --name five
exits 4 "a call that never arrived"
id=$(field id)
job runs settle "$id" user absent --reason "not in the portal"
exits 0 "settle absent"
job runs resume "$id"
exits 0 "resume sends it again"
job --fault 'intrexx.users.create:drop@1' run user.lua --name six
id=$(field id)
job runs settle "$id" user skip --reason "made by hand"
exits 0 "settle skip"
step_is user skipped "settle skip"
job --fault 'intrexx.users.create:drop@1' run user.lua --name seven
id=$(field id)
job runs abandon "$id"
refused 2 "say why with --reason TEXT" "abandon without a reason"
job runs abandon "$id" --reason "nobody knows"
exits 0 "abandon"
says "nobody will look what became of user" "abandon says what that means"
state_is abandoned "abandon"
job runs prune --days 0 --keep 0
job runs --state abandoned -o json
outputs "$id" "prune leaves what was in doubt"

# ---- cancel, with and without a process ----

new nap
job run --no-wait nap.lua --name eight
exits 3 "a run that sleeps"
id=$(field id)
state_is sleeping "a run that sleeps"
job runs resume "$id" --no-wait
exits 3 "resume --no-wait"
job runs cancel "$id" --reason "not needed"
exits 0 "cancel of a run without a process"
state_is cancelled "cancel of a run without a process"
job runs show "$id"
outputs "The run was cancelled, not needed" "show says why"

errand --sandbox="$tmp/nap/other.json" run nap.lua --name nine >"$tmp/nap/out" 2>"$tmp/nap/told" </dev/null &
pids=$!
world=$tmp/nap/other.json
tries=0
until grep -q 'first  created' "$tmp/nap/told" || [ $tries -gt 3000 ]; do tries=$((tries + 1)); done
id=$(sed -n 's/^run \([^ ]*\) .*/\1/p' "$tmp/nap/told" | head -n 1)
# The sandbox's world is the other process's; what only reads the store is not.
ERRAND_STORE=$world.store
export ERRAND_STORE
try errand runs show "$id"
outputs "in process $pids" "show knows the process that has it under way"
try errand runs resume "$id"
[ "$code" != 0 ] && grep -qF "is under way (pid $pids)" "$tmp/err"
result $? "resume of a run under way names the process"
try errand runs undo "$id"
refused 2 "is under way in process $pids and cannot be undone" "undo of a run under way"
try errand runs abandon "$id" --reason x
refused 2 "is under way in process $pids and cannot be abandoned" "abandon of a run under way"
try errand runs cancel "$id" --reason "stop it"
exits 0 "cancel of a run under way"
says "was asked to stop at its next step" "says what happens"
wait "$pids"
ended=$?
pids=
[ "$ended" = 1 ]
result $? "the process ends by itself: exit code 1" || echo "# $ended"
try errand runs show "$id"
outputs "stop it" "with the reason"
unset ERRAND_STORE
state_is cancelled "cancel of a run under way"

# ---- a workflow's own undo, and an undo that is in doubt ----

cat >own.lua <<'END'
-- own.lua - a step with functions of its own.
return workflow.define("own", { args = { { "name", required = true } }, key = function(i) return i.name end }, function(run, i)
  run:step("by hand", { class = "create",
    call = function() return ixon.roles.create{ { name = i.name } }[1] end,
    find = function() return ixon.roles.find{ name = i.name } end,
    undo = function(op, made) ixon.roles.delete({ { publicId = made.publicId } }, op) end })
end)
END
cat >work.lua <<'END'
-- work.lua - a job, which can only be cancelled.
return workflow.define("work", { args = { { "name", required = true } }, key = function(i) return i.name end }, function(run, i)
  run:step("by hand", infoworks.sources.submit_job, SOURCE, { job_type = "source_fetch_metadata" })
end)
END
new own
job run own.lua --name Twelve
id=$(field id)
job runs undo "$id" --plan
outputs "by hand  there  the workflow's own function" "undo --plan knows a workflow's own undo"
mv own.lua elsewhere.lua
job runs undo "$id"
exits 0 "a workflow's own undo, though its file is gone"
job -e 'assert(not ixon.roles.find{ name = "Twelve" })'
exits 0 "it did that"

errand --sandbox="$world" -e 'return infoworks.sources.list()[1].id' >id 2>"$tmp/err"
sed "s/SOURCE/\"$(tr -d '\"\n' <id)\"/" work.lua >job.lua
job run job.lua --name Thirteen
exits 0 "a job"
id=$(field id)
job --fault 'infoworks.jobs.cancel:drop-reply@1' runs undo "$id"
exits 4 "an undo that may not be repeated, and whose answer was lost"
state_is in_doubt "such an undo"
job runs show "$id"
outputs "errand runs settle $id 'by hand' done --reason TEXT" "show says what to type, quoted for the shell"
job runs undo "$id"
exits 4 "it is not sent again"
job runs settle "$id" "by hand" done --result 1 --reason x
refused 2 "leave out --result" "settle of an undo with a result"
job runs settle "$id" "by hand" absent --reason "it runs on"
exits 0 "settle of an undo: absent"
job runs undo "$id"
exits 0 "then it is sent again"
job run job.lua --name Fourteen
id=$(field id)
job --fault 'infoworks.jobs.cancel:drop-reply@1' runs undo "$id"
job runs settle "$id" "by hand" done --reason "it has ended"
exits 0 "settle of an undo: done"
job runs undo "$id"
exits 0 "then it is through"
state_is undone "that run"

# ---- undo that dies ----

new killed
job run roles.lua --name Ten
id=$(field id)
n=1
killed=0
while [ $n -le 12 ]; do
  try env ERRAND_CRASH=$n errand --sandbox="$world" runs undo "$id"
  [ "$code" = 137 ] && killed=$((killed + 1))
  [ "$code" = 0 ] && break
  n=$((n + 1))
done
[ "$code" = 0 ] && [ $killed -ge 4 ]
result $? "an undo killed $killed times comes to its end"
state_is undone "an undo that was killed"
job -e 'assert(not ixon.roles.find{ name = "Ten A" } and not ixon.roles.find{ name = "Ten B" })'
exits 0 "all of it is gone"

# ---- looking after ----

job runs prune --days 0
exits 0 "prune"
says "1 run forgotten" "prune says how many"
job runs -o json
[ "$(cat "$tmp/out")" = "[]" ]
result $? "and they are gone"
job runs check
exits 0 "the chain holds after pruning"
job run roles.lua --name Eleven
errand -e 'local store = require("host.store").open("'"$world"'.store")
assert(store:execute("DROP TRIGGER event_is_final", {}))
assert(store:execute("UPDATE event SET actor = '"'mallory'"' WHERE seq = (SELECT max(seq) FROM event)", {}))' 2>"$tmp/err"
job runs check
[ "$code" != 0 ] && grep -qF "is not what was written" "$tmp/err"
result $? "check finds an event that somebody changed"

done_testing
