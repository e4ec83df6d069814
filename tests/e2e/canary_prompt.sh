#!/bin/sh
# canary_prompt.sh - a session at the prompt with a secret in every place for
# one, on servers that say all of them back.
# SPDX-License-Identifier: MIT
#
# What the terminal got, byte for byte and without its line breaks, and every
# file that remains is looked through for the secrets.
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/canary.sh
. tests/e2e/lib/screen.sh
. tests/e2e/lib/prompt.sh
cd "$tmp" || exit 1

canaries QzKey777Xw QzProxy77Xw QzLogin77Xw QzToken77Xw QzIxonPw7Xw QzIxonOtp7Xw QzBody777Xw QzTyped77Xw

# replies BODY: what a hostile server says, BODY being the secret of a body. Of
# the others it says those that errand knows by then.
replies() {
  echoed QzLogin77Xw QzToken77Xw
  cat <<END
=== reply POST /auth times=0
HTTP/1.1 200 OK
X-Token: $(secret_of QzToken77Xw)

$(secret_of QzToken77Xw)
=== reply GET /portals times=0
HTTP/1.1 200 OK
Content-Type: application/json

[{"id":"p-1","name":"hr","display_name":"$all_json","base_url":"https://hr.example.com/?a=$(url_of QzToken77Xw)"}]
END
  echoed QzLogin77Xw QzToken77Xw "$1"
  cat <<END
=== reply POST /hr/users times=0
HTTP/1.1 201 Created
Location: hr/users/6
X-Echo: $all

=== reply GET /hr/users/6 times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"id":6,"general_settings":{"object_name":"$all_json"},"account":{"login_username":"new.hire","password":"$(json_of "$1")"}}
=== reply DELETE /hr/users/6 times=0
HTTP/1.1 200 OK
X-Echo: $all

END
  echoed QzIxonPw7Xw QzIxonOtp7Xw
  cat <<END
=== reply POST /access-tokens times=0
HTTP/1.1 403 Forbidden
Content-Type: application/json
X-Echo: $all

{"status":"error","data":[{"message":"$all_json"}]}
END
  echoed QzKey777Xw QzProxy77Xw
  cat <<END
=== reply GET http://reports.example.com/users times=0
HTTP/1.1 200 OK
Content-Type: application/json
X-Echo: $all

{"isSuccess":true,"data":[{"id":"u-1","firstName":"$(json_of QzKey777Xw)","plain":1,"$(json_of QzKey777Xw)":"a",
"nested":{"deep":{"text":"$all_json","$(url_of QzProxy77Xw)":[1,"$(json_of QzProxy77Xw)"]}}},
{"id":"u-2","firstName":"$all_json"}]}
=== reply times=0
HTTP/1.1 500 Server Error
Content-Type: application/json
X-Echo: $all
Location: https://other.example.com/?x=$(url_of QzKey777Xw)

{"isSuccess":false,"error":{"message":"$all_json"},"errors":[{"field":"key","message":"$all_json"}]}
END
}

write_config() {
  cat >config.lua <<END
local function all(protected)
  return {
    protected = protected,
    qalyptus = { url = "http://reports.example.com", insecure_http = true, proxy = "$at", proxy_user = "proxy",
      proxy_password = [[$(secret_of QzProxy77Xw)]], key = [[$(secret_of QzKey777Xw)]], retry = 0 },
    intrexx = { url = "$at", user = "admin", password = secret.env "CANARY_LOGIN", cache_tokens = true, retry = 0 },
    ixon = { url = "$at", application = "App000000001", company = "1111-2222-3333-4444-5555", email = "admin@example.com",
      password = secret.file "$tmp/password", otp = [[$(secret_of QzIxonOtp7Xw)]], retry = 0 },
  }
end
return { default = "all", profiles = { all = all(false), prod = all(true) } }
END
}

secret_of QzIxonPw7Xw >password
secret_of QzBody777Xw >body
CANARY_LOGIN=$(secret_of QzLogin77Xw)
PAGER="cat"
export ERRAND_CONFIG="$tmp/config.lua" ERRAND_HISTORY=all CANARY_LOGIN PAGER
mkdir work

# quiet WHAT: no secret in the last step, wherever its lines were broken
quiet() {
  tr -d '\n ' <out >joined
  clean "$1" out joined
}

# types TEXT WHAT: a step
types() {
  enter "$1"
  result $? "$2"
  quiet "$2: no secret"
}

asked() {
  gather && sed '1d; /^$/d' out | tail -n 1 | grep -q '[]:]$'
}

# asks TEXT ANSWER WHAT: a step with a question
asks() {
  begin
  screen_type "$1"
  screen_key Enter
  screen_until asked
  result $? "$3 asks"
  screen_type "$2"
  screen_key Enter
  await_prompt
  result $? "$3"
  quiet "$3: no secret"
}

# tabs TEXT WHAT: Tab Tab behind it. Where nothing is to be listed there is
# nothing to wait for; what is typed next stands behind it.
tabs() {
  begin
  screen_type "$1"
  screen_key Tab Tab
  screen_type ' --seen'
  screen_wait ' --seen'
  gather
  quiet "$2"
  cp out before
  key C-c
  mv before out
}

