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
  },
}

--- run.crash_hook() -> function or nil: tests end the process at its n-th
-- commit (ERRAND_CRASH=N).
function run.crash_hook()
  local count = math.tointeger(tonumber(sys.env "ERRAND_CRASH" or ""))
  if not count then return nil end
  if not session.sandbox and not sys.env "ERRAND_STORE" then
    error_.raise("validation", "ERRAND_CRASH ends errand in the middle of a run and is for tests: it works with --sandbox or "
      .. "ERRAND_STORE only")
  end
  return function()
    count = count - 1
    if count == 0 then sys.kill_self() end
  end
end

local function run_workflow(path, text, words, options)
  local engine = require "core.run.engine"
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
  settings.journal.hook = run.crash_hook()
  local result = engine.run(settings)
  if result.output ~= nil then require("core.output").write(result.output, session.output) end
  return result.exit
end

--- run.run(args): args[1] is the file, the rest are the script's.
function run.run(args)
  local path = table.remove(args, 1)
  if not path then
    error_.raise("validation", "which script? errand run FILE [ARGUMENTS]")
  end
  local options = args.options or {}
  args.options = nil
  local text, chunk = script.read(path)
  if path ~= "-" then require("host.state").set_path(path:match("^(.*)/[^/]*$") or ".") end
  if script.is_workflow(text) then return run_workflow(path, text, args, options) end
  if options.plan then -- nothing would hold it to the plan
    error_.raise("validation", ("--plan works with a workflow, and %s does not end with return workflow.define(...); it was not "
      .. "run"):format(path))
  end
  if script.run(script.load(text, chunk), path, args) then return run_workflow(path, text, args, options) end
  if session.defined then
    error_.raise("script", ("%s defines the workflow '%s' and does not return it, so it was not run: write return "
      .. "workflow.define(...)"):format(path, session.defined))
  end
end

return run
