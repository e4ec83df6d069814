-- tour.lua - :tour, ten steps at the prompt that end with a script that runs.
-- SPDX-License-Identifier: MIT
--
-- A step says what to type and why, and waits until it was done: what was
-- called tells, not what was typed, so that everybody may do it their own way.
-- All of it fits ten lines of forty columns.

local out = require "core.repl.command.out"
local session = require "core.session"
local sys = require "host.sys"

local tour = {}

local PERSON <const> = "new.hire@example.com"

-- ---- what was done ----

-- The newest successful call since the tour began that fits.
local function called(state, shell, fits)
  local list = shell.calls:calls_made()
  for i = #list, 1, -1 do
    local call = list[i]
    if call.n <= state.since then return nil end
    if call.ok and not call.planned and call.sandbox and fits(call) then return call end
  end
end

local function variable(shell, name)
  return rawget(shell.env, name)
end

-- A record of the sandbox in a variable: one of before would not be there.
local function holds(name, resource)
  return function(state, shell)
    local value = variable(shell, name)
    return type(value) == "table" and type(rawget(value, "publicId")) == "string"
      and called(state, shell, function(call) return call.service == "ixon" and call.resource == resource end) ~= nil
  end
end

local function is_ref(value)
  return type(value) == "table" and type(rawget(value, "publicId")) == "string"
end

