#!/bin/sh
# canary_commands.sh - every command, with a secret in every place for one.
# SPDX-License-Identifier: MIT
#
# canary.sh has each way to give a secret; here all are there at once, the
# server and the proxy say all of them back, and every command's output and
# every file that remains is looked through for them: as they are, in URLs,
# in base64, in JSON.
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/canary.sh
cd "$tmp" || exit 1

canaries QzKey777Xw QzKeyPw77Xw QzProxy77Xw QzProxyEnv7Xw QzLogin77Xw QzToken77Xw QzIxonPw7Xw QzIxonOtp7Xw QzBody777Xw

{
  echoed QzLogin77Xw QzToken77Xw QzBody777Xw
  cat <<END
=== reply POST /auth times=0
HTTP/1.1 200 OK
X-Token: $(secret_of QzToken77Xw)

$(secret_of QzToken77Xw)
=== reply POST /hr/users times=0
HTTP/1.1 400 Bad Request
Content-Type: application/json
X-Echo: $all

{"message":"$all_json"}
=== reply GET /portals times=0
HTTP/1.1 200 OK
Content-Type: application/json

[]
END
  echoed QzIxonPw7Xw QzIxonOtp7Xw
  cat <<END
=== reply POST /access-tokens times=0
HTTP/1.1 403 Forbidden
Content-Type: application/json
X-Echo: $all

{"status":"error","data":[{"message":"$all_json"}]}
END
  echoed QzKey777Xw QzProxyEnv7Xw
  cat <<END
=== reply GET http://reports.example.com/variable times=0
HTTP/1.1 500 Server Error
Content-Type: application/json
X-Echo: $all

{"isSuccess":false,"error":{"message":"$all_json"}}
END
  echoed QzKey777Xw QzProxy77Xw
  cat <<END
=== reply times=0
HTTP/1.1 500 Server Error
Content-Type: application/json
X-Echo: $all
Location: https://other.example.com/?x=$(url_of QzKey777Xw)

{"isSuccess":false,"error":{"message":"$all_json"},"errors":[{"field":"key","message":"$all_json"}]}
END
} >replies
serve replies
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -passout "pass:$(secret_of QzKeyPw77Xw)" -days 2 \
  -subj /CN=client -keyout client.key -out client.pem 2>/dev/null
secret_of QzIxonPw7Xw >password
cat >config.lua <<END
return { default = "all", profiles = {
  all = {
    qalyptus = { url = "http://reports.example.com", insecure_http = true, proxy = "$at", proxy_user = "proxy",
      proxy_password = [[$(secret_of QzProxy77Xw)]], key = [[$(secret_of QzKey777Xw)]], retry = 0,
      cert = "$tmp/client.pem", tls_key = "$tmp/client.key", tls_key_password = [[$(secret_of QzKeyPw77Xw)]] },
    intrexx = { url = "$at", user = "admin", password = secret.env "CANARY_LOGIN", cache_tokens = true, retry = 0 },
    ixon = { url = "$at", application = "App000000001", company = "1111-2222-3333-4444-5555", email = "admin@example.com",
      password = secret.file "$tmp/password", otp = [[$(secret_of QzIxonOtp7Xw)]], retry = 0 },
  },
  user = { qalyptus = { url = "http://admin:$(url_of QzKey777Xw)@127.0.0.1", key = "k-not-a-secret" } },
  variable = { qalyptus = { url = "http://reports.example.com", insecure_http = true, key = [[$(secret_of QzKey777Xw)]], retry = 0 } },
} }
END
export ERRAND_CONFIG="$tmp/config.lua" ERRAND_HISTORY=all
CANARY_LOGIN=$(secret_of QzLogin77Xw)
export CANARY_LOGIN

# quiet EXIT WHAT COMMAND...: this exit code, and no secret in what it wrote
quiet() {
  want=$1
  what=$2
  shift 2
  try "$@"
  exits "$want" "$what"
  clean "$what"
}

body="{ general_settings = { first_name = \"New\" }, account = { login_username = \"new.hire\", password = [[$(secret_of QzBody777Xw)]] } }"
cat >all.lua <<END
local _, first = try(qalyptus.organizations.list, { get_all = true })
local _, second = try(intrexx.users.create, "hr", $body)
local _, third = try(ixon.me.get)
for _, err in ipairs{ first, second, third } do
  log.error(err)
  print(err, err.kind)
end
error(first)
END

# ---- calls ----

quiet 7 "run" errand run all.lua
quiet 7 "run -vv --timing" errand -vv --timing run all.lua
grep -qaF "Authorization: Bearer $(secret_of QzKey777Xw)" seen/1 &&
  grep -qaF "Proxy-Authorization: Basic $(printf 'proxy:%s' "$(secret_of QzProxy77Xw)" | base64 -w 0)" seen/1
