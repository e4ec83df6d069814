#!/bin/sh
# repl_tasks.sh - the prompt: what tasks write while a line is typed or the pager is open; calls that give nothing.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/screen.sh
. tests/e2e/lib/prompt.sh
cd "$tmp" || exit 1

# A task waits for a file of that name.
waits='function waits(name) while not io.open(name) do sleep "5ms" end end'

typed_is() {
  [ "$(screen_cursor)" = "errand> $1" ]
}

# line_above TEXT: whole, on a line of its own
line_above() {
  screen_text | grep -qxF -- "$1"
}

# ---- log lines and tables around the line that is typed ----

prompt_start 80 24
enter "$waits"
enter 't = spawn(function() waits "a" log("half", 1) log.warn("way") print_table{ { a = 1 } } print("there") end)'
screen_type 'answer = 20 + '
screen_until typed_is 'answer = 20 +'
: >a
screen_until line_above there
result $? "a task writes while a line is typed"
line_above 'errand: half 1' && line_above 'errand: warning: way'
result $? "log lines are on lines of their own"
screen_until typed_is 'answer = 20 +'
result $? "the line that is typed stands below, whole"
begin
screen_type '22 return answer'
screen_key Enter
await_prompt
shows "= 42" "and goes on"
enter_lines 'for i = 1, 2 do' 'x = i' 'u = spawn(function() waits "b" log "later" end)' 'end'
screen_type 'if x then'
screen_key Enter
screen_type 'print('
: >b
screen_until line_above 'errand: later'
result $? "the same with a statement of several lines"
screen_until line_above 'errand> if x then' && screen_until line_above '  print('
result $? "all of which stays"
screen_key C-c
await_prompt
prompt_end

# ---- while the pager is open ----

paging() {
  screen_text | tail -n 1 | grep -q "^:\|END"
}

unset PAGER
prompt_start 80 24
enter "$waits"
enter 'local l = {} for i = 1, 60 do l[i] = { n = i, name = "row " .. i } end return l'
enter 't = spawn(function() waits "c" print "kept one" log "kept two" print_table{ { kept = 3 } } io.open("d", "w"):close() end)'
begin
screen_type ':v 1'
screen_key Enter
screen_until paging
: >c
screen_until test -e d
result $? "a task writes while the pager is open"
screen_hides 'kept' "which is not to be seen"
screen_key q
await_prompt
shows_line 'kept one' "but afterwards"
shows_line 'errand: kept two' "log lines, too"
shows 'kept' "and tables"
enter 't2 = spawn(function() waits "e" print(("x"):rep(300000)) print "behind" io.open("f", "w"):close() end)'
begin
screen_type ':v 1'
screen_key Enter
screen_until paging
: >e
screen_until test -e f
screen_key q
await_prompt
tells 'errand: warning: 37864 bytes more were written meanwhile' "as much as is reasonable"
prompt_end
exits 0 "the end"

# ---- calls that give nothing ----

prompt_start 80 24 --sandbox
enter 'ixon.roles.find{ name = "Nobody" }'
grep -Eqx 'nil  \([0-9.]+ s, 1 call\)' out
result $? "nothing that was found is told"
enter 'role = ixon.roles.find{ name = "Nobody" }'
lacks "nil" "but what a statement keeps is not"
enter 'intrexx.users.delete("hr", 5)'
grep -Eqx 'done \([0-9.]+ s, 1 call\)' out
result $? "an operation that gives nothing is done"
enter 'nil'
lacks "call" "nil without a call prints nothing"
enter '1'
shows_line "_1 = 1" "and none of them had a number"

# ---- lines that close a block ----

enter_lines 'if false then' 'print(1)' 'else' 'for i = 1, 1 do' 'print "two"' 'end' 'end'
shows_line 'else' "else moves out when Enter leaves it"
shows_line '  end' "so does end, by one level"
shows_line 'end' "and the last one, when it runs"
shows_line 'two' "all of it ran"
prompt_end
exits 0 "the end"

cd "$here" || exit 1
screen_stop
done_testing
