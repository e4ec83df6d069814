#!/bin/sh
# own.sh - services that an administrator added: where they are looked for, what is refused, and where they show.
# SPDX-License-Identifier: MIT
#
# What can be done with one is in guide.sh, which adds one as the guide says.
. tests/e2e/lib/e2e.sh
umask 022
usual=$HOME/.config/errand/services
cd "$tmp" || exit 1

# described DIR NAME: a service of this name, with one operation
described() {
  mkdir -p "$1/$2"
  cat >"$1/$2/catalogue.lua" <<END
return {
  format = 1, name = "$2", title = "Service $2", url = { example = "https://$2.example.com" },
  settings = { { "key", "string", required = true, secret = true } },
  auth = { { needs = { "key" }, send = { { "Authorization", value = "Bearer {key}" } } } },
  envelope = { data = "/data", message = { "/error" } },
  resources = { { "tickets", find = { by = { { "title" } }, list = "tickets.list" }, operations = {
    { "list", http = "GET /tickets", summary = "List tickets.", effect = "read", returns = "[object]", example = "$2.tickets.list()" },
    { "create", http = "POST /tickets", summary = "Open one.", effect = "create", returns = "object",
      body = { { "title", "string", required = true } }, example = "$2.tickets.create{ title = 'x' }" },
  } } },
}
END
}

# played DIR NAME: its sandbox data
played() {
  cat >"$1/$2/sandbox.lua" <<END
return {
  base = "/$2", ids = "integer", id = "id", account = { key = "sandbox-$2-key" },
  reply = { success = { data = "{data}" }, failure = { error = "{message}" } },
  seed = { tickets = { { id = 1, title = "No paper" } } },
}
END
}

# says_nothing WHAT: on standard error
says_nothing() {
  [ ! -s "$tmp/err" ]
  result $? "$1"
}

# ---- where they are

try errand list-operations helpdesk
refused 2 "no service 'helpdesk'" "without a folder there is none"
described "$usual" helpdesk
try errand list-operations helpdesk
exits 0 "below ~/.config"
outputs helpdesk.tickets.create "its operations are listed"
try XDG_CONFIG_HOME="$tmp/nowhere" errand list-operations helpdesk
refused 2 "no service 'helpdesk'" "XDG_CONFIG_HOME is another place"
described others wiki
try ERRAND_SERVICES=others errand list-operations wiki
exits 0 "ERRAND_SERVICES is a third"
try ERRAND_SERVICES=others errand list-operations helpdesk
refused 2 "no service 'helpdesk'" "and the only one then"
try ERRAND_SERVICES= errand list-operations helpdesk
exits 0 "empty it counts as not set"
cd "$usual" || exit 1
try XDG_CONFIG_HOME="$tmp/nowhere" errand list-operations helpdesk
refused 2 "no service 'helpdesk'" "the current folder is none"
cd "$tmp" || exit 1
mkdir -p "$usual/notes" && echo text >"$usual/README"
try errand list-operations
exits 0 "what holds no catalogue is no service"

# ---- where they show

try errand help helpdesk.tickets.create
outputs 'helpdesk.tickets.create' "help"
try errand search 'open one'
outputs helpdesk.tickets.create "search"
try errand -e 'return require("helpdesk") == helpdesk'
outputs true "require and the global are one"
try errand -e 'return helpdsk.tickets'
refused 2 "did you mean 'helpdesk'?" "and it is suggested"
try errand export openapi helpdesk
outputs '"/tickets"' "OpenAPI"
try ERRAND_HELPDESK_KYE=x errand config check
exits 2 "its settings are checked"
outputs "did you mean 'ERRAND_HELPDESK_KEY'?" "and suggested"
try errand --sandbox call helpdesk tickets list
refused 2 "helpdesk needs a base URL" "without sandbox data the sandbox does not play it"
played "$usual" helpdesk
try errand --sandbox call helpdesk tickets list
outputs 'No paper' "with them it does"

# ---- on the wire: the credential, and redaction

serve - <<'END'
=== reply
HTTP/1.1 200 OK
Content-Type: application/json

{"data": [{"id": 1}]}
END
try ERRAND_HELPDESK_URL="$at" ERRAND_HELPDESK_KEY=helpdesk-key-1 errand -vv call helpdesk tickets list
outputs '[{"id":1}]' "a call of it"
says 'Authorization: [secret]' "the trace has no key"
! grep -qF helpdesk-key-1 err out
result $? "nor has anything else"
grep -rqF 'Bearer helpdesk-key-1' "$tmp/seen"
result $? "the server gets it"

# ---- what the guide says of other habits: a token that is sold, a header for all, a mark of the next page

