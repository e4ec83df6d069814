-- calls.lua - errand calls: what was sent and what came back.
-- SPDX-License-Identifier: MIT

local OUTCOMES = { "done", "failed", "in_doubt", "sent" }

-- "2h" or a day or time, in UTC, to the text that the store compares with
local function since(text)
  local sys = require "host.sys"
  if text:find "^%d%d%d%d%-%d%d%-%d%d$" or text:find "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d" then return (text:gsub("Z$", "")) end
  local seconds = not tonumber(text) and require("core.duration").seconds(text)
  if not seconds then return nil, ("a time such as 2h, or a day such as 2026-01-31 expected, got '%s'"):format(text) end
  return (sys.utc(sys.clock() - seconds):gsub("Z$", ""))
end

local calls = {
  summary = "Show what was sent and what came back.",
  usage = "calls [list] | show ID | curl ID | har [ID ...] | diff ID ID",
  doc = "The history has the newest 1,000 calls of the last 30 days, without secrets: all that change something, and reads "
    .. "where the configuration says history = \"all\" (or --history all, or ERRAND_HISTORY). list shows the newest first; show "
    .. "one of them whole; curl a command that sends it again; har all or some of them as an HTTP archive; diff what "
    .. "two of them have not in common, with exit code 0 if that is nothing, else 1.",
  options = {
    { "service", value = "NAME", doc = "list, har: only calls of this service." },
    { "operation", value = "NAME", doc = "list, har: only this operation, such as invites.create." },
    { "outcome", value = "WORD", enum = OUTCOMES, doc = "list, har: only calls that ended so; sent is unknown." },
    { "since", value = "TIME", convert = since,
      doc = "list, har: only calls of the last 2h (30m, 7d), or since a day or time in UTC." },
    { "limit", value = "N", type = "integer", min = 1, max = 1000, doc = "list, har: at most so many (list: 50)." },
  },
}

local HINT = "reads are only kept where the configuration says history = \"all\""

local function raise(text, ...)
  error(require("core.error").new("validation", text:format(...)), 0)
end

-- The store, or nil where there is none yet: looking does not make one.
local function store()
  local path = require("core.config").store_path()
  if not path or not require("host.sys").exists(path) then return nil end
  return require("core.record").store()
end

local function number(text)
  local id = text and text:find "^%d+$" and math.tointeger(tonumber(text))
  if not id then raise("'%s' is no number of a call; errand calls lists them", tostring(text)) end
  return id
end

local function one(text)
  local id, from = number(text), store()
  local row, err
  if from then row, err = from:exchange(id) end
  if err then require("core.error").rethrow(err) end
  if not row then raise("there is no call %d in the history; errand calls lists them, and %s", id, HINT) end
  return row
end

local function rows_of(given, limit)
  local from = store()
  if not from then return {} end
  local rows, err = from:exchanges { service = given.service, operation = given.operation, outcome = given.outcome,
    since = given.since, limit = given.limit or limit }
  if not rows then require("core.error").rethrow(err) end
  return rows
end

