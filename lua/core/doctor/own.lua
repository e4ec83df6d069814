-- core/doctor/own.lua - what is errand's own: versions, configuration, store, daemon, what is installed.
-- SPDX-License-Identifier: MIT
--
-- As core.doctor.machine.

local facts = require "host.facts"
local sys = require "host.sys"

local M = {}

function M.versions(say)
  local build = facts.build()
  say("ok", ("errand %s%s, Lua %s"):format(sys.version, sys.commit and " (" .. sys.commit .. ")" or "", build.lua))
  local http2 = false
  for _, name in ipairs(build.features) do http2 = http2 or name == "HTTP/2" end
  say("ok", ("libcurl %s with %s%s"):format(build.curl, build.tls or "no TLS", http2 and ", HTTP/2" or ", no HTTP/2"))
  say("ok", ("SQLite %s, libmicrohttpd %s, %s"):format(build.sqlite, build.microhttpd, build.editor))
end

function M.configuration(say)
  local config = require "core.config"
  local path, named = config.path()
  if not path then
    return say("warn", "no configuration file: HOME is not set", "set HOME, or ERRAND_CONFIG to a file")
  end
  local there = sys.exists(path)
  if not there and not named then say("ok", "configuration " .. path .. ": not there, which is fine") end
  local problems = config.check()
  for _, problem in ipairs(problems) do
    say("fail", (problem.path ~= "" and problem.path .. ": " or "") .. problem.message, "errand config check shows all settings")
  end
  if #problems == 0 and there then
    say("ok", ("configuration %s, profile %s"):format(path, config.profile()))
  end
end

-- What the sandbox needs of a service; what is missing is no fault.
local function simulated(say, name)
  local ok, err = pcall(require("core.sandbox.data").load, name)
  if ok then return end
  say("warn", ("--sandbox leaves out service %s of your own: %s"):format(name, type(err) == "table" and err.message or tostring(err)),
    "a call of it with --sandbox tells all; errand help services shows how it is done")
end

--- Services that somebody described: nobody's tests have seen them.
function M.descriptions(say)
  local own, services = require "core.own", require "core.services"
  local names, is_broken = own.names(), {}
  table.sort(names)
  for _, one in ipairs(select(2, services.sound())) do
    is_broken[one.name or 1] = true
    say("fail", one.name and ("service %s of your own: %s"):format(one.name, one.message) or one.message,
      "errand help services shows how it is done")
  end
  for _, name in ipairs(names) do
    if not is_broken[name] then
      say("ok", ("service %s of your own, from %s"):format(name, own.dir()))
      simulated(say, name)
    end
  end
end

-- ---- permissions ----

-- What the record of writes and kept tokens are in must be ours alone.
local function private(say, path, what)
  local file = facts.file(path)
  if not file then return true end
  if not file.mine then
    return say("fail", ("%s %s belongs to another user"):format(what, path), "chown it to the user who runs errand")
  end
  if file.mode & 63 ~= 0 then -- 077
    return say("fail", ("%s %s can be used by others (mode %03o)"):format(what, path, file.mode),
      ("chmod %s %s"):format(file.kind == "directory" and "700" or "600", path))
  end
  return true
end

-- In a folder that others write, unless it is as /tmp is, they could put
-- another store in the place of this one.
local function unwritten(say, path)
  local folder = facts.file(path)
  if not folder or folder.mode & 18 == 0 or folder.mode & 512 ~= 0 then return true end -- 022, sticky
  say("fail", ("others can write the directory of the store, %s (mode %03o)"):format(path, folder.mode), "chmod 700 " .. path)
end

function M.permissions(say)
  local config = require "core.config"
  local store, tokens = config.store_path(), config.token_dir()
  local there = store and sys.exists(store)
  if not there and not (tokens and sys.exists(tokens)) then return end
  local good = not there or private(say, store, "the store")
  good = (not there or unwritten(say, store:match "^(.*)/[^/]*$" or ".")) and good
  good = (not tokens or private(say, tokens, "the directory of tokens")) and good
  if good then say("ok", "store and tokens are for this user alone") end
end

-- ---- store ----

local MIB <const> = 1024 * 1024
local SCARCE <const>, TOO_LITTLE <const> = 256 * MIB, 8 * MIB

local function size(bytes)
  if bytes >= 1024 * MIB then return ("%.1f GiB"):format(bytes / 1024 / MIB) end
  if bytes >= MIB then return ("%.1f MiB"):format(bytes / MIB) end
  return ("%.0f KiB"):format(bytes / 1024)
end

