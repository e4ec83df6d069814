#!/bin/sh
# repl_completion.sh - the prompt: what Tab writes and lists, on the screen.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/screen.sh
. tests/e2e/lib/prompt.sh
cd "$tmp" || exit 1
touch people.csv 'two words.zip' report.zip
mkdir -p home/.config/errand folder
cat >home/.config/errand/config.lua <<'END'
return {
  default = "plant-a",
  profiles = {
    ["plant-a"] = { intrexx = { url = "http://127.0.0.1:9", user = "admin", password = "x" } },
    ["plant-b"] = { intrexx = { url = "http://127.0.0.1:9", user = "admin", password = "x" } },
  },
}
END
chmod 600 home/.config/errand/config.lua

# completes TYPED RESULT: Tab behind TYPED makes it RESULT
completes() {
  begin
  screen_type "$1"
  screen_key Tab
  screen_until line_is "$2"
  result $? "$1: Tab makes it $2"
  screen_key C-e
  key C-c
}

# The line being edited, over the ends of the terminal's lines. A blank at its
# end is not on the screen.
line_is() {
  gather
  [ "$(sed '/^$/d; s/^errand[^>]*> //' out | tr -d '\n')" = "$(printf '%s' "$1" | sed 's/ *$//')" ]
}

# lists TYPED TEXT...: Tab Tab behind TYPED shows all the texts; $tmp/out has
# the screen
lists() {
  typed=$1
  shift
  begin
  screen_type "$typed"
  # The first may write what all have in common.
  screen_key Tab Tab Tab
  for text; do
    screen_until listed "$text"
    result $? "$typed: Tab Tab lists: $text"
  done
  screen_key C-e
  listing=$(cat out)
  key C-c
  printf '%s\n' "$listing" >out
}

# What was typed does not count as listed.
listed() {
  gather
  sed 1d out | grep -v '^errand(' | grep -qF -- "$1"
}

for size in "80 24" "40 10"; do
  # shellcheck disable=SC2086
  prompt_start $size
  echo "# $size"
  completes 'intr' 'intrexx.'
  completes 'intrexx.por' 'intrexx.portals.'
  completes 'infoworks.li' 'infoworks.li'
  completes 'sand' 'sand'
  completes 'print_t' 'print_table('
  completes 'ixon.invites.cr' 'ixon.invites.create{'
  completes 'ixon.invites.create{ emailA' 'ixon.invites.create{ emailAddress='
  completes 'ixon.invites.create{ emailAddress = "x", gr' 'ixon.invites.create{ emailAddress = "x", groupRoles='
  completes 'ixon.users.list({}, { time' 'ixon.users.list({}, { timeout='
  completes 'ixon.users.list{ page-a' 'ixon.users.list{ ["page-after"]='
  completes 'qalyptus.users.list{ sort_direction = des' 'qalyptus.users.list{ sort_direction = "desc"'
  completes 'ixon.USERS' 'ixon.users.'
  completes 'intrexx.with{ prof' 'intrexx.with{ profile='
  completes 'intrexx.with{ profile = "' 'intrexx.with{ profile = "plant-'
  completes 'intrexx.with{ profile = "plant-b' 'intrexx.with{ profile = "plant-b"'
  completes 'intrexx.templates.upload("rep' 'intrexx.templates.upload("report.zip"'
  completes 'intrexx.templates.upload("fol' 'intrexx.templates.upload("folder/'
  completes 'local people = 1 print(peo' 'local people = 1 print(people'
  completes ':pro' ':profile '
  completes ':profile plant-a' ':profile plant-a'
  completes ':plan o' ':plan o'
  completes '"intr' '"intr'
  completes '-- intr' '-- intr'
  prompt_end
done

prompt_start 80 24
lists 'ixon.invites.' 'create      [create]' 'delete      [set*]' 'list        [read]'
lists 'ixon.invites.create{ ' 'emailAddress  [required]' 'groupRoles    [required]'
lists 'ixon.invites.create{ emailAddress = "x", ' 'groupRoles'
! grep -v 'errand(' out | grep -q emailAddress
result $? "what is given is not listed again"
lists 'ixon.invites.create{ groupRoles = { { ' 'role' 'group'
lists ':' 'calls' 'tour' 'why'
lists ':plan ' 'on' 'off'
lists 'intrexx.with{ profile = "' 'plant-a' 'plant-b'
enter 'people = { first = 1, ["two words"] = 2 }'
completes 'people.fi' 'people.first'
begin
screen_type 'people["tw'
screen_key Tab
screen_until line_is 'people["two words"]'
result $? 'people["tw: Tab makes it people["two words"]'
screen_key Enter
await_prompt
shows_line '_1 = 2' "which runs"
begin
screen_type 'local function f(portal)'
screen_key Enter
screen_type 'return port'
screen_key Tab
screen_until screen_holds '  return portal'
result $? "locals of the lines above are completed"
key C-c

# No metamethod runs.
enter 'ran = 0 odd = setmetatable({ raw = 1 }, { __index = function() ran = ran + 1 end, __pairs = function() ran = ran + 1 end })'
completes 'odd.r' 'odd.raw'
enter 'ran'
shows_line '_2 = 0' "completion calls no function of a value"

# A list longer than the screen asks or pages; it never scrolls the line away.
prompt_end
prompt_start 40 10
lists 'ixon.invites.' 'delete'
enter '1 + 1'
shows_line '_1 = 2' "after a list in a small window"
prompt_end

# ---- and no byte leaves ----

serve - <<'END'
=== reply times=0
HTTP/1.1 200 OK

END
accounts "$at"
rm -r home/.config
prompt_start 80 24
lists 'qalyptus.users.' 'list'
lists 'qalyptus.users.list{ ' 'page'
completes 'qalyptus.users.li' 'qalyptus.users.list('
prompt_end
sent 0 "completion sends nothing"

cd "$here" || exit 1
screen_stop
done_testing
