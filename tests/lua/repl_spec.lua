-- repl_spec.lua - the parts of the prompt that need no terminal.
-- SPDX-License-Identifier: MIT

local t = require "test"
local complete = require "core.repl.complete"
local history = require "core.repl.history"
local show = require "core.repl.show"
local statement = require "core.repl.statement"
local sys = require "host.sys"
local topic = require "core.repl.topic"

local function environment()
  return require("core.repl").environment()
end

local function has(list, name)
  for _, one in ipairs(list) do
    if one == name then return true end
  end
  return false
end

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
      ["[[a"] = true, ["--[[ a"] = true, ["function f()"] = true, ["\"a\\"] = true,
      ["x y"] = false, [")"] = false, ["\"abc"] = false, ["end"] = false, ["'abc"] = false,
      ["for i = 1, 2 do )"] = false, ["1 + )"] = false,
    }
    for text, more in pairs(cases) do
      local fn, message, incomplete = statement.compile(text, {})
      t.eq(fn, nil, text)
      t.ok(message, text)
      t.eq(incomplete, more, text)
    end
  end)

  t.it("blames the place that is wrong", function()
    t.ok(select(2, statement.compile("1 + )", {})):find("near ')'", 1, true))
    t.ok(select(2, statement.compile("x = = 1", {})):find("near '='", 1, true))
  end)

  t.it("is text only", function()
    t.eq(statement.compile(string.dump(function() end), {}), nil)
  end)

  t.it("may ask for help or want to leave", function()
    t.eq(statement.topic("?ixon.users"), "ixon.users")
    t.eq(statement.topic(" ? sleep(1)"), "sleep")
    t.eq(statement.topic("?"), "")
    t.eq(statement.topic("x"), nil)
    for _, text in ipairs{ "exit", "quit()", " exit ;" } do t.ok(statement.leaves(text), text) end
    for _, text in ipairs{ "exits", "x = exit", "exit(1)", "" } do t.ok(not statement.leaves(text), text) end
  end)
end)

