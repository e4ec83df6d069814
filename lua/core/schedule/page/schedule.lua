-- core/schedule/page/schedule.lua - the page of one schedule.
-- SPDX-License-Identifier: MIT

local html = require "core.schedule.page.html"
local json = require "host.json"
local outcome = require "core.schedule.page.outcome"
local row = require "core.schedule.row"
local view = require "core.run.view"

local e, text = html.e, html.text

local M = {}

local SLOTS <const> = 50 -- slots on one page

--- The last 30 slots of a schedule, the newest first.
function M.recent(ctx, one)
  if not one.strip then return ctx.book:slots { schedule = one.name, limit = 30 } end
  local out, n = {}, #one.strip
  for i = 1, n do out[i] = one.strip[n + 1 - i] end
  return out
end

--- The schedule of that name as the scheduler sees it, else as the store has
-- it; nil where nobody knows it.
function M.find(ctx, name)
  for _, one in ipairs(ctx:view().schedules or {}) do
    if one.name == name then return one end
  end
  local kept = ctx.book:schedule(name)
  if not kept then return nil end
  return { name = name, definition = row.try_restore(kept.definition), state = kept.state, why = kept.why, row = kept, next = {} }
end

local states = { paused = "ask", held = "ask", gone = "calm" }

--- When it is due next, as mark-up.
function M.next_of(ctx, one)
  local first = one.next and one.next[1]
  local definition = one.definition
  if one.state == "gone" then return html.soft "it is not in the file any more" end
  if definition and definition.boot then return html.soft "when the machine starts" end
  if definition and definition.enabled == false then return html.soft "never: it is not enabled" end
  if not first then return html.soft "never" end
  local at = type(first) == "table" and first.at or first
  if one.state == "paused" or one.state == "held" then
    return html.soft("would be " .. html.local_time(at, definition and definition.tz))
  end
  return html.moment(at, definition and definition.tz, ctx.now)
end

--- How a schedule stands, as a badge; "" where that is as usual.
function M.state_of(one)
  if one.definition and one.definition.enabled == false and one.state ~= "gone" then
    return e("span", { class = "state calm" }, "not enabled")
  end
  return states[one.state] and e("span", { class = "state " .. states[one.state] }, text(one.state)) or ""
end

--- What can be done to a schedule: a list of buttons.
function M.buttons_of(one)
  local out = {}
  if one.state == "gone" then return out end
  out[1] = html.button(html.path("schedules", one.name, "run"), "Run now")
  if one.state == "paused" or one.state == "held" then
    out[2] = html.button(html.path("schedules", one.name, "resume"), "Resume", "primary")
  elseif one.state == "active" then
    out[2] = html.button(html.path("schedules", one.name, "pause"), "Pause")
  end
  return out
end

-- ---- the definition ----

local OVERLAP <const> = {
  skip = "it is skipped", queue = "one waits, further ones are skipped", queue_all = "it waits; at most %d do",
  allow = "it starts beside them; at most %d do", cancel = "the earlier one is asked to stop at its next step",
}
local CATCHUP <const> = {
  one = "the latest missed one runs once, if it is younger than %s", none = "missed slots are skipped",
  all = "missed slots run one after the other, the oldest first, at most %d; then the schedule is held",
}

local function span(seconds)
  return seconds and view.span(seconds) or nil
end

