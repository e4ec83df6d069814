-- real.lua - the status page of a real errand serve, over runs that really run.
-- SPDX-License-Identifier: MIT

local json = require "host.json"
local sys = require "host.sys"

local M = {}

local FILES <const> = {
  ["schedule.lua"] = [[
schedule "says hello" { at = "0 0 1 1 *", run = "hello.lua", doc = "Prints a few lines." }
schedule "asks" { at = "15 6 * * 1-5", tz = "Europe/Berlin", run = "asks.lua" }
schedule "makes a user" { every = "366d", run = "user.lua" }
schedule "sleeps" { at = "0 0 1 1 *", run = "sleeps.lua" }
]],
  ["hello.lua"] = [[print "hello from the slot" print "<b>second</b> line"]],
  ["asks.lua"] = [[
return workflow.define("asks", {}, function(run)
  local decision = run:approve("manager", { ask = "Shall it be made?", timeout = "3d", on_timeout = "reject" })
  if not decision.approved then workflow.fail("rejected by " .. decision.by) end
  run:step("role", ixon.roles.create, { { name = "made by approval" } })
  return "role made, " .. (decision.comment or "")
end)
]],
  ["user.lua"] = [[
return workflow.define("user", {}, function(run)
  run:step("role", ixon.roles.create, { { name = "before the user" } })
  return run:step("user", intrexx.users.create, "hr", {
    general_settings = { first_name = "New", last_name = "Hire", object_name = "nhire" },
    account = { login_username = "nhire" } }).id
end)
]],
  ["sleeps.lua"] = [[
return workflow.define("sleeps", {}, function(run) run:sleep("nap", "2h") end)
]],
}

--- Files of a daemon in a new folder; the arguments for errand.
function M.prepare(dir)
  assert(sys.make_dir(dir, 448))
  for name, text in pairs(FILES) do assert(sys.write_file(dir .. "/" .. name, text)) end
  return { "--sandbox=" .. dir .. "/world.json", "--fault", "intrexx.users.create:drop-reply@1", "serve", "--schedule",
    dir .. "/schedule.lua", "--page", "127.0.0.1:0", "--trust-clock", "--grace", "5s" }
end

--- Its address and token, once the log has them; nil before.
function M.where(log)
  local address, file = log:match 'status page address="?(http://[%d.:]+)"? token_file="?([^"\n]+)"?'
  local token = file and sys.exists(file) and sys.read_file(file)
  if token then return { address = address, token = token:gsub("%s", "") } end
end

-- Comes back to a page until it says so.
local function shows(kit, b, path, what, name)
  local good, err = pcall(kit.await, what, function()
    b:go(kit.here() .. path)
    return b:text("body"):find(what, 1, true)
  end)
  return kit.ok(good, name, not good and tostring(err) .. "\n" .. b:text "body":sub(1, 1500))
end

local function path_of(kit, b) return b:url():sub(#kit.here() + 1) end

local function plain_script(kit, b)
  kit.deed(b, kit.here(), "/schedules/says%20hello", "Run now", {}, "was told to run", "real: run now")
  local slot = path_of(kit, b)
  if not shows(kit, b, slot, "hello from the slot", "real: its log is there") then return end
  shows(kit, b, slot, "Took", "real: it is done")
  kit.ok(b:text("h1"):find("done", 1, true), "real: and says so", b:text "h1")
  kit.ok(b:text("pre.log"):find("<b>second</b> line", 1, true), "real: what it printed is text")
  kit.check(b, "real-slot")
end

local function approval(kit, b)
  kit.deed(b, kit.here(), "/schedules/asks", "Run now", {}, "was told to run", "real: a workflow")
  local slot = path_of(kit, b)
  shows(kit, b, "/", "Shall it be made?", "real: it waits on the first page")
  kit.check(b, "real-overview-asks")
  kit.deed(b, kit.here(), "/schedules/asks", "Run now", {}, nil)
  kit.ok(b:text("main"):find("Not done.", 1, true), "real: nothing starts beside it", b:text("main"):sub(1, 300))
  kit.deed(b, kit.here(), "/", "Approve", { ["[name=comment]"] = "as planned" }, "is approved; the run goes on", "real: approve")
  shows(kit, b, slot, "Took", "real: the run goes on to its end")
  b:follow "//main//dd//a[starts-with(@href, '/runs/')]"
  kit.ok(b:text("main"):find("The run is done", 1, true), "real: and is done", b:text("main"):sub(1, 300))
  kit.check(b, "real-run-done")
end

local function doubt(kit, b)
  kit.deed(b, kit.here(), "/schedules/makes%20a%20user", "Run now", {}, "was told to run", "real: a run whose answer is lost")
  shows(kit, b, "/", "Look in the service whether it happened", "real: is in doubt on the first page")
  kit.check(b, "real-overview-doubt")
  b:follow "//main//article//h3/a"
  local run = path_of(kit, b)
  kit.check(b, "real-run-doubt")
  kit.ok(b:text("main"):find("Attempt 1 at", 1, true), "real: with its evidence")
  kit.deed(b, kit.here(), run, "Settle", { "[value=absent]", ["[name=reason]"] = "not in the portal" }, "The run goes on",
    "real: settled as absent it goes on")
  -- it is there after all: the server took it, and says so when it is sent again
  local good, err = pcall(kit.await, "another state", function()
    b:go(kit.here() .. run)
    return not b:text("h1"):find("running", 1, true) and not b:text("h1"):find("held", 1, true)
      or b:text("main"):find("Attempt 2", 1, true) or b:text("main"):find("attempts", 1, true)
  end)
  kit.ok(good, "real: and sends it again", err)
end

local function cancelling(kit, b)
  kit.deed(b, kit.here(), "/schedules/sleeps", "Run now", {}, "was told to run", "real: a run that sleeps")
  local slot = path_of(kit, b)
  shows(kit, b, slot, "sleeping", "real: sleeps without a process")
  b:follow "//main//dd//a[starts-with(@href, '/runs/')]"
  local run = path_of(kit, b)
  kit.deed(b, kit.here(), run, "Cancel run", { ["[name=reason]"] = "woken" }, "cancelled", "real: cancel")
  shows(kit, b, slot, "cancelled", "real: its slot ends with it")
end

local function trouble(kit, b, process, dir)
  assert(sys.write_file(dir .. "/schedule.lua", "schedule 'x' { at = '61 * * * *', run = '<b>.lua' }"))
  process:signal(1)
  shows(kit, b, "/", "the one before stays in force", "real: a broken file is told on the first page")
  kit.check(b, "real-broken-file")
  kit.ok(b:text("main"):find("says hello", 1, true), "real: and the old one is in force")
end

--- All of it. kit: ok, is, await, check, deed, told, here, curl.
function M.run(kit, b, place, process, dir)
  local health, status = kit.curl(place.address .. "/health")
  kit.ok(status == 200 and type(json.decode(health)) == "table", "real: /health wants no token", health)
  local _, login = kit.curl(place.address .. "/")
  kit.ok(login == 401, "real: all else does")
  b:go(place.address .. "/?token=" .. place.token)
  kit.ok(path_of(kit, b) == "/", "real: the token opens it", b:url())
  kit.check(b, "real-overview")
  plain_script(kit, b)
  approval(kit, b)
  doubt(kit, b)
  cancelling(kit, b)
  kit.deed(b, kit.here(), "/schedules/says%20hello", "Pause", { ["[name=reason]"] = "for now" }, "is paused", "real: pause")
  kit.deed(b, kit.here(), "/schedules/says%20hello", "Resume", {}, "is active again", "real: resume")
  trouble(kit, b, process, dir)
end

return M
