-- output_spec.lua - values in every output format.
-- SPDX-License-Identifier: MIT

local t = require "test"
local output = require "core.output"

local function format(value, name, opts)
  return output.format(value, name, opts)
end

t.describe("json and ndjson", function()
  t.it("write one line in a pipe and indent on a terminal", function()
    t.eq(format({ b = 1, a = { true } }, "json"), '{"a":[true],"b":1}\n')
    t.eq(format({ a = 1 }, "json", { terminal = true }), '{\n  "a": 1\n}\n')
    t.eq(format({ { a = 1 }, { a = 2 } }, "ndjson"), '{"a":1}\n{"a":2}\n')
    t.eq(format({ a = 1 }, "ndjson"), '{"a":1}\n')
    t.eq(format(array{}, "ndjson"), "")
    t.eq(format(array{}, "json"), "[]\n")
    t.eq(format(nil, "json"), "null\n")
    t.eq(format("x\n", "auto"), '"x\\n"\n')
  end)

  t.it("raise what cannot be written", function()
    local err = t.raises(function() format({ print }, "json") end)
    t.eq(err.kind, "validation")
  end)
end)

t.describe("table", function()
  local list = {
    { name = "hr", id = 7, size = 1.5, tags = { "a", "b" }, note = null },
    { name = "plant", id = 12, extra = false },
  }

  t.it("aligns columns: ids and names first, nested ones last", function()
    t.eq(format(list, "table"), "id  name   extra  note  size  tags\n"
      .. " 7  hr                   1.5  [\"a\",\"b\"]\n12  plant  false\n")
  end)

  t.it("takes the columns asked for, also nested ones", function()
    t.eq(format({ { a = { b = "x" }, c = 1 } }, "table", { columns = { "c", "a.b", "none" } }),
      "c  a.b  none\n1  x\n")
  end)

  t.it("fits a terminal by cutting the widest column", function()
    local text = format({ { id = 1, text = ("long "):rep(20) } }, "table",
      { terminal = true, width = 30, color = false })
    for line in text:gmatch("[^\n]+") do
      t.ok(require("host.err").width(line) <= 30, line)
    end
    t.ok(text:find("…", 1, true))
    t.ok(text:find("(1 row)", 1, true))
  end)

  t.it("cuts ids last", function()
    local id = "6112f63b-7769-4f6f-a149-abb6f5ea5130"
    local text = format({ { id = id, text = ("long "):rep(20) } }, "table",
      { terminal = true, width = 50, color = false })
    t.ok(text:find(id, 1, true), text)
    text = format({ { id = id } }, "table", { terminal = true, width = 20, color = false })
    t.ok(text:find("6112f63b-7769-4f6f-…", 1, true), text)
  end)

  t.it("fits whatever the width, down to nothing", function()
    for width = 1, 60 do
      local text = format({ { id = "12345678901234567890", name = ("n"):rep(30), z = 7 } }, "table",
        { terminal = true, width = width, color = false })
      for line in text:gmatch("[^\n]+") do
        t.ok(line:find("^%(") or require("host.err").width(line) <= width, width .. ": " .. line)
      end
    end
  end)

  t.it("says which columns it hid", function()
    local record = {}
    for i = 1, 30 do record[("column_%02d"):format(i)] = "value" .. i end
    local text = format({ record }, "table", { terminal = true, width = 40, color = false })
    t.ok(text:find("not shown: ", 1, true))
    t.ok(text:find("column_30", 1, true))
    for line in text:gmatch("[^\n]+") do
      t.ok(line:find("^%(") or require("host.err").width(line) <= 40, line)
    end
  end)

  t.it("keeps columns straight with wide and combining characters", function()
    local text = format({ { a = "日本", b = "x" }, { a = "e\u{301}", b = "y" }, { a = "abcd", b = "z" } },
      "table")
    t.eq(text, "a     b\n日本  x\ne\u{301}     y\nabcd  z\n")
  end)

  t.it("shows control characters escaped and adds no line", function()
    local text = format({ { a = "x\27[31m\nred", b = "\u{202e}evil" } }, "table")
    t.eq(select(2, text:gsub("\n", "")), 2)
    t.ok(not text:find("[\27]"))
    t.ok(not text:find("\u{202e}", 1, true))
  end)

  t.it("writes lists of plain values and lone records", function()
    t.eq(format({ "a", "b" }, "table"), "value\na\nb\n")
    t.eq(format({ id = 1 }, "table"), "id\n 1\n")
    t.eq(format(array{}, "table"), "")
    t.eq(format(array{}, "table", { terminal = true, color = false }), "(0 rows)\n")
  end)
end)

