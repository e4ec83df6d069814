-- private.lua - whether a statement holds what must not reach the history file.
-- SPDX-License-Identifier: MIT

local lexer = require "core.repl.lexer"

local private = {}

-- Texts that carry a credential whatever they are given to.
local telling = { "authorization%s*:", "bearer%s+%S", "%-%-%-%-%-begin", "://[^/%s]*:[^/%s]*@" }

local function is_literal(token)
  return token ~= nil and (token.kind == "string" or token.kind == "number" or token.kind == "open" and not token.comment)
end

local function text_at(tokens, i)
  return tokens[i] and tokens[i].text
end

-- Adds the names before the = at i: of a, b = "x", "y" both, of a <const> = "x"
-- not the attribute.
local function add_targets(names, tokens, i)
  repeat
    i = i - 1
    if text_at(tokens, i) == ">" and text_at(tokens, i - 2) == "<" then i = i - 3 end
    local bracket = text_at(tokens, i) == "]"
    local name = tokens[bracket and i - 1 or i]
    if not name then return end
    names[#names + 1] = name.value or name.text
    i = i - (bracket and 3 or 1)
    if bracket and tokens[i] and tokens[i].kind == "name" then i = i - 1 end -- t["x"]
    while text_at(tokens, i) == "." do i = i - 2 end
  until text_at(tokens, i) ~= ","
end

local assigns = { ["="] = true, ["=="] = true, ["~="] = true }
local joins = { [","] = true, ["or"] = true, ["and"] = true, [".."] = true }

-- Whether a text or number begins the value at i, or a text one of those that
-- follow: b or "x"; b, "x".
local function gives_literal(tokens, i)
  while text_at(tokens, i) == "(" or text_at(tokens, i) == "{" do i = i + 1 end
  if is_literal(tokens[i]) then return true end
  local depth = 0
  for at = i, #tokens do
    local text = tokens[at].kind ~= "string" and tokens[at].text or ""
    if text:find "^[%(%[{]$" then depth = depth + 1 end
    if text:find "^[%)%]}]$" then depth = depth - 1 end
    if depth < 0 or assigns[text] or text == ";" then return false end
    local next_one = depth == 0 and joins[text] and tokens[at + 1] or nil
    if is_literal(next_one) and next_one.kind ~= "number" then return true end
  end
  return false
end

-- The names that the text puts a literal beside: name = "x", ["name"] = "x",
-- name == "x", { name = { "x" } }, name, other = "x", 1.
local function names_with_literals(tokens)
  local list = {}
  for i, token in ipairs(tokens) do
    if token.kind == "op" and assigns[token.text] and gives_literal(tokens, i + 1) then add_targets(list, tokens, i) end
  end
  return list
end

local function add_rows(names, rows)
  for _, row in ipairs(type(rows) == "table" and rows or {}) do
    if row.secret then names[row.name] = true end
    add_rows(names, row.type)
  end
end

-- What a catalogue calls secret, by name; made once.
local known = setmetatable({}, { __mode = "k" })

local function secrets_of(catalogue)
  local names = known[catalogue]
  if names then return names end
  names = {}
  add_rows(names, catalogue.settings)
  for _, shape in pairs(catalogue.shapes or {}) do add_rows(names, shape) end
  for _, resource in ipairs(catalogue.resource_list) do
    for _, op in ipairs(resource.operations) do
      for _, part in ipairs { "path", "query", "header", "body" } do add_rows(names, op[part]) end
    end
  end
  known[catalogue] = names
  return names
end

-- Catalogues of the services that the text names and of those in variables.
local function catalogues(tokens)
  local services, list = require "core.services", {}
  for _, token in ipairs(tokens) do
    if token.kind == "name" and services.exists(token.text) then
      local ok, catalogue = pcall(services.catalogue, token.text) -- the statement itself will tell
      if ok then list[catalogue] = true end
    end
  end
  for _, bound in next, services.bound do list[bound.catalogue] = true end
  return list
end

local function names_secret(tokens)
  local names = names_with_literals(tokens)
  if #names == 0 then return false end
  local looks_secret = require("core.kept").looks_secret
  for _, name in ipairs(names) do
    if looks_secret(name) then return true end
  end
  for catalogue in pairs(catalogues(tokens)) do
    local secrets = secrets_of(catalogue)
    for _, name in ipairs(names) do
      if secrets[name] then return true end
    end
  end
  return false
end

--- private.is(text) -> true for a statement that starts with a blank, names a
-- secret handle or a password, gives a literal to what looks like a secret or is
-- one for a catalogue, or holds what redaction knows.
function private.is(text)
  local lower = text:lower()
  if text:find "^%s" or lower:find("secret.", 1, true) or lower:find("password", 1, true) then return true end
  for _, pattern in ipairs(telling) do
    if lower:find(pattern) then return true end
  end
  if require("host.err").redact(text) ~= text then return true end
  local tokens = {}
  for _, token in ipairs(lexer.tokens(text)) do
    if not token.comment then tokens[#tokens + 1] = token end
  end
  return names_secret(tokens)
end

return private
