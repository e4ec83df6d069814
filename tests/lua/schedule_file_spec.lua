-- schedule_file_spec.lua - the schedule file: what it may say, all that is wrong with it, what it means.
-- SPDX-License-Identifier: MIT
local t = require "test"
local cron = require "host.cron"
local file = require "core.schedule.file"
local forecast = require "core.schedule.forecast"
local json = require "host.json"
local listing = require "core.schedule.listing"
local program = require "core.schedule.program"
local row = require "core.schedule.row"
local sys = require "host.sys"
local words = require "core.schedule.words"

local function parse(text)
  return file.parse(text, "/etc/errand/schedule.lua")
end

-- "LINE: message" of each problem.
local function faults(text)
  local _, problems = parse(text)
  local out = {}
  for i, problem in ipairs(problems) do out[i] = (problem.line or "?") .. ": " .. problem.message end
  return out
end

local function has(list, text)
  for _, one in ipairs(list) do
    if one:find(text, 1, true) then return true end
  end
  return false, table.concat(list, "\n")
end

local function instant(text)
  return cron.zone("UTC"):instants(text)[1]
end

local function make(given)
  given.run = given.run or "x.lua"
  local definition, problems = row.definition("leavers", given, { dir = "/srv", file = "/srv/schedule.lua", line = 1 })
  return definition or error(problems[1].message)
end

