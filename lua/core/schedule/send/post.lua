-- core/schedule/send/post.lua - notices and pings over HTTP.
-- SPDX-License-Identifier: MIT
--
-- URL and token may be references. Then their values stay in C: what is built
-- here are settings of a configuration of its own, of which host.http makes
-- address and header.

local host_config = require "host.config"
local json = require "host.json"
local target = require "core.schedule.target"

local M = {}

local SECONDS, CONNECT = 30, 10
local REPLY_MAX = 65536

-- The next answer would be the same.
local FINAL = { [400] = true, [405] = true, [406] = true, [410] = true, [411] = true, [413] = true, [414] = true, [415] = true,
  [422] = true, [431] = true, [501] = true }

local function put(handle, kind, name, value)
  local ok, err
  local source, what = target.reference(value)
  if source then
    ok, err = handle:secret("default", kind, name, source, what)
  else
    ok, err = handle:set("default", kind, name, value)
  end
  if not ok then error(err, 0) end
end

--- What sends to a target (core.schedule.target); takes variables that it
-- names out of the environment. Raises where that fails.
function M.new(to)
  local handle = host_config.new()
  assert(handle:set_profile "default")
  put(handle, to.kind, "url", to.url)
  if to.token then put(handle, to.kind, "token", to.token) end
  return setmetatable({ to = to, handle = handle }, { __index = M })
end

--- Whether it holds what cannot be looked up again: a variable.
function M:lasting()
  return target.reference(self.to.url) == "env" or target.reference(self.to.token) == "env"
end

local function connect(self)
  if self.account then return self.account end
  local to = self.to
  local headers = to.token and { { "Authorization", "Bearer {token}", true } } or {}
  local options = { service = to.kind, profile = "default", address = "url", config = self.handle,
    -- who asked for a pause gets it by the row's next time; nobody is to wait here
    auth = { headers = headers, methods = {} }, retry = 0, rate_block = 0.001, timeout = SECONDS, connect_timeout = CONNECT,
      max_body = REPLY_MAX }
  for name in pairs(target.transport) do
    if to[name] ~= nil then options[name] = to[name] end
  end
  local account, err = require("host.http").connect(options)
  if not account then
    err.message = target.without_way_out(err.message)
    return nil, err
  end
  self.account = account
  return account
end

--- Looks whether it could send, as far as that shows without asking anybody:
-- references that have values, files of TLS. true, or nil and what is wrong.
function M:resolve()
  for _, name in ipairs { "url", "token" } do
    local ok, err = self.handle:resolve("default", self.to.kind, name)
    if ok == nil then return nil, ("%s of the %s: %s"):format(name, self.to.kind, err.message) end
  end
  local account, err = connect(self)
  if not account then return nil, ("the %s: %s"):format(self.to.kind, err.message) end
  return true
end

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12 }

-- Seconds that the reply asks for; nil where it does not.
local function retry_after(head, now)
  local value = head and ("\n" .. head):match "\n[Rr][Ee][Tt][Rr][Yy]%-[Aa][Ff][Tt][Ee][Rr]: *([^\r\n]*)"
  if not value then return nil end
  if value:find "^%d+$" then return tonumber(value) end
  local d, month, y, h, m, s = value:match "^%a+, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$"
  if not MONTHS[month] then return nil end
  local zone = require("host.cron").zone "UTC"
  local at = zone:instants(("%s-%02d-%s %s:%s:%s"):format(y, MONTHS[month], d, h, m, s))[1]
  return at and math.max(0, at - now)
end

local function refusal(kind, status, reply)
  local ok, err = pcall(require("core.tlspages").check, { service = "the " .. kind }, status, reply or {})
  if not ok and type(err) == "table" then return err.message end
  if status >= 300 and status < 400 then
    return ("the %s answered HTTP %d, and redirects are not followed: give it the address where it is now"):format(kind, status)
  end
  local text = require("host.err").redact(reply and reply.text or ""):gsub("%s+", " "):gsub("^ ", "")
  return ("the %s answered HTTP %d%s"):format(kind, status, text ~= "" and ": " .. require("host.err").safe(text:sub(1, 200))
    or "")
end

-- true; or nil, what is wrong, whether that is final, seconds to wait at least
local function send(self, call, now)
  local account, err = connect(self)
  if not account then return nil, err.message end
  call.address, call.decode, call.repeatable, call.operation, call.keep = "url", "text", false, self.to.kind, true
  local status, failure, reply = account:send(call)
  if not status and (failure.status or 0) >= 300 and failure.status < 400 then status = failure.status end
  if not status then return nil, failure.message, false, failure.retry_after end
  if status >= 200 and status < 300 then return true end
  return nil, refusal(self.to.kind, status, reply), FINAL[status] or status >= 300 and status < 400,
    retry_after(reply and reply.head, now)
end

--- Posts a notice as JSON, its id also as the header Idempotency-Key.
-- @treturn true; or nil, what went wrong, whether trying again is of no use, seconds to wait
function M:webhook(message, now)
  local data = message.data
  data.id, data.text = message.id, message.text
  return send(self, { method = "POST", body = assert(json.encode(data)),
    headers = { "Content-Type: application/json", "Idempotency-Key: " .. message.id } }, now)
end

local SUFFIX = { start = "/start", success = "", fail = "/fail" }

--- Tells a dead-man's switch: URL/start, URL or URL/fail, with ?rid=ID.
function M:ping(message, now)
  return send(self, { method = "GET", suffix = SUFFIX[message.ping], raw_query = "rid=" .. message.id, headers = {} }, now)
end

--- Ends the connections; the references' values stay known to this process.
function M:close()
  if self.account then self.account:close() end
  self.account = nil
end

return M