mkdir -p other/vault
cat >other/vault/catalogue.lua <<'END'
return {
  format = 1, name = "vault", title = "Vault", url = { example = "https://vault.example.com" },
  settings = { { "user", "string", required = true }, { "password", "string", required = true, secret = true } },
  auth = { { needs = { "user", "password" },
    login = { http = "POST /login", json = { user = "{user}", password = "{password}" }, token = "/token", lifetime = 3600 },
    send = { { "X-Api-Key", value = "{token}" } } } },
  headers = { { "Api-Version", value = "2" } },
  rate = { requests = 30, seconds = 1 },
  envelope = { data = "/items", message = { "/error" } },
  paging = { marks = { style = "cursor", send = "after", size = "limit", page_size = 100, next = "/next" } },
  resources = { { "items", operations = {
    { "list", http = "GET /items", summary = "List.", effect = "read", paging = "marks", returns = "[object]",
      query = { { "after", "string" }, { "limit", "integer" } }, example = "vault.items.list()" },
    { "kinds", http = "GET /kinds", summary = "List.", effect = "read", paging = false, returns = "[object]",
      example = "vault.items.kinds()" },
  } } },
}
END
serve - <<'END'
=== reply
HTTP/1.1 200 OK
Content-Type: application/json

{"token": "vault-token-1"}
=== reply
HTTP/1.1 200 OK
Content-Type: application/json

{"items": [{"id": 1}], "next": "m1"}
=== reply
HTTP/1.1 200 OK
Content-Type: application/json

{"items": [{"id": 2}], "next": null}
END
try ERRAND_SERVICES=other ERRAND_VAULT_URL="$at" ERRAND_VAULT_USER=me ERRAND_VAULT_PASSWORD=vault-password-1 errand call vault items list
exits 0 "a service with a login and marks"
outputs '[{"id":1},{"id":2}]' "all pages come"
grep -rq 'X-Api-Key: vault-token-1' "$tmp/seen" && grep -rq 'Api-Version: 2' "$tmp/seen" && grep -rq 'after=m1' "$tmp/seen"
result $? "with the token, the header and the mark"

# ---- numbers in paths, which a run looks up and takes back

mkdir -p other/rooms
cat >other/rooms/catalogue.lua <<'END'
local room = { "room", "integer", min = 1 }
return {
  format = 1, name = "rooms", title = "Rooms", url = { example = "https://rooms.example.com" },
  envelope = { message = { "/error" } },
  resources = {
    { "rooms", operations = {
      { "list", http = "GET /rooms", summary = "List.", effect = "read", returns = "[object]", example = "rooms.rooms.list()" },
    } },
    { "bookings", find = { by = { { "day" } }, list = "bookings.list" }, operations = {
      { "list", http = "GET /rooms/{room}/bookings", summary = "List.", effect = "read", path = { room },
        envelope = { data = "/bookings" }, returns = "[object]", example = "rooms.bookings.list(1)" },
      { "create", http = "POST /rooms/{room}/bookings", summary = "Book.", effect = "create", path = { room },
        body = { { "day", "date", required = true } }, envelope = { data = "/booking" }, returns = "object",
        inverse = { "bookings.delete", from = "/id" }, example = "rooms.bookings.create(1, { day = '2026-12-01' })" },
      { "delete", http = "DELETE /rooms/{room}/bookings/{id}", summary = "Cancel.", effect = "set", danger = true,
        path = { room, { "id", "integer" } }, returns = "none", example = "rooms.bookings.delete(1, 1)" },
    } },
  },
}
END
cat >other/rooms/sandbox.lua <<'END'
return {
  base = "/rooms", ids = "integer", id = "id", account = {},
  reply = { success = "{data}", failure = { error = "{message}" } },
  stores = { bookings = { key = "day" } },
  operations = {
    ["bookings.list"] = { where = "room", wrap = { bookings = "{data}" } },
    ["bookings.create"] = { set = { room = "{room}" }, wrap = { booking = "{data}" } },
  },
}
END
cat >book.lua <<'END'
return workflow.define("book", { args = { { "room", "integer" } }, key = function(input) return tostring(input.room) end },
  function(run, input) run:step("booking", rooms.bookings.create, input.room, { day = "2026-12-01" }) end)
