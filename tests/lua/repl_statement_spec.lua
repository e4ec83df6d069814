-- repl_statement_spec.lua - what is typed at the prompt: its words, its compilation, its indentation.
-- SPDX-License-Identifier: MIT

local t = require "test"
local lexer = require "core.repl.lexer"
local shell = require "core.repl.shell"
local statement = require "core.repl.statement"

-- everything takes so many times as long, under valgrind
local slow = tonumber(os.getenv "SLOW" or 1)

local function environment()
  return shell.new().env
end

local function kinds(text)
  local list = {}
  for i, token in ipairs(lexer.tokens(text)) do list[i] = token.kind .. " " .. token.text end
  return list
end

t.describe("the words of Lua text", function()
  t.it("are names, keywords, numbers, strings, operators and comments", function()
    t.eq(kinds "local x=a.b..1 --c\n", { "keyword local", "name x", "op =", "name a", "op .", "name b", "op ..", "number 1",
      "comment --c" })
    t.eq(kinds "a//b ~=c::d ...", { "name a", "op //", "name b", "op ~=", "name c", "op ::", "name d", "op ..." })
    t.eq(kinds "0x1p-5 1e+3 0x1e-5 .5 3..2", { "number 0x1p-5", "number 1e+3", "number 0x1e", "op -", "number 5", "number .5",
      "number 3..2" })
    t.eq(kinds "a[b] [[c]] [==[d]]e]==]", { "name a", "op [", "name b", "op ]", "string [[c]]", "string [==[d]]e]==]" })
  end)

  t.it("know where they stand, in any bytes", function()
    local text = "\255für(\0)\n  x"
    for _, token in ipairs(lexer.tokens(text)) do t.eq(token.text, text:sub(token.from, token.to)) end
    t.eq(lexer.tokens("  x")[1].from, 3)
    t.eq(lexer.tokens(" \n\t "), {})
  end)

  t.it("have the value that Lua gives a string", function()
    for _, text in ipairs { [["a\n\65\x41\u{20ac}\"\'"]], [['a\z   b']], "'a\\\r\nb'", "[[\nab]]", "[=[\r\nab]=]", [["\u{0000041}"]] } do
      t.eq(lexer.tokens(text)[1].value, load("return " .. text)(), text)
    end
    for _, text in ipairs { [["\q"]], [["\256"]], [["\xg0"]], [["\u{110000000}"]], [["\u41"]] } do
      t.eq(lexer.tokens(text)[1].kind, "string", text)
      t.eq(lexer.tokens(text)[1].value, nil, text)
    end
  end)

  t.it("are open where a string or comment runs on", function()
    for _, text in ipairs { "\"abc", "'a\\'", "[[a\nb", "[=[a]]", "--[[a", "--a", "\"a\\" } do
      local tokens = lexer.tokens("x " .. text)
      t.eq({ tokens[2].kind, tokens[2].text }, { "open", text }, text)
    end
    local broken = lexer.tokens("\"abc\nx")
    t.eq({ broken[1].kind, broken[1].broken, broken[2].text }, { "string", true, "x" })
  end)

  t.it("take time in proportion to the text", function()
    local clock = os.clock()
    for _, piece in ipairs { "[=", "\"\\u{0", "--[", "\\z ", "a.", "0x", "[[", "'" } do lexer.tokens(piece:rep(50000)) end
    lexer.tokens("\"\\u{" .. ("0"):rep(200000))
    t.ok(os.clock() - clock < 20 * slow)
  end)
end)

