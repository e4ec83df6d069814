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
  if op.files then
    if not (request.headers["content-type"] or ""):find "^multipart/form%-data" then
      failure.raise(415, "multipart/form-data expected")
    end
    return nil
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

--- Fills in request.query, .conditions and .body; raises a refusal with all
-- problems at once.
function M.check(service, op, request)
  local problems = {}
  request.query, request.conditions = validate.query(op.query or {}, pairs_of(request.raw_query), problems)
  request.body = read_body(service, op, request)
  if request.body ~= nil then
    for _, problem in ipairs(validate.body(service.catalogue.shapes or {}, op.body, request.body, service.data.lone)) do
      problems[#problems + 1] = problem
    end
  end
  if #problems > 0 then failure.raise(400, problems[1].message, problems) end
end

return M
