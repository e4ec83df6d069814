#!/bin/sh
# safety.sh - what the host keeps from scripts, and what it leaves behind.
# SPDX-License-Identifier: MIT
. tests/e2e/lib/e2e.sh
cd "$tmp" || exit 1

# ---- bytecode and C code ----

mkdir app
errand -e 'io.open("app/compiled.lua", "wb"):write(string.dump(function() return "ran" end))'
[ "$(head -c 4 app/compiled.lua | od -An -c | tr -d ' ')" = '033Lua' ]
result $? "there is a compiled chunk to try"
cat >app/main.lua <<'END'
local file = io.open("app/compiled.lua", "rb")
local bytes = file:read "a"
file:close()
local function tell(what, fn, message)
  print(what, type(fn) == "function" and "LOADED" or fn, tostring(message):find("binary", 1, true) ~= nil)
end
tell("load", load(bytes))
tell("load b", load(bytes, "x", "b"))
tell("load bt", load(bytes, "x", "bt", {}))
local pieces = { bytes:sub(1, 1), bytes:sub(2) }
tell("load pieces", load(function() return table.remove(pieces, 1) end, "x", "b"))
tell("loadfile", loadfile("app/compiled.lua"))
tell("loadfile b", loadfile("app/compiled.lua", "b"))
tell("dofile", select(1, pcall(dofile, "app/compiled.lua")), select(2, pcall(dofile, "app/compiled.lua")))
tell("require", select(1, pcall(require, "compiled")), select(2, pcall(require, "compiled")))
END
try errand run app/main.lua
exits 0 "compiled chunks"
cat >want <<'END'
load	nil	true
load b	nil	true
load bt	nil	true
load pieces	nil	true
loadfile	nil	true
loadfile b	nil	true
dofile	false	true
require	false	true
END
cmp -s want out
result $? "load, loadfile, dofile and require refuse them"
try errand run app/compiled.lua
refused 1 "app/compiled.lua: compiled Lua is not run" "run refuses them"
errand run - <app/compiled.lua >out 2>err
code=$?
refused 1 "stdin: compiled Lua is not run" "so does run -"
try errand -e 'return load("return 1 + 1")()'
outputs 2 "text is loaded"

try errand -e 'return debug'
refused 2 "unknown name 'debug'" "no debug"
try errand -e 'return pcall(require, "debug")'
outputs false "no debug by require"
try errand -e 'print(package.loadlib, package.cpath == "", package.loaded.debug)'
outputs "nil	true	nil" "nothing in package that loads C"
library=$(find /usr/lib -path '*lua/5.4/*.so' 2>/dev/null | head -n 1)
cat >evil.c <<'END'
int luaopen_evil(void *L);
int luaopen_evil(void *L) { (void)L; return 0; }
END
if cc -shared -fPIC -o app/evil.so evil.c 2>err; then cp app/evil.so evil.so; else cp "$library" app/evil.so; fi
echo 'local ok, why = pcall(require, "evil") print(ok, why)' >app/c.lua
try LUA_CPATH="$tmp/app/?.so;;" LUA_CPATH_5_4="$tmp/app/?.so;;" errand run app/c.lua
outputs "false" "a C module beside the script is not loaded"
try errand -e 'return require("cjson").encode{ 1 }'
outputs '"[1]"' "cjson is linked in"

# ---- the environment ----

mkdir elsewhere
echo 'print "INTRUDER"' >elsewhere/intruder.lua
try LUA_INIT='print "INTRUDER"' LUA_INIT_5_4='print "INTRUDER"' errand -e 'return 1'
[ "$code" = 0 ] && [ "$(cat out)" = 1 ] && [ ! -s err ]
result $? "LUA_INIT is ignored"
try LUA_PATH="$tmp/elsewhere/?.lua" LUA_PATH_5_4="$tmp/elsewhere/?.lua;;" errand -e 'print(pcall(require, "intruder"))'
! grep -q INTRUDER out && outputs false "LUA_PATH is ignored"
cp elsewhere/intruder.lua .
try errand run app/c.lua
echo 'print(pcall(require, "intruder"))' >app/p.lua
try errand run app/p.lua
! grep -q INTRUDER out
result $? "modules come from beside the script, not from the current directory"
echo 'return "beside"' >app/helper.lua
echo 'return require "helper"' >app/h.lua
try errand run app/h.lua
outputs beside "modules beside the script are found"
mkdir -p .config/errand errand
for file in config.lua errand.lua .errand.lua .config/errand/config.lua errand/config.lua; do echo 'error "INTRUDER"' >$file; done
try errand call qalyptus groups list
refused 2 "set url in profile 'default' of $HOME/.config/errand/config.lua" "no configuration from the current directory"
rm -f config.lua
mkdir -p core
echo 'error "INTRUDER"' >core/cli.lua
try errand -e 'return require("core.cli") ~= nil'
outputs true "nothing shadows errand's own modules"

# ---- what goes over the wire unasked ----

cat >"$HOME/.netrc" <<'END'
machine 127.0.0.1 login intruder password intruder
default login intruder password intruder
END
echo 'user-agent = "INTRUDER"' >"$HOME/.curlrc"
chmod 600 "$HOME/.netrc"
serve - <<'END'
=== reply POST /auth
HTTP/1.1 200 OK
Set-Cookie: session=1; Path=/

bought-token-1
=== reply GET /portals times=2
HTTP/1.1 200 OK
Content-Type: application/json
Set-Cookie: session=2; Path=/

