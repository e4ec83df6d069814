-- core/export/markdown.lua - the pages of docs/ as manual pages.
-- SPDX-License-Identifier: MIT
--
-- Reads the Markdown that docs/ is written in: headings, paragraphs, lists,
-- tables, fenced code. Anything else comes out as plain text.

local roff = require "core.export.roff"

local M = {}

-- Code, emphasis and links; the rest is escaped.
local function inline(text)
  local out, at = {}, 1
  local function plain(part)
    part = part:gsub("!?%[([^%]]*)%]%(([^)]*)%)", function(label, target)
      return target:find "^https?:" and ("%s (%s)"):format(label, target) or label
    end)
    part = part:gsub("%*%*(.-)%*%*", "%1"):gsub("%*(%S[^*]*%S)%*", "%1")
    out[#out + 1] = roff.escape(part)
  end
  while true do
    local first, last, ticks = text:find("(`+)", at)
    local close, till = nil, nil
    if first then close, till = text:find(ticks, last + 1, true) end
    if not close then break end
    plain(text:sub(at, first - 1))
    out[#out + 1] = roff.bold((text:sub(last + 1, close - 1):gsub("^ (.-) $", "%1")))
    at = till + 1
  end
  plain(text:sub(at))
  return table.concat(out)
end

M.inline = inline

-- ---- blocks: each takes the lines from `at` on and gives the first behind it ----

local function cells(text)
  local out = {}
  text = text:gsub("\\|", "\0"):gsub("^%s*|", ""):gsub("|%s*$", "")
  for cell in (text .. "|"):gmatch "(.-)|" do out[#out + 1] = (cell:match "^%s*(.-)%s*$":gsub("%z", "|")) end
  return out
end

-- Rows as terms with their texts: tables of two and more columns have no room
-- on a narrow terminal.
local function table_block(page, lines, at)
  local heads = cells(lines[at])
  at = at + 2
  while lines[at] and lines[at]:find "^%s*|" do
    local row, texts = cells(lines[at]), {}
    for i = 2, #heads do
      local text = inline(row[i] or "")
      local label = #heads > 2 and heads[i] ~= "" and inline(heads[i]) .. ": " or ""
      if text ~= "" then texts[#texts + 1] = label .. text end
    end
    page:item(inline(row[1]), table.concat(texts, "; "))
    at = at + 1
  end
  return at
end

local function code_block(page, lines, at)
  local body, fence = {}, lines[at]:match "^%s*(```+)"
  at = at + 1
  while lines[at] and not lines[at]:find("^%s*" .. fence) do
    body[#body + 1] = lines[at]
    at = at + 1
  end
  page:code(table.concat(body, "\n"))
  return at + 1
end

local function starts_block(text)
  return text:find "^%s*$" or text:find "^#" or text:find "^%s*```" or text:find "^%s*|" or text:find "^%s*[-*] "
    or text:find "^%s*%d+%. "
end

local function gather(lines, at, first)
  local parts = { first }
  while lines[at] and not starts_block(lines[at]) do
    parts[#parts + 1] = lines[at]:match "^%s*(.-)%s*$"
    at = at + 1
  end
  return table.concat(parts, " "), at
end

local function list_block(page, lines, at)
  local mark, rest = lines[at]:match "^%s*([-*]) +(.*)$"
  if not mark then mark, rest = lines[at]:match "^%s*(%d+%.) +(.*)$" end
  local text
  text, at = gather(lines, at + 1, rest)
  page:add((".IP %s 4"):format(#mark > 1 and mark or "\\(bu"))
  page:add((inline(text):gsub("^[.']", "\\&%0")))
  return at
end

local function block(page, lines, at)
  local text = lines[at]
  local level, title = text:match "^(#+) +(.*)$"
  if level then
    if #level == 2 then page:section((title:gsub("`", ""))) elseif #level > 2 then page:subsection((title:gsub("`", ""))) end
    return at + 1
  elseif text:find "^%s*```" then
    return code_block(page, lines, at)
  elseif text:find "^%s*|" and (lines[at + 1] or ""):find "^%s*|[%s:|-]+$" then
    return table_block(page, lines, at)
  elseif text:find "^%s*[-*] " or text:find "^%s*%d+%. " then
    return list_block(page, lines, at)
  elseif text:find "^%s*$" then
    return at + 1
  end
  text, at = gather(lines, at + 1, text:match "^%s*(.-)%s*$")
  page:paragraph(inline(text))
  return at
end

--- Adds the text of a Markdown page to a manual page; what stands before its
-- first heading of the second level is the section DESCRIPTION.
function M.add(page, text)
  local lines = {}
  for one in (text:gsub("\r", "") .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = one end
  page:section "description"
  local at = 1
  while lines[at] do at = block(page, lines, at) end
end

return M
