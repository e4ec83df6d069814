-- lexer.lua - the words of Lua text, whole or not yet.
-- SPDX-License-Identifier: MIT
--
-- Reads what somebody is typing: never raises, whatever bytes it is given, and
-- looks at each byte a bounded number of times.

local lexer = {}

local keywords = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then true until while")
  :gmatch "%a+" do
  keywords[word] = true
end

--- lexer.keywords: set of Lua's own words.
lexer.keywords = keywords

-- Longest first at each first byte.
local operators = { ["="] = { "==" }, ["~"] = { "~=" }, ["<"] = { "<<", "<=" }, [">"] = { ">>", ">=" }, ["/"] = { "//" },
  [":"] = { "::" }, ["."] = { "...", ".." } }

local plain_escapes = { a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v" }

local MAX_CODEPOINT = 0x7FFFFFFF

-- One escape sequence behind its backslash: the bytes it stands for and where
-- it ends, or nil if it is none.
local function escape(text, at)
  local char = text:sub(at, at)
  if plain_escapes[char] then return plain_escapes[char], at end
  if char == "x" then
    local digits = text:match("^%x%x", at + 1)
    return digits and string.char(tonumber(digits, 16)), at + 2
  elseif char == "z" then
    return "", text:match("^%s*()", at + 1) - 1
  elseif char == "u" then
    local digits, stop = text:match("^{(%x+)}()", at + 1)
    digits = digits and digits:gsub("^0+", "0")
    local code = digits and #digits <= 9 and tonumber(digits, 16)
    return code and code <= MAX_CODEPOINT and utf8.char(code) or nil, (stop or at) - 1
  elseif char:find "%d" then
    local digits = text:match("^%d%d?%d?", at)
    local code = tonumber(digits)
    return code < 256 and string.char(code) or nil, at + #digits - 1
  elseif char == "\n" or char == "\r" then
    local pair = text:match("^\r\n", at) or text:match("^\n\r", at)
    return "\n", pair and at + 1 or at
  end
  return char:find "[\\\"']" and char or nil, at
end

--- lexer.unquote(inside) -> the value of what stands between two quotes, or
-- nil if an escape sequence is wrong.
function lexer.unquote(inside)
  if not inside:find("\\", 1, true) then return inside end
  local parts, at = {}, 1
  while true do
    local slash = inside:find("\\", at, true)
    parts[#parts + 1] = inside:sub(at, slash and slash - 1)
    if not slash then return table.concat(parts) end
    local bytes, stop = escape(inside, slash + 1)
    if not bytes then return nil end
    parts[#parts + 1] = bytes
    at = stop + 1
  end
end

-- Where a string that opens at `from` ends; nil if it does not on its line.
-- Line ends count as inside behind a backslash or \z.
local function quoted_end(text, from, quote)
  local stop = quote == '"' and '["\\\n\r]' or "['\\\n\r]"
  local at = from + 1
  while true do
    local found = text:find(stop, at)
    if not found then return nil, #text end
    local char = text:sub(found, found)
    if char == quote then return found end
    if char ~= "\\" then return nil, found - 1 end
    local behind = text:sub(found + 1, found + 1)
    if behind == "z" then
      at = text:match("^%s*()", found + 2)
    elseif text:find("^\r\n", found + 1) or text:find("^\n\r", found + 1) then
      at = found + 3
    else
      at = found + 2
    end
  end
end

local function quoted(text, from)
  local quote = text:sub(from, from)
  local stop, broken = quoted_end(text, from, quote)
  if stop then
    return { kind = "string", quote = quote, value = lexer.unquote(text:sub(from + 1, stop - 1)) }, stop
  end
  -- One that a line end breaks is an error there; what follows is text again.
  if broken < #text then return { kind = "string", quote = quote, broken = true }, broken end
  return { kind = "open", quote = quote }, #text
end

-- "[[ ... ]]" or "[==[ ... ]==]", nil if nothing of the kind opens here.
local function long(text, from)
  local level = text:match("^%[(=*)%[", from)
  if not level then return nil end
  local inside = from + #level + 2
  local start, stop = text:find("]" .. level .. "]", inside, true)
  if not start then return { kind = "open", quote = "[" .. level .. "[" }, #text end
  local value = text:sub(inside, start - 1):gsub("^\r?\n", "")
  return { kind = "string", quote = "[" .. level .. "[", value = value }, stop
end

local function comment(text, from)
  local token, stop = long(text, from + 2)
  if token then
    return { kind = token.kind == "open" and "open" or "comment", comment = true, quote = "--" .. token.quote }, stop
  end
  local ending = text:find("[\n\r]", from)
  return { kind = ending and "comment" or "open", comment = true, quote = "--" }, ending and ending - 1 or #text
end

-- As Lua reads it: all that could belong to a number, be it one or not.
local function number_end(text, from)
  local exponent = text:find("^0[xX]", from) and "[pP]" or "[eE]"
  local at = from
  while true do
    at = text:match("^[%x%.]*()", at)
    if text:find("^" .. exponent .. "[+-]", at) then
      at = at + 2
    elseif text:find("^[%w_]", at) then
      at = at + 1
    elseif text:find("^[+-]", at) and text:find("^" .. exponent, at - 1) and at - 1 > from then
      at = at + 1
    else
      return at - 1
    end
  end
end

local function operator(text, from)
  local first = text:sub(from, from)
  for _, longer in ipairs(operators[first] or {}) do
    if text:sub(from, from + #longer - 1) == longer then return from + #longer - 1 end
  end
  return from
end

-- The token that begins at a byte which is no blank, and its last byte.
local function token_at(text, at)
  local char = text:sub(at, at)
  if char:find "[%a_]" then
    local stop = text:match("^[%w_]*()", at) - 1
    return { kind = keywords[text:sub(at, stop)] and "keyword" or "name" }, stop
  elseif char:find "%d" or char == "." and text:find("^%.%d", at) then
    return { kind = "number" }, number_end(text, at)
  elseif char == '"' or char == "'" then
    return quoted(text, at)
  elseif char == "-" and text:sub(at + 1, at + 1) == "-" then
    return comment(text, at)
  elseif char == "[" then
    local token, stop = long(text, at)
    if token then return token, stop end
  end
  return { kind = "op" }, operator(text, at)
end

--- lexer.tokens(text) -> list of { kind, text, from, to }, positions in bytes
-- and inclusive. kind is name, keyword, number, string, op, comment or open:
-- a string or comment that still runs at the end of the text. Strings have
-- quote, what opened them, and value unless an escape sequence in them is
-- wrong or a line end breaks them (broken); comments have quote and comment.
function lexer.tokens(text)
  local tokens, n, at = {}, 0, 1
  while true do
    at = text:find("%S", at)
    if not at then return tokens end
    local token, stop = token_at(text, at)
    token.from, token.to, token.text = at, stop, text:sub(at, stop)
    n = n + 1
    tokens[n] = token
    at = stop + 1
  end
end

return lexer
