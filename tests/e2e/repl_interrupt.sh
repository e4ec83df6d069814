#!/bin/sh
# repl_interrupt.sh - the prompt: Ctrl-C, Ctrl-D, signals, tasks while typing.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/screen.sh
. tests/e2e/lib/prompt.sh
cd "$tmp" || exit 1

# stopped TEXT: types it, waits until it says "go" and presses Ctrl-C
stopped() {
  begin
  screen_type "$1"
  screen_key Enter
  screen_until said_go
  screen_key C-c
  await_prompt
}

said_go() {
  gather && grep -qx 'go' "$tmp/out"
}

# ---- loops, waits ----

prompt_start 80 24
enter 'function go() print "go" io.stdout:flush() end'
stopped 'go() while true do end'
shows_line "interrupted" "Ctrl-C stops a loop"

# stopped_twice TEXT: a second Ctrl-C is pressed. "go" is said where errors are
# caught, for the first one may come at once.
stopped_twice() {
  begin
  screen_type "$1"
  screen_key Enter
  screen_until said_go
  screen_key C-c
  screen_until said_caught
  screen_key C-c
  await_prompt
}
said_caught() {
  gather && grep -q 'caught' "$tmp/out"
}
enter 'function caught(...) print("caught") io.stdout:flush() end'
stopped_twice 'while true do caught(pcall(function() go() while true do end end)) end'
shows_line "interrupted" "the second Ctrl-C stops a loop that catches errors"
stopped_twice 'while true do caught(pcall(function() go() sleep(3600) end)) end'
shows_line "interrupted" "and one that catches the end of its waits"
stopped_twice 'local t = spawn(function() while true do caught(pcall(sleep, 3600)) end end) while true do caught(pcall(function() go() t:join() end)) end'
shows_line "interrupted" "and one around a task"
stopped_twice 'local co = coroutine.wrap(function() while true do caught(pcall(function() go() sleep(3600) end)) end end) co()'
shows_line "interrupted" "and one in a coroutine"
enter 'pcall(error, "x")'
shows "= false" "what is typed then may catch errors"
stopped 'go() sleep "1h"'
shows_line "interrupted" "Ctrl-C stops a wait"
stopped 'go() parallel({1, 2, 3}, function() sleep(3600) end)'
shows_line "interrupted" "Ctrl-C stops tasks that are waited for"
lacks "traceback" "and says no more than that"
enter '6 * 7'
shows "= 42" "the session goes on"
enter 'go'
shows "go" "with its variables"

# ---- the line ----

begin
screen_type 'dropped('
screen_key Enter
screen_type '  1,'
key C-c
shows "^C" "Ctrl-C drops what is typed"
enter '"next"'
shows '= "next"' "all lines of it"
begin
screen_key C-r
screen_wait "reverse-i-search"
key C-c
enter '"after the search"'
shows '= "after the search"' "it leaves a search"
begin
screen_key C-c C-c C-c C-c C-c
await_prompt
result $? "many of them do not end the prompt"
enter '7 * 7'
shows "= 49" "which goes on"

# ---- tasks ----

begin
screen_type 'spawn(function() sleep "300ms" print("ti" .. "ck") end)'
screen_key Enter
await_prompt
begin
screen_type '20 +'
screen_wait 'tick'
screen_until cursor_line_is 'errand> 20 +'
result $? "a task prints above the line that is being typed"
screen_type ' 3'
screen_key Enter
await_prompt
shows "= 23" "and the line is as it was"
enter 'task = spawn(error, "bo" .. "om") sleep(0)'
shows "a task failed: boom" "a task that failed is told of"
begin
screen_type 'n = 0 spawn(function() for _ = 1, 200 do n = n + 1 sleep "1ms" end print("ti" .. "ck 2") end) sleep "10ms"'
screen_key Enter
await_prompt
begin
screen_type 'for i = 1, 2 do'
screen_key Enter
screen_type 'print("n" .. i)'
screen_wait 'tick 2'
screen_until cursor_line_is '  print("n" .. i)'
result $? "also above a statement of several lines"
screen_key Enter
screen_type 'end'
screen_key Enter
await_prompt
shows_line "n2" "which runs then"

# ---- leaving ----

enter 't = spawn(function() while true do sleep(1) end end)'
prompt_end
exits 0 "Ctrl-D leaves, whatever still runs"

