-- core/sandbox/multipart.lua - a form with files, read and checked.
-- SPDX-License-Identifier: MIT

local failure = require "core.sandbox.failure"
local json = require "host.json"

local M = {}

local function refuse(message, path)
  failure.raise(400, message, { { message = message, path = path } })
end

local function boundary_of(content_type)
  local kind = (content_type or ""):lower():match "^%s*([^;%s]*)"
  local boundary = (content_type or ""):match '[Bb][Oo][Uu][Nn][Dd][Aa][Rr][Yy]="?([^";%s]+)'
  if kind ~= "multipart/form-data" or not boundary then failure.raise(415, "multipart/form-data expected") end
  return boundary
end

local function headers_of(text)
  local out = {}
  for line in (text .. "\r\n"):gmatch "(.-)\r\n" do
    local name, value = line:match "^([^:]+):%s*(.-)%s*$"
    if name then out[name:lower()] = value end
  end
  return out
end

local function read_part(text)
  local stop, from = text:find("\r\n\r\n", 1, true)
  if not stop then refuse "Malformed form" end
  local headers = headers_of(text:sub(1, stop - 1))
  local disposition = headers["content-disposition"] or ""
  return { name = disposition:match '^form%-data;.*%f[%w]name="([^"]*)"', filename = disposition:match 'filename="([^"]*)"',
    type = headers["content-type"], bytes = text:sub(from + 1) }
end

--- The parts of a form as a list of { name, filename, type, bytes }.
function M.parts(content_type, body)
  local mark, out = "--" .. boundary_of(content_type), {}
  if body:sub(1, #mark) ~= mark then refuse "Malformed form" end
  local at = #mark + 1
  while body:sub(at, at + 1) == "\r\n" do
    local stop, after = body:find("\r\n" .. mark, at, true)
    if not stop then refuse "Malformed form" end
    out[#out + 1] = read_part(body:sub(at + 2, stop - 1))
    at = after + 1
  end
  if body:sub(at, at + 1) ~= "--" then refuse "Malformed form" end
  return out
end

local function check_part(row, part)
  if not part.filename or part.filename == "" then refuse("Invalid value: a file expected", part.name) end
  if row.content_type and part.type ~= row.content_type then
    refuse(("Invalid value: %s expected"):format(row.content_type), part.name)
  end
end

--- The files of a request by part name, as { filename, name, size }, where
-- name is the file's without its ending; refuses what the rows do not allow.
function M.read(rows, content_type, body)
  local by_name, out = {}, json.object {}
  for _, row in ipairs(rows) do by_name[row[1]] = row end
  for _, part in ipairs(M.parts(content_type, body)) do
    local row = by_name[part.name]
    if not row then refuse("Unknown part", part.name) end
    check_part(row, part)
    out[part.name] = json.object { filename = part.filename, name = part.filename:match "^(.+)%.[^.]*$" or part.filename,
      size = #part.bytes }
  end
  for _, row in ipairs(rows) do
    if row.required and not out[row[1]] then refuse("Required value", row[1]) end
  end
  return out
end

--- The same for one file that is the whole body, which has no name.
function M.whole(row, content_type, body)
  if body == "" and row.required then refuse("Required value", row[1]) end
  if row.content_type and content_type ~= row.content_type then
    refuse(("Invalid value: %s expected"):format(row.content_type), row[1])
  end
  return json.object { [row[1]] = json.object { filename = "", name = "", size = #body } }
end

return M
