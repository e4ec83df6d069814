-- core/sandbox/request.lua - query and body of a request, read and checked.
-- SPDX-License-Identifier: MIT

local failure = require "core.sandbox.failure"
local json = require "host.json"
local router = require "core.sandbox.router"
local validate = require "core.sandbox.validate"

local M = {}

-- List of { name, value }, decoded, in order.
local function pairs_of(text)
  local out = {}
  for part in (text or ""):gmatch "[^&]+" do
    local name, value = part:match "^([^=]*)=?(.*)$"
    name, value = router.decode((name:gsub("+", " "))), router.decode((value:gsub("+", " ")))
    if not name or not value then failure.raise(400, "Malformed query") end
    out[#out + 1] = { name, value }
  end
  return out
end

local function is_json(headers)
  local kind = (headers["content-type"] or ""):lower():match "^%s*([^;%s]*)"
  return kind == "application/json" or kind:find "^application/[%w.-]+%+json$" ~= nil
end

local function read_body(service, op, request)
  local text, wanted = request.raw_body or "", op.body ~= nil
  if op.whole then return require("core.sandbox.multipart").whole(op.files[1], request.headers["content-type"], text) end
  if op.files then
    return require("core.sandbox.multipart").read(op.files, request.headers["content-type"], text)
  end
  if text == "" then
    if wanted and not op.body_optional then failure.raise(400, "Required value", { { message = "Required value" } }) end
    return nil
  end
  if not wanted then failure.raise(400, "This call takes no body") end
  if not is_json(request.headers) and not service.data.any_content_type then
    failure.raise(415, "Content-Type must be application/json")
  end
  local body, err = json.decode(text)
  if body == nil then
    local why = type(err) == "table" and err.message or "null"
    failure.raise(400, "Malformed JSON", { { message = ("Malformed JSON: %s"):format(why) } })
  end
  return body
end

-- Whether the members of fixed stand in values.
local function stands(fixed, values)
  for name, value in pairs(fixed or {}) do
    if type(value) ~= "table" and (type(values) ~= "table" or tostring(values[name]) ~= tostring(value)) then return false end
  end
  return true
end

--- The plan that a request means, of those of one method and path: the one
-- whose operation has its fixed members in query and body, else the one
-- without any, else nil.
function M.choose(plans, request)
  if #plans == 1 and not plans[1].op.fixed then return plans[1] end
  local query, plain = {}, nil
  local readable, list = pcall(pairs_of, request.raw_query)
  for _, pair in ipairs(readable and list or {}) do query[pair[1]] = pair[2] end
  local body = json.decode(request.raw_body or "")
  for _, plan in ipairs(plans) do
    local fixed = plan.op.fixed
    if not fixed then plain = plan elseif stands(fixed, body) and stands(fixed.query, query) then return plan end
  end
  return plain
end

-- Takes out what says which operation is meant.
local function without_fixed(op, list, body)
  local fixed = op.fixed or {}
  for i = #list, 1, -1 do
    if fixed.query and fixed.query[list[i][1]] ~= nil then table.remove(list, i) end
  end
  for name, value in pairs(fixed) do
    if type(value) ~= "table" and type(body) == "table" then body[name] = nil end
  end
end

--- Fills in request.query, .conditions and .body; raises a refusal with all
-- problems at once.
function M.check(service, op, request)
  local problems = {}
  local list = pairs_of(request.raw_query)
  request.body = read_body(service, op, request)
  without_fixed(op, list, request.body)
  request.query, request.conditions = validate.query(op.query or {}, list, problems)
  if request.body ~= nil and not op.files then
    for _, problem in ipairs(validate.body(service.catalogue.shapes or {}, op.body, request.body, service.data.lone)) do
      problems[#problems + 1] = problem
    end
  end
  if #problems > 0 then failure.raise(400, problems[1].message, problems) end
end

return M
