-- runs.lua - errand runs: what workflows did, and what to do with them.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"

-- "2h" or a day or time in UTC, as seconds since 1970
local function since(text)
  local y, m, d, rest = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$"
  local hour, minute, second = 0, 0, 0
  if y and rest ~= "" then
    hour, minute, second = rest:match "^T(%d%d):(%d%d):?(%d*)Z?$"
    if not hour then y = nil end
  end
  if y then
    -- days since 1970 by counting from March, so that the leap day comes last
    y, m, d = tonumber(y), tonumber(m), tonumber(d)
    local era = m > 2 and y or y - 1
    local days = 365 * era + era // 4 - era // 100 + era // 400 + (153 * ((m + 9) % 12) + 2) // 5 + d - 1 - 719468
    return days * 86400 + hour * 3600 + minute * 60 + (tonumber(second) or 0)
  end
  local seconds = not tonumber(text) and require("core.duration").seconds(text)
  if not seconds then return nil, ("a time such as 2h, or a day such as 2026-01-31 expected, got '%s'"):format(text) end
  return require("host.sys").clock() - seconds
end

local STATES = { "live", "ready", "running", "sleeping", "waiting", "held", "in_doubt", "diverged", "stalled", "undoing", "done",
  "undone", "failed", "abandoned", "cancelled" }

local runs = {
  summary = "Show runs of workflows, and go on with them, settle, undo or end them.",
  usage = "runs [list] | show ID | resume ID | settle ID STEP done|absent|skip | undo ID [--plan] | cancel ID | abandon ID | "
    .. "approve|reject ID [STEP] | report ID --html FILE | prune | check",
  doc = "ID may be the beginning of one, with or without the \"r-\". list shows the newest first; show one of them with its "
    .. "steps, what is in doubt and what to type next. resume goes on with a run that was interrupted, held or settled. settle "
    .. "says what became of a step in doubt: done, absent (it had no effect and is sent again) or skip. undo takes back what the "
    .. "run made, the last step first, also of finished runs; --plan only looks. cancel stops it at its next step. abandon ends "
    .. "it as it is. approve and reject answer a run that asks. report writes a page for people. prune forgets old runs that "
    .. "ended; check reads the whole journal. Exit codes of resume and undo: 0 done, 1 failed, 3 held, 4 in doubt.",
  options = {
    { "state", value = "WORD", enum = STATES, doc = "list: only runs in this state; live is every state that has not ended." },
    { "workflow", value = "NAME", doc = "list: only runs of this workflow." },
    { "key", value = "KEY", doc = "list: only runs with this key." },
    { "since", value = "TIME", convert = since,
      doc = "list: only runs begun in the last 2h (30m, 7d), or since a day or time in UTC." },
    { "limit", value = "N", type = "integer", min = 1, max = 100000, doc = "list: at most so many (50)." },
    { "full", doc = "show: with arguments, results and every attempt." },
    { "plan", doc = "undo: show what is there and what would be done; nothing is changed." },
    { "force", doc = "undo: also beyond a pivot, and what was changed since." },
    { "reason", value = "TEXT", doc = "settle, cancel, abandon, undo: why; it is kept with your name." },
    { "result", value = "JSON", doc = "settle done: what the step returns, as the call would have." },
    { "comment", value = "TEXT", doc = "approve, reject: what the run is told with the answer." },
    { "html", value = "FILE", doc = "report: where the page goes; - is standard output." },
    { "no-wait", key = "no_wait", doc = "resume: do not wait for a sleep or an approval, but end with 3." },
    { "slot", value = "ID", type = "integer", min = 1,
      doc = "resume: what errand serve calls: go on with this slot of a schedule, if nobody else has it." },
    { "attempt", value = "N", type = "integer", min = 1, doc = "resume: with --slot, which attempt this is (1)." },
    { "days", value = "N", type = "integer", min = 0, max = 36500,
      doc = "prune: forget runs that ended before so many days (90)." },
    { "keep", value = "N", type = "integer", min = 0, max = 1000000,
      doc = "prune: keep at most so many runs of a workflow that ended (10000)." },
  },
}

-- which actions an option belongs to
local belongs = { state = "list", workflow = "list", key = "list", since = "list", limit = "list", full = "show", plan = "undo",
  force = "undo", reason = "settle cancel abandon undo", result = "settle", comment = "approve reject", html = "report",
  no_wait = "resume", slot = "resume", attempt = "resume", days = "prune", keep = "prune" }

local function raise(text, ...)
  error(error_.new("validation", text:format(...)), 0)
end

