#!/bin/sh
# faults.sh - bad input and broken servers: exit code, one sentence, no effect.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
cd "$tmp" || exit 1

# reply HEAD-LINE... - a peer that answers everything with the head and the
# body from standard input
reply() {
  { echo "=== reply times=0 ${options:-}"; printf '%s\n' "$@"; echo; cat; } >"$tmp/one"
  serve "$tmp/one"
  accounts "$at"
}

# read_it, make_it: one read, one create of something
read_it() {
  try "$@" errand -e 'return qalyptus.organizations.list{ get_all = true }'
}

make_it() {
  try "$@" errand -e 'return qalyptus.groups.create{ name = "New" }'
}

# ---- misspelt names: nothing leaves ----

reply 'HTTP/1.1 200 OK' </dev/null
while IFS='|' read -r words want; do
  eval "try errand $words"
  refused 2 "$want" "errand $words"
done <<'END'
cal ixon roles list|unknown command 'cal' (did you mean 'call'?)
call qalytpus groups list|qalytpus
call qalytpus groups list|(did you mean 'qalyptus'?)
call qalyptus gruops list|qalyptus has no resource 'gruops' (did you mean 'groups'?)
call qalyptus groups lst|(did you mean 'list'?)
call qalyptus groups list --nmae x|--nmae: unknown option (did you mean '--name'?)
call qalyptus groups list --page x|--page: integer expected, got 'x'
call qalyptus groups list --sort_direction up|none of asc, desc
call ixon roles get|public_id: path value missing (argument 1)
call qalyptus groups list --json '{'|--json: not JSON
call qalyptus groups list --json @absent.json|absent.json
call ixon invites create --json '{"emailAddress":"new.hire@example.com","groupRoles":[],"langauge":"en"}'|(did you mean 'language'?)
call qalyptus|which resource? qalyptus has groups
--profle x call qalyptus groups list|--profle: unknown option (did you mean '--profile'?)
call qalyptus groups list -o jsn|'jsn' is none of json, ndjson, table, csv, lua (did you mean 'json'?)
api qalytpus GET /x|(did you mean 'qalyptus'?)
api qalyptus GTE /x|unknown method 'GTE' (did you mean 'GET'?)
api qalyptus GET x|'x' is no path: it starts with /
api qalyptus GET /a/../b|the URL that would be sent
api qalyptus GET '/a b'|the URL that would be sent
api qalyptus GET /x --header nocolon|--header: expected as 'Name: value'
api qalyptus GET /x --header 'Host: other.example.com'|Host
help qalytpus.groups|(did you mean 'qalyptus'?)
config chekc|(did you mean 'check'?)
--profile plant-c call qalyptus groups list|plant-c
-e 'return qalyptus.gruops.list()'|qalyptus has no resource 'gruops' (did you mean 'groups'?)
-e 'return qalyptus.groups.lst()'|(did you mean 'list'?)
-e 'return qalyptus.groups.list{ nmae = 1 }'|nmae: unknown parameter (did you mean 'name'?)
-e 'return qalyptus.groups.list({}, { timout = 1 })'|(did you mean 'timeout'?)
-e 'return qalyptus.groups.create{ name = "a\0b\n", isActiv = true }'|(did you mean 'isActive'?)
-e 'return intrexx.users.get("..", 6)'|parameter 'portal' must not be '.' or '..'
-e 'return qalyptus.with{ profil = "x" }'|profil
-e 'return qalyptus.with{ profile = "x" }.groups.list()'|there is no profile 'x'
END
try errand call qalyptus groups list --nmae x --pgae 3
exits 2 "two faults"
[ "$(wc -l <"$tmp/err")" = 3 ]
result $? "two faults: a line for each, and a sentence"
sent 0 "misspelt names"

# ---- configuration ----

