-- cassette.lua - fuzz target: the lines of a cassette. It is opened or refused,
-- and what it gives back goes through the same code as a server's reply.
-- SPDX-License-Identifier: MIT

local fuzz = ...
local catalogue = require "core.catalogue"
local client = require "core.client"
local json = require "host.json"
local log = require "std.log"
local replay = require "core.replay"
local services = require "core.services"
local session = require "core.session"
local sys = require "host.sys"

log.warn, log.info = function() end, function() end
for word in ([[errand_cassette service operation profile path query headers body files reply error status json text file binary kind
  message find scope key id times method template attempts request_id retryable validation server content-type application/json ixon
  invites.list users.get intrexx qalyptus data links meta]]):gmatch "%S+" do
  table.insert(fuzz.words, word)
end

local text
function sys.read_file() return text end

-- The arguments that a recorded call had, as a script would give them.
local function arguments(op, call)
  local list, given = {}, {}
  for i, row in ipairs(op.path or {}) do list[i] = call.path and call.path[row.name] or "x" end
  for _, pair in ipairs(call.query or {}) do
    if type(pair) == "table" and type(pair[1]) == "string" then given[pair[1]] = pair[2] end
  end
  if type(call.body) == "table" and not json.is_number(call.body) then
    for name, value in json.pairs(call.body) do given[name] = value end
  end
  list[#list + 1] = given
  return list
end

local function again(call)
  local known, op = pcall(services.catalogue, call.service)
  op = known and catalogue.operation(op, call.operation)
  if not op or op.files then return end
  local module = services.get(call.service)
  local list = arguments(op, call)
  fuzz.try(text, op.paging and client.list or client.call, module, op, table.unpack(list))
  if op.paging then fuzz.try(text, client.page, module, op, table.unpack(list)) end
end

return function(input)
  text = input
  local ok, play = fuzz.try(input, replay.open, "test.cassette")
  if not ok then return assert(play.kind == "validation", "it is the file's fault") end
  session.replay = play
  client.rewatch()
  for i = 1, math.min(#play.calls, 8) do
    local call = play.calls[i]
    if call.find then
      fuzz.try(input, play.find, play, { service = call.service, profile = call.profile }, call.find, call.scope, call.key)
    else
      again(call)
    end
  end
  play:close()
  session.replay = nil
end
