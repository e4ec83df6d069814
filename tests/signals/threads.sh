#!/bin/sh
# threads.sh - which threads there are while errand works, and that none but
# the first is ever given a signal. SLOWNAME is slowname.c, built.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/daemon.sh

cd "$tmp" || exit 1
accounts http://127.0.0.1:1

# field NAME FILE: of a status of /proc
field() {
  sed -n "s/^$1:[[:space:]]*//p" "$2" 2>/dev/null
}

# sets MASK SIGNAL...: these signals and no others are in the hexadecimal mask
sets() {
  mask=$1
  shift
  want=0
  for signo; do want=$((want | 1 << (signo - 1))); done
  [ $((0x$mask)) = $want ]
}

# threads PID: how many it has
threads() {
  set -- "/proc/$1/task"/*
  echo $#
}

# alone PID WHAT: a single thread, which has no signal blocked
alone() {
  [ "$(threads "$1")" = 1 ] && sets "$(field SigBlk "/proc/$1/status")"
  result $? "$2: one thread, no signal blocked" || cat "/proc/$1/status"
}

# ---- at rest: no library has started a thread, nor set a handler of its own

errand sandbox >sandbox.env 2>sandbox.err &
sandbox=$!
pids="$pids $sandbox"
waits 20 grep -q 'serving on' sandbox.env
alone $sandbox "the sandbox"
sets "$(field SigCgt "/proc/$sandbox/status")" 2
result $? "which catches SIGINT" || field SigCgt "/proc/$sandbox/status"

mkdir jobs
echo 'print(#qalyptus.groups.list())' >jobs/call.lua
echo 'schedule "calls" { every = "1s", run = "call.lua" }' >jobs/schedule.lua
eval "$(grep '^ *export' sandbox.env)"
serves errand serve --schedule jobs/schedule.lua --trust-clock --health 127.0.0.1:0
logged 'notice ready ' "a daemon"
waits 30 count_rows 2 'calls ended done'
result $? "which has had calls done"
alone "$served" "the daemon"
sets "$(field SigCgt "/proc/$served/status")" 1 2 15
result $? "which catches HUP, INT and TERM" || field SigCgt "/proc/$served/status"
stops TERM 0 "the daemon"

# ---- while a name is looked up

# resolving COMMAND...: in the background until a name is being looked up; $asks
resolving() {
  : >wait
  env LD_PRELOAD="$SLOWNAME" SLOWNAME_WAIT="$tmp/wait" ERRAND_QALYPTUS_URL=https://slow.example.com \
    ERRAND_QALYPTUS_RETRY=0 "$@" >out 2>err &
  asks=$!
  pids="$pids $asks"
  looks_up() { [ "$(threads $asks)" = 2 ]; }
  waits 20 looks_up
  result $? "$what: libcurl looks up the name in a thread"
}

# All signals but those that cannot be blocked: KILL, STOP, and two of glibc.
every=fffffffe7ffbfeff

what="a call"
resolving errand -e 'return qalyptus.groups.list()'
for task in "/proc/$asks/task"/*; do
  blocked=$(field SigBlk "$task/status")
  if [ "${task##*/}" = $asks ]; then
    sets "$blocked"
    result $? "$what: the first thread takes signals" || echo "# $blocked"
  else
    [ "$blocked" = $every ]
    result $? "$what: the other one takes none" || echo "# $blocked"
  fi
done
kill -INT $asks
wait $asks
code=$?
exits 130 "$what: Ctrl-C while the name is looked up"
[ -e wait ]
result $? "$what: it ended although the thread did not"

what="another call"
resolving errand -e 'return qalyptus.groups.list()'
rm wait
wait $asks
code=$?
exits 7 "$what: the name is unknown"
says "slow.example.com" "$what: and it says so"

what="a time limit"
resolving errand --time-limit 2 -e 'return qalyptus.groups.list()'
wait $asks
code=$?
exits 1 "$what: while the name is looked up"
says "the time limit has passed" "$what: and it says so"

# Once the name is known to be unknown, signals come as before.
what="after a look-up"
rm -f wait
env LD_PRELOAD="$SLOWNAME" SLOWNAME_WAIT="$tmp/wait" ERRAND_QALYPTUS_URL=https://slow.example.com \
  ERRAND_QALYPTUS_RETRY=0 errand -e 'try(qalyptus.groups.list) print "done" io.stdout:flush() sleep(600)' >out 2>err &
asks=$!
pids="$pids $asks"
waits 20 grep -q done out
alone $asks "$what"
kill -INT $asks
wait $asks
code=$?
exits 130 "$what: Ctrl-C"

done_testing
