#!/bin/sh
# bigfile.sh - two gigabytes up and down in the memory that one megabyte takes.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh

cd "$tmp" || exit 1
# The sanitizers' own memory grows with what passes through them, and they are
# slow: there it is enough that all of it runs.
big=2147483648
room=8192
if grep -q __asan_init "$ERRAND"; then
  big=67108864
  room=
fi
if [ "$(df -Pk . | awk 'NR == 2 { print $4 }')" -lt 5242880 ]; then
  echo "1..0 # SKIP less than 5 GiB free where temporary files go"
  exit 0
fi
small=1048576
truncate -s $small small.bin
truncate -s $big big.bin

{
  printf '=== reply POST /auth times=0\nHTTP/1.1 200 OK\nContent-Type: text/plain\n\ntoken-1\n'
  for size in $small $big; do
    printf '=== reply GET /%s/diagnosis times=1 zeros=%s\nHTTP/1.1 200 OK\nContent-Length: %s\n\n' "$size" "$size" "$size"
  done
  printf '=== reply POST times=0\nHTTP/1.1 200 OK\nContent-Type: text/plain\n\nok\n'
  printf '=== reply times=0\nHTTP/1.1 200 OK\nContent-Type: application/json\n\n{"ok":true}\n'
} >script.peer
serve script.peer
accounts "$at"

# peak CODE: kilobytes that errand had in memory at most, in $peak
peak() {
  try errand -e "$1
    for line in io.lines '/proc/self/status' do
      local kb = line:match '^VmHWM:%s*(%d+) kB'
      if kb then return math.tointeger(kb) end
    end"
  peak=$(cat "$tmp/out")
  [ "$code" = 0 ] && [ "$peak" -gt 0 ]
}

# flat WHAT SMALL_CODE BIG_CODE
flat() {
  peak "$2"
  result $? "$1: 1 MiB" || return
  before=$peak
  peak "$3"
  result $? "$1: $big bytes" || return
  [ -z "$room" ] && return
  [ $((peak - before)) -lt $room ]
  result $? "$1: memory stays flat" || echo "# $before kB for 1 MiB, $peak kB"
}

form='intrexx.applications.import("hr", "%s.bin")\n'
whole='require("core.client").raw("intrexx", "PUT", "/files/a", { upload = "%s.bin", raw = true })\n'
down='local _, reply = intrexx.diagnosis.download("%s", { to = "down.bin" })
assert(reply.size == %s and io.open("down.bin"):seek "end" == %s)\n'
# shellcheck disable=SC2059
{
  flat "a form" "$(printf "$form" small)" "$(printf "$form" big)"
  [ "$(tail -c 20 "$tmp/seen/4" | sed 's/^.*\[//; s/ bytes.*//')" -gt $big ]
  result $? "every byte of it came"
  flat "a body" "$(printf "$whole" small)" "$(printf "$whole" big)"
  grep -aqxF "[$big bytes]" "$tmp/seen/8"
  result $? "every byte of it came"
  flat "a download" "$(printf "$down" $small $small $small)" "$(printf "$down" $big $big $big)"
}
done_testing
