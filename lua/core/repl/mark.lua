-- mark.lua - a line of a statement with carets below what an error is about.
-- SPDX-License-Identifier: MIT

local lexer = require "core.repl.lexer"

local mark = {}

-- ---- which tokens an error is about ----

local operators = {
  ["perform arithmetic"] = { "+", "-", "*", "/", "//", "%", "^" },
  ["concatenate"] = { ".." },
  ["compare"] = { "<", ">", "<=", ">=" },
  ["get length of"] = { "#" },
  ["perform bitwise"] = { "&", "|", "~", "<<", ">>" },
}

local function is(token, text)
  return token ~= nil and token.text == text and token.kind ~= "string"
end

-- A token that makes a call of what stands before it.
local function begins_arguments(token)
  return token ~= nil and (token.kind == "string" or is(token, "(") or is(token, "{"))
end

local function is_field(tokens, i)
  return is(tokens[i - 1], ".") or is(tokens[i - 1], ":")
end

-- What a name of that kind looks like, in the place the message speaks of.
local function fits(tokens, i, kind, action)
  if kind == "field" and not is(tokens[i - 1], ".") and not is(tokens[i + 1], "=") then return false end
  if kind == "method" and not is(tokens[i - 1], ":") then return false end
  if (kind == "global" or kind == "local" or kind == "upvalue") and is_field(tokens, i) then return false end
  local behind = tokens[i + 1]
  if action == "call" then return begins_arguments(behind) end
  if action == "index" then return is(behind, ".") or is(behind, "[") or is(behind, ":") end
  return true
end

