-- serve.lua - the status page over a made-up world, for a browser: errand run tests/page/serve.lua DIR
-- SPDX-License-Identifier: MIT
--
-- DIR must be empty. The port is written to DIR/port once it listens.

require("host.state").set_path "tests/lua"

local page = require "core.schedule.page"
local server = require "host.server"
local sys = require "host.sys"
local task = require "host.task"
local world = require "page_world"

local dir = ...
local made = world.new(dir, { hostile = true, mono = task.now })

local listening = assert(server.listen({ address = "127.0.0.1", port = 0, methods = page.METHODS, max_body = page.BODY_MAX,
  pages = true }, function(request)
    -- for the tests: what the page's deeds have left behind
    if request.path == "/_world" then
      local schedule = made.book:schedule "access audit"
      return { status = 200, headers = {}, body = ("%s %s"):format(schedule.state, (made.scheduler.resumed or {})[1] or "-") }
    end
    return made.page:handle(request)
  end))
assert(sys.write_file(dir .. "/port", ("%d"):format(listening:port())))
while true do task.sleep(3600) end
