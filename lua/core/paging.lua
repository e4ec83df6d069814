-- core/paging.lua - page after page, to the end or to a loud stop.
-- SPDX-License-Identifier: MIT

local check = require "core.check"
local client -- core.client requires this module lazily, so this one may too
local error_ = require "core.error"
local get = require("core.pointer").get
local json = require "host.json"
local request_ = require "core.request"

local M = {}

--- Records that list() collects before it stops with kind "cap".
M.cap = 10000

-- pages without a record, one after the other, before we believe in a fault
local empty_pages = 100

local function stuck(op, text)
  error_.raise("server", text .. "; stopped rather than read for ever", { service = op.service, operation = op.resource .. "." .. op.name })
end

local function has(request, name)
  for _, pair in ipairs(request.query) do
    if pair[1] == name then return pair[2] end
  end
end

local function set(request, name, value)
  for _, pair in ipairs(request.query) do
    if pair[1] == name then
      pair[2] = check.text(value)
      return
    end
  end
  request.query[#request.query + 1] = { name, check.text(value) }
end

-- how each style gets from one page to the next: given the state, the records
-- and the whole reply value, it prepares the request and returns what that
-- asks for, or nil at the end
local next_page = {}

function next_page.cursor(style, state, _, value)
  if state.whole then return nil end
  local cursor = get(value, style.next)
  if cursor == nil or cursor == "" or cursor == json.null then return nil end
  if type(cursor) ~= "string" and type(cursor) ~= "number" and not json.is_number(cursor) then
    stuck(state.op, ("the server gave a page mark that is neither text nor number (%s)"):format(type(cursor)))
  end
  local mark = check.text(cursor)
  if state.seen[mark] then stuck(state.op, ("the server gave the page mark '%s' twice"):format(mark)) end
  state.seen[mark] = true
  set(state.request, style.send, mark)
  return cursor
end

-- The first page teaches what a whole page is: a server may give fewer than we
-- ask for, its limit or its default. So that page ends the list only where it
-- has fewer records than the server's documented default; a later one where it
-- is shorter than the first. Where the server names a next page we go on, and
-- there by counting: its own idea of its address is not always ours.
local function is_last(style, state, count, value)
  if count == 0 then return true end
  local first = not state.whole_page
  state.whole_page = state.whole_page or math.min(count, state.size)
  local total = style.total and get(value, style.total)
  if math.type(total) == "integer" then return state.read >= total end
  local link = style.next and get(value, style.next)
  if type(link) == "string" and link ~= "" then return false end
  if first then return count < math.min(state.size, style.default or 0) end
  return count < state.whole_page
end

local function same_page(state, records)
  local mark = json.encode(records)
  local again = mark == state.mark
  state.mark = mark
  return again
end

function next_page.page(style, state, records, value)
  if state.whole or is_last(style, state, #records, value) then return nil end
  if same_page(state, records) then stuck(state.op, "the server gives the same page again") end
  state.number = state.number + 1
  set(state.request, style.send, state.number)
  return state.number
end

function next_page.offset(style, state, records, value)
  if is_last(style, state, #records, value) then return nil end
  if same_page(state, records) then stuck(state.op, "the server gives the same page again") end
  set(state.request, style.send, state.read)
  return state.read
end

local function start(account, op, call)
  client = client or require "core.client"
  local style = account.catalogue.paging[op.paging]
  local request = request_.build(account.catalogue, op, account.settings, call)
  local whole = style.all and has(request, style.all) == "true"
  local size = tonumber(style.size and has(request, style.size)) or style.page_size
  if style.size and not whole then set(request, style.size, size) end
  local state = { op = op, account = account, style = style, request = request, size = size, whole = whole, seen = {},
    read = 0, empty = 0, page = 0 }
  if style.style == "page" then
    state.number = math.tointeger(tonumber(has(request, style.send) or 1)) or 1
    if not state.whole then set(request, style.send, state.number) end
  elseif style.style == "offset" then
    state.read = math.tointeger(tonumber(has(request, style.send) or 0)) or 0
  end
  return state
end

-- one page: records, reply
local function fetch_page(state)
  local request = {}
  for key, value in pairs(state.request) do request[key] = value end
  local whole
  local data, reply = client.send(state.account, state.op, request, function(value) whole = value end)
  local records = data
  if state.style.items and not json.is_array(data) then records = get(data, state.style.items) end
  if not json.is_array(records) then stuck(state.op, "the reply holds no list of records") end
  state.empty = #records == 0 and state.empty + 1 or 0
  if state.empty > empty_pages then stuck(state.op, ("the server gave more than %d empty pages in a row"):format(empty_pages)) end
  state.read = state.read + #records
  reply.next = next_page[state.style.style](state.style, state, records, whole or {})
  reply.more = reply.next ~= nil
  return records, reply
end

-- As fetch_page. An error says which page it was, for those before it were well.
local function fetch(state)
  state.page = state.page + 1
  local ok, records, reply = pcall(fetch_page, state)
  if ok then return records, reply end
  local err = records
  if state.page > 1 and error_.is(err) then err.message = ("%s (page %d)"):format(err.message, state.page) end
  error(err, 0)
end

--- All records as one list; the reply is that of the last page, with the
-- number of calls.
function M.list(account, op, call)
  local state = start(account, op, call)
  local cap = call.options and call.options.cap or M.cap
  local all, pages = json.array({}), 0
  local reply
  repeat
    local records
    records, reply = fetch(state)
    pages = pages + 1
    table.move(records, 1, #records, #all + 1, all)
    if #all > cap then
      error_.raise("cap", ("more than %d records; narrow the call, read them with %s.%s.each, or raise the option cap"):format(cap,
        op.service, op.resource), { service = op.service, operation = op.resource .. "." .. op.name })
    end
  until not reply.more
  reply.pages = pages
  return all, reply
end

--- An iterator over all records.
function M.each(account, op, call)
  local state, records, at, more = start(account, op, call), {}, 0, true
  return function()
    while at >= #records do
      if not more then return nil end
      local reply
      records, reply = fetch(state)
      at, more = 0, reply.more
    end
    at = at + 1
    return records[at]
  end
end

--- One page as asked for; reply.more tells whether there is another, and
-- reply.next what the parameter named `send` of the style must be to get it.
function M.page(account, op, call)
  return fetch(start(account, op, call))
end

return M
