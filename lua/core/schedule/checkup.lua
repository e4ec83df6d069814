-- core/schedule/checkup.lua - a schedule file looked at closely: all problems, or what it means.
-- SPDX-License-Identifier: MIT

local file = require "core.schedule.file"
local forecast = require "core.schedule.forecast"
local json = require "host.json"
local listing = require "core.schedule.listing"
local program = require "core.schedule.program"
local row = require "core.schedule.row"

local checkup = {}

--- checkup.read(path) -> set, problems, workflows = names by schedule. As
-- file.examine, and each script is looked at, too.
function checkup.read(path)
  local set, problems = file.examine(path)
  local workflows = {}
  local all = table.move(set.halves, 1, #set.halves, #set.list + 1, { table.unpack(set.list) })
  for _, definition in ipairs(all) do
    local function add(key, message)
      local line = set.where(definition.name, key) or definition.line
      problems[#problems + 1] = { path = ("%s:%d"):format(path, line), line = line, name = definition.name,
        message = ("schedule '%s': %s: %s"):format(definition.name, key, message) }
    end
    if definition.run then workflows[definition.name] = program.check(definition, add) end
    program.check_profile(definition, add)
  end
  for i, problem in ipairs(problems) do problem.order = i end
  table.sort(problems, function(a, b)
    if (a.line or 0) ~= (b.line or 0) then return (a.line or 0) < (b.line or 0) end
    return a.order < b.order
  end)
  return set, problems, workflows
end

-- ---- as data ----

local function slot_data(slot)
  return json.object { at = forecast.utc(slot.at), due = forecast.utc(slot.due), ["local"] = slot.local_time,
    zone = slot.abbreviation, gap = slot.gap or false, overlap = slot.overlap or false, collapsed = slot.collapsed }
end

local function change_data(change)
  local out = json.object {}
  for _, name in ipairs { "kind", "local_time", "collapsed", "count", "date", "runs", "usual" } do out[name] = change[name] end
  if change.kind ~= "count" then out.at = forecast.utc(change.at) end
  if change.missed then out.missed = json.array { table.unpack(change.missed) } end
  out.text = forecast.sentence(change)
  return out
end

--- checkup.data(definition, workflow, how) -> what it means, for JSON. how: from
-- (instant), since (what a period is counted from, or nil).
function checkup.data(definition, workflow, how)
  local out = json.object { name = definition.name, doc = definition.doc, when = row.explain(definition), run = definition.run,
    words = json.array { table.unpack(definition.words) }, workflow = workflow, tz = definition.tz, enabled = definition.enabled,
    line = definition.line, next = json.array {}, changes = json.array {} }
  local cron = definition.cron(0)
  out.kind = cron and cron:kind() or "boot"
  for i, slot in ipairs(forecast.slots(definition, how.from, { count = 5, since = how.since })) do
    out.next[i] = slot_data(slot)
  end
  for i, change in ipairs(forecast.changes(definition, how.from)) do out.changes[i] = change_data(change) end
  return out
end

-- ---- in words ----

local WIDTH <const> = 80

local function wrap(text, indent)
  return indent .. require("core.options").wrap(text, WIDTH, indent .. "  ")
end

local function span(seconds)
  local view = require "core.run.view"
  if seconds % 86400 == 0 and seconds > 86400 then return view.count(seconds // 86400, "day") end
  if seconds % 3600 == 0 and seconds > 3600 then return ("%d h"):format(seconds // 3600) end
  return view.span(seconds)
end

local OVERLAP <const> = {
  skip = "a slot is skipped while the run before is still there", queue = "one slot waits while a run is still there",
  queue_all = "up to %d slots wait while a run is still there", allow = "up to %d runs at once",
  cancel = "a run that is still there is cancelled for the next one",
}
local CATCHUP <const> = {
  one = "of missed slots the latest is run if it is younger than %s", none = "missed slots are not run",
  all = "up to %d missed slots are run, oldest first",
}

-- What it does besides running, as far as it is not as in every other one.
local function rules(definition)
  local parts = { OVERLAP[definition.overlap]:format(definition.overlap_max),
    CATCHUP[definition.catchup]:format(definition.catchup == "all" and definition.catchup_max or span(definition.window)) }
  if definition.timeout then parts[#parts + 1] = "ended after " .. span(definition.timeout) end
  return table.concat(parts, "; ")
end

local ON <const> = { failure = "on failure", always = "always", change = "when it goes from good to bad and back" }

-- Who is told. That nobody is, is found out late.
local function told(definition)
  local parts = {}
  for _, one in ipairs(definition.notify) do
    local channels = {}
    for _, name in ipairs { "command", "mail", "webhook" } do
      if one[name] ~= nil then channels[#channels + 1] = name end
    end
    if ON[one.on] then parts[#parts + 1] = ("by %s %s"):format(table.concat(channels, ", "), ON[one.on]) end
  end
  if definition.ping then parts[#parts + 1] = "by ping at each start and end" end
  return #parts > 0 and "tells " .. table.concat(parts, "; ") or "nobody is told when it fails (notify)"
end

-- The path as it is short: from the folder of the file.
local function shown_path(definition)
  local dir = definition.dir .. "/"
  return definition.run:sub(1, #dir) == dir and definition.run:sub(#dir + 1) or definition.run
end

local function command(definition, workflow)
  local view = require "core.run.view"
  local words = { view.quoted(shown_path(definition)) }
  for _, word in ipairs(definition.words) do words[#words + 1] = view.quoted(word) end
  return ("runs %s%s"):format(table.concat(words, " "), workflow and (" (workflow %s)"):format(workflow) or "")
end

-- "2026-11-23 05:15 UTC"
local function utc_text(instant)
  return (forecast.utc(instant):gsub("T", " "):gsub(":00Z$", "Z"):gsub("Z$", " UTC"))
end

local function next_lines(definition, how, lines)
  local slots = forecast.slots(definition, how.from, { count = 5, since = how.since })
  for i, slot in ipairs(slots) do
    local mark = slot.gap and "  clocks go forward" or slot.overlap and "  comes twice" or ""
    local text = listing.local_text(slot)
    if slot.offset ~= 0 then text = ("%-28s%s"):format(text, utc_text(slot.at)) end
    lines[#lines + 1] = ("  %s  %s%s"):format(i == 1 and "next" or "    ", text, mark)
  end
  if definition.boot then lines[#lines + 1] = "  next  when the machine starts again" end
  if #slots == 0 and not definition.boot then lines[#lines + 1] = "  never runs" end
  local delay = forecast.jitter(definition)
  if delay > 0 then
    lines[#lines + 1] = wrap(("each starts %s later, which its name decides (jitter = %s at most)"):format(span(delay),
      span(definition.jitter)), "  ")
  end
  if definition.period and not how.since then
    lines[#lines + 1] = wrap("counted from now; errand serve counts from when it first reads the schedule", "  ")
  end
end

local function change_lines(definition, how, lines)
  if definition.boot then return end
  local changes = forecast.changes(definition, how.from)
  if #changes == 0 then
    lines[#lines + 1] = "  no clock change within a year touches it"
    return
  end
  lines[#lines + 1] = "  clock changes within a year:"
  for _, change in ipairs(changes) do
    local date, text = forecast.sentence(change):match "^(%S+)%s+(.*)$"
    local indent = (" "):rep(16)
    lines[#lines + 1] = ("    %s  %s"):format(date, require("core.options").wrap(text, WIDTH, indent))
  end
end

--- checkup.text(definition, workflow, how) -> what it means, in 80 columns; as
-- checkup.data.
function checkup.text(definition, workflow, how)
  local lines = { wrap(definition.name .. ": " .. row.explain(definition), "") }
  if definition.doc then lines[#lines + 1] = wrap(definition.doc, "  ") end
  lines[#lines + 1] = wrap(command(definition, workflow), "  ")
  lines[#lines + 1] = wrap(rules(definition), "  ")
  lines[#lines + 1] = wrap(told(definition), "  ")
  if not definition.enabled then lines[#lines + 1] = "  disabled (enabled = false): its slots are skipped" end
  next_lines(definition, how, lines)
  change_lines(definition, how, lines)
  return table.concat(lines, "\n")
end

return checkup
