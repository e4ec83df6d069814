-- core/schedule/outbox.lua - sends what core.schedule.notice has put into the outbox.
-- SPDX-License-Identifier: MIT
--
-- A row is sent, then marked as sent. Whoever dies in between sends it again,
-- with the same id: at least once, and the id tells it. Rows of one channel of
-- one schedule go one after the other, for the book gives only the oldest;
-- those of others do not wait for them.

local error_ = require "core.error"
local json = require "host.json"
local target = require "core.schedule.target"
local task = require "host.task"

local M = {}
local Outbox = {}
Outbox.__index = Outbox

local AT_ONCE = 8 -- messages under way
local LOOK = 5 -- seconds between two looks: other processes write rows, too
local FIRST, LONGEST, DAY = 10, 3600, 86400 -- seconds of back-off, and until a message is given up

-- ---- one message ----

local function facts_of(self, row, message)
  local data = message.data or {}
  local slot = data.slot or {}
  local facts = { ERRAND_NOTICE = message.id, ERRAND_EVENT = data.event, ERRAND_SCHEDULE = row.schedule,
    ERRAND_SUBJECT = message.subject,
    ERRAND_OUTCOME = data.outcome or data.state, ERRAND_REASON = slot.reason, ERRAND_RUN = data.run, ERRAND_SLOT = slot.at,
    ERRAND_SLOT_LOCAL = slot.local_time, ERRAND_HOST = self:host() }
  for name, value in pairs(facts) do facts[name] = tostring(value):gsub("[%c\127]", " ") end
  return facts
end

--- The name of this machine.
function Outbox:host()
  self.host_name = self.host_name or (require("host.sys").read_file "/proc/sys/kernel/hostname" or ""):match "^[%w.-]+"
    or "localhost"
  return self.host_name
end

-- Where a command's last words go; nil: nowhere.
local function log_file(self, row)
  if not self.store then return nil end
  local sys = require "host.sys"
  local dir = self.store .. ".logs"
  if not sys.exists(dir) and not sys.make_dir(dir, 448) and not sys.exists(dir) then return nil end
  return ("%s/notice-%d.log"):format(dir, row.id)
end

-- What sends to a webhook or ping, kept: a variable is in the environment only once.
local function poster(self, to)
  local key = assert(json.encode(to))
  self.posters[key] = self.posters[key] or require("core.schedule.send.post").new(to)
  return self.posters[key]
end

-- true; or nil, what went wrong, whether trying again is of no use, seconds to wait
local function deliver(self, row, message)
  local kind = message.to.kind
  if kind == "webhook" or kind == "ping" then
    if kind == "webhook" then message.data.host = self:host() end
    local post = poster(self, message.to)
    return post[kind](post, message, self.clock:wall())
  end
  local program = require "core.schedule.send.program"
  return program[kind](message, facts_of(self, row, message),
    { log = log_file(self, row), host = self:host(), now = self.clock:wall(), seconds = self.seconds })
end

local KINDS = { command = true, mail = true, webhook = true, ping = true }

-- The message, nil if it is none. Want of memory is raised, for then the row waits.
local function decode(row)
  local message = type(row.body) == "string" and json.decode(row.body)
  if type(message) ~= "table" or type(message.to) ~= "table" or type(message.id) ~= "string" then return nil end
  return KINDS[message.to.kind] and message or nil
end

local function back_off(row)
  -- a part by the row, so that what failed together does not come back together
  return math.min(LONGEST, FIRST * 2.0 ^ math.min(row.tries, 20)) * (0.75 + row.id * 37 % 100 / 400)
end

local function told(row, message, more)
  local fields = { channel = row.channel, schedule = row.schedule, notice = message and message.id, slot = row.slot }
  for name, value in pairs(more or {}) do fields[name] = value end
  return fields
end

-- What is to be written of a message that could not be sent.
local function after_failure(self, row, message, why, final, wait)
  local now = self.clock:wall()
  local expires = row.expires or row.made + DAY
  why = require("host.err").redact(tostring(why))
  if final then
    self.log("error", "notice given up", told(row, message, { why = why, tries = row.tries + 1 }))
    return function() self.book:give_up(row.id, why) end
  end
  local due = math.min(now + math.max(back_off(row), wait or 0), expires)
  self.log("warning", "notice not sent", told(row, message, { why = why, tries = row.tries + 1,
    next = require("host.sys").utc(due) }))
  return function() self.book:again_at(row.id, due, why) end
end

-- Sends one row; gives what is to be written of it.
local function handle(self, row)
  local message = decode(row)
  if not message then return after_failure(self, row, nil, "the row of the outbox cannot be read", true) end
  -- A ping that is late says what is no longer so; any other is tried at least once.
  if self.clock:wall() >= (row.expires or row.made + DAY) and (row.tries > 0 or message.ping) then
    return after_failure(self, row, message, row.message or "its time was over before it could be sent", true)
  end
  local ok, sent, why, final, wait = pcall(deliver, self, row, message)
  if not ok then sent, why, final, wait = nil, type(sent) == "table" and sent.message or sent, false, nil end
  if not sent then return after_failure(self, row, message, why or "no reason given", final, wait) end
  if not message.ping then self.log("info", "notice sent", told(row, message)) end
  return function() self.book:sent(row.id) end
end

-- ---- many ----

-- Writes what came of messages. What cannot be written is kept, and its
-- message not sent again by this process.
local function write_marks(self)
  for id, mark in pairs(self.marks) do
    local ok, err = pcall(mark)
    if not ok then
      self:trouble(err)
      return false
    end
    self.marks[id] = nil
  end
  return true
end

