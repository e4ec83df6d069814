#!/bin/sh
# hostile.sh - a server that means harm: what it sends, what it leaves out.
# SPDX-License-Identifier: MIT
#
# What a plain fault makes of a call is in faults.sh. Nothing is tried again
# here, so that a number of requests is a number of effects.
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/reach.sh
export ERRAND_QALYPTUS_RETRY=0 ERRAND_IXON_RETRY=0 ERRAND_QALYPTUS_CONNECT_TIMEOUT=5 ERRAND_QALYPTUS_TIMEOUT=10

read_it() {
  try "$@" errand -e 'return qalyptus.organizations.list{ get_all = true }'
}

set_it() {
  try "$@" errand -e 'return qalyptus.groups.delete{ "11111111-2222-3333-4444-555555555555" }'
}

make_it() {
  try "$@" errand -e 'return qalyptus.groups.create{ name = "New" }'
}

# answer [OPTION...]: everything gets what the file bytes holds
answer() {
  printf '%s\n' "=== reply times=0 raw file=bytes $*" >one
  serve one
  accounts "$at"
}

OK='HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
GOOD='{"isSuccess":true,"data":[]}'    # 28 bytes

# ---- the effect happens, the reply does not come ----

serve - <<'END2'
=== reply GET /organizations
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":[]}
=== reply POST /groups times=0 end=reset
END2
accounts "$at"
unset ERRAND_QALYPTUS_RETRY    # whatever may be tried again, this may not
try errand -e '
qalyptus.organizations.list{ get_all = true }
return qalyptus.groups.create{ name = "New" }'
refused 4 "groups.create may have had its effect: look before repeating it" "a create after a read on a kept connection"
sent 2 "a create after a read on a kept connection"
[ "$(grep -alx 'POST /groups HTTP/1.1.' seen/* | wc -l)" = 1 ] && [ "${seen%% *}" = 2 ]
result $? "exactly one effect, on a connection of its own"
serve - <<'END2'
=== reply GET /organizations
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":[]}
=== reply POST /groups times=0 end=close
END2
accounts "$at"
try errand -e '
qalyptus.organizations.list{ get_all = true }
local _, err = try(qalyptus.groups.create, { name = "New" })
return err.kind, err.retryable'
outputs in_doubt "a create whose connection is closed without a word: kind in_doubt"
[ "$(grep -c true out)" = 0 ]
result $? "which is not to be repeated"
sent 2 "a create whose connection is closed without a word"
export ERRAND_QALYPTUS_RETRY=0

# ---- a connection that ends at each stage ----

# stage WHAT READ-CODE: of the server that serve has started. A change that can
# be repeated fails as a read does.
stage() {
  read_it
  refused "$2" "qalyptus" "a read: $1"
  set_it
  refused "$2" "qalyptus" "a set: $1"
  make_it
  refused 4 "look before repeating" "a create: $1"
}

serve - <<'END2'
=== drop 3
END2
accounts "$at"
stage "the connection is closed when it is accepted" 7
for end in close reset; do
  : >bytes
  answer end=$end
  stage "$end after the request" 7
  sent 3 "$end after the request"
  printf '%s' 'HTTP/1.1 20' >bytes
  answer end=$end
  stage "$end in the status line" 7
  sent 3 "$end in the status line"
  printf "${OK}X-Mo" >bytes
  answer end=$end
  stage "$end in the headers" 7
  sent 3 "$end in the headers"
  printf "${OK}Content-Length: 28\r\n\r\n{" >bytes
  answer end=$end
  stage "$end in the body" 7
  sent 3 "$end in the body"
  printf "${OK}Transfer-Encoding: chunked\r\n\r\n1c\r\n$GOOD\r\n" >bytes
  answer end=$end
  stage "$end before the last chunk" 7
  sent 3 "$end before the last chunk"
done

# ---- lengths that are lies ----

