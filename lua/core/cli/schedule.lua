-- schedule.lua - errand schedule: what is due and when, and what became of it.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"

local schedule = {
  summary = "Check a schedule file, say what comes next, run, pause and resume schedules.",
  usage = "schedule [COMMAND] [NAME] [OPTIONS]",
  words = {
    { "check [FILE]", "All that is wrong with a schedule file; where nothing is, what each schedule means: its next slots, and "
      .. "what clock changes do to it within a year." },
    { "list", "Each schedule with its next slot, its state and the last outcome; also without a word." },
    { "next", "The slots of all to come, in the order of time." },
    { "run NAME", "Run one now, in the foreground; the exit code is that of the run, and 6 where another one is in the way." },
    { "pause NAME", "Its slots are skipped until it is resumed." },
    { "resume NAME", "A paused or held one goes on." },
    { "log NAME [SLOT]", "Its slots, newest first; with the number of one, what its run printed." },
    { "export systemd|cron", "Timer units or crontab lines, for those who run no daemon." },
  },
  doc = "The file is the one that is named, else that of ERRAND_SCHEDULE_FILE, else the one that errand serve has read last, "
    .. "else schedule.lua beside the configuration file, else schedule.lua in this folder; list, next, pause, resume and log do "
    .. "without one. Exit code 2: something is wrong with the file or the command.",
  example = {
    "schedule \"access audit\" {              -- in schedule.lua",
    "  at = \"15 6 * * 1-5\", tz = \"Europe/Berlin\", run = \"scripts/audit.lua\",",
    "  notify = { on = \"failure\", command = \"mail -s errand ops@example.com\" },",
    "}",
  },
  options = {
    { "schedule", value = "FILE", doc = "The schedule file; check, list, next and export also take it as a word." },
    { "count", value = "N", type = "integer", min = 1, max = 10000, doc = "next: so many slots (20)." },
    { "until", key = "upto", value = "TIME", doc = "next: slots up to this time; a length such as 24h counts from now." },
    { "from", value = "TIME", doc = "check, next: as if it were this time, such as 2026-03-28 or 2026-03-28T02:00 (UTC)." },
    { "all", doc = "list: those, too, that are in no file any more." },
    { "limit", value = "N", type = "integer", min = 1, max = 10000, doc = "log: so many slots at most (20)." },
    { "reason", value = "TEXT", doc = "pause: why." },
    { "to", value = "DIR", doc = "export: write into this folder instead of standard output." },
  },
}

-- Which options belong to which word.
local belongs <const> = { count = "next", upto = "next", from = "check next", all = "list", limit = "log", reason = "pause",
  to = "export" }

local function raise(text, ...)
  error(error_.new("validation", text:format(...)), 0)
end

local function check_options(action, given)
  for name, where in pairs(belongs) do
    if given[name] ~= nil and not (" " .. where .. " "):find(" " .. action .. " ", 1, true) then
      raise("schedule %s has no option --%s; it belongs to schedule %s", action, name == "upto" and "until" or name,
        (where:gsub(" ", " and schedule ")))
    end
  end
end

local function no_more(args, n, usage)
  if args[n + 1] then raise("unexpected '%s'; usage: errand schedule %s", args[n + 1], usage) end
end

local function info(text, ...)
  require("host.err").log("info", text:format(...))
end

-- ---- times ----

local function clock()
  return require("host.sys").clock()
end

-- "2026-03-28", "2026-03-28 02:00" (UTC) or a length from now.
local function moment(option, text, now)
  if not text then return nil end
  local date, rest = text:match "^(%d%d%d%d%-%d%d%-%d%d)(.*)$"
  if date then
    rest = rest:gsub("Z$", ""):gsub("^$", " 00:00")
    local zone = assert(require("host.cron").zone "UTC")
    local ok, list = pcall(zone.instants, zone, date .. rest)
    if ok and list[1] then return list[1] end
    if not ok and not tostring(list):find("local time", 1, true) then error(list, 0) end -- want of memory
  else
    local seconds = require("core.duration").seconds(text)
    if seconds then return math.floor(now + seconds) end
  end
  raise("--%s: a time such as 2026-03-28, 2026-03-28T02:00 (UTC) or 24h (from now) expected, got '%s'", option, text)
end

-- ---- the store and the file ----

-- The book of the store, or nil where there is no store yet: looking does not make one.
local function book()
  local path = require("core.config").store_path()
  if not path or not require("host.sys").exists(path) then return nil end
  return require("core.schedule.book").open(require("core.record").store())
end

-- The file that a daemon has read last.
local function file_of(B)
  local newest
  for _, row in pairs(B and B:schedules() or {}) do
    if row.state ~= "gone" and row.file and (not newest or row.since > newest.since) then newest = row end
  end
  return newest and require("host.sys").exists(newest.file) and newest.file or nil
