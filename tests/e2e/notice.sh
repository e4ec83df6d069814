#!/bin/sh
# notice.sh - notices of schedules: killed between sending and marking, over TLS
# and proxies, with secrets that stay where they are.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/reach.sh

cd "$tmp" || exit 1
mkdir -m 700 state
# post: one message of a failed slot to the channel of channel.lua; send: what is
# due, at the time AT seconds from now; rows: what became of them
cat >outbox.lua <<'END'
local store = assert(require "host.store".open(os.getenv "STORE"))
local wall = function() return require "host.sys".clock() + (tonumber(os.getenv "AT") or 0) end
local book = require "core.schedule.book".open(store, wall)
local definition = { name = "leavers", notify = {} }
for name, value in pairs(dofile(os.getenv "CHANNEL" or "channel.lua")) do
  if name == "ping" then definition.ping = value else definition.notify = { on = "always", [name] = value } end
end
local deed = ...
if deed == "post" then
  local event = { type = "ended", slot = { at = wall() // 1, kind = "slot", outcome = "failed", run = "r-1" }, error = "it broke" }
  for _ = 1, tonumber((select(2, ...))) or 1 do
    event.slot.at = event.slot.at + 1
    book:post(require "core.schedule.notice".messages(event, definition, wall()), "leavers", nil)
  end
elseif deed == "send" then
  local log = function(level, text, fields) print(level, text, fields.why or "") end
  local box = require "core.schedule.outbox".new { book = book, clock = { wall = wall }, log = log, store = os.getenv "STORE" }
  for _, problem in ipairs(box:load { list = { definition } }) do print("problem", problem) end
  if os.getenv "ENVIRONMENT" then os.execute "env >environment" end
  print("tried", box:once(120))
elseif deed == "rows" then
  for _, row in ipairs(book:outbox {}) do
    print(row.sent and "sent" or row.failed and "given up" or "waits", row.tries, row.message or "")
  end
end
END

box() {
  try STORE="$tmp/state/store.db" "$@"
}
post() {
  box errand run outbox.lua post "${1:-1}"
}
rows() {
  box errand run outbox.lua rows
}
fresh() {
  rm -rf state
  mkdir -m 700 state
}

# ---- killed when the message is out, but not yet marked

# The command is a child of a shell that is a child of errand.
cat >channel.lua <<END
return { command = [[cat >>$tmp/got; echo "\$ERRAND_NOTICE" >>$tmp/ids; [ -e $tmp/calm ] || { read -r a b c d e <"/proc/\$PPID/stat"; kill -9 "\$d"; sleep 20; }]] }
END
post
exits 0 'a message is written down'
box errand run outbox.lua send
exits 137 'a process that is killed by its own notice'
rows
outputs 'waits	0' 'the message still waits'
touch calm
box errand run outbox.lua send
outputs 'tried	1' 'the next process sends it once more'
rows
outputs 'sent	1' 'and marks it'
[ "$(wc -l <ids)" = 2 ] && [ "$(sort -u ids | wc -l)" = 1 ]
result $? 'both have the same id'
box errand run outbox.lua send
outputs 'tried	0' 'nothing is sent a third time'

fresh
serve - <<'END'
=== reply end=hang times=1
HTTP/1.1 200 OK
Content-Length: 100

late
=== reply times=0
HTTP/1.1 204 No Content
END
echo "return { webhook = '$at/hook' }" >channel.lua
post
STORE="$tmp/state/store.db" errand run outbox.lua send >out 2>err </dev/null &
started=$!
await_request
kill -9 "$started"
wait "$started" 2>/dev/null
started=
rows
outputs 'waits	0' 'a webhook whose answer nobody heard waits'
box errand run outbox.lua send
rows
outputs 'sent	1' 'it is posted once more'
grep -hi '^idempotency-key:' seen/1 seen/2 | sort -u >keys
[ "$(wc -l <keys)" = 1 ] && [ "$(tail -n 1 seen/1)" = "$(tail -n 1 seen/2)" ]
result $? 'with the same key and the same body'

# A daemon that is killed while it tells what became of slots.
fresh
serve - <<'END'
=== reply times=0
HTTP/1.1 204 No Content
END
mkdir -m 700 daemon
cat >daemon/schedule.lua <<END
schedule "tick" { every = "${SLOW:-1}s", run = "tick.lua", notify = { on = "always", webhook = "$at/hook" }, ping = "$at/ping" }
END
echo 'print "tick"' >daemon/tick.lua
kills=0
while [ $kills -lt 4 ]; do
  ERRAND_STORE="$tmp/state/store.db" errand serve --schedule daemon/schedule.lua --trust-clock >>daemon/log 2>&1 </dev/null &
  started=$!
  wanted=$((4 + kills))
  while [ $wanted -gt 0 ]; do
    await_request
    wanted=$((wanted - 1))
  done
  kills=$((kills + 1))
  [ $kills = 4 ] && break
  kill -9 "$started"
  wait "$started" 2>/dev/null
done
kill -TERM "$started"
wait "$started"
code=$?
started=
exits 0 'a daemon that is killed three times, then stopped'
cat >ids.lua <<'END'
local store = assert(require "host.store".open(os.getenv "STORE"))
local book = require "core.schedule.book".open(store)
local ended = {}
for _, slot in ipairs(book:slots { state = "ended" }) do ended[slot.id] = true end
for _, row in ipairs(book:outbox {}) do
  local body = require "host.json".decode(row.body)
  if not body.ping and row.sent then print(body.id) end
  if not body.ping and row.slot then ended[row.slot] = nil end
end
if next(ended) then print "a slot that nobody is told of" end
END
box errand run ids.lua
sort out >told
grep -hi '^idempotency-key:' seen/* | tr -d '\r' | sed 's/.*: //' | sort -u >heard
[ "$(wc -l <told)" -ge 4 ] && ! grep -q nobody told && comm -23 told heard | wc -l | grep -qx 0
result $? 'has told of every slot'
grep -h '^GET /ping' seen/* | sed 's/ HTTP.*//' | sort -u >pings
[ "$(grep -c '/start?rid=' pings)" -ge 4 ] && [ "$(grep -c '/ping?rid=' pings)" -ge 2 ]
result $? 'and pinged for each'

# Two processes at once: one of them sends.
fresh
rm -f got ids
echo "return { command = 'echo x >>$tmp/got' }" >channel.lua
post 100
for i in 1 2 3; do
  STORE="$tmp/state/store.db" errand run outbox.lua send >"out$i" 2>&1 </dev/null &
  pids="$pids $!"
done
for p in $pids; do wait "$p"; done
pids=
[ "$(wc -l <got)" = 100 ] && ! grep -q error out1 out2 out3
result $? 'three processes send 100 messages once each'

# ---- TLS and proxies

certificate server
serve - <<'END'
=== reply times=0
HTTP/1.1 200 OK
Content-Type: text/plain

ok
END
tls server "$port"
secure=https://127.0.0.1:$listens
fresh
echo "return { webhook = '$secure/hook' }" >channel.lua
post
box errand run outbox.lua send
outputs 'certificate' 'a certificate of an unknown authority is not accepted'
sent 0 'and nothing is sent'
fresh
echo "return { webhook = { url = '$secure/hook', cacert = '$tmp/server.crt' } }" >channel.lua
post
box errand run outbox.lua send
rows
outputs 'sent	1' 'its authority can be named'
tiny 'DisableViaHeader Yes'
open_port=$listens
fresh
echo "return { webhook = { url = '$secure/hook', cacert = '$tmp/server.crt', proxy = 'http://127.0.0.1:$open_port' } }" >channel.lua
post
box errand run outbox.lua send
rows
outputs 'sent	1' 'a proxy of the channel is used'
fresh
echo "return { webhook = { url = '$secure/hook', cacert = '$tmp/server.crt' } }" >channel.lua
post
box https_proxy=http://127.0.0.1:9 errand run outbox.lua send
outputs 'proxy' 'a proxy of the environment is used as well'
box https_proxy=http://127.0.0.1:9 AT=3600 errand run outbox.lua rows
outputs 'waits	1' 'and the message waits while it is away'

# ---- secrets

fresh
secret_url=$secure/services/T0CANARY0/B0CANARY0/abcdefCANARYgh
cat >channel.lua <<END
return { webhook = { url = { env = "HOOK_URL" }, token = { credential = "hook-token" }, cacert = "$tmp/server.crt" } }
END
mkdir -m 700 credentials
(umask 077 && echo token-CANARY-1 >credentials/hook-token)
post
box ENVIRONMENT=1 HOOK_URL="$secret_url" CREDENTIALS_DIRECTORY="$tmp/credentials" errand -vv run outbox.lua send
exits 0 'a secret address and a token'
cat out err >trace
rows >/dev/null
mv out rows
grep -qi '^authorization: bearer token-CANARY-1' seen/* && grep -q 'T0CANARY0/B0CANARY0/abcdefCANARYgh' seen/*
result $? 'reach the server'
grep -q '^sent' rows
result $? 'the message is sent'
[ -s environment ] && grep -q 'POST' trace && ! grep -rqa CANARY state rows trace environment
result $? 'neither store nor trace nor a child has them'
fresh
post
box HOOK_URL=https://127.0.0.1:9/services/T0CANARY0/x CREDENTIALS_DIRECTORY="$tmp/credentials" errand run outbox.lua send
outputs 'notice not sent' 'an address where nobody is'
! grep -rqa CANARY state out err
result $? 'is not told, either'
fresh
post
box errand run outbox.lua send
outputs "problem	schedule 'leavers': url of the webhook: " 'what is missing is told before it is needed'
outputs 'environment variable HOOK_URL is not set' 'by its name'

done_testing
