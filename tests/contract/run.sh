#!/bin/sh
# The exported OpenAPI against two programs that know nothing of errand:
# redocly lints it. Prism serves it, refusing what it does not allow, and errand
# sends it every wire case. Then Prism stands between errand and the sandbox
# while every example runs, and minds requests and replies.
# run.sh BUILD_DIR [SERVICE...]
set -eu
build=$(cd "$1" && pwd)
shift
errand=$build/errand
dir=$build/contract
here=$(dirname "$0")
passed=0
failed=0
prism=
sandbox=
export ERRAND_STORE="$dir/store.db" NO_COLOR=1 REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

stop() {
  if [ -n "$prism" ]; then kill "$prism" 2>/dev/null || true; wait "$prism" 2>/dev/null || true; fi
  prism=
}
finish() {
  stop
  if [ -n "$sandbox" ]; then kill "$sandbox" 2>/dev/null || true; fi
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

mkdir -p "$dir"
if ! cmp -s "$here/package-lock.json" "$dir/package-lock.json" || [ ! -x "$dir/node_modules/.bin/prism" ]; then
  cp "$here/package.json" "$here/package-lock.json" "$dir/"
  (cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || { rm -f "$dir/package-lock.json"; exit 1; }
fi

result() {  # ok|"not ok" TEXT
  echo "$1 - $2"
  if [ "$1" = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

# await PIPE LOG TEXT: until the program that writes to PIPE says TEXT.
await() {
  ready=
  : >"$2"
  exec 3<"$1"
  while [ -z "$ready" ] && read -r said <&3; do
    echo "$said" >>"$2"
    case $said in *"$3"*) ready=1 ;; esac
  done
  cat <&3 >>"$2" &
  exec 3<&-
  [ -n "$ready" ]
}

# serve LOG COMMAND DOCUMENT...: Prism on a free port; its address is then $url.
serve() {
  log=$1
  shift
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
  rm -f "$dir/pipe"
  mkfifo "$dir/pipe"
  node "$dir/node_modules/.bin/prism" "$@" -h 127.0.0.1 -p "$port" >"$dir/pipe" 2>&1 &
  prism=$!
  url=http://127.0.0.1:$port
  await "$dir/pipe" "$log" "is listening on"
}

# One sandbox for all; $dir/sandbox.env holds the accounts.
start_sandbox() {
  rm -f "$dir/pipe"
  mkfifo "$dir/pipe"
  "$errand" sandbox >"$dir/pipe" 2>"$dir/sandbox.log" &
  sandbox=$!
  await "$dir/pipe" "$dir/sandbox.env" "# serving on "
  world=$(sed -n 's/^# serving on \([^ ]*\) .*/\1/p' "$dir/sandbox.env")
  token=$(sed -n 's/.*X-Sandbox-Token: //p' "$dir/sandbox.env")
}

# cases NAME ENV FILE: runs a spec with the settings in ENV and counts.
cases() {
  # shellcheck disable=SC1090
  ( . "$2"; CONTRACT_SERVICE=$service CONTRACT_SANDBOX=$world CONTRACT_TOKEN=$token "$errand" test "$here/$3" ) >"$dir/$1.tap" || true
  cat "$dir/$1.tap"
  if ! grep -q '^1\.\.[1-9]' "$dir/$1.tap"; then result "not ok" "$1: the cases ran"; fi
  passed=$((passed + $(grep -c '^ok ' "$dir/$1.tap" || true)))
  failed=$((failed + $(grep -c '^not ok ' "$dir/$1.tap" || true)))
}

check() {
  service=$1
  spec=$dir/$service.json
  "$errand" export openapi "$service" >"$spec"
  if node "$dir/node_modules/.bin/redocly" lint --format=stylish "$spec" >"$dir/$service.lint" 2>&1; then
    result ok "$service: redocly finds no errors"
  else
    cat "$dir/$service.lint"
    result "not ok" "$service: redocly finds no errors"
  fi

  if serve "$dir/$service.log" mock --errors "$spec" \
     && "$errand" run "$here/settings.lua" "$service" "$url" >"$dir/$service.env"; then
    result ok "$service: prism serves it"
    cases "$service" "$dir/$service.env" cases.lua
  else
    cat "$dir/$service.log"
    result "not ok" "$service: prism serves it"
  fi
  stop

  upper=$(echo "$service" | tr '[:lower:]' '[:upper:]')
  upstream=$(sed -n "s/^export ERRAND_${upper}_URL='\(.*\)'/\1/p" "$dir/sandbox.env")
  if [ -n "$upstream" ] && serve "$dir/$service-proxy.log" proxy "$spec" "$upstream"; then
    grep "^export ERRAND_${upper}_" "$dir/sandbox.env" | grep -v "_URL=" >"$dir/$service-proxy.env"
    echo "export ERRAND_${upper}_URL=$url" >>"$dir/$service-proxy.env"
    cases "$service-examples" "$dir/$service-proxy.env" examples.lua
  else
    result "not ok" "$service: the sandbox through prism"
  fi
  stop
}

start_sandbox
if [ $# = 0 ]; then
  # shellcheck disable=SC2046
  set -- $("$errand" list-operations | cut -d. -f1 | sort -u)
fi
for name; do check "$name"; done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
