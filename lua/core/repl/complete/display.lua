-- display.lua - the list of candidates: one a line with what it is, or columns.
-- SPDX-License-Identifier: MIT

local err = require "host.err"

local MARGIN <const> = 2               -- lines that stay for the statement itself
local SCREENS <const> = 3              -- a list of more than these would only scroll away
local ABOUT <const> = 12               -- columns that a description needs to say anything
local NARROW <const> = 60              -- fewer columns: no types, no marks of parameters

-- ---- what an entry is ----

local about = {}

local function mark_of(op)
  return op.effect .. (op.danger and "*" or "")
end

function about.op(entry)
  local op = entry.op
  if entry.how == "each" then return mark_of(op), ("One record after the other of what %s gives."):format(op.name) end
  if entry.how == "page" then return mark_of(op), ("One page of what %s gives."):format(op.name) end
  return mark_of(op), op.summary
end

function about.find()
  return "read", "The one record that has these values, or nil."
end

local function row_text(row, received)
  local describe = require "core.describe"
  local parts = { describe.type(row) }
  -- what must be given has its mark already
  local plain = setmetatable({ required = false }, { __index = row })
  for _, trait in ipairs(describe.traits(plain, row.evidence, received)) do parts[#parts + 1] = trait end
  return table.concat(parts, "; ") .. (row.doc and ". " .. row.doc or "")
end

function about.row(entry, narrow)
  local row = entry.row
  local brief = row.type == "any" or narrow and not entry.received
  local text = brief and row.doc or row_text(row, entry.received)
  return entry.needed and not narrow and "required" or nil, text
end

function about.service(entry)
  local catalogue = entry.catalogue or require("core.services").catalogue(entry.service)
  return nil, catalogue.title
end

function about.library(entry)
  for _, one in ipairs(require "std.doc") do
    if one.name == entry.library then return nil, one.summary end
  end
end

local function describe_entry(entry, narrow)
  if entry.title then return nil, entry.title end
  if entry.op then return about.op(entry) end
  if entry.how == "find" then return about.find() end
  if entry.row then return about.row(entry, narrow) end
  if entry.kind == "resource" then
    local resource = entry.resource or entry.of.resource[entry.word]
    return nil, resource and resource.doc
  end
  if entry.kind == "service" then return about.service(entry) end
  if entry.library then return about.library(entry) end
end

-- Lists of these are read with what they are; of others the names do.
local told = { resource = true, service = true, parameter = true, command = true, field = true }

local function worth_telling(entries)
  for _, entry in ipairs(entries) do
    if not (told[entry.kind] or entry.op or entry.how) and entry.title == nil then return false end
  end
  return true
end

-- ---- lines ----

-- The text cut to a width, with what shows that it was.
local function clip(text, width)
  text = err.safe(text:gsub("%s+", " "))
  if err.width(text) <= width then return text end
  local kept, used = {}, 0
  for char in text:gmatch(utf8.charpattern) do
    used = used + err.width(char)
    if used > width - 1 then break end
    kept[#kept + 1] = char
  end
  return (table.concat(kept):gsub("%s+$", "")) .. "…"
end

local function pad(text, width)
  return text .. (" "):rep(width - err.width(text))
end

local function widest(texts)
  local width = 0
  for _, text in ipairs(texts) do width = math.max(width, err.width(text)) end
  return width
end

-- Behind a name where there is no room for its mark.
local function sign(entry)
  if entry.op then return entry.op.danger and "*" or entry.op.effect ~= "read" and "+" or "" end
  return entry.needed and "*" or ""
end

local function with_descriptions(entries, columns)
  local labels, marks, texts, narrow = {}, {}, {}, columns < NARROW
  for i, entry in ipairs(entries) do
    local mark, text = describe_entry(entry, narrow)
    labels[i] = (entry.label or entry.word) .. (narrow and entry.needed and sign(entry) or "")
    marks[i], texts[i] = mark and "[" .. mark .. "]" or "", text or ""
  end
  local left, middle = widest(labels), widest(marks)
  local room = columns - 1 - left - 2 - (middle > 0 and middle + 2 or 0)
  if columns - 1 < left + 2 + middle then return nil end
  local lines = {}
  for i, label in ipairs(labels) do
    local line = pad(label, left) .. (middle > 0 and "  " .. pad(marks[i], middle) or "")
    if room >= ABOUT then line = line .. "  " .. clip(texts[i], room) end
    lines[i] = line:gsub("%s+$", "")
  end
  return lines
end

-- ---- columns ----

local legends = { ["+"] = "+ changes", ["*"] = "* destroys" }

local function legend(entries)
  local seen, parts = {}, {}
  for _, entry in ipairs(entries) do
    if entry.needed then return "* required" end
    if entry.op then seen[sign(entry)] = true end
  end
  for _, one in ipairs { "+", "*" } do
    if seen[one] then parts[#parts + 1] = legends[one] end
  end
  return parts[1] and table.concat(parts, ", ") or nil
end

local function cells(texts, columns, most)
  local width = math.min(widest(texts), columns - 1)
  local across = math.max(1, (columns + 1) // (width + 2))
  local down = (#texts + across - 1) // across
  local shown = math.min(down, most)
  local lines = {}
  for line = 1, shown do
    local parts = {}
    for column = 0, across - 1 do
      local text = texts[column * down + line]
      if text then parts[#parts + 1] = pad(clip(text, width), width) end
    end
    lines[line] = table.concat(parts, "  "):gsub("%s+$", "")
  end
  return lines, shown == down and 0 or #texts - shown * across
end

local function in_columns(entries, columns, rows)
  local texts = {}
  for i, entry in ipairs(entries) do texts[i] = (entry.label or entry.word) .. sign(entry) end
  local lines, hidden = cells(texts, columns, SCREENS * rows)
  if hidden > 0 then lines[#lines + 1] = ("and %d more: type on, then Tab"):format(hidden) end
  lines[#lines + 1] = legend(entries)
  return lines
end

-- What was asked for, in our order; readline sorts and drops what comes twice.
local function chosen(entries, words)
  local wanted, out = {}, {}
  for _, word in ipairs(words) do wanted[word] = true end
  for _, entry in ipairs(entries) do
    if wanted[entry.word] then
      out[#out + 1] = entry
      wanted[entry.word] = nil
    end
  end
  return next(wanted) == nil and out or nil
end

-- What is wanted at the cursor, said above values of any kind.
local function heading(hint, columns)
  if not hint then return nil end
  if hint.op then
    local catalogue = require("core.services").catalogue(hint.op.service)
    return clip(require("core.describe").signature(hint.op, catalogue.shapes or {}), columns - 1)
  end
  return clip(("%s: %s"):format(hint.row.as or hint.row.name, row_text(hint.row)), columns - 1)
end

--- display(entries, words, columns, rows) -> text without a line end at its
-- end, or nil if the words are not those of the entries. entries.hint: the row
-- or the operation whose value is typed.
return function(entries, words, columns, rows)
  local list = chosen(entries, words)
  if not list or #list == 0 then return nil end
  local lines = #list <= rows - MARGIN and worth_telling(list) and with_descriptions(list, columns)
  lines = lines or in_columns(list, columns, rows)
  local head = heading(entries.hint, columns)
  if head then table.insert(lines, 1, head) end
  return table.concat(lines, "\n")
end