local function check_options(action, given)
  for name, where in pairs(belongs) do
    if given[name] ~= nil and not (" " .. where .. " "):find(" " .. action .. " ", 1, true) then
      raise("runs %s has no option --%s; it belongs to runs %s", action, (name:gsub("_", "-")), (where:gsub(" ", ", ")))
    end
  end
end

-- ---- which run ----

-- The journal, or nil where there is no store yet: looking does not make one.
local function journal()
  local path = require("core.config").store_path()
  if not path or not require("host.sys").exists(path) then return nil end
  return require("core.run.journal").open(require("core.record").store())
end

local function ids_of(list)
  local out = {}
  for i, run in ipairs(list) do out[i] = run.id end
  return out
end

-- The run that somebody means, and the journal.
local function one(text, usage)
  if not text then raise("which run? errand runs %s", usage) end
  local id = text:lower()
  if not id:find "^[%w-]+$" or id == "r" or id == "r-" then raise("'%s' is no id of a run; errand runs lists them", text) end
  local J = journal()
  local found = J and J:find(id) or {}
  for _, run in ipairs(found) do
    if run.id == id or run.id == "r-" .. id then return run, J end
  end
  if #found == 1 then return found[1], J end
  if #found > 1 then raise("'%s' may be %s; type more of it", text, table.concat(ids_of(found), ", ")) end
  local known = J and ids_of(J:runs { limit = 1000 }) or {}
  local near = require("core.suggest").did_you_mean(id:find "^r%-" and id or "r-" .. id, known)
  raise("there is no run '%s'%s; errand runs lists them", text, near)
end

local function no_more(args, n, usage)
  if args[n + 1] then raise("unexpected '%s'; usage: errand runs %s", args[n + 1], usage) end
end

local function process_of(run)
  return require("core.run.acts").holder(run)
end

-- ---- list ----

local COLUMNS = { "id", "started", "workflow", "key", "state", "steps", "seconds", "note" }

local function line(run, view)
  local err = view.decode(run.error)
  return {
    id = run.id, started = view.iso(run.started or run.created), workflow = run.workflow, key = run.key, state = run.state,
    steps = run.done_count, seconds = view.rounded(run.started and (run.ended or run.changed) - run.started),
    ended = view.iso(run.ended), wake_at = view.iso(run.wake_at),
    note = run.state ~= "done" and err and err.message or nil,
  }
end

