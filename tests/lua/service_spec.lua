-- service_spec.lua - what a service needs: its manager, its clock, its page.
-- SPDX-License-Identifier: MIT

local t = require "test"
local clock = require "host.clock"
local notify = require "host.notify"
local proc = require "host.proc"
local server = require "host.server"
local sys = require "host.sys"
local task = require "host.task"

local dir = os.tmpname()
os.remove(dir)
assert(sys.make_dir(dir))
local log, socket = dir .. "/log", dir .. "/socket"

local function until_(what)
  task.deadline(20, function()
    while not what() do task.sleep(0.01) end
  end)
end

local function output(program, ...)
  local how = assert(proc.start { program = program, args = { ... }, log = log }):wait()
  return assert(sys.read_file(log)), how
end

local function manager()
  t.it("hears what it is told", function()
    local ear = assert(proc.start { program = "socat", args = { "-u", "UNIX-RECV:" .. socket, "-" }, log = log })
    until_(function() return sys.exists(socket) end)
    sys.setenv("NOTIFY_SOCKET", socket)
    sys.setenv("WATCHDOG_USEC", "2500000")
    local n <close> = assert(notify.open())
    t.eq({ n:active(), n:watchdog_seconds(), sys.env "NOTIFY_SOCKET" }, { true, 2.5, nil })
    t.ok(n:ready "3 schedules")
    t.ok(n:status "next 06:15")
    t.ok(n:watchdog())
    t.ok(n:reloading())
    t.ok(n:extend(30))
    t.ok(n:main_pid(4711))
    t.ok(n:stopping "draining")
    until_(function() return sys.read_file(log):find "draining" end)
    t.eq((sys.read_file(log):gsub("USEC=%d%d%d%d+", "USEC=N")), "READY=1\nSTATUS=3 schedules\nSTATUS=next 06:15\nWATCHDOG=1\n"
      .. "RELOADING=1\nMONOTONIC_USEC=N\nEXTEND_TIMEOUT_USEC=N\nMAINPID=4711\nSTOPPING=1\nSTATUS=draining\n")
    ear:close()
    local done, err = n:ready()
    t.ok(not done and err.message:find "cannot tell the service manager")
    os.remove(socket)
  end)

  t.it("may not be there", function()
    local n = assert(notify.open())
    t.eq({ n:active(), n:watchdog_seconds(), n:ready() }, { false, nil, true })
    n:close()
    n:close()
    t.raises(function() n:ready() end, "closed notifier")
    sys.setenv("NOTIFY_SOCKET", "here")
    local none, err = notify.open()
    t.eq({ none, err.kind }, { nil, "config" })
    sys.unsetenv "NOTIFY_SOCKET"
  end)
end

local function clocks()
  t.it("tell of the kernel's", function()
    local kept, within = sys.synchronised()
    t.ok(kept == nil or (type(kept) == "boolean" and within >= 0))
    local boot = sys.boottime()
    t.ok(boot > 0 and sys.boottime() >= boot and boot >= task.now() - 1)
    t.ok(#sys.boot_id() == 36)
  end)

  t.it("wait for a step, and are quiet without one", function()
    local watch = assert(clock.watch())
    t.eq(t.raises(function() task.deadline(0.05, function() watch:wait() end) end).kind, "timeout")
    local waiter = task.spawn(function() return select("#", watch:wait()) end)
    task.sleep(0)
    t.raises(function() watch:wait() end, "waited for already")
    watch:close()
    t.eq(waiter:join(), 0)
    watch:close()
  end)
end

local function pages()
  t.it("are served on a port", function()
    local seen
    local s <close> = assert(server.listen({ port = 0, methods = "GET, POST", pages = true, max_body = 100 }, function(request)
      seen = request
      if request.path == "/fail" then error "secret detail" end
      return { status = 201, body = "hello", headers = { ["Content-Type"] = "text/plain" } }
    end))
    local url = "http://127.0.0.1:" .. s:port()
    local reply = output("curl", "-si", url .. "/a%20b?x=1", "-d", "body")
    t.ok(reply:find("201 Created", 1, true) and reply:find "hello$" and reply:find("nosniff", 1, true))
    t.eq({ seen.method, seen.path, seen.query, seen.body }, { "POST", "/a%20b", "x=1", "body" })
    t.ok(output("curl", "-si", "-X", "DELETE", url):find("405", 1, true))
    t.ok(output("curl", "-si", "-H", "Host: evil.example.com", url):find("421", 1, true))
    t.ok(output("curl", "-si", "-d", "", "-H", "Origin: http://evil.example.com", url):find("403", 1, true))
    t.ok(output("curl", "-si", "-d", ("x"):rep(101), url):find("413", 1, true))
    reply = output("curl", "-si", url .. "/fail")
    t.ok(reply:find("500", 1, true) and reply:find "internal error" and not reply:find "secret")
  end)

  t.it("are served at a file", function()
    local s = assert(server.listen({ path = socket }, function() return { status = 200, body = "ok" } end))
    t.eq(output("curl", "-s", "--unix-socket", socket, "http://errand/health"), "ok")
    t.eq(output("stat", "-c", "%a", socket), "600\n")
    local none, err = server.listen({ path = socket }, print)
    t.ok(not none and err.message:find "another process does")
    s:close()
    s:close()
    t.ok(not sys.exists(socket))
    t.raises(function() s:port() end, "closed server")
  end)

  t.it("are not served to other machines", function()
    local none, err = server.listen({ address = "0.0.0.0" }, print)
    t.eq({ none, err.kind }, { nil, "validation" })
    t.raises(function() server.listen({ host = "x" }, print) end, "host")
  end)
end

t.describe("a service manager", manager)
t.describe("clocks", clocks)
t.describe("pages", pages)
os.remove(log)
t.it("leaves nothing behind", function() t.ok(os.remove(dir)) end)
