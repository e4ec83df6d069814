#!/bin/sh
# retry.sh - retries, rate limits and times, as an administrator sees them.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
cd "$tmp" || exit 1

# answers SCRIPT-OF-PEER on standard input, with retries as they are by default
answers() {
  cat >"$tmp/one"
  serve "$tmp/one"
  accounts "$at"
  unset ERRAND_IXON_RETRY ERRAND_QALYPTUS_RETRY ERRAND_INTREXX_RETRY
  export ERRAND_QALYPTUS_RETRY_DELAY=0.01 ERRAND_IXON_RETRY_DELAY=0.01
}

answers <<'END'
=== reply times=2
HTTP/1.1 503 Service Unavailable
Retry-After: 0

busy
=== reply times=0
HTTP/1.1 200 OK
Content-Type: application/json

[]
END
try errand api qalyptus GET /x
exits 0 "a read after two failures"
outputs '[]' "has its answer"
says "qalyptus GET /x: the server answered 503; trying again in 0.0 s (attempt 2 of 4)" "and tells of them"
sent 3 "two failures and an answer"

answers <<'END'
=== reply times=0
HTTP/1.1 502 Bad Gateway
Retry-After: 0

bad
END
try errand -q api qalyptus GET /x
refused 7 "gave up after 4 attempts in" "a failure that stays"
says "more are not made (setting 'retry')" "names the setting"
sent 4 "three retries"
try errand --retry 0 api qalyptus GET /x
refused 7 "HTTP 502: bad" "--retry 0"
sent 5 "sends it once"
try errand --retry 1 -q api qalyptus GET /x
sent 7 "--retry 1 sends it twice"
try ERRAND_QALYPTUS_RETRY=2 errand -q api qalyptus GET /x
sent 10 "the setting retry, too"
try errand -q api qalyptus POST /x --json '{}'
refused 4 "look before repeating it" "what may have had its effect"
sent 11 "is sent once"
try errand -q api qalyptus PUT /x --json '{}'
exits 7 "what may be repeated"
sent 15 "is"
try ERRAND_QALYPTUS_RETRY_QUOTA=4 errand -q -e 'try(qalyptus.groups.list) return qalyptus.groups.list()'
refused 7 "no more are made until calls to it succeed again (setting 'retry_quota')" "the quota of a service"
sent 21 "four retries over both calls"
try errand --retry x api qalyptus GET /x
refused 2 "--retry" "--retry wants a number"

# ---- a deletion that was not answered ----

gone() {
  answers <<END
=== reply times=1
HTTP/1.1 $1 No

=== reply times=0
HTTP/1.1 404 Not Found
Content-Type: application/json

{"type":"Error","data":[{"message":"Not found"}],"status":"error","moreAfter":null}
END
}
one='{ publicId = "iAbCdEfGh123" }'
gone 504
try errand -q -e "return ixon.invites.delete($one)"
exits 0 "one thing that is not there any more after a lost answer"
says "ixon.invites.delete: it is not there any more; the answer to the attempt before was lost" "is gone"
sent 2 "both attempts"
try errand calls -o csv
outputs ",invites.delete," "the call"
outputs ",done," "is done"
gone 504
try errand -q -e "return ixon.invites.delete_one 'iAbCdEfGh123'"
exits 0 "or one that the path names"
gone 504
try errand -q -e "return ixon.invites.delete{ $one, { publicId = 'iAbCdEfGh124' } }"
refused 6 "Not found; an attempt before this one was not answered and may have had its effect: look" "one of several"
gone 503
try errand -q -e "return ixon.invites.delete($one)"
refused 6 "HTTP 404" "what was refused before"
! grep -q 'an attempt before' err
result $? "says nothing of it"

# ---- a 429 ----

answers <<'END'
=== reply times=0
HTTP/1.1 429 Too Many Requests
Retry-After: 3600

slow down
END
try errand -q api qalyptus GET /x
refused 6 "it lets nobody in for longer than the call has (setting 'timeout')" "a server that is shut for an hour"
sent 1 "is asked once"
try errand -q -e 'try(qalyptus.groups.list) return qalyptus.groups.create{ name = "n" }'
refused 6 "qalyptus answered 429 and lets nobody from here in for another 300 s; nothing was sent, try again then" "who comes after"
sent 2 "is not let near it"
[ "$(errand calls -o json 2>/dev/null | grep -c groups.create)" = 0 ]
result $? "and is not recorded as sent"

answers <<'END'
=== reply POST /access-tokens times=1
HTTP/1.1 429 Too Many Requests
Retry-After: 0

slow down
=== reply POST /access-tokens times=1
HTTP/1.1 200 OK
Content-Type: application/json

{"type":"AccessToken","data":{"publicId":"aT0000000001","secretId":"tok-1234"},"status":"success"}
=== reply times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"type":"Invite","data":{"invites":[{"publicId":"in0000000001"}],"userMemberships":[]},"status":"success"}
END
unset ERRAND_IXON_TOKEN
try ERRAND_IXON_EMAIL=admin@example.com ERRAND_IXON_PASSWORD=pw-12345 errand api ixon POST /invites --json '[]'
exits 0 "a create whose login is answered 429"
says "(attempt 2 of 4)" "logs in again, for nothing of it has left"
sent 3 "two logins and one create"

