-- complete.lua - errand __complete: what may stand at the cursor of a shell's line.
-- SPDX-License-Identifier: MIT
--
-- The completion files of bash, zsh and fish (errand export completion) ask
-- this: errand __complete -- WORDS, the last of which is the one at the cursor
-- and may be empty. So the three know what this errand knows, services that
-- somebody added among it, and none of them holds a list that could be out of
-- date. It reads descriptions and the names of profiles, and nothing else.
--
-- Standard output, columns divided by tabs:
--   words                 then a line WORD TEXT for each that may stand there; a
--                         "+" before TEXT says that no blank follows the word
--   files PREFIX SUFFIX   a file, one that ends in SUFFIX above all; the word
--                         begins with PREFIX, which is no part of the path
--   none                  nobody knows

local cli = require "core.cli"
local operation = require "core.cli.complete.operation"

local complete = {}

-- ---- answers ----

local function words(list)
  return { mode = "words", list = list }
end

local function files(suffix, prefix)
  return { mode = "files", suffix = suffix or "", prefix = prefix or "", list = {} }
end

local NONE <const> = { mode = "none", list = {} }

local function plain(names)
  local list = {}
  for i, name in ipairs(names) do list[i] = { tostring(name) } end
  return words(list)
end

-- ---- options ----

local function index(rows)
  local by = {}
  for _, row in ipairs(rows) do
    by["--" .. row[1]] = by["--" .. row[1]] or row
    if row.short then by["-" .. row.short] = by["-" .. row.short] or row end
  end
  return by
end

