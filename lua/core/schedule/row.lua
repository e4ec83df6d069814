-- core/schedule/row.lua - one schedule: what its table may say, and what it means.
-- SPDX-License-Identifier: MIT

-- A definition is the table of a schedule after it was checked, with the
-- defaults filled in and times in seconds (docs/schedules.md):
--   name, doc, file, dir, line, enabled
--   at = "15 6 * * 1-5" | every = "6h", period = 21600 | boot = true
--   tz, days, dst, jitter           when
--   run = absolute path, words      what; words are the arguments for the command line
--   overlap, overlap_max, catchup, catchup_max, window, timeout, grace, memory, profile
--   notify = list, ping, keep = { days, count }
--   digest                          of what decides its slots
--   json                            all of it, to be shown where the file is not at hand
--   cron(since) -> host.cron object; nil for a schedule that runs at boot

local fields = require "core.schedule.fields"
local json = require "host.json"
local sys = require "host.sys"

local row = {}

local PRESET <const> = {
  tz = "UTC", dst = "run", jitter = 0, overlap = "skip", overlap_max = 24, catchup = "one", catchup_max = 24, window = 86400,
  grace = 30, enabled = true,
}

--- What is wrong with the name of a time zone, with the one that was probably
-- meant.
function row.zone_problem(name, message)
  return message .. require("core.schedule.zones").hint(name or "")
end

-- What host.cron reads.
local function expression(definition)
  if definition.boot then return "@boot" end
  return definition.at or ("@every %ds"):format(definition.period)
end

local function open_cron(definition, since)
  return require("host.cron").new(expression(definition), { name = definition.name, tz = definition.tz, days = definition.days,
    dst = definition.dst, since = since })
end

local function with_cron(definition)
  definition.cron = function(since)
    if definition.boot then return nil end
    local cron, err = open_cron(definition, since)
    if not cron then error(err, 0) end
    return cron
  end
  return definition
end

-- ---- when ----

local BOOT <const> = { ["@boot"] = true, ["@reboot"] = true }

-- The expression or the period, and what is wrong with both of them.
local function read_time(definition, given, add)
  if given.at == nil and given.every == nil then
    return add("at", "says not when: at = \"15 6 * * 1-5\" is for times of the clock, every = \"6h\" for a period")
  elseif given.at ~= nil and given.every ~= nil then
    return add("every", "stands beside at, and a schedule has one of them: make two schedules")
  end
  if definition.every then
    if definition.period % 1 ~= 0 or definition.period < 1 or definition.period > 366 * 86400 then
      return add("every", ("whole seconds from 1s to 366d expected, got '%s'"):format(definition.every))
    end
    definition.period = math.tointeger(definition.period)
  elseif definition.at then
    if BOOT[definition.at:lower()] then definition.at, definition.boot = "@boot", true end
  else
    return -- its type is wrong, and that was told
  end
  local cron, err = open_cron(definition)
  for _, message in ipairs(cron and {} or err.problems or { err.message }) do
    local zone = message:find("time zone", 1, true) ~= nil
    add(zone and "tz" or definition.every and "every" or "at", zone and row.zone_problem(definition.tz, message) or message)
  end
  if cron and definition.at and cron:every() then -- "@every 90m" is the other way to write every = "90m"
    definition.every, definition.period, definition.at = definition.at:match "%S+$", cron:every(), nil
  end
end

-- What was written for this schedule and will not do anything is a slip.
local function idle(definition, given, add)
  local kind = definition.boot and "a schedule that runs at boot" or definition.period and "a schedule with every" or nil
  for _, key in ipairs(kind and { "days", "dst" } or {}) do
    if given[key] ~= nil then add(key, "does nothing for " .. kind .. ": leave it out") end
  end
  if definition.boot and given.jitter ~= nil then add("jitter", "does nothing for a schedule that runs at boot: leave it out") end
  local overlap = definition.overlap
  -- what is nil is wrong itself, and was told
  if given.overlap_max ~= nil and overlap and overlap ~= "queue_all" and overlap ~= "allow" then
    add("overlap_max", ("goes with overlap = \"queue_all\" or \"allow\", and this one has \"%s\""):format(overlap))
  end
  if given.catchup_max ~= nil and definition.catchup and definition.catchup ~= "all" then
    add("catchup_max", ("goes with catchup = \"all\", and this one has \"%s\""):format(definition.catchup))
  end
