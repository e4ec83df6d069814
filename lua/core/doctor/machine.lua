-- core/doctor/machine.lua - what of this machine errand needs: terminal, authorities, clock, proxies.
-- SPDX-License-Identifier: MIT
--
-- Each check is given say(level, text, step): level ok, warn or fail; step is
-- what to do next where it is not ok.

local facts = require "host.facts"
local sys = require "host.sys"

local M = {}

local function env(name)
  local value = sys.env(name)
  return value ~= "" and value or nil
end

-- ---- terminal ----

local TERMINFO <const> = { "/etc/terminfo", "/lib/terminfo", "/usr/lib/terminfo", "/usr/share/terminfo" }

-- Whether the description of a terminal is installed.
local function is_described(term)
  local folders = { table.unpack(TERMINFO) }
  local home = env "HOME"
  if home then folders[#folders + 1] = home .. "/.terminfo" end
  folders[#folders + 1] = env "TERMINFO"
  for _, folder in ipairs(folders) do
    if sys.exists(("%s/%s/%s"):format(folder, term:sub(1, 1), term)) then return true end
  end
  return false
end

local function terminal_type(say)
  local term = env "TERM"
  if not term or term == "dumb" then
    return say("warn", term and "TERM is dumb: no colours, and lines cannot be edited" or "TERM is not set: no colours",
      "set it to what the terminal is, such as: export TERM=xterm-256color")
  end
  if term:find "/" or not is_described(term) then
    return say("warn", ("TERM is %s, of which this machine knows nothing"):format(term),
      "install the package ncurses-term, or: export TERM=xterm-256color")
  end
  say("ok", ("TERM is %s, colours are %s"):format(term, sys.env "NO_COLOR" and "off, for NO_COLOR is set" or "on"))
end

-- The first of the variables that is set decides.
local function locale(say)
  local name, value = "LANG", env "LANG"
  for _, one in ipairs { "LC_CTYPE", "LC_ALL" } do
    if env(one) then name, value = one, env(one) end
  end
  if value and value:lower():find "utf%-?8" then return say("ok", ("%s is %s"):format(name, value)) end
  say("warn", (value and ("%s is %s"):format(name, value) or "no locale is set") .. ", which is not UTF-8: names may look wrong",
    "export LC_ALL=C.UTF-8")
end

function M.terminal(say)
  local function kind(fd) return sys.isatty(fd) and "a terminal" or "no terminal" end
  say("ok", ("standard input is %s, standard output %s, %d columns, %d rows"):format(kind(0), kind(1), sys.columns(1), sys.rows(1)))
  if sys.isatty(0) or sys.isatty(1) then
    terminal_type(say)
    if sys.columns(1) < 60 then
      say("warn", ("the window has %d columns: tables are cut"):format(sys.columns(1)), "make it 80 columns wide")
    end
  end
  locale(say)
end

-- ---- certificate authorities ----

local OLD <const> = 2 * 365 * 86400

-- The folder that libcurl looks into, where there is something in it.
local function ca_folder(build)
  for _, path in pairs { build.ca_dir or "/etc/ssl/certs", "/etc/ssl/certs" } do
    local count = facts.count(path)
    if count and count > 0 then return path, count end
  end
end

local function told(say, what, path)
  local file = facts.file(path)
  local age = file and sys.clock() - file.modified or 0
  local text = ("certificate authorities from %s, of %s"):format(what, file and sys.utc(file.modified):sub(1, 10) or "unknown date")
  if age < OLD then return say("ok", text) end
  say("warn", text .. ": newer ones are missing", "apt-get install --only-upgrade ca-certificates && update-ca-certificates")
end

function M.trust(say)
  local build = facts.build()
  local folder, count = ca_folder(build)
  if folder then return told(say, ("the directory %s (%d entries)"):format(folder, count), folder) end
  if build.ca_file and sys.exists(build.ca_file) then return told(say, "the file " .. build.ca_file, build.ca_file) end
  say("fail", "no certificate authorities found", "apt-get install ca-certificates, or set cacert for the service")
end

-- ---- proxies ----

-- curl ignores HTTP_PROXY in capitals, and so do we.
local PROXIES <const> = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY" }

function M.proxy(say)
  local any = false
  for _, name in ipairs(PROXIES) do
    local value = env(name)
    if value then
      any = true
      -- User and password may stand before the last @, in whatever spelling.
      local scheme, rest = value:match "^(%a[%w+.-]*://)(.*)$"
      rest = (rest or value):gsub("^.*@", "[secret]@")
      say("ok", name .. " = " .. (scheme or "") .. rest)
    end
  end
  if not any then say("ok", "no proxy in the environment") end
end

-- ---- process and clock ----

function M.process(say)
  local process = facts.process()
  if process.core_dumps then
    say("fail", "core dumps are on, and could hold credentials", "ulimit -c 0")
  else
    say("ok", "core dumps are off")
  end
  if process.dumpable then
    say("warn", "other processes of this user may trace errand", "check what loads errand: it asks the kernel to refuse that")
  else
    say("ok", "tracing is refused")
  end
  if process.root then
    say("warn", "errand runs as root, which it has no need of", "run it as a user of its own; the service does so")
  end
end

-- 2025-01-01: errand did not exist before.
local EARLIEST <const> = 1735689600

function M.clock(say)
  local now, process = sys.clock(), facts.process()
  local text = "the clock says " .. sys.utc(now)
  if now < EARLIEST then return say("fail", text, "set it: timedatectl set-ntp true") end
  if process.synchronised == false then
    return say("warn", text .. ", and the kernel knows of no time server",
      "timedatectl set-ntp true; in a container the host keeps the clock")
  end
  local wrong = process.wrong_by
  say("ok", text .. (wrong and (", synchronised, wrong by %.3f s at most"):format(wrong) or ""))
end

return M
