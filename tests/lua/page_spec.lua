-- page_spec.lua - the status page: who gets in, what is shown, what can be done, and what cannot.
-- SPDX-License-Identifier: MIT

local t = require "test"
local form = require "core.schedule.page.form"
local json = require "host.json"
local page = require "core.schedule.page"
local session_ = require "core.schedule.page.session"
local sys = require "host.sys"
local world = require "page_world"

local dir = os.tmpname()
os.remove(dir)
assert(sys.make_dir(dir, 448))
local w = world.new(dir, { hostile = true })
local P = w.page

-- ---- a browser of a few lines ----

local jar

local function request(method, path, more)
  local address, query = path:match "^([^?]*)%??(.*)$"
  local headers = { cookie = jar, host = "127.0.0.1:1" }
  for name, value in pairs(more and more.headers or {}) do headers[name] = value or nil end
  local reply = P:handle { method = method, path = address, query = query, body = more and more.body or "", headers = headers }
  local cookie = reply.headers["Set-Cookie"]
  if cookie then jar = cookie:match "^[^;]+" end
  return reply
end

local function get(path, headers) return request("GET", path, { headers = headers }) end

local function post(path, fields, headers)
  local all = { ["content-type"] = "application/x-www-form-urlencoded" }
  for name, value in pairs(headers or {}) do all[name] = value end
  return request("POST", path, { headers = all, body = form.query("", fields):sub(2) })
end

-- What a form on that page sends: its address and its hidden fields.
local function form_of(path, action)
  local html = get(path).body
  for head, content in html:gmatch "<form([^>]*)>(.-)</form>" do
    local at = head:match 'action="([^"]*)"':gsub("&amp;", "&")
    if not action or at == action then
      local fields = {}
      for input in content:gmatch "<input([^>]*)>" do
        local name, value = input:match ' name="([^"]*)"', input:match ' value="([^"]*)"'
        if input:find 'type="hidden"' or input:find 'checked="checked"' then fields[name] = value end
      end
      if at ~= "/logout" then return at, fields end
    end
  end
  error("no form at " .. path)
end

-- Opens the page of an action, fills in its form and sends it.
local function act(path, fields)
  local at, all = form_of(path)
  for name, value in pairs(fields or {}) do all[name] = value or nil end
  return post(at, all), all, at
end

local function sign_in()
  w.mono = w.mono + 100
  jar = nil
  local reply = get("/?token=" .. w.token)
  t.eq(reply.status, 303)
end

-- What the next page tells of what was done.
local function flash()
  return (get("/").body:match '<p class="flash[^>]*>(.-)</p>' or ""):gsub("<[^>]+>", "")
end

-- ---- marks of a sound page ----

