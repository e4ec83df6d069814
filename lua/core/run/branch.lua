-- core/run/branch.lua - what a workflow's function is given: run:step and the rest.
-- SPDX-License-Identifier: MIT

-- A branch counts its steps. What the journal has at a place must be what the
-- code comes to there; otherwise the code is not the one that began, and
-- nothing is sent.

local body = require "core.run.body"
local duration = require "core.duration"
local error_ = require "core.error"
local guard = require "core.run.guard"
local json = require "host.json"
local kept = require "core.kept"
local operation = require "core.run.operation"
local protect = require "core.run.protect"
local redact = require("host.err").redact
local step = require "core.run.step"
local sys = require "host.sys"
local where = require("host.state").where

local M = {}
local Branch = {}

local hidden = setmetatable({}, { __mode = "k" })

local function bad(message, ...)
  error_.raise("script", message:format(...))
end

local function seed_of(seed, prefix)
  local hex = sys.sha256(seed .. "\0" .. prefix)
  return (math.tointeger(tonumber(hex:sub(1, 8), 16)) << 32) | math.tointeger(tonumber(hex:sub(9, 16), 16))
end

--- A branch of an execution; prefix is "" or the path of the branch and "/".
function M.new(R, prefix)
  local branch = setmetatable({ id = R.id }, Branch)
  hidden[branch] = { R = R, prefix = prefix, parent = prefix:sub(1, -2), ordinal = 0,
    generator = body.generator(seed_of(R.run.seed, prefix)), jitter = body.generator(seed_of(R.run.seed, "jitter\0" .. prefix)) }
  return branch
end

--- What only the engine sees of a branch.
function M.inside(branch)
  local B = hidden[branch]
  if not B then bad("write run:step(...), with a colon") end
  return B
end

-- run.slot: what of a schedule the run is for, nil where somebody began it.
-- It is kept with the run, so that every replay has the same.
local function slot_of(branch)
  local text = M.inside(branch).R.run.parent
  local slot = text and json.decode(text) or nil
  rawset(branch, "slot", slot)
  return slot
end

function Branch.__index(branch, name)
  if name == "slot" then return slot_of(branch) end
  return Branch[name]
end

-- ---- places ----

--- A name as a part of a path.
function M.part(name, what)
  if type(name) == "number" and math.tointeger(name) then name = ("%d"):format(name) end
  if type(name) ~= "string" or name == "" then
    bad("%s: a name that is a text expected, got %s", what, name == "" and "an empty one" or type(name))
  end
  if #name > 200 or name:find "%c" or not utf8.len(name) then
    bad("%s: a name of at most 200 printable characters expected, got '%s'", what, name:sub(1, 40))
  end
  -- a path is kept, and what is kept has no secrets: it would be another one when the run goes on
  if redact(name) ~= name then bad("%s: a name without a secret expected, for names are kept; got '%s'", what, redact(name)) end
  return (name:gsub("%%", "%%25"):gsub("/", "%%2F"))
end

local function describe_row(row)
  local what = row.operation or row.kind
  local args = row.args and #row.args > 200 and row.args:sub(1, 200) .. "..." or row.args
  return ("%s  %s%s%s"):format(row.path, what, row.class and " (" .. row.class .. ")" or "", args and "  " .. args or "")
end

local function diverged(recorded, attempted, reason)
  local line = where()
  local text = ("the workflow came to another step than when the run was first here (%s)\n  recorded   %s\n  attempted  %s%s\n"
    .. "nothing was sent"):format(reason, recorded and describe_row(recorded) or "nothing",
    attempted and describe_row(attempted) or "the end", line and "  at " .. line or "")
  protect.stop("diverged", text, { path = attempted and attempted.path or recorded and recorded.path, kind = "diverged" })
end

local function compare(row, now)
  for _, name in ipairs { "kind", "ordinal", "operation", "class" } do
    if row[name] ~= now[name] then diverged(row, now, "another " .. (name == "ordinal" and "place" or name)) end
  end
  if row.args_digest ~= now.args_digest then diverged(row, now, "other arguments") end
end

--- Takes the next place of a branch for a step: its row of the journal, or
-- nil where the run has not come there yet.
-- @tparam table now { path, ordinal, parent, kind, class, operation, args_digest, args }
function M.visit(B, now)
  local R = B.R
  if R.visited[now.path] then bad("two steps are called '%s': a step's name is there once in its branch", now.path) end
  R.visited[now.path] = true
  local places = R.places[B.parent]
  local expected = places and places[now.ordinal]
  local row = R.rows[now.path]
  if expected and expected ~= now.path then diverged(R.rows[expected], now, "another name") end
  if row then
    compare(row, now)
  elseif (R.last[B.parent] or 0) > now.ordinal then
    diverged(nil, now, "later steps are recorded")
  end
  B.replaying = row ~= nil and row.state ~= "intent" and row.state ~= "doubt"
  return row