result $? "key and proxy password were sent"
grep -qa QzBody777Xw seen/* && grep -qaF "$(json_of QzLogin77Xw)" seen/*
result $? "so were password and body"
quiet 7 "-e -v" errand -v -e 'return qalyptus.organizations.list{ get_all = true }'
quiet 7 "call -vv" errand -vv --timing call qalyptus organizations list
quiet 6 "call with a secret in the body" errand -vv call intrexx users create hr --json \
  "{\"general_settings\":{\"first_name\":\"New\"},\"account\":{\"login_username\":\"new.hire\",\"password\":\"$(json_of QzBody777Xw)\"}}"
quiet 5 "call behind a login that is refused" errand -vv call ixon me get
quiet 7 "api with a secret in the query" errand -vv --timing api qalyptus GET "/x?token=$(url_of QzKey777Xw)&a=1"
quiet 7 "api with a secret in the path" errand -vv api qalyptus GET "/x/$(url_of QzKey777Xw)"
quiet 7 "api with a secret in a header" errand -vv api qalyptus GET /x --header "X-Key: $(secret_of QzKey777Xw)"
quiet 2 "a secret in the URL" errand --profile user -vv call qalyptus organizations list
quiet 7 "a proxy of the environment" http_proxy="http://proxy:$(url_of QzProxyEnv7Xw)@127.0.0.1:$port" \
  errand --profile variable -vv --timing api qalyptus GET /variable
grep -qa "^Proxy-Authorization: Basic $(printf 'proxy:%s' "$(secret_of QzProxyEnv7Xw)" | base64 -w 0)" seen/*
result $? "its password was sent"
quiet 7 "a proxy of the environment that is not there" http_proxy="http://proxy:$(url_of QzProxyEnv7Xw)@127.0.0.1:1" \
  errand --profile variable -vv api qalyptus GET /variable

# ---- crashes ----

quiet 2 "a traceback" errand -vv -e 'qalyptus.organizations.list{ get_all = true, nothing() }'
quiet 7 "an error out of a coroutine" errand -vv -e 'coroutine.wrap(function() qalyptus.organizations.list{ get_all = true } end)()'
quiet 7 "an error in a close" errand -vv -e 'local x <close> = setmetatable({}, { __close = function() qalyptus.organizations.list{ get_all = true } end })'
quiet 1 "no memory" errand --max-memory 16 -vv -e 'try(qalyptus.organizations.list, { get_all = true }) local s = "x" while true do s = s .. s end'

# ---- recordings ----

quiet 7 "--record" errand -vv --record cassette.json run all.lua
[ -s cassette.json ]
result $? "there is a recording"
clean "the recording" cassette.json
try errand -vv --replay cassette.json run all.lua
clean "--replay"
quiet 2 "--replay of something else" errand -vv --replay cassette.json -e "return intrexx.users.create('other', $body)"

# ---- the history ----

quiet 0 "calls" errand calls
outputs "intrexx" "there is a history"
errand calls -o json 2>err | tr ',' '\n' | sed -n 's/.*"id": *"\{0,1\}\([0-9]*\).*/\1/p' >ids
first=$(head -n 1 ids)
last=$(tail -n 1 ids)
[ -n "$first" ]
result $? "with calls in it"
while read -r id; do errand calls show "$id" && errand calls curl "$id"; done <ids >out 2>err
clean "calls show, calls curl"
try errand calls -o json
clean "calls as JSON"
quiet 0 "calls har" errand calls har
try errand calls diff "$first" "$last"
clean "calls diff"

# ---- what asks nobody ----

for command in 'version' 'help' 'help qalyptus' 'search user' 'list-operations' 'whoami' 'whoami -o json' 'config check' 'doctor' \
  'doctor --online' 'login qalyptus' 'login intrexx' 'login intrexx --renew' 'login ixon' 'config check --resolve' \
  'export openapi qalyptus' 'export docs intrexx' 'export stubs'; do
  # shellcheck disable=SC2086
  try errand -vv --timing $command
  clean "$command"
done
try http_proxy="http://proxy:$(url_of QzProxyEnv7Xw)@127.0.0.1:$port" errand --profile variable -vv doctor
clean "doctor with a proxy of the environment"
try http_proxy="http://proxy:$(url_of QzProxyEnv7Xw)@127.0.0.1:$port" errand --profile variable whoami
clean "whoami with a proxy of the environment"
quiet 7 "a call after a login of before" errand -vv -e 'intrexx.portals.list() return qalyptus.organizations.list{ get_all = true }'
quiet 0 "logout" errand -vv logout --all
cat >secrets_spec.lua <<END
local t = require "test"
t.it("fails", function() t.eq(select(2, try(qalyptus.organizations.list, { get_all = true })), 1) end)
END
try errand -vv test secrets_spec.lua
clean "test"
try errand -vv --sandbox="$tmp/world.json" -e "ixon.users.list() try(intrexx.users.create, 'hr', $body) qalyptus.organizations.list()"
clean "the sandbox"

# ---- the REPL ----

cat >repl.exp <<'END'
set timeout 20
spawn errand -vv
expect "errand(all)> " { send -- "qalyptus.organizations.list\{ get_all = true \}\r" } timeout { exit 3 } eof { exit 4 }
expect "500" {} timeout { exit 3 } eof { exit 4 }
expect "errand(all)> " { send -- "intrexx.portals.list()\r" } timeout { exit 3 } eof { exit 4 }
expect "errand(all)> " { send -- "return select(2, try(qalyptus.groups.create, \{ name = 'x' \}))\r" } timeout { exit 3 } eof { exit 4 }
expect "errand(all)> " { send -- "\004" } timeout { exit 3 } eof { exit 4 }
expect eof {} timeout { exit 5 }
END
expect repl.exp >out 2>err </dev/null
code=$?
exits 0 "the REPL"
[ "$(grep -ac 'HTTP 500: key: *\[secret\]' out)" = 2 ]
result $? "an error that is raised, an error that is a value"
clean "the REPL, -vv"

# ---- what remains ----

find "$HOME" "$TMPDIR" -type f ! -path '*token*' >files
while read -r file; do clean "what remains: ${file#"$tmp/"}" "$file"; done <files
grep -q store.db files
result $? "a store is among it"
errand login intrexx >out 2>err
clean "login"
find "$HOME" -type f -path '*token*' -print >tokens
while read -r file; do
  [ "$(stat -c %a "$file")" = 600 ] && [ "$(stat -c %a "$(dirname "$file")")" = 700 ]
  result $? "the token that is kept is for its owner alone"
  ! grep -aqF "$(secret_of QzLogin77Xw)" "$file"
  result $? "and holds no password"
done <tokens

cd "$here" || exit 1
done_testing