local function is_sound(html, where)
  t.ok(utf8.len(html), where .. ": UTF-8")
  local open, void = {}, { meta = true, br = true, input = true, link = true }
  for close, name, rest in html:gsub("^<!DOCTYPE html>", ""):gmatch "<(/?)(%w+)([^>]*)>" do
    if close == "/" then
      t.eq(name, table.remove(open), where)
    elseif rest:sub(-1) ~= "/" then
      t.ok(not void[name], where .. ": " .. name)
      open[#open + 1] = name
    end
  end
  t.eq(open, {}, where)
  for _, word in ipairs { "<script", "<img", " style=", " onclick", "javascript:", "<iframe", "http:", "https:" } do
    t.ok(not html:gsub("http://www.w3.org/2000/svg", ""):find(word, 1, true), where .. " has " .. word)
  end
  local _, titles = html:gsub("<h1[ >]", "")
  t.eq(titles, 1, where .. ": one main title")
  local ids = {}
  for id in html:gmatch ' id="([^"]*)"' do
    t.ok(not ids[id], where .. ": one id " .. id)
    ids[id] = true
  end
  for id in html:gmatch ' for="([^"]*)"' do t.ok(ids[id], where .. ": a label for " .. id) end
end

t.describe("coming in", function()
  t.it("is by the token only; the style, the icon and what is open want none", function()
    for _, path in ipairs { "/", "/runs", "/runs/r-doubt1", "/schedules/access%20audit", "/slots/1", "/slots/1/log", "/nothing",
      "/runs/r-doubt1/cancel" } do
      local reply = get(path)
      t.eq(reply.status, 401, path)
      t.ok(reply.body:find('name="token"', 1, true) and not reply.body:find("offboard", 1, true), path)
      t.eq(post(path, { stamp = "x" }).status, 401, path)
    end
    t.eq(get("/style.css").status, 200)
    t.eq(get("/icon.svg").headers["Content-Type"], "image/svg+xml; charset=utf-8")
    t.eq(get("/health").body, "fine")
    t.eq(get("/metrics").status, 401)
    t.eq(request("PUT", "/").status, 405)
  end)

  t.it("by the address gives a cookie and an address without the token", function()
    local reply = get("/?token=" .. w.token)
    t.eq(reply.status, 303)
    t.eq(reply.headers.Location, "/")
    local cookie = reply.headers["Set-Cookie"]
    t.ok(cookie:find "^errand%-%x+=%x+; Path=/; HttpOnly; SameSite=Strict$", cookie)
    t.ok(not cookie:find(w.token, 1, true))
    t.eq(get("/").status, 200)
    t.eq(get("/login").status, 303)
    t.eq(get("/runs/r-doubt1?token=" .. w.token).headers.Location, "/runs/r-doubt1")
  end)

  t.it("by the form leads to where somebody wanted to go, never to another site", function()
    jar = nil
    local at, fields = form_of "/runs/r-doubt1"
    t.eq(at, "/login")
    t.eq(fields.next, "/runs/r-doubt1")
    fields.token = w.token
    t.eq(post(at, fields).headers.Location, "/runs/r-doubt1")
    for _, where in ipairs { "//evil.example.com/", "https://evil.example.com/", "/\\evil.example.com", "/a\r\nX: y", "/a//b",
      "" } do
      t.eq(post("/login", { token = w.token, next = where }).headers.Location, "/", where)
    end
  end)

  t.it("with a wrong token is slow: nothing is looked at meanwhile, also not the right one", function()
    jar = nil
    w.mono = w.mono + 10000
    local first = post("/login", { token = "wrong", next = "/runs" })
    t.eq(first.status, 403)
    t.ok(first.body:find('name="next" type="hidden" value="/runs"', 1, true), "the way is not forgotten")
    t.eq(first.headers["Retry-After"], "1")
    t.eq(post("/login", { token = w.token }).status, 429)
    t.eq(jar, nil)
    w.mono = w.mono + 1.1
    t.eq(post("/login", { token = w.token:sub(1, -2) }).headers["Retry-After"], "2")
    for _ = 1, 8 do
      w.mono = w.mono + 31
      post("/login", { token = "" })
    end
    t.eq(get("/?token=" .. w.token).headers["Retry-After"], "30")
    w.mono = w.mono + 31
    t.eq(post("/login", { token = w.token }).status, 303)
    t.eq(get("/").status, 200)
  end)

  t.it("ends by signing out, by idleness and after a week; others stay", function()
    sign_in()
    local first = jar
    sign_in()
    local stamp = get("/").body:match 'action="/logout"[^>]*><input name="stamp" type="hidden" value="([^"]*)"'
    t.eq(post("/logout", { stamp = stamp }).status, 303)
    t.eq(get("/").status, 401)
    jar = first
    t.eq(get("/").status, 200)
    w.mono = w.mono + 12 * 3600 + 1
    t.eq(get("/").status, 401)
    sign_in()
    for _ = 1, 15 do
      w.mono = w.mono + 12 * 3600 - 1
      get "/"
    end
    t.eq(get("/").status, 401)
  end)

  t.it("keeps at most 64 sessions", function()
    sign_in()
    local first = jar
    for _ = 1, 64 do sign_in() end
    jar = first
    t.eq(get("/").status, 401)
    sign_in()
  end)

  t.it("from a link of another site asks the browser once more, for then the cookie comes", function()
    local kept = jar
    jar = nil
    local reply = get("/runs/r-doubt1?before=1", { ["sec-fetch-site"] = "cross-site" })
    t.eq(reply.status, 200)
    t.ok(reply.body:find('content="0;url=/runs/r-doubt1?again=1&amp;before=1"', 1, true), reply.body)
    t.eq(get("/runs/r-doubt1?again=1", { ["sec-fetch-site"] = "cross-site" }).status, 401)
    jar = kept
  end)

  t.it("wants a token that cannot be guessed", function()
    t.raises(function() page.new { token = "short", clock = {} } end, "16 characters")
    t.raises(function() page.new { clock = {} } end, "16 characters")
  end)
end)

t.describe("pages", function()
  local paths

  t.it("are sound, whatever names and texts are in them", function()
    sign_in()
    local evil = form.encode(world.HOSTILE)
    paths = { "/", "/runs", "/runs/r-doubt1", "/runs/r-held1", "/runs/r-ask1", "/runs/r-done1", "/runs/r-evil1", "/runs/r-evil2",
      "/schedules/offboard%20leavers", "/schedules/licence%20report", "/schedules/nightly%20sync", "/schedules/tell%20at%20boot",
      "/schedules/switched%20off", "/schedules/access%20audit", "/schedules/old%20one", "/slots/" .. w.doubt_slot,
      "/slots/" .. w.evil_slot, "/slots/1", "/schedules/" .. evil, "/schedules/access%20audit/run",
      "/schedules/access%20audit/pause",
      "/schedules/nightly%20sync/resume", "/runs/r-held1/resume", "/runs/r-held1/cancel", "/runs/r-evil1/settle?step=" .. evil,
      "/runs/r-evil2/approve?step=" .. evil, "/runs/r-evil2/reject?step=" .. evil }
    for _, path in ipairs(paths) do
      local reply = get(path)
      t.eq(reply.status, 200, path)
      t.eq(reply.headers["Content-Type"], "text/html; charset=utf-8")
      t.ok(reply.headers["Content-Security-Policy"]:find("default-src 'none'", 1, true))
      t.eq(reply.headers["Referrer-Policy"], "same-origin", "else forms come with Origin: null")
      is_sound(reply.body, path)
    end
    t.ok(get("/runs/r-evil1").body:find("&lt;script&gt;alert(1)", 1, true))
    for _, path in ipairs { "/nothing", "/runs/r-none", "/runs/%3Cscript%3E", "/slots/999999999", "/slots/x", "/slots/-1",
      "/schedules/nobody", "/schedules", "/runs/r-held1/explode", "/runs/r-ask1/settle?step=none", "/schedules/old%20one/nothing",
      "/%ff", "/a/b/c/d", "/slots/" .. w.doubt_slot .. "/log?attempt=99999999999999999999", "/runs/r-held1/find",
      "/runs/x/page" } do
      local reply = get(path)
      t.ok(reply.status == 404 or reply.status == 400, path .. " " .. reply.status)
      is_sound(reply.body, path)
    end
  end)

  t.it("the first one tells what waits before all else, and how each schedule stands", function()
    local html = get("/").body
    t.ok(html:find("6 runs wait for somebody, 1 schedule is held.", 1, true), html:match "<strong>(.-)</strong>")
    local doubt, held, ask = html:find("r-doubt1", 1, true), html:find("r-held1", 1, true), html:find("r-ask1", 1, true)
    t.ok(doubt < held and held < ask and ask < html:find(">Schedules<", 1, true))
    t.ok(html:find("r-evil1", 1, true) < held, "a doubt comes first, also one that is younger")
    t.ok(html:find("/runs/r-doubt1/settle?step=people%2Fleaver.one%40example.com%2Fuser", 1, true))
    t.ok(html:find('<a href="/runs/r-busy1">', 1, true))
    t.ok(html:find("The last 30 slots, the oldest first: 2", 1, true))
    t.ok(html:find("in doubt.\"", 1, true), "the newest of offboard leavers")
    t.ok(html:find('<meta content="15" http-equiv="refresh" />', 1, true))
    t.ok(html:find("would be ", 1, true))
  end)

  t.it("the first one tells what is wrong with the daemon", function()
    w.scheduler.clock = { ok = false, why = "it is not synchronised" }
    w.scheduler.file_error = "schedule.lua:3: <no>"
    local html = get("/").body
    t.ok(html:find("2 things are wrong.", 1, true))
    t.ok(html:find("The clock cannot be trusted, so nothing starts: it is not synchronised.", 1, true))
    t.ok(html:find("schedule.lua:3: &lt;no&gt;", 1, true))
    w.scheduler.clock, w.scheduler.file_error = nil, nil
    P.facts = function()
      return { ready = true, tick_error = "the disk is full", overdue = 2, file = "/x", loaded = w.now(),
        view = w.scheduler:view() }
    end
    html = get("/").body
    t.ok(html:find("tried again: the disk is full", 1, true) and html:find("2 slots have waited", 1, true))
    P.facts = function() return { ready = false } end
    t.eq(get("/").status, 503, "nothing to show yet")
    P.facts = function() end
  end)

  t.it("show themselves anew until somebody stops that", function()
    local at, fields = form_of("/runs", "/refresh")
    t.eq(fields.on, "no")
    t.eq(post(at, fields).headers.Location, "/runs")
    t.ok(not get("/").body:find("http-equiv", 1, true))
    at, fields = form_of("/", "/refresh")
    t.eq(fields.on, "yes")
    t.eq(post(at, fields).headers.Location, "/")
    t.ok(get("/").body:find('http-equiv="refresh"', 1, true))
    t.ok(not get("/schedules/access%20audit/pause").body:find("http-equiv", 1, true), "never while somebody types")
  end)

  t.it("of a schedule have its times, slots and definition", function()
    local html = get("/schedules/offboard%20leavers").body
    for _, text in ipairs { "at 06:15 on Monday to Friday, Europe/Berlin", "15 6 * * 1-5", "--csv /srv/hr/leavers.csv", "30 min",
      "skipped: missed", "stands for 3 slots", "the portal answered 502; exit code 1", "r-aaaaaa is held",
      "Removes people who have left" } do
      t.ok(html:find(text, 1, true), text)
    end
    local _, times = html:match('<ol class="slots">(.-)</ol>'):gsub("<time", "")
    t.eq(times, 5)
  end)

  t.it("of a schedule turn over without losing a slot", function()
    -- two of one instant, just where the page ends
    local fiftieth = w.book:slots { schedule = "access audit", limit = 50 }[50]
    w.book:skip(w.book:hand("access audit", "x", fiftieth.at, "hand").id, "overlap")
    local seen, path, pages = {}, "/schedules/access%20audit", 0
    repeat
      local html = get(path).body
      for id in html:match('id="slots">(.*)</table>'):gmatch 'href="/slots/(%d+)"' do seen[tonumber(id)] = true end
      path = html:match 'href="(/schedules/access%%20audit%?before=%d+)#slots">Older'
      pages = pages + 1
    until not path
    t.eq(pages, 3)
    for _, slot in ipairs(w.book:slots { schedule = "access audit" }) do t.ok(seen[slot.id], slot.id) end
  end)

  t.it("of a run have the evidence of each doubt", function()
    local html = get("/runs/r-doubt1").body
    for _, text in ipairs { "Attempt 1 at", "request req-77", "the connection broke", "Looked up at", "nothing there",
      "errand runs settle r-doubt1", "offboard leavers", "leaver.one@example.com" } do
      t.ok(html:find(text, 1, true), text)
    end
  end)

  t.it("of a long run are bounded, and keep what is in doubt", function()
    local J = w.journal
    J:create { id = "r-long1", workflow = "long", key = "k", input = "{}", input_digest = "x", seed = "s" }
    J:state("r-long1", "running")
    J:intent("r-long1", { path = "first", kind = "step", class = "create", operation = "ixon.roles.create" })
    J:doubt("r-long1", "first", { kind = "timeout", message = "no answer" })
    for i = 1, 700 do
      J:record("r-long1", { path = "read/" .. i, kind = "step", class = "read", operation = "ixon.users.list" }, { value = "{}" })
    end
    J:state("r-long1", "done", nil, "{}")
    local html = get("/runs/r-long1").body
    t.ok(#html < 500000, #html)
    t.ok(html:find("200 steps before are left out", 1, true), html:match "[^>]*left out[^<]*")
    t.ok(html:find("read/700", 1, true) and not html:find("read/200<", 1, true))
  end)
end)

t.describe("a slot in a gap", function()
  t.it("names the times that the clock left out", function()
    local row = w.book:fire("nightly sync", 1e9, { { at = 1e9, flags = "gap", collapsed = 14, state = "skipped", reason = "missed",
      times = "2026-03-29 02:00:00,2026-03-29 02:30:00" }, { at = 1e9 + 1, flags = "gap", collapsed = 1, state = "skipped",
      reason = "missed", times = "2026-03-29 02:30:00" } })
    t.ok(get("/slots/" .. row[1].id).body:find("the clock skipped 14 of its times (02:00, 02:30 and 12 more)", 1, true))
    t.ok(get("/slots/" .. row[2].id).body:find("the clock skipped 1 time of it (02:30)", 1, true))
  end)
end)

t.describe("a log", function()
  t.it("begins with its end, as text; the whole of it can be kept", function()
    local slot = "/slots/" .. w.doubt_slot
    local html = get(slot).body
    t.ok(html:find("line 500 of the log", 1, true) and not html:find("line 400 of the log", 1, true))
    t.ok(html:find("400 above are in the whole log", 1, true))
    t.ok(html:find("\nred &lt;/li&gt;&lt;script&gt;", 1, true), "no colours, no mark-up")
    t.ok(html:find("M\u{fc}nchen", 1, true), "a broken line spoils no other")
    local reply = get(slot .. "/log?attempt=1")
    t.eq(reply.headers["Content-Type"], "text/plain; charset=utf-8")
    t.eq(reply.headers["Content-Disposition"], ('attachment; filename="slot-%d-1.log"'):format(w.doubt_slot))
    t.ok(reply.body:find("line 1 of the log", 1, true) and reply.body:find("\27[31m", 1, true))
  end)

  t.it("is what it is where there is little", function()
    t.ok(get("/slots/" .. w.held_slot).body:find("It has printed nothing.", 1, true))
    t.ok(get("/slots/" .. w.done_slot).body:find("All that it printed.", 1, true))
    t.ok(get("/slots/" .. w.busy_slot).body:find("There is no log", 1, true))
    t.eq(get("/slots/" .. w.busy_slot .. "/log").status, 404)
    local never = w.book:slots { schedule = "offboard leavers", state = "skipped" }[1]
    t.ok(not get("/slots/" .. never.id).body:find('id="log"', 1, true), "nothing was begun")
  end)

  t.it("has no secret that this process knows", function()
    require("host.err").hide "canary-secret-77"
    sys.write_file(("%s/%d-1.log"):format(w.logs, w.done_slot), "token=canary-secret-77\n")
    for _, path in ipairs { "/slots/" .. w.done_slot, ("/slots/%d/log?attempt=1"):format(w.done_slot) } do
      local text = get(path).body
      t.ok(text:find("token=[secret]", 1, true) and not text:find("canary", 1, true), path)
    end
  end)

  t.it("and no page has one that mark-up would hide", function()
    require("host.err").hide "canary<&>78"
    t.eq(require("core.schedule.page.html").text "is canary<&>78", "is [secret]")
  end)

  t.it("of one endless line is bounded", function()
    sys.write_file(("%s/%d-1.log"):format(w.logs, w.done_slot), ("x"):rep(1000000))
    t.ok(#get("/slots/" .. w.done_slot).body < 200000)
  end)
end)

t.describe("a form", function()
  local pause = "/schedules/access%20audit/pause"

  local function active() return w.book:schedule("access audit").state end

  t.it("without a stamp of this session and this page does nothing", function()
    sign_in()
    local _, mine = form_of(pause)
    local other = jar
    sign_in()
    local _, theirs = form_of(pause)
    local _, elsewhere = form_of "/schedules/nightly%20sync/resume"
    local changed = (theirs.stamp:find "^0" and "1" or "0") .. theirs.stamp:sub(2)
    for _, stamp in ipairs { "", "x", "x.y", mine.stamp, elsewhere.stamp, theirs.stamp .. "0", theirs.stamp:upper(),
      changed, ("a"):rep(60000) } do
      local reply = post(pause, { reason = "no", stamp = stamp })
      t.eq(reply.status, 403, stamp:sub(1, 40))
      t.ok(reply.body:find("was not made for this session", 1, true))
    end
    t.eq(post(pause, { reason = "no" }).status, 403)
    t.eq(active(), "active")
    jar = other
    t.eq(post(pause, { reason = "no", stamp = theirs.stamp }).status, 403)
    t.eq(active(), "active")
  end)

  t.it("is refused from a page of another site, as another kind of body, and when it is long", function()
    local _, fields = form_of(pause)
    fields.reason = "no"
    for _, site in ipairs { "cross-site", "same-site" } do
      t.eq(post(pause, fields, { ["sec-fetch-site"] = site }).status, 403)
    end
    t.eq(post(pause, fields, { ["content-type"] = "text/plain" }).status, 415)
    t.eq(post(pause, fields, { ["content-type"] = "multipart/form-data; boundary=x" }).status, 415)
    t.eq(request("POST", pause, { headers = { ["content-type"] = "application/x-www-form-urlencoded" },
      body = ("a"):rep(form.BODY_MAX + 1) }).status, 415)
    t.eq(active(), "active")
  end)

  t.it("does its work one time", function()
    local at, fields = form_of "/schedules/access%20audit/run"
    local before = #w.book:open "access audit"
    t.eq(post(at, fields).status, 303)
    t.eq(post(at, fields).headers.Location, "/")
    t.ok(flash():find("one time only", 1, true))
    t.eq(#w.book:open "access audit", before + 1)
  end)

  t.it("is not sent by looking", function()
    for _, path in ipairs { pause, "/runs/r-held1/cancel", "/schedules/access%20audit/run", "/logout", "/refresh" } do
      get(path)
    end
    t.eq(active(), "active")
    t.eq(w.journal:run("r-held1").state, "held")
    t.eq(get("/").status, 200)
  end)
end)

t.describe("what is done to schedules", function()
  t.it("run now: a slot by hand, in the name of who did it", function()
    local reply = act "/schedules/invite%20contractors/run"
    t.eq(reply.status, 303)
    local id = tonumber(reply.headers.Location:match "^/slots/(%d+)$")
    local slot = w.book:slot(id)
    t.eq({ slot.kind, slot.actor, slot.schedule }, { "hand", "tester@host (page)", "invite contractors" })
    t.ok(flash():find("Done. &#39;invite contractors&#39; was told to run", 1, true))
    t.eq(flash(), "", "told one time")
    t.ok(w.woken > 0)
  end)

  t.it("run now: told why not", function()
    w.scheduler.refuse = "r-held1 is in the way"
    local reply = act "/schedules/invite%20contractors/run"
    t.eq(reply.status, 409)
    t.ok(reply.body:find("r-held1 is in the way", 1, true))
    w.scheduler.refuse = nil
  end)

  t.it("pause wants a reason, resume takes it back", function()
    local reply = act("/schedules/access%20audit/pause", { reason = "  " })
    t.eq(reply.status, 422)
    t.ok(reply.body:find("Say why", 1, true))
    t.eq(act("/schedules/access%20audit/pause", { reason = ("x"):rep(1001) }).status, 422)
    reply = act("/schedules/access%20audit/pause", { reason = "  the <b>auditors</b>\r\nare here\0 " })
    t.eq(reply.status, 422, "a zero byte is no text")
    reply = act("/schedules/access%20audit/pause", { reason = "  the <b>auditors</b>\r\nare here " })
    t.eq(reply.headers.Location, "/schedules/access%20audit")
    local kept = w.book:schedule "access audit"
    t.eq({ kept.state, kept.why, kept.actor }, { "paused", "the <b>auditors</b> are here", "tester@host (page)" })
    local html = get("/schedules/access%20audit").body
    t.ok(html:find("It is paused by tester@host (page)", 1, true))
    t.ok(html:find("the &lt;b&gt;auditors&lt;/b&gt; are here", 1, true))
    reply = act("/schedules/access%20audit/pause", { reason = "again" })
    t.eq(reply.status, 409)
    t.ok(reply.body:find("It is paused already.", 1, true))
    t.eq(act("/schedules/access%20audit/resume").status, 303)
    t.eq(w.book:schedule("access audit").state, "active")
    t.eq(act("/schedules/licence%20report/resume").status, 303)
    t.eq(w.book:schedule("licence report").state, "active")
  end)
end)

t.describe("what is done to runs", function()
  local J = w.journal
  local user = "/runs/r-doubt1/settle?step=people%2Fleaver.one%40example.com%2Fuser"
  local recipient = "/runs/r-doubt1/settle?step=people%2Fleaver.one%40example.com%2Frecipient"

  t.it("settle: told what is missing, and nothing is lost of what was typed", function()
    t.eq(act(user, { reason = "seen" }).status, 422)
    t.eq(act(user, { outcome = "done" }).status, 422)
    t.eq(act(user, { outcome = "perhaps", reason = "x" }).status, 422)
    local reply = act(user, { outcome = "absent", reason = "x", result = '{"id":1}' })
    t.eq(reply.status, 422)
    t.ok(reply.body:find("{&quot;id&quot;:1}", 1, true) and reply.body:find('value="absent" />', 1, true))
    reply = act(user, { outcome = "done", reason = "x", result = "{no" })
    t.eq(reply.status, 422)
    t.ok(reply.body:find("JSON expected", 1, true))
    t.eq(J:step("r-doubt1", "people/leaver.one@example.com/user").state, "doubt")
  end)

  t.it("settle: done with a result, then absent, and the run goes on", function()
    local reply = act(user, { outcome = "done", reason = "is in the portal", result = '{"id":7}' })
    t.eq(reply.status, 303, reply.body:match 'role="alert">(.-)</p>')
    t.eq(J:step("r-doubt1", "people/leaver.one@example.com/user").state, "done")
    t.eq(J:run("r-doubt1").state, "in_doubt")
    t.ok(flash():find("Another one is in doubt still", 1, true))
    t.eq(w.scheduler.resumed, nil)
    t.eq(act(user, { outcome = "done", reason = "once more" }).status, 422, "it is not in doubt any more")
    t.eq(act(recipient, { outcome = "absent", reason = "not there", go_on = "yes" }).status, 303)
    t.eq(J:run("r-doubt1").state, "held")
    t.eq(w.scheduler.resumed, { "r-doubt1", "tester@host (page)" })
    local settled
    for _, event in ipairs(J:events "r-doubt1") do
      if event.type == "settled" and event.path:find "recipient" then settled = event end
    end
    t.eq(settled.actor, "tester@host (page)")
    t.eq(json.decode(settled.data).reason, "not there")
    t.ok(flash():find("The run goes on", 1, true))
  end)

  t.it("approve and reject: the first answer counts", function()
    w.scheduler.resumed = nil
    t.eq(act("/runs/r-ask1/approve?step=manager", { comment = "fine <by> me" }).status, 303)
    local decision = J:decision("r-ask1", "manager")
    t.eq({ decision.approved, decision.by, decision.comment }, { true, "tester@host (page)", "fine <by> me" })
    t.eq(w.scheduler.resumed, { "r-ask1", "tester@host (page)" })
    local reply = act "/runs/r-ask1/reject?step=manager"
    t.eq(reply.status, 422)
    t.ok(reply.body:find("was approved by tester@host (page)", 1, true))
    t.eq(act("/runs/r-evil2/reject?step=" .. form.encode(world.HOSTILE), { comment = "no" }).status, 303)
    t.eq(J:decision("r-evil2", world.HOSTILE).approved, false)
  end)

  t.it("resume: by the scheduler, and told why not", function()
    w.scheduler.resumed = nil
    t.eq(act("/runs/r-held1/resume").status, 303)
    t.eq(w.scheduler.resumed, { "r-held1", "tester@host (page)" })
    w.scheduler.refuse = "it is under way"
    local reply = act "/runs/r-held1/resume"
    t.eq(reply.status, 409)
    t.ok(reply.body:find("it is under way", 1, true))
    w.scheduler.refuse = nil
    t.ok(get("/runs/r-byhand/resume").body:find("errand runs resume r-byhand", 1, true), "of no schedule")
  end)

  t.it("cancel: ends a held one, asks one that is under way, leaves one in doubt", function()
    t.eq(act("/runs/r-held1/cancel", { reason = "not wanted" }).status, 303)
    t.eq(J:run("r-held1").state, "cancelled")
    t.ok(flash():find("cancelled", 1, true))
    local lock <close> = require("core.run.lock").take(dir .. "/store.db.runs", "r-busy1") -- luacheck: ignore 211
    t.eq(act("/runs/r-busy1/cancel", { reason = "later" }).status, 303)
    t.eq(J:requested("r-busy1").what, "cancel")
    t.eq(J:requested("r-busy1").actor, "tester@host (page)")
    local reply = act("/runs/r-evil1/cancel")
    t.eq(reply.status, 409)
    t.eq(J:run("r-evil1").state, "in_doubt")
    reply = act("/runs/r-done1/cancel")
    t.eq(reply.status, 422)
    t.eq(J:run("r-done1").state, "done")
  end)

  t.it("is in the log of the daemon, without what was typed", function()
    local words = {}
    for _, one in ipairs(w.said) do words[#words + 1] = one[2] .. " " .. tostring(one[3].about) end
    local all = table.concat(words, "\n")
    t.ok(all:find("page: settle r-doubt1", 1, true) and all:find("page: pause access audit", 1, true))
    t.ok(not all:find(w.token, 1, true))
  end)
end)

t.describe("what goes wrong inside", function()
  t.it("is told without its details, and the server lives on", function()
    local view = w.scheduler.view
    w.scheduler.view = function() error("secret detail /x/y.lua:7") end
    local reply = get "/"
    t.eq(reply.status, 500)
    t.ok(not reply.body:find("secret detail", 1, true))
    t.ok(w.said[#w.said][2]:find("secret detail", 1, true), "the log has it")
    w.scheduler.view = function() require("core.error").raise("file", "the disk is full", { reason = "full" }) end
    reply = get "/"
    t.eq(reply.status, 503)
    t.ok(reply.body:find("the disk is full", 1, true))
    w.scheduler.view = view
    t.eq(get("/").status, 200)
  end)
end)

t.describe("addresses and stamps", function()
  t.it("carry any text there and back", function()
    local text = "a b/c?d&e=f%+\u{fc}'\"<>\n"
    t.eq(form.fields(form.query("", { x = text }):sub(2)).x, text)
    t.eq(form.parts(form.path("a", text))[2], text)
    t.eq(form.fields "a=1&a=2&b=%ff&c=%00&d", { a = "2", d = "" })
    t.eq(form.parts "/%ff", nil)
    t.eq(form.line "  a\1\2b\n ", "a b")
    t.eq(form.line " \n", nil)
  end)

  t.it("are each of one session, and forgotten in the end", function()
    local one = { secret = "s", used = {}, forms = {} }
    local stamp = session_.stamp(one, "/x")
    t.eq({ session_.check(one, "/x", stamp) }, { true, true })
    session_.use(one, stamp)
    t.eq({ session_.check(one, "/x", stamp) }, { true, false })
    for _ = 1, 300 do session_.use(one, session_.stamp(one, "/x")) end
    t.eq(#one.forms, 256)
  end)
end)

t.describe("afterwards", function()
  t.it("nothing is left", function()
    require("core.record").close()
    os.execute("rm -rf '" .. dir .. "'")
    t.ok(not sys.exists(dir))
  end)
end)
