-- trouble.lua - what a person is told of an error in a statement.
-- SPDX-License-Identifier: MIT

local mark = require "core.repl.mark"
local session = require "core.session"

local trouble = {}

local POSITION = "^prompt (%d+):(%d+): "

local named = { "kind", "problems", "service", "operation", "where", "traceback", "syntax", "from", "to", "in_doubt" }

-- An error as fields that are there, whatever was raised.
local function fields(value)
  if type(value) ~= "table" then return { kind = "script", message = tostring(value) } end
  local err = {}
  for _, name in ipairs(named) do err[name] = rawget(value, name) end
  if type(err.kind) ~= "string" then err.kind = "script" end
  local message, meta = rawget(value, "message"), getmetatable(value)
  if message == nil and not (type(meta) == "table" and rawget(meta, "__tostring")) then
    message = "a table that has no message"
  end
  err.message = type(message) == "string" and message or tostring(message == nil and value or message)
  if type(err.operation) ~= "string" then err.operation = nil end
  if type(err.service) ~= "string" then err.service = nil end
  return err
end

-- The statement's number and the line in it that the error comes from.
local function position(err)
  for _, text in ipairs { err.message, type(err.where) == "string" and err.where .. ": " or "" } do
    local n, line = text:match(POSITION)
    if n then return tonumber(n), tonumber(line) end
  end
  -- Raised without a position, or in a module: the call in the statement.
  local n, line = tostring(err.traceback or ""):match "\n%s*prompt (%d+):(%d+):"
  return tonumber(n), tonumber(line)
end

-- The lines of a text: { from, to, text } each.
local function lines_of(text)
  local list, at = {}, 1
  for line, stop in (text .. "\n"):gmatch "([^\n]*)\n()" do
    list[#list + 1] = { from = at, to = stop - 1, text = line }
    at = stop
  end
  return list
end

local function line_at(lines, at)
  for i, line in ipairs(lines) do
    if at <= line.to then return i end
  end
  return #lines
end

-- What is wrong in a text, in one of its lines: the line's number (nil if no
-- line can be told), and spans within it.
local function place(err, text, lines, number)
  local spans
  if err.syntax and err.from then
    spans = { { from = err.from, to = err.to } }
  else
    local line = lines[number]
    spans = mark.spans(text, err, line and line.from, line and line.to)
  end
  if spans[1] then number = line_at(lines, spans[1].from) end
  local line, inside = lines[number], {}
  for _, span in ipairs(spans) do
    if span.from >= line.from and span.from <= line.to then
      inside[#inside + 1] = { from = span.from - line.from + 1, to = span.to - line.from + 1 }
    end
  end
  return line and number, inside
end

-- The line that failed, with carets: list of lines, empty if it says nothing.
local function excerpt(shell, err)
  local n, number = position(err)
  n = n or shell.number
  local text, earlier = shell.texts[n], n ~= shell.number
  if not text then return {} end
  local lines = lines_of(text)
  local spans
  number, spans = place(err, text, lines, number)
  if not number or #lines == 1 and #spans == 0 and not earlier then return {} end
  local line = lines[number].text
  local gutter = #lines > 1 and ("  %d | "):format(number) or "  "
  local redacted = require("host.err").redact(line)
  -- A caret below a line that changed would point at something else.
  if redacted ~= line then spans = {} end
  local shown, carets = mark.draw(redacted, spans, (require("host.sys").columns(2) or 80) - #gutter)
  local out = { earlier and "  in an earlier statement:" or nil }
  out[#out + 1] = gutter .. shown
  if carets then out[#out + 1] = (" "):rep(#gutter) .. carets end
  return out
end

-- The line broken at blanks, further ones set in; a longer word stays whole.
local function wrap(line, columns)
  local width = require("host.err").width
  local margin = line:match "^ *"
  local out, current, indent = {}, "", margin .. "  "
  for word in line:gmatch "%S+" do
    local lead = current == "" and (#out == 0 and margin or indent) or current .. " "
    if current ~= "" and width(lead .. word) > columns then
      out[#out + 1] = current
      lead = indent
    end
    current = lead .. word
  end
  out[#out + 1] = current
  return table.concat(out, "\n")
end

--- trouble.wrap(text) -> the text with lines that fit the terminal of standard
-- error, where that is one.
function trouble.wrap(text)
  local sys = require "host.sys"
  local columns = sys.isatty(2) and sys.columns(2) or math.huge
  return (text:gsub("[^\n]+", function(line)
    -- One cell stays free: some terminals break a line that is full.
    return require("host.err").width(line) >= columns and wrap(line, columns - 1) or line
  end))
end

local function sentence(err)
  local told = { kind = err.kind, message = err.message:gsub(POSITION, ""), problems = err.problems, service = err.service,
    operation = err.operation }
  if type(err.where) == "string" and not (err.where .. ": "):find(POSITION) then told.where = err.where end
  return (require("core.cli").describe(told):gsub("^errand: ", ""))
end

--- trouble.is_interrupt(err) -> true for what Ctrl-C raises.
function trouble.is_interrupt(err)
  return type(err) == "table" and err.kind == "cancelled"
    and (err.message == "cancelled" or err.message == "interrupted")
end

local function tell(shell, value)
  local err = fields(value)
  if err.kind == "cancelled" and err.in_doubt then return trouble.wrap("\nin doubt: " .. sentence(err)) end
  local parts = { trouble.wrap((err.kind == "in_doubt" and "in doubt: " or "error: ") .. sentence(err)) }
  local lines = excerpt(shell, err)
  table.move(lines, 1, #lines, #parts + 1, parts)
  if session.verbose > 0 and err.traceback then parts[#parts + 1] = tostring(err.traceback) end
  return table.concat(parts, "\n")
end

--- trouble.tell(shell, err) -> what is said of an error in the statement that
-- runs: a sentence, its problems as a list, the line with the place marked.
function trouble.tell(shell, value)
  if trouble.is_interrupt(value) then return "\ninterrupted" end    -- behind the echo "^C"
  -- Anything can be raised, also what fails when somebody looks at it.
  local ok, told = pcall(tell, shell, value)
  return ok and told or "error: a value that cannot be shown was raised"
end

--- trouble.tell_tasks(shell, n, text) -> what is said of n tasks that failed and
-- that nobody waits for; text is the last one's message.
function trouble.tell_tasks(shell, n, text)
  local err = { kind = "script", message = text }
  local head = ("error: %s failed: %s"):format(n == 1 and "a task" or n .. " tasks", text:gsub(POSITION, ""))
  -- Without a position it could be anybody's line.
  local lines = text:find(POSITION) and excerpt(shell, err) or {}
  table.insert(lines, 1, trouble.wrap(head))
  return table.concat(lines, "\n")
end

return trouble
