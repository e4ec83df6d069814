#!/bin/sh
# canary.sh - a secret of every kind, looked for in everything that comes out.
# SPDX-License-Identifier: MIT
#
# What a script asked for and prints is data and is left as it is; everything
# else must hold no form of a secret.
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/canary.sh
cd "$tmp" || exit 1

canaries QzLiteral7Xw QzEnviron7Xw QzFile77Xw QzCommand7Xw QzCredent7Xw QzVariable7Xw QzLogin77Xw QzToken77Xw \
  QzIxonPw7Xw QzIxonOtp7Xw QzBody777Xw QzPrompt7Xw QzKeyPw77Xw QzProxy77Xw

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -passout "pass:$(secret_of QzKeyPw77Xw)" -days 2 \
  -subj /CN=client -keyout client.key -out client.pem 2>/dev/null
secret_of QzFile77Xw >file
secret_of QzCommand7Xw >command
secret_of QzIxonPw7Xw >password
mkdir credentials
secret_of QzCredent7Xw >credentials/qalyptus
export CREDENTIALS_DIRECTORY="$tmp/credentials"
export CANARY_ENV="$(secret_of QzEnviron7Xw)" CANARY_LOGIN="$(secret_of QzLogin77Xw)"

# write_config: for the peer that runs now
write_config() {
  cat >config.lua <<END
local at = "$at"
local function with(key) return { qalyptus = { url = at, key = key, cert = "$tmp/client.pem", tls_key = "$tmp/client.key",
  tls_key_password = [[$(secret_of QzKeyPw77Xw)]] } } end
return { default = "literal", profiles = {
  literal = with [[$(secret_of QzLiteral7Xw)]], env = with(secret.env "CANARY_ENV"), file = with(secret.file "$tmp/file"),
  command = with(secret.command "cat '$tmp/command'"), credential = with(secret.credential "qalyptus"),
  ${ERRAND_QALYPTUS_KEY:+variable = with(nil),}
  prompt = with(secret.prompt "The key: "),
  login = {
    intrexx = { url = at, user = "admin", password = secret.env "CANARY_LOGIN" },
    ixon = { url = at, application = "App000000001", company = "1111-2222-3333-4444-5555", email = "admin@example.com",
             password = secret.file "$tmp/password", otp = [[$(secret_of QzIxonOtp7Xw)]] },
  },
} }
END
}

export ERRAND_CONFIG="$tmp/config.lua"

# A server that tells everybody what it was sent: in JSON, in headers, in HTML.
echoes() {
  value=$(secret_of "$1")
  url=$(url_of "$1")
  base64=$(printf 'user:%s' "$value" | base64 -w 0)
  cat <<END
=== reply GET /groups times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":[]}
=== reply GET /users times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":[{"id":"$1"}]}
=== reply GET /organizations times=0
HTTP/1.1 500 Server Error
Content-Type: application/json
X-Echo: Bearer $value
Set-Cookie: key=$url

{"isSuccess":false,"error":{"message":"no key $(json_of "$1"), $url, $base64"},"errors":[{"field":"key","message":"not $(json_of "$1")"}]}
=== reply POST /groups times=0
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"message":"bad key $(json_of "$1"), $url, $base64"}
=== reply POST /organizations times=0
HTTP/1.1 200 OK
Content-Type: text/html

<html>Authorization: Bearer $value $url $base64</html>
=== reply GET /roles times=0
HTTP/1.1 302 Found
Location: https://other.example.com/?key=$url&k=$base64

END
}

reading='return qalyptus.organizations.list{ get_all = true }'
making='return qalyptus.groups.create{ name = "New" }'
telling='
local _, err = try(qalyptus.organizations.list, { get_all = true })
print(err, tostring(err), ("%s"):format(err))
log.error(err) log.warn(err.body, err.problems, err.message) log.info(err.body.error.message)
for _, problem in ipairs(err.problems or {}) do log(problem.message) end
error(err)'

