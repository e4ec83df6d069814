-- core/replay.lua - recorded calls given back, without network.
-- SPDX-License-Identifier: MIT

-- What answers here stands where a connection does, so that a reply goes
-- through the same envelope, paging and errors as one of a server.

local cassette = require "core.cassette"
local error_ = require "core.error"
local json = require "host.json"
local kept = require "core.kept"
local sys = require "host.sys"

local M = {}

local Play = {}
Play.__index = Play

local function bad(path, number, what)
  error_.raise("validation", ("the cassette %s is damaged: line %d %s; record it anew"):format(path, number, what))
end

local function is_object(value)
  return type(value) == "table" and not json.is_array(value)
end

local function optional(value, kind)
  return value == nil or type(value) == kind
end

-- What is wrong with a line, or nil.
local function fault(call)
  if not is_object(call) then return "is no object" end
  if type(call.service) ~= "string" then return "names no service" end
  if not optional(call.profile, "string") then return "has a profile that is no text" end
  if call.find ~= nil then
    for _, name in ipairs { "find", "scope", "key" } do
      if type(call[name]) ~= "string" then return "is no look-up" end
    end
    return not optional(call.id, "string") and "is no look-up" or nil
  end
  if type(call.operation) ~= "string" then return "names no operation" end
  for _, name in ipairs { "path", "query", "headers", "files", "times" } do
    if not optional(call[name], "table") then return ("has a %s that is none"):format(name) end
  end
  if is_object(call.reply) then
    local whole = math.type(call.reply.status) == "integer" and is_object(call.reply.headers)
    return not whole and "has a reply without status or headers" or nil
  end
  if not is_object(call.error) or type(call.error.kind) ~= "string" or type(call.error.message) ~= "string" then
    return "has neither a reply nor an error"
  end
end

