-- out.lua - what the commands of the prompt show.
-- SPDX-License-Identifier: MIT

local host_err = require "host.err"

local out = {}

--- out.raise(text, ...): bad input, one sentence.
function out.raise(text, ...)
  require("core.error").raise("validation", text:format(...))
end

--- out.raw(text): lines to the terminal as they are, but without secrets. The
-- text ends without a line end.
function out.raw(text)
  require("core.output").text(host_err.safe(host_err.redact(text), true) .. "\n")
end

--- out.wrap(text) -> the text with lines that fit the terminal.
function out.wrap(text)
  return require("core.repl.trouble").wrap(text)
end

--- out.say(text): the same as raw, with lines that fit the terminal.
function out.say(text)
  out.raw(out.wrap(text))
end

--- out.page(text): the same in the pager, where there is one.
function out.page(text)
  local ok, err = require("host.repl").pager(host_err.safe(host_err.redact(text), true) .. "\n")
  if not ok then require("core.error").rethrow(err) end
end

--- out.width() -> columns of the terminal.
function out.width()
  return require("host.sys").columns(1) or 80
end

--- out.fit(text, width) -> the text cut to so many columns.
function out.fit(text, width)
  if host_err.width(text) <= width then return text end
  local length = utf8.len(text) or #text
  while length > 0 do
    length = length - 1
    local stop = utf8.offset(text, length + 1)
    local part = stop and text:sub(1, stop - 1) or text:sub(1, length)
    if host_err.width(part) < width then return part .. "…" end
  end
  return ""
end

--- out.number(text, what) -> the number of something, or raises.
function out.number(text, what)
  local n = text:find "^%d+$" and math.tointeger(tonumber(text))
  if not n then out.raise("'%s' is no number of %s", text, what) end
  return n
end

--- out.ask(shell, question) -> true if the answer is yes.
function out.ask(shell, question)
  if shell.ask then return shell.ask(question) end -- tests have no terminal
  local session = require "core.session"
  io.stdout:flush()
  shell.asking, session.editing = true, true
  local ok, answer = pcall(require("host.repl").read_line, question .. " [y/N] ")
  shell.asking, session.editing = nil, nil
  if not ok then error(answer, 0) end
  return answer ~= nil and answer:lower():find "^%s*y" ~= nil
end

return out
