#!/bin/sh
# durable.sh - onboard killed at every line it prints and at random moments, and resumed each time.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh

onboard="scripts/onboard.lua --csv scripts/people.csv"
offboard="scripts/offboard.lua --csv scripts/people.csv"
job=$onboard

# What the world must have counted at the end of each story.
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

# What a person does who is asked: looks for the portal user of the step's
# person, and says what is there. Prints STEP, OUTCOME and RESULT.
cat >"$tmp/look.lua" <<'END'
local shown, world = json.decode(io.read "a"), json.decode(io.open(...):read "a")
local users = {}
for _, user in ipairs(world.stores["intrexx/hr/users"]) do users[user.v.account.login_username] = user.v.id end
for _, step in ipairs(shown.steps) do
  if step.doubt then
    local person = step.step:match "^people/(.-)/user$"
    local id = users[assert(person, step.step .. " could have been looked up")]
    print(step.step, id and "done" or "absent", id and json.encode{ id = id } or "")
  end
end
END

# flat: effects as JSON, a line for each
flat() {
  errand -e '
for operation, keys in pairs(json.decode(io.read "a")) do
  for key, count in pairs(keys) do print(operation, key, count) end
end' | sort
}

# ---- killing ----

# begin COMMAND...: in the background; "upto" reads what it says. What is
# started writes into a file besides, so that a closed pipe does not end it.
begin() {
  rm -f "$tmp/says"
  mkfifo "$tmp/says"
  : >"$tmp/err"
  env "$@" >"$tmp/out" 2>"$tmp/says" </dev/null &
  run=$!
  started=$run
  exec 5<"$tmp/says"
}

# upto N: its next N lines; fails where it ends before
upto() {
  n=0
  while [ $n -lt "$1" ] && IFS= read -r line <&5; do
    n=$((n + 1))
    printf '%s\n' "$line" >>"$tmp/err"
  done
  [ $n = "$1" ]
}

# shoot: what it still said is kept; its exit code in $code, 137 if it was killed
shoot() {
  kill -KILL "$run" 2>/dev/null
  { wait "$run"; } 2>/dev/null
  code=$?
  cat <&5 >>"$tmp/err"
  exec 5<&-
  started=
}

# How the services are there: "beside" as a sandbox of its own that outlives
# whoever is killed, "with" as the demo has them, dying together.
run_errand() {
  if [ "$how" = with ]; then set -- "--sandbox=$world" "$@"; fi
  try errand "$@"
}

# A sandbox that dies with its client is gone a little later.
free_world() {
  [ "$how" = with ] || return 0
  tries=0
  until run_errand -e 'return 1' && [ "$code" = 0 ]; do
    tries=$((tries + 1))
    [ $tries -lt 500 ] || return 1
  done
}

# answers ID: each question is answered truthfully
answers() {
  run_errand runs show "$1" -o json
  errand run "$tmp/look.lua" "$world" <"$tmp/out" >"$tmp/questions" || return 1
  while IFS='	' read -r step outcome found; do
    asked=$((asked + 1))
    run_errand runs settle "$1" "$step" "$outcome" ${found:+--result "$found"} --reason "looked into the portal"
    [ "$code" = 0 ] || return 1
  done <"$tmp/questions"
}

# to_the_end: as a person would who comes back: the same again, and what it asks
to_the_end() {
  laps=0
  free_world
  while [ $laps -lt 12 ]; do
    laps=$((laps + 1))
    run_errand run $job
    case $code in
      0) return 0 ;;
      3) ;;
      4) answers "$(id_of "$tmp/err")" || return 1 ;;
      *) return 1 ;;
    esac
  done
  return 1
}

id_of() {
  sed -n 's/^run \(r-[0-9a-z]*\).*/\1/p' "$1" | head -n 1
}

# ends_well WHAT: the story goes to its end, which is one effect of each kind a
# person
ends_well() {
  to_the_end
  result $? "$1: ends" || return
  if [ "$how" = beside ]; then
    curl -sS --noproxy '*' --max-time 30 "$at/_sandbox/effects" | flat >"$tmp/effects"
  else
    errand -e 'return json.decode(io.open(...):read "a").effects' "$world" | flat >"$tmp/effects"
  fi
  cmp -s "$tmp/effects" "$tmp/want"
  result $? "$1: one of each" || sed 's/^/# /' "$tmp/effects"
}

# ---- a world of its own process ----

