-- read_csv.lua - read_csv(path): RFC 4180 with a header row, strictly read.
-- SPDX-License-Identifier: MIT

local LIMIT = 64 * 1024 * 1024
local known = { "separator", "max", "columns", "unique" }

local function fail(name, line, message)
  require("core.error").raise("validation",
    ("%s%s: %s"):format(name, line and ":" .. line or "", message), nil, 3)
end

local function line_of(text, at)
  local _, count = text:sub(1, at - 1):gsub("\n", "\n")
  return count + 1
end

-- Without the byte order mark; what is no UTF-8 is refused with a guess.
local function as_utf8(text, name)
  local mark = text:sub(1, 2)
  if mark == "\xff\xfe" or mark == "\xfe\xff" then
    fail(name, nil, "this is UTF-16: save it as \"CSV UTF-8\"")
  end
  if text:sub(1, 3) == "\xef\xbb\xbf" then text = text:sub(4) end
  local ok, bad = utf8.len(text)
  if not ok then
    fail(name, line_of(text, bad),
      "not UTF-8, most likely Windows-1252: save it as \"CSV UTF-8\"")
  end
  local zero = text:find("\0", 1, true)
  if zero then fail(name, line_of(text, zero), "a NUL byte: this is no text file") end
  return text
end

local Reader = {}
Reader.__index = Reader