t.describe("a statement", function()
  t.it("is an expression if it can be", function()
    t.eq(statement.compile("1 + 1", {})(), 2)
    t.eq({ statement.compile("1, nil, 'x'", {})() }, { 1, nil, "x" })
    t.eq({ statement.compile("-- nothing", {})() }, {})
    t.eq({ statement.compile("", {})() }, {})
  end)

  t.it("assigns to the session, not to the globals", function()
    local env = environment()
    statement.compile("a_variable = 5", env)()
    t.eq(rawget(env, "a_variable"), 5)
    t.eq(rawget(_G, "a_variable"), nil)
    t.eq(statement.compile("a_variable", env)(), 5)
    t.raises(statement.compile("b_variable", env), "unknown name 'b_variable'")
    t.eq({ statement.compile("_", env)() }, {})
  end)

  t.it("asks for more lines only where they may help", function()
    local cases = {
      ["for i = 1, 2 do"] = true, ["f("] = true, ["x ="] = true, ["1 +"] = true, ["{"] = true,
      ["[[a"] = true, ["--[[ a"] = true, ["function f()"] = true, ["\"a\\"] = true, ["x = 1\nf("] = true,
      ["x y"] = false, [")"] = false, ["\"abc"] = false, ["end"] = false, ["'abc"] = false,
      ["for i = 1, 2 do )"] = false, ["1 + )"] = false, ["x = 3..2"] = false,
    }
    for text, more in pairs(cases) do
      local fn, message, incomplete = statement.compile(text, {})
      t.eq(fn, nil, text)
      t.ok(message, text)
      t.eq(incomplete, more, text)
      t.eq(statement.complete(text), not more, text)
    end
  end)

  t.it("may end with an expression, if it has several lines", function()
    t.eq(statement.compile("local u = { 7 }\nu[1]", environment())(), 7)
    t.eq(statement.compile("x = 1\n{\n  x,\n  2,\n}", environment())(), { 1, 2 })
    t.eq(statement.compile("for i = 1, 2 do\n  x = i\nend\nx, 5", environment())(), 2)
    t.eq(statement.complete("for i = 1, 2 do\n  x"), false)
  end)

  t.it("may end with an expression behind a semicolon", function()
    t.eq(statement.compile("x = 5; x", environment())(), 5)
    t.eq(statement.compile("local u = { 7; 8 }; u[2]", environment())(), 8)
    t.eq(statement.complete "x = 5; x", true)
    t.eq(statement.complete "x = 5; f(", false)
  end)

  t.it("gives no values from the inside of a block", function()
    local texts = { "for i = 1, 3 do\n  i\nend", "if x then\n  x\nend", "function f()\n  x = 1\n  x\nend", "do x = 1; x end" }
    for _, text in ipairs(texts) do
      local fn, message, incomplete = statement.compile(text, environment())
      t.eq(fn, nil, text)
      t.ok(message:find("near", 1, true), text)
      t.eq(incomplete, false, text)
    end
  end)

  t.it("blames the place that is wrong", function()
    local cases = {
      ["1 + )"] = ")", ["x = = 1"] = "=", ["x y"] = "y", ["\"abc"] = "\"abc", ["x = 'a\\q'"] = "'a\\q", ["y = 3..2"] = "3..2",
      ["x = { a = 1 b = 2 }"] = "b", ["y = y y y"] = "y", ["for i = 1, 2 do\n  )\nend"] = ")", ["goto x"] = "",
    }
    for text, wrong in pairs(cases) do
      local fn, message, _, from, to = statement.compile(text, {})
      t.eq(fn, nil, text)
      t.ok(message:find("near '" .. wrong, 1, true) or wrong == "", text)
      t.eq(text:sub(from or 1, to or 0), wrong, text)
    end
    t.eq(select(4, statement.compile("y = y y y", {})), 9)
  end)

  t.it("is text only", function()
    t.eq(statement.compile(string.dump(function() end), {}), nil)
  end)

  t.it("may be a command, ask for help or want to leave", function()
    for _, text in ipairs { ":calls", " : help", ":", ":3" } do t.ok(statement.command(text), text) end
    for _, text in ipairs { "::a::", "a:b()", "" } do t.ok(not statement.command(text), text) end
    t.eq(statement.topic("?ixon.users"), "ixon.users")
    t.eq(statement.topic(" ? sleep(1)"), "sleep")
    t.eq(statement.topic("?"), "")
    t.eq(statement.topic("x"), nil)
    for _, text in ipairs{ "exit", "quit()", " exit ;" } do t.ok(statement.leaves(text), text) end
    for _, text in ipairs{ "exits", "x = exit", "exit(1)", "" } do t.ok(not statement.leaves(text), text) end
  end)
end)