how=beside
world=$tmp/world.json
mkfifo "$tmp/printed"
errand sandbox --state "$world" >"$tmp/printed" 2>/dev/null &
pid=$!
: >"$tmp/accounts"
while IFS= read -r line; do
  case $line in
    'export '*_SETTLE=*) printf '%s\n' "${line%%=*}=0.2" >>"$tmp/accounts" ;;
    'export '*) printf '%s\n' "$line" >>"$tmp/accounts" ;;
    *X-Sandbox-Token:*) token=${line##* } ;;
    '# serving on '*) at=${line#\# serving on } at=${at%% *}; break ;;
  esac
done <"$tmp/printed"
# shellcheck disable=SC1091
. "$tmp/accounts"

# control NAME BODY: tells the sandbox
control() {
  curl -sS --noproxy '*' --max-time 30 -o /dev/null -H "X-Sandbox-Token: $token" -d "$2" "$at/_sandbox/$1"
}

# calls: how often the services were called, whatever for
calls() {
  curl -sS --noproxy '*' --max-time 30 "$at/_sandbox/calls"
}

# fresh: an empty world, an empty store
stories=0
fresh() {
  stories=$((stories + 1))
  asked=0
  export ERRAND_STORE="$tmp/store$stories.db"
  if [ "$how" = with ]; then world=$tmp/world$stories.json ERRAND_STORE=; unset ERRAND_STORE; else control reset ''; fi
}

fresh
run_errand run $onboard
exits 0 "onboard without a death"
lines=$(wc -l <"$tmp/err")
[ "$lines" -ge 10 ]
result $? "it says a line a step: $lines"
ends_well "onboard again"
[ "$(grep -c ' found$' "$tmp/out")" = 8 ]
result $? "onboard again: it is a new run, which finds all"

k=1
while [ $k -lt "$lines" ]; do
  fresh
  begin errand run $onboard
  upto $k
  shoot
  ends_well "killed after line $k,$(sed -n "${k}p" "$tmp/err")"
  k=$((k + 1))
done

# The way back: a second end of each kind would be an effect more, too.
sort - "$tmp/want" >"$tmp/want_off" <<'END'
intrexx.users.delete	hr/new.hire@example.com	1
intrexx.users.delete	hr/second.hire@example.com	1
ixon.invites.delete	new.hire@example.com	1
ixon.invites.delete	second.hire@example.com	1
qalyptus.recipients.update	new.hire@example.com	1
qalyptus.recipients.update	second.hire@example.com	1
END
for k in 1 5 9 13; do
  fresh
  job=$onboard
  to_the_end
  begin errand run $offboard
  upto $k
  shoot
  what="offboard killed after line $k,$(sed -n "${k}p" "$tmp/err")"
  job=$offboard
  to_the_end
  result $? "$what: ends"
  # Deactivating is repeated where its answer was lost: the end is the same.
  curl -sS --noproxy '*' --max-time 30 "$at/_sandbox/effects" | flat | sed '/recipients.update/s/[0-9]*$/1/' >"$tmp/effects"
  cmp -s "$tmp/effects" "$tmp/want_off"
  result $? "$what: all are out, once" || sed 's/^/# /' "$tmp/effects"
done
job=$onboard

# ---- at random moments ----

seed=$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')
echo "# seed $seed"
drawn=0

# draw LONG: the next random moment below LONG seconds, in $moment
draw() {
  drawn=$((drawn + 1))
  moment=$(awk -v seed="$seed$drawn" -v long="$1" 'BEGIN { srand(seed); printf "%.3f\n", rand() * long }')
}

# long COMMAND...: how many seconds it takes, start to end
long() {
  from=$(date +%s%N)
  "$@"
  echo "$from $(date +%s%N)" | awk '{ printf "%.3f", ($2 - $1) / 1e9 }'
}

# die: the run begins or goes on, and is killed at the moment; what it asks if
# it was faster is answered
die() {
  free_world
  if [ "$how" = with ]; then begin errand "--sandbox=$world" run $onboard; else begin errand run $onboard; fi
  sleep "$moment"
  shoot
  case $code in
    137) deaths=$((deaths + 1)) ;;
    4) answers "$(id_of "$tmp/err")" ;;
  esac
}

for how in beside with; do
  fresh
  time=$(long run_errand run $onboard)
  deaths=0
  tries=0
  # Who came too late, because the machine is faster now, aims earlier.
  while [ $deaths -lt 10 ] && [ $tries -lt 60 ]; do
    tries=$((tries + 1))
    fresh
    draw "$time"
    die
    [ "$code" = 137 ] || { time=$(echo "$time" | awk '{ print $1 * 0.8 }') && continue; }
    ends_well "$how: killed after $moment s"
  done
  [ $deaths = 10 ]
  result $? "$how: ten died"
  fresh
  deaths=0
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    draw "$(echo "$time" | awk '{ print $1 / 3 }')" # what is left of it gets shorter
    die
  done
  ends_well "$how: one run killed $deaths times"