end

--- The next place of a branch for something of this kind.
function M.place(B, name, kind, arguments)
  B.ordinal = B.ordinal + 1
  local text = arguments and json.encode(arguments) or nil
  return { path = B.prefix .. (name and M.part(name, kind) or ("(%s %d)"):format(kind, B.ordinal)), ordinal = B.ordinal,
    parent = B.parent, kind = kind, args = text, args_digest = text and B.R.journal:digest(text) or nil }
end

-- Something that has no effect: done once, the same ever after.
local function once(B, place, make)
  local row = M.visit(B, place)
  if row and row.state == "done" then
    if row.value == nil then return nil end
    return json.decode(row.value)
  end
  B.R:boundary(place.path)
  local value = make and make()
  B.R:write("record", place, { value = value ~= nil and json.encode(value) or nil })
  B.R:tell(place.path, "done", { kind = place.kind })
  if value == nil then return nil end
  return json.decode(json.encode(value))
end

M.once = once

-- ---- steps ----

local function own_key(R, path)
  local hex = sys.sha256(R.run.seed .. "\0key\0" .. path)
  return ("%s-%s-4%s-8%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16), hex:sub(18, 20), hex:sub(21, 32))
end

-- What the step's call would send, without sending it. A function of the
-- workflow that fails here fails again when it is the step's turn.
local function captured_of(desc, key)
  if desc.class == "read" then return nil end
  local found, err = guard.capture(desc.call, setmetatable({ timeout = desc.timeout }, { __index = { key = key } }))
  if err ~= nil and not desc.own then error(err, 0) end
  return found
end

--- run:step(name, operation, arguments...) -> value, how. The arguments are
-- those of the call; how is "done", "found" (it was there before) or "skipped".
-- A step may be spelled out: { call = function(op) ... end, class, find, match,
-- undo, existing, settle, retry, timeout, args }.
function Branch:step(name, target, ...)
  local B = M.inside(self)
  local R = B.R
  local part = M.part(name, "step")
  local mark = guard.mark()
  if not mark or mark.branch ~= B then
    bad("step '%s' belongs to another branch: use what the branch's function is given", name)
  end
  if mark.permit then bad("step '%s' inside a step: make it a step of its own", name) end
  local arguments = table.pack(...)
  local desc = operation.describe(target, ...)
  local key = own_key(R, B.prefix .. part)
  operation.complete(desc, captured_of(desc, key))
  if desc.settle and desc.settle.by == "repeat" then desc.class = "set" end
  B.ordinal = B.ordinal + 1
  local S = { R = R, path = B.prefix .. part, parent = B.parent, ordinal = B.ordinal, desc = desc, jitter = B.jitter,
    args_digest = R.journal:digest(desc.digest), kept_args = json.encode(kept.redacted(desc.args)),
    key = key, digest = desc.request and guard.digest(desc.request), inverse = operation.inverse(desc, arguments) }
  S.body_digest = S.digest and R.journal:digest(S.digest)
  local row = M.visit(B, { path = S.path, ordinal = S.ordinal, parent = S.parent, kind = "step", class = desc.class,
    operation = desc.id, args_digest = S.args_digest, args = S.kept_args })
  R.functions[S.path] = desc.own and { undo = desc.undo, find = desc.find, match = desc.match } or nil
  return step.run(S, row)
end

-- ---- waiting ----

--- run:sleep(name, time): time is seconds or "2h"; when it is over is fixed at
-- the first time.
function Branch:sleep(name, time)
  local B = M.inside(self)
  local R = B.R
  local seconds, message = duration.seconds(time)
  if not seconds then bad("sleep '%s': %s", tostring(name), message) end
  local place = M.place(B, name, "sleep", json.array { seconds })
  local row = M.visit(B, place)
  if row and row.state == "done" then return end
  local wake_at = row and row.wake_at
  if not wake_at then
    R:boundary(place.path)
    wake_at = R.clock:wall() + seconds
    R:write("sleep", place.path, place.ordinal, wake_at, place)
  end
  R:wait(place.path, "sleeping", wake_at, ("until %s"):format(sys.utc(wake_at)))
  R:write("result", place.path, {})
  R:tell(place.path, "done", { kind = "sleep" })
end

local on_timeout = { reject = true, approve = true, hold = true }

local function decide_late(R, place, asked)
  if asked.on_timeout == "hold" then
    protect.stop("held", ("nobody answered %s in time"):format(place.path), { path = place.path })
  end
  R.journal:decide(R.id, place.path, { approved = asked.on_timeout == "approve", by = "timeout",
    comment = "nobody answered in time" })
  return R.journal:decision(R.id, place.path)
end

--- run:approve(name, { ask =, timeout =, on_timeout = "reject" }) -> { approved,
-- by, at, comment }: waits until somebody says errand runs approve or reject.
function Branch:approve(name, options)
  local B = M.inside(self)
  local R = B.R
  options = options or {}
  local timeout, message
  if options.timeout ~= nil then timeout, message = duration.seconds(options.timeout) end
  if message then bad("approve '%s': timeout: %s", tostring(name), message) end
  local late = options.on_timeout or "reject"
  if not on_timeout[late] then
    bad("approve '%s': on_timeout: reject, approve or hold expected, got %s", tostring(name), tostring(late))
  end
  local place = M.place(B, name, "approval", json.array { options.ask or json.null, timeout or json.null, late })
  local row = M.visit(B, place)
  if row and row.state == "done" then return json.decode(row.value) end
  local decision = R.journal:decision(R.id, place.path)
  if not decision then
    R:boundary(place.path)
    place.ask, place.deadline, place.on_timeout = options.ask, timeout and R.clock:wall() + timeout, late
    decision = R:write("approval", place.path, place)
  end
  if not decision.by then
    local function answered()
      local now = R.journal:decision(R.id, place.path)
      return now and now.by and now or nil
    end
    decision = R:wait(place.path, "waiting", decision.deadline, ("for an answer%s: errand runs approve %s %s, or reject"):format(
      options.ask and " to '" .. tostring(options.ask) .. "'" or "", R.id, place.path), answered)
      or decide_late(R, place, decision)
  end
  local value = json.object { approved = decision.approved and true or false, by = decision.by, at = decision.at,
    comment = decision.comment }
  R:write("result", place.path, { value = json.encode(value) })
  R:tell(place.path, "done", { kind = "approval", message = decision.approved and "approved" or "rejected" })
  return json.decode(json.encode(value))
end

-- ---- the rest ----

--- run:pivot(name): the point of no return; undoing what came before needs --force.
function Branch:pivot(name)
  local B = M.inside(self)
  return once(B, M.place(B, name, "pivot"))
end

--- run:note(text): a line for whoever reads about the run.
function Branch:note(text)
  local B = M.inside(self)
  return once(B, M.place(B, nil, "note", json.array { tostring(text) }))
end

--- run:now() -> seconds since 1970, the same in every replay.
function Branch:now()
  local B = M.inside(self)
  return once(B, M.place(B, nil, "now"), function() return B.R.clock:wall() end)
end

--- run:uuid(name) -> a UUID of this run's own, the same in every replay.
function Branch:uuid(name)
  local B = M.inside(self)
  local hex = sys.sha256(B.R.run.seed .. "\0uuid\0" .. B.prefix .. M.part(name, "uuid"))
  return ("%s-%s-4%s-%x%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16),
    8 + tonumber(hex:sub(17, 17), 16) % 4, hex:sub(18, 20), hex:sub(21, 32))
end

--- run:random([low,] [high]) -> as math.random, from the run's seed.
function Branch:random(...)
  return body.random(M.inside(self).generator, ...)
end

--- run:hold(reason): stops until somebody resumes the run, which then goes on.
function Branch:hold(reason)
  local B = M.inside(self)
  local place = M.place(B, nil, "hold", json.array { tostring(reason) })
  local row = M.visit(B, place)
  if row and row.state == "done" then return end
  if B.R.held_at ~= place.path then protect.stop("held", tostring(reason), { path = place.path, kind = "hold" }) end
  B.R:write("record", place, {})
end

--- run:undo(reason): undoes what the run did, last step first; does not return.
function Branch:undo(reason)
  protect.stop("undo", tostring(reason or "the workflow undoes itself"), { path = M.inside(self).parent })
end

--- run:parallel(name, branches, options) -> outcomes by name; branches are
-- functions that get a branch of their own: { mail = function(b) ... end }.
-- options: limit (4), on_error ("wait_all" or "stop").
function Branch:parallel(name, branches, options)
  return require("core.run.fan").parallel(M.inside(self), name, branches, options)
end

--- run:each(name, list, key, fn, options) -> list of outcomes { item =, ok =,
-- value =, error = } in the order of the list; key(item) names the branch that
-- fn(b, item) gets. options as for parallel.
function Branch:each(name, list, key, fn, options)
  return require("core.run.fan").each(M.inside(self), name, list, key, fn, options)
end

return M