t.describe("csv", function()
  t.it("quotes as RFC 4180 wants it", function()
    t.eq(format({ { a = 'say "hi"', b = "x,y" }, { a = "two\nlines", b = " blank" } }, "csv"),
      'a,b\n"say ""hi""","x,y"\n"two\nlines"," blank"\n')
    t.eq(format({ { a = 1 } }, "csv", { crlf = true }), "a\r\n1\r\n")
  end)

  t.it("defuses formulas and leaves numbers alone", function()
    t.eq(format({ { a = "=1+1" }, { a = "+49 30" }, { a = "-x" }, { a = "@cmd" }, { a = "\tx" } }, "csv"),
      "a\n'=1+1\n'+49 30\n'-x\n'@cmd\n'\tx\n")
    t.eq(format({ { a = -5 }, { a = -1.5 }, { a = "-7.25" } }, "csv"), "a\n-5\n-1.5\n-7.25\n")
  end)

  t.it("writes nothing for null, words for booleans, JSON for nested values", function()
    t.eq(format({ { a = null, b = true, c = { x = 1 } } }, "csv"), 'a,b,c\n,true,"{""x"":1}"\n')
  end)

  t.it("is read back by read_csv", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "wb"))
    file:write(format({ { a = 'q"u,o\r\nte', b = "" }, { a = "", b = "é" } }, "csv"))
    file:close()
    local list = read_csv(path)
    os.remove(path)
    t.eq(list, { { a = 'q"u,o\r\nte', b = "" }, { a = "", b = "é" } })
  end)
end)

t.describe("lua", function()
  t.it("loads back equal, with sorted keys", function()
    local value = { 1, "two\n\0\r\"\\", { nested = true }, b = 0.1, a = math.mininteger,
                    ["end"] = 1e300, ["with blank"] = -0.5, [10] = "ten", [2.5] = "x", f = 3.0 }
    local text = format(value, "lua")
    t.eq(load(text)(), value)
    t.eq(format(value, "lua"), text)
    t.ok(text:find("a = .-b = 0.1") ~= nil)
  end)

  t.it("loads back in an empty environment where there is no null", function()
    t.eq(load(format({ a = {}, list = { 1, 2 } }, "lua"), "x", "t", {})(), { a = {}, list = { 1, 2 } })
    t.eq(format({ 1, null }, "lua"), "return {\n  1,\n  null,\n}\n")
  end)

  t.it("refuses cycles and functions", function()
    local loop = {}
    loop.self = loop
    t.raises(function() format(loop, "lua") end, "holds itself")
    t.raises(function() format({ print }, "lua") end, "function")
  end)
end)

t.describe("auto", function()
  t.it("is a table, text or indented JSON on a terminal", function()
    local terminal = { terminal = true, width = 80, color = false }
    t.eq(format({ { id = 1 } }, nil, terminal), "id\n 1\n(1 row)\n")
    t.eq(format({ id = 1 }, nil, terminal), '{\n  "id": 1\n}\n')
    t.eq(format("plain \27[1m", nil, terminal), "plain \\x1b[1m\n")
    t.eq(format(7, nil, terminal), "7\n")
  end)
end)
