-- page_world.lua - a store with schedules, slots and runs in every state, and the status page over it.
-- SPDX-License-Identifier: MIT

local book_ = require "core.schedule.book"
local journal_ = require "core.run.journal"
local json = require "host.json"
local page = require "core.schedule.page"
local row = require "core.schedule.row"
local sys = require "host.sys"

local M = {}

--- What could break a page, as a name or a value.
M.HOSTILE = "</li><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"

local DAY <const> = 86400

local given = {
  { "offboard leavers", { at = "15 6 * * 1-5", tz = "Europe/Berlin", run = "offboard.lua",
    args = { csv = "/srv/hr/leavers.csv" }, timeout = "30m", doc = "Removes people who have left from all systems." } },
  { "access audit", { every = "6h", run = "audit.lua" } },
  { "licence report", { at = "0 7 1 * *", tz = "America/New_York", run = "report.lua", overlap = "queue", catchup = "all" } },
  { "nightly sync", { at = "30 2 * * *", tz = "Europe/Berlin", run = "sync.lua", args = { "it's quoted" }, jitter = "10m" } },
  { "invite contractors", { at = "*/15 8-17 * * 1-5", tz = "Europe/Berlin", run = "invite.lua" } },
  { "tell at boot", { at = "@reboot", run = "boot.lua" } },
  { "switched off", { at = "0 0 * * *", run = "off.lua", enabled = false } },
}

local function definitions(dir)
  local list, by_name = {}, {}
  for i, pair in ipairs(given) do
    local definition, problems = row.definition(pair[1], pair[2], { dir = dir, file = dir .. "/schedule.lua", line = 3 * i })
    if not definition then error(problems[1].key .. ": " .. problems[1].message) end
    list[i], by_name[definition.name] = definition, definition
  end
  return list, by_name
end

-- ---- the scheduler, as far as the page asks it ----

local Scheduler = {}
Scheduler.__index = Scheduler

function Scheduler:view()
  local rows, out = self.book:schedules(), {}
  local function add(name, definition)
    local kept = rows[name]
    if not kept then return end
    local next_, at = {}, self.now()
    local cron = definition and definition.cron and definition.enabled and definition.cron(kept.since)
    for i = 1, cron and 5 or 0 do
      next_[i] = cron:next(at)
      at = next_[i].at
    end
    out[#out + 1] = { name = name, definition = definition, state = kept.state, why = kept.why, next = next_ }
  end
  for _, definition in ipairs(self.list) do add(definition.name, definition) end
  for name in pairs(rows) do
    if not self.by_name[name] then add(name, nil) end
  end
  return { now = self.now(), ready = true, clock = self.clock or { ok = true, why = "kept by the machine" },
    set = { file = self.file, loaded = self.now() - 7200, error = self.file_error }, schedules = out, children = {}, counts = {} }
end

function Scheduler:run_now(name, actor)
  if self.refuse then return nil, self.refuse end
  local slot = self.book:hand(name, actor, self.now(), "hand")
  return self.book:start(slot.id, "r-abcdef")
end

function Scheduler:pause(name, actor, why) return self.book:pause(name, actor, why) end

function Scheduler:resume(name, actor) return self.book:resume(name, actor) end

function Scheduler:resume_run(id, actor)
  if self.refuse then return nil, self.refuse end
  self.resumed = { id, actor }
  return true
end

-- ---- rows ----

local function ended(world, name, at, finish)
  local B = world.book
  local rows = B:fire(name, at, { { at = at, due = at, state = "due" } })
  local slot = rows[1]
  B:start(slot.id, finish.run or "r-none")
  B:claim(slot.id, 1, 4711, "boot")
  if finish.open then return slot.id end
  B:finish(slot.id, { outcome = finish.outcome or "done", reason = finish.reason, code = finish.code or 0, signal = finish.signal,
    seconds = finish.seconds or 12.5, peak = 31 * 1024 * 1024, output = 4200, dropped = 0, note = finish.note })
  return slot.id
end

local function skipped(world, name, at, reason, note, covers)
  world.book:fire(name, at, { { at = at, due = at, state = "skipped", reason = reason, note = note, covers = covers } })
end

local function history(world)
  local now = world.now()
  local day = now // DAY * DAY
  for back = 34, 1, -1 do
    local at = day - back * DAY + 5 * 3600 + 900
    if back == 20 then skipped(world, "offboard leavers", at, "missed", nil, 3)
    elseif back == 11 then
      ended(world, "offboard leavers", at, { outcome = "failed", code = 1, note = "the portal answered 502" })
    elseif back == 6 then skipped(world, "offboard leavers", at, "overlap", "r-aaaaaa is held")
    else ended(world, "offboard leavers", at, { seconds = 8 + back % 7 }) end
  end
  for back = 120, 1, -1 do
    local bad = back % 37 == 0
    ended(world, "access audit", now // 21600 * 21600 - back * 21600, { outcome = bad and "timed_out" or "done", seconds = 95,
      reason = bad and "time limit of 30 min" or nil })
  end
  for back = 12, 1, -1 do
    local bad = back == 3
    ended(world, "nightly sync", day - back * DAY + 3600, { outcome = bad and "killed" or "done", signal = bad and "KILL" or nil,
      note = bad and "out of memory" or nil, seconds = 610 })
  end
