-- plan.lua - :plan, writes are shown instead of sent.
-- SPDX-License-Identifier: MIT
--
-- Reads go out as ever. A write is built and checked, shown as it would be
-- sent, and gives a symbol (core.run.symbol) that stands for its result.

local host = require "host.repl"
local json = require "host.json"
local kept = require "core.kept"
local out = require "core.repl.command.out"
local session = require "core.session"
local symbol = require "core.run.symbol"

local plan = {}

local planned = 0

-- In one line where it fits.
local function json_text(value)
  local text = json.encode(value)
  if text and #text <= out.width() then return text end
  return (json.encode(value, 2))
end

--- plan.request(account, op, request) -> a request as it would be sent, in
-- lines: method and URL, then the body without its secrets.
function plan.request(account, op, request)
  require("core.secrets").hide(account.catalogue, op.body, request.value)
  local url = require("host.http").url(account.base, request) or account.base .. request.template
  -- what stands for a result can be read in a URL, too
  url = url:gsub("%%3Cplanned%%20%d+.-%%3E", function(name)
    return (name:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
  end)
  local lines = { request.method .. " " .. url }
  for _, file in ipairs(kept.files(request) or {}) do
    lines[#lines + 1] = ("(%sfile %s, %s, %d bytes)"):format(file[1] ~= "" and "part " .. file[1] .. ": " or "", file[2], file[3], file[4])
  end
  local body, why = kept.body(account, op, request)
  if why then lines[#lines + 1] = "(" .. why .. ")" end
  if body ~= nil and body ~= false then
    lines[#lines + 1] = type(body) == "string" and request.value == nil and body or json_text(body)
  end
  return table.concat(lines, "\n")
end

local function tell(text)
  host.hide()
  out.raw(text .. "\n(plan mode: nothing was sent)")
  host.show()
end

-- What the call gives. The second value stands where the reply would.
local function stand_in(op)
  if session.recorder then session.recorder:planned() end
  if op.returns == "none" then return nil, nil end
  planned = planned + 1
  return symbol.new("planned " .. planned), { status = 0, head = "" }
end

local function changes(op)
  return op.effect ~= "read" or op.once
end

--- plan.gate(account, op, request): session.plan while plan mode is on.
function plan.gate(account, op, request)
  if not changes(op) then return false end
  tell("would send: " .. plan.request(account, op, request))
  return true, stand_in(op)
end

-- What was given, without what the catalogue calls secret.
local function given(what, ...)
  local catalogue, parts = require("core.services").bound[what.module].catalogue, {}
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    parts[i] = json_text(kept.redacted(kept.clean(catalogue, what.op and what.op.body, value))) or tostring(value)
  end
  return table.concat(parts, ", ")
end

--- plan.depends(what) -> function to be called in place of a service's one
-- that was given a symbol: nothing is sent, not even a read.
function plan.depends(what)
  local client, op = require "core.client", what.op
  if not op or not changes(op) or what.how ~= "call" then
    return function(...)
      tell(out.wrap(("would call: %s(%s), which depends on the result of a planned call"):format(what.id, given(what, ...))))
      return (stand_in(op or {}))
    end
  end
  return function(...)
    local account = client.account_of(what.module, op)
    local ok, request = pcall(client.build, op, account.settings, ...)
    if ok then
      require("core.paths").apply(account.paths, op, request)
      return select(2, plan.gate(account, op, request))
    end
    -- "<planned 1.id>" where a number has to stand, say.
    tell(out.wrap(("would call: %s(%s), which depends on the result of a planned call and was not checked"):format(what.id,
      given(what, ...))))
    return stand_in(op)
  end
end

--- plan.first_symbol(...) -> the first symbol in the values, as text.
function plan.first_symbol(...)
  local function within(value, depth)
    if symbol.name(value) then return tostring(value) end
    if type(value) ~= "table" or value == json.null or json.is_number(value) or depth == 0 then return nil end
    for _, member in json.pairs(value) do
      local found = within(member, depth - 1)
      if found then return found end
    end
  end
  for i = 1, select("#", ...) do
    local found = within((select(i, ...)), 20)
    if found then return found end
  end
  return "a value"
end

--- plan.words() -> what :plan takes.
function plan.words()
  return { "on", "off" }
end

--- plan.run(shell, word): on, off, or says which.
function plan.run(shell, word)
  if word == "on" then
    session.plan, shell.plan = plan.gate, true
    out.say "plan mode is on: what changes something is shown, not sent; reads go out (:plan off ends it)"
  elseif word == "off" then
    session.plan, shell.plan = nil, nil
    out.say "plan mode is off: calls are sent"
  else
    out.say(session.plan and "plan mode is on (:plan off ends it)" or "plan mode is off (:plan on shows writes instead of sending them)")
  end
end

return plan
