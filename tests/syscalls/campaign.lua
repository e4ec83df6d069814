-- campaign.lua - each system call of each scenario fails once, in every way that it can.
-- SPDX-License-Identifier: MIT
--
-- errand run tests/syscalls/campaign.lua ERRAND PEER DIRECTORY [SCENARIO...] [--every K] [--shard I --shards N]
-- Needs strace, and a user who may trace what refuses debuggers: root.

local faults = require "faults"
local judge = require "judge"
local places = require "place"
local scenarios = require "scenarios"
local trace = require "trace"

local opt = args{
  summary = "Let system calls fail.",
  { "errand", positional = true, required = true }, { "peer", positional = true, required = true },
  { "dir", positional = true, required = true, doc = "New, and nobody else's." },
  { "only", "list", positional = true },
  { "short", "file", doc = "The library that cuts calls short; without it none are." },
  { "call", doc = "This system call only." },
  { "at", "integer", doc = "With --call: this one of them only." },
  { "every", "integer", default = 1, min = 1, doc = "Each K-th fault only." },
  { "shard", "integer", default = 1 }, { "shards", "integer", default = 1 },
  { "unnamed", "flag", doc = "Also the errors that do not have the system's words." },
  { "verbose", "flag", doc = "Every fault, and what came of it." },
}

local place = places.new(opt.dir, opt.errand, opt.peer)
local log, mark = opt.dir .. "/trace", opt.dir .. "/mark"
local passed, failed, turn = 0, 0, 0

local function base()
  local calls = { "prctl" }
  for _, call in ipairs(faults.calls) do calls[#calls + 1] = "?" .. call end
  return calls
end

-- What a flush needs to be judged.
local function watched(call)
  if call == "fsync" or call == "fdatasync" then return { "fsync", "fdatasync", "pwrite64", "sendto" } end
  return { call }
end

local function show(s, point, call, fault, r, found)
  print(("%s - %s: %s #%d %s: exit %s"):format(#found > 0 and "not ok" or "ok", s.name, call, point.n, fault, r.code))
  print("    " .. point.text:sub(1, 160))
  for _, text in ipairs(found) do print("    " .. text:gsub("\n", "\n    ")) end
  if r.err ~= "" then print("    | " .. r.err:sub(1, 400):gsub("\n", "\n    | ")) end
end

local function add(s, point, call, fault, r, found, sum, report)
  local unnamed = report and not report.named
  sum.faults = sum.faults + 1
  sum.codes[r.code or -1] = (sum.codes[r.code or -1] or 0) + 1
  if unnamed then sum.unnamed = sum.unnamed + 1 end
  if #found > 0 then sum.bad = sum.bad + 1 end
  if #found > 0 and sum.bad <= 8 or opt.verbose or opt.unnamed and unnamed then show(s, point, call, fault, r, found) end
end

local function one(s, clean, call, point, fault, sum)
  local r = place:run(s, trace.words(log, watched(call), faults.inject(call, fault, point.n), s.detached))
  local text = trace.injected(log)
  -- The numbers shift where the order of events does.
  if not text or faults.foreign(text) then
    sum.missed = sum.missed + 1
    return
  end
  local report = { fault = fault }
  local found = judge.run(s, r, clean, place, call, report)
  if s.again and #found == 0 then
    for _, what in ipairs(judge.again(s, place:again(s), clean, place)) do found[#found + 1] = what end
  end
  add(s, point, call, fault, r, found, sum, report)
end

local function codes_of(sum)
  local list = {}
  for code in pairs(sum.codes) do list[#list + 1] = code end
  table.sort(list)
  for i, code in ipairs(list) do list[i] = ("%d with %d"):format(sum.codes[code], code) end
  return table.concat(list, ", ")
end

-- Each K-th, but not always the same fault where K divides their number.
local function chosen(point, every)
  if opt.at then return opt.at == point.n end
  local at = turn + turn // every
  return at % every == 0 and turn // every % opt.shards == opt.shard - 1
end

-- Where the count begins for a call of a scenario: elsewhere for each, so that
-- rare calls have their turn too, and the same in all shards.
local function begin_turn(s, call)
  turn = 0
  for c in (s.name .. call):gmatch "." do turn = (turn * 31 + c:byte()) % 10007 end
end

local function calls_of(points)
  local names = {}
  for call in pairs(points) do
    if not opt.call or opt.call == call then names[#names + 1] = call end
  end
  table.sort(names)
  return names
end

local function tell(s, call, sum, calls)
  passed, failed = passed + sum.faults - sum.bad, failed + sum.bad
  if sum.faults + sum.missed == 0 then return end
  print(("%-18s %-16s %4d faults of %d calls: exit %s; %d not reached, %d not named; %d wrong"):format(s.name, call, sum.faults, calls,
    codes_of(sum), sum.missed, sum.unnamed, sum.bad))
end

local function new_sum()
  return { faults = 0, bad = 0, missed = 0, unnamed = 0, codes = {} }
end

-- Half of what one call asks for, of which nobody may see anything. How many
-- calls there are shows when none is cut short any more.
local function shorts(s, clean)
  for _, call in ipairs(s.detached and {} or { "read", "write", "pread", "pwrite", "recv", "send" }) do
    local sum, n, reached = new_sum(), 0, true
    begin_turn(s, "short " .. call)
    while reached and (not opt.call or opt.call == "short " .. call) do
      n, turn = n + 1, turn + 1
      local point = { n = n, text = "half of what is asked for" }
      if chosen(point, (s.every or 1) * opt.every) then
        local r = place:run(s, trace.short(opt.short, mark, call, n))
        reached = places.read(mark) ~= nil
        if reached then
          local found = judge.run(s, r, clean, place, call, {})
          if r.code ~= clean.code then found[#found + 1] = "exit code " .. tostring(r.code) end
          add(s, point, "short " .. call, 0, r, found, sum)
        end
      end
      reached = reached and n < 1000
    end
    tell(s, "short " .. call, sum, n - 1)
  end
end

local function scenario(s)
  local clean = place:run(s, trace.words(log, base(), nil, s.detached))
  clean.store = judge.store(place.dir .. "/w/store.db")
  local points, left = trace.points(log)
  local wrong = clean.code ~= 0 and { "exit code " .. tostring(clean.code) } or judge.run(s, clean, clean, place, "", {})
  if #wrong > 0 then
    failed = failed + 1
    print(("not ok - %s without a fault: %s\n%s%s"):format(s.name, table.concat(wrong, "; "), clean.err,
      places.read(place.dir .. "/before.log")))
    return
  end
  local every = (s.every or 1) * opt.every
  for _, call in ipairs(calls_of(points)) do
    local sum = new_sum()
    begin_turn(s, call)
    for _, point in ipairs(points[call]) do
      for _, fault in ipairs(faults.errors[call]) do
        turn = turn + 1
        if chosen(point, every) then one(s, clean, call, point, fault, sum) end
      end
    end
    tell(s, call, sum, #points[call])
  end
  if opt.short then shorts(s, clean) end
  print(("%-18s %d calls of the loader, late libraries and memory left out"):format(s.name, left))
end

local function wanted(s)
  if not opt.only or #opt.only == 0 then return true end
  for _, name in ipairs(opt.only) do
    if name == s.name then return true end
  end
  return false
end

local ok, why = pcall(function()
  for _, s in ipairs(scenarios) do
    if wanted(s) then scenario(s) end
  end
end)
place:close()
if not ok then
  failed = failed + 1
  print("not ok - " .. tostring(why))
end
print(("%d passed, %d failed"):format(passed, failed))
if failed > 0 then os.exit(1) end
