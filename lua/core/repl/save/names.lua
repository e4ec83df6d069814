-- names.lua - names for what a saved script declares: arguments and variables.
-- SPDX-License-Identifier: MIT

local keywords = require("core.repl.lexer").keywords

local names = {}

-- Members that say what their record is called, but not of what kind it is.
local plain = { name = true, title = true }

-- ...and which one it is.
local ids = { id = true, uuid = true, guid = true, publicid = true, public_id = true }

--- names.singular("invites") -> "invite"
function names.singular(word)
  if word:find("ies$") then return (word:gsub("ies$", "y")) end
  if word:find("sses$") or word:find("xes$") or word:find("ches$") then return (word:gsub("es$", "")) end
  if word:find("[^s]s$") and not word:find("[iu]s$") then return (word:gsub("s$", "")) end
  return word
end

--- names.snake("emailAddress") -> "email_address": a name that Lua and args{}
-- take; nil where nothing of the word can stand in one.
function names.snake(word)
  word = word:gsub("(%l)(%u)", "%1_%2"):gsub("(%u)(%u%l)", "%1_%2"):lower()
  word = word:gsub("[^%w]+", "_"):gsub("^[%d_]+", ""):gsub("_+$", "")
  return word ~= "" and word or nil
end

--- names.is_id(name) -> true for members such as id, publicId, group_id.
function names.is_id(name)
  if type(name) ~= "string" then return false end
  return ids[name:lower()] == true or name:find("[%l%d]I[dD]$") ~= nil or name:lower():find("_id$") ~= nil
end

--- names.is_plain(name) -> true for name and title.
function names.is_plain(name)
  return plain[name] == true
end

--- names.kind(name, around) -> what kind of thing an id or name is of:
-- "group" for group_id, what it is around for a mere id.
function names.kind(name, around)
  local lower = type(name) == "string" and names.snake(name) or ""
  if ids[lower] or plain[lower] or lower == "" then return around and names.singular(names.snake(around) or "") or "" end
  return (lower:gsub("_public_id$", ""):gsub("_id$", ""))
end

--- names.set(taken) -> function(name, other) -> a name that it has not given
-- yet: name, else other (nullable), else "role_2". Keywords and the names in
-- taken are not given.
function names.set(taken)
  local given = {}
  for _, name in ipairs(taken or {}) do given[name] = true end
  return function(name, other)
    local free, n = name, 1
    if other and given[name] then name, free = other, other end
    while given[free] or keywords[free] do
      n = n + 1
      free = ("%s_%d"):format(name, n)
    end
    given[free] = true
    return free
  end
end

return names
