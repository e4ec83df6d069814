-- core/har.lua - calls of the history as an HTTP archive (HAR 1.2).
-- SPDX-License-Identifier: MIT

local json = require "host.json"
local redact = require("host.err").redact

local M = {}

-- names and values of head lines, in order
local function headers(head)
  local out = json.array({})
  for line in (head or ""):gmatch "[^\n]+" do
    local name, value = line:match "^([^:]+): ?(.*)$"
    if name then out[#out + 1] = json.object { name = name, value = value } end
  end
  return out
end

local function header(head, wanted)
  for _, one in ipairs(headers(head)) do
    if one.name:lower() == wanted then return one.value end
  end
end

local function unescaped(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- invalid UTF-8 cannot stand in JSON, so such a text stays escaped
local function query_text(text)
  local plain = unescaped(text)
  return utf8.len(plain) and plain or text
end

local function query(url)
  local out = json.array({})
  for pair in (url:match "%?([^#]*)" or ""):gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    out[#out + 1] = json.object { name = query_text(name), value = query_text(value) }
  end
  return out
end

local function post_data(row)
  local files = row.files and json.decode(row.files)
  if files and files[1] and files[1][1] ~= "" then
    local params = json.array({})
    for i, file in ipairs(files) do
      params[i] = json.object { name = file[1], fileName = file[2], contentType = file[3],
        comment = ("%d bytes, not kept"):format(file[4]) }
    end
    return json.object { mimeType = "multipart/form-data", params = params, text = "" }
  end
  local type_ = header(row.request_head, "content-type") or "application/octet-stream"
  if files then
    return json.object { mimeType = type_, params = json.array({}), text = "",
      comment = ("the file %s of %d bytes, not kept"):format(files[1][2], files[1][4]) }
  end
  if not row.request_body and not row.request_note then return nil end
  local why = row.request_note
  if row.request_cut > 0 then why = ("cut: it had %d bytes"):format(row.request_cut) end
  return json.object { mimeType = type_, params = json.array({}), text = row.request_body or "", comment = why }
end

-- Milliseconds by stage out of seconds since the start; -1 for what was not.
local function timings(row)
  local times = row.times and json.decode(row.times) or {}
  local function between(from, to)
    if not to or to <= 0 then return -1 end
    return math.max(0, (to - (from or 0)) * 1000)
  end
  local total = row.seconds * 1000
  if not times.total or times.total <= 0 then
    return json.object { blocked = -1, dns = -1, connect = -1, ssl = -1, send = 0, wait = total, receive = 0 }, total
  end
  local connected = (times.tls or 0) > 0 and times.tls or times.connect
  local out = json.object {
    blocked = math.max(0, ((times.turn or 0) + (times.between or 0)) * 1000), dns = between(0, times.resolve),
    connect = between(times.resolve, connected), ssl = (times.tls or 0) > 0 and between(times.connect, times.tls) or -1,
    send = 0, wait = math.max(0, between(times.sent, times.first_byte)),
    receive = math.max(0, between(times.first_byte, times.total)),
  }
  -- The format wants the sum; what a kept connection spared is not in it.
  local sum = 0
  for name, value in pairs(out) do
    if name ~= "ssl" and value > 0 then sum = sum + value end
  end
  return out, sum
end

local function request_part(row)
  local data = post_data(row)
  return json.object {
    method = row.method, url = row.url, httpVersion = "unknown", cookies = json.array({}), headers = headers(row.request_head),
    queryString = query(row.url), postData = data, headersSize = -1, bodySize = data and data.text ~= "" and row.request_cut == 0
      and #data.text or data and -1 or 0,
  }
end

local function response_part(row)
  local note = row.reply_note
  if row.reply_cut > 0 then note = ("cut: it had %d bytes"):format(row.reply_cut) end
  local body = row.reply_body
  return json.object {
    status = row.status, statusText = "", httpVersion = "unknown", cookies = json.array({}), headers = headers(row.reply_head),
    redirectURL = header(row.reply_head, "location") or "", headersSize = -1, bodySize = -1,
    content = json.object { size = row.reply_cut > 0 and row.reply_cut or body and #body or 0,
      mimeType = header(row.reply_head, "content-type") or "x-unknown", text = body, comment = note },
    comment = row.message,
  }
end

-- What was kept in memory may hold what became known as a secret later.
local function without_secrets(row)
  local out = {}
  for name, value in pairs(row) do out[name] = type(value) == "string" and redact(value) or value end
  return out
end

local function entry(row)
  local stages, total = timings(row)
  return json.object {
    startedDateTime = row.at, time = total, request = request_part(row), response = response_part(row),
    cache = json.object({}), timings = stages,
    comment = ("call %d: %s.%s, %s%s"):format(row.id, row.service, row.operation, row.outcome,
      row.insecure and ", the server's certificate was not verified" or ""),
  }
end

--- The archive as JSON text.
-- @tparam table rows whole exchanges of the store, oldest first
function M.text(rows)
  local entries = json.array({})
  for i, row in ipairs(rows) do entries[i] = entry(without_secrets(row)) end
  local archive = json.object { log = json.object { version = "1.2",
    creator = json.object { name = "errand", version = require("host.sys").version }, entries = entries,
    comment = "Without secrets: [secret] stands for them. Bodies and numbers are as errand keeps them." } }
  local text, err = json.encode(archive, 2)
  if not text then require("core.error").rethrow(err) end
  return text .. "\n"
end

return M
