-- core/schedule/target.lua - where notices and pings go: what a schedule file may say, and what it means.
-- SPDX-License-Identifier: MIT
--
-- A webhook's token, and any URL that is a secret itself, stands in the file as
-- a reference: { env = }, { credential = }, { file = } or { command = }. Only
-- references are passed about in Lua and kept in the store.

local M = {}

local SOURCES = { "env", "credential", "file", "command" }
local TRANSPORT = { cacert = "string", capath = "string", crlfile = "string", cert = "string", tls_key = "string",
  pinnedpubkey = "string", tls_min = "string", proxy = "string", proxy_cacert = "string", noproxy = "string",
  connect_timeout = "number", timeout = "number" }
local LONGEST = 4096 -- bytes of a text; beyond that it is a mistake

--- Options of a webhook or ping that say how it is sent, by name: type.
M.transport = TRANSPORT

--- The one source that a reference names, and what; nil if it is none.
function M.reference(value)
  if type(value) ~= "table" then return nil end
  local name = next(value)
  if name == nil or next(value, name) ~= nil or type(value[name]) ~= "string" then return nil end
  for _, source in ipairs(SOURCES) do
    if name == source then return source, value[name] end
  end
end

--- An error about a URL without the advice that only a service's account can take.
function M.without_way_out(message)
  return (message:gsub(", or set insecure_http = true", ""))
end

local function text_problem(value)
  if type(value) ~= "string" then return ("a text expected, got %s"):format(type(value)) end
  if not value:find "%S" then return "a text expected, got an empty one" end
  if #value > LONGEST then return ("at most %d bytes expected, got %d"):format(LONGEST, #value) end
  if value:find "\0" then return "a zero byte inside; expected a text" end
end

local function reference_problem(value)
  local source, what = M.reference(value)
  if not source then
    return 'a reference expected, such as secret.env "HOOK_URL" or secret.credential "hook"'
  end
  local problem = text_problem(what)
  if problem then return problem end
  if source == "env" then
    if not what:find "^[%a_][%w_]*$" then return ("'%s' is no name of an environment variable"):format(what) end
    if what:find "^ERRAND_" then
      return ("'%s' begins with ERRAND_, which is kept for errand's own variables; choose another name"):format(what)
    end
  elseif source == "credential" and (what:find "/" or what:find "^%.") then
    return ("'%s' is no name of a credential; expected one as in LoadCredential=NAME:PATH"):format(what)
  elseif source == "file" and not what:find "^~?/" then
    return ("'%s' is relative; expected a path that begins with / or ~/"):format(what)
  end
end

local function url_problem(value)
  local problem = text_problem(value)
  if problem then return problem end
  if value:find "[%s%c\127-\255\"<>\\^`{|}]" then return "no blanks, quotes and such in a URL; write them as %20 and so on" end
  local origin = value:match "^%a+://[^/?#]+"
  if not origin or value:find "#" then return ("'%s' is no URL; expected https://HOST/PATH"):format(value) end
  if origin:find "@" then return 'no user in a URL; use token = secret.env "NAME"' end
  local base, err = require("host.http").base(origin, false)
  if not base then return M.without_way_out(err.message) end
end

local function address_problem(value)
  local problem = text_problem(value)
  if problem then return problem end
  if value:find "^[%w_][%w._+-]*$" then return nil end -- a local user
  if value:find "^[%w_][%w!#$&'*+/=?^_`{|}~.%-]*@[%w][%w.%-]*$" then return nil end
  return ("'%s' is no mail address; expected one such as ops@example.com"):format(value)
end

local function check_url(value, add, path)
  local problem
  if type(value) == "table" then problem = reference_problem(value) else problem = url_problem(value) end
  if problem then add(path, problem) end
end

local function check_table(kind, value, add)
  if value.url == nil then add("url", "is missing; expected a URL or a reference") else check_url(value.url, add, "url") end
  for name, given in pairs(value) do
    if name == "token" and kind == "webhook" then
      local problem = reference_problem(given)
      if problem then add("token", problem) end
    elseif name ~= "url" then
      local wanted = TRANSPORT[name]
      if not wanted then
        add(tostring(name), "is no option of a " .. kind .. require("core.suggest").did_you_mean(tostring(name),
          { "url", "token", table.unpack(M.transport_names) }))
      elseif type(given) ~= wanted then
        add(name, ("a %s expected, got %s"):format(wanted, type(given)))
      elseif wanted == "number" and not (given > 0 and given <= 300) then
        add(name, "seconds above 0, at most 300 expected")
      end
    end
  end
end

M.transport_names = {}
for name in pairs(TRANSPORT) do M.transport_names[#M.transport_names + 1] = name end
table.sort(M.transport_names)

local checks = {
  command = function(value, add)
    local problem = text_problem(value)
    if problem then add("", problem) end
  end,
  mail = function(value, add)
    if type(value) ~= "table" then value = { value } end
    if #value == 0 then add("", "an address or a list of addresses expected") end
    for i, address in ipairs(value) do
      local problem = address_problem(address)
      if problem then add(#value > 1 and tostring(i) or "", problem) end
    end
    for name in pairs(value) do
      if math.type(name) ~= "integer" then add(tostring(name), "is no option; expected a list of addresses") end
    end
  end,
}

local function check_http(kind)
  return function(value, add)
    if type(value) == "table" and not M.reference(value) and (value.url ~= nil or next(value) == nil) then
      return check_table(kind, value, add)
    end
    check_url(value, add, "")
  end
end

checks.webhook = check_http "webhook"
checks.ping = check_http "ping"

--- What is wrong with a channel as the schedule file names it: nil, or a list
-- of { path =, message = } where path is "" for the whole value.
-- @tparam string kind "command", "mail", "webhook" or "ping"
function M.check(kind, value)
  local problems = {}
  checks[kind](value, function(path, message) problems[#problems + 1] = { path = path, message = message } end)
  table.sort(problems, function(a, b) return a.path < b.path end)
  if #problems > 0 then return problems end
end

-- The host, or the reference, by which people know it.
local function place(url)
  local source, what = M.reference(url)
  if source == "command" then return "of a command" end
  return source and source .. " " .. what or url:match "^%a+://([^/?#]+)"
end

--- A channel that was checked, in one form: { kind =, command = | mail = list |
-- url = text or reference, token =, transport... }, and its name, by which the
-- order of messages is kept.
function M.of(kind, value)
  if kind == "command" then
    return { kind = kind, command = value }, "command " .. require("host.sys").sha256(value):sub(1, 12)
  elseif kind == "mail" then
    local list = type(value) == "table" and value or { value }
    return { kind = kind, mail = list }, "mail " .. table.concat(list, ", ")
  end
  local to = { kind = kind, url = value }
  if type(value) == "table" and not M.reference(value) then
    for name, given in pairs(value) do to[name] = given end
  end
  local shown = type(to.url) == "string" and " " .. require("host.sys").sha256(to.url):sub(1, 12) or ""
  return to, kind .. " " .. place(to.url) .. shown
end

return M