local function invited(state, shell)
  local call = called(state, shell, function(call) return call.id == "ixon.invites.create" end)
  if not call then return false end
  local person = call.args[1] and call.args[1].emailAddress
  state.person = type(person) == "string" and person or PERSON
  state.number = call.exchanges[#call.exchanges]
  return true
end

local function found(state, shell)
  return called(state, shell, function(call)
    return call.id:find("^ixon%.invites%.") ~= nil and (call.op == nil or call.op.effect == "read") and call.result ~= nil
  end) ~= nil
end

local function undone(state, shell)
  return called(state, shell, function(call)
    return call.undone ~= nil or call.undo_of ~= nil or call.id:find("^ixon%.invites%.delete") ~= nil
  end) ~= nil
end

-- The first name for the script that overwrites nothing.
local function free_name()
  local name, n = "tour.lua", 1
  while sys.exists(name) and n < 100 do
    n = n + 1
    name = ("tour_%d.lua"):format(n)
  end
  return name
end

local steps = {
  { title = "Look around",
    why = "A call is SERVICE.RESOURCE.OPERATION. Tab completes each part, Tab twice lists what there is.",
    type = "ixon.roles.list()",
    done = function(state, shell)
      return called(state, shell, function(call) return call.how == "list" end) ~= nil
    end },
  { title = "Find one record",
    why = "find gives one record or nil. role keeps it, so nothing is printed: role alone would print it.",
    type = 'role = ixon.roles.find{ name = "Engineer" }', done = holds("role", "roles") },
  { title = "And a group",
    why = "People get a role in a group. The key Up brings a line back, to be changed and run again.",
    type = 'group = ixon.groups.find{ name = "Plant A" }', done = holds("group", "groups") },
  { title = "Read before you write",
    why = "A question mark shows help: parameters, what a call changes and what undoes it.",
    type = "?ixon.invites.create",
    done = function(_, _, text) return text:find("^%s*%?%s*ixon%.invites") ~= nil or text:find("^%s*help%W.*ixon%.invites") ~= nil end },
  { title = "Put it together",
    why = "A variable holds any value. Enter begins a new line while a bracket is open.",
    type = "access = { group = { publicId = group.publicId }, role = { publicId = role.publicId } }",
    done = function(_, shell)
      local access = variable(shell, "access")
      return type(access) == "table" and is_ref(rawget(access, "group")) and is_ref(rawget(access, "role"))
    end },
  { title = "Invite a person",
    why = "All of it is checked before it is sent. In the sandbox no mail goes out.",
    type = ('ixon.invites.create{ emailAddress = "%s", groupRoles = { access } }'):format(PERSON), done = invited },
  { title = "Find the invite",
    why = "It was made: the service lists it now.",
    type = function(state) return ('ixon.invites.find{ emailAddress = "%s" }'):format(state.person or PERSON) end, done = found },
  { title = "See what was sent",
    why = "Every request has a number. :curl N shows one as a curl command, :calls N all of it.",
    type = ":calls",
    done = function(_, _, text) return text:find("^%s*:%s*calls") ~= nil end },
  { title = "Undo it",
    why = "errand knows what undoes a call. You see the request before it goes; answer y.",
    type = function(state) return ":undo" .. (state.number and " " .. state.number or "") end, done = undone },
  { title = "Keep it",
    why = "Your calls become a script, what you typed by hand its arguments.",
    type = function() return ":save " .. free_name() end,
    done = function(state, shell) return shell.saved ~= state.saved end },
}

-- ---- what is shown ----

local function wrapped(text, width, indent)
  -- A line may end at any blank but those inside of a text and before "=".
  local safe = text:gsub('"[^"]*"', function(quoted) return (quoted:gsub(" ", "\1")) end):gsub(" =", "\1=")
  return (require("core.options").wrap(safe, width, indent):gsub("\1", " "))
end

local function say(shell, lines)
  local tall = (sys.rows(2) or 24) >= 20
  shell.say((tall and "\n" or "") .. table.concat(lines, "\n"))
end

local function show(shell, state, first)
  local step, width = steps[state.step], math.max(20, sys.columns(2) - 1)
  local text = type(step.type) == "function" and step.type(state) or step.type
  say(shell, {
    wrapped(("%s%d of %d: %s"):format(first or "", state.step, #steps, step.title), width, ""),
    wrapped(step.why, width, ""),
    "Type:",
    "  " .. wrapped(text, width - 2, "    "),
  })
end

local function finish(shell)
  shell.tour = nil
  local width = math.max(20, sys.columns(2) - 1)
  say(shell, {
    "Done. That was the tour.",
    wrapped("Ctrl-D leaves the prompt; the script runs by the line above. :help lists what else there is: :plan, :why, :time, ...",
      width, ""),
  })
end

local function forward(shell, first)
  local state = shell.tour
  state.step, state.saved = state.step + 1, shell.saved
  if state.step > #steps then return finish(shell) end
  show(shell, state, first)
end

-- ---- the command ----

local function begin(shell)
  if session.plan then out.raise "plan mode is on, and the tour sends its calls to the sandbox: :plan off first, then :tour" end
  if not session.sandbox then
    if not out.ask(shell, "The tour needs the sandbox, a simulation on this machine. Turn it on?") then
      return shell.say(out.wrap "no tour without the sandbox: nothing was changed")
    end
    require("core.repl.command.place").sandbox.run(shell, "on")
  end
  shell.tour = { step = 1, since = shell.calls.n_calls, saved = shell.saved, err = shell.err }
  show(shell, shell.tour, "Tour, step ")
end

local function stop(shell, why)
  shell.tour = nil
  shell.say(out.wrap(why .. "; :tour begins it anew"))
end

--- Words that :tour takes.
tour.words = { "next", "back", "stop" }

--- tour.command(shell, word): begins the tour or shows its step again; with
-- "next" or "back" goes to another one, with "stop" ends it.
function tour.command(shell, word)
  local state = shell.tour
  if word == nil or word == "" then
    if state and session.sandbox then return show(shell, state, "Tour, step ") end
    return begin(shell)
  end
  local known = word == "next" or word == "back" or word == "stop"
  if not known then
    out.raise(":tour takes no '%s'%s; it takes next, back, stop or nothing", word,
      require("core.suggest").did_you_mean(word, tour.words))
  end
  if not state then out.raise("there is no tour to %s; :tour begins one", word == "stop" and "stop" or "go on with") end
  if word == "stop" then return stop(shell, "the tour has ended") end
  if word == "next" then return forward(shell) end
  -- What was done before does not count a second time.
  state.step, state.since = math.max(1, state.step - 1), shell.calls.n_calls
  show(shell, state)
end

--- tour.after(shell, text): a statement was run: on to the next step if it was
-- what the step waits for.
function tour.after(shell, text)
  local state = shell.tour
  if not state or text:find "^%s*:%s*tour" then return end
  if not session.sandbox then return stop(shell, "the tour has ended, for the sandbox is off") end
  if steps[state.step].done(state, shell, text) then
    state.err = shell.err
    return forward(shell, "Done. ")
  end
  if session.plan then return shell.say(out.wrap "(tour: plan mode is on, so nothing is sent; :plan off)") end
  if shell.err == state.err then return end
  state.err = shell.err
  shell.say(out.wrap "(tour: mend it and try again; :tour shows the step)")
end

return tour
