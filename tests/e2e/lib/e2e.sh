# e2e.sh - what the end-to-end tests share. To be read at the top of each.
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Every test has a folder of its own, $tmp, for home, state and all else; the
# caller's configuration and ERRAND_ variables are out of sight. "errand" is
# the binary that ERRAND names, "peer" is what PEER names. Prints TAP.

ERRAND=$(realpath "${ERRAND:-build/errand}")
PEER=$(realpath "${PEER:-build/tests/peer}")
[ -x "$ERRAND" ] && [ -x "$PEER" ] || {
  echo "Bail out! nothing to test at '$ERRAND' and '$PEER'"
  exit 1
}
here=$(pwd)
tmp=$(mktemp -d) || exit 1
count=0
failed=0
pid=
pid2=
started=
pids=

finish() {
  for p in $pid $pid2 $started $pids; do kill -KILL "$p" 2>/dev/null; done
  cd / && rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 1' INT TERM

for name in $(env | sed -n 's/^\(ERRAND_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY CREDENTIALS_DIRECTORY
mkdir -p "$tmp/bin" "$tmp/home" "$tmp/tmp"
ln -s "$ERRAND" "$tmp/bin/errand"
PATH=$tmp/bin:$PATH
HOME=$tmp/home
TMPDIR=$tmp/tmp
LC_ALL=C.UTF-8
TERM=xterm
export PATH HOME TMPDIR LC_ALL TERM
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_DATA_HOME

# result OK WHAT: one line of TAP, with the last command's output if it failed
result() {
  count=$((count + 1))
  if [ "$1" = 0 ]; then
    printf 'ok %d - %s\n' $count "$2"
    return 0
  fi
  failed=$((failed + 1))
  printf 'not ok %d - %s\n' $count "$2"
  echo "# exit code ${code:-?}"
  for f in out err; do
    [ -s "$tmp/$f" ] && head -c 2000 "$tmp/$f" | tr -d '\000\r' | sed "s/^/# $f: /"
  done
  echo
  return 1
}

# The last line of a test.
done_testing() {
  echo "1..$count"
  [ "$failed" = 0 ]
}

# try COMMAND...: its exit code in $code, what it wrote in $tmp/out and
# $tmp/err. Variables may stand first: try ERRAND_IXON_URL=x errand ...
try() {
  env "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
  code=$?
}

# exits CODE WHAT: of the last command
exits() {
  [ "$code" = "$1" ]
  result $? "$2: exit code $1"
}

# says TEXT WHAT, outputs TEXT WHAT: standard error, output holds the text
says() {
  grep -qF -- "$1" "$tmp/err"
  result $? "$2"
}

outputs() {
  grep -qF -- "$1" "$tmp/out"
  result $? "$2"
}

# refused CODE TEXT WHAT: the last command failed as an administrator would
# want it: this exit code, one line on standard error that holds the text,
# nothing on standard output, no traceback.
refused() {
  [ "$code" = "$1" ] && [ ! -s "$tmp/out" ] && [ "$(wc -l <"$tmp/err")" = 1 ] &&
    grep -q '^errand: ' "$tmp/err" && grep -qF -- "$2" "$tmp/err" &&
    ! grep -qi 'traceback\|\[C\]' "$tmp/err"
  result $? "$3: exit code $1, \"$2\"" || echo "# wanted: $2"
}

# serve FILE: a peer that answers as FILE says ("-": standard input); its
# address in $at, its requests in $tmp/seen. serve_other: one more, $other.
serve() {
  stop_peer "$pid"
  pid=
  rm -rf "$tmp/seen" "$tmp/port"
  mkdir "$tmp/seen"
  mkfifo "$tmp/port"
  cat "$1" >"$tmp/script"
  "$PEER" "$tmp/script" "$tmp/seen" >"$tmp/port" &
  pid=$!
  exec 3<"$tmp/port"
  read -r port <&3
  at=http://127.0.0.1:$port
}

serve_other() {
  stop_peer "$pid2"
  pid2=
  rm -rf "$tmp/seen2" "$tmp/port2"
  mkdir "$tmp/seen2"
  mkfifo "$tmp/port2"
  cat "$1" >"$tmp/script2"
  "$PEER" "$tmp/script2" "$tmp/seen2" >"$tmp/port2" &
  pid2=$!
  exec 4<"$tmp/port2"
  read -r port2 <&4
  other=http://127.0.0.1:$port2
}

# Waits until the peer has got one more request.
await_request() {
  read -r arrived <&3
}

stop_peer() {
  [ -n "$1" ] || return 0
  kill -TERM "$1" 2>/dev/null
  wait "$1" 2>/dev/null
  return 0
}

# sent N WHAT: so many requests have reached the peer; 0 wants that nobody as
# much as connected
sent() {
  seen=$(curl -sS --noproxy '*' --max-time 30 "$at/_seen")
  if [ "$1" = 0 ]; then [ "$seen" = "0 0" ]; else [ "${seen#* }" = "$1" ]; fi
  result $? "$2: $1 requests sent" || echo "# connections and requests: $seen"
}

# alive PID: there, and not just waiting for init to take note of its end. One
# look: between two it may go.
alive() {
  [ -n "$1" ] && grep -q ') [^ZX] ' "/proc/$1/stat" 2>/dev/null
}

# gone PID: within twenty seconds, for the end of its parent's pipe is all that
# tells it
gone() {
  gone_by=$(($(date +%s) + 20 * ${SLOW:-1}))
  while alive "$1" && [ "$(date +%s)" -lt "$gone_by" ]; do sleep 0.01; done
  [ -n "$1" ] && ! alive "$1"
}

# call_count OPERATION: how often the sandbox at $at was asked for it
call_count() {
  curl -sS --noproxy '*' --max-time 30 "$at/_sandbox/calls" | sed 's/.*"'"$1"'":\([0-9]*\).*/\1/; t; s/.*/0/'
}

# accounts URL: all services there, with credentials, for what follows
accounts() {
  export ERRAND_IXON_URL="$1" ERRAND_IXON_TOKEN=ixon-token-1 ERRAND_IXON_APPLICATION=App000000001 \
    ERRAND_IXON_COMPANY=1111-2222-3333-4444-5555
  export ERRAND_QALYPTUS_URL="$1" ERRAND_QALYPTUS_KEY=qalyptus-key-1
  export ERRAND_INTREXX_URL="$1" ERRAND_INTREXX_USER=admin ERRAND_INTREXX_PASSWORD=intrexx-password-1
  # One attempt a call, for what looks at what one attempt does.
  export ERRAND_IXON_RETRY=0 ERRAND_QALYPTUS_RETRY=0 ERRAND_INTREXX_RETRY=0
}
