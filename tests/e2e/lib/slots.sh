# slots.sh - slots of schedules, made by hand, and a world whose effects are counted.
# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# To be read after e2e.sh. What the daemon does for a slot is done here step by
# step, by "slot" and "go_on", so that each step may be the last one.

cat >"$tmp/slot.lua" <<'END'
-- slot.lua - what a scheduler writes and reads.
local store = require("core.record").store()
local B, J = require("core.schedule.book").open(store), require("core.run.journal").open(store)
local lock = require "core.run.lock"
local what, id, more = ...
local name = id
id = math.tointeger(tonumber(id))
local verbs = {}

-- make AT [RUN]: a slot that is begun: its id
function verbs.make()
  local row = B:fire("job", id, { { at = id, local_time = "2026-11-22 06:15 CET", collapsed = 2,
    times = "2026-11-22 05:15:00,2026-11-22 05:45:00", covers = 1 } })[1]
  local run = more or J:new_id()
  print(B:start(row.id, run ~= "none" and run or nil).id)
end

-- show ID: state, attempt, exit code, state of its run
function verbs.show()
  local row = B:slot(id)
  print(row.state, row.attempt, row.code or "-", row.run_state or "-")
end

function verbs.run() print(B:slot(id).run or "none") end
function verbs.note() print(B:slot(id).note or "none") end

-- next ID: what a scheduler does about a slot of which nothing is heard: the
-- words of a command, or the outcome
function verbs.next()
  local row = B:slot(id)
  if lock.holder(require("core.config").store_path() .. ".runs", "slot-" .. id) then return print "busy" end
  local run = row.run and J:run(row.run)
  if row.state == "ended" then return print("ended", row.outcome) end
  local live = run and require("core.run.journal").LIVE[run.state]
  if run and not live then return print("ended", run.state) end
  if not row.run and row.state == "running" then return print("ended", row.code and "code " .. row.code or "lost") end
  local attempt = B:again(id).attempt
  if live then return print("resume", attempt, run.id) end
  print("run", attempt)
end

-- runs: how many there are
function verbs.runs() print(#J:runs {}) end

-- events RUN TYPE: what the journal says
function verbs.events()
  for _, event in ipairs(J:events(name)) do
    if event.type == more then print(event.data) end
  end
end

-- error RUN: its state, kind and step of what holds it
function verbs.error()
  local run = J:run(name)
  local err = run.error and json.decode(run.error) or {}
  print(run.state, err.kind or "-", err.path or "-")
end

-- steps RUN: path and state of each
function verbs.steps()
  for _, step in ipairs(J:steps(name)) do print(step.path, step.state) end
end

verbs[what]()
END

# slot WORDS...: the helper; ERRAND_CRASH is not for it
slot() {
  (unset ERRAND_CRASH; errand run "$tmp/slot.lua" "$@")
}

# ---- a world of its own process ----

world() {
  rm -f "$tmp/printed"
  mkfifo "$tmp/printed"
  errand sandbox --state "$tmp/world.json" >"$tmp/printed" 2>/dev/null &
  pid=$!
  : >"$tmp/accounts"
  while IFS= read -r line; do
    case $line in
      'export '*_SETTLE=*) printf '%s\n' "${line%%=*}=0.2" >>"$tmp/accounts" ;;
      'export '*) printf '%s\n' "$line" >>"$tmp/accounts" ;;
      *X-Sandbox-Token:*) token=${line##* } ;;
      '# serving on '*) at=${line#\# serving on } at=${at%% *}; break ;;
    esac
  done <"$tmp/printed"
  # shellcheck disable=SC1091
  . "$tmp/accounts"
}

# control NAME BODY: tells the sandbox
control() {
  curl -sS --noproxy '*' --max-time 30 -o /dev/null -H "X-Sandbox-Token: $token" -d "$2" "$at/_sandbox/$1"
}

# fresh: an empty world, an empty store
stories=0
fresh() {
  stories=$((stories + 1))
  export ERRAND_STORE="$tmp/store$stories.db"
  control reset ''
}

# effects: a line for each
effects() {
  curl -sS --noproxy '*' --max-time 30 "$at/_sandbox/effects" | errand -e '
for operation, keys in pairs(json.decode(io.read "a")) do
  for key, count in pairs(keys) do print(operation, key, count) end
end' | sort
}

# until_true COMMAND...: looks until it is, for twenty seconds at most
until_true() {
  looked=$(date +%s)
  until "$@"; do
    [ $(($(date +%s) - looked)) -lt 20 ] || return 1
  done
}

called() {
  [ "$(call_count "$1")" = "$2" ]
}

# in_flight OPERATION N: until its N-th call is there
in_flight() {
  until_true called "$1" "$2"
}

# begin COMMAND...: in the background, as $started
begin() {
  env "$@" >"$tmp/out" 2>"$tmp/err" </dev/null &
  started=$!
}

# told TEXT: until it has said that
told() {
  until_true grep -qF -- "$1" "$tmp/err"
}

# over: until it has ended; its exit code in $code
over() {
  { wait "$started"; } 2>/dev/null
  code=$?
  started=
}

# go_on ID FILE: the rest of the slot's story, as a scheduler has it; what came
# of it in $end
go_on() {
  laps=0
  while [ $laps -lt 8 ]; do
    laps=$((laps + 1))
    slot next "$1" >"$tmp/next"
    read -r verb attempt of <"$tmp/next"
    case $verb in
      run) try errand run --slot "$1" --attempt "$attempt" "$2" ;;
      resume) try errand runs resume --slot "$1" --attempt "$attempt" "$of" ;;
      *)
        end=$(tr '\t' ' ' <"$tmp/next")
        return 0
        ;;
    esac
  done
  end="no end"
  return 1
}