end

local function a_run(world, id, workflow, key, more)
  local J = world.journal
  J:create { id = id, workflow = workflow, key = key, input = '{"email":"new.hire@example.com"}', host_version = "0.1.0",
    file = "/srv/errand/" .. workflow .. ".lua", input_digest = key, seed = "s" }
  J:state(id, "running")
  for i, step in ipairs(more or {}) do
    local path, operation = step[1], step[2]
    J:intent(id, { path = path, ordinal = i, kind = "step", class = "create", operation = operation, before = '{"absent":true}',
      args = json.encode(json.array { json.object { emailAddress = key } }) })
    if step[3] == "doubt" then
      local message = step[4] or "no answer came within 30 s"
      J:doubt(id, path, { kind = "timeout", message = message, status = 0, request_id = "req-77" })
    elseif step[3] == "failed" then
      J:failure(id, path, { kind = "server", message = step[4], status = 502 })
    else
      J:result(id, path, { status = 201, value = '{"publicId":"p-1"}', remote_id = "p-1", seconds = 0.4 })
    end
  end
end

local function live_runs(world)
  local J, now = world.journal, world.now()
  local hour = now // 3600 * 3600
  a_run(world, "r-doubt1", "offboard", "leaver.one@example.com",
    { { "find", "ixon.users.find" }, { "people/leaver.one@example.com/user", "intrexx.users.create", "doubt" },
      { "people/leaver.one@example.com/recipient", "qalyptus.recipients.create", "doubt", "the connection broke" } })
  J:event("r-doubt1", "people/leaver.one@example.com/recipient", "look", '{"at":1,"found":null}')
  J:state("r-doubt1", "in_doubt", '{"kind":"in_doubt","message":"two steps are in doubt"}')
  world.doubt_slot = ended(world, "offboard leavers", hour - 3600, { run = "r-doubt1", open = true })
  a_run(world, "r-held1", "invite", "contractor@example.com", { { "invite", "ixon.invites.create" },
    { "recipient", "qalyptus.recipients.create", "failed", "the server answered 502 eight times within an hour" } })
  J:state("r-held1", "held", '{"kind":"server","message":"recipient: the server answered 502 eight times within an hour"}')
  world.held_slot = ended(world, "invite contractors", hour - 900, { run = "r-held1", open = true })
  a_run(world, "r-ask1", "leave", "long.leave@example.com", { { "look", "ixon.users.find" } })
  J:approval("r-ask1", "manager", { ordinal = 2, ask = "Remove long.leave@example.com?", deadline = now + 3 * DAY,
    on_timeout = "reject" })
  J:state("r-ask1", "waiting")
  world.ask_slot = ended(world, "licence report", hour - 7200, { run = "r-ask1", open = true })
  a_run(world, "r-byhand", "onboard", "by.hand@example.com",
    { { "mail", "qalyptus.recipients.create", "failed", "no such host" } })
  J:state("r-byhand", "held", '{"kind":"network","message":"mail: no such host"}')
  a_run(world, "r-done1", "onboard", "new.hire@example.com",
    { { "invite", "ixon.invites.create" }, { "user", "ixon.users.find" } })
  J:state("r-done1", "done", nil, '{"invited":true}')
  world.done_slot = ended(world, "nightly sync", hour - 1800, { run = "r-done1" })
  a_run(world, "r-busy1", "audit", "all systems", { { "read users", "ixon.users.list" } })
  world.busy_slot = ended(world, "access audit", hour - 600, { run = "r-busy1", open = true })
