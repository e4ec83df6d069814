-- test.lua - require "test" in specs: describe, it, and what must be true.
-- SPDX-License-Identifier: MIT

local test = {}

local state = { count = 0, failed = 0, path = {}, globals = nil }

local function say(text)
  io.stdout:write(text, "\n")
  io.stdout:flush()
end

local function show(value)
  if type(value) == "string" then return ("%q"):format(value):gsub("\\\n", "\\n") end
  if type(value) ~= "table" then return tostring(value) end
  local meta = getmetatable(value)
  if type(meta) == "table" and meta.__tostring then return tostring(value) end
  local parts, keys = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for i, key in ipairs(keys) do
    if i > 8 then parts[i] = "..." break end
    local member = value[key]
    parts[i] = tostring(key) .. "=" .. (type(member) == "table" and "{...}" or show(member))
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- The first place where two values differ, or nil.
local function difference(got, want, path, seen)
  if rawequal(got, want) then return nil end
  if type(got) ~= "table" or type(want) ~= "table" then
    if got == want and math.type(got) == math.type(want) then return nil end
    if got ~= got and want ~= want then return nil end
    return ("%s: got %s, want %s"):format(path, show(got), show(want))
  end
  if seen[got] == want then return nil end
  seen[got] = want
  local keys = {}
  for key in pairs(got) do keys[key] = true end
  for key in pairs(want) do keys[key] = true end
  local names = {}
  for key in pairs(keys) do names[#names + 1] = key end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(names) do
    local where = type(key) == "string" and path .. "." .. key or path .. "[" .. tostring(key) .. "]"
    local found = difference(got[key], want[key], where, seen)
    if found then return found end
  end
end

local function fail(message, what)
  error({ failed = (what and what .. ": " or "") .. message }, 3)
end

--- test.eq(got, want, what): deeply equal, integers and floats told apart.
function test.eq(got, want, what)
  local found = difference(got, want, "value", {})
  if found then fail(found, what) end
end

--- test.ok(value, what): neither nil nor false.
function test.ok(value, what)
  if not value then fail("got " .. tostring(value), what) end
  return value
end

--- test.near(got, want, eps, what): numbers no further apart than eps (1e-9).
function test.near(got, want, eps, what)
  if type(got) ~= "number" or math.abs(got - want) > (eps or 1e-9) then
    fail(("got %s, want %s within %s"):format(show(got), show(want), eps or 1e-9), what)
  end
end

--- test.raises(fn, text) -> the error that fn raised; text must occur in it.
function test.raises(fn, text)
  local ok, err = pcall(fn)
  if ok then fail("nothing was raised, want " .. show(text or "an error")) end
  if text and not tostring(err):find(text, 1, true) then
    fail(("raised %s, want %s in it"):format(show(tostring(err)), show(text)))
  end
  return err
end

local function new_global()
  for name in next, _G do
    if not state.globals[name] then
      state.globals[name] = true
      return name
    end
  end
end

local function note_globals()
  state.globals = {}
  for name in next, _G do state.globals[name] = true end
  -- Those that are looked up on first touch may be kept in the table.
  for name in pairs(require "std") do state.globals[name] = true end
  local ok, services = pcall(require, "core.services")
  if ok then
    for _, name in ipairs(services.names()) do state.globals[name] = true end
  end
end

local function result(ok, name, message)
  state.count = state.count + 1
  if not ok then state.failed = state.failed + 1 end
  say(("%s %d - %s"):format(ok and "ok" or "not ok", state.count, (name:gsub("[#\n]", " "))))
  -- an error that is shown may repeat what a server made of our credentials
  if not ok then say("# " .. require("host.err").redact(message):gsub("\n", "\n# ")) end
end

local function message_of(err)
  if type(err) ~= "table" then return tostring(err) end
  if err.failed then return err.failed end
  if err.kind == "cancelled" then error(err, 0) end
  local text = tostring(err)
  for _, problem in ipairs(err.problems or {}) do
    text = text .. ("\n  %s: %s"):format(problem.path or "", problem.message or "")
  end
  return err.traceback and text .. "\n" .. err.traceback or text
end

-- A failed check needs no traceback of its own; anything else does.
local function handler(err)
  if type(err) == "table" and err.failed then
    local where = require("host.state").where()
    if where then err.failed = where .. ": " .. err.failed end
    return err
  end
  return require("host.state").traceback(err)
end

local function attempt(name, fn)
  if not state.globals then note_globals() end
  local ok, err = xpcall(fn, handler)
  collectgarbage()
  collectgarbage()
  local message = not ok and message_of(err)
  local global = new_global()
  if global and ok then ok, message = false, "left the new global '" .. tostring(global) .. "'" end
  result(ok, name, message)
end

--- test.describe(name, fn): fn holds the cases on one subject; may be nested.
function test.describe(name, fn)
  table.insert(state.path, name)
  local ok, err = xpcall(fn, handler)
  if not ok then result(false, table.concat(state.path, ": "), message_of(err)) end
  table.remove(state.path)
end

--- test.it(name, fn): one case; runs at once.
function test.it(name, fn)
  table.insert(state.path, name)
  attempt(table.concat(state.path, ": "), fn)
  table.remove(state.path)
end

--- test.file(path, fn): the cases of one file. A file that cannot be run, or
-- holds no case, is a failure.
function test.file(path, fn)
  local before = state.count
  say("# " .. path)
  if not state.globals then note_globals() end
  local ok, err = xpcall(fn, handler)
  if not ok then
    result(false, path, message_of(err))
  elseif state.count == before then
    result(false, path, "holds no case")
  end
end

--- test.finish() -> exit code, after the plan line.
function test.finish()
  say("1.." .. state.count)
  return state.failed > 0 and 1 or 0
end

return test
