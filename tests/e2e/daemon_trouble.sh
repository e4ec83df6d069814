#!/bin/sh
# daemon_trouble.sh - the daemon is killed with runs under way, its disk is
# full, its clock is not set: no slot is lost, none is run twice.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/daemon.sh

cd "$tmp" || exit 1
mkdir jobs
: >jobs/effects
# what counts effects: one line for each, written at once
cat >jobs/effect.lua <<'EOF2'
local file = assert(io.open("effects", "a"))
file:setvbuf "full"
file:write(os.getenv "ERRAND_SCHEDULE", " ", os.getenv "ERRAND_SLOT", "\n")
file:close()
sleep(tonumber((...)))
EOF2
# twice: lines of effects that are there more than once
twice() { sort jobs/effects | uniq -d; }
# each second between the first and the last slot of a schedule has its row
cat >gaps.lua <<'EOF2'
local store = assert(require("host.store").open(os.getenv "STORE"))
for _, row in ipairs(store:rows("SELECT schedule, max(at) - min(at) + 1 AS want, sum(covers) AS got FROM slot GROUP BY schedule")) do
  if row.want ~= row.got then print(row.schedule, row.want, row.got) end
end
EOF2
gaps() { STORE=$ERRAND_STORE errand run gaps.lua; }

# ---- kill -9, scripts

cat >jobs/schedule.lua <<'EOF2'
schedule "short" { every = "1s", run = "effect.lua", args = { "0" } }
schedule "long" { every = "1s", run = "effect.lua", args = { "0.7" }, overlap = "queue" }
schedule "all" { every = "1s", run = "effect.lua", args = { "0.1" }, catchup = "all" }
EOF2
: >log
for n in 1 2 3 4; do
  before=$(grep -c 'notice ready' log)
  resumes errand serve --schedule jobs/schedule.lua --trust-clock
  waits 20 log_has $((before + 1)) 'notice ready'
  want=$(($(wc -l <jobs/effects) + n))
  enough() { [ "$(wc -l <jobs/effects)" -ge $want ]; }
  waits 20 enough
  kill -KILL "$served"
  wait "$served" 2>/dev/null
  served=
done
resumes errand serve --schedule jobs/schedule.lua --trust-clock
waits 20 log_has 5 'notice ready'
before=$(wc -l <jobs/effects)
enough() { [ "$(wc -l <jobs/effects)" -ge $((before + 9)) ]; }
waits 20 enough
result $? "after four kill -9 the schedules go on" || tail -n 5 log | sed 's/^/# /'
stops TERM 0 "SIGTERM"
# left RUN: the ids of rows that are left running, of such a run
left() { rows id state run | sed -n "s/^\\([0-9]*\\) running $1.*/\\1/p"; }
[ -z "$(left -)" ]
result $? "and none that had begun is left running" || rows | grep ' running ' | sed 's/^/# /'
# One that was told to stop before its script began has the run that was
# reserved for it, and is begun by the next daemon.
unbegun=$(left r-)
echo "# stopped before they began: ${unbegun:-none}"
resumes errand serve --schedule jobs/schedule.lua --trust-clock
waits 20 log_has 6 'notice ready'
all_begun() {
  for id in $unbegun; do rows id state outcome | grep -q "^$id ended \(done\|cancelled\)" || return 1; done
}
waits 20 all_begun
result $? "but by the next daemon it is begun" || tail -n 5 log | sed 's/^/# /'
stops TERM 0 "SIGTERM"
[ -z "$(left -)" ]
result $? "which leaves none running either" || rows | grep ' running ' | sed 's/^/# /'
[ -z "$(twice)" ]
result $? "no slot was run twice" || twice | sed 's/^/# /'
[ -z "$(gaps)" ]
result $? "no slot is without a row" || gaps | sed 's/^/# /'
# each one that was begun has an effect, or it was killed before its first line
begun=$(rows | grep -c ' ended \(done\|cancelled\)')
[ "$(wc -l <jobs/effects)" -ge "$begun" ]
result $? "what is called done was done" || echo "# $begun $(wc -l <jobs/effects)"

# ---- kill -9, workflows

rm -rf store.db* jobs/effects
errand sandbox --fault 'ixon.invites.create:latency=1' >sandbox.env 2>sandbox.err &
started=$!
waits 20 grep -q 'serving on' sandbox.env
# shellcheck disable=SC1091
. ./sandbox.env
at=$(echo "$ERRAND_IXON_URL" | sed 's,\(http://[^/]*\).*,\1,')
cat >jobs/flow.lua <<'EOF2'
return workflow.define("flow", {}, function(run)
  local group = run:step("group", ixon.groups.find, { name = "Plant A" })
  local role = run:step("role", ixon.roles.find, { name = "Operator" })
  for i = 1, 3 do
    run:step("invite " .. i, ixon.invites.create, { emailAddress = ("p%d.%d@example.com"):format(run.slot.id, i),
      groupRoles = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } } })
  end
end)
EOF2
echo 'schedule "flow" { every = "1s", run = "flow.lua" }' >jobs/schedule.lua
: >log
seen=0
for n in 1 2 3; do
  before=$(grep -c 'notice ready' log)
  before_it=$(call_count ixon.invites.create)
  resumes errand serve --schedule jobs/schedule.lua --trust-clock
  waits 20 log_has $((before + 1)) 'notice ready'
  # a request is under way
  in_flight() { [ "$(call_count ixon.invites.create)" -gt "$before_it" ]; }
  waits 20 log_has $((seen + 1)) 'slot fired\|run resumed'
  waits 20 in_flight
  seen=$(grep -c 'slot fired\|run resumed' log)
  kill -KILL "$served"
  wait "$served" 2>/dev/null
  served=