end

local function hostile(world)
  local J, text = world.journal, M.HOSTILE
  a_run(world, "r-evil1", text, text, { { text, text, "doubt", text } })
  J:state("r-evil1", "in_doubt", json.encode { kind = "x", message = text })
  a_run(world, "r-evil2", "w" .. text, text)
  J:approval("r-evil2", text, { ordinal = 1, ask = text, deadline = world.now() + 60, on_timeout = "reject" })
  J:state("r-evil2", "waiting")
  local at = world.now() // 60 * 60 - 120
  skipped(world, "access audit", at, text, text)
  world.evil_slot = ended(world, "access audit", at + 1, { outcome = "failed", reason = text, note = text, signal = text })
  world.book:pause("nightly sync", text, text)
end

local function logs(world)
  assert(sys.make_dir(world.logs, 448))
  local lines = {}
  for i = 1, 600 do lines[i] = ("2026-11-22T06:15:%02dZ line %d of the log"):format(i % 60, i) end
  lines[#lines] = "\27[31mred\27[0m " .. M.HOSTILE .. " \xff"
  lines[#lines - 1] = "M\u{fc}nchen " .. ("long "):rep(200)
  local function write(name, content) assert(sys.write_file(world.logs .. "/" .. name, content)) end
  write(("%d-1.log"):format(world.doubt_slot), table.concat(lines, "\n") .. "\n")
  write(("%d-1.log"):format(world.held_slot), "")
  write(("%d-1.log"):format(world.done_slot), "one line\n")
end

--- A world in a new folder, which must be empty.
-- @tparam string dir
-- @tparam ?table how now(): the clock; hostile: with texts that attack
function M.new(dir, how)
  how = how or {}
  local world = { dir = dir, now = how.now or sys.clock, logs = dir .. "/store.db.logs",
    token = how.token or "0123456789abcdef0123" }
  sys.setenv("ERRAND_STORE", dir .. "/store.db")
  local store = require("core.record").store()
  world.book, world.journal = book_.open(store, world.now), journal_.open(store, world.now)
  local list, by_name = definitions(dir)
  local entries = {}
  for i, one in ipairs(list) do entries[i] = { name = one.name, digest = one.digest, definition = one.json } end
  -- these will be gone from the file; a name like the second comes from no file, but perhaps from somebody's own hand
  entries[#list + 1] = { name = "old one", digest = "d", definition = "{}" }
  if how.hostile then entries[#list + 2] = { name = M.HOSTILE, digest = "d", definition = '{"run":"<b>","doc":"<i>"}' } end
  world.book:enter(entries, world.now() - 60 * DAY, dir .. "/schedule.lua")
  entries[#list + 1], entries[#list + 2] = nil, nil
  world.book:enter(entries, world.now() - 40 * DAY, dir .. "/schedule.lua")
  world.book:pause("nightly sync", "admin@host", "the portal is being moved")
  world.book:hold("licence report", "more than 24 slots were missed; look whether they are wanted, then resume it")
  history(world)
  live_runs(world)
  if how.hostile then hostile(world) end
  logs(world)
  world.scheduler = setmetatable({ book = world.book, list = list, by_name = by_name, now = world.now,
    file = dir .. "/schedule.lua" }, Scheduler)
  world.mono = 1000
  world.said, world.woken = {}, 0
  local clock = { wall = function() return world.now() end, mono = function() return how.mono and how.mono() or world.mono end }
  world.page = page.new { scheduler = world.scheduler, book = world.book, journal = world.journal, clock = clock,
    logs = world.logs, token = world.token, actor = "tester@host", host = "host.example.com",
    wake = function() world.woken = world.woken + 1 end,
    log = function(level, text, fields) world.said[#world.said + 1] = { level, text, fields } end,
    open = { ["/health"] = function() return { status = 200, headers = {}, body = "fine" } end } }
  return world
end

return M