t.describe("a local of the outermost level", function()
  local function run(text, self)
    self = self or shell.new()
    local fn = assert(self:compile(text))
    return self, fn()
  end

  t.it("lasts", function()
    local self = run "local x, y = 1, 2"
    t.eq(select(2, run("x + y", self)), 3)
    run("local function f() return x end", self)
    t.eq(select(2, run("f()", self)), 1)
    run("local x = x + 4 local z = x", self)
    t.eq({ select(2, run("x, z", self)) }, { 5, 5 })
  end)

  t.it("is nil without a value, and known", function()
    local self = run "x = 1"
    run("local x, y", self)
    t.eq({ select(2, run("x, y", self)) }, { nil, nil })
    t.eq(rawget(self.env, "x"), nil)
    t.raises(function() run("z", self) end, "unknown name 'z'")
    -- the rest of a list that is too short, too
    run("local a, b = 1", self)
    t.eq(select("#", select(2, run("b", self))), 1)
  end)

  t.it("is one of Lua's own with an attribute, and inside a block", function()
    local self = run "local x <const> = 1"
    t.eq(rawget(self.env, "x"), nil)
    run("do local y = 1 end if true then local y = 2 end for i = 1, 1 do local y end repeat local y until true", self)
    run("f = function() local y = 3 end", self)
    t.eq(rawget(self.env, "y"), nil)
    run("while false do end local y = 4", self)
    t.eq(rawget(self.env, "y"), 4)
  end)

  t.it("keeps the lines of the statement", function()
    local text = "local a\nlocal b = [[\nlocal c]]\nlocal function d()\n  local e\nend -- local f"
    local lasting, names = statement.lasting(text)
    t.eq(select(2, lasting:gsub("\n", "")), select(2, text:gsub("\n", "")))
    t.eq(names, { "a", "b" })
    t.eq(lasting, "      a=nil\n      b = [[\nlocal c]]\n      function d()\n  local e\nend -- local f")
  end)

  t.it("may be called _", function()
    local self = run "local _, x = 1, 2"
    t.eq({ select(2, run("_, x", self)) }, { 1, 2 })
    self.results:add "new"
    t.eq(select(2, run("_", self)), "new")
  end)
end)

t.describe("a statement of several lines", function()
  t.it("goes on with the blanks that what is open asks for", function()
    local cases = { ["x ="] = 0, ["for i = 1, 2 do"] = 2, ["f({"] = 2, ["f(function()"] = 2, ["f({\n  g("] = 4,
      ["if x then y() end f("] = 2,
      ["while f() do"] = 2, ["repeat"] = 2, ["x = [["] = 0, ["f(--[[ a"] = 0, ["f( -- a"] = 2, ["if a then\n  b()\nelse"] = 2,
      ["x = function() return { -- do"] = 2, [")"] = 0 }
    for text, blanks in pairs(cases) do t.eq(statement.indent(text), (" "):rep(blanks), text) end
  end)

  t.it("is kept with its ends as far out as their beginnings", function()
    local cases = {
      { "for i = 1, 2 do\n  print(i)\n  end", "for i = 1, 2 do\n  print(i)\nend" },
      { "if a then\n  b()\n  else\n  c()\n  end", "if a then\n  b()\nelse\n  c()\nend" },
      { "f({\n  a = 1,\n  })", "f({\n  a = 1,\n})" },
      { "f(function()\n  repeat\n    a()\n    until b\n  end)", "f(function()\n  repeat\n    a()\n  until b\nend)" },
      { "x = [[\n  end\n]]", "x = [[\n  end\n]]" },
      { "if a then\n    b()\n    end", "if a then\n    b()\n    end" },
      { "if a then\n\tb()\n\tend", "if a then\n\tb()\n\tend" },
      { "x = 1", "x = 1" },
    }
    for _, case in ipairs(cases) do t.eq(statement.tidy(case[1]), case[2]) end
  end)
end)

t.describe("the last line of a statement", function()
  t.it("moves out if it closes a block", function()
    local cases = {
      ["if x then\n  f()\n  end"] = 0, ["if x then\n  f()\n  else"] = 0, ["if x then\n  f()\n  elseif y then"] = 0,
      ["repeat\n  f()\n  until x"] = 0, ["f(\n  1\n  )"] = 0, ["t = {\n  1,\n  }"] = 0,
      ["for i = 1, 2 do\n  if i then\n    f()\n    end"] = 2,
    }
    for text, blanks in pairs(cases) do t.eq(statement.blanks(text), blanks, text) end
  end)

  t.it("stays where it is otherwise", function()
    for _, text in ipairs { "x = 1", "if x then\n  f()", "if x then\n  f()\nend", "if x then\n f()\n end", "s = [[\n  end",
                            "if x then\n  f() end" } do
      t.eq(statement.blanks(text), nil, text)
    end
  end)
end)
