-- browser.lua - the status page, clicked through: errand run tests/page/browser.lua ERRAND TMP [PICTURES [made | real]]
-- SPDX-License-Identifier: MIT

local proc = require "host.proc"
local sys = require "host.sys"
local task = require "host.task"
require("host.state").set_path "tests/page"
local audit = require "audit"
local real = require "real"
local webdriver = require "webdriver"

local errand, tmp, shots, only = ...
local TOKEN <const> = "0123456789abcdef0123"
local count, browsers, here = 0, 0, nil

local function ok(good, what, more)
  count = count + 1
  print(("%sok %d - %s"):format(good and "" or "not ", count, what))
  if not good and more ~= nil then print("# " .. tostring(more):gsub("\n", "\n# "):sub(1, 2000)) end
  return good
end

local function is(got, want, what)
  return ok(got == want, what, ("got %s, want %s"):format(tostring(got), tostring(want)))
end

-- Looks again and again until fn gives something, for 20 s.
local function await(what, fn)
  local value
  local good = pcall(task.deadline, 20, function()
    while true do
      value = fn()
      if value then return end
      task.sleep(0.02)
    end
  end)
  if not good then error("in vain for 20 s: " .. what, 0) end
  return value
end

-- ---- processes ----

local function start(name, program, args, set)
  return assert(proc.start { program = program, args = args, log = ("%s/%s.log"):format(tmp, name), head = 65536, tail = 65536,
    orphan = "kill", set = set })
end

local function read(path)
  return sys.exists(path) and sys.read_file(path) or ""
end

local function serve(name)
  local dir = tmp .. "/" .. name
  assert(sys.make_dir(dir, 448))
  local process = start(name, errand, { "run", "tests/page/serve.lua", dir })
  local port = await("the server's port; " .. name .. ".log has more", function()
    local text = read(dir .. "/port")
    return text ~= "" and text
  end)
  return process, "http://127.0.0.1:" .. port
end

local function free_port()
  local server = assert(require("host.server").listen({ address = "127.0.0.1", port = 0 }, function() end))
  local port = server:port()
  server:close()
  return port
end

local port = free_port()
local driver = start("driver", "chromedriver", { ("--port=%d"):format(port), "--silent" })
await("chromedriver", function()
  return webdriver.curl(tmp, ("http://127.0.0.1:%d/status"):format(port)):find '"ready":%s*true'
end)