done
how=beside
world=$tmp/world.json

# ---- two at once ----

# The first invite is answered late, so that the first run is there for the
# second to meet.
fresh
control faults '["ixon.invites.create:latency=20@1"]'
begin errand run $onboard
upto 1
id=$(id_of "$tmp/err")
cp "$tmp/err" "$tmp/first.err"
run_errand run $onboard
[ "$code" != 0 ] && [ "$code" != 4 ] && [ ! -s "$tmp/out" ]
result $? "the same key a second time: refused"
says "$id" "it says which run is under way"
says "pid $run" "and whose"
run_errand runs resume "$id"
[ "$code" != 0 ] && [ "$code" != 4 ]
result $? "nor is it resumed beside itself"
says "pid $run" "and it is said who has it"
cp "$tmp/first.err" "$tmp/err"
shoot
ends_well "the first one killed, then to the end"

# Where the second came when the first had ended already, the two did not meet.
latency=1
code=0 second=0
while [ "$code/$second" = 0/0 ] && [ $latency -le 16 ]; do
  fresh
  control faults "[\"ixon.invites.create:latency=$latency@1\"]"
  begin errand run $onboard
  first=$run
  errand run $onboard >"$tmp/out2" 2>"$tmp/err2" </dev/null
  second=$?
  wait "$first"
  code=$?
  started=
  cat <&5 >"$tmp/err"
  exec 5<&-
  latency=$((latency * 4))
done
[ "$code/$second" = 0/6 ] || [ "$code/$second" = 6/0 ]
result $? "started at the same instant: one does it, the other does not ($code/$second)"
cat "$tmp/err2" >>"$tmp/err"
says "is under way (pid " "who has it is said"
ends_well "started at the same instant"

# ---- another script, other arguments ----

