#!/bin/sh
# daemon_children.sh - runs that do not stop, eat memory, print gigabytes, leave
# others behind, cannot start or are killed: the daemon lives, says what was, and
# does not grow.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/daemon.sh

cd "$tmp" || exit 1
mkdir jobs
# The sanitizers' own memory is beyond any limit, and grows, as valgrind's does;
# and they are slow.
sanitizers= grows= blocks=100
if grep -q __asan_init "$ERRAND"; then sanitizers=1; fi
if [ -n "$sanitizers${VALGRIND:-}" ]; then grows=1 blocks=10; fi
cat >jobs/deaf.lua <<'EOF2'
print "begun"
io.stdout:flush()
while true do pcall(sleep, 60) end
EOF2
cat >jobs/busy.lua <<'EOF2'
while true do end
EOF2
# once, for the processor is shared with other tests
cat >jobs/once.lua <<'EOF2'
return function(name)
  if io.open(name .. ".begun") then return true end
  io.open(name .. ".begun", "w"):close()
end
EOF2
cat >jobs/memory.lua <<'EOF2'
if require "once" "memory" then return end
local held = {}
for i = 1, 1e9 do held[i] = ("x"):rep(1 << 20) .. i end
EOF2
cat >jobs/printer.lua <<'EOF2'
if require "once" "printer" then return end
local block = ("0123456789abcde\n"):rep(65536)
print "the first line"
for _ = 1, BLOCKS do io.write(block) end
print "the last line"
EOF2
sed -i "s/BLOCKS/$blocks/" jobs/printer.lua
cat >jobs/parent.lua <<'EOF2'
os.execute("sleep 1000 </dev/null >/dev/null 2>&1 & echo child $!")
EOF2
cat >jobs/quick.lua <<'EOF2'
print "quick"
EOF2
echo 'os.exit(7)' >jobs/code.lua
echo 'os.execute "kill -9 $PPID"; sleep(60)' >jobs/victim.lua
cat >jobs/schedule.lua <<'EOF2'
for name, more in pairs {
  deaf = { timeout = "1s", grace = "1s" },
  busy = { timeout = "1s", grace = "10s" },
  memory = { memory = "200m" },
  printer = { timeout = "PATIENCEs" },
  code = { notify = { command = 'echo "$ERRAND_SCHEDULE $ERRAND_OUTCOME" >>told' } },
  parent = {}, victim = {}, absent = {}, quick = {},
} do
  more.run, more.every = name .. ".lua", "1s"
  schedule(name)(more)
end
EOF2
sed -i "s/PATIENCE/$((60 * ${SLOW:-1}))/" jobs/schedule.lua
serves errand serve --schedule jobs/schedule.lua --trust-clock --jobs 20 --health "$tmp/health"
logged 'notice ready' "ready"

logged 'slot timed out schedule=deaf slot=[0-9]* ' "one that ignores SIGTERM is killed when its time is over"
waits 20 count_rows 1 'deaf ended timed_out'
result $? "and its row says so"
logged 'slot timed out schedule=busy' "one that never waits hears SIGTERM"
if [ -z "$sanitizers" ]; then
  logged 'slot failed schedule=memory' "one that eats memory fails"
  grep -shF 'not enough memory' store.db.logs/* | grep -q .
  result $? "for its own reason"
fi
waits 60 log_has 1 'slot done schedule=printer'
result $? "one that prints $blocks MiB ends"
printer=$(rows id schedule state | sed -n 's/^\([0-9]*\) printer ended$/\1/p' | head -n 1)
log=store.db.logs/$printer-1.log
[ "$(stat -c %s "$log")" -le $((600 * 1024)) ] && head -n 1 "$log" | grep -q 'the first line' &&
  tail -n 1 "$log" | grep -q 'the last line'
result $? "its log has beginning and end, and no more than 512 KiB" || ls -l "$log"
rows id output dropped | grep -q "^$printer $((blocks * 1048576 + 29)) [1-9][0-9]*$"
result $? "and its row how much there was" || rows id output dropped | grep "^$printer " | sed 's/^/# /'
[ "$(du -sk store.db.logs 2>/dev/null | cut -f1)" -le 8192 ]
result $? "the folder of logs stays small" || du -sk store.db.logs
logged 'slot done schedule=parent' "one that leaves a process behind ends"
left=$(sed -n 's/.*child \([0-9]*\)$/\1/p' "store.db.logs/$(rows id schedule state | sed -n 's/^\([0-9]*\) parent ended$/\1/p' | head -n 1)-1.log")
gone "$left"
result $? "and what it left is gone"
logged 'slot failed schedule=code .*code=7' "an exit code is told"
waits 20 grep -rq '^code failed$' jobs/told told
result $? "and whoever is to hear of it does" || find . -name told
logged 'slot \(lost\|killed\) schedule=victim' "one that is killed is told as such"
logged 'slot failed schedule=absent' "a script that is not there fails, each time"
waits 20 count_rows 3 'quick ended done'
result $? "the others go on meanwhile"
try curl -sS --unix-socket health http://localhost/metrics
outputs 'errand_slots_total{schedule="deaf",outcome="timed_out"}' "it is counted"
memory=$(sed -n 's/^process_resident_memory_bytes //p' out)
[ -n "$grows" ] || [ "$memory" -lt $((64 * 1024 * 1024)) ]
result $? "the daemon stays small" || echo "# $memory"
stops TERM 0 "SIGTERM"

# ---- no more at once than there is room for

rm -rf store.db*
cat >jobs/second.lua <<'EOF2'
sleep(0.3)
EOF2
echo 'for i = 1, 6 do schedule("s" .. i) { every = "1s", run = "second.lua", overlap = "queue" } end' >jobs/schedule.lua
serves errand serve --schedule jobs/schedule.lua --trust-clock --jobs 2 --health "$tmp/health"
logged 'notice ready' "ready"
waits 20 count_rows 12 'ended done'
result $? "slots that had no place wait, and run"
most() {
  curl -sS --unix-socket health http://localhost/health | sed -n 's/.*"children": \([0-9]*\),/\1/p'
}
over=0
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do [ "$(most)" -le 2 ] || over=1; done
result $over "never more than two at once"
stops TERM 0 "SIGTERM"

# ---- it does not grow

rm -rf store.db*
echo 'print "x"' >jobs/quick.lua
echo 'for i = 1, 12 do schedule("s" .. i) { every = "1s", run = "quick.lua" } end' >jobs/schedule.lua
serves errand serve --schedule jobs/schedule.lua --trust-clock --health "$tmp/health"
value() { curl -sS --unix-socket health http://localhost/metrics | sed -n "s/^$1 //p"; }
waits 20 log_has 24 'slot done'
# three descriptors for each child that is under way
spare() {
  curl -sS --unix-socket health http://localhost/metrics |
    awk '$1 == "process_open_fds" { fds = $2 } $1 == "errand_children" { children = $2 } END { print fds - 3 * children }'
}
fds=$(spare)
memory=$(value process_resident_memory_bytes)
waits 20 log_has 60 'slot done'
result $? "60 runs of 12 schedules"
idle() { [ "$(spare)" -le $((fds + 4)) ]; }
waits 20 idle
result $? "no descriptors stay" || echo "# $fds $(spare)"
[ -n "$grows" ] || [ "$(value process_resident_memory_bytes)" -le $((memory + 2 * 1024 * 1024)) ]
result $? "memory stays" || echo "# $memory $(value process_resident_memory_bytes)"
stops TERM 0 "SIGTERM"

done_testing
