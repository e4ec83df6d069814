-- repl_spec.lua - the parts of the prompt that need no terminal: session, history, errors.
-- SPDX-License-Identifier: MIT

local t = require "test"
local history = require "core.repl.history"
local mark = require "core.repl.mark"
local private = require "core.repl.private"
local results = require "core.repl.results"
local shell = require "core.repl.shell"
local sys = require "host.sys"
local trouble = require "core.repl.trouble"

t.describe("the results of a session", function()
  t.it("are numbered, and _ is the last one", function()
    local self = shell.new()
    t.eq(self.env._, nil)
    t.eq(self.results:add "a", 1)
    t.eq(self.results:add { 2 }, 2)
    t.eq(self.env._1, "a")
    t.eq(self.env._[1], 2)
    t.eq(rawequal(self.env._, self.env._2), true)
  end)

  t.it("are the last hundred", function()
    local list = results.new()
    t.raises(function() list:get(1) end, "there is no result _1, nothing has been printed yet")
    for i = 1, 103 do list:add(i) end
    t.eq(list:get(4), 4)
    t.eq(list:get(103), 103)
    t.raises(function() list:get(3) end, "result _3 is no longer kept, only the last 100 are")
    t.raises(function() list:get(104) end, "there is no result _104, the last one is _103")
    t.raises(function() list:get(0) end, "there is no result _0, the last one is _103")
    t.eq(rawget(list.values, 3), nil)
  end)

  t.it("may be nil and false", function()
    local list = results.new()
    list:add(false)
    t.eq({ list:get(1), list:last() }, { false, false })
  end)

  t.it("have names of their own", function()
    local self = shell.new()
    self.env._ = 5
    t.eq(self.env._, 5)
    t.raises(function() self.env._3 = 1 end, "_3 is a result's name: choose another one for the variable")
    self.env._x = 1
    t.eq(self.env._x, 1)
    t.eq({ results.number "_12", results.number "_1x", results.number "_", results.number(1) }, { 12 })
  end)
end)

-- A directory for the time of fn, in which the history is.
local function with_history(fn)
  local dir, before = os.tmpname(), sys.env "XDG_STATE_HOME"
  os.remove(dir)
  sys.setenv("XDG_STATE_HOME", dir)
  history.read(dir .. "/errand/history", 1000)
  local ok, err = pcall(fn, dir .. "/errand/history")
  os.remove(dir .. "/errand/history")
  os.remove(dir .. "/errand")
  os.remove(dir)
  if before then sys.setenv("XDG_STATE_HOME", before) else sys.unsetenv "XDG_STATE_HOME" end
  if not ok then error(err, 0) end
end