-- The field at the cursor that starts with a quote; doubled ones stand for one.
function Reader:quoted()
  local from, parts = self.at + 1, {}
  while true do
    local quote = self.text:find('"', from, true)
    if not quote then fail(self.name, self.line, "a quote that is opened here is never closed") end
    parts[#parts + 1] = self.text:sub(from, quote - 1)
    if self.text:sub(quote + 1, quote + 1) ~= '"' then
      self.at = quote + 1
      break
    end
    parts[#parts + 1] = '"'
    from = quote + 2
  end
  return table.concat(parts)
end

function Reader:plain()
  local stop = self.text:find(self.stops, self.at) or #self.text + 1
  local value = self.text:sub(self.at, stop - 1)
  if value:find('"', 1, true) then
    fail(self.name, self.line, "a quote inside a field that does not start with one")
  end
  self.at = stop
  return value
end

-- The next record as a list of fields, or nil at the end.
function Reader:record()
  if self.at > #self.text then return nil end
  local fields, text = {}, self.text
  while true do
    local value
    if text:sub(self.at, self.at) == '"' then
      value = self:quoted()
      local _, breaks = value:gsub("\n", "\n")
      self.newlines = self.newlines + breaks
    else
      value = self:plain()
    end
    fields[#fields + 1] = value
    local next_char = text:sub(self.at, self.at)
    if next_char == self.separator then
      self.at = self.at + 1
    elseif next_char == "" then
      return fields
    elseif next_char == "\n" then
      self.at = self.at + 1
      return fields
    elseif text:sub(self.at, self.at + 1) == "\r\n" then
      self.at = self.at + 2
      return fields
    elseif next_char == "\r" then
      fail(self.name, self.line, "a carriage return that no line feed follows")
    else
      fail(self.name, self.line, "text after the closing quote of a field")
    end
  end
end

function Reader:next()
  self.line = self.line + self.newlines
  self.newlines = 1
  return self:record()
end

local function reader(text, name, separator)
  return setmetatable({ text = text, name = name, at = 1, line = 1, newlines = 0,
    separator = separator, stops = "[\r\n" .. (separator:gsub("%p", "%%%0")) .. "]" }, Reader)
end

-- Without blanks around; a pattern with "%s*$" would look anew from each blank on.
local function trim(text)
  local first, last = text:find("%S") or #text + 1, #text
  while last > first and text:find("^%s", last) do last = last - 1 end
  return text:sub(first, last)
end

local function header(input)
  local names, seen = input:next(), {}
  if not names then fail(input.name, nil, "is empty: a header row was expected") end
  for i, name in ipairs(names) do
    name = trim(name)
    if name == "" then fail(input.name, 1, ("column %d has no name"):format(i)) end
    if seen[name] then fail(input.name, 1, ("column '%s' comes twice"):format(name)) end
    seen[name], names[i] = true, name
  end
  local other = #names == 1 and names[1]:match("[;\t,|]")
  if other then
    fail(input.name, 1, ("one column only; are the fields separated by %q?"
      .. " read_csv(path, { separator = %q })"):format(other, other))
  end
  return names
end

-- What the caller needs of a file, all faults at once.
local Wanted = {}
Wanted.__index = Wanted

function Wanted:problem(line, message)
  self.problems[#self.problems + 1] = { path = self.name .. ":" .. line, message = message }
end

function Wanted:header(names)
  local has = {}
  for _, name in ipairs(names) do has[name] = true end
  for _, name in ipairs(self.columns) do
    if not has[name] then
      self:problem(1, ("no column '%s'%s"):format(name,
        require("core.suggest").did_you_mean(name, names)))
    end
  end
  self.has = has
end

function Wanted:record(record, line)
  for _, name in ipairs(self.columns) do
    if self.has[name] and record[name] == "" then self:problem(line, name .. " is empty") end
  end
  local value = self.unique and (record[self.unique] or ""):lower()
  if not value or value == "" then return end
  if self.seen[value] then
    self:problem(line, ("%s '%s' stands in line %d too"):format(self.unique, record[self.unique],
      self.seen[value]))
  end
  self.seen[value] = self.seen[value] or line
end

-- The text without the line breaks at its end. A pattern with "$" would look
-- anew from each line break on.
local function without_end(text)
  local last = #text
  while last > 0 and text:find("^[\r\n]", last) do last = last - 1 end
  return text:sub(1, last)
end

local function parse(text, name, separator, opts)
  -- Empty lines at the end are no records.
  local input = reader(without_end(text), name, separator)
  local names = header(input)
  local list, wanted = {}, setmetatable({ name = name, columns = opts.columns or {},
    unique = opts.unique, problems = {}, seen = {} }, Wanted)
  wanted:header(names)
  for fields in function() return input:next() end do
    if #fields ~= #names then
      fail(name, input.line, ("%d fields, but the header has %d"):format(#fields, #names))
    end
    local record = {}
    for i, value in ipairs(fields) do record[names[i]] = value end
    list[#list + 1] = record
    wanted:record(record, input.line)
  end
  require("core.options").check(wanted.problems, name)
  return list
end

local function check(path, opts)
  local raise = require("core.error").raise
  if type(path) ~= "string" then
    raise("validation", "read_csv: path expected, got " .. type(path), nil, 3)
  end
  for name in pairs(opts) do
    local found = false
    for _, one in ipairs(known) do found = found or one == name end
    if not found then
      raise("validation", ("read_csv: unknown option '%s'%s"):format(tostring(name),
        require("core.suggest").did_you_mean(tostring(name), known)), nil, 3)
    end
  end
  local separator = opts.separator or ","
  if type(separator) ~= "string" or #separator ~= 1 or separator:find('["\r\n]') then
    raise("validation", "read_csv: separator must be one character", nil, 3)
  end
  return separator
end

--- read_csv(path, opts) -> list of records, one a line, keyed by the header's
-- names; all values are text. "-" is standard input. opts.columns: names that
-- must be there and filled; opts.unique: a column that holds no value twice,
-- whatever the case; opts.separator: ","; opts.max: refuse more bytes, 64 MiB.
return function(path, opts)
  opts = opts or {}
  local separator = check(path, opts)
  local sys = require "host.sys"
  local max = opts.max or LIMIT
  local text, err
  if path == "-" then
    text, err = sys.stdin_read(max)
  else
    text, err = sys.read_file(path, max)
  end
  if not text then error(err, 0) end
  local name = path == "-" and "standard input" or path
  return parse(as_utf8(text, name), name, separator, opts)
end