[]
END
accounts "$at"
try errand -e 'intrexx.portals.list() return intrexx.portals.list()'
exits 0 "two calls behind a login"
! grep -iq '^authorization' seen/1 && ! grep -iq '^cookie\|intruder\|Basic' seen/1 seen/2 seen/3
result $? "no netrc, no curlrc, no cookies"

# ---- limits ----

refused_memory() {
  [ "$code" = 1 ] && [ ! -s out ] && [ "$(wc -l <err)" = 1 ] && grep -q 'memory' err
  result $? "--max-memory: $1"
}
try errand --max-memory 16 -e 'local l = {} while true do l[#l + 1] = {} end'
refused_memory "tables"
try errand --max-memory 16 -e 'return #("x"):rep(1 << 30)'
refused_memory "one long string"
try errand --max-memory 16 -e 'local s = "x" while true do s = s .. s end'
refused_memory "a string that grows"
try errand --max-memory 16 -e 'local l = {} for i = 1, 100 do l[i] = i end return select("#", pcall(string.rep, "x", 1 << 30)), #l'
exits 0 "--max-memory: a script may catch it and go on"
serve - <<'END'
=== reply endless=[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],
HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 30000000

[
END
accounts "$at"
try ERRAND_QALYPTUS_MAX_BODY=10000000 errand --max-memory 16 api qalyptus GET /x
[ "$code" != 0 ] && [ "$(wc -l <err)" = 1 ] && [ ! -s out ]
result $? "a reply larger than everything"

# time_limit WHAT CODE: ends with 1 within a few seconds
time_limit() {
  before=$(date +%s)
  try errand --time-limit 0.2 -e "$2"
  [ "$code" = 1 ] && [ "$(wc -l <err)" = 1 ] && grep -q 'time limit' err && [ $(($(date +%s) - before)) -le 10 ]
  result $? "--time-limit: $1"
}
time_limit "an endless loop" 'while true do end'
time_limit "a pattern without end" 'return ("a"):rep(60):find((".-"):rep(30) .. "b")'
time_limit "a loop that catches errors" 'while true do pcall(error) end'
time_limit "coroutines without end" 'while true do coroutine.wrap(function() while true do coroutine.yield() end end)() end'
time_limit "sleep" 'sleep(3600)'
serve - <<'END'
=== reply end=hang
END
accounts "$at"
time_limit "a call" 'qalyptus.organizations.list{ get_all = true }'

# ---- the process ----

try errand -e 'os.execute "ulimit -c; ulimit -H -c"'
[ "$(cat out)" = "$(printf '0\n0')" ]
result $? "no core dumps, nor in children"
# What a child has open, but for sockets that lead nowhere: libcurl wakes
# itself through a pair of them.
cat >look <<'END'
for fd in /proc/$$/fd/*; do
  to=$(readlink "$fd")
  case $to in
    socket:*) to=${to#*\[} && grep -q " ${to%]} " /proc/net/tcp && echo connection ;;
    *.db*) echo "$to" ;;
  esac
done
END
cat >fds.lua <<'END'
qalyptus.organizations.list{ get_all = true }
try(qalyptus.groups.create, { name = "New" })
os.execute "sh look; echo looked"
END
cat >replies <<'END'
=== reply times=0
HTTP/1.1 200 OK
Content-Type: application/json

{"isSuccess":true,"data":[]}
END
serve replies
accounts "$at"
try errand run fds.lua
[ "$(cat out)" = looked ]
result $? "children inherit no connection and no store"
[ "$(stat -c '%a' "$HOME/.local/state/errand")" = 700 ] && [ "$(stat -c '%a' "$HOME/.local/state/errand/store.db")" = 600 ]
result $? "the store is for its owner alone"
try errand -e 'os.exit(7)'
exits 7 "os.exit ends with its code"
try errand -e 'os.exit(true)'
exits 0 "os.exit(true)"
try errand -e 'return getmetatable(_G)'
outputs global "the table of globals is locked"
try errand -e 'setmetatable(_G, {})'
exits 1 "and stays so"

# ---- what remains ----

# sandboxed WHAT CODE EXIT [OPTION...]: the script prints the child's id first
sandboxed() {
  what=$1
  script=$2
  want=$3
  shift 3
  try errand --sandbox "$@" -e 'print(require("core.session").child:pid()) io.stdout:flush() '"$script"
  exits "$want" "sandbox: $what"
  child=$(head -n 1 out)
  [ "${child:-0}" -gt 1 ] && gone "$child"
  result $? "sandbox: $what: the child is gone"
}
sandboxed "a script that ends" 'ixon.users.list()' 0
sandboxed "a script that fails" 'error "x"' 1
sandboxed "os.exit" 'os.exit(3)' 3
sandboxed "the time limit" '("a"):rep(60):find((".-"):rep(30) .. "b")' 1 --time-limit "$((2 * ${SLOW:-1}))"
sandboxed "no memory" 'local l = {} while true do l[#l + 1] = {} end' 1 --max-memory 24
for signal in INT TERM KILL; do
  mkfifo line
  errand --sandbox -e 'print(require("core.session").child:pid()) io.stdout:flush() sleep(3600)' >line 2>err &
  errand_pid=$!
  exec 6<line
  read -r child <&6
  kill -$signal $errand_pid
  wait $errand_pid 2>/dev/null
  code=$?
  exec 6<&-
  rm line
  gone "$child"
  result $? "sandbox: SIG$signal: the child is gone"
done
mkdir out2
(cd out2 && errand --sandbox -e 'ixon.users.list()' && errand --sandbox call intrexx portals list) >out 2>err
[ -z "$(ls -A out2)" ] && [ -z "$(ls -A "$TMPDIR")" ]
result $? "no files remain"

cd "$here" || exit 1
done_testing
