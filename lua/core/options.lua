-- options.lua - reads command-line words by rows of data, every fault at once.
-- SPDX-License-Identifier: MIT
--
-- A row: { "output", short = "o", value = "FORMAT", enum = {...}, doc = "..." }
--   value       what the option takes, as help shows it; none: a switch
--   optional    the value may be left out and can only follow "="
--   repeatable  the values are collected in a list
--   count       a switch that counts how often it was given
--   negatable   a switch that has a --no-NAME too
--   type        of the value: string integer number boolean date file json
--   enum, min, max, pattern     what the value must be
--   convert     function(text) -> value, or nil and what is wrong
--   secret      help does not show its default
--   last        all words after its value are rest
--   key         where the value goes in the result (default: name, "_" for "-")

local options = {}

local function nearest(name, list)
  return require("core.suggest").did_you_mean(name, list)
end

local function days_in(year, month)
  local days = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }
  local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return month == 2 and leap and 29 or days[month] or 0
end

-- Text to value, by type; each returns nil and a message when it cannot.
local readers = {}

function readers.string(text)
  return text
end

function readers.integer(text)
  local n = text:match("^[-+]?%d+$") and math.tointeger(tonumber((text:gsub("^%+", ""))))
  if not n then return nil, "integer expected, got '" .. text .. "'" end
  return n
end

function readers.number(text)
  local plain = text:match("^[-+]?%d*%.?%d*[eE]?[-+]?%d*$") and text:find("%d")
  local n = plain and tonumber((text:gsub("^%+", "")))
  if not n or n ~= n or n == math.huge or n == -math.huge then
    return nil, "number expected, got '" .. text .. "'"
  end
  return n
end

local truth = { ["true"] = true, yes = true, on = true, ["1"] = true,
                ["false"] = false, no = false, off = false, ["0"] = false }

function readers.boolean(text)
  local value = truth[text:lower()]
  if value == nil then return nil, "true or false expected, got '" .. text .. "'" end
  return value
end

function readers.date(text)
  local year, month, day = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)$")
  if not year then return nil, "date expected as YYYY-MM-DD, got '" .. text .. "'" end
  day = tonumber(day)
  if day < 1 or day > days_in(tonumber(year), tonumber(month)) then
    return nil, "no such day: '" .. text .. "'"
  end
  return text
end

function readers.file(text)
  if text ~= "-" and not require("host.sys").exists(text) then
    return nil, "no such file: '" .. text .. "'"
  end
  return text
end

function readers.json(text)
  local value, err = require("host.json").decode(text)
  if value == nil and err then return nil, "not JSON: " .. tostring(err.message or err) end
  return value
end

--- The names of the types that a row may have.
function options.types()
  local names = {}
  for name in pairs(readers) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function limits(row, value)
  if row.enum then
    for _, one in ipairs(row.enum) do
      if one == value then return end
    end
    local names = {}
    for i, one in ipairs(row.enum) do names[i] = tostring(one) end
    return ("'%s' is none of %s%s"):format(tostring(value), table.concat(names, ", "),
                                           nearest(tostring(value), names))
  end
  local size, unit = value, ""
  if type(value) == "string" then size, unit = utf8.len(value) or #value, " characters" end
  if type(size) ~= "number" then return end
  if row.min and size < row.min then return ("at least %s%s expected"):format(row.min, unit) end
  if row.max and size > row.max then return ("at most %s%s expected"):format(row.max, unit) end
  if row.pattern and type(value) == "string" and not value:find("^" .. row.pattern .. "$") then
    return ("'%s' does not look right"):format(value)
  end
end

--- options.convert(row, text) -> value, or nil and what is wrong with it.
function options.convert(row, text)
  local value, message
  if row.convert then
    value, message = row.convert(text)
  else
    value, message = readers[row.type or "string"](text)
  end
  if message then return nil, message end
  message = limits(row, value)
  if message then return nil, message end
  return value
end

--- options.key(row) -> the name under which parse() puts the row's value.
function options.key(row)
  return row.key or (row[1]:gsub("%-", "_"))
end

