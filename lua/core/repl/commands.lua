-- commands.lua - the commands of the prompt, the lines that begin with ":".
-- SPDX-License-Identifier: MIT

local commands = {}

-- Each module is loaded when its command is first used.
local function part(name, member)
  local module = require("core.repl.command." .. name)
  return member and module[member] or module
end

--- commands.rows: list of
--   name, args   what follows it, as :help shows it
--   summary      one line; doc: more, for :help NAME
--   needs        true: it is nothing without an argument
--   none         true: it takes no argument
--   words        true: the argument is one of words(shell), for Tab; any: or another
--   force        true: ":save!" overwrites
--   file         true: the argument is a file
--   code         true: the argument is an expression
--   load         function -> table with run(shell, argument, force) and, where
--                words is set, words(shell) -> list of words or { word =, about = }
commands.rows = {
  { name = "help", args = "[COMMAND]", summary = "list the commands, or say more about one", words = true,
    load = function() return commands.help end,
    doc = "help() lists what scripts have, ?NAME or help \"ixon.invites.create\" says all about a service or operation." },
  { name = "search", args = "WORDS", summary = "find operations by words", needs = true,
    load = function() return part("look", "search") end,
    doc = "Looks at names, summaries, descriptions and parameters of every operation; the best come first." },
  { name = "calls", args = "[N]", summary = "what was sent in this session, or call N whole", words = true,
    load = function() return part "calls" end,
    doc = "Every request since the prompt started, reads too, without secrets; kept in memory only." },
  { name = "curl", args = "[N]", summary = "call N as a command for curl", words = true,
    load = function() return part("calls", "curl") end,
    doc = "Variables stand for credentials. Without N it is the last call." },
  { name = "har", args = "FILE", summary = "write the calls as an HTTP archive", needs = true, file = true, force = true,
    load = function() return part("calls", "har") end,
    doc = "For tools that read HAR, without secrets. :har! overwrites FILE." },
  { name = "save", args = "FILE.lua", summary = "write the calls as a script", needs = true, file = true, force = true,
    load = function()
      return { run = function(shell, path, force) return require("core.repl.save").run(shell, path, force) end }
    end,
    doc = "The successful calls of this session as a script that runs, with arguments for the values that change. "
      .. ":save! overwrites FILE." },
  { name = "undo", args = "[N]", summary = "take call N back, after showing how", words = true,
    load = function() return part "undo" end,
    doc = "Sends what the catalogue knows as the inverse of the call, if the answer is y. Without N it is the last call that "
      .. "can be undone." },
  { name = "plan", args = "[on|off]", summary = "show writes instead of sending them", words = true,
    load = function() return part "plan" end,
    doc = "While it is on, what changes something is checked and shown as it would be sent, and gives a stand-in for its "
      .. "result; reads go out." },
  { name = "profile", args = "[NAME]", summary = "use another profile, or list them", words = true, any = true,
    load = function() return part("place", "profile") end,
    doc = "The configuration is read anew; if something is wrong with it, the profile in force stays." },
  { name = "sandbox", args = "[on|off]", summary = "let calls go to a simulation, or back", words = true,
    load = function() return part("place", "sandbox") end,
    doc = "The simulation of all services runs on this machine and knows neither your accounts nor your record of writes. It "
      .. "begins anew each time it is turned on." },
  { name = "reload", summary = "read the configuration and your own modules anew", none = true,
    load = function() return part("place", "reload") end,
    doc = "If something is wrong with the configuration, the one in force stays. Modules that came from files are forgotten: "
      .. "require reads them again." },
  { name = "time", args = "EXPR", summary = "run it and say how long it took", needs = true, code = true,
    load = function() return part "time" end,
    doc = "Seconds, number of calls, and how much of the time at least one call was under way." },
  { name = "v", args = "[N]", summary = "show result _N whole, in the pager", words = true,
    load = function() return part("look", "value") end,
    doc = "The pager is ERRAND_PAGER, PAGER or less. Without N it is the last result." },
  { name = "why", summary = "show the last error whole", none = true,
    load = function() return part "why" end },
  { name = "tour", args = "[next|back|stop]", summary = "learn all this in five minutes, in the sandbox", words = true,
    load = function()
      local tour = require "core.repl.tour"
      return { run = function(shell, word) return tour.command(shell, word) end,
        words = function() return tour.words or { "next", "stop" } end }
    end },
  { name = "q", summary = "leave (Ctrl-D does so, too)", none = true,
    load = function() return { run = function() require("core.exit").raise(0) end } end },
}

local by_name, names = {}, {}
for i, row in ipairs(commands.rows) do
  by_name[row.name], names[i] = row, row.name
end

local function raise(text, ...)
  require("core.error").raise("validation", text:format(...))
end

local function usage(row)
  return ":" .. row.name .. (row.args and " " .. row.args or "")
end

-- What people type who come from somewhere else.
local meant = { quit = "q", exit = "q", h = "help", ["?"] = "help", history = "calls", view = "v", w = "save" }

