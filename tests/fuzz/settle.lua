-- settle.lua - fuzz target: {"step": ..., "outcome": ..., "reason": ..., "result": text}, as
-- errand runs settle has them, of a run with steps in doubt.
-- SPDX-License-Identifier: MIT

local fuzz = ...
local acts = require "core.run.acts"
local clock_ = require "core.run.clock"
local engine = require "core.run.engine"
local journal = require "core.run.journal"
local json = require "host.json"
local store = require "host.store"

for _, word in ipairs { "step", "outcome", "reason", "result", "done", "absent", "skip", "invite", "user", "people/a/user", "list", "gone",
  "undo", "sleep", '{"id":7}', '[{"id":1}]', "7", "null", '{"publicId":"a"}', '{"a":1,"a":2}', "[[[[[[", '"x"', "seen" } do
  table.insert(fuzz.words, word)
end

local clock = clock_.virtual()
function engine.environment(more)
  more.clock = clock
  return more
end

-- Making a store takes longer than all the rest, so one has many runs.
local kept, J, runs

local function intent(id, path, more)
  local step = { path = path, ordinal = 1, class = "create", operation = "ixon.invites.create", args = '["a"]', args_digest = "d" }
  for name, value in pairs(more or {}) do step[name] = value end
  J:intent(id, step)
end

local LOST <const> = { kind = "in_doubt", message = "no answer came" }

local function open()
  if kept and runs < 40 then
    runs = runs + 1
    return
  end
  if kept then kept:close() end
  kept, runs = assert(store.open(nil)), 0
  J = journal.open(kept, function() return clock:wall() end)
end

-- A run with a step in each state that is, or is not, to be settled.
local function begin()
  open()
  local id = J:new_id()
  assert(J:create { id = id, workflow = "onboard", key = id, input = "{}", seed = 7 })
  local invite = json.encode { service = "ixon", profile = "default", identity = "i", operation = "invites.create",
    path = json.object {}, sent = { emailAddress = "new.hire@example.com" } }
  intent(id, "invite", { inverse = invite })
  J:doubt(id, "invite", LOST)
  for _, name in ipairs { "people/a/user", "people/b/user" } do
    intent(id, name, { operation = "intrexx.users.create" })
    J:doubt(id, name, LOST)
  end
  intent(id, "list", { operation = "ixon.invites.create", class = "send" })
  intent(id, "gone")
  J:result(id, "gone", { status = 201, value = '{"id":1}', remote_id = "1" })
  intent(id, "undo")
  J:result(id, "undo", { status = 201, value = '{"id":2}', remote_id = "2" })
  J:undo_intent(id, "undo", { class = "set", operation = "ixon.invites.delete" })
  J:undo_doubt(id, "undo", LOST)
  J:sleep(id, "sleep", 9, clock:wall() + 60)
  J:state(id, "in_doubt", json.encode(json.object(LOST)))
  return id
end

local STATES <const> = { done = "done", absent = "failed", skip = "skipped" }

local function what(id)
  local out = {}
  for _, step in ipairs(J:steps(id)) do
    out[step.path] = ("%s %s %s"):format(step.state, step.undo_state or "-", step.value or "-")
  end
  return out
end

local function changed(before, after)
  local out = {}
  for path, text in pairs(after) do
    if before[path] ~= text then out[#out + 1] = path end
  end
  return out
end

local function text_of(value)
  return type(value) == "string" and not value:find "%z" and value or nil -- a word of a command line has no zero byte
end

return function(input)
  local given = fuzz.object(input)
  local id = begin()
  local how = { step = text_of(given.step), outcome = text_of(given.outcome), reason = text_of(given.reason),
    result = text_of(given.result), usage = "settle", actor = "tester", said = {} }
  how.say = function(text) table.insert(how.said, text) end
  local before, events = what(id), #J:events(id)
  local ok, err = fuzz.try(input, acts.settle, J, J:run(id), how)
  local paths = changed(before, what(id))
  if not ok then
    assert(#paths == 0, "what is refused changes no step")
    assert(err.kind ~= "script", err.message)
    if err.kind == "validation" then assert(#J:events(id) == events, "nor the journal") end
  else
    assert(#how.said == 1 and #paths == 1, "one step is settled, and told")
    local step = J:step(id, paths[1])
    assert(step.path == how.step or step.path:sub(-#how.step - 1) == "/" .. how.step, "the one that was meant")
    if step.path == "undo" then
      assert(step.undo_state ~= "doubt", "its undo is settled")
    else
      assert(step.state == STATES[how.outcome], "as it was said")
      assert(step.value == how.result or not how.result, "with the result that was given")
    end
    assert(J:run(id).state == "in_doubt" or J:run(id).state == "held")
  end
  if runs == 40 then assert(J:check(), "the journal's chain holds") end
end
