#!/bin/sh
# schedule.sh - errand schedule: the file looked at, what comes next, pausing, logs.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh

golden=$here/tests/e2e/golden
etc=$tmp/etc
mkdir -p "$etc/scripts"
cd "$etc" || exit 1

# same FILE WHAT: standard output is as in that golden file, which has DIR for
# the folder of this test
same() {
  sed -i "s|$etc|DIR|g" "$tmp/out"
  if [ -n "$GOLDEN_UPDATE" ]; then cp "$tmp/out" "$golden/$1"; fi
  cmp -s "$tmp/out" "$golden/$1"
  result $? "$2" || diff "$golden/$1" "$tmp/out" | sed 's/^/# /'
}

cat >scripts/offboard.lua <<'END'
return workflow.define("offboard", {
  args = { { "csv", "file", required = true }, { "days", "integer", max = 30 }, { "token", secret = true } },
}, function() end)
END
echo 'print("audit of", ...)' >scripts/audit.lua
echo 'x = = 1' >scripts/broken.lua
echo name >leavers.csv

cat >schedule.lua <<'END'
defaults { tz = "Europe/Berlin", notify = { on = "failure", mail = "ops@example.com" } }

schedule "offboard leavers" {
  at = "15 6 * * 1-5",
  run = "scripts/offboard.lua",
  args = { csv = "leavers.csv" },
  timeout = "30m",
}

schedule "access audit" {
  doc = "Who has access to what, in all systems.",
  every = "6h",
  run = "scripts/audit.lua",
  jitter = "10m",
}

schedule "night check" { at = "*/30 2 * * *", run = "scripts/audit.lua", overlap = "queue_all", catchup = "all" }
schedule "night skip" { at = "30 2 * * *", dst = "skip", run = "scripts/audit.lua", catchup = "none", overlap = "cancel" }
schedule "hourly" { at = "0 * * * *", run = "scripts/audit.lua", args = { "a b", deep = true }, overlap = "allow" }
schedule "tokyo" { at = "@daily", tz = "Asia/Tokyo", run = "scripts/audit.lua", overlap = "queue" }
schedule "start" { at = "@reboot", run = "scripts/audit.lua", enabled = false }
END

cat >bad.lua <<'END'
defaults { tz = "Europe/Berln", rnu = "x" }
schedule "one" {
  at = "61 25 * * *",
  run = "scripts/offboard.lua",
  args = {
    cvs = "leavers.csv",
    days = 31,
    token = "ixon-token-1",
  },
  overlap = "queued",
  timezone = "UTC",
}
schedule "one" { every = "1h", run = "scripts/audit.lua" }
schedule "two" { every = "soon", run = "scripts/adit.lua" }
schedule "three" { at = "@daily", every = "6h", run = "scripts/broken.lua", notify = { mial = "ops@example.com" } }
schedule "four"
schedule "five" { at = "@daily", run = "scripts/audit.lua" }
print "done"
END

# ---- check ----

try errand schedule check --from 2026-03-27
exits 0 "a file without a fault"
same schedule-check.txt "what each schedule means: slots, clock changes, arguments"
[ "$(awk '{ if (length($0) > 80) n++ } END { print n + 0 }' "$tmp/out")" = 0 ]
result $? "in 80 columns"

try errand schedule check --from 2026-10-24T22:00 -o json
exits 0 "as JSON"
same schedule-check.json "the same as data"

try errand schedule check bad.lua
exits 2 "a file with many faults"
cp "$tmp/err" "$tmp/out"
same schedule-bad.txt "all of them at once, each with its line and name"
! grep -qF ixon-token-1 "$tmp/out"
result $? "the value of a secret is not among them"

try errand schedule check bad.lua -o json
exits 2 "the faults as data"
outputs '"line":3,"message":"schedule '"'one'"': at: minute ' "line and name have members of their own"

