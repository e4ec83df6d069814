-- judge.lua - what must hold after a system call failed, whatever became of the command.
-- SPDX-License-Identifier: MIT

local faults = require "faults"
local trace = require "trace"

local judge = {}

-- Names that are made anew by each run.
local function plain(text)
  return (text:gsub("r%-%w%w%w%w%w%w%f[^%w]", "RUN"):gsub("%x+%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x+", "UUID")
    :gsub('"times":%b{}', '"times":{}'):gsub('"seconds":[%d.e+-]+', '"seconds":0'):gsub('"attempts":%d+', '"attempts":1')
    :gsub("%d%d%d%d%-%d%d%-%d%d[T ]%d%d:%d%d:%d%d[%d.]*Z?", "TIME"):gsub("%d+ ms", "SPAN"):gsub("127%.0%.0%.1:%d+", "HOST"))
end

judge.plain = plain

-- What the store says, as sorted lines; history of reads is a comfort and is not in it.
local queries = {
  "SELECT 'call ' || operation || ' ' || outcome AS line FROM call",
  "SELECT 'run ' || workflow || ' ' || state AS line FROM run",
  "SELECT 'step ' || path || ' ' || state AS line FROM step",
  "SELECT 'slot ' || schedule || ' ' || state || ' ' || coalesce(outcome, '-') AS line FROM slot",
}