END
export ERRAND_SERVICES=other
try errand --sandbox=rooms.json run book.lua --room 2
exits 0 "a step with a number in its path"
says "booking  created" "makes it"
try errand --sandbox=rooms.json run book.lua --room 2
says "booking  found" "and finds it the next time"
try errand --sandbox=rooms.json run book.lua --room 3
says "booking  created" "in that room only"
try errand --sandbox=rooms.json -e 'return #rooms.bookings.list(2)'
outputs 1 "so there is one"
try errand --sandbox=rooms.json runs undo "$(errand --sandbox=rooms.json runs -o csv | sed -n '2s/,.*//p')"
exits 0 "it is taken back"
try errand --sandbox=rooms.json -e 'return #rooms.bookings.list(3)'
outputs 0 "and gone"
try errand prove --limit 30 book.lua --room 2
exits 0 "errand prove"
outputs "0 duplicates, 0 losses, 0 open questions" "says so"
try errand --sandbox -e 'rooms.rooms.list(1)'
says "rooms.rooms.list: " "a resource with the name of its service is named whole"
unset ERRAND_SERVICES

# ---- a sandbox that was there before the service

rm -rf world.json*
try ERRAND_SERVICES=others errand --sandbox=world.json call qalyptus groups create --name Older
exits 0 "a sandbox without the service"
try errand --sandbox=world.json call helpdesk tickets create --title Newer
exits 0 "gets it later"
outputs '"id":2' "with its seeds, and counts on"
try errand --sandbox=world.json call helpdesk tickets list
outputs '[{"id":1,"title":"No paper"},{"id":2,"title":"Newer"}]' "what was made is kept"
try errand --sandbox=world.json call qalyptus groups list
outputs Older "what was there, too"

# ---- runs that a schedule begins work in another folder

mkdir -p jobs
cat >jobs/schedule.lua <<'END'
schedule "look" { at = "@daily", run = "look.lua" }
END
echo 'print(#wiki.tickets.list() .. " tickets")' >jobs/look.lua
played others wiki
try ERRAND_SERVICES=others errand --sandbox schedule run look --schedule jobs/schedule.lua
exits 0 "a relative folder holds for errand schedule run"
outputs "1 tickets" "which uses the service"

# ---- what is refused

named() {
  rm -rf bad
  described bad "$1"
  try ERRAND_SERVICES=bad errand list-operations "$1"
  refused 2 "$2" "the name $1"
  try ERRAND_SERVICES=bad errand list-operations ixon
  exits 0 "and the others are there"
}
named table "means something else in scripts"
named workflow "means something else in scripts"
named core "means something else in scripts"
named schedule "its settings would be mistaken for ERRAND_SCHEDULE_FILE"
named end "is no word of Lua"
named Helpdesk "lower-case letters"
named help-desk "lower-case letters"
try ERRAND_SERVICES=bad errand -e 'require "help-desk"'
exits 1 "a module of that name is not found"
says "bad/help-desk: a service's name has lower-case letters" "which says why it is no service"

rm -rf bad
described bad ixon
try ERRAND_SERVICES=bad errand help
outputs "errand has a service of that name" "the name of a service that is there already is told"
try ERRAND_SERVICES=bad errand --sandbox -e 'return #ixon.users.list{}'
outputs 45 "and that one remains"
says_nothing "without a word"

# wrong PATTERN REPLACEMENT CODE TEXT: a catalogue that was changed so
wrong() {
  rm -rf bad
  described bad helpdesk
  sed -i "s~$1~$2~" bad/helpdesk/catalogue.lua
  try ERRAND_SERVICES=bad errand help helpdesk
  refused "$3" "$4" "with $2"
}
wrong 'name = "helpdesk"' 'name = "wiki"' 2 "name is 'wiki' and the folder's is 'helpdesk'"
wrong 'resources = {' 'resources = 5, more = {' 2 "bad/helpdesk/catalogue.lua: "
wrong 'return {' 'return { io.open,' 2 "catalogue.lua:1: 'io' is not known here: the file is data"
wrong 'return {' 'local x = os.getenv "HOME" return {' 2 "catalogue.lua:1: 'os' is not known here: the file is data"
wrong 'return {' 'return 5, {' 2 "it must return a table, got number"
wrong 'title =' 'title = =' 2 "unexpected symbol"
wrong 'title = "' 'title = os .. "' 2 "'os' is not known here"
wrong 'return {' 'local f = function() end return { f, ' 2 "text, number, true, false or table expected, got function"
wrong 'return {' 'local t = {} t.t = t return { t, ' 2 "more than 32 deep"

rm -rf bad
described bad helpdesk
sed -i 's/effect = "read"/efect = "read"/' bad/helpdesk/catalogue.lua
try ERRAND_SERVICES=bad errand help helpdesk
exits 2 "two mistakes in one operation"
says "tickets.list: no effect" "every mistake is told"
says "unknown key 'efect' (did you mean 'effect'?)" "with the nearest name"

for mode in 664 646; do
  rm -rf bad
  described bad helpdesk
  chmod $mode bad/helpdesk/catalogue.lua
  try ERRAND_SERVICES=bad errand help helpdesk
  refused 2 "can be changed by others (mode 0$mode)" "mode $mode"