try errand schedule check gone.lua
refused 2 "cannot read the schedule file gone.lua" "a file that is not there"
try errand schedule check scripts
refused 2 "cannot read the schedule file scripts" "a folder"

# ---- which file ----

mkdir -p "$tmp/empty" "$HOME/.config/errand"
cd "$tmp/empty" || exit 1
try errand schedule check
refused 2 "which schedule file? There is none at $HOME/.config/errand/schedule.lua or at schedule.lua" "no file at all"
echo 'schedule "of home" { every = "1h", run = "x.lua" }' >"$HOME/.config/errand/schedule.lua"
try errand schedule -o json
outputs '"name":"of home"' "the file beside the configuration"
try ERRAND_SCHEDULE_FILE="$etc/schedule.lua" errand schedule -o json list
outputs '"name":"access audit"' "ERRAND_SCHEDULE_FILE comes first"
try ERRAND_SCHEDULE_FILE=/none errand schedule list "$etc/schedule.lua" -o json
outputs '"name":"access audit"' "the one that is named before all"
try errand schedule list "$etc/schedule.lua" --schedule "$etc/bad.lua"
refused 2 "given twice" "two names"
rm "$HOME/.config/errand/schedule.lua"
cd "$etc" || exit 1

# ---- next ----

try errand schedule next --from 2026-10-25T00:00 --count 6 -o table
exits 0 "the next slots"
same schedule-next.txt "all schedules in the order of time, over a clock change"
try errand schedule next --from 2026-03-28 --until 2026-03-29T02:00 -o ndjson
grep -q '"at":"2026-03-29T01:00:00Z".*"gap":true.*"name":"night check"' "$tmp/out"
result $? "the slot that stands for a gap"
! grep -q '2026-03-29T0[3-9]\|night skip","overlap":false,"zone":"CEST"' "$tmp/out"
result $? "none later than --until, none where dst is skip"
try errand schedule next --from soon
refused 2 "--from: a time such as 2026-03-28" "a time that is none"

# ---- what does not go ----

try errand schedule chek
refused 2 "(did you mean 'check'?)" "a word that is none"
try errand schedule schedule.lua
refused 2 "(did you mean schedule check schedule.lua?)" "a file for a word"
try errand schedule list --limit 3
refused 2 "schedule list has no option --limit; it belongs to schedule log" "an option of another word"
try errand schedule pause
refused 2 "which schedule? errand schedule pause NAME" "no name"
try errand schedule pause "offbord leavers"
refused 2 "(did you mean 'offboard leavers'?)" "a name that is none"
try errand schedule pause "offboard leavers"
refused 2 "errand serve has not read schedule 'offboard leavers' yet" "one that only the file knows"
try errand schedule log "nightcheck"
refused 2 "(did you mean 'night check'?)" "a log of none"
try errand schedule export system
refused 2 "'system' is neither systemd nor cron (did you mean 'systemd'?)" "a target that is none"
try errand schedule run nobody
refused 2 "there is no schedule 'nobody'" "to run none"
[ ! -e "$HOME/.local" ]
result $? "nothing of this has made a store"

# ---- beside a store ----

cat >"$tmp/enter.lua" <<'END'
-- What a daemon would have written in three days.
local set = require("core.schedule.file").read "schedule.lua"
local store = require("core.record").store()
local B = require("core.schedule.book").open(store)
local now = math.floor(require("host.sys").clock())
local list = {}
for i, d in ipairs(set.list) do list[i] = { name = d.name, digest = d.digest, definition = d.json } end
B:enter(list, now - 3 * 86400, set.file)
local rows = B:fire("hourly", now, {
  { at = now - 7200, due = now - 7200, local_time = "2026-11-22 05:00:00" },
  { at = now - 3600, due = now - 3600, local_time = "2026-11-22 06:00:00", state = "skipped", reason = "overlap", note = "slot 1 is in the way" } })
