-- cli - the command line: global options, commands, errors and exit codes.
-- SPDX-License-Identifier: MIT
--
-- A command is a module core.cli.NAME ("_" for "-") with
--   summary   one line for the list of commands
--   usage     what follows "errand "
--   run(args) -> exit code or nil; args is the list of words after the command
--   options   rows for core.options; args.options holds their values
--   raw       true: only options before the first plain word are errand's own
--   late      true: run() reads more of errand's options and calls cli.settle
--   doc       a paragraph for --help
--   words     what its first word may be, for --help: list of { word, text }
--   example   lines for --help
-- A command without rows gets the options that errand itself does not know as
-- words; those named in its `keeps` are left to it although errand knows them.

local cli = {}

--- Names of the commands, in the order in which help lists them.
cli.commands = { "run", "runs", "schedule", "serve", "plan", "prove", "call", "api", "help", "search", "list-operations", "export",
                 "calls", "config", "login", "logout", "whoami", "doctor", "sandbox", "test", "version" }

--- cli.module(name) -> the module of a command.
function cli.module(name)
  return require("core.cli." .. name:gsub("%-", "_"))
end

local function parse(rows, words, how)
  return require("core.options").parse(rows, words, how)
end

-- Puts the options given at one place of the line into the session.
local function remember(session, values)
  if values.output then session.output = values.output end
  if values.profile then session.profile = values.profile end
  if values.config then session.config = values.config end
  if values.sandbox then session.sandbox = values.sandbox end
  if values.history then session.history = values.history end
  if values.record then session.record = values.record end
  if values.replay then session.play = values.replay end
  for _, fault in ipairs(values.fault or {}) do table.insert(session.faults, fault) end
  if values.yes then session.yes = true end
  if values.quiet then session.quiet = true end
  if values.timing then session.timing = true end
  session.retry = values.retry or session.retry
  session.verbose = session.verbose + (values.verbose or 0)
  session.max_memory = values.max_memory or session.max_memory
  session.time_limit = values.time_limit or session.time_limit
end

local function apply(session)
  if session.verbose > 0 then
    require("host.err").log_level(session.verbose > 1 and "debug" or "trace")
  elseif session.quiet then
    require("host.err").log_level("warn")
  end
  if session.timing then require("host.http").timing(true) end
  if session.max_memory then require("host.state").memory(session.max_memory * 1024 * 1024) end
  if session.time_limit then require("host.state").time_limit(session.time_limit) end
  if session.play then
    if session.sandbox then
      require("core.error").raise("validation", "--replay and --sandbox exclude each other: a replay talks to nobody")
    end
    return require("core.cassette").apply(session)
  end
  if session.sandbox then
    if session.child then return end
    -- The child is stopped when it is collected, so the session holds it.
    local _, child = require("core.sandbox").attach{
      state = session.sandbox ~= true and session.sandbox or nil, faults = session.faults,
    }
    session.child = child
  elseif #session.faults > 0 and session.command ~= "sandbox" then
    require("core.error").raise("validation", "--fault works with --sandbox only")
  end
  if session.record then require("core.cassette").apply(session) end
end

local function command_module(name)
  for _, one in ipairs(cli.commands) do
    if one == name then return cli.module(name) end
  end
  local hint = require("core.suggest").did_you_mean(name, cli.commands)
  if hint == "" and require("host.sys").exists(name) then
    hint = " (to run the script: errand run " .. name .. ")"
  end
  require("core.error").raise("validation", ("unknown command '%s'%s"):format(name, hint))
end

