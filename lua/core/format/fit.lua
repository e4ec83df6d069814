-- fit.lua - records as columns of text: which of them a width takes, how wide.
-- SPDX-License-Identifier: MIT

local host_err = require "host.err"
local json = require "host.json"
local records = require "core.format.records"

local fit = {}

--- Blanks between two columns.
fit.gap = "  "
local GAP = #fit.gap

-- A column is not cut below so many characters if somebody chose it.
local NARROW = 8

-- Half an id is of no use to anybody, so these are cut last.
local whole = { id = true, publicId = true, public_id = true, key = true }

-- How a record fares is asked for as often as what it is called.
local telling = { status = true, state = true }

-- What is dropped first when not all fit: the largest number.
local FIRST, PLAIN, SAME, NESTED, EMPTY = 1, 2, 3, 4, 5

--- The tier of columns without any entry.
fit.EMPTY = EMPTY

--- fit.clip(text, width) -> the longest beginning that fits, with an ellipsis
-- where it was cut, and true if it was.
function fit.clip(text, width)
  if #text <= width or host_err.width(text) <= width then return text, false end
  local taken, used = 0, 0
  for at, code in utf8.codes(text) do
    local char = utf8.char(code)
    used = used + host_err.width(char)
    if used > width - 1 then break end
    taken = at + #char - 1
  end
  return text:sub(1, taken) .. "…", true
end

--- fit.pad(text, width, right) -> text with blanks behind it, or before it.
function fit.pad(text, width, right)
  local blanks = (" "):rep(width - host_err.width(text))
  return right and blanks .. text or text .. blanks
end

local function is_number(value)
  return type(value) == "number" or json.is_number(value)
end

-- A value's text where neither JSON nor Lua's tostring is sure to say it:
-- tables with a text of their own or with what JSON has not, functions.
local function foreign(value)
  if type(value) == "table" then
    local known = getmetatable(value) == nil or json.is_array(value) or json.is_object(value)
    local text = known and json.encode(value)
    if text then return text end
  elseif type(value) ~= "function" and type(value) ~= "userdata" or records.is_null(value) then
    return nil
  end
  return require("core.repl.dump").line(value)
end

--- fit.cell(value, redacted) -> its text in one line, as a terminal may get it;
-- redacted: without the secrets that this process knows.
function fit.cell(value, redacted)
  local text = not is_number(value) and foreign(value) or records.text(value)
  if redacted then text = host_err.redact(text) end
  return host_err.safe(text)
end

local function tier(column, list, nested, filled, same)
  if not filled then return EMPTY end
  if records.is_first(column.name) then return FIRST end
  if nested then return NESTED end
  if telling[column.name] then return FIRST end
  return same and #list > 1 and SAME or PLAIN
end

local function measure_one(column, list, redacted)
  local right, filled, nested, same = true, false, false, true
  for r, record in ipairs(list) do
    local value = records.cell(record, column.name)
    local text = fit.cell(value, redacted)
    column.cells[r] = text
    column.width = math.max(column.width, host_err.width(text))
    same = same and text == column.cells[1]
    if not records.is_null(value) then
      filled = true
      if not is_number(value) then right = false end
      nested = nested or type(value) == "table" and not is_number(value)
    end
  end
  column.right = right and filled
  column.tier = tier(column, list, nested, filled, same)
end

--- fit.measure(list, names, redacted) -> list of columns { name, title, cells,
-- width (of the widest cell), right (numbers), tier }.
function fit.measure(list, names, redacted)
  local columns = {}
  for i, name in ipairs(names) do
    local title = tostring(name)
    local column = { name = name, title = host_err.safe(redacted and host_err.redact(title) or title), cells = {} }
    column.width = host_err.width(column.title)
    measure_one(column, list, redacted)
    columns[i] = column
  end
  return columns
end

-- The columns in the order in which room is given to them: as they stand if
-- somebody chose them, else by what they tell.
local function by_need(columns, chosen)
  local order = {}
  for i, column in ipairs(columns) do
    order[i] = column
    column.place = i
  end
  if not chosen then
    table.sort(order, function(a, b)
      if a.tier ~= b.tier then return a.tier < b.tier end
      return a.place < b.place
    end)
  end
  return order
end

local function clamp(n, min, max)
  return math.max(min, math.min(n, max))
end

-- To how many characters a column may be cut: an id not at all, a name or an
-- address not below what is readable. Then fewer columns that tell something
-- are better than many that do not; chosen ones are wanted all the same.
local function least(column, first, width, chosen)
  if chosen then return math.min(column.width, NARROW) end
  if column == first and whole[column.name] then return column.width end
  local readable = column.tier == FIRST and clamp(width // 3 - 2, 11, 24) or clamp(width // 4, NARROW, 20)
  return math.min(column.width, readable)
end

-- Gives what room is left to the columns that are cut, ids before all others,
-- then the ones that need least.
local function widen(columns, room)
  local needy = {}
  for _, column in ipairs(columns) do
    if column.given < column.width then needy[#needy + 1] = column end
  end
  table.sort(needy, function(a, b)
    local id_a, id_b = whole[a.name] or false, whole[b.name] or false
    if id_a ~= id_b then return id_a end
    local need_a, need_b = a.width - a.given, b.width - b.given
    if need_a ~= need_b then return need_a < need_b end
    return a.place < b.place
  end)
  for i, column in ipairs(needy) do
    local share = whole[column.name] and room or room // (#needy - i + 1)
    local more = math.min(column.width - column.given, share)
    column.given = column.given + more
    room = room - more
  end
end

local function natural(columns)
  local width = -GAP
  for _, column in ipairs(columns) do width = width + GAP + column.width end
  return width
end

--- fit.columns(columns, width, chosen) -> those that fit, each with the width
-- that it is given, and the titles of the others, both in their order. All of
-- them without a width. chosen: somebody said which, the first ones matter.
function fit.columns(columns, width, chosen)
  if not width then
    for _, column in ipairs(columns) do column.given = column.width end
    return columns, {}
  end
  local order = by_need(columns, chosen)
  local used, full, scarce = -GAP, false, natural(columns) > width
  for i, column in ipairs(order) do
    local given = least(column, columns[1], width, chosen)
    column.given = nil
    if i == 1 then given = math.min(given, width) end
    -- Of chosen columns a later one does not jump the queue; of the others an
    -- empty one takes no room from those that tell something.
    local waits = chosen and full or not chosen and scarce and i > 1 and column.tier == EMPTY
    if not waits and used + GAP + given <= width then
      column.given = given
      used = used + GAP + given
    else
      full = true
    end
  end
  local kept, hidden = {}, {}
  for _, column in ipairs(columns) do
    if column.given then kept[#kept + 1] = column else hidden[#hidden + 1] = column.title end
  end
  widen(kept, width - used)
  return kept, hidden
end

return fit
