-- core/lint/refs.lua - what a catalogue points to: into replies, and to settings.
-- SPDX-License-Identifier: MIT

-- Neither is missed when it is wrong: a pointer without its slash is the whole
-- reply, a placeholder that nothing fills is empty text.

local suggest = require "core.suggest"

local M = {}

-- Of an envelope, with what may be told by one text or by several.
local in_envelope <const> = { "data", "status", "message", "code" }
local in_paging <const> = { "next", "total", "items" }

local function pointer(report, at, text)
  if type(text) == "string" and text ~= "" and text:sub(1, 1) ~= "/" then
    report.add(at, "'%s' is no pointer (did you mean '/%s'?)", text, text)
  end
end

local function pointers(report, at, value)
  if type(value) ~= "table" then return pointer(report, at, value) end
  for _, text in ipairs(value) do pointer(report, at, text) end
end

local function envelope(report, at, env)
  for _, key in ipairs(in_envelope) do pointers(report, at .. "." .. key, env[key]) end
  if env.ok then pointer(report, at .. ".ok", env.ok[1]) end
  local forms = env.problems or {}
  for _, form in ipairs(type(forms[1]) == "table" and forms or { forms }) do pointer(report, at .. ".problems", form[1]) end
  if env.partial then pointer(report, at .. ".partial", env.partial[1]) end
end

local function operation(report, at, op)
  if type(op.envelope) == "table" then envelope(report, at .. ".envelope", op.envelope) end
  if not op.inverse then return end
  for _, entry in ipairs(type(op.inverse[1]) == "table" and op.inverse or { op.inverse }) do
    pointer(report, at .. ".inverse.from", entry.from)
  end
end

local function resources(report, catalogue)
  for _, resource in ipairs(catalogue.resources or {}) do
    local at = tostring(resource[1])
    for _, op in ipairs(resource.operations or {}) do operation(report, at .. "." .. tostring(op[1]), op) end
    for _, by in ipairs(resource.find and resource.find.by or {}) do pointers(report, at .. ".find", by.at) end
  end
end

-- ---- placeholders ----

local function settings_of(catalogue)
  local names = {}
  for _, rows in ipairs { require("core.settings").rows, catalogue.settings or {} } do
    for _, row in ipairs(rows) do
      names[row[1]] = true
      names[#names + 1] = row[1]
    end
  end
  return names
end

-- Any other brace is the text's own, as in JSON.
local function template(report, at, text, names, token)
  for name in tostring(text):gmatch "{([%l_][%l%d_]*)}" do
    if not names[name] and not (token and name == "token") then
      report.add(at, "'{%s}' is no setting%s", name, suggest.did_you_mean(name, names))
    end
  end
end

local function headers(report, at, rows, names, token)
  for i, row in ipairs(rows or {}) do
    if row.value then template(report, ("%s[%s]"):format(at, tostring(row[1] or i)), row.value, names, token) end
  end
end

local function ways(report, catalogue, names)
  for i, way in ipairs(catalogue.auth or {}) do
    local at, login = ("auth[%d]"):format(i), way.login or {}
    headers(report, at .. ".send", way.send, names, way.login ~= nil)
    headers(report, at .. ".login.headers", login.headers, names)
    for key, text in pairs(login.json or {}) do
      if type(text) == "string" then template(report, ("%s.login.json.%s"):format(at, tostring(key)), text, names) end
    end
    pointer(report, at .. ".login.token", login.token)
  end
  -- a lone way without the braces of the list would be none
  for key in pairs(catalogue.auth or {}) do
    if type(key) == "string" then report.add("auth", "'%s' stands in a list of ways: auth = { { %s = ... } }", key, key) end
  end
end

--- Adds to a report what leads nowhere, of a catalogue whose form is right.
function M.check(report, catalogue)
  local names = settings_of(catalogue)
  if catalogue.envelope then envelope(report, "envelope", catalogue.envelope) end
  for name, style in pairs(catalogue.paging or {}) do
    for _, key in ipairs(in_paging) do pointer(report, ("paging.%s.%s"):format(name, key), style[key]) end
  end
  resources(report, catalogue)
  headers(report, "headers", catalogue.headers, names)
  ways(report, catalogue, names)
end

return M