# kept WHAT: two reads in a row. The second never gets what came behind the
# first reply.
kept() {
  try errand -e '
local first = try(qalyptus.organizations.list, { get_all = true })
local second, err = try(qalyptus.organizations.list, { get_all = true })
print(first and #first, second and second[1], err and err.kind)'
  exits 0 "$1"
  ! grep -q intruder out err
  result $? "$1: what came behind a reply is not the next one"
}

evil='{"isSuccess":true,"data":["intruder"]}'    # 38 bytes
serve - <<END2
=== reply raw
HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 28

$GOOD
HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 38

$evil
=== reply times=0
HTTP/1.1 200 OK
Content-Type: application/json

$GOOD
END2
accounts "$at"
kept "a second reply in the same breath"
again="HTTP/1.1\\s200\\sOK\\r\\nContent-Type:\\sapplication/json\\r\\nContent-Length:\\s38\\r\\n\\r\\n$evil"
# The first of them in one segment with the reply, where it is seen at once.
serve - <<END2
=== reply raw endless=$again
HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 28

$GOOD
HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 38

$evil
=== reply times=0
HTTP/1.1 200 OK
Content-Type: application/json

$GOOD
END2
accounts "$at"
kept "replies without end"
# Behind the reply, some time before the next request leaves; what comes later
# is an answer like any other.
serve_late() {
  serve - <<END2
=== reply endless=$again later=0.05
HTTP/1.1 200 OK
Content-Type: application/json

$GOOD
=== reply times=0
HTTP/1.1 200 OK
Content-Type: application/json

$GOOD
END2
  accounts "$at"
}
cat >idle.lua <<'END2'
-- bytes wait on the connection to the port, or it is closed
local function surplus(port)
  for line in io.lines "/proc/self/net/tcp" do
    local remote, state, waiting = line:match "^ *%d+: %x+:%x+ %x+:(%x+) (%x+) %x+:(%x+)"
    if remote and tonumber(remote, 16) == port and state == "01" then return tonumber(waiting, 16) > 0 end
  end
  return true
end

qalyptus.organizations.list { get_all = true }
local port, looks = (...), 0
while not surplus(tonumber(port)) and looks < 100000 do looks = looks + 1 end
local second = qalyptus.organizations.list { get_all = true }
print(second[1], looks < 100000)
END2
serve_late
try errand run idle.lua "$port"
exits 0 "replies without end, to an idle connection"
outputs "nil	true" "replies without end, to an idle connection: what came behind a reply is not the next one"
sent 2 "replies without end, to an idle connection"
certificate server
serve_late
tls server "$port"
try ERRAND_QALYPTUS_URL="https://127.0.0.1:$listens" ERRAND_QALYPTUS_CACERT="$tmp/server.crt" errand run idle.lua "$listens"
exits 0 "replies without end, to an idle connection of TLS"
outputs "nil	true" "replies without end, to an idle connection of TLS: what came behind a reply is not the next one"
# A server's farewell to a connection that is idle.
serve - <<END2
=== reply endless=HTTP/1.1\\s408\\sRequest\\sTime-out\\r\\nConnection:\\sclose\\r\\nContent-Length:\\s0\\r\\n\\r\\n later=0.05
HTTP/1.1 200 OK
Content-Type: application/json

$GOOD
=== reply times=0
HTTP/1.1 200 OK
Content-Type: application/json

$GOOD
END2
accounts "$at"
try errand run idle.lua "$port"
exits 0 "408 to an idle connection is no answer"
printf "${OK}Content-Length: 2\r\n\r\n$GOOD" >bytes
answer
read_it
refused 7 "not JSON" "a body that is longer than said"
make_it
refused 4 "look before repeating" "a body that is longer than said, after a create"
for lengths in 'Content-Length: 28\r\nContent-Length: 2' 'Content-Length: 2\r\nContent-Length: 28'; do
  printf "${OK}$lengths\r\n\r\n$GOOD" >bytes
  answer end=close
  read_it
  [ "$code" = 7 ] && [ "$(wc -l <err)" = 1 ]
  result $? "two lengths: $lengths"
done
printf "${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n1c\r\n$GOOD\r\n0\r\n\r\n" >bytes
answer
read_it
exits 0 "a length beside chunks: the chunks count"
for length in -1 99999999999999999999 2x ' '; do
  printf "${OK}Content-Length: $length\r\n\r\n$GOOD" >bytes
  answer end=close
  read_it
  [ "$code" = 7 ] || [ "$code" = 0 ]
  result $? "the length '$length': an answer or a refusal"
done
for chunk in 'FFFFFFFFFFFFFFFFF' '-1' 'zz'; do
  printf "${OK}Transfer-Encoding: chunked\r\n\r\n$chunk\r\n$GOOD" >bytes
  answer end=close
  read_it
  [ "$code" = 7 ] && [ "$(wc -l <err)" = 1 ]
  result $? "a chunk of $chunk bytes is refused"
done

# ---- slowly ----

printf "${OK}Content-Length: 28\r\n\r\n$GOOD" >bytes

answer drip=0.3
read_it ERRAND_QALYPTUS_STALL_TIMEOUT=1
refused 7 "stall_timeout" "a byte now and then is cut"
printf "${OK}\r\n" >bytes
answer drip=0.005 endless=xxxxxxxx
read_it ERRAND_QALYPTUS_TIMEOUT=1
refused 7 "timeout" "a body that drips for ever is cut"
grep -q '[0-9.]* s' err
result $? "it is said where the time went"
make_it ERRAND_QALYPTUS_TIMEOUT=1
refused 4 "look before repeating" "a body that drips for ever, after a create"
printf 'HTTP/1.1 100 Continue\r\n\r\n' >bytes
answer 'endless=HTTP/1.1\s100\sContinue\r\n\r\n'
read_it ERRAND_QALYPTUS_TIMEOUT=3
[ "$code" = 7 ] || [ "$code" = 8 ]
result $? "replies of status 100 without end are cut"

# ---- bombs ----

# Says how much the process held at most, and how the call ended.
bomb='
local _, err = try(qalyptus.organizations.list, { get_all = true })
for line in io.lines "/proc/self/status" do
  local kb = line:match "^VmHWM:%s+(%d+)"
  if kb then print("peak", tonumber(kb) < 400000 and "small" or kb) end
end
print(err.kind, err)'

# explodes NAME ENCODING: half a gigabyte and more of zeros, packed
explodes() {
  { printf "${OK}Content-Encoding: $2\r\nContent-Length: $(wc -c <packed)\r\n\r\n"; cat packed; } >bytes
  answer
  try ERRAND_QALYPTUS_MAX_BODY=1000000 errand -e "$bomb"
  outputs "cap	" "$1: a cap"
  outputs "max_body" "$1: the setting is named"
  outputs "peak	small" "$1: memory stays bounded"
  make_it ERRAND_QALYPTUS_MAX_BODY=1000000
  refused 4 "max_body" "$1, after a create"
}

# A frame of 4096 blocks, each one byte 131072 times.
{
  printf '\050\265\057\375\000\130'
  i=0
  while [ $i -lt 4096 ]; do
    printf '\002\000\0200'
    i=$((i + 1))
  done
} >packed
explodes "a zstd bomb" zstd
base64 -d >packed <<'END2'
z///fwAkAOKxQHLv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf//P//B0AC
IA4LQPf+n////wBIAMRhAeje//P//x8ACYA4LADd+3/+//8DIAEQhwWge//P//9/ACQA4rAAdO//
+f//D4AEQBwWgO79P////wGQAIjDAtC9/+f//z8AEgBxWAC69//8//8HQAIgDgtA9/6f////AEgA
xGEB6N7/8///HwAJgDgsAN37f/7//wMgARCHBaB7/8///38AJADisAB07//5//8PgARAHBaA7v0/
////AZAAiMMC0L3/5///PwASAHFYALr3//z//wdAAiAOC0D3/p////8ASADEYQHo3v/z//8fAAmA
OCwA3ft//v//AyABEIcFoHv/z///fwAkAOKwAHTv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n
//8/ABIAcVgAuvf//P//B0ACIA4LQPf+n////wBIAMRhAeje//P//x8ACYA4LADd+3/+//8DIAEQ
hwWge/8/
END2
explodes "a brotli bomb" br
# The same bytes of gzip many times over are one file: members in a row, of
# which libcurl takes the first only; so it is packed as a whole.
head -c 130000000 /dev/zero | gzip -1 -c | gzip -c >packed
explodes "gzip within gzip" 'gzip, gzip'
printf "${OK}Content-Encoding: %sgzip\r\nContent-Length: 28\r\n\r\n$GOOD" "$(printf 'gzip, %.0s' 1 2 3 4 5 6 7 8 9)" >bytes
answer
read_it
refused 7 "qalyptus" "ten encodings, one within the other"
printf "${OK}Content-Encoding: compress\r\nContent-Length: 28\r\n\r\n$GOOD" >bytes
answer
read_it
refused 7 "qalyptus" "an encoding that nobody asked for"

# ---- heads ----

printf 'HTTP/1.1 200 OK\r\n' >bytes

answer 'endless=X-More:\s1\r\n'
read_it ERRAND_QALYPTUS_MAX_HEADER=10000
refused 8 "max_header" "headers without end"
{ printf 'HTTP/1.1 200 '; head -c 300000 /dev/zero | tr '\0' x; printf "\r\nContent-Length: 2\r\n\r\n[]"; } >bytes
answer
read_it
[ "$code" = 7 ] || [ "$code" = 8 ]
result $? "a status line of 300 kB"
make_it
refused 4 "look before repeating" "a status line of 300 kB, after a create"
for status in 000 99 999 1000 -200 2OO ''; do
  printf "HTTP/1.1 $status What\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n$GOOD" >bytes
  answer end=close
  read_it
  [ "$code" = 7 ] && [ "$(wc -l <err)" = 1 ] && [ ! -s out ]
  result $? "the status '$status' is none"
  make_it
  refused 4 "look before repeating" "the status '$status', after a create"
done
printf 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\nxxxx' >bytes
answer end=close
read_it
refused 7 "qalyptus" "a change of protocol that nobody asked for"
make_it
refused 4 "look before repeating" "a change of protocol, after a create"
for version in 1.0 1.2 3; do
  printf "HTTP/$version 200 OK\r\nContent-Type: application/json\r\nConnection: keep-alive\r\nContent-Length: 28\r\n\r\n$GOOD" >bytes
  answer end=close
  read_it
  [ "$code" = 0 ] || [ "$code" = 7 ]
  result $? "HTTP/$version: an answer or a refusal"
done
printf "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nConnection: keep-alive\r\nContent-Length: 28\r\n\r\n$GOOD" >bytes
answer
try errand -e 'for i = 1, 3 do qalyptus.organizations.list{ get_all = true } end'
exits 0 "HTTP/1.0 that keeps its connections"
sent 3 "HTTP/1.0 that keeps its connections"
printf "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n$GOOD" >bytes
answer end=close
try errand -e 'for i = 1, 3 do qalyptus.organizations.list{ get_all = true } end'
exits 0 "HTTP/1.0 that ends a body by the connection"
printf "${OK}X-Nul: a\000b\r\nContent-Length: 28\r\n\r\n$GOOD" >bytes
answer
read_it
refused 7 "qalyptus" "a NUL in a header"
printf "${OK}Content-Length: 29\r\n\r\n{\"isSuccess\":true,\"data\":[\000]}" >bytes
answer
read_it
refused 7 "line 1" "a NUL in a body"
printf "${OK}Content-Length: 32\r\n\r\n{\"isSuccess\":true,\"data\":[\"\300\200\"]}" >bytes
answer
read_it
refused 7 "line 1" "a body that is no UTF-8"
make_it
refused 4 "look before repeating" "a body that is no UTF-8, after a create"

# ---- a reply before the request is read ----

head -c 4000000 /dev/zero | tr '\0' x >large
large='return qalyptus.groups.create{ name = io.open("large"):read "a" }'
printf 'HTTP/1.1 413 Too Large\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 33\r\n\r\n{"error":{"message":"Too large!"}}' >bytes
answer early end=close
try errand -e "$large"
[ "$code" = 6 ] || [ "$code" = 4 ]
result $? "a refusal while the request is on its way"
: >bytes
answer early end=reset
try errand -e "$large"
refused 4 "look before repeating" "a connection reset while the request is on its way"

# ---- where it sends us ----

serve_other - <<END2
=== reply times=0
HTTP/1.1 200 OK
Content-Type: application/json

$evil
END2

# away LOCATION WHAT: not followed; the other server hears nothing
away() {
  printf "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" "$1" >bytes
  answer
  read_it
  [ "$code" = 7 ] && [ ! -s out ] && [ "$(wc -l <err)" = 1 ]
  result $? "a redirect $2 is not followed"
  ! grep -q 'hunter2' err
  result $? "a redirect $2: no password in the error"
  sent 1 "a redirect $2"
}

away "$other/x" "to the same host, another port"
away "//127.0.0.1:$port2/x" "without a scheme"
away "http://hunter2@127.0.0.1:$port2/x" "with a user, elsewhere"
away "http://127.0.0.1:$port2" "without a path"
away "http://127.0.0.1:$port2\\@localhost/x" "with a backslash"
away "http://localhost:$port2/x" "to another name of this machine"
away "http://[::1]:$port2/x" "to another address of this machine"
away "HTTP://0x7f000001:$port2/x" "to an address in disguise"
away "file:///etc/passwd" "to a file"
away "gopher://127.0.0.1:$port2/_x" "to a gopher"
away "javascript:alert(1)" "to a script"
away "http:///x" "to nowhere"
printf 'HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n' >bytes
answer
read_it
[ "$code" = 7 ] && [ "$(wc -l <err)" = 1 ]
result $? "a redirect without a target"
serve - <<'END2'
=== reply
HTTP/1.1 302 Found
Location: http://admin:hunter2@127.0.0.1/x

END2
accounts "$at"
read_it
[ "$code" = 7 ] && ! grep -q hunter2 err
result $? "a redirect to a user and a password"
printf 'HTTP/1.1 302 Found\r\nLocation: a/\r\nContent-Length: 0\r\n\r\n' >bytes
answer
read_it
refused 7 "redirect" "redirects without end, each to another place"
sent 6 "redirects without end"
printf 'HTTP/1.1 307 Temporary Redirect\r\nLocation: a/\r\nContent-Length: 0\r\n\r\n' >bytes
answer
make_it
refused 4 "look before repeating" "a create with redirects without end"
sent 1 "a create with redirects without end"
serve - <<END2
=== reply GET /organizations
HTTP/1.1 302 Found
Location: ?moved=1
Set-Cookie: sid=cookie-1; Path=/

=== reply GET /organizations
HTTP/1.1 308 Permanent Redirect
Location: //127.0.0.1:$port2/../x

END2
accounts "$at"
read_it
[ "$code" = 7 ] && grep -q '^GET /organizations?moved=1 ' seen/2 && ! grep -qi '^cookie' seen/*
result $? "a chain that ends elsewhere; no cookie goes back"
{
  printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLink: <%s/x>; rel="next"\r\nContent-Length: %d\r\n\r\n' "$other" 150
  printf '{"status":"success","type":"x","moreAfter":"%s/x","data":[{"publicId":"a","name":"b"}],"next":"%s/x"}%100s' "$other" "$other" '' | head -c 150
} >bytes
answer
try errand -e 'return ixon.roles.list()'
[ "$code" = 7 ] && grep -q 'twice' err
result $? "a page mark that is the address of another server is just a mark"
[ "$(curl -sS --noproxy '*' --max-time 30 "$other/_seen")" = "0 0" ] && [ -z "$(ls seen2)" ]
result $? "the other server was not as much as connected to"

# From https to http: the same host and port, but for the scheme.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x \
  -addext subjectAltName=IP:127.0.0.1 -keyout tls.key -out tls.pem 2>/dev/null
mkfifo tls
openssl s_server -accept 127.0.0.1:0 -cert tls.pem -key tls.key -HTTP -naccept 1 >tls 2>/dev/null &
pids="$pids $!"
exec 5<tls
while read -r word tls_port <&5; do [ "$word" = ACCEPT ] && break; done
tls_port=${tls_port##*:}
printf 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%s/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' "$tls_port" >reply
try ERRAND_QALYPTUS_URL="https://127.0.0.1:$tls_port" ERRAND_QALYPTUS_CACERT="$tmp/tls.pem" errand api qalyptus GET /reply
refused 7 "http://127.0.0.1:$tls_port/x" "a redirect from https to http"

# ---- what a terminal must not see ----

esc=$(printf '\033[31mred\007\302\23331m\342\200\256evil\342\200\213\rover')
wild="$(printf '\033\|\007\|\302\233\|\342\200\256\|\342\200\213')"

# tame WHAT COMMAND...: on a terminal and into a file
tame() {
  what=$1
  shift
  # shellcheck disable=SC2016
  COMMAND="$*" script -qec 'sh -c "$COMMAND"' /dev/null >out 2>&1 </dev/null
  : >err
  ! LC_ALL=C grep -aq "$wild" out && ! LC_ALL=C grep -aq "$(printf '\r')." out && grep -aq evil out
  result $? "$what: nothing wild on a terminal"
  sh -c "$*" >out 2>err </dev/null
  ! LC_ALL=C grep -aq "$wild" err
  result $? "$what: nor in an error that goes elsewhere"
}

read_call="errand -vv call qalyptus organizations list --get_all true"
printf "HTTP/1.1 500 %s\r\nContent-Type: text/plain; x=%s\r\nX-Odd: %s\r\nContent-Length: %d\r\n\r\n%s" \
  "$esc" "$esc" "$esc" ${#esc} "$esc" | tr -d '\r' | sed 's/$/\r/' >bytes
  answer end=close
tame "status line, header and text of an error" "$read_call"
printf 'HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{"error":{"message":"\\u001b[31mred\\u0007\\u202eevil\\u200b","code":"\\u009b1m"}}' >bytes
answer end=close
tame "the message of an error" "$read_call"
printf "HTTP/1.1 302 Found\r\nLocation: http://evil.example.com/%s\r\nContent-Length: 0\r\n\r\n" "$(printf '\033[31m\302\23331m\342\200\256')" >bytes
answer
tame "the target of a redirect" "$read_call"
printf "${OK}Connection: close\r\n\r\n{\"isSuccess\":true,\"data\":[{\"id\":\"%s evil\"}]} \377\376" "$(printf '\342\200\256')" >bytes
answer end=close
tame "a reply that is no JSON" "$read_call"
printf 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n%s' "$esc" >bytes
answer end=close
COMMAND="errand api qalyptus GET /x" script -qec 'sh -c "$COMMAND"' /dev/null >out 2>&1 </dev/null
: >err
! LC_ALL=C grep -aq "$wild" out && grep -aq evil out
result $? "plain text: nothing wild on a terminal"

cd "$here" || exit 1
done_testing
