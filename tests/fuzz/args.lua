-- args.lua - fuzz target: the words behind a script's name, one a line.
-- SPDX-License-Identifier: MIT

local fuzz = ...
local args = require "std.args"
local exit = require "core.exit"
local output = require "core.output"
local session = require "core.session"

session.script = "test.lua"
function output.text() end

local SPEC <const> = { summary = "A script.",
  { "target", positional = true, doc = "Where to." },
  { "more", "list", of = "integer", positional = true },
  { "email", "string", short = "e", pattern = "[^@]+@[^@]+", max = 40 },
  { "count", "integer", short = "n", min = -5, max = 1000, default = 3 },
  { "rate", "number", min = 0 },
  { "keep", "boolean", default = true },
  { "dry_run", "flag", short = "d" },
  { "tag", "list", short = "t" },
  { "size", "list", of = "number" },
  { "mode", enum = { "fast", "slow" } },
  { "begin", "date", unless = "mode" },
  { "csv", "file" },
}

local CHECKS <const> = {
  string = function(value) return type(value) == "string" end,
  integer = function(value) return math.type(value) == "integer" end,
  number = function(value) return type(value) == "number" and value == value and math.abs(value) ~= math.huge end,
  boolean = function(value) return type(value) == "boolean" end,
  date = function(value) return value:find "^%d%d%d%d%-%d%d%-%d%d$" ~= nil end,
}
CHECKS.flag, CHECKS.file = CHECKS.boolean, CHECKS.string

local function check_row(row, value)
  local kind = row[2] or "string"
  if value == nil then return assert(kind ~= "flag", "a flag is true or false") end
  if kind ~= "list" then return assert(CHECKS[kind](value), row[1] .. " has its type") end
  for _, one in ipairs(value) do assert(CHECKS[row.of or "string"](one), row[1] .. " has elements of its type") end
end

local function traced(err)
  return type(err) == "table" and err or debug.traceback(tostring(err), 2)
end

return function(input)
  local words = fuzz.lines(input)
  for _, word in ipairs(words) do
    if word:find "%z" then return end -- no word of a command line
  end
  session.words = words
  local ok, values = xpcall(args, traced, SPEC)
  if not ok and exit.code(values) then return end
  if not ok then
    fuzz.refusal(values, input)
    return assert(values.kind == "validation", "the words' fault")
  end
  for _, row in ipairs(SPEC) do check_row(row, rawget(values, row[1])) end
  if values.count then assert(values.count >= -5 and values.count <= 1000) end
  if values.email then assert(values.email:find "^[^@]+@[^@]+$" and (utf8.len(values.email) or #values.email) <= 40) end
  assert(not values.mode or values.mode == "fast" or values.mode == "slow")
  assert(values.mode or values.begin, "one of the two is there")
end
