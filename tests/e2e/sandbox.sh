#!/bin/sh
# sandbox.sh - the sandbox seen by curl: no line of the client takes part.
# SPDX-License-Identifier: MIT
#
# The requests of the IXON user management page are sent with the headers and
# data of its own curl commands, only the placeholders filled. Prints TAP.
# ERRAND names the binary, build/errand if unset.

ERRAND=${ERRAND:-build/errand}
tmp=$(mktemp -d) || exit 1
count=0
failed=0
pid=

stop() {
  if [ -n "$pid" ]; then kill -INT "$pid" && wait "$pid"; stopped=$?; fi
  pid=
}

finish() {
  [ -n "$pid" ] && kill -TERM "$pid" 2>/dev/null
  rm -rf "$tmp"
}
trap finish EXIT

# result OK WHAT: one line of TAP, with the last reply when it failed
result() {
  count=$((count + 1))
  if [ "$1" = 0 ]; then
    echo "ok $count - $2"
  else
    failed=$((failed + 1))
    echo "not ok $count - $2"
    sed 's/^/# /' "$tmp/head" "$tmp/body" 2>/dev/null | tr -d '\r' | cut -c 1-300
  fi
}

# status WANT WHAT: of the last request
status() {
  [ "$got" = "$1" ]
  result $? "$2: status $1${got:+, got $got}"
}

# has TEXT WHAT: the body holds the text; hasnt: it does not
has() {
  grep -qF -- "$1" "$tmp/body"
  result $? "$2"
}

hasnt() {
  ! grep -qF -- "$1" "$tmp/body"
  result $? "$2"
}

head_has() {
  tr -d '\r' <"$tmp/head" | grep -qi -- "$1"
  result $? "$2"
}

# ask CURL-ARGUMENTS: status in $got, curl's exit code in $code
ask() {
  : >"$tmp/head"
  : >"$tmp/body"
  got=$(curl -sS --noproxy '*' --max-time 30 -D "$tmp/head" -o "$tmp/body" \
    -w '%{http_code}' "$@" 2>"$tmp/curl")
  code=$?
}

# start ARGUMENTS: the sandbox in the foreground of a child; its address in $at
start() {
  mkfifo "$tmp/out"
  env -u ERRAND_PROFILE "$ERRAND" sandbox "$@" >"$tmp/out" 2>"$tmp/err" &
  pid=$!
  : >"$tmp/env"
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$tmp/env"
    case $line in '# serving on '*) break ;; esac
  done <"$tmp/out"
  rm -f "$tmp/out"
  at=$(sed -n 's/^# serving on \([^ ]*\) .*/\1/p' "$tmp/env")
  token=$(sed -n 's/.*X-Sandbox-Token: //p' "$tmp/env")
}

# The value of a JSON member in the body, found without a JSON reader:
# member NAME LINE-PATTERN
member() {
  tr '{' '\n' <"$tmp/body" | grep -F -- "$2" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" | head -n 1
}

start
[ -n "$at" ]
result $? "errand sandbox starts and says where"
grep -q "^export ERRAND_IXON_URL='$at/ixon'$" "$tmp/env" &&
  grep -q "^export ERRAND_QALYPTUS_URL='$at/qalyptus/api/v1'$" "$tmp/env" &&
  grep -q "^export ERRAND_INTREXX_URL='$at/intrexx'$" "$tmp/env"
result $? "it prints the variables to paste"
(
  . "$tmp/env"
  [ "$ERRAND_IXON_TOKEN" = sandbox-ixon-token ] && [ "$ERRAND_INTREXX_USER" = admin ]
)
result $? "a shell can read them"

applicationId=SandboxApp01
companyId=1111-2222-3333-4444-5555
Token=sandbox-ixon-token

# ---- the commands of the document, in its order ----

ask --request GET \
  --url "$at/ixon/roles?fields=publicId,name" \
  --header 'Api-Version: 2' \
  --header "Api-Application: $applicationId" \
  --header "Api-Company: $companyId" \
  --header 'Content-Type: application/json' \
  --header "Authorization: Bearer $Token"
