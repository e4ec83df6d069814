-- state_spec.lua - what a script finds, what it does not, and its limits.
-- SPDX-License-Identifier: MIT

local t = require "test"
local child = require "child"
local state = require "host.state"

t.describe("globals", function()
  t.it("that nobody declared are errors when read, naming the nearest", function()
    local err = t.raises(function() return paralel end, "unknown name 'paralel' (did you mean 'parallel'?)") -- luacheck: ignore 113
    t.eq(err.kind, "validation")
    t.ok(err.where:find "^tests/lua/state_spec.lua:%d+$", err.where)
    t.raises(function() return ixn end, "did you mean 'ixon'?") -- luacheck: ignore 113
    t.raises(function() return zzzzzzzz end, "unknown name 'zzzzzzzz'") -- luacheck: ignore 113
  end)

  t.it("cannot be made by assignment", function()
    t.raises(function() count = 1 end, "assignment to undeclared variable 'count' (write 'local count = ...')") -- luacheck: ignore 111
    t.raises(function() _G[1] = 1 end, "undeclared variable '1'")
    t.eq(rawget(_G, "count"), nil)
    t.eq(getmetatable(_G), "global")
    t.raises(function() setmetatable(_G, {}) end, "protected metatable")
  end)

  t.it("are the services and the script library, made when first touched", function()
    t.ok(rawequal(ixon, require "ixon"))
    t.ok(rawequal(ixon, require("core.services").get "ixon"))
    for name in pairs(require "std") do t.ok(_G[name] ~= nil, name) end
  end)

  t.it("are those of Lua but for what reaches into the host", function()
    t.eq(rawget(_G, "debug"), nil)
    t.eq(package.loaded.debug, nil)
    t.eq(package.loadlib, nil)
    t.eq({ package.path, package.cpath }, { "", "" })
    t.raises(function() require "debug" end, "module 'debug' not found")
    for _, name in ipairs { "string", "table", "math", "utf8", "io", "os", "coroutine", "package" } do t.eq(type(_G[name]), "table") end
  end)
end)

t.describe("code", function()
  local compiled = string.dump(function() return 1 end)

  t.it("is text: compiled code is refused by load", function()
    local fn, err = load(compiled)
    t.eq(fn, nil)
    t.ok(err:find("attempt to load a binary chunk", 1, true), err)
    t.eq(load(compiled, "x", "b"), nil)
    t.eq(load(compiled, "x", "bt"), nil)
    t.eq(load(compiled, "x", nil, {}), nil)
    local parts = { compiled:sub(1, 10), compiled:sub(11) }
    t.eq(load(function() return table.remove(parts, 1) end, "x", "b"), nil)
  end)

  t.it("is text: compiled code is refused in files", function()
    local path = child.file("compiled.lua", compiled)
    local fn, err = loadfile(path)
    t.eq(fn, nil)
    t.ok(err:find("binary chunk", 1, true), err)
    t.eq(loadfile(path, "b"), nil)
    t.raises(function() dofile(path) end, "binary chunk")
    t.ok(child.script 'require "compiled"':find("binary chunk", 1, true))
    local output, code = child.errand "run compiled.lua"
    t.eq(code, 1)
    t.ok(output:find("compiled", 1, true), output)
  end)

  t.it("is loaded as in Lua otherwise", function()
    t.eq(load("return 1 + 1")(), 2)
    t.eq(load("return x", "=n", "t", { x = 5 })(), 5)
    t.eq(select(2, load("return +", "=n")), "n:1: unexpected symbol near '+'")
    t.eq(load("return x", "=n", nil, { x = 6 })(), 6)
    local parts = { "return ", "7" }
    t.eq(load(function() return table.remove(parts, 1) end)(), 7)
    t.eq(load(function() return nil end)(), nil)
    local path = child.file("two.lua", "local a = ... return a, y")
    t.eq(table.pack(loadfile(path, "t", { y = 2 })(1)), { n = 2, 1, 2 })
    t.eq(loadfile(child.dir() .. "/absent.lua"), nil)
    t.eq(table.pack(dofile(child.file("three.lua", "return 1, nil, 3"))), { n = 3, 1, nil, 3 })
    t.raises(function() dofile(child.file("bad.lua", "x x")) end, "syntax error")
    t.raises(function() dofile() end, "string expected")
  end)

  t.it("in files may wait", function()
    t.eq(dofile(child.file("waits.lua", "sleep(0.001) return 'slept'")), "slept")
  end)
end)

