-- core/schedule/metrics.lua - what the daemon counts, in the text format of Prometheus.
-- SPDX-License-Identifier: MIT
--
-- Counters begin at 0 with the process and only grow; what the store knows
-- besides is in gauges.

local M = {}
local Metrics = {}
Metrics.__index = Metrics

--- What has been counted so far: nothing.
function M.new()
  return setmetatable({ slots = {}, skipped = {}, seconds = {}, ticks = 0, failed = 0, busy = 0, longest = 0,
    reloads = 0, refused = 0 }, Metrics)
end

local function add(list, name, key, n)
  list[name] = list[name] or {}
  list[name][key] = (list[name][key] or 0) + n
end

--- Counts an event of the scheduler (those of core.schedule.notice).
function Metrics:event(event, definition)
  local name = definition and definition.name or event.slot and event.slot.schedule
  if not name then return end
  if event.type == "ended" then
    local slot = event.slot
    add(self.slots, name, slot.outcome or "unknown", 1)
    add(self.seconds, name, "count", 1)
    add(self.seconds, name, "sum", slot.seconds or 0)
  elseif event.type == "skipped" and not event.more then
    for reason, n in pairs(event.reasons or {}) do add(self.skipped, name, reason, n) end
  end
end

--- Counts a tick that took so long; err where it raised.
function Metrics:tick(seconds, err)
  self.ticks = self.ticks + 1
  if err then self.failed = self.failed + 1 end
  self.busy = self.busy + seconds
  self.longest = math.max(self.longest, seconds)
end

--- Counts a reload of the schedule file; refused: it was broken.
function Metrics:reload(refused)
  self.reloads = self.reloads + 1
  if refused then self.refused = self.refused + 1 end
end

-- ---- text ----

local Page = {}
Page.__index = Page

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

local function number(value)
  if value == true then return "1" end
  if not value or value ~= value then return value and "NaN" or "0" end
  if value == math.huge then return "+Inf" end
  local whole = math.tointeger(value)
  return whole and ("%d"):format(whole) or ("%.6g"):format(value):find("e", 1, true) and ("%.3f"):format(value)
    or ("%.6f"):format(value):gsub("0+$", ""):gsub("%.$", "")
end

-- What every process may have has the name that it has everywhere.
local function full(name)
  return name:find "^process_" and name or "errand_" .. name
end

-- A family of values, with what it means.
function Page:family(name, kind, help)
  name = full(name)
  self:line(("# HELP %s %s\n# TYPE %s %s"):format(name, help, name, kind))
end

