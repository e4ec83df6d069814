-- args.lua - args{...}: the arguments of a script, declared and checked.
-- SPDX-License-Identifier: MIT

local host_err = require "host.err"
local options = require "core.options"
local session = require "core.session"

local keys = { "required", "unless", "default", "doc", "enum", "min", "max", "pattern", "positional",
               "short", "of", "value", "secret" }
local types = { "string", "integer", "number", "boolean", "flag", "list", "file", "date" }

local function contains(list, value)
  for _, one in ipairs(list) do
    if one == value then return true end
  end
  return false
end

-- A wrong declaration is the script's bug, not its user's.
local function bug(message)
  require("core.error").raise("script", "args: " .. message, nil, 5)
end

local function hint(name, list)
  return require("core.suggest").did_you_mean(tostring(name), list)
end

local function check_row(row, at)
  if type(row) ~= "table" or type(row[1]) ~= "string" then
    bug(("row %d must be { \"name\", \"type\", ... }"):format(at))
  end
  if not row[1]:find("^[%a][%w_]*$") then
    bug(("'%s' is no name: letters, digits and _ only"):format(row[1]))
  end
  local kind = row[2] or "string"
  if not contains(types, kind) then
    bug(("unknown type '%s' of '%s'%s"):format(tostring(kind), row[1], hint(kind, types)))
  end
  for key in pairs(row) do
    if type(key) == "string" and not contains(keys, key) then
      bug(("unknown key '%s' of '%s'%s"):format(key, row[1], hint(key, keys)))
    end
  end
end

-- What is checked here and told to nobody: a text. Its value may come later.
local function check_secret(row)
  if not row.secret then return end
  if (row[2] or "string") ~= "string" or row.enum then
    bug(("the secret '%s' must be a string without enum"):format(row[1]))
  end
end

-- The row as core.options reads it.
local function option_row(row)
  local kind = row[2] or "string"
  local name = row[1]:gsub("_", "-")
  local option = { name, key = row[1], doc = row.doc, enum = row.enum, min = row.min, max = row.max,
             pattern = row.pattern, short = row.short, required = row.required,
             default = row.default }
  if kind == "flag" then return option end
  if kind == "boolean" then
    option.negatable = true
    return option
  end
  option.value = row.value or (row[1]:upper())
  option.type = kind
  if row.secret then
    option.secret, option.pattern, option.min, option.max = true, nil, nil, nil
    option.convert = function(text)
      host_err.hide(text)
      return text
    end
  end
  if kind == "list" then option.type, option.repeatable = row.of or "string", true end
  return option
end

local HELP = { "help", short = "h", doc = "Show this help and exit." }

