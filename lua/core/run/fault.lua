-- core/run/fault.lua - faults of simulated requests: "drop-reply:ixon.invites.create@2".
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local sandbox = require "core.sandbox.fault"
local suggest = require "core.suggest"

local M = {}

-- besides those of the sandbox; doc as in its table
local own = {
  refuse = "nothing is sent: the connection is refused",
  hang = "no answer until the time-out, before the effect",
  ["hang-after"] = "no answer until the time-out, after the effect",
  twice = "the request arrives twice, and is answered once",
}

--- Sorted names of the kinds of faults.
function M.kinds()
  local out = sandbox.kinds()
  for name in pairs(own) do out[#out + 1] = name end
  table.sort(out)
  return out
end

-- "ixon.invites.create@2-4" -> operation, 2, 4
local function calls_of(text)
  local operation, first, last = text:match "^(.-)@(%d+)%-?(%d*)$"
  if not operation then return text, 1, 1 end
  first = math.tointeger(tonumber(first))
  if text:sub(-1) == "-" then return operation, first, math.huge end
  return operation, first, math.tointeger(tonumber(last)) or first
end

--- KIND[=ARGUMENT]:OPERATION[@N[-M]] as { kind, arg, operation, first, last, text }: the
-- fault that the N-th (1) to M-th call of an operation meets; raises.
function M.parse(text)
  local kind, given, rest = text:match "^([%w-]+)=?([%d.]*):(.+)$"
  local operation, first, last = calls_of(rest or "")
  if not kind or not operation:find "^[%w_.]+$" then
    error_.raise("validation", ("'%s' is no fault such as drop-reply:ixon.invites.create@1"):format(text))
  end
  local fault = { kind = kind, operation = operation, first = first, last = last, text = text }
  if own[kind] then return fault end
  local parsed, why = sandbox.parse(("%s:%s%s"):format(operation, kind, given ~= "" and "=" .. given or ""))
  if not parsed then
    if why:find "unknown kind" then
      why = ("fault '%s': unknown kind '%s'%s; kinds: %s"):format(text, kind, suggest.did_you_mean(kind, M.kinds()),
        table.concat(M.kinds(), " "))
    end
    error_.raise("validation", why)
  end
  fault.arg = parsed.arg
  return fault
end

--- The fault that this request meets, or nil. entry has operation and n.
function M.find(list, entry)
  for _, fault in ipairs(list) do
    if fault.operation == entry.operation and entry.n >= fault.first and entry.n <= fault.last then return fault end
  end
end

return M
