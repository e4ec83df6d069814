-- calls.lua - :calls, :curl and :har, what was sent in this session.
-- SPDX-License-Identifier: MIT

local json = require "host.json"
local out = require "core.repl.command.out"
local session = require "core.session"

local calls = {}

--- calls.numbers(shell) -> list of { word =, about = } of the newest calls, for
-- completion. fits(row) (nullable) chooses.
function calls.numbers(shell, fits)
  local list, words = shell.calls:list(), {}
  for i = #list, 1, -1 do
    local row = list[i]
    if #words < 20 and (not fits or fits(row)) then
      words[#words + 1] = { word = tostring(row.id), about = ("%s.%s, %s"):format(row.service, row.operation, row.outcome) }
    end
  end
  return words
end

--- calls.one(shell, text) -> the exchange of that number, the newest one for
-- ""; raises where there is none.
function calls.one(shell, text)
  local recorder = shell.calls
  if recorder.sent == 0 then out.raise "nothing was sent in this session yet" end
  local n = text == "" and recorder.sent or out.number(text, "a call; :calls lists them")
  local row = recorder:exchange(n)
  if row then return row end
  if n > 0 and n <= recorder.sent then
    out.raise("call %d is no longer kept, only the last %d are", n, recorder.sent - recorder.first_exchange + 1)
  end
  out.raise("there is no call %d, the last one is %d; :calls lists them", n, recorder.sent)
end

-- ---- the list ----

-- A small window has room for the first four.
local COLUMNS = { "n", "call", "outcome", "status", "what", "seconds" }

local function outcome_of(shell, row)
  if row.outcome == "sent" then return "under way" end
  local call = row.call and shell.calls:call(row.call)
  if call and call.undone and row.effect ~= "read" then return "undone by " .. call.undone end
  return row.outcome == "in_doubt" and "in doubt" or row.outcome
end

local function line(shell, row)
  return { n = row.id, call = row.service .. "." .. row.operation, what = row.what ~= "" and row.what or nil,
    outcome = outcome_of(shell, row), status = row.status > 0 and row.status or nil,
    seconds = row.seconds > 0 and ("%7.3f"):format(math.ceil(row.seconds * 1e3) / 1e3) or nil, profile = row.profile }
end

-- Where they went is a column only where they went to several places.
local function places(list)
  for _, row in ipairs(list) do
    if row.profile ~= list[1].profile then return true end
  end
  return false
end

local function show_list(shell)
  local list, lines = shell.calls:list(), json.array {}
  local format = session.output
  if #list == 0 and not format then return out.say "nothing was sent in this session yet" end
  for i, row in ipairs(list) do lines[i] = line(shell, row) end
  local columns = table.move(COLUMNS, 1, out.width() < 60 and 4 or #COLUMNS, 1, {})
  if places(list) then table.insert(columns, 3, "profile") end
  local tabular = not format or format == "table" or format == "csv"
  require("core.output").write(lines, format or "table", { columns = tabular and columns or nil })
end

-- What only the recorder wants to know.
local function shown(row)
  local copy = {}
  for name, value in pairs(row) do copy[name] = value end
  copy.bytes, copy.identity, copy.call = nil, nil, nil
  return copy
end

--- calls.run(shell, text): all of them, or one whole.
function calls.run(shell, text)
  if text == "" then return show_list(shell) end
  local row = shown(calls.one(shell, text))
  local cli = require "core.cli.calls"
  if session.output then return cli.write(row, session.output) end
  out.page((cli.text(row):gsub("\n$", "")))
end

calls.words = calls.numbers

-- ---- :curl and :har ----

calls.curl = { words = calls.numbers }

--- calls.curl.run(shell, text): the command that sends a call once more.
function calls.curl.run(shell, text)
  out.raw((require("core.curl").command(calls.one(shell, text)):gsub("\n$", "")))
end

calls.har = {}

--- calls.har.run(shell, path, force): all calls as an HTTP archive in a file.
function calls.har.run(shell, path, force)
  local sys, list = require "host.sys", shell.calls:list()
  if #list == 0 then out.raise "nothing was sent in this session yet, so there is nothing to be written" end
  if not force and sys.exists(path) then out.raise("%s is there already; :har! %s overwrites it", path, path) end
  local ok, err = sys.write_file(path, require("core.har").text(list), 384) -- 0600: it shows what was sent
  if not ok then require("core.error").rethrow(err) end
  out.say(("wrote %d call%s to %s"):format(#list, #list == 1 and "" or "s", path))
end

return calls
