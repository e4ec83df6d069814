-- core/schedule/byhand.lua - errand schedule run: a schedule's work now, in this process.
-- SPDX-License-Identifier: MIT

-- As the daemon would do it: a row for it, one process at a time, the same
-- folder, profile and limits, the same notices. A daemon may be running beside
-- it or not; what begins is decided in the store, so that never two begin.

local child_ = require "core.schedule.child"
local error_ = require "core.error"
local notice = require "core.schedule.notice"
local overlap = require "core.schedule.overlap"
local session = require "core.session"
local states = require "core.run.journal.states"
local sys = require "host.sys"

local M = {}

local SEND <const> = 30 -- seconds after which no further notice is begun

local function journal()
  return require("core.run.journal").open(require("core.record").store())
end

local function decode(text)
  local value = text and require("host.json").decode(text)
  return type(value) == "table" and value or {}
end

-- ---- what earlier processes left behind ----

-- Is no daemon running? And its lock, so that none begins meanwhile.
local function without_daemon()
  local path = require("core.config").store_path()
  if not path or not sys.exists(path .. ".daemon") then return true end
  local lock = sys.lock(path .. ".daemon", "the store")
  return lock ~= nil, lock
end

-- What became of a row that nobody has, if it is over: outcome and note.
local function fate(row)
  if row.run_state then return states.ended[row.run_state] and row.run_state or nil, decode(row.run_error).message end
  if row.state == "running" and not row.run then
    if not row.code then return "lost", "its process vanished, and a script that is no workflow is not run again" end
    return row.code == 0 and "done" or "failed", row.note or row.code ~= 0 and "exit code " .. row.code or nil
  end
  if row.kind == "hand" then return "lost", "its process vanished before it began" end
end

-- Where no daemon looks after the rows of a schedule, whoever comes does: what
-- is over must not be in the way for ever.
local function tidy(B, name)
  local alone, lock <close> = without_daemon() -- luacheck: ignore 211
  if not alone then return end
  for _, row in ipairs(B:open(name)) do
    if row.state ~= "due" and not child_.holder(child_.locks(), row.id) then
      local outcome, note = fate(B:slot(row.id))
      if outcome then B:finish(row.id, { outcome = outcome, note = note }) end
    end
  end
end

-- ---- what is in the way ----

-- What to do about a row that is in the way, as commands.
local function advice(row, pid)
  if row.state == "due" then return "errand serve begins it" end
  if row.run_state == "sleeping" then
    return ("errand runs resume %s goes on when it is time, errand runs cancel %s ends it"):format(row.run, row.run)
  end
  if row.run_state and row.run_state ~= "ready" and row.run_state ~= "running" and not pid then
    return require("core.run.lines").advice(row.run_state, { id = row.run, path = decode(row.run_error).path })
  end
  if row.run_state and pid then return ("wait for it, or errand runs cancel %s stops it at its next step"):format(row.run) end
  if row.run_state then return ("errand runs resume %s goes on"):format(row.run) end
  if pid == true or not pid then return "wait for it" end
  return ("wait for it, or kill %d ends it"):format(pid)
end

local function refuse(name, row, note)
  local dir = child_.locks()
  local pid = child_.holder(dir, row.id) or row.run and require("core.run.lock").holder(dir, row.run) or nil
  local err = row.run_state and states.live[row.run_state] and not pid and decode(row.run_error).message
  error_.raise("conflict", ("schedule '%s' is not run, for %s%s%s; next: %s"):format(name, note, pid and pid ~= true
    and (" (pid %d)"):format(pid) or "", err and " (" .. err .. ")" or "", advice(row, pid)), { pid = pid, run = row.run })
end

-- The row that is most in the way.
local function first(open)
  for _, row in ipairs(open) do
    if row.state ~= "due" then return row end
  end
  return open[1]
end

-- How many may have begun at once. Nobody waits in a foreground, so what would
-- queue is refused.
local function most(definition)
  return definition.overlap == "allow" and definition.overlap_max or 1
end

local function look(B, definition)
  local open = B:open(definition.name)
  if #open < most(definition) then return end
  local row = first(open)
  refuse(definition.name, row, overlap.describe(row))
end

-- ---- the same place as the daemon's children ----

local function absolute(path)
  if path:sub(1, 1) == "/" then return path end
  return sys.cwd() .. "/" .. path:gsub("^%./", "")
end

-- What was named from this folder is named from all: the work is done in
-- another one. The store is opened anew where it was.
local function name_all()
  for _, name in ipairs { "ERRAND_STORE", "ERRAND_CONFIG", "ERRAND_SERVICES" } do
    local path = sys.env(name)
    if path and path ~= "" then sys.setenv(name, absolute(path)) end
  end
  for _, name in ipairs { "config", "record", "sandbox" } do
    if type(session[name]) == "string" then session[name] = absolute(session[name]) end
  end
  require("core.record").close()
end

-- ---- one run ----

local Hand = {}
Hand.__index = Hand

