#!/bin/sh
# daemon.sh - errand serve: what it tells the service manager, reload, drain,
# one daemon a store, log, health and metrics, and what its children are given.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/daemon.sh

cd "$tmp" || exit 1
mkdir jobs
cat >jobs/say.lua <<'EOF2'
print(table.concat({ ... }, "|"))
print("slot " .. tostring(os.getenv "ERRAND_SLOT"), "schedule " .. tostring(os.getenv "ERRAND_SCHEDULE"))
EOF2
one='schedule "one a second" { every = "1s", run = "say.lua", args = { csv = "a b", "last" } }'
echo "$one" >jobs/schedule.lua

# ---- refused before anything is touched

try errand serve --schedule jobs/none.lua
refused 2 'jobs/none.lua' "no such file"
echo 'schedule "x" { at = "61 * * * *", run = "say.lua" } schedule "y" { evry = "1s", run = "say.lua" }' >jobs/bad.lua
try errand serve --schedule jobs/bad.lua
[ "$code" = 2 ] && grep -q 'bad.lua:1.*61' err && grep -q 'bad.lua:1.*evry' err && [ ! -e store.db ]
result $? "a broken file: every problem with its line, and no store is made"
try errand serve --schedule jobs/schedule.lua --health example.com:80
refused 2 'example.com' "no health for other machines"
try errand serve --schedule jobs/schedule.lua --health nowhere
says "an address such as 127.0.0.1:9100" "nor at what is no address"
try errand serve --record x --schedule jobs/schedule.lua
says "leave them out" "no recording"

# ---- the service manager

socat -u UNIX-RECV:"$tmp/notify" OPEN:"$tmp/told",creat,append &
pids="$pids $!"
waits 20 test -S notify
cat >jobs/slow.lua <<EOF2
print "begun"
sleep($((60 * ${SLOW:-1})))
EOF2
{ echo "$one"; echo 'schedule "slow" { every = "1s", run = "slow.lua" }'; } >jobs/schedule.lua
serves NOTIFY_SOCKET="$tmp/notify" WATCHDOG_USEC=1000000 errand serve --schedule jobs/schedule.lua --trust-clock \
  --health "$tmp/health" --grace 20s
