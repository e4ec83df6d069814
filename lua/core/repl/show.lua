-- show.lua - results at the prompt: records as a table, the rest in Lua's notation.
-- SPDX-License-Identifier: MIT

local dump = require "core.repl.dump"
local fit = require "core.format.fit"
local host_err = require "host.err"
local json = require "host.json"
local records = require "core.format.records"
local sys = require "host.sys"

local show = {}

-- Records that a table shows; lines that blocks may take instead.
local ROWS, LINES = 100, 100

-- A table of fewer columns is better read as blocks.
local FEW = 3

local NARROWEST = 20

local function paint(color, code, text)
  return color and ("\27[%sm%s\27[0m"):format(code, text) or text
end

-- ---- what a value is ----

-- What a call returns beside its data; of no interest unless asked for.
local function is_reply(value)
  return type(value) == "table" and math.type(rawget(value, "status")) ~= nil
    and type(rawget(value, "head")) == "string"
end

-- Without metamethods of its own that a look at it could call.
local function is_data(value)
  return type(value) == "table"
    and (getmetatable(value) == nil or json.is_array(value) or json.is_object(value))
end

local function is_empty_list(value)
  return is_data(value) and next(value) == nil and not json.is_object(value)
end

-- True for a list whose first members, which are those shown, are records.
local function is_table(value)
  if not is_data(value) or json.is_object(value) then return false end
  local n = rawlen(value)
  if n == 0 then return false end
  for i = 1, math.min(n, ROWS) do
    if not is_data(value[i]) or not records.is_record(value[i]) then return false end
  end
  for key in next, value do
    if not (math.type(key) == "integer" and key >= 1 and key <= n) then return false end
  end
  return true
end

-- ---- tables ----