t.describe("a schedule file", function()
  t.it("gives definitions with every default filled in", function()
    local set, problems = parse [[
schedule "offboard leavers" { at = " 15  6 * * 1-5 ", tz = "Europe/Berlin", run = "scripts/offboard.lua",
  args = { csv = "/srv/hr/leavers.csv" }, timeout = "30m" }
schedule("audit", { every = "6h", run = "/opt/audit.lua", memory = "512m", keep = { days = 7 } })
schedule "start" { at = "@reboot", run = "./start.lua" }
]]
    t.eq(#problems, 0)
    t.eq(set.file, "/etc/errand/schedule.lua")
    t.eq(#set.list, 3)
    local one = set.by_name["offboard leavers"]
    t.eq(one.at, "15 6 * * 1-5")
    t.eq(one.run, "/etc/errand/scripts/offboard.lua")
    t.eq(table.concat(one.words, " "), "--csv /srv/hr/leavers.csv")
    t.eq(one.timeout, 1800)
    t.eq(one.line, 1)
    t.eq(table.concat({ one.overlap, one.overlap_max, one.catchup, one.catchup_max, one.window, one.grace, one.jitter,
      one.dst }, " "),
      "skip 24 one 24 86400 30 0 run")
    t.eq(one.keep.days .. " " .. one.keep.count, "90 10000")
    t.eq(one.enabled, true)
    t.eq(one.cron(0):next(instant "2026-03-28 00:00").local_time, "2026-03-30 06:15:00")
    local audit = set.by_name.audit
    t.eq(audit.period .. " " .. audit.every .. " " .. audit.tz, "21600 6h UTC")
    t.eq(audit.cron(1000):next(1000).at, 1000 + 21600)
    t.eq(audit.memory, 512 << 20)
    t.eq(audit.keep.days .. " " .. audit.keep.count, "7 10000")
    local start = set.by_name.start
    t.eq(start.boot, true)
    t.eq(start.at, "@boot")
    t.eq(start.cron(0), nil)
  end)

  t.it("takes defaults from wherever they stand", function()
    local set, problems = parse [[
schedule "a" { at = "@daily", run = "a.lua" }
defaults { tz = "Europe/Berlin", overlap = "queue", keep = { days = 5, count = 6 }, enabled = false }
schedule "b" { at = "@daily", run = "a.lua", tz = "Asia/Tokyo", enabled = true }
]]
    t.eq(#problems, 0)
    local a, b = set.by_name.a, set.by_name.b
    t.eq(a.tz .. " " .. a.overlap .. " " .. tostring(a.enabled) .. " " .. a.keep.days, "Europe/Berlin queue false 5")
    t.eq(b.tz .. " " .. b.overlap .. " " .. tostring(b.enabled), "Asia/Tokyo queue true")
  end)

  t.it("may be written with loops and functions", function()
    local set, problems = parse [[
local function nightly(name, hour) schedule(name) { at = ("0 %d * * *"):format(hour), run = name .. ".lua" } end
for i, name in ipairs { "one", "two" } do nightly(name, i + 1) end
]]
    t.eq(#problems, 0)
    t.eq(set.list[2].at, "0 3 * * *")
    t.eq(set.list[2].run, "/etc/errand/two.lua")
  end)

  t.it("tells all that is wrong at once, with line and name", function()
    local list = faults [[
defaults { tz = "Europe/Berln", run = "x" }
schedule "a" {
  at = "61 25 * * *",
  run = "x.lua",
  overlap = "queued",
  timeout = "soon",
  timezone = "UTC",
}
schedule "a" { every = "1h", run = "x.lua" }
schedule "both" { at = "@daily", every = "1h" }
schedule "c"
schedule { at = "@daily", run = "x.lua" }
schedule "d" { run = "x.lua", keep = { cont = 3 } }
defaults {}
]]
    for _, wanted in ipairs {
      "1: defaults: tz: time zone 'Europe/Berln' is not known", "(did you mean 'Europe/Berlin'?)",
      "1: defaults: run: belongs to one schedule and cannot be a default",
      "3: schedule 'a': at: minute '61' is out of range; expected 0 to 59", "3: schedule 'a': at: hour '25'",
      "5: schedule 'a': overlap: one of \"skip\"", "got 'queued' (did you mean 'queue'?)",
      "6: schedule 'a': timeout: seconds or a text such as", "7: schedule 'a': timezone: is not known (did you mean 'tz'?)",
      "9: schedule 'a': the name stands a second time, after line 2",
      "10: schedule 'both': every: stands beside at", "10: schedule 'both': run: is missing",
      "11: schedule 'c': has no table", "12: schedule: has no name",
      "13: schedule 'd': at: says not when", "13: schedule 'd': keep.cont: is not known (did you mean 'count'?)",
      "14: defaults: stands a second time, after line 1" } do
      t.ok(has(list, wanted))
    end
    t.eq(#list, 15)
    local odd = faults [[
schedule(5) { at = "@daily", run = "x.lua" }
local none
schedule(none) { at = "@daily", run = "x.lua" }
schedule "f" { at = "@daily", run = "x.lua", args = { f = function() end } }
]]
    t.ok(has(odd, "1: schedule: a table expected, got number") and has(odd, "3: schedule: a table expected, got nil"))
    t.ok(has(odd, "4: schedule: f: text, number, true, false or table expected, got function"))
    t.eq(#odd, 3, "each is told once")
    local ok, err = pcall(function() file.raise("schedule.lua", select(2, parse "schedule 'a' {}")) end)
    t.ok(not ok and err.kind == "config")
    t.eq(err.message, "2 problems with the schedule file schedule.lua")
    t.eq(err.problems[1].path, "/etc/errand/schedule.lua:1")
  end)

  t.it("refuses values out of their limits, saying what is expected", function()
    local wanted = {
      ["memory = \"1k\""] = "memory: a size from 64m to 1024g expected, got '1k'",
      ["memory = \"lots\""] = "memory: a size such as \"512m\" or \"2g\" expected, got 'lots'",
      ["memory = \"99999999999999999999g\""] = "memory: a size such as",
      ["window = \"1s\""] = "window: a time from 1m to 366d expected, got '1s'",
      ["overlap_max = 3"] = "overlap_max: goes with overlap = \"queue_all\" or \"allow\", and this one has \"skip\"",
      ["overlap = \"allow\", overlap_max = 0"] = "overlap_max: a whole number from 1 to 1000 expected, got 0",
      ["catchup_max = 3"] = "catchup_max: goes with catchup = \"all\"",
      ["enabled = \"yes\""] = "enabled: true or false expected, got 'yes'",
      ["profile = \"\""] = "profile: the name of a profile expected, got none",
      ["doc = \"a\\nb\""] = "doc: text without control characters expected",
      ["keep = 3"] = "keep: a table such as",
      ["\"x\""] = "1: stands without a name: write NAME = VALUE",
      ["notify = { on = \"sometimes\", mail = \"ops@example.com\" }"] = "notify.on: one of \"failure\"",
      ["notify = {}"] = "notify: tells nobody",
      ["notify = { { mail = \"ops@example.com\" }, { mial = \"x\" } }"] = "notify[2].mial: is not known (did you mean 'mail'?)",
      ["notify = \"ops@example.com\""] = "notify: a table such as { on = \"failure\"",
    }
    for text, message in pairs(wanted) do
      t.ok(has(faults("schedule 's' { at = '@daily', run = 'x.lua', " .. text .. " }"), message))
    end
    for text, message in pairs {
      ["every = '0s'"] = "every: whole seconds from 1s to 366d expected, got '0s'",
      ["every = '1500ms'"] = "every: whole seconds from 1s to 366d expected",
      ["every = 'x'"] = "every: a period such as \"6h\" or \"90m\" expected, got 'x'",
      ["every = '6h', days = 'or'"] = "days: does nothing for a schedule with every",
      ["at = '@boot', jitter = '1m'"] = "jitter: does nothing for a schedule that runs at boot",
      ["at = '0 0 */2 * 1'"] = "at:", ["at = 7"] = "at: a cron expression in quotes",
      ["at = '0 0 30 2 *'"] = "at:", ["at = '0 0 31 2 *'"] = "at:",
    } do
      t.ok(has(faults("schedule 's' { run = 'x.lua', " .. text .. " }"), message))
    end
    for _, name in ipairs { "", " a", "a ", "a\nb", "ä", ("x"):rep(81), "a/b" } do
      t.ok(has(faults(("schedule(%q) { at = '@daily', run = 'x.lua' }"):format(name)), "a name of up to 80 letters"), name)
    end
  end)

  t.it("has nothing of the machine, and an end", function()
    for _, name in ipairs { "os", "io", "require", "print", "load", "setmetatable", "debug", "coroutine", "pcall" } do
      t.ok(has(faults("local x = " .. name), ("1: '%s' is not known here"):format(name)), name)
    end
    t.ok(has(faults "x = 1", "1: assignment to undeclared variable 'x'"))
    t.ok(has(faults "\n\nwhile true do end", "3: the file runs without end"))
    t.ok(has(faults "local s = ('x'):rep(1 << 30)", "no memory for the file, which may have 32 MiB"))
    t.ok(has(faults "local a = {} for i = 1, 1e9 do a[i] = {} end", "no memory for the file, which may have 32 MiB"))
    t.ok(has(faults "local a = {} a.a = a schedule 'x' (a)", "tables stand in tables more than 8 deep"))
    t.ok(has(faults "schedule 'x' { at = type }", "schedule: at: text, number, true, false or table expected, got function"))
    t.ok(has(faults "local a = {} for i = 1, 60000 do a[i] = 1 end schedule 'x' { a = a } schedule 'y' { a = a }",
      "the file holds more than 100000 values"))
    t.ok(has(faults "for i = 1, 20000 do schedule 'x' {} end", "the file says more than 10000 things"))
    t.ok(has(faults(("-"):rep(1100000)), "the file is longer than 1 MiB"))
    t.ok(has(faults "\27Lua", "attempt to load a binary chunk"))
    t.ok(has(faults "schedule 'x' {", "1: unexpected symbol near <eof>"))
    t.ok(has(faults "error {}", "the file ends with an error that is no text"))
    for _, nothing in ipairs { '""', '"\\n"', '("", 0)' } do
      t.ok(has(faults("error" .. nothing), "the file ends with an error that says nothing"), nothing)
    end
    t.ok(has(faults 'error "\\0why"', "\\0why"), "zero bytes can be read")
    t.ok(has(faults "error 'no more'", "1: no more"))
    t.ok(has(faults "schedule 's' { at = '@daily', run = 'x', pin = secret.vault 'x' }", "there is no secret.vault here"))
    t.eq(faults "#!/usr/bin/env errand\nschedule 's' { at = '@daily', run = 'x.lua' }"[1], nil)
  end)

  t.it("has an end within calls of the library, too", function()
    local long = "this pattern can take very long on a text of "
    for text, message in pairs {
      ["('a'):rep(60):find(('a*'):rep(30) .. 'b')"] = long .. "60 bytes",
      ["('a'):rep(40000):gsub('a+b', '')"] = long .. "40000 bytes",
      ["('^'):rep(4000):gmatch('^-.-.-b')"] = long .. "4000 bytes",
      ["('a'):rep(1 << 23):find(('a'):rep(1 << 22) .. 'b', 1, true)"] = long .. "8388608 bytes",
      ["('('):rep(90000):match('%b()')"] = long .. "90000 bytes",
      ["('a'):rep(9000):match('(.-)%1[]%]*]b')"] = long .. "9000 bytes",
      ["table.move({}, 1, math.maxinteger - 1, 2)"] = "more than 4000000 elements",
      ["table.insert(holes, 1, 1)"] = "more than 4000000 elements",
      ["table.remove(holes, 1)"] = "more than 4000000 elements",
      ["('x'):rep('a')"] = "bad argument #1 to 'rep'",
      ["string.find({}, 'x')"] = "bad argument #1 to 'find'",
    } do
      local got = faults("local holes = { 1, 1, 1, 1, 1, [9] = 1 } for i = 0, 61 do holes[1 << i] = 1 end\nlocal x = " .. text)
      t.ok(has(got, "2: " .. message), text .. ": " .. tostring(got[1]))
    end
    -- an understanding that takes the square of the length
    t.ok(has(faults("local x = 1\nlocal y = x" .. (" and x"):rep(170000)), "the file runs without end"))
  end)

  t.it("has texts and tables as a person uses them", function()
    local got = faults [==[
      local hosts = ([[one two]] .. (" other"):rep(5000)):gsub("^%s+", ""):gsub("o", "O")
      local n = 0
      for host in hosts:gmatch "%S+" do n = n + 1 end
      local key, value = ("  at_night-1 = 15 6 * * 1-5  "):match "^%s*([%w_-]+)%s*=%s*(.-)%s*$"
      local y, m, d = ("2026-11-22"):match "^(%d+)-(%d+)-(%d+)$"
      local list = table.move({ 1, 2, 3 }, 1, 3, 2, {})
      table.insert(list, 2, ("-"):rep(3, "+"))
      table.remove(list)
      error(table.concat({ n, key, value, y, m, d, #list, list[2], ("").rep("", 1 << 62), ("a.b"):find(".", 1, true) }, ";"))
    ]==]
    t.ok(has(got, "9: 5002;at_night-1;15 6 * * 1-5;2026;11;22;4;-+-+-;;2;2"), got[1])
  end)

  t.it("is not empty: that would end all schedules", function()
    t.ok(has(faults "-- nothing", "there is no schedule in it"))
    t.ok(has(faults "defaults { tz = 'UTC' }", "there is no schedule in it"))
  end)

  t.it("does not mind a table that changes later", function()
    local set = parse "local o = { at = '@daily', run = 'x.lua' } schedule 'a' (o) o.at = '@hourly' schedule 'b' (o)"
    t.eq(set.by_name.a.at .. " " .. set.by_name.b.at, "@daily @hourly")
  end)

  t.it("leaves no state behind, however it ends", function()
    collectgarbage()
    local before = collectgarbage "count"
    for _ = 1, 200 do
      parse "schedule 's' { at = '@daily', run = 'x.lua', args = { 1, 2, 3 } }"
      parse "local t = {} for i = 1, 1000 do t[i] = i end error {}"
    end
    collectgarbage()
    t.ok(collectgarbage "count" - before < 200)
  end)
end)

t.describe("digest and json of a schedule", function()
  local function digest(given) return make(given).digest end

  t.it("changes with what decides the slots only", function()
    local base = digest { at = "15 6 * * *", tz = "Europe/Berlin" }
    t.eq(digest { at = " 15  6 * * * ", tz = "Europe/Berlin", run = "y.lua", overlap = "queue", timeout = 5 }, base)
    t.eq(digest { every = "90m" }, digest { every = "1h30m" })
    t.eq(digest { every = "90m" }, digest { every = 5400 })
    t.eq(digest { every = "90m" }, digest { at = "@every  1h30m" })
    local seen = { [base] = true }
    for _, other in ipairs { { at = "16 6 * * *", tz = "Europe/Berlin" }, { at = "15 6 * * *", tz = "UTC" },
      { at = "15 6 * * *", tz = "Europe/Berlin", dst = "skip" }, { at = "15 6 * * *", tz = "Europe/Berlin", jitter = "5m" },
      { at = "15 6 * * *", tz = "Europe/Berlin", days = "and" }, { every = "1h" }, { at = "@boot" } } do
      t.ok(not seen[digest(other)])
      seen[digest(other)] = true
    end
  end)

  t.it("gives back what it was made of, without channels and addresses", function()
    local one = make { at = "30 2 * * *", tz = "Europe/Berlin", days = "or", jitter = "10m", catchup = "all",
      args = { n = 3, "x" }, notify = { mail = "ops@example.com" }, ping = "https://ping.example.com/3f2a",
      memory = "1g", timeout = "90s" }
    t.ok(not one.json:find("3f2a", 1, true) and not one.json:find("ops@", 1, true))
    t.eq(json.decode(one.json).ping, true)
    t.eq(json.decode(one.json).notify[1].channels[1], "mail")
    local again = row.restore(one.json)
    t.eq(again.digest, one.digest)
    t.eq(table.concat(again.words, " "), "--n 3 x")
    t.eq(again.cron(0):next(0).at, one.cron(0):next(0).at)
    t.eq(row.explain(again), "at 02:30, Europe/Berlin")
    t.eq(row.explain(row.restore(make { every = "90m" }.json)), row.explain(make { every = "90m" }))
    t.eq(row.restore(make { at = "@reboot" }.json).cron(0), nil)
  end)

  t.it("hands on references to secrets as they are", function()
    local set, problems = parse [[schedule "s" { at = "@daily", run = "x.lua", ping = secret.env "PING_URL",
      notify = { webhook = { url = secret.credential "hook", token = secret.file "/run/token" } } }]]
    t.eq(#problems, 0)
    t.eq(set.list[1].ping.env, "PING_URL")
    t.eq(set.list[1].notify[1].webhook.url.credential, "hook")
    t.eq(set.list[1].notify[1].on, "failure")
    t.ok(has(faults "schedule 's' { at = '@daily', run = 'x.lua', ping = 'not a url' }", "schedule 's': ping: "))
  end)
end)

t.describe("args of a schedule", function()
  local function line(args) return table.concat(words.of(args), " ") end

  t.it("become words: names in their order, then the list", function()
    t.eq(line { csv = "x", dry = true, n = 3, part = 0.1, "last", 7 }, "--csv x --dry --n 3 --part 0.1 last 7")
    t.eq(line { first_name = "Ann Lee", of = { "a", 2 } }, "--first-name Ann Lee --of a --of 2")
    t.eq(line { "--no-dry", "--", "-x" }, "--no-dry -- -x")
    t.eq(line {}, "")
  end)

  t.it("are refused where no word says them", function()
    for _, case in ipairs { { { dry = false }, "args.dry: false has no word: leave it out" },
      { { x = { y = 1 } }, "args.x: text, a number, true or a list of them expected, got a table with names" },
      { { x = {} }, "args.x: an empty list" },
      { { x = { {} } }, "args.x: element 1: text, a number or true expected, got table" },
      { { x = 1 / 0 }, "args.x: a finite number expected" }, { { ["a b"] = 1 }, "args.a b: a name of letters" },
      { { "a\0b" }, "args[1]: text without zero bytes expected" }, { "x", "args: a table such as" } } do
      local _, problems = words.of(case[1])
      t.eq((problems[1].key .. ": " .. problems[1].message):sub(1, #case[2]), case[2])
    end
  end)
end)

t.describe("what a schedule runs", function()
  local dir = os.tmpname()
  os.remove(dir)
  assert(sys.make_dir(dir))
  local function check(text, given, more)
    local path = dir .. "/x.lua"
    if text then assert(sys.write_file(path, text)) end
    given.at, given.run = "@daily", text and path or dir .. "/none.lua"
    local definition = assert(row.definition("s", given, { dir = dir }))
    for key, value in pairs(more or {}) do definition[key] = value end
    local out = {}
    local name = program.check(definition, function(key, message) out[#out + 1] = key .. ": " .. message end)
    return out, name
  end
  local GUEST <const> = [[
local workflow = require "workflow"
return workflow.define("guest", { args = { { "email", required = true }, { "n", "integer", max = 5 }, { "csv", "file" },
  { "dry", "flag" }, { "token", secret = true } }, input = function() error "not called" end }, function() end)]]

  t.it("must be there, compile and load", function()
    t.ok(has(check(nil, {}), "run: cannot open"))
    t.ok(has(check("x = = 1", {}), "run: does not compile: "))
    t.eq(#check("error 'never run'", {}), 0)
    t.ok(has(check("nope() return workflow.define('x', {}, function() end)", {}), "run: does not load: "))
    t.ok(has(check("return workflow.define('x', { argz = {} }, function() end)", {}), "did you mean 'args'?"))
    t.ok(has(check("return workflow.define('x', { args = { { 'a', 'strng' } } }, function() end)", {}),
      "run: args: unknown type"))
  end)

  t.it("must take its arguments, where it is a workflow", function()
    assert(sys.write_file(dir .. "/people.csv", "x"))
    local list, name = check(GUEST, { args = { email = "new.hire@example.com", csv = "people.csv", n = 5, dry = true } })
    t.eq(table.concat(list, "\n"), "")
    t.eq(name, "guest")
    list = check(GUEST, { args = { emial = "x", n = 9, csv = "gone.csv", "stray" } })
    t.ok(has(list, "args.email: is required"))
    t.ok(has(list, "args.n: at most 5 expected"))
    t.ok(has(list, "args.csv: no such file: '" .. dir .. "/gone.csv'"))
    t.ok(has(list, "args.emial: unknown option (did you mean '--email'?)"))
    t.ok(has(check(GUEST, { args = { email = "x", "--help" } }), "args: '--help' would print help"))
    t.ok(has(check("print(1)", { args = { anything = 1 } }), "") == false)
  end)

  t.it("gets no secret from the file", function()
    local list = check(GUEST, { args = { email = "x", token = "hunter2" } })
    t.ok(has(list, "args.token: is a secret, and the schedule file is no place for one"))
    t.ok(not has(list, "hunter2"))
    t.ok(has(check(GUEST, { args = { email = "x", token = "@" .. dir .. "/none" } }), "args.token: there is no file"))
    t.eq(#check(GUEST, { args = { email = "x", token = "@" .. dir .. "/people.csv" } }), 0)
    t.ok(has(check("return workflow.define('x', { args = { { 'pin', secret = true, required = true } } }, function() end)", {}),
      "args.pin: is required and a secret, and nobody is there to be asked"))
    os.remove(dir .. "/x.lua")
    os.remove(dir .. "/people.csv")
    os.remove(dir)
  end)
end)

t.describe("clock changes within a year", function()
  local function sentences(at, tz, from, more)
    local given = { at = at, tz = tz, run = "x.lua" }
    for key, value in pairs(more or {}) do given[key] = value end
    local out = {}
    for i, change in ipairs(forecast.changes(make(given), instant(from .. " 00:00"))) do out[i] = forecast.sentence(change) end
    return out
  end

  -- The table of docs/schedules.md.
  t.it("are told as they come in each zone", function()
    local function first(...) return sentences(...)[1] end
    local berlin = sentences("30 2 * * *", "Europe/Berlin", "2026-03-01")
    t.eq(berlin[1], "2026-03-29  02:30 is not there (clocks go forward): runs once at 03:00 CEST")
    t.eq(berlin[2], "2026-10-25  02:30 comes twice (clocks go back): runs the first time only, CEST")
    local hourly = sentences("0 * * * *", "Europe/Berlin", "2026-03-01")
    t.eq(hourly[1], "2026-03-29  23 runs instead of 24 (clocks go forward)")
    t.eq(hourly[2], "2026-10-25  25 runs instead of 24 (clocks go back)")
    t.eq(#hourly, 2)
    t.eq(#sentences("30 2 * * *", "Australia/Lord_Howe", "2026-10-01"), 0)
    t.eq(first("0 * * * *", "Australia/Lord_Howe", "2026-10-01"), "2026-10-04  23 runs instead of 24 (clocks go forward)")
    local casablanca = sentences("0 * * * *", "Africa/Casablanca", "2026-01-01")
    t.eq(casablanca[1], "2026-02-15  25 runs instead of 24 (clocks go back)")
    t.eq(casablanca[2], "2026-03-22  23 runs instead of 24 (clocks go forward)")
    t.eq(first("0 0 * * *", "Pacific/Apia", "2011-12-01"),
      "2011-12-30  00:00 is not there (clocks go forward): runs once at 2011-12-31 00:00 +14; one run for both")
    t.eq(first("0 * * * *", "Pacific/Apia", "2011-12-01"), "2011-12-30  0 runs instead of 24 (clocks go forward)")
    t.eq(first("0 0 * * *", "Africa/Cairo", "2026-04-01"),
      "2026-04-24  00:00 is not there (clocks go forward): runs once at 01:00 EEST")
    t.eq(first("0 * * * *", "Africa/Cairo", "2026-04-01"), "2026-04-24  23 runs instead of 24 (clocks go forward)")
  end)

  t.it("are none where none touches the slots", function()
    t.eq(#sentences("15 6 * * 1-5", "Europe/Berlin", "2026-03-01"), 0)
    t.eq(#sentences("30 2 * * *", "UTC", "2026-03-01"), 0)
    t.eq(#forecast.changes(make { every = "1h", tz = "Europe/Berlin" }, 0), 0)
    t.eq(#forecast.changes(make { at = "@boot", tz = "Europe/Berlin" }, 0), 0)
  end)

  t.it("are told with dst = skip and for many at once", function()
    t.eq(sentences("30 2 * * *", "Europe/Berlin", "2026-03-01", { dst = "skip" })[1],
      "2026-03-29  02:30 is not there (clocks go forward): does not run for it (dst = \"skip\")")
    local many = sentences("*/15 2 * * *", "Europe/Berlin", "2026-03-01")
    t.eq(many[1], "2026-03-29  02:00, 02:15, 02:30, 02:45 are not there (clocks go forward): runs once at 03:00 CEST; "
      .. "these 4 are one run")
    local each = sentences("* 2 * * *", "Europe/Berlin", "2026-03-01")
    t.ok(each[1]:find("02:10, 02:11 and 48 more are not there", 1, true), each[1])
    t.eq(many[2], "2026-10-25  02:00 to 02:45 (4 slots) come twice (clocks go back): runs the first time only, CEST")
  end)
end)

t.describe("what comes next", function()
  t.it("is merged in the order of time, by when it starts", function()
    local a = row.definition("a", { at = "0 * * * *", run = "x" })
    local b = row.definition("b", { every = "25m", run = "x" })
    local slots = forecast.merge({ { definition = a }, { definition = b, since = 0 } }, 0, { count = 5 })
    local out = {}
    for i, slot in ipairs(slots) do out[i] = slot.definition.name .. slot.at // 60 end
    t.eq(table.concat(out, " "), "b25 b50 a60 b75 b100")
    t.eq(#forecast.merge({ { definition = a } }, 0, { count = 100, upto = 7200 }), 2)
    local late = row.definition("c", { at = "0 * * * *", run = "x", jitter = "10m" })
    local slot = forecast.slots(late, 0, { count = 1 })[1]
    t.eq(slot.at .. " " .. slot.due, "3600 " .. 3600 + cron.jitter("c", 600))
  end)
end)

t.describe("the list of schedules", function()
  local now, B = nil, nil
  local function fresh()
    now = instant "2026-11-22 12:00"
    B = require("core.schedule.book").open(require("host.store").open(), function() return now end)
  end
  local function enter(set, at)
    local list = {}
    for i, d in ipairs(set.list) do list[i] = { name = d.name, digest = d.digest, definition = d.json } end
    B:enter(list, at or now, set.file)
  end
  local function lines(set)
    local out = {}
    for i, entry in ipairs(listing.entries(set, B)) do
      local line = listing.line(listing.one(entry, B, now), now)
      out[i] = table.concat({ line.name, line.next, line.state, line.last }, " | ")
    end
    return out
  end
  local TEXT <const> = "schedule 'b' { at = '0 6 * * *', run = 'x.lua' } schedule 'a' { every = '1h', run = 'x.lua' }"

  t.it("shows what the file has before any daemon did", function()
    fresh()
    t.eq(table.concat(lines(parse(TEXT)), "\n"), "b | Mon 06:00 UTC | new | \na | Sun 13:00 UTC | new | ")
  end)

  t.it("works with the store alone, and from both", function()
    fresh()
    enter(parse(TEXT), now - 1800)
    t.eq(table.concat(lines(nil), "\n"), "a | Sun 12:30 UTC | active | \nb | Mon 06:00 UTC | active | ")
    B:pause("b", "ops", "holiday")
    B:hold("a", "too many")
    t.eq(table.concat(lines(nil), "\n"), "a |  | held | \nb |  | paused | ")
    local set = parse [[schedule 'b' { at = '0 7 * * *', run = 'x.lua' }
schedule 'c' { at = '@reboot', run = 'x.lua', enabled = false }]]
    t.eq(table.concat(lines(set), "\n"), "b |  | paused, edited | \nc |  | disabled | \na |  | held, not in the file | ")
  end)

  t.it("marks what is overdue, what runs and how it ended", function()
    fresh()
    local set = parse(TEXT)
    enter(set, now - 3 * 86400)
    t.eq(lines(set)[1], "b | Mon 06:00 UTC | 3 overdue | ")
    now = now - 86400
    B:pause("b", "ops")
    B:resume("b", "ops") -- what passed before that is not
    now = now + 86400
    t.eq(lines(set)[1], "b | Mon 06:00 UTC | 1 overdue | ")
    local at = instant "2026-11-22 06:00"
    local slots = B:fire("b", at, { { at = at - 86400, due = at - 86400 },
      { at = at, due = at, state = "skipped", reason = "overlap" } })
    B:start(slots[1].id)
    t.eq(lines(set)[1], "b | Mon 06:00 UTC | running | skipped: overlap")
    now = now + 7200
    B:finish(slots[1].id, { outcome = "timed_out" })
    now = now + 60
    B:fire("b", at + 1, { { at = at + 1, due = at + 1 } })
    t.eq(lines(set)[1], "b | Mon 06:00 UTC | 1 waiting | skipped: overlap")
    now = now + 3600
    B:fire("b", at + 3, { { at = at + 3, due = at + 3 } })
    local third = B:slots { schedule = "b", limit = 1 }[1]
    B:finish(third.id, { outcome = "timed_out" })
    now = now + 120
    t.eq(lines(set)[1], "b | Mon 06:00 UTC | 1 waiting | timed out 2 min ago")
    local one = listing.data(listing.one(listing.entries(set, B)[1], B, now))
    t.eq(one.open[1].state, "due")
    t.eq(one.last.outcome, "timed_out")
    t.ok(json.encode(one))
  end)

  t.it("hides what is gone until it is asked for", function()
    fresh()
    enter((parse(TEXT)))
    enter((parse "schedule 'b' { at = '0 6 * * *', run = 'x.lua' }"))
    t.eq(listing.state(listing.entries(nil, B)[1]), "gone")
    t.eq(listing.state(listing.entries(parse(TEXT), B)[2]), "new")
  end)

  t.it("fits 80 columns", function()
    fresh()
    local set = parse "schedule 'offboard leavers' { at = '15 6 * * 1-5', tz = 'Europe/Berlin', run = 'x' }"
    local rows = { listing.line(listing.one(listing.entries(set, B)[1], B, now), now) }
    local columns = { "name", "when", "next", "state", "last" }
    local text = require("core.output").format(rows, "table", { width = 80, columns = columns })
    for one in text:gmatch "[^\n]+" do t.ok(utf8.len(one) <= 80, one) end
    t.ok(text:find("offboard leavers", 1, true) and text:find("Mon 06:15 CET", 1, true) and text:find("new", 1, true), text)
  end)
end)