logged 'notice ready ' "it is ready"
waits 20 grep -q '^READY=1' told
result $? "READY=1, once it has looked at what was before"
[ "$(head -n 1 told)" = READY=1 ]
result $? "which is the first thing that it says" || sed 's/^/# told: /' told
waits 20 count_rows 2 'one a second ended done - 1'
result $? "slots are run"
waits 20 grep -q '^STATUS=2 schedules, 1 running, next one a second [0-9][0-9]:[0-9][0-9] UTC' told
result $? "STATUS with counts and what comes next" || tail -n 5 told | sed 's/^/# told: /'
watchdogs() { [ "$(grep -c '^WATCHDOG=1' told)" -ge 4 ]; }
waits 20 watchdogs
result $? "WATCHDOG=1 from the loop"
grep -q 'Z --csv|a b|last$' store.db.logs/1-1.log store.db.logs/2-1.log
result $? "arguments reach the script, and its output the log"
cat store.db.logs/*.log 2>/dev/null | grep -q 'slot 20.*schedule one a second'
result $? "which knows its slot"
[ "$(stat -c %a store.db.logs store.db.logs/1-1.log | xargs)" = "700 600" ]
result $? "logs are nobody else's"

# ---- one daemon a store

try errand serve --schedule jobs/schedule.lua --trust-clock
refused 6 "another errand serve (pid $served) has the store" "a second daemon"

# ---- reload

echo 'schedule "one a second" { every = "1s" }' >jobs/schedule.lua
kill -HUP "$served"
logged 'error the schedule file was refused.* why=".*schedule.lua:1: schedule .one a second.: run: is missing' \
  "a broken file at a reload, and why"
reloaded() { grep -q '^RELOADING=1' told && [ "$(grep -c '^READY=1' told)" -ge "$1" ]; }
waits 20 reloaded 2 && grep -q '^MONOTONIC_USEC=[0-9]' told
result $? "RELOADING=1 with the time, then READY=1"
grep -q '^STATUS=.*degraded: the schedule file was refused' told
result $? "STATUS says that the old one stays"
try curl -sS -w '%{http_code}' --unix-socket health http://localhost/health
outputs '"status": "degraded"' "health says so" && outputs '200' "while slots are fired"
before=$(rows | grep -c 'one a second ended')
waits 20 count_rows $((before + 2)) 'one a second ended'
result $? "the old schedules go on"
{ echo "$one"; echo 'schedule "slow" { every = "1s", run = "slow.lua" }'; echo 'schedule "new" { every = "1h", run = "say.lua" }'; } \
  >jobs/schedule.lua
kill -HUP "$served"
logged 'info schedules in force .*schedules=3' "a good file is in force"
waits 20 grep -q '^STATUS=3 schedules, 1 running, next [a-z ]* [0-9:]* UTC$' told
result $? "and all is well again" || tail -n 5 told | sed 's/^/# told: /'
[ "$(rows | grep -c '^slow running')" = 1 ]
result $? "what was running goes on"

# ---- health and metrics

try curl -sS --unix-socket health http://localhost/health
outputs '"status": "ok"' "health is ok"
# The slow one alone, in a moment without the one a second.
asked() { curl -sS --unix-socket health "http://localhost/$1" | grep -q "$2"; }
waits 20 asked health '"children": 1\b'
result $? "with what runs"
[ "$(stat -c %a health)" = 600 ]
result $? "the socket is nobody else's"
try curl -sS --unix-socket health http://localhost/metrics
cp out metrics1
for line in 'errand_ready 1' 'errand_healthy 1' 'errand_clock_ok 1' 'errand_file_ok 1' 'errand_store_ok 1' \
  'errand_schedule_state{schedule="slow",state="active"} 1' 'errand_reloads_refused_total 1' 'errand_last_ok{schedule="one a second"} 1'; do
  outputs "$line" "metrics: $line"
done
[ "$(grep -c '^[^#]' out)" -gt 30 ] && ! grep '^[^#]' out | grep -Evq '^[a-z_]+(\{([a-z_]+="([^"\\]|\\.)*",?)+\})? [-+0-9.eInfNa]+$'
result $? "every line of it is in the format of Prometheus" ||
  grep '^[^#]' out | grep -Ev '^[a-z_]+(\{([a-z_]+="([^"\\]|\\.)*",?)+\})? [-+0-9.eInfNa]+$' | sed 's/^/# /'
ended_runs() { sed -n 's/^errand_slots_total{schedule="one a second",outcome="done"} //p' "$1"; }
waits 20 asked metrics '^errand_children 1$'
result $? "metrics: errand_children 1"
more_metrics() {
  curl -sS --unix-socket health http://localhost/metrics >metrics2
  [ "$(ended_runs metrics2)" -gt "$(ended_runs metrics1)" ]
}
waits 20 more_metrics
result $? "counters grow"
try curl -sS -w '%{http_code}' --unix-socket health http://localhost/other
outputs 404 "nothing else is there"
try curl -sS -w '%{http_code}' -X POST --unix-socket health http://localhost/health
outputs 405 "and nothing can be sent"

# ---- drain

slow_runs() {
  child=$(rows pid state schedule | sed -n 's/^\([0-9][0-9]*\) running slow$/\1/p')
  alive "$child"
}
waits 20 slow_runs
result $? "a run is under way"
stops TERM 0 "SIGTERM"
gone "$child"
result $? "its children are told to stop"
grep -q '^STOPPING=1' told && grep -q '^EXTEND_TIMEOUT_USEC=[0-9]' told
result $? "STOPPING=1, and more time is asked for"
tail -n 1 log | grep -q 'notice stopped'
result $? "the log ends with it"
rows | grep -q '^slow running' && code=1 || code=0
result $code "no slot is left running" || rows | grep slow | sed 's/^/# /'
[ ! -e store.db.daemon ] && [ ! -e health ]
result $? "no lock and no socket stay"
! grep -vq '^20[0-9-]*T[0-9:]*Z \(info\|notice\|warn\|error\) [a-zA-Z ,:]' log
result $? "one line a record" || grep -v '^20[0-9-]*T[0-9:]*Z \(info\|notice\|warn\|error\) ' log | head -n 3 | sed 's/^/# /'

# ---- the log for programs, a port, the page, and a second signal

cat >jobs/deaf.lua <<'EOF2'
spawn(function() print "begun" end)
while true do pcall(sleep, 60) end
EOF2
echo 'schedule "deaf" { every = "1s", run = "deaf.lua" }' >jobs/schedule.lua
rm -rf store.db*
serves errand serve --schedule jobs/schedule.lua --trust-clock --log-format json --health 127.0.0.1:0 --page 127.0.0.1:0
logged '"message":"health and metrics"' "records as JSON"
port=$(sed -n 's/.*"message":"health and metrics".*127.0.0.1:\([0-9]*\)".*/\1/p' log)
logged '"message":"ready"' "it is ready"
try curl -sS --noproxy '*' "http://127.0.0.1:$port/health"
outputs '"status": ' "health at a port"
page=$(sed -n 's/.*"address":"\(http[^"]*\)".*page-token.*/\1/p' log)
try curl -sS --noproxy '*' -w '%{http_code}' "$page/"
! grep -q deaf out
result $? "the page shows nothing to whoever has no token"
[ "$(stat -c %a store.db.page-token)" = 600 ] && ! grep -qF "$(cat store.db.page-token)" log
result $? "which is in a file of ours, and not in the log"
try curl -sS --noproxy '*' -L -b jar -c jar "$page/?token=$(cat store.db.page-token)"
outputs deaf "with the token it shows the schedules"
waits 20 grep -q begun store.db.logs/1-1.log
deaf=$(rows pid state | sed -n 's/^\([0-9]*\) running$/\1/p')
kill -TERM "$served"
logged '"message":"stopping"' "told to stop, while a run does not heed that"
stops TERM 0 "a second SIGTERM ends it at once"
gone "$deaf"
result $? "with the run"
cat >decode.lua <<'EOF2'
for line in io.lines(...) do
  local record = json.decode(line)
  assert(record.time and record.level and record.message, line)
