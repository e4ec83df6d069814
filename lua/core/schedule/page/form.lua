-- core/schedule/page/form.lua - addresses and forms, in and out.
-- SPDX-License-Identifier: MIT

local M = {}

--- The most bytes that a form may have, and a field of it.
M.BODY_MAX, M.FIELD_MAX = 128 * 1024, 64 * 1024

--- Text as one part of an address.
function M.encode(text)
  return (tostring(text):gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

--- An address of parts: path("slots", 7, "log") -> "/slots/7/log".
function M.path(...)
  local parts = { ... }
  for i, part in ipairs(parts) do parts[i] = M.encode(part) end
  return "/" .. table.concat(parts, "/")
end

--- The address with a query, its names sorted.
function M.query(path, fields)
  local names, out = {}, {}
  for name in pairs(fields) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do out[i] = M.encode(name) .. "=" .. M.encode(fields[name]) end
  return #out > 0 and path .. "?" .. table.concat(out, "&") or path
end

--- What %41 stands for; nil where that is no UTF-8 or holds a zero byte.
function M.decode(text)
  local out = text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  if not utf8.len(out) or out:find("\0", 1, true) then return nil end
  return out
end

--- "a=1&b=x+y" by name; the last of several counts. What is too long or no
-- text is left out.
function M.fields(text)
  local out = {}
  for pair in (text or ""):gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    name, value = M.decode((name:gsub("+", " "))), M.decode((value:gsub("+", " ")))
    if name and value and #value <= M.FIELD_MAX then out[name] = value:gsub("\r\n", "\n") end
  end
  return out
end

--- The parts of a path, decoded; nil where one is no text.
function M.parts(path)
  local out = {}
  for part in path:gmatch "[^/]+" do
    local text = M.decode(part)
    if not text then return nil end
    out[#out + 1] = text
  end
  return out
end

--- One line that somebody typed: without control characters and blanks around
-- it; nil when nothing is left.
function M.line(text)
  if not text then return nil end
  text = text:gsub("[%z\1-\31\127]+", " "):gsub("^%s+", ""):gsub("%s+$", "")
  return text ~= "" and text or nil
end

return M
