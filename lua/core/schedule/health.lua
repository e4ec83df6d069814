-- core/schedule/health.lua - how the daemon is, for machines that ask.
-- SPDX-License-Identifier: MIT
--
-- "ok" and "degraded" are 200: slots are fired. Everything else is 503, for
-- somebody should look before slots are missed.

local json = require "host.json"
local sys = require "host.sys"

local M = {}

local LATE = 90 -- seconds that a slot may be due without a row

local function add(list, text, ...)
  list[#list + 1] = text:format(...)
end

--- What is wrong: a word, and a list of sentences.
-- facts: ready, stopping, view (of the scheduler), tick_error, tick_failed_since, file, file_error, loaded, store, overdue,
-- waiting, children, jobs, ticked, now, log_error
function M.judge(facts)
  local bad, poor = {}, {}
  local clock = facts.view and facts.view.clock
  if facts.stopping then add(bad, "the daemon is being stopped") end
  if not facts.ready and not facts.stopping then add(bad, "the daemon is starting") end
  if facts.tick_error then add(bad, "slots cannot be fired: %s", facts.tick_error) end
  if clock and not clock.ok then add(bad, "nothing is fired: %s", clock.why or "the clock cannot be believed") end
  local late = facts.view and facts.view.overdue
  if late and facts.ready and not facts.stopping and (not clock or clock.ok) and facts.now - late > LATE then
    add(bad, "slots that were due since %s have not been looked at", sys.utc(late))
  end
  if facts.file_error then add(poor, "the schedule file was refused, and the one before is in force: %s", facts.file_error) end
  if (facts.overdue or 0) > 0 then
    add(poor, "%d slot%s for a minute or longer", facts.overdue, facts.overdue == 1 and " waits" or "s wait")
  end
  if (facts.waiting or 0) > 0 then
    add(poor, "%d run%s for somebody", facts.waiting, facts.waiting == 1 and " waits" or "s wait")
  end
  local word = facts.stopping and "stopping" or not facts.ready and not facts.tick_error and "starting"
    or #bad > 0 and "failing" or #poor > 0 and "degraded" or "ok"
  return word, table.move(poor, 1, #poor, #bad + 1, bad)
end

--- Whether slots are fired, and the answer to GET /health as text.
function M.report(facts)
  local word, why = M.judge(facts)
  local view = facts.view or {}
  local counts = { schedules = #(view.schedules or {}) }
  for _, schedule in ipairs(view.schedules or {}) do counts[schedule.state] = (counts[schedule.state] or 0) + 1 end
  local clock = view.clock or { ok = true }
  local function utc(at) return at and sys.utc(at) or json.null end
  local body = json.object {
    status = word, why = json.array(why), now = utc(facts.now), pid = facts.process and facts.process.pid or json.null,
    version = facts.version,
    clock = json.object { ok = clock.ok and true or false, why = clock.why },
    file = json.object { path = facts.file, loaded = utc(facts.loaded), error = facts.file_error },
    store = json.object { path = facts.store, ok = not facts.tick_error, error = facts.tick_error,
      last_tick = utc(facts.ticked) },
    schedules = json.object(counts), children = facts.children or 0, jobs = facts.jobs, overdue = facts.overdue or 0,
    waiting = facts.waiting or 0, notices_waiting = facts.outbox or 0,
  }
  return word == "ok" or word == "degraded", json.encode(body, 2) .. "\n"
end

--- What answers requests: GET /health and GET /metrics.
-- @tparam function facts gives what M.judge wants
-- @tparam table metrics of core.schedule.metrics
function M.handler(facts, metrics)
  local plain = { ["Content-Type"] = "text/plain; charset=utf-8", ["Cache-Control"] = "no-store" }
  return function(request)
    if request.method ~= "GET" and request.method ~= "HEAD" then
      return { status = 405, headers = { Allow = "GET, HEAD", ["Content-Type"] = "text/plain" }, body = "GET only\n" }
    end
    if request.path == "/health" then
      local healthy, body = M.report(facts())
      return { status = healthy and 200 or 503, body = body,
        headers = { ["Content-Type"] = "application/json", ["Cache-Control"] = "no-store" } }
    elseif request.path == "/metrics" then
      local given = facts()
      given.healthy = M.report(given)
      return { status = 200, body = metrics:text(given), headers = {
        ["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8", ["Cache-Control"] = "no-store" } }
    end
    return { status = 404, headers = plain, body = "there are /health and /metrics\n" }
  end
end

return M