function Outbox:trouble(err)
  local why = type(err) == "table" and err.message or tostring(err)
  if why ~= self.troubled then self.log("error", "outbox cannot be read or written", { why = why }) end
  self.troubled = why
  self.pause = math.min(60, (self.pause or 0.5) * 2)
end

local function start(self, row)
  self.active[row.id] = true
  self.count = self.count + 1
  task.spawn(function()
    local ok, mark = pcall(handle, self, row)
    if not ok then -- a fault of ours must not turn into a thousand messages
      local why = type(mark) == "table" and mark.message or tostring(mark)
      self.log("error", "notice failed", told(row, nil, { why = why }))
      local due = self.clock:wall() + back_off(row)
      mark = function() self.book:again_at(row.id, due, why) end
    end
    self.active[row.id] = nil
    self.count = self.count - 1
    self.marks[row.id] = mark
    write_marks(self)
    self:wake()
  end)
end

-- Starts what is due; the number of messages started, nil where the book fails.
local function pass(self)
  if not write_marks(self) then return nil end
  local ok, rows = pcall(self.book.outbox_due, self.book, self.clock:wall(), 4 * AT_ONCE)
  if not ok then return self:trouble(rows) end
  self.pause, self.troubled = nil, nil
  local n = 0
  for _, row in ipairs(rows) do
    if self.count >= AT_ONCE or self.closed then break end
    if not self.active[row.id] then
      start(self, row)
      n = n + 1
    end
  end
  return n
end

-- Until somebody wakes it, or so many seconds.
local function wait(self, seconds)
  if self.woken then
    self.woken = false
    return
  end
  self.sleeper = task.spawn(task.sleep, seconds)
  local ok, err = pcall(self.sleeper.join, self.sleeper)
  self.sleeper = nil
  if not ok and not self.woken then error(err, 0) end -- it is this task that is to end
  self.woken = false
end

-- One process sends at a time. nil: another one has it.
local function take(self)
  if not self.store then return true end
  local ok, lock = pcall(require("core.run.lock").take, self.store .. ".runs", "outbox")
  if ok then return lock end
  if not (error_.is(lock) and lock.kind == "conflict") then self:trouble(lock) end
end

local function give(lock)
  if type(lock) == "table" then lock:close() end
end

local function until_next(self)
  if self.pause then return self.pause end
  local ok, at = pcall(self.book.outbox_next, self.book)
  if not ok or not at or self.count >= AT_ONCE then return LOOK end
  -- What is due and not started is under way, and wakes us when it ends.
  local left = at - self.clock:wall()
  return left > 0 and math.min(LOOK, left) or self.count > 0 and LOOK or 0.05
end

--- Sends until close() is called. For a task of its own.
function Outbox:run()
  local lock
  local ends <close> = setmetatable({}, { __close = function() give(lock) end }) -- luacheck: ignore 211
  while not self.closed do
    lock = lock or take(self)
    if lock then pass(self) end
    wait(self, lock and until_next(self) or LOOK)
  end
end

--- Something may be due now.
function Outbox:wake()
  self.woken = true
  if self.sleeper then self.sleeper:cancel() end
end

--- Sends what is due now and returns when that is done. Where another process
-- sends, it is left to that one.
-- @tparam ?number seconds after which no further message is begun (30)
-- @treturn number of messages tried; nil where another process sends
function Outbox:once(seconds)
  local lock = take(self)
  if not lock then return nil end
  local over, n = task.now() + (seconds or 30), 0
  repeat
    local begun = task.now() < over and pass(self) or 0
    n = n + begun
    if self.count > 0 then wait(self, LOOK) end
  until begun == 0 and self.count == 0
  write_marks(self)
  give(lock)
  return n
end

--- Starts nothing more, and waits up to so many seconds for what is under way.
-- What is left stays in the outbox.
function Outbox:drain(seconds)
  self:close()
  local over = task.now() + (seconds or 10)
  while self.count > 0 and task.now() < over do task.sleep(0.02) end
  write_marks(self)
end

--- Ends run(); what is under way goes on.
function Outbox:close()
  self.closed = true
  self:wake()
end

--- Looks at the channels of a schedule file that was read, and takes the
-- variables that they name out of the environment, so that no child sees them.
-- @tparam table set of core.schedule.file
-- @treturn table list of sentences about what will not work
function Outbox:load(set)
  local problems, seen = {}, {}
  for key, post in pairs(self.posters) do -- a file or credential may have changed
    if not post:lasting() then self.posters[key] = nil end
  end
  local function look(name, kind, value)
    local to = target.of(kind, value)
    local ok, post = pcall(poster, self, to)
    local fine, why = ok, not ok and (type(post) == "table" and post.message or tostring(post))
    if ok then fine, why = post:resolve() end
    local text = not fine and ("schedule '%s': %s"):format(name, why)
    if text and not seen[text] then problems[#problems + 1] = text end
    if text then seen[text] = true end
  end
  for _, definition in ipairs(set.list) do
    local notify = definition.notify or {}
    for _, entry in ipairs(#notify == 0 and { notify } or notify) do
      if entry.webhook then look(definition.name, "webhook", entry.webhook) end
    end
    if definition.ping then look(definition.name, "ping", definition.ping) end
  end
  return problems
end

--- An outbox. Options: book; clock (wall()); log = function(level, text,
-- fields); store = path of the store, for its locks and logs, nil where there
-- is none; seconds = limit of a command.
function M.new(options)
  return setmetatable({ book = options.book, clock = options.clock, log = options.log or function() end, store = options.store,
    seconds = options.seconds, posters = {}, active = {}, marks = {}, count = 0 }, Outbox)
end

return M
