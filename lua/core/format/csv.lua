-- csv.lua - RFC 4180 with a header row, harmless in a spreadsheet.
-- SPDX-License-Identifier: MIT

local records = require "core.format.records"

-- A spreadsheet takes a cell that starts so for a formula.
local formula = "^[=+%-@\t\r\n]"
local number = "^%-%d+%.?%d*$"

local function cell(value)
  local text = records.text(value)
  if type(value) == "string" and text:find(formula) and not text:find(number) then
    text = "'" .. text
  end
  -- A byte order mark at the start of the file would be taken for its own.
  if text:find('[",\r\n]') or text:find("^ ") or text:find(" $") or text:find("^\xef\xbb\xbf") then
    text = '"' .. text:gsub('"', '""') .. '"'
  end
  return text
end

--- csv(value, opts) -> text. opts.columns: which, in which order. opts.crlf:
-- lines end as RFC 4180 wants it instead of as Unix does.
return function(value, opts)
  local list = records.list(value)
  local columns = opts.columns or records.columns(list)
  if #columns == 0 then return "" end
  local lines, fields = {}, {}
  for i, name in ipairs(columns) do fields[i] = cell(tostring(name)) end
  lines[1] = table.concat(fields, ",")
  for _, record in ipairs(list) do
    for i, name in ipairs(columns) do fields[i] = cell(records.cell(record, name)) end
    -- An empty line would read as no record at all.
    local line = table.concat(fields, ",")
    lines[#lines + 1] = line == "" and '""' or line
  end
  local ending = opts.crlf and "\r\n" or "\n"
  return table.concat(lines, ending) .. ending
end
