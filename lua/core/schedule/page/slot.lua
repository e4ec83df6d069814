-- core/schedule/page/slot.lua - the page of one slot, and what it printed.
-- SPDX-License-Identifier: MIT

local forecast = require "core.schedule.forecast"
local html = require "core.schedule.page.html"
local outcome = require "core.schedule.page.outcome"
local schedule = require "core.schedule.page.schedule"
local sys = require "host.sys"
local view = require "core.run.view"

local e, text = html.e, html.text

local M = {}

local FILE_MAX <const> = 2 * 1024 * 1024 -- bytes of a log that are read; supervised ones have less
local TAIL_LINES <const>, TAIL_BYTES <const> = 200, 64 * 1024
local REFRESH <const> = 5

--- The log of an attempt, redacted; nil where there is none.
-- @tparam table ctx logs: the folder, nil where none are kept
function M.log(ctx, slot, attempt)
  if not ctx.logs then return nil end
  local path = ("%s/%d-%d.log"):format(ctx.logs, slot.id, attempt)
  if not sys.exists(path) then return nil end
  local content, err = sys.read_file(path, FILE_MAX)
  if not content then return nil, tostring(err.message or err) end
  return require("host.err").redact(content)
end

-- The end of it, whole lines; how many lines are above.
local function tail(content)
  local at, lines = #content, 0
  if content:sub(-1) == "\n" then at = at - 1 end
  local from = 1
  while at > 0 do
    if content:byte(at) == 10 then
      lines = lines + 1
      if lines == TAIL_LINES or #content - at > TAIL_BYTES then
        from = at + 1
        break
      end
    end
    at = at - 1
  end
  if #content - from > 2 * TAIL_BYTES then from = #content - 2 * TAIL_BYTES + 1 end
  local _, above = content:sub(1, from - 1):gsub("\n", "")
  return content:sub(from), above
end

-- Without the sequences that colour a terminal; a line that is no UTF-8 must
-- not spoil the others.
local function plain(content)
  content = content:gsub("\27%[[%d;:?]*%a", ""):gsub("\r\n", "\n")
  if utf8.len(content) then return content end
  return (content:gsub("[^\n]+", function(line) return not utf8.len(line) and line:gsub("[\x80-\xff]", "\u{FFFD}") or nil end))
end

local function attempts(slot, chosen)
  if slot.attempt < 2 then return "" end
  local links = {}
  for n = 1, slot.attempt do
    links[n] = html.link(html.query(html.path("slots", slot.id), { attempt = n }) .. "#log", ("Attempt %d"):format(n),
      { ["aria-current"] = n == chosen and "true" or nil })
  end
  return e("p", nil, table.concat(links, " "))
end

local function log_section(ctx, slot)
  local n = math.tointeger(tonumber(ctx.query.attempt)) or slot.attempt
  n = math.max(1, math.min(n, slot.attempt))
  if slot.attempt == 0 then return "" end
  local content, why = M.log(ctx, slot, n)
  local out = { attempts(slot, n) }
  if not content then
    out[#out + 1] = e("p", { class = "soft" }, text(why or "There is no log: it printed to a terminal, or the log was removed."))
  elseif content == "" then
    out[#out + 1] = e("p", { class = "soft" }, "It has printed nothing.")
  else
    local last, above = tail(content)
    local whole = html.query(html.path("slots", slot.id, "log"), { attempt = n })
    local words = above > 0 and ("The last lines; %d above are in the whole log."):format(above) or "All that it printed."
    out[#out + 1] = e("p", { class = "soft" }, text(words) .. " "
      .. html.link(whole, "Plain text", { download = ("slot-%d-%d.log"):format(slot.id, n) }))
    out[#out + 1] = e("pre", { class = "log", tabindex = "0", ["aria-label"] = "Log" }, "\n" .. text(plain(last)))
  end
  return html.section("Log", out, "log")
end

local function size(bytes)
  if not bytes then return nil end
  if bytes < 10 * 1024 then return ("%d bytes"):format(bytes) end
  return bytes < 10 * 1024 * 1024 and ("%d KiB"):format(bytes // 1024) or ("%d MiB"):format(bytes // (1024 * 1024))
end

local kinds = { slot = "by the schedule", hand = "by hand", boot = "at a start of the machine" }

local function clock_change(slot)
  local flags = slot.flags or ""
  if flags:find "gap" then
    local skipped = {}
    for time in (slot.times or ""):gmatch "[^,]+" do skipped[#skipped + 1] = time end
    local which = skipped[1] and " (" .. forecast.times(skipped, slot.collapsed) .. ")" or ""
    return text(((slot.collapsed or 0) > 1 and ("the clock skipped %d of its times%s; this is the first instant behind them")
      or "the clock skipped %d time of it%s; this is the first instant behind it"):format(slot.collapsed or 1, which))
  end
  return flags:find "overlap" and text "the clock showed its time twice; this is the first" or nil
end

local function moment(at)
  return at and text(html.utc(at)) or nil
end

local function facts(slot, tz)
  local late = slot.started and slot.started - slot.due
  return html.terms {
    { "Schedule", html.link(html.path("schedules", slot.schedule), slot.schedule) },
    { "Due", html.moment(slot.at, tz) }, { "Made", text(kinds[slot.kind] or slot.kind) },
    { "By", slot.actor and text(slot.actor) }, { "Why", outcome.why(slot) ~= "" and outcome.why(slot) or nil },
    { "Begun", slot.started and text(html.utc(slot.started)
      .. (late and late >= 1 and (", %s after it was due"):format(view.span(late)) or "")) },
    { "Ended", moment(slot.ended) }, { "Took", slot.seconds and text(view.span(slot.seconds)) },
    { "Run", slot.run and slot.run_state and html.link(html.path("runs", slot.run), slot.run) },
    { "Stands for", (slot.covers or 1) > 1 and text(("%d slots"):format(slot.covers)) }, { "Clock change", clock_change(slot) },
    { "Made up for", slot.catchup == 1 and text "it was missed, and run later" or nil },
    { "Attempts", (slot.attempt or 0) > 1 and text(slot.attempt) }, { "Memory", slot.peak and text(size(slot.peak)) },
    { "Printed", slot.output and text(size(slot.output)
      .. ((slot.dropped or 0) > 0 and (", of which %s are not kept"):format(size(slot.dropped)) or "")) },
  }
end

--- The page of a slot; nil where there is none of that number.
function M.page(ctx, id)
  local slot = ctx.book:slot(id)
  if not slot then return nil end
  local one = schedule.find(ctx, slot.schedule)
  local tz = one and one.definition and one.definition.tz
  local open = slot.state ~= "ended" and slot.state ~= "skipped"
  local body = {
    e("p", { class = "trail" }, html.link("/", "Overview") .. " / "
      .. html.link(html.path("schedules", slot.schedule), slot.schedule)),
    e("h1", nil, text(html.local_time(slot.at, tz)) .. " " .. outcome.badge(slot)), facts(slot, tz),
    log_section(ctx, slot),
  }
  return html.page(ctx, { title = ("%s, %s"):format(slot.schedule, html.local_time(slot.at, tz)), body = body,
    refresh = open and REFRESH or nil })
end

return M
