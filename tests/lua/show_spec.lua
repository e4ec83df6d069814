-- show_spec.lua - what the prompt shows of a value.
-- SPDX-License-Identifier: MIT

local t = require "test"
local dump = require "core.repl.dump"
local host_err = require "host.err"
local show = require "core.repl.show"
local topic = require "core.repl.topic"

-- everything takes so many times as long, under valgrind
local slow = tonumber(os.getenv "SLOW" or 1)

local function lines_of(text)
  local lines = {}
  for line in text:gmatch("([^\n]*)\n") do lines[#lines + 1] = line end
  return lines
end

local function fits(text, width, what)
  for _, line in ipairs(lines_of(text)) do
    t.ok(host_err.width(line) <= width, ("%s at %d: %s"):format(what, width, line))
  end
end

local function has(text, part)
  t.ok(text:find(part, 1, true), ("'%s' in: %s"):format(part, text))
end

local function lacks(text, part)
  t.ok(not text:find(part, 1, true), ("no '%s' in: %s"):format(part, text))
end

local function people(n)
  local list = {}
  for i = 1, n do
    list[i] = { id = ("id-%04d"):format(i), name = "Person " .. i, email = ("person%d@example.com"):format(i) }
  end
  return list
end

-- Raises when anything but what is listed happens to it.
local function trapped(fields, allowed)
  local meta = {}
  for _, event in ipairs{ "index", "newindex", "pairs", "len", "eq", "lt", "call", "concat", "close", "tostring", "name" } do
    meta["__" .. event] = function() error(event .. " was called") end
  end
  meta.__name = nil
  for name, value in pairs(allowed or { __tostring = false }) do meta[name] = value or nil end
  return setmetatable(fields, meta)
end

t.describe("a value in Lua's notation", function()
  t.it("stands in one line where it fits", function()
    t.eq(dump.text(42), "42")
    t.eq(dump.text({ 1, 2, x = 3 }), "{ 1, 2, x = 3 }")
    t.eq(dump.text({}), "{}")
    t.eq(dump.text({ ["a b"] = { true }, [10] = "x\ny", ["end"] = null }),
      '{ [10] = "x\\ny", ["a b"] = { true }, ["end"] = null }')
  end)

  t.it("loads back equal", function()
    local value = { 1, -2.5, 1 / 3, 0.1, 1e300, 2.0, math.maxinteger, math.huge, -math.huge, true, "a\0b\r\n\t\"\\é日本\127",
      { deep = { deeper = { "x" } } }, [20] = false, ["a-b"] = "\u{202e}", ["while"] = 3 }
    t.eq(load("return " .. dump.text(value, { whole = true, width = 40 }))(), value)
    t.eq(load("return " .. dump.text(value, { whole = true, width = 1000 }))(), value)
    t.eq(dump.text(0 / 0):gsub("-", ""), "0/0")
  end)

  t.it("is broken over lines where it does not fit, keys sorted", function()
    local value = { b = { 1, 2 }, a = "some text", c = { x = { y = 1 } }, [3] = 4 }
    t.eq(dump.text(value, { width = 24 }),
      '{\n  [3] = 4,\n  a = "some text",\n  b = { 1, 2 },\n  c = { x = { y = 1 } },\n}')
    -- the name in front of it takes room, too
    t.eq(dump.text({ a = 1234567890 }, { width = 20 }), "{ a = 1234567890 }")
    t.eq(dump.text({ a = 1234567890 }, { width = 20, indent = 5 }), "{\n  a = 1234567890,\n}")
  end)

  t.it("fills lines with short items", function()
    local list = {}
    for i = 1, 30 do list[i] = i end
    t.eq(dump.text(list, { width = 30 }), "{\n  1, 2, 3, 4, 5, 6, 7, 8, 9,\n  10, 11, 12, 13, 14, 15, 16,\n"
      .. "  17, 18, 19, 20, 21, 22, 23,\n  24, 25, 26, 27, 28, 29, 30,\n}")
  end)

  t.it("says what it hides", function()
    local text, hidden = dump.text({ { { { { { 1 } } } } } })
    has(text, "{ … }")
    t.eq(hidden, "1 table hidden")
    local many = {}
    for i = 1, 300 do many["key" .. i] = i end
    text, hidden = dump.text(many)
    has(text, "-- 200 more\n}")
    t.eq(hidden, "200 members hidden")
    text, hidden = dump.text({ a = ("x"):rep(1000), b = 1 })
    has(text, "xxx…\",  -- 950 more bytes\n")
    t.eq(hidden, "950 bytes hidden")
    t.eq(select(2, dump.text({ { 1 }, "x" })), nil)
  end)

  t.it("cuts text to what the line has room for, but no address", function()
    local url = "https://ixon.example.com/api/" .. ("x"):rep(60)
    local value = { a = ("long "):rep(100), b = ("日本 "):rep(60), c = { d = ("\1 "):rep(90), e = ("z"):rep(300) }, f = "x y" }
    for width = 40, 120 do fits(dump.text(value, { width = width }) .. "\n", width, "long text") end
    has(dump.text({ url }, { width = 40 }), url)
    has(dump.text({ ("a b "):rep(9) }, { width = 44 }), ("a b "):rep(9))
  end)

  t.it("hides nothing when all is asked for", function()
    local deep = { "bottom" }
    for _ = 1, 60 do deep = { deep } end
    local text, hidden = dump.text(deep, { whole = true, width = 20 })
    has(text, "bottom")
    t.eq(hidden, nil)
    local many = {}
    for i = 1, 3000 do many["key" .. i] = ("x"):rep(300) end
    text, hidden = dump.text(many, { whole = true })
    t.eq(hidden, nil)
    t.eq(load("return " .. text)(), many)
  end)

  t.it("takes at most a hundred lines, whatever is nested", function()
    local wide = {}
    for i = 1, 50 do
      wide[i] = {}
      for k = 1, 50 do wide[i]["key" .. k] = ("y"):rep(20) end
    end
    local text, hidden = dump.text({ wide, wide, wide })
    t.ok(select(2, text:gsub("\n", "")) <= 115, text)
    has(hidden, "members")
  end)

  t.it("ends for tables that hold themselves or share their parts", function()
    local loop = { name = "loop" }
    loop.me = loop
    t.eq(dump.text(loop), '{\n  me = { … },  -- a table that holds this one\n  name = "loop",\n}')
    local shared = { 1, 2 }
    t.eq(dump.text({ shared, shared }), "{ { 1, 2 }, { 1, 2 } }")
    local doubled = { "x" }
    for _ = 1, 60 do doubled = { doubled, doubled } end
    t.eq(select(2, dump.text(doubled, { whole = true, width = 40 })):match(" hidden$"), " hidden")
  end)

  t.it("is the value, whatever that is", function()
    math.randomseed(11)
    local alphabet = { "a", "é", "日", "\27", "\0", "\n", "\"", "\\", " ", "\u{202e}", "\255", "e\u{301}", "1", "]]", "--" }
    local function text(n)
      local parts = {}
      for i = 1, math.random(0, n) do parts[i] = alphabet[math.random(#alphabet)] end
      return table.concat(parts)
    end
    local function random(depth)
      local kind = math.random(depth > 0 and 7 or 4)
      if kind == 1 then return text(60) end
      if kind == 2 then return math.random(-1000, 1000) / (math.random(2) == 1 and 1 or 7) end
      if kind == 3 then return math.random(0) end
      if kind == 4 then return math.random(2) == 1 end
      local made = {}
      for i = 1, math.random(0, 12) do made[math.random(3) == 1 and text(5) or i] = random(depth - 1) end
      return made
    end
    for _ = 1, 300 do
      local value, width = { random(4) }, math.random(20, 120)
      local shown, hidden = dump.text(value, { whole = true, width = width })
      t.eq(hidden, nil)
      t.eq(load("return " .. shown)(), value, shown)
      t.eq(host_err.safe(shown, true), shown)
      t.ok(show.format(value, 1, { width = width }):sub(-1) == "\n")
      t.ok(show.text(value, width):sub(-1) == "\n")
    end
  end)

  t.it("shows the null members of a JSON object", function()
    t.eq(dump.text(json.decode('{"b":null,"a":[null,{"c":null}]}')), "{ a = { null, { c = null } }, b = null }")
  end)

  t.it("keeps numbers that Lua cannot hold exactly", function()
    t.eq(dump.text(json.decode('[123456789012345678901234567890]')), "{ 123456789012345678901234567890 }")
  end)

  t.it("cuts text between characters only", function()
    for shift = 0, 3 do
      local text = dump.text({ ("a"):rep(shift) .. ("日"):rep(200) })
      t.ok(utf8.len(text), text)
      lacks(text, "\\x")
    end
    t.ok(utf8.len((dump.text(("\200"):rep(2000)))))
  end)

  t.it("runs no metamethod but __tostring", function()
    local quiet = trapped({ 1, 2, field = { 3 } })
    has(dump.text(quiet), "field = { 3 }")
    has(dump.text({ a = quiet, [quiet] = 1 }), "field = { 3 }")
    t.eq(dump.text(trapped({}, { __tostring = function() return "me\27[31m" end })), "me\\x1b[31m")
    has(dump.text(trapped({}, { __tostring = function() error("no") end })), "__tostring fails")
    has(show.format({ quiet, quiet }, 1, {}), "field = { 3 }")
    has(show.format(setmetatable({ 1 }, { __metatable = false, __len = error }), 1, {}), "{ 1 }")
  end)

  t.it("does not look into what a plan does not know", function()
    local symbol = require("core.run.symbol").new("invite")
    t.eq(show.format(symbol, 1, {}), "_1 = <invite>\n")
    t.eq(show.format({ id = symbol.publicId }, 1, {}), "_1 = { id = <invite.publicId> }\n")
    has(show.format({ { id = symbol.publicId, b = 1 } }, 1, {}), "<invite.publicId>")
    t.eq(show.text(symbol), "<invite>\n")
  end)

  t.it("never shows a secret that errand knows, whole or cut", function()
    local secret = "canary-" .. ("s3cret"):rep(5)
    host_err.hide(secret)
    local values = { secret, { secret }, { a = { secret } }, { { id = 1, token = secret } }, { [secret] = 1 },
      ("x"):rep(70) .. secret .. ("y"):rep(500), { ("x"):rep(70) .. secret .. ("y"):rep(500) },
      { { id = 1, t = { inner = secret } } }, { { id = ("i"):rep(30), a = ("b"):rep(30), c = "x" .. secret } } }
    for _, value in ipairs(values) do
      for _, text in ipairs{ show.format(value, 1, { width = 40 }), show.format(value, 1, { width = 100 }),
                             show.text(value, 40), show.text(value, 200) } do
        lacks(text, "canary")
        lacks(text, "s3cret")
      end
    end
  end)
end)

t.describe("a list of records", function()
  local took = { seconds = 0.0314, calls = 1 }

  t.it("is a table with a footer", function()
    t.eq(show.format({ { id = 7, name = "hr" }, { id = 12, name = "日本" } }, 2, { took = took }),
      "id  name\n 7  hr\n12  日本\n(2 rows, 0.031 s, 1 call; _2)\n")
    t.eq(show.format({ { id = 7 } }, 3, { took = { seconds = 1, calls = 0 } }), "id\n 7\n(1 row; _3)\n")
    t.eq(show.format({ { id = 7 } }, 3, { took = { seconds = 12.5, calls = 2 } }), "id\n 7\n(1 row, 12.500 s, 2 calls; _3)\n")
  end)

  t.it("is none if it is empty, unless it came from a call", function()
    t.eq(show.format(array{}, 1, { took = took }), "(0 rows, 0.031 s, 1 call; _1)\n")
    t.eq(show.format({}, 1, { took = took }), "(0 rows, 0.031 s, 1 call; _1)\n")
    t.eq(show.format({}, 1, { took = { seconds = 0, calls = 0 } }), "_1 = {}\n")
    t.eq(show.format(json.object{}, 1, { took = took }), "_1 = {}\n")
  end)

  t.it("is none if it holds anything else", function()
    t.eq(show.format({ { a = 1 }, 2 }, 1, {}), "_1 = { { a = 1 }, 2 }\n")
    t.eq(show.format({ { a = 1 }, more = true }, 1, {}), "_1 = { { a = 1 }, more = true }\n")
    t.eq(show.format({ { 1, 2 }, { 3 } }, 1, {}), "_1 = { { 1, 2 }, { 3 } }\n")
    t.eq(show.format({ "a", "b" }, 1, {}), '_1 = { "a", "b" }\n')
    t.eq(show.format({ id = 1 }, 1, { took = took }), "_1 = { id = 1 }\n")
  end)

  t.it("keeps ids and addresses readable and names the columns that have no room", function()
    local list = json.decode [=[[
      { "publicId": "uH6dQf18jZcT", "name": "Anna Admin", "emailAddress": "anna.admin@example.com",
        "registeredOn": "2026-10-30T07:55:00Z", "support": false, "type": "person", "memberships": [{ "a": 1 }] },
      { "publicId": "uN2gVx73mBpS", "name": "Olaf Operator", "emailAddress": "olaf.operator@example.com",
        "registeredOn": "2026-10-29T15:02:00Z", "support": false, "type": "person", "memberships": [] } ]]=]
    local text = show.format(list, 1, { width = 80 })
    t.eq(lines_of(text), {
      "publicId      name           emailAddress               registeredOn",
      "uH6dQf18jZcT  Anna Admin     anna.admin@example.com     2026-10-30T07:55:00Z",
      "uN2gVx73mBpS  Olaf Operator  olaf.operator@example.com  2026-10-29T15:02:00Z",
      "(2 rows; _1)",
      "(not shown: support, type, memberships; :v 1 shows all)" })
    text = show.format(list, 1, { width = 40 })
    t.eq(lines_of(text), {
      "publicId      name          emailAddress",
      "uH6dQf18jZcT  Anna Admin    anna.admin@…",
      "uN2gVx73mBpS  Olaf Operat…  olaf.operat…",
      "(2 rows; _1)",
      "(not shown: registeredOn, support, type,",
      " memberships; :v 1 shows all)" })
  end)

  t.it("gives columns that tell nothing up first", function()
    local list = {}
    for i = 1, 3 do
      local long = ("x"):rep(30)
      list[i] = { a_empty = json.null, b_same = long, c_nested = { long, i }, d = long .. i, e = long .. i, f = long .. i }
    end
    local text = show.format(list, 1, { width = 80 })
    t.ok(lines_of(text)[1]:find("^d +e +f$"), text)
    has(text, "(not shown: a_empty, b_same, c_nested; :v 1 shows all)")
  end)

  t.it("keeps the column that says how a record fares", function()
    local list = {}
    for i = 1, 3 do
      local long = ("x"):rep(20) .. i
      list[i] = { name = "job " .. i, a = long, b = long, c = long, d = long, status = i == 1 and "failed" or "completed" }
    end
    local text = show.format(list, 1, { width = 60 })
    t.ok(lines_of(text)[1]:find "^name .* status", text)
  end)

  t.it("is written as blocks where not even three columns have room", function()
    local list = { { id = "6112f63b-7769-4f6f-a149-abb6f5ea5130", name = "Anna Admin", email = "anna.admin@example.com",
                     groups = { 1, 2 } },
                   { id = "7112f63b-7769-4f6f-a149-abb6f5ea5130", name = "日本", email = "y@example.com" } }
    t.eq(show.format(list, 1, { width = 40, took = took }),
      "-- 1 of 2 ------------------------------\nid      6112f63b-7769-4f6f-a149-abb6f5e…\nname    Anna Admin\n"
      .. "email   anna.admin@example.com\ngroups  [1,2]\n"
      .. "-- 2 of 2 ------------------------------\nid      7112f63b-7769-4f6f-a149-abb6f5e…\nname    日本\n"
      .. "email   y@example.com\ngroups\n"
      .. "(2 rows, 0.031 s, 1 call; _1)\n(:v 1 shows what is cut)\n")
  end)

  t.it("fits any terminal", function()
    local wide = { { id = "6112f63b-7769-4f6f-a149-abb6f5ea5130",
                     name = "日本語の名前" .. ("長"):rep(30), note = "a\nb\27[31m",
                     display_name = ("e\u{301}"):rep(40), tags = { "x" }, a_very_long_name_of_a_column_that_goes_on = 1 } }
    for width = 20, 140 do
      fits(show.format(wide, 1, { width = width, took = took }), width, "wide")
      fits(show.format(people(3), 1, { width = width, took = took }), width, "people")
    end
  end)

  t.it("shows the first hundred of many, at once", function()
    local list = people(50000)
    local start = os.clock()
    local text = show.format(list, 7, {})
    t.ok(os.clock() - start < 0.5 * slow, "took " .. os.clock() - start)
    has(text, "id-0100")
    lacks(text, "id-0101")
    has(text, "(50000 rows; _7)\n(the first 100 of 50000 rows; :v 7 shows all)\n")
  end)

  t.it("says so if only the ends of entries are missing", function()
    local text = show.format({ { id = 1, text = ("x"):rep(200) } }, 4, { width = 80 })
    has(text, "…")
    has(text, "(1 row; _4)\n(:v 4 shows what is cut)\n")
  end)

  t.it("survives what JSON cannot say", function()
    local loop = { id = 1 }
    loop.loop = loop
    local text = show.format({ loop, { id = 2, loop = print, mixed = { 1, x = 2 } } }, 1, {})
    has(text, "{ 1, x = 2 }")
    has(text, "function: ")
    has(text, "{ … }")
  end)
end)

t.describe("a single result", function()
  t.it("has its number", function()
    t.eq(show.format(42, 1, {}), "_1 = 42\n")
    t.eq(show.format("a\nb", 12, {}), '_12 = "a\\nb"\n')
    t.eq(show.format(null, 2, {}), "_2 = null\n")
    t.eq(show.format(false, 2, {}), "_2 = false\n")
  end)

  t.it("says how to see all of it", function()
    local text = show.format(("long "):rep(200), 3, { width = 80 })
    has(text, '…"  -- 628 more bytes\n(628 bytes hidden; :v 3 shows all)\n')
    fits(show.format({ { { { { 1 } } } } }, 3, { width = 40 }), 40, "nested")
  end)

  t.it("is told as a sentence if it is an error", function()
    local err = require("core.error").new("validation", "2 problems, nothing was sent", {
      problems = { { path = "a", message = "missing" }, { path = "b", message = "wrong" } } })
    t.eq(show.format(err, 1, {}), "_1 = error (validation): 2 problems, nothing was sent\n  a: missing\n  b: wrong\n")
  end)

  t.it("has colours only where they are wanted", function()
    local value = { { id = 1, name = "x" } }
    for _, one in ipairs{ value, { a = 1, b = "x" }, "x", { { { { { { 1 } } } } } } } do
      lacks(show.format(one, 1, {}), "\27")
      local colored = show.format(one, 1, { color = true })
      has(colored, "\27[")
      t.eq((colored:gsub("\27%[%d*m", "")), show.format(one, 1, {}))
    end
  end)
end)

t.describe("all of a result", function()
  t.it("is the text itself of a text", function()
    t.eq(show.text("a\n\tb\27[31m"), "a\n\tb\\x1b[31m\n")
    t.eq(show.text("a\n"), "a\n")
  end)

  t.it("is a table of all rows if that fits", function()
    local text = show.text(people(300), 80)
    t.eq(#lines_of(text), 301)
    has(text, "id-0300")
  end)

  t.it("is blocks with everything if it does not", function()
    local list = people(150)
    for i = 1, 150 do list[i].nested = { { deep = { deeper = { { { i } } } } } } list[i].text = ("word "):rep(50) end
    list[150].lines = "one\ntwo"
    local text = show.text(list, 60)
    has(text, "-- 150 of 150 --")
    has(text, ("word "):rep(49))
    has(text, "deeper = { { { 150 } } }")
    has(text, "lines   one\n        two\n")
    lacks(text, "…")
  end)

  t.it("is everything in Lua's notation of the rest", function()
    local value = { list = {}, text = ("x"):rep(5000) }
    for i = 1, 500 do value.list[i] = { { { { { i } } } } } end
    t.eq(load("return " .. show.text(value, 80))(), value)
  end)
end)

t.describe("a help topic", function()
  t.it("is known of a service, a resource, an operation", function()
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

t.describe("a result that is nil", function()
  t.it("says how many calls it took, and whether there was something to give", function()
    t.eq(show.none({ seconds = 0.0061, calls = 1, done = false }), "nil  (0.006 s, 1 call)")
    t.eq(show.none({ seconds = 0.01, calls = 2, done = true }), "done (0.010 s, 2 calls)")
  end)
end)
