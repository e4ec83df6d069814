#!/bin/sh
# repl_errors.sh - the prompt: what is said of errors, where they are, :why.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/screen.sh
. tests/e2e/lib/prompt.sh
cd "$tmp" || exit 1
PAGER="cat"
export PAGER

# marked TEXT WHAT: a caret, and what is above it begins with TEXT
marked() {
  at=$(grep -n '^ *^' out | head -n 1)
  number=${at%%:*} marker=${at#*:}
  [ -n "$at" ] && [ "$number" -gt 1 ] &&
    above=$(sed -n "$((number - 1))p" out | cut -c"$((${#marker} - $(printf %s "$marker" | tr -cd '^~' | wc -c) + 1))-") &&
    case $above in "$1"*) true ;; *) false ;; esac
  result $? "$2" || echo "# wanted a caret under: $1"
}

for size in "80 24" "40 10"; do
  # shellcheck disable=SC2086
  prompt_start $size --sandbox

  # ---- syntax ----

  enter 'x = (1 + ]'
  marked ']' "$size: bad syntax is marked"
  tells "near ']'" "$size: and told"
  lacks "prompt 1:" "$size: without the number of the only line"
  enter_lines 'for i = 1, 2 do' 'x y' 'end'
  marked 'y' "$size: in a statement of several lines, too"
  tells 'x y' "$size: whose line is shown"
  enter '"abc'
  marked '"abc' "$size: an unfinished string is marked where it begins"

  # ---- at run time ----

  enter 'local t = {} return t.a.b'
  tells "attempt to index a nil value (field 'a')" "$size: what failed is told"
  marked 'a.b' "$size: and marked by its name"
  enter 'intrex.portals.list()'
  tells "did you mean 'intrexx'?" "$size: a misspelt service is met with the nearest"
  marked 'intrex.' "$size: and marked"
  enter 'intrexx.portls.list()'
  tells "'portals'" "$size: so is a misspelt resource"
  marked 'portls' "$size: which is marked"
  enter 'error("just text", 0)'
  shows "just text" "$size: an error of one's own"
  lacks "traceback" "$size: without a traceback"

  # ---- problems ----

  enter 'ixon.invites.create{ emailAdress = "new.hire@example.com", language = "en" }'
  tells "problems, nothing was sent" "$size: problems are counted in one sentence"
  grep -q '^  [a-zA-Z0-9.]*: ' out
  result $? "$size: and follow as a list"
  tells "emailAdress" "$size: that names what was typed"
  prompt_end
  exits 0 "$size: the end"
done

prompt_start 80 24 --sandbox
enter ':why'
tells "no error" ":why without an error"
enter_lines 'function lower() error("the depth", 0) end' ''
enter_lines 'local function go()' 'return nil + lower()' 'end'
enter ':why'
tells "no error" "nothing has failed so far"
enter 'intrexx.users.get("hr", 999999)'
shows "error: " "a call that is refused"
[ "$(grep -c '' out)" -gt 1 ] && grep -v '^errand' out | grep -q '999999\|404'
result $? "is told in a sentence"
enter ':why'
shows "404" ":why has the status"
shows "not_found" "and the kind"
shows "intrexx.users.get" "and the operation"
enter 'error("a later one", 0)'
enter '1 + 1'
enter ':why'
shows "a later one" ":why is about the last error, whatever succeeded since"

# ---- secrets ----

cat >replies <<'END'
=== reply GET /organizations times=0
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"isSuccess":false,"message":"the key qalyptus-QzCanary-1 is not good"}
END
screen_stop
serve replies
accounts "$at"
ERRAND_QALYPTUS_KEY=qalyptus-QzCanary-1
export ERRAND_QALYPTUS_KEY
prompt_start 80 24
enter 'qalyptus.organizations.list()'
shows "error: " "a reply that holds a credential"
enter ':why'
shows "400" ":why tells of it"
enter ':calls'
enter ':curl 1'
enter 'local ok, err = pcall(qalyptus.organizations.list) return err'
enter '_1'
screen_all >all
! grep -q 'QzCanary' all
result $? "the credential is nowhere on the screen"
prompt_end
! grep -rq 'QzCanary' home
result $? "nor in a file"

cd "$here" || exit 1
screen_stop
done_testing
