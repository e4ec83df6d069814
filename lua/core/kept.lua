-- core/kept.lua - what may be kept of a call: everything but its secrets.
-- SPDX-License-Identifier: MIT

-- The history and cassettes show calls to people later. What a catalogue calls
-- secret is taken out by its place, what is known to redaction by its value.

local check = require "core.check"
local first = require("core.pointer").first
local json = require "host.json"
local redact = require("host.err").redact
local secret_types = require "core.secrets"

local M = {}

local SECRET = "[secret]"

-- headers whose values are credentials
local credential = { authorization = true, ["proxy-authorization"] = true, cookie = true, ["set-cookie"] = true,
  ["set-cookie2"] = true, ["authentication-info"] = true }

-- Names that a credential has where no catalogue says what is one: in raw calls
-- and in headers of replies.
local telling = { "passw", "secret", "token", "credential", "authorization", "cookie", "api.?key", "account.?key", "access.?key",
  "private.?key", "x.auth", "^otp$", "^pin$" }

local function judge(name)
  name = name:lower()
  if credential[name] then return true end
  for _, pattern in ipairs(telling) do
    if name:find(pattern) then return true end
  end
  return false
end

-- Replies have the same few headers each time; what else they name is made
-- room for anew.
local judged, judged_count = {}, 0

local function looks_secret(name)
  local secret = judged[name]
  if secret ~= nil then return secret end
  if judged_count == 200 then judged, judged_count = {}, 0 end
  secret = judge(name)
  judged[name], judged_count = secret, judged_count + 1
  return secret
end

M.looks_secret = looks_secret

-- ---- values ----

-- secret members of a value are not kept
local function without_secrets(catalogue, rows, value)
  if type(value) ~= "table" or json.is_null(value) or json.is_number(value) then return value end
  local out = json.is_array(value) and json.array({}) or json.object({})
  for key, member in json.pairs(value) do out[key] = member end
  for _, row in ipairs(rows or {}) do
    local member = out[row.name]
    if row.secret and member ~= nil then
      out[row.name] = SECRET
    elseif type(member) == "table" then
      out[row.name] = M.clean(catalogue, row.type, member)
    end
  end
  return out
end

--- A copy of a checked value without its secret members.
function M.clean(catalogue, type_, value)
  if type(type_) == "table" then return without_secrets(catalogue, type_, value) end
  local inner = type(type_) == "string" and type_:match "^%[(.+)%]$"
  if inner and type(value) == "table" then
    local out = json.array({})
    for i, item in ipairs(value) do out[i] = M.clean(catalogue, inner, item) end
    return out
  end
  local shape = catalogue.shapes and catalogue.shapes[type_]
  return shape and without_secrets(catalogue, shape, value) or value
end

--- As clean, but the value itself where its type holds no secret: to be read.
function M.view(catalogue, type_, value)
  return secret_types.holds(catalogue, type_) and M.clean(catalogue, type_, value) or value
end

local function is_plain(value)
  return type(value) ~= "table" or json.is_number(value)
end

-- Everything but what the rows know as no secret is blank.
local function blank(catalogue, type_, value)
  if value == json.null then return value end
  if is_plain(value) then return type(value) == "boolean" and value or SECRET end
  local inner = type(type_) == "string" and type_:match "^%[(.+)%]$" or type_
  local rows = type(inner) == "table" and inner or catalogue.shapes and catalogue.shapes[inner] or {}
  local known = {}
  for _, row in ipairs(rows) do known[row.name] = row end
  local out = json.is_array(value) and json.array({}) or json.object({})
  for key, member in json.pairs(value) do
    local row = known[key]
    if row and not row.secret and is_plain(member) then
      out[key] = member
    else
      out[key] = blank(catalogue, row and not row.secret and row.type or type(key) == "number" and inner or nil, member)
    end
  end
  return out
end

-- A copy without what redaction knows. put (nullable) gives another value for
-- one that it finds inside; by_name: members are judged by their names, too.
local function redacted(value, put, by_name)
  local kind = type(value)
  if kind == "string" then return put and put[value] or redact(value) end
  if kind == "table" then
    local other = put and put[value]
    if other ~= nil then return redacted(other, nil, by_name) end
    local out = json.is_array(value) and json.array({}) or json.object({})
    for key, member in json.pairs(value) do
      local named = type(key) == "string"
      local hidden = by_name and named and is_plain(member) and member ~= json.null and looks_secret(key)
      if named then key = redact(key) end
      out[key] = hidden and SECRET or redacted(member, put, by_name)
    end
    return out
  end
  if kind == "number" or json.is_number(value) then
    local text = check.text(value)
    return redact(text) == text and value or SECRET
  end
  return value
