-- core/envelope.lua - replies unwrapped, failures told from successes.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local get = require("core.pointer").get
local host_json = require "host.json"

local M = {}

local kinds = { [401] = "auth", [403] = "auth", [404] = "not_found", [410] = "not_found", [409] = "conflict", [429] = "rate_limited" }

-- what was sent may have had its effect, and repeating it would be another
local function once(op)
  return op.once or op.effect == "create" or op.effect == "send"
end

local function kind_of(env, status, op)
  if kinds[status] then return kinds[status] end
  for _, refused in ipairs(env.refused or {}) do
    if status == refused then return "auth" end
  end
  -- no refusal: it may have been done, and the answer be elsewhere or late
  if status >= 500 or status >= 300 and status < 400 or status == 408 then
    return once(op) and "in_doubt" or status == 408 and "timeout" or "server"
  end
  return "validation"
end

local advice = {
  auth = "check the credential and what its owner may do (errand doctor)",
  in_doubt = "it may or may not have had its effect: look before repeating it",
  rate_limited = "wait before trying again",
}

local function first_text(value, pointers)
  for _, pointer in ipairs(pointers or {}) do
    local text = get(value, pointer)
    if type(text) == "string" and text ~= "" then return text end
  end
end

local function problem(item, spec)
  if type(item) ~= "table" then return { message = tostring(item) } end
  local message = item[spec.message or "message"]
  local path = spec.path and item[spec.path]
  local index = spec.index and item[spec.index]
  if index ~= nil then path = ("[%s]%s"):format(tostring(index), path and "." .. tostring(path) or "") end
  return { path = path, message = tostring(message or "?") }
end