local function row_of(name)
  local row = by_name[name]
  if row then return row end
  local near = meant[name] or require("core.suggest").nearest(name, names)
  if near then raise("there is no command :%s (did you mean :%s?); :help lists them", name, near) end
  raise("there is no command :%s; :help lists them", name)
end

-- ---- help ----

commands.help = {}

function commands.help.words()
  return names
end

local function overview(width)
  local options = require "core.options"
  local lines, column = {}, 0
  for _, row in ipairs(commands.rows) do column = math.max(column, #usage(row)) end
  local narrow = width < column + 34
  for _, row in ipairs(commands.rows) do
    if narrow then
      lines[#lines + 1] = usage(row)
      lines[#lines + 1] = "  " .. options.wrap(row.summary, width, "  ")
    else
      lines[#lines + 1] = ("%-" .. column .. "s  %s"):format(usage(row), row.summary)
    end
  end
  lines[#lines + 1] = options.wrap("?NAME says all about a service or operation, Tab completes, _ is the last result, _3 the third.",
    width, "")
  return table.concat(lines, "\n")
end

local function about(row, width)
  local options, text = require "core.options", row.summary:sub(1, 1):upper() .. row.summary:sub(2) .. "."
  return ("%s\n  %s"):format(usage(row), options.wrap(text .. (row.doc and " " .. row.doc or ""), width, "  "))
end

--- commands.help.run(shell, name): the commands, or one of them.
function commands.help.run(_, name)
  local out = part "out"
  -- One cell stays free: some terminals break a line that is full.
  local width = math.min(out.width() - 1, 100)
  name = name:gsub("^:", "")
  out.raw(name ~= "" and about(row_of(name), width) or overview(width))
end

-- ---- running ----

-- ":save! x.lua " -> "save", true, "x.lua"
local function split(text)
  local name, force, rest = text:match "^%s*:%s*([%w_?]*)(!?)%s*(.-)%s*$"
  return name or "", force == "!", rest or text
end

-- A path may stand in quotes.
local function path_of(text)
  local quote, inside = text:match "^([\"'])(.*)%1$"
  text = quote and inside or text
  local home = text:find "^~/" and require("host.sys").env "HOME"
  return home and home .. text:sub(2) or text
end

local function word_of(row, shell, handler, argument)
  if argument == "" or row.any or row.args:find "N%]$" then return end
  local known = {}
  for i, word in ipairs(handler.words(shell)) do known[i] = type(word) == "table" and word.word or word end
  for _, word in ipairs(known) do
    if word == argument then return end
  end
  if row.name == "help" then return end -- which has a better sentence
  raise(":%s takes %s, got '%s'", row.name, table.concat(known, " or "), argument)
end

--- commands.run(shell, text): text as typed, ":" and all. Raises for bad
-- input, with what the command raises, and core.exit to leave the prompt.
function commands.run(shell, text)
  local name, force, argument = split(text)
  if name == "" then raise ":help lists the commands" end
  local row = row_of(name)
  if force and not row.force then raise(":%s! means nothing: it is %s", name, usage(row)) end
  if row.none and argument ~= "" then raise(":%s takes nothing, got '%s'", name, argument) end
  if row.needs and argument == "" then raise(":%s wants %s: %s", name, row.args, usage(row)) end
  local handler = row.load()
  if row.words then word_of(row, shell, handler, argument) end
  if row.file then argument = path_of(argument) end
  handler.run(shell, argument, force)
end

-- ---- completion ----

local function names_like(word)
  local list = {}
  for _, row in ipairs(commands.rows) do
    if row.name:sub(1, #word) == word then list[#list + 1] = { word = ":" .. row.name, about = row.summary } end
  end
  return list
end

local function words_like(row, shell, word)
  local ok, words = pcall(function() return row.load().words(shell) end)
  local list = {}
  for _, one in ipairs(ok and words or {}) do
    local text = type(one) == "table" and one.word or one
    if text:sub(1, #word) == word then list[#list + 1] = one end
  end
  return list
end

local function in_code(shell, code, start)
  local words, after, how = require("core.repl.complete").expression(code, shell.env, shell)
  how = how or {}
  local moved = { files = how.files, start = how.start and how.start + start }
  return words, after, moved
end

--- commands.complete(shell, before) -> list of words or { word =, about = },
-- the character that follows a single one, and how (start, files), as
-- host.repl.on_complete wants them. before begins with ":".
function commands.complete(shell, before)
  local colon, word = before:match "^%s*():%s*([%w_]*)$"
  if colon then
    local list = names_like(word)
    local row = #list == 1 and by_name[list[1].word:sub(2)]
    return list, row and not row.none and " " or "", { start = colon - 1 }
  end
  local name, start = before:match "^%s*:%s*([%w_]+)!?%s+()"
  local row = name and by_name[name]
  if not row then return {}, "", {} end
  local argument = before:sub(start)
  if row.code then return in_code(shell, argument, start - 1) end
  if row.file then return {}, "", { start = start - 1, files = true } end
  if not row.words then return {}, "", {} end
  return words_like(row, shell, argument), "", { start = start - 1 }
end

return commands