local function index(rows)
  local by_name, by_short, names = {}, {}, {}
  for _, row in ipairs(rows) do
    by_name[row[1]] = row
    local other = row[1]:gsub("_", "-")
    by_name[other] = by_name[other] or row
    if row.short then by_short[row.short] = row end
    names[#names + 1] = "--" .. row[1]
  end
  return { name = by_name, short = by_short, names = names }
end

local Reader = {}
Reader.__index = Reader

function Reader:problem(path, message)
  self.problems[#self.problems + 1] = { path = path, message = message }
end

function Reader:set(row, shown, value)
  local key, values = options.key(row), self.values
  if row.count then
    values[key] = (values[key] or 0) + 1
  elseif row.repeatable then
    values[key] = values[key] or {}
    table.insert(values[key], value)
  elseif self.seen[row] then
    self:problem(shown, "given twice")
  else
    values[key] = value
  end
  self.seen[row] = true
end

function Reader:take(row, shown, value)
  if not row.value then
    if value == nil then return self:set(row, shown, true) end
    local on, message = nil, "takes no value"
    if row.negatable then on, message = readers.boolean(value) end
    if on == nil then return self:problem(shown, message) end
    return self:set(row, shown, on)
  end
  if value == nil and row.optional then return self:set(row, shown, true) end
  if value == nil then
    self.at = self.at + 1
    value = self.words[self.at]
    if value == nil then
      return self:problem(shown, "needs a value: " .. shown .. " " .. row.value)
    end
  end
  local converted, message = options.convert(row, value)
  if message then return self:problem(shown, message) end
  self:set(row, shown, converted)
  if row.last then
    table.move(self.words, self.at + 1, #self.words, #self.rest + 1, self.rest)
    self.at = #self.words
  end
end

function Reader:find(name)
  local row = self.index.name[name]
  if not row and self.how.find then row = self.how.find(name) end
  if row then return row, false end
  local positive = name:match("^no%-(.+)$")
  row = positive and self.index.name[positive]
  if row and row.negatable then return row, true end
end

function Reader:unknown(shown)
  if self.how.lenient then
    self.rest[#self.rest + 1] = self.words[self.at]
    return
  end
  local names = self.how.names and self.how.names() or self.index.names
  local hint = nearest(shown, names)
  if hint == "" and self.how.hint then hint = self.how.hint(shown) or "" end
  self:problem(shown, "unknown option" .. hint)
end

function Reader:long(word)
  local name, value = word:match("^%-%-([^=]+)=(.*)$")
  name = name or word:sub(3)
  local row, negative = self:find(name)
  if not row then return self:unknown("--" .. name) end
  if not negative then return self:take(row, "--" .. name, value) end
  if value ~= nil then return self:problem("--" .. name, "takes no value") end
  self:set(row, "--" .. name, false)
end

-- "-vv", "-o json", "-ojson"
function Reader:letters(word)
  local at = 2
  while at <= #word do
    local letter = word:sub(at, at)
    local row = self.index.short[letter]
    if not row then
      if at > 2 then return self:problem("-" .. letter, "unknown option in '" .. word .. "'") end
      return self:unknown(word)
    end
    local rest = at < #word and word:sub(at + 1) or nil
    if row.value then return self:take(row, "-" .. letter, rest) end
    self:take(row, "-" .. letter, nil)
    at = at + 1
  end
end

function Reader:run()
  local words, rest, how = self.words, self.rest, self.how
  while self.at < #words do
    self.at = self.at + 1
    local word = words[self.at]
    local plain = word == "-" or not word:find("^%-") or
                  (word:find("^%-[%d.]") and not self.index.short[word:sub(2, 2)])
    if word == "--" and not how.lenient then
      table.move(words, self.at + 1, #words, #rest + 1, rest)
      break
    elseif plain and how.stop then
      table.move(words, self.at, #words, #rest + 1, rest)
      break
    elseif word == "--" then
      table.move(words, self.at, #words, #rest + 1, rest)
      break
    elseif plain then
      rest[#rest + 1] = word
    elseif word:find("^%-%-") then
      self:long(word)
    else
      self:letters(word)
    end
  end
end

--- options.parse(rows, words, how) -> values, rest, problems
-- values by key, rest the plain words, problems a list of { path, message }.
-- how.stop: the first plain word and all after it are rest. how.lenient:
-- unknown options are left in rest. how.find(name): a row for a name that is
-- not in rows. how.names(): what unknown options are compared with.
-- how.hint(name): more to say about an unknown one.
function options.parse(rows, words, how)
  local reader = setmetatable({
    how = how or {}, words = words, at = 0, index = index(rows),
    values = {}, rest = {}, problems = {}, seen = {},
  }, Reader)
  reader:run()
  return reader.values, reader.rest, reader.problems
end

--- options.check(problems, what) raises them as one error of kind validation.
-- No line of the script goes with it: the fault is on the command line.
function options.check(problems, what)
  if #problems == 0 then return end
  local first = problems[1]
  local message = #problems == 1 and first.path .. ": " .. first.message
    or ("%d problems with %s"):format(#problems, what)
  error(require("core.error").new("validation", message, { problems = problems }), 0)
end

--- options.wrap(text, width, indent) -> text broken at blanks; lines after the
-- first start with indent.
function options.wrap(text, width, indent)
  local lines, line = {}, ""
  for word in text:gmatch("%S+") do
    local longer = line == "" and word or line .. " " .. word
    if line ~= "" and utf8.len(longer) and utf8.len(longer) > width - #indent then
      lines[#lines + 1] = line
      longer = word
    end
    line = longer
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n" .. indent)
end

local function left_column(row)
  local text = (row.short and "-" .. row.short .. ", " or "    ") .. "--"
  if row.negatable then text = text .. "[no-]" end
  text = text .. row[1]
  if not row.value then return text end
  return text .. (row.optional and "[=" .. row.value .. "]" or " " .. row.value)
end

local function remarks(row)
  local text = row.doc or ""
  local function add(remark)
    text = text .. (text == "" and "" or " ") .. "(" .. remark .. ")"
  end
  if row.enum then
    local names = {}
    for i, one in ipairs(row.enum) do names[i] = tostring(one) end
    add(table.concat(names, ", "))
  end
  if row.required then add("required") end
  if row.repeatable then add("may be repeated") end
  if row.secret then
    add("secret: @FILE, or - for a line of standard input")
  elseif row.default ~= nil then
    add("default " .. tostring(row.default))
  end
  return text
end

--- options.help(rows) -> the rows as aligned lines, 80 columns wide.
function options.help(rows)
  local width, left = 0, {}
  for i, row in ipairs(rows) do
    left[i] = "  " .. left_column(row)
    width = math.max(width, math.min(#left[i], 30))
  end
  local lines, indent = {}, (" "):rep(width + 2)
  for i, row in ipairs(rows) do
    local text = options.wrap(remarks(row), 80, indent)
    local gap = #left[i] > width and "\n" .. indent or (" "):rep(width + 2 - #left[i])
    lines[i] = text == "" and left[i] or left[i] .. gap .. text
  end
  return table.concat(lines, "\n")
end

return options
