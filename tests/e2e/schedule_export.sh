#!/bin/sh
# schedule_export.sh - schedules as units and crontab lines, and the unit of the
# daemon, as systemd judges them.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh

command -v systemd-analyze >/dev/null || {
  echo "Bail out! systemd-analyze is not here: install the Debian package systemd"
  exit 1
}
unit=$here/scripts/systemd/errand.service
users=$here/scripts/systemd/errand.sysusers
cd "$tmp" || exit 1

cat >schedule.lua <<'END'
schedule "leavers, 100% of them" { at = "15 6 * * 1-5", run = "a.lua" }
END
try errand schedule export systemd schedule.lua
exits 2 'a file with a fault'

mkdir 'of $HOME'
cat >'of $HOME/schedule.lua' <<'END'
defaults { tz = "Europe/Berlin" }
schedule "offboard leavers" { at = "15 6 * * 1-5", run = "a.lua", args = { csv = "/srv/hr/leavers.csv" }, timeout = "30m",
  jitter = "10m", memory = "512m", window = "4d", doc = "100 % of them" }
schedule "audit" { every = "6h", run = "a.lua" }
schedule "nightly" { at = "30 2 * * *", run = "a.lua" }
schedule "lw" { at = "0 9 LW * 5#2", run = "a.lua", window = "40d" }
schedule "at boot" { at = "@boot", run = "a.lua" }
schedule "off" { at = "0 9 * * *", run = "a.lua", enabled = false }
schedule "odd" { every = "7h", run = "a.lua" }
END
echo 'print "it ran"' >'of $HOME/a.lua'
try errand schedule export systemd 'of $HOME/schedule.lua' --to units
exits 0 'into a folder'
[ "$(sort out)" = "$(ls -d units/* | sort)" ] && [ "$(ls units | wc -l)" = 11 ]
result $? 'every unit is named on standard output'
says "schedule 'off': left out" 'what is left out is told'
says "schedule 'nightly': days when the clocks change are written out until" 'what is otherwise is told'
! grep -q "'lw'\|'offboard" err
result $? 'nothing is told where all is the same'
(cd units && try env SYSTEMD_UNIT_PATH="$tmp/units:" systemd-analyze verify --man=no ./*.timer ./*.service)
[ ! -s err ] && [ ! -s out ]
result $? 'systemd has nothing against the units'
grep -h '^ExecStart=' units/errand-nightly.service | sed 's/^ExecStart=//; s/\$\$/\\$/g; s/%%/%/g' >line
grep -q 'schedule run nightly' line
result $? 'a unit runs its schedule'
# A word of ExecStart in double quotes is read as by a shell, but for $ and %.
try sh ./line
exits 0 'and what stands there does run'
outputs 'it ran' 'the script'

cat >one.lua <<'END'
schedule "all" { at = "0 9 * * *", run = "a.lua", catchup = "all" }
schedule "daily" { at = "0 9 * * *", run = "a.lua" }
END
try errand schedule export systemd one.lua
exits 2 'a schedule that would be another one'
says "schedule 'all': not exported: catchup" 'is refused'
outputs 'OnCalendar=*-*-* 09:00:00 UTC' 'and the others are exported'

try errand schedule export cron 'of $HOME/schedule.lua'
exits 2 'a crontab'
says "schedule 'lw': not exported: a crontab cannot say the nearest weekday (W)" 'refuses what it cannot say'
says "schedule 'odd': not exported: a crontab cannot say every 7h" 'and odd periods'
says 'CRON_TZ is heeded by cronie' 'and tells who heeds the zone'
grep "^15 6 \* \* 1,2,3,4,5 sleep [0-9]* && cd '$tmp/of \$HOME' && ulimit -v 524288 && " out >line
[ "$(wc -l <line)" = 1 ]
result $? 'the line of a schedule'
grep '^30 2 ' out | sed 's/^30 2 \* \* \* //; s/\\%/%/g' >line
try sh ./line
outputs 'it ran' 'what stands there does run, too'

# ---- the unit of the daemon

sed "s|/usr/local/bin/errand|$ERRAND|" "$unit" >errand.service
try systemd-analyze verify --man=no ./errand.service
[ "$code" = 0 ] && [ ! -s err ]
result $? 'systemd has nothing against errand.service'
try systemd-analyze security --offline=yes --threshold=20 --no-pager ./errand.service
exits 0 'its exposure is at most 2.0'
try systemd-sysusers --dry-run "$users"
exits 0 'its user can be made'

# What a daemon and its runs ask of the kernel is in the unit's filter: the list
# of the unit, with the sets written out.
expand() {
  case $1 in
    @*) systemd-analyze syscall-filter "$1" | sed -n 's/^ \{4\}\([@a-z_0-9].*\)/\1/p' | while read -r one; do expand "$one"; done ;;
    *) echo "$1" ;;
  esac
}
expand @system-service | sort -u >allowed
expand @privileged | sort -u >denied
{ comm -23 allowed denied; sed -n 's/^SystemCallFilter=\([a-z].*\)$/\1/p' errand.service | tr ' ' '\n'; } | sort -u >filter
[ "$(wc -l <filter)" -gt 250 ] && grep -qx adjtimex filter && ! grep -qx clock_settime filter
result $? 'the filter can be read'
for call in adjtimex clock_adjtime clone3 close_range epoll_wait execve fdatasync flock mlock pidfd_open pidfd_send_signal prctl prlimit64 \
  setpriority setsid timerfd_settime waitid; do
  grep -qx $call filter || echo "# $call" >>missing
done
[ ! -e missing ] || cat missing
[ ! -e missing ]
result $? 'and lets through what errand lives by'

done_testing