end

M.redacted = redacted

-- JSON text of a value as it stands, nil where redaction finds something in it
-- or an escape may hide something: then every member is to be looked at.
local function as_it_stands(text)
  return text and not text:find("\\", 1, true) and redact(text) == text and text or nil
end

local function is_text(text)
  return not text:find("\0", 1, true) and utf8.len(text) ~= nil
end

-- ---- requests ----

local function size_of(path)
  local file = io.open(path, "rb")
  local size = file and file:seek "end"
  if file then file:close() end
  return size or nil
end

--- The files of a request: list of { part ("" for a whole body), path, type,
-- bytes }, or nil.
function M.files(request)
  local parts = request.parts or request.upload and { { "", request.upload } }
  if not parts then return nil end
  local out = json.array({})
  for i, part in ipairs(parts) do
    out[i] = json.array({ redact(part[1]), redact(part[2]), part[3] or "application/octet-stream", size_of(part[2]) or 0 })
  end
  return out
end

--- The body of a request as text for people, nil if there is none, or false and
-- why it is not kept.
function M.body_text(account, op, request)
  local value = request.value
  if value == nil or M.view(account.catalogue, op.body, value) ~= value or not as_it_stands(request.body) then
    local body, why = M.body(account, op, request)
    if body == nil or body == false or type(body) == "string" and value == nil then return body, why end
    return (json.encode(body))
  end
  return request.body
end

