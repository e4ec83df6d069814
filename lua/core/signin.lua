-- core/signin.lua - which way to sign in an account has, and its secrets.
-- SPDX-License-Identifier: MIT
--
-- `self` is a configuration as core.config makes it.

local error_ = require "core.error"

local M = {}

--- Whether a setting is there and can be used.
function M.is_set(handle, profile, service, name)
  return handle:get(profile, service, name) ~= nil and not handle:lacks(profile, service, name)
end

local function complete(handle, profile, service, way)
  for _, name in ipairs(way.needs or {}) do
    if not M.is_set(handle, profile, service, name) then return false end
  end
  return true
end

--- The first thing in these ways that is there but cannot be sent, as a
-- sentence; nil if there is none.
function M.blank(self, profile, service, ways)
  for _, way in ipairs(ways) do
    for _, name in ipairs(way.needs or {}) do
      local fault = self:open():lacks(profile, service, name)
      if fault then
        return ("%s has no credential, for the setting '%s' %s: %s"):format(service, name, fault,
          self:next_step(profile, service, name))
      end
    end
  end
end

-- "token, or email and password"
local function ways_text(ways)
  local parts = {}
  for i, way in ipairs(ways) do parts[i] = table.concat(way.needs or {}, " and ") end
  return table.concat(parts, ", or ")
end

--- The first way to sign in that has all it needs; nil and what to say if there
-- are ways, but none has. Ways with a name are only for who asks for that name.
function M.choose(self, profile, service, catalogue, name)
  local ways = {}
  for _, way in ipairs(catalogue.auth or {}) do
    if way.name == name then ways[#ways + 1] = way end
  end
  for _, way in ipairs(ways) do
    if complete(self:open(), profile, service, way) then return way end
  end
  if #ways == 0 then return {} end
  return nil, M.blank(self, profile, service, ways) or ("%s has no credential (%s): %s"):format(service, ways_text(ways),
    self:next_step(profile, service, (ways[1].needs or {})[1]))
end

-- Adds the {names} in all texts of value.
local function mentioned(value, names)
  if type(value) == "string" then
    for name in value:gmatch "{([%w_]+)}" do names[name] = true end
  elseif type(value) == "table" then
    for _, member in pairs(value) do mentioned(member, names) end
  end
  return names
end

--- Fetches the secrets among the rows that names holds; raises kind "auth".
function M.fetch(handle, profile, service, rows, names)
  for _, row in ipairs(rows) do
    local name = row[1]
    local ok, err = true, nil
    if names[name] then ok, err = handle:resolve(profile, service, name) end
    if ok == nil then
      err.message = ("setting '%s' of %s: %s"):format(name, service, err.message)
      if err.kind ~= "cancelled" then err.kind = "auth" end
      error_.rethrow(err, { service = service })
    end
  end
end

--- Names of the settings that a call signed in this way may send.
-- @tparam boolean signed_in there is a token: what only a login wants is left
function M.names(catalogue, way, signed_in)
  local names = mentioned({ catalogue.headers or {}, signed_in and way.send or way }, { tls_key_password = true, proxy_password = true })
  for _, name in ipairs(not signed_in and way.needs or {}) do names[name] = true end
  return names
end

return M
