#!/bin/sh
# demo.sh - the main job in the sandbox: on, again, off, and with faults.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh

# job WORLD ARGUMENTS...: with the sandbox that WORLD keeps
job() {
  world=$tmp/$1.json
  shift
  try errand --sandbox="$world" "$@"
}

# rows TEXT: how many rows of the table end so
rows() {
  grep -c -- "  $1\$" "$tmp/out"
}

# effects: what has happened in the world so far, a line for each thing
effects() {
  errand -e '
for operation, keys in pairs(json.decode(io.open("'"$world"'"):read "a").effects) do
  for key, count in pairs(keys) do print(operation, key, count) end
end' | sort
}

onboard="run scripts/onboard.lua --csv scripts/people.csv"
offboard="run scripts/offboard.lua --csv scripts/people.csv"

# ---- two people, twice ----

job a $onboard
exits 0 "onboard"
[ ! -s "$tmp/err" ]
result $? "onboard: nothing on standard error"
[ "$(wc -l <"$tmp/out")" = 9 ] && [ "$(rows created)" = 6 ] && [ "$(rows added)" = 2 ]
result $? "onboard: two people created in three systems"
for person in new second; do
  grep -Eq "^$person.hire@example.com +ixon +invite +[0-9A-Za-z]{12} +created\$" "$tmp/out" &&
    grep -Eq "^$person.hire@example.com +qalyptus +recipient +[0-9a-f-]{36} +created\$" "$tmp/out" &&
    grep -Eq "^$person.hire@example.com +intrexx +user +[0-9]+ +created\$" "$tmp/out"
  result $? "onboard: $person.hire with an id in each"
done
effects >"$tmp/once"
cat >"$tmp/want" <<'END'
intrexx.users.add_to_group	hr/new.hire/Users	1
intrexx.users.add_to_group	hr/second.hire/Users	1
intrexx.users.create	hr/new.hire	1
intrexx.users.create	hr/second.hire	1
ixon.invites.create	new.hire@example.com	1
ixon.invites.create	second.hire@example.com	1
qalyptus.recipients.create	new.hire@example.com	1
qalyptus.recipients.create	second.hire@example.com	1
END
cmp -s "$tmp/once" "$tmp/want"
result $? "onboard: each effect once" || sed 's/^/# /' "$tmp/once"
awk 'NR > 1 { print $1, $2, $3, $4 }' "$tmp/out" >"$tmp/ids"

job a $onboard
exits 0 "onboard again"
[ "$(rows found)" = 8 ] && ! grep -Eq 'created|added' "$tmp/out"
result $? "onboard again: everything is found"
awk 'NR > 1 { print $1, $2, $3, $4 }' "$tmp/out" | cmp -s - "$tmp/ids"
result $? "onboard again: the same ids"
effects | cmp -s - "$tmp/want"
result $? "onboard again: no effect"

# ---- off, again, and on once more ----

job a $offboard
exits 0 "offboard"
[ "$(rows withdrawn)" = 2 ] && [ "$(rows deactivated)" = 2 ] && [ "$(rows removed)" = 2 ]
result $? "offboard: undone in three systems"
effects >"$tmp/off"
job a $offboard
exits 0 "offboard again"
[ "$(rows 'not there')" = 6 ] && [ "$(rows 'inactive already')" = 2 ]
result $? "offboard again: says what was not there"
effects | cmp -s - "$tmp/off"
result $? "offboard again: no effect"
job a $onboard
exits 0 "onboard after offboard"
[ "$(rows created)" = 4 ] && [ "$(rows reactivated)" = 2 ] && [ "$(rows added)" = 2 ]
result $? "onboard after offboard: made anew, recipients reactivated"

# ---- one of them fails ----

cat >"$tmp/people.csv" <<'END'
email,first_name,last_name,group,role,portal
lost@example.com,Lost,Case,Plant A,Enginer,hr
umlaut@example.com,"Jörg ""J""",Müller,Plant A,Operator,hr
nowhere@example.com,No,Where,Plant A,Operator,nowhere
END
job b run scripts/onboard.lua --csv "$tmp/people.csv"
exits 1 "two of three fail"
says "lost@example.com: scripts/onboard.lua:" "who failed, and where"
says "no IXON role 'Enginer'" "and why"
says "nowhere@example.com: " "the second one too"
says "errand: 2 of 3 people failed" "how many failed"
[ "$(grep -c '^umlaut@example.com .* \(created\|added\)$' "$tmp/out")" = 4 ]
result $? "the other person is done"
grep -Eq '^lost@example.com +ixon +failed$' "$tmp/out" && grep -Eq '^nowhere@example.com +intrexx +failed$' "$tmp/out"
result $? "the table shows what failed"
effects | grep -q 'lost@example.com'
[ $? = 1 ]
result $? "nothing was made for the one with the wrong role"

