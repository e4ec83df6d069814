-- core/schedule/fields.lua - the members of a schedule's table: types, limits, sentences.
-- SPDX-License-Identifier: MIT

local suggest = require "core.suggest"

local fields = {}

local function quoted(value)
  if type(value) == "string" then
    return "'" .. (#value > 60 and value:sub(1, 57) .. "..." or value) .. "'"
  elseif type(value) == "table" then
    return "a table"
  end
  return tostring(value)
end

-- ---- types: function(value, row, context) -> what it becomes, or nil and what is wrong ----

local types = {}

function types.text(value, row)
  if type(value) ~= "string" then return nil, ("%s in quotes expected, got %s"):format(row.what or "text", quoted(value)) end
  if not value:find "%S" then return nil, ("%s expected, got none"):format(row.what or "text") end
  if #value > (row.max or 1000) then return nil, ("at most %d bytes expected, got %d"):format(row.max or 1000, #value) end
  if value:find "[%z\1-\31\127]" then return nil, "text without control characters expected" end
  return value
end

function types.enum(value, row)
  for _, one in ipairs(row.enum) do
    if one == value then return value end
  end
  local names = '"' .. table.concat(row.enum, '", "') .. '"'
  return nil, ("one of %s expected, got %s%s"):format(names, quoted(value),
    type(value) == "string" and suggest.did_you_mean(value, row.enum) or "")
end

function types.boolean(value)
  if type(value) == "boolean" then return value end
  return nil, ("true or false expected, got %s"):format(quoted(value))
end

function types.integer(value, row)
  local n = type(value) == "number" and math.tointeger(value)
  if n and n >= row.min and n <= row.max then return n end
  return nil, ("a whole number from %d to %d expected, got %s"):format(row.min, row.max, quoted(value))
end

function types.time(value, row)
  local seconds, message = nil, nil
  if type(value) == "string" or type(value) == "number" then seconds, message = require("core.duration").seconds(value) end
  if not seconds then
    return nil, message or ("a time such as \"%s\" expected, got %s"):format(row.example, quoted(value))
  end
  if seconds < row.min or seconds > row.max then
    return nil, ("a time from %s to %s expected, got %s"):format(row.least, row.most, quoted(value))
  end
  return math.tointeger(seconds) or seconds
end

local UNITS <const> = { [""] = 1, k = 1 << 10, m = 1 << 20, g = 1 << 30 }

function types.size(value, row)
  local bytes
  if type(value) == "string" then
    local digits, unit = value:lower():match "^(%d+)([kmg]?)b?$"
    bytes = digits and #digits <= 15 and math.tointeger(tonumber(digits)) * UNITS[unit]
  elseif type(value) == "number" then
    bytes = math.tointeger(value)
  end
  if not bytes then return nil, ("a size such as \"512m\" or \"2g\" expected, got %s"):format(quoted(value)) end
  if bytes < row.min or bytes > row.max then
    return nil, ("a size from %s to %s expected, got %s"):format(row.least, row.most, quoted(value))
  end
  return bytes
end

-- Blanks do not matter, so that they do not make it another schedule either.
function types.at(value)
  if type(value) ~= "string" then
    return nil, ("a cron expression in quotes such as \"15 6 * * 1-5\" expected, got %s"):format(quoted(value))
  end
  if value:find "[%z]" then return nil, "a cron expression expected, got one with a zero byte" end
  return (value:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

-- Also gives the seconds, as period.
function types.every(value, _, context)
  if type(value) ~= "string" and type(value) ~= "number" then
    return nil, ("a period such as \"6h\" expected, got %s"):format(quoted(value))
  end
  local seconds, message = require("core.duration").seconds(value)
  if not seconds then
    return nil, (message:gsub("seconds or a text such as \"2h\" or \"1m30s\"", "a period such as \"6h\" or \"90m\""))
  end
  context.out.period = seconds
  return type(value) == "string" and value or ("%ss"):format(math.tointeger(value) or value)
end

function types.tz(value)
  if type(value) == "string" and not value:find "%z" then return value end -- host.cron knows the zones
  return nil, ("the name of a time zone such as \"Europe/Berlin\" expected, got %s"):format(quoted(value))
end

-- Relative to the file, so that it means the same wherever the daemon is started.
function types.script(value, row, context)
  local path, message = types.text(value, row)
  if not path then return nil, message end
  if path:sub(1, 1) == "-" then
    return nil, ("a path expected, got '%s'; write ./%s for a file of that name"):format(path, path)
  end
  if path:sub(1, 2) == "~/" then
    return nil, ("a path from / or from the folder of this file expected, got '%s': whose home it is depends on who runs it")
      :format(path)
  end
  path = path:gsub("^%./", "")
  if path:sub(1, 1) ~= "/" and context.dir then path = (context.dir == "/" and "" or context.dir) .. "/" .. path end
  return path
end

function types.args(value, _, context)
  local words, problems = require("core.schedule.words").of(value)
  for _, problem in ipairs(problems) do context.add(problem.key, problem.message) end
  context.out.words = words
  return value
end

function types.table(value, row, context)
  if type(value) ~= "table" then return nil, ("%s expected, got %s"):format(row.what, quoted(value)) end
  return fields.read(value, row.rows, { prefix = row[1] .. ".", dir = context.dir }, context.add)
end

local function targets(kind, value, prefix, add)
  for _, problem in ipairs(require("core.schedule.target").check(kind, value) or {}) do
    local path = problem.path
    add(prefix .. (path and path ~= "" and "." .. path or ""), problem.message)
  end
end

local CHANNELS <const> = { "command", "mail", "webhook" }
local ON <const> = { "on", enum = { "failure", "always", "change", "never" } }

local function read_notify(value, prefix, add)
  if type(value) ~= "table" then
    return add(prefix, "a table such as { on = \"failure\", mail = \"ops@example.com\" } expected, got " .. quoted(value))
  end
  local out, known, n = { on = "failure" }, { "on", table.unpack(CHANNELS) }, 0
  if value.on ~= nil then
    local on, message = types.enum(value.on, ON)
    if message then add(prefix .. ".on", message) end
    out.on = on
  end
  for _, name in ipairs(CHANNELS) do
    if value[name] ~= nil then
      n, out[name] = n + 1, value[name]
      targets(name, value[name], prefix .. "." .. name, add)
    end
  end
  local stray = false
  for _, key in ipairs(fields.keys(value)) do
    if not fields.contains(known, key) then
      stray = true
      add(prefix .. "." .. tostring(key), fields.unknown(key, known))
    end
  end
  if n == 0 and out.on ~= "never" and not stray then
    add(prefix, "tells nobody: give it command = \"...\", mail = \"ops@example.com\" or webhook = \"https://...\"")
  end
  return out
end

-- One table or a list of them; { on = "never" } is how a schedule says no to a default.
function types.notify(value, _, context)
  if type(value) ~= "table" or #value == 0 then return { read_notify(value, "notify", context.add) } end
  local out = {}
  for i, one in ipairs(value) do out[i] = read_notify(one, ("notify[%d]"):format(i), context.add) end
  for _, key in ipairs(fields.keys(value)) do
    if type(key) == "string" then context.add("notify." .. key, "stands beside a list: put it into one of its tables") end
  end
  return out
end

function types.ping(value, _, context)
  targets("ping", value, "ping", context.add)
  return value
end

-- ---- the members ----

local MONTH <const> = 31 * 86400

--- The members of a schedule in the order in which they are checked and told.
-- `default`: it may stand in defaults{}, too.
fields.rows = {
  { "doc", "text" },
  { "at", "at" },
  { "every", "every" },
  { "tz", "tz", default = true },
  { "days", "enum", enum = { "and", "or" } },
  { "dst", "enum", enum = { "run", "skip" }, default = true },
  { "jitter", "time", min = 0, max = 86400, least = "0s", most = "24h", example = "10m", default = true },
  { "run", "script", what = "the path of a script or workflow", max = 4000 },
  { "args", "args" },
  { "overlap", "enum", enum = { "skip", "queue", "queue_all", "allow", "cancel" }, default = true },
  { "overlap_max", "integer", min = 1, max = 1000, default = true },
  { "catchup", "enum", enum = { "one", "none", "all" }, default = true },
  { "catchup_max", "integer", min = 1, max = 1000, default = true },
  { "window", "time", min = 60, max = 366 * 86400, least = "1m", most = "366d", example = "24h", default = true },
  { "timeout", "time", min = 1, max = MONTH, least = "1s", most = "31d", example = "30m", default = true },
  { "grace", "time", min = 0, max = 3600, least = "0s", most = "1h", example = "30s", default = true },
  { "memory", "size", min = 64 << 20, max = 1 << 40, least = "64m", most = "1024g", default = true },
  { "profile", "text", what = "the name of a profile", max = 100, default = true },
  { "notify", "notify", default = true },
  { "ping", "ping" },
  { "keep", "table", what = "a table such as { days = 90, count = 10000 }", default = true, rows = {
    { "days", "integer", min = 1, max = 36500, preset = 90 },
    { "count", "integer", min = 1, max = 1000000, preset = 10000 } } },
  { "enabled", "boolean", default = true },
}

function fields.contains(list, value)
  for _, one in ipairs(list) do
    if one == value then return true end
  end
  return false
end

--- The keys of a table: places first, then names in their order.
function fields.keys(t)
  local out = {}
  for key in pairs(t) do out[#out + 1] = key end
  table.sort(out, function(a, b)
    if type(a) ~= type(b) then return type(a) == "number" end
    return a < b
  end)
  return out
end

-- Other systems' words for what is here, because people will try them.
local ELSEWHERE <const> = {
  cron = "at", time = "at", when = "at", interval = "every", timezone = "tz", zone = "tz", script = "run", command = "run",
  arguments = "args", max_memory = "memory", concurrency = "overlap", catch_up = "catchup", misfire = "catchup",
  retention = "keep", description = "doc", summary = "doc", disabled = "enabled", time_limit = "timeout", input = "args",
}

--- What is wrong with a key that is none of the names.
function fields.unknown(key, names)
  if type(key) == "number" then return "stands without a name: write NAME = VALUE" end
  local hint = suggest.did_you_mean(key, names)
  local other = ELSEWHERE[key]
  if hint == "" and other and fields.contains(names, other) then hint = (" (did you mean '%s'?)"):format(other) end
  return "is not known" .. (hint ~= "" and hint or "; expected one of " .. table.concat(names, ", "))
end

--- fields.read(given, rows, context, add) -> table of what is right. For each
-- thing that is wrong add(key, message) is called, in the order of the rows.
function fields.read(given, rows, context, add)
  local out, names = {}, {}
  local prefix = context.prefix or ""
  local inner = { out = out, add = add, dir = context.dir }
  for i, row in ipairs(rows) do
    names[i] = row[1]
    local value = given[row[1]]
    if value == nil then
      out[row[1]] = row.preset
    else
      local got, message = types[row[2]](value, row, inner)
      if message then add(prefix .. row[1], message) end
      out[row[1]] = got
    end
  end
  for _, key in ipairs(fields.keys(given)) do
    if not fields.contains(names, key) then add(prefix .. tostring(key), fields.unknown(key, names)) end
  end
  return out
end

--- The members of a schedule's table; as fields.read.
function fields.read_all(given, context, add)
  return fields.read(given, fields.rows, context, add)
end

--- The members of defaults{}; as fields.read.
function fields.read_defaults(given, context, add)
  local rows, own = {}, {}
  for _, row in ipairs(fields.rows) do
    if row.default then rows[#rows + 1] = row else own[row[1]] = true end
  end
  local rest = {}
  for key, value in pairs(given) do
    if own[key] then
      add(key, "belongs to one schedule and cannot be a default")
    else
      rest[key] = value
    end
  end
  return fields.read(rest, rows, context, add)
end

--- What is wrong with the name of a schedule; nil if nothing is.
function fields.name_problem(name)
  if type(name) ~= "string" then return "has no name: schedule \"access audit\" { ... }" end
  if #name > 80 or not name:find "^[%w][%w ._-]*$" or name:find "[ ]$" then
    return "a name of up to 80 letters a to z, digits, blanks, '.', '_' and '-' expected, the first one a letter or digit and "
      .. "the last one no blank"
  end
end

return fields
