-- statement.lua - the text typed at the prompt as a function, or why not.
-- SPDX-License-Identifier: MIT

local statement = {}

--- Name of the chunk in messages: "prompt:1: ...".
statement.chunk = "=prompt"

-- The message of two that got further: one that stumbles over the very first
-- word of a text knows nothing of what stands behind it.
local function better(text, as_statement, as_expression)
  local token = as_statement:match("near '(.+)'$")
  local first = token and text:match("^%s*(.*)"):sub(1, #token) == token
  return first and as_expression or as_statement
end

--- statement.compile(text, env) -> function that gives the expression's values,
-- or runs the statement; or nil, the message and whether more lines may help.
function statement.compile(text, env)
  -- Without its line end an open "string would look as if more were to come.
  local code = text .. "\n"
  local fn, as_expression, as_statement
  fn, as_expression = load("return " .. code, statement.chunk, "t", env)
  if fn then return fn end
  fn, as_statement = load(code, statement.chunk, "t", env)
  if fn then return fn end
  local incomplete = as_statement:find("<eof>$") or as_expression:find("<eof>$")
  return nil, better(text, as_statement, as_expression), incomplete ~= nil
end

--- statement.topic(text) -> what "?x" asks help for ("" for "?" alone), or nil.
function statement.topic(text)
  local topic = text:match("^%s*%?%s*(.-)%s*$")
  return topic and topic:gsub("%s*%(.*$", "")
end

--- statement.leaves(text) -> true for exit or quit alone, with or without ().
function statement.leaves(text)
  local word = text:match("^%s*(%a+)%s*%(?%s*%)?%s*;?%s*$")
  return word == "exit" or word == "quit"
end

return statement