end

-- ---- what is kept ----

local DECIDES <const> = { "at", "period", "boot", "tz", "days", "dst", "jitter" }
local SHOWN <const> = { "name", "doc", "file", "dir", "line", "enabled", "at", "every", "period", "boot", "tz", "days", "dst",
  "jitter", "run", "words", "overlap", "overlap_max", "catchup", "catchup_max", "window", "timeout", "grace", "memory",
  "profile", "keep" }

local function picked(definition, names)
  local out = json.object {}
  for _, name in ipairs(names) do out[name] = definition[name] end
  if out.words then out.words = json.array { table.unpack(out.words) } end
  return out
end

local function seal(definition)
  definition.digest = sys.sha256(json.encode(picked(definition, DECIDES)))
  local shown = picked(definition, SHOWN)
  shown.notify = json.array {}
  for i, one in ipairs(definition.notify) do -- whom it tells is nobody's business but the file's
    local channels = {}
    for _, name in ipairs { "command", "mail", "webhook" } do
      if one[name] ~= nil then channels[#channels + 1] = name end
    end
    shown.notify[i] = json.object { on = one.on, channels = json.array(channels) }
  end
  shown.ping = definition.ping ~= nil
  definition.json = assert(json.encode(shown))
  return with_cron(definition)
end

--- row.definition(name, given, how) -> definition, or nil; and the list of
-- problems { key, message }, which is empty where there is a definition; else
-- also what is right of it, which is good for looking at the script only.
-- @tparam string name
-- @tparam table given what the file has for this schedule
-- @tparam ?table how dir (what relative paths begin at), file, line, defaults
--   (values that fields.read_all has read)
function row.definition(name, given, how)
  how = how or {}
  local problems = {}
  local function add(key, message) problems[#problems + 1] = { key = key, message = message } end
  local bad = fields.name_problem(name)
  if bad then add(nil, bad) end
  local definition = fields.read_all(given, { dir = how.dir }, add)
  definition.name, definition.file, definition.line, definition.dir = name, how.file, how.line, how.dir
  for key, value in pairs(how.defaults or {}) do
    if definition[key] == nil and given[key] == nil then definition[key] = value end
  end
  for key, value in pairs(PRESET) do
    if definition[key] == nil and given[key] == nil then definition[key] = value end
  end
  definition.notify = definition.notify or {}
  definition.keep = definition.keep or { days = 90, count = 10000 }
  definition.words = definition.words or {}
  if given.run == nil then add("run", "is missing: the script or workflow, such as run = \"scripts/audit.lua\"") end
  if not bad then read_time(definition, given, add) end
  idle(definition, given, add)
  if #problems > 0 then return nil, problems, definition end
  return seal(definition), problems
end

--- row.restore(text) -> the definition that a json member was made of, as far
-- as it says: without channels of notify and without ping.
function row.restore(text)
  local definition = assert(json.decode(text))
  definition.notify, definition.ping = {}, nil
  definition.json = text
  definition.digest = sys.sha256(json.encode(picked(definition, DECIDES)))
  return with_cron(definition)
end

--- row.try_restore(text) -> the definition, or nil and why. Want of memory is
-- raised, for it says nothing of the text.
function row.try_restore(text)
  local ok, definition = pcall(row.restore, text)
  if ok then return definition end
  if tostring(definition):find("memory", 1, true) then error(definition, 0) end
  return nil, definition
end

--- row.explain(definition) -> when it runs, in words: "at 06:15 on Monday to
-- Friday, Europe/Berlin".
function row.explain(definition)
  if definition.boot then return "when the machine starts" end
  local cron = open_cron(definition)
  local text = cron and cron:explain() or expression(definition)
  return definition.period and text or text .. ", " .. definition.tz
end

return row
