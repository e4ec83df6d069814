#!/bin/sh
# wire.sh - calls with the exact bytes they send: the files in cases/.
# SPDX-License-Identifier: MIT
#
# A case is one file of sections that begin with "=== ":
#
#   reply ...    what the server answers, in order (see peer.c)
#   command      for a shell in an empty folder; all services have accounts
#   request      the exact bytes of one request, in order. Head lines end in
#                CRLF on the wire; {usual} stands for the head lines that every
#                request has, {port} for the server's port
#   stdout       exactly
#   stderr       text that standard error holds; without it, it must be empty
#   exit         the code
. tests/e2e/lib/e2e.sh

version=$(errand --version | sed -n 's/^errand \([^ ]*\) .*/\1/p')
usual="Host: 127.0.0.1:{port}\\nUser-Agent: errand/$version\\nAccept: */*\\nAccept-Encoding: deflate, gzip, br, zstd"

# The case's sections as files; of requests the bytes they have on the wire.
split_case() {
  rm -rf "$tmp/case"
  mkdir "$tmp/case"
  : >"$tmp/case/stdout"
  awk -v dir="$tmp/case" -v port="$port" -v usual="$usual" '
    /^=== / {
      if (name == "request" && body) printf "%s", line >file
      name = $2; body = 0; line = ""
      file = dir "/" name
      if (name == "request") file = file (++n)
      next
    }
    name == "" || name == "reply" { next }
    {
      gsub(/\{usual\}/, usual)
      gsub(/\{port\}/, port)
    }
    name != "request" { print >file; next }
    !body { gsub(/\n/, "\r\n"); printf "%s\r\n", $0 >file; if ($0 == "") body = 1; next }
    { if (line != "") printf "%s\n", line >file; line = $0 }
    END { if (name == "request" && body) printf "%s", line >file }
  ' "$1"
}

run_case() {
  name=$(basename "$1" .case)
  serve "$1"
  split_case "$1"
  accounts "$at"
  mkdir "$tmp/case/cwd"
  (cd "$tmp/case/cwd" && sh "$tmp/case/command") >"$tmp/out" 2>"$tmp/err" </dev/null
  code=$?
  exits "$(cat "$tmp/case/exit")" "$name"
  cmp -s "$tmp/case/stdout" "$tmp/out"
  result $? "$name: standard output" || diff "$tmp/case/stdout" "$tmp/out" | sed 's/^/# /'
  if [ -f "$tmp/case/stderr" ]; then
    while IFS= read -r text; do says "$text" "$name: standard error: $text"; done <"$tmp/case/stderr"
  else
    [ ! -s "$tmp/err" ]
    result $? "$name: nothing on standard error"
  fi
  n=1
  while [ -f "$tmp/case/request$n" ]; do
    cmp -s "$tmp/case/request$n" "$tmp/seen/$n"
    result $? "$name: bytes of request $n" || diff "$tmp/case/request$n" "$tmp/seen/$n" | tr -d '\r' | sed 's/^/# /'
    n=$((n + 1))
  done
  sent $((n - 1)) "$name"
}

for case in tests/e2e/cases/*.case; do run_case "$case"; done
done_testing