local function disk(say, path)
  local free = facts.disk(path)
  if not free then return end
  local text = ("%s free on its disk"):format(size(free))
  if free < TOO_LITTLE then
    return say("fail", text .. ": writes will be refused, for they could not be recorded", "make room on the disk of " .. path)
  end
  say(free < SCARCE and "warn" or "ok", text, free < SCARCE and "make room on the disk of " .. path or nil)
end

-- Bytes of the file and of what is not yet written back into it.
local function bytes_of(path)
  local sum = 0
  for _, name in ipairs { path, path .. "-wal" } do
    local file = facts.file(name)
    sum = sum + (file and file.size or 0)
  end
  return sum
end

local MOVE <const> = "stop what uses it, move it and its -wal file away, and keep them: they say what was sent"

--- The store is not made for the sake of looking at it.
function M.store(say)
  local path = require("core.config").store_path()
  if not path then return say("ok", "store in memory") end
  if not sys.exists(path) then return say("ok", "store " .. path .. ": not there yet, made at the first write") end
  local store, err = require("host.store").open(path)
  if not store then return say("fail", err.message, "look at the file; errand sends nothing without it") end
  local ok, rows
  ok, err = store:check()
  if ok then rows, err = store:calls(1) end
  local schema = ok and store:rows "SELECT user_version AS v FROM pragma_user_version"
  store:close()
  if not rows then return say("fail", err.message, MOVE) end
  say("ok", ("store %s is sound: %s, schema %s%s"):format(path, size(bytes_of(path)),
    schema and tostring(schema[1].v) or "not known", rows[1] and ", last write " .. rows[1].at or ""))
  disk(say, path)
  if rows[1] and rows[1].at > sys.utc(sys.clock() + 60) then
    say("fail", "the clock of this machine is behind the last write in the store", "set the clock: timedatectl set-ntp true")
  end
end

-- ---- daemon ----

local SILENT <const> = 300 -- seconds; a daemon that is well writes the time every 30

-- The number of the process that keeps the schedules of a store, or nil.
local function daemon_of(path)
  local name = path .. ".daemon"
  if not sys.exists(name) then return nil end
  local lock <close>, err = sys.lock(name, "the store")
  if lock then return nil end
  return tostring(err.message):match "process (%d+)" or "of unknown number"
end

function M.daemon(say)
  local path = require("core.config").store_path()
  if not path or not sys.exists(path) then return say("ok", "no schedules yet") end
  local pid = daemon_of(path)
  local store, err = require("host.store").open(path)
  if not store then return say("fail", err.message, "see the line on the store") end
  local book = require("core.schedule.book").open(store)
  local active = 0
  for _, schedule in pairs(book:schedules()) do active = active + (schedule.state == "active" and 1 or 0) end
  local seen = book:last_wall()
  store:close()
  if not pid and active == 0 then return say("ok", "no schedules, and no errand serve") end
  local last = seen and "last sign of life " .. require("core.when").text(seen) or "no sign of life yet"
  if not pid then
    return say("warn", ("%d schedule%s and no errand serve that keeps them, %s"):format(active, active == 1 and "" or "s", last),
      "errand serve --schedule FILE, or: systemctl enable --now errand")
  end
  if seen and sys.clock() - seen > SILENT then
    return say("fail", ("errand serve (process %s) hangs, %s"):format(pid, last), "look at its log, then: systemctl restart errand")
  end
  say("ok", ("errand serve (process %s) keeps %d schedule%s, %s"):format(pid, active, active == 1 and "" or "s", last))
end

-- ---- what make install put beside the program ----

local PARTS <const> = {
  { "the manual", "errand export man DIR", "man/man1/errand.1.gz", "man/man1/errand.1" },
  { "completion for bash", "errand export completion bash >~/.local/share/bash-completion/completions/errand",
    "bash-completion/completions/errand" },
  { "completion for zsh", "errand export completion zsh >_errand, in a folder of $fpath", "zsh/vendor-completions/_errand",
    "zsh/site-functions/_errand" },
  { "completion for fish", "errand export completion fish >~/.config/fish/completions/errand.fish",
    "fish/vendor_completions.d/errand.fish" },
}

local function first_there(share, part)
  for i = 3, #part do
    if sys.exists(share .. "/" .. part[i]) then return true end
  end
end

function M.installed(say)
  local program = sys.realpath "/proc/self/exe"
  local prefix = program and program:match "^(.*)/bin/[^/]+$"
  if not prefix then return say("ok", ("%s is not installed: no manual, no completion in shells"):format(program or "errand")) end
  local there = {}
  for _, part in ipairs(PARTS) do
    if first_there(prefix .. "/share", part) then
      there[#there + 1] = part[1]
    else
      say("warn", ("%s is not below %s/share"):format(part[1], prefix), part[2])
    end
  end
  if #there > 0 then say("ok", "installed: " .. table.concat(there, ", ")) end
end

return M