local function add(play, call, number)
  call.line = number
  play.calls[#play.calls + 1] = call
  local key = call.find and play.find_key(call) or cassette.key(call)
  local queue = play.queues[key]
  if not queue then
    queue = { at = 1 }
    play.queues[key] = queue
  end
  queue[#queue + 1] = call
end

function Play.find_key(call)
  return table.concat({ "find", call.service, call.find, call.profile or "", call.scope, call.key }, "\0")
end

--- Reads a cassette; nothing else is touched from then on.
function M.open(path)
  local text, err = sys.read_file(path)
  if not text then error_.raise("file", "--replay: " .. err.message) end
  if not cassette.head(text) then
    error_.raise("validation", ("--replay: %s is no cassette; errand makes one with --record FILE"):format(path))
  end
  local play = setmetatable({ path = path, calls = {}, queues = {} }, Play)
  local number = 0
  for line, ended in text:gmatch "([^\n]+)(\n?)" do
    number = number + 1
    local call, why = json.decode(line)
    if number == 1 then
      if call.errand_cassette ~= cassette.FORMAT then
        error_.raise("validation", ("the cassette %s has format %s and this errand reads %d; record it anew"):format(path,
          call.errand_cassette, cassette.FORMAT))
      end
    elseif call == nil and ended == "" then
      require("std.log").warn(("the last line of the cassette %s was cut off and is left out"):format(path))
    else
      local what = call == nil and "is no JSON: " .. tostring(why.message) or fault(call)
      if what then bad(path, number, what) end
      add(play, call, number)
    end
  end
  return play
end

-- Settings that make headers are not there; a header made of one matches any.
local HOLE = "\1"

local function settings_of(catalogue)
  return setmetatable({}, { __index = function(_, name)
    return type(name) == "string" and catalogue.setting[name] and HOLE or nil
  end })
end

--- What stands for an account while the cassette plays.
function Play:account(bound)
  local account = { service = bound.service, profile = bound.profile, catalogue = bound.catalogue,
    base = "https://replay.invalid", identity = "replay", settings = settings_of(bound.catalogue),
    protected = false, replay = self }
  account.connection = {
    send = function(_, request, op) return self:answer(account, op, request) end,
    paused = function() return 0 end,
  }
  return account
end

-- ---- what differs ----

-- value -> { ["body.name"] = "\"text\"" }
local function flatten(value, at, out)
  if type(value) == "table" and not json.is_number(value) and next(value) ~= nil then
    for name, member in json.pairs(value) do
      local key = type(name) == "number" and ("[%d]"):format(name) or tostring(name)
      flatten(member, at == "" and key or at .. (type(name) == "number" and "" or ".") .. key, out)
    end
  else
    out[at] = json.encode(value)
  end
  return out
end

local function arguments(call)
  local out = {}
  for _, name in ipairs { "profile", "path", "body", "files" } do
    if call[name] ~= nil then flatten(call[name], name, out) end
  end
  for _, pair in ipairs(call.query or {}) do
    local name, n = "query." .. pair[1], 1
    while out[name] do
      n = n + 1
      name = ("query.%s[%d]"):format(pair[1], n)
    end
    out[name] = json.encode(pair[2])
  end
  for name, value in pairs(call.headers or {}) do
    if value:find(HOLE, 1, true) == nil then out["header." .. name] = json.encode(value) end
  end
  return out
end

local function cut(text)
  if text == nil then return "nothing" end
  return #text > 80 and text:sub(1, 77) .. "..." or text
end

-- Number of differences and the first of them in words.
local function compare(recorded, given, header_holes)
  local names, seen = {}, {}
  for _, list in ipairs { recorded, given } do
    for name in pairs(list) do
      if not seen[name] and recorded[name] ~= given[name] and not header_holes[name] then names[#names + 1] = name end
      seen[name] = true
    end
  end
  table.sort(names)
  local name = names[1]
  return #names, name and ("%s was %s, is %s"):format(name, cut(recorded[name]), cut(given[name]))
end

local function holes(call)
  local out = {}
  for name, value in pairs(call.headers or {}) do
    if value:find(HOLE, 1, true) then out["header." .. name] = true end
  end
  return out
end

-- Headers of the same call as recorded and as given now.
local function same_headers(recorded, given)
  local skip = holes(given)
  local a, b = {}, {}
  for name, value in pairs(recorded.headers or {}) do a["header." .. name] = value end
  for name, value in pairs(given.headers or {}) do b["header." .. name] = value end
  return compare(a, b, skip) == 0
end

local function shown(call)
  local list, parts = arguments(call), {}
  for name, value in pairs(list) do parts[#parts + 1] = name .. " = " .. cut(value) end
  table.sort(parts)
  return #parts > 0 and " with " .. table.concat(parts, ", ") or " without arguments"
end

-- The sentence for a call that is not there, or no longer.
function Play:missing(call, queue)
  local text = ("%s.%s%s is not in the cassette %s"):format(call.service, call.operation, shown(call), self.path)
  local given, skip = arguments(call), holes(call)
  local nearest, least, first
  for _, one in ipairs(self.calls) do
    if one.service == call.service and one.operation == call.operation then
      local n, what = compare(arguments(one), given, skip)
      if n > 0 and (not least or n < least) then nearest, least, first = one, n, what end
    end
  end
  if queue then
    text = ("%s.%s%s is in the cassette %s %s, and was asked for once more"):format(call.service, call.operation, shown(call),
      self.path, #queue == 1 and "once" or #queue .. " times")
  elseif nearest then
    text = ("%s; the nearest call of it, in line %d, differs: %s"):format(text, nearest.line, first)
  else
    text = text .. ", and no other call of this operation is"
  end
  return text .. "; record it anew with --record"
end

local function take(queue, accept)
  for i = 1, queue and #queue or 0 do
    local call = queue[i]
    if not call.used and (not accept or accept(call)) then
      call.used = true
      return call
    end
  end
end

local function raised(fields)
  local err = {}
  for name, value in pairs(fields) do err[name] = value end
  return error_.new(err.kind, err.message, err)
end

local function head_of(headers)
  local names, lines = {}, {}
  for name in pairs(headers) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do lines[i] = ("%s: %s\n"):format(name, headers[name]) end
  return table.concat(lines)
end

local not_reply = { headers = true, json = true, text = true, file = true, binary = true }

-- As the host gives them: status, value, reply.
function Play:reply(account, request, call)
  local from, reply = call.reply, {}
  for name, value in pairs(from) do
    if not not_reply[name] then reply[name] = value end
  end
  reply.head = head_of(from.headers)
  reply.url = require("host.http").url(account.base, request) or account.base
  if from.file and request.output then
    require("std.log").warn(("%s.%s: a cassette holds no files: '%s' was not written"):format(call.service, call.operation,
      request.output))
    return from.status, request.output, reply
  end
  if from.file or from.binary then
    return nil, error_.new("validation", ("the cassette %s holds no files: the bytes of line %d are not there; give the call "
      .. "the option 'to'"):format(self.path, call.line))
  end
  if from.text and (request.decode ~= "text" or from.status >= 300) then
    reply.text = from.text
    return from.status, nil, reply
  end
  if from.text then return from.status, from.text, reply end
  local value = from.json
  if value == nil and json.is_null(from, "json") then value = json.null end
  if value == nil and request.decode == "text" and from.status < 300 then value = "" end
  return from.status, value, reply
end

-- A profile that a script names may be the one that was in force then, and so
-- is not in the cassette.
function Play:queue(call, key)
  local queue = self.queues[key(call)]
  if queue or not call.profile then return queue end
  call.profile = nil
  return self.queues[key(call)]
end

--- Answers a call with what was recorded.
function Play:answer(account, op, request)
  local call = cassette.describe(account, op, request)
  call.profile = account.profile
  local queue = self:queue(call, cassette.key)
  local found = take(queue, function(one) return same_headers(one, call) end)
  if not found then
    local used_up = false
    for _, one in ipairs(queue or {}) do used_up = used_up or one.used and same_headers(one, call) end
    return nil, error_.new("validation", self:missing(call, used_up and queue or nil), { retryable = false })
  end
  if found.error then return nil, raised(found.error) end
  return self:reply(account, request, found)
end

--- What the record of writes knew: the id of an earlier create, or nil.
function Play:find(account, operation, scope, key)
  local call = { find = operation, service = account.service, profile = account.profile, scope = kept.redacted(scope),
    key = kept.redacted(key) }
  local found = take(self:queue(call, Play.find_key))
  if found then return found.id end
  error_.raise("validation", ("the cassette %s has no look-up of '%s' for %s.%s; record it anew with --record"):format(
    self.path, key, account.service, operation))
end

function Play:close()
  local unused, first = 0, nil
  for _, call in ipairs(self.calls) do
    if not call.used then
      unused = unused + 1
      first = first or call
    end
  end
  if unused == 0 then return end
  require("std.log").info(("%d recorded call%s of the cassette %s %s not asked for, the first in line %d: %s.%s"):format(
    unused, unused == 1 and "" or "s", self.path, unused == 1 and "was" or "were", first.line, first.service,
    first.operation or first.find))
end

return M
