-- show.lua - results at the prompt: tables for records, JSON for the rest.
-- SPDX-License-Identifier: MIT

local show = {}

local DEPTH, MEMBERS = 4, 200

local function quoted(text)
  return (("%q"):format(text):gsub("\\\n", "\\n"))
end

local function key_text(key)
  if type(key) == "string" and key:find("^[%a_][%w_]*$") then return key end
  return "[" .. (type(key) == "string" and quoted(key) or tostring(key)) .. "]"
end

local function sorted_keys(value)
  local keys = {}
  for key in next, value do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if math.type(a) and math.type(b) then return a < b end
    if type(a) ~= type(b) then return math.type(a) ~= nil or not math.type(b) and type(a) < type(b) end
    return tostring(a) < tostring(b)
  end)
  return keys
end

local function has_text(value)
  local meta = getmetatable(value)
  return type(meta) == "table" and (rawget(meta, "__tostring") or rawget(meta, "__name"))
end

-- The text of a value, and a note on what it leaves out.
local function dump(value, indent, depth, seen)
  if type(value) == "string" then return quoted(value) end
  if type(value) ~= "table" or has_text(value) then return tostring(value) end
  if next(value) == nil then return "{}" end
  if seen[value] then return "{ ... }", "seen above" end
  if depth == 0 then return "{ ... }", "deeper" end
  seen[value] = true
  local inner, lines, keys = indent .. "  ", { "{" }, sorted_keys(value)
  for i = 1, math.min(#keys, MEMBERS) do
    local key = keys[i]
    local text, note = dump(rawget(value, key), inner, depth - 1, seen)
    lines[#lines + 1] = inner .. (key == i and "" or key_text(key) .. " = ") .. text .. ","
      .. (note and "  -- " .. note or "")
  end
  if #keys > MEMBERS then lines[#lines + 1] = ("%s-- %d more"):format(inner, #keys - MEMBERS) end
  seen[value] = nil
  lines[#lines + 1] = indent .. "}"
  return table.concat(lines, "\n")
end

--- show.dump(value) -> the value in Lua's notation, for what JSON cannot say:
-- mixed keys, functions, cycles. Says what it left out.
function show.dump(value)
  return (dump(value, "", DEPTH, {}))
end

-- What a call returns beside its data; of no interest unless asked for.
local function is_reply(value)
  return type(value) == "table" and math.type(rawget(value, "status")) ~= nil
    and type(rawget(value, "head")) == "string"
end

local function plain_table(value)
  return type(value) == "table" and not require("host.json").is_number(value)
end

--- show.value(value): one value to standard output.
function show.value(value)
  local output = require "core.output"
  local format = require("core.session").output
  local name = require("core.repl.topic").of(value)
  if name then return output.text(require("core.help").topic(name) .. "\n") end
  if value == nil then return output.text("nil\n") end
  if require("host.err").is(value) then
    local host_err = require "host.err"
    return output.text(host_err.safe(host_err.redact(require("core.cli").describe(value)), true) .. "\n")
  end
  if not format and plain_table(value) and not require("host.json").encode(value) then
    return output.text(require("host.err").safe(show.dump(value), true) .. "\n")
  end
  output.write(value, format or "auto")
end

--- show.results(results): what table.pack made of an expression's values.
-- Nothing is printed for no value, for nil alone and for what io.write gives.
function show.results(results)
  local n = results.n
  if n > 1 and is_reply(results[n]) then n = n - 1 end
  if n == 1 and (results[1] == nil or results[1] == io.stdout) then return end
  for i = 1, n do show.value(results[i]) end
end

return show