-- Reads the words before the cursor as core.options would. Gives the plain
-- words, the option whose value is at the cursor, and the values by name.
-- stop: from the first plain word on all are plain.
local function scan(given, rows, stop, find)
  local by, out, values, last = index(rows), {}, {}, #given
  local at = 1
  while at < last do
    local word = given[at]
    local name, value = word:match "^(%-%-[^=]+)=(.*)$"
    local row = by[name or word] or find and find((name or word):match "^%-%-(.+)$")
    if word == "--" or stop and not word:find "^%-." then
      table.move(given, word == "--" and at + 1 or at, last - 1, #out + 1, out)
      break
    elseif not word:find "^%-." then
      out[#out + 1] = word
    elseif row and row.value and not value and not row.optional then
      if row.last and at + 1 < last then return out, nil, values, true end
      at = at + 1
      value = given[at]
      if at == last then return out, row, values end
    end
    if row then values[row[1]] = value or true end
    at = at + 1
  end
  return out, nil, values
end

local function profiles(values)
  local session, config = require "core.session", require "core.config"
  if type(values.config) == "string" then session.config = values.config end
  local ok, names = pcall(config.profiles)
  return plain(ok and names or {})
end

local FILE <const> = { FILE = true, DIR = true }

-- What an option takes.
local function value_of(row, values)
  if row[1] == "profile" then return profiles(values) end
  if row.enum then return plain(row.enum) end
  if row[1] == "json" then return { mode = "files", suffix = "", prefix = "@", list = {} } end
  if row.type == "file" or FILE[row.value] then return files() end
  if row[1] == "service" then return words(operation.services()) end
  return NONE
end

local function option_names(rows)
  local list = {}
  for _, row in ipairs(rows) do
    list[#list + 1] = { "--" .. row[1], row.doc }
    if row.negatable then list[#list + 1] = { "--no-" .. row[1], row.doc } end
  end
  return list
end

-- "--output=js": the words stay whole.
local function behind_equals(typed, rows, values, find)
  local name = typed:match "^(%-%-[^=]+)="
  if not name then return nil end
  local row = index(rows)[name] or find and find(name:sub(3))
  if not row or not row.value then return NONE end
  local answer = value_of(row, values)
  if answer.mode == "files" then return files(answer.suffix, name .. "=" .. answer.prefix) end
  local list = {}
  for i, one in ipairs(answer.list) do list[i] = { name .. "=" .. one[1], one[2], open = one.open } end
  return words(list)
end

-- ---- commands ----

-- The first words of a command: from its own list, else from its usage line.
local function first_words(module)
  local list, seen = {}, {}
  local function add(word, text)
    if not seen[word] then
      seen[word] = true
      list[#list + 1] = { word, text }
    end
  end
  for _, row in ipairs(module.words or {}) do add(row[1]:match "^%S+", row[2]) end
  if module.words then return words(list) end
  -- "runs [list] | show ID | approve|reject ID": what is in small letters
  for part in (module.usage:gsub("^%S+%s*", "") .. " | "):gmatch "(.-)%s+|%s+" do
    for word in (part:match "^%S+" or ""):gsub("[%[%]]", ""):gmatch "[^|]+" do
      if word:find "^%l[%l-]*$" then add(word) end
    end
  end
  return words(list)
end

local function topics(_, typed)
  local list = operation.dotted(typed, true)
  if not typed:find(".", 1, true) then
    for _, topic in ipairs(require "core.helptopics") do list[#list + 1] = { topic.name, topic.summary } end
    for _, name in ipairs(cli.commands) do list[#list + 1] = { name, cli.module(name).summary } end
    for _, entry in ipairs(require "std.doc") do list[#list + 1] = { entry.name, entry.summary } end
  end
  return words(list)
end

local function service_names(most)
  return function(given) return #given < most and words(operation.services()) or NONE end
end

local function script(given)
  return files(#given == 0 and ".lua" or "")
end

local function from_first(then_)
  return function(given, typed, module)
    if #given == 0 then return first_words(module) end
    return then_ and then_[given[1]] and then_[given[1]](given, typed) or NONE
  end
end

local SHELLS <const> = { "bash", "zsh", "fish" }
local METHODS <const> = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" }

local function api(given)
  if #given == 0 then return words(operation.services()) end
  return #given == 1 and plain(METHODS) or NONE
end

local function nothing() return NONE end

--- What stands behind each command: function(given, typed, module) -> answer;
-- given are the plain words before the cursor.
complete.places = {
  run = script, plan = script, prove = script, test = script,
  api = api, help = topics, search = nothing, sandbox = nothing, serve = nothing, doctor = nothing, version = nothing,
  ["list-operations"] = service_names(1), login = service_names(99), logout = service_names(99), whoami = service_names(99),
  runs = from_first(), calls = from_first(), config = from_first(),
  schedule = from_first {
    check = function() return files ".lua" end,
    export = function(given) return #given == 1 and plain { "systemd", "cron" } or files ".lua" end,
  },
  export = from_first {
    openapi = function(given) return #given == 1 and words(operation.services()) or NONE end,
    completion = function(given) return #given == 1 and plain(SHELLS) or NONE end,
    docs = function() return files() end, stubs = function() return files() end, man = function() return files() end,
  },
}

local JSON <const> = { "json", value = "JSON", doc = "Body as JSON text, @FILE, or - for standard input." }

local function append(list, more)
  return table.move(more, 1, #more, #list + 1, list)
end

-- errand call: its options are the operation's parameters.
function complete.places.call(given, typed, _, line)
  local op, count, catalogue = operation.named(given)
  if not op then
    if #given == 0 and typed:find(".", 1, true) then return words(operation.dotted(typed)) end
    return typed:find "^%-" and NONE or words(operation.words(given))
  end
  local rows = cli.rows { JSON }
  local function find(name) return name and operation.option(op, catalogue, name) end
  local rest = table.move(line, count + 1, #line, 1, {})
  local behind, row, values = scan(rest, rows, false, find)
  if row then return value_of(row, values) end
  local whole = behind_equals(typed, rows, values, find)
  if whole then return whole end
  if typed:find "^%-" then return words(append(operation.options(op, catalogue, typed), option_names(rows))) end
  local place = operation.place(op, #behind + 1)
  if not place then return words(append(operation.options(op, catalogue, "--"), { { "--json", JSON.doc } })) end
  return place.type == "file" and files() or place.enum and plain(place.enum) or NONE
end

local function command(name, line, typed, values)
  local known = complete.places[name]
  if not known then return NONE end
  local module = cli.module(name)
  local rows = cli.rows(module.options, module.keeps)
  local given, row, own, ends = scan(line, rows, module.raw)
  for key, value in pairs(own) do values[key] = value end
  if ends then return files() end
  if name == "call" then return known(given, typed, module, append({ table.unpack(given) }, { typed })) end
  if row then return value_of(row, values) end
  -- Behind the script all is the script's.
  if module.raw and #given > 0 and name ~= "api" then return known(given, typed, module) end
  local whole = behind_equals(typed, rows, values)
  if whole then return whole end
  if typed:find "^%-" then return words(option_names(rows)) end
  return known(given, typed, module)
end

--- complete.answer(line): the words of a command line without its first; the
-- last is the one at the cursor.
function complete.answer(line)
  local globals, typed = require "core.cli.globals", line[#line] or ""
  local given, row, values, ends = scan(line, globals, true)
  if ends then return files() end
  if row then return value_of(row, values) end
  if given[1] then
    local name = table.remove(given, 1)
    given[#given + 1] = typed
    return command(name, given, typed, values)
  end
  local whole = behind_equals(typed, globals, values)
  if whole then return whole end
  if typed:find "^%-" then return words(option_names(globals)) end
  local list = {}
  for i, name in ipairs(cli.commands) do list[i] = { name, cli.module(name).summary } end
  return words(list)
end

-- One line, without what would be another column or a control character.
local function one_line(text)
  text = (text or ""):gsub("%s+", " "):match "^(.-%.)%f[%s%z]" or (text or ""):gsub("%s+", " ")
  return require("host.err").safe(text)
end

--- The answer as the shells read it.
function complete.text(answer)
  local lines = { answer.mode == "files" and ("files\t%s\t%s"):format(answer.prefix, answer.suffix) or answer.mode }
  for _, one in ipairs(answer.list) do
    lines[#lines + 1] = ("%s\t%s%s"):format(one[1], one.open and "+" or "", one_line(one[2]))
  end
  return table.concat(lines, "\n") .. "\n"
end

--- complete.run(line): a shell that asks must not be answered by an error.
function complete.run(line)
  local ok, answer = pcall(complete.answer, line)
  if not ok then return 1 end
  require("core.output").text(complete.text(answer))
  return 0
end

return complete
