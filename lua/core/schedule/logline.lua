-- core/schedule/logline.lua - what the daemon logs: one line a record, for people and for programs.
-- SPDX-License-Identifier: MIT
--
-- text   2026-11-22T06:15:00Z info slot fired schedule="offboard leavers" slot=12 at=2026-11-22T06:15:00Z
-- json   {"time":"2026-11-22T06:15:00.123Z","level":"info","message":"slot fired","schedule":"offboard leavers",...}
--
-- Under systemd the journal knows the time, and takes the level from "<6>".

local host_err = require "host.err"
local json = require "host.json"
local sys = require "host.sys"

local M = {}

local ALSO = { warning = "warn" }
local RANK = { error = 1, warn = 2, notice = 3, info = 4, debug = 5 }
local PRIORITY = { error = 3, warn = 4, notice = 5, info = 6, debug = 7 } -- those of syslog
local FIRST = { "schedule", "slot", "run", "attempt" }
local LONGEST = 2000 -- bytes of one value

-- Members that are instants.
local INSTANT = { at = true, due = true, next = true, first = true, last = true, since = true, wake_at = true, until_ = true }

local function names_of(fields)
  local list, taken = {}, {}
  for _, name in ipairs(FIRST) do
    if fields[name] ~= nil then
      list[#list + 1] = name
      taken[name] = true
    end
  end
  local rest = {}
  for name in pairs(fields) do
    if type(name) == "string" and not taken[name] then rest[#rest + 1] = name end
  end
  table.sort(rest)
  return table.move(rest, 1, #rest, #list + 1, list)
end

-- No longer than that, and no character cut in two.
local function cut(text)
  if #text <= LONGEST then return text end
  local n = LONGEST
  while n > 0 and text:byte(n + 1) & 0xC0 == 0x80 do n = n - 1 end
  return text:sub(1, n) .. "..."
end

-- Bytes that are no UTF-8 stand as "\xff".
local function as_utf8(text)
  if utf8.len(text) then return text end
  local out, at = {}, 1
  while at <= #text do
    local ok, bad = utf8.len(text, at)
    bad = ok and #text + 1 or bad
    out[#out + 1] = text:sub(at, bad - 1)
    if not ok then out[#out + 1] = ("\\x%02x"):format(text:byte(bad)) end
    at = bad + 1
  end
  return table.concat(out)
end

-- A value as JSON may have it.
local function plain(name, value)
  if type(value) == "number" then
    if INSTANT[name] then return sys.utc(value) or value end
    if value ~= value or value == math.huge or value == -math.huge then return tostring(value) end
    return math.tointeger(value) or math.tointeger(value * 1000 // 1) and math.tointeger(value * 1000 // 1) / 1000 or value
  end
  if type(value) == "boolean" then return value end
  if type(value) == "table" and not host_err.is(value) then value = json.encode(value) or tostring(value) end
  return as_utf8(cut(host_err.redact(tostring(type(value) == "table" and value.message or value))))
end

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escaped(byte)
  return ESCAPES[byte] or ("\\x%02x"):format(byte:byte())
end

-- As it is where nobody could take it for anything else, else in quotes.
local function quoted(value)
  if type(value) ~= "string" then return tostring(value) end
  if value:find "^[%w_.:/@+%-]+$" then return value end
  return '"' .. host_err.safe((value:gsub('[%c"\\\127]', escaped))) .. '"'
end

local function one_line(text)
  return host_err.safe((cut(host_err.redact(tostring(text))):gsub("%c", escaped)))
end

--- One record as a line of text, without its end.
-- @tparam ?string stamp what stands before it
function M.text(stamp, level, text, fields)
  local parts = stamp and { stamp, level, one_line(text) } or { level, one_line(text) }
  for _, name in ipairs(names_of(fields or {})) do
    parts[#parts + 1] = name .. "=" .. quoted(plain(name, fields[name]))
  end
  return table.concat(parts, " ")
end

--- One record as a line of JSON, without its end.
function M.json(now, level, text, fields)
  local whole = now // 1
  local time = ("%s.%03dZ"):format((sys.utc(whole) or "?"):sub(1, -2), (now - whole) * 1000 // 1 | 0)
  local parts = { ('"time":"%s","level":"%s","message":%s'):format(time, level,
    json.encode(as_utf8(cut(host_err.redact(tostring(text)))))) }
  for _, name in ipairs(names_of(fields or {})) do
    local key = (name == "time" or name == "level" or name == "message") and name .. "_" or name
    parts[#parts + 1] = ("%s:%s"):format(json.encode(key), json.encode(plain(name, fields[name])) or "null")
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

--- A function log(level, text, fields) that writes records.
-- @tparam table options format ("text" or "json"), level (the least important one that is written: "error", "warn", "notice",
-- "info", "debug"), journal (true: standard error is the journal's), write (function(line)), clock (function: now)
function M.new(options)
  local rank = RANK[options.level or "info"]
  local clock = options.clock or sys.clock
  -- a log that nobody reads any more is no reason to end
  local write = options.write or function(line) sys.write(2, line) end
  return function(level, text, fields)
    level = ALSO[level] or level
    if (RANK[level] or RANK.info) > rank then return end
    local line
    if options.format == "json" then
      line = M.json(clock(), level, text, fields)
    else
      line = M.text(not options.journal and sys.utc(clock()) or nil, level, text, fields)
    end
    local prefix = options.journal and ("<%d>"):format(PRIORITY[level] or PRIORITY.info) or ""
    write(prefix .. line .. "\n")
  end
end

return M
