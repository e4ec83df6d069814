-- repl.lua - the prompt: reads statements, runs them, shows what they give.
-- SPDX-License-Identifier: MIT

local host = require "host.repl"
local sys = require "host.sys"
local history = require "core.repl.history"
local statement = require "core.repl.statement"
local session = require "core.session"
local traceback = require("host.state").traceback

local repl = {}

--- repl.environment() -> the table of the session's variables. Plain
-- assignments end there; other names mean what they mean in scripts.
function repl.environment()
  local env = {}
  -- A task that prints while someone types must not tear the line apart.
  function env.print(...)
    host.hide()
    print(...)
    io.stdout:flush()
    host.show()
  end
  function env.help(what)
    require("core.output").text(require("core.repl.topic").text(what) .. "\n")
  end
  return setmetatable(env, {
    __index = function(_, name)
      if name ~= "_" then return _G[name] end
    end,
  })
end

-- Where calls go is part of the question.
local function prompts()
  local place = session.sandbox and "sandbox" or session.profile
  local err = require "host.err"
  local first = "errand" .. (place and "(" .. err.safe(place) .. ")" or "") .. "> "
  return first, (" "):rep(err.width(first) - 3) .. ">> "
end

local function is_interrupt(err)
  return type(err) == "table" and err.kind == "cancelled"
    and (err.message == "cancelled" or err.message == "interrupted")
end

-- A line, or nil and "end" or "interrupt".
local function read_line(prompt)
  local ok, line, err = pcall(host.read_line, prompt)
  if ok and line then return line end
  if ok and not err then return nil, "end" end
  if not ok and is_interrupt(line) then return nil, "interrupt" end
  error(ok and err or line, 0)
end

local function say(text)
  local err = require "host.err"
  sys.write(2, err.safe(err.redact(text), true) .. "\n")
end

--- repl.describe(err, text) -> what the user is told of an error in text.
function repl.describe(err, text)
  if is_interrupt(err) then return "\ninterrupted" end    -- behind the echo "^C"
  local told = require("core.cli").describe(err):gsub("^errand: ", "")
  -- In a statement of one line the line's number says nothing.
  if not text:find("\n", 1, true) then told = told:gsub("^prompt:1: ", "") end
  if session.verbose > 0 and type(err) == "table" and err.traceback then
    told = told .. "\n" .. err.traceback
  end
  return "error: " .. told
end

-- A statement's text and function; nil and an exit code at the end of input.
-- `pending` holds its lines so far, which completion wants to know.
local function read_statement(env, pending)
  local first, further = prompts()
  while true do
    local line, why = read_line(#pending > 0 and further or first)
    if not line then
      if why == "end" and #pending == 0 then return nil end
      for i = #pending, 1, -1 do pending[i] = nil end
    else
      pending[#pending + 1] = line
      local text = table.concat(pending, "\n")
      local topic = #pending == 1 and statement.topic(text)
      if topic then return text, function() env.help(topic ~= "" and topic or nil) end end
      local fn, message, incomplete = statement.compile(text, env)
      if fn then return text, fn end
      if not incomplete then return text, function() error(message, 0) end end
    end
  end
end

local function remember(text)
  if not text:find("%S") then return end
  host.remember(text)
  history.keep(text)
end

local function tell_lost()
  local n, text = require("host.task").lost()
  if n == 0 then return end
  say(("error: %s failed: %s"):format(n == 1 and "a task" or n .. " tasks", text))
end

-- Runs a statement and shows its values; an exit code if the session ends.
local function run(env, text, fn)
  local ok, err = xpcall(function()
    local results = table.pack(fn())
    if results[1] ~= nil then env._ = results[1] end
    io.stdout:flush()
    if results.n > 0 then require("core.repl.show").results(results) end
  end, traceback)
  io.stdout:flush()
  if ok then return nil end
  local code = require("core.exit").code(err)
  if not code then say(repl.describe(err, text)) end
  return code
end

local function leaves(env, text)
  if not statement.leaves(text) or rawget(env, text:match("%a+")) ~= nil then return false end
  say("Ctrl-D leaves the prompt; os.exit() does so from a statement")
  return true
end

local function converse(env, pending)
  while true do
    for i = #pending, 1, -1 do pending[i] = nil end
    local text, fn = read_statement(env, pending)
    if not text then return 0 end
    remember(text)
    local code = not leaves(env, text) and run(env, text, fn)
    if code then return code end
    tell_lost()
  end
end

-- Every statement is protected; what an interrupt hits between two of them is
-- our own code, which starts anew.
local function stay(env, pending)
  while true do
    local ok, code = xpcall(converse, traceback, env, pending)
    if ok then return code end
    if not is_interrupt(code) then error(code, 0) end
  end
end

--- repl.run() -> exit code, when the user leaves.
function repl.run()
  local env, pending = repl.environment(), {}
  local path = history.path()
  if path then host.recall(history.read(path, host.history_max)) end
  host.on_complete(function(before)
    pending[#pending + 1] = before
    local text = table.concat(pending, "\n")
    pending[#pending] = nil
    local list, _, after = require "core.repl.complete"(text, env)
    return list, after
  end)
  if not session.quiet then
    sys.write(2, "errand " .. sys.version .. " - help() lists what there is, Ctrl-D leaves\n")
  end
  local ok, code = pcall(stay, env, pending)
  -- Who leaves the prompt does not wait for what still runs.
  require("host.task").cancel_others()
  history.tidy(host.history_max)
  if not ok then error(code, 0) end
  return code
end

return repl