done
rm -rf bad
described bad helpdesk
played bad helpdesk
chmod 664 bad/helpdesk/sandbox.lua
try ERRAND_SERVICES=bad errand --sandbox call helpdesk tickets list
[ "$code" != 0 ]
result $? "the sandbox data, too"
says "can be changed by others" "and says why"
chmod 644 bad/helpdesk/sandbox.lua
echo 'return { bse = "/x" }' >bad/helpdesk/sandbox.lua
try ERRAND_SERVICES=bad errand --sandbox call helpdesk tickets list
exits 2 "sandbox data with mistakes"
says "unknown key 'bse' (did you mean 'base'?)" "which are told"
rm -rf bad/helpdesk/catalogue.lua
mkdir bad/helpdesk/catalogue.lua
try ERRAND_SERVICES=bad errand help helpdesk
refused 2 "catalogue.lua is no file" "a folder in its place"

# ---- what goes on for ever ends, and harms nobody else

# Each is bounded by what it does, not by the clock of this machine: 20 seconds
# are for a slow one.
hangs() {
  rm -rf bad
  described bad helpdesk
  played bad helpdesk
  described bad wiki
  printf '%s\n' "$2" >"bad/helpdesk/$1"
}
for file in catalogue.lua sandbox.lua; do
  for what in 'while true do end' 'local s = "x" while true do s = s .. s end' 'local t = {} while true do t[#t + 1] = { 1 } end'; do
    hangs $file "$what"
    try ERRAND_SERVICES=bad timeout "$((20 * ${SLOW:-1}))" errand --sandbox call helpdesk tickets list
    exits 2 "$file: $what"
    says "bad/helpdesk/$file:" "who calls it is told where"
    grep -Eq 'runs without end|no memory for the file' err
    result $? "and what"
  done
done

for text in 'while true do end' 'return { format = 1, name = "helpdesk" }' 'return {'; do
  hangs catalogue.lua "$text"
  for command in 'help' '--help' 'list-operations' 'search tickets' 'list-operations wiki' 'help wiki.tickets.list' 'version' 'doctor' \
      'config check' 'export stubs' '--sandbox call ixon users list' '-e return(1)' '--sandbox -e return(#ixon.users.list{})' 'calls'; do
    # shellcheck disable=SC2086
    try ERRAND_SERVICES=bad timeout "$((20 * ${SLOW:-1}))" errand $command
    [ "$code" = 0 ] || { [ "$command" = doctor ] && [ "$code" = 1 ]; }
    result $? "errand $command, beside $text"
    case $command in
      help | doctor) outputs bad/helpdesk/catalogue.lua "it tells of it" ;;
      list-operations | 'search tickets' | 'export stubs') says "helpdesk is left out" "it warns" ;;
      calls) ;;
      *) says_nothing "it says nothing of it" ;;
    esac
  done
  try ERRAND_SERVICES=bad timeout "$((20 * ${SLOW:-1}))" errand list-operations
  outputs wiki.tickets.list "the other one of one's own is there"
  try ERRAND_SERVICES=bad timeout "$((20 * ${SLOW:-1}))" errand __complete -- call ""
  outputs wiki "completion has it, too"
  try ERRAND_SERVICES=bad timeout "$((20 * ${SLOW:-1}))" errand -e 'return helpdesk.tickets'
  exits 2 "a script that uses it is told"
done
try ERRAND_SERVICES=bad ERRAND_HELPDESK_KEY=x errand config check
exits 2 "once it is configured, it is a problem of the configuration"
outputs "  helpdesk: bad/helpdesk/catalogue.lua:" "that is told"

hangs sandbox.lua 'return { bse = 1 }'
try ERRAND_SERVICES=bad errand --sandbox call ixon users list
exits 0 "broken sandbox data leave the others alone"
says_nothing "without a word"
try ERRAND_SERVICES=bad errand doctor
outputs "--sandbox leaves out service helpdesk of your own: bad/helpdesk/sandbox.lua" "errand doctor tells"
hangs sandbox.lua 'return { base = "/h", ids = "integer", id = "id", account = { key = "k" }, reply = {}, seed = { tickets = 5 } }'
try ERRAND_SERVICES=bad errand --sandbox call ixon users list
exits 0 "nor do data that the lint finds nothing wrong with"
says "the sandbox cannot play helpdesk" "which are warned of"

mkdir "$tmp/shut" && chmod 0 "$tmp/shut"
if ! ls "$tmp/shut" >/dev/null 2>&1; then # not as root
  try ERRAND_SERVICES="$tmp/shut" errand list-operations ixon
  exits 0 "a folder that cannot be read"
fi

cd "$here" || exit 1
done_testing
