-- look.lua - :search and :v, operations by words and results whole.
-- SPDX-License-Identifier: MIT

local out = require "core.repl.command.out"

local look = {}

-- ---- :search ----

local MOST <const> = 20

look.search = {}

--- look.search.run(shell, text): operations in which the words occur.
function look.search.run(_, text)
  local words = {}
  for word in text:gmatch "%S+" do words[#words + 1] = word end
  local list = require("core.cli.search").find(words)
  if #list == 0 then return out.say("no operation mentions " .. table.concat(words, " ")) end
  local width, lines, screen = 0, {}, out.width() - 1 -- some terminals break a line that is full
  for i = 1, math.min(#list, MOST) do width = math.max(width, #list[i].id) end
  local narrow = screen < width + 30
  for i = 1, math.min(#list, MOST) do
    local one = list[i]
    local mark = one.effect .. (one.danger and "*" or "")
    if narrow then
      lines[#lines + 1] = out.fit(("%s  %s"):format(one.id, mark), screen)
      lines[#lines + 1] = out.fit("  " .. (one.summary or ""), screen)
    else
      lines[#lines + 1] = out.fit(("%-" .. width .. "s  %-7s  %s"):format(one.id, mark, one.summary or ""), screen)
    end
  end
  if #list > MOST then lines[#lines + 1] = ("(%d more; more words find fewer)"):format(#list - MOST) end
  lines[#lines + 1] = "(?NAME says more; * destroys something)"
  out.say(table.concat(lines, "\n"))
end

-- ---- :v ----

look.value = {}

--- look.value.words(shell) -> numbers of the newest results.
function look.value.words(shell)
  local words, results = {}, shell.results
  for n = results.n, math.max(1, results.n - 19), -1 do words[#words + 1] = tostring(n) end
  return words
end

--- look.value.run(shell, text): a result whole, the last one without a number.
function look.value.run(shell, text)
  local results = shell.results
  if results.n == 0 then out.raise "nothing has been printed yet, so there is no result to show" end
  text = text:gsub("^_", "")
  local n = text == "" and results.n or out.number(text, "a result, such as 3 for _3")
  out.page((require("core.repl.show").text(results:get(n), out.width()):gsub("\n$", "")))
end

return look