# The shell tells how the terminal was left. A Ctrl-C that comes when errand has
# ended must not end stty, nor the line that tells of it.
told() {
  screen_text | grep -q '^over$'
}
plain() {
  screen_until told
  screen_text | tr ';' '\n' | grep -q '[^-]icanon.*[^-]echo ' && ! screen_all | grep -q '\[?2004'
  result $? "$1: the terminal is as it was"
}
shell='trap : INT; errand "$@"; code=$?; trap "" INT; echo "code $code"; stty -a; printf "\nover\n"'
in_shell() {
  prompt_run 80 24 sh -c "$shell" sh "$@"
}
in_shell
screen_type 'half a li'
screen_key C-d
screen_type 'ne'
screen_wait 'half a line'
result $? "Ctrl-D in a line does not leave"
key C-c
screen_key C-d
screen_shows 'code 0' "Ctrl-D leaves after Ctrl-C"
plain "Ctrl-D"

# Two that come at the same time are one.
interrupted_to_end() {
  screen_holds 'code ' && return
  screen_key C-c
  return 1
}

# A session that will not end by itself.
in_shell
enter 'spawn(function() while true do pcall(sleep, 3600) for i = 1, 1 << 22 do end print("go" .. "ing") end end) sleep(0)'
screen_key C-d
screen_wait 'going'
screen_until interrupted_to_end
result $? "Ctrl-C while it leaves ends it"
plain "Ctrl-C while leaving"

# What C code does for ever, nobody can stop.
in_shell
begin
screen_type 'function go() print "go" io.stdout:flush() end go() return ("x"):rep(40):find(("x*"):rep(40) .. "y")'
screen_key Enter
screen_until said_go
screen_until interrupted_to_end
screen_shows 'code 130' "three of them end what nothing else stops"
plain "three Ctrl-C"
grep -q 'rep(40)' "$HOME/.local/state/errand/history"
result $? "and the history has it"

for signal in TERM HUP QUIT; do
  in_shell
  begin
  screen_type 'half a line'
  screen_wait 'half a line'
  read -r child _ <"/proc/$screen_pid/task/$screen_pid/children"
  kill -$signal "$child"
  screen_shows 'code 1' "SIG$signal while a line is edited ends the prompt"
  plain "SIG$signal"
done
in_shell
screen_type 'spawn(function() os.exit(3) end)'
screen_key Enter
screen_shows 'code 3' "so does os.exit in a task"
plain "os.exit"

# Stopped and continued. Valgrind 3.19 lets no signal stop what it runs.
if [ -z "${VALGRIND:-}" ]; then
  step_line=-1
  screen_start 80 24 bash --norc --noprofile -i
  screen_type 'PS1="shell\$ "; errand'
  screen_key Enter
  await_prompt
  screen_type '40 + '
  screen_until cursor_line_is 'errand> 40 +'   # the terminal drops at ^Z what is not read yet
  screen_key C-z
  screen_wait 'Stopped'
  result $? "Ctrl-Z stops it" || true
  screen_key C-u
  screen_type 'fg'
  screen_key Enter
  screen_until cursor_line_is 'errand> 40 +'
  result $? "and fg shows the line again"
  begin
  screen_type '2'
  screen_key Enter
  await_prompt
  shows '= 42' "which goes on"
  screen_key C-d
  screen_wait 'shell$'
  screen_key C-d
  screen_ended
fi

# ---- calls in flight ----

cat >replies <<'END'
=== reply GET /organizations end=hang
=== reply POST /groups end=hang
END
serve replies
accounts "$at"
prompt_start 80 24
begin
screen_type 'qalyptus.organizations.list()'
screen_key Enter
await_request
screen_key C-c
await_prompt
shows_line "interrupted" "Ctrl-C cancels a call"
serve replies
accounts "$at"
prompt_end
prompt_start 80 24
begin
screen_type 'qalyptus.groups.create{ name = "New people" }'
screen_key Enter
await_request
screen_key C-c
await_prompt
shows "in doubt" "a write in flight is reported as in doubt"
shows "qalyptus.groups.create" "with its name"
! grep -qx interrupted out
result $? "not as one that was stopped"
enter '1 + 1'
shows "= 2" "and the session goes on"
enter ':why'
shows "in_doubt" ":why says more of it"
prompt_end
exits 0 "the end is an end as any other"
try errand calls
outputs "in_doubt" "the history holds it"

# The second Ctrl-C cannot be caught, but what it means for a write is noted.
serve replies
accounts "$at"
prompt_start 80 24
begin
screen_type 'pcall(function() print "go" io.stdout:flush() sleep(3600) end) qalyptus.groups.create{ name = "Other people" }'
screen_key Enter
screen_until said_go
screen_key C-c
await_request
screen_key C-c
await_prompt
shows "in doubt" "the second Ctrl-C reports a write in flight, too"
enter ':calls'
shows "in doubt" "and the list of calls"
prompt_end
try errand calls --limit 1
outputs "in_doubt" "and the history"

cd "$here" || exit 1
screen_stop
done_testing
