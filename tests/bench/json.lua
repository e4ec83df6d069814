-- json.lua - host.json against lua-cjson, side by side: MB/s, ratios, targets.
--
-- errand run tests/bench/json.lua [seconds for each figure [directory]]
--
-- The directory gets the documents, for local_json.c. require "cjson" has
-- errand's size checks around encode; a harness that has the bare module offers
-- it as the global stock_cjson.

local json = require "host.json"
local stock = rawget(_G, "stock_cjson")
local cjson = stock or require "cjson"
local seconds, directory = tonumber((...) or nil) or 0.3, (select(2, ...))
local DECODE, ENCODE = 1.8, 1.2 -- times as fast, the targets

local function records(n, make)
  local list = {}
  for i = 1, n do list[i] = make(i) end
  return "[" .. table.concat(list, ",") .. "]"
end

local function person(i)
  return ([[{"publicId":"usr-%06d","id":%d,"firstName":"Given %d",]] ..
    [["lastName":"Family","emailAddress":"person.%d@example.com",]] ..
    [["active":%s,"locked":false,"loginCount":%d,"language":"en-GB",]] ..
    [["createdOn":"2024-03-0%dT08:15:30.000Z","updatedOn":"2024-05-01T10:00:00.000Z",]] ..
    [["address":{"street":"Long Street %d","city":"Springfield","zip":"%05d"},]] ..
    [["roles":["reader","editor"],"score":%d.25}]]):format(
    i, i + 1000, i, i, i % 3 == 0 and "true" or "false", i * 7, i % 9 + 1, i,
    i * 37, i)
end

local function with_nulls(i)
  return (person(i):gsub("}$", ',"deletedOn":null,"manager":null,"phone":null}'))
end

local function optional(i)
  local extra = ""
  for bit = 0, 5 do
    if i >> bit & 1 == 1 then extra = extra .. (',"option%d":%d'):format(bit, i) end
  end
  return (person(i):gsub("}$", extra .. "}"))
end

local function id_map()
  local members = {}
  for i = 1, 400 do
    members[i] = ('"%08x-aaaa":{"name":"n%d","on":true}'):format(i * 2654435761 & 0xffffffff, i)
  end
  return "{" .. table.concat(members, ",") .. "}"
end

local function deep(levels)
  local text = person(levels)
  for i = 1, levels do text = ('{"level":%d,"child":[%s]}'):format(i, text) end
  return text
end

local documents = {
  { "100 records, 14 fields", records(100, person) },
  { "  the same with 3 nulls", records(100, with_nulls) },
  { "  with optional fields", records(100, optional) },
  { "one record", person(1) },
  { "60 levels deep", deep(60) },
  { "map of 400 ids", id_map() },
  { "5000 integers", records(5000, function(i) return tostring(i * 7919) end) },
  { "2000 amounts", records(2000, function(i) return ("%d.%02d"):format(i, i % 100) end) },
  { "1000 17-digit numbers", records(1000, function(i) return ("%.17g"):format(math.sin(i)) end) },
  { "200 texts of 200 letters", records(200, function(i)
      return ('"%d %s"'):format(i, ("The quick brown fox jumps over it. "):rep(6))
    end) },
  { "text with umlauts", records(100, function(i)
      return ('"Gr\u{fc}\u{df}e aus K\u{f6}ln, \u{c4}nderung %d: \u{dc}bersicht der Vertr\u{e4}ge"'):format(i)
    end) },
  { "Japanese text", records(100, function(i)
      return ('"%d \u{5951}\u{7d04}\u{306e}\u{6982}\u{8981}\u{3068}\u{5909}\u{66f4}\u{306e}\u{304a}\u{77e5}\u{3089}\u{305b}"')
        :format(i)
    end) },
  { "text with escapes", records(100, function(i)
      return ('"line %d\\nsays \\"yes\\" in C:\\\\dir and more of the like"'):format(i)
    end) },
}

local function once(rounds, f, x)
  collectgarbage()
  local start = os.clock()
  for _ = 1, rounds do f(x) end
  return (os.clock() - start) / rounds
end

-- Seconds of the processor for f(x) and for g(y): best of turns taken in between
-- each other, as the machine may have other things to do.
local function compare(f, x, g, y)
  local rounds = 1
  while once(rounds, g, y) * rounds < seconds / 16 do rounds = rounds * 2 end
  local ours, theirs = math.huge, math.huge
  for _ = 1, 8 do
    ours = math.min(ours, once(rounds, f, x))
    theirs = math.min(theirs, once(rounds, g, y))
  end
  return ours, theirs
end

print(("MB/s, and how many times as fast as lua-cjson%s; targets: decode %.1f, encode %.1f"):format(
  stock and "" or " (encode: with size checks)", DECODE, ENCODE))
print(("%-26s %8s %8s %6s %8s %8s %8s %6s"):format("", "decode", "cjson", "times", "", "encode", "cjson", "times"))
for number, document in ipairs(documents) do
  local name, text = document[1], document[2]
  local ours, theirs = json.decode(text), cjson.decode(text)
  local a, b = compare(json.decode, text, cjson.decode, text)
  local c, d = compare(json.encode, ours, cjson.encode, theirs)
  local size, written = #text / 1e6, #json.encode(ours) / 1e6
  print(("%-26s %8.0f %8.0f %6.2f %8s %8.0f %8.0f %6.2f %s"):format(name, size / a, size / b, b / a,
    b / a >= DECODE and "met" or "missed", written / c, written / d, d / c, d / c >= ENCODE and "met" or "missed"))
  if directory then
    local file = assert(io.open(("%s/%02d %s"):format(directory, number, name:gsub("^ +", "")), "w"))
    assert(file:write(text))
    file:close()
  end
end
