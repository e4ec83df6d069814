-- notice_spec.lua - which event tells whom, and in which words.
-- SPDX-License-Identifier: MIT

local t = require "test"
local json = require "host.json"
local notice = require "core.schedule.notice"
local target = require "core.schedule.target"

local now = 1795327260 -- 2026-11-22 06:01 UTC

local function slot(more)
  local s = { id = 12, at = now - 60, kind = "slot", local_time = "2026-11-22 07:00:00", run = "r-7k2m9x", attempt = 1 }
  for name, value in pairs(more or {}) do s[name] = value end
  return s
end

local function definition(on, more)
  local d = { name = "offboard leavers", notify = { { on = on, mail = "ops@example.com" } } }
  for name, value in pairs(more or {}) do d[name] = value end
  return d
end

local function tells(on, event)
  return #notice.messages(event, definition(on), now)
end

local function ended(outcome, previous, waited)
  return { type = "ended", slot = slot { outcome = outcome, code = 1, seconds = 75.2 }, previous = previous, waited = waited }
end

local function first(event, d)
  return json.decode(notice.messages(event, d or definition "failure", now)[1].body)
end

t.describe("who is told", function()
  -- event; of failure, always, change, never
  local table_ = {
    { "done", ended "done", 0, 1, 0, 0 },
    { "failed", ended "failed", 1, 1, 1, 0 },
    { "failed again", ended("failed", "failed"), 1, 1, 0, 0 },
    { "failed otherwise", ended("timed_out", "failed"), 1, 1, 0, 0 },
    { "well again", ended("done", "failed"), 0, 1, 1, 0 },
    { "well after a hold of the same slot", ended("done", "done", true), 0, 1, 1, 0 },
    { "failed after a hold of the same slot", ended("failed", "done", true), 1, 1, 0, 0 },
    { "cancelled", ended("cancelled", "failed"), 0, 1, 0, 0 },
    { "lost", ended("lost", "done"), 1, 1, 1, 0 },
    { "started", { type = "started", slot = slot() }, 0, 0, 0, 0 },
    { "in doubt", { type = "waiting", slot = slot(), state = "in_doubt", previous = "done" }, 1, 1, 1, 0 },
    { "held after a failure", { type = "waiting", slot = slot(), state = "held", previous = "failed" }, 1, 1, 0, 0 },
    { "missed", { type = "skipped", count = 3, reasons = { missed = 3 }, previous = "done" }, 1, 1, 1, 0 },
    { "paused", { type = "skipped", count = 1, reasons = { paused = 1 } }, 0, 1, 0, 0 },
    { "edited", { type = "skipped", count = 9, reasons = { edited = 9 } }, 0, 1, 0, 0 },
    { "held before", { type = "skipped", count = 1, reasons = { held = 1 } }, 0, 1, 0, 0 },
    { "paused and missed", { type = "skipped", count = 2, reasons = { paused = 1, missed = 1 } }, 1, 1, 1, 0 },
    { "overlap", { type = "skipped", count = 1, reasons = { overlap = 1 }, previous = "done" }, 1, 1, 1, 0 },
    { "overlap once more", { type = "skipped", count = 1, reasons = { overlap = 1 }, previous = "skipped:overlap" }, 0, 1, 0, 0 },
    { "overlap, then full", { type = "skipped", count = 1, reasons = { queue_full = 1 }, previous = "skipped:overlap" }, 1, 1, 0,
      0 },
    { "the schedule is held", { type = "held", why = "37 slots were missed" }, 1, 1, 1, 0 },
  }
  for _, row in ipairs(table_) do
    t.it(row[1], function()
      for i, on in ipairs { "failure", "always", "change", "never" } do
        t.eq(tells(on, row[2]), row[2 + i], on)
      end
    end)
  end

  t.it("is failure's default, each channel once", function()
    t.eq(#notice.messages(ended "failed", { name = "x", notify = { command = "cat", mail = { "a@example.com",
      "b@example.com" } } }, now), 2)
    t.eq(#notice.messages(ended "failed", { name = "x" }, now), 0)
    t.eq(#notice.messages(ended "failed", { name = "x", notify = {
      { on = "always", mail = "a@example.com" }, { on = "failure", mail = "a@example.com" }, { on = "never",
        command = "cat" } } }, now), 1)
  end)

  t.it("is everybody once where it is about no schedule", function()
    local list = { definition "failure", definition("failure", { name = "other" }), definition("always", { name = "third",
      notify = { { webhook = "https://hooks.example.com/x" } } }), definition "never" }
    local rows = notice.broadcast({ type = "clock", why = "it jumped by 40 days" }, list, now)
    t.eq(#rows, 2)
    local body = json.decode(rows[1].body)
    t.ok(body.text:find("it jumped by 40 days", 1, true), body.text)
    t.eq(body.data.schedule, nil)
  end)
end)

