-- repl.lua - the prompt: reads statements, runs them, shows what they give.
-- SPDX-License-Identifier: MIT

local host = require "host.repl"
local sys = require "host.sys"
local history = require "core.repl.history"
local session = require "core.session"
local shell = require "core.repl.shell"
local statement = require "core.repl.statement"
local trouble = require "core.repl.trouble"
local traceback = require("host.state").traceback

local repl = {}

-- A line, or nil and "end" or "interrupt".
local function read_line(prompt)
  session.editing = true
  local ok, line, err = pcall(host.read_line, prompt)
  session.editing = nil
  if ok and line then return line end
  if ok and not err then return nil, "end" end
  if not ok and trouble.is_interrupt(line) then return nil, "interrupt" end
  error(ok and err or line, 0)
end

-- A statement's text; nil at the end of input. With an editor that keeps the
-- lines of a statement in one buffer it comes as a whole. `pending` holds its
-- lines so far, which completion wants to know.
local function read_statement(self, pending)
  local first, further = self:prompts()
  for i = #pending, 1, -1 do pending[i] = nil end
  while true do
    local line, why = read_line(#pending > 0 and further or first)
    if not line then
      if why == "end" and #pending == 0 then return nil end
      for i = #pending, 1, -1 do pending[i] = nil end
    else
      pending[#pending + 1] = line
      local text = table.concat(pending, "\n")
      if statement.complete(text) then return statement.tidy(text) end
    end
  end
end

local function remember(text)
  if not text:find("%S") then return end
  host.remember(text)
  history.keep(text, host.history_max)
end

local function tell_lost(self)
  local n, text = require("host.task").lost()
  if n == 0 then return end
  self.say(trouble.tell_tasks(self, n, text))
end

-- What a text does that is no Lua: a function, which may give an exit code to
-- leave with; or nil.
local function other(self, text)
  if statement.command(text) then
    return function() return require("core.repl.commands").run(self, text) end
  end
  local topic = statement.topic(text)
  if topic then return function() self.env.help(topic ~= "" and topic or nil) end end
  if statement.leaves(text) and rawget(self.env, text:match "%a+") == nil then
    return function() self.say("Ctrl-D leaves the prompt, and so does :q; os.exit() does so from a statement") end
  end
end

-- Runs a statement and shows its values; an exit code if the session ends.
local function run(self, text)
  self:begin(text)
  local ok, err = host.statement(function()
    local act = other(self, text)
    if act then return (act()) end
    local fn, message, _, from, to = self:compile(text)
    if not fn then
      require("core.error").raise("script", message, { from = from, to = to, syntax = true })
    end
    self:call(fn)
  end, traceback)
  io.stdout:flush()
  if ok then return err end
  local code = require("core.exit").code(err)
  if not code then self:fail(err, text) end
  return code
end

-- The tour looks at what the statement did.
local function guide(self, text)
  local tour = package.loaded["core.repl.tour"]
  if not tour then return end
  local ok, err = xpcall(tour.after, traceback, self, text)
  if not ok then self:fail(err, text) end
end

local function converse(self, pending)
  while true do
    local text = read_statement(self, pending)
    if not text then return 0 end
    -- Before it runs, so that nothing it does can lose it.
    remember(text)
    local code = run(self, text)
    if code then return code end
    tell_lost(self)
    guide(self, text)
  end
end

-- Every statement is protected; what an interrupt hits between two of them is
-- our own code, which starts anew.
local function stay(self, pending)
  while true do
    local ok, code = xpcall(converse, traceback, self, pending)
    if ok then return code end
    if not trouble.is_interrupt(code) then error(code, 0) end
  end
end

-- The lines before the one being edited, where the editor has but one.
local function whole(pending, text)
  return #pending == 0 and text or table.concat(pending, "\n") .. "\n" .. text
end

local function hook(self, pending)
  host.on_complete(function(before)
    if self.asking then return {} end
    local skipped = #whole(pending, "")
    local words, after, how = require("core.repl.complete").words(whole(pending, before), self.env, self)
    if how and how.start then how.start = math.max(0, how.start - skipped) end
    return words, after, how
  end)
  host.on_enter(function(text)
    text = whole(pending, text)
    if self.asking then return nil end
    local blanks = statement.blanks(text)
    if statement.complete(text) then return nil, blanks end
    return statement.indent(text), blanks
  end)
  host.on_display(function(words, columns, rows)
    return require("core.repl.complete").display(words, columns, rows)
  end)
end

--- repl.run() -> exit code, when the user leaves.
function repl.run()
  local self, pending = shell.new(), {}
  require("host.state").set_path "."        -- for require of one's own files
  -- A task, as it takes longer than the rest: behind the first prompt, while
  -- nothing can have been typed yet.
  require("host.task").spawn(function()
    local path = history.path()
    if path then host.recall(history.read(path, host.history_max)) end
  end)
  hook(self, pending)
  if not session.quiet then
    self.say(trouble.wrap("errand " .. sys.version .. " - :help lists what can be done here, :tour shows it, Ctrl-D leaves"))
  end
  local ok, code = pcall(stay, self, pending)
  host.leaving()
  -- Who leaves the prompt does not wait for what still runs.
  require("host.task").cancel_others()
  history.tidy(host.history_max)
  if not ok then error(code, 0) end
  return code
end

return repl
