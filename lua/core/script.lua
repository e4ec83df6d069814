-- script.lua - runs a script's text and prints what it returns.
-- SPDX-License-Identifier: MIT

local session = require "core.session"

local script = {}

-- "#!/usr/bin/env errand" is for the kernel; the line stays, for line numbers.
local function without_shebang(text)
  if text:byte(1) == 35 then return "--" .. text end
  return text
end

--- script.load(text, chunk) -> function. Text only; raises kind "script".
function script.load(text, chunk)
  if text:byte(1) == 27 then
    require("core.error").raise("script", chunk:gsub("^[@=]", "") .. ": compiled Lua is not run")
  end
  local fn, message = load(without_shebang(text), chunk, "t")
  if not fn then require("core.error").raise("script", message) end
  return fn
end

--- script.read(path) -> text, chunk name. "-" is standard input.
function script.read(path)
  local sys = require "host.sys"
  local text, err
  if path == "-" then
    text, err = sys.stdin_read()
  else
    text, err = sys.read_file(path)
  end
  if not text then error(err, 0) end
  return text, path == "-" and "=stdin" or "@" .. path
end

--- script.is_workflow(text): a file that ends so has nothing but its workflow
-- to run: return workflow.define(...), or with what require "workflow" gave.
function script.is_workflow(text)
  if not text:find("workflow", 1, true) then return false end
  if text:find "return%s+workflow%.define%s*[%(%s]" then return true end
  local name = text:match "local%s+([%a_][%w_]*)%s*=%s*require%s*%(?%s*[\"']workflow[\"']"
  return name ~= nil and text:find("return%s+" .. name .. "%.define%s*[%(%s]") ~= nil
end

--- script.run(fn, name, words): calls the function with the words, which
-- args{} sees too, and prints its first result in the format of the run. A
-- workflow is not printed but returned.
function script.run(fn, name, words)
  session.script, session.words, session.defined = name, words, nil
  local result = fn(table.unpack(words))
  local workflow = package.loaded["std.workflow"]
  if workflow and workflow.is(result) then return result end
  if result ~= nil then
    require("core.output").write(result, session.output)
  end
end

return script