done
resumes errand serve --schedule jobs/schedule.lua --trust-clock
waits 20 count_rows 2 'flow ended done'
result $? "after three kill -9 workflows come to their end" || { rows | sed 's/^/# /'; tail -n 5 log | sed 's/^/# /'; }
grep -q 'run resumed' log
result $? "by being resumed"
stops TERM 0 "SIGTERM"
curl -sS --noproxy '*' --max-time 30 "$at/_sandbox/effects" >effects
grep -o '@example.com[^,}]*' effects | grep -qv '": *1$' && code=1 || code=0
[ -s effects ] && grep -q 'p[0-9]*.3@example.com' effects
result $? "the sandbox has seen them" || head -c 500 effects
result $code "with one effect of each step" || grep -o '@example.com[^,}]*' effects | sed 's/^/# /'
[ -z "$(gaps)" ]
result $? "and each slot has its row" || gaps | sed 's/^/# /'
kill "$started" 2>/dev/null
started=
for name in $(env | sed -n 's/^\(ERRAND_[A-Z_]*\)=.*/\1/p'); do [ "$name" = ERRAND_STORE ] || unset "$name"; done

# ---- a clock that nobody has set

rm -rf store.db*
echo 'schedule "short" { every = "1s", run = "effect.lua", args = { "0" } }' >jobs/schedule.lua
echo 'print((require("host.sys").synchronised()))' >sync.lua
if [ "$(errand run sync.lua)" = false ]; then
  rm -f jobs/effects
  serves errand serve --schedule jobs/schedule.lua --health "$tmp/health"
  logged 'the clock is not synchronised yet' "a clock that is not synchronised is told of"
  try curl -sS -w '%{http_code}' --unix-socket health http://localhost/health
  outputs '503' "health is bad" && outputs '"ok": false' "for the clock"
  [ ! -s jobs/effects ] && ! rows | grep -q .
  result $? "nothing fires"
  stops TERM 0 "SIGTERM"
else
  result 0 "a clock that is not synchronised # SKIP this one is"
fi

# ---- a store that has seen a wrong future

rm -rf store.db*
echo 'require("core.schedule.book").open(require("core.record").store()):wall(os.time() + 100000, true)' >future.lua
errand run future.lua
: >jobs/effects
serves errand serve --schedule jobs/schedule.lua --trust-clock --health "$tmp/health"
logged 'nothing begins: the clock shows .* the store has seen .*--accept-clock' "a time before the last one is told of"
try curl -sS -w '%{http_code}' --unix-socket health http://localhost/health
outputs '503' "health is bad"
stops TERM 0 "SIGTERM"
[ ! -s jobs/effects ]
result $? "nothing fires"
serves errand serve --schedule jobs/schedule.lua --trust-clock --accept-clock
logged 'slot done' "--accept-clock takes the present for the present"
stops TERM 0 "SIGTERM"

# ---- a disk that fills up, in a name space of its own

cat >small.sh <<'EOF2'
mount -t tmpfs -o size=6m,mode=700 none "$DISK" || exit 99
exec errand serve --schedule jobs/schedule.lua --trust-clock --health "$HEALTH"
EOF2
if unshare -rm true 2>/dev/null; then
  mkdir -m 700 disk
  : >jobs/effects
  served=
  : >log
  STORE=$ERRAND_STORE
  ERRAND_STORE=$tmp/disk/store.db DISK=$tmp/disk HEALTH=$tmp/health unshare -rm sh small.sh 2>>log </dev/null &
  served=$!
  pids="$pids $served"
  logged 'notice ready' "a daemon on a small disk"
  logged 'slot done' "fires"
  inside=/proc/$served/root$tmp/disk
  [ -e "$inside/store.db" ]
  result $? "its disk is seen from here"
  head -c 8m /dev/zero >"$inside/filler" 2>/dev/null
  logged 'error slots cannot be fired' "a full disk is told of" && grep -q 'full' log
  result $? "by its name"
  unwell() { [ "$(curl -sS -o health.json -w '%{http_code}' --unix-socket health http://localhost/health)" = 503 ]; }
  waits 20 unwell && grep -q '"status": "failing"' health.json && grep -q 'full' health.json
  result $? "health is bad" || sed 's/^/# /' health.json
  logged 'again_in=2' "it is tried again, later each time"
  alive "$served"
  result $? "the daemon lives"
  rm -f "$inside/filler"
  logged 'slots are fired again' "and goes on when there is room"
  well() { [ "$(curl -sS -o health.json -w '%{http_code}' --unix-socket health http://localhost/health)" = 200 ]; }
  waits 20 well
  result $? "health is well"
  before=$(wc -l <jobs/effects)
  more() { [ "$(wc -l <jobs/effects)" -gt $((before + 1)) ]; }
  waits 20 more
  result $? "slots fire again"
  cp "$inside/store.db" "$inside/store.db-wal" .
  stops TERM 0 "SIGTERM"
  ERRAND_STORE=$STORE
  [ -z "$(gaps)" ] && [ "$(rows | wc -l)" -gt 3 ]
  result $? "no slot is without a row" || gaps | sed 's/^/# /'
  [ -z "$(twice)" ]
  result $? "no slot was run twice"
else
  result 0 "a small disk # SKIP no name spaces here"
fi

done_testing
