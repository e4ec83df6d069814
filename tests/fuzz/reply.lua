-- reply.lua - fuzz target: {"op": ..., "args": {...}, "how": ...}, then a line for each
-- reply {"status": ..., "head": {...}, "json": ..., "text": ...}. The server gives them
-- in turn, for ever.
-- SPDX-License-Identifier: MIT

local fuzz = ...
local client = require "core.client"
local json = require "host.json"
local paging = require "core.paging"
local request_ = require "core.request"
local services = require "core.services"

local operations = {}
for _, name in ipairs(services.names()) do
  for _, resource in ipairs(services.catalogue(name).resource_list) do
    for _, op in ipairs(resource.operations) do
      if not op.files then operations[#operations + 1] = op end
    end
  end
end
for word in ([[op args how status head json text data links meta next cursor total count items value message errors isSuccess status
  error detail title code problems moreAfter content-type text/html application/json location x-request-id retry-after link true false
  hasMore page rows success publicId Location]]):gmatch "%S+" do
  table.insert(fuzz.words, word)
end
for _, op in ipairs(operations) do
  if op.paging then table.insert(fuzz.words, op.id) end
end

local function operation_of(value)
  if math.type(value) == "integer" then return operations[value % #operations + 1] end
  for _, op in ipairs(operations) do
    if op.id == value then return op end
  end
  return operations[1]
end

-- Header lines as C gives them: no control characters in them.
local function head_of(headers)
  local lines = {}
  for name, value in pairs(type(headers) == "table" and not json.is_number(headers) and headers or {}) do
    if type(name) == "string" and type(value) == "string" and name ~= "" and not (name .. value):find "[%c:]" then
      lines[#lines + 1] = name .. ": " .. value .. "\n"
    end
  end
  table.sort(lines)
  return table.concat(lines)
end

local function server(op, replies, sent)
  local function send(_, request)
    sent.n = sent.n + 1
    assert(sent.n <= 20000, "pages end")
    local one = replies[(sent.n - 1) % #replies + 1]
    local status = math.type(one.status) == "integer" and one.status or 200
    if status < 100 or status > 599 then status = 200 end
    local reply = { head = head_of(one.head), url = "https://api.example.com/", attempts = 1, seconds = 0 }
    local text = type(one.text) == "string" and one.text or nil
    if request.decode == "text" and status < 300 then return status, text or "", reply end
    local value = one.json
    if value == nil and json.is_null(one, "json") then value = json.null end
    if value == nil then reply.text = text end
    return status, value, reply
  end
  local catalogue = services.catalogue(op.service)
  return { service = op.service, profile = "test", catalogue = catalogue, base = "https://api.example.com", settings = {},
    protected = false, identity = "test", replay = true, connection = { send = send, paused = function() return 0 end } }
end

local function call_of(op, given)
  local list = {}
  for i, row in ipairs(op.path or {}) do list[i] = row.type == "integer" and 1 or "x" end
  local arguments = type(given.args) == "table" and not json.is_number(given.args) and given.args or nil
  list[#list + 1] = arguments or {}
  list[#list + 1] = op.paging and given.how ~= "each" and { cap = 50 } or nil
  return request_.parse(op, table.unpack(list))
end

local ways = {}

function ways.list(account, op, call)
  local list, reply = paging.list(account, op, call)
  assert(json.is_array(list) and #list <= 50, "a list of as many as were asked for")
  assert(reply.pages >= 1 and not reply.more)
end

function ways.each(account, op, call)
  local n = 0
  for record in paging.each(account, op, call) do
    n = n + (record == nil and 0 or 1)
    if n > 100 then break end
  end
end

function ways.page(account, op, call)
  local records, reply = paging.page(account, op, call)
  assert(json.is_array(records) and reply.more == (reply.next ~= nil))
end

function ways.call(account, op, call)
  local data, reply = client.send(account, op, request_.build(account.catalogue, op, {}, call))
  assert(math.type(reply.status or 200) == "integer")
  local list = type(op.returns) == "string" and op.returns:sub(1, 1) == "["
  if list and op.effect == "read" and not op.paging then assert(json.is_array(data), "a list is a list") end
end

return function(input)
  local lines = fuzz.lines(input)
  local given = fuzz.object(lines[1])
  local op = operation_of(given.op)
  local replies = {}
  for i = 2, math.min(#lines, 9) do replies[i - 1] = fuzz.object(lines[i]) end
  if #replies == 0 then return end
  local sent = { n = 0 }
  local how = op.paging and (ways[given.how] or ways.list) or ways.call
  local ok, err = fuzz.try(input, function()
    return how(server(op, replies, sent), op, call_of(op, given))
  end)
  if not ok then assert(sent.n == 0 or err.service == op.service, "it says whose reply it was") end
end
