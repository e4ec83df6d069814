-- csv_spec.lua - read_csv reads RFC 4180 and names what is wrong by its line.
-- SPDX-License-Identifier: MIT

local t = require "test"

-- everything takes so many times as long, under valgrind
local slow = tonumber(os.getenv "SLOW" or 1)

local function parse(text, opts)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  local ok, list = pcall(read_csv, path, opts)
  os.remove(path)
  if not ok then error(list, 0) end
  return list
end

local function refuses(text, message, opts)
  local err = t.raises(function() parse(text, opts) end, message)
  t.eq(err.kind, "validation")
end

t.describe("read_csv", function()
  t.it("reads plain rows with either line ending, the last one open", function()
    local want = { { a = "1", b = "x" }, { a = "2", b = "" } }
    t.eq(parse("a,b\n1,x\n2,\n"), want)
    t.eq(parse("a,b\r\n1,x\r\n2,\r\n"), want)
    t.eq(parse("a,b\n1,x\n2,"), want)
    t.eq(parse("a,b\r\n1,x\n2,\n\n\r\n"), want)
  end)

  t.it("reads quoted fields with separators, quotes and line breaks", function()
    t.eq(parse('a,b\n"x,y","say ""hi"""\n"two\r\nlines",""\n'),
      { { a = "x,y", b = 'say "hi"' }, { a = "two\r\nlines", b = "" } })
    t.eq(parse('"a","b c"\n"1","""2"""'), { { a = "1", ["b c"] = '"2"' } })
  end)

  t.it("drops a byte order mark and blanks around column names", function()
    t.eq(parse("\xef\xbb\xbfa , b\n 1 ,é\n"), { { a = " 1 ", b = "é" } })
  end)

  t.it("reads many line breaks or blanks in a row in time that grows with them", function()
    local before = os.clock()
    t.eq(#parse("a\n" .. ("\n"):rep(100000) .. "x" .. ("\r\n"):rep(100000)), 100001)
    t.eq(#parse("a" .. (" "):rep(100000) .. "b,c" .. (" "):rep(100000) .. "\n1,2\n"), 1)
    t.ok(os.clock() - before < 5 * slow, "took " .. os.clock() - before .. " s")
  end)

  t.it("drops all blanks around column names, refuses those of blanks only", function()
    t.eq(parse(" \ta b \t,c\n1,2\n"), { { ["a b"] = "1", c = "2" } })
    refuses("a,  \n1,2\n", "column 2 has no name")
  end)

  t.it("gives an empty list for a header alone", function()
    t.eq(parse("a,b\n"), {})
  end)

  t.it("takes another separator", function()
    t.eq(parse("a;b\n1,5;2\n", { separator = ";" }), { { a = "1,5", b = "2" } })
    t.eq(parse("a\tb\n1\t2\n", { separator = "\t" }), { { a = "1", b = "2" } })
    t.eq(parse("a|b\n1|2\n", { separator = "|" }), { { a = "1", b = "2" } })
  end)

  t.it("names the line of a row that is too short or too long", function()
    refuses('a,b\n"1\n2",x\n3\n', ":4: 1 fields, but the header has 2")
    refuses("a,b\n1,2,3\n", ":2: 3 fields, but the header has 2")
    refuses("a,b\n1,2\n\n3,4\n", ":3: 1 fields, but the header has 2")
  end)

  t.it("refuses bad quotes", function()
    refuses('a,b\n1,x"y\n', ":2: a quote inside a field that does not start with one")
    refuses('a,b\n"1"x,2\n', ":2: text after the closing quote of a field")
    refuses('a,b\n1,"open\n2,3\n', ":2: a quote that is opened here is never closed")
    refuses('a,b\n1,"open\n', "never closed")
  end)

  t.it("refuses bad headers and empty files", function()
    refuses("", "is empty: a header row was expected")
    refuses("\n\n", "is empty")
    refuses("a,b,a\n1,2,3\n", ":1: column 'a' comes twice")
    refuses("a,,b\n1,2,3\n", ":1: column 2 has no name")
    refuses("email;name\nx;y\n", 'separator = ";"')
  end)

  t.it("refuses what is no UTF-8 text", function()
    refuses("a\nok\nM\xfcller\n", ":3: not UTF-8, most likely Windows-1252")
    refuses("\xff\xfea\0", "this is UTF-16")
    refuses("a\nb\0c\n", ":2: a NUL byte")
    refuses("a\rb\r", "a carriage return that no line feed follows")
  end)

  t.it("checks columns and doubles, all at once", function()
    local err = t.raises(function()
      parse("emial,name\nA@example.com,\n", { columns = { "email", "name" } })
    end)
    t.eq(#err.problems, 2)
    t.ok(err.problems[1].message:find("no column 'email' (did you mean 'emial'?)", 1, true))
    t.eq(err.problems[2].message, "name is empty")
    refuses("email\na@example.com\nA@EXAMPLE.com\n",
      ":3: email 'A@EXAMPLE.com' stands in line 2 too", { unique = "email" })
  end)

  t.it("refuses a file over its limit, an absent one and unknown options", function()
    local err = t.raises(function() parse("a\n" .. ("x\n"):rep(100), { max = 50 }) end)
    t.eq(err.kind, "cap")
    t.eq(t.raises(function() read_csv("/nonexistent/people.csv") end).kind, "file")
    t.raises(function() parse("a\n", { seperator = ";" }) end, "did you mean 'separator'?")
    t.raises(function() parse("a\n", { separator = ",," }) end, "one character")
    t.raises(function() read_csv(nil) end, "path expected")
  end)
end)
