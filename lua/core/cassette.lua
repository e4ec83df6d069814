-- core/cassette.lua - calls recorded to a file, and given back without network.
-- SPDX-License-Identifier: MIT

-- A cassette is lines of JSON: a head, then a line a call in the order in which
-- the calls ended. Nothing in it tells whose account or which host it was, and
-- no secret is. A call is known by its operation and arguments.

local error_ = require "core.error"
local json = require "host.json"
local kept = require "core.kept"
local sys = require "host.sys"

local M = {}

--- The version of the format that is written and read.
M.FORMAT = 1

-- reply headers that a client may need; the rest says whose server it was
local wanted = { ["content-type"] = true, location = true, link = true, ["retry-after"] = true, etag = true,
  ["last-modified"] = true, ["content-disposition"] = true, ["content-location"] = true, allow = true, ["x-total-count"] = true,
  ["x-request-id"] = true, ["request-id"] = true, ["x-correlation-id"] = true, ["ratelimit-limit"] = true,
  ["ratelimit-remaining"] = true, ["ratelimit-reset"] = true, ["x-ratelimit-limit"] = true, ["x-ratelimit-remaining"] = true,
  ["x-ratelimit-reset"] = true }

-- ---- what is said of a call ----

local function last_name(path)
  return path:match "([^/]+)/*$" or path
end

local function header_values(op, request)
  local out, any = json.object({}), false
  local rows = {}
  for _, row in ipairs(op.header or {}) do rows[row.name:lower()] = row end
  for _, line in ipairs(request.headers or {}) do
    local name, value = line:match "^([^:]+):%s*(.*)$"
    local row = rows[(name or ""):lower()]
    -- what a raw call carries has no rows
    if name and (row or not op.resource and name:lower() ~= "content-type") then
      local secret = row and row.secret or not row and kept.looks_secret(name)
      out[name] = secret and kept.secret or kept.redacted(value)
      any = true
    end
  end
  return any and out or nil
end

local function placed(rows, pairs_)
  local secret, out = {}, json.array({})
  for _, row in ipairs(rows or {}) do secret[row.name] = row.secret end
  for i, pair in ipairs(pairs_) do
    out[i] = json.array { pair[1], secret[pair[1]] and kept.secret or kept.redacted(pair[2]) }
  end
  return #out > 0 and out or nil
end

local function by_name(list)
  if not list then return nil end
  local out = json.object({})
  for _, pair in ipairs(list) do out[pair[1]] = pair[2] end
  return out
end

--- The operation and arguments of a call, redacted.
function M.describe(account, op, request)
  local body, why = kept.body(account, op, request)
  if body == false then body = "[" .. why .. "]" end
  local files
  for i, file in ipairs(kept.files(request) or {}) do
    files = files or json.array({})
    files[i] = json.array { file[1], last_name(file[2]) }
  end
  return json.object { service = account.service, operation = request.operation, path = by_name(placed(op.path, request.path)),
    query = placed(op.query, request.query), headers = header_values(op, request), body = body, files = files }
end

--- What two calls must have in common to be the same, as a text. Headers are
-- compared apart: some come from settings, which are not there in a replay.
function M.key(call)
  local body = call.body
  if body == nil and json.is_null(call, "body") then body = json.null end
  return (json.encode(json.object { service = call.service, operation = call.operation, profile = call.profile,
    path = call.path, query = call.query, body = body, files = call.files }))
end

-- ---- recording ----

local Tape = {}
Tape.__index = Tape

--- Whether the text begins as a cassette does: its head, or nil.
function M.head(text)
  local head = json.decode(text:match "^[^\n]*" or "")
  return type(head) == "table" and math.type(head.errand_cassette) == "integer" and head or nil
end

-- An error of a file names the option that named the file.
local function no_file(err)
  error_.raise("file", "--record: " .. err.message)
end

local function check_free(path)
  local ok, err = require("host.http").check_files { output = path }
  if not ok then no_file(err) end
  if not sys.exists(path) then return end
  local text
  text, err = sys.read_file(path)
  if not text then no_file(err) end
  if text ~= "" and not M.head(text) then
    error_.raise("validation", ("--record: %s is no cassette and is not overwritten; name another file"):format(path))
  end
