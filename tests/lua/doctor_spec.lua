-- doctor_spec.lua - what doctor says of machines that are not as they should be.
-- SPDX-License-Identifier: MIT

local t = require "test"
local facts = require "host.facts"
local machine = require "core.doctor.machine"
local own = require "core.doctor.own"
local sys = require "host.sys"

-- The lines of a check, with functions of a module replaced for its time.
local function lines_of(check, module, fakes)
  local kept, out = {}, {}
  for name, fake in pairs(fakes or {}) do kept[name], module[name] = module[name], fake end
  local ok, err = pcall(check, function(level, text, step)
    t.ok(level == "ok" or level == "warn" or level == "fail", level)
    t.ok(level == "ok" or step, "a next step for: " .. text)
    out[#out + 1] = level .. " " .. text .. (step and " > " .. step or "")
  end)
  for name, old in pairs(kept) do module[name] = old end
  if not ok then error(err, 0) end
  return table.concat(out, "\n")
end

local function has(text, wanted)
  t.ok(text:find(wanted, 1, true), ("wanted: %s\ngot: %s"):format(wanted, text))
end

local function build_with(ca_dir, ca_file)
  local build = facts.build()
  build.ca_dir, build.ca_file = ca_dir, ca_file
  return function() return build end
end

-- A folder for the time of fn(path).
local function in_folder(fn)
  local path = os.tmpname()
  os.remove(path)
  assert(sys.make_dir(path, 448))
  local ok, err = pcall(fn, path)
  os.execute("rm -rf '" .. path .. "'")
  if not ok then error(err, 0) end
end

t.describe("doctor on certificate authorities", function()
  local function file_of(age)
    return function() return { modified = sys.clock() - age, size = 1, mode = 420 } end
  end

  t.it("tells where they are and how old", function()
    local text = lines_of(machine.trust, facts, { build = build_with("/x", nil), count = function() return 7 end, file = file_of(0) })
    has(text, "ok certificate authorities from the directory /x (7 entries), of 20")
  end)

  t.it("warns of old ones", function()
    has(lines_of(machine.trust, facts, { count = function() return 7 end, file = file_of(3 * 365 * 86400) }), "warn certificate")
  end)

  t.it("takes the file where the folder is empty, and fails where there is neither", function()
    local empty = function() return 0 end
    has(lines_of(machine.trust, facts, { build = build_with("/x", "/proc/self/status"), count = empty }), "from the file /proc/self/status")
    has(lines_of(machine.trust, facts, { build = build_with("/x", "/nonexistent"), count = empty }),
      "fail no certificate authorities found > apt-get install ca-certificates")
  end)
end)

t.describe("doctor on the clock", function()
  local function at(now, process)
    return lines_of(machine.clock, facts, { process = function() return process end }), now
  end

  t.it("knows a synchronised one, one that is not, and one that nobody tells of", function()
    has(at(nil, { synchronised = true, wrong_by = 0.25 }), "synchronised, wrong by 0.250 s at most")
    has(at(nil, { synchronised = false }), "warn the clock says 20")
    has(at(nil, {}), "ok the clock says 20")
  end)

  t.it("fails on a time before errand was", function()
    has(lines_of(machine.clock, sys, { clock = function() return 0 end }), "fail the clock says 1970")
  end)
end)

t.describe("doctor on the process", function()
  t.it("fails where secrets could be read, and warns root", function()
    local text = lines_of(machine.process, facts, { process = function() return { core_dumps = true, dumpable = true, root = true } end })
    has(text, "fail core dumps are on")
    has(text, "warn other processes")
    has(text, "warn errand runs as root")
    has(lines_of(machine.process, facts, { process = function() return {} end }), "ok core dumps are off\nok tracing is refused")
  end)
end)

t.describe("doctor on the terminal", function()
  local function with(env, terminal, columns)
    return lines_of(machine.terminal, sys, { env = function(name) return env[name] end, isatty = function() return terminal end,
      columns = function() return columns or 80 end })
  end

  t.it("warns of what it cannot draw on", function()
    has(with({ LANG = "C.UTF-8" }, true), "warn TERM is not set")
    has(with({ LANG = "C.UTF-8", TERM = "dumb" }, true), "warn TERM is dumb")
    has(with({ LANG = "C.UTF-8", TERM = "no-such-term" }, true), "warn TERM is no-such-term, of which this machine knows nothing")
    has(with({ LANG = "C.UTF-8", TERM = "../../etc/passwd" }, true), "warn TERM is ../../etc/passwd")
    has(with({ LANG = "C.UTF-8", TERM = "xterm" }, true), "ok TERM is xterm, colours are on")
    has(with({ LANG = "C.UTF-8", TERM = "xterm", NO_COLOR = "1" }, true), "colours are off")
    has(with({ LANG = "C.UTF-8", TERM = "xterm" }, true, 40), "warn the window has 40 columns")
    t.ok(not with({ LANG = "C.UTF-8" }, false):find "TERM")
  end)

  t.it("takes the variable of the locale that counts", function()
    has(with({ LANG = "C", LC_CTYPE = "de_DE.UTF-8" }), "ok LC_CTYPE is de_DE.UTF-8")
    has(with({ LANG = "C.UTF-8", LC_ALL = "C" }), "warn LC_ALL is C, which is not UTF-8")
    has(with({ LC_ALL = "", LANG = "en_US.utf8" }), "ok LANG is en_US.utf8")
    has(with {}, "warn no locale is set")
  end)
end)

t.describe("doctor on store and daemon", function()
  -- fn(path) with a store of its own in force
  local function with_store(fn)
    in_folder(function(folder)
      local config = require "core.config"
      local current = config.current()
      config.configure { store = folder .. "/store.db", config = "/nonexistent" }
      local ok, err = pcall(fn, folder .. "/store.db", folder)
      config.use(current)
      if not ok then error(err, 0) end
    end)
  end

  local function book_of(path)
    local store = assert(require("host.store").open(path))
    return require("core.schedule.book").open(store), store
  end

  t.it("makes none for the sake of looking", function()
    with_store(function(path)
      has(lines_of(own.store), "not there yet")
      has(lines_of(own.daemon), "ok no schedules yet")
      t.eq(lines_of(own.permissions), "")
      t.ok(not sys.exists(path))
    end)
  end)

  t.it("tells size, schema and the room on the disk", function()
    with_store(function(path)
      assert(require("host.store").open(path)):close()
      local text = lines_of(own.store)
      has(text, "ok store " .. path .. " is sound: ")
      has(text, "schema " .. require("host.store").SCHEMA)
      has(lines_of(own.store, facts, { disk = function() return 1024 * 1024 end }), "fail 1.0 MiB free on its disk: writes will be refused")
      has(lines_of(own.store, facts, { disk = function() return 100 * 1024 * 1024 end }), "warn 100.0 MiB free")
      has(lines_of(own.permissions), "ok store and tokens are for this user alone")
    end)
  end)

  t.it("fails where others may read or write the store", function()
    with_store(function(path, folder)
      assert(require("host.store").open(path)):close()
      os.execute("chmod 775 '" .. folder .. "'")
      has(lines_of(own.permissions),
        ("fail others can write the directory of the store, %s (mode 775) > chmod 700 %s"):format(folder, folder))
      os.execute("chmod 1777 '" .. folder .. "'")
      has(lines_of(own.permissions), "ok store and tokens")
      os.execute("chmod 700 '" .. folder .. "'; chmod 640 '" .. path .. "'")
      has(lines_of(own.permissions), "chmod 600 " .. path)
    end)
  end)

  t.it("knows a daemon that lives, one that hangs, and one that is not there", function()
    with_store(function(path)
      local B, store = book_of(path)
      has(lines_of(own.daemon), "ok no schedules, and no errand serve")
      B:enter({ { name = "a", digest = "d", definition = "{}" } }, sys.clock(), "/s.lua")
      has(lines_of(own.daemon), "warn 1 schedule and no errand serve that keeps them, no sign of life yet > errand serve")
      local lock = assert(sys.lock(path .. ".daemon", "the store"))
      B:wall(sys.clock() - 7200)
      has(lines_of(own.daemon), "fail errand serve (process ")
      B:wall(sys.clock())
      has(lines_of(own.daemon), "keeps 1 schedule, last sign of life")
      getmetatable(lock).__close(lock)
      has(lines_of(own.daemon), "warn 1 schedule and no errand serve")
      store:close()
    end)
  end)

  t.it("knows whether it is installed, and what is missing there", function()
    local function with(there)
      return lines_of(own.installed, sys, { realpath = function() return "/opt/x/bin/errand" end,
        exists = function(path) return there[path] or false end })
    end
    local text = with { ["/opt/x/share/man/man1/errand.1.gz"] = true, ["/opt/x/share/zsh/site-functions/_errand"] = true }
    has(text, "ok installed: the manual, completion for zsh")
    has(text, "warn completion for bash is not below /opt/x/share > errand export completion bash")
    has(lines_of(own.installed, sys, { realpath = function() return "/src/build/errand" end }), "/src/build/errand is not installed")
  end)
end)