t.describe("require", function()
  t.it("finds modules beside the script, and below", function()
    child.file("part.lua", "return { name = ... }")
    assert(require("host.sys").make_dir(child.dir() .. "/sub/deep", 448))
    child.file("sub/leaf.lua", "return 'leaf'")
    child.file("sub/deep/init.lua", "return 'deep'")
    t.eq(table.pack(child.script 'print(require("part").name, require "sub.leaf", require "sub.deep", require "part" == require "part")'),
      { n = 2, "part\tleaf\tdeep\ttrue\n", 0 })
  end)

  t.it("does not look where the script is not, nor at LUA_PATH", function()
    child.file("elsewhere.lua", "print 'from elsewhere'")
    local output, code = child.errand("-e 'require \"elsewhere\"'", "LUA_PATH='./?.lua' LUA_PATH_5_4='./?.lua' LUA_INIT='print(1)'")
    t.eq(code, 1)
    t.ok(output:find("module 'elsewhere' not found", 1, true) and not output:find("from elsewhere", 1, true), output)
    t.ok(not output:find "^1\n", output)
  end)

  t.it("gives errand's own modules before the script's", function()
    child.file("ixon.lua", "return 'mine'")
    t.eq(table.pack(child.script 'print(type(require "ixon"))'), { n = 2, "table\n", 0 })
  end)

  t.it("says what is wrong with a module, with file and line", function()
    child.file("broken.lua", "local x = 1\nx x\n")
    local output, code = child.script 'require "broken"'
    t.eq(code, 1)
    t.ok(output:find("broken.lua:2: syntax error", 1, true), output)
    output = child.script 'require "absent"'
    t.ok(output:find("module 'absent' not found", 1, true) and output:find("main.lua:1:", 1, true), output)
  end)
end)

