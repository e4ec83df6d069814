-- paging_spec.lua - page after page, to the end or to a loud stop.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local json = require "host.json"

local service = acme.service()

local function param(request, name)
  return request.query:match("%f[%w_]" .. name .. "=([^&]*)")
end

local function number(request, name, default)
  return math.tointeger(tonumber(param(request, name) or default))
end

-- records from+1 .. from+count of total
local function records(from, count, total)
  local out = json.array {}
  for i = from + 1, math.min(from + count, total) do out[#out + 1] = { n = i } end
  return out
end

-- a server of `total` records that pages by cursor
local function cursors(total)
  acme.serve(function(request)
    local from, limit = number(request, "after", 0), number(request, "limit", 20)
    local rest = from + limit < total
    return acme.ok(records(from, limit, total), { next = rest and tostring(from + limit) or nil })
  end)
end

-- by page number; `size` is the server's own opinion
local function pages(total, size)
  acme.serve(function(request)
    local limit = size or number(request, "limit", 2)
    return acme.ok(records((number(request, "page", 1) - 1) * limit, limit, total))
  end)
end

local function offsets(total, with_total)
  acme.serve(function(request)
    return acme.ok(records(number(request, "offset", 0), number(request, "limit", 100), total), { total = with_total and total or nil })
  end)
end

local function check_all(list, total)
  t.eq(#list, total)
  for i, record in ipairs(list) do t.eq(record.n, i) end
  t.ok(json.is_array(list), "no list")
end

-- style, records, calls that takes; pages have 3 records
for _, case in ipairs {
  { "cursor", 0, 1 }, { "cursor", 1, 1 }, { "cursor", 3, 1 }, { "cursor", 4, 2 }, { "cursor", 20, 7 },
  { "page", 0, 1 }, { "page", 1, 1 }, { "page", 2, 2 }, { "page", 3, 2 }, { "page", 4, 2 }, { "page", 20, 7 },
  { "offset", 0, 1 }, { "offset", 1, 2 }, { "offset", 3, 2 }, { "offset", 4, 2 }, { "offset", 20, 7 },
  { "total", 0, 1 }, { "total", 1, 1 }, { "total", 3, 1 }, { "total", 4, 2 }, { "total", 20, 7 } } do
  local style, total, calls = table.unpack(case)
  local resource = style == "cursor" and service.things or style == "page" and service.pages or service.rows
  local serve = style == "cursor" and cursors or style == "page" and pages or offsets
  t.describe(("%d records by %s"):format(total, style), function()
    t.it("are listed", function()
      serve(total, style == "total" or nil)
      local list, reply = resource.list()
      check_all(list, total)
      t.eq(#acme.calls, calls)
      t.eq(reply.pages, calls)
      t.eq(reply.more, false)
    end)
    t.it("are iterated", function()
      serve(total, style == "total" or nil)
      local seen = json.array {}
      for record in resource.each() do seen[#seen + 1] = record end
      check_all(seen, total)
    end)
  end)
end

t.describe("requests of pages", function()
  t.it("carry size and place as the style wants them", function()
    cursors(4)
    service.things.list { kind = "small" }
    t.eq(acme.seen(), { "GET /things?kind=small&limit=3", "GET /things?kind=small&limit=3&after=3" })
    pages(4)
    service.pages.list()
    t.eq(acme.seen(), { "GET /pages?limit=3&page=1", "GET /pages?limit=3&page=2" })
    offsets(4)
    service.rows.list()
    t.eq(acme.seen(), { "GET /rows?limit=3", "GET /rows?limit=3&offset=3" })
  end)

  t.it("begin where the call says", function()
    cursors(10)
    t.eq(#service.things.list { after = "6", limit = 2 }, 4)
    pages(10)
    t.eq(service.pages.list({ page = 2, limit = 4 })[1].n, 5)
    offsets(10)
    t.eq(service.rows.list({ offset = 8 })[1].n, 9)
    offsets(10, true)
    t.eq(#service.rows.list { offset = 2 }, 8)
  end)

  t.it("are one, without size and place, where the call wants all at once", function()
    acme.serve(function() return acme.ok(records(0, 7, 7)) end)
    check_all(service.pages.list { get_all = true }, 7)
    t.eq(acme.seen(), { "GET /pages?get_all=true" })
    pages(4)
    check_all(service.pages.list { get_all = false }, 4)
  end)

  t.it("are made only as far as the records are asked for", function()
    cursors(20)
    local next_record = service.things.each()
    t.eq(#acme.calls, 0)
    for i = 1, 3 do t.eq(next_record().n, i) end
    t.eq(#acme.calls, 1)
    next_record()
    t.eq(#acme.calls, 2)
    for _ = 5, 20 do next_record() end
    t.eq(next_record(), nil)
    t.eq(next_record(), nil)
    t.eq(#acme.calls, 7)
  end)

  t.it("are checked before the first one leaves", function()
    acme.serve {}
    t.eq(t.raises(function() service.things.list { kidn = "x" } end).kind, "validation")
    t.eq(t.raises(function() service.things.each { limit = 101 } end).kind, "validation")
    t.eq(acme.calls, {})
  end)
end)

t.describe("a page", function()
  t.it("is one call, and says whether and where there is more", function()
    cursors(5)
    local list, reply = service.things.page()
    t.eq(#list, 3)
    t.eq({ reply.more, reply.next }, { true, "3" })
    list, reply = service.things.page { after = reply.next }
    t.eq(#list, 2)
    t.eq({ reply.more, reply.next }, { false, nil })
    pages(4)
    list, reply = service.pages.page()
    t.eq({ #list, reply.more, reply.next }, { 3, true, 2 })
    offsets(4)
    list, reply = service.rows.page { offset = 1 }
    t.eq({ #list, reply.next }, { 3, 4 })
    t.eq(service.rows.page { offset = 4 }, {})
  end)
end)

t.describe("a server", function()
  t.it("that ignores the page size and gives its own default is read to the end", function()
    pages(7, 2)
    check_all(service.pages.list(), 7)
  end)

  t.it("that gives less than we ask for, of a size nobody knows, is read to the end", function()
    for _, total in ipairs { 0, 1, 19, 20, 21, 40, 45, 60 } do
      acme.serve(function(request)
        local limit = math.min(20, number(request, "limit", 20))
        local from = request.path == "/rows" and number(request, "offset", 0) or (number(request, "page", 1) - 1) * limit
        return acme.ok(records(from, limit, total))
      end)
      check_all(service.rows.list { limit = 50 }, total)
      check_all(service.pages.list { limit = 50 }, total)
      local n = 0
      for record in service.pages.each { limit = 50 } do
        n = n + 1
        t.eq(record.n, n)
      end
      t.eq(n, total)
    end
  end)

  t.it("that gives fewer than its documented default has no more", function()
    pages(1)
    check_all(service.pages.list(), 1)
    t.eq(#acme.calls, 1)
    pages(2) -- just the default: the size may have been ignored
    check_all(service.pages.list(), 2)
    t.eq(#acme.calls, 2)
  end)

  t.it("may give pages that begin alike", function()
    acme.serve(function(request)
      local from, out = number(request, "offset", 0), json.array {}
      for i = from + 1, math.min(from + 3, 7) do out[#out + 1] = { n = i % 3 == 1 and 1 or i } end
      return acme.ok(out)
    end)
    t.eq(#service.rows.list(), 7)
  end)

  t.it("whose page mark is neither text nor number is not read for ever", function()
    for _, mark in ipairs { { a = 1 }, json.array { 1 }, json.object {}, true, false } do
      acme.serve(function() return acme.reply(200, { isSuccess = true, data = json.array {}, next = mark }) end)
      t.eq(t.raises(function() service.things.list() end, "neither text nor number").kind, "server")
      t.eq(#acme.calls, 1)
    end
  end)

  t.it("may mark its pages by numbers, also large ones", function()
    local marks = { "1", "12345678901234567890123" }
    acme.serve(function()
      local mark = marks[#acme.calls]
      return acme.reply(200, ('{"isSuccess":true,"data":[{"n":%d}]%s}'):format(#acme.calls, mark and ',"next":' .. mark or ""),
        { ["Content-Type"] = "application/json" })
    end)
    check_all(service.things.list(), 3)
    t.eq(acme.seen()[3], "GET /things?limit=3&after=12345678901234567890123")
  end)

  t.it("may give some empty pages by cursor, but not for ever", function()
    local empty = 100
    acme.serve(function()
      local n = #acme.calls
      return acme.ok(n > empty and records(0, 1, 1) or json.array {}, { next = n <= empty and tostring(n) or nil })
    end)
    check_all(service.things.list(), 1)
    empty = 1e9
    local err = t.raises(function() for _ in service.things.each() do t.ok(false) end end, "more than 100 empty pages")
    t.eq(err.kind, "server")
  end)

  t.it("that gives the same cursor again is not read for ever", function()
    acme.serve(function() return acme.ok(records(0, 3, 3), { next = "same" }) end)
    local err = t.raises(function() service.things.list() end, "the page mark 'same' twice")
    t.eq(err.kind, "server")
    t.eq(err.operation, "things.list")
    t.ok(#acme.calls <= 3)
  end)

  t.it("that ignores the cursor of the call is not read for ever", function()
    acme.serve(function() return acme.ok(records(0, 3, 3), { next = "a" }) end)
    t.raises(function() service.things.list { after = "a" } end, "twice")
  end)

  t.it("that ignores the page number or the offset is not read for ever", function()
    acme.serve(function() return acme.ok(records(0, 3, 100)) end)
    t.raises(function() service.pages.list() end, "the same page again")
    t.raises(function() service.rows.list() end, "the same page again")
    t.ok(#acme.calls <= 4)
  end)

  t.it("whose total is wrong is read until a page is empty", function()
    acme.serve(function(request)
      return acme.ok(records(number(request, "offset", 0), 3, 5), { total = 50 })
    end)
    check_all(service.rows.list(), 5)
  end)

  t.it("that fails on a later page fails the list", function()
    acme.serve { acme.ok(records(0, 3, 9), { next = "x" }), acme.reply(404, { error = { message = "gone" } }) }
    local err = t.raises(function() service.things.list() end, "gone")
    t.eq(err.kind, "not_found")
    t.ok(err.message:find "%(page 2%)$", err.message)
  end)

  t.it("that fails on its first page names none", function()
    acme.serve(function() return acme.reply(404, { error = { message = "gone" } }) end)
    local err = t.raises(function() service.things.list() end, "gone")
    t.ok(not err.message:find("page 1", 1, true), err.message)
  end)

  t.it("that gives no list gives an error", function()
    acme.serve(function() return acme.ok "text" end)
    t.eq(t.raises(function() service.things.list() end).kind, "server")
  end)

  t.it("may give a lone record", function()
    acme.serve(function() return acme.ok { n = 1 } end)
    check_all(service.things.list(), 1)
  end)

  t.it("that keeps no list where it should gives an error", function()
    acme.serve(function() return acme.reply(200, { rows = { a = 1 } }) end)
    t.eq(t.raises(service.rows.inside, "no list of records").kind, "server")
    acme.serve(function() return acme.reply(200, { other = 1 }) end)
    t.eq(t.raises(service.rows.inside, "no list of records").kind, "server")
  end)

  t.it("may keep the list inside the data", function()
    acme.serve(function(request)
      return acme.reply(200, { rows = records(number(request, "offset", 0), 3, 5), other = 1 })
    end)
    check_all(service.rows.inside(), 5)
  end)
end)

t.describe("the cap", function()
  t.it("fails a list that is longer, and passes one that is just as long", function()
    cursors(7)
    t.eq(#service.things.list({}, { cap = 7 }), 7)
    local err = t.raises(function() service.things.list({}, { cap = 6 }) end)
    t.eq(err.kind, "cap")
    t.ok(err.message:find("more than 6 records", 1, true) and err.message:find("acme.things.each", 1, true), err.message)
    t.eq(require("host.err").exit_code(err), 8)
  end)

  t.it("stops reading as soon as it is passed", function()
    cursors(1000)
    t.raises(function() service.things.list({}, { cap = 4 }) end, "more than 4 records")
    t.eq(#acme.calls, 2)
  end)

  t.it("does not hold for each", function()
    cursors(7)
    local n = 0
    for _ in service.things.each({}, { cap = 1 }) do n = n + 1 end
    t.eq(n, 7)
  end)
end)
