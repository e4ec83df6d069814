-- core/schedule/place.lua - the store of a daemon, its lock, and what its children are to share.
-- SPDX-License-Identifier: MIT
--
-- For somebody without an account, errand --sandbox serve: one sandbox for the
-- daemon and all that it starts. Each child gets its addresses and credentials
-- by the environment, an empty configuration, and the same store.

local config = require "core.config"
local error_ = require "core.error"
local session = require "core.session"
local sys = require "host.sys"

local M = {}
local Place = {}
Place.__index = Place

local function absolute(path)
  if path:sub(1, 1) == "/" then return path end
  local cwd, err = sys.cwd()
  if not cwd then error_.rethrow(err) end
  return (cwd == "/" and "" or cwd) .. "/" .. path:gsub("^%./", "")
end

local function must(ok, err)
  if not ok then error_.rethrow(err) end
  return ok
end

-- One daemon a store: another would fire the same slots.
local function lock(path)
  local handle, err = sys.lock(path .. ".daemon", "the store")
  if handle then return handle end
  local pid = tonumber(tostring(err.message):match "process (%d+)")
  if err.kind ~= "config" then error_.rethrow(err) end
  error_.raise("conflict", ("another errand serve%s has the store %s; stop it, or give this one a store of its own "
    .. "(ERRAND_STORE)"):format(pid and (" (pid %d)"):format(pid) or "", path), { pid = pid })
end

-- ---- the sandbox ----

local function temporary()
  local base = sys.env "TMPDIR"
  if not base or base:sub(1, 1) ~= "/" then base = "/tmp" end
  local name = assert(sys.random(8)):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  local dir = ("%s/errand-serve-%s"):format(base, name)
  must(sys.make_dir(dir, 448))
  return dir
end

-- Settings of the simulated services as variables of the environment.
local function variables(accounts)
  local set = {}
  for service, account in pairs(accounts) do
    local prefix = "ERRAND_" .. service:upper() .. "_"
    for name, value in pairs(account) do
      if value ~= "" then set[prefix .. name:upper()] = tostring(value) end
    end
    set[prefix .. "NOPROXY"] = "*" -- an empty proxy would count as not set
  end
  return set
end

local function in_sandbox()
  local accounts = config.current().options.sandbox
  local dir = temporary()
  local path = config.store_path()
  local set = variables(accounts)
  must(sys.write_file(dir .. "/config.lua", "return { default = \"sandbox\", profiles = { sandbox = {} } }\n", 384))
  set.ERRAND_CONFIG, set.ERRAND_PROFILE, set.ERRAND_SANDBOX = dir .. "/config.lua", false, false
  path = path and absolute(path) or dir .. "/store.db"
  config.configure { sandbox = accounts, store = path }
  return { dir = dir, path = path, set = set, credentials = false, profile = false }
end

local function as_configured()
  local set = {}
  config.handle() -- a mistake in the configuration is told now, not at night
  local file, named = config.path()
  if named then set.ERRAND_CONFIG = absolute(file) end
  return { path = absolute(config.store_path()), set = set, credentials = true, profile = session.profile }
end

-- ---- the same for all ----

-- What was said on the command line, for the children's.
local function globals()
  local words = {}
  local function add(word, value)
    if value then
      words[#words + 1] = word
      if value ~= true then words[#words + 1] = tostring(value) end
    end
  end
  add("--history", session.history)
  add("--retry", session.retry)
  add("--max-memory", session.max_memory)
  add("--yes", session.yes)
  for _ = 1, session.verbose do add("-v", true) end
  return words
end

--- Opens the store and takes its lock; raises kind "conflict" where another
-- daemon has it. Members: store, path; globals, profile, set, credentials for
-- core.schedule.launch.
function M.open()
  local place = setmetatable(session.sandbox and in_sandbox() or as_configured(), Place)
  local ok, err = pcall(function()
    place.store = require("core.record").store() -- the one that the status page acts on, too
    place.lock = lock(place.path)
  end)
  if not ok then
    place:close()
    error(err, 0)
  end
  place.globals = globals()
  place.set.ERRAND_STORE = place.path
  for _, name in ipairs { "ERRAND_LUA", "ERRAND_SERVICES" } do -- runs work in another folder
    local dir = sys.env(name)
    if dir and dir ~= "" then place.set[name] = absolute(dir) end
  end
  return place
end

--- Gives all back, and forgets what the sandbox needed.
function Place:close()
  if self.store then require("core.record").close() end
  local held <close> = self.lock -- luacheck: ignore 211
  if held then
    os.remove(self.path .. ".daemon")
    os.remove(self.path .. ".page-token")
  end
  self.store, self.lock = nil, nil
  if not self.dir then return end
  local rm = require("host.proc").start { program = "rm", args = { "-rf", "--", self.dir } }
  if rm then rm:wait() end
  self.dir = nil
end

Place.__close = Place.close

return M