# ---- one person by arguments ----

job c run scripts/onboard.lua --email one@example.com --first-name One --last-name Person --group 'Plant A' --role Engineer --portal hr
exits 0 "one person by arguments"
[ "$(rows created)" = 3 ]
result $? "one person by arguments: created"
job c run scripts/onboard.lua --email one@example.com --first-nmae One
exits 2 "arguments that are missing or misspelt"
says "--first-nmae: unknown option (did you mean '--first-name'?)" "the misspelt one is named"
says "--last-name: is required" "as are the missing ones"
job c run scripts/onboard.lua --csv absent.csv
exits 2 "a list that is not there"
says "absent.csv" "a list that is not there is named"
printf 'email,first_name,last_name,group,role\na@example.com,A,B,Plant A,Engineer\n' >"$tmp/short.csv"
job c run scripts/onboard.lua --csv "$tmp/short.csv"
[ "$code" != 0 ]
result $? "a list without a column"
says "portal" "the column is named"
try errand run scripts/onboard.lua --help
exits 0 "--help of the script"
outputs "--intrexx-group" "--help of the script names its arguments"

# ---- faults on the way, each followed by a repeat without ----

# SPEC|CODE|N|OUTCOME: the repeat ends with CODE and N times with this outcome
while IFS='|' read -r spec again times outcome; do
  rm -f "$tmp"/f.json*
  job f --fault "$spec" $onboard
  exits 1 "$spec"
  says "errand: 1 of 2 people failed" "$spec: one person fails"
  case $spec in *drop-reply*) says "look before repeating" "$spec: in doubt" ;; esac
  job f $onboard
  exits "$again" "$spec: the repeat"
  [ "$(cat "$tmp/out" "$tmp/err" | grep -Ec "$outcome")" = "$times" ]
  result $? "$spec: the repeat: $outcome"
  effects | grep -qv '	1$'
  [ $? = 1 ]
  result $? "$spec: no effect twice"
done <<'END'
ixon.invites.create:drop-reply@1|0|2|ixon +invite .*found$
ixon.invites.create:status=503@1|0|1|ixon +invite .*created$
ixon.invites.create:status-after=502@1|0|2|ixon +invite .*found$
ixon.invites.create:html@1|0|2|ixon +invite .*found$
ixon.invites.create:429@1|0|1|ixon +invite .*created$
qalyptus.recipients.create:drop-reply@1|0|2|recipient .*found$
qalyptus.recipients.create:malformed@1|0|2|recipient .*found$
intrexx.users.create:drop@1|0|1|user .*created$
intrexx.users.create:drop-reply@1|1|1|has a user '[a-z.]+' that errand did not create and cannot look up
END
rm -f "$tmp"/f.json*
job f --fault 'intrexx.portals.list:expire-token' --fault 'intrexx.users.create:expire-token@1' $onboard
exits 0 "a token that expires on the way"
[ "$(rows created)" = 6 ]
result $? "a token that expires on the way: bought anew"

# ---- without a file, and on a terminal ----

try errand --sandbox run scripts/onboard.lua --csv scripts/people.csv
exits 0 "a sandbox that keeps nothing"
script -qec "errand --sandbox run scripts/onboard.lua --csv scripts/people.csv" /dev/null >"$tmp/out" 2>"$tmp/err" </dev/null
code=$?
exits 0 "on a terminal"
[ "$(tr -d '\r' <"$tmp/out" | grep -c 'created$')" = 6 ]
result $? "on a terminal: the table"
try errand --sandbox -e 'return intrexx.portals.list()'
exits 0 "the first line of the guide"
outputs '"name":"hr"' "it prints portals"
try errand --sandbox -e 'return intrexx.portls.list()'
refused 2 "did you mean 'portals'?" "and suggests them"
[ -z "$(find "$HOME" "$TMPDIR" -type f)" ]
result $? "the job leaves nothing outside of its state file"

done_testing