local function names(tokens, name, test)
  local list = {}
  for i, token in ipairs(tokens) do
    if (token.kind == "name" or token.kind == "string" and token.value == name) and (token.value or token.text) == name
      and (not test or test(i)) then
      list[#list + 1] = token
    end
  end
  return list
end

-- The longest end of "ixon.invites.create" that the line holds.
local function call_path(tokens, id)
  local words = {}
  for word in id:gmatch "[^.]+" do words[#words + 1] = word end
  for first = 1, #words do
    for i = 1, #tokens do
      local at, fit = i, true
      for w = first, #words do
        fit = fit and is(tokens[at], words[w]) and (w == #words or is(tokens[at + 1], ".") or is(tokens[at + 1], ":"))
        at = at + 2
      end
      if fit and (first == 1 or is_field(tokens, i)) then return { { from = tokens[i].from, to = tokens[at - 2].to } } end
    end
  end
  return {}
end

-- What Lua itself says of the value that would not do.
local function of_variable(tokens, message)
  local kind, name = message:match "%((%a+) '([^']+)'%)"
  if not kind then return {} end
  local action = message:match "attempt to (%a+)"
  local list = names(tokens, name, function(i) return fits(tokens, i, kind, action) end)
  return #list > 0 and list or names(tokens, name)
end

local function of_operator(tokens, message)
  for action, texts in pairs(operators) do
    if message:find("attempt to " .. action, 1, true) then
      local list = {}
      for _, text in ipairs(texts) do
        for _, token in ipairs(tokens) do
          if token.kind == "op" and token.text == text then list[#list + 1] = token end
        end
      end
      return #list == 1 and list or {}
    end
  end
  return {}
end

-- The parameters that problems name, where the line gives them a value.
local function of_parameters(tokens, err)
  local paths, list = {}, {}
  for _, problem in ipairs(type(err.problems) == "table" and err.problems or {}) do paths[#paths + 1] = problem.path end
  if #paths == 0 then paths[1] = err.message:match "^([%w_%-%.%[%]]+): " end
  for _, path in ipairs(paths) do
    local name = type(path) == "string" and path:match "([%w_%-]+)[%[%]%d]*$"
    if name then
      local found = names(tokens, name, function(i) return is(tokens[i + 1], "=") or is(tokens[i + 1], "]") end)
      table.move(found, 1, #found, #list + 1, list)
    end
  end
  return list
end

local function of_quoted(tokens, message)
  for name in message:gmatch "'([^']+)'" do
    local list = names(tokens, name)
    if #list > 0 then return list end
  end
  return {}
end

local function of_raise(tokens)
  local list = names(tokens, "error", function(i) return begins_arguments(tokens[i + 1]) end)
  if #list == 0 then list = names(tokens, "assert", function(i) return begins_arguments(tokens[i + 1]) end) end
  return #list == 1 and list or {}
end

-- The tokens an error speaks of, the most telling kind first.
local function about(tokens, err)
  local message, id = err.message, err.operation
  if id and err.service and id:sub(1, #err.service + 1) ~= err.service .. "." then id = err.service .. "." .. id end
  local list = of_variable(tokens, message)
  if #list == 0 then list = of_operator(tokens, message) end
  if #list == 0 and id then list = call_path(tokens, id) end
  if #list == 0 then list = of_quoted(tokens, message) end
  if #list == 0 and err.kind == "script" then list = of_raise(tokens) end
  return list
end

-- Only tokens between two bytes.
local function within(tokens, from, to)
  local list = {}
  for _, token in ipairs(tokens) do
    if token.from >= from and token.from <= to then list[#list + 1] = token end
  end
  return list
end

--- mark.spans(text, err, from, to) -> list of { from, to } in the text, perhaps
-- empty: the name, parameter, call or operator that the error speaks of; all of
-- them where it could be any. from, to: the bytes of the line that failed, nil
-- where no line is known; a parameter may stand in a later one.
function mark.spans(text, err, from, to)
  local tokens = lexer.tokens(text)
  local list = err.kind == "validation" and of_parameters(within(tokens, from or 1, #text), err) or {}
  if #list == 0 then list = about(from and within(tokens, from, to) or tokens, err) end
  table.sort(list, function(a, b) return a.from < b.from end)
  return list
end

-- ---- the line and its carets ----

-- The line's characters as they are shown: { from, text, width }.
local function cells_of(line)
  local err, cells, at = require "host.err", {}, 1
  while at <= #line do
    local char = line:match("^[\192-\247][\128-\191]+", at) or line:sub(at, at)
    local text = char == "\t" and "  " or err.safe(char)
    cells[#cells + 1] = { from = at, text = text, width = err.width(text) }
    at = at + #char
  end
  return cells
end

local function is_marked(spans, at)
  for _, span in ipairs(spans) do
    if at >= span.from and at <= span.to then return true end
  end
  return false
end

-- The first and last cell that fit, with the first mark among them.
local function window(cells, spans, width)
  local total, marked = 0, 1
  for i, cell in ipairs(cells) do
    total = total + cell.width
    if marked == 1 and #spans > 0 and is_marked(spans, cell.from) then marked = i end
  end
  if total <= width then return 1, #cells end
  local first, room = marked, width // 3
  while first > 1 and room - cells[first - 1].width >= 0 do
    first = first - 1
    room = room - cells[first].width
  end
  local last, used = first - 1, first > 1 and 3 or 0
  while last < #cells and used + cells[last + 1].width <= width - 3 do
    last = last + 1
    used = used + cells[last].width
  end
  return first, last
end

--- mark.draw(line, spans, width) -> the line as it can be shown, cut around the
-- first span where it is too wide, and the line of carets, nil without spans.
function mark.draw(line, spans, width)
  local cells = cells_of(line)
  local first, last = window(cells, spans, math.max(width, 12))
  local text, carets = { first > 1 and "..." or "" }, { first > 1 and "   " or "" }
  for i = first, last do
    text[#text + 1] = cells[i].text
    carets[#carets + 1] = (is_marked(spans, cells[i].from) and "^" or " "):rep(cells[i].width)
  end
  text[#text + 1] = last < #cells and "..." or ""
  -- Behind the last character, where something is missing.
  if #spans > 0 and spans[1].from > #line and last == #cells then carets[#carets + 1] = "^" end
  local below = table.concat(carets):gsub("%s+$", "")
  return table.concat(text), below ~= "" and below or nil
end

return mark