bearer() {
  profile=$1
  word=$2
  echoes "$word" >replies
  serve replies
  write_config
  try errand --profile "$profile" -vv -e 'return qalyptus.groups.list{ get_all = true }'
  exits 0 "$profile: a call"
  clean "$profile: a call that succeeds, -vv"
  grep -qF "Authorization: Bearer $(secret_of "$word")" seen/1
  result $? "$profile: the secret was sent"
  try errand --profile "$profile" -vv -e "$reading"
  exits 7 "$profile: a call that fails"
  clean "$profile: a call that fails, -vv"
  try errand --profile "$profile" -e "$making"
  exits 6 "$profile: a create that is refused"
  clean "$profile: a create that is refused"
  try errand --profile "$profile" -vv -e 'return qalyptus.organizations.create{ displayName = "x", themeId = "11111111-2222-3333-4444-555555555555" }'
  exits 4 "$profile: a create that ends in doubt"
  clean "$profile: a create that ends in doubt, -vv"
  try errand --profile "$profile" -vv api qalyptus GET /roles
  exits 7 "$profile: a redirect elsewhere"
  clean "$profile: a redirect elsewhere, -vv"
  try errand --profile "$profile" -v -e "$telling"
  exits 7 "$profile: an error told in every way"
  clean "$profile: an error told in every way"
  try errand --profile "$profile" -vv -e "return qalyptus.users.list{ get_all = true, emial = 'x' }"
  clean "$profile: misuse"
  try errand --profile "$profile" config check
  exits 0 "$profile: config check"
  clean "$profile: config check"
  try errand --profile "$profile" doctor --online
  clean "$profile: doctor --online"
  try errand --profile "$profile" -e 'return qalyptus.users.list{ get_all = true }'
  outputs "$word" "$profile: data is not rewritten"
  clean "$profile: the store" "$HOME"/.local/state/errand/*
}

bearer literal QzLiteral7Xw
bearer env QzEnviron7Xw
bearer file QzFile77Xw
bearer command QzCommand7Xw
bearer credential QzCredent7Xw
export ERRAND_QALYPTUS_KEY="$(secret_of QzVariable7Xw)"
bearer variable QzVariable7Xw
unset ERRAND_QALYPTUS_KEY

# ---- a look at what could not be fetched, and at all profiles ----

try errand --profile file config check --resolve
clean "config check --resolve" </dev/null
mv file hidden
try errand --profile file -e "$reading"
exits 5 "a secret's file that is gone"
clean "a secret's file that is gone"
mv hidden file
sed 's/key = key/kye = key/' config.lua >misspelt.lua
try errand --config misspelt.lua --profile literal config check
exits 2 "a misspelt setting that holds a secret"
clean "a misspelt setting that holds a secret"
sed 's/key = key/key = { key }/' config.lua >shaped.lua
try errand --config shaped.lua --profile literal -e "$reading"
exits 2 "a secret of the wrong shape"
clean "a secret of the wrong shape"
sed 's/^return {/return { x = = /' config.lua >broken.lua
try errand --config broken.lua --profile literal -e "$reading"
exits 2 "a file that cannot be read"
clean "a file that cannot be read"
sed 's/^return {/error(with([[y]]).qalyptus.tls_key_password) return {/' config.lua >raising.lua
try errand --config raising.lua --profile literal -e "$reading"
exits 2 "a file that fails"
try env https_proxy="http://user:$(secret_of QzProxy77Xw)@127.0.0.1:1" errand --profile literal doctor
clean "doctor with a password in a proxy variable"

# ---- logins ----

token=$(secret_of QzToken77Xw)
ixon_basic=$(printf 'admin@example.com:%s:%s' "$(secret_of QzIxonOtp7Xw)" "$(secret_of QzIxonPw7Xw)" | base64 -w 0)
cat >replies <<END
=== reply POST /auth times=0
HTTP/1.1 200 OK
X-Token: $token

$token
=== reply GET /portals times=0
HTTP/1.1 500 Server Error
Content-Type: application/json
X-Token: $token

{"message":"token $(json_of QzToken77Xw), password $(json_of QzLogin77Xw)"}
=== reply POST /hr/users
HTTP/1.1 400 Bad Request
Content-Type: application/json

{"message":"password $(json_of QzBody777Xw) is too short"}
=== reply POST /access-tokens times=0
HTTP/1.1 201 Created
Content-Type: application/json

{"status":"success","data":{"secretId":"$(json_of QzToken77Xw)"}}
=== reply GET /users/me times=0
HTTP/1.1 403 Forbidden
Content-Type: application/json

{"status":"error","data":[{"message":"token $(json_of QzToken77Xw) bought with Basic $ixon_basic"}]}
END
serve replies
write_config
try errand --profile login -vv -e 'return intrexx.portals.list()'
exits 7 "a bought token"
clean "a bought token and the password that bought it, -vv"
grep -qF "\"password\":\"$(json_of QzLogin77Xw)\"" seen/1 && grep -qF "Bearer $token" seen/2
result $? "password and token were sent"
try errand --profile login -vv -e '
return intrexx.users.create("hr", { general_settings = { first_name = "New" },
  account = { login_username = "new.hire", password = [['"$(secret_of QzBody777Xw)"']] } })'
exits 6 "a secret in a body"
grep -qF "QzBody777Xw" seen/4
result $? "a secret in a body was sent"
clean "a secret in a body, -vv"
clean "a secret in a body: the store" "$HOME"/.local/state/errand/*
try errand --profile login -vv call ixon me get
exits 5 "Basic with a one-time password"
clean "Basic with a one-time password, -vv"
grep -qF "Authorization: Basic $ixon_basic" seen/5
result $? "Basic was sent"
cat >replies <<END
=== reply POST /auth times=0
HTTP/1.1 401 Unauthorized
Content-Type: application/json

{"message":"not the password: $(json_of QzLogin77Xw)"}
=== reply POST /access-tokens times=0
HTTP/1.1 500 Server Error

Basic $ixon_basic
END
serve replies
write_config
for call in 'intrexx portals list' 'ixon me get'; do
  # shellcheck disable=SC2086
  try errand --profile login -vv call $call
  [ "$code" != 0 ]
  result $? "a refused login: $call"
  clean "a refused login: $call, -vv"
done

# ---- asked for on the terminal ----

echoes QzPrompt7Xw >replies
serve replies
write_config
cat >ask.exp <<'END'
set timeout 20
spawn errand --profile prompt -vv -e $env(READING)
expect "The key: " { send -- "$env(ANSWER)\r" } timeout { exit 3 } eof { exit 4 }
expect eof
exit [lindex [wait] 3]
END
READING=$reading ANSWER=$(secret_of QzPrompt7Xw) expect ask.exp >"$tmp/out" 2>"$tmp/err" </dev/null
code=$?
exits 7 "a key from the terminal"
clean "a key from the terminal, and what the terminal shows"
grep -qF "Authorization: Bearer $(secret_of QzPrompt7Xw)" seen/1
result $? "a key from the terminal was sent"

# ---- the environment of scripts and their children ----

echoes QzVariable7Xw >replies
serve replies
write_config
looking='
qalyptus.groups.list{ get_all = true }
print(os.getenv "ERRAND_QALYPTUS_KEY", os.getenv "CANARY_ENV", os.getenv "HOME")
os.execute "env; cat /proc/self/environ"
print(io.popen("env; set"):read "a")
local file = io.open "/proc/self/environ"
print(file and file:read "a")'
try ERRAND_QALYPTUS_KEY="$(secret_of QzVariable7Xw)" errand --profile literal -e "$looking"
exits 0 "a look at the environment"
outputs "nil	nil	$HOME" "secret variables are not there"
clean "nor in children, nor in /proc"

looking='
print(os.getenv "ERRAND_QALYPTUS_KEY", os.getenv "ERRAND_QALYPTUS_KYE", os.getenv "ERRAND_CONFIG")
os.execute "env; set; cat /proc/self/environ"
print(io.popen("env; set"):read "a")'
# Variables that only the file names are out of sight once it is read.
try -u CANARY_ENV -u CANARY_LOGIN ERRAND_QALYPTUS_KEY="$(secret_of QzVariable7Xw)" ERRAND_QALYPTUS_KYE="$(secret_of QzEnviron7Xw)" errand -e "$looking"
exits 0 "a look at the environment before any service is used"
outputs "nil	nil	$tmp/config.lua" "settings are not there, misspelt ones neither"
clean "nor in children before any service is used"
try ERRAND_QALYPTUS_KEY="$(secret_of QzVariable7Xw)" errand --profile literal config check
grep -q 'environment variable ERRAND_QALYPTUS_KEY' out
result $? "config check still names the variable"
try errand --profile literal -e '
local function open() return io.popen("ls /proc/self/fd"):read "a" end
local before = open()
qalyptus.groups.list{ get_all = true }
assert(open() == before, before .. open())'
exits 0 "children get no descriptor of a call"

# ---- nothing where a credential should be ----

for blank in '' '    '; do
  rm -f seen/*
  try ERRAND_CONFIG= ERRAND_QALYPTUS_URL="$at" ERRAND_QALYPTUS_KEY="$blank" errand -e "$reading"
  exits 5 "the key '$blank'"
  [ -z "$(ls seen)" ]
  result $? "the key '$blank': nothing was sent"
done

# ---- Ctrl-C while a secret is fetched ----

mkfifo fifo
write_config
sed "s!secret.file \"$tmp/file\"!secret.file \"$tmp/fifo\"!; s!cat '$tmp/command'!exec sleep 25!" config.lua >slow.lua
for profile in file command; do
  begin=$(date +%s)
  # A background job of sh would ignore SIGINT.
  try timeout -s INT 1 errand --config slow.lua --profile "$profile" -e "$reading"
  [ $(($(date +%s) - begin)) -lt 10 ] && grep -q interrupted err
  result $? "Ctrl-C while a $profile gives nothing"
done

# ---- the sandbox ----

export ERRAND_QALYPTUS_KEY="$(secret_of QzVariable7Xw)"
try errand --sandbox="$tmp/world.json" -vv -e '
qalyptus.groups.create{ name = "Readers" }
intrexx.users.create("hr", { general_settings = { first_name = "New" },
  account = { login_username = "new.hire", password = [['"$(secret_of QzBody777Xw)"']] } })
ixon.users.list()'
exits 0 "writes in the sandbox"
clean "writes in the sandbox, -vv"
# The simulated server keeps what it was sent; of our credentials it knows none.
grep -v "^$(forms_of QzBody777Xw | head -n 1)" "$tmp/forms" >config-forms
! grep -aqFf config-forms world.json*
result $? "the sandbox's state"
clean "the files of state" "$HOME"/.local/state/errand/*
! grep -q '"groups":{}' world.json && grep -q '"groups":\[\]' world.json
result $? "a list without elements is a list"
mkfifo held
errand --sandbox="$tmp/world.json" -e 'io.write "held\n" io.stdout:flush() io.read()' <"$tmp/fifo" >held &
holder=$!
pids="$pids $holder"
exec 9>"$tmp/fifo"
read -r line <held
[ "$line" = held ]
result $? "a sandbox with state"
try errand --sandbox="$tmp/world.json" -e 'return qalyptus.groups.create{ name = "Twice" }'
exits 2 "one sandbox state, two processes"
grep -q "the sandbox state $tmp/world.json is in use by process [0-9]" err && [ "$(wc -l <err)" = 1 ]
result $? "one sandbox state, two processes: the error names both"
exec 9>&-
wait "$holder"
try errand --sandbox="$tmp/world.json" -e 'return qalyptus.groups.create{ name = "Later" }'
exits 0 "the state is free when its holder is gone"
[ -z "$(ls "$TMPDIR")" ]
result $? "no temporary files"

cd "$here" || exit 1
done_testing
