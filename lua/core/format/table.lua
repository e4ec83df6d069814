-- table.lua - records as aligned columns, fitted to a width.
-- SPDX-License-Identifier: MIT

local host_err = require "host.err"
local json = require "host.json"
local records = require "core.format.records"

local GAP = "  "
local NARROW = 8     -- no column is cut below this, or its own width

-- The longest beginning of text that fits, with an ellipsis where it was cut.
local function fit(text, width)
  if host_err.width(text) <= width then return text end
  local taken, used = 0, 0
  for at, code in utf8.codes(text) do
    local char = utf8.char(code)
    used = used + host_err.width(char)
    if used > width - 1 then break end
    taken = at + #char - 1
  end
  return text:sub(1, taken) .. "…"
end

local function pad(text, width, right)
  local blanks = (" "):rep(width - host_err.width(text))
  return right and blanks .. text or text .. blanks
end

local function measure(list, names)
  local columns = {}
  for i, name in ipairs(names) do
    local column = { name = name, title = host_err.safe(tostring(name)), right = true, cells = {} }
    column.width = host_err.width(column.title)
    local filled = false
    for r, record in ipairs(list) do
      local value = records.cell(record, name)
      local text = host_err.safe(records.text(value))
      column.cells[r] = text
      column.width = math.max(column.width, host_err.width(text))
      if not records.is_null(value) then
        filled = true
        if not (type(value) == "number" or json.is_number(value)) then column.right = false end
      end
    end
    column.right = column.right and filled
    columns[i] = column
  end
  return columns
end

-- Columns that fit at their narrowest stay; the names of the others.
local function drop(columns, width)
  local used, kept, hidden = -#GAP, {}, {}
  for _, column in ipairs(columns) do
    local least = math.min(column.width, NARROW) + #GAP
    if #hidden == 0 and (used + least <= width or #kept == 0) then
      used = used + least
      kept[#kept + 1] = column
    else
      hidden[#hidden + 1] = column.title
    end
  end
  return kept, hidden
end

-- Half an id is of no use to anybody, so these are cut last.
local whole = { id = true, publicId = true, public_id = true, key = true }

-- The widest of the columns that may still give, and what it may give at once.
local function giver(columns, least, ids_too)
  local widest, second
  for _, column in ipairs(columns) do
    if column.width > least and (ids_too or not whole[column.name]) then
      if not widest or column.width > widest.width then
        second = math.max(least, widest and widest.width or least)
        widest = column
      else
        second = math.max(second, column.width)
      end
    end
  end
  return widest, widest and math.max(1, widest.width - second)
end

-- Takes what is too much from the widest columns, ids and the last few
-- characters only when nothing else is left.
local function shrink(columns, width)
  local total = -#GAP
  for _, column in ipairs(columns) do total = total + column.width + #GAP end
  for _, round in ipairs{ { NARROW, false }, { NARROW, true }, { 1, true } } do
    while total > width do
      local widest, step = giver(columns, round[1], round[2])
      if not widest then break end
      step = math.min(step, total - width)
      widest.width = widest.width - step
      total = total - step
    end
  end
end

local function line(columns, get)
  local cells = {}
  for i, column in ipairs(columns) do
    cells[i] = pad(fit(get(column), column.width), column.width, column.right)
  end
  return (table.concat(cells, GAP):gsub("%s+$", ""))
end

--- table(value, opts) -> text. opts.columns: which, in which order.
-- opts.width: of the terminal; nil cuts nothing. opts.color: titles stand out.
-- opts.notes: a last line with the count and the columns that were hidden.
return function(value, opts)
  local list = records.list(value)
  local columns = measure(list, opts.columns or records.columns(list))
  local hidden = {}
  if opts.width then
    columns, hidden = drop(columns, opts.width)
    shrink(columns, opts.width)
  end
  local lines = {}
  if #columns > 0 then
    local titles = line(columns, function(column) return column.title end)
    lines[1] = opts.color and "\27[1m" .. titles .. "\27[0m" or titles
    for r = 1, #list do
      lines[#lines + 1] = line(columns, function(column) return column.cells[r] end)
    end
  end
  if opts.notes then
    local note = ("(%d %s%s)"):format(#list, #list == 1 and "row" or "rows",
      #hidden > 0 and "; not shown: " .. table.concat(hidden, ", ") or "")
    lines[#lines + 1] = opts.color and "\27[2m" .. note .. "\27[0m" or note
  end
  if #lines == 0 then return "" end
  return table.concat(lines, "\n") .. "\n"
end
