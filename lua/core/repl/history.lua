-- history.lua - what was typed, kept across sessions: one statement a line.
-- SPDX-License-Identifier: MIT

local sys = require "host.sys"

local history = {}

local FILE_MODE, DIR_MODE = tonumber("600", 8), tonumber("700", 8)
local MAX_BYTES = 4 * 1024 * 1024

local added, refused = 0, false

--- history.path() -> where the history is kept; nil without a home.
function history.path()
  local dir = sys.env("XDG_STATE_HOME")
  if not dir or dir:sub(1, 1) ~= "/" then
    local home = sys.env("HOME")
    if not home or home:sub(1, 1) ~= "/" then return nil end
    dir = home .. "/.local/state"
  end
  return dir .. "/errand/history"
end

--- history.encode(text) -> one line; history.decode(line) -> the text.
function history.encode(text)
  return (text:gsub("[\\\n\r]", { ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r" }))
end

function history.decode(line)
  return (line:gsub("\\(.)", { ["\\"] = "\\", n = "\n", r = "\r" }))
end

--- history.private(text) -> true for what must not reach the file.
function history.private(text)
  local lower = text:lower()
  return text:find("^%s") ~= nil or lower:find("secret.", 1, true) ~= nil
    or lower:find("password", 1, true) ~= nil
end

--- history.unique(list, max) -> the newest of equal entries, at most max.
function history.unique(list, max)
  local seen, kept, n = {}, {}, 0
  for i = #list, 1, -1 do
    local text = list[i]
    if n == max then break end
    if not seen[text] then
      seen[text] = true
      n = n + 1
      kept[n] = text
    end
  end
  for i = 1, n // 2 do kept[i], kept[n + 1 - i] = kept[n + 1 - i], kept[i] end
  return kept
end

--- history.read(path, max) -> list of statements, the oldest first.
function history.read(path, max)
  local text = sys.read_file(path, MAX_BYTES) or ""
  local list, n = {}, 0
  -- A zero byte is nothing that was typed; readline could not take it.
  for line in text:gsub("\0", ""):gmatch("[^\n]+") do
    n = n + 1
    list[n] = line:find("\\", 1, true) and history.decode(line) or line
  end
  return history.unique(list, max)
end

-- The history is a comfort: that it cannot be kept is said once.
local function refuse(err)
  if refused then return end
  refused = true
  require("host.err").log("warn", "the history is not kept: " .. tostring(err.message or err))
end

local function create(path, line)
  local ok, err = sys.make_dir(path:match("^(.*)/"), DIR_MODE)
  if ok then ok, err = sys.write_file(path, line, FILE_MODE) end
  return ok, err
end

local function append(path, line)
  if not sys.exists(path) then return create(path, line) end
  local file, err = io.open(path, "ab")
  if not file then return nil, err end
  local ok
  ok, err = file:write(line)
  return file:close() and ok, err
end

--- history.keep(text): at once, so that no crash loses it.
function history.keep(text)
  local path = history.path()
  if not path or refused or history.private(text) then return end
  local ok, err = append(path, history.encode(text) .. "\n")
  if not ok then return refuse(err or "write failed") end
  added = added + 1
end

--- history.tidy(max): at the end of the session; what other sessions wrote
-- meanwhile stays.
function history.tidy(max)
  local path = history.path()
  if added == 0 or not path then return end
  local lines = history.read(path, max)
  for i, text in ipairs(lines) do lines[i] = history.encode(text) .. "\n" end
  local ok, err = sys.write_file(path, table.concat(lines), FILE_MODE)
  if not ok then refuse(err) end
  added = 0
end

return history
