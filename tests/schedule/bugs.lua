-- bugs.lua - bugs to be planted into the scheduler while it runs, by name.
-- SPDX-License-Identifier: MIT

local book_ = require "core.schedule.book"
local overlap = require "core.schedule.overlap"
local scheduler = require "core.schedule.scheduler"
local slots = require "core.schedule.slots"
local trust = require "core.schedule.trust"

local bugs = {}

-- Each book that is opened gets this method instead; fn(the true one, book, ...).
local function of_book(name, fn)
  local open = book_.open
  book_.open = function(...)
    local B = open(...)
    local true_one = B[name]
    B[name] = function(self, ...) return fn(true_one, self, ...) end
    return B
  end
end

-- Each plan of slots is made with what before(given) changes, and changed by after(plan, given).
local function of_plan(before, after)
  local plan = slots.plan
  slots.plan = function(given)
    if before then before(given) end
    local out = plan(given)
    if after then after(out, given) end
    return out
  end
end

local list = {}

list["a row is left out"] = function()
  local n = 0
  of_book("fire", function(fire, B, name, upto, rows, ...)
    n = n + 1
    if n % 5 == 0 then rows = { table.unpack(rows, 2) } end
    return fire(B, name, upto, rows, ...)
  end)
end

list["last_slot is written before the rows"] = function()
  of_book("fire", function(fire, B, name, upto, ...)
    fire(B, name, upto, {})
    return fire(B, name, upto, ...)
  end)
end

list["last_slot is not written and rows are made anew"] = function()
  of_book("fire", function(fire, B, name, upto, rows, ...)
    for _, row in ipairs(rows) do
      if B:rows("SELECT 1 FROM slot WHERE schedule = :name AND at = :at", { name = name, at = row.at })[1] then row.kind = "hand" end
    end
    local made, ids = fire(B, name, upto, rows, ...)
    B:execute("UPDATE schedule SET last_slot = NULL WHERE name = :name", { name = name })
    return made, ids
  end)
end

list["the claim is not checked"] = function()
  of_book("claim", function(claim, B, id, ...)
    return claim(B, id, ...) or B:slot(id)
  end)
  of_book("again", function(again, B, id)   -- and so each attempt may run
    local row = again(B, id)
    if row then B:execute("UPDATE slot SET run = NULL WHERE id = :id", { id = id }) end
    return row
  end)
end

list["a script does not say that it has begun"] = function()
  of_book("told", function(told, B, id, about)
    if about.run == false then return true end
    return told(B, id, about)
  end)
end

list["the catch-up is off by one"] = function()
  of_plan(nil, function(plan, given)
    for i, row in ipairs(plan.rows) do
      local before = plan.rows[i - 1]
      if given.catchup == "one" and row.catchup == 1 and before and before.reason == "missed" then
        before.state, before.reason, before.catchup = "due", nil, 1
        row.state, row.reason, row.catchup = "skipped", "missed", 0
        return
      end
    end
  end)
end