function Page:line(text)
  self[#self + 1] = text .. "\n"
end

-- labels: { name, value, name, value, ... }
function Page:value(name, labels, value)
  local parts = {}
  for i = 1, #labels, 2 do
    parts[#parts + 1] = ('%s="%s"'):format(labels[i], (tostring(labels[i + 1]):gsub('[\\"\n]', ESCAPES)))
  end
  self:line(("%s%s %s"):format(full(name), #parts > 0 and "{" .. table.concat(parts, ",") .. "}" or "", (number(value))))
end

function Page:single(name, kind, help, value)
  if value == nil then return end
  self:family(name, kind, help)
  self:value(name, {}, value)
end

local function sorted(list)
  local names = {}
  for name in pairs(list) do names[#names + 1] = name end
  table.sort(names)
  return names
end

-- list[schedule][key] = number
function Page:counts(name, kind, help, key_name, list)
  self:family(name, kind, help)
  for _, schedule in ipairs(sorted(list)) do
    for _, key in ipairs(sorted(list[schedule])) do
      self:value(name, { "schedule", schedule, key_name, key }, list[schedule][key])
    end
  end
end

local STATES = { "active", "paused", "held", "disabled" }

-- One gauge a schedule, from what get(schedule of the view) gives.
function Page:each(name, help, view, get)
  self:family(name, "gauge", help)
  for _, schedule in ipairs(view.schedules or {}) do
    local value = get(schedule)
    if value ~= nil then self:value(name, { "schedule", schedule.name }, value) end
  end
end

local function states(page, view)
  page:family("schedule_state", "gauge", "1 for the state in which the schedule is.")
  for _, schedule in ipairs(view.schedules or {}) do
    for _, state in ipairs(STATES) do
      page:value("schedule_state", { "schedule", schedule.name, "state", state }, schedule.state == state)
    end
  end
end

local function schedules(page, view)
  states(page, view)
  page:each("next_slot_timestamp_seconds", "When the schedule is due next.", view, function(s)
    local slot = s.next and s.next[1]
    return slot and (slot.due or slot.at)
  end)
  page:each("last_slot_timestamp_seconds", "The newest slot of the schedule.", view, function(s) return s.last and s.last.at end)
  page:each("last_end_timestamp_seconds", "When the newest run of the schedule that is known ended.", view,
    function(s) return s.ended and s.ended.ended end)
  page:each("last_ok", "1 if that run was done.", view, function(s)
    if s.ended then return s.ended.outcome == "done" end
  end)
end

local RUN_STATES = { "running", "sleeping", "waiting", "held", "in_doubt", "stalled", "diverged", "undoing" }

-- Slots that are not over: what their runs do, and how late those are that wait for their beginning.
local function open_slots(page, view, now)
  local counts, doubt, lag = {}, 0, 0
  for _, row in ipairs(view.open or {}) do
    if row.state == "due" then
      if row.catchup ~= 1 then lag = math.max(lag, now - row.due) end
    else
      local state = row.run_state
      if not state or state == "ready" then state = "running" end
      counts[state] = (counts[state] or 0) + 1
      if state == "in_doubt" then doubt = math.max(doubt, now - (row.started or row.due)) end
    end
  end
  page:family("runs", "gauge", "Runs of slots that have not ended, by state.")
  for _, state in ipairs(RUN_STATES) do page:value("runs", { "state", state }, counts[state] or 0) end
  page:single("oldest_in_doubt_seconds", "gauge", "How long ago the oldest run in doubt began, 0 if there is none.", doubt)
  page:single("slot_lag_seconds", "gauge", "How late the slot is that has waited longest for its run to begin.", lag)
end

local function process(page, facts)
  local own = facts.process or {}
  page:single("process_resident_memory_bytes", "gauge", "Memory of the daemon.", own.memory)
  page:single("process_open_fds", "gauge", "Open descriptors of the daemon.", own.descriptors)
  page:single("process_start_time_seconds", "gauge", "When the daemon started.", facts.started)
  page:single("lua_memory_bytes", "gauge", "Memory of the daemon's Lua state.", own.lua)
end

function Metrics:counters(page)
  page:counts("slots_total", "counter", "Runs of slots that ended, by outcome.", "outcome", self.slots)
  page:counts("slots_skipped_total", "counter", "Slots that were not run, by reason.", "reason", self.skipped)
  page:family("run_seconds", "summary", "How long runs of slots took.")
  for _, name in ipairs(sorted(self.seconds)) do
    page:value("run_seconds_sum", { "schedule", name }, self.seconds[name].sum)
    page:value("run_seconds_count", { "schedule", name }, self.seconds[name].count)
  end
  page:single("ticks_total", "counter", "Turns of the scheduler.", self.ticks)
  page:single("ticks_failed_total", "counter", "Turns of the scheduler that failed, as on a full disk.", self.failed)
  page:single("tick_seconds_total", "counter", "Time that the scheduler took.", self.busy)
  page:single("tick_longest_seconds", "gauge", "The longest turn of the scheduler so far.", self.longest)
  page:single("reloads_total", "counter", "Reloads of the schedule file.", self.reloads)
  page:single("reloads_refused_total", "counter", "Reloads that left the old file in force.", self.refused)
end

--- The whole page. facts: as core.schedule.health has them, and version, process, outbox.
function Metrics:text(facts)
  local page, view = setmetatable({}, Page), facts.view or {}
  page:family("build_info", "gauge", "1, with the version.")
  page:value("build_info", { "version", facts.version or "?" }, 1)
  page:single("ready", "gauge", "1 once slots are fired.", facts.ready and not facts.stopping)
  page:single("healthy", "gauge", "1 if GET /health answers with 200.", facts.healthy)
  page:single("clock_ok", "gauge", "1 if the clock can be believed.", not view.clock or view.clock.ok)
  page:single("file_ok", "gauge", "0 if the schedule file was refused at the last reload.", not facts.file_error)
  page:single("store_ok", "gauge", "0 if the last turn of the scheduler failed.", not facts.tick_error)
  page:single("last_tick_timestamp_seconds", "gauge", "When the scheduler's last good turn was.", facts.ticked)
  page:single("jobs", "gauge", "Runs that may be under way at once.", facts.jobs)
  page:single("children", "gauge", "Runs that are under way in a process.", facts.children)
  page:single("slots_overdue", "gauge", "Slots that wait for a minute or longer.", facts.overdue)
  page:single("schedules", "gauge", "Schedules in the file.", #(view.schedules or {}))
  page:single("runs_waiting", "gauge", "Runs of slots that wait for somebody: held, in doubt, stalled, diverged, asking.",
    facts.waiting)
  page:single("oldest_waiting_seconds", "gauge", "How long the oldest of them has not ended.", facts.oldest_waiting)
  if view.open then open_slots(page, view, facts.now) end
  page:single("notices_waiting", "gauge", "Notices that were not delivered yet.", facts.outbox)
  schedules(page, view)
  self:counters(page)
  process(page, facts)
  return table.concat(page)
end

return M
