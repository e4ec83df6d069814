-- json_spec.lua - JSON as Lua code sees it: what is kept, what is refused.
-- SPDX-License-Identifier: MIT

local t = require "test"
local json = require "host.json"
local cjson = require "cjson"

local function fault(value)
  local text, err = json.encode(value)
  t.eq(text, nil)
  t.eq(err.kind, "validation")
  return err.message
end

local function again(text)
  return json.encode(assert(json.decode(text)))
end

t.describe("numbers", function()
  t.it("keeps integers and floats apart", function()
    t.eq(math.type(json.decode "42"), "integer")
    t.eq(math.type(json.decode "42.0"), "float")
    t.eq(json.encode { 42, 42.0, -0.0, 1e100, 0.1, 1e15 },
      "[42,42.0,-0.0,1e100,0.1,1000000000000000.0]")
    t.eq("/users/" .. json.decode "[42]"[1], "/users/42")
    t.eq(json.decode "9223372036854775807", math.maxinteger)
    t.eq(json.decode "-9223372036854775808", math.mininteger)
  end)

  t.it("keeps what fits neither as its text", function()
    local big = json.decode "12345678901234567890"
    t.ok(json.is_number(big))
    t.ok(not json.is_number(5) and not json.is_number "5" and not json.is_number {})
    t.eq(tostring(big), "12345678901234567890")
    t.eq("id-" .. big .. "/", "id-12345678901234567890/")
    t.eq(json.encode { id = big }, '{"id":12345678901234567890}')
    t.eq(json.tonumber(big), 12345678901234567890.0)
    t.eq(json.tonumber(json.decode "1e400"), math.huge)
    t.eq(json.tonumber(7), 7)
    t.eq(json.tonumber "7", nil)
  end)

  t.it("compares them by value", function()
    local n = json.number
    t.ok(n "12345678901234567890" == n "1234567890123456789.00e1")
    t.ok(n "12345678901234567890" ~= n "12345678901234567891")
    t.ok(n "12345678901234567890" < n "12345678901234567891")
    t.ok(n "-12345678901234567891" < n "-12345678901234567890")
    t.ok(n "12345678901234567890" > math.maxinteger)
    t.ok(n "9223372036854775808" > math.maxinteger)
    t.eq(n "9223372036854775808" < 2.0 ^ 63, false)
    t.eq(n "9223372036854775808" <= 2.0 ^ 63, true)
    t.ok(n "9223372036854775809" > 2.0 ^ 63)
    t.ok(n "0.1000000000000000055511151231257827" < 0.1)
    t.ok(n "0.1000000000000000055511151231257828" > 0.1)
    t.ok(n "1e400" < math.huge and n "-1e400" > -math.huge)
    t.ok(n "1e-400" > 0 and n "1e-400" < 5e-324)
    t.eq(n "1e400" < 0 / 0, false)
    t.eq(n "1e400" > 0 / 0, false)
    t.raises(function() return n "1e400" < "1" end, "attempt to compare")
  end)

  t.it("makes numbers of text", function()
    t.eq(json.number "17", 17)
    t.eq(json.number "1.5", 1.5)
    t.eq(json.number "1.5x", nil)
    t.eq(json.number "", nil)
    t.eq(json.number "0x10", nil)
  end)

  t.it("knows which decimals a double does not print", function()
    for _, text in ipairs { "9.0071992547409931", "-9.0071992547409931", "90.071992547409931", "1000.0000000000001" } do
      t.ok(json.is_number(json.decode(text)) == (text:sub(1, 1) ~= "1"), text)
    end
  end)

  t.it("refuses NaN and infinities", function()
    t.eq(fault { x = 0 / 0 }, "at .x: NaN cannot be written as JSON")
    t.eq(fault { 1, -math.huge }, "at [2]: an infinite number cannot be written as JSON")
  end)

  t.it("refuses big ones when told to", function()
    local value, err = json.decode("[1e400]", { refuse_big = true })
    t.eq(value, nil)
    t.ok(err.message:find("line 1 column 2", 1, true))
  end)
end)