-- The journal filters by what it has indices for; the rest is done here.
local function chosen(J, given)
  local live = given.state == "live" or nil
  local list = J:runs { state = not live and given.state or nil, live = live, workflow = given.workflow, key = given.key,
    limit = not given.since and (given.limit or 50) or nil }
  local out = {}
  for _, run in ipairs(list) do
    if #out >= (given.limit or 50) then break end
    if not given.since or run.created >= given.since then out[#out + 1] = run end
  end
  return out
end

local actions = {}

function actions.list(args)
  no_more(args, 0, "list")
  local J, given = journal(), args.options
  local view, out = require "core.run.view", require("host.json").array({})
  for i, run in ipairs(J and chosen(J, given) or {}) do out[i] = line(run, view) end
  if #out == 0 then
    local narrowed = given.state or given.workflow or given.key or given.since
    require("host.err").log("info", narrowed and "no run is like that"
      or "no workflow has been run yet; errand run FILE runs one")
  end
  local format = require("core.session").output
  local terminal = require("host.sys").isatty(1)
  if #out == 0 and terminal and not format then return 0 end
  local tabular = format == "table" or format == "csv" or not format and terminal
  require("core.output").write(out, format, { columns = tabular and COLUMNS or nil })
end

-- ---- show, report ----

-- To a terminal nothing raw; a pipe gets what was kept.
local function say(text)
  if require("host.sys").isatty(1) then text = require("host.err").safe(text, true) end
  require("core.output").text(text)
end

function actions.show(args)
  local run, J = one(args[1], "show ID")
  no_more(args, 1, "show ID")
  local view = require "core.run.view"
  local format = require("core.session").output
  local seen = view.of(J, run, { full = args.options.full or format ~= nil, process = process_of(run) })
  if format == "table" or format == "csv" then
    return require("core.output").write(seen.steps, format, { columns = require("core.run.show").COLUMNS })
  elseif format then
    return require("core.output").write(view.plain(seen), format)
  end
  say(require("core.run.show").text(seen, { full = args.options.full }))
end

function actions.report(args)
  local run, J = one(args[1], "report ID --html FILE")
  no_more(args, 1, "report ID --html FILE")
  local path = args.options.html
  if not path or path == "" then raise("where shall the page go? errand runs report %s --html FILE", run.id) end
  local seen = require("core.run.view").of(J, run, { full = true, process = process_of(run) })
  local page = require("core.run.report").page(seen)
  if path == "-" then return require("core.output").text(page) end
  local ok, err = require("host.sys").write_file(path, page)
  if not ok then error_.rethrow(err) end
  require("host.err").log("info", ("report of %s in %s"):format(run.id, path))
end

-- ---- what changes something ----

local function acts()
  return require "core.run.acts"
end

-- fn(...), which SIGTERM stops where nothing is lost.
local function stoppable(fn, ...)
  return require("core.run.term").during(fn, ...)
end

-- As the work of a slot. One that has ended meanwhile needs nothing more.
local function resume_slot(J, run, options)
  local how = { slot = options.slot, attempt = options.attempt, hook = require("core.cli.run").crash_hook() }
  return require("core.schedule.child").run(how, function(child)
    if child.run ~= run.id then
      error(error_.new("conflict", ("run %s is not that of slot %d, which is %s; nothing was done"):format(run.id, options.slot,
        child.run or "no run")), 0)
    end
    J.hook = how.hook
    run = J:run(run.id)
    if not require("core.run.journal").LIVE[run.state] then return run.state == "done" and 0 or 1 end
    local code = stoppable(acts().resume, J, run, { wait = false })
    local err = require("core.run.view").decode(J:run(run.id).error)
    child:note(code ~= 0 and err and err.message or nil)
    return code
  end)
end

function actions.resume(args)
  local run, J = one(args[1], "resume ID")
  no_more(args, 1, "resume ID")
  if args.options.slot then return resume_slot(J, run, args.options) end
  if args.options.attempt then raise("--attempt says which attempt at a slot it is, and goes with --slot ID") end
  return stoppable(acts().resume, J, run, { wait = not args.options.no_wait })
end

function actions.settle(args)
  local usage = "settle ID STEP done|absent|skip --reason TEXT"
  local run, J = one(args[1], usage)
  no_more(args, 3, usage)
  return acts().settle(J, run, { step = args[2], outcome = args[3], usage = usage, result = args.options.result,
    reason = args.options.reason })
end

function actions.undo(args)
  local run, J = one(args[1], "undo ID [--plan]")
  no_more(args, 1, "undo ID [--plan]")
  if args.options.plan then return acts().undo_plan(J, run, args.options) end
  return stoppable(acts().undo, J, run, args.options)
end

function actions.cancel(args)
  local run, J = one(args[1], "cancel ID")
  no_more(args, 1, "cancel ID")
  return acts().cancel(J, run, args.options.reason)
end

function actions.abandon(args)
  local run, J = one(args[1], "abandon ID --reason TEXT")
  no_more(args, 1, "abandon ID --reason TEXT")
  return acts().abandon(J, run, args.options.reason)
end

local function decide(args, approved)
  local usage = (approved and "approve" or "reject") .. " ID [STEP]"
  local run, J = one(args[1], usage)
  no_more(args, 2, usage)
  return acts().decide(J, run, { step = args[2], approved = approved, comment = args.options.comment })
end

function actions.approve(args) return decide(args, true) end
function actions.reject(args) return decide(args, false) end

-- ---- looking after ----

function actions.prune(args)
  no_more(args, 0, "prune [--days N] [--keep N]")
  local J = journal()
  local gone = J and J:prune(args.options.days, args.options.keep) or 0
  require("host.err").log("info", ("%d run%s forgotten; the events keep their hashes"):format(gone, gone == 1 and "" or "s"))
end

function actions.check(args)
  no_more(args, 0, "check")
  local J = journal()
  local count = 0
  if J then
    local err
    count, err = J:check()
    if not count then error_.rethrow(err) end
  end
  require("core.output").text(("%d events of runs, all as they were written\n"):format(count))
end

local NAMES = { "list", "show", "resume", "settle", "undo", "cancel", "abandon", "approve", "reject", "report", "prune", "check" }

--- runs.run(args): args[1] is what to do, list if it is left out.
function runs.run(args)
  local word = args[1] or "list"
  if not actions[word] then
    local hint = require("core.suggest").did_you_mean(word, NAMES)
    if hint == "" and word:find "^r%-" then hint = (" (did you mean runs show %s?)"):format(word) end
    raise("runs has no command '%s'%s; it knows %s", word, hint, table.concat(NAMES, ", "))
  end
  if args[1] then table.remove(args, 1) end
  check_options(word, args.options)
  return actions[word](args)
end

return runs
