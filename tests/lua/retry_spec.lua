-- retry_spec.lua - what is sent again, what waits, and what the errors say.
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local limits = require "core.limits"
local task = require "host.task"

local service = acme.service()
require("host.err").log_level "warn" -- notices of retries

local function busy(headers)
  return acme.reply(503, { error = { message = "busy" } }, headers)
end

t.describe("a call that fails for a while", function()
  t.it("is sent again, if it is a read or a repeatable write", function()
    acme.serve { busy(), acme.ok { id = 1 } }
    local data, reply = service.things.get "a"
    t.eq({ data.id, reply.attempts }, { 1, 2 })
    acme.serve { busy { ["Retry-After"] = "0" }, acme.ok { id = 1 } }
    t.eq(service.things.update("a", { name = "n" }).id, 1)
    t.eq(#acme.calls, 2)
  end)

  t.it("is sent once, if it makes or sends something", function()
    acme.serve { busy() }
    local err = t.raises(function() service.things.create { name = "n" } end, "HTTP 503: busy")
    t.eq({ err.kind, err.attempts, #acme.calls }, { "in_doubt", 1, 1 })
  end)

  t.it("tells how often it was sent and where the time went", function()
    acme.serve(function() return busy { ["Retry-After"] = "0" } end)
    local err = t.raises(function() service.things.get "a" end, "HTTP 503: busy")
    t.eq({ err.attempts, #acme.calls }, { 4, 4 })
    local told = "; gave up after 4 attempts in %d+%.%d s %(%d+%.%d s of it between them%): more are not made %(setting 'retry'%)$"
    t.ok(err.message:find(told), err.message)
    t.ok(err.seconds > 0 and err.retryable)
  end)

  t.it("is sent as often as the call says", function()
    acme.serve(function() return busy { ["Retry-After"] = "0" } end)
    t.eq(t.raises(function() service.things.get("a", {}, { retry = 1 }) end).attempts, 2)
    local err = t.raises(function() service.things.get("a", {}, { retry = 0 }) end)
    t.eq({ err.attempts, err.message }, { 1, "HTTP 503: busy" })
  end)

  t.it("is given up at once where the server asks for more time than it has", function()
    acme.serve(function() return busy { ["Retry-After"] = "3600" } end)
    local err = t.raises(function() service.things.get "a" end, "no time for another (setting 'timeout')")
    t.eq({ err.attempts, err.retry_after }, { 1, 3600 })
    acme.serve(function() return busy { ["Retry-After"] = "Fri, 31 Dec 2100 23:59:59 GMT" } end)
    t.eq(t.raises(function() service.things.get "a" end).attempts, 1)
    acme.serve { busy { ["Retry-After"] = "Fri, 31 Dec 1999 23:59:59 GMT" }, acme.ok {} }
    service.things.get "a"
  end)
end)

t.describe("a 429", function()
  t.it("keeps every call back until it is over", function()
    acme.serve { acme.reply(429, {}, { ["Retry-After"] = "1" }), acme.ok { id = 1 }, acme.ok { id = 2 } }
    local began = task.now()
    local first = spawn(service.things.get, "a")
    while #acme.calls == 0 do sleep(0.001) end
    sleep(0.05)
    local err = t.raises(function() service.things.create({ name = "n" }, { timeout = 0.1 }) end, "nothing was sent")
    t.eq({ err.kind, #acme.calls }, { "rate_limited", 1 })
    local made = service.things.create { name = "n" }
    first:join()
    t.ok(task.now() - began >= 1)
    t.ok(made.id == 1 or made.id == 2)
    t.eq(#acme.calls, 3)
  end)

  t.it("on a create is a refusal, not a doubt", function()
    acme.serve { acme.reply(429, {}, { ["Retry-After"] = "0" }) }
    local err = t.raises(function() service.things.create { name = "n" } end)
    t.eq({ err.kind, #acme.calls }, { "rate_limited", 1 })
  end)
end)

t.describe("the limits of a service", function()
  local catalogue = { rate = { requests = 30, seconds = 1, concurrency = 8, block = 600 } }

  t.it("come from the catalogue or the profile", function()
    t.eq(limits.of(catalogue, {}, false), { rate_requests = 30, rate_seconds = 1, rate_block = 600, concurrency = 8 })
    t.eq(limits.of(catalogue, { rate = "100/10s", concurrency = 2 }, false),
      { rate_requests = 100, rate_seconds = 10, rate_block = 600, concurrency = 2 })
    t.eq(limits.of(catalogue, { rate = "5/m" }, false).rate_seconds, 60)
    t.eq(limits.of(catalogue, { rate = "none", concurrency = 0 }, false).rate_requests, 0)
    t.eq(limits.of({}, {}, false), { rate_requests = 0 })
  end)

  t.it("must be above nothing", function()
    for _, rate in ipairs { "0/s", "5/0s", "9999999/s" } do
      t.raises(function() limits.of({ name = "acme" }, { rate = rate }, false) end, "got '" .. rate .. "'")
    end
  end)

  t.it("do not hold in the sandbox, but for those that are set", function()
    t.eq(limits.of(catalogue, {}, true), { rate_requests = 0, rate_block = 600 })
    t.eq(limits.of(catalogue, { rate = "7/s" }, true).rate_requests, 7)
  end)

  t.it("can be told", function()
    t.eq(limits.describe(limits.of(catalogue, {}, false)), "at most 30/s, 8 calls at once")
    t.eq(limits.describe(limits.of(catalogue, { rate = "100/10s", concurrency = 0 }, false)), "at most 100/10s")
    t.eq(limits.describe(limits.of({ rate = { requests = 5 } }, {}, false)), "at most 5/s")
    t.eq(limits.describe(limits.of({}, {}, false)), "no limit")
  end)
end)

t.describe("a create that is cut short", function()
  t.it("while it waits for its turn has done nothing", function()
    acme.serve { acme.reply(429, {}, { ["Retry-After"] = "1" }), acme.ok {}, acme.ok {} }
    local first = spawn(service.things.get, "a")
    while #acme.calls == 0 do sleep(0.001) end
    sleep(0.05)
    local err = t.raises(function() deadline(0.05, service.things.create, { name = "n" }) end, "before the call was sent")
    t.eq({ err.kind, err.retryable, #acme.calls }, { "timeout", true, 1 })
    first:join()
  end)

  t.it("while it is under way is in doubt", function()
    acme.serve(function()
      sleep(0.3)
      return acme.ok {}
    end)
    local err = t.raises(function() deadline(0.1, service.things.create, { name = "n" }) end, "look before repeating it")
    t.eq({ err.kind, #acme.calls }, { "in_doubt", 1 })
  end)
end)
