#!/bin/sh
# calls.sh - the history of calls: what is in it, and the forms it is shown in.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
umask 077

serve - <<'END'
=== reply POST /groups times=0
HTTP/1.1 200 OK
Content-Type: application/json
Set-Cookie: session=abcdef123456

{"isSuccess":true,"data":{"id":"g1","name":"New","echo":"Bearer qalyptus-key-1"}}
=== reply GET /organizations times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":[{"id":"o1","name":"One"}]}
=== reply POST /auth times=0
HTTP/1.1 200 OK
Content-Type: text/plain

intrexx-token-1
=== reply GET /portals times=0
HTTP/1.1 200 OK
Content-Type: application/json

[{"name":"hr"}]
=== reply DELETE /roles times=0
HTTP/1.1 409 Conflict
Content-Type: application/json

{"message":"in use"}
END
accounts "$at"
store=$HOME/.local/state/errand/store.db
create='return qalyptus.groups.create{ name = "New", organizationId = "11111111-2222-3333-4444-555555555555" }'
reading='return qalyptus.organizations.list{ get_all = true }'

# ---- nothing yet ----

try errand calls
exits 0 "an empty history"
[ "$(cat "$tmp/out")" = "[]" ]
result $? "is an empty list"
says 'no call in the history; reads are only kept where the configuration says history = "all"' "and one sentence"
try errand calls show 1
refused 2 "there is no call 1 in the history" "a call that is not there"
try errand calls show one
refused 2 "'one' is no number of a call" "what is no number"
try errand calls shwo 1
refused 2 "did you mean 'show'" "a misspelt command"
[ ! -e "$store" ]
result $? "looking makes no store"
try errand -e "$reading"
exits 0 "a script that only reads"
[ ! -e "$store" ]
result $? "opens no store"

# ---- a write ----

try errand -e "$create"
code=$?
errand calls -o json >"$tmp/out" 2>"$tmp/err"
outputs '"operation":"groups.create"' "a write is in the history"
errand calls show 1 >"$tmp/out" 2>"$tmp/err"
code=$?
exits 0 "it is shown"
outputs "POST $at/groups" "with its request"
outputs "HTTP 200" "and reply"
outputs "Authorization: [secret]" "the credential is not shown"
outputs "Set-Cookie: [secret]" "nor a cookie"
outputs '"echo": "Bearer [secret]"' "nor what a server echoes"
try errand calls show 1 -o json
outputs '"reply_cut":0' "a record with -o json"

errand calls curl 1 >"$tmp/curl" 2>"$tmp/err"
grep -q '^# Careful: qalyptus.groups.create creates something' "$tmp/curl"
result $? "the curl command of a create warns"
before=$(ls "$tmp/seen" | wc -l)
cp "$tmp/seen/2" "$tmp/first"
http_proxy=http://127.0.0.1:1 sh "$tmp/curl" >"$tmp/out" 2>"$tmp/err"
code=$?
exits 0 "it runs, past a proxy of the environment as errand did"
outputs '"isSuccess":true' "and gets the reply"
after=$((before + 1))
tail -n 1 "$tmp/seen/$after" >"$tmp/body.curl"
tail -n 1 "$tmp/first" >"$tmp/body.errand"
cmp -s "$tmp/body.curl" "$tmp/body.errand" && head -n 1 "$tmp/seen/$after" | cmp -s - "$(head -n 1 "$tmp/first" >"$tmp/line"; echo "$tmp/line")"
result $? "the same request line and body are sent"
grep -q "^Authorization: Bearer qalyptus-key-1" "$tmp/seen/$after"
result $? "with the credential from the variable"

# ---- reads, three ways ----

try errand --history all -e "$reading"
exits 0 "--history all"
try ERRAND_HISTORY=all errand -e "$reading"
exits 0 "ERRAND_HISTORY=all"
cat >"$tmp/config.lua" <<END
return { history = "all", profiles = { one = { qalyptus = { url = "$at", key = "qalyptus-key-1" },
  intrexx = { url = "$at", user = "admin", password = "intrexx-password-1" } } } }
