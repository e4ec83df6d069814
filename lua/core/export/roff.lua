-- core/export/roff.lua - writes a manual page, macro by macro.
-- SPDX-License-Identifier: MIT
--
-- Only macros of man(7), so that man-db, mandoc and converters agree on them.

local M = {}
local Page = {}
Page.__index = Page

-- What typesetting would make other characters of: quotes, dashes, accents.
local SPECIAL <const> = { ["\\"] = "\\e", ["-"] = "\\-", ["'"] = "\\(aq", ["`"] = "\\(ga", ["^"] = "\\(ha", ["~"] = "\\(ti" }

--- Text as it is to appear, whatever is in it.
function M.escape(text)
  return (text:gsub("[\\%-'`^~]", SPECIAL))
end

--- The same in bold.
function M.bold(text)
  return "\\fB" .. M.escape(text) .. "\\fR"
end

-- A line of text must not begin like a macro.
local function line(text)
  return text:find "^[.']" and "\\&" .. text or text
end

local function quoted(text)
  return '"' .. text:gsub('"', '\\(dq') .. '"'
end

function Page:add(text)
  self.lines[#self.lines + 1] = text
end

--- A heading; of the first level in capitals, as is the custom.
function Page:section(title)
  self:add(".SH " .. quoted(M.escape(title:upper())))
end

function Page:subsection(title)
  self:add(".SS " .. quoted(M.escape(title)))
end

--- A paragraph. `text` here and below: escaped, with fonts if any.
function Page:paragraph(text)
  self:add ".PP"
  self:add(line(text))
end

--- A term and what is said of it.
function Page:item(term, text)
  self:add ".TP"
  self:add(line(term))
  self:add(text ~= "" and line(text) or "\\&")
end

--- Text in lines that stay as they are; not escaped yet.
function Page:code(text)
  self:add ".PP"
  self:add ".RS 4"
  self:add ".nf"
  for one in (text:gsub("\n$", "") .. "\n"):gmatch "(.-)\n" do self:add(line(M.escape(one))) end
  self:add ".fi"
  self:add ".RE"
end

--- The page as text.
function Page:text()
  return table.concat(self.lines, "\n") .. "\n"
end

--- A page with its head and its section NAME.
function M.page(name, section, summary)
  local page = setmetatable({ lines = {} }, Page)
  page:add '.\\" Made by errand export man from what errand says of itself.'
  -- No date: the same sources give the same bytes.
  page:add((".TH %s %s \"\" %s %s"):format(name:upper():gsub("%-", "\\-"), section,
    quoted("errand " .. require("host.sys").version), quoted("errand manual")))
  page:add ".ad l" -- words are long here, and a ragged margin is read more easily
  page:add ".nh"
  page:section "name"
  page:add(M.escape(name) .. " \\- " .. M.escape(summary))
  return page
end

return M
