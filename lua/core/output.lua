-- output.lua - values to standard output, in the format asked for.
-- SPDX-License-Identifier: MIT

local sys = require "host.sys"

local output = {}

output.formats = { "json", "ndjson", "table", "csv", "lua" }

-- What a shell reports for a program ended by SIGPIPE.
local BROKEN_PIPE = 141

local function is_broken_pipe(err)
  return tostring(err.message or err):find("[Bb]roken pipe") ~= nil
end

--- output.text(text, fd): complete, or raises; a reader that went away ends
-- the run without a word, as it ends head's other victims.
function output.text(text, fd)
  io.stdout:flush()          -- what print() holds goes first
  local ok, err = sys.write(fd or 1, text)
  if ok then return end
  if is_broken_pipe(err) then require("core.exit").raise(BROKEN_PIPE) end
  require("core.error").raise("file", "cannot write the output: " .. tostring(err.message or err))
end

local function auto(value, terminal)
  if not terminal then return "json" end
  local records = require "core.format.records"
  if records.is_list(value) and records.is_record(value[1]) then return "table" end
  return "pretty"
end

-- On a terminal: text as it is, tables as indented JSON, the rest as Lua
-- would print it.
local function pretty(value)
  if type(value) == "string" then return value .. "\n" end
  local text = require("host.json").encode(value, 2)
  return (text or tostring(value)) .. "\n"
end

local function colored(terminal)
  return terminal and not sys.env("NO_COLOR") and sys.env("TERM") ~= "dumb"
end

--- output.format(value, format, opts) -> text. As write, without writing.
function output.format(value, format, opts)
  opts = opts or {}
  local terminal = opts.terminal
  if not format or format == "auto" then format = auto(value, terminal) end
  local text
  if format == "pretty" then
    text = pretty(value)
  else
    local color = opts.color
    if color == nil then color = colored(terminal) end
    text = require("core.format." .. format)(value, {
      columns = opts.columns, crlf = opts.crlf, pretty = terminal, notes = terminal,
      width = terminal and (opts.width or sys.columns(opts.out or 1)) or opts.width,
      color = format == "table" and color,
    })
  end
  -- A table is made safe cell by cell; its colours must stay.
  if terminal and format ~= "table" then text = require("host.err").safe(text, true) end
  return text
end

--- output.write(value, format, opts): format is json, ndjson, table, csv, lua
-- or auto (tables on a terminal, JSON otherwise). opts: out (descriptor, 1),
-- columns, color, width, crlf. Nothing is written for nil in auto.
function output.write(value, format, opts)
  if value == nil and (not format or format == "auto") then return end
  local options = {}
  for name, option in pairs(opts or {}) do options[name] = option end
  local fd = options.out or 1
  if options.terminal == nil then options.terminal = sys.isatty(fd) end
  output.text(output.format(value, format, options), fd)
end

return output