fresh
mkdir "$tmp/own"
cp scripts/*.lua scripts/people.csv "$tmp/own"
control faults '["ixon.invites.create:latency=20@2"]'
begin errand run "$tmp/own/onboard.lua" --csv "$tmp/own/people.csv"
until ! upto 1 || grep -q people/ "$tmp/err"; do :; done
shoot
id=$(id_of "$tmp/err")
cp scripts/people.csv "$tmp/own/people.csv"
echo 'error("the file was changed")' >"$tmp/own/onboard.lua"
echo 'error("the module was changed")' >"$tmp/own/people.lua"
rm "$tmp/own/people.csv"
run_errand runs resume "$id"
laps=0
while [ "$code" = 4 ] && [ $laps -lt 5 ]; do
  laps=$((laps + 1))
  answers "$id"
  run_errand runs resume "$id"
done
exits 0 "resumed after the script was changed and its list deleted"
ends_well "what was started is what is finished"
run_errand run "$tmp/own/onboard.lua"
says "the file was changed" "a new run takes the new script"

# The address of a table is another one in each process: a workflow that does
# not do the same each time.
cat >"$tmp/address.lua" <<'END'
return workflow.define("address", {}, function(run)
  local name = tostring({}):gsub("%W", "")
  run:step("first", intrexx.users.create, "hr", { account = { login_username = name }, general_settings = { object_name = name } })
  run:step("second", qalyptus.organizations.list)
  run:step("third", intrexx.users.create, "hr", { account = { login_username = "b" }, general_settings = { object_name = "b" } })
end)
END
fresh
control faults '["qalyptus.organizations.list:latency=20@1"]'
begin errand run "$tmp/address.lua"
upto 2
shoot
calls_before=$(calls)
run_errand runs resume "$(id_of "$tmp/err")"
exits 3 "other arguments than recorded"
says "diverged" "it says so"
grep -q 'recorded .*first .*intrexx.users.create .*"table0x' "$tmp/err" && grep -q 'attempted .*first .*intrexx.users.create .*"table0x' "$tmp/err"
result $? "with both sides"
says "address.lua:3" "and where"
[ "$(calls)" = "$calls_before" ]
result $? "nothing was sent"

# ---- stores that cannot be used ----

fresh
run_errand run $onboard
good=$ERRAND_STORE
mkdir "$tmp/bad"

# bad WHAT TEXT COMMAND...: refused before anything leaves, with the text
bad() {
  what=$1
  text=$2
  shift 2
  control reset ''
  try "$@"
  [ "$code" != 0 ] && [ "$code" != 4 ] && [ ! -s "$tmp/out" ] && grep -qF -- "$text" "$tmp/err" && ! grep -qi traceback "$tmp/err"
  result $? "$what: \"$text\""
  [ "$(calls)" = "{}" ]
  result $? "$what: nothing was sent"
}

# spoil NAME SEEK: a copy of the good store with other bytes (standard input)
spoil() {
  cp "$good" "$tmp/bad/$1"
  dd of="$tmp/bad/$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# Byte 60 of an SQLite file begins its user_version, which is our schema.
printf '\000\000\000\143' | spoil newer.db 60
bad "a store of a newer errand" "newer" ERRAND_STORE="$tmp/bad/newer.db" errand run $onboard
head -c 3000 /dev/zero | tr '\0' 'x' | spoil spoilt.db 8192
bad "a spoilt store" "damaged" ERRAND_STORE="$tmp/bad/spoilt.db" errand run $onboard
head -c 20000 "$good" >"$tmp/bad/cut.db"
chmod 600 "$tmp/bad/cut.db"
bad "a store cut short" "damaged" ERRAND_STORE="$tmp/bad/cut.db" errand run $onboard
echo "this is no store" >"$tmp/bad/text.db"
chmod 600 "$tmp/bad/text.db"
bad "a text file" "$tmp/bad/text.db" ERRAND_STORE="$tmp/bad/text.db" errand run $onboard
# Root may write anywhere, so root becomes nobody.
mkdir "$tmp/bad/closed"
cp "$good" "$tmp/bad/closed/store.db"
chmod 400 "$tmp/bad/closed/store.db"
as=
if [ "$(id -u)" = 0 ]; then
  chown 65534 "$tmp/bad/closed/store.db"
  chmod 711 "$tmp" "$tmp/bad" "$tmp/home"
  chmod 1777 "$tmp/tmp"
  as="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi
chmod 555 "$tmp/bad/closed"
# shellcheck disable=SC2086
bad "a store that cannot be written" "$tmp/bad/closed/store.db" ERRAND_STORE="$tmp/bad/closed/store.db" $as "$ERRAND" run $onboard
chmod 755 "$tmp/bad/closed"

# ---- what the document shows ----

awk '/^```lua$/ { inside = 1; next } /^```/ { inside = 0; file = "" }
  inside == 1 { file = match($0, /^-- [a-z]+\.lua/) ? dir "/" substr($0, 4, RLENGTH - 3) : ""; inside = 2 }
  inside == 2 && file != "" { print >file }' dir="$tmp" docs/durable-runs.md
how=with
fresh
run_errand run "$tmp/guest.lua" --email guest@example.com --first-name Gu --last-name Est
exits 0 "guest.lua"
sed -n '/^run r-/,/^{/{s/r-[0-9a-z]*/ID/;p}' docs/durable-runs.md >"$tmp/shown"
cat "$tmp/err" "$tmp/out" | sed 's/r-[0-9a-z]*/ID/' >"$tmp/got"
cmp -s "$tmp/got" "$tmp/shown"
result $? "guest.lua prints what the document shows" || diff "$tmp/shown" "$tmp/got" | sed 's/^/# /'
run_errand run "$tmp/notice.lua" --email other@example.com
exits 0 "notice.lua"
run_errand run "$tmp/notice.lua" --email other@example.com
[ "$code" != 0 ]
result $? "notice.lua a second time: there is one already"
says "there is one already" "and it says so"
run_errand run --no-wait "$tmp/leave.lua" --email leaver@example.com --after 1s
exits 3 "leave.lua waits for somebody"
id=$(id_of "$tmp/err")
run_errand runs approve "$id"
exits 0 "somebody agrees"
run_errand runs resume "$id"
exits 0 "leave.lua goes on, and sleeps"
outputs '"removed":true' "and removes"
run_errand run "$tmp/guest.lua" --email undo@example.com --first-name Un --last-name Do
id=$(id_of "$tmp/err")
run_errand runs undo "$id"
exits 0 "guest.lua undone"
run_errand -e 'return ixon.invites.find{ emailAddress = "undo@example.com" } == nil'
outputs true "the invite is gone"
# shellcheck disable=SC2086
for line in "plan $onboard" "plan --digest $tmp/plan $onboard" "run --plan $tmp/plan $onboard" "runs" "runs check" "runs prune"; do
  run_errand $line
  exits 0 "errand $line"
done
how=beside

# ---- what is kept ----

for secret in "$ERRAND_IXON_TOKEN" "$ERRAND_QALYPTUS_KEY" "$ERRAND_INTREXX_PASSWORD"; do
  [ -n "$secret" ] && ! grep -raqF -- "$secret" "$good"*
  result $? "no secret is in the store"
done

done_testing
