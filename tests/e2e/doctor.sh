#!/bin/sh
# doctor.sh - errand doctor as it is called: its lines, its data, its exit code,
# and what it says of services that can, cannot and half can be reached.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
cd "$tmp" || exit 1

# next WHAT: below each line that is not ok there is one that says what to do
next() {
  [ "$(grep -c '^\(warn\|fail\) ' out)" = "$(grep -c '^      next: ' out)" ] && ! grep -qv '^\(ok    \|warn  \|fail  \|      next: \)' out
  result $? "$1"
}

try errand doctor
exits 0 "nothing is set up"
outputs "no service is configured" "and it says so"
next "each warning has a next step"
[ ! -e home/.local ] && [ ! -e home/.config ] && [ ! -e home/.cache ]
result $? "looking makes no files"

try errand doctor -o json
exits 0 "as data"
cp out doctor.json
cat >check.lua <<'END'
local known, seen = { ok = true, warn = true, fail = true }, {}
for _, row in ipairs(json.decode(io.open("doctor.json"):read "a")) do
  assert(known[row.level] and row.check and row.text and (row.level == "ok") == (row.step == nil), row.text)
  seen[row.check] = true
end
for _, name in ipairs { "versions", "installed", "configuration", "store", "daemon", "trust", "proxy", "terminal", "process", "clock",
                        "services" } do
  assert(seen[name], name)
end
return "good"
END
try errand run check.lua
outputs good "each row has a check, a level, a text, and a step if it is not ok"
try errand doctor -o csv
[ "$(head -n 1 out | tr -d '\r')" = "check,level,text,step" ]
result $? "as CSV"
try errand doctor everything
refused 2 "doctor takes no arguments" "a word too much"

# ---- services ----

serve - <<'END'
=== reply GET /users times=0
HTTP/1.1 200 OK
Content-Type: application/json

[]
=== reply GET / times=0
HTTP/1.1 200 OK
Content-Type: text/html

<html>hello</html>
END
try ERRAND_QALYPTUS_URL="$at" ERRAND_QALYPTUS_KEY=QzDoctor55Xw errand doctor
outputs "qalyptus in profile default: not tried (--online)" "without --online nothing is tried"
[ -z "$(ls seen)" ]
result $? "and nothing was sent"
try ERRAND_QALYPTUS_URL="$at" ERRAND_QALYPTUS_KEY=QzDoctor55Xw errand doctor --online
exits 0 "a page for people is an answer"
outputs "qalyptus in profile default: $at answers (status 200): name found in " "how long it took to get there"
! grep -rq QzDoctor55Xw seen out err
result $? "without the credential"
try ERRAND_QALYPTUS_URL="$at" ERRAND_QALYPTUS_KEY=QzDoctor55Xw errand doctor --login
exits 0 "--login: the credential works"
outputs "users.list was answered" "and which read says so"
! grep -rq QzDoctor55Xw out err && ! grep -rqE '^(POST|PUT|PATCH|DELETE) ' seen
result $? "nothing but reads, and no credential in the output"

serve - <<'END'
=== reply GET /users times=0
HTTP/1.1 401 Unauthorized

=== reply GET / times=0
HTTP/1.1 404 Not Found

END
try ERRAND_QALYPTUS_URL="$at" ERRAND_QALYPTUS_KEY=QzDoctor55Xw errand doctor --login
exits 1 "--login: the credential does not work"
outputs "      next: errand whoami qalyptus shows where the credential comes from" "what to do then"
next "a failure has a next step"

serve - <<'END'
=== reply GET / times=0
HTTP/1.1 503 Service Unavailable

END
try ERRAND_QALYPTUS_URL="$at" ERRAND_QALYPTUS_KEY=x errand doctor --online
exits 0 "a server that cannot serve now"
outputs "warn  qalyptus in profile default: $at answers (status 503)" "is a warning"

try ERRAND_QALYPTUS_URL="https://127.0.0.1:$port" ERRAND_QALYPTUS_KEY=x errand doctor --online
exits 1 "a server without TLS where TLS is expected"
outputs "fail  qalyptus in profile default: https://127.0.0.1:$port: " "fails, by TLS"
stop_peer "$pid"
pid=
try ERRAND_QALYPTUS_URL="$at" ERRAND_QALYPTUS_KEY=x errand doctor --online
exits 1 "nobody listens"
outputs "cannot connect to" "fails, by the connection"
try ERRAND_QALYPTUS_URL="https://host.invalid" ERRAND_QALYPTUS_KEY=x errand doctor --online
exits 1 "a name that nobody has"
outputs "host.invalid" "fails, by the name"
try ERRAND_QALYPTUS_URL="https://host.invalid" errand doctor --online
exits 1 "no credential is set"
outputs "services: not tried, as long as the configuration has problems" "then nothing is tried"

# ---- a service of one's own that is broken ----

mkdir -p "$HOME/.config/errand/services/helpdesk"
echo 'return { name = "helpdesk" }' >"$HOME/.config/errand/services/helpdesk/catalogue.lua"
try errand doctor
exits 1 "a broken description"
outputs "fail  service helpdesk of your own: " "is told"
next "with what to do next"
try errand __complete -- call ''
outputs "ixon	IXON" "completion goes on without it"
rm -r "$HOME/.config"

# ---- the store, and a sandbox ----

try errand --sandbox=world.json run "$here/scripts/onboard.lua" --csv "$here/scripts/people.csv"
try ERRAND_STORE="$tmp/world.json.store" errand doctor
exits 0 "a store with writes"
outputs "world.json.store is sound: " "is sound"
outputs ", last write 20" "and says when it was written last"
cp world.json.store bad.db
printf 'xxxxxxxxxxxxxxxx' | dd of=bad.db bs=1 seek=4096 conv=notrunc 2>/dev/null
chmod 600 bad.db
try ERRAND_STORE="$tmp/bad.db" errand doctor
exits 1 "a damaged store"
next "what to do with it"
try errand --sandbox doctor --login
exits 0 "all services of the sandbox"
[ "$(grep -c 'was answered\|new token' out)" = 5 ]
result $? "each credential is tried"
done_testing
