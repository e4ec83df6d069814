#!/bin/sh
# repl_start.sh - where errand opens a prompt, reads a script or does neither.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/screen.sh
. tests/e2e/lib/prompt.sh
cd "$tmp" || exit 1

# ---- not on a terminal ----

try errand
[ "$code" = 2 ] && [ ! -s out ]
result $? "without a terminal there is no prompt"
says "errand run FILE" "what to type for a file"
says "errand -" "and for standard input"
echo 'print("from standard input")' >script
errand <script >out 2>err
code=$?
exits 2 "a script on standard input is not run unasked"
! grep -q "from standard input" out
result $? "nor in part"
errand - <script >out 2>err
code=$?
exits 0 "errand -"
outputs "from standard input" "runs it"
errand run - <script >out 2>err
outputs "from standard input" "so does errand run -"
printf 'local opt = args{ { "name", required = true } }\nprint("hello " .. opt.name)\n' | errand - --name you >out 2>err
outputs "hello you" "with arguments"
errand --sandbox - >out 2>err <<'END'
return #intrexx.portals.list()
END
outputs 2 "and options"
printf 'error("bo" .. "om", 0)\n' | errand - >out 2>err
code=$?
refused 1 "boom" "its errors are those of a script"
[ ! -e home/.local/state/errand/history ]
result $? "none of it is in the prompt's history"

# ---- on odd terminals ----

prompt_run 80 24 env TERM=dumb errand
enter '20 + 22'
shows_line '_1 = 42' "TERM=dumb"
prompt_end
exits 0 "TERM=dumb"
prompt_run 80 24 env TERM=no-such-terminal errand
enter '20 + 22'
shows_line '_1 = 42' "an unknown terminal"
prompt_end
exits 0 "an unknown terminal"
prompt_run 80 24 env -u HOME errand
enter '20 + 22'
shows_line '_1 = 42' "no home, no history, but a prompt"
prompt_end
exits 0 "no home"
prompt_run 80 24 env LC_ALL=C errand
enter '20 + 22'
shows_line '_1 = 42' "a locale without UTF-8"
prompt_end
prompt_run 80 24 env LC_ALL=xx_YY.UTF-8 errand
enter '20 + 22'
shows_line '_1 = 42' "a locale that is not there"
prompt_end
prompt_start 80 24 --quiet
[ "$(grep -vc '^$' out)" = 1 ]
result $? "--quiet: nothing but the prompt"
prompt_end

# Results may go to a file while the prompt is on the terminal.
prompt_run 80 24 sh -c 'errand --sandbox >results'
enter 'intrexx.portals.list()'
prompt_end
exits 0 "standard output in a file"
grep -q hr results && ! grep -q "$(printf '\033')" results
result $? "has the results without codes"
prompt_run 80 24 errand -o json
enter '{ a = { 1, 2 } }'
shows '"a"' "-o json"
lacks '_1' "prints without numbers"
prompt_end
screen_start 80 24 sh -c 'errand </dev/null; echo "code $?"'
screen_shows 'code 2' "standard input not on the terminal: no prompt"

cd "$here" || exit 1
screen_stop
done_testing