end

local function given_file(args, at)
  local word, named = args[at], args.options.schedule
  if word and named then raise("the schedule file is given twice: --schedule %s and %s", named, word) end
  return word or named
end

-- The schedules of the file, or nil where there is none. One that nobody named and that is broken is told and left out.
local function set_of(named, B)
  local file = require "core.schedule.file"
  if named then return file.read(named) end
  local path = file.find(nil, file_of(B))
  if not path then return nil end
  local ok, result = pcall(file.read, path)
  if ok then return result end
  if not error_.is(result) then error(result, 0) end
  require("host.err").log("warn", ("%s is not as it should be, so this is from the store alone; errand schedule check %s tells "
    .. "why"):format(path, require("core.run.view").quoted(path)))
end

local function names_of(set, B)
  local names, seen = {}, {}
  for _, definition in ipairs(set and set.list or {}) do
    names[#names + 1] = definition.name
    seen[definition.name] = true
  end
  local rest = {}
  for name, row in pairs(B and B:schedules() or {}) do
    if not seen[name] and row.state ~= "gone" then rest[#rest + 1] = name end
  end
  table.sort(rest)
  return table.move(rest, 1, #rest, #names + 1, names)
end

local function unknown(name, set, B)
  local names = names_of(set, B)
  local hint = require("core.suggest").did_you_mean(name, names)
  raise("there is no schedule '%s'%s; %s", name, hint, #names > 0 and "errand schedule list shows them"
    or "there is no schedule at all: errand schedule check FILE looks at a file of them")
end

local function need_name(args, usage)
  if not args[1] then raise("which schedule? errand schedule %s", usage) end
  return args[1]
end

-- ---- check ----

local actions = {}

local function problem_rows(problems)
  local json = require "host.json"
  local out = json.array {}
  for i, problem in ipairs(problems) do
    out[i] = json.object { line = problem.line, name = problem.name, message = problem.message }
  end
  return out
end

local function since_of(B, definition)
  local row = B and B:schedule(definition.name)
  return row and row.state ~= "gone" and row.digest == definition.digest and row.since or nil
end

local function check_data(set, problems, workflows, how)
  local json, checkup = require "host.json", require "core.schedule.checkup"
  local out = json.object { file = set.file, problems = problem_rows(problems), schedules = json.array {} }
  for _, definition in ipairs(#problems == 0 and set.list or {}) do
    how.since = since_of(how.book, definition)
    table.insert(out.schedules, checkup.data(definition, workflows[definition.name], how))
  end
  return out
end

local function plain_table(format)
  return format == "table" or format == "csv"
end

function actions.check(args)
  no_more(args, 1, "check [FILE]")
  local checkup, file = require "core.schedule.checkup", require "core.schedule.file"
  local format, B = require("core.session").output, book()
  local path = file.need(given_file(args, 1), file_of(B))
  local set, problems, workflows = checkup.read(path)
  local how = { from = moment("from", args.options.from, clock()) or math.floor(clock()), book = B }
  if format and not plain_table(format) then
    require("core.output").write(check_data(set, problems, workflows, how), format)
    return #problems > 0 and 2 or 0
  end
  file.raise(path, problems)
  local output = require "core.output"
  if format then return output.write(check_data(set, problems, workflows, how).schedules, format,
    { columns = { "name", "when", "run", "enabled" } }) end
  local parts = {}
  for _, definition in ipairs(set.list) do
    how.since = since_of(B, definition)
    parts[#parts + 1] = checkup.text(definition, workflows[definition.name], how) .. "\n"
  end
  parts[#parts + 1] = ("%s: %s, nothing wrong\n"):format(path, require("core.run.view").count(#set.list, "schedule"))
  local text = table.concat(parts, "\n")
  if require("host.sys").isatty(1) then text = require("host.err").safe(text, true) end
  output.text(text)
end

-- ---- list, next ----

local COLUMNS <const> = { "name", "when", "next", "state", "last" }

-- A list for people as a table, for programs as data.
local function write_list(list, line_of, data_of, columns)
  local format = require("core.session").output
  local tabular = plain_table(format) or not format and require("host.sys").isatty(1)
  local out = require("host.json").array {}
  for i, one in ipairs(list) do out[i] = (tabular and line_of or data_of)(one) end
  if #out == 0 and tabular and not format then return end
  require("core.output").write(out, format, { columns = tabular and columns or nil })
end

function actions.list(args)
  no_more(args, 1, "list [FILE]")
  local listing, B = require "core.schedule.listing", book()
  local set = set_of(given_file(args, 1), B)
  local now, list = clock(), {}
  for _, entry in ipairs(listing.entries(set, B)) do
    local one = listing.one(entry, B, now)
    if args.options.all or one.state ~= "gone" or #one.open > 0 then list[#list + 1] = one end
  end
  if #list == 0 then
    info("there is no schedule yet; errand schedule check FILE looks at a file of them, errand serve runs them")
  end
  write_list(list, function(one) return listing.line(one, now) end, listing.data, COLUMNS)
  local overdue = 0
  for _, one in ipairs(list) do overdue = overdue + (one.overdue > 0 and 1 or 0) end
  if overdue > 0 then
    info("%s overdue: slots have passed and nobody has run them; is errand serve running?",
      overdue == 1 and "one schedule is" or overdue .. " schedules are")
  end
end

function actions.next(args)
  no_more(args, 1, "next [FILE] [--count N] [--until TIME]")
  local listing, forecast, B = require "core.schedule.listing", require "core.schedule.forecast", book()
  local set, now = set_of(given_file(args, 1), B), clock()
  local from = moment("from", args.options.from, now) or now
  local entries = {}
  for _, entry in ipairs(listing.entries(set, B)) do
    local state = listing.state(entry)
    if (state == "active" or state == "new") and entry.definition.enabled ~= false then
      entries[#entries + 1] = { definition = entry.definition, since = listing.since(entry, math.floor(from)) }
    end
  end
  local upto = moment("until", args.options.upto, from)
  local slots = forecast.merge(entries, math.floor(from), { upto = upto, count = args.options.count or (upto and 10000 or 20) })
  if #slots == 0 then info("no slot is to come%s", upto and " until then" or "") end
  local function mark(slot)
    return slot.gap and "clocks go forward" or slot.overlap and "comes twice" or ""
  end
  write_list(slots, function(slot)
    return { ["local"] = listing.local_text(slot), utc = forecast.utc(slot.at), name = slot.definition.name, note = mark(slot) }
  end, function(slot)
    return { at = forecast.utc(slot.at), due = forecast.utc(slot.due), ["local"] = slot.local_time, zone = slot.abbreviation,
      name = slot.definition.name, gap = slot.gap or false, overlap = slot.overlap or false }
  end, { "local", "utc", "name", "note" })
end

-- ---- run, pause, resume ----

function actions.run(args)
  local usage = "run NAME [--schedule FILE]"
  local name = need_name(args, usage)
  no_more(args, 1, usage)
  local file, B = require "core.schedule.file", book()
  local set = file.read((file.need(args.options.schedule, file_of(B))))
  local definition = set.by_name[name]
  if not definition then unknown(name, set) end
  B = B or require("core.schedule.book").open(require("core.record").store())
  return require("core.schedule.byhand").run { definition = definition, set = set, book = B }
end

-- The row of the store that is to be changed, and the book.
local function stored(args, usage)
  local name = need_name(args, usage)
  no_more(args, 1, usage)
  local B = book()
  local row = B and B:schedule(name)
  if row and row.state ~= "gone" then return row, B end
  local set = set_of(args.options.schedule, B)
  if set and set.by_name[name] then
    raise("errand serve has not read schedule '%s' yet, so there is nothing to change; enabled = false in the file keeps it from "
      .. "running", name)
  end
  unknown(name, set, B)
end

local function by(row)
  return row.actor and " by " .. row.actor or ""
end

function actions.pause(args)
  local row, B = stored(args, "pause NAME [--reason TEXT]")
  if row.state == "paused" then
    return info("schedule '%s' is paused%s already%s%s", row.name, by(row), row.why and ": " .. row.why or "",
      args.options.reason and "; to give another reason, resume it first" or "")
  end
  B:pause(row.name, require("host.sys").whoami(), args.options.reason)
  info("schedule '%s' is paused: its slots are skipped until errand schedule resume %s", row.name,
    require("core.run.view").quoted(row.name))
end

function actions.resume(args)
  local row, B = stored(args, "resume NAME")
  if row.state == "active" then return info("schedule '%s' is active already", row.name) end
  B:resume(row.name, require("host.sys").whoami())
  info("schedule '%s' is active again%s", row.name, row.state == "held" and row.why and "; it was held: " .. row.why
    or require("core.schedule.row").restore(row.definition).enabled == false
    and ", but enabled = false in the file still skips its slots" or "")
end

-- ---- log ----

local function slot_line(slot)
  local forecast, view, listing = require "core.schedule.forecast", require "core.run.view", require "core.schedule.listing"
  return { slot = slot.id, at = slot.local_time and slot.local_time:gsub("^(.-%d%d:%d%d):00$", "%1") or forecast.utc(slot.at),
    kind = slot.kind ~= "slot" and slot.kind or nil, outcome = listing.outcome(slot),
    covers = slot.covers > 1 and slot.covers or nil, run = slot.run, took = view.span(slot.seconds), note = slot.note }
end

-- Of the columns those in which there is something.
local function filled(slots)
  local out = {}
  for _, name in ipairs { "slot", "at", "outcome", "took", "run", "kind", "covers", "note" } do
    for _, slot in ipairs(slots) do
      if slot_line(slot)[name] ~= nil then
        out[#out + 1] = name
        break
      end
    end
  end
  return out
end

-- A row of the store with its instants as text.
local function slot_data(slot)
  local forecast = require "core.schedule.forecast"
  local out = require("host.json").object {}
  for name, value in pairs(slot) do out[name] = value end
  for _, name in ipairs { "at", "due", "made", "started", "ended", "run_wake_at" } do
    out[name] = slot[name] and forecast.utc(slot[name]) or nil
  end
  out.catchup = slot.catchup == 1 or slot.catchup == true
  return out
end

local function log_files(slot)
  local base, out = require("core.config").store_path() .. ".logs/", {}
  for attempt = 1, slot.attempt or 0 do
    local path = ("%s%d-%d.log"):format(base, slot.id, attempt)
    if require("host.sys").exists(path) then out[#out + 1] = { attempt = attempt, path = path } end
  end
  return out
end

local function read_log(path)
  local text, err = require("host.sys").read_file(path)
  if not text then error_.rethrow(err) end
  return text
end

local function show_slot(slot)
  local json, format, files = require "host.json", require("core.session").output, log_files(slot)
  if format then
    local data = slot_data(slot)
    data.logs = json.array {}
    for i, one in ipairs(files) do
      data.logs[i] = json.object { attempt = one.attempt, path = one.path, text = read_log(one.path) }
    end
    return require("core.output").write(plain_table(format) and { slot_line(slot) } or data, format)
  end
  if #files == 0 then
    info("slot %d has no log: %s", slot.id, slot.state == "skipped" and "it was skipped (" .. tostring(slot.reason) .. ")"
      or slot.state == "due" and "it has not run yet" or slot.kind == "hand" and "a run by hand prints where it was started"
      or "it is not kept any more")
  end
  for _, one in ipairs(files) do
    if #files > 1 then require("core.output").text(("---- attempt %d\n"):format(one.attempt)) end
    local text = read_log(one.path)
    if require("host.sys").isatty(1) then text = require("host.err").safe(text, true) end
    require("core.output").text(text)
  end
end

local function slot_of(B, name, text)
  local id = math.tointeger(tonumber(text))
  local slot = id and B:slot(id)
  if slot and slot.schedule == name then return slot end
  if slot then raise("slot %d belongs to schedule '%s'", id, slot.schedule) end
  raise("schedule '%s' has no slot '%s'; errand schedule log %s lists them", name, text, require("core.run.view").quoted(name))
end

function actions.log(args)
  local usage = "log NAME [SLOT]"
  local name = need_name(args, usage)
  no_more(args, 2, usage)
  local B = book()
  local slots = B and B:slots { schedule = name, limit = args.options.limit or 20 } or {}
  if #slots == 0 and not (B and B:schedule(name)) then
    local set = set_of(args.options.schedule, B)
    if not (set and set.by_name[name]) then unknown(name, set, B) end
  end
  if args[2] then return show_slot(slot_of(B, name, args[2])) end
  if #slots == 0 then info("schedule '%s' has had no slot yet", name) end
  write_list(slots, slot_line, slot_data, filled(slots))
end

-- ---- export ----

function actions.export(args)
  local usage = "export systemd|cron [FILE] [--to DIR]"
  local target = args[1]
  no_more(args, 2, usage)
  if target ~= "systemd" and target ~= "cron" then
    raise("export to what? %s; usage: errand schedule %s", target and ("'%s' is neither systemd nor cron%s"):format(target,
      require("core.suggest").did_you_mean(target, { "systemd", "cron" })) or "systemd or cron", usage)
  end
  local file = require "core.schedule.file"
  local set = file.read((file.need(given_file(args, 2), file_of(book()))))
  return require("core.schedule.export").run { target = target, set = set, to = args.options.to,
    program = require("host.sys").realpath "/proc/self/exe" }
end

local NAMES <const> = { "check", "list", "next", "run", "pause", "resume", "log", "export" }

--- schedule.run(args): args[1] is what to do, list if it is left out.
function schedule.run(args)
  local word = args[1] or "list"
  if not actions[word] then
    local hint = require("core.suggest").did_you_mean(word, NAMES)
    if hint == "" and word:find "%.lua$" then hint = (" (did you mean schedule check %s?)"):format(word) end
    raise("schedule has no command '%s'%s; it knows %s", word, hint, table.concat(NAMES, ", "))
  end
  if args[1] then table.remove(args, 1) end
  check_options(word, args.options)
  return actions[word](args)
end

return schedule
