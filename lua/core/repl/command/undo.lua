-- undo.lua - :undo, takes back what a call of this session did.
-- SPDX-License-Identifier: MIT
--
-- The same inverse that errand runs undo uses (core.run.inverse): somebody
-- looks first what became of the thing, then the person is asked.

local aftermath = require "core.run.aftermath"
local client = require "core.client"
local error_ = require "core.error"
local inverse = require "core.run.inverse"
local json = require "host.json"
local out = require "core.repl.command.out"
local request_ = require "core.request"
local session = require "core.session"

local undo = {}

local function call_of(shell, row)
  return row.call and shell.calls:call(row.call) or nil
end

-- Why a call is not undone, or nil.
local function obstacle(shell, row)
  local call = call_of(shell, row)
  local name = ("call %d (%s.%s)"):format(row.id, row.service, row.operation)
  if row.effect == "read" then return name .. " only read; there is nothing to undo" end
  if row.outcome == "sent" then return name .. " is still under way" end
  if row.outcome == "failed" then return name .. " failed; there is nothing to undo" end
  if row.outcome == "in_doubt" then
    return name .. " is in doubt: nobody knows whether it had its effect; look, and take it back by a call of its own"
  end
  if not call or not call.op then return name .. " was not made by a function of a service, so its undo is not known" end
  if call.undone then return ("%s was undone by call %d"):format(name, call.undone) end
  if not call.op.inverse then
    return ("nothing in the catalogue undoes %s; help(%s) says what it does"):format(call.op.id, call.op.id)
  end
  if call.result_cut or call.args_cut then return name .. " is no longer kept whole; take it back by a call of its own" end
  if call.sandbox ~= (session.sandbox and true or false) or call.sandbox and call.world ~= session.child then
    return call.sandbox and name .. " was made in the sandbox that was turned off since, and is gone with it"
      or name .. " was not made in the sandbox: :sandbox off first"
  end
end

local function undoable(shell, row)
  local call = call_of(shell, row)
  return call ~= nil and call.undo_of == nil and obstacle(shell, row) == nil
end

-- The exchange that is meant; without a number the newest that can be undone.
local function meant(shell, text)
  if text ~= "" then return require("core.repl.command.calls").one(shell, text) end
  local list = shell.calls:list()
  for i = #list, 1, -1 do
    if undoable(shell, list[i]) then return list[i] end
  end
  out.raise "no call of this session can be undone; :calls lists them"
end

--- undo.words(shell) -> numbers of the calls that can be undone.
function undo.words(shell)
  return require("core.repl.command.calls").numbers(shell, function(row) return undoable(shell, row) end)
end

-- What declare gives, as a journal would give it back.
local function declared(row, call)
  local account = { profile = row.profile, identity = row.identity }
  local info = inverse.declare(call.op, account, request_.parse(call.op, table.unpack(call.args, 1, call.args.n)))
  return json.decode(json.encode(info))
end

-- The calls of the inverse that are still to be sent, and a text on each.
local function look(module, info, list)
  local todo, lines = {}, {}
  for _, call in ipairs(list) do
    local state = aftermath.state(module, info, call)
    if state.state ~= "gone" then
      local account = client.account_of(module, call.op)
      local words = { table.unpack(call.path) }
      if call.body ~= nil then words[#words + 1] = call.body end
      local request = client.build(call.op, account.settings, table.unpack(words))
      require("core.paths").apply(account.paths, call.op, request)
      todo[#todo + 1] = { op = call.op, words = words }
      lines[#lines + 1] = require("core.repl.command.plan").request(account, call.op, request)
      if state.state == "changed" then
        lines[#lines + 1] = out.wrap("(changed since: " .. (state.note or "somebody else changed it") .. ")")
      elseif state.state == "cannot tell" then
        lines[#lines + 1] = out.wrap("(whether it is still there cannot be told" .. (state.note and ": " .. state.note or "") .. ")")
      end
    end
  end
  return todo, lines
end

-- A call of the inverse as one of the session's calls. One that finds nothing
-- has nothing to do.
local function send(module, one, n)
  local resource = require("core.catalogue").load(one.op.service).resource[one.op.resource]
  local what = { module = module, resource = resource, op = one.op, id = one.op.id, how = "call", undo_of = n }
  local ok, err = pcall(session.observe, what, function(...) return client.call(module, one.op, ...) end, table.unpack(one.words))
  if not ok and not (error_.is(err) and err.kind == "not_found") then error(err, 0) end
end

local function send_all(shell, row, call, module, todo)
  local recorder = shell.calls
  for _, one in ipairs(todo) do send(module, one, row.id) end
  if session.plan then return end
  call.undone = recorder.sent
  local names = {}
  for i, one in ipairs(todo) do names[i] = one.op.id end
  out.say(("undone: %s (call %d)"):format(table.concat(names, ", "), recorder.sent))
end

--- undo.run(shell, text): shows what would take the call back, asks, sends it.
function undo.run(shell, text)
  local row = meant(shell, text)
  local why = obstacle(shell, row)
  if why then out.raise("%s", why) end
  local call = call_of(shell, row)
  local info = declared(row, call)
  local list, problem = inverse.calls(info, call.result)
  if problem then out.raise("call %d: its reply does not say what it made; take it back by a call of its own", row.id) end
  local module = inverse.module(info)
  local todo, lines = look(module, info, list)
  if #todo == 0 then
    local now = aftermath.turned_into(module, info)
    return out.say(("nothing to undo: what call %d made is gone already%s"):format(row.id, now and "; " .. now or ""))
  end
  if session.plan then return send_all(shell, row, call, module, todo) end -- which shows it
  out.raw(("to undo call %d, %s.%s:\n%s"):format(row.id, row.service, row.operation, table.concat(lines, "\n")))
  if not out.ask(shell, "Send this?") then return out.say "nothing was sent" end
  send_all(shell, row, call, module, todo)
end

return undo
