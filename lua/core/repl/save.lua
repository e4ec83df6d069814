-- save.lua - :save, the calls of a session as a script that makes them again.
-- SPDX-License-Identifier: MIT
--
-- What a person would change is an argument of the script with the value of
-- the session as its default; what came out of a result is taken out of that
-- result. So the script reads as somebody would have written it by hand.

local error_ = require "core.error"
local lift = require "core.repl.save.lift"
local names = require "core.repl.save.names"
local source = require "core.repl.save.source"
local sys = require "host.sys"

local save = {}

-- ---- the calls, as lift and link want them ----

local function path_rows(catalogue, resource, op)
  if op then return op.path or {} end
  local find = resource.find or {}
  local by = find.record and find.get or find.list or resource.name .. ".list"
  local target = require("core.catalogue").operation(catalogue, by)
  local rows = { table.unpack(target and target.path or {}) }
  if find.record then rows[#rows] = nil end -- the id that is looked for
  return rows
end

-- The members of the records that a find looks at.
local function find_rows(catalogue, resource)
  local find = resource.find or {}
  local target = require("core.catalogue").operation(catalogue, find.get or find.list or resource.name .. ".list")
  local shape = target and type(target.returns) == "string" and target.returns:match("^%[?([%w_]+)%]?$")
  return shape and catalogue.shapes and catalogue.shapes[shape] or nil
end

local function is_list(value)
  return type(value) == "table" and (require("host.json").is_array(value) or value[1] ~= nil)
end

-- What a variable for the result of a call is called.
local function result_name(call)
  local op = call.op
  local of = op and (op.name:match("^list_(.+)") or op.name:match("^get_(.+)"))
  if of then return names.snake(of) or "result" end
  if is_list(call.result) and call.reads then return call.resource end
  local one = names.singular(call.resource)
  return call.reads and one or "new_" .. one
end

local function made_of(entry)
  local catalogue = require("core.services").catalogue(entry.service)
  local op, resource = entry.op, catalogue.resource[entry.resource]
  local call = { op = op, find = resource.find, how = entry.how, args = entry.args, result = entry.result, picks = {},
    catalogue = catalogue, service = entry.service, resource = entry.resource, profile = entry.profile,
    name = entry.id:match("([^.]+)$"), undo_of = entry.undo_of }
  call.reads = op == nil or op.effect == "read"
  call.path_rows = path_rows(catalogue, resource, op)
  call.find_rows = not op and find_rows(catalogue, resource) or nil
  call.result_name = result_name(call)
  return call
end

-- ---- statements ----

-- Modules of other accounts: declared once, above the calls.
local function modules_of(calls, variable)
  local lines, known = {}, {}
  for _, call in ipairs(calls) do
    call.module = call.service
    if call.profile then
      local key = call.service .. "\0" .. call.profile
      if not known[key] then
        known[key] = variable(names.snake(call.service .. "_" .. call.profile))
        lines[#lines + 1] = ("local %s = %s.with{ profile = %s }"):format(known[key], call.service, source.quote(call.profile))
      end
      call.module = known[key]
    end
  end
  return lines
end

-- What a find looked for, as the end of a sentence: " with name " .. opt.role
local function sought(args)
  local last = args[#args]
  local item = last and last.items and last.items[1]
  if not item or not item.key or not item.of.code and #tostring(item.of.value) > 40 then return '"' end
  return (" with %s %s"):format(item.key, item.of.code and '" .. ' .. item.of.code
    or source.quote(tostring(item.of.value)):sub(2))
end

local function check_found(call, args)
  local text = sought(args)
  return ('if not %s then error("no %s%s, 0) end'):format(call.variable, names.singular(call.resource):gsub("_", " "), text)
end

-- The statement for a call whose result nothing of the script takes up: it is
-- shown, as the prompt showed it. A call gives its reply, too: no table is put
-- around it, and print gets one value.
local function shown(call, code, args, is_last)
  if call.how == "each" then
    local one = call.loop
    return ("for %s in %s do\n  print(json.encode(%s))\nend"):format(one, source.call(code, args, #one + 8), one)
  end
  local returns = call.op and (call.op.returns or "none")
  if returns == "none" or call.result == nil and call.op then return source.call(code, args) end
  if is_last then return "return " .. source.call(code, args, 7) end
  if not call.reads or returns == "file" then return source.call(code, args) end
  if call.how == "find" then return ("print_table{ %s }"):format(source.call(code, args, 15)) end
  if type(call.result) == "table" then return ("print_table(%s)"):format(source.call(code, args, 13)) end
  return ("print((%s))"):format(source.call(code, args, 8))
end

local function statement(call, args, is_last)
  local code = ("%s.%s.%s"):format(call.module, call.resource, call.name)
  local lines = {}
  if not call.reads then lines[1] = "-- " .. call.op.summary .. (call.undo_of and " This undid an earlier call." or "") end
  if not call.variable then
    lines[#lines + 1] = shown(call, code, args, is_last)
    return table.concat(lines, "\n")
  end
  local before = ("local %s = "):format(call.variable)
  lines[#lines + 1] = before .. source.call(code, args, #before)
  if call.how == "find" then lines[#lines + 1] = check_found(call, args) end
  for _, one in ipairs(call.picks) do
    lines[#lines + 1] = ("local %s = pick(%s, %s, %s)"):format(one.variable, one.list, source.quote(one.key),
      source.expression(one.of))
  end
  return table.concat(lines, "\n")
end

local PICK <const> = [[
-- The record of a list whose member of this name has this value.
local function pick(list, name, value)
  for _, record in ipairs(list) do
    if record[name] == value then return record end
  end
  error(("no record with %s %s"):format(name, value), 0)
end]]

-- ---- the script ----

local function argument_row(row)
  local items = { { of = { value = row.name } } }
  if row.type then items[2] = { of = { value = row.type } } end
  if row.secret then items[#items + 1] = { key = "secret", of = { value = true } } end
  if row.required then items[#items + 1] = { key = "required", of = { value = true } } end
  if row.default ~= nil then items[#items + 1] = { key = "default", of = { value = row.default } } end
  items[#items + 1] = { key = "doc", of = { value = row.doc } }
  return "  " .. source.expression({ items = items }, "  ", 2, 1) .. ","
end

-- nil where nothing was lifted
local function declaration(rows, summary)
  if #rows == 0 then return nil end
  local lines = { "local opt = args{", "  summary = " .. source.expression({ value = summary }, "  ", 12, 1) .. "," }
  for _, row in ipairs(rows) do lines[#lines + 1] = argument_row(row) end
  lines[#lines + 1] = "}"
  return table.concat(lines, "\n")
end

-- "Makes the calls groups.find, roles.find and invites.create of ixon."
local function summary_of(calls)
  local seen, list = {}, {}
  for _, call in ipairs(calls) do
    local name = ("%s.%s.%s"):format(call.service, call.resource, call.name)
    if not seen[name] then
      seen[name] = true
      list[#list + 1] = name
    end
  end
  if #list > 4 then list = { list[1], list[2], list[3], ("%d more"):format(#list - 3) } end
  local last = table.remove(list)
  return (#list > 0 and table.concat(list, ", ") .. " and " or "") .. last .. "."
end

local function plural(n, word)
  return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

-- What is not in the script, in words; nil: nothing.
local function left_out(tally)
  local parts = {}
  for _, one in ipairs{ { "failed", " that failed" }, { "doubt", " in doubt" }, { "planned", " of plan mode" },
                        { "cut", " with arguments too large to keep" }, { "open", " still under way" } } do
    local n = tally[one[1]]
    if n > 0 then parts[#parts + 1] = plural(n, "call") .. one[2] end
  end
  return #parts > 0 and table.concat(parts, ", ") or nil
end

-- As a word of a command line.
local function shell_word(text)
  if text:find("^[%w_./-]+$") then return text end
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- Where the calls went: the options that lead there again, and whether all of
-- them went to one place.
local function place_of(entries)
  local options, one = nil, true
  for _, entry in ipairs(entries) do
    local own = entry.sandbox and "--sandbox " or entry.in_force and ("--profile %s "):format(shell_word(entry.in_force)) or ""
    one = one and (options == nil or options == own)
    options = own
  end
  return options or "", one
end

--- save.command(entries, path) -> the command line that runs the script.
function save.command(entries, path)
  return ("errand %srun %s"):format(place_of(entries), shell_word(path))
end

-- One line of a comment, whatever a name holds.
local function comment(text)
  return "-- " .. require("host.err").safe(text):gsub("[\r\n]", " ")
end

local function header(made, about, tally, lifted)
  local _, one_place = place_of(made)
  local lines = {
    comment(("%s - %s that %s made at the prompt on %s."):format(about.name, plural(#made, "call"),
      #made == 1 and "was" or "were", about.date)),
    comment("Run it with: " .. save.command(made, about.name)),
  }
  if not one_place then
    lines[#lines + 1] = "-- The calls went to more than one profile, or to the sandbox; this makes all of them in one place."
  end
  if #lifted.args > 0 then
    lines[#lines + 1] = "-- Its arguments stand for what was typed then, which they have as defaults; --help lists them."
  end
  if lifted.left then lines[#lines + 1] = "-- There was more to change than arguments are good for: look through the calls, too." end
  if left_out(tally) then lines[#lines + 1] = comment("Left out: " .. left_out(tally) .. ".") end
  return table.concat(lines, "\n")
end

local function sorted_out(entries)
  local made, tally = {}, { failed = 0, doubt = 0, planned = 0, cut = 0, open = 0 }
  for _, entry in ipairs(entries) do
    local in_doubt = error_.is(entry.err) and (entry.err.kind == "in_doubt" or entry.err.in_doubt)
    local why = entry.planned and "planned" or entry.ok == nil and "open" or entry.args_cut and "cut"
      or not entry.ok and (in_doubt and "doubt" or "failed")
    if why then
      tally[why] = tally[why] + 1
    else
      made[#made + 1] = entry
    end
  end
  return made, tally
end

-- The statements of the calls. What was read again, with no write between, is
-- shown once.
local function statements(calls, expressions)
  local list, shown_ = {}, {}
  for i, call in ipairs(calls) do
    local text = statement(call, expressions[i], i == #calls)
    if not call.reads then shown_ = {} end
    if not shown_[text] then list[#list + 1] = text end
    shown_[text] = call.reads and not call.variable
  end
  return list
end

--- save.text(entries, about) -> source of a script that makes the calls that
-- succeeded, list of them, and what was left out in words (nil: nothing). The
-- source is nil where no call succeeded.
-- @tparam table entries calls as core.repl.calls records them
-- @tparam table about name of the file and date, for its first line
function save.text(entries, about)
  local made, tally = sorted_out(entries)
  if #made == 0 then return nil, made, left_out(tally) end
  local calls = {}
  for i, entry in ipairs(made) do calls[i] = made_of(entry) end
  local lifted, expressions, picks = lift.new(calls), {}, false
  local modules = modules_of(calls, lifted.variable)
  for i, call in ipairs(calls) do
    expressions[i] = lifted:call(call)
    call.loop = call.how == "each" and lifted.variable(names.singular(call.resource)) or nil
  end
  local parts = { header(made, about, tally, lifted) }
  parts[#parts + 1] = declaration(lifted.args, summary_of(calls))
  if #modules > 0 then parts[#parts + 1] = table.concat(modules, "\n") end
  for _, call in ipairs(calls) do picks = picks or #call.picks > 0 end
  if picks then parts[#parts + 1] = PICK end
  for _, text in ipairs(statements(calls, expressions)) do parts[#parts + 1] = text end
  return table.concat(parts, "\n\n") .. "\n", made, left_out(tally)
end

-- ---- the command ----

local function in_home(path)
  local home = sys.env "HOME"
  return home and path:find("^~/") and home .. path:sub(2) or path
end

--- save.run(shell, path, force): :save FILE. Raises where there is nothing to
-- save, and where a file is there already unless force is true.
function save.run(shell, path, force)
  if not path or path == "" then
    error_.raise("validation", "into which file? :save FILE.lua writes the calls of this session as a script")
  end
  local file = in_home(path)
  local text, made, out = save.text(shell.calls:calls_made(), { name = file:match("[^/]*$"), date = sys.utc(sys.clock()):sub(1, 10) })
  if not text then
    error_.raise("validation", ("no call of this session has succeeded yet%s: there is nothing to save"):format(
      out and " (" .. out .. ")" or ""))
  end
  if not force and sys.exists(file) then
    error_.raise("file", ("%s is there already; to overwrite it type :save! %s"):format(path, path))
  end
  local ok, err = sys.write_file(file, text, "umask")
  if not ok then error(err, 0) end
  shell.saved = { path = path } -- for the tour, which waits for it
  local told = ("saved %s to %s%s"):format(plural(#made, "call"), path, out and "; left out: " .. out or "")
  shell.say(require("core.repl.trouble").wrap(told))
  shell.say("run it with: " .. save.command(made, path))
end

return save
