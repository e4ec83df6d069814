-- history.lua - what was typed, kept across sessions: one statement a line.
-- SPDX-License-Identifier: MIT

local sys = require "host.sys"

local history = {}

local FILE_MODE, DIR_MODE = tonumber("600", 8), tonumber("700", 8)
local MAX_BYTES, MAX_ENTRY = 4 * 1024 * 1024, 256 * 1024

-- So many lines more than are kept may stand in the file until it is tidied.
local SLACK = 200

-- Of this process: whether the file can be written, its lines at last count,
-- what stands in it, whether some of that stands there twice, and whether its
-- last line was cut short: by a full disk.
local refused, lines, standing, doubled, torn = false, 0, {}, false, false

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

--- history.encode(text) -> one line.
function history.encode(text)
  return (text:gsub("[\\\n\r]", { ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r" }))
end

--- history.decode(line) -> the text that history.encode was given.
function history.decode(line)
  return (line:gsub("\\(.)", { ["\\"] = "\\", n = "\n", r = "\r" }))
end

--- history.unique(list, max) -> the newest of equal entries, at most max, and
-- no more of them than the file is to hold; the same as a set.
function history.unique(list, max)
  local seen, kept, n, bytes = {}, {}, 0, 0
  for i = #list, 1, -1 do
    local text = list[i]
    if n == max or bytes + #text > MAX_BYTES // 2 then break end
    if not seen[text] then
      seen[text], bytes = true, bytes + #text
      n = n + 1
      kept[n] = text
    end
  end
  for i = 1, n // 2 do kept[i], kept[n + 1 - i] = kept[n + 1 - i], kept[i] end
  return kept, seen
end

-- The end of the file; nil and why if it cannot be read.
local function read_end(path)
  local file, err = io.open(path, "rb")
  if not file then return nil, err end
  local size = file:seek "end"
  file:seek("set", math.max(0, size - MAX_BYTES))
  local text = file:read "a"
  file:close()
  if not text then return nil, "cannot read " .. path end
  return size > MAX_BYTES and text:match "\n(.*)" or text
end

local function read_all(path)
  local text, err = read_end(path)
  if not text and sys.exists(path) then return nil, err end
  local list, n = {}, 0
  torn = text ~= nil and text ~= "" and text:byte(-1) ~= 10
  text = text or ""
  -- A zero byte is nothing that was typed; readline could not take it.
  if text:find("\0", 1, true) then text = text:gsub("\0", "") end
  local escaped = text:find("\\", 1, true)
  local at = 1
  while at <= #text do
    local stop = text:find("\n", at, true) or #text + 1
    if stop > at then
      local line = text:sub(at, stop - 1)
      n = n + 1
      list[n] = escaped and line:find("\\", 1, true) and history.decode(line) or line
    end
    at = stop + 1
  end
  return list
end

--- history.read(path, max) -> list of statements, the oldest first.
function history.read(path, max)
  local list = read_all(path) or {}
  lines = #list
  list, standing = history.unique(list, max)
  doubled = #list < lines
  return list
end

-- The history is a comfort: that it cannot be kept is said once.
local function refuse(err)
  if refused then return end
  refused = true
  require("host.err").log("warn", "the history is not kept: " .. tostring(err.message or err))
end

-- One write, so that two sessions do not mix their lines. True, or the whole
-- file has to be written.
local function append(path, line)
  local file = sys.exists(path) and io.open(path, "ab")
  if not file then return false end
  file:setvbuf("full", #line + 1)
  local ok = file:write(line)
  return file:close() and ok
end

-- What other sessions wrote meanwhile stays.
local function rewrite(path, max, text)
  local list, err = read_all(path)
  local ok
  if list then ok, err = sys.make_dir(path:match("^(.*)/"), DIR_MODE) end
  if not ok then return nil, err end
  list[#list + 1] = text
  list, standing = history.unique(list, max)
  lines, doubled = #list, false
  for i, one in ipairs(list) do list[i] = history.encode(one) .. "\n" end
  return sys.write_file(path, table.concat(list), FILE_MODE)
end

--- history.keep(text, max): at once, before the statement runs, so that nothing
-- it does can lose it. An equal older entry and what is over max go later, for
-- a file that is written anew is flushed, and Enter would wait for the disk.
function history.keep(text, max)
  local path = history.path()
  if not path or refused or #text > MAX_ENTRY or require("core.repl.private").is(text) then return end
  local ok, err = false, nil
  if not torn and lines < max + SLACK then
    ok = append(path, history.encode(text) .. "\n")
    lines, doubled, standing[text] = lines + 1, doubled or standing[text], true
  end
  if not ok then ok, err = rewrite(path, max, text) end
  if not ok then refuse(err or "write failed") end
end

--- history.tidy(max): at the end of a session that may have left more than max,
-- or an entry twice.
function history.tidy(max)
  local path = history.path()
  if lines <= max and not doubled or not path or refused then return end
  local ok, err = rewrite(path, max)
  if not ok then refuse(err) end
end

return history