local function declare(spec)
  local declared = { rows = {}, options = {}, positional = {}, names = {} }
  for key in pairs(spec) do
    if type(key) == "string" and key ~= "summary" and key ~= "doc" then
      bug(("unknown key '%s'; a row is written { \"name\", \"type\", ... }"):format(key))
    end
  end
  for at, row in ipairs(spec) do
    check_row(row, at)
    check_secret(row)
    if declared.rows[row[1]] or row[1] == "help" then bug("'" .. row[1] .. "' is declared twice") end
    declared.rows[row[1]] = row
    declared.names[#declared.names + 1] = row[1]
    local option = option_row(row)
    local list = row.positional and declared.positional or declared.options
    list[#list + 1] = option
  end
  declared.options[#declared.options + 1] = HELP
  return declared
end

local function usage(declared)
  local name = session.script or "script"
  local words = { name == "-e" and "errand -e CODE" or "errand run " .. name, "[OPTIONS]" }
  for _, option in ipairs(declared.positional) do
    local word = option[1]:upper() .. (option.repeatable and "..." or "")
    words[#words + 1] = option.required and word or "[" .. word .. "]"
  end
  return table.concat(words, " ")
end

local function help_text(declared, spec)
  local parts = { "usage: " .. usage(declared) }
  if spec.summary then parts[#parts + 1] = "\n" .. options.wrap(spec.summary, 80, "") end
  if spec.doc then parts[#parts + 1] = "\n" .. options.wrap(spec.doc, 80, "") end
  if #declared.positional > 0 then
    local lines = {}
    for _, option in ipairs(declared.positional) do
      local text = options.wrap(option.doc or "", 80, (" "):rep(18))
      lines[#lines + 1] = (("  %-16s%s"):format(option[1]:upper(), text):gsub("%s+$", ""))
    end
    parts[#parts + 1] = "\n" .. table.concat(lines, "\n")
  end
  parts[#parts + 1] = "\noptions:\n" .. options.help(declared.options)
  return table.concat(parts, "\n") .. "\n"
end

-- A hint for errand's own options when they stand behind the script's name.
local function own_option(shown)
  for _, row in ipairs(require "core.cli.globals") do
    if "--" .. row[1] == shown or "-" .. (row.short or "") == shown then
      return " (errand's own options go before the script)"
    end
  end
end

local function place(declared, rest, values, problems)
  local at = 1
  for _, option in ipairs(declared.positional) do
    local taken = option.repeatable and #rest - at + 1 or math.min(1, #rest - at + 1)
    for _ = 1, taken do
      local value, message = options.convert(option, rest[at])
      if message then
        problems[#problems + 1] = { path = option[1]:upper(), message = message }
      elseif option.repeatable then
        values[option.key] = values[option.key] or {}
        table.insert(values[option.key], value)
      else
        values[option.key] = value
      end
      at = at + 1
    end
  end
  -- After an unknown option a stray word is most likely its value.
  if rest[at] and #problems == 0 then
    problems[#problems + 1] = { path = rest[at], message = "unexpected argument" }
  end
end

-- ---- secrets ----

local SOURCES <const> = "@FILE reads it from a file, - takes a line of standard input"

-- One line of standard input; from a terminal without echo.
local function line_of_input(name)
  if require("host.sys").isatty(0) then return require("host.sys").secret("prompt", name) end
  local line = io.read("l")
  if not line then return nil, { message = "standard input has no line for it" } end
  return (line:gsub("\r$", ""))
end

-- The value that stands behind what was given. nil and what is wrong.
local function fetch(name, text)
  local path = text:match("^@(.+)$")
  if path then
    local home = os.getenv "HOME"
    if home then path = path:gsub("^~/", function() return home .. "/" end) end
    return require("host.sys").secret("file", path)
  end
  if text == "-" then return line_of_input(name) end
  if text == "@" then return nil, { message = SOURCES } end
  return text
end

-- What is wrong with the value, which is not told.
local function limits(row, text)
  local size = utf8.len(text) or #text
  if row.min and size < row.min then return ("at least %d characters expected"):format(row.min) end
  if row.max and size > row.max then return ("at most %d characters expected"):format(row.max) end
  if row.pattern and not text:find("^" .. row.pattern .. "$") then return "does not look right" end
end

-- Secrets that were given; each is known to redaction before it is looked at.
local function fetch_given(declared, values, problems)
  for _, list in ipairs{ declared.options, declared.positional } do
    for _, option in ipairs(list) do
      local row, given = declared.rows[option.key], values[option.key]
      if option.secret and given ~= nil then
        local value, err = fetch(option[1], given)
        if value then host_err.hide(value) end
        local message = value and limits(row, value) or not value and tostring(err.message or err)
        if message then
          local shown = list == declared.options and "--" .. option[1] or option[1]:upper()
          problems[#problems + 1] = { path = shown, message = message }
        end
        values[option.key] = value
      end
    end
  end
end

local function question(name, doc)
  return doc and ("%s (%s)"):format(name, (doc:gsub("%.$", ""))) or name
end

-- Asks for required secrets that were not given: after all else was right, for
-- what is typed would be lost otherwise.
local function ask_missing(missing, values, problems)
  local sys = require "host.sys"
  local asks = #problems == 0 and (sys.isatty(0) or sys.isatty(2))
  for _, one in ipairs(missing) do
    local value, message = nil, "is required: " .. SOURCES
    if asks then
      local err
      value, err = sys.secret("prompt", question(one.option[1], one.row.doc))
      if not value and err.kind == "cancelled" then error(err, 0) end
      message = value and limits(one.row, value) or not value and err.message or nil
    end
    values[one.option.key] = value
    if message then problems[#problems + 1] = { path = one.shown, message = message } end
  end
end

-- ---- what was not given ----

local function complete(declared, values, problems)
  local missing = {}
  local failed = {}
  for _, problem in ipairs(problems) do failed[problem.path] = true end
  for _, list in ipairs{ declared.options, declared.positional } do
    for _, option in ipairs(list) do
      local key = option.key
      local shown = list == declared.options and "--" .. option[1] or option[1]:upper()
      if key and values[key] == nil and not failed[shown] then
        local row = declared.rows[key]
        if row.default ~= nil then
          values[key] = row.default
          if row.secret then host_err.hide(tostring(row.default)) end
        elseif row[2] == "flag" then
          values[key] = false
        elseif row.required and row.secret then
          missing[#missing + 1] = { row = row, option = option, shown = shown }
        elseif row.required then
          problems[#problems + 1] = { path = shown, message = "is required" }
        elseif row.unless and values[row.unless] == nil then
          problems[#problems + 1] = { path = shown,
            message = "is required without --" .. row.unless:gsub("_", "-") }
        end
      end
    end
  end
  ask_missing(missing, values, problems)
end

local function strict(declared, values)
  return setmetatable(values, { __index = function(_, name)
    if declared.rows[name] or type(name) ~= "string" then return nil end
    require("core.error").raise("script", ("args declares no '%s'%s"):format(tostring(name),
      hint(name, declared.names)), nil, 2)
  end })
end

--- args{ summary = "...", { "email", "string", required = true, doc = "..." }, ... }
-- -> table of the script's arguments by name. Types: string integer number
-- boolean (--x, --no-x) flag list (repeated; of = type) file (must exist) date.
-- Keys of a row: required, unless = name of an argument that makes it
-- superfluous, default doc enum min max pattern short value (as help shows it),
-- positional = true for a plain word, secret = true for a text that is never
-- shown, may be given as @FILE or - (a line of standard input), and is asked for
-- on the terminal where it is required and missing. "first_name" is given as
-- --first-name. --help prints help and ends the script; every fault is
-- reported at once, with exit code 2.
return function(spec)
  if type(spec) ~= "table" then bug("table expected, got " .. type(spec)) end
  local declared = declare(spec)
  local values, rest, problems = options.parse(declared.options, session.words,
                                               { hint = own_option })
  if values.help then
    require("core.output").text(help_text(declared, spec))
    require("core.exit").raise(0)
  end
  place(declared, rest, values, problems)
  fetch_given(declared, values, problems)
  complete(declared, values, problems)
  options.check(problems, "the arguments; see --help")
  return strict(declared, values)
end