-- a list of objects, an object of lists by field name, or a text; of several
-- forms the first that is there
local function read_problems(value, spec)
  if spec and type(spec[1]) == "table" then
    for _, form in ipairs(spec) do
      local out = read_problems(value, form)
      if out then return out end
    end
    return nil
  end
  local found = spec and get(value, spec[1])
  if type(found) == "string" and found ~= "" then return { { message = found } } end
  if type(found) ~= "table" then return nil end
  local out = {}
  for _, item in ipairs(found) do out[#out + 1] = problem(item, spec) end
  if #out == 0 then
    local fields = {}
    for field in pairs(found) do fields[#fields + 1] = field end
    table.sort(fields, function(a, b) return tostring(a) < tostring(b) end)
    for _, field in ipairs(fields) do -- the texts of one field stay in their order
      local texts = found[field]
      for _, text in ipairs(type(texts) == "table" and texts or { texts }) do
        out[#out + 1] = { path = tostring(field), message = tostring(text) }
      end
    end
  end
  return #out > 0 and out or nil
end

local function snippet(text)
  if not text or text == "" then return nil end
  text = text:gsub("%s+", " ")
  return #text > 200 and text:sub(1, 200) .. "..." or text
end

local function fail(env, op, status, value, reply, why, kind)
  if status == 400 then require("core.tlspages").check(op, status, reply) end
  kind = kind or kind_of(env, status, op)
  if type(value) == "string" then value = host_json.decode(value) or value end -- where text was expected
  local problems = read_problems(value, env.problems)
  local message = why or first_text(value, env.message) or first_text(value, { "/message", "/error", "/detail", "/title" })
  if problems and #problems == 1 and (not message or message == problems[1].message) then
    local p = problems[1]
    message, problems = (p.path and p.path .. ": " or "") .. p.message, nil
  end
  message = message or snippet(reply.text) or "the server gave no reason"
  local text, code = ("HTTP %d: %s"):format(status, message), first_text(value, env.code)
  if code then text = ("%s (%s)"):format(text, code) end
  if advice[kind] then text = text .. "; " .. advice[kind] end
  error_.raise(kind, text, {
    status = status, service = op.service, operation = op.resource and op.resource .. "." .. op.name, problems = problems,
    body = value ~= nil and value or reply.text, attempts = reply.attempts, request_id = reply.request_id,
    retryable = (status >= 500 or status == 429 or status == 408) and not once(op),
  })
end

-- whether a call that returns this gives a list, by its text; nil is no text
local is_list = setmetatable({}, {
  __index = function(self, returns)
    local list = (returns or ""):sub(1, 1) == "["
    if returns ~= nil then self[returns] = list end
    return list
  end,
})

-- what these return may be nothing
local no_data = { none = true, text = true, file = true, any = true }

-- Nothing at all is no empty list: a read that gives data must give some.
local function check_empty(op, status, value)
  if value ~= nil or status == 204 or op.effect ~= "read" or no_data[op.returns or "none"] then return end
  error_.raise("server", ("HTTP %d: the reply is empty; check the setting 'url' of %s"):format(status, op.service), {
    status = status, service = op.service, operation = op.resource .. "." .. op.name, retryable = true })
end

-- a success by its status, but not as this service words one
local function foreign(env, op, status, value, reply, what)
  fail(env, op, status, value, reply, "the reply is not in this service's form (no " .. what .. ")", once(op) and "in_doubt" or "server")
end

-- A success in which single entries failed must not pass for one. What was
-- done stays done, so the data go along.
local function check_partial(env, op, status, value, data)
  local problems = env.partial and read_problems(value, env.partial)
  if not problems then return end
  local first = problems[1]
  local text = ("HTTP %d: %d of the entries failed (%s%s), the others are done"):format(status, #problems,
    first.path and first.path .. ": " or "", first.message)
  error_.raise("server", text, { status = status, service = op.service, operation = op.resource .. "." .. op.name,
    problems = problems, body = data, retryable = false })
end

-- A page where a file was to come is a login page or a proxy's words. (One
-- that was to go into a file was refused before.)
local function check_page(op, status, value, reply)
  local type_ = (reply.headers["content-type"] or ""):lower()
  if not (type_:find "^text/html" or type_:find "^application/xhtml") or not tostring(value):find "^%s*<" then return end
  local text = "HTTP %d: a page of HTML (a login page?) instead of the file; if it is what you want, give a file name that "
    .. "ends in .html, else check the setting 'url' of %s; it begins: %s"
  error_.raise(once(op) and "in_doubt" or "server", text:format(status, op.service, snippet(value) or ""),
    { status = status, service = op.service, operation = op.resource and op.resource .. "." .. op.name })
end

local function is_object(data)
  return type(data) == "table" and not host_json.is_array(data)
end

-- does a lone object look like one record? It has what the shape requires, or
-- at least one member that the shape knows.
local function has_shape(catalogue, name, object)
  if next(object) == nil then return false end
  if name == "any" or name == "object" then return true end
  local known, required
  for _, row in ipairs(catalogue.shapes and catalogue.shapes[name] or {}) do
    local there = object[row.name] ~= nil or host_json.is_null(object, row.name)
    if row.required and not there then return false end
    known, required = known or there, required or row.required
  end
  return known or required or false
end

-- The list of a call that returns [T], nil where the reply is none: what is no
-- list must not pass for an empty one.
local function as_list(catalogue, env, inner, data)
  if host_json.is_array(data) then return data end
  if not is_object(data) then return nil end
  if next(data) == nil and env.empty_object then return host_json.array({}) end
  if has_shape(catalogue, inner, data) then return host_json.array({ data }) end
end

local function read_list(catalogue, env, op, status, value, reply, data)
  local list = as_list(catalogue, env, op.returns:match "^%[(.+)%]$", data)
  if list == nil and op.effect == "read" then return foreign(env, op, status, value, reply, "list") end
  if list == nil then return data end
  return list
end

-- A create must say what it made, in the reply or in the header for it: who
-- sees nothing would make it again.
local function check_made(env, op, status, value, reply, data)
  if not (op.effect == "create" or op.effect == "send") or no_data[op.returns or "none"] then return end
  if op.created and reply.headers[op.created.header:lower()] then return end
  local list = is_list[op.returns]
  if type(data) == "table" and host_json.is_array(data) == list and next(data) ~= nil then return end
  fail(env, op, status, value, reply, "the server said yes but not what it made", "in_doubt")
end

--- What the call returns, out of the decoded reply; raises on failure.
-- @tparam table catalogue of the service
-- @tparam table op
-- @tparam table reply status, text, ... as the host gave it
function M.unwrap(catalogue, op, status, value, reply)
  local env = op.envelope
  if env == nil then env = catalogue.envelope end
  env = env or {}
  local effective = env.status and get(value, env.status)
  effective = math.type(effective) == "integer" and effective or status
  if status >= 300 or effective < 200 or effective >= 300 then
    return fail(env, op, status >= 300 and status or effective, value, reply)
  end
  if op.returns == "file" then
    check_page(op, status, value, reply)
    return value
  end
  check_empty(op, status, value)
  local wrapped = type(value) == "table"
  if env.ok and (value ~= nil or env.status) then
    local mark = get(value, env.ok[1])
    if mark == nil and env.optional then
      wrapped = false
    elseif mark ~= env.ok[2] then
      if mark == nil then return foreign(env, op, status, value, reply, env.ok[1]) end
      return fail(env, op, status, value, reply, first_text(value, env.message))
    end
  end
  local data = value
  if wrapped and env.data then
    data = get(value, env.data)
    if data == nil and env.optional and not (env.ok and get(value, env.ok[1]) ~= nil) and not host_json.is_null(value, env.data:sub(2)) then
      data = value
    elseif data == nil and op.effect == "read" and is_list[op.returns]
      and not host_json.is_null(value, env.data:sub(2)) then
      return foreign(env, op, status, value, reply, env.data)
    end
  end
  check_partial(env, op, status, value, data)
  local style = op.paging and catalogue.paging[op.paging]
  if style and style.items and host_json.is_array(get(data, style.items)) then return data end
  if is_list[op.returns] then data = read_list(catalogue, env, op, status, value, reply, data) end
  check_made(env, op, status, value, reply, data)
  return data
end

return M
