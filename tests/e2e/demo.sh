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
grep -q '^run r-[0-9a-z]* (onboard, key new.hire@example.com and 1 more)$' "$tmp/err" && grep -q '^run r-[0-9a-z]* done$' "$tmp/err" &&
  grep -q '^  people/new.hire@example.com/invite  created$' "$tmp/err"
result $? "onboard: standard error tells of the run and its steps"
[ "$(wc -l <"$tmp/out")" = 9 ] && [ "$(rows created)" = 6 ] && [ "$(rows added)" = 2 ]
result $? "onboard: two people created in three systems"
for person in new second; do
  grep -Eq "^$person.hire@example.com +ixon +invite +[0-9A-Za-z]{12} +created\$" "$tmp/out" &&
    grep -Eq "^$person.hire@example.com +qalyptus +recipient +[0-9a-f-]{36} +created\$" "$tmp/out" &&
    grep -Eq "^$person.hire@example.com +intrexx +user +[0-9]+ +created\$" "$tmp/out"
  result $? "onboard: $person.hire with an id in each"
done
cp "$tmp/out" "$tmp/once.table"
effects >"$tmp/once"
cat >"$tmp/want" <<'END'
intrexx.users.add_to_group	hr/new.hire@example.com/Users	1
intrexx.users.add_to_group	hr/second.hire@example.com/Users	1
intrexx.users.create	hr/new.hire@example.com	1
intrexx.users.create	hr/second.hire@example.com	1
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
[ "$(rows 'not there')" = 4 ] && [ "$(rows 'not known to errand')" = 2 ] && [ "$(rows 'inactive already')" = 2 ]
result $? "offboard again: says what was not there"
says "errand: warning: new.hire@example.com: intrexx: errand knows no user of this person in portal 'hr': look in the portal" \
  "offboard again: and where nobody but the portal knows"
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
nowhere@example.com,No,Where,Plant B,Operater,nowhere
no address,No,Address,Plant A,Operator,hr
END
job b run scripts/onboard.lua --csv "$tmp/people.csv"
exits 1 "three of four fail"
says "errand: error: lost@example.com: no IXON role 'Enginer'" "who failed, and why"
says "nowhere@example.com: no IXON role 'Operater'; no Intrexx portal 'nowhere'" "all that is wrong with the second"
says "'no address' is no e-mail address" "and with the third"
says " failed: 3 of 4 people failed" "how many failed"
[ "$(grep -c '^umlaut@example.com .* \(created\|added\)$' "$tmp/out")" = 4 ]
result $? "the other person is done"
[ "$(rows 'nothing sent')" = 3 ]
result $? "the table shows who was left out"
effects | grep -q 'lost@\|nowhere@\|no address'
[ $? = 1 ]
result $? "nothing was made for those whose data are wrong"
printf 'email,portal\nno address,hr\nleaver@example.com,nowhere\n' >"$tmp/leavers.csv"
job b run scripts/offboard.lua --csv "$tmp/leavers.csv"
exits 1 "leavers, one without an address and one with a wrong portal"
says "'no address' is no e-mail address" "the address is named"
says "leaver@example.com: intrexx: no Intrexx portal 'nowhere'" "the portal is named"
grep -Eq '^leaver@example.com +ixon +user .* removed$' "$tmp/out" && grep -Eq '^leaver@example.com +intrexx +failed$' "$tmp/out"
result $? "the other steps are done"
job b run scripts/offboard.lua --email leaver@example.com --portal hr
exits 0 "a portal user that errand did not create"
[ "$(rows 'not known to errand')" = 1 ]
result $? "it is not said to be gone"
says "look in the portal" "the warning says what to do"

# ---- two people of one name, and what is there twice ----