-- How it stood before: the outcome of the last slot that ended.
local function previous(B, name)
  for _, row in ipairs(B:slots { schedule = name, limit = 20 }) do
    if row.state == "ended" then return row.outcome end
  end
end

function Hand:messages(event)
  event.previous = self.before
  return notice.messages(event, self.definition, sys.clock())
end

-- Outcome and note of a script that has ended.
local function of_script(self, row, err)
  if error_.is(err) and err.kind == "timeout" and self.late then
    return "timed_out", "it took longer than its time limit"
  end
  if row.code == 143 or row.code == 130 then return "cancelled", "interrupted by whoever ran it" end
  return row.code == 0 and "done" or "failed", row.note or row.code and row.code ~= 0 and "exit code " .. row.code or nil
end

-- The run is not over and has no process: what waits for somebody is told,
-- once, by the daemon where there is one.
function Hand:waits(row, why)
  local B = self.book
  local alone, lock <close> = without_daemon() -- luacheck: ignore 211
  if not alone or row.run_state == "sleeping" then return end
  B:post(self:messages { type = "waiting", slot = row, state = row.run_state, error = why.message }, row.schedule, row.id)
  local timed_out = self.late and why.kind == "interrupted"
  if not timed_out then B:told(row.id, { reason = why.message and row.run_state .. ": " .. why.message or row.run_state }) end
end

-- What came of it goes into the book, with what is to be told of it.
function Hand:finish(err)
  local B, row = self.book, self.book:slot(self.id)
  if not row or row.state == "ended" then return end
  local outcome, note
  if row.run_state and states.live[row.run_state] then
    local why = decode(row.run_error)
    if self.late and why.kind == "interrupted" then
      B:told(row.id, { reason = "timed_out", note = "it took longer than its time limit and waits for somebody" })
    end
    return self:waits(row, why)
  elseif row.run_state then
    outcome, note = row.run_state, row.run_state ~= "done" and decode(row.run_error).message or nil
  elseif row.run then -- nothing was begun: an id that was reserved is no run to look at
    outcome, note, row.run = "failed", row.note, nil
  else
    outcome, note = of_script(self, row, err)
  end
  row.outcome, row.note, row.seconds = outcome, note or row.note, sys.clock() - (row.started or sys.clock())
  B:finish(row.id, { outcome = outcome, note = note, code = row.code, seconds = row.seconds },
    self:messages { type = "ended", slot = row, error = note })
end

-- Ends the process where not even the time limit did.
local function last_resort(definition)
  if definition.timeout then require("host.state").time_limit(definition.timeout + (definition.grace or 30)) end
end

function Hand:work()
  local definition = self.definition
  if definition.memory then require("host.state").memory(definition.memory) end
  last_resort(definition)
  local how = { slot = self.id, book = self.book, hook = self.book.hook, limit = definition.timeout,
    late = function() self.late = true end }
  return child_.run(how, function(child)
    local there, err = sys.chdir(definition.dir or ".")
    if not there then error_.rethrow(err) end
    return require("core.cli.run").file(definition.run, table.move(definition.words, 1, #definition.words, 1, {}), {}, child)
  end)
end

-- Sends what is to be told, unless a daemon does.
local function send(self, set)
  if #self.book:outbox { waiting = true, limit = 1 } == 0 then return end
  local function log(level, text, fields)
    if level == "info" then return end
    require("host.err").log(level == "error" and "error" or "warn", text .. (fields and fields.why and ": " .. fields.why or ""))
  end
  local W = require("core.schedule.outbox").new { book = self.book, clock = require("core.run.clock").real(), log = log,
    store = require("core.config").store_path() }
  if set then W:load(set) end
  W:once(SEND)
end

local function local_time(definition, at)
  local zone = require("host.cron").zone(definition.tz or "UTC")
  local here = zone and zone:at(math.floor(at))
  return here and here.local_time or nil
end

--- Runs a schedule now and gives the exit code of its run. Raises kind
-- "conflict" where another run of it is in the way, and what a script raises.
-- @tparam table options definition (core.schedule.row), set (the file; for what
-- its notices need)
function M.run(options)
  local definition = options.definition
  name_all()
  local B = require("core.schedule.book").open(require("core.record").store())
  B.hook = require("core.cli.run").crash_hook()
  if definition.profile and not session.profile and not session.sandbox then session.profile = definition.profile end
  tidy(B, definition.name)
  look(B, definition)
  local before, now = previous(B, definition.name), sys.clock()
  local row = B:hand(definition.name, sys.whoami(), now, "hand", "started", { run = journal():new_id(),
    local_time = local_time(definition, now), most = most(definition) })
  if not row then -- somebody was faster
    local other = first(B:open(definition.name))
    refuse(definition.name, other, overlap.describe(other))
  end
  local self = setmetatable({ definition = definition, book = B, id = row.id, before = before }, Hand)
  B:post(self:messages { type = "started", slot = row }, row.schedule, row.id)
  local ok, result = xpcall(self.work, require("host.state").traceback, self)
  self:finish(not ok and result or nil)
  send(self, options.set)
  if not ok then error(result, 0) end
  return result
end

return M
