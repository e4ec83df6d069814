-- core/curl.lua - a call of the history as a command for curl.
-- SPDX-License-Identifier: MIT

local catalogues = require "core.catalogue"
local json = require "host.json"

local M = {}

local SECRET = "[secret]"

--- A text as one word of a shell.
function M.quote(text)
  if text:find "^[%w_@%%+=:,./-]+$" then return text end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local quote = M.quote

-- Inside double quotes, where variables are replaced.
local function escaped(text)
  return (text:gsub('[\\"$`]', "\\%0"))
end

local function variable(service, setting)
  return ("$ERRAND_%s_%s"):format(service:upper(), setting:upper())
end

-- A template with a variable for each setting; token is the name of the one
-- that holds a bought token, nil where {token} is a setting.
local function expand(template, service, token)
  local out, at = {}, 1
  while true do
    local from, to, name = template:find("{([%l_][%w_]*)}", at)
    if not from then break end
    out[#out + 1] = escaped(template:sub(at, from - 1))
    out[#out + 1] = name == "token" and token or variable(service, name)
    at = to + 1
  end
  out[#out + 1] = escaped(template:sub(at))
  return table.concat(out)
end

-- "Basic {basic:{user}:{password}}" -> {user}:{password}, which is curl's -u
local function basic(row)
  return row[1]:lower() == "authorization" and row.value:match "^Basic {basic:(.*)}$" or nil
end

-- The option that a row of a catalogue's headers or credential is.
local function header_option(row, service, token)
  local user = basic(row)
  if user then return ('-u "%s"'):format(expand(user, service, token)) end
  return ('-H "%s: %s"'):format(row[1], expand(row.value, service, token))
end

-- The way to sign in that this machine's configuration has, else the first.
local function way_of(catalogue, op, profile)
  local name = op and type(op.auth) == "string" and op.auth or nil
  local ok, way = pcall(require("core.config").way, profile, catalogue.name, name)
  if ok and way and way.send then return way end
  for _, one in ipairs(catalogue.auth or {}) do
    if one.name == name then return one end
  end
end

-- A comment that says where a bought token comes from.
local function token_comment(way, catalogue, base)
  local login = way.login
  local method, path = login.http:match "^(%u+) (/.*)$"
  local parts = { "curl -sS -g -X " .. method }
  local without = {}
  for _, name in ipairs(login.without or {}) do without[name] = true end
  for _, list in ipairs { catalogue.headers or {}, login.headers or {} } do
    for _, row in ipairs(list) do
      if not without[row[1]] then parts[#parts + 1] = header_option(row, catalogue.name) end
    end
  end
  if login.json then
    parts[#parts + 1] = "-H 'Content-Type: application/json' --data-raw \""
      .. expand(json.encode(login.json), catalogue.name) .. '"'
  end
  parts[#parts + 1] = quote(base .. path)
  local where = login.token == "" and "the body of the reply" or "the text at " .. login.token .. " of the reply"
  return ("# TOKEN is %s to: %s"):format(where, table.concat(parts, " "))
end

local function base_of(url, op)
  local tail = op and op.template:gsub("[%-%.%+%[%]%(%)%$%^%%%?%*]", "%%%0"):gsub("{[^}]*}", "[^/?#]*")
  return tail and url:gsub("%?.*$", ""):match("^(.-)" .. tail .. "$") or url:match "^(https?://[^/]+)" or url
end

-- settings that curl has options for, of the same names nearly
local connection = { { "cacert", "--cacert" }, { "capath", "--capath" }, { "crlfile", "--crlfile" }, { "cert", "--cert" },
  { "tls_key", "--key" }, { "pinnedpubkey", "--pinnedpubkey" }, { "proxy", "--proxy" }, { "noproxy", "--noproxy" },
  { "unix_socket", "--unix-socket" }, { "interface", "--interface" }, { "resolve", "--resolve" },
  { "connect_to", "--connect-to" } }

-- Plain http to this machine goes past the proxies of the environment, as it did
-- when errand sent it.
local function stays_here(url)
  local origin = url:match "^http://[^/?#]+"
  return origin and require("host.http").base(origin, false) ~= nil
end

-- How this machine's configuration reaches the service, where it has it.
local function add_connection(options, row)
  local ok, settings = pcall(require("core.config").service, row.profile, row.service)
  settings = ok and settings or {}
  if not settings.proxy and stays_here(row.url) then settings = setmetatable({ noproxy = "*" }, { __index = settings }) end
  for _, pair in ipairs(connection) do
    local value = settings[pair[1]]
    for _, one in ipairs(type(value) == "table" and value or { value }) do
      options[#options + 1] = ("%s %s"):format(pair[2], quote(tostring(one)))
    end
  end
end

-- name=@file as curl reads it: quoted where the name holds what ends it
local function form_file(file)
  local path = file[2]
  if path:find '[;,"\\]' then path = '"' .. path:gsub('[\\"]', "\\%0") .. '"' end
  return ("-F %s"):format(quote(("%s=@%s;type=%s"):format(file[1], path, file[3])))
end

local function add_body(options, comments, row)
  local files = row.files and json.decode(row.files)
  if files then
    for _, file in ipairs(files) do
      if file[1] == "" then
        options[#options + 1] = "--data-binary " .. quote("@" .. file[2])
      else
        options[#options + 1] = form_file(file)
      end
    end
    return
  end
  if row.request_note then comments[#comments + 1] = "# The body is not known: " .. row.request_note .. "." end
  if (row.request_cut or 0) > 0 then
    comments[#comments + 1] = ("# The body was cut: it had %d bytes. This is not what was sent."):format(row.request_cut)
  end
  if row.request_body then options[#options + 1] = "--data-raw " .. quote(row.request_body) end
end

-- The lines of the request's head; credentials become variables.
local function add_headers(options, comments, row, catalogue, op)
  local way = catalogue and way_of(catalogue, op, row.profile)
  local token, rows = nil, {}
  for _, list in ipairs { catalogue and catalogue.headers or {}, way and way.send or {} } do
    for _, one in ipairs(list) do rows[one[1]:lower()] = one end
  end
  if way and way.login then token = "$TOKEN" end
  for line in (row.request_head or ""):gmatch "[^\n]+" do
    local name, value = line:match "^([^:]+): (.*)$"
    local one = name and rows[name:lower()]
    if value ~= SECRET then
      options[#options + 1] = "-H " .. quote(line)
    elseif one then
      options[#options + 1] = header_option(one, row.service, token)
      if token and one.value:find("{token}", 1, true) then
        comments[#comments + 1] = token_comment(way, catalogue, base_of(row.url, op))
      end
    else
      options[#options + 1] = ('-H "%s: $SECRET"'):format(escaped(name))
      comments[#comments + 1] = "# SECRET is the value of the header " .. name .. ", which is not kept."
    end
  end
end

local effects = { create = "creates something", send = "sends something" }

--- The command that sends the call once more, comments first.
-- @tparam table row an exchange of the store
function M.command(row)
  local ok, catalogue = pcall(catalogues.load, row.service)
  if not ok then catalogue = nil end
  local op = catalogue and catalogues.operation(catalogue, row.operation)
  local comments, options = {}, {}
  if effects[row.effect] then
    comments[1] = ("# Careful: %s.%s %s, and does so again when this is run."):format(row.service, row.operation,
      effects[row.effect])
  elseif op and op.danger then
    comments[1] = ("# Careful: %s.%s destroys something."):format(row.service, row.operation)
  end
  -- -g: brackets in a URL are brackets; what [secret] hides would be globbed
  local method = row.method == "GET" and "" or row.method == "HEAD" and " -I" or " -X " .. row.method
  options[1] = "curl -sS -g" .. method
  if row.insecure then options[1] = options[1] .. " -k" end
  add_connection(options, row)
  add_headers(options, comments, row, catalogue, op)
  add_body(options, comments, row)
  local output = (row.reply_note or ""):match "^not kept: a file of %d+ bytes, (.+)$"
  if output then options[#options + 1] = "-o " .. quote(output) end
  options[#options + 1] = quote(row.url)
  local text = table.concat(options, " \\\n  ")
  if text:find(SECRET, 1, true) then
    comments[#comments + 1] = "# [secret] stands for what errand does not keep: put it in."
  end
  comments[#comments + 1] = text
  return table.concat(comments, "\n") .. "\n"
end

return M
