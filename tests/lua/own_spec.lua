-- own_spec.lua - files that are data: what is read of them, and what they may cost.
-- SPDX-License-Identifier: MIT

local t = require "test"
local data = require("host.declare").data

-- What is wrong with a text, with its line before it.
local function fault(text)
  local value, err = data(text)
  t.eq(value, nil)
  return ("%s: %s"):format(err.line or "-", err.message)
end

t.describe("a file that is data", function()
  t.it("gives its table, each time another", function()
    local value, err = data "local row = { 'a' } return { 1, 2.5, true, name = 'x', rows = { row, row } }"
    t.eq(err, nil)
    t.eq(value, { 1, 2.5, true, name = "x", rows = { { "a" }, { "a" } } })
    t.eq(math.type(value[1]), "integer")
    t.ok(value.rows[1] ~= value.rows[2])
  end)

  t.it("has nothing of Lua's libraries, nor methods of texts", function()
    t.ok(fault("return { print }"):find("1: 'print' is not known here: the file is data", 1, true))
    t.ok(fault("\nreturn { string.rep('x', 9) }"):find("2: 'string'", 1, true))
    t.ok(fault("return { ('x'):rep(9) }"):find("attempt to index a string value", 1, true))
    t.ok(fault("name = 'x' return {}"):find("assignment to undeclared variable 'name'", 1, true))
  end)

  t.it("holds plain values only", function()
    for text, want in pairs {
      ["return { f = function() end }"] = "f: text, number, true, false or table expected, got function",
      ["return { [1.5] = 1 }"] = "a name or a place in a list expected as key, got number",
      ["return { [{}] = 1 }"] = "a name or a place in a list expected as key, got table",
      ["local t = {} t.t = t return t"] = "more than 32 deep",
      ["return 5"] = "it must return a table, got number",
      ["return"] = "it must return a table, got nil",
      ["return {"] = "1: unexpected symbol",
    } do
      t.ok(fault(text):find(want, 1, true), text)
    end
  end)

  t.it("ends, whatever it does", function()
    for text, want in pairs {
      ["while true do end"] = "1: the file runs without end",
      ["local function f() return f() end return f()"] = "1: the file runs without end",
      ["local a = { 1, 2, 3, 4, 5, 6, 7, 8, 9 } for i = 1, 9 do a = { a, a, a, a, a, a } end return a"] = "more than 100000 values",
      [(" "):rep(1024 * 1024 + 1)] = "longer than 1 MiB",
    } do
      t.ok(fault(text):find(want, 1, true), text:sub(1, 60))
    end
    -- on a slow machine its time is over first
    for _, text in ipairs { "local s = 'x' while true do s = s .. s end", "local t = {} while true do t[#t + 1] = {} end" } do
      local told = fault(text)
      t.ok(told:find("no memory for the file", 1, true) or told:find("runs without end", 1, true), told)
    end
  end)
end)

t.describe("the catalogues that are built in", function()
  t.it("are far from those bounds", function()
    for _, name in ipairs(require("host.state").services()) do
      for _, file in ipairs { "catalogue", "sandbox" } do
        local f <close> = assert(io.open(("lua/%s/%s.lua"):format(name, file)))
        local text = f:read "a"
        t.ok(#text < 512 * 1024)
        t.ok(data(text), name)
      end
    end
  end)
end)
