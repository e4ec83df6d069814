#!/bin/sh
# replay.sh - calls recorded to a cassette, and given back without network.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh

# Without any network where the system lets us; there is no listener anyway.
alone=
if unshare -rn true 2>/dev/null; then alone="unshare -rn"; elif unshare -n true 2>/dev/null; then alone="unshare -n"; fi

# replay ARGUMENTS...: with nothing but the cassette: no configuration, no
# credentials, a home of its own
replay() {
  rm -rf "$tmp/bare"
  mkdir "$tmp/bare"
  # shellcheck disable=SC2086
  try HOME="$tmp/bare" $alone errand --replay "$@"
}

untouched() {
  [ -z "$(ls -A "$tmp/bare")" ]
  result $? "$1: nothing is written, no store either"
}

# ---- a whole run ----

record="errand --sandbox --record $tmp/onboard.cassette run scripts/onboard.lua --csv scripts/people.csv"
try $record
exits 0 "onboarding recorded"
cp "$tmp/out" "$tmp/live.out"
cp "$tmp/err" "$tmp/live.err"
[ "$(stat -c %a "$tmp/onboard.cassette")" = 600 ]
result $? "the cassette is private"
head -n 1 "$tmp/onboard.cassette" | grep -q '"errand_cassette":1'
result $? "its first line says what it is"
! grep -q '127.0.0.1\|sandbox-ixon-token\|Bearer\|set-cookie' "$tmp/onboard.cassette"
result $? "it tells no host and no credential"
replay "$tmp/onboard.cassette" run scripts/onboard.lua --csv scripts/people.csv
exits 0 "onboarding replayed"
# steps FILE: what was told of them, but for the run's name and whose turn was first
steps() { sed 's/r-[a-z0-9]\{6\}/RUN/g' "$1" | sort; }
steps "$tmp/live.err" >"$tmp/live.steps"
steps "$tmp/err" | cmp -s "$tmp/live.steps" - && cmp -s "$tmp/live.out" "$tmp/out"
result $? "the same output, and the same steps"
untouched "onboarding replayed"
replay "$tmp/onboard.cassette" run scripts/onboard.lua --csv scripts/people.csv --limit 1
exits 0 "replayed one at a time"
cmp -s "$tmp/live.out" "$tmp/out"
result $? "the same output in another order of calls"

sed 's/second.hire@/third.hire@/' scripts/people.csv >"$tmp/others.csv"
replay "$tmp/onboard.cassette" run scripts/onboard.lua --csv "$tmp/others.csv"
exits 1 "other people"
says "is not in the cassette $tmp/onboard.cassette" "a call that was not recorded fails"
says 'the nearest call of it, in line' "the nearest one is named"
says '"third.hire@example.com"' "with what it is"
says '"second.hire@example.com"' "and what it was"
says 'calls of the cassette' "what was not asked for is told"
untouched "other people"

# ---- a run that fails ----

try errand --sandbox --fault 'ixon.invites.create:drop-reply@1' --fault 'qalyptus.recipients.create:status=409@2' \
  --record "$tmp/failing.cassette" run scripts/onboard.lua --csv scripts/people.csv --limit 1
cp "$tmp/out" "$tmp/live.out"
cp "$tmp/err" "$tmp/live.err"
exits 1 "a run in which something was in doubt and somebody failed"
replay "$tmp/failing.cassette" run scripts/onboard.lua --csv scripts/people.csv --limit 1
exits 1 "the same replayed"
steps "$tmp/live.err" >"$tmp/live.steps"
steps "$tmp/err" | cmp -s "$tmp/live.steps" - && cmp -s "$tmp/live.out" "$tmp/out"
result $? "the same output and messages" || diff "$tmp/live.err" "$tmp/err" | sed 's/^/# /'

# ---- single calls ----

serve - <<'END'
=== reply GET /organizations times=0
HTTP/1.1 200 OK
Content-Type: application/json
X-Server-Name: inner-host
Set-Cookie: session=abcdef123456
X-Request-Id: r-1

{"isSuccess":true,"data":[{"id":"o1","name":"One","note":null,"big":123456789012345678901234567890,"none":[],"empty":{}}]}
=== reply GET /groups times=0
HTTP/1.1 503 Service Unavailable
Content-Type: text/html
Retry-After: 0

<html>later</html>
=== reply POST /organizations times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":{"id":"new","name":"x"}}
=== reply GET /roles times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":[],"echo":"qalyptus-key-1"}
END
accounts "$at"

script='
local t = {}
for i = 1, 2 do
  local list, reply = qalyptus.organizations.list{ get_all = true }
  t[i] = { list = list, status = reply.status, id = reply.request_id, type = reply.headers["content-type"] }
end
local made = qalyptus.organizations.create{ displayName = "x", themeId = "11111111-2222-3333-4444-555555555555" }
local _, err = try(qalyptus.groups.list, { get_all = true })
return { t, made, err.kind, err.message, err.status, err.attempts, err.body }'
export ERRAND_QALYPTUS_RETRY_DELAY=0
try errand -q --record "$tmp/calls.cassette" -e "$script"
cp "$tmp/out" "$tmp/live.out"
exits 0 "some calls recorded"
! grep -qi 'set-cookie\|abcdef123456\|inner-host\|qalyptus-key-1' "$tmp/calls.cassette"
result $? "no cookie, credential or foreign header is in it"
env -u ERRAND_QALYPTUS_URL -u ERRAND_QALYPTUS_KEY HOME="$tmp/bare" errand --replay "$tmp/calls.cassette" -e "$script" \
  >"$tmp/out" 2>"$tmp/err"
