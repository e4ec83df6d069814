#!/bin/sh
# repl_editing.sh - the prompt: results, statements of several lines, history.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/screen.sh
. tests/e2e/lib/prompt.sh
history=$HOME/.local/state/errand/history

# shown LINE: the last step shows exactly this line
shown() {
  grep -qxF -- "$1" "$tmp/out"
}

prompt_start 80 24
result $? "a prompt on a terminal"

# ---- results ----

enter '20 + 22'
shows_line "_1 = 42" "an expression prints its value and number"
enter '_ + 1'
shows_line "_2 = 43" "_ is the last result"
enter '_1 + _2'
shows_line "_3 = 85" "_N is the N-th"
enter 'x = 40'
lacks "=  " "an assignment prints nothing"
[ "$(grep -c '^_' "$tmp/out")" = 0 ]
result $? "and takes no number"
enter 'nil'
[ "$(grep -vc '^$' "$tmp/out")" = 2 ]
result $? "nil prints nothing"
enter '"a", x'
shown '_4 = "a"' && shown "_5 = 40"
result $? "several values have a number each"
enter 'local y = 2'
enter 'x + y'
shows_line "_6 = 42" "local makes a variable of the session"
enter 'local one <const> = 1'
enter 'one'
shows "unknown name 'one'" "but for one with an attribute, which ends with its statement"
enter 'local many = {} for i = 1, 104 do many[i] = i end return table.unpack(many)'
screen_text | grep -qx '_110 = 104'
result $? "values of one statement are numbered through"
enter '_10 + 0'
shows "result _10 is no longer kept, only the last 100 are" "the last 100 results are kept"
enter '_12 + 0'
shows_line "_111 = 6" "each of them"
enter '_999'
shows "_999" "a result that never was is an error"
lacks "_112 =" "and none itself"

# ---- several lines ----

begin
screen_type 'for i = 1, 2 do'
screen_key Enter
screen_type 'print("n" .. i)'
screen_shows '  print("n" .. i)' "Enter on an incomplete statement goes on in an indented line"
screen_key Enter
screen_type 'end'
screen_key Enter
await_prompt
shown n1 && shown n2
result $? "and runs once it is complete"
[ "$(grep -c 'errand> ' "$tmp/out")" = 1 ] && ! grep -q '>>' "$tmp/out"
result $? "without a second prompt"

begin
screen_key Up
screen_wait '  print("n" .. i)'
result $? "Up recalls the whole statement"
screen_key Up
screen_key End
screen_type ' print("m" .. i)'
screen_key Enter
await_prompt
shown n1 && shown m1 && shown n2 && shown m2
result $? "Up moves inside it first, and an edit in its middle runs" || screen_text | sed 's/^/# /'

begin
screen_key Up
screen_wait 'print("m" .. i)'
screen_key Up Up Up
screen_wait 'for i = 1, 2 do'
screen_key Down Down Down
screen_until cursor_line_is end # what Ctrl-C finds unwritten the terminal drops
key C-c
shows "^C" "Ctrl-C drops all lines of it"
enter '"still " .. "here"'
shows_line '_112 = "still here"' "and what is typed then is as it should be"

begin
screen_type 'f = function(a)'
screen_key Enter
screen_type 'if a then'
screen_key Enter
screen_type 'return 1'
screen_shows '    return 1' "each block indents by one more"
key C-c

enter 'x y'
shows "near 'y'" "what can never be complete is an error at once"
enter '"abc'
shows "unfinished string" "so is a string that the line ends"

# ---- search ----

begin
screen_key C-r
screen_wait 'reverse-i-search'
screen_type '20 +'
screen_wait "\`20 +': 20 + 22"
result $? "reverse search finds a statement"
screen_key Enter
await_prompt
shows_line "_113 = 42" "and runs it"
screen_key C-r
screen_type 'print("m"'
screen_wait 'for i = 1, 2 do'
result $? "it finds a line in the middle of a statement"
key C-c

# ---- history across sessions ----

enter ' "begins with a blank"'
enter 'a_password = "QzCanary-1"'
enter 'b = { apiKey = "QzCanary-2", token = "QzCanary-3" }'
enter 'c = secret'
enter 'd = "secret.env" .. "QzCanary-4"'
enter '20 + 22'
enter '"last of the first session"'
prompt_end
exits 0 "Ctrl-D leaves"
grep -qxF 'f = function(a)' "$history"
[ $? = 1 ] && grep -q '^for i = 1, 2 do\\n.*print("n" .. i)\\n *end$' "$history"
result $? "the file has whole statements only, one a line"
[ "$(sort "$history" | uniq -d | wc -l)" = 0 ]
result $? "none of them twice"
! grep -q 'QzCanary\|secret\.\|with a blank' "$history"
result $? "without secrets and what begins with a blank" || sed 's/^/# /; s/QzCanary/Qz/' "$history"
[ "$(stat -c %a "$history")" = 600 ] && [ "$(stat -c %a "$(dirname "$history")")" = 700 ]
result $? "readable by its owner only"

prompt_start 80 24
begin
screen_key Up
screen_wait '"last of the first session"'
result $? "the next session begins where the last one ended"
screen_key Up
screen_wait '20 + 22'
result $? "a statement that was typed again is the newest"
key C-c
begin
screen_key C-r
screen_type 'for i'
screen_wait 'print("m" .. i)'
result $? "a statement of several lines comes back as one"
screen_key Enter
await_prompt
shown n1 && shown m2
result $? "and runs"

# ---- what ends the process must not take the history with it ----

enter '"before the crash"'
begin
screen_type 'os.execute("kill -9 $PPID") -- the crash'
screen_key Enter
screen_ended
[ "$code" = "signal 9" ]
result $? "a command may kill the process"
grep -qxF '"before the crash"' "$history" && grep -q 'the crash$' "$history"
result $? "the history has everything, that command too"
prompt_start 80 24
begin
screen_type 'os.exit(3) -- leaves'
screen_key Enter
screen_ended
exits 3 "os.exit"
grep -q 'leaves$' "$history"
result $? "os.exit loses nothing either"

# Two sessions at a time write to one file.
prompt_start 80 24
"$ERRAND" -e 'io.open("'"$history"'", "a"):write("\"from another session\"\n")'
enter '"from this one"'
prompt_end
grep -qxF '"from another session"' "$history" && grep -qxF '"from this one"' "$history" && grep -q 'leaves$' "$history"
result $? "what another session kept meanwhile stays"

# ---- bounds ----

i=0
while [ $i -lt 1500 ]; do i=$((i + 1)); echo "\"old $i\""; done >"$history"
prompt_start 80 24
enter '"new"'
prompt_end
[ "$(wc -l <"$history")" = 1000 ] && [ "$(tail -n 1 "$history")" = '"new"' ] && grep -qx '"old 502"' "$history" &&
  ! grep -qx '"old 501"' "$history"
result $? "the newest 1000 statements are kept" || echo "# $(wc -l <"$history") lines, first: $(head -n 1 "$history")"
printf 'one\000two\n\377\376\n"good"\n' >"$history"
prompt_start 80 24
begin
screen_key Up
screen_wait '"good"'
result $? "a damaged file does no harm"
key C-c
prompt_end
rm -rf "$HOME/.local"
ln -s /dev/full "$HOME/.local"
prompt_start 80 24
enter '1 + 1'
shows_line "_1 = 2" "nor does one that cannot be written"
screen_text | grep -q 'the history is not kept'
result $? "which is said"
prompt_end
exits 0 "and the end is an end as any other"

screen_stop
done_testing
