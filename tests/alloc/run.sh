#!/bin/sh
# run.sh - scenarios with each of their allocations refused in turn: run.sh BUILD [TRIES] [SCENARIO...]
# SPDX-License-Identifier: MIT
#
# At most TRIES for each scenario, half of them with one refusal, half with all
# from there on (1000); 0 for all that there are, which takes hours. BUILD is a
# build under sanitizers. Ends with "N passed, N failed".
set -u
build=$(realpath "$1") || exit 1
budget=${2:-1000}
shift
[ $# -gt 0 ] && shift

dir=$(mktemp -d) || exit 1
tls=
finish() {
  [ -n "$tls" ] && kill "$tls" 2>/dev/null
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM

mkdir "$dir/.https"
cd "$dir/.https" || exit 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=IP:127.0.0.1 -keyout tls.key -out tls.pem >log 2>&1 || {
  cat log
  exit 1
}
printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n[1]' >x
openssl s_server -accept 127.0.0.1:0 -cert tls.pem -key tls.key -HTTP >accept 2>/dev/null </dev/null &
tls=$!
tries=0
until ALLOC_TLS=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' accept) && [ -n "$ALLOC_TLS" ]; do
  tries=$((tries + 1))
  [ $tries -lt 600 ] || exit 1
  sleep 0.05
done
export ALLOC_TLS
cd "$OLDPWD" || exit 1

for name in $(env | sed -n 's/^\(ERRAND_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY CREDENTIALS_DIRECTORY
export ASAN_OPTIONS=exitcode=99:allocator_may_return_null=1 LSAN_OPTIONS=print_suppressions=0 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
export build dir budget

# one SCENARIO: what it says in one piece, for two of them run at a time
# shellcheck disable=SC2016
one='mkdir "$dir/$1" && timeout 3600 "$build/tests/alloc" "$dir/$1" "$1" "$budget" >"$dir/$1.said" 2>&1
echo $? >"$dir/$1.code"
cat "$dir/$1.said"
rm -rf "$dir/$1"'
if [ $# -eq 0 ]; then
  # shellcheck disable=SC2046
  set -- $(ASAN_OPTIONS=detect_leaks=0 "$build/tests/alloc" "$dir" list)
fi
printf '%s\n' "$@" | xargs -P 2 -I '{}' sh -c "$one" one '{}'

passed=$(cat "$dir"/*.code | grep -cx 0)
echo "refused to: $(sed -n 's/^#   *\(.*\)/\1/p' "$dir"/*.said | awk '
  { for (i = 1; i < NF; i++) if ($i ~ /^(Lua|SQLite|libcurl|libmicrohttpd|TLS|libc|errand|others)$/ && $(i + 1) ~ /^[0-9]+$/) n[$i] += $(i + 1) }
  END { for (who in n) printf "%s %d  ", who, n[who] }')"
echo "$passed passed, $(($# - passed)) failed"
[ "$passed" = $# ] && [ "$passed" -gt 0 ]