t.describe("the history", function()
  t.it("is one line a statement, whatever that holds", function()
    for _, text in ipairs{ "x = 1", "a\nb", "a\\nb", "\\", "a\\\nb\r", "für 世界" } do
      local line = history.encode(text)
      t.ok(not line:find("[\n\r]"))
      t.eq(history.decode(line), text)
    end
  end)

  t.it("keeps the newest of equal entries, and so many", function()
    t.eq(history.unique({ "a", "b", "a", "c" }, 10), { "b", "a", "c" })
    t.eq(history.unique({ "a", "b", "c" }, 2), { "b", "c" })
    t.eq(history.unique({}, 2), {})
    t.eq(history.unique({ ("x"):rep(3 << 20), "b" }, 9), { "b" })
  end)

  t.it("reads a file that is not there as nothing", function()
    t.eq(history.read("/nonexistent/history", 10), {})
  end)

  t.it("reads what was written, zero bytes left out", function()
    local path = os.tmpname()
    assert(sys.write_file(path, "a\n\nb\\nc\n\0d\na\n"))
    local list = history.read(path, 10)
    os.remove(path)
    t.eq(list, { "b\nc", "d", "a" })
  end)

  t.it("is in the file at once, and after the session each entry once", function()
    with_history(function(path)
      for _, text in ipairs { "a", "b\nc", "a", "a", "password = 1", "d" } do history.keep(text, 1000) end
      t.eq(sys.read_file(path), "a\nb\\nc\na\na\nd\n")
      history.tidy(1000)
      t.eq(sys.read_file(path), "b\\nc\na\nd\n")
    end)
  end)

  t.it("has each entry once after the next session, if this one was killed", function()
    with_history(function(path)
      for _, text in ipairs { "a", "b", "a" } do history.keep(text, 1000) end
      t.eq(history.read(path, 1000), { "b", "a" })
      history.tidy(1000)
      t.eq(sys.read_file(path), "b\na\n")
    end)
  end)

  t.it("mends a line that was cut short", function()
    with_history(function(path)
      history.keep("a", 1000)
      assert(sys.write_file(path, "a\nb"))
      history.read(path, 1000)
      history.keep("c", 1000)
      t.eq(sys.read_file(path), "a\nb\nc\n")
    end)
  end)

  t.it("leaves what another session wrote, and is bounded", function()
    with_history(function(path)
      history.keep("a", 5)
      local file = io.open(path, "ab")
      file:write "other\n"
      file:close()
      history.keep("a", 5)
      history.tidy(5)
      t.eq(sys.read_file(path), "other\na\n")
      for i = 1, 250 do history.keep("x" .. i, 5) end
      t.ok(#history.read(path, 1000) <= 205)
      history.tidy(5)
      t.eq(sys.read_file(path), "x246\nx247\nx248\nx249\nx250\n")
    end)
  end)
end)

t.describe("a statement is left out of the history", function()
  local function is(text) return private.is(text) end

  t.it("if it names a secret or starts with a blank", function()
    for _, text in ipairs { "x = secret.env 'A'", "ixon.users.create{ PassWord = 'x' }", " x", "\tx",
      "h = 'Authorization: x'", "url = 'https://me:pw1@host.example.com/'" } do
      t.ok(is(text), text)
    end
    for _, text in ipairs { "x = 1", "ixon.users.list()", "u = 'https://host.example.com:80/a@b'" } do t.ok(not is(text), text) end
  end)

  t.it("if it gives a literal to what looks like a secret", function()
    for _, text in ipairs { "token = 'abc'", "x.api_key='abc'", "f{ ['x-auth'] = [[abc]] }", "token = ('abc')", "otp = 123456",
      "if token == 'abc' then end", "token = \"abc", "f{ secretId = { 'abc' } }", "refresh_token = 'a' .. b",
      "token, n = 'abc', 1", "local secret, n = 'abc', 1", "n, token = f(), 'abc'", "local token <const> = 'abc'",
      "token = os.getenv('T') or 'abc'", "x.token, y['z'] = 'abc', 'b'" } do
      t.ok(is(text), text)
    end
    for _, text in ipairs { "token = t", "token = f()", "tokens.list()", "x = token", "-- token = 'abc'", "print(token, 'abc')",
      "token = f('abc')", "token = t y = 'abc'", "n, m = 1, 'abc'", "token, n = f(), 1" } do
      t.ok(not is(text), text)
    end
  end)

  -- Processor time, and as a ratio: what is quadratic takes 16 times as long.
  t.it("soon, however long it is", function()
    local function cost(part, bytes)
      local best = math.huge
      for _ = 1, 3 do
        local began = os.clock()
        is(part:rep(bytes // #part))
        best = math.min(best, os.clock() - began)
      end
      return best
    end
    for _, part in ipairs { "a==b ", "a=(", "a,b=c,", "=", "a=b{", "]=" } do
      t.ok(cost(part, 40000) < 9 * cost(part, 10000) + 0.01, part)
    end
  end)

  t.it("if a catalogue calls the parameter secret", function()
    t.ok(is "qalyptus.x.y{ key = 'abc' }")
    t.ok(not is "print{ key = 'abc' }" or next(require("core.services").bound) ~= nil)
  end)

  t.it("if it holds what redaction knows", function()
    require("host.err").hide "h1dden-value"
    t.ok(is "x = 'h1dden-value'")
  end)
end)

-- What is told of a statement's error; the last of several statements fails.
local function told(...)
  local self, told_of = shell.new(), nil
  for _, text in ipairs { ... } do
    self:begin(text)
    local fn, message, _, from, to = self:compile(text)
    local ok, err
    if fn then
      ok, err = xpcall(fn, require("host.state").traceback)
    else
      ok, err = false, require("core.error").new("script", message, { syntax = true, from = from, to = to })
    end
    told_of = not ok and trouble.tell(self, err) or nil
  end
  return told_of
end

t.describe("an error", function()
  local new = require("core.error").new

  t.it("is a sentence and its problems", function()
    local err = new("validation", "2 problems, nothing was sent", {
      problems = { { path = "a", message = "missing" }, { path = "b", message = "wrong" } } })
    t.eq(trouble.tell(shell.new(), err), "error: 2 problems, nothing was sent\n  a: missing\n  b: wrong")
  end)

  t.it("marks the word that is no Lua", function()
    t.eq(told "x y", "error: syntax error near 'y'\n  x y\n    ^")
    t.eq(told "x = 1\nx = = 2", "error: unexpected symbol near '='\n  2 | x = = 2\n          ^")
    t.eq(told "\"abc", "error: unfinished string near '\"abc'\n  \"abc\n  ^^^^")
    t.eq(told "世界 = 1", "error: unexpected symbol near '世'\n  世界 = 1\n  ^^")
  end)

  t.it("marks the name that has no such value", function()
    t.eq(told "x.y.z = 1", "error: unknown name 'x'\n  x.y.z = 1\n  ^")
    t.eq(told("x = { y = {} }", "x.y.z.a = x.y"), "error: attempt to index a nil value (field 'z')\n  x.y.z.a = x.y\n      ^")
    t.eq(told("x = {}", "x:y() "), "error: attempt to call a nil value (method 'y')\n  x:y() \n    ^")
    t.eq(told("y, x = {}, { y = 1 }", "x.y(y)"), "error: attempt to call a number value (field 'y')\n  x.y(y)\n    ^")
    t.eq(told("x, y = 1, {}", "x + 1 + y + x"),
      "error: attempt to perform arithmetic on a table value (global 'y')\n  x + 1 + y + x\n          ^")
    t.eq(told "nil .. 'a'", "error: attempt to concatenate a nil value\n  nil .. 'a'\n      ^^")
    t.eq(told "1 < 'a'", "error: attempt to compare number with string\n  1 < 'a'\n    ^")
    t.eq(told "intrexx.portls.list()":match "\n.*", "\n  intrexx.portls.list()\n          ^^^^^^")
  end)

  t.it("marks all that it could be, or nothing", function()
    t.eq(told("x = 1", "x() x()"), "error: attempt to call a number value (global 'x')\n  x() x()\n  ^   ^")
    t.eq(told "nil + nil + nil", "error: attempt to perform arithmetic on a nil value")
  end)

  t.it("marks a call, or the parameters that are wrong", function()
    t.eq(told "x = ixon.users.get('nobody')":match "\n.*", "\n  x = ixon.users.get('nobody')\n      ^^^^^^^^^^^^^^")
    t.eq(told "return ixon.group_types.create{ nam = 'x' }":match "\n  return.*",
      "\n  return ixon.group_types.create{ nam = 'x' }\n                                  ^^^")
    t.eq(told "x = ixon.group_types.create{\n  nam = 'x',\n}":match "\n  2 .*", "\n  2 |   nam = 'x',\n        ^^^")
    local err = { kind = "validation", message = "page-size: at least 1 expected, got 0" }
    local span = require("core.repl.mark").spans("f{ ['page-size'] = 0, size = 0 }", err)
    t.eq({ #span, span[1] and span[1].from, span[1] and span[1].to }, { 1, 5, 15 })
  end)

  t.it("shows the line of the function that failed, also of an earlier statement", function()
    t.eq(told("function f(x)\n  return x.y\nend", "f()"),
      "error: attempt to index a nil value (local 'x')\n  in an earlier statement:\n  2 |   return x.y\n               ^")
    t.eq(told "x = 1\nerror 'boom'", "error: boom\n  2 | error 'boom'\n      ^^^^^")
    t.eq(told "error('boom', 0)", "error: boom\n  error('boom', 0)\n  ^^^^^")
  end)

  t.it("may be any value", function()
    for _, value in ipairs { 1, true, {}, { message = 5 }, { message = {}, operation = 5, service = {} }, { kind = "cancelled" } } do
      t.ok(trouble.tell(shell.new(), value):find "^error: ")
    end
    t.eq(told "error {}", "error: a table that has no message\n  error {}\n  ^^^^^")
    t.eq(told "error(setmetatable({}, { __tostring = error }))", "error: a value that cannot be shown was raised")
    t.eq(told "goto nowhere":match "\n.*", "\n  goto nowhere\n       ^^^^^^^")
    t.eq(told "error()", "error: nil\n  error()\n  ^^^^^")
  end)

  t.it("of a task shows the task's line", function()
    local self = shell.new()
    self:begin "spawn(error, 'boom')"
    self:begin "x = 1"
    t.eq(trouble.tell_tasks(self, 1, "boom"), "error: a task failed: boom")
    t.eq(trouble.tell_tasks(self, 2, "prompt 1:1: boom"),
      "error: 2 tasks failed: boom\n  in an earlier statement:\n  spawn(error, 'boom')")
  end)

  t.it("is no error if it was Ctrl-C, and in doubt if a write was under way", function()
    local self = shell.new()
    t.eq(trouble.tell(self, new("cancelled", "interrupted")), "\ninterrupted")
    t.eq(trouble.tell(self, new("cancelled", "not confirmed: nothing was sent")), "error: not confirmed: nothing was sent")
    t.eq(trouble.tell(self, new("cancelled", "interrupted while the call was under way", { in_doubt = true,
      service = "ixon", operation = "ixon.invites.create" })),
      "\nin doubt: ixon.invites.create: interrupted while the call was under way")
    t.eq(trouble.tell(self, new("in_doubt", "the reply was lost")), "in doubt: the reply was lost")
  end)
end)

t.describe("a line with carets", function()
  t.it("is cut around them", function()
    local line = ("a"):rep(50) .. "XY" .. ("b"):rep(50)
    local shown, carets = mark.draw(line, { { from = 51, to = 52 } }, 30)
    t.ok(#shown <= 30 and shown:find "^%.%.%.a+XYb+%.%.%.$", shown)
    t.eq(carets:gsub("^ *", ""), "^^")
    t.eq(carets:find "^", 1, true)
    t.eq(shown:sub(carets:find("^", 1, true), #carets), "XY")
    t.eq({ mark.draw("ab", {}, 30) }, { "ab" })
  end)

  t.it("stands below wide and escaped characters", function()
    t.eq({ mark.draw("世界 x", { { from = 8, to = 8 } }, 30) }, { "世界 x", "     ^" })
    t.eq({ mark.draw("a\27x", { { from = 3, to = 3 } }, 30) }, { "a\\x1bx", "     ^" })
    t.eq({ mark.draw("\tx", { { from = 2, to = 2 } }, 30) }, { "  x", "  ^" })
    t.eq({ mark.draw("ab ", { { from = 4, to = 4 } }, 30) }, { "ab ", "   ^" })
  end)
end)
