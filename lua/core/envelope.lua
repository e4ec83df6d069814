-- core/envelope.lua - replies unwrapped, failures told from successes.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local get = require("core.pointer").get
local host_json = require "host.json"

local M = {}

local kinds = { [401] = "auth", [403] = "auth", [404] = "not_found", [410] = "not_found", [409] = "conflict", [429] = "rate_limited",
  [408] = "timeout" }

-- what was sent may have had its effect, and repeating it would be another
local function once(op)
  return op.effect == "create" or op.effect == "send"
end

local function kind_of(status, op)
  if kinds[status] then return kinds[status] end
  if status >= 500 then return once(op) and "in_doubt" or "server" end
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

-- a list of objects, or an object of lists by field name
local function read_problems(value, spec)
  local found = spec and get(value, spec[1])
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
  kind = kind or kind_of(status, op)
  local problems = read_problems(value, env.problems)
  local message = why or first_text(value, env.message) or first_text(value, { "/message", "/error", "/detail", "/title" })
  if not message and problems and #problems == 1 then
    local p = problems[1]
    message, problems = (p.path and p.path .. ": " or "") .. p.message, nil
  end
  message = message or snippet(reply.text) or "the server gave no reason"
  local text = ("HTTP %d: %s"):format(status, message)
  if advice[kind] then text = text .. "; " .. advice[kind] end
  error_.raise(kind, text, {
    status = status, service = op.service, operation = op.resource and op.resource .. "." .. op.name, problems = problems,
    body = value ~= nil and value or reply.text, attempts = reply.attempts, request_id = reply.request_id,
    retryable = (status >= 500 or status == 429 or status == 408) and (op.effect == "read" or op.effect == "set"),
  })
end

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

-- a list that came as a lone object, or as {} from a server that has no empty lists
local function as_list(data)
  if type(data) ~= "table" or host_json.is_array(data) or #data > 0 then return data end
  return host_json.array(next(data) == nil and {} or { data })
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
  check_empty(op, status, value)
  local wrapped = type(value) == "table"
  if env.ok and value ~= nil then
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
    elseif data == nil and op.effect == "read" and (op.returns or ""):sub(1, 1) == "["
      and not host_json.is_null(value, env.data:sub(2)) then
      return foreign(env, op, status, value, reply, env.data)
    end
  end
  if not op.returns or op.returns:sub(1, 1) ~= "[" then return data end
  local style = op.paging and catalogue.paging[op.paging]
  if style and style.items and get(data, style.items) ~= nil then return data end
  return as_list(data)
end

return M
