-- core/sandbox/router.lua - which operation a method and a path mean.
-- SPDX-License-Identifier: MIT

local M = {}
M.__index = M

--- Percent-decoded text; nil where an escape is broken.
function M.decode(text)
  if text:gsub("%%%x%x", ""):find("%", 1, true) then return nil end
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function segments(path)
  local out = {}
  for segment in path:gmatch "[^/]+" do out[#out + 1] = segment end
  return out
end

--- A router without routes.
function M.new()
  return setmetatable({ root = { literal = {}, methods = {} } }, M)
end

--- Adds a route; value is what match returns for it.
function M:add(method, template, value)
  local node = self.root
  for _, segment in ipairs(segments(template)) do
    local placeholder = segment:match "^{(.+)}$"
    local child = node.literal[segment]
    if placeholder then child = node.placeholder end
    child = child or { literal = {}, methods = {} }
    if placeholder then node.placeholder = child else node.literal[segment] = child end
    node = child
  end
  local names = {}
  for name in template:gmatch "{([^}]+)}" do names[#names + 1] = name end
  node.methods[method] = { value = value, names = names }
end

-- Depth first; a literal segment beats a placeholder, but gives way where
-- only the placeholder leads on.
local function walk(node, parts, i, values, method, seen)
  if i > #parts then
    local found = node.methods[method]
    for name in pairs(node.methods) do seen[name] = true end
    return found, values
  end
  local literal = node.literal[parts[i]]
  if literal then
    local found, got = walk(literal, parts, i + 1, values, method, seen)
    if found then return found, got end
  end
  local text = node.placeholder and M.decode(parts[i])
  if text and text ~= "" then
    local longer = table.move(values, 1, #values, 1, {})
    longer[#longer + 1] = text
    return walk(node.placeholder, parts, i + 1, longer, method, seen)
  end
end

--- The value of the route and its arguments by name; or nil and "path", or
-- nil, "method" and the sorted list of methods that would do.
function M:match(method, path)
  if path:find "//" or (#path > 1 and path:sub(-1) == "/") then return nil, "path" end
  local seen = {}
  local found, values = walk(self.root, segments(path), 1, {}, method, seen)
  if found then
    local args = {}
    for i, name in ipairs(found.names) do args[name] = values[i] end
    return found.value, args
  end
  local methods = {}
  for name in pairs(seen) do methods[#methods + 1] = name end
  if #methods == 0 then return nil, "path" end
  table.sort(methods)
  return nil, "method", methods
end

return M