local function browser(more)
  browsers = browsers + 1
  local options = { port = port, dir = tmp, arguments = { "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--no-proxy-server", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--window-size=1100,900", ("--user-data-dir=%s/profile%d"):format(tmp, browsers) } }
  for name, value in pairs(more or {}) do options[name] = value end
  return webdriver.open(options)
end

-- ---- what every page must be ----

local function shot(b, name)
  if shots and shots ~= "" then b:shot(("%s/%s.png"):format(shots, name)) end
end

-- b is at a page: sound, and no wider than the window.
local function check(b, name)
  local faults = audit.page(b)
  ok(#faults == 0, name .. ": readable, labelled, nothing beside the window", table.concat(faults, "\n"))
  shot(b, name)
end

local function text_of(b) return b:text "main" end

local function told(b, what, name)
  local words = #b:all ".flash" > 0 and b:text ".flash" or ""
  return ok(words:find(what, 1, true), name, words .. " at " .. b:url() .. "\n" .. text_of(b):sub(1, 500))
end

local function world(base) return (webdriver.curl(tmp, base .. "/_world")) end

local function at(b, path) return b:url():sub(#here + 1) == path end

-- ---- passes ----

local function sign_in(b, base)
  b:go(base .. "/runs")
  ok(#b:all "input[name=token]" == 1 and not b:source():find("r-doubt1", 1, true), "without a token there is the form only")
  check(b, "login")
  b:type("input[name=token]", "not-the-token")
  b:follow "main button"
  ok(text_of(b):find("That is not the token", 1, true), "a wrong token is refused")
  ok(text_of(b):find("Try again in", 1, true), "and has to wait")
  await("the right one", function()
    b:type("input[name=token]", TOKEN)
    b:follow "main button"
    return #b:all "input[name=token]" == 0
  end)
  ok(at(b, "/runs"), "the form leads to where one wanted to go", b:url())
  b:follow ".top form button"
  ok(#b:all "input[name=token]" == 1, "signing out ends the session")
  b:go(base .. "/schedules/access%20audit")
  ok(#b:all "input[name=token]" == 1, "and nothing is shown any more")
  b:go(base .. "/?token=" .. TOKEN)
  ok(at(b, "/"), "the address with the token becomes one without", b:url())
end

local function hostile(b, base)
  b:go(base .. "/")
  for _, path in ipairs { "/", "/runs", "/runs/r-evil1", "/runs/r-evil2", "/schedules/access%20audit",
    "/schedules/nightly%20sync" } do
    b:go(base .. path)
    ok(not b:alert() and #b:all "script" == 0 and #b:all "img" == 0 and #b:all "[onerror]" == 0,
      "hostile texts do nothing at " .. path)
  end
  b:go(base .. "/runs/r-evil1")
  ok(b:text("main"):find("<script>alert(1)</script>", 1, true), "and are shown as they are")
end

-- Opens the page behind a link, does what its form does.
local function deed(b, base, path, link, fields, expected, name)
  b:go(base .. path)
  b:follow(("//main//a[normalize-space()='%s']"):format(link))
  if fields.shot then check(b, fields.shot) end
  for selector, value in pairs(fields) do
    if type(selector) == "string" and selector ~= "shot" then b:type(selector, value) end
  end
  for _, selector in ipairs(fields) do b:click(selector) end
  b:follow "main form.card button[type=submit]"
  return expected and told(b, expected, name)
end

local function buttons(b, base)
  deed(b, base, "/schedules/access%20audit", "Pause", { ["[name=reason]"] = "the <auditors> are here", shot = "pause" },
    "is paused", "pause")
  ok(text_of(b):find("the <auditors> are here", 1, true), "the reason is shown")
  b:go(base .. "/")
  ok(#b:all "//tr[.//a[text()='access audit']]//a[text()='Resume']" == 1, "on the first page it can be resumed now")
  deed(b, base, "/schedules/access%20audit", "Resume", {}, "is active again", "resume a schedule")
  deed(b, base, "/", "Resume schedule", {}, "'licence report' is active again", "resume a held schedule from the first page")
  deed(b, base, "/schedules/invite%20contractors", "Run now", { shot = "run-now" }, "was told to run", "run now")
  ok(b:url():find "/slots/%d+$", "and shows its slot", b:url())
  b:leave(b.send, b, "POST", "/back", {})
  b:follow "main form.card button[type=submit]"
  told(b, "one time only", "the same form a second time does nothing")

  deed(b, base, "/runs/r-doubt1", "Settle", { "[value=done]", ["[name=reason]"] = "seen in the portal",
    ["[name=result]"] = '{"id": 7', shot = "settle" })
  ok(text_of(b):find("JSON expected", 1, true), "settle with a slip tells of it", text_of(b):sub(1, 300))
  check(b, "settle-problem")
  is(b:run "return document.querySelector('[name=reason]').value", "seen in the portal", "nothing that was typed is lost")
  b:type("[name=result]", '{"id": 7}')
  b:follow "main form.card button[type=submit]"
  told(b, "Another one is in doubt still", "settle as done, with a result")
  deed(b, base, "/runs/r-doubt1", "Settle", { "[value=absent]", ["[name=reason]"] = "not there" }, "The run goes on",
    "settle as absent")
  is(world(base), "active r-doubt1", "and the run is resumed")
  deed(b, base, "/runs/r-ask1", "Approve", { ["[name=comment]"] = "fine", shot = "approve" }, "is approved; the run goes on",
    "approve")
  deed(b, base, "/runs/r-evil2", "Reject", { ["[name=comment]"] = "<b>no</b>" }, "is rejected",
    "reject, from a page with a hostile name")
  deed(b, base, "/runs/r-held1", "Resume", { shot = "resume-run" }, "The run goes on", "resume a run")
  is(world(base), "active r-held1", "by the scheduler")
  deed(b, base, "/runs/r-held1", "Cancel run", { ["[name=reason]"] = "not wanted", shot = "cancel" }, "is cancelled",
    "cancel a run")
  ok(#b:all "//main//a[text()='Resume']" == 0, "which cannot be resumed any more")
end

local function refreshing(b, base)
  b:go(base .. "/")
  is(#b:all "meta[http-equiv=refresh]", 1, "the first page shows itself anew")
  b:follow ".refresh button"
  is(#b:all "meta[http-equiv=refresh]", 0, "until somebody stops that")
  b:go(base .. "/runs")
  is(#b:all "meta[http-equiv=refresh]", 0, "on every page")
  b:follow ".refresh button"
  is(#b:all "meta[http-equiv=refresh]", 1, "or wants it again")
end

local function cookie_of(b)
  for _, one in ipairs(b:send("GET", "/cookie")) do
    if one.name:find "^errand%-" then return one end
  end
end

local function forgery(b, base)
  local cookie = cookie_of(b)
  ok(cookie.httpOnly and cookie.sameSite == "Strict", "the cookie is for the server only, and for no other site")
  local head = { "-H", ("Cookie: %s=%s"):format(cookie.name, cookie.value) }
  local function send(...)
    local arguments = { table.unpack(head) }
    for _, word in ipairs { ... } do arguments[#arguments + 1] = word end
    local _, status = webdriver.curl(tmp, base .. "/schedules/access%20audit/pause", arguments)
    return status
  end
  is(send("-d", "reason=no"), 403, "a form without a stamp is refused, though the cookie is right")
  is(send("-d", "reason=no&stamp=0011.00"), 403, "and with a stamp that is made up")
  is(send("-H", "Origin: http://evil.example.com", "-d", "reason=no"), 403, "and from another origin")
  is(send("-H", "Host: evil.example.com"), 421, "and under another name")
  -- a page of somebody else, in the same browser
  b:go(("data:text/html,<form id=f method=post action='%s/schedules/access%%2520audit/pause'><input name=reason value=x></form>")
    :format(base))
  b:leave(b.run, b, "document.getElementById('f').submit()")
  ok(b:source():find("page of another site", 1, true), "a form on another site's page is refused", b:source())
  ok(world(base):find "^active", "and nothing was done", world(base))
  b:go("data:text/html,<a id=a href='" .. base .. "/runs/r-done1'>go</a>")
  b:click "#a"
  await("the page behind a link", function() return b:title():find("r-done1", 1, true) end)
  ok(true, "a link from elsewhere leads to the page, not to the form")
end

local function keyboard(b, base)
  local TAB, ENTER <const> = "\u{E004}", "\u{E007}"
  b:go(base .. "/schedules/access%20audit/pause")
  b:keys(TAB)
  is(b:run "return document.activeElement.className", "skip", "the first key press finds the way to the content")
  b:keys(ENTER)
  b:keys(TAB, TAB)
  is(b:run "return document.activeElement.name", "reason", "and from there to the field")
  ok(b:run "return getComputedStyle(document.activeElement).outlineStyle != 'none'", "which shows that it has the focus")
  b:leave(b.keys, b, "b", "y", " ", "k", "e", "y", "s", ENTER)
  told(b, "is paused", "a form is sent by keys alone")
  deed(b, base, "/schedules/access%20audit", "Resume", {}, "is active", "and taken back")
end

local EVERY <const> = { "overview", "runs", "run", "run-done", "evil", "schedule", "paused", "missing" }
local PAGES <const> = { overview = "/", runs = "/runs", run = "/runs/r-doubt1", ["run-done"] = "/runs/r-done1",
  evil = "/runs/r-evil1", schedule = "/schedules/offboard%20leavers", paused = "/schedules/nightly%20sync", missing = "/nothing" }

local function look(b, base, name, names)
  b:go(base .. "/?token=" .. TOKEN)
  for _, page in ipairs(names) do
    b:go(base .. PAGES[page])
    check(b, ("%s-%s"):format(name, page))
  end
  b:go(base .. "/schedules/offboard%20leavers")
  b:follow "//main//table//a[1]"
  check(b, name .. "-slot")
end

-- A browser, given back whatever happens.
local function with(what, more, fn, ...)
  local b = browser(more)
  local good, err = pcall(fn, b, ...)
  if not good then
    ok(false, what, err)
    pcall(b.shot, b, (shots ~= "" and shots or tmp) .. "/failed.png")
  end
  b:close()
end

-- The daemon itself, in a sandbox.
local function with_daemon()
  local dir = tmp .. "/real"
  local arguments = real.prepare(dir)
  local process <close> = start("real", errand, arguments, { ERRAND_STORE = dir .. "/store.db" })
  local place = await("the daemon's page", function() return real.where(read(tmp .. "/real.log")) end)
  here = place.address
  local kit = { ok = ok, is = is, await = await, check = check, deed = deed, told = told, here = function() return here end,
    curl = function(url) return webdriver.curl(tmp, url) end }
  with("a real daemon", nil, function(b) real.run(kit, b, place, process, dir) end)
  process:stop(20)
  local end_ = process:wait()
  ok(end_.code == 0, "real: the daemon ends when it is told to", read(tmp .. "/real.log"):sub(-1500))
end

local function all()
  local first <close>, base = serve "first"
  here = base
  with("looking", nil, function(b)
    look(b, base, "wide", EVERY)
    b:cdp("Emulation.setEmulatedMedia", { features = { { name = "prefers-color-scheme", value = "dark" } } })
    look(b, base, "dark", { "overview", "run", "schedule" })
  end)
  with("on a phone", { mobile = { width = 360, height = 740, pixelRatio = 2 } }, function(b) look(b, base, "phone", EVERY) end)
  with("clicking", nil, function(b)
    sign_in(b, base)
    hostile(b, base)
    refreshing(b, base)
    forgery(b, base)
    keyboard(b, base)
    buttons(b, base)
  end)
  first:close()
  local second <close>, other = serve "second"
  here = other
  with("without scripts", { prefs = { ["profile.managed_default_content_settings.javascript"] = 2 } }, function(b)
    b:go "data:text/html,<title>off</title><script>document.title='on'</script>"
    is(b:title(), "off", "this browser runs no script")
    sign_in(b, other)
    refreshing(b, other)
    buttons(b, other)
  end)
  second:close()
end

local good, err = pcall(function()
  if only ~= "real" then all() end
  if only ~= "made" then with_daemon() end
end)
if not good then ok(false, "to the end", err) end
driver:stop(2)
driver:wait()
print("1.." .. count)
