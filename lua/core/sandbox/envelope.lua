-- core/sandbox/envelope.lua - replies in the wrapping of each vendor.
-- SPDX-License-Identifier: MIT

local json = require "host.json"
local record = require "core.sandbox.record"

local M = {}

--- A template with its "{name}" texts replaced by values; "{null}" and names
-- without a value become null. "{data/key}" is a member of a value.
function M.render(template, values)
  if type(template) == "string" then
    local name = template:match "^{([%w_/]+)}$"
    if not name then return template end
    local value = record.value(values, name)
    if value == nil then return json.null end
    return value
  end
  if type(template) ~= "table" then return template end
  local out = #template > 0 and json.array {} or json.object {}
  for key, value in pairs(template) do out[key] = M.render(value, values) end
  return out
end

local function reply(status, value, headers)
  headers = headers or {}
  headers["Content-Type"] = "application/json; charset=utf-8"
  return { status = status, headers = headers, body = json.encode(value) }
end

--- The reply of success: data (nil for none), the op's type name, the next
-- page's mark, the number of all records; wrap: the operation's own template.
-- A service without wrapping answers nothing with nothing.
function M.success(service, status, data, more)
  local template = more.wrap or more.total and service.data.reply.list or service.data.reply.success
  if template == "{data}" and data == nil then
    return { status = status == 200 and 204 or status, headers = more.headers or {}, body = "" }
  end
  return reply(status, M.render(template, { data = data, type = more.type, next = more.next, total = more.total }), more.headers)
end

--- The reply to a request that was refused.
function M.failure(service, refusal)
  local form = service.data.reply
  local problems = json.array {}
  for _, problem in ipairs(refusal.problems) do
    problems[#problems + 1] = M.render(form.problem or {}, problem)
  end
  return reply(refusal.status,
    M.render(form.failure, { message = refusal.message, status = refusal.status, problems = problems }), refusal.headers)
end

return M