t.describe("limits", function()
  t.it("on memory raise an error that can be caught, and leave a state that works", function()
    local output, code = child.script([[
      local ok, err = pcall(string.rep, "x", 200 * 1024 * 1024)
      print(ok, err)
      local list = {}
      print(pcall(function() for i = 1, 1e9 do list[i] = { i } end end))
      list = nil
      collectgarbage()
      print(#("x"):rep(1000), spawn(function() sleep(0) return "runs" end):join())
    ]], "--max-memory 32")
    t.eq(code, 0)
    t.eq(output, "false\tnot enough memory\nfalse\tnot enough memory\n1000\truns\n")
  end)

  t.it("on memory end a script that does not catch it, cleanly", function()
    local output, code = child.script("local s = 'x' for _ = 1, 40 do s = s .. s end", "--max-memory 32")
    t.eq(code, 1)
    t.ok(output:find("not enough memory", 1, true), output)
  end)

  t.it("on memory hold in tasks too", function()
    local output, code = child.script([[
      local one = spawn(function() sleep(0) return ("x"):rep(200 * 1024 * 1024) end)
      print(pcall(one.join, one))
      print(spawn(function() sleep(0) return "runs" end):join())
    ]], "--max-memory 32")
    t.eq({ output, code }, { "false\tnot enough memory\nruns\n", 0 })
  end)

  t.it("on time end the process, whatever it does", function()
    local output, code = child.script("while true do end", "--time-limit 0.1")
    t.eq(code, 1)
    t.ok(output:find("the time limit has passed", 1, true), output)
    output, code = child.script("('a'):rep(60):find(('.-'):rep(60) .. 'b')", "--time-limit 0.1")
    t.eq(code, 1)
    t.ok(output:find("the time limit has passed", 1, true), output)
  end)

  t.it("on recursion raise an error", function()
    local function deep() return 1 + deep() end
    t.raises(deep, "stack overflow")
    local co
    co = function() return coroutine.wrap(co)() end
    t.raises(co, "C stack overflow")
    t.raises(function() local s = ("("):rep(300) .. "1" .. (")"):rep(300) assert(load("return " .. s)) end, "overflow")
  end)
end)

t.describe("errors", function()
  t.it("of a script carry file and line", function()
    local output, code = child.script "local x\nlocal y = x.y\n"
    t.eq(code, 1)
    t.eq(output, "errand: main.lua:2: attempt to index a nil value (local 'x')\n")
    output, code = child.script "local = 1"
    t.eq({ output, code }, { "errand: main.lua:1: <name> expected near '='\n", 1 })
  end)

  t.it("without text are shown too", function()
    t.eq(select(2, child.script "error()"), 1)
    t.ok(child.script("error()"):find("errand: ", 1, true))
    t.ok(child.script("error({})"):find("errand: ", 1, true))
    t.ok(child.script("error(setmetatable({}, { __tostring = function() return 'shown' end }))"):find("shown", 1, true))
    t.eq(select(2, child.script "error(setmetatable({}, { __tostring = function() error 'x' end }))"), 1)
  end)

  t.it("show a traceback when asked", function()
    local text = "local function inner() error 'x' end\nlocal function outer() inner() end\nouter()"
    t.ok(not child.script(text):find("traceback", 1, true))
    local output = child.script(text, "--verbose")
    t.ok(output:find("stack traceback", 1, true) and output:find("main.lua:2: in", 1, true), output)
  end)

  t.it("in a task show the task's traceback", function()
    local output = child.script("local function inner() require('core.error').raise('conflict', 'x') end\n"
      .. "local one = spawn(function()\n  sleep(0)\n  inner()\nend)\none:join()", "--verbose")
    t.ok(output:find("main.lua:4: in", 1, true), output)
  end)

  t.it("of a service name the script's line, not errand's", function()
    local output, code = child.script("local function call()\n  return ixon.rols\nend\ncall()", "--sandbox")
    t.eq(code, 2)
    t.ok(output:find("^errand: main.lua:2: ixon has no resource 'rols' %(did you mean 'roles'%?%)"), output)
  end)

  t.it("of a service in a module name the module's line", function()
    child.file("part.lua", "return function()\n\n  return ixon.roles.lst()\nend")
    local output = child.script("require 'part' ()", "--sandbox")
    t.ok(output:find("part.lua:3: ixon.roles has no operation 'lst'", 1, true), output)
  end)

  t.it("know where they are from", function()
    t.ok(state.where():find "^tests/lua/state_spec.lua:%d+$", state.where())
    t.eq(load("return require('host.state').where()", "=here")(), "here:1")
  end)

  t.it("keep a traceback that is there", function()
    local err = state.traceback("text")
    t.eq({ err.kind, err.message }, { "script", "text" })
    t.ok(err.traceback:find("stack traceback", 1, true))
    err.traceback = "own"
    t.eq(state.traceback(err).traceback, "own")
  end)
end)

t.describe("an interruption", function()
  t.it("stops a loop that never waits, and closes its variables", function()
    local output, code = child.script [[
      os.execute "(sleep 0.1; kill -INT $PPID) &"
      local _c <close> = setmetatable({}, { __close = function(_, err) print("closed", err.kind) end })
      while true do end
    ]]
    t.eq(code, 130)
    t.ok(output:find("closed\tcancelled", 1, true), output)
  end)

  t.it("stops a loop inside a coroutine", function()
    local output, code = child.script [[
      os.execute "(sleep 0.1; kill -INT $PPID) &"
      coroutine.wrap(function() while true do end end)()
    ]]
    t.eq(code, 130, output)
  end)
end)

child.clean()
