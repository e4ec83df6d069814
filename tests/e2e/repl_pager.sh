#!/bin/sh
# repl_pager.sh - the prompt: :v shows long values in the pager of one's choice.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/screen.sh
. tests/e2e/lib/prompt.sh
cd "$tmp" || exit 1

many='local l = {} for i = 1, 60 do l[i] = { n = i, name = "row " .. i } end return l'

PAGER='sed s/^/PAGER:/'
export PAGER
prompt_start 80 24
enter "$many"
shows "(60 rows; _1)" "a long list"
enter '("long "):rep(200)'
shows ":v 2 shows all" "what is cut says how to see all of it"
enter ':v 2'
shows "PAGER:" ":v uses PAGER"
[ "$(tr -d '\n' <out | grep -o 'long ' | wc -l)" -ge 190 ]
result $? "and shows all"
prompt_end

prompt_run 80 24 env ERRAND_PAGER='cat; echo behind ERRAND_PAGER' errand
enter '{ a = 1 }'
enter ':v'
shows "behind ERRAND_PAGER" "ERRAND_PAGER comes first and may be a command line"
shows "a = 1" ":v alone is the last result"
enter 'os.getenv "ERRAND_PAGER"'
enter ':v 1'
lacks "error" "an older result"
prompt_end
prompt_run 80 24 env ERRAND_PAGER= errand
enter '{ a = 1 }'
enter ':v'
shows "a = 1" "an empty one: no pager"
lacks "PAGER:" "not even the other"
prompt_end
prompt_run 80 24 env ERRAND_PAGER=no-such-pager errand
enter '{ a = 1 }'
enter ':v'
shows "no-such-pager" "one that is not there is told of"
enter '20 + 22'
shows "= 42" "and the session goes on"
prompt_end

paging() {
  screen_text | tail -n 1 | grep -q "^:\|END"
}

# ---- less, which has the terminal while it runs ----

unset PAGER
prompt_start 80 24
enter "$many"
enter 'ticks = 0 t = spawn(function() while true do ticks = ticks + 1 sleep "5ms" end end)'
begin
screen_type ':v 1'
screen_key Enter
screen_until paging
result $? "without both it is less"
screen_key C-c
screen_key G
screen_shows 'row 60' "Ctrl-C there does not end it"
screen_key q
await_prompt
result $? "q comes back to the prompt"
begin
screen_type 'ticks > 5'
screen_key Enter
await_prompt
shows "= true" "tasks went on meanwhile"
enter '"still " .. "here"'
shows '= "still here"' "and what is typed then is as it should be"
enter ':v 2'
[ "$(grep -c 'errand>' out)" = 2 ]
result $? "what fits the screen does not wait"
prompt_end
exits 0 "the end"

# ---- what a pager must not see ----

accounts http://127.0.0.1:9
ERRAND_QALYPTUS_KEY=qalyptus-QzCanary-1
export ERRAND_QALYPTUS_KEY
prompt_run 80 24 env ERRAND_PAGER='env | grep -c Qz[C]anary; cat' errand
enter '{ text = "qalyptus-" .. "QzCanary-1" }'
enter ':v'
shows_line 0 "credentials are not in its environment"
prompt_end

cd "$here" || exit 1
screen_stop
done_testing
