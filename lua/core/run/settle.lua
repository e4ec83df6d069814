-- core/run/settle.lua - what became of a call whose answer was lost.
-- SPDX-License-Identifier: MIT

-- Neither success nor failure is assumed. What may be repeated is repeated;
-- what a look-up shows is believed; that it shows nothing is believed only
-- once the last byte of the call has been out for as long as an effect may
-- take to show. Everything else is asked.

local error_ = require "core.error"
local guard = require "core.run.guard"
local json = require "host.json"
local operation = require "core.run.operation"
local protect = require "core.run.protect"

local M = {}

local LIFETIME <const> = 86400 -- seconds that a service keeps an idempotency key, where nobody says
local LOOKS <const> = 5        -- tries of a look-up that fails for now

--- Seconds until an absent effect can be believed.
-- @tparam table moment { wall, mono, boot_id }: now
-- @tparam table step { intent_at, intent_mono, boot_id } of the intent
-- @tparam table began { wall, mono, boot_id }: when this process took the run
-- @tparam number longest seconds that a call may take
-- @tparam number bound seconds until an effect shows
-- @tparam ?number lost monotonic time at which this process lost the answer
function M.quiet(moment, step, began, longest, bound, lost)
  local left
  if lost then
    left = lost + bound - moment.mono
  elseif step.boot_id and step.boot_id == moment.boot_id and step.intent_mono then
    left = math.min(began.mono, step.intent_mono + longest) + bound - moment.mono
  else
    local last = began.wall
    if step.intent_at and moment.wall >= step.intent_at then last = math.min(last, step.intent_at + longest) end
    left = last + bound - moment.wall
  end
  return math.max(0, math.min(left, longest + bound))
end

local function ask(R, path, desc, row, why)
  if row.state == "intent" then
    R:write("doubt", path, { kind = "in_doubt", message = why })
    R:reload(path)
  end
  R:tell(path, "doubt", { message = why, operation = desc.id })
  protect.stop("in_doubt", ("%s: %s is in doubt: %s"):format(path, desc.id, why), { path = path })
end

local passing = { network = true, timeout = true, server = true, rate_limited = true }

local function may_pass(err)
  return err.retryable or passing[err.kind]
end

--- One look-up of a step: record or nil, resource; or raises.
function M.look(R, path, lookup, options)
  R:point("look", path)
  return guard.with(guard.reads("the look-up of a step"), lookup, options)
end

-- A look-up that is tried a few times; true, record, resource or false, error.
local function patient_look(R, path, lookup, options)
  for attempt = 1, LOOKS do
    local results = table.pack(protect.call(M.look, R, path, lookup, options))
    if results[1] then return true, results[2], results[3] end
    local err = results[2]
    if not error_.is(err) or not may_pass(err) or attempt == LOOKS then return false, err end
    R.clock:sleep(math.min(err.retry_after or 2 ^ attempt, 300))
    R:heed_term(path)
  end
end

local function decode(text)
  return text ~= nil and json.decode(text) or nil
end

--- Can the same bytes be sent again with the same key?
function M.key_holds(R, desc, row)
  if not (desc.settle and desc.settle.by == "key" and row.op_key and desc.request) then return false end
  if row.body_digest ~= R.journal:digest(guard.digest(desc.request)) then return false end
  local lifetime = require("core.duration").seconds(desc.settle.lifetime or LIFETIME) or LIFETIME
  return R.clock:wall() < row.intent_at + 0.9 * lifetime
end

local function found_now(R, path, desc, row, record, resource, looks)
  local before = decode(row.before) or {}
  local id = operation.id_of(record)
  local evidence = { looks = json.encode(looks), remote_id = id }
  if before.found ~= nil and operation.id_of(before.found) == id then
    if desc.existing == "fail" then ask(R, path, desc, row, "it was there before, and is there now") end
    evidence.value, evidence.found = json.encode(record), true
    R:write("settled", path, "done", evidence, nil, "it was there before the run")
    R:write("undo_disabled", path, "it was there before the run")
    return "done"
  end
  if before.found == nil and not before.absent and not before.unknown then
    ask(R, path, desc, row, "there is one now, but nobody looked before the call")
  end
  evidence.value = json.encode(operation.as_made(desc, record, resource))
  R:write("settled", path, "done", evidence, nil, "found by the look-up")
  return "done"
end

local function by_lookup(R, path, desc, row, options)
  local lookup, absence = operation.lookup(desc)
  if not lookup then return ask(R, path, desc, row, "its answer was lost, and the service has no look-up that could tell") end
  local looks = json.array {}
  R:heed_term(path)
  for n = 1, 2 do
    local ok, record, resource = patient_look(R, path, lookup, options)
    if not ok then
      return ask(R, path, desc, row, "the look-up failed: " .. tostring(error_.is(record) and record.message or record))
    end
    looks[n] = json.object { at = R.clock:wall(), found = record ~= nil and (operation.id_of(record) or true) or json.null }
    if record ~= nil then return found_now(R, path, desc, row, record, resource, looks) end
    if not absence then
      return ask(R, path, desc, row, "errand's own record does not have it, which proves nothing")
    end
    if n == 1 then
      R:write("event", path, "look", json.encode(looks[1]))
      local left = M.quiet(R:moment(), row, R.began, operation.longest(desc), operation.bound(desc), R.doubted[path])
      if left > 0 then
        R:tell(path, "settling", { operation = desc.id,
          message = ("nothing there; looking again in %d s"):format(math.ceil(left)) })
        R.clock:sleep(left)
        R:heed_term(path)
      end
    end
  end
  R:write("settled", path, "absent", { looks = json.encode(looks) }, nil, "two look-ups found nothing")
  return "absent"
end

--- Settles a step in state intent or doubt: "done" (the row has its value),
-- "absent" (the row is failed) or "repeat" (it may be sent again as it is);
-- stops the branch where a person has to say.
function M.step(R, path, desc, row, options)
  if desc.class == "read" or desc.class == "set" then return "repeat" end
  if M.key_holds(R, desc, row) then return "repeat" end
  local err = decode(row.error)
  if row.state == "doubt" and err and err.kind == "exists" then
    return ask(R, path, desc, row, tostring(err.message))
  end
  R:tell(path, "settling", { operation = desc.id, message = "looking whether it is there" })
  if desc.class == "send" then
    return ask(R, path, desc, row, "its answer was lost, and it must not happen twice")
  end
  return by_lookup(R, path, desc, row, options)
end

return M