answers <<'END'
=== reply times=0
HTTP/1.1 503 Busy

busy
END
unset ERRAND_IXON_TOKEN
try ERRAND_IXON_EMAIL=admin@example.com ERRAND_IXON_PASSWORD=pw-12345 errand -q api ixon GET /roles
refused 7 "try again later; gave up after 4 attempts in" "a login that always fails"
sent 4 "is tried as often as it says"

# ---- nothing can have left: creates are tried again, too ----

try ERRAND_QALYPTUS_URL=http://127.0.0.1:1 errand api qalyptus POST /x --json '{}'
exits 7 "a create that cannot connect"
says "(attempt 4 of 4)" "is tried again"
says "gave up after 4 attempts" "and given up"

# ---- one effect, whatever happens to the answer ----

answers <<'END'
=== reply GET /warm times=1
HTTP/1.1 200 OK
Content-Type: application/json

{}
=== reply times=0 raw end=reset
END
try errand -e 'local c = require "core.client"
  c.raw("qalyptus", "GET", "/warm")
  return c.raw("qalyptus", "POST", "/make", { body = "{}" })'
refused 4 "may have had its effect: look before repeating it" "a create whose answer is lost, after a read on a kept connection"
sent 2 "is sent exactly once"

# ---- rate limits ----

answers <<'END'
=== reply times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"type":"Role","data":[],"status":"success","moreAfter":null}
END
try errand -v -e 'ixon.roles.list{ fields = "publicId" } return 1'
says "ixon: at most 30/s, 8 calls at once" "--verbose tells the limits of a service"
started=$(date +%s%N)
try ERRAND_IXON_RATE=10/300s errand --time-limit "$((20 * ${SLOW:-1}))" -v -e '
  local n = 0
  for i = 1, 10 do spawn(function() ixon.roles.get(("r%011d"):format(i)) n = n + 1 end) end
  while n < 10 do sleep(0.001) end
  return deadline(0.3, function() return (try(ixon.roles.get, "r00000000011")) end)'
says "10 requests have left in 300 s (setting 'rate')" "--verbose tells what is waited for"
sent 11 "ten requests of the second run have left, the eleventh waits"
waiting='for i = 1, 50 do spawn(function() ixon.roles.get(("r%011d"):format(i)) end) end'
try ERRAND_IXON_RATE=2/300s errand --time-limit "${SLOW:-1}" -e "$waiting"
[ "$(grep -c 'wait for their turn' err)" = 1 ]
result $? "fifty calls that wait long say so in one line"
says "ixon: 48 calls wait for their turn, the last for about 7" "how many and how long"
says " s: 2 requests have left in 300 s (setting 'rate')" "and why"
try ERRAND_IXON_RATE=2/300s errand -q --time-limit "${SLOW:-1}" -e "$waiting"
! grep -q 'wait for their turn' err
result $? "-q leaves it out"
try ERRAND_IXON_RATE=4/1s errand -e '
  local task, began = require "host.task", require("host.task").now()
  for i = 1, 9 do ixon.roles.get(("r%011d"):format(i)) end
  return task.now() - began >= 2'
outputs true "nine calls at four a second take two seconds"
try ERRAND_IXON_CONCURRENCY=1 errand -v -e 'parallel({ 1, 2, 3 }, function(i) return ixon.roles.get(("r%011d"):format(i)) end)'
says "waits for its turn, 1 under way (setting 'concurrency')" "calls at once"
for rate in 5 5/x /s -1/s 0.5/s; do
  try ERRAND_IXON_RATE=$rate errand -e 'ixon.roles.get "r00000000001"'
  refused 2 "ERRAND_IXON_RATE: must be requests in a time such as 30/s or 100/10s, or none, got '$rate'" "a rate of '$rate'"
done

for name in TIMEOUT CONNECT_TIMEOUT STALL_TIMEOUT; do
  try "ERRAND_IXON_$name=0" errand -e 'ixon.roles.get "r00000000001"'
  refused 2 "ERRAND_IXON_$name: must be at least 0.001" "no time at all is no $name"
done

# ---- times ----

try errand --timing -e 'ixon.roles.get("r00000000001") ixon.roles.get("r00000000002") return 1'
exits 0 "--timing"
grep -Eq '^errand: timing: ixon GET /roles/r00000000001[^:]* 200: resolve [0-9.]+ ms, connect [0-9.]+ ms, TLS 0.0 ms, send [0-9.]+ ms, wait [0-9.]+ ms, receive [0-9.]+ ms, total [0-9.]+ ms, new connection$' "$tmp/err"
result $? "tells where the time of a request went"
says "timing: 2 requests on 1 new connections: resolve" "and the sums"
outputs 1 "on standard error"
done_testing