cat >"$tmp/same.csv" <<'END'
email,first_name,last_name,group,role,portal
same@example.com,Same,One,Plant A,Operator,hr
Same@example.org,Same,Two,Plant A,Operator,hr
END
job d run scripts/onboard.lua --csv "$tmp/same.csv"
exits 0 "two people whose addresses differ in the domain only"
[ "$(awk '$2 == "intrexx" && $3 == "user" && $5 == "created" { print $4 }' "$tmp/out" | sort -u | wc -l)" = 2 ]
result $? "each has a portal user"
job d run scripts/offboard.lua --email same@example.com --portal hr
exits 0 "one of them leaves"
job d run scripts/onboard.lua --csv "$tmp/same.csv"
grep -Eq '^Same@example.org +intrexx +user .* found$' "$tmp/out"
result $? "the other one's portal user is still there"
cat >"$tmp/twice.lua" <<'END'
local group, role = ixon.groups.find{ name = "Plant A" }, ixon.roles.find{ name = "Engineer" }
for _, email in ipairs{ "Twice@example.com", "twice@example.com" } do
  ixon.invites.create{ emailAddress = email, groupRoles = {
    { group = { publicId = group.publicId }, role = { publicId = role.publicId } } } }
end
intrexx.users.create("hr", { general_settings = { object_name = "twice" },
  contact = { email = { work = "other@example.com" } }, account = { login_username = "twice@example.com" } })
END
job d run "$tmp/twice.lua"
exits 0 "two invites for one address, and its login with another one's"
job d run scripts/offboard.lua --email TWICE@example.com --portal hr
exits 1 "a portal user with another address"
[ "$(rows withdrawn)" = 2 ]
result $? "both invites are withdrawn"
says "has the login of TWICE@example.com, but the e-mail address other@example.com" "the other address is named"
effects | grep -q 'intrexx.users.delete	hr/twice'
[ $? = 1 ]
result $? "the other one's user stays"
job d run scripts/onboard.lua --email twice@example.com --first-name T --last-name W --group 'Plant A' --role Engineer --portal hr
exits 1 "nor is that user taken for the new one"
says "has the login of twice@example.com, but the e-mail address other@example.com" "and onboard says so"
job e --fault 'ixon.invites.list:status=403' run scripts/offboard.lua --email leaver@example.com --portal hr
exits 1 "invites that cannot be read"
grep -Eq '^leaver@example.com +ixon +failed$' "$tmp/out" && grep -Eq '^leaver@example.com +ixon +user .* removed$' "$tmp/out"
result $? "the user is removed all the same"

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

# ---- faults on the way ----

# What errand can look up it settles itself: the run ends as without the fault.
while read -r spec; do
  rm -rf "$tmp"/f.json*
  job f --fault "$spec" $onboard
  exits 0 "$spec"
  [ "$(rows created)" = 6 ]
  result $? "$spec: everything is made"
  effects | cmp -s - "$tmp/want"
  result $? "$spec: no effect twice"
done <<'END'
ixon.invites.create:drop-reply@1
ixon.invites.create:status=503@1
ixon.invites.create:status-after=502@1
ixon.invites.create:html@1
qalyptus.recipients.create:429@1
qalyptus.recipients.create:drop-reply@1
qalyptus.recipients.create:malformed@1
intrexx.users.add_to_group:drop-reply@1
END

