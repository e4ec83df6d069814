#!/bin/sh
# store.sh - the journal of runs on disks that fill up, are read-only or lose
# a part of it, and with processes that are killed or write at once.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh

cd "$tmp" || exit 1
mkdir -m 700 disk
# what every script below begins with
cat >journal.lua <<'EOF'
local host_store, journal = require "host.store", require "core.run.journal"
local sys = require "host.sys"
local M = { path = os.getenv "STORE", sys = sys }
function M.open()
  local store, err = host_store.open(M.path)
  if not store then error(err, 0) end
  return journal.open(store), store
end
function M.create(J, key)
  local id = J:new_id()
  return J:create { id = id, workflow = "w", key = key or id, input = "{}" } and id
end
function M.step(path) return { path = path, ordinal = 1, class = "create", operation = "a.b.create" } end
-- what comes of it, in one word
function M.word(f, ...)
  local ok, err = pcall(f, ...)
  return ok and "ok" or type(err) == "table" and (err.reason or err.kind) or tostring(err)
end
return M
EOF

# runs BODY [NAME=VALUE...]: a script in the folder of journal.lua
runs() {
  printf 'local M = require "journal"\n%s\n' "$1" >script.lua
  shift
  try STORE="$tmp/disk/store.db" "$@" errand run script.lua
}

lost='its -wal file is lost or an older copy was put in its place'

# ---- a small disk, in a name space of its own so that nothing stays mounted

