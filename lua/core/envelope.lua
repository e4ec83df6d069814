-- core/envelope.lua - replies unwrapped, failures told from successes.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local get = require("core.pointer").get
local host_json = require "host.json"

local M = {}

local kinds = { [401] = "auth", [403] = "auth", [404] = "not_found", [410] = "not_found", [409] = "conflict", [429] = "rate_limited",
  [408] = "timeout" }

local function kind_of(status, op)
  if kinds[status] then return kinds[status] end
  if status >= 500 then
    local once = op and (op.effect == "create" or op.effect == "send")
    return once and "in_doubt" or "server"
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

-- a list of objects, or an object of lists by field name
local function read_problems(value, spec)
  local found = spec and get(value, spec[1])
  if type(found) ~= "table" then return nil end
  local out = {}
  for _, item in ipairs(found) do out[#out + 1] = problem(item, spec) end
  if #out == 0 then
    for field, texts in pairs(found) do
      for _, text in ipairs(type(texts) == "table" and texts or { texts }) do
        out[#out + 1] = { path = tostring(field), message = tostring(text) }
      end
    end
    table.sort(out, function(a, b) return a.path < b.path end)
  end
  return #out > 0 and out or nil
end

local function snippet(text)
  if not text or text == "" then return nil end
  text = text:gsub("%s+", " ")
  return #text > 200 and text:sub(1, 200) .. "..." or text
end

local function fail(env, op, status, value, reply, why)
  local kind = kind_of(status, op)
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
  local wrapped = type(value) == "table"
  if env.ok and value ~= nil then
    local mark = get(value, env.ok[1])
    if mark == nil and env.optional then
      wrapped = false
    elseif mark ~= env.ok[2] then
      local why = first_text(value, env.message)
      if mark == nil then why = "the reply is not in this service's form (no " .. env.ok[1] .. ")" end
      return fail(env, op, status, value, reply, why)
    end
  end
  local data = value
  if wrapped and env.data then
    data = get(value, env.data)
    if data == nil and env.optional and not (env.ok and get(value, env.ok[1]) ~= nil) and not host_json.is_null(value, env.data:sub(2)) then
      data = value
    end
  end
  if not op.returns or op.returns:sub(1, 1) ~= "[" then return data end
  local style = op.paging and catalogue.paging[op.paging]
  if style and style.items and get(data, style.items) ~= nil then return data end
  return as_list(data)
end

return M
