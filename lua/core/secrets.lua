-- core/secrets.lua - what a catalogue calls secret is made known to redaction.
-- SPDX-License-Identifier: MIT

local hide = require("host.err").hide

local M = {}

-- Whether values of a type can hold a secret, by catalogue and name of a type.
local known = setmetatable({}, { __mode = "k" })

local function element(type_)
  return type(type_) == "string" and type_:match "^%[(.+)%]$" or type_
end

local function rows_of(catalogue, type_)
  type_ = element(type_)
  return type(type_) == "table" and type_ or catalogue.shapes and catalogue.shapes[type_]
end

local function look(catalogue, type_)
  local rows = rows_of(catalogue, type_)
  if not rows then return false end
  local seen = known[catalogue]
  if seen[rows] == nil then
    seen[rows] = false -- a shape may hold itself
    for _, row in ipairs(rows) do
      if row.secret or look(catalogue, row.type) then seen[rows] = true end
    end
  end
  return seen[rows]
end

-- asked twice a call: what is known is found by the type itself
local function holds(catalogue, type_)
  if type_ == nil then return false end
  local seen = known[catalogue]
  if not seen then
    seen = {}
    known[catalogue] = seen
  end
  local answer = seen[type_]
  if answer == nil then
    answer = look(catalogue, type_)
    seen[type_] = answer
  end
  return answer
end

--- Whether values of a type can hold what the catalogue calls secret.
M.holds = holds

local function walk(catalogue, type_, value)
  if type(value) ~= "table" then return end
  if #value > 0 then
    for _, item in ipairs(value) do walk(catalogue, type_, item) end
  end
  for _, row in ipairs(rows_of(catalogue, type_)) do
    local member = value[row.name]
    if row.secret and type(member) == "string" then
      hide(member)
    elseif member ~= nil and holds(catalogue, row.type) then
      walk(catalogue, row.type, member)
    end
  end
end

--- The secret members of a body or of what a call returned are cut out of all
-- logs, traces and error texts from now on.
-- @tparam table catalogue
-- @param type_ name of a shape, "[Shape]" or rows
function M.hide(catalogue, type_, value)
  if type(value) == "table" and holds(catalogue, type_) then walk(catalogue, type_, value) end
end

return M
