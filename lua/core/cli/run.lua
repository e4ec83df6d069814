-- run.lua - errand run FILE: a script, or a run of the workflow that the file returns.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local script = require "core.script"
local session = require "core.session"
local sys = require "host.sys"

local run = {
  summary = "Run a script or a workflow.",
  usage = "run [OPTIONS] FILE [ARGUMENTS]",
  doc = "FILE is a Lua script, or - for standard input. What follows FILE belongs to the script: "
    .. "try errand run FILE --help. Modules beside FILE can be required. A file that returns workflow.define(...) "
    .. "becomes a durable run, which goes on where it was when the same command is given again: exit code 0 is done, "
    .. "1 failed, 3 held or waiting, 4 in doubt.",
  raw = true,
  options = {
    { "no-wait", doc = "Workflows: end with 3 where the run would sleep or wait for somebody." },
    { "plan", value = "FILE", type = "file", doc = "Workflows: refuse every change that is not in this plan (errand plan)." },
    { "slot", value = "ID", type = "integer", min = 1,
      doc = "What errand serve calls: do the work of this slot of a schedule, if it is due and nobody else has it." },
    { "attempt", value = "N", type = "integer", min = 1, doc = "With --slot: which attempt this is (1)." },
  },
}

--- run.crash_hook() -> function or nil: tests end the process at its n-th
-- commit (ERRAND_CRASH=N), or at the n-th of one sort (ERRAND_CRASH=C2@N).
function run.crash_hook()
  local given = sys.env "ERRAND_CRASH" or ""
  local name, nth = given:match "^(%a%w*)@?(%d*)$"
  local count = math.tointeger(tonumber(nth or given)) or name and 1
  if not count then return nil end
  if not session.sandbox and not sys.env "ERRAND_STORE" then
    error_.raise("validation", "ERRAND_CRASH ends errand in the middle of a run and is for tests: it works with --sandbox or "
      .. "ERRAND_STORE only")
  end
  return function(what)
    if name and what ~= name then return end
    count = count - 1
    if count == 0 then sys.kill_self() end
  end
end

-- What the engine is called with. What is done for a slot is begun once: there
-- a run that exists is gone on with, as it was begun.
local function settings_of(path, text, words, options, child)
  local engine = require "core.run.engine"
  if child and child:run_there() then
    return engine.environment { id = child.run, wait = false, begun = child:teller() }
  end
  local program = require("core.run.sources").read(path, text)
  local input = require("core.run.start").input_of(program, path, words)
  local settings = engine.environment { program = program, input = input, wait = not options.no_wait }
  if options.plan then
    settings.plan = require("core.run.planned").open(options.plan)
    local name = program:definition().name
    if settings.plan.workflow ~= name then
      error_.raise("validation", ("the plan %s is of workflow %s, and %s is %s: make one with errand plan --digest"):format(
        options.plan, tostring(settings.plan.workflow), path, name))
    end
  end
  if child then
    settings.wait, settings.slot, settings.begun = false, child:slot(), child:teller()
    settings.new_id = child:reserve(settings.journal)
  end
  return settings
end

local function begin(path, text, words, options, child)
  local settings = settings_of(path, text, words, options, child)
  settings.journal.hook = child and child.hook or run.crash_hook()
  local result = require("core.run.engine").run(settings)
  if child then child:note(result.error and result.error.message) end
  if result.output ~= nil then require("core.output").write(result.output, session.output) end
  return result.exit
end

local function run_workflow(path, text, words, options, child)
  if child then return child:workflow(begin, path, text, words, options, child) end
  return begin(path, text, words, options)
end

-- What a script returns, if that is a workflow.
local function run_script(fn, path, words, child)
  local heard, err = require("host.signal").interrupt "TERM"
  if not heard then error_.rethrow(err) end
  if child then return child:script(script.run, fn, path, words) end
  return script.run(fn, path, words)
end

-- The script or workflow in a file; SIGTERM ends either where no harm is done.
local function execute(path, words, options, child)
  local text, chunk = script.read(path)
  if path ~= "-" then require("host.state").set_path(path:match("^(.*)/[^/]*$") or ".") end
  local function as_workflow()
    return require("core.run.term").during(run_workflow, path, text, words, options, child)
  end
  if script.is_workflow(text) then return as_workflow() end
  if options.plan then -- nothing would hold it to the plan
    error_.raise("validation", ("--plan works with a workflow, and %s does not end with return workflow.define(...); it was not "
      .. "run"):format(path))
  end
  if run_script(script.load(text, chunk), path, words, child) then return as_workflow() end
  if session.defined then
    error_.raise("script", ("%s defines the workflow '%s' and does not return it, so it was not run: write return "
      .. "workflow.define(...)"):format(path, session.defined))
  end
end

--- run.file(path, words, options, child): what errand run does with a file; the
-- exit code, nil for 0. child: core.schedule.child, where it is a slot's work.
run.file = execute

--- run.run(args): args[1] is the file, the rest are the script's.
function run.run(args)
  local path = table.remove(args, 1)
  if not path then
    error_.raise("validation", "which script? errand run FILE [ARGUMENTS]")
  end
  local options = args.options or {}
  args.options = nil
  if options.slot then
    return require("core.schedule.child").run({ slot = options.slot, attempt = options.attempt, hook = run.crash_hook() },
      function(child) return execute(path, args, options, child) end)
  elseif options.attempt then
    error_.raise("validation", "--attempt says which attempt at a slot it is, and goes with --slot ID")
  end
  return execute(path, args, options)
end

return run