t.describe("completion", function()
  t.it("knows globals, the library, services, keywords and the session", function()
    local env = { my_table = {}, my_text = "x" }
    t.eq({ complete("tostr", env) }, { { "tostring" }, "tostr", "(" })
    t.eq({ complete("x = intr", env) }, { { "intrexx" }, "intr", "." })
    t.eq({ complete("print_t", env) }, { { "print_table" }, "print_t", "(" })
    t.eq({ complete("retu", env) }, { { "return" }, "retu", "" })
    t.eq({ complete("my_ta", env) }, { { "my_table" }, "my_ta", "." })
    t.eq({ complete("print(my_", env) }, { { "my_table", "my_text" }, "my_", "" })
    t.ok(#complete("", env) > 50)
  end)

  t.it("knows resources and operations from the description", function()
    t.ok(has(complete("intrexx.", {}), "portals"))
    t.ok(has(complete("intrexx.", {}), "with"))
    t.eq({ complete("f(ixon.invi", {}) }, { { "invites" }, "invi", "." })
    local operations = complete("ixon.invites.", {})
    t.ok(has(operations, "create") and has(operations, "list") and has(operations, "each"))
    t.eq({ complete("a..ixon.invites.crea", {}) }, { { "create" }, "crea", "(" })
    t.eq({ complete("ixon.nothing.x", {}) }, { {}, "x", "" })
    t.eq({ complete("nothing.x", {}) }, { {}, "x", "" })
  end)

  t.it("follows variables that hold services and resources", function()
    local env = { s = require("core.services").get("ixon") }
    t.ok(has(complete("s.", env), "invites"))
    t.ok(has(complete("s.invites.", env), "create"))
    env.r = env.s.invites
    t.ok(has(complete("r.", env), "create"))
  end)

  t.it("knows fields and methods", function()
    local env = { a = { b = { deep = 1, ["no name"] = 2, [3] = 4 } }, text = "x", n = 1 }
    t.eq({ complete("a.b.", env) }, { { "deep" }, "", "" })
    t.eq({ complete("string.for", env) }, { { "format" }, "for", "(" })
    t.eq({ complete("text:upp", env) }, { { "upper" }, "upp", "(" })
    t.eq({ complete("a:", env) }, { {}, "", "" })
    t.eq({ complete("n.", env) }, { {}, "", "" })
    t.eq({ complete("json.enc", env) }, { { "encode" }, "enc", "(" })
  end)

  t.it("calls no metamethod", function()
    local called = {}
    local function trap(name)
      return function() called[#called + 1] = name end
    end
    local trapped = setmetatable({ visible = 1 }, {
      __index = trap "index", __pairs = trap "pairs", __len = trap "len", __eq = trap "eq",
      __tostring = trap "tostring", __call = trap "call", __newindex = trap "newindex" })
    local env = setmetatable({ u = trapped }, { __index = trap "env" })
    t.eq(complete("u.", env), { "visible" })
    t.eq(complete("u.missing.", env), {})
    t.eq(complete("u:", env), {})
    complete("u", env)
    t.eq(called, {})
  end)

  t.it("leaves text and comments alone", function()
    for _, text in ipairs{ "x = \"intr", "x = 'a\\' intr", "-- intr", "[[ intr", "--[==[ ]] intr",
                           "x = [=[ a\nintr" } do
      t.eq(complete(text, {}), {}, text)
    end
    for _, text in ipairs{ "'a' .. intr", "\"\\\"\" intr", "-- a\nintr", "[[a]] intr", "a[intr",
                           "--[[ a ]] intr", "1 - intr" } do
      t.eq(complete(text, {}), { "intrexx" }, text)
    end
  end)

  t.it("says nothing after what is no name", function()
    for _, text in ipairs{ "f().", "a[1].", "1.", "12", ".", "a..b..", "x.1", "\255." } do
      t.eq(type((complete(text, {}))), "table", text)
    end
    t.eq(complete("f().", {}), {})
    t.eq(complete("12", {}), {})
  end)

  t.it("survives any text", function()
    local alphabet = "ab1.:\"'[]-=\\ \n({\255\0ixon"
    math.randomseed(7)
    for _ = 1, 2000 do
      local text = {}
      for i = 1, math.random(0, 20) do
        local at = math.random(#alphabet)
        text[i] = alphabet:sub(at, at)
      end
      local list, prefix = complete(table.concat(text), {})
      t.ok(type(list) == "table" and type(prefix) == "string")
    end
  end)
end)

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
  end)

  t.it("leaves out what may hold a secret, and what starts with a blank", function()
    t.ok(history.private("x = secret.env 'A'"))
    t.ok(history.private("ixon.users.create{ PassWord = 'x' }"))
    t.ok(history.private(" x"))
    t.ok(not history.private("x = 1"))
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
end)

t.describe("results", function()
  t.it("are shown in Lua's notation where JSON cannot say them", function()
    t.eq(show.dump({ 1, 2, x = 3 }), "{\n  1,\n  2,\n  x = 3,\n}")
    t.eq(show.dump({ ["a b"] = { true }, [10] = "x\ny" }),
      "{\n  [10] = \"x\\ny\",\n  [\"a b\"] = {\n    true,\n  },\n}")
    t.eq(show.dump({}), "{}")
  end)

  t.it("say what they leave out", function()
    local loop = {}
    loop.loop = loop
    t.eq(show.dump(loop), "{\n  loop = { ... },  -- seen above\n}")
    t.ok(show.dump({ { { { { 1 } } } } }):find("deeper", 1, true))
    local many = {}
    for i = 1, 300 do many[i] = i end
    t.ok(show.dump(many):find("-- 100 more", 1, true))
  end)

  t.it("know the help topic of a service, a resource, an operation", function()
    local ixon = require("core.services").get("ixon")
    t.eq(topic.of(ixon), "ixon")
    t.eq(topic.of(ixon.invites), "ixon.invites")
    t.eq(topic.of(ixon.invites.create), "ixon.invites.create")
    t.eq(topic.of(ixon.invites.each), "ixon.invites")
    t.eq(topic.of(sleep), "sleep")
    t.eq(topic.of({}), nil)
    t.eq(topic.of(print), nil)
    t.raises(function() topic.text({}) end, "no help on a table")
    t.ok(topic.text(ixon.invites.create):find("ixon.invites.create", 1, true))
  end)
end)

t.describe("an error", function()
  local describe = require("core.repl").describe

  t.it("is a sentence and its problems", function()
    local err = require("core.error").new("validation", "2 problems, nothing was sent", {
      problems = { { path = "a", message = "missing" }, { path = "b", message = "wrong" } } })
    t.eq(describe(err, "x"), "error: 2 problems, nothing was sent\n  a: missing\n  b: wrong")
  end)

  t.it("names its line only if there are several", function()
    t.eq(describe("prompt:1: no", "x"), "error: no")
    t.eq(describe("prompt:2: no", "x\ny"), "error: prompt:2: no")
  end)

  t.it("is no error if it was Ctrl-C", function()
    local new = require("core.error").new
    t.eq(describe(new("cancelled", "interrupted"), "x"), "\ninterrupted")
    t.eq(describe(new("cancelled", "not confirmed: nothing was sent"), "x"),
      "error: not confirmed: nothing was sent")
  end)
end)
