-- core/sandbox/fault.lua - faults on request: 'ixon.invites.create:drop-reply@1'.
-- SPDX-License-Identifier: MIT

local suggest = require "core.suggest"

local M = {}
M.__index = M

-- arg: "none", "seconds", "status", "bytes"; optional where a default stands.
local kinds = {
  ["latency"] = { arg = "seconds", doc = "answer late" },
  ["status"] = { arg = "status", doc = "this status, before the effect" },
  ["status-after"] = { arg = "status", doc = "this status, after the effect" },
  ["429"] = { arg = "seconds", optional = true, doc = "429, with Retry-After if given" },
  ["reset"] = { arg = "none", doc = "reset the connection, before the effect" },
  ["drop"] = { arg = "none", doc = "close the connection, before the effect" },
  ["drop-reply"] = { arg = "none", doc = "close the connection, after the effect" },
  ["late"] = { arg = "seconds", doc = "close now, effect so much later" },
  ["expire-token"] = { arg = "none", doc = "the token of the call is no longer valid" },
  ["truncate"] = { arg = "none", doc = "half of the reply, after the effect" },
  ["huge"] = { arg = "bytes", optional = true, default = 256 * 1024 * 1024, doc = "a reply of so many bytes more" },
  ["html"] = { arg = "none", doc = "an HTML page, after the effect" },
  ["empty"] = { arg = "none", doc = "no body, after the effect" },
  ["malformed"] = { arg = "none", doc = "broken JSON, after the effect" },
}

--- Sorted names of the kinds of faults, for help and errors.
function M.kinds()
  local out = {}
  for name in pairs(kinds) do out[#out + 1] = name end
  table.sort(out)
  return out
end

local function argument(kind, given)
  local rule = kinds[kind]
  if rule.arg == "none" then
    if given then return nil, ("%s takes no argument"):format(kind) end
    return true
  end
  if not given then
    if rule.optional then return true, rule.default end
    return nil, ("%s wants %s: %s=%s"):format(kind, rule.arg, kind, rule.arg == "status" and "503" or "2")
  end
  local n = tonumber(given)
  local ok = n and n >= 0 and n < 1e12 and (rule.arg == "seconds" or math.tointeger(n))
  if ok and rule.arg == "status" then ok = n >= 200 and n <= 599 end
  if not ok then return nil, ("'%s' is no %s for %s"):format(given, rule.arg, kind) end
  return true, rule.arg == "seconds" and n or math.tointeger(n)
end

local function pattern(glob)
  local text = glob:gsub("[^%w]", "%%%0"):gsub("%%%*", ".*")
  return "^" .. text .. "$"
end

local function matches_any(glob, operations)
  local lua = pattern(glob)
  for _, id in ipairs(operations) do
    if id:find(lua) then return true end
  end
  return false
end

local function parse_range(text)
  if not text then return 1, math.huge end
  local first, last = text:match "^(%d+)%-?(%d*)$"
  first = math.tointeger(tonumber(first))
  last = last ~= "" and math.tointeger(tonumber(last)) or (text:sub(-1) == "-" and math.huge or first)
  if not first or first < 1 or not last or last < first then return nil end
  return first, last
end

--- One specification as a table, or nil and a sentence. operations (optional)
-- is the list of ids that it may mean.
function M.parse(spec, operations)
  local glob, rest = spec:match "^([^:]*):(.*)$"
  local function bad(why) return nil, ("fault '%s': %s"):format(spec, why) end
  if not glob or glob == "" then
    return bad "expected SERVICE.RESOURCE.OPERATION:KIND[=ARGUMENT][@N], such as ixon.invites.create:drop-reply@1"
  end
  local body, range = rest, nil
  if rest:find("@", 1, true) then body, range = rest:match "^(.-)@(.*)$" end
  local kind, given = body:match "^([^=]*)=(.*)$"
  kind = kind or body
  if not kinds[kind] then
    local known = M.kinds()
    return bad(("unknown kind '%s'%s; kinds: %s"):format(kind, suggest.did_you_mean(kind, known), table.concat(known, " ")))
  end
  local ok, arg = argument(kind, given)
  if not ok then return bad(arg) end
  local first, last = parse_range(range)
  if not first then return bad(("'@%s' is no call number such as @1 or @2-4"):format(range)) end
  if operations and not matches_any(glob, operations) then
    return bad(("no operation is called '%s'%s"):format(glob, suggest.did_you_mean(glob, operations)))
  end
  return { spec = spec, glob = pattern(glob), kind = kind, arg = arg, first = first, last = last, seen = 0 }
end

--- A set of faults for the operations of the given ids.
function M.new(operations)
  return setmetatable({ operations = operations, list = {} }, M)
end

--- Adds a specification; true, or nil and a sentence.
function M:add(spec)
  local fault, why = M.parse(spec, self.operations)
  if not fault then return nil, why end
  table.insert(self.list, fault)
  return true
end

--- The faults that this call of an operation meets, by kind. Each call is
-- counted once by each specification it matches.
function M:take(id)
  local out = {}
  for _, fault in ipairs(self.list) do
    if id:find(fault.glob) then
      fault.seen = fault.seen + 1
      if fault.seen >= fault.first and fault.seen <= fault.last then out[fault.kind] = fault end
    end
  end
  return out
end

return M
