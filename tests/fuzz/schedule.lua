-- schedule.lua - fuzz target: schedule files.
-- SPDX-License-Identifier: MIT

local fuzz = ...
local file = require "core.schedule.file"
local json = require "host.json"

local PATH <const> = "/srv/errand/schedule.lua"
local SINCE <const> = 1790000000

local function check_definition(one, set)
  assert(set.by_name[one.name] == one and one.file == PATH, "it is found by its name")
  assert(json.decode(one.json), "it can be shown")
  assert(one.run:sub(1, 1) == "/" and not one.run:find "%c", "it runs one file")
  for _, word in ipairs(one.words or {}) do assert(type(word) == "string" and not word:find "%z", "words of a command line") end
  assert(one.line == set.where(one.name), "its line")
  local cron = one.cron(SINCE)
  local slot = cron and cron:next(SINCE)
  assert(not slot or slot.at > SINCE, "the next slot is later")
end

return function(text)
  local ok, set, problems = fuzz.try(text, file.parse, text, PATH)
  if not ok then return end
  local lines = 1 + select(2, text:gsub("[\r\n]", "")) -- Lua takes a lone CR for the end of a line
  local told = {}
  for i, problem in ipairs(problems) do
    told[i] = problem.message
    -- what the file's own code does wrong is told in Lua's words
    local ours = problem.message:find "^schedule" or problem.message:find "^defaults"
    fuzz.told(problem.message, not ours and problem.message or text)
    assert(not problem.line or problem.line >= 0 and problem.line <= lines, "a line of the file")
    assert(problem.path:sub(1, #PATH) == PATH)
  end
  for _, one in ipairs(set.list) do check_definition(one, set) end
  assert(#problems > 0 or #set.list > 0, "a file without schedules is a problem")
  fuzz.try(table.concat(told, "\n"), file.raise, PATH, problems)
  local again, more = file.parse(text, PATH)
  assert(again.digest == set.digest, "the same text is the same file")
  assert(#more == #problems, "with the same problems")
end