# Intrexx users cannot be looked up: the person's other steps wait for an
# answer, nobody else does.
while IFS='|' read -r spec outcome; do
  rm -rf "$tmp"/f.json*
  job f --fault "$spec" $onboard
  exits 4 "$spec"
  says "intrexx.users.create is in doubt" "$spec: what is in doubt"
  step=$(sed -n 's/^next: .*errand runs settle r-[0-9a-z]* \([^ ]*\) done|absent|skip .*/\1/p' "$tmp/err")
  id=$(sed -n 's/^run \(r-[0-9a-z]*\) in doubt.*/\1/p' "$tmp/err")
  case $step in
    people/*/user) ;;
    *) step=none ;;
  esac
  job f $onboard
  exits 4 "$spec: the repeat goes on with the same run and asks again"
  says "run $id (onboard" "$spec: it says so"
  set --
  case $outcome in
    done) set -- --result "$(errand -e '
local path, step = ...
local world, person = json.decode(io.open(path):read "a"), step:match "people/(.*)/user"
for _, user in ipairs(world.stores["intrexx/hr/users"]) do
  if user.v.account.login_username == person then return { id = user.v.id } end
end' "$world" "$step")" ;;
  esac
  job f runs settle "$id" "$step" "$outcome" "$@" --reason "looked into the portal"
  exits 0 "$spec: somebody has looked: $outcome"
  job f $onboard
  exits 0 "$spec: then it ends"
  [ "$(rows created)" = 6 ]
  result $? "$spec: everything is made"
  effects | cmp -s - "$tmp/want"
  result $? "$spec: no effect twice"
  job f $offboard
  exits 0 "$spec: offboard"
  [ "$(rows removed)" = 2 ]
  result $? "$spec: offboard knows both portal users"
done <<'END'
intrexx.users.create:drop@1|absent
intrexx.users.create:drop-reply@1|done
END
# IXON shuts an address out after a 429: nobody after that is tried
rm -rf "$tmp"/f.json*
job f --fault 'ixon.invites.create:429@1' run --no-wait ${onboard#run } --limit 1
exits 3 "a 429 of IXON"
says "errand runs resume" "it says how to go on"
effects | grep -q ixon
[ $? = 1 ]
result $? "a 429 of IXON: the rest is not sent"
rm -rf "$tmp"/f.json*
job f --fault 'intrexx.portals.list:expire-token@1' --fault 'intrexx.users.create:expire-token@1' $onboard
exits 0 "a token that expires on the way"
[ "$(rows created)" = 6 ]
result $? "a token that expires on the way: bought anew"

# ---- without a file, and on a terminal ----

try errand --sandbox run scripts/onboard.lua --csv scripts/people.csv
exits 0 "a sandbox that keeps nothing"
script -qec "errand --sandbox run scripts/onboard.lua --csv scripts/people.csv" /dev/null >"$tmp/out" 2>"$tmp/err" </dev/null
code=$?
exits 0 "on a terminal"
[ "$(tr -d '\r' <"$tmp/out" | grep -Ec '^(new|second)[^ ]* .* created$')" = 6 ]
result $? "on a terminal: the table"
try errand --sandbox -e 'return intrexx.portals.list()'
exits 0 "the first line of the guide"
outputs '"name":"hr"' "it prints portals"
try errand --sandbox -e 'return intrexx.portls.list()'
refused 2 "did you mean 'portals'?" "and suggests them"
[ -z "$(find "$HOME" "$TMPDIR" -type f)" ]
result $? "the job leaves nothing outside of its state file"

# ---- what the documents show ----

# Scripts are the blocks that start with "-- NAME.lua"; they read files by the
# paths of the source tree and may write beside themselves.
mkdir "$tmp/shown"
cp -r scripts "$tmp/shown"
cp docs/guide.md README.md "$tmp/shown"
cd "$tmp/shown" || exit 1
awk '/^```lua$/ { inside = 1; next } /^```$/ { inside = 0; file = "" }
  inside == 1 { file = match($0, /^-- [a-z]+\.lua/) ? substr($0, 4, RLENGTH - 3) : ""; inside = 2 }
  inside == 2 && file != "" { print >file }' guide.md README.md
for script in members calls once files recipients who; do
  words=
  case $script in
    members) words="--group Managers" ;;
    who) words="--email anna.admin@example.com" ;;
  esac
  # shellcheck disable=SC2086
  try errand --sandbox run $script.lua $words
  exits 0 "$script.lua of the documents"
done
outputs 'ixon      true   uH6dQf18jZcT' "who.lua finds a person"
try errand --sandbox --fault 'qalyptus.recipients.create:drop-reply@1' run recipients.lua
exits 4 "recipients.lua with a lost reply"
sed -n '2,5p' "$tmp/once.table" >first
grep -Fxf first README.md >shown
cmp -s first shown
result $? "the table of the README is what the demo prints" || sed 's/^/# /' first
cd "$here" || exit 1

done_testing
