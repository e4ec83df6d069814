#!/bin/sh
# screens.sh - what results look like at the prompt, on terminals of two sizes.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/screen.sh

# screen GOLDEN WHAT STATEMENT...: on an empty screen
screen() {
  golden_name=$1
  what=$2
  shift 2
  screen_clear
  for statement in "$@"; do screen_run "$statement"; done
  screen_same "$golden_name" "$what"
}

people='{{id=1,name="Zoë Müller",city="東京"},{id=20,name="e'"́"'cole",city="a\tb\27[31m"},{id=300,name=null,city="São Paulo"}}'
long='{ prose = ("a few words "):rep(20), url = "https://ixon.example.com/api/" .. ("x"):rep(30), deep = {{{{{{1}}}}}} }'

# ---- 80 x 24 ----

screen_start 80 24 errand -q --sandbox
screen values-80x24 "80x24: values and their numbers" "20 + 22" "'text', nil, 2.5, {}" "_ , _1 + 1, _2" "nil" "x = 5" "{b=1, a={true, null}}"
screen users-80x24 "80x24: a table of a service's records" "users = ixon.users.list()" "table.move(users, 1, 6, 1, array{})"
screen calls-80x24 "80x24: the footer counts calls" "ixon.groups.list()" "ixon.invites.list()" \
  "ixon.groups.list(), #qalyptus.users.list()"
screen rows-80x24 "80x24: of many rows the first hundred" "t = {} for i = 1, 500 do t[i] = { id = i, twice = 2 * i } end" "t"
screen wide-80x24 "80x24: wide, combining and control characters" "$people"
! screen_colors | grep -q "$(printf '\033')\[31m"
result $? "80x24: no escape of a value reaches the terminal"
screen nested-80x24 "80x24: a record, cut where it is deep or long" "ixon.users.list()[1]" "$long"
screen list-80x24 "80x24: a long list fills lines" "n = {} for i = 1, 300 do n[i] = i * i end" "n"
screen error-80x24 "80x24: an error as a value" "select(2, try(ixon.users.list, { filter = 1 }))" "type(_.kind)"

# ---- 40 x 10: the same session on a smaller window ----

screen_resize 40 10
screen users-40x10 "40x10: fewer columns, the others named" "table.move(users, 1, 4, 1, array{})"
screen blocks-40x10 "40x10: blocks where three columns have no room" "table.move(qalyptus.users.list(), 1, 1, 1, array{})"
screen wide-40x10 "40x10: wide, combining and control characters" "t = $people" "t"
screen nested-40x10 "40x10: a long text is cut to the line" "{ prose = ('a few words '):rep(20), b = { 1, 2, 3 } }"
screen_key C-d
screen_ended
[ "$code" = 0 ]
result $? "Ctrl-D leaves"

# ---- colours ----

# colored WHAT VARIABLE...: whether escapes came with a table and a value, in $escapes
colored() {
  screen_start 80 24 env "$@" errand -q --sandbox
  screen_run "{ { id = 1, name = 'x' } }"
  screen_run "{ 'text', 1 }"
  screen_holds "1  x" && screen_holds '{ "text", 1 }' || return 2
  screen_colors >"$tmp/colors"
  grep -q "$(printf '\033')\[1m" "$tmp/colors" && grep -q "$(printf '\033')\[32m" "$tmp/colors"
}

colored COLORTERM=
result $? "colours on a terminal"
colored NO_COLOR=1
[ $? = 1 ] && ! grep -q "$(printf '\033')" "$tmp/colors"
result $? "none with NO_COLOR"
colored TERM=dumb
[ $? = 1 ] && ! grep -q "$(printf '\033')" "$tmp/colors"
result $? "none on a dumb terminal"

# ---- formats ----

screen_start 80 24 errand -q --sandbox -o json
screen_run "{ { id = 1, name = 'x' } }"
screen_run "_1[1].name"
screen_shows '"x"' "-o json: results have numbers all the same"
screen_hides "_1 =" "-o json: but none is shown"
screen_hides "(1 row" "-o json: nor a footer"

done_testing
