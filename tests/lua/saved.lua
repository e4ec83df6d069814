-- saved.lua - sessions for the specs of :save, and what their scripts do.
-- SPDX-License-Identifier: MIT

local t = require "test"
local calls = require "core.repl.calls"
local clocks = require "core.run.clock"
local save = require "core.repl.save"
local services = require "core.services"
local simulated = require "core.run.simulated"

local saved = {}

--- What the scripts are called.
saved.about = { name = "x.lua", date = "2026-11-22" }

--- A session in a new world; fn(call) makes its calls, as somebody would at the
-- prompt: call("ixon.users.get", ...).
function saved.session(fn)
  local detach = simulated.new({ clock = clocks.virtual() }):attach()
  local recorder = calls.new()
  local function call(id, ...)
    local service, resource, name = id:match "^([^.]+)%.([^.]+)%.([^.]+)$"
    local f = services.get(service)[resource][name]
    return recorder:observe(services.behind(f), f, ...)
  end
  local ok, err = pcall(fn, call)
  detach()
  if not ok then error(err, 0) end
  return recorder:calls_made()
end

--- A call as the recorder has it that was never made: for arguments that no
-- world would take.
function saved.made(id, result, ...)
  local service, resource, name = id:match "^([^.]+)%.([^.]+)%.([^.]+)$"
  local entry = services.catalogue(service).resource[resource]
  local op = entry.operation[name]
  return { id = id, service = service, resource = resource, op = op, args = table.pack(...), result = result, ok = true,
    how = name == "find" and "find" or name == "each" and "each" or op.paging and "list" or "call" }
end

--- Runs a script with services that note what they are asked and give the
-- results that the calls had -> list of packed arguments, what args{} declared.
function saved.replay(text, entries)
  local at, noted, declared = 0, {}, {}
  local function service(name, profile)
    return setmetatable({ with = function(o) return service(name, o.profile) end }, { __index = function(_, resource)
      return setmetatable({}, { __index = function(_, op)
        return function(...)
          at = at + 1
          noted[at] = table.pack(...)
          t.eq(("%s.%s.%s"):format(name, resource, op), entries[at].id)
          t.eq(profile, entries[at].profile)
          if entries[at].how == "each" then return function() end end
          return entries[at].result
        end
      end })
    end })
  end
  local env = { error = error, ipairs = ipairs, null = null, array = array, object = object, json = require "std.json", math = math,
    print = function() end, print_table = function() end }
  for _, name in ipairs(services.names()) do env[name] = service(name) end
  function env.args(spec)
    local values = {}
    for _, row in ipairs(spec) do
      declared[row[1]] = row
      values[row[1]] = row.default
      if row.required then values[row[1]] = "given " .. row[1] end
    end
    return values
  end
  local fn = assert(load(text, "=script", "t", env))
  fn()
  t.eq(at, #entries)
  return noted, declared
end

--- The script of a session.
function saved.text_of(entries)
  return (save.text(entries, saved.about))
end

--- Raises unless the text holds the part; saved.lacks: if it does.
function saved.has(text, part)
  if not text:find(part, 1, true) then error(("no %q in:\n%s"):format(part, text), 2) end
end

function saved.lacks(text, part)
  if text:find(part, 1, true) then error(("%q in:\n%s"):format(part, text), 2) end
end

return saved