--- Opens the store, checks it whole: { lines = , none = true where there is
-- nothing yet }, or nil and what is wrong.
function judge.store(path)
  local file = io.open(path)
  local size = file and file:seek "end"
  if file then file:close() end
  if not size then return { none = true, lines = {} } end
  local store, err = require("host.store").open(path)
  if not store then return nil, "the store cannot be opened: " .. tostring(err) end
  local ok, why = store:check()
  local count, broken = nil, nil
  if ok then count, broken = require("core.run.journal").open(store):check() end
  local lines = {}
  for _, sql in ipairs(ok and queries or {}) do
    for _, row in ipairs(store:rows(sql) or {}) do lines[#lines + 1] = row.line end
  end
  store:close()
  if not ok then return nil, "the store: " .. tostring(why) end
  if not count then return nil, "the journal: " .. tostring(broken) end
  table.sort(lines)
  return { lines = lines }
end

local function expected(s)
  local out = {}
  for _, one in ipairs(s.effects or {}) do out[one] = 1 end
  return out
end

-- Those of an effect "x " match by their beginning: the rest is an id.
local function wanted_of(effect, want)
  for one in pairs(want) do
    if effect == one or effect:sub(1, #one) == one then return one end
  end
end

-- To the same end, so that errand may do it again after a death.
local function repeatable(effect)
  return effect:find "%.add_to_group " or effect:find "%.delete " or effect:find "%.update "
end

local function effects(s, got, all, bad)
  local want, seen = expected(s), {}
  for effect, n in pairs(got) do
    local one = wanted_of(effect, want)
    if one then seen[one] = (seen[one] or 0) + 1 end
    if n > 1 and not repeatable(effect) then bad(("%d times %s"):format(n, effect)) end
  end
  for one in pairs(all and want or {}) do
    if not seen[one] then bad("no effect " .. one) end
  end
end

local internal = { "stack traceback", "%[C%]", "attempt to %l+ a", "bad argument #", "PANIC", "out of memory" }

local function words(r, bad)
  for _, pattern in ipairs(internal) do
    if r.err:find(pattern) then bad("an internal message: " .. r.err:sub(1, 300)) end
  end
  if r.code ~= 0 and not r.err:find "%S" then bad "it says nothing" end
end

-- Whole under its name, or what was there before.
local function finals(s, r, clean, bad)
  for _, name in ipairs(s.makes or {}) do
    for path, text in pairs(clean.files) do
      if path == name or name:sub(-1) == "/" and path:sub(1, #name) == name then
        local got, old = r.files[path], s.files and s.files[path]
        local whole = got and plain(got) == plain(text)
        if got and not whole and got ~= old then bad(("%s is neither whole nor what was there: %d bytes"):format(path, #got)) end
        if r.code == 0 and not whole then bad(path .. " is not there, but exit code 0") end
        if not got and old then bad(path .. " is gone") end
      end
    end
  end
end

local always = { "^store%.db", "^home/$" }

-- What nobody will ever clean up.
local function leftovers(s, r, clean, call, bad)
  if call == "unlink" or call == "unlinkat" then return end
  for path in pairs(r.files) do
    local known = clean.files[path] ~= nil or s.files and s.files[path] ~= nil
    for _, list in ipairs { always, s.keeps or {} } do
      for _, pattern in ipairs(list) do known = known or path:find(pattern) ~= nil end
    end
    if not known then bad("a file is left: " .. path) end
  end
end

-- A flush that failed is the last thing that this process did to the store.
-- But as long as there is no log, in a store that is being made, SQLite takes
-- back what it wrote; nothing has been promised of that.
local function after_flush(text, rest, pid, before, code, bad)
  if not text:find "^f%a*sync%(" then return end
  local log = false
  for _, c in ipairs(before) do log = log or c.call == "pwrite64" and c.text:find("/store.db-wal>", 1, true) ~= nil end
  local taken_back = not log and code ~= 0
  local file = text:match "^f%a*sync%(%d+<([^>]*)>"
  if not file or not file:find "/store%.db" then return end
  for _, c in ipairs(rest) do
    local written = c.call == "pwrite64" and c.text:find "/store%.db" and not taken_back
    if c.pid == pid and (written or c.call == "sendto") then
      bad("after a failed flush: " .. c.text:sub(1, 150))
      return
    end
  end
end

-- An effect without a record that would show it.
local function recorded(store, got, bad)
  for effect in pairs(got) do
    local operation = effect:match "^%w+%.(%S+) "
    local found = false
    for _, line in ipairs(store.lines) do
      local name, outcome = line:match "^call (%S+) (%S+)$"
      if name == operation and outcome ~= "failed" then found = true end
    end
    if not found then bad(effect .. " happened, but no call of it is on record") end
  end
end

-- Operations of which a call is in doubt.
local function doubted(lines)
  local out = {}
  for _, line in ipairs(lines) do
    local operation = line:match "^call (%S+) in_doubt$"
    if operation then out[operation] = true end
  end
  return out
end

-- The rows that a run leaves behind, but for attempts without effect. How a
-- call of a workflow ended, or what became of a doubt, is in the journal (the
-- step is settled, the call is not made anew); where it could not be noted a
-- second time, that was said.
local function same_rows(s, r, store, clean)
  local said = s.durable and r.err:find("is not in the record", 1, true)
  local doubts = s.durable and doubted(store.lines) or {}
  local function text(lines)
    local kept = {}
    for _, line in ipairs(lines) do
      local operation, outcome = line:match "^call (%S+) (%S+)$"
      if not operation or not (said or doubts[operation] or outcome == "failed") then kept[#kept + 1] = line end
    end
    return table.concat(kept, "\n")
  end
  return text(store.lines) == text(clean.lines)
end

-- A daemon that could start no child has done nothing, and said so each time.
local function nothing_ran(s, r, store)
  if not s.repeats or not store then return false end
  for _, line in ipairs(store.lines) do
    local outcome = line:match "^slot %S+ ended (%S+)$"
    if outcome and outcome ~= "failed" then return false end
  end
  return r.err:find("slot failed", 1, true) ~= nil
end

--- Everything that is wrong with a run: a list of texts. clean is the one
-- without faults, at the place where both were.
function judge.run(s, r, clean, at, call, report)
  local found = {}
  local function bad(text) found[#found + 1] = text end
  if not r.code or r.code == 124 or r.code == 137 then bad "it does not end" end
  if r.code and r.code > 128 and r.code ~= 137 and r.code ~= 130 and r.code ~= 143 then bad("it died: " .. r.code) end
  words(r, bad)
  finals(s, r, clean, bad)
  leftovers(s, r, clean, call, bad)
  local store, why = judge.store(at.dir .. "/w/store.db")
  effects(s, r.effects, r.code == 0 and not nothing_ran(s, r, store), bad)
  if s.posts and r.code == 0 and r.posts ~= 1 and ("\n" .. r.out):find "\nsent\n" then bad(("%d posts"):format(r.posts)) end
  local printed = s.shared or s.posts or plain(r.out) == plain(clean.out)
  if r.code == 0 and not printed then bad("exit code 0, but it printed: " .. r.out:sub(1, 200)) end
  local text, rest, pid, before = trace.injected(at.dir .. "/trace")
  if text then after_flush(text, rest, pid, before, r.code, bad) end
  if not store then
    bad(why)
  else
    recorded(store, r.effects, bad)
    if r.code == 0 and not s.repeats and not same_rows(s, r, store, clean.store) then
      bad("exit code 0, but the store says: " .. table.concat(store.lines, "; "))
    end
  end
  report.named = r.code == 0 or not text or faults.named(report.fault, r.err)
  return found
end

--- The same of what brought it to its end.
function judge.again(s, r, clean, at)
  local found = {}
  local function bad(text) found[#found + 1] = "then: " .. text end
  if r.code ~= 0 and not (r.code == 4 and s.name == "demo") then bad(("exit code %s: %s"):format(r.code, r.err:sub(-300))) end
  effects(s, r.effects, r.code == 0, bad)
  finals(s, { files = r.files, code = r.code }, clean, bad)
  local store, why = judge.store(at.dir .. "/w/store.db")
  if not store then bad(why) end
  return found
end

return judge
