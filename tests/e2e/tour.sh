#!/bin/sh
# tour.sh - a newcomer who types only what :tour says, in a large and in a small window.
# SPDX-License-Identifier: MIT
# shellcheck disable=SC1091,SC2154

. tests/e2e/lib/e2e.sh
. tests/e2e/lib/screen.sh
export PS1='' ERRAND_PAGER=

rc=$(realpath .luacheckrc)
cd "$tmp" || exit 1

# task: what the newest step says to type: the indented lines behind the last
# "Type:", as one line. A screen in which the step has scrolled by has it, too.
task() {
  screen_all | awk '
    /^Type:$/ { text = ""; inside = 1; next }
    inside && /^  / { sub(/^ */, ""); text = text (text == "" ? "" : " ") $0; next }
    { inside = 0 }
    END { print text }'
}

# on STEP: the tour is at this step, its task can be read, and a prompt stands
on() {
  screen_all | grep -q "^\(Done\. \|Tour, step \)\{0,1\}$1 of 10: " && screen_prompted
}

# shown_whole STEP: the step is on the screen as a whole, from its title to the prompt
shown_whole() {
  screen_text | grep -q "^\(Done\. \|Tour, step \)\{0,1\}$1 of 10: "
}

# obey: types what the step says
obey() {
  screen_prompt && screen_type "$(task)" && screen_key Enter
}

# take_tour WIDTH HEIGHT: all of it, from a prompt without the sandbox
take_tour() {
  at="in $1x$2"
  mkdir "$1" && cd "$1" || exit 1
  screen_start "$1" "$2" env -C "$tmp/$1" errand -q
  screen_prompt
  screen_type ":tour"
  screen_key Enter
  screen_wait "[y/N]"
  result $? "$at: the tour asks for the sandbox"
  screen_type y
  screen_key Enter
  whole=0
  for step in 1 2 3 4 5 6 7 8 9 10; do
    screen_until on $step || break
    shown_whole $step || whole=1
    obey
    if [ $step = 9 ]; then
      screen_wait "[y/N]"
      screen_type y
      screen_key Enter
    fi
  done
  result $whole "$at: every step is on the screen as a whole"
  screen_wait "That was the tour"
  result $? "$at: who does what it says gets to its end"
  screen_prompt
  screen_text >"$tmp/out"
  screen_key C-d
  screen_ended
  result "$code" "$at: Ctrl-D leaves"
  [ -s tour.lua ]
  result $? "$at: the session is a script"
  if command -v luacheck >/dev/null; then
    try luacheck --quiet --no-color --config "$rc" tour.lua
    exits 0 "$at: luacheck has nothing to say of it"
  fi
  for call in 'ixon.roles.find{ name = opt.role }' 'ixon.invites.create{' 'ixon.invites.find{ emailAddress = opt.email_address }' \
    'ixon.invites.delete{'; do
    grep -qF "$call" tour.lua
    result $? "$at: the script has $call"
  done
  ! grep -q '"[A-Za-z0-9]\{12\}"' tour.lua
  result $? "$at: the script holds no id of this sandbox" || sed 's/^/# /' tour.lua
  try errand --sandbox run tour.lua
  exits 0 "$at: the script runs in a sandbox of its own"
  outputs Engineer "$at: and shows what the session showed"
  try errand --sandbox run tour.lua --email-address second.hire@example.com
  exits 0 "$at: the script runs for somebody else"
  try errand --sandbox run tour.lua --help
  outputs "--email-address" "$at: its arguments have help"
  cd "$tmp" || exit 1
}

take_tour 80 24
take_tour 40 10

# ---- beside the way ----

screen_start 80 24 errand -q --sandbox
screen_run ":tour stop"
screen_shows "there is no tour to stop; :tour begins one" "no tour, nothing to stop"
screen_run ":tour"
screen_shows "Tour, step 1 of 10: Look around" "in the sandbox it begins without a question"
screen_run "1 + 1"
screen_hides "2 of 10" "another statement does not end a step"
screen_run ":tour nxet"
screen_shows "got 'nxet'" "a word it does not know is told"
screen_run "ixon.rolls.list()"
screen_shows "(tour: mend it and try again; :tour shows the step)" "an error is no dead end"
screen_run ":tour next"
screen_shows "2 of 10: Find one record" "next skips a step"
screen_run "role = ixon.roles.find{ name = 'Operator' }"
screen_shows "Done. 3 of 10: And a group" "another value does as well"
screen_run ":tour back"
screen_shows "2 of 10: Find one record" "back goes back"
screen_run ":tour stop"
screen_shows "the tour has ended; :tour begins it anew" "stop ends it"
screen_run ":tour"
screen_run ":sandbox off"
screen_shows "the tour has ended, for the sandbox is off" "it sends nothing elsewhere"
screen_type ":tour"
screen_key Enter
screen_wait "[y/N]"
screen_type n
screen_key Enter
screen_shows "no tour without the sandbox" "a no is a no"
screen_prompt
screen_run ":sandbox on"
screen_run ":tour"
screen_run ":plan on"
screen_shows "(tour: plan mode is on, so nothing is sent; :plan off)" "plan mode on the way is told"
screen_run ":tour stop"
screen_run ":tour"
screen_shows "plan mode is on, and the tour" "plan mode would send nothing"

# ---- :save ----

screen_start 80 24 errand -q --sandbox
screen_run ":save s.lua"
screen_shows "there is nothing to save" "nothing to save yet"
screen_run "who = { general_settings = { object_name = 'N' }, account = { login_username = 'n.hire', password = 'typed-secret-1' } }"
screen_run "u = intrexx.users.create('hr', who)"
screen_run "intrexx.users.delete('hr', u.id)"
screen_run "try(ixon.rolls)"
screen_run "intrexx.users.delete('hr', 9999)"
screen_run ":save s.lua"
screen_shows "saved 2 calls to s.lua; left out: 1 call that failed" "what failed is left out and told"
screen_shows "run it with: errand --sandbox run s.lua" "how to run it is told"
! grep -q typed-secret s.lua
result $? "the script holds no password"
grep -qF 'intrexx.users.delete(opt.portal, new_user.id)' s.lua
result $? "the script deletes whom it made"
try errand --sandbox run s.lua
refused 2 "--password: is required" "the script asks for the password"
try errand --sandbox run s.lua --password other-secret-1
exits 0 "the script runs with it"
screen_run "ixon.users.find{ name = 'Olaf Operator' }"
screen_run ":save s.lua"
screen_shows "to overwrite it type :save! s.lua" "it overwrites nothing unasked"
! grep -q Olaf s.lua
result $? "the file is as it was"
screen_run ":save! s.lua"
screen_shows "saved 3 calls to s.lua" "and does when asked"
grep -q 'default = "Olaf Operator"' s.lua
result $? "the file is the new one"
screen_run ":save no/such/place.lua"
screen_shows "no/such/place.lua" "a place that is none is named"

done_testing
