#!/bin/sh
# What described operations cost: nothing, until one is named. With none, one and
# all of the built-in services named; then beside a copy of the embedded Lua
# that has a service of 1,000 operations more.
# local_touch.sh BUILD_DIR
set -eu
build=$1
errand=$build/errand
runs=${LOCAL_RUNS:-200}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT


full='collectgarbage() collectgarbage()'
heap="$full return (\"%.0f KB\"):format(collectgarbage \"count\")"

# against NAME LIMIT CODE CODE: two scripts beside each other, and their heaps
against() {
  "$build/tests/beside" -p "$2" "$runs" "$1" "$errand" -e "$3" -- "$errand" -e "$4"
  echo "    heap of Lua: $("$errand" -e "$3 $heap"), $("$errand" -e "$4 $heap")"
}

echo "touched, of $("$errand" list-operations | wc -l) operations      nothing         the other"
against "the same again" 1.1 "" ""
against "a service" 2 "" "local _ = qalyptus"
against "an operation of it" 3 "" "local _ = qalyptus.roles.list"
against "an operation of each service" 6 "" "local _ = bossinsights.accounts.list, infoworks.users.list, \
  intrexx.users.create, ixon.users.list, qalyptus.roles.list"

# 100 resources of 10 operations, each with a shape
"$errand" -e '
  local out = { "return { format = 1, name = \"synthetic\", title = \"Synthetic\", docs = \"https://api.example.com\",",
    "evidence = \"docs\", url = { default = \"https://api.example.com\" }, settings = {}, auth = {}, shapes = {" }
  local function add(...) out[#out + 1] = string.format(...) end
  for r = 1, 100 do
    add("Thing%d = { { \"name\", \"string\", required = true, doc = \"Name of thing %d.\" }, { \"size\", \"integer\" } },", r, r)
  end
  add "}, resources = {"
  for r = 1, 100 do
    add("{ \"things%d\", doc = \"Things of kind %d.\", operations = {", r, r)
    for o = 1, 10 do
      add("{ \"change_%d\", http = \"POST /things%d/{id}/change%d\", effect = \"set\", summary = \"Change a thing.\","
        .. " doc = \"What it does, in a sentence or two, as catalogues say it.\", path = { { \"id\", \"string\","
        .. " required = true } }, body = \"Thing%d\", example = \"synthetic.things%d.change_%d(1, { name = 2 })\" },",
        o, r, o, r, r, o)
    end
    add "} },"
  end
  add "} }"
  io.write(table.concat(out, "\n"))' >"$tmp/catalogue.lua"
mkdir -p "$tmp/few" "$tmp/many/synthetic" "$tmp/own/synthetic" "$tmp/none"
cp -r lua/. "$tmp/few"
cp -r lua/. "$tmp/many"
cp "$tmp/catalogue.lua" "$tmp/many/synthetic"
cp "$tmp/catalogue.lua" "$tmp/own/synthetic"

# more NAME LIMIT CODE VARIABLE FEW MANY: without and with 1,000 operations more
more() {
  "$build/tests/beside" -p "$2" "$runs" "$1" env "$4=$5" "$errand" -e "$3" -- env "$4=$6" "$errand" -e "$3"
  echo "    heap of Lua: $(env "$4=$5" "$errand" -e "$3 $heap"), $(env "$4=$6" "$errand" -e "$3 $heap")"
}

printf '\n1,000 operations more            without            with\n'
more "ERRAND_LUA, nothing named" 1.1 "" ERRAND_LUA "$tmp/few" "$tmp/many"
more "ERRAND_LUA, another operation" 1.1 "local _ = qalyptus.roles.list" ERRAND_LUA "$tmp/few" "$tmp/many"
more "ERRAND_SERVICES, nothing named" 1.1 "" ERRAND_SERVICES "$tmp/none" "$tmp/own"
more "ERRAND_SERVICES, another" 1.1 "local _ = qalyptus.roles.list" ERRAND_SERVICES "$tmp/none" "$tmp/own"
ERRAND_SERVICES="$tmp/own" "$build/tests/beside" "$((runs / 10 + 1))" "ERRAND_SERVICES, one of them" "$errand" -e "" -- \
  "$errand" -e "local _ = synthetic.things7.change_3"
