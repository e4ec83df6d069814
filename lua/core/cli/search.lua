-- search.lua - errand search: operations by words.
-- SPDX-License-Identifier: MIT

local search = {
  summary = "Find operations by words.",
  usage = "search WORDS",
  doc = "Looks at names, summaries, descriptions and parameters of every operation.",
  options = { { "limit", value = "N", type = "integer", min = 1, default = 20,
                doc = "Show at most so many." } },
}

-- "users" finds "user" and the other way round.
local function stem(word)
  word = word:lower()
  if #word > 3 then word = word:gsub("ies$", "y"):gsub("s$", "") end
  return word
end

local function parameter_names(op)
  local names = {}
  for _, rows in ipairs{ op.path or {}, op.query or {}, op.header or {},
                         type(op.body) == "table" and op.body or {} } do
    for _, row in ipairs(rows) do names[#names + 1] = row.name end
  end
  if type(op.body) == "string" then
    local shapes = require("core.services").catalogue(op.service).shapes or {}
    for _, row in ipairs(shapes[op.body:match("^%[?(.-)%]?$")] or {}) do
      names[#names + 1] = row.name
    end
  end
  return table.concat(names, " ")
end

-- Where a word counts how much.
local function fields(op, resource)
  return {
    { op.id, 8 }, { op.summary or "", 5 }, { op.template .. " " .. op.method, 2 },
    { parameter_names(op), 3 }, { op.doc or "", 2 }, { resource.doc or "", 1 },
  }
end

local function score(texts, word)
  local best = 0
  for _, text in ipairs(texts) do
    local lower = text[1]:lower()
    local at = lower:find(word, 1, true)
    if at then
      local starts = at == 1 or not lower:sub(at - 1, at - 1):find("%w")
      best = math.max(best, text[2] + (starts and 1 or 0))
    end
  end
  return best
end

--- search.find(words) -> list of { id =, effect =, danger =, summary =, score = }, best
-- first: those in which all words occur, or else those with the most.
function search.find(words)
  local services, found, most = require "core.services", {}, 0
  for _, name in ipairs(services.usable()) do
    for _, resource in ipairs(services.catalogue(name).resource_list) do
      for _, op in ipairs(resource.operations) do
        local texts, total, matched = fields(op, resource), 0, 0
        for _, word in ipairs(words) do
          local points = score(texts, stem(word))
          total = total + points
          if points > 0 then matched = matched + 1 end
        end
        most = math.max(most, matched)
        found[#found + 1] = { id = op.id, effect = op.effect, danger = op.danger or false,
                              summary = op.summary, score = total, matched = matched }
      end
    end
  end
  local list = {}
  for _, one in ipairs(found) do
    if most > 0 and one.matched == most then
      one.matched = nil
      list[#list + 1] = one
    end
  end
  table.sort(list, function(a, b)
    if a.score ~= b.score then return a.score > b.score end
    return a.id < b.id
  end)
  return list
end

local function words_of(args)
  local words = {}
  for _, arg in ipairs(args) do
    for word in arg:gmatch("%S+") do words[#words + 1] = word end
  end
  return words
end

--- search.run(args): prints id, effect and summary; 1 if nothing was found.
function search.run(args)
  local words = words_of(args)
  if #words == 0 then
    require("core.error").raise("validation", "which words? errand search WORDS")
  end
  local output, session = require "core.output", require "core.session"
  local list = search.find(words)
  local limit, hidden = args.options.limit or 20, 0
  while #list > limit do
    list[#list] = nil
    hidden = hidden + 1
  end
  if session.output then
    output.write(list, session.output, { columns = (session.output == "table"
      or session.output == "csv") and { "id", "effect", "danger", "summary" } or nil })
    return 0
  end
  local width, lines = 0, {}
  for _, one in ipairs(list) do width = math.max(width, #one.id) end
  for i, one in ipairs(list) do
    lines[i] = ("%-" .. width .. "s  %-8s  %s"):format(one.id,
      one.effect .. (one.danger and "*" or ""), one.summary)
  end
  if hidden > 0 then lines[#lines + 1] = ("(%d more; --limit N shows them)"):format(hidden) end
  if #list > 0 then output.text(table.concat(lines, "\n") .. "\n") return 0 end
  require("host.err").log("info", "no operation mentions " .. table.concat(words, " "))
  return 1
end

return search
