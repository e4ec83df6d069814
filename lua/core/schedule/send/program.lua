-- core/schedule/send/program.lua - notices by a command or by mail: a child that reads a text.
-- SPDX-License-Identifier: MIT

local sys = require "host.sys"

local M = {}

local SECONDS, GRACE = 60, 5 -- until a command is told to end, and until it is made to
local SHOWN = 300 -- bytes of what it said last

-- The text goes through the environment, for arguments are for everybody to see.
local FEED = [[printf '%s' "$ERRAND_TEXT" | { unset ERRAND_TEXT; exec sh -c "$0"; }]]
local MAILER = [[PATH=$PATH:/usr/sbin:/usr/lib; export PATH; exec sendmail -i -t]]

-- fn with these variables, which nobody sees who is started later.
local function with_environment(facts, fn)
  local before = {}
  for name, value in pairs(facts) do
    before[name] = sys.env(name) or false
    sys.setenv(name, value)
  end
  local child, err = fn()
  for name, value in pairs(before) do
    if value then sys.setenv(name, value) else sys.unsetenv(name) end
  end
  return child, err
end

-- What it said at last, in one line.
local function last_words(log)
  local text = log and sys.read_file(log) or ""
  if log then os.remove(log) end
  local err = require "host.err"
  text = err.redact(text):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  if #text > SHOWN then text = "..." .. text:sub(-SHOWN) end
  return text ~= "" and ": " .. err.safe(text) or ""
end

local function outcome(what, how, log, limit)
  local said = last_words(log)
  if how.ok then return true end
  if how.timed_out then return nil, ("%s took longer than %g s and was stopped%s"):format(what, limit, said) end
  if how.signal_name then return nil, ("%s was ended by %s%s"):format(what, how.signal_name, said) end
  return nil, ("%s ended with exit code %s%s"):format(what, tostring(how.code or "unknown"), said)
end

local function feed(what, command, text, facts, options)
  local environment = { ERRAND_TEXT = text }
  for name, value in pairs(facts) do environment[name] = value end
  local log, limit = options.log, options.seconds or SECONDS
  local child <close>, err = with_environment(environment, function()
    return require("host.proc").start { program = "sh", args = { "-c", FEED, command }, log = log, head = 1024, tail = 4096,
      timeout = limit, grace = GRACE, orphan = "term" }
  end)
  if not child then return nil, ("%s: %s"):format(what, err.message) end
  return outcome(what, child:wait(), log, limit)
end

--- Runs a command of the shell with the text on its standard input.
-- @tparam table message the outbox row's body, decoded
-- @tparam table facts variables for it, by name
-- @tparam table options log = file for what it prints (removed again), seconds = its limit
-- @treturn true; or nil and what went wrong
function M.command(message, facts, options)
  return feed("the command", message.to.command, message.text, facts, options)
end

-- ---- mail ----

local function base64(bytes)
  local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  local out = {}
  for i = 1, #bytes, 3 do
    local a, b, c = bytes:byte(i, i + 2)
    local n = a << 16 | (b or 0) << 8 | (c or 0)
    for shift = 18, 0, -6 do
      local at = (n >> shift & 63) + 1
      out[#out + 1] = digits:sub(at, at)
    end
    if not c then out[#out] = "=" end
    if not b then out[#out - 1] = "=" end
  end
  return table.concat(out)
end

-- Words of RFC 2047, cut between characters, where the text is not plain.
local function header_text(text)
  text = text:gsub("%c+", " ")
  if not text:find "[\128-\255]" and #text <= 900 and not text:find("=?", 1, true) then return text end
  local out, part = {}, ""
  for char in text:gmatch "[^\128-\191][\128-\191]*" do
    if #part + #char > 42 then
      out[#out + 1] = "=?UTF-8?B?" .. base64(part) .. "?="
      part = ""
    end
    part = part .. char
  end
  out[#out + 1] = "=?UTF-8?B?" .. base64(part) .. "?="
  return table.concat(out, "\n ")
end

local function encoded(text)
  if not text:find "[\128-\255]" then return "7bit", text end
  return "base64", base64(text):gsub(("."):rep(76), "%0\n") .. "\n"
end

local function mail_date(at)
  return os.date("!%a, %d %b %Y %H:%M:%S +0000", math.floor(at)) -- the C locale: errand sets no other for times
end

--- The text of a mail, with its head; lines end with "\n", as sendmail wants.
-- @tparam number now seconds since 1970
function M.mail_text(message, host, now)
  local how, body = encoded(message.text)
  host = host:gsub("[^%w.-]", "-")
  return table.concat({
    "To: " .. table.concat(message.to.mail, ",\n "),
    "Subject: " .. header_text(message.subject),
    "Date: " .. mail_date(now),
    ("Message-ID: <%s@%s>"):format(message.id, host ~= "" and host or "localhost"),
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: " .. how,
    "",
    body,
  }, "\n")
end

--- Hands a mail to sendmail -i -t; options as for command, and host, now.
function M.mail(message, facts, options)
  local problems = require("core.schedule.target").check("mail", message.to.mail)
  if problems then return nil, problems[1].message, true end -- it would end up in the head
  return feed("sendmail", MAILER, M.mail_text(message, options.host, options.now), facts, options)
end

return M