end
EOF2
try errand run decode.lua log
exits 0 "every record is JSON"

# ---- credentials

cat >jobs/whoami.lua <<'EOF2'
print("environment", os.getenv "ERRAND_IXON_TOKEN")
print("users", #ixon.users.list())
EOF2
echo 'schedule "who" { every = "1s", run = "whoami.lua" }' >jobs/schedule.lua
rm -rf store.db*
errand sandbox >sandbox.env 2>sandbox.err &
started=$!
waits 20 grep -q 'serving on' sandbox.env
(
  # shellcheck disable=SC1091
  . ./sandbox.env
  exec errand serve --schedule jobs/schedule.lua --trust-clock 2>log </dev/null
) &
served=$!
pids="$pids $served"
logged 'info slot done schedule=who' "credentials of the environment reach the runs" ||
  cat store.db.logs/* | sed 's/^/# /'
grep -q 'environment.nil' store.db.logs/1-1.log && grep -q 'users.[0-9]' store.db.logs/1-1.log
result $? "and not the scripts" || sed 's/^/# /' store.db.logs/1-1.log
token=$(sed -n "s/^export ERRAND_IXON_TOKEN='\(.*\)'/\1/p" sandbox.env)
[ -n "$token" ] && ! cat store.db log store.db.logs/* | grep -qF "$token"
result $? "they are in no log and no store"
stops TERM 0 "SIGTERM"

# by a configuration, named by a path that is not seen from the folder of the schedules
url=$(sed -n "s/^export ERRAND_IXON_URL='\(.*\)'/\1/p" sandbox.env)
application=$(sed -n "s/^export ERRAND_IXON_APPLICATION='\(.*\)'/\1/p" sandbox.env)
company=$(sed -n "s/^export ERRAND_IXON_COMPANY='\(.*\)'/\1/p" sandbox.env)
cat >conf.lua <<EOF2
return { default = "none", profiles = { none = {}, test = { ixon = { url = "$url", token = secret.credential "ixon",
  application = "$application", company = "$company" } } } }
EOF2
mkdir -m 700 credentials
(umask 077 && echo "$token" >credentials/ixon)
chmod 600 conf.lua
rm -rf store.db*
serves CREDENTIALS_DIRECTORY="$tmp/credentials" errand --config conf.lua --profile test serve --schedule jobs/schedule.lua --trust-clock
logged 'info slot done schedule=who' "a configuration, a profile and credentials of systemd reach the runs" ||
  cat store.db.logs/* | sed 's/^/# /'
stops TERM 0 "SIGTERM"
kill "$started" 2>/dev/null
started=

# ---- without an account

unset ERRAND_STORE
: >log
serves JOURNAL_STREAM="$(stat -c %d:%i log)" TMPDIR="$tmp/tmp" errand --sandbox serve --schedule jobs/schedule.lua
logged 'info slot done schedule=who' "errand --sandbox serve needs no account"
stops TERM 0 "SIGTERM"
[ -z "$(ls -A tmp)" ] && [ ! -e home/.local ]
result $? "it leaves nothing behind" || ls -lA tmp | sed 's/^/# /'

grep -q '^<5>notice ready ' log && grep -q '^<6>info slot done' log && ! grep -q '^<[0-9]>20' log
result $? "the journal has a level for each record, and no second time" || head -n 3 log | sed 's/^/# /'

done_testing