t.describe("what is told", function()
  t.it("names slot, run and what to type", function()
    local body = first(ended "failed")
    t.eq(body.subject, "errand: offboard leavers failed")
    for _, part in ipairs { '"offboard leavers" failed', "2026-11-22 07:00:00 (2026-11-22T06:00:00", "Run: r-7k2m9x",
      "Exit code: 1",
      "Took: 1 min 15 s", "errand runs show r-7k2m9x" } do
      t.ok(body.text:find(part, 1, true), part .. " in " .. body.text)
    end
    t.eq({ body.data.event, body.data.outcome, body.data.slot.id, body.data.run }, { "ended", "failed", 12, "r-7k2m9x" })
  end)

  t.it("counts what did not run", function()
    local body = first { type = "skipped", count = 4, reasons = { missed = 3, window = 1 }, first = now - 9000, last = now - 600 }
    t.eq(body.subject, "errand: offboard leavers did not run 4 times")
    t.ok(body.text:find("3 times: missed\nOnce: too old", 1, true), body.text)
    t.ok(body.text:find("First: 2026-11-22T03:31", 1, true), body.text)
  end)

  t.it("holds no secret and no control characters", function()
    require("host.err").hide "hunter2-hunter2"
    local body = first { type = "waiting", slot = slot(), state = "held", error = "bad\27[2J\nlogin hunter2-hunter2\255" }
    t.ok(not body.text:find "hunter2" and body.text:find("[secret]", 1, true))
    t.ok(not body.text:find "\27" and not body.text:find "\255" and not body.text:find "Error: bad\n")
    t.ok(utf8.len(body.text))
  end)

  t.it("is the same each time, and has an id of its own", function()
    local event, d = ended "failed", definition("failure", { ping = "https://hc.example.com/5a1b" })
    t.eq(notice.messages(event, d, now)[2].body, notice.messages(event, d, now)[2].body)
    local seen = {}
    for _, one in ipairs { ended "failed", ended "killed", { type = "waiting", slot = slot(), state = "held" },
      { type = "ended", slot = slot { at = now, outcome = "failed" } } } do
      local id = first(one).id
      t.ok(id:find "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-8%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$", id)
      t.ok(not seen[id])
      seen[id] = true
    end
  end)

  t.it("is kept for a day", function()
    local row = notice.messages(ended "failed", definition "failure", now)[1]
    t.eq({ row.due, row.expires, row.channel }, { now, now + 86400, "mail ops@example.com" })
  end)
end)

t.describe("a ping", function()
  local d = { name = "x", ping = { env = "HC_URL" }, notify = { on = "never" } }

  t.it("tells start, success and failure under one id", function()
    local ids = {}
    for i, event in ipairs { { type = "started", slot = slot() }, ended "done", ended "failed", { type = "waiting",
      slot = slot(), state = "held" } } do
      local rows = notice.messages(event, d, now)
      t.eq(#rows, 1)
      local body = json.decode(rows[1].body)
      t.eq(body.ping, ({ "start", "success", "fail", "fail" })[i])
      t.eq(rows[1].channel, "ping env HC_URL")
      t.eq(rows[1].expires - now, ({ 600, 3600, 86400, 86400 })[i])
      ids[i] = body.id
    end
    t.eq(ids[1], ids[2])
    t.eq(ids[1], ids[4])
  end)

  t.it("does not tell what did not run: its absence does", function()
    t.eq(#notice.messages({ type = "skipped", count = 1, reasons = { missed = 1 } }, d, now), 0)
  end)
end)

t.describe("channels", function()
  local function problem(kind, value)
    local list = target.check(kind, value)
    return list and (list[1].path ~= "" and list[1].path .. ": " or "") .. list[1].message
  end

  t.it("that are right", function()
    for _, one in ipairs { { "command", "mail -s errand ops@example.com" }, { "mail", "root" }, { "mail", { "a.b+c@example.com",
      "d@x" } },
      { "webhook", "https://hooks.example.com/services/T0/B0?x=1" }, { "webhook", "http://127.0.0.1:8080/hook" }, { "webhook",
        { env = "HOOK" } },
      { "webhook", { url = { credential = "hook" }, token = { file = "/run/x" }, cacert = "/etc/ssl/own.pem", timeout = 5 } },
      { "ping", "https://hc.example.com/5a1b" }, { "ping", { url = { env = "HC" },
        proxy = "http://proxy.example.com:3128" } } } do
      t.eq(problem(one[1], one[2]), nil)
    end
  end)

  t.it("that are wrong are told in a sentence", function()
    for _, one in ipairs {
      { "command", "  ", "empty" }, { "command", 5, "text expected" }, { "command", "a\0b", "zero byte" },
      { "mail", "a@example.com, b@example.com", "no mail address" }, { "mail", "a@example.com\nBcc: x@example.com",
        "no mail address" },
      { "mail", "-oQ/tmp", "no mail address" }, { "mail", {}, "expected" }, { "mail", { to = "a@example.com" }, "expected" },
      { "webhook", "http://hooks.example.com/x", "http" }, { "webhook", "ftp://x/y", "http" }, { "webhook", "hooks.example.com",
        "no URL" },
      { "webhook", "https://user:pw@hooks.example.com/", "no user" }, { "webhook", "https://x.example.com/#a", "no URL" },
      { "webhook", "https://x.example.com/a b", "blanks" }, { "webhook", {}, "url: is missing" },
      { "webhook", { url = "https://x.example.com/", token = "abc" }, "token: a reference expected" },
      { "webhook", { url = "https://x.example.com/", tokn = { env = "A" } }, "did you mean 'token'" },
      { "webhook", { env = "ERRAND_HOOK" }, "begins with ERRAND_" }, { "webhook", { env = "A-B" }, "no name" },
      { "webhook", { file = "x" }, "relative" }, { "webhook", { credential = "../x" }, "credential" },
      { "webhook", { env = "A", file = "/x" }, "reference" }, { "ping", { url = "https://x.example.com/",
        token = { env = "A" } }, "no option of a ping" },
      { "ping", { url = "https://x.example.com/", timeout = "5" }, "timeout: a number expected" },
      { "ping", { url = "https://x.example.com/", timeout = 0 }, "timeout: seconds above 0" },
    } do
      local text = problem(one[1], one[2])
      t.ok(text and text:find(one[3], 1, true) and not text:find "insecure", tostring(text) .. " for " .. one[3])
    end
  end)
end)
