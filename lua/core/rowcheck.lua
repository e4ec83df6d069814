-- core/rowcheck.lua - values of settings beside what their rows allow.
-- SPDX-License-Identifier: MIT

local settings = require "core.settings"

local M = {}

-- What a value of each row type may be in the file, and how it is called.
local accepted = {
  integer = { integer = true }, number = { integer = true, number = true },
  boolean = { boolean = true }, flag = { boolean = true },
}
local called = { integer = "a whole number", number = "a number", boolean = "true or false", flag = "true or false" }

--- What is wrong with the type of a value, nil if nothing is.
-- @tparam table row of a setting
-- @tparam string given integer, number, boolean, string, list or secret
function M.type_problem(row, given)
  if given == "secret" then
    if not settings.is_common(row) or row.secret then return nil end
    return "cannot come from the table 'secret': it is needed as plain text"
  end
  if row.type:sub(1, 1) == "[" then
    if given == "list" or given == "string" then return nil end
    return "must be a list of strings"
  end
  if (accepted[row.type] or { string = true })[given] then return nil end
  return ("must be %s, not %s %s"):format(called[row.type] or "text in quotes", given == "integer" and "an" or "a", given)
end

--- What is wrong with a value of the right type, nil if nothing is.
function M.limit_problem(row, value)
  if row.enum then
    for _, one in ipairs(row.enum) do
      if one == value then return nil end
    end
    return ("must be one of '%s'"):format(table.concat(row.enum, "', '"))
  end
  local text = type(value) == "string"
  local size = text and (utf8.len(value) or #value) or value
  if type(size) ~= "number" then return nil end
  local unit = text and " characters" or ""
  if row.min and size < row.min then return ("must be at least %s%s"):format(row.min, unit) end
  if row.max and size > row.max then return ("must be at most %s%s"):format(row.max, unit) end
  if row.pattern and text and value ~= row.also and not value:find("^" .. row.pattern .. "$") then
    return row.form and ("must be %s, got '%s'"):format(row.form, value) or "does not look right"
  end
end

return M
