-- core/run/oracle.lua - what a run left behind in simulated services, compared with what it should.
-- SPDX-License-Identifier: MIT

-- Two runs that did the same leave the same records but for ids and times, so
-- an id stands for the business key of its record here.

local json = require "host.json"
local services = require "core.services"

local M = {}

-- (service, spec name, scope, items) of each store but those of tokens
local function each_store(server, fn)
  for _, service in ipairs(server.services) do
    local prefix = service.name .. "/"
    local tokens = service.data.tokens and service.data.tokens.store
    for path, items in pairs(server.world.stores) do
      if path:sub(1, #prefix) == prefix then
        local scope, name = path:sub(#prefix + 1):match "^(.-)([^/]+)$"
        if name ~= tokens then fn(service, name, scope, items) end
      end
    end
  end
end

local function generated(service, name, v)
  local id = v[service:id_of(name)]
  return type(id) == "string" and #id >= 8 and id or nil
end

-- id -> "users:new.hire@example.com"
local function labels_of(server)
  local labels, keys = {}, {}
  each_store(server, function(service, name, scope, items)
    for _, item in ipairs(items) do
      local id = generated(service, name, item.v)
      local key = service:spec(name).key and service:key(name, scope, item.v)
      if id then labels[id], keys[id] = name, key ~= id and key or nil end
    end
  end)
  local out = {}
  for id, name in pairs(labels) do
    local key = (keys[id] or ""):gsub("[%w%-]+", function(word)
      return labels[word] and ("<%s:%s>"):format(labels[word], keys[word] or "")
    end)
    out[id] = ("<%s:%s>"):format(name, key)
  end
  return out
end

local function canonical(labels, service, name, v)
  local own, copy = service:id_of(name), json.object {}
  for member, value in json.pairs(v) do
    if member ~= own or type(value) ~= "number" then copy[member] = value end
  end
  local text = json.encode(copy):gsub("[%w%-]+", labels)
  return (text:gsub("%d%d%d%d%-%d%d%-%d%dT[%d:.]+Z?", "<time>"))
end

--- Everything that a world holds, as a sorted list of texts.
function M.records(server)
  local labels, out = labels_of(server), {}
  each_store(server, function(service, name, scope, items)
    for _, item in ipairs(items) do
      out[#out + 1] = ("%s/%s%s %s"):format(service.name, scope, name, canonical(labels, service, name, item.v))
    end
  end)
  table.sort(out)
  return out
end

--- What two sorted lists do not share: list only in a, list only in b.
function M.difference(a, b)
  local only_a, only_b, i, j = {}, {}, 1, 1
  while a[i] or b[j] do
    if a[i] == b[j] then
      i, j = i + 1, j + 1
    elseif not b[j] or a[i] and a[i] < b[j] then
      only_a[#only_a + 1] = a[i]
      i = i + 1
    else
      only_b[#only_b + 1] = b[j]
      j = j + 1
    end
  end
  return only_a, only_b
end

-- May its effect be had again without anything being different?
local function repeatable(operation)
  local op = services.find_operation(operation)
  return op.effect == "set" and not op.once
end

M.repeatable = repeatable

--- Does an operation change anything?
function M.writes(operation)
  return services.find_operation(operation).effect ~= "read"
end

--- How the effects of a run differ from those it should have: a list of
-- { kind = "duplicate" | "loss", effect =, expected =, got = }.
function M.effects(expected, got)
  local out = {}
  local function compare(effect, want, have)
    local again = repeatable(effect:match "^%S+")
    if have > want and not (again and want > 0) then
      out[#out + 1] = { kind = want == 0 and "stray" or "duplicate", effect = effect, expected = want, got = have }
    elseif have < want and not (again and have > 0) then
      out[#out + 1] = { kind = "loss", effect = effect, expected = want, got = have }
    end
  end
  for effect, n in pairs(expected) do compare(effect, n, got[effect] or 0) end
  for effect, n in pairs(got) do
    if not expected[effect] then compare(effect, 0, n) end
  end
  table.sort(out, function(a, b) return a.effect < b.effect end)
  return out
end

return M