-- A line broken at blanks, further ones one column more to the right.
local function wrap(text, width)
  local indent = text:match("^ *")
  local lines, line = {}, nil
  for word in text:gmatch("%S+") do
    local longer = line and line .. " " .. word or indent .. word
    if line and host_err.width(longer) > width then
      lines[#lines + 1] = line
      longer = indent .. " " .. word
    end
    line = longer
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

-- As many of the names as there is room for, and how many are left.
local function enumerate(names, room)
  local text, shown = names[1], 1
  for i = 2, #names do
    local longer = text .. ", " .. names[i]
    -- "and 1 more" would be no shorter than most names.
    if host_err.width(longer) > (i == #names and room + 14 or room) then break end
    text, shown = longer, i
  end
  if shown == #names then return text end
  return ("%s and %d more"):format(text, #names - shown)
end

local function count_text(n, noun)
  return ("%d %s%s"):format(n, noun, n == 1 and "" or "s")
end

local function made_calls(took)
  return took ~= nil and (took.calls or 0) > 0
end

local function took_text(took)
  return ("%.3f s, %s"):format(took.seconds, count_text(took.calls, "call"))
end

-- "(12 rows, 0.031 s, 1 call; _2)", and a line on what was left out.
local function footer(n, all, shown, hidden, took, width)
  local parts = { count_text(all, "row") }
  if made_calls(took) then parts[2] = took_text(took) end
  local text = wrap(("(%s; _%d)"):format(table.concat(parts, ", "), n), width)
  local left = {}
  if shown < all then left[1] = ("the first %d of %d rows"):format(shown, all) end
  if #hidden.columns > 0 then
    left[#left + 1] = "not shown: " .. enumerate(hidden.columns, math.max(2 * width - 40, 12))
  end
  if #left > 0 then
    text = text .. "\n" .. wrap(("(%s; :v %d shows all)"):format(table.concat(left, "; "), n), width)
  elseif hidden.cut then
    text = text .. "\n" .. wrap(("(:v %d shows what is cut)"):format(n), width)
  end
  return text
end

local function filled(columns)
  local n = 0
  for _, column in ipairs(columns) do
    if column.tier < fit.EMPTY then n = n + 1 end
  end
  return n
end

local function first(value, n)
  if rawlen(value) <= n then return value end
  return table.move(value, 1, n, 1, {})
end

-- Where not even a few columns have room: each record as a block.
local function blocks_text(value, names, width, color)
  local fits = math.max(1, LINES // (#names + 1))
  local list = first(value, fits)
  local text, cut = require "core.format.blocks"(records.list(list),
    { columns = names, width = width, all = rawlen(value), color = color })
  return text, math.min(fits, rawlen(value)), { columns = {}, cut = cut }
end

local function table_text(value, n, took, width, color)
  local list = first(value, ROWS)
  local text, hidden, shown, columns = require "core.format.table"(list, { width = width, color = color, redacted = true })
  local rows = rawlen(list)
  if shown < math.min(FEW, filled(columns)) then
    text, rows, hidden = blocks_text(value, records.columns(records.list(list)), width, color)
  end
  return text .. paint(color, "2", footer(n, rawlen(value), rows, hidden, took, width)) .. "\n"
end

-- ---- other values ----

-- The sentence and the problems; "prompt 3:1: ", where it was typed, says nothing.
local function error_text(value, name, width)
  local told = require("core.cli").describe(value):gsub("^errand: ", ""):gsub("^prompt %d+:%d+: ", "")
  local text = ("%serror (%s): %s"):format(name, tostring(value.kind), told)
  return (host_err.safe(host_err.redact(text), true):gsub("[^\n]+", function(line) return wrap(line, width) end))
end

local function value_text(value, n, width, color)
  local name = ("_%d = "):format(n)
  if host_err.is(value) then return error_text(value, name, width) .. "\n" end
  local text, hidden = dump.text(value, { width = width, indent = #name, color = color })
  text = paint(color, "2", name) .. text .. "\n"
  if not hidden then return text end
  return text .. paint(color, "2", wrap(("(%s; :v %d shows all)"):format(hidden, n), width)) .. "\n"
end

--- show.format(value, n, opts) -> what the prompt shows of result n, at
-- most a hundred lines or rows. opts.width: columns of the terminal;
-- opts.color; opts.took: { seconds =, calls = } of the statement.
function show.format(value, n, opts)
  local width = math.max(opts.width or 80, NARROWEST)
  local took = opts.took
  if is_empty_list(value) and made_calls(took) then
    return paint(opts.color, "2", footer(n, 0, 0, { columns = {} }, took, width)) .. "\n"
  end
  if is_table(value) then return table_text(value, n, took, width, opts.color) end
  return value_text(value, n, width, opts.color)
end

-- A cell is one line: text over several stands better in a block.
local function has_lines(columns, list)
  for _, column in ipairs(columns) do
    for _, record in ipairs(list) do
      local cell = records.cell(record, column.name)
      if type(cell) == "string" and cell:find("\n", 1, true) then return true end
    end
  end
  return false
end

-- A table if all of it fits, else blocks.
local function whole_table(value, width, color)
  local list = records.list(value)
  local text, hidden, _, columns = require "core.format.table"(list, { width = width, color = color, redacted = true })
  if #hidden.columns == 0 and not hidden.cut and not has_lines(columns, list) then return text end
  return (require "core.format.blocks"(list, { width = width, color = color, whole = true }))
end

--- show.text(value, width, color) -> all of a value, for a pager: a text as it
-- is, records as a table if that fits the width, else as blocks, the rest in
-- Lua's notation. width: columns, 80; color: true for colours.
function show.text(value, width, color)
  width = math.max(width or 80, NARROWEST)
  if type(value) == "string" then
    local text = host_err.safe(host_err.redact(value), true)
    return text:sub(-1) == "\n" and text or text .. "\n"
  end
  if host_err.is(value) then return error_text(value, "", width) .. "\n" end
  if is_table(value) then return whole_table(value, width, color) end
  return dump.text(value, { width = width, color = color, whole = true }) .. "\n"
end

-- ---- the statement's values ----

local function colored()
  return not sys.env "NO_COLOR" and sys.env "TERM" ~= "dumb"
end

-- As a script would write it: nobody reads numbers of results in a file.
local function write_plain(value, format)
  local output = require "core.output"
  if not format and dump.is_plain(value) and not json.encode(value) then
    return output.text(dump.text(value, { whole = true }) .. "\n")
  end
  output.write(value, format or "auto")
end

local function show_one(shell, value, took)
  local output = require "core.output"
  local topic = require("core.repl.topic").of(value)
  if topic then return output.text(require("core.help").topic(topic) .. "\n") end
  local n = shell.results:add(value)
  local format = require("core.session").output
  if format or not sys.isatty(1) then return write_plain(value, format) end
  output.text(show.format(value, n, { width = sys.columns(1), color = colored(), took = took }))
end

-- A call that gave nothing must not look as if nothing had been done.
local function show_none(took)
  if require("core.session").output or not sys.isatty(1) then return end
  require("core.output").text(show.none(took, colored()) .. "\n")
end

--- show.none(took, color) -> what stands for a result that is nil: "nil  (0.006
-- s, 1 call)", or "done (0.010 s, 1 call)" where took.done says that the calls
-- are of those that give nothing.
function show.none(took, color)
  local word = took.done and "done" or "nil"
  return ("%-4s %s"):format(word, paint(color, "2", "(" .. took_text(took) .. ")"))
end

--- show.results(shell, values, took): what table.pack made of a statement's
-- values, each kept as the next result of the session and printed. What
-- io.write gives and a call's reply beside its data are left out, and so is nil
-- unless it is all there is and calls were made; a service, resource or
-- operation shows its help instead. took: as recorder:took gives it.
function show.results(shell, values, took)
  local n, any = values.n, false
  if n > 1 and is_reply(values[n]) then n = n - 1 end
  if n == 1 and (values[1] == io.stdout or values[1] == io.stderr) then return end
  for i = 1, n do
    if values[i] ~= nil then
      any = true
      show_one(shell, values[i], took)
    end
  end
  if n > 0 and not any and made_calls(took) then show_none(took) end
end

return show