B:start(rows[1].id)
B:finish(rows[1].id, { outcome = "failed", code = 1, seconds = 61, note = "exit code 1" })
B:hold("night check", "more than 24 slots were missed")
local dir = require("core.config").store_path() .. ".logs"
assert(require("host.sys").make_dir(dir))
assert(require("host.sys").write_file(dir .. "/1-1.log", "what the audit said\n\27[31mred\n"))
print(rows[1].id)
END
try errand run "$tmp/enter.lua"
exits 0 "rows as a daemon writes them"

try errand schedule -o table list
exits 0 "the list"
grep -q '^hourly .*failed 0 s ago\|^hourly .*skipped: overlap' "$tmp/out"
result $? "with the last outcome"
grep -q '^night check .*held' "$tmp/out" && grep -q '^start .*disabled' "$tmp/out"
result $? "with states"
grep -q '^tokyo .* overdue' "$tmp/out"
result $? "with marks for what nobody has run"
says "is errand serve running?" "and a word on what to do"

try errand schedule run hourly
exits 0 "a run by hand"
outputs "audit of	--deep	a b" "with its arguments"
try errand schedule log hourly -o csv
grep -q ',done,.*,hand,' "$tmp/out"
result $? "is a slot like any other"

try errand schedule export cron
exits 0 "as lines of a crontab"
outputs "15 6 * * 1,2,3,4,5 " "times and all"
try errand schedule export systemd --to "$tmp/units"
[ "$(find "$tmp/units" -name '*.timer' | wc -l)" -gt 0 ]
result $? "as timer units"

cd "$tmp/empty" || exit 1
try errand schedule -o json list
outputs '"name":"tokyo"' "the file that a daemon has read is found from anywhere"
mv "$etc/schedule.lua" "$etc/away.lua"
try errand schedule -o json list
outputs '"name":"tokyo"' "the store alone will do"
try errand schedule pause tokyo --reason holiday
exits 0 "so it will for pausing"
says "schedule 'tokyo' is paused: its slots are skipped until errand schedule resume tokyo" "which is told"
try errand schedule -o json list
outputs '"state":"paused"' "and kept"
outputs '"why":"holiday"' "with the reason"
try errand schedule next -o json
! grep -q tokyo "$tmp/out"
result $? "a paused one does not come next"
try errand schedule pause tokyo
says "schedule 'tokyo' is paused by" "twice does no harm"
try errand schedule resume tokyo
says "schedule 'tokyo' is active again" "it goes on"
try errand schedule resume tokyo
says "is active already" "once"
try errand schedule resume "night check"
says "it was held: more than 24 slots were missed" "a held one goes on, too, and one learns why it was"

try errand schedule log hourly -o csv
exits 0 "slots of a schedule"
grep -q '^1,2026-11-22 05:00,failed,61 s,' "$tmp/out" && grep -q 'skipped: overlap.*slot 1 is in the way' "$tmp/out"
result $? "each with outcome or reason"
try errand schedule log hourly 1
same schedule-log.txt "the log of one"
try errand schedule log hourly 1 -o json
outputs '"text":"what the audit said\n' "as data, with the row"
try errand schedule log hourly 2
says "slot 2 has no log: it was skipped (overlap)" "a slot without one"
try errand schedule log tokyo 1
refused 2 "slot 1 belongs to schedule 'hourly'" "a slot of another"
try errand schedule log hourly 99
refused 2 "schedule 'hourly' has no slot '99'; errand schedule log hourly lists them" "a slot that is none"
try errand schedule log tokyo
says "schedule 'tokyo' has had no slot yet" "none yet"

mv "$etc/away.lua" "$etc/schedule.lua"
echo 'schedule "tokyo" { at = "61 * * * *", run = "x" }' >"$etc/schedule.lua"
try errand schedule -o json list
outputs '"name":"hourly"' "a file that was broken since"
says "is not as it should be, so this is from the store alone; errand schedule check" "is told, and the list is there"
try errand schedule -o json list "$etc/schedule.lua"
exits 2 "named, it is an error"

done_testing