end

--- A new cassette. Nothing is written before the first call: then a cassette
-- that is there is replaced, any other file is not. A run that makes no call
-- loses nothing.
function M.create(path)
  check_free(path)
  return setmetatable({ path = path }, Tape)
end

-- The file, with its head and the first line.
function Tape:begin(line)
  local head = json.encode(json.object { errand_cassette = M.FORMAT, errand = sys.version })
  local ok, err = sys.write_file(self.path, head .. "\n" .. line .. "\n")
  if not ok then
    self.broken = true
    no_file(err)
  end
  local why
  self.file, why = io.open(self.path, "a")
  if not self.file then self:fail(why) end
end

function Tape:fail(why)
  self.broken = true
  error_.raise("file", ("--record: cannot write the cassette %s, which is of no use now: %s"):format(self.path, why))
end

-- One line, out of this process before the call returns: what ends the process
-- then takes no call with it that was there.
function Tape:line(value)
  if self.broken or self.closed then return end
  local text, err = json.encode(value)
  if not text then error_.rethrow(err) end
  if not self.file then return self:begin(text) end
  local ok, why = self.file:write(text, "\n")
  if ok then ok, why = self.file:flush() end
  if not ok then self:fail(why) end
end

-- The profile is an argument only where the script chose another one.
local function chosen(account)
  local in_force = require("core.config").profile()
  return account.profile ~= in_force and account.profile or nil
end

-- plain values of a reply or an error
local function facts(from, without)
  local out = json.object({})
  for name, value in pairs(from) do
    local kind = type(value)
    if type(name) == "string" and not without[name] and (kind == "number" or kind == "string" or kind == "boolean") then
      out[name] = kept.redacted(value)
    end
  end
  return out
end

local reply_without = { url = true, head = true, text = true, pages = true, next = true, more = true }
local error_without = { gave_up = true, waited = true, where = true, service = true, operation = true, traceback = true }

local function reply_of(row)
  local out = facts(row.reply, reply_without)
  local created = row.op.created and row.op.created.header:lower()
  local headers = json.object({})
  for _, pair in ipairs(kept.reply_head(row.reply)) do
    local name = pair[1]:lower()
    if wanted[name] or name == created then headers[name] = pair[2] end
  end
  out.headers = headers
  if row.file then
    out.file = true
  elseif row.binary then
    out.binary = true
  elseif row.plain then
    out.text = row.plain
  else
    out.json = row.json
  end
  if row.reply.times then out.times = facts(row.reply.times, {}) end
  return out
end

--- Notes how a watched call ended; err where it failed. A failure that the
-- reply itself tells is found again when it plays.
function Tape:write(row, err)
  local call = M.describe(row.account, row.op, row.request)
  call.profile = chosen(row.account)
  call.method, call.template = row.request.method, row.request.template
  if row.reply then
    call.reply = reply_of(row)
  else
    call.error = facts(err, error_without)
    call.error.message = kept.redacted(kept.message(row.op, err))
  end
  self:line(call)
end

--- Notes what the record of writes knew of an earlier create.
function Tape:found(account, operation, scope, key, id)
  self:line(json.object { find = operation, service = account.service, profile = chosen(account), scope = kept.redacted(scope),
    key = kept.redacted(key), id = id and kept.redacted(id) or nil })
end

function Tape:close()
  if self.closed then return end
  self.closed = true
  if not self.file then
    if self.broken then return end
    return require("std.log").info(("--record: no call was made; %s %s"):format(self.path,
      sys.exists(self.path) and "is as it was" or "was not made"))
  end
  local ok, why = self.file:close()
  if not ok then self:fail(why) end
end

-- ---- the command line ----

--- Does what --record and --replay say, before the first call.
function M.apply(session)
  if session.record and session.play then
    error_.raise("validation", "--record and --replay exclude each other: a replay has nothing new to record")
  end
  if session.record and not session.tape then session.tape = M.create(session.record) end
  if session.play and not session.replay then session.replay = require("core.replay").open(session.play) end
end

--- The end of the run.
function M.close(session)
  if session.tape then session.tape:close() end
  if session.replay then session.replay:close() end
end

return M
