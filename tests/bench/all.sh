#!/bin/sh
# Every measurement, net.sh and local.sh; then the rows that have a target, met
# or missed, and how many of them are.
# all.sh BUILD
set -eu
build=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

half() {
  echo "$2" >"$tmp/trouble"
  {
    sh "tests/bench/$1" "$build" && : >"$tmp/trouble"
  } 2>&1 | tee "$tmp/$1.out"
  cat "$tmp/trouble" >>"$tmp/troubles"
}

half net.sh "the network half did not end well" # it fetches bun, for both
half local.sh "the local half did not end well"

# A verdict is the word by itself; the heads of columns and sentences have none.
printf '\n== targets\n'
cat "$tmp/local.sh.out" "$tmp/net.sh.out" | grep -wE 'met|missed' >"$tmp/rows" || :
sed -n '/./p' "$tmp/rows"
awk '/(^|[^a-z])missed([^a-z]|$)/ { missed++; next } { met++ } END { printf "%d met, %d missed\n", met, missed }' "$tmp/rows"
cat "$tmp/troubles"
[ ! -s "$tmp/troubles" ]
