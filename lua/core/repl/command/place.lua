-- place.lua - :profile, :sandbox and :reload, where calls go from now on.
-- SPDX-License-Identifier: MIT
--
-- A change happens whole or not at all: what is wrong with the new place is
-- told, and calls go where they went before.

local config = require "core.config"
local error_ = require "core.error"
local out = require "core.repl.command.out"
local session = require "core.session"

local place = {}

-- What works in the background would go on at the other place.
local function refuse_busy()
  if session.replay then out.raise "calls are answered from a cassette (--replay), so there is no other place to go to" end
  local n = require("host.task").others()
  if n == 0 then return end
  out.raise("%d task%s still run%s, and the next calls of %s would go elsewhere: wait for %s (task:join()) or end %s (task:cancel())",
    n, n == 1 and "" or "s", n == 1 and "s" or "", n == 1 and "it" or "them", n == 1 and "it" or "them", n == 1 and "it" or "them")
end

-- go() puts another configuration in force, or raises.
local function move(go)
  refuse_busy()
  -- What waits to be written belongs to the place before.
  local record = package.loaded["core.record"]
  -- In the sandbox it may be in memory alone: it ends where the sandbox does.
  if record then record[session.sandbox and "flush" or "close"]() end
  local before, profile, sandbox, child = config.current(), session.profile, session.sandbox, session.child
  local ok, err = pcall(go)
  if not ok then
    session.profile, session.sandbox, session.child = profile, sandbox, child
    config.use(before)
    error(err, 0)
  end
  if record then record.close() end
  require("core.account").forget()
  require("core.client").rewatch()
end

-- The configuration read anew. Nothing in a file may be wrong; what is missing
-- for the profile in force comes back as a list of texts.
local function read(before)
  local fresh = config.new { after = before }
  fresh:handle()
  local wrong, missing = {}, {}
  for _, problem in ipairs(fresh:check()) do
    local of_profile = problem.path:match "^profile '([^']*)'[^,]*$"
    if not of_profile then
      wrong[#wrong + 1] = problem
    elseif of_profile == fresh:profile() then
      missing[#missing + 1] = problem.message
    end
  end
  if #wrong > 0 then error_.problems("config", wrong) end
  fresh.options.after = nil
  return fresh, missing
end

local function tell(missing)
  local lines = { ("calls go to profile '%s'%s"):format(config.profile(),
    config.is_protected() and ", which is protected: writes ask first" or "") }
  for _, text in ipairs(missing) do lines[#lines + 1] = "note: " .. text end
  out.say(table.concat(lines, "\n"))
end

-- ---- :profile ----

--- place.profiles() -> names of the profiles there are, sorted.
function place.profiles()
  local ok, names = pcall(config.profiles)
  return ok and names or {}
end

place.profile = { words = place.profiles }

local function show_profiles()
  local names, now = place.profiles(), config.profile()
  for i, name in ipairs(names) do
    names[i] = (name == now and "* " or "  ") .. name .. (config.is_protected(name) and "  (protected)" or "")
  end
  if #names == 0 then names[1] = "no profiles; calls go to profile " .. now end
  out.say(table.concat(names, "\n"))
end

--- place.profile.run(shell, name): the profile in force from now on; without
-- a name shows which there are.
function place.profile.run(_, name)
  if name == "" then return show_profiles() end
  if session.sandbox then out.raise("the sandbox has no other profile: :sandbox off first, then :profile %s", name) end
  local missing
  move(function()
    local before = config.current()
    session.profile = name
    local fresh
    fresh, missing = read(before)
    config.use(fresh)
  end)
  tell(missing)
end

-- ---- :sandbox ----

place.sandbox = {}

function place.sandbox.words()
  return { "on", "off" }
end

local function sandbox_on(shell)
  if session.sandbox then return out.say "calls go to the sandbox already" end
  move(function()
    local before = config.current()
    session.sandbox = true
    local _, child = require("core.sandbox").attach { faults = session.faults }
    session.child, shell.outside = child, { config = before }
  end)
  out.say "calls go to the sandbox, a simulation of all services on this machine; :sandbox off goes back"
end

local function sandbox_off(shell)
  if not session.sandbox then return out.say(("no sandbox is on; calls go to profile '%s'"):format(config.profile())) end
  local child, missing = session.child, {}
  move(function()
    session.sandbox, session.child = nil, nil
    local outside = shell.outside
    if outside then return config.use(outside.config) end
    -- errand was started with --sandbox: nothing has been read yet
    local fresh
    fresh, missing = read()
    config.use(fresh)
  end)
  shell.outside = nil
  if child then child:close() end
  tell(missing)
end

--- place.sandbox.run(shell, word): on or off; without a word says which.
function place.sandbox.run(shell, word)
  if word == "on" then return sandbox_on(shell) end
  if word == "off" then return sandbox_off(shell) end
  out.say(session.sandbox and "calls go to the sandbox (:sandbox off goes back)"
    or ("calls go to profile '%s' (:sandbox on goes to a simulation)"):format(config.profile()))
end

-- ---- :reload ----

place.reload = {}

local library = { _G = true, package = true, coroutine = true, table = true, io = true, os = true, string = true, math = true,
  utf8 = true, debug = true }

local function is_ours(name)
  if library[name] or package.preload[name] then return true end
  for i = 2, 3 do -- what is built in, and the services
    local ok, loader = pcall(package.searchers[i], name)
    if not ok or type(loader) == "function" then return true end
  end
  return false
end

-- Names of the modules that came from files of the user's, sorted.
local function own_modules()
  local names = {}
  for name in pairs(package.loaded) do
    if type(name) == "string" and not is_ours(name) then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

--- place.reload.run(shell): reads the configuration anew, and forgets the
-- modules that were required from files.
function place.reload.run()
  local missing
  if not session.sandbox and not session.replay then
    move(function()
      local fresh
      fresh, missing = read(config.current())
      config.use(fresh)
    end)
  end
  local names = own_modules()
  for _, name in ipairs(names) do package.loaded[name] = nil end
  if missing then
    local path = config.path()
    local there = path and require("host.sys").exists(path)
    out.say(there and "read " .. path or "there is no configuration file" .. (path and " at " .. path or ""))
    tell(missing)
  else
    out.say((session.sandbox and "the sandbox" or "a cassette") .. " has no configuration to be read")
  end
  if #names > 0 then out.say(("forgot %s: the next require reads %s"):format(table.concat(names, ", "), #names == 1 and "it" or "them")) end
end

return place
