-- why.lua - :why, the last error whole.
-- SPDX-License-Identifier: MIT

local json = require "host.json"
local out = require "core.repl.command.out"

local why = {}

-- What the sentence has said, or is shown at its own place.
local shown = { message = true, traceback = true, problems = true, cause = true, body = true, from = true, to = true, syntax = true }

local function value_text(name, value)
  if name == "seconds" or name == "retry_after" then return ("%.3f"):format(value) end
  if type(value) ~= "table" or json.is_number(value) then return tostring(value) end
  return json.encode(value) or tostring(value)
end

local function add_fields(lines, err)
  local names, width = {}, 0
  for name, value in next, err do
    if type(name) == "string" and not shown[name] and type(value) ~= "function" and value ~= false then
      names[#names + 1] = name
      width = math.max(width, #name)
    end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    lines[#lines + 1] = ("  %s%s  %s"):format(name, (" "):rep(width - #name), value_text(name, err[name]))
  end
end

-- Requests of the call that raised it. Their replies are shown there, redacted
-- by the catalogue; what the error itself holds of a reply is not.
local function add_calls(lines, shell, err)
  local call = shell.calls and shell.calls:call_of(err)
  if not call or #call.exchanges == 0 then return end
  local n = call.exchanges[#call.exchanges]
  lines[#lines + 1] = ("request and reply: :calls %d"):format(n)
end

local function add_cause(lines, cause, depth)
  if cause == nil or depth == 0 then return end
  lines[#lines + 1] = "cause: " .. (type(cause) == "table" and require("core.cli").describe(cause):gsub("^errand: ", "")
    or tostring(cause))
  if type(cause) == "table" then add_cause(lines, rawget(cause, "cause"), depth - 1) end
end

-- The frames of a traceback that are the user's; nil if the statement itself is
-- all there is.
local function own_frames(traceback)
  local lines = {}
  for line in tostring(traceback):gmatch "\t([^\n]*)" do
    if line:find("errand:core/repl/shell.lua", 1, true) then break end
    if not line:find "^errand:" and not line:find "^%[C%]" and not line:find "^%(" then lines[#lines + 1] = "  " .. line end
  end
  if #lines > 0 then lines[#lines] = lines[#lines]:gsub(": in local 'fn'$", ": in the statement") end
  return #lines > 1 and "called from:\n" .. table.concat(lines, "\n") or nil
end

--- why.text(shell) -> all that is known of the last error.
function why.text(shell)
  local last = shell.err
  local value = last.err
  local lines = { last.text, "" }
  if type(value) ~= "table" then
    lines[3] = tostring(value)
    return table.concat(lines, "\n")
  end
  lines[3] = last.told and last.told:gsub("^\n", "") or require("core.cli").describe(value)
  lines[4] = ""
  add_fields(lines, value)
  add_calls(lines, shell, value)
  add_cause(lines, rawget(value, "cause"), 10)
  local traceback = rawget(value, "traceback")
  if traceback and require("core.session").verbose == 0 then traceback = own_frames(traceback) end
  if traceback then lines[#lines + 1] = "\n" .. tostring(traceback) end
  return table.concat(lines, "\n")
end

--- why.run(shell): shows it.
function why.run(shell)
  if not shell.err then return out.say "there was no error in this session yet" end
  out.page(why.text(shell))
end

return why
