-- core/schedule/program.lua - whether what a schedule runs is there, compiles, and takes its arguments.
-- SPDX-License-Identifier: MIT

-- A plain script is compiled and no more, for running it would do its work. A
-- workflow's file only defines, so it is loaded, and the words are read by its
-- rows as a run would read them; its input function is not called.

local error_ = require "core.error"
local script = require "core.script"
local sys = require "host.sys"

local program = {}

local function message_of(err)
  if type(err) ~= "table" then return tostring(err) end
  return tostring(err.message or err)
end

-- "@/etc/people.csv" for a path that is relative to the folder of the schedules.
local function from_folder(dir, text)
  if not dir or text == "-" or text:sub(1, 1) == "/" then return text end
  return dir .. "/" .. text
end

local function name_of(row)
  return type(row) == "table" and type(row[1]) == "string" and row[1] or nil
end

-- ---- secrets: nobody is there to type them, and the file is no place for them ----

local function index(rows, secret)
  local by_option, positional = {}, {}
  for _, row in ipairs(rows) do
    local name = name_of(row)
    if name then
      by_option["--" .. name:gsub("_", "-")] = { row = row, secret = row.secret or secret[name] or false }
      if row.positional then positional[#positional + 1] = row end
    end
  end
  return by_option, positional
end

local ELSEWHERE <const> = "let the workflow use an account of the configuration, which has its secrets from files, variables and "
  .. "credentials, or write \"@/run/credentials/...\", which reads a file"

-- The words without those of secrets, after telling what is wrong with these.
local function without_secrets(words, by_option, add)
  local out, given, at = {}, {}, 1
  while at <= #words do
    local one = by_option[words[at]]
    if one and one.secret then
      local value = words[at + 1] or ""
      given[one.row[1]] = true
      if value:sub(1, 1) ~= "@" or value == "@" then
        add("args." .. one.row[1], "is a secret, and the schedule file is no place for one: " .. ELSEWHERE)
      elseif not sys.exists(value:sub(2)) then
        add("args." .. one.row[1], ("there is no file '%s'"):format(value:sub(2)))
      end
      at = at + 2
    else
      out[#out + 1] = words[at]
      at = at + 1
    end
  end
  return out, given
end

-- ---- the rows ----

-- Rows as std.args reads them, with those of secrets left out.
local function spec_of(definition, by_option, given, add)
  local spec = { summary = definition.summary, doc = definition.doc }
  for _, row in ipairs(definition.args or {}) do
    local name = name_of(row)
    local one = name and by_option["--" .. name:gsub("_", "-")]
    if not (one and one.secret) then
      spec[#spec + 1] = row
    elseif row.required and not given[name] and row.default == nil then
      add("args." .. name, "is required and a secret, and nobody is there to be asked: " .. ELSEWHERE)
    end
  end
  return spec
end

-- Files are looked for where the run will look for them.
local function place_files(words, by_option, positional, dir)
  local out, place, at = {}, 0, 1
  while at <= #words do
    local word = words[at]
    local one = by_option[word]
    out[#out + 1] = word
    if one then
      local kind = one.row[2] or "string"
      if kind ~= "flag" and kind ~= "boolean" and words[at + 1] then
        at = at + 1
        local is_file = kind == "file" or kind == "list" and one.row.of == "file"
        out[#out + 1] = is_file and from_folder(dir, words[at]) or words[at]
      end
    elseif word:sub(1, 1) ~= "-" then
      place = math.min(place + 1, math.max(#positional, 1))
      if positional[place] and positional[place][2] == "file" then out[#out] = from_folder(dir, word) end
    end
    at = at + 1
  end
  return out
end

-- std.args takes the words from the session, which is put back.
local function read_words(spec, words, path)
  local session = require "core.session"
  local old_words, old_script = session.words, session.script
  session.words, session.script = words, path
  local ok, err = pcall(require "std.args", spec)
  session.words, session.script = old_words, old_script
  if not ok then return err end
end

local function key_of(problem)
  local name = tostring(problem.path or ""):match "^%-%-([%w_-]+)$"
  return name and "args." .. name:gsub("-", "_") or "args"
end

local function check_args(definition, workflow, add)
  local by_option, positional = index(workflow.args or {}, workflow.secret or {})
  local words, given = without_secrets(definition.words, by_option, add)
  for _, word in ipairs(words) do
    if word == "--help" or word == "-h" then
      return add("args", ("'%s' would print help and do nothing: leave it out"):format(word))
    end
  end
  local spec = spec_of(workflow, by_option, given, add)
  local err = read_words(spec, place_files(words, by_option, positional, definition.dir), definition.run)
  if not err then return end
  if not error_.is(err) then return add("args", message_of(err)) end
  if err.kind == "script" then return add("run", message_of(err)) end -- a row of the workflow is wrong
  for _, problem in ipairs(err.problems or { { message = err.message } }) do
    local key = key_of(problem)
    add(key, key == "args" and problem.path and problem.path ~= "" and problem.path .. ": " .. problem.message or problem.message)
  end
end

-- ---- the file ----

--- program.check(definition, add) -> the workflow's name, or nil for a plain
-- script; add(key, message) is called for each thing that is wrong.
function program.check(definition, add)
  local ok, text = pcall(script.read, definition.run)
  if not ok then return add("run", message_of(text)) end
  local compiled, err = pcall(script.load, text, "@" .. definition.run)
  if not compiled then return add("run", "does not compile: " .. message_of(err)) end
  if not script.is_workflow(text) then return end
  local loaded, workflow = pcall(function() return (require("core.run.sources").read(definition.run, text):definition()) end)
  if not loaded then
    add("run", "does not load: " .. message_of(workflow))
    return
  end
  check_args(definition, workflow, add)
  return workflow.name
end

--- program.check_profile(definition, add): that the profile is there, as far as
-- the configuration can be read.
function program.check_profile(definition, add)
  if not definition.profile then return end
  local config = require "core.config"
  local path = config.path()
  if not path then return end -- the sandbox
  local ok, profiles = pcall(config.profiles)
  if not ok then return end -- errand config check tells of it
  for _, name in ipairs(profiles) do
    if name == definition.profile then return end
  end
  add("profile", ("there is no profile '%s' in %s%s"):format(definition.profile, path,
    require("core.suggest").did_you_mean(definition.profile, profiles)))
end

return program
