-- core/sandbox/auth.lua - headers and credentials, as the catalogue has them.
-- SPDX-License-Identifier: MIT

local failure = require "core.sandbox.failure"

local M = {}

local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- base64 of a text, or base64url without padding.
function M.base64(text, url)
  local out = {}
  for i = 1, #text, 3 do
    local a, b, c = text:byte(i, i + 2)
    local n = a << 16 | (b or 0) << 8 | (c or 0)
    for shift = 18, b and (c and 0 or 6) or 12, -6 do
      local at = (n >> shift & 63) + 1
      out[#out + 1] = letters:sub(at, at)
    end
  end
  local result = table.concat(out)
  if url then return (result:gsub("+", "-"):gsub("/", "_")) end
  return result .. ("="):rep(-#result % 4)
end

--- A template of the catalogue with the account's settings put in; what is
-- not set is empty.
function M.expand(template, settings)
  local text = template:gsub("{basic:(.*)}", function(inner)
    return M.base64(M.expand(inner, settings))
  end)
  return (text:gsub("{([%w_]+)}", function(name) return tostring(settings[name] or "") end))
end

local function without(op, name)
  for _, other in ipairs(op.without or {}) do
    if other:lower() == name:lower() then return true end
  end
  return false
end

-- The headers every call carries, and those of this operation.
local function headers(service, op, given, problems)
  local function check(row, expected)
    local got = given[row[1]:lower()]
    if got == nil then
      if row.required or not row.value or not row.value:find "{" then
        problems[#problems + 1] = { message = "Required header", path = row[1] }
      end
    elseif expected and got ~= expected then
      problems[#problems + 1] = { message = "Invalid value", path = row[1] }
    end
  end
  for _, row in ipairs(service.catalogue.headers or {}) do
    if not without(op, row[1]) then check(row, M.expand(row.value, service.settings)) end
  end
  for _, row in ipairs(op.header or {}) do
    if row.required then check(row) end
  end
end

--- The live token record with this secret, or nil.
function M.token(service, secret)
  local tokens = service.data.tokens
  if not tokens then return nil end
  local item = service.world:find(service:store_path(tokens.store), tokens.secret, secret)
  if not item or item.v.expires_at and item.v.expires_at <= service.world:now() then return nil end
  return item
end

-- true (and the token's item) if the header is what this row of a method sends.
local function carries(service, row, given, bare)
  local got = given[row[1]:lower()]
  if not got then return false end
  local before, after = row.value:match "^(.-){token}(.*)$"
  if not before then return got == M.expand(row.value, service.settings) end
  if bare and M.token(service, got) then return true, M.token(service, got) end
  if got:sub(1, #before) ~= before or got:sub(#got - #after + 1) ~= after then return false end
  local item = M.token(service, got:sub(#before + 1, #got - #after))
  return item ~= nil, item
end

local function signed_in(service, op, given)
  local bare = false
  for _, id in ipairs(service.data.bare_token or {}) do
    bare = bare or id == op.resource .. "." .. op.name
  end
  for _, method in ipairs(service.catalogue.auth or {}) do
    if method.name == (op.auth or nil) then
      local ok, token = true, nil
      for _, row in ipairs(method.send or {}) do
        local this, item = carries(service, row, given, bare)
        ok, token = ok and this, token or item
      end
      if ok then return true, token end
    end
  end
  return false
end

--- Raises a refusal unless headers and credential are right; returns the
-- item of the token used, if any. refused: status of a refusal, if not 401.
function M.check(service, op, given, refused)
  local problems = {}
  headers(service, op, given, problems)
  if #problems > 0 then failure.raise(400, problems[1].message, problems) end
  if op.auth == false or #(service.catalogue.auth or {}) == 0 then return nil end -- nothing says how
  local ok, token = signed_in(service, op, given)
  if ok then return token end
  failure.raise(refused or 401, service.data.unauthorized or "Unauthorized",
    { { message = service.data.unauthorized or "Unauthorized", path = "Authorization" } })
end

--- Takes the token that the call carries out of the world.
function M.expire(service, op, given)
  local ok, token = signed_in(service, op, given)
  if ok and token then service.world:remove(service:store_path(service.data.tokens.store), token) end
end

local function credentials_ok(service, op, body)
  for _, method in ipairs(service.catalogue.auth or {}) do
    local login = method.login
    if login and login.http == op.http then
      for name, template in pairs(login.json or {}) do
        local wanted = type(template) == "string" and template:find "{" and M.expand(template, service.settings)
        if wanted and (type(body) ~= "table" or body[name] ~= wanted) then return false end
      end
      return true
    end
  end
  return true
end

-- Three parts like a real one; the signature is just letters.
local function jwt(service, now, lifetime, signature)
  local function part(text) return M.base64(text, true) end
  return ("%s.%s.%s"):format(part '{"alg":"HS256","typ":"JWT"}',
    part(('{"sub":"%s","iat":%d,"exp":%d}'):format(service.settings.user or "sandbox", now // 1, (now + lifetime) // 1)), signature)
end

--- Sells a token: its record, which is in the world's store from now on.
function M.login(service, op, entry, body)
  if not credentials_ok(service, op, body) then
    failure.raise(entry.refused or 401, "Wrong credentials", { { message = "Invalid value", path = "Authorization" } })
  end
  local tokens, world = service.data.tokens, service.world
  local path, now = service:store_path(tokens.store), world:now()
  local lifetime = type(entry.lifetime) == "string" and body[entry.lifetime] or entry.lifetime
  local record = { expires_at = now + lifetime }
  record[tokens.secret] = tokens.form == "jwt" and jwt(service, now, lifetime, world:new_id("alnum43", path))
    or world:new_id("alnum32", path)
  return world:add(path, record), now, lifetime
end

return M
