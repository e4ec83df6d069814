-- form.lua - fuzz target: fields of addresses and forms, paths and cookies, as a
-- browser sends them to the status page.
-- SPDX-License-Identifier: MIT

local form = require "core.schedule.page.form"
local html = require "core.schedule.page.html"
local session_ = require "core.schedule.page.session"

local now = 1000
local sessions = session_.new { token = ("t"):rep(32), clock = { mono = function() return now end }, name = "test" }
local id = assert(sessions:login(("t"):rep(32)))
local ours = assert(sessions:of(sessions:set_cookie(id)))

-- Text of a page, and nothing but text, wherever it stands.
local function check_html(text)
  local escaped = html.text(text)
  assert(not escaped:find "[<>\"']" and not escaped:gsub("&#?%w+;", ""):find "&", "text begins no element and ends no attribute")
end

local function check_fields(text)
  local fields = form.fields(text)
  for name, value in pairs(fields) do
    assert(utf8.len(name) and utf8.len(value) and not (name .. value):find "%z", "text")
    assert(#value <= form.FIELD_MAX)
    check_html(value)
    local line = form.line(value)
    assert(not line or not line:find "[%c]" and not line:find "^%s" and not line:find "%s$", "one line")
  end
  local again = form.fields((form.query("", fields):gsub("^%?", "")))
  for name, value in pairs(fields) do assert(again[name] == value:gsub("\r\n", "\n"), "written and read again") end
end

local function check_path(text)
  local parts = form.parts(text)
  if not parts then return end
  for _, part in ipairs(parts) do assert(utf8.len(part) and not part:find "%z") end
  local again = form.parts(form.path(table.unpack(parts)))
  assert(again and #again == #parts, "as many parts")
  for i, part in ipairs(parts) do assert(again[i] == part, "written and read again") end
end

return function(text)
  local kind, rest = text:sub(1, 1), text:sub(2)
  if kind == "p" then return check_path(rest) end
  if kind == "c" then
    local one = sessions:of(rest)
    assert(not one or one == ours and rest:find(id, 1, true), "nobody guesses a session")
    local good, first = session_.check(ours, "/runs/a/settle", rest)
    assert(not good and not first, "nobody guesses a stamp")
    now = now + 1 / 1024
    if now > 2000 then now = 1000 end
    return
  end
  check_fields(rest)
end