-- A name that was misspelt has no calls either. What errand api sends is named
-- by method and path.
local function check_names(given)
  local services, known = require "core.services", {}
  local list = given.service and { given.service } or services.usable()
  for _, service in ipairs(list) do
    for _, resource in ipairs(services.catalogue(service).resource_list) do
      for _, op in ipairs(resource.operations) do
        local name = resource.name .. "." .. op.name
        known[name] = true
        known[#known + 1] = name
      end
    end
  end
  local name = given.operation
  if not name or known[name] or name:find(" ", 1, true) then return end
  local tail = name:match "^[^.]+%.([^.]+%.[^.]+)$"
  local hint = known[tail or ""] and (" (did you mean '%s'?)"):format(tail) or require("core.suggest").did_you_mean(name, known)
  raise("no operation '%s'%s; errand list-operations shows them", name, hint)
end

local function tell_empty(given)
  check_names(given)
  local narrowed = given.service or given.operation or given.outcome or given.since
  require("host.err").log("info", ("no call in the history%s; %s"):format(narrowed and " is like that" or "", HINT))
end

-- ---- list ----

local COLUMNS = { "id", "time", "service", "operation", "what", "outcome", "status", "attempts", "seconds", "tls" }

local function rounded(seconds, parts)
  return math.floor(seconds * parts + 0.5) / parts
end

local function line(row)
  return {
    id = row.id, time = (row.at:gsub("%.%d+Z$", "Z")), service = row.service, operation = row.operation,
    what = row.what ~= "" and row.what or nil,
    outcome = row.outcome, status = row.status > 0 and row.status or nil, attempts = row.attempts > 0 and row.attempts or nil,
    seconds = row.seconds > 0 and rounded(row.seconds, 1e3) or nil, profile = row.profile,
    tls = row.insecure and "not verified" or nil,
  }
end

local actions = {}

function actions.list(args)
  if args[1] then raise("usage: errand %s", calls.usage) end
  local rows, out = rows_of(args.options, 50), require("host.json").array({})
  if #rows == 0 then tell_empty(args.options) end
  local insecure = false
  for i, row in ipairs(rows) do
    out[i] = line(row)
    insecure = insecure or row.insecure
  end
  local output, format = require "core.output", require("core.session").output
  local columns = table.move(COLUMNS, 1, insecure and #COLUMNS or #COLUMNS - 1, 1, {})
  local terminal = require("host.sys").isatty(1)
  if #rows == 0 and terminal and not format then return 0 end
  local tabular = format == "table" or format == "csv" or not format and terminal
  output.write(out, format, { columns = tabular and columns or nil })
end

-- ---- show ----

-- JSON with a member a line, names sorted; other text as it is
local function pretty(text)
  local json = require "host.json"
  local value = json.decode(text)
  local wide = (type(value) == "table" or value ~= nil) and json.encode(value, 2)
  return wide or text
end

local function body_lines(lines, body, cut, note)
  if body and body ~= "" then
    lines[#lines + 1] = ""
    for text in ((cut > 0 and body or pretty(body)) .. "\n"):gmatch "([^\n]*)\n" do lines[#lines + 1] = text end
  end
  if cut > 0 then lines[#lines + 1] = ("(cut: it had %d bytes)"):format(cut) end
  if note then lines[#lines + 1] = ("(%s)"):format(note) end
end

local function head_lines(lines, head, without)
  for text in (head or ""):gmatch "[^\n]+" do
    local name = (text:match "^[^:]*" or ""):lower()
    if not without or not without[name] then lines[#lines + 1] = text end
  end
end

local function request_lines(row, lines)
  lines[#lines + 1] = row.method ~= "" and ("%s %s"):format(row.method, row.url) or "(no request is known)"
  head_lines(lines, row.request_head)
  for _, file in ipairs(row.files and require("host.json").decode(row.files) or {}) do
    local part = file[1] ~= "" and ("part %s: "):format(file[1]) or ""
    lines[#lines + 1] = ("(%sfile %s, %s, %d bytes, not kept)"):format(part, file[2], file[3], file[4])
  end
  body_lines(lines, row.request_body, row.request_cut, row.request_note)
end

local stages = { { "turn", "waiting for its turn" }, { "between", "between attempts" }, { "resolve", "name" },
  { "connect", "connection" }, { "tls", "TLS" }, { "sent", "sent" }, { "first_byte", "first byte" }, { "total", "end" } }

local function times_line(row)
  local times = row.times and require("host.json").decode(row.times)
  if not times then return nil end
  local parts = {}
  for _, stage in ipairs(stages) do
    local value = times[stage[1]]
    if type(value) == "number" and value > 0.0005 then parts[#parts + 1] = ("%s %.3f s"):format(stage[2], value) end
  end
  return #parts > 0 and "Times: " .. table.concat(parts, ", ") or nil
end

local function reply_lines(row, lines, without)
  lines[#lines + 1] = row.status > 0 and "HTTP " .. row.status or row.outcome == "sent" and "(the outcome is not known)"
    or "(no reply)"
  if row.message then lines[#lines + 1] = ("Error: %s%s"):format(row.kind and row.kind .. ": " or "", row.message) end
  head_lines(lines, row.reply_head, without)
  body_lines(lines, row.reply_body, row.reply_cut, row.reply_note)
end

-- To a terminal nothing raw; a pipe gets what was kept.
local function say(text)
  if require("host.sys").isatty(1) then text = require("host.err").safe(text, true) end
  require("core.output").text(text)
end

--- calls.write(row, format): a whole exchange to standard output.
function calls.write(row, format)
  local json = require "host.json"
  for _, name in ipairs { "times", "files" } do row[name] = row[name] and json.decode(row[name]) end
  row.seconds = rounded(row.seconds, 1e6)
  for name, value in pairs(row.times or {}) do
    if type(value) == "number" then row.times[name] = rounded(value, 1e6) end
  end
  return require("core.output").write(row, format)
end

--- calls.text(row) -> a whole exchange for people to read.
function calls.text(row)
  local lines = { ("Call %d of %s: %s.%s%s, profile %s, %s"):format(row.id, row.at, row.service, row.operation,
    row.what ~= "" and " (" .. row.what .. ")" or "", row.profile, row.outcome) }
  if row.attempts > 0 then
    lines[2] = ("%d attempt%s, %.3f s"):format(row.attempts, row.attempts == 1 and "" or "s", row.seconds)
  end
  lines[#lines + 1] = times_line(row)
  if row.insecure then lines[#lines + 1] = "The server's certificate was NOT verified (setting 'insecure')." end
  lines[#lines + 1] = ""
  request_lines(row, lines)
  lines[#lines + 1] = ""
  reply_lines(row, lines)
  return table.concat(lines, "\n") .. "\n"
end

function actions.show(args)
  if not args[1] or args[2] then raise("which call? errand calls show ID") end
  local row = one(args[1])
  local format = require("core.session").output
  if format then return calls.write(row, format) end
  say(calls.text(row))
end

-- ---- curl, har, diff ----

function actions.curl(args)
  if not args[1] or args[2] then raise("which call? errand calls curl ID") end
  local row = one(args[1])
  if row.method == "" then raise("call %d was recorded by an errand that did not keep requests", row.id) end
  say(require("core.curl").command(row))
end

function actions.har(args)
  local rows = {}
  if args[1] then
    for i, text in ipairs(args) do rows[i] = one(text) end
  else
    local list = rows_of(args.options)
    if #list == 0 then tell_empty(args.options) end
    for i = #list, 1, -1 do
      if list[i].method ~= "" then rows[#rows + 1] = one(tostring(list[i].id)) end
    end
  end
  table.sort(rows, function(a, b) return a.id < b.id end)
  say(require("core.har").text(rows))
end

-- headers that differ between any two calls
local passing = { date = true, ["x-request-id"] = true, ["request-id"] = true, ["x-correlation-id"] = true, age = true }

local function sides(row)
  local lines = { ("%s.%s, profile %s, %s"):format(row.service, row.operation, row.profile, row.outcome) }
  request_lines(row, lines)
  lines[#lines + 1] = ""
  reply_lines(row, lines, passing)
  return lines
end

function actions.diff(args)
  if not args[2] or args[3] then raise("which two calls? errand calls diff ID ID") end
  local a, b = one(args[1]), one(args[2])
  local text = require("core.linediff").text(sides(a), sides(b))
  if not text then return 0 end
  say(("- call %d of %s\n+ call %d of %s\n%s"):format(a.id, a.at, b.id, b.at, text))
  return 1
end

--- calls.run(args): args[1] is what to do, list if it is left out.
function calls.run(args)
  local word = args[1]
  if not word then return actions.list(args) end
  if not actions[word] then
    local known = { "list", "show", "curl", "har", "diff" }
    raise("calls has no command '%s'%s; it knows %s", word, require("core.suggest").did_you_mean(word, known),
      table.concat(known, ", "))
  end
  table.remove(args, 1)
  return actions[word](args)
end

return calls
