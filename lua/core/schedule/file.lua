-- core/schedule/file.lua - the schedule file: where it is, what it says, all that is wrong with it.
-- SPDX-License-Identifier: MIT

-- The file is Lua, but declares only: `schedule "name" { ... }` and, once,
-- `defaults { ... }`. It is read apart from all scripts (host.declare), bounded
-- in memory and time, so that reading one again can harm no daemon.

local error_ = require "core.error"
local fields = require "core.schedule.fields"
local row = require "core.schedule.row"
local sys = require "host.sys"

local file = {}

local STATEMENTS <const> = { "schedule", "defaults" }

-- ---- lines ----

local function lines_of(text)
  local out = {}
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do out[#out + 1] = line end
  out.found = {} -- what line_of has found: a loop says the same thing often
  return out
end

-- The line at which a member stands: the first one that gives that name a
-- value, from the statement's on and before the next statement. Where a table
-- is put together elsewhere it is the statement's own line.
local function line_of(source, statement, key)
  local at = statement.line
  local id = key and ("%d %d %s"):format(at, statement.before, key)
  if not id or source.found[id] then return source.found[id] or at end
  for name in key:gmatch "[%a_][%w_]*" do
    local pattern = "%f[%w_]" .. name .. "%s*=%f[^=]"
    for n = at, statement.before - 1 do
      local line = (source[n] or ""):gsub("%-%-.*$", "")
      if line:find(pattern) then
        at = n
        break
      end
    end
  end
  source.found[id] = at
  return at
end

local function set_bounds(statements, source)
  local below = {} -- lines of what comes later, the nearest last
  for i = #statements, 1, -1 do
    local line = statements[i].line
    while below[1] and below[#below] <= line do below[#below] = nil end
    statements[i].before = below[#below] or #source + 1
    below[#below + 1] = line
  end
end

-- ---- reading ----

local Reading = {}
Reading.__index = Reading

function Reading:problem(line, name, message)
  table.insert(self.problems, { path = line and ("%s:%d"):format(self.shown, line) or self.shown, line = line, name = name,
    message = message })
end

local function called(statement)
  if statement.word == "defaults" then return "defaults" end
  return statement.name and ("schedule '%s'"):format(statement.name) or "schedule"
end

-- What the checks of one statement call for each problem.
function Reading:adder(statement)
  return function(key, message)
    self:problem(line_of(self.source, statement, key), statement.name,
      called(statement) .. ": " .. (key and key .. ": " or "") .. message)
  end
end

local function without_options(statement)
  local form = statement.word == "defaults" and "defaults { ... }" or "schedule \"name\" { ... }"
  return statement.got and ("a table expected, got %s: %s"):format(statement.got, form) or "has no table: " .. form
end

function Reading:defaults(statement)
  local add = self:adder(statement)
  if self.first_defaults then
    return add(nil, ("stands a second time, after line %d: make one of both"):format(self.first_defaults))
  end
  self.first_defaults = statement.line
  if statement.broken then return end -- the file ended there, which is told
  if not statement.options then return add(nil, without_options(statement)) end
  self.values = fields.read_defaults(statement.options, { dir = self.dir }, add)
  local zone, err = require("host.cron").zone(self.values.tz or "UTC")
  if not zone then
    add("tz", row.zone_problem(self.values.tz, err.message))
    self.values.tz = nil
  end
end

function Reading:schedule(statement)
  local add, name = self:adder(statement), statement.name
  if name and self.seen[name] then
    return add(nil, ("the name stands a second time, after line %d: give it another one"):format(self.seen[name]))
  end
  if name then self.seen[name], self.statements[name] = statement.line, statement end
  if statement.broken then return end -- the file ended there, which is told
  if not statement.options then return add(nil, without_options(statement)) end
  local definition, problems, half = row.definition(name, statement.options, { dir = self.dir, file = self.path,
    line = statement.line, defaults = self.values })
  for _, problem in ipairs(problems) do add(problem.key, problem.message) end
  if definition then
    table.insert(self.list, definition)
    self.by_name[name] = definition
  elseif name then
    table.insert(self.halves, half)
  end
end

local function absolute(path)
  path = path:gsub("^%./", "")
  if path:sub(1, 1) == "/" then return path end
  local cwd, err = sys.cwd()
  if not cwd then error(err, 0) end
  return (cwd == "/" and "" or cwd) .. "/" .. path
end

--- file.parse(text, path) -> set, problems. The set holds what is right:
-- { file = absolute path, digest = of the text, list = definitions in the
-- order of the file, by_name, dir, where(name, key) -> line, halves = what is
-- right of the others }; it is for use only where there is no problem.
-- problems: list of { path = "FILE:LINE", line, name, message }.
function file.parse(text, path)
  local full = absolute(path)
  local self = setmetatable({ path = full, shown = path, dir = full:match "^(.*)/[^/]*$", source = lines_of(text), problems = {},
    list = {}, by_name = {}, halves = {}, seen = {}, statements = {} }, Reading)
  if self.dir == "" then self.dir = "/" end
  if text:byte(1) == 35 then text = "--" .. text end -- "#!": for the kernel
  local statements, fault = require("host.declare").read(text, STATEMENTS)
  set_bounds(statements, self.source)
  -- Wherever they stand, defaults are for the whole file.
  for _, word in ipairs { "defaults", "schedule" } do
    for _, statement in ipairs(statements) do
      if statement.word == word then self[word](self, statement) end
    end
  end
  if fault then self:problem(fault.line, nil, fault.message) end
  if not fault and next(self.seen) == nil and #self.problems == 0 then
    self:problem(nil, nil, "there is no schedule in it: schedule \"name\" { at = \"15 6 * * 1-5\", run = \"script.lua\" }")
  end
  for i, problem in ipairs(self.problems) do problem.order = i end
  table.sort(self.problems, function(a, b)
    if (a.line or 0) ~= (b.line or 0) then return (a.line or 0) < (b.line or 0) end
    return a.order < b.order
  end)
  return { file = full, dir = self.dir, digest = sys.sha256(text), list = self.list, by_name = self.by_name, halves = self.halves,
    where = function(name, key)
      local statement = self.statements[name]
      return statement and line_of(self.source, statement, key)
    end }, self.problems
end

--- file.examine(path) -> set, problems, as file.parse. Raises kind "config"
-- where the file cannot be read.
function file.examine(path)
  local text, err = sys.read_file(path)
  if not text then
    error(error_.new("config", ("cannot read the schedule file %s: %s"):format(path, tostring(err.message or err))), 0)
  end
  return file.parse(text, path)
end

--- file.raise(path, problems): all of them as one error of kind "config", if
-- there are any.
function file.raise(path, problems)
  if #problems == 0 then return end
  if #problems == 1 then
    error(error_.new("config", problems[1].path .. ": " .. problems[1].message, { problems = problems }), 0)
  end
  error(error_.new("config", ("%d problems with the schedule file %s"):format(#problems, path), { problems = problems }), 0)
end

--- file.read(path) -> set. Raises kind "config" with err.problems, all at
-- once. Whether the scripts are there is not looked at: one that is missing
-- for now must not keep the others from running.
function file.read(path)
  local set, problems = file.examine(path)
  file.raise(path, problems)
  return set
end

-- ---- where it is ----

--- file.find(given, known) -> path, how it was found; nil and the places that
-- were looked at. It is the one that was named (--schedule), else that of
-- ERRAND_SCHEDULE_FILE, else `known`, which is for commands beside a daemon the
-- file that it has read, else schedule.lua beside the configuration file, else
-- schedule.lua in the working directory. The last two must be there.
function file.find(given, known)
  if given then return given, "named" end
  local path = sys.env "ERRAND_SCHEDULE_FILE"
  if path and path ~= "" then return path, "ERRAND_SCHEDULE_FILE" end
  if known then return known, "in force" end
  local looked = {}
  local config = require("core.config").path() -- none in the sandbox
  local dir = config and (config:match "^(.*)/[^/]*$" or ".")
  if dir then
    path = dir .. "/schedule.lua"
    if sys.exists(path) then return path, "beside the configuration" end
    looked[1] = path
  end
  if sys.exists "schedule.lua" then return "schedule.lua", "in this folder" end
  looked[#looked + 1] = "schedule.lua"
  return nil, looked
end

--- file.need(given, known) -> path, how; raises kind "validation" where there
-- is none.
function file.need(given, known)
  local path, how = file.find(given, known)
  if path then return path, how end
  error(error_.new("validation", ("which schedule file? There is none at %s; name it with --schedule FILE or "
    .. "ERRAND_SCHEDULE_FILE"):format(table.concat(how, " or at "))), 0)
end

return file
