-- core/schedule/words.lua - args of a schedule as the words of a command line.
-- SPDX-License-Identifier: MIT

local words = {}

local function text_of(value)
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if type(value) == "number" then
    if value ~= value or value == math.huge or value == -math.huge then return nil, "a finite number expected" end
    local text = ("%.14g"):format(value)
    return tonumber(text) == value and text or ("%.17g"):format(value)
  end
  if type(value) ~= "string" then return nil, ("text, a number or true expected, got %s"):format(type(value)) end
  if value:find "%z" then return nil, "text without zero bytes expected" end
  return value
end

local function named(out, name, value, add)
  local option = "--" .. name:gsub("_", "-")
  if value == true then
    out[#out + 1] = option
  elseif value == false then
    add(("false has no word: leave it out, or where the script has it put \"--no-%s\" into the list"):format(name:gsub("_", "-")))
  elseif type(value) == "table" then
    if next(value) == nil then add "an empty list has no word: leave it out" end
    local n = 0
    for _ in pairs(value) do n = n + 1 end
    if n ~= #value then return add "text, a number, true or a list of them expected, got a table with names" end
    for i, one in ipairs(value) do
      local text, message = text_of(one)
      if not text then return add(("element %d: %s"):format(i, message)) end
      table.move({ option, text }, 1, 2, #out + 1, out)
    end
  else
    local text, message = text_of(value)
    if not text then return add(message) end
    table.move({ option, text }, 1, 2, #out + 1, out)
  end
end

--- words.of(args) -> list of words, list of problems { key, message }.
-- { csv = "x", dry = true, of = { "a", "b" }, "last" } becomes
-- --csv x --dry --of a --of b last: names in their order, then the list.
function words.of(args)
  local out, problems = {}, {}
  local function add(key, message) problems[#problems + 1] = { key = key, message = message } end
  if type(args) ~= "table" then
    add("args", ("a table such as { csv = \"/srv/hr/leavers.csv\" } expected, got %s"):format(
      type(args) == "string" and "'" .. args .. "'" or tostring(args)))
    return out, problems
  end
  local names, places = {}, 0
  for key in pairs(args) do
    if type(key) == "string" then names[#names + 1] = key else places = places + 1 end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    if name:find "^%a[%w_-]*$" then
      named(out, name, args[name], function(message) add("args." .. name, message) end)
    else
      add("args." .. name, "a name of letters, digits, '_' and '-' expected")
    end
  end
  if places ~= #args then add("args", "the list among them has a gap") end
  for i, value in ipairs(args) do
    local text, message = text_of(value)
    if text then out[#out + 1] = text else add(("args[%d]"):format(i), message) end
  end
  return out, problems
end

return words
