#!/bin/sh
# schedules_docs.sh - what docs/schedules.md says is what there is: its files, tables, commands and metrics.
# SPDX-License-Identifier: MIT
#
# A Lua block whose first line is "-- schedule.lua" is a schedule file; any
# other is a script. Their absolute paths are put below the folder of the test.
. tests/e2e/lib/e2e.sh
. tests/e2e/lib/daemon.sh
# shellcheck disable=SC2154
document=$here/docs/schedules.md
cd "$tmp" || exit 1
mkdir etc hr

# ---- the page beside the lists of the code

cat >drift.lua <<'END'
local sys = require "host.sys"
local cron_ = require "host.cron"

local n = 0
local function check(ok, what, more)
  n = n + 1
  print(("%s %s%s"):format(ok and "ok" or "not ok", what, not ok and more and " # " .. more or ""))
end

local tree = os.getenv "TREE"
local function read(path) return assert(sys.read_file(tree .. "/" .. path)) end
local text = read "docs/schedules.md"

-- ---- tables of Markdown: rows of cells by the words of the header

local function cells_of(line)
  local out = {}
  for cell in line:gsub("\\|", "\0"):sub(2):gmatch "([^|]*)|" do
    out[#out + 1] = (cell:gsub("%z", "|"):gsub("^ +", ""):gsub(" +$", ""))
  end
  return out
end

local function table_of(header)
  local from = select(2, text:find("\n" .. header .. "\n|-", 1, true))
  if not from then error("the page has no table " .. header, 0) end
  from = text:find("\n", from, true)
  local out = {}
  for line in text:sub(from + 1):gmatch "([^\n]*)\n" do
    if line:sub(1, 1) ~= "|" then break end
    out[#out + 1] = cells_of(line)
  end
  return out
end

-- The names in backticks in a text.
local function names_in(cell)
  local out = {}
  for name in cell:gmatch "`([^`]+)`" do out[#out + 1] = name end
  return out
end

local function set_of(list)
  local out = {}
  for _, one in ipairs(list) do out[one] = true end
  return out
end

local function keys_of(t)
  local out = {}
  for key in pairs(t) do out[#out + 1] = key end
  return out
end

-- Both lists have the same names, in any order.
local function same(what, documented, real)
  local said, there, wrong = set_of(documented), set_of(real), {}
  for name in pairs(said) do
    if not there[name] then wrong[#wrong + 1] = name .. " is not there" end
  end
  for name in pairs(there) do
    if not said[name] then wrong[#wrong + 1] = name .. " is not told" end
  end
  table.sort(wrong)
  check(#wrong == 0 and #real > 0, what, table.concat(wrong, ", "))
end

local function first_names(rows)
  local out = {}
  for _, row in ipairs(rows) do
    for _, name in ipairs(names_in(row[1])) do out[#out + 1] = (name:gsub('^"(.*)"$', "%1")) end
  end
  return out
end

-- The names of a table constructor in a source: "local NAME = { a = ..., b = ... }"
local function names_in_source(path, name)
  local body = read(path):match("[%s.]" .. name .. "[^=\n]*= (%b{})")
  local out = {}
  for key in body:sub(2, -2):gsub("%b{}", "0"):gsub('"[^"]*"', "0"):gmatch "([%a_]+)%s*=" do out[#out + 1] = key end
  return out
end

-- ---- fields

local fields = require "core.schedule.fields"
local row = require "core.schedule.row"
local rows = table_of "| field | default | meaning |"
local real, may_be_default = {}, {}
for _, one in ipairs(fields.rows) do
  real[#real + 1] = one[1]
  if one.default then may_be_default[#may_be_default + 1] = one[1] end
end
same("every field of a schedule, and no other", first_names(rows), real)
same("those that may be a default", names_in(text:match "These may be defaults:(.-)%."), may_be_default)

local definition = assert(row.definition("x", { at = "@daily", run = "x.lua" }, { dir = "/" }))
for _, cells in ipairs(rows) do
  local name, told = names_in(cells[1])[1], cells[2]
  local value = definition[name]
  if name == "notify" or name == "args" then value = nil end
  local wanted = told == "none" or told == "" or told == "that of `errand serve`"
  if wanted then
    check(value == nil or name == "at" or name == "run", name .. " has no default", tostring(value))
  else
    local chunk = assert(load("return " .. told:gsub("`", "")))()
    if type(chunk) == "string" and type(value) == "number" then chunk = require("core.duration").seconds(chunk) end
    local equal = chunk == value
    if type(chunk) == "table" then equal = chunk.days == value.days and chunk.count == value.count end
    check(equal, ("the default of %s is %s"):format(name, told), tostring(value))
  end
end

local by_name = {}
for _, one in ipairs(fields.rows) do by_name[one[1]] = one end
for _, one in ipairs { { "overlap", "| `overlap` | if the one before has not ended |" }, { "catchup", "| `catchup` | |" } } do
  same("every value of " .. one[1], first_names(table_of(one[2])), by_name[one[1]].enum)
end
same("every value of on", first_names(table_of "| `on` | is told |"), { "failure", "change", "always", "never" })
same("every channel", first_names(table_of "| channel | what happens |"), { "command", "mail", "webhook", "ping" })
for _, one in ipairs { "failure", "change", "always", "never" } do
  local got, problems = row.definition("x", { at = "@daily", run = "x.lua", notify = { on = one, mail = "a@example.com" } })
  check(got ~= nil, "on = " .. one .. " is known", problems[1] and problems[1].message)
end
same("options of a webhook", names_in(text:match "A webhook and a ping take(.-), which"), require("core.schedule.target").transport_names)

-- ---- outcomes, reasons

local outcomes = first_names(table_of "| outcome | the run |")
same("every outcome that a notice has words for", outcomes, names_in_source("lua/core/schedule/notice.lua", "OUTCOMES"))
same("every outcome that the page knows", outcomes, names_in_source("lua/core/schedule/page/outcome.lua", "ended"))
for name in pairs(require("core.run.journal.states").ended) do
  check(set_of(outcomes)[name], "the outcome of a run: " .. name)
end
local reasons = keys_of(require("core.schedule.page.outcome").REASONS)
same("every reason", first_names(table_of "| reason | the slot did not run, because |"), reasons)
local facts = keys_of(require("core.schedule.child").facts { id = 1, schedule = "x", at = 0, local_time = "x", kind = "slot",
  collapsed = 0, covers = 1 })
for _, name in ipairs(facts) do
  check(text:match("\n`run%.slot` has(.-), and is nil"):find("`" .. name .. "`", 1, true), "run.slot." .. name)
end

local states = first_names(table_of "| state | the schedule |")
for _, name in ipairs(states) do
  check(read("lua/core/schedule/listing.lua"):find('"' .. name .. '"', 1, true) or read("host/storesql.c"):find("'" .. name .. "'", 1, true),
    "the state " .. name)
end
for name in read("host/storesql.c"):match("state IN %(('active'[^)]*)%)"):gmatch "'(%a+)'" do
  check(set_of(states)[name], "the state " .. name .. " of the store")
end

-- ---- variables

local known = set_of(require("core.settings").variables)
for name in text:gmatch "ERRAND_[A-Z_]+" do check(known[name], "the variable " .. name) end
local configuration = read "docs/configuration.md"
for _, name in ipairs { "ERRAND_SCHEDULE_FILE", "ERRAND_SLOT_COLLAPSED", "ERRAND_SLOT_TIMES", "ERRAND_NOTICE", "ERRAND_HOST" } do
  check(configuration:find(name, 1, true), "docs/configuration.md has " .. name)
end

-- ---- health

local said = {}
for _, name in ipairs(first_names(table_of "| `status` | HTTP | means |")) do said[name] = true end
for _, name in ipairs { "ok", "degraded", "starting", "failing", "stopping" } do
  check(said[name] and read("lua/core/schedule/health.lua"):find('"' .. name .. '"', 1, true), "the status " .. name)
end

-- ---- lines of the log

local sources = {}
for _, name in ipairs { "scheduler", "evaluate", "begin", "follow", "recover", "daemon", "outbox" } do
  sources[#sources + 1] = read("lua/core/schedule/" .. name .. ".lua")
end
local source = table.concat(sources)
local made_of_two = { ["slot done"] = '"slot " ..', ["slot failed"] = '"slot " ..', ["nothing begins: ..."] = '"nothing begins: " ..',
  ["run held"] = '"run " ..', ["run in doubt"] = '"run " ..' }
for _, cells in ipairs(table_of "| line | when |") do
  for _, line in ipairs(names_in(cells[1])) do
    check(source:find(made_of_two[line] or '"' .. line .. '"', 1, true), "the line " .. line)
  end
end

-- ---- options of errand serve

local serve = {}
for _, option in ipairs(require("core.cli.serve").options) do serve[#serve + 1] = "--" .. option[1] end
local options = {}
for _, cells in ipairs(table_of "| option | default | meaning |") do
  options[#options + 1] = names_in(cells[1])[1]:match "^%-%-[%w-]+"
end
same("every option of errand serve", options, serve)

-- ---- expressions

local function cron(at, tz, more)
  more = more or {}
  more.name, more.tz = "x", tz or "UTC"
  return cron_.new(at, more)
end
for _, at in ipairs { "0 0 L * *", "0 0 LW * *", "0 0 15W * *", "0 0 * * 5#2", "0 0 * * 5L", "0 0 * * 5#L", "~ ~ * * *", "10~20 * * * *",
  "1,5 * * * *", "1-5 * * * *", "*/15 * * * *", "10-40/10 * * * *", "0 0 * jan mon", "0 0 * * 7", "@hourly", "@daily", "@midnight",
  "@weekly", "@monthly", "@yearly", "@annually", "@every 90m", "@boot" } do
  check(cron(at), "the expression " .. at)
end
for _, at in ipairs { "0 0 * * * *", "0 0 ? * *", "0 0 31 2 *", "5-1 * * * *", "5/15 * * * *", "1-5/9 * * * *", "0 0 */2 * 1" } do
  check(not cron(at), "is refused: " .. at)
end
check(cron("0 0 */2 * 1", "UTC", { days = "and" }), "unless days says what is meant")
check(not cron("0 0 * * *", "Europe/Berln"), "and a zone that is not in the database")

-- ---- summer time, from the rows of the page

for _, cells in ipairs(table_of "| zone, date | change | `30 2 * * *` | `0 * * * *` |") do
  local tz = cells[1]:match "^%S+"
  local zone = assert(cron_.zone(tz))
  for date in cells[1]:gmatch "%d%d%d%d%-%d%d%-%d%d" do
    local nightly, hourly = assert(cron("30 2 * * *", tz)), assert(cron("0 * * * *", tz))
    local noon = zone:instants(date .. " 12:00:00")[1] or zone:instants(date:gsub("30$", "31") .. " 00:00:00")[1]
    local of_night, of_hour = {}, 0
    for _, slot in ipairs(nightly:slots(noon - 2 * 86400, noon + 86400)) do
      if slot.local_time:sub(1, 10) == date or slot.missed and slot.missed[1]:sub(1, 10) == date then of_night[#of_night + 1] = slot end
    end
    for _, slot in ipairs(hourly:slots(noon - 2 * 86400, noon + 2 * 86400)) do
      if slot.local_time:sub(1, 10) == date then of_hour = of_hour + 1 end
    end
    local slot = of_night[1]
    local first = slot and slot.local_time:sub(12, 16)
    local told = cells[3]:find(first or "?", 1, true)
    check(#of_night == 1 and told, ("%s %s: 30 2 runs once, at %s"):format(tz, date, tostring(first)), #of_night .. " times")
    local count = of_hour == 0 and "none" or of_hour .. " runs"
    check(cells[4]:find(count, 1, true), ("%s %s: 0 * has %s"):format(tz, date, count))
  end
end
local cairo = assert(cron("0 0 * * *", "Africa/Cairo")):next(cron_.zone("Africa/Cairo"):instants("2026-04-23 12:00:00")[1])
check(cairo.local_time == "2026-04-24 01:00:00" and cairo.gap, "Africa/Cairo: 0 0 runs at 01:00")

check(n > 100, "there was something to compare: " .. n)
END

try TREE="$here" errand run drift.lua
while read -r line; do
  case $line in
    'ok '*) result 0 "${line#ok }" ;;
    'not ok '*) result 1 "${line#not ok }" ;;
  esac
done <out
exits 0 "the page was compared"

# ---- its files

# block.N: the Lua blocks of the page
awk '/^```lua$/ { n++; inside = 1; next } /^```$/ { inside = 0 } inside { print >("block." n) } END { print n + 0 >"blocks" }' "$document"
cp -r "$here/scripts" etc/scripts
echo email,portal >hr/leavers.csv
i=0
while [ $i -lt "$(cat blocks)" ]; do
  i=$((i + 1))
  sed "s|/srv/hr/|$tmp/hr/|g" block.$i >etc/block.lua
  case $(head -n 1 block.$i) in
    '-- schedule.lua')
      try errand schedule check etc/block.lua
      exits 0 "schedule file $i of the page" ;;
    *)
      try errand --sandbox run etc/block.lua
      exits 0 "script $i of the page" ;;
  esac
done
[ "$i" -gt 2 ]
result $? "the page has Lua"

# ---- its commands

# shellcheck disable=SC2016
{ grep -o '`errand [a-z-][^`]*`' "$document" | tr -d '`'
  awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$document" | sed 's/ *#.*//'
} | sort -u >commands
errand --help >help.all
while read -r words; do
  set -f
  # shellcheck disable=SC2086
  set -- $words
  set +f
  shift
  while case ${1:-} in -*) true ;; *) false ;; esac do shift; done
  command=$1
  [ -f "help.$command" ] || errand "$command" --help >"help.$command" 2>&1 || echo none >"help.$command"
  shift
  fine=0
  case $command in
    schedule | runs) grep -qE "(^|[[| ])$1([]| :]|$)" "help.$command" || fine=1 ;;
    *) grep -q "^  $command " help.all || fine=1 ;;
  esac
  for option in $(printf '%s\n' "$words" | grep -o -- '--[a-z-]*'); do
    grep -qE -- "(^| )$option([ =[]|$)" "help.$command" help.all || fine=1
  done
  result $fine "command: $words"
done <commands
[ "$(wc -l <commands)" -gt 15 ]
result $? "the page has commands"

# ---- export: what it says is refused

one_of() { # one_of TARGET CODE TEXT: the schedule of etc/one.lua
  try errand schedule export "$1" etc/one.lua
  [ "$code" = "$2" ] && grep -qF -- "$3" err
  result $? "export $1: exit code $2, $3"
}
echo 'print "done"' >etc/say.lua
echo 'schedule "x" { at = "@daily", run = "say.lua", catchup = "all" }' >etc/one.lua
one_of systemd 2 'catchup = "all"'
one_of cron 0 'a slot that passes while the machine is off is lost'
for at in '0 0 L * *' '0 0 15W * *' '0 0 * * 5#2'; do
  echo "schedule \"x\" { at = \"$at\", run = \"say.lua\" }" >etc/one.lua
  one_of cron 2 "a crontab cannot say"
  try errand schedule export systemd etc/one.lua
  exits 0 "export systemd: $at"
done
echo 'schedule "x" { at = "0 0 */2 * 1", days = "and", run = "say.lua" }' >etc/one.lua
one_of cron 2 'days = "and"'
echo 'schedule "x" { at = "0 0 30W * *", run = "say.lua" }' >etc/one.lua
one_of systemd 2 'February'
echo 'schedule "x" { every = "7m", run = "say.lua" }' >etc/one.lua
one_of cron 2 'every 7m'
one_of systemd 0 'from the start before'
echo 'schedule "x" { every = "6h", run = "say.lua", overlap = "queue", enabled = false }' >etc/one.lua
one_of systemd 0 'left out'

# ---- exit codes of the table

try errand schedule check etc/none.lua
exits 2 "no such file"
echo 'schedule "x" { at = "61 * * * *", run = "say.lua" }' >etc/one.lua
try errand schedule check etc/one.lua
exits 2 "a mistake"
cat >etc/hand.lua <<'END'
schedule "well" { every = "1h", run = "say.lua" }
schedule "ill" { every = "1h", run = "ill.lua" }
schedule "ask" { every = "1h", run = "ask.lua", overlap = "queue" }
END
echo 'error "it broke"' >etc/ill.lua
echo 'return workflow.define("ask", {}, function(run) run:approve("boss", { ask = "boss", timeout = "1d" }) end)' >etc/ask.lua
export ERRAND_SCHEDULE_FILE=etc/hand.lua
try errand schedule run well
exits 0 "a run that is done"
try errand schedule run ill
exits 1 "one that fails"
try errand schedule run ask
exits 3 "one that waits"
try errand schedule run ask
refused 6 "errand runs approve" "and then another one, though overlap says queue"
try errand schedule pause nobody
exits 2 "no such schedule"
try errand schedule log well 99
exits 2 "no such slot"
unset ERRAND_SCHEDULE_FILE
rm -rf store.db*

# ---- the shipped example, and the metrics

try errand schedule check "$here/scripts/schedule.lua"
exits 0 "scripts/schedule.lua is right"
unset ERRAND_STORE
serves errand --sandbox serve --schedule "$here/scripts/schedule.lua" --page 127.0.0.1:0
logged 'notice ready ' "and errand serve runs it in the sandbox"
page=$(sed -n 's/.* status page address=\([^ ]*\) .*/\1/p' log)
secret=$(cat "$(sed -n 's/.* token_file=//p' log)")
ask() { curl -sS --noproxy '*' --max-time 20 -b jar -c jar -L "$@"; }
ask "$page/?token=$secret" >first
grep -q 'access audit' first && grep -q 'offboard leavers' first
result $? "its page shows both"
for name in 'access%20audit' 'offboard%20leavers'; do
  ask "$page/schedules/$name/run" >form
  stamp=$(grep -A 1 "<form action=\"/schedules/$name/run\"" form | sed -n 's/.*name="stamp".* value="\([^"]*\)".*/\1/p')
  ask --data-urlencode "stamp=$stamp" "$page/schedules/$name/run" >after
done
logged 'slot done schedule="access audit"' "the audit runs when the page is told to"
logged 'slot done schedule="offboard leavers"' "and so does the workflow"
stops TERM 0 "it ends"
dir=$(sed -n 's/.*store=\(.*\)\/store.db$/\1/p' log)
[ -n "$dir" ] && [ ! -e "$dir" ]
result $? "and takes its sandbox with it"

cat >etc/metrics.lua <<'END'
schedule "ask" { every = "1s", run = "ask.lua" }
schedule "well" { every = "1s", run = "say.lua" }
END
ERRAND_STORE=$tmp/store.db
export ERRAND_STORE
serves errand serve --schedule etc/metrics.lua --health "$tmp/health" --trust-clock
metrics() { curl -sS --max-time 20 --unix-socket "$tmp/health" http://localhost/metrics; }
has() { metrics | grep -q "$1"; }
waits 20 has 'errand_slots_skipped_total.*overlap' && waits 20 has 'errand_runs_waiting 1' &&
  waits 20 has 'errand_last_ok{schedule="well"} 1' && waits 20 has 'errand_next_slot'
result $? "a daemon with a run that waits"
metrics | sed -n 's/^\([a-z][a-z_]*\).*/\1/p' | sort -u >there
# shellcheck disable=SC2016
sed -n '/^| metric | is |$/,/^$/p' "$document" | grep -o '`[a-z]*_[a-z_]*`' | tr -d '`' | grep '^errand_\|^process_' | sort -u >told
cmp -s there told
result $? "the metrics of the page are those of /metrics" || diff told there | sed 's/^/# /'
try errand serve --schedule etc/metrics.lua --trust-clock
refused 6 "another errand serve" "a second daemon"
stops TERM 0 "told to stop"

# ---- the unit

unit=$here/scripts/systemd/errand.service
for text in 'User=errand' 'StateDirectory=errand' '%t/errand/health' '/etc/errand/schedule.lua' 'ERRAND_CONFIG=/etc/errand/config.lua' \
  'LoadCredential=errand:/etc/errand/credentials' 'ProtectSystem=strict' 'CapabilityBoundingSet='; do
  grep -qF -- "$text" "$unit"
  result $? "the unit has $text"
done

cd "$here" || exit 1
done_testing
