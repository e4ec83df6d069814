-- table.lua - records as aligned columns, fitted to a width.
-- SPDX-License-Identifier: MIT

local fit = require "core.format.fit"
local records = require "core.format.records"

local function line(columns, get)
  local cells, cut = {}, false
  for i, column in ipairs(columns) do
    local text, clipped = fit.clip(get(column), column.given)
    cells[i] = fit.pad(text, column.given, column.right)
    cut = cut or clipped
  end
  return (table.concat(cells, fit.gap):gsub("%s+$", "")), cut
end

local function lines_of(columns, n, color)
  local titles, cut = line(columns, function(column) return column.title end)
  local lines = { color and "\27[1m" .. titles .. "\27[0m" or titles }
  for r = 1, n do
    local text, clipped = line(columns, function(column) return column.cells[r] end)
    lines[r + 1] = text
    cut = cut or clipped
  end
  return lines, cut
end

local function note_of(n, hidden, color)
  local note = ("(%d %s%s)"):format(n, n == 1 and "row" or "rows",
    #hidden > 0 and "; not shown: " .. table.concat(hidden, ", ") or "")
  return color and "\27[2m" .. note .. "\27[0m" or note
end

--- table(value, opts) -> text, what is not in it { columns = titles, cut =
-- true if an entry was cut }, how many columns are shown, and all of them
-- (core.format.fit). opts.columns: which, in which order. opts.width: of the
-- terminal; nil cuts nothing. opts.color: titles stand out. opts.notes: a last
-- line with the count and the columns that were hidden; opts.redacted: without
-- the secrets that this process knows.
return function(value, opts)
  local list = records.list(value)
  local all = fit.measure(list, opts.columns or records.columns(list), opts.redacted)
  local columns, hidden = fit.columns(all, opts.width, opts.columns ~= nil)
  local lines, cut = {}, false
  if #columns > 0 then lines, cut = lines_of(columns, #list, opts.color) end
  if opts.notes then lines[#lines + 1] = note_of(#list, hidden, opts.color) end
  local text = #lines > 0 and table.concat(lines, "\n") .. "\n" or ""
  return text, { columns = hidden, cut = cut }, #columns, all
end
