-- lib.lua - what the fuzz targets in Lua share: refusals judged, JSON mutated.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local json = require "host.json"

local fuzz = {}

-- ---- what a refusal is ----

local KINDS <const> = { script = true, validation = true, auth = true, not_found = true, conflict = true, rate_limited = true,
  server = true, network = true, timeout = true, in_doubt = true, cap = true, cancelled = true, config = true, file = true }

-- what Lua itself says when code is wrong about a value
local SLIPS <const> = { "attempt to ", "bad argument #", "invalid value %(", "invalid option", "stack overflow", "not enough memory",
  "malformed pattern", "number has no integer representation", "invalid order function", "assertion failed",
  "string length overflow", "table index is n", "resulting string too large", "pattern too complex", "no literal" }

local function is_slip(text)
  for _, pattern in ipairs(SLIPS) do
    if text:find(pattern) then return pattern end
  end
end

--- Text that is told to people: none of what a slip of ours looks like, unless
-- the input has it.
function fuzz.told(text, input)
  assert(type(text) == "string" and text ~= "", "something is told")
  local slip = is_slip(text)
  if slip and not (input and is_slip(input)) then error("a slip is told: " .. text, 0) end
end

--- A structured error with its kind and a sentence.
function fuzz.refusal(err, input)
  if not error_.is(err) then error("no structured error: " .. tostring(err), 0) end
  assert(KINDS[err.kind], "a refusal has a kind")
  fuzz.told(err.message, input)
  for _, problem in ipairs(err.problems or {}) do fuzz.told(problem.message, input) end
  assert(type(tostring(err)) == "string")
  return err
end

local function traced(err)
  if error_.is(err) or type(err) == "table" then return err end
  return debug.traceback(tostring(err), 2)
end

--- fuzz.try(input, fn, ...) -> true and what fn gives, or false and its
-- structured error. Anything else that it raises is a fault.
function fuzz.try(input, fn, ...)
  local out = table.pack(xpcall(fn, traced, ...))
  if not out[1] then fuzz.refusal(out[2], input) end
  return table.unpack(out, 1, out.n)
end

--- Lines of an input.
function fuzz.lines(text)
  local out = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do out[#out + 1] = line end
  return out
end

--- A line of an input decoded; a table of nothing where it is no object.
function fuzz.object(line)
  local value = line and json.decode(line)
  return type(value) == "table" and not json.is_array(value) and not json.is_number(value) and value or json.object {}
end

-- ---- mutation of JSON ----

-- texts that mean something to the target; it may add its own
fuzz.words = { "", "id", "name", "0", "-1", "9223372036854775807", "1e999", "\0", "\u{fffd}", "%", "%s", "{}", "[", "a.b.c", "/", "..",
  "\r\n", "{token}", "null", "\u{1f600}" }

local RECENT <const> = 64
local recent, at_recent = {}, 0

local function pick(list)
  return list[math.random(#list)]
end

local function scalar()
  local n = math.random(7)
  if n == 1 then return math.random(0, 1) == 1 end
  if n == 2 then return math.random(-2, 300) end
  if n == 3 then return pick { 0, -1, 1, 2 ^ 53, math.maxinteger, math.mininteger, 1.5, 1e300, 200, 404, 500 } end
  if n == 4 then return json.null end
  return pick(fuzz.words)
end

local function fresh()
  local n = math.random(8)
  if n == 1 then return json.array {} end
  if n == 2 then return json.object {} end
  if n == 3 then return json.object { [pick(fuzz.words)] = scalar() } end
  if n == 4 then return json.array { scalar() } end
  if n == 5 and #recent > 0 then return json.decode(pick(recent)) end
  return scalar()
end

-- every place in a value: { { holder, key }, ... }
local function places(value, out)
  if type(value) ~= "table" or json.is_number(value) then return out end
  for key, member in json.pairs(value) do
    out[#out + 1] = { value, key }
    places(member, out)
  end
  return out
end

local function set(holder, key, value)
  if type(key) == "string" and value == json.null then
    json.set_null(holder, key)
  else
    if type(key) == "string" then json.set_null(holder, key, false) end
    holder[key] = value
  end
end

local function copy(value)
  local text = json.encode(value)
  return text and json.decode(text)
end

local changes = {}

function changes.replace(holder, key)
  set(holder, key, fresh())
end

function changes.remove(holder, key)
  if json.is_array(holder) then table.remove(holder, key) else set(holder, key, nil) end
end

function changes.repeated(holder, key)
  if json.is_array(holder) then table.insert(holder, key, copy(holder[key])) else set(holder, pick(fuzz.words), copy(holder[key])) end
end

function changes.rename(holder, key)
  if json.is_array(holder) then return changes.repeated(holder, key) end
  local value = holder[key]
  set(holder, key, nil)
  set(holder, pick(fuzz.words), value)
end

function changes.add(holder, key)
  local value = holder[key]
  local into = type(value) == "table" and not json.is_number(value) and value or holder
  if json.is_array(into) then into[#into + 1] = fresh() else set(into, pick(fuzz.words), fresh()) end
end

function changes.bytes(holder, key)
  local value = holder[key]
  if type(value) ~= "string" then return changes.replace(holder, key) end
  local text = fuzz.bytes(value, #value + 16)
  set(holder, key, utf8.len(text) and text or text:gsub("[\x80-\xff]", "?"))
end

function changes.number(holder, key)
  local value = holder[key]
  if math.type(value) ~= "integer" then return changes.replace(holder, key) end
  set(holder, key, pick { value + 1, value - 1, -value, value * 2, value / 2 })
end

function changes.wrap(holder, key)
  set(holder, key, math.random(2) == 1 and json.array { holder[key] } or json.object { [pick(fuzz.words)] = holder[key] })
end

local names = {}
for name in pairs(changes) do names[#names + 1] = name end
table.sort(names)

local function mutate_value(value)
  local all = places(value, {})
  if #all == 0 then return fresh() end
  for _ = 1, math.random(1, 3) do
    local place = pick(all)
    if place[1][place[2]] ~= nil then changes[pick(names)](place[1], place[2]) end
  end
  local kept = pick(all)
  local text = json.encode(kept[1][kept[2]])
  if text and #text < 4096 then
    at_recent = at_recent % RECENT + 1
    recent[at_recent] = text
  end
  return value
end

local function mutate_line(line, most)
  local value = json.decode(line)
  if value == nil or math.random(20) == 1 then return fuzz.bytes(line, most) end
  return json.encode(mutate_value(value)) or line
end

local function mutate_lines(lines, most)
  local n, at = math.random(12), math.random(#lines)
  if n == 1 and #lines > 1 then
    table.remove(lines, at)
  elseif n == 2 then
    table.insert(lines, at, lines[math.random(#lines)])
  else
    lines[at] = mutate_line(lines[at], math.max(most // 2, #lines[at] + 1))
  end
  return table.concat(lines, "\n")
end

--- A text of lines of JSON, changed as libFuzzer asks for with a number; most
-- of it is still JSON.
function fuzz.mutate(text, most, seed)
  math.randomseed(seed)
  local ok, out = pcall(mutate_lines, fuzz.lines(text), most)
  if not ok or #out > most or out == text then return fuzz.bytes(text:sub(1, most), most) end
  return out
end

return fuzz