status 200 "document: roles"
has '"status":"success"' "roles: the envelope"
roleId=$(member publicId '"name":"Engineer"')
[ ${#roleId} = 12 ]
result $? "roles: the role's id"

ask --request GET \
  --url "$at/ixon/groups?fields=publicId,name" \
  --header 'Api-Version: 2' \
  --header "Api-Application: $applicationId" \
  --header "Api-Company: $companyId" \
  --header 'Content-Type: application/json' \
  --header "Authorization: Bearer $Token"
status 200 "document: groups"
groupId=$(member publicId '"name":"Plant A"')
[ ${#groupId} = 12 ]
result $? "groups: the group's id"
has '"name":"Example Company"' "groups: the company group is in the list"

ask --request POST \
  --url "$at/ixon/invites" \
  --header 'Api-Version: 2' \
  --header "Api-Application: $applicationId" \
  --header "Api-Company: $companyId" \
  --header 'Content-Type: application/json' \
  --header 'Api-Branding: portal.ixon.cloud' \
  --header "Authorization: $Token" \
  --data '[
  {
    "groupRoles": [
      {
        "group": {
          "publicId": "'"$groupId"'"
        },
        "role": {
          "publicId": "'"$roleId"'"
        }
      }
    ],
    "emailAddress": "new.hire@example.com",
    "message": "Welcome"
  }
]'
status 201 "document: invite, the token without Bearer"
has '"type":"InviteResponse"' "invite: type as in the document"
grep -Eq '"data":\{"invites":\[\{"publicId":"[0-9A-Za-z]{12}"\}\],"userMemberships":\[\{"publicId":"[0-9A-Za-z]{12}"\}\]\}' "$tmp/body"
result $? "invite: data as in the document"

ask --request GET \
  --url "$at/ixon/users" \
  --header 'Api-Version: 2' \
  --header "Api-Application: $applicationId" \
  --header "Api-Company: $companyId" \
  --header 'Content-Type: application/json' \
  --header "Authorization: Bearer $Token"
status 200 "document: users"
hasnt 'new.hire@example.com' "users: the invited person is none yet"
UserId=$(member publicId 'leaver@example.com')
[ -z "$UserId" ] && UserId=$(tr '{' '\n' <"$tmp/body" | grep -F leaver@example.com | sed -n 's/.*"publicId":"\([^"]*\)".*/\1/p')
[ ${#UserId} = 12 ]
result $? "users: the user's id"

ask --request DELETE \
  --url "$at/ixon/users" \
  --header 'Api-Version: 2' \
  --header "Api-Application: $applicationId" \
  --header "Api-Company: $companyId" \
  --header 'Content-Type: application/json' \
  --header "Authorization: Bearer $Token" \
  --data '[{"publicId":"'"$UserId"'"}]'
status 200 "document: remove a user"
has '"data":null' "remove: data is null"

# ---- what is refused ----

ixon() {
  target=$1
  shift
  ask --header 'Api-Version: 2' --header "Api-Application: $applicationId" \
    --header "Api-Company: $companyId" --header 'Content-Type: application/json' \
    --header "Authorization: Bearer $Token" "$@" --url "$at/ixon$target"
}

ixon /users
hasnt leaver@example.com "the removed user is gone"
has '"moreAfter":"' "a first page of users is not all of them"
ixon "/users/$UserId"
status 404 "a user that is gone"
has '"status":"error"' "refusals have the vendor's form"
ask --url "$at/ixon/users" --header 'Api-Version: 2' --header "Api-Application: $applicationId" \
  --header "Authorization: Bearer $Token"
status 400 "no Api-Company"
has '"message":"Required header","propertyName":"Api-Company"' "the header is named"
ask --url "$at/ixon/users" --header 'Api-Version: 2' --header "Api-Application: $applicationId" \
  --header "Api-Company: $companyId" --header 'Authorization: Bearer nonsense'
status 401 "a wrong token"
ixon /invites --request POST --data '[{"emailAddress":"x@example.com"}]'
status 400 "an invite without branding"
ixon /invites --request POST --header 'Api-Branding: portal.ixon.cloud' --data '[{"emailAddress":"x@example.com"}]'
status 400 "an invite without roles"
has '"propertyName":"groupRoles"' "what is missing is named"
has '"listIndex":0' "and where"
ixon /invites --request POST --header 'Api-Branding: portal.ixon.cloud' --data '[{]'
status 400 "a body that is no JSON"
ixon /nothing
status 404 "an unknown path"
ixon /users --request PUT
status 405 "a method the path does not have"
head_has '^allow: DELETE, GET$' "Allow says which it has"
ixon /users --header 'Host: evil.example.com'
status 421 "another Host"
ask --path-as-is --url "$at/ixon/users/../roles"
status 404 "dots in a path are no way around"

# ---- the other two ----

ask --url "$at/qalyptus/api/v1/users?page_size=50" --header 'Authorization: Bearer sandbox-qalyptus-key'
status 200 "qalyptus: users"
has '"isSuccess":true' "qalyptus: the envelope"
ask --url "$at/qalyptus/api/v1/users" --header 'Authorization: sandbox-qalyptus-key'
status 401 "qalyptus: the key needs the word Bearer"
has '"isSuccess":false' "qalyptus: refusals have the vendor's form"

ask --url "$at/intrexx/auth" --data '{"name":"admin","password":"sandbox-intrexx-password"}'
status 200 "intrexx: login"
jwt=$(cat "$tmp/body")
grep -Eq '^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$' "$tmp/body"
result $? "intrexx: the bare text of a token"
ask --url "$at/intrexx/hr/users" --header "Authorization: Bearer $jwt" \
  --data '{"general_settings":{"first_name":"New","last_name":"Hire"},"account":{"login_username":"new.hire"}}'
status 201 "intrexx: a user, without Content-Type as in the vendor's samples"
head_has '^location: hr/users/6$' "intrexx: Location has no slash in front"
[ ! -s "$tmp/body" ]
result $? "intrexx: and no body"
ask --url "$at/intrexx/hr/users" --header "Authorization: Bearer $jwt" \
  --data '{"general_settings":{},"account":{"login_username":"new.hire"}}'
status 409 "intrexx: the same login name again"
ask --request PUT --url "$at/intrexx/hr/users/6/groups/4" --header "Authorization: Bearer $jwt"
status 204 "intrexx: into a group"
ask --url "$at/_sandbox/clock" --header "X-Sandbox-Token: $token" --data '{"advance":3601}'
status 200 "an hour passes"
ask --url "$at/intrexx/portals" --header "Authorization: Bearer $jwt"
status 401 "intrexx: the token has expired"

# ---- counting and faults ----

ask --url "$at/_sandbox/effects"
has '"ixon.invites.create":{"new.hire@example.com":1}' "effects are counted by business key"
has '"intrexx.users.create":{"hr/new.hire":1}' "within their portal"
ask --url "$at/_sandbox/faults" --data '["ixon.roles.list:drop"]'
status 403 "nobody sets faults without the token"

faults() {
  ask --url "$at/_sandbox/reset" --header "X-Sandbox-Token: $token" --data ''
  ask --url "$at/_sandbox/faults" --header "X-Sandbox-Token: $token" --data "$1"
  status 200 "fault $1"
}

faults '["ixon.roles.list:drop@1","ixon.roles.list:reset@2","ixon.roles.list:truncate@3"]'
ixon /roles
[ $code = 52 ]
result $? "drop: curl sees an empty reply ($code)"
ixon /roles
[ $code = 56 ]
result $? "reset: curl sees a reset ($code)"
ixon /roles
[ $code = 18 ]
result $? "truncate: curl misses bytes ($code)"
ixon /roles
status 200 "and then it works"

faults '["ixon.roles.list:429=7@1","ixon.roles.list:status=503@2","ixon.roles.list:html@3","ixon.roles.list:huge=300000@4","ixon.roles.list:latency=0.2@5"]'
ixon /roles
status 429 "429"
head_has '^retry-after: 7$' "with Retry-After"
ixon /roles
status 503 "status"
ixon /roles
head_has '^content-type: text/html' "html"
ixon /roles
[ "$(wc -c <"$tmp/body")" -gt 300000 ]
result $? "huge"
before=$(date +%s%N)
ixon /roles
[ $(($(date +%s%N) - before)) -ge 200000000 ]
result $? "latency"

invite='[{"emailAddress":"lost.reply@example.com","groupRoles":[{"group":{"publicId":"'$groupId'"},"role":{"publicId":"'$roleId'"}}]}]'
faults '["ixon.invites.create:drop-reply@1","ixon.invites.create:late=0.3@2"]'
ixon /invites --request POST --header 'Api-Branding: portal.ixon.cloud' --data "$invite"
[ $code = 52 ]
result $? "drop-reply: no reply"
ask --url "$at/_sandbox/effects"
has '"lost.reply@example.com":1' "but an effect"
ixon /invites --request POST --header 'Api-Branding: portal.ixon.cloud' --data "$invite"
[ $code = 52 ]
result $? "late: no reply"
ask --url "$at/_sandbox/effects"
has '"lost.reply@example.com":1' "and no effect yet"
tries=0
while ask --url "$at/_sandbox/effects" && ! grep -qF 'lost.reply@example.com":2' "$tmp/body" && [ $tries -lt 3000 ]; do
  tries=$((tries + 1))
done
has '"lost.reply@example.com":2' "but later"

stop
[ "$stopped" = 0 ]
result $? "Ctrl-C ends it with 0 (got $stopped)"
[ ! -s "$tmp/err" ]
result $? "nothing on stderr"

# ---- state, port, bad faults ----

start --state "$tmp/world.json"
ixon /invites --request POST --header 'Api-Branding: portal.ixon.cloud' --data "$invite"
status 201 "an invite in a world with a file"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
pid=
start --state "$tmp/world.json" --fault 'ixon.roles.list:status=500'
ixon /invites?fields=emailAddress
has lost.reply@example.com "it survives kill -9"
[ "$(stat -c %a "$tmp/world.json")" = 600 ]
result $? "the file is for its owner alone"
ixon /roles
status 500 "--fault works"
port=${at##*:}
"$ERRAND" sandbox --port "$port" >"$tmp/body" 2>"$tmp/err"
[ $? -ne 0 ] && grep -q "cannot listen on 127.0.0.1:$port" "$tmp/err"
result $? "a port in use is an error that says so"
stop
"$ERRAND" sandbox --fault 'ixon.roles.list:droop' >"$tmp/body" 2>"$tmp/err"
[ $? = 2 ] && grep -q "did you mean 'drop'" "$tmp/err" && [ "$(wc -l <"$tmp/err")" = 1 ]
result $? "a misspelt fault is one clear error, exit 2"

# ---- the child behind --sandbox ----

cat >"$tmp/child.lua" <<'LUA'
local port, child = require("host.sandbox").spawn{ faults = {} }
assert(port, child)
io.stdout:write(port, " ", child:pid(), "\n")
io.stdout:flush()
require("host.task").sleep(3600)
LUA
mkfifo "$tmp/out"
"$ERRAND" run "$tmp/child.lua" >"$tmp/out" 2>"$tmp/err" &
pid=$!
exec 3<"$tmp/out"
read -r port child <&3
at=http://127.0.0.1:$port
ixon /roles
status 200 "a child serves"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
pid=
cat <&3 >"$tmp/body"
[ ! -s "$tmp/body" ]
result $? "whoever reads the parent's output sees its end"
exec 3<&-
# The pipe's end wakes the child at once; waiting for it is bounded all the same.
tries=0
while kill -0 "$child" 2>/dev/null && [ $tries -lt 3000 ]; do
  ask --url "$at/_sandbox/calls"
  tries=$((tries + 1))
done
! kill -0 "$child" 2>/dev/null
result $? "the child ends with its parent, however that ended"
ask --url "$at/_sandbox/calls"
[ $code = 7 ]
result $? "and its port is free"

"$ERRAND" -e 'local p, c = require("host.sandbox").spawn{}; c:close(); c:close(); print(p > 0)' <&- >"$tmp/body" 2>"$tmp/err"
[ $? = 0 ] && grep -q true "$tmp/body"
result $? "a child of a parent without stdin starts, and can be closed twice"

# ---- a handler that fails ----

cat >"$tmp/handler.lua" <<'LUA'
local server
server = assert(require("host.sandbox").listen(0, function(request)
  if request.path == "/error" then error("broken on purpose") end
  if request.path == "/shape" then return { status = 200, bodi = "x" } end
  if request.path == "/fault" then return { status = 200, fault = "flood" } end
  if request.path == "/yield" then coroutine.yield() end
  if request.path == "/close" then server:close() end
  return { status = 200, headers = { ["X-Seen"] = request.headers["x-two"] }, body = "a\0b" }
end))
io.stdout:write(server:port(), "\n")
io.stdout:flush()
server:wait()
print("over", pcall(server.port, server))
LUA
mkfifo "$tmp/out2"
"$ERRAND" run "$tmp/handler.lua" >"$tmp/out2" 2>"$tmp/err" &
pid=$!
exec 3<"$tmp/out2"
read -r port <&3
at=http://127.0.0.1:$port
ask --url "$at/error"
status 500 "an error in a handler"
has 'broken on purpose' "the reply says what"
grep -q 'GET /error: .*broken on purpose' "$tmp/err"
result $? "so does stderr"
ask --url "$at/shape"
has "did you mean 'body'" "a misspelt member of a reply is named"
ask --url "$at/fault"
has "unknown fault 'flood'" "as is an unknown fault"
ask --url "$at/yield"
status 500 "a handler cannot wait"
ask --url "$at/fine" --header 'X-Two: 1' --header 'X-Two: 2'
head_has '^x-seen: 1, 2$' "repeated headers arrive as one list"
[ "$(wc -c <"$tmp/body")" = 3 ]
result $? "a body may hold NUL"
ask --url "$at/close"
wait "$pid"
result $? "a handler may close its server"
pid=
grep -q 'over	false' <&3
result $? "which is closed then"
exec 3<&-

echo "1..$count"
[ $failed = 0 ]
