-- shell.lua - one session at the prompt: its variables, results and errors.
-- SPDX-License-Identifier: MIT
--
-- env      table of the session's variables; falls back to the globals
-- results  core.repl.results: what _ and _N mean
-- calls    core.repl.calls: what was sent in this session; nil before the first
--          statement
-- err      the last error: { err = what was raised, text = the statement, told = what was
--          said of it }; nil before the first one
-- plan     true while :plan is on
-- asking   true while something else than a statement is typed
-- number   of the statement that runs or ran last
-- texts    the newest statements by their number, for errors in functions that
--          an earlier one defined

local results = require "core.repl.results"
local session = require "core.session"
local statement = require "core.repl.statement"
local sys = require "host.sys"

local shell = {}
shell.__index = shell

-- Statements whose text is at hand when one of their functions fails.
local TEXTS, TEXT_BYTES = 500, 65536

--- shell.say(text): a line to the terminal for the person there, redacted.
function shell.say(text)
  local err = require "host.err"
  io.stdout:flush()
  sys.write(2, err.safe(err.redact(text), true) .. "\n")
end

--- shell.colors() -> true if the terminal wants some.
function shell.colors()
  return sys.isatty(2) and not sys.env "NO_COLOR" and sys.env "TERM" ~= "dumb"
end

-- ---- variables ----

-- Plain assignments end in env; other names mean what they mean in scripts.
local function environment(self)
  local env, declared = {}, self.declared
  -- A task that prints while someone types must not tear the line apart, nor
  -- write over what the pager shows: sys.write sees to both.
  function env.print(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = tostring(parts[i]) end
    io.stdout:flush()
    sys.write(1, table.concat(parts, "\t") .. "\n")
  end
  function env.help(what)
    require("core.output").text(require("core.repl.topic").text(what) .. "\n")
  end
  return setmetatable(env, {
    __index = function(_, name)
      if name == "_" then return self.results:last() end
      local n = results.number(name)
      if n then return self.results:get(n) end
      if not declared[name] then return _G[name] end
    end,
    __newindex = function(variables, name, value)
      if name == "_" then return self.results:set(value) end
      if results.number(name) then
        require("core.error").raise("validation", ("%s is a result's name: choose another one for the variable"):format(name))
      end
      rawset(variables, name, value)
    end,
  })
end

--- shell.new() -> a session without anything in it.
function shell.new()
  local self = setmetatable({ results = results.new(), declared = {}, texts = {}, number = 0 }, shell)
  self.env = environment(self)
  return self
end

-- ---- statements ----

--- shell:compile(text) -> function; or nil, the message, whether more lines may
-- help, and the first and last byte of the wrong place if that is known.
function shell:compile(text)
  local fn, names, incomplete, from, to = statement.compile(text, self.env, statement.chunk(self.number))
  if not fn then return nil, names, incomplete, from, to end
  if #names == 0 then return fn end
  return function()
    for _, name in ipairs(names) do self.declared[name] = true end
    return fn()
  end
end

--- shell:begin(text): from now on errors are those of this statement.
function shell:begin(text)
  -- Not at the start, which it would delay; but before any call can be made.
  self.calls = self.calls or require("core.repl.calls").start()
  self.number, self.asking = self.number + 1, nil
  self.texts[self.number] = #text <= TEXT_BYTES and text or nil
  self.texts[self.number - TEXTS] = nil
  -- Who agreed to a write agreed to one statement.
  local confirm = package.loaded["core.confirm"]
  if confirm then confirm.renew() end
end

--- shell:call(fn) shows what fn returns, as a statement's values are shown.
function shell:call(fn)
  local mark = self.calls:mark()
  local values = table.pack(fn())
  local took = self.calls:took(mark)
  io.stdout:flush()
  if values.n > 0 then require("core.repl.show").results(self, values, took) end
end

--- shell:fail(err, text) tells of an error in the statement, and keeps it.
function shell:fail(err, text)
  local told = require("core.repl.trouble").tell(self, err)
  self.err = { err = err, text = text, told = told }
  self.say(told)
end

-- ---- the prompt ----

local function place(self)
  if session.sandbox then return "sandbox", false end
  local config = require "core.config"
  local ok, profile, protected = pcall(function() return config.profile(), config.is_protected() end)
  if not ok then
    -- Once: whatever needs it says so again, and much does not need it.
    if self.broken ~= tostring(profile) then self.say(require("core.cli").describe(profile):gsub("^errand", "error")) end
    self.broken = tostring(profile)
    return session.profile, false
  end
  self.broken = nil
  local plain = profile == "default" and not session.profile
  return (not plain or protected) and profile or nil, protected
end

--- shell:prompts() -> the prompt of a statement's first line, which says where
-- calls go, and of its further lines.
function shell:prompts()
  local err = require "host.err"
  local where, protected = place(self)
  local words = { where and err.safe(where) .. (protected and "!" or ""), self.plan and "plan" or nil }
  if not where then words = { self.plan and "plan" or nil } end
  local inside = table.concat(words, " ")
  local text = inside ~= "" and "errand(" .. inside .. ")> " or "errand> "
  local further = (" "):rep(math.max(0, err.width(text) - 3)) .. ">> "
  if protected and self.colors() then
    -- readline takes what stands between the two for no place on the line
    text = "errand(\1\27[31m\2" .. inside .. "\1\27[0m\2)> "
  end
  return text, further
end

return shell
