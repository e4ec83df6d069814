-- core/schedule/page/session.lua - who has signed in to the status page.
-- SPDX-License-Identifier: MIT

-- One token for all, made anew at each start of the daemon. Whoever shows it
-- gets a session: a random number in a cookie. It is kept here as a digest
-- only, and ends with the process.

local sys = require "host.sys"

local M = {}
local Sessions = {}
Sessions.__index = Sessions

local IDLE <const>, LONGEST <const> = 12 * 3600, 7 * 86400 -- seconds
local MOST <const> = 64       -- sessions; one more ends the one that was idle longest
local FORMS <const> = 256     -- forms of a session that are known to be sent
local WAIT_MAX <const> = 30   -- seconds after many wrong tokens
local FORGIVEN <const> = 600  -- seconds after which wrong tokens are forgotten

local function random(bytes)
  local text, err = sys.random(bytes)
  if not text then require("core.error").rethrow(err) end
  return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

M.random = random

--- The sessions of a page.
-- @tparam table options token; clock with mono(); name: what no other daemon
--   of this machine has
function M.new(options)
  if type(options.token) ~= "string" or #options.token < 16 then
    error("core.schedule.page: a token of 16 characters or more expected", 3)
  end
  local key = random(32)
  return setmetatable({ key = key, clock = options.clock, token = sys.sha256(options.token, key), list = {}, wrong = 0,
    -- cookies are for a host, whatever the port: each daemon has its own name
    cookie = "errand-" .. sys.sha256(options.name or ""):sub(1, 12) }, Sessions)
end

local function alive(self, one)
  local now = self.clock:mono()
  return now - one.seen < IDLE and now - one.since < LONGEST
end

local function make_room(self)
  local count, oldest = 0, nil
  for name, one in pairs(self.list) do
    if not alive(self, one) then
      self.list[name] = nil
    else
      count = count + 1
      if not oldest or one.seen < self.list[oldest].seen then oldest = name end
    end
  end
  if count >= MOST then self.list[oldest] = nil end
end

--- Seconds until the next token is looked at.
function Sessions:wait()
  if self.wrong == 0 then return 0 end
  local since = self.clock:mono() - self.failed
  if since > FORGIVEN then self.wrong = 0 end
  local pause = self.wrong > 0 and math.min(WAIT_MAX, 2 ^ (self.wrong - 1)) or 0
  return math.max(0, pause - since)
end

--- A session for who shows the token; nil where it is wrong, or too soon after
-- a wrong one. What is compared are digests under a key that nobody knows, so
-- that the time it takes tells nothing.
function Sessions:login(given)
  if self:wait() > 0 then return nil, "wait" end
  if sys.sha256(given or "", self.key) ~= self.token then
    self.wrong, self.failed = self.wrong + 1, self.clock:mono()
    return nil, "wrong"
  end
  self.wrong = 0
  make_room(self)
  local id, now = random(32), self.clock:mono()
  self.list[sys.sha256(id, self.key)] = { secret = random(32), since = now, seen = now, used = {}, forms = {}, refresh = true }
  return id
end

local function id_in(self, header)
  for name, value in (header or ""):gmatch "([^=;%s]+)=([^;%s]*)" do
    if name == self.cookie then return value end
  end
end

--- The session that the Cookie header names, nil if there is none.
function Sessions:of(header)
  local id = id_in(self, header)
  local one = id and self.list[sys.sha256(id, self.key)]
  if not one or not alive(self, one) then return nil end
  one.seen = self.clock:mono()
  return one
end

--- Ends it.
function Sessions:close(header)
  local id = id_in(self, header)
  if id then self.list[sys.sha256(id, self.key)] = nil end
end

--- The header that gives somebody a session, or takes it away (id nil).
function Sessions:set_cookie(id)
  return ("%s=%s; Path=/; HttpOnly; SameSite=Strict%s"):format(self.cookie, id or "", id and "" or "; Max-Age=0")
end

--- What a form must bring back: made for this session and this address, and
-- good for one time.
function M.stamp(session, path)
  local once = random(8)
  return once .. "." .. sys.sha256(once .. " " .. path, session.secret)
end

--- Whether it is one, and whether it comes for the first time.
-- @treturn boolean
-- @treturn boolean
function M.check(session, path, stamp)
  local once = (stamp or ""):match "^(%x+)%."
  if not once then return false, false end
  local made = once .. "." .. sys.sha256(once .. " " .. path, session.secret)
  if sys.sha256(made, session.secret) ~= sys.sha256(stamp, session.secret) then return false, false end
  return true, not session.used[once]
end

--- From now on that form was sent.
function M.use(session, stamp)
  local once = stamp:match "^(%x+)%."
  session.used[once] = true
  table.insert(session.forms, once)
  if #session.forms > FORMS then session.used[table.remove(session.forms, 1)] = nil end
end

return M