full='
local J, store = M.open()
local id = M.create(J)
local sent = {}
function J.hook(name, _, path) if name == "C1" then sent[#sent + 1] = path end end
local filler = os.getenv "DISK" .. "/filler"
local function fill()
  local file = assert(io.open(filler, "ab"))
  file:setvbuf "no"
  while file:write(("x"):rep(4096)) do end
  while file:write "x" do end
  file:close()
end
local value = "\"" .. ("v"):rep(300000) .. "\""
J:intent(id, M.step "a")
J:result(id, "a", { value = value })
fill()
print("C1, full", M.word(J.intent, J, id, M.step "b"))
print("state, full", M.word(J.state, J, id, "stalled"), store:release())
os.remove(filler)
print("C1, room", M.word(J.intent, J, id, M.step "b"))
fill()
print("C2, full", M.word(J.result, J, id, "b", { value = value }))
print("C1, no reserve", M.word(J.intent, J, id, M.step "c"))
os.remove(filler)
print("C1, room again", M.word(J.intent, J, id, M.step "c"))
store:release()
fill()
print("C2, no reserve", M.word(J.result, J, id, "c", { value = value }))
print("sent", table.concat(sent, " "))
store:close()
os.remove(filler)
J, store = M.open()
for _, step in ipairs(J:steps(id)) do print(step.path, step.state, #(step.value or "")) end
print("state", J:run(id).state, J:check())
'
want='C1, full	full
state, full	ok	false
C1, room	ok
C2, full	ok
C1, no reserve	full
C1, room again	ok
C2, no reserve	full
sent	a b c
a	done	300002
b	done	300002
c	intent	0
state	stalled	7'

if unshare -rm true 2>/dev/null; then
  cat >small.sh <<'EOF'
mount -t tmpfs -o size=6m,mode=700 none "$DISK" || exit 99
errand run script.lua
code=$?
case $AFTER in
read-only)
  mount -o remount,bind,ro "$DISK" || exit 99
  errand run after.lua
  code=$? ;;
esac
exit $code
EOF
  runs "$full" DISK="$tmp/disk" true
  try STORE="$tmp/disk/store.db" DISK="$tmp/disk" AFTER= unshare -rm sh small.sh
  [ "$code" = 0 ] && [ "$(cat out)" = "$want" ]
  result $? "a disk that fills up: nothing is sent without an intent, what came back is kept" ||
    echo "$want" | sed 's/^/# wanted: /'

  echo 'local M = require "journal"; local J = M.open(); print(J:check())' >after.lua
  runs 'local J = M.open(); M.create(J)'
  rm -f disk/store.db*
  try STORE="$tmp/disk/store.db" DISK="$tmp/disk" AFTER=read-only unshare -rm sh small.sh
  refused 1 'cannot be written: its file system is mounted read-only' "a read-only store"

  # a whole workflow, whose notes fill the disk after some steps
  cat >many.lua <<'EOF'
return workflow.define("many", { key = function() return "all" end }, function(run)
  for i = 1, 40 do
    run:step("invite " .. i, ixon.invites.create, { emailAddress = ("p%02d@example.com"):format(i), groupRoles = array {} })
    run:note(("x"):rep(200000))
  end
  return { invited = 40 }
end)
EOF
  cat >many.sh <<'EOF'
# how many effects of each person: "40 1" is one each
effects() {
  grep -o '"effects":{[^}]*}' world.json | grep -o '@example.com":[0-9]*' | sed 's/.*://' | sort | uniq -c | xargs
}
mount -t tmpfs -o size=6m,mode=700 none "$DISK" || exit 99
STORE="$DISK/store.db" errand run open.lua || exit 99
ln -s "$DISK/store.db" world.json.store
errand --sandbox=world.json run many.lua 2>err.full
echo "full $?, $(effects)"
mount -o remount,size=60m "$DISK" || exit 99
errand --sandbox=world.json run many.lua 2>err.room
echo "room $?, $(effects)"
EOF
  printf 'local M = require "journal"\nM.open()\n' >open.lua
  try DISK="$tmp/disk" unshare -rm sh many.sh
  grep -q '^full 3, [1-3]\{0,1\}[0-9] 1$' out && grep -q 'disk is full\|of room beside the store' err.full
  result $? "a workflow stalls when the disk is full" || sed 's/^/# err: /' err.full
  grep -q '^room 0, 40 1$' out
  result $? "and goes on when there is room, with one effect of each" || sed 's/^/# err: /' err.room
  rm -f world.json.store
else
  result 0 "a small disk # SKIP no name spaces here"
fi
rm -f disk/store.db*

# ---- a process is killed, and the log is not what it was

killed='
local J = M.open()
local id = M.create(J, "k")
J:state(id, "running")
for i = 1, 20 do
  J:intent(id, M.step("s" .. i))
  J:result(id, "s" .. i, { value = tostring(i) })
end
J:intent(id, M.step "last")
M.sys.kill_self()
'
look='
local J, store = M.open()
local run = J:live("w", "k")
print(run.state, #J:steps(run.id), J:step(run.id, "last").state, J:check())
store:close()   -- writes the log back
'
runs "$killed"
[ "$code" = 137 ] && [ -s disk/store.db-wal ]
result $? "a run is killed with everything in the log"
cp -r disk kept

# again: the store as the kill left it
again() {
  rm -rf disk
  cp -r kept disk
}

runs "$look"
outputs 'running	21	intent	43' "all of it is there afterwards"

again
rm disk/store.db-wal
runs "$look"
refused 1 "$lost" "a log that is gone"

again
size=$(wc -c <disk/store.db-wal)
dd if=/dev/urandom of=disk/store.db-wal bs=64 count=4 seek=$((size / 128)) conv=notrunc 2>/dev/null
runs "$look"
refused 1 "$lost" "a log that is spoilt in the middle"

again
dd if=/dev/zero of=disk/store.db-wal bs=32 count=1 conv=notrunc 2>/dev/null
runs "$look"
refused 1 "$lost" "a log without its head"

again
truncate -s $((size - 4200)) disk/store.db-wal
runs "$look"
refused 1 "$lost" "a log that is cut"
cp kept/store.db-wal disk/store.db-wal
rm -f disk/store.db disk/store.db-shm
cp kept/store.db disk/store.db
runs "$look"
outputs 'running	21	intent	43' "put back, it is whole"

again
runs "$look"
size=$(wc -c <disk/store.db)
dd if=/dev/urandom of=disk/store.db bs=100 count=20 conv=notrunc 2>/dev/null
runs "$look"
refused 1 'is damaged or is no store of errand' "a store without its head"
again
runs "$look"
truncate -s $((size / 2)) disk/store.db
runs "$look"
refused 1 'is damaged' "a store that is cut"
again
runs "$look"
dd if=/dev/urandom of=disk/store.db bs=4096 count=1 seek=5 conv=notrunc 2>/dev/null
runs "$look"
refused 1 'is damaged' "a store with a spoilt page"
rm -rf disk
mkdir -m 700 disk

# ---- several processes at once

runs 'local J = M.open(); M.create(J)'
writers='
local J = M.open()
print("key", M.create(J, "same") and "mine" or "taken")
local id = M.create(J)
J:state(id, "running")
for i = 1, 25 do
  J:intent(id, M.step("s" .. i))
  J:result(id, "s" .. i, { value = "1" })
end
J:state(id, "done")
'
printf 'local M = require "journal"\n%s\n' "$writers" >script.lua
for i in 1 2 3 4; do
  STORE="$tmp/disk/store.db" errand run script.lua >"out.$i" 2>&1 &
  pids="$pids $!"
done
bad=0
for p in $pids; do wait "$p" || bad=1; done
pids=
cat out.? >out
[ $bad = 0 ] && [ "$(grep -c 'mine' out)" = 1 ] && [ "$(grep -c 'taken' out)" = 3 ]
result $? "of processes that start the same run at once one gets it"
runs '
local J = M.open()
local seqs = 0
for _, run in ipairs(J:runs { state = "done" }) do
  for i, step in ipairs(J:steps(run.id)) do if step.state == "done" and step.done_seq == i then seqs = seqs + 1 end end
end
print(#J:runs(), seqs, J:check())
'
# one run to begin with, one shared, and four of 53 events
outputs '6	100	214' "and nothing that they wrote at once is lost"

# a process that was thought dead wakes up
runs '
local A, B = M.open(), M.open()
local id = M.create(A)
A:intent(id, M.step "a")
B:own(id)
print(M.word(A.result, A, id, "a", {}), M.word(B.result, B, id, "a", {}), M.word(A.state, A, id, "failed"))
'
outputs 'lost	ok	lost' "whoever lost a run writes no more"

# ---- secrets, in the bytes of all its files

cat >"$HOME/secret" <<'EOF'
c4n"a/ry+journal~8
EOF
chmod 600 "$HOME/secret"
# shellcheck disable=SC2016
runs '
local secret = "c4n\"a/ry+journal~8"
local handle = require("host.config").new()
assert(handle:set("p", "s", "n", secret, "here", true))
local json, J = require "host.json", M.open()
local url = secret:gsub("[^%w~]", function(c) return ("%%%02X"):format(c:byte()) end)
local base64 = "YzRuImEvcnkram91cm5hbH44"
local escaped = json.encode(secret):sub(2, -2)
local slashed = (escaped:gsub("/", "\\/"))
local forms = { secret, url, base64, escaped, slashed }
local all = {}
for i, form in ipairs(forms) do all[i] = "<" .. form .. ">" end
all = table.concat(all)
local text = json.encode(json.array { all, escaped })
local id = J:new_id()
J:create { id = id, workflow = "w" .. all, key = "k" .. all, input = text, seed = all, file = all, owner = all,
  source_set = J:sources { ["a.lua"] = all, [all] = "return 1" } }
local function step(path)
  return { path = path, ordinal = 1, class = "create", operation = "o" .. all, args = text, args_digest = all, body_digest = all,
    op_key = all, before = text, inverse = text, boot_id = all, parent = all, kind = all }
end
local result = { status = 1, value = text, remote_id = all, request_id = all, kind = all, message = all, data = text }
J:intent(id, step("a" .. all)); J:result(id, "a" .. all, result)
J:intent(id, step "b"); J:doubt(id, "b", result)
J:settled(id, "b", "absent", { looks = text, value = text }, all, all)
J:failure(id, step "c", result)
J:record(id, step "d", result)
J:sleep(id, "s", 1, 2, step "s")
J:approval(id, "ok", { ask = all, on_timeout = all })
J:decide(id, "ok", { approved = true, by = all, comment = all })
J:event(id, "b", all, text, all)
J:undo_intent(id, "d", { class = all, operation = all, data = text, boot_id = all })
J:undo_failed(id, "d", result)
J:undo_disabled(id, "d", all)
J:request(id, all, all, all)
J:state(id, "failed", text, text, { reason = all, actor = all })
print("events", J:check())
local found, bytes = 0, 0
local function search(where)
  for _, suffix in ipairs { "", "-wal", "-shm", ".reserve" } do
    local file = assert(M.sys.read_file(M.path .. suffix))
    bytes = bytes + #file
    for _, form in ipairs(forms) do
      if file:find(form, 1, true) then found = found + 1; print("found in", where .. suffix, form) end
    end
  end
end
search "live"
-- the search itself can find: the redacted mark is there
print("canaries", found, bytes > 100000, assert(M.sys.read_file(M.path .. "-wal")):find("[secret]", 1, true) ~= nil)
M.sys.kill_self()
'
[ "$code" = 137 ] && grep -q '^canaries	0	true	true$' out
result $? "no secret gets into the store or its log"
runs 'local J = M.open(); print("sound", J:check())'
outputs 'sound' "which a kill leaves whole"
! grep -qaF -e 'c4n"a/ry' -e 'c4n%22a' -e 'YzRuImEvcnkram' -e 'c4n\"a' disk/*
result $? "nor into the file that the log is written back to"

done_testing
