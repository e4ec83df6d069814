#!/bin/sh
# login.sh - login, logout, whoami, and tokens kept from process to process.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
cd "$tmp" || exit 1

tokens=$tmp/home/.cache/errand/tokens
file=$tokens/intrexx@default.token
: >"$tmp/all"

# What any command has written is looked through at the end.
keep_output() {
  cat "$tmp/out" "$tmp/err" >>"$tmp/all"
}

mode_is() {
  [ "$(stat -c %a "$1")" = "$2" ]
  result $? "$3: mode $2"
}

# granting TOKEN...: a peer that grants these tokens, the last one for ever,
# and takes every call
granting() {
  {
    while [ $# -gt 0 ]; do
      printf '=== reply POST /auth times=%d delay=%s\nHTTP/1.1 200 OK\nContent-Type: text/plain\n\n%s\n' $(($# > 1)) "${slow:-0}" "$1"
      shift
    done
    printf '=== reply GET /portals times=0\nHTTP/1.1 200 OK\nContent-Type: application/json\n\n[]\n'
    printf '=== reply POST /hr/users times=0\nHTTP/1.1 201 Created\nLocation: /hr/users/7\n\n\n'
  } >"$tmp/replies"
  serve "$tmp/replies"
  accounts "$at"
}

# with_refusal TOKEN: the first call after one login is refused, what follows
# is granted TOKEN
with_refusal() {
  serve - <<END
=== reply POST /auth
HTTP/1.1 200 OK

QzDead77-token
=== reply POST /auth times=0
HTTP/1.1 200 OK

$1
=== reply GET /portals
HTTP/1.1 200 OK
Content-Type: application/json

[]
=== reply GET /portals
HTTP/1.1 401 Unauthorized

=== reply GET /portals times=0
HTTP/1.1 200 OK
Content-Type: application/json

[]
END
  accounts "$at"
}

list() {
  try errand call intrexx.portals.list "$@"
  keep_output
}

# ---- without a cache ----

granting QzToken7-a
try errand login intrexx
keep_output
exits 0 "login"
outputs "intrexx (profile default) at $at as admin: new token, good until " "login says as whom and until when"
outputs "(in 59 min), not kept" "an hour, and that it is gone then"
outputs "set cache_tokens in profile 'default' of $tmp/home/.config/errand/config.lua or ERRAND_INTREXX_CACHE_TOKENS to true" \
  "and what would keep it"
[ ! -e "$tmp/home/.cache" ]
result $? "nothing is kept"
sent 1 "login"
try errand whoami intrexx
keep_output
outputs "none kept (cache_tokens is off)" "whoami knows"

# ---- kept ----

export ERRAND_INTREXX_CACHE_TOKENS=true
try errand -vv login intrexx
keep_output
exits 0 "login with a cache"
outputs "new token, good until " "login buys a token"
outputs "kept in $file" "login says where it is kept"
mode_is "$tokens" 700 "the directory"
mode_is "$file" 600 "the file"
[ "$(find "$tokens" -type f | wc -l)" = 2 ]
result $? "the token and its lock are all there is"
! grep -q 'intrexx-password-1\|admin\|127.0.0.1' "$file"
result $? "no secret but the token is in the file, nor who it is of"
list
exits 0 "the next process"
sent 3 "it needs no login"
try errand login intrexx
keep_output
outputs "there is a token" "login takes what is there"
sent 3 "a login that is not needed"
try errand login --renew intrexx
keep_output
outputs "new token" "--renew"
sent 4 "it"
try errand whoami
keep_output
exits 0 "whoami"
outputs "intrexx, profile default" "whoami: the service"
outputs "by a login with user and password" "the way"
outputs "user      admin" "the user"
outputs "kept until " "the token"
outputs "password      secret, environment variable ERRAND_INTREXX_PASSWORD" "where settings come from"
outputs "ixon, profile default" "and all other services"
outputs "given by the setting" "those without a login too"
try errand whoami -o json intrexx
keep_output
outputs '"login":true,"needs":["user","password"],"profile":"default","protected":false,"service":"intrexx"' "whoami as JSON"
outputs "\"path\":\"$file\",\"state\":\"kept\"}" "with the token's state"
sent 4 "whoami sends nothing:"

# ---- whose it is ----

try env ERRAND_INTREXX_PASSWORD=intrexx-password-2 errand call intrexx.portals.list
keep_output
sent 6 "another password: a login"
try env ERRAND_INTREXX_PASSWORD=intrexx-password-2 errand call intrexx.portals.list
sent 7 "and its token is kept"
try env ERRAND_INTREXX_USER=other ERRAND_INTREXX_PASSWORD=intrexx-password-2 errand call intrexx.portals.list
sent 9 "another user: a login"
before=$(cksum "$tokens"/*)
try errand --sandbox login intrexx
keep_output
outputs "as the sandbox keeps none" "the sandbox's tokens are not kept"
try errand --sandbox call intrexx.portals.list
try errand --sandbox logout --all
outputs "the sandbox keeps no tokens" "logout in the sandbox says so"
[ "$before" = "$(cksum "$tokens"/*)" ]
result $? "nor do they touch the real ones"
sent 9 "the sandbox: no more"

# ---- logout ----

stop_peer "$pid"
pid=
try errand logout intrexx
keep_output
exits 0 "logout without a network"
outputs "removed $file" "logout says what it removes"
[ ! -e "$file" ]
result $? "the file is gone"
try errand logout intrexx
exits 0 "a second logout"
outputs "there was no token for intrexx in profile default" "says that there was none"
try errand logout
refused 2 "errand logout SERVICE..., or --all" "logout of nothing"
try errand logout --all
outputs "there was no token in $tokens" "--all"
try errand login
refused 2 "errand login SERVICE" "login to nothing"
try errand login intrex
refused 2 "intrexx" "login to a service that there is not"

# Who is logging in would put the token there afterwards.
serve - <<'END'
=== reply POST /auth times=0 delay=0.5
HTTP/1.1 200 OK

QzToken7-late
END
accounts "$at"
errand login intrexx >"$tmp/login.out" 2>&1 &
login=$!
await_request
try errand logout intrexx
keep_output
exits 0 "logout while another process logs in"
outputs "removed $file" "waits for it"
[ ! -e "$file" ]
result $? "and the token is gone"
wait $login
result $? "the other process has had it"
try env -u HOME errand login intrexx
keep_output
exits 0 "login without a home directory"
outputs "not kept, as there is no place for it: set HOME or XDG_CACHE_HOME" "it says why nothing is kept"
try env -u HOME errand whoami intrexx
keep_output
outputs "none kept, as there is no place for one: set HOME or XDG_CACHE_HOME" "so does whoami"

# ---- bad files ----

granting QzToken7-b
list
exits 0 "a token is bought again"
chmod 640 "$file"
list
exits 0 "a file that others can read"
says "$file is ignored, for it is open to others" "is warned of"
[ "$(wc -l <"$tmp/err")" = 1 ]
result $? "once"
mode_is "$file" 600 "a new one replaces it"
sent 4 "so far"
head -c 100 "$file" >"$tmp/cut" && cat "$tmp/cut" >"$file"
list
exits 0 "a file that was cut short"
says "is damaged" "is warned of, too"
mv "$file" "$tmp/stolen" && ln -s "$tmp/stolen" "$file"
list
exits 0 "a link to a good file"
says "is a symbolic link" "is not followed"
[ -f "$file" ] && [ ! -L "$file" ]
result $? "but replaced"
rm "$file" && mkfifo -m 600 "$file"
list
exits 0 "a pipe"
says "is no regular file" "is not read"
chmod 750 "$tokens"
list
exits 0 "a directory that others can read"
says "chmod 700 '$tokens'" "is not used, with what to do"
chmod 700 "$tokens"
mv "$tokens" "$tmp/moved" && ln -s "$tmp/moved" "$tokens"
list
exits 0 "a directory that is a link"
says "$tokens" "is not used either"
rm "$tokens"
XDG_CACHE_HOME=/dev/null/x list
exits 0 "nowhere to write"
says "/dev/null" "is warned of"

# ---- refused, expired ----

with_refusal QzLive77-token
list
exits 0 "a token is kept"
list
exits 0 "it is refused, and nobody notices"
sent 5 "one login and one repeat:"
list
exits 0 "the new one is kept"
sent 6 "no more logins:"

# A token says itself how long it lives, here for a second.
jwt=$(printf 'e30.%s.c2ln' "$(printf '{"iat":1000,"exp":1001}' | base64 -w 0 | tr '+/' '-_' | tr -d =)")
serve - <<END
=== reply GET /security/token/access times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"result":{"authentication_token":"$jwt"}}
=== reply GET /domains times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"result":[]}
END
export ERRAND_INFOWORKS_URL="$at" ERRAND_INFOWORKS_REFRESH_TOKEN=QzRefresh7-token ERRAND_INFOWORKS_CACHE_TOKENS=true
try errand login infoworks
keep_output
exits 0 "a token of a second"
expires=$(sed -n 's/^expires //p' "$tokens/infoworks@default.token")
tries=0
while [ "$(date +%s%3N)" -le "$expires" ] && [ $tries -lt 100000 ]; do tries=$((tries + 1)); done
try errand whoami infoworks
keep_output
outputs "none kept" "is none when that has passed"
try errand login infoworks
outputs "new token" "and another is bought"
sent 2 "two logins in all:"

# ---- who only wants to sign in once ----

umask 077
echo QzCommand7-pw >password
cat >config.lua <<END
return { profiles = { default = { intrexx = { url = "$at", user = "admin", cache_tokens = true,
  password = secret.command "echo asked >>'$tmp/asked'; cat '$tmp/password'" } } } }
END
granting QzToken7-c
sed -i "s|url = \"[^\"]*\"|url = \"$at\"|" config.lua
unset ERRAND_INTREXX_URL ERRAND_INTREXX_USER ERRAND_INTREXX_PASSWORD ERRAND_INTREXX_CACHE_TOKENS
export ERRAND_CONFIG="$tmp/config.lua"
: >asked
try errand login intrexx
keep_output
exits 0 "a password by a command"
[ "$(wc -l <asked)" = 1 ]
result $? "which is run for the login"
list
exits 0 "a read with the token that is kept"
try errand -e 'return intrexx.users.create("hr", { general_settings = { first_name = "New", last_name = "Hire" },
  account = { login_username = "new.hire" } }).id'
keep_output
exits 0 "and a write"
try errand whoami
keep_output
[ "$(wc -l <asked)" = 1 ]
result $? "do not run it"
sent 3 "one login, two calls:"
unset ERRAND_CONFIG
accounts "$at"
export ERRAND_INTREXX_CACHE_TOKENS=true

# ---- many at once ----

# race N WHAT: N processes that need a token, while somebody else has the lock
race() {
  rm -f "$file"
  mkdir -p -m 700 "$tokens"
  exec 8>>"$tokens/intrexx@default.lock"
  flock 8
  pids=
  n=0
  while [ $n -lt "$1" ]; do
    n=$((n + 1))
    # 8 is ours alone: whoever inherits it has the lock, too
    errand call intrexx.portals.list >"$tmp/out.$n" 2>"$tmp/err.$n" </dev/null 8>&- &
    pids="$pids $!"
  done
  exec 8>&-
  good=0
  for p in $pids; do wait "$p" && good=$((good + 1)); done
  pids=
  cat "$tmp"/err.* "$tmp"/out.* >>"$tmp/all"
  [ $good = "$1" ]
  result $? "$2: all succeed" || sed 's/^/# /' "$tmp"/err.*
  [ ! -s "$tmp/err.1" ]
  result $? "$2: without a word"
  [ "$(grep -l '^POST /auth' "$tmp/seen"/* | wc -l)" = 1 ]
  result $? "$2: one login"
  sent $(($1 + 1)) "$2"
}

slow=0.2   # nobody is done before the others have begun
granting QzToken7-d
race 2 "two processes"
granting QzToken7-e
race 10 "ten processes"
slow=0

# Whoever logs in is killed meanwhile.
rm -f "$file"
serve - <<END
=== reply POST /auth end=hang
=== reply POST /auth times=0
HTTP/1.1 200 OK

QzToken7-f
=== reply GET /portals times=0
HTTP/1.1 200 OK
Content-Type: application/json

[]
END
accounts "$at"
errand call intrexx.portals.list >"$tmp/out.1" 2>&1 </dev/null &
pids=$!
await_request
errand call intrexx.portals.list >"$tmp/out.2" 2>&1 </dev/null &
second=$!
kill -KILL "$pids"
wait "$pids" 2>/dev/null
pids=$second
wait "$second"
code=$?
pids=
exits 0 "the lock of a killed process does not last"
sent 3 "two logins and a call:"

# ---- services without a login ----

serve - <<END
=== reply GET /users
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":[]}
=== reply times=0
HTTP/1.1 401 Unauthorized

END
accounts "$at"
try errand login qalyptus
keep_output
exits 0 "login with a key"
outputs "needs no login, 'key' is sent with every call; users.list was answered" "asks something harmless"
try errand login qalyptus
keep_output
[ "$code" = 5 ] && [ ! -s "$tmp/out" ]
result $? "a key that is refused: exit code 5"
try errand login intrexx qalyptus
keep_output
[ "$code" = 5 ] && [ "$(wc -l <"$tmp/err")" = 2 ]
result $? "two services that refuse: exit code 5, a line each"
says "'user', 'password'" "what to look at"

# ---- canaries ----

granting QzToken7-g
errand -vv login --renew intrexx >>"$tmp/all" 2>&1
errand -vv call intrexx.portals.list >>"$tmp/all" 2>&1
errand config check >>"$tmp/all" 2>&1
errand doctor >>"$tmp/all" 2>&1
for word in QzToken7 QzDead77 QzLive77 QzRefresh7 QzCommand7 "$jwt" intrexx-password qalyptus-key ixon-token; do
  printf '%s\n' "$word"
  printf '%s' "$word" | base64 -w 0 | cut -c -10
done >"$tmp/forms"
! grep -aFf "$tmp/forms" "$tmp/all"
result $? "no token and no secret in anything that was written"
grep -q "Authorization" "$tmp/all"
result $? "though headers were shown"
done_testing