code=$?
exits 0 "replayed without url and key"
cmp -s "$tmp/live.out" "$tmp/out"
result $? "the same data, nulls, big numbers, errors and headers" || diff "$tmp/live.out" "$tmp/out" | sed 's/^/# /'
replay "$tmp/calls.cassette" -e 'return qalyptus.organizations.create{ themeId = "11111111-2222-3333-4444-555555555555", displayName = "x" }'
exits 0 "members in another order are the same call"
replay "$tmp/calls.cassette" -e 'return qalyptus.organizations.create{ displayName = "y", themeId = "11111111-2222-3333-4444-555555555555" }'
exits 2 "another value is another call"
says 'body.displayName was "x", is "y"' "the first difference is told"
replay "$tmp/calls.cassette" -e 'for _ = 1, 3 do qalyptus.organizations.list{ get_all = true } end'
exits 2 "a third time"
says 'is in the cassette' "a call that was recorded twice"
says '2 times, and was asked for once more' "is not given a third time"
replay "$tmp/calls.cassette" -e 'return qalyptus.users.list{ get_all = true }'
exits 2 "an operation that was not called"
says 'no other call of this operation is' "is told apart"
replay "$tmp/calls.cassette" -e 'return try(ixon.me.get)'
exits 0 "what is missing can be caught"
seen=$(curl -sS --noproxy '*' "$at/_seen")
replay "$tmp/calls.cassette" -e "$script"
[ "$(curl -sS --noproxy '*' "$at/_seen")" = "$seen" ]
result $? "a replay sends nothing"

# ---- files ----

printf 'not a cassette\n' >"$tmp/notes.txt"
try errand --record "$tmp/notes.txt" -e 'return qalyptus.organizations.list{ get_all = true }'
refused 2 "is no cassette and is not overwritten" "another file is not overwritten"
[ "$(cat "$tmp/notes.txt")" = "not a cassette" ]
result $? "and stays as it was"
replay "$tmp/notes.txt" -e 'return 1'
refused 2 "is no cassette" "nor is it played"
replay "$tmp/absent" -e 'return 1'
refused 1 "--replay: " "a cassette that is not there"
replay "$tmp/calls.cassette" whoami
refused 2 "--replay answers calls, and whoami looks at what is configured: run it without" "whoami with a cassette"
replay "$tmp/calls.cassette" doctor
refused 2 "--replay answers calls, and doctor looks at what is configured: run it without" "doctor, too"
try errand --record "$tmp/calls.cassette" -e 'return #qalyptus.organizations.list{ get_all = true }'
exits 0 "a cassette that is there"
[ "$(wc -l <"$tmp/calls.cassette")" = 2 ]
result $? "is replaced"
cp "$tmp/calls.cassette" "$tmp/before"
for what in 'return 1' 'return nothing.at_all'; do
  try errand --record "$tmp/calls.cassette" -e "$what"
  cmp -s "$tmp/before" "$tmp/calls.cassette"
  result $? "a run without a call leaves a cassette as it was: $what"
done
try errand --record "$tmp/calls.cassette" -e 'return 1'
says "--record: no call was made; $tmp/calls.cassette is as it was" "and says so"
try errand --record "$tmp/none" -e 'return 1'
[ ! -e "$tmp/none" ]
result $? "nor is one made"
try errand --record "$tmp/absent/x" -e 'return qalyptus.organizations.list{ get_all = true }'
refused 1 "--record: " "a place where none can be: it is told which option"
try errand --record "$tmp" -e 'return qalyptus.organizations.list{ get_all = true }'
refused 1 "--record: " "a directory"
try errand --record "$tmp/x" --replay "$tmp/calls.cassette" -e 'return 1'
refused 2 "exclude each other" "recording a replay"
try errand --sandbox --replay "$tmp/calls.cassette" -e 'return 1'
refused 2 "exclude each other" "a replay in the sandbox"
{ head -n 1 "$tmp/calls.cassette"; echo '{"service":'; tail -n 1 "$tmp/calls.cassette"; } >"$tmp/broken"
replay "$tmp/broken" -e 'return 1'
refused 2 "line 2 is no JSON" "a damaged cassette"
{ head -n 1 "$tmp/calls.cassette"; echo '{"service":"qalyptus","operation":"x"}'; } >"$tmp/broken"
replay "$tmp/broken" -e 'return 1'
refused 2 "line 2 has neither a reply nor an error" "a line that says too little"
sed 's/"errand_cassette":1/"errand_cassette":9/' "$tmp/calls.cassette" >"$tmp/broken"
replay "$tmp/broken" -e 'return 1'
refused 2 "format 9" "a newer format"
{ cat "$tmp/calls.cassette"; printf '{"service":"qal'; } >"$tmp/broken"
replay "$tmp/broken" -e 'return #qalyptus.organizations.list{ get_all = true }'
exits 0 "a last line that was cut off by the end of the process"
says "was cut off" "is told"

# What ends the process takes no call with it that was there.
try errand --record "$tmp/killed" -e 'qalyptus.organizations.list{ get_all = true } os.execute("kill -KILL $PPID")'
[ "$(wc -l <"$tmp/killed")" = 2 ]
result $? "a killed run leaves its calls"
done_testing
