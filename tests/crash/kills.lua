-- kills.lua - a real process killed by SIGKILL, at every commit and at any time, and resumed.
-- SPDX-License-Identifier: MIT
--
-- errand run tests/crash/kills.lua ERRAND DIRECTORY --kills N [--seed S]
-- Talks to an `errand sandbox` of its own over 127.0.0.1 and keeps its store in DIRECTORY, which must be new.

local sys = require "host.sys"

local opt = args{
  summary = "Kill a run again and again.",
  { "errand", positional = true, required = true }, { "dir", positional = true, required = true },
  { "kills", "integer", default = 1000, min = 1 }, { "seed", "integer", default = 1 },
  { "points", "integer", default = 30, doc = "Commits of a run, more or less." },
  { "flow", default = "tests/crash/onboard.lua" },
}

math.randomseed(opt.seed)

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function run(command)
  local _, how, code = os.execute(command)
  return how == "signal" and 128 + code or code
end

local function read(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

-- ---- the sandbox ----

local function start_sandbox()
  local out = opt.dir .. "/sandbox.env"
  local command = ("%s sandbox --port 0 >%s 2>%s/sandbox.err & echo $!"):format(quote(opt.errand), quote(out), quote(opt.dir))
  local pid = read(command):match "%d+"
  for _ = 1, 2000 do
    local file = io.open(out)
    local text = file and file:read "a" or ""
    if file then file:close() end
    local port = text:match "serving on http://127%.0%.0%.1:(%d+)"
    if port then
      for name, value in text:gmatch "export ([%w_]+)='([^']*)'" do sys.setenv(name, value) end
      return { pid = pid, url = "http://127.0.0.1:" .. port, token = text:match "X%-Sandbox%-Token: (%w+)" }
    end
    run "sleep 0.01"
  end
  error "the sandbox did not start"
end

local sandbox = start_sandbox()
sys.setenv("ERRAND_STORE", opt.dir .. "/store.db")
sys.setenv("ERRAND_IXON_SETTLE", "0.05")
sys.setenv("ERRAND_QALYPTUS_SETTLE", "0.05")

local function effects()
  return assert(json.decode(read(("curl -s %s/_sandbox/effects"):format(sandbox.url))))
end

local function reset()
  read(("curl -s -X POST -H 'X-Sandbox-Token: %s' %s/_sandbox/reset"):format(sandbox.token, sandbox.url))
end

-- ---- one person ----

local total = { kills = 0, processes = 0, people = 0, duplicates = 0, losses = 0, stuck = 0, points = {} }

local log = opt.dir .. "/run.log"

-- One process: its exit code, 137 if it was killed.
local function process(email, how)
  total.processes = total.processes + 1
  local command = ("%s run %s --email %s >%s 2>&1"):format(quote(opt.errand), quote(opt.flow), email, quote(log))
  if how and how.crash then
    command = ("ERRAND_CRASH=%d "):format(how.crash) .. command
  elseif how and how.after then
    command = ("timeout -s KILL %.3f "):format(how.after) .. command
  end
  local code = run("{ " .. command .. "; } 2>/dev/null")
  if code == 137 then total.kills = total.kills + 1 end
  return code
end

local function last_lines()
  local file = io.open(log)
  local text = file and file:read "a" or ""
  if file then file:close() end
  return text:sub(-600)
end

-- Kills it some times and lets it end: true if it did.
local function person(n, email)
  local code = process(email, { crash = (n - 1) % opt.points + 1 })
  for _ = 1, math.random(0, 2) do
    if code == 0 then return true end
    if math.random() < 0.5 then
      code = process(email, { crash = math.random(2, 12) })
    else
      code = process(email, { after = 0.012 + math.random() * 0.06 })
    end
  end
  for _ = 1, 6 do
    if code == 0 then return true end
    code = process(email)
  end
  return false, code
end

local function check(people)
  local seen = effects()
  for _, email in ipairs(people) do
    for _, operation in ipairs { "ixon.invites.create", "qalyptus.recipients.create" } do
      local n = seen[operation] and seen[operation][email] or 0
      if n > 1 then
        total.duplicates = total.duplicates + 1
        print(("not ok - %s: %d times %s"):format(email, n, operation))
      elseif n < 1 then
        total.losses = total.losses + 1
        print(("not ok - %s: never %s"):format(email, operation))
      end
    end
  end
  reset()
end

local ok, why = pcall(function()
  local batch = {}
  while total.kills < opt.kills do
    total.people = total.people + 1
    local email = ("p%d@example.com"):format(total.people)
    local ended, code = person(total.people, email)
    if not ended then
      total.stuck = total.stuck + 1
      print(("not ok - %s: does not end (exit %s): %s"):format(email, tostring(code), last_lines()))
      if total.stuck > 5 then error "too many that do not end" end
    end
    batch[#batch + 1] = email
    if #batch == 8 then
      check(batch)
      batch = {}
    end
  end
  check(batch)
  local store = assert(require("host.store").open(opt.dir .. "/store.db"))
  local count, broken = require("core.run.journal").open(store):check()
  if not count then error(broken) end
  store:close()
end)

run("kill -9 " .. sandbox.pid)
if not ok then print("not ok - " .. tostring(why)) end
local failed = total.duplicates + total.losses + total.stuck + (ok and 0 or 1)
print(("kills %d processes %d people %d duplicates %d losses %d stuck %d"):format(total.kills, total.processes, total.people,
  total.duplicates, total.losses, total.stuck))
if failed > 0 then os.exit(1) end