-- Only which ways, not where to: an address may be a secret.
local function notices(definition)
  local shown = json.decode(definition.json or "") or {}
  local out = {}
  for i, one in ipairs(shown.notify or {}) do
    out[i] = ("%s: %s"):format(table.concat(one.channels or {}, ", "), one.on or "failure")
  end
  if shown.ping == true then out[#out + 1] = "ping" end
  return #out > 0 and table.concat(out, "; ") or nil
end

local function catchup_words(definition)
  local pattern = CATCHUP[definition.catchup] or tostring(definition.catchup)
  return pattern:format(definition.catchup == "one" and span(definition.window) or definition.catchup_max or 24)
end

local function definition_of(one)
  local definition = one.definition
  if not definition then return e("p", { class = "soft" }, "Its definition is not known any more.") end
  local words = {}
  for i, word in ipairs(definition.words or {}) do words[i] = view.quoted(tostring(word)) end
  local overlap = (OVERLAP[definition.overlap] or tostring(definition.overlap)):format(definition.overlap_max or 24)
  return html.terms {
    { "When", text(row.explain(definition)) },
    { "Written as", definition.at and html.code(definition.at) or definition.every and html.code("every " .. definition.every) },
    { "Runs", definition.run and html.code(table.concat({ definition.run, table.unpack(words) }, " ")) },
    { "Profile", definition.profile and html.code(definition.profile) },
    { "If one is under way", text(overlap) }, { "If it was missed", text(catchup_words(definition)) },
    { "Spread by up to", (definition.jitter or 0) > 0 and text(span(definition.jitter)) or nil },
    { "Time limit", text(span(definition.timeout) or "none") },
    { "Memory limit", definition.memory and text(("%d MiB"):format(definition.memory // (1024 * 1024))) },
    { "Tells", notices(definition) and text(notices(definition)) },
    { "In the file", definition.file and html.code(definition.file .. (definition.line and ":" .. definition.line or "")) },
    { "In force since", one.row and one.row.since and text(html.utc(one.row.since)) },
  }
end

local function coming(ctx, one)
  local definition, out = one.definition, {}
  local tz = definition and definition.tz
  for i, slot in ipairs(one.next or {}) do
    local at = type(slot) == "table" and slot.at or slot
    local note = type(slot) == "table" and (slot.gap and "moved, for the clock skips its time"
      or slot.overlap and "the first of two such times") or nil
    out[i] = e("li", nil, html.moment(at, tz, i == 1 and ctx.now or nil) .. (note and " " .. html.soft(note) or ""))
  end
  if #out == 0 or one.state == "gone" then
    return html.section("Next", { e("p", nil, M.next_of(ctx, one)) }, "next")
  end
  local out_of_force = (one.state == "paused" or one.state == "held") and e("p", { class = "soft" },
    text(("It is %s: these are skipped until somebody resumes it."):format(one.state)))
  return html.section("Next", { out_of_force or "", e("ol", { class = "slots" }, out) }, "next")
end

local function past(ctx, one, before)
  local definition = one.definition
  local tz = definition and definition.tz
  local slots = ctx.book:slots { schedule = one.name, before = before, limit = SLOTS + 1 }
  local behind = slots[SLOTS + 1]
  local more = behind ~= nil
  slots[SLOTS + 1] = nil
  if #slots == 0 then
    local words = before and "There are no older ones." or "No slot has passed yet."
    return html.section("Slots", { e("p", { class = "soft" }, words) }, "slots")
  end
  local here, pages = html.path("schedules", one.name), {}
  if before then pages[#pages + 1] = html.button(here .. "#slots", "Newest") end
  if more then
    -- two of one instant, by the clock and by hand: rather one twice than one not at all
    local last = slots[#slots].at + (behind.at == slots[#slots].at and 1 or 0)
    pages[#pages + 1] = html.button(html.query(here, { before = ("%d"):format(last) }) .. "#slots", "Older")
  end
  return html.section("Slots", { e("p", { class = "soft" }, text(outcome.tally(slots) .. (more and ", on this page" or ""))),
    outcome.slots(slots, { tz = tz }), #pages > 0 and e("div", { class = "actions small" }, pages) or "" }, "slots")
end

local function standing(one)
  local kept = one.row or {}
  if one.state ~= "paused" and one.state ~= "held" then return nil end
  local who = kept.actor and (" by " .. kept.actor) or ""
  local at = kept.changed and (" at " .. html.utc(kept.changed)) or ""
  return e("div", { class = "need" }, { e("p", nil, e("strong", nil, text(("It is %s%s%s."):format(one.state, who, at))) .. " "
    .. text(one.why or "")), e("p", { class = "soft" }, "Each slot that passes meanwhile is recorded as skipped.") })
end

--- The page of a schedule; nil where nobody knows it.
function M.page(ctx, name)
  local one = M.find(ctx, name)
  if not one then return nil end
  one.row = one.row or ctx.book:schedule(name)
  local before = math.tointeger(tonumber(ctx.query.before))
  local definition = one.definition
  local body = {
    e("p", { class = "trail" }, html.link("/", "Overview")),
    e("h1", nil, text(name) .. " " .. M.state_of(one)),
    definition and definition.doc and e("p", { class = "outcome" }, text(definition.doc)) or "",
    definition and e("p", nil, text(row.explain(definition))) or "",
    standing(one) or "",
    outcome.strip(M.recent(ctx, one), definition and definition.tz), outcome.legend(),
    e("div", { class = "actions" }, M.buttons_of(one)),
    coming(ctx, one), past(ctx, one, before),
    html.section("Definition", { definition_of(one) }, "definition"),
  }
  return html.page(ctx, { title = name, body = body })
end

return M
