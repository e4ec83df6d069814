-- metrics.lua - fuzz target: what the daemon counts as a page, read again by the
-- rules of Prometheus' text format.
-- SPDX-License-Identifier: MIT

local fuzz = ...
local json = require "host.json"
local metrics = require "core.schedule.metrics"

for word in ([[events schedules name state outcome seconds reasons type ended skipped slot schedule done failed active paused open due
  started run_state in_doubt next last at ok view facts ready healthy clock overdue waiting version process memory jobs]]):gmatch "%S+" do
  table.insert(fuzz.words, word)
end
for _, word in ipairs { '"', "\\", "\n", '"} 1\n# TYPE x counter\nx 1\n', "a\\", "\\n" } do table.insert(fuzz.words, word) end

local UNESCAPED <const> = { ["\\\\"] = "\\", ['\\"'] = '"', ["\\n"] = "\n" }

local function read_labels(line, at)
  local out = {}
  repeat
    local name, value = line:match('^([%a_][%w_]*)="()', at)
    assert(name, "a label: " .. line)
    at = value
    local parts = {}
    while line:sub(at, at) ~= '"' do
      local plain = line:match('^[^\\"]+', at)
      local escaped = line:match('^\\[\\"n]', at)
      assert(plain or escaped, "a label's value: " .. line)
      parts[#parts + 1] = plain or UNESCAPED[escaped]
      at = at + #(plain or escaped)
    end
    assert(out[name] == nil, "a label stands once")
    out[name] = table.concat(parts)
    local after = line:sub(at + 1, at + 1)
    at = at + 2
    assert(after == "," or after == "}", "the end of a label: " .. line)
  until after == "}"
  return out, at
end

local function key_of(name, labels)
  local list = {}
  for label, value in pairs(labels) do list[#list + 1] = ("%s=%q"):format(label, value) end
  table.sort(list)
  return name .. table.concat(list)
end

-- All samples: { [name and labels] = value }, and the labels' values.
local function read(text)
  local kinds, seen, names = {}, {}, {}
  assert(text:sub(-1) == "\n", "it ends with a line")
  for line in text:gmatch "(.-)\n" do
    local word, name, rest = line:match "^# (%u+) ([%a_:][%w_:]*) (.+)$"
    if word == "TYPE" then
      assert(not kinds[name], "a family stands once")
      kinds[name] = rest
    elseif not word then
      local metric, at = line:match "^([%a_:][%w_:]*)()"
      assert(metric, "a sample: " .. line)
      assert(kinds[metric] or kinds[metric:gsub("_sum$", ""):gsub("_count$", "")], "its family comes first")
      local labels = {}
      if line:sub(at, at) == "{" then labels, at = read_labels(line, at + 1) end
      local value = line:match("^ (%S+)$", at)
      assert(value and (tonumber(value) or value == "NaN" or value == "+Inf" or value == "-Inf"), "a value: " .. line)
      local key = key_of(metric, labels)
      assert(not seen[key], "a sample stands once: " .. key)
      seen[key] = true
      if labels.schedule then names[labels.schedule] = true end
    end
  end
  return names
end

local function list_of(value)
  return type(value) == "table" and json.is_array(value) and value or {}
end

local function number_of(value)
  return type(value) == "number" and value or 0
end

-- Events and a view as the scheduler has them, with the names of the input.
local function facts_of(given)
  local view, names = { schedules = {}, open = {} }, {}
  for _, name in ipairs(list_of(given.schedules)) do
    if type(name) == "string" and not names[name] then
      names[name] = true
      view.schedules[#view.schedules + 1] = { name = name, state = "active", next = { { at = number_of(given.at) } },
        last = { at = number_of(given.last), outcome = "done" } }
    end
  end
  for i, word in ipairs(list_of(given.open)) do
    if type(word) == "string" then view.open[i] = { state = "started", run_state = word, due = 0, started = number_of(given.at) } end
  end
  return { view = view, now = number_of(given.now), ready = true, version = type(given.version) == "string" and given.version,
    outbox = number_of(given.outbox), jobs = number_of(given.jobs), overdue = number_of(given.overdue) }, names
end

return function(input)
  local given = fuzz.object(input)
  local all = metrics.new()
  local facts, names = facts_of(given)
  for _, event in ipairs(list_of(given.events)) do
    if type(event) == "table" and not json.is_number(event) and type(event.schedule) == "string" then
      names[event.schedule] = true
      local word = type(event.outcome) == "string" and event.outcome or nil
      all:event { type = "ended", slot = { schedule = event.schedule, outcome = word, seconds = number_of(event.seconds) } }
      all:event({ type = "skipped", reasons = { [word or "late"] = 1 } }, { name = event.schedule })
    end
  end
  all:tick(number_of(given.tick), given.failed)
  local shown = read(all:text(facts))
  for name in pairs(names) do assert(shown[name], "each schedule is there by its name") end
end
