-- save_values_spec.lua - whatever was called is in the saved script as it was.
-- SPDX-License-Identifier: MIT

local t = require "test"
local calls = require "core.repl.calls"
local clocks = require "core.run.clock"
local json = require "host.json"
local saved = require "saved"
local services = require "core.services"
local simulated = require "core.run.simulated"

local made, replay, text_of = saved.made, saved.replay, saved.text_of

-- The services as the prompt has them: what is called through them is recorded.
local function recorded(recorder)
  local env = setmetatable({}, { __index = _G })
  for _, service in ipairs(services.names()) do
    env[service] = setmetatable({}, { __index = function(_, resource)
      return setmetatable({}, { __index = function(_, name)
        local f = services.get(service)[resource][name]
        return function(...) return recorder:observe(services.behind(f), f, ...) end
      end })
    end })
  end
  return env
end

-- What a call had, with the values that the replay was given for secrets.
local function given(value, noted)
  if type(noted) == "string" and noted:find "^given " then return noted end
  if type(value) ~= "table" or json.is_number(value) or type(noted) ~= "table" then return value end
  local copy = json.is_array(value) and json.array{} or json.is_object(value) and json.object{} or {}
  for key, member in json.pairs(value) do copy[key] = given(member, noted[key]) end
  return copy
end

t.describe("every operation", function()
  -- The example's calls, in the world of those before it, or in one of its own.
  local function example_of(op, detach)
    for _, is_new in ipairs{ false, true } do
      if is_new then
        detach()
        detach = simulated.new({ clock = clocks.virtual() }):attach()
      end
      local recorder = calls.new()
      local ok = pcall(assert(load(op.example, "=example", "t", recorded(recorder))))
      if ok then return recorder:calls_made(), detach end
    end
    return {}, detach
  end

  t.it("is written so that its example is made again", function()
    local count, detach = 0, simulated.new({ clock = clocks.virtual() }):attach()
    for _, service in ipairs(services.names()) do
      for _, resource in ipairs(services.catalogue(service).resource_list) do
        for _, op in ipairs(resource.operations) do
          local entries
          entries, detach = example_of(op, detach)
          local text = text_of(entries)
          if text then
            count = count + 1
            local noted = replay(text, entries)
            for i, entry in ipairs(entries) do
              for n = 1, math.max(noted[i].n, entry.args.n) do
                t.eq(json.encode(noted[i][n]), json.encode(given(entry.args[n], noted[i][n])), op.id .. "\n" .. text)
              end
            end
          end
        end
      end
    end
    detach()
    t.ok(count > 250, count .. " examples")
  end)
end)

t.describe("values", function()
  local big = json.decode "[123456789012345678901234567890]"[1]
  local cases = {
    array{}, object{}, {}, { array{}, { array{} } }, { null, 1, null }, { a = null }, true, false, 0, -1, 0.1, 1e300, -2.5e-7,
    math.maxinteger, math.mininteger, 5.0, "", "\0\1\127\r\n\t\"\\", "ÄÖÜ 漢字 👩‍💻", "\xff\xfe broken", "a\u{202e}b\u{200b}c\u{9b}d",
    ("long "):rep(300), ("ö"):rep(400), ("x"):rep(1000), "]] --", { ["end"] = 1, ["two words"] = 2, ["Ä"] = 3, a1 = 4, ["\n"] = 5 },
    { { { { { "deep" } } } } }, big,
  }

  t.it("come back as they were", function()
    for i, value in ipairs(cases) do
      local entries = { made("ixon.roles.create", nil, { some = value }), made("ixon.roles.create", nil, { custom = { x = value } }) }
      local noted = replay(text_of(entries), entries)
      for n, entry in ipairs(entries) do
        t.eq(json.encode(noted[n][1]), json.encode(entry.args[1]), "case " .. i)
        if type(value) ~= "table" then t.eq(noted[n][1].some, entry.args[1].some, "case " .. i) end
      end
    end
  end)

  t.it("come back whatever they are", function()
    local seed = 20261122
    local function random(n)
      seed = (seed * 1103515245 + 12345) & 0x7fffffff
      return (seed >> 8) % n + 1
    end
    local texts = { "id", "publicId", "name", "email", "a@example.com", "uN2gVx73mBpS", "for", "x y", "\n", "6", "Users" }
    local function value(depth)
      local kind = random(depth > 3 and 4 or 6)
      if kind == 1 then return texts[random(#texts)] end
      if kind == 2 then return random(1000) end
      if kind == 3 then return random(2) == 1 end
      if kind == 4 then return random(7) == 1 and null or texts[random(#texts)] end
      local out = kind == 5 and array{} or object{}
      for n = 1, random(4) do out[kind == 5 and n or texts[random(#texts)]] = value(depth + 1) end
      return out
    end
    for _ = 1, 300 do
      local entries = {}
      for n = 1, random(4) do
        entries[n] = made("ixon.roles.create", value(0), { name = "x", custom = { value(0), a = value(0) } })
      end
      local text = text_of(entries)
      local noted = replay(text, entries)
      for n, entry in ipairs(entries) do t.eq(json.encode(noted[n][1].custom.a), json.encode(entry.args[1].custom.a), text) end
    end
  end)

  t.it("leave no line too long to read", function()
    local entries = { made("ixon.roles.create", nil, { name = ("name "):rep(80), description = ("ö"):rep(300),
      custom = { a = { b = { c = ("x"):rep(500), d = { ("y "):rep(90) } } } } }) }
    for line in text_of(entries):gmatch "[^\n]+" do t.ok(utf8.len(line) <= 120, line) end
  end)
end)