try ERRAND_QALYPTUS_ULR="$at" errand call qalyptus groups list
refused 2 "ERRAND_QALYPTUS_ULR: unknown setting (did you mean 'ERRAND_QALYPTUS_URL'?)" "a misspelt variable"
try ERRAND_QALYTPUS_URL="$at" errand call qalyptus groups list
refused 2 "did you mean 'ERRAND_QALYPTUS_URL'?" "a variable of a misspelt service"
try ERRAND_PROFIEL=x errand call qalyptus groups list
refused 2 "ERRAND_PROFIEL: errand knows no such variable (did you mean 'ERRAND_PROFILE'?)" "a misspelt variable of errand itself"
try ERRAND_QALYPTUS_TIMEOUT=soon errand call qalyptus groups list
refused 2 "ERRAND_QALYPTUS_TIMEOUT" "a number that is none"
try ERRAND_CONFIG=absent.lua errand call qalyptus groups list
refused 2 "absent.lua" "a configuration file that is not there"

# config MODE: config.lua from standard input
config() {
  rm -f config.lua
  (umask 077 && cat >config.lua)
  chmod "$1" config.lua
}

config 600 <<END
return { profiles = { prod = { qalyptus = { url = "$at", kye = "secret-key-1" } } } }
END
try -u ERRAND_QALYPTUS_KEY errand --config config.lua call qalyptus groups list
refused 2 "profile 'prod', qalyptus.kye: unknown setting (did you mean 'key'?)" "a misspelt setting"
config 600 <<END
return { profiles = { prod = { qalytpus = { url = "$at" } } } }
END
try errand --config config.lua call qalyptus groups list
refused 2 "errand knows no such service (did you mean 'qalyptus'?)" "a misspelt service in the file"
config 600 <<END
return { profile = { prod = {} } }
END
try errand --config config.lua call qalyptus groups list
refused 2 "(did you mean 'profiles'?)" "a misspelt key of the file"
config 600 <<END
return { default = "prdo", profiles = { prod = {} } }
END
try errand --config config.lua call qalyptus groups list
refused 2 "'prdo'" "a default that is no profile"
config 600 <<END
return { profiles = { prod = {}, test = {} } }
END
try errand --config config.lua call qalyptus groups list
refused 2 "default" "two profiles and no default"
try errand --config config.lua --profile porduct call qalyptus groups list
refused 2 "porduct" "--profile that is none"
try ERRAND_PROFILE=tset errand --config config.lua call qalyptus groups list
refused 2 "(did you mean 'test'?)" "ERRAND_PROFILE that is none"
config 600 <<END
return { profiles = { prod = {
END
try errand --config config.lua call qalyptus groups list
refused 2 "config.lua:2:" "a file with a syntax error"
config 600 <<END
local a = nil
return a.b
END
try errand --config config.lua call qalyptus groups list
refused 2 "config.lua:2:" "a file that fails"
config 600 <<END
return os.getenv "HOME"
END
try errand --config config.lua call qalyptus groups list
refused 2 "config.lua:1:" "a file that wants a library"
config 600 <<END
while true do end
END
try errand --config config.lua call qalyptus groups list
refused 2 "config.lua" "a file without end"
config 600 <<END
local s = "x"
while #s < 5000000 do s = s .. s end
while true do local t = s .. "y" end
END
try errand --config config.lua call qalyptus groups list
refused 2 "config.lua: the file runs without end" "a file without end, of few but slow steps"
config 600 <<END
local a, b, c = {}, {}, {}
for i = 1, 1000 do a["n" .. i], b["n" .. i], c["n" .. i] = i, a, b end
return { default = "n1", profiles = c }
END
try errand --config config.lua call qalyptus groups list
refused 2 "holds more than 5000 settings" "a file with a billion settings"
config 600 <<END
local s = "x"
while #s < 65536 do s = s .. s end
return { profiles = { prod = { qalyptus = { key = s .. "x" } } } }
END
try errand --config config.lua call qalyptus groups list
refused 2 "profile 'prod', qalyptus.key: is longer than 65536 bytes" "a value that is far too long"
for mode in 644 620 604; do
  config $mode <<END
return { profiles = { prod = { qalyptus = { url = "$at", key = "secret-key-1" } } } }
END
  try -u ERRAND_QALYPTUS_KEY errand --config config.lua call qalyptus groups list
  refused 2 "chmod 600 " "a file of mode $mode"
done
config 600 <<END
return { profiles = { prod = { qalyptus = { url = "$at", key = secret.file "$tmp/key" } } } }
END
echo secret-key-1 >key
chmod 640 key
try -u ERRAND_QALYPTUS_KEY errand --config config.lua call qalyptus groups list
[ "$code" = 5 ] || [ "$code" = 2 ]
result $? "a secret's file of mode 640 is refused"
says "chmod 600 $tmp/key" "with the chmod line"

# ---- what is missing ----

try -u ERRAND_QALYPTUS_KEY errand call qalyptus groups list
refused 5 "ERRAND_QALYPTUS_KEY" "no credential"
says "key in profile 'default' of $HOME/.config/errand/config.lua" "no credential: where else it goes"
try -u ERRAND_IXON_TOKEN errand call ixon roles list
refused 5 "ixon has no credential: set 'token' (ERRAND_IXON_TOKEN), or 'email' (ERRAND_IXON_EMAIL) and 'password' (ERRAND_IXON_PASSWORD)" "no credential, several ways"
try -u ERRAND_IXON_APPLICATION errand call ixon roles list
refused 5 "ixon needs the setting 'application'" "a required setting is missing"
try -u ERRAND_QALYPTUS_URL errand call qalyptus groups list
refused 2 "ERRAND_QALYPTUS_URL" "no url"
config 600 <<'END'
return { profiles = { prod = { qalyptus = { url = "https://reports.example.com", key = secret.env "ABSENT" } } } }
END
try -u ERRAND_QALYPTUS_KEY -u ERRAND_QALYPTUS_URL errand --config config.lua call qalyptus groups list
refused 5 "ABSENT" "a secret's variable is not set"
config 600 <<'END'
return { profiles = { prod = { qalyptus = { url = "https://reports.example.com", key = secret.command "exit 3" } } } }
END
try -u ERRAND_QALYPTUS_KEY -u ERRAND_QALYPTUS_URL errand --config config.lua call qalyptus groups list
refused 5 "setting 'key' of qalyptus" "a secret's command fails"
try ERRAND_QALYPTUS_URL=http://reports.example.com errand call qalyptus groups list
refused 2 "insecure_http" "plain http to another machine"
try ERRAND_QALYPTUS_URL=ftp://127.0.0.1 errand call qalyptus groups list
refused 2 "ftp" "a scheme that is not http"
try ERRAND_QALYPTUS_URL="http://admin:pw@127.0.0.1:$port" errand call qalyptus groups list
refused 2 "the URL holds a user name" "user and password in the url"
sent 0 "faults of the configuration"

# ---- replies that are none ----

for content in application/json 'text/plain; charset=utf-8'; do
  reply 'HTTP/1.1 200 OK' "Content-Type: $content" <<'END'
{"isSuccess": true, "data": [1, 2,, ]}
END
  read_it
  refused 7 "line 1" "malformed JSON as $content"
  make_it
  refused 4 "look before repeating" "malformed JSON as $content, after a create"
  sent 2 "malformed JSON as $content"
done
for status in '200 OK' '502 Bad Gateway'; do
  reply "HTTP/1.1 $status" 'Content-Type: text/html' <<'END'
<!DOCTYPE html><html><head><title>Sign in</title></head></html>
END
  read_it
  refused 7 "<title>Sign in</title>" "HTML with ${status%% *}"
  make_it
  refused 4 "look before repeating" "HTML with ${status%% *}, after a create"
done
reply 'HTTP/1.1 200 OK' 'Content-Type: application/json' </dev/null
read_it
refused 7 "the reply is empty" "an empty reply"
printf '\357\273\277{"isSuccess":true,"data":[]}' >bom
options="file=bom" reply 'HTTP/1.1 200 OK' 'Content-Type: application/json' </dev/null
read_it
refused 7 "byte order mark" "a reply with a byte order mark"
head -c 5000 /dev/zero | tr '\0' ' ' >large
echo '[]' >>large
options="file=large" reply 'HTTP/1.1 200 OK' 'Content-Type: application/json' </dev/null
read_it ERRAND_QALYPTUS_MAX_BODY=4096
refused 8 "max_body" "a reply over the limit"
head -c 8000000 /dev/zero | gzip -c >bomb
options="file=bomb" reply 'HTTP/1.1 200 OK' 'Content-Type: application/json' 'Content-Encoding: gzip' </dev/null
read_it ERRAND_QALYPTUS_MAX_BODY=1000000
refused 8 "max_body" "a reply that grows when it is unpacked"
serve - <<'END'
=== reply raw endless=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
HTTP/1.1 200 OK
X-More: 
END
accounts "$at"
read_it ERRAND_QALYPTUS_MAX_HEADER=4096
refused 8 "header" "a header without end"
options="end=close" reply 'HTTP/1.1 200 OK' 'Content-Type: application/json' 'Content-Length: 100' <<'END'
{"isSuccess":true,
END
read_it
refused 7 "broke off" "a reply that is cut"
make_it
refused 4 "look before repeating" "a reply that is cut, after a create"
serve - <<'END'
=== reply raw end=close
SSH-2.0-OpenSSH_9.2
END
accounts "$at"
read_it
refused 7 "does not answer as an HTTP server does" "no HTTP at all"

# ---- no reply ----

read_it ERRAND_QALYPTUS_URL=http://127.0.0.1:1
refused 7 "cannot connect to 127.0.0.1:1" "nobody listens"
make_it ERRAND_QALYPTUS_URL=http://127.0.0.1:1
refused 7 "cannot connect to 127.0.0.1:1" "nobody listens: a create is not in doubt"
read_it RES_OPTIONS='timeout:1 attempts:1' ERRAND_QALYPTUS_URL=https://nobody.invalid
refused 7 "the host name in nobody.invalid cannot be resolved; check the setting 'url'" "a name that does not resolve"
serve - <<'END'
=== reply times=0 end=close
END
accounts "$at"
read_it
refused 7 "closed the connection without an answer" "a read without an answer"
serve - <<'END'
=== reply times=0 end=reset
END
accounts "$at"
make_it
refused 4 "groups.create may have had its effect: look before repeating it" "a create without an answer"
sent 1 "a create without an answer is not repeated"
serve - <<'END'
=== reply times=0 end=hang
END
accounts "$at"
short=$(echo "0.3 * ${SLOW:-1}" | awk '{ print $1 * $3 }')
read_it ERRAND_QALYPTUS_TIMEOUT="$short"
refused 7 "timeout" "no answer in time"
make_it ERRAND_QALYPTUS_TIMEOUT="$short"
refused 4 "look before repeating" "no answer to a create in time"
read_it ERRAND_QALYPTUS_STALL_TIMEOUT=1
refused 7 "stall_timeout" "a server that stays silent"

# ---- refusals ----

# status STATUS READ-CODE CREATE-CODE TEXT
while IFS='|' read -r status reading making want; do
  reply "HTTP/1.1 $status" 'Content-Type: application/json' <<'END'
{"isSuccess":false,"error":{"message":"The server's own words"}}
END
  read_it
  refused "$reading" "HTTP ${status%% *}: The server's own words$want" "a read with $status"
  make_it
  refused "$making" "HTTP ${status%% *}: The server's own words" "a create with $status"
  sent 2 "$status"
done <<'END'
400 Bad Request|6|6|
401 Unauthorized|5|5|; check the credential
403 Forbidden|5|5|; check the credential
404 Not Found|6|6|
409 Conflict|6|6|
422 Unprocessable Content|6|6|
429 Too Many Requests|6|6|; wait before trying again
500 Internal Server Error|7|4|
503 Service Unavailable|7|4|
END
reply 'HTTP/1.1 200 OK' 'Content-Type: application/json' <<'END'
{"isSuccess":false,"error":{"message":"Not today"}}
END
read_it
[ "$code" != 0 ]
result $? "a failure dressed as 200"
says "Not today" "a failure dressed as 200: the server's words"
serve - <<'END'
=== reply POST /auth times=0
HTTP/1.1 200 OK

bought-token-1
=== reply times=0
HTTP/1.1 401 Unauthorized

END
accounts "$at"
try errand call intrexx portals list
refused 5 "401" "401 after a fresh login"
sent 4 "one more login, one repetition"
reply 'HTTP/1.1 401 Unauthorized' </dev/null
try errand call intrexx portals list
refused 5 "check the settings 'user', 'password'" "a login that is refused"
sent 1 "a login that is refused"

# ---- redirects ----

serve_other - <<'END'
=== reply times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":["from the other"]}
END
reply 'HTTP/1.1 302 Found' "Location: $other/organizations" </dev/null
read_it
refused 7 "$other" "a redirect to another origin"
reply 'HTTP/1.1 307 Temporary Redirect' "Location: /elsewhere" </dev/null
make_it
[ "$code" != 0 ]
result $? "a create is not redirected"
sent 1 "a create is not redirected"
[ "$(curl -sS --noproxy '*' "$other/_seen")" = "0 0" ]
result $? "the other origin was not even connected to"
serve - <<'END'
=== reply GET /organizations
HTTP/1.1 302 Found
Location: /elsewhere?x=1

=== reply GET /elsewhere
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":["moved"]}
END
accounts "$at"
read_it
exits 0 "a read follows a redirect to the same origin"
grep -q '^Authorization: Bearer qalyptus-key-1' "$tmp/seen/2"
result $? "with the credential"
reply 'HTTP/1.1 302 Found' "Location: /organizations" </dev/null
read_it
refused 7 "redirect" "redirects in a circle"
sent 6 "redirects in a circle"

# ---- TLS ----

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=sandbox \
  -addext subjectAltName=IP:127.0.0.1 -keyout tls.key -out tls.pem 2>/dev/null
printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 30\r\nConnection: close\r\n\r\n{"isSuccess":true,"data":[42]}' >reply
mkfifo tls
openssl s_server -accept 127.0.0.1:0 -cert tls.pem -key tls.key -HTTP -naccept 3 >tls 2>/dev/null &
pids="$pids $!"
exec 5<tls
while read -r word tls_port <&5; do [ "$word" = ACCEPT ] && break; done
tls_port=${tls_port##*:}
try ERRAND_QALYPTUS_URL="https://127.0.0.1:$tls_port" errand api qalyptus GET /reply
refused 7 "the TLS certificate of 127.0.0.1:$tls_port is self-signed; if it is the right one, name its file in the setting 'cacert' of qalyptus" "a self-signed certificate"
try SSLKEYLOGFILE="$tmp/keys" ERRAND_QALYPTUS_URL="https://127.0.0.1:$tls_port" ERRAND_QALYPTUS_CACERT="$tmp/tls.pem" \
  errand api qalyptus GET /reply
outputs "[42]" "a self-signed certificate that is trusted by file"
[ ! -e keys ]
result $? "SSLKEYLOGFILE is ignored"
try ERRAND_QALYPTUS_URL="https://localhost:$tls_port" ERRAND_QALYPTUS_CACERT="$tmp/tls.pem" errand api qalyptus GET /reply
refused 7 "is for another host name" "a certificate for another host"
try ERRAND_QALYPTUS_URL="https://127.0.0.1:$tls_port" ERRAND_QALYPTUS_CACERT="$tmp/absent.pem" errand api qalyptus GET /reply
refused 2 "cacert" "a cacert that is not there"

# ---- scripts ----

printf 'local a = {}\nlocal b = a.c.d\n' >fails.lua
try errand run fails.lua
refused 1 "fails.lua:2: attempt to index a nil value (field 'c')" "an error of a script"
try errand --verbose run fails.lua
says "stack traceback" "its traceback with --verbose"
printf 'local a = \n\nreturn }' >syntax.lua
try errand run syntax.lua
refused 1 "syntax.lua:3:" "a syntax error"
try errand run absent.lua
refused 1 "absent.lua: No such file or directory" "a script that is not there"
try errand run .
refused 1 "." "a folder as a script"
try errand -e 'x = 1'
refused 1 "(command line):1: assignment to undeclared variable 'x'" "an undeclared variable"
try errand -e 'return prnt'
refused 2 "(command line):1: unknown name 'prnt' (did you mean 'print'?)" "an unknown global"
try errand -e 'error({})'
exits 1 "an error that is a table"
try errand -e 'error()'
exits 1 "an error that is nil"
printf 'args{ { "email", required = true } }' >args.lua
try errand run args.lua --emial x
exits 2 "misspelt argument of a script"
says "--emial: unknown option (did you mean '--email'?)" "misspelt argument of a script"
printf 'qalyptus.organizations.list{ get_all = true }\n' >caller.lua
reply 'HTTP/1.1 503 Service Unavailable' </dev/null
try errand run caller.lua
refused 7 "caller.lua:1" "a call's error names the line of the script"
printf 'return try(qalyptus.organizations.list, { get_all = true }) == nil\n' >tries.lua
try errand run tries.lua
exits 0 "try makes a value of it"

# ---- faults of the sandbox that are misspelt ----

while IFS='|' read -r spec want; do
  try errand --sandbox --fault "$spec" -e 'return 1'
  refused 2 "$want" "--fault $spec"
done <<'END'
ixon.invites.create:droop|unknown kind 'droop' (did you mean 'drop'?)
ixon.invites.craete:drop|no operation is called 'ixon.invites.craete' (did you mean 'ixon.invites.create'?)
ixon.invites.create|ixon.invites.create
ixon.invites.create:status|status wants status
ixon.invites.create:status=99|'99' is no status
ixon.invites.create:drop@0|'@0' is no call number
ixon.invites.create:drop=1|drop takes no argument
END
try errand --fault ixon.invites.create:drop -e 'return 1'
refused 2 "--fault works with --sandbox only" "--fault without --sandbox"

# ---- interruptions ----

# start COMMAND...: in the background, waits for its first line of output
start() {
  rm -f line
  mkfifo line
  env "$@" >line 2>"$tmp/err" </dev/null &
  started=$!
  exec 6<line
}

# interrupt: its exit code in $code
interrupt() {
  kill -INT "$started"
  wait "$started"
  code=$?
  started=
  : >"$tmp/out"
  cat <&6 >"$tmp/out"
  exec 6<&-
}

# ended WHAT: by Ctrl-C, whether Lua code or a wait took it
ended() {
  [ "$code" = 130 ] && [ ! -s "$tmp/out" ] && grep -qxE 'errand: .*(interrupted|cancelled)' "$tmp/err"
  result $? "$1: exit code 130"
}

start errand -e 'io.stdout:write("on\n") io.stdout:flush() while true do end'
read -r _ <&6
interrupt
ended "Ctrl-C in an endless loop"
start errand -e 'io.stdout:write("on\n") io.stdout:flush() while true do pcall(function() while true do end end) end'
read -r _ <&6
tries=0
while alive "$started" && [ $tries -lt $((3000 * ${SLOW:-1})) ]; do    # those that come together count as one
  tries=$((tries + 1))
  kill -INT "$started" 2>/dev/null
done
kill -KILL "$started" 2>/dev/null
wait "$started" 2>/dev/null
code=$?
started=
exec 6<&-
exits 130 "Ctrl-C in an endless loop that catches errors"
start errand -e 'io.stdout:write("on\n") io.stdout:flush() sleep(3600)'
read -r _ <&6
interrupt
ended "Ctrl-C while a script sleeps"
serve - <<'END'
=== reply times=0 end=hang
END
accounts "$at"
start errand -e 'return qalyptus.organizations.list{ get_all = true }'
await_request
interrupt
ended "Ctrl-C during a read"
start errand -e 'return qalyptus.groups.create{ name = "New" }'
await_request
interrupt
refused 130 "it may have had its effect, look before repeating it" "Ctrl-C during a create"
sent 2 "Ctrl-C during calls"
start errand -e 'parallel({ 1, 2, 3 }, function() return qalyptus.organizations.list{ get_all = true } end)'
await_request && await_request && await_request
interrupt
ended "Ctrl-C during calls in parallel"

# ---- pipes and terminals ----

{ errand -e 'for i = 1, 100000 do print(i) end' 2>"$tmp/err"; echo $? >pipe; } | head -n 1 >"$tmp/out"
[ ! -s "$tmp/err" ] && [ "$(cat "$tmp/out")" = 1 ]
result $? "a closed pipe under print is quiet"
reply 'HTTP/1.1 200 OK' 'Content-Type: application/json' <<'END'
{"isSuccess":true,"data":[{"id":"1","name":"\u001b]0;owned\u0007\u009b31m\u202eevil\u200b\rx"},{"id":"2","name":"b"}]}
END
for format in json ndjson table csv lua; do
  { errand -o $format -e 'local l = qalyptus.organizations.list{ get_all = true } for i = 3, 20000 do l[i] = l[2] end return l' 2>"$tmp/err"; echo $? >pipe; } | head -c 1 >"$tmp/out"
  [ ! -s "$tmp/err" ]
  result $? "a closed pipe under -o $format is quiet"
done
raw=$(printf '\033]0;owned\007\302\23331m\342\200\256evil\342\200\213')
for format in json ndjson csv lua table; do
  try errand -o $format call qalyptus organizations list --get_all true
  [ "$code" = 0 ]
  result $? "-o $format to a pipe"
  script -qec "errand -o $format call qalyptus organizations list --get_all true" /dev/null >"$tmp/out" 2>&1 </dev/null
  ! LC_ALL=C grep -q "$(printf '\033]\|\007\|\302\233\|\342\200\256\|\342\200\213')" "$tmp/out" && grep -q evil "$tmp/out"
  result $? "-o $format on a terminal: control characters are escaped"
done
try errand -e 'io.write(qalyptus.organizations.list{ get_all = true }[1].name)'
grep -qF "$raw" "$tmp/out"
result $? "a script's own output is raw"
reply 'HTTP/1.1 400 Bad Request' 'Content-Type: application/json' <<'END'
{"isSuccess":false,"error":{"message":"\u001b[31mred\u0007\u202e \nnext line"}}
END
read_it
exits 6 "control characters in an error"
! LC_ALL=C grep -q "$(printf '\033\|\007\|\342\200\256')" "$tmp/err"
result $? "control characters in an error are escaped"
try errand -e "error('\\27[31mred')"
! LC_ALL=C grep -q "$(printf '\033')" "$tmp/err"
result $? "and in a script's error"
try errand -vv -e 'return try(qalyptus.organizations.list, { get_all = true })'
! LC_ALL=C grep -q "$(printf '\033\|\007\|\342\200\256')" "$tmp/err"
result $? "and in the trace"
printf 'x' >"$(printf 'a\033[31m.lua')"
try errand run "$(printf 'a\033[31m.lua')"
! LC_ALL=C grep -q "$(printf '\033')" "$tmp/err"
result $? "and in file names"

cd "$here" || exit 1
done_testing