t.describe("null", function()
  t.it("reads as nil and is written again", function()
    local v = json.decode '{"a":null,"b":[null,1]}'
    t.eq(v.a, nil)
    t.eq(next(v, "b"), nil)
    t.eq(v.b[1], json.null)
    t.eq(#v.b, 2)
    t.eq(json.encode(v), '{"a":null,"b":[null,1]}')
  end)

  t.it("gives way to a value, false too", function()
    local v = json.decode '{"a":null,"b":null,"c":null}'
    v.a, v.b = 1, false
    t.eq(json.encode(v), '{"a":1,"b":false,"c":null}')
    v.c = json.null
    t.eq(json.encode(v), '{"a":1,"b":false,"c":null}')
  end)

  t.it("is no matter between objects of one shape", function()
    local v = json.decode '[{"a":null},{"a":null},{"a":1}]'
    v[1].a = 5
    t.eq(json.encode(v), '[{"a":5},{"a":null},{"a":1}]')
    json.set_null(v[1], "z")
    t.eq(json.encode(v), '[{"a":5,"z":null},{"a":null},{"a":1}]')
    t.ok(not json.is_null(v[2], "z"))
  end)

  t.it("can be asked for, set and forgotten", function()
    local v = json.decode '{"a":null,"b":1}'
    t.ok(json.is_null(v, "a") and not json.is_null(v, "b") and not json.is_null(v, "x"))
    t.ok(json.is_null(json.null) and not json.is_null(nil) and not json.is_null(false))
    t.ok(not json.is_null(5, "a"))
    t.ok(json.is_null(json.decode "[null]", 1))
    t.eq(json.set_null(v, "b"), v)
    t.eq(v.b, nil)
    t.eq(json.encode(v), '{"a":null,"b":null}')
    json.set_null(v, "a", false)
    t.eq(json.encode(v), '{"b":null}')
    json.set_null(v, "b", false)
    t.eq(json.encode(v), "{}")
    t.ok(json.is_object(v))
    t.raises(function() json.set_null(json.array {}, "a") end, "array")
  end)

  t.it("holds for any number of members", function()
    for _, n in ipairs { 1, 11, 12, 13, 31, 32, 33, 40, 300 } do
      local members, v = {}, {}
      for i = 1, n do members[i] = ('"k%03d":null'):format(i) end
      local text = "{" .. table.concat(members, ",") .. "}"
      t.eq(again(text), text)
      for i = n, 1, -1 do json.set_null(v, ("k%03d"):format(i)) end
      t.eq(json.encode(v), text)
      for i = 1, n - 1 do json.set_null(v, ("k%03d"):format(i), false) end
      t.eq(json.encode(v), "{" .. members[n] .. "}")
    end
  end)

  t.it("does not run out of shapes", function()
    local list = {}
    for i = 1, 4000 do list[i] = ('{"a%d":null,"b":%d}'):format(i, i) end
    local text = "[" .. table.concat(list, ",") .. "]"
    t.eq(again(text), text)
    t.eq(again(text), text)
  end)

  t.it("is seen by json.pairs", function()
    local v, seen = json.decode '{"a":null,"b":1,"c":null}', {}
    v.c = 3
    for key, value in json.pairs(v) do seen[key] = value end
    t.eq(seen.a, json.null)
    t.eq(seen.b, 1)
    t.eq(seen.c, 3)
    local n = 0
    for _ in json.pairs {} do n = n + 1 end
    for _ in json.pairs { x = 1 } do n = n + 1 end
    t.eq(n, 1)
  end)

  t.it("is that of cjson", function()
    t.eq(json.null, cjson.null)
    t.eq(json.encode(cjson.decode '{"a":null}'), '{"a":null}')
  end)
end)

t.describe("arrays and objects", function()
  t.it("stay what they were", function()
    t.eq(again '[[],{},{"a":[]},[{}]]', '[[],{},{"a":[]},[{}]]')
    local v = json.decode '{"list":[1],"map":{"a":1}}'
    v.list[1], v.map.a = nil, nil
    t.eq(json.encode(v), '{"list":[],"map":{}}')
  end)

  t.it("can be marked", function()
    t.eq(json.encode { json.array(), json.object(), json.array {}, {} }, "[[],{},[],{}]")
    local list = { 1 }
    t.eq(json.array(list), list)
    t.ok(json.is_array(list) and not json.is_object(list))
    t.ok(json.is_object(json.object {}) and not json.is_array {} and not json.is_object "x")
    t.eq(json.encode(json.array { json.null, 2 }), "[null,2]")
    local v = json.decode '{"a":null}'
    t.eq(json.encode(json.object(v)), '{"a":null}')
  end)

  t.it("take a list filled in any order", function()
    local list = {}
    for i = 50, 1, -1 do list[i] = i end
    t.eq(json.encode(list), "[" .. table.concat(list, ",") .. "]")
    local holey = { 1, nil, 3 }
    t.eq(fault(json.array(holey)), "a list with a hole at position 2")
    t.eq(fault { x = holey }, "at .x: a list with a hole at position 2")
    local sparse = json.array { 1 }
    sparse[5] = 5
    t.eq(fault(sparse), "a list with a hole at position 2")
    t.eq(fault { [0] = 1, [1] = 2 }, "a list position below 1")
    t.eq(fault { [0] = 1 }, "a list position below 1")
    t.eq(fault { [1.5] = 1 }, "a key that is neither string nor integer")
  end)

  t.it("are not both", function()
    t.ok(fault { 1, 2, x = 3 }:find "named keys")
    t.ok(fault { a = { 1, x = 2 } }:find "^at %.a: ")
    t.ok(fault(json.object { 1 }):find "number as key of an object")
    t.ok(fault(json.array { x = 1 }):find "named keys")
    t.eq(fault { [true] = 1 }, "a key that is neither string nor integer")
    t.eq(json.encode { ["1"] = "x" }, '{"1":"x"}')
  end)

  t.it("keep marks from metamethods", function()
    local v = setmetatable({ 1 }, { __index = { 5, 6 }, __len = function() return 9 end,
      __pairs = error })
    t.eq(json.encode(v), "[1]")
  end)
end)

t.describe("writing", function()
  t.it("is the same for equal values", function()
    local one, two = {}, {}
    for i = 1, 700 do one["k" .. i] = i end
    for i = 700, 1, -1 do two["k" .. i] = i end
    t.eq(json.encode(one), json.encode(two))
    t.eq(json.encode { b = 1, a = { d = 1, c = 2 }, ["a-"] = 0 }, '{"a":{"c":2,"d":1},"a-":0,"b":1}')
  end)

  t.it("escapes only what must be", function()
    t.eq(json.encode 'a"b\\c/\n\t\0\27\127\u{e4}\u{2028}', '"a\\"b\\\\c/\\n\\t\\u0000\\u001b\127\u{e4}\u{2028}"')
    t.eq(fault { name = "a\xff" }, "at .name: a string is not valid UTF-8")
    t.ok(fault { ["a\xff"] = 1 }:find("at [\"a\\xff\"]", 1, true))
  end)

  t.it("names the place of a fault", function()
    t.eq(fault { items = { 1, 2, { name = print } } },
      "at .items[3].name: function cannot be written as JSON")
    t.eq(fault(print), "function cannot be written as JSON")
    t.eq(fault(nil), "nil cannot be written as JSON; null can")
    t.eq(fault { ["odd key"] = { coroutine.create(print) } },
      'at ["odd key"][1]: thread cannot be written as JSON')
    local loop = {}
    loop.x = { loop }
    t.eq(fault(loop), "at .x[1]: a table that contains itself")
    local long = print
    for i = 1, 300 do long = { ["name" .. i] = long } end
    t.ok(fault(long):find "^at %.%.%..*%.name1: function")
  end)

  t.it("takes a table twice if it is no cycle", function()
    local shared = { 1 }
    t.eq(json.encode { shared, shared }, "[[1],[1]]")
  end)

  t.it("indents", function()
    t.eq(json.encode({ a = { 1, {} }, b = json.array() }, 2),
      '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": []\n}')
    t.raises(function() json.encode({}, -1) end, "0 to 16")
  end)
end)

t.describe("reading", function()
  t.it("counts duplicate keys", function()
    local v, n = json.decode '{"a":1,"b":{"a":2},"a":3,"\\u0061":4}'
    t.eq(v.a, 4)
    t.eq(n, 2)
    t.eq(select(2, json.decode '[{"a":1},{"a":1}]'), 0)
    local keys = {}
    for i = 1, 1000 do keys[i] = ('"key%d":%d'):format(i, i) end
    local text = table.concat(keys, ",")
    t.eq(select(2, json.decode("{" .. text .. "}")), 0)
    t.eq(select(2, json.decode("{" .. text .. "," .. text .. "}")), 1000)
  end)

  t.it("holds to limits by name", function()
    local function limited(text, limits)
      local value, err = json.decode(text, limits)
      t.eq(value, nil)
      t.eq(err.kind, "cap")
      return err.message
    end
    t.ok(limited(("["):rep(300)):find("limit 'depth' (256) exceeded at line 1 column 257", 1, true))
    t.ok(limited("[1,2,3]", { items = 3 }):find("limit 'items' (3)", 1, true))
    t.ok(limited("[1,2,3]", { bytes = 6 }):find("limit 'bytes' (6)", 1, true))
    t.raises(function() json.decode("1", { dept = 1 }) end, "depth")
    t.raises(function() json.decode(5) end, "string expected")
  end)

  t.it("takes many different keys and deep lists", function()
    local list = {}
    for i = 1, 2000 do
      list[i] = ('{"id":%d,"k%d":{"id":null,"v":[%d]}}'):format(i, i % 900, i)
    end
    local text = "[" .. table.concat(list, ",") .. "]"
    t.eq(again(text), text)
  end)
end)

-- The decoder and the writer take short cuts, each of which ends somewhere.
t.describe("where a short cut ends", function()
  t.it("decimals are those that Lua reads, whatever their length", function()
    local digits = "98765432109876543"
    for whole = 1, 17 do
      for places = 1, 17 do
        local text = digits:sub(1, whole) .. "." .. digits:sub(1, places)
        for _, written in ipairs { text, "-" .. text, text .. "e3", "0." .. ("0"):rep(whole) .. digits:sub(1, places) } do
          local value = json.decode(written)
          if type(value) == "number" then
            t.eq(math.type(value), "float", written)
            t.eq(value, tonumber(written), written)
          else -- more digits than a double has
            t.eq(json.encode { value }, "[" .. written .. "]")
          end
        end
      end
    end
    t.eq(1 / json.decode "-0.0", -math.huge)
    for _, text in ipairs { "1.", "00.5", ".5", "1.5.5", "1.e5", "1.5e", "-.5" } do t.eq(json.decode(text), nil, text) end
  end)

  t.it("letters are told from what is none, wherever the text ends", function()
    for first = 0xc0, 0xff do
      for second = 0x70, 0xcf, 5 do
        for third = 0x7f, 0xc0, 13 do
          for _, tail in ipairs { "", "y", "\u{e4}yyyyyyy" } do
            local text = ("yyyyyyyy"):rep(third & 1) .. string.char(first, second, third) .. tail
            local written, good = '["' .. text .. '"]', utf8.len(text) ~= nil
            local value = json.decode(written)
            t.eq(value and value[1], good and text or nil, ("%x %x %x"):format(first, second, third))
            t.eq((json.encode { text }), good and written or nil)
          end
        end
      end
    end
  end)

  t.it("escapes stand anywhere", function()
    for before = 0, 17 do
      for after = 0, 17 do
        local text = ("x"):rep(before) .. '\\\n"' .. ("y"):rep(after)
        t.eq(json.decode(json.encode { text })[1], text)
      end
    end
  end)

  t.it("keys are in order, however many", function()
    for _, count in ipairs { 31, 32, 33, 34, 63, 64, 65, 511, 512, 513, 700 } do
      local object, keys = {}, {}
      for i = 1, count do
        local key = ("common"):rep(i % 3) .. i * 7919 % 10007
        object[key], keys[i] = true, key
      end
      table.sort(keys)
      t.eq(json.encode(object), '{"' .. table.concat(keys, '":true,"') .. '":true}')
    end
  end)
end)

-- What is known of keys lasts from one document to the next.
t.describe("keys that are kept", function()
  -- A document of so many keys, from the first on; every fifth is null.
  local function keyed(first, count, twice)
    local members = {}
    for i = first, first + count - 1 do
      members[#members + 1] = ('"key%05d":%s'):format(i, i % 5 == 0 and "null" or ('"v%d"'):format(i))
    end
    local text = table.concat(members, ",")
    return "{" .. text .. (twice and "," .. text or "") .. "}", "{" .. text .. "}"
  end

  t.it("make way for others", function()
    for first = 1, 6000, 37 do
      local text, once = keyed(first, 40, first % 2 == 0)
      local value, duplicates = json.decode(text)
      t.eq(duplicates, first % 2 == 0 and 40 or 0)
      t.eq(json.encode(value), once)
      t.eq(again '[{"id":1,"on":null},{"id":2,"on":null}]', '[{"id":1,"on":null},{"id":2,"on":null}]')
    end
  end)

  t.it("tell ids apart, null or not, however many", function()
    for _, count in ipairs { 15, 16, 17, 100, 300, 700 } do
      local text, once = keyed(20000 + count * 10, count, true)
      for _ = 1, 3 do
        local value, duplicates = json.decode(text)
        t.eq(duplicates, count)
        t.eq(json.encode(value), once)
      end
    end
    local value, duplicates = json.decode('{"key00005":null,' .. keyed(30001, 40):sub(2, -2) .. ',"key00005":1}')
    t.eq(value.key00005, 1)
    t.eq(duplicates, 1)
    t.eq(select(2, json.decode '{"\\u0061nother":1,"another":2,"another":3}'), 2)
  end)

  t.it("are not taken for those they begin like", function()
    for _ = 1, 2 do
      for _, key in ipairs { "ab", "abc", "a", "abcdefgh", "abcdefghi", "abcdefg", "abcdefghijklmnopq", "abcdefghijklmnop" } do
        local text = ('[{"%s":1,"x":2},{"%sx":1,"x":2},{"%s":1,"x":2}]'):format(key, key, key)
        t.eq(again(text), text)
      end
    end
  end)

  t.it("are not those of a finalizer that reads another document", function()
    -- Keys that come three times, so that they are kept, until there are many.
    local list, written = {}, {}
    for first = 40001, 40240, 12 do
      for _ = 1, 3 do list[#list + 1], written[#written + 1] = keyed(first, 12, true) end
    end
    local text, once = "[" .. table.concat(list, ",") .. "]", "[" .. table.concat(written, ",") .. "]"
    local ran, stopped = 0, false
    local function leave()
      setmetatable({}, { __gc = function()
        ran = ran + 1
        t.eq(select(2, json.decode(keyed(50000 + ran * 10, 200, true))), 200)
        if not stopped then leave() end
      end })
    end
    local meanwhile = 0
    local mode = collectgarbage("generational", 1, 100) -- so that it often comes in between
    leave()
    for _ = 1, 30 do
      local before = ran
      local value, duplicates = json.decode(text)
      meanwhile = meanwhile + ran - before
      t.eq(duplicates, 720)
      t.eq(json.encode(value), once)
    end
    stopped = true
    collectgarbage("generational", 20, 100)
    collectgarbage(mode)
    t.ok(meanwhile > 0, meanwhile)
  end)

  t.it("do not make small tables large", function()
    local large, small = "[" .. ("1,"):rep(5000) .. "1]", {}
    json.decode(large)
    json.decode('{"x":' .. large .. "}")
    local deep = ("["):rep(200) .. ("]"):rep(200)
    collectgarbage()
    collectgarbage "stop"
    local before = collectgarbage "count"
    small[0] = json.decode(large) and json.decode(deep)
    for i = 1, 200 do small[i] = { json.decode "[1]", json.decode '{"x":[1]}' } end
    local used = collectgarbage "count" - before
    collectgarbage "restart"
    t.ok(used < 400 and #small == 200, used)
  end)
end)

t.describe("cjson", function()
  t.it("works as the stock module", function()
    t.eq(cjson.encode { 1, "a", true }, '[1,"a",true]')
    t.eq(cjson.decode('{"a":[1,2]}').a[2], 2)
    t.raises(function() cjson.decode "[" end, "Expected")
    t.eq(cjson.new().encode { 1 }, "[1]")
  end)

  t.it("refuses what would overflow it", function()
    t.raises(function() cjson.encode((" "):rep(2 ^ 26 + 1 | 0)) end, "too long")
    t.raises(function() cjson.decode((" "):rep(2 ^ 26 + 1 | 0)) end, "too long")
    t.raises(function() cjson.new().encode { (" "):rep(2 ^ 26 + 1 | 0) } end, "too long")
    t.raises(function() cjson.decode_max_depth(1e6 | 0) end, "2000")
    local loop = {}
    loop[1] = loop
    t.raises(function() cjson.encode(loop) end, "nested")
  end)
end)
