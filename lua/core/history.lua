-- core/history.lua - what was sent and what came back, for people to look at.
-- SPDX-License-Identifier: MIT

-- core.record begins and ends the exchange of a write inside the transactions
-- that the write has anyway. Reads are watched only where the configuration
-- says history = "all", or a cassette is being recorded; they are written many
-- at a time, for to flush the disk for each of them would be slow.

local json = require "host.json"
local kept = require "core.kept"
local session = require "core.session"
local sys = require "host.sys"

local M = {}

-- reads that wait to be written together
local FLUSH_AT, FLUSH_BYTES = 64, 1024 * 1024

-- bytes of a reply that are looked at for the 64 KiB that are kept of it
local LARGEST = 8 * 1024 * 1024

local waiting, waiting_bytes = {}, 0

-- ---- one exchange ----

local Watch = {}
Watch.__index = Watch
M.Watch = Watch

local function path_scope(request)
  local parts = {}
  for i, pair in ipairs(request.path) do parts[i] = pair[2] end
  return table.concat(parts, "/")
end

local function encoded(value)
  return value ~= nil and (json.encode(value)) or nil
end

-- The store takes no zero bytes; what holds one was not sent, or is no text.
local function storable(half)
  for name, value in pairs(half) do
    if type(value) == "string" and value:find("\0", 1, true) then half[name] = value:gsub("\0", "\\0") end
  end
  return half
end

-- The request as the store wants it.
local function request_half(row)
  local account, op, request = row.account, row.op, row.request
  local url = require("host.http").url(account.base, request)
  local body, why = kept.body_text(account, op, request)
  local files = kept.files(request)
  return storable {
    what = row.key or path_scope(request), method = request.method, url = url or account.base .. request.template,
    request_head = table.concat(kept.head(account, op, request), "\n"), files = encoded(files), at = row.at,
    request_body = body or nil,
    request_note = why, insecure = account.settings.insecure or nil,
  }
end

--- Begins an exchange that is about to happen. The request keeps its reply's
-- text and times from then on.
-- @tparam ?string key natural key of what it is about
function M.start(account, op, request, key)
  request.keep = true
  if not op.resource and kept.is_login(account.catalogue, request) then op.secret = true end
  local row = { account = account, op = op, request = request, key = key, at = sys.clock(), effect = op.effect }
  return setmetatable(row, Watch)
end

M.request_half = request_half

--- What came back: the host's status, value and reply, before anybody has
-- changed them. The reply is left as a call that nobody watches has it.
function Watch:got(status, value, reply)
  self.status, self.value, self.reply, self.text = status, value, reply, reply.text
  local undecoded = value == nil and status >= 300 and reply.text ~= ""
  if not undecoded then reply.text = nil end
end

--- Takes a copy of the body, once its secrets are known.
-- @param data what the call returned, nil if it failed
function Watch:keep(data)
  if self.kept or not self.reply then return end
  self.kept = true
  local op, value, text = self.op, self.value, self.text
  if op.returns == "file" and self.status < 300 then
    self.file = self.request.output and kept.redacted(self.request.output) or true
  elseif type(value) ~= "string" or self.request.decode ~= "text" or self.status >= 300 then
    -- the value itself is for those who listen
    if value ~= nil and not session.tape then self.body = kept.reply_text(self.account, op, value, data) end
    if value ~= nil and not self.body then self.json = kept.reply_body(self.account, op, value, data) end
    if value == nil and text and text ~= "" and kept.is_text(text) then self.plain = kept.redacted(text) end
    if value == nil and text and text ~= "" and not self.plain then self.binary = true end
  elseif kept.is_text(value) then
    self.plain = op.secret and kept.secret or kept.redacted(value)
  else
    self.binary = true
  end
end

local function body_of(row)
  local reply = row.reply
  local size = reply.size or 0
  if row.op.secret and row.status < 300 then return nil, "not kept: the whole reply is a secret" end
  if row.file then
    return nil, ("not kept: a file of %d bytes%s"):format(size, row.file ~= true and ", " .. row.file or "")
  end
  if row.binary then return nil, ("not kept: %d bytes that are no text"):format(size) end
  if size > LARGEST then return nil, ("not kept: %d bytes"):format(size) end
  if row.plain then return row.plain end
  return row.body or encoded(row.json)
end

-- The end of it as the store wants it. err is nil where the call succeeded.
local function reply_half(row, err)
  local out = { kind = err and err.kind, attempts = err and err.attempts, seconds = err and err.seconds }
  local reply = row.reply
  if not reply then return out end
  out.reply_body, out.reply_note = body_of(row)
  out.reply_head = kept.reply_lines(reply)
  out.attempts, out.seconds = reply.attempts, reply.seconds
  out.times = encoded(reply.times)
  return storable(out)
end

M.reply_half = reply_half

--- The whole exchange as the store wants it. err is nil where it was well.
function M.whole(row, outcome, err)
  local all = request_half(row)
  for name, value in pairs(reply_half(row, err)) do all[name] = value end
  all.service, all.profile, all.effect = row.account.service, row.account.profile, row.effect
  all.operation, all.outcome = row.request.operation, outcome
  all.status = err and (err.status or 0) or row.status or 0
  all.message = err and kept.message(row.op, err) or nil
  return all
end

--- Tells those who listen how an exchange ended: the prompt's list of calls,
-- and the cassette if one is being recorded.
function M.tell(row, outcome, err)
  if session.recorder then session.recorder:finish(row, outcome, err) end
  if session.tape then session.tape:write(row, err) end
end

-- ---- reads ----

local function store(list)
  local ok, err = require("core.record").store():add(list)
  if not ok then require("core.error").rethrow(err) end
end

--- Writes what waits; core.record calls it before it closes the store.
function M.flush()
  local list = waiting
  waiting, waiting_bytes = {}, 0
  if #list > 0 then store(list) end
end

local function add(row, outcome, err)
  local all = M.whole(row, outcome, err)
  waiting[#waiting + 1] = all
  waiting_bytes = waiting_bytes + #(all.reply_body or "") + #(all.request_body or "")
  if #waiting >= FLUSH_AT or waiting_bytes > FLUSH_BYTES then M.flush() end
end

local Read = setmetatable({}, Watch)
Read.__index = Read

--- The call succeeded.
function Read:done(_, data)
  self:keep(data)
  M.tell(self, "done")
  if self.stored then add(self, "done") end
end

--- The call failed. A read has no effect that could be in doubt.
function Read:fail(err)
  self:keep()
  M.tell(self, "failed", err)
  if self.stored then add(self, "failed", err) end
end

--- Watches a read that is about to be sent.
function M.begin(account, op, request)
  local row = setmetatable(M.start(account, op, request), Read)
  row.stored = not session.replay and require("core.config").history() == "all"
  -- whose end of the run is ours, too
  if row.stored then require "core.record" end
  return row
end

return M