list["held runs are not in the way"] = function()
  local admit, may_begin = overlap.admit, overlap.may_begin
  local function others(rows)
    local out = {}
    for _, row in ipairs(rows) do
      if row.run_state ~= "held" and row.run_state ~= "in_doubt" then out[#out + 1] = row end
    end
    return out
  end
  overlap.admit = function(definition, open, row) return admit(definition, others(open), row) end
  overlap.may_begin = function(definition, row, busy, before) return may_begin(definition, row, others(busy), before) end
  of_book("start", function(start, B, id, run) return start(B, id, run) end)
end

list["what waits begins beside what runs"] = function()
  overlap.may_begin = function() return true end
  of_book("start", function(start, B, id, run) return start(B, id, run) end)
end

list["half a minute counts as missed"] = function() slots.LATE = 20 end

list["the window is not looked at"] = function()
  of_plan(function(given) given.window = 1e9 end)
end

list["jitter is left out"] = function()
  local row = slots.row
  slots.row = function(slot) return row(slot, 0) end
end

list["one that covers others counts one too few"] = function()
  local covering = slots.covering
  slots.covering = function(...)
    local row = covering(...)
    if row and row.covers > 1 then row.covers = row.covers - 1 end
    return row
  end
end

list["what failed is done"] = function()
  of_book("finish", function(finish, B, id, about, ...)
    if about.outcome == "failed" then about.outcome = "done" end
    return finish(B, id, about, ...)
  end)
end

list["times in a gap are left out"] = function()
  local cron = require "host.cron"
  local new = cron.new
  cron.new = function(text, options)
    options.dst = "skip"
    return new(text, options)
  end
end

list["the schedule is not held after too many"] = function()
  of_book("fire", function(fire, B, name, upto, rows, notices, _, replaced)
    return fire(B, name, upto, rows, notices, nil, replaced)
  end)
end

list["all that was missed is caught up"] = function()
  of_plan(function(given)
    if given.catchup == "all" then given.catchup_max = 1000 end
  end)
end

list["locks are not looked at"] = function()
  local new = scheduler.new
  scheduler.new = function(options)
    options.busy = function() return nil end
    return new(options)
  end
end

list["it looks a minute ahead"] = function()
  of_plan(function(given) given.now = given.now + 61 end)
  local next_ = slots.next
  slots.next = function(...)
    local at = next_(...)
    return at and at - 61
  end
end

list["any clock is believed"] = function()
  local new = trust.new
  trust.new = function(options)
    local one = new(options)
    one.look = function() return true end
    return one
  end
end

list["a wrong future is believed"] = function()
  local new = trust.new
  trust.new = function(options)
    local one = new(options)
    local look = one.look
    one.look = function(self)
      self.doubt = nil
      return look(self)
    end
    one.suspect = function() end
    return one
  end
end

list["a future that was none keeps its slots"] = function()
  of_book("wall", function(wall, B, now, force)
    B.execute = function(self, sql, ...)
      if sql:find "^DELETE FROM slot" then return 0 end
      return getmetatable(self).__index.execute(self, sql, ...)
    end
    local written = wall(B, now, force)
    B.execute = nil
    return written
  end)
end

list["an edit keeps the old time"] = function()
  of_book("enter", function(enter, B, schedules, now, ...) return enter(B, schedules, now - 7200, ...) end)
end

list["a run that died is not resumed"] = function()
  local begin = require "core.schedule.begin"
  local again = begin.again
  begin.again = function(S, row, how)
    if how == "resume" and row.run_state == "running" then return false end
    return again(S, row, how)
  end
end

list["a pause that is over leaves no trace"] = function()
  of_book("pauses", function(pauses, B, name)
    local out = pauses(B, name)
    return out[1] and not out[#out].ended and { out[#out] } or {}
  end)
end

list["what was missed before a pause counts as paused"] = function()
  of_book("pauses", function(pauses, B, name)
    local out = pauses(B, name)
    for _, one in ipairs(out) do one.began = one.ended and 0 or one.began end
    return out
  end)
end

list["a notice comes in a commit after that of its slots"] = function()
  of_book("fire", function(fire, B, name, upto, rows, notices, ...)
    local made = fire(B, name, upto, rows, nil, ...)
    return made, B:post(notices, name)
  end)
end

list["a notice that another one takes the place of is told, too"] = function()
  of_book("add_notices", function(add, B, notices, ...)
    if notices then notices.instead_of = nil end
    return add(B, notices, ...)
  end)
end

--- What shows them soonest, where that is not just any fault.
bugs.kinds = {
  ["one that covers others counts one too few"] = "reload", ["the window is not looked at"] = "kill,reboot",
  ["locks are not looked at"] = "kill", ["a wrong future is believed"] = "future", ["any clock is believed"] = "unsynchronised",
  ["the catch-up is off by one"] = "kill", ["all that was missed is caught up"] = "kill",
  ["the schedule is not held after too many"] = "kill", ["a future that was none keeps its slots"] = "unsynchronised",
  ["a pause that is over leaves no trace"] = "lose_sync,pause",
  ["what was missed before a pause counts as paused"] = "lose_sync,pause",
}

--- Sorted names of the bugs.
function bugs.names()
  local names = {}
  for name in pairs(list) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- From now on the scheduler has that bug.
function bugs.plant(name)
  local fn = list[name] or error("there is no bug '" .. name .. "'")
  fn()
end

return bugs