--- cli.rows(own, keeps) -> the rows that a command's line may have: its own,
-- then those of errand that do not clash with them or with the names in keeps.
function cli.rows(own, keeps)
  local rows, taken = {}, { e = true }
  for _, name in ipairs(keeps or {}) do taken[name] = true end
  for _, row in ipairs(own or {}) do
    rows[#rows + 1] = row
    taken[row[1]] = true
    if row.short then taken[row.short] = true end
  end
  for _, row in ipairs(require "core.cli.globals") do
    if not taken[row[1]] and not taken[row.short or ""] then rows[#rows + 1] = row end
  end
  return rows
end

--- cli.settle(values): errand's own options that a `late` command read.
function cli.settle(values)
  local session = require "core.session"
  remember(session, values)
  apply(session)
end

local function show(text)
  require("core.output").text(text .. "\n")
  return 0
end

local function run_command(name, words, session, values)
  local module = command_module(name)
  if values.help then return show(require("core.help").command(name, module)) end
  local rows = cli.rows(module.options, module.keeps)
  local given, rest, problems = parse(rows, words, {
    stop = module.raw, lenient = not module.options and not module.raw })
  if given.help then return show(require("core.help").command(name, module)) end
  require("core.options").check(problems, "the command line")
  remember(session, given)
  session.command = name
  if session.play and module.live then
    require("core.error").raise("validation",
      ("--replay answers calls, and %s looks at what is configured: run it without"):format(name))
  end
  if not module.late then apply(session) end
  rest.options = given
  return module.run(rest) or 0
end

local function start_prompt(session)
  if not require("host.sys").isatty(0) then
    require("host.sys").write(2, require("core.help").usage() .. "\n"
      .. "errand: the prompt needs a terminal; errand run FILE runs a script, errand - reads one from standard input\n")
    return 2
  end
  session.command = "prompt"
  apply(session)
  return require("core.repl").run() or 0
end

local function dispatch(argv)
  -- What completion in a shell asks: no word of the line there is errand's own.
  if argv[1] == "__complete" then return require("core.cli.complete").run { table.unpack(argv, 3) } end
  local session = require "core.session"
  local globals = require "core.cli.globals"
  local values, rest, problems = parse(globals, argv, { stop = true })
  if values.help and not rest[1] then return show(require("core.help").overview()) end
  if values.version then
    session.output = values.output
    return require("core.cli.version").run({})
  end
  require("core.options").check(problems, "the command line")
  remember(session, values)
  if values.code then
    session.command = "eval"
    apply(session)
    return require("core.cli.eval").run(rest, values.code) or 0
  end
  local name = table.remove(rest, 1)
  if not name then return start_prompt(session) end
  if name == "-" then name = "run"; table.insert(rest, 1, "-") end
  return run_command(name, rest, session, values)
end

-- One sentence for a problem; those that the message already says are left out.
local function problem_lines(err)
  local lines = {}
  for _, problem in ipairs(err.problems or {}) do
    local path, message = problem.path, tostring(problem.message or problem) -- those of host.cron are texts
    local text = path and path ~= "" and path .. ": " .. message or message
    if not tostring(err.message):find(text, 1, true) then lines[#lines + 1] = "  " .. text end
  end
  return lines
end

--- cli.describe(err) -> the lines that tell a user of an uncaught error.
function cli.describe(err)
  if type(err) ~= "table" then return "errand: " .. tostring(err) end
  local parts = { "errand" }
  local message = tostring(err.message or err)
  if err.where and message:sub(1, #err.where) ~= err.where then parts[#parts + 1] = err.where end
  local id = err.operation
  -- "rooms.list" of a service that is called rooms, too, is not yet the whole
  if id and err.service and not (id:sub(1, #err.service + 1) == err.service .. "." and id:find "%..*%.") then
    id = err.service .. "." .. id
  end
  id = id or err.service
  -- "qalyptus: the setting 'key' of qalyptus" would name it twice
  local named = id and (message:sub(1, #id) == id or id == err.service and message:find(" of " .. id .. "%f[^%w_]") ~= nil)
  if id and not named then parts[#parts + 1] = id end
  parts[#parts + 1] = message
  local lines = problem_lines(err)
  table.insert(lines, 1, table.concat(parts, ": "))
  return table.concat(lines, "\n")
end

local function report(err)
  local host_err = require "host.err"
  local text = cli.describe(err)
  if require("core.session").verbose > 0 and type(err) == "table" and err.traceback then
    text = text .. "\n" .. err.traceback
  end
  require("host.sys").write(2, host_err.safe(host_err.redact(text), true) .. "\n")
  return host_err.exit_code(err)
end

--- cli.main(argv) -> exit code. argv holds the words after the program's name.
function cli.main(argv)
  local ok, result = xpcall(dispatch, require("host.state").traceback, argv)
  if not ok then
    require("host.task").cancel_others(true) -- what they worked for will not come
    local code = require("core.exit").code(result)
    result = code or report(result)
  end
  if require("core.session").timing then require("host.err").log("info", require("host.http").timing_sum()) end
  local record = package.loaded["core.record"]
  if record then record.close() end
  local cassette = package.loaded["core.cassette"]
  if cassette then
    local closed, why = pcall(cassette.close, require "core.session")
    if not closed then result = report(why) end
  end
  -- A full disk must not pass for success.
  local flushed, why = io.stdout:flush()
  if not flushed and result == 0 and not tostring(why):find("Broken pipe") then
    result = report(require("core.error").new("file", "cannot write the output: " .. tostring(why)))
  end
  if result == 0 and require("core.session").unrecorded then result = 1 end
  return result
end

return cli
