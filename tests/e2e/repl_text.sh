#!/bin/sh
# repl_text.sh - the prompt: UTF-8, wide characters, pasted text, narrow windows.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/screen.sh
. tests/e2e/lib/prompt.sh
cd "$tmp" || exit 1
tab=$(printf '\t')

# pasted TEXT: as a step; Enter behind it
pasted() {
  begin
  screen_paste "$1"
  screen_key Enter
  await_prompt
}

for size in "80 24" "40 10"; do
  # shellcheck disable=SC2086
  prompt_start $size

  # ---- UTF-8 ----

  enter '"größer 世界 é"'
  shows_line '_1 = "größer 世界 é"' "$size: UTF-8 comes back as it was typed"
  begin
  screen_type '#"世界aé"'
  screen_key Left Left Left BSpace
  screen_until cursor_line_is 'errand> #"世aé"'
  screen_key BSpace
  screen_until cursor_line_is 'errand> #"aé"'
  result $? "$size: a wide character is removed by one key"
  screen_key Enter
  await_prompt
  shows "= 3" "$size: with all its bytes"
  enter '"a\27[31mb\0c\r"'
  shows 'a\' "$size: control characters"
  ! grep -q "$(printf '\033')" out && [ "$(grep -c 'c' out)" -gt 0 ]
  result $? "$size: are shown escaped"
  enter '"\xff\xfe"'
  lacks "$(printf '\377')" "$size: so are bytes that are no UTF-8"
  enter '{{name="世界", n=1},{name="abcd", n=2}}'
  grep -qx 'name  n' out && grep -qx '世界  1' out && grep -qx 'abcd  2' out
  result $? "$size: columns stand below each other beside wide characters"

  # ---- pasted ----

  pasted "for i = 1, 2 do
${tab}print('p' .. i)
end"
  grep -qx p1 out && grep -qx p2 out
  result $? "$size: a pasted loop with tabs runs as a whole"
  [ "$(grep -c '^errand> ' out)" = 1 ]
  result $? "$size: as one statement"
  pasted "'a${tab}b'"
  shows '= "a\tb"' "$size: a tab in a pasted text is a tab"
  begin
  screen_paste "io.stderr:write('pas', 'ted\\n')
"
  screen_key C-a
  screen_type '-- '
  key C-c
  lacks "^pasted" "$size: a pasted line end alone runs nothing"
  pasted "local long = {
$(i=0; while [ $i -lt 60 ]; do i=$((i + 1)); echo "${tab}\"line $i 世\","; done)
}
return #long"
  screen_text | grep -q '= 60$'
  result $? "$size: a text longer than the screen is pasted whole"
  enter '"after"'
  shows '= "after"' "$size: and the prompt is as before"
  begin
  screen_key Up Up
  screen_until screen_holds 'return #long'
  result $? "$size: it is recalled as a whole"
  key C-c
  enter '2 + 2'
  shows "= 4" "$size: and dropped as a whole"

  # ---- long lines ----

  long='"123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 世界"'
  begin
  screen_type "$long"
  screen_key C-a
  screen_type '#'
  screen_key C-e
  screen_key Enter
  await_prompt
  grep -q '= 86$' out
  result $? "$size: a line wider than the window is edited from end to end"
  prompt_end
  exits 0 "$size: the end"
done

# ---- what a program leaves on the line ----

prompt_start 80 24 --sandbox
for text in a abc "$(printf '%079d' 0)" "$(printf '%080d' 0)" "$(printf '%081d' 0)"; do
  enter "io.write('$text')"
  tr -d '\n' <out | grep -qF "')${text}errand(sandbox)>"
  result $? "the prompt stands below ${#text} characters without a line end"
done
prompt_end

# ---- the window changes while a line is typed ----

prompt_start 80 24 --sandbox
begin
screen_type '"a line that is longer than forty columns will have to wrap", 20 + 22'
screen_until cursor_line_is '0 + 22'
screen_resize 40 10
screen_until cursor_line_is '0 + 22'
screen_key BSpace
screen_type '3'
screen_key Enter
await_prompt
screen_text | grep -q '= 43$'
result $? "a line goes on in a window that became narrower"
enter 'ixon.roles.list()'
[ "$(wc -L <out)" -le 40 ] && grep -q 'rows' out
result $? "a table fits the new width"
screen_resize 80 24
enter 'repeat sleep "10ms" until require("host.sys").columns(1) == 80'
enter 'ixon.roles.list()'
[ "$(wc -L <out)" -gt 40 ]
result $? "and that of a window that became wider"
prompt_end

# ---- colours ----

colours() {
  prompt_run 80 24 "$@"
  enter 'x.y.z'
  enter '{ a = 1 }'
  screen_colors | grep -q "$(printf '\033\\[[0-9;]*3[0-9]m')"
}
colours errand
result $? "errors and values have colours"
colours env NO_COLOR=1 errand
[ $? = 1 ]
result $? "none with NO_COLOR"
colours env TERM=dumb errand
[ $? = 1 ]
result $? "none on a terminal that has none"
enter '1 + 1'
shows_line '_2 = 2' "where the prompt works nevertheless"

cd "$here" || exit 1
screen_stop
done_testing
