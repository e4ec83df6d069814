-- statement.lua - the text typed at the prompt as a function, or why not.
-- SPDX-License-Identifier: MIT

local statement = {}

--- Name of the chunk in messages: "prompt:1: ...".
statement.chunk = "=prompt"

--- statement.compile(text, env) -> function that gives the expression's values,
-- or runs the statement; or nil, the message and whether more lines may help.
function statement.compile(text, env)
  -- Without its line end an open "string would look as if more were to come.
  local code = text .. "\n"
  local fn = load("return " .. code, statement.chunk, "t", env)
  if fn then return fn end
  local message
  fn, message = load(code, statement.chunk, "t", env)
  if fn then return fn end
  return nil, message, message:find("<eof>$") ~= nil
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