# start OPTION...: a session in work/, all that its terminal gets in terminal
start() {
  cd work || exit 1
  prompt_start 150 50 "$@"
  screen_tmux pipe-pane "cat >>'$tmp/terminal'"
  cd "$tmp" || exit 1
}

make='intrexx.users.create("hr", { general_settings = { first_name = "New" }, account = { login_username = "new.hire", password = pw } })'

replies QzBody777Xw >script-1
serve script-1
write_config
start -vv
types 'qalyptus.organizations.list{ get_all = true }' "a call that fails"
shows "HTTP 500" "it says why"
grep -qaF "Authorization: Bearer $(secret_of QzKey777Xw)" seen/1 &&
  grep -qaF "Proxy-Authorization: Basic $(printf 'proxy:%s' "$(secret_of QzProxy77Xw)" | base64 -w 0)" seen/1
result $? "key and proxy password were sent"
types ':why' ":why"
shows "[secret]" ":why shows where they stood"
types 'err = select(2, try(qalyptus.organizations.list, { get_all = true }))' "an error that is kept"
types 'err' "an error as a value"
types ':v' ":v of an error"
types 'log.error(err) log.warn(err.body)' "an error in the log"
types 'error(err)' "an error that is raised again"
types 'spawn(function() error(err) end)' "an error of a task"
types '20 + 22' "and what is told of it"
types 'users = qalyptus.users.list{ get_all = true }' "a reply that holds secrets"
types 'users' "as a table"
types ':v' ":v of a table"
types 'users[1]' "as a record"
types ':v' ":v of a record"
shows "[secret]" "it is shown without them"
types 'users[1].firstName' "as a text"
types 'replies = { users = users, err = err, all = { users, users[1] } }' "replies in a table"
types 'replies' "a table of replies"
tabs 'users[1].' "Tab in a reply"
shows "firstName" "Tab in a reply lists names"
tabs 'users[1]["' "Tab behind a bracket"
tabs 'replies.users[1].nested.deep["' "Tab in a nested reply"
tabs 'replies.err.' "Tab in an error"
tabs 'replies.all[1][1].firstName ==' "Tab behind a value"
types 'ixon.me.get()' "a login that is refused"
types ':why' ":why of a login"
types 'intrexx.portals.list()' "a token that is bought"

types 'pw = io.open("../body"):read("a")' "a secret of the catalogue's, from a file"
types "$make" "a write with it"
grep -qa QzBody777Xw seen/*
result $? "it was sent"
types ':calls' ":calls"
for n in 1 2 3 4 5 6; do
  types ":calls $n" ":calls $n"
  types ":curl $n" ":curl $n"
  shows "curl -sS" "there is a call $n"
done
types 'pw' "the variable that holds it"
types '{ account = { password = pw, note = "it is " .. pw } }' "a table with it"
types ":time $make" ":time"
enter ':plan on'
types "$make" "a write in plan mode"
shows "would send" "it is shown"
enter ':plan off'
asks ':undo' y ":undo"
types ':profile' ":profile"
types ':profile prod' ":profile prod"
asks "$make" prod "a write on a protected profile"
types ':profile all' "back again"
types ':reload' ":reload"
types 'intrexx.portals.list()' "a call after :reload"
types ':har calls.har' ":har"
types ':save mine.lua' ":save"
grep -q 'users/6' work/calls.har && grep -q 'intrexx.users.create' work/mine.lua
result $? "there are an archive and a script with the calls in them"
types '?qalyptus.users' "help"
types ':search password' ":search"
types ':sandbox on' ":sandbox on"
types ':tour' ":tour"
types ':tour stop' ":tour stop"
types "$make" "a write in the sandbox"
types ':calls' ":calls of the sandbox, too"
types ':sandbox off' ":sandbox off"
prompt_end
[ "$code" = 0 ]
result $? "the session ends well"
tr -d '\r\n ' <terminal >joined
clean "all that the terminal got" terminal joined
grep -q 'HTTP 500' terminal && grep -q ':sandbox off' terminal
result $? "which is all of it"

# ---- a secret that is typed, which the terminal then has ----

replies QzTyped77Xw >script-2
serve script-2
write_config
start
enter "intrexx.users.create('hr', { general_settings = { first_name = 'New' }, account = { login_username = 'new.hire', password = [[$(secret_of QzTyped77Xw)]] } })"
grep -qa QzTyped77Xw seen/*
result $? "a password that was typed was sent"
types ':calls' ":calls after it was typed"
types ':curl' ":curl of what was typed"
enter ':har! calls.har'
enter ':save! mine.lua'
enter 'intrexx.portals.list()'
screen_type "x = { password = [[$(secret_of QzTyped77Xw)"
kill -KILL "$screen_pid"
screen_ended

# ---- what remains ----

find "$HOME" "$TMPDIR" work -type f ! -path '*token*' >files
while read -r file; do clean "what remains: ${file#"$tmp/"}" "$file"; done <files
grep -q store.db files && grep -q 'errand/history$' files && grep -q calls.har files && grep -q mine.lua files
result $? "store, history, archive and script are among it"
grep -qF ':profile prod' "$HOME/.local/state/errand/history"
result $? "the history has what holds no secret"

cd "$here" || exit 1
done_testing