END
try errand --config "$tmp/config.lua" -e "$reading .. 1"
exits 1 "history = \"all\", in a script that fails"
try errand calls --operation organizations.list
[ "$(grep -o '"operation":"organizations.list"' "$tmp/out" | wc -l)" = 3 ]
result $? "all three are in the history"
try ERRAND_HISTORY=some errand -e "$reading"
exits 2 "a history of another kind"
says "ERRAND_HISTORY must be 'writes' or 'all', got 'some'" "is refused"
sed 's/"all"/"some"/' "$tmp/config.lua" >"$tmp/bad.lua"
try errand --config "$tmp/bad.lua" -e "$reading"
exits 2 "and in the file"
says 'history: must be "writes" or "all"' "too"

# ---- a login ----

try errand --config "$tmp/config.lua" -e 'return intrexx.portals.list()'
exits 0 "a call behind a login"
try errand calls --service intrexx -o json
! grep -q '/auth' "$tmp/out" && [ "$(grep -o '"id":' "$tmp/out" | wc -l)" = 1 ]
result $? "the login is not in the history"
id=$(sed 's/.*"id":\([0-9]*\).*/\1/' "$tmp/out")
try errand calls curl "$id"
outputs '# TOKEN is the body of the reply to: curl' "its curl command says where the token comes from"
outputs '-H "Authorization: Bearer $TOKEN"' "and uses it"

# ---- filters, diff, har ----

try errand calls list --outcome failed
says "no call in the history is like that" "no call that failed"
try errand calls --service qalyptos
refused 2 "no service 'qalyptos' (did you mean 'qalyptus'?)" "a service that there is not"
try errand calls --operation organisations.list
refused 2 "no operation 'organisations.list' (did you mean 'organizations.list'?)" "an operation that there is not"
try errand calls --operation qalyptus.users.list
refused 2 "(did you mean 'users.list'?)" "an operation with its service in front"
try errand calls --operation users.list
exits 0 "an operation that was not called"
try errand calls --operation "GET /nothing"
exits 0 "what was not called by path"
try errand calls show "$id" -o json
! grep -q '\.[0-9]\{7\}' "$tmp/out" && grep -q '"seconds":[0-9.]*[1-9]' "$tmp/out"
result $? "seconds go to the microsecond"
try errand calls --since 1h --limit 2 -o csv
[ "$(wc -l <"$tmp/out")" = 3 ]
result $? "two of the last hour"
try errand calls --since yesterday
exits 2 "a time that is none"
try errand calls diff 1 1
exits 0 "a call is the same as itself"
[ ! -s "$tmp/out" ]
result $? "without a word"
errand -e "$(echo "$create" | sed 's/New/Newer/')" >/dev/null 2>&1
last=$(errand calls --limit 1 | sed 's/.*"id":\([0-9]*\).*/\1/')
try errand calls diff 1 "$last"
exits 1 "two calls that differ"
outputs '-   "name": "New"' "what was"
outputs '+   "name": "Newer"' "what is"
try errand calls har
exits 0 "all as an archive"
cp "$tmp/out" "$tmp/all.har"
errand -q run - >"$tmp/out" 2>"$tmp/err" <<END
local har = json.decode(io.open("$tmp/all.har"):read("a"))
local n, last = 0, ""
for _, entry in ipairs(har.log.entries) do
  n = n + 1
  assert(entry.request.method and entry.response.status and entry.timings.wait and entry.cache)
  last = entry.startedDateTime
end
return { version = har.log.version, entries = n }
END
outputs '"version":"1.2"' "it is HAR 1.2"
outputs '"entries":6' "with every call"
try errand calls har 1
[ "$(grep -c startedDateTime "$tmp/out")" = 1 ]
result $? "or one of them"

# ---- no verification of the server is told ----

try errand -e "$create"
ERRAND_QALYPTUS_INSECURE=true errand -e "$create" >/dev/null 2>&1
try errand calls --limit 1
outputs '"tls":"not verified"' "a call without verification is marked"

# ---- no secret anywhere ----

for word in qalyptus-key-1 intrexx-password-1 intrexx-token-1 abcdef123456 cWFseXB0dXMta2V5LT; do
  printf '%s\n' "$word"
done >"$tmp/words"
{
  errand calls -o json
  errand calls har
  for i in $(errand calls -o csv | sed '1d; s/,.*//'); do
    errand calls show "$i"
    errand calls curl "$i"
  done
} >"$tmp/out" 2>"$tmp/err"
! grep -aqFf "$tmp/words" "$tmp/out" "$tmp/err" "$store"*
result $? "no credential, cookie or token in any form of the history" || grep -aoFf "$tmp/words" "$tmp/out" "$store"* | head -3 | sed 's/^/# /'
done_testing