--- The body of a request as a value without secrets, nil if there is none, or
-- false and why it is not kept.
function M.body(account, op, request)
  if request.value ~= nil then return redacted(M.view(account.catalogue, op.body, request.value)) end
  local text = request.body
  if text == nil then return nil end
  local value = json.decode(text)
  if value ~= nil then return redacted(value, nil, true) end
  if is_text(text) then return redact(text) end
  return false, ("%d bytes that are no text"):format(#text)
end

local function template_line(row, account, secrets)
  local secret, missing = row.value:find("{basic:", 1, true) ~= nil, false
  local text = row.value:gsub("{([%w_]+)}", function(name)
    local setting = secrets[name]
    if name == "token" or setting and setting.secret then secret = true end
    local value = account.settings[name]
    if value == nil then missing = true end
    return value ~= nil and check.text(value) or ""
  end)
  if secret then return row[1] .. ": " .. SECRET end
  return not missing and row[1] .. ": " .. text or nil
end

-- what the service and the credential put on, which happens in C
local function account_lines(account, op)
  local catalogue, without, lines = account.catalogue, {}, {}
  for _, name in ipairs(op.without or {}) do without[name:lower()] = true end
  for _, row in ipairs(catalogue.headers or {}) do
    if not without[row[1]:lower()] then lines[#lines + 1] = template_line(row, account, catalogue.setting) end
  end
  local name = type(op.auth) == "string" and op.auth or nil
  for _, way in ipairs(op.auth ~= false and catalogue.auth or {}) do
    for _, row in ipairs(way.name == name and way.send or {}) do lines[#lines + 1] = row[1] .. ": " .. SECRET end
  end
  return lines
end

-- What is kept of the lines `given` and `known`: list of { "Name: [secret]" } or { "Name: ", value }.
local function shown_lines(op, given, known)
  local out, seen = {}, {}
  local secret_rows, raw = {}, not op.resource
  for _, row in ipairs(op.header or {}) do secret_rows[row.name:lower()] = row.secret end
  local function add(line)
    local name, value = line:match "^([^:]+):%s*(.*)$"
    name = name or line
    local key = name:lower()
    if seen[key] then return end
    seen[key] = true
    local secret = credential[key] or secret_rows[key] or raw and looks_secret(key)
    out[#out + 1] = secret and { name .. ": " .. SECRET } or { name .. ": ", value or "" }
  end
  for _, line in ipairs(given) do add(line) end
  for _, line in ipairs(known) do add(line) end
  return out
end

-- By account, whose settings stay, and operation: its lines, and what was shown of its last call, whose own lines were `given`.
local lines_of = setmetatable({}, { __mode = "k" })

local function known_lines(account, op)
  local by_op = lines_of[account]
  if not by_op then
    by_op = setmetatable({}, { __mode = "k" })
    lines_of[account] = by_op
  end
  local lines = by_op[op]
  if not lines then
    lines = account_lines(account, op)
    by_op[op] = lines
  end
  return lines
end

local function is_same(a, b)
  if #a ~= #b then return false end
  for i = 1, #a do
    if a[i] ~= b[i] then return false end
  end
  return true
end

--- The header lines of a request; credentials as [secret].
function M.head(account, op, request)
  local known, given = known_lines(account, op), request.headers or {}
  if not known.given or not is_same(known.given, given) then
    known.given, known.shown = table.move(given, 1, #given, 1, {}), shown_lines(op, given, known)
  end
  local out = {}
  for i, line in ipairs(known.shown) do
    local value = line[2]
    out[i] = value and line[1] .. redact(value) or line[1]
  end
  return out
end

-- ---- replies ----

--- The header lines of a reply as { name, value } pairs; credentials as
-- [secret].
function M.reply_head(reply)
  local out = {}
  for name, value in (reply.head or ""):gmatch "([^:\n]+): ([^\n]*)" do
    out[#out + 1] = { name, looks_secret(name) and SECRET or redact(value) }
  end
  return out
end

-- Whether a line has a name that reply_head would take for that of a secret;
-- nearly all heads have none, and a pattern looks at each of their letters.
local function names_secret(head)
  local at = 1
  while true do
    local colon = head:find(": ", at, true)
    if not colon then return false end
    local start = at
    local line = head:find("\n", start, true)
    while line and line < colon do
      start = line + 1
      line = head:find("\n", start, true)
    end
    local name = head:sub(start, colon - 1)
    if name:find(":", 1, true) then name = name:match "[^:]*$" end
    if name ~= "" then
      if looks_secret(name) then return true end
      if not line then return false end
      at = line
    else
      at = colon + 1
    end
  end
end

--- The same as lines of text.
function M.reply_lines(reply)
  local head = reply.head or ""
  if redact(head) == head and not names_secret(head) then return head:sub(-1) == "\n" and head:sub(1, -2) or head end
  local out = {}
  for i, pair in ipairs(M.reply_head(reply)) do out[i] = pair[1] .. ": " .. pair[2] end
  return table.concat(out, "\n")
end

-- What stands at the data's place: a record or list without its secrets, or
-- blanks where the whole reply is one.
local function replacements(account, op, data, failed)
  local catalogue, put = account.catalogue, {}
  if not op.secret and not secret_types.holds(catalogue, op.returns) then return nil end
  if op.secret and type(data) == "string" then
    put[data] = SECRET
  elseif type(data) == "table" and not failed then
    local change = op.secret and blank or M.clean
    local inner = type(op.returns) == "string" and op.returns:match "^%[(.+)%]$"
    put[data] = change(catalogue, op.returns, data)
    -- a lone record that the envelope made a list of, or a page's list
    if inner and data[1] ~= nil and type(data[1]) == "table" then put[data[1]] = change(catalogue, inner, data[1]) end
    local style = op.paging and catalogue.paging and catalogue.paging[op.paging]
    local items = style and style.items and not json.is_array(data) and first(data, style.items)
    if type(items) == "table" then
      put[items] = change(catalogue, op.returns, items)
      put[data] = nil
    end
  end
  return put
end

--- The decoded body of a reply without secrets.
-- @param value the whole body; @param data what the call returned out of it,
-- nil if it failed
function M.reply_body(account, op, value, data)
  if op.secret and data == nil then return blank(account.catalogue, nil, value) end
  return redacted(value, replacements(account, op, data, data == nil), not op.resource)
end

--- The same as text, nil where reply_body is to be taken.
function M.reply_text(account, op, value, data)
  if op.secret or not op.resource or data ~= nil and secret_types.holds(account.catalogue, op.returns) then return nil end
  return as_it_stands(json.encode(value))
end

--- The message of an error, without secrets and without the start of a reply
-- that is one.
function M.message(op, err)
  local text = tostring(err.message)
  return redact(op.secret and text:gsub("it begins: .*", "it is not kept") or text)
end

--- Whether a raw call is one that buys a token.
function M.is_login(catalogue, request)
  local path = request.template:gsub("[?#].*$", "")
  for _, way in ipairs(catalogue.auth or {}) do
    local login = way.login and way.login.http:match "^%u+ ([^?]*)"
    if login == path then return true end
  end
  return false
end

M.is_text, M.secret = is_text, SECRET

return M
