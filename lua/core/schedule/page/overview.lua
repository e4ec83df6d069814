-- core/schedule/page/overview.lua - the first page: is all well, and what is to be done.
-- SPDX-License-Identifier: MIT

local html = require "core.schedule.page.html"
local need = require "core.schedule.page.need"
local outcome = require "core.schedule.page.outcome"
local row = require "core.schedule.row"
local schedule = require "core.schedule.page.schedule"
local view = require "core.run.view"

local e, text = html.e, html.text

local M = {}

local REFRESH <const> = 15   -- seconds
local CARDS <const> = 20     -- runs that are told of in full
local LATEST <const> = 12    -- slots at the end of the page

-- ---- is all well ----

-- How the daemon is, as it says itself (core.schedule.daemon), else as far as
-- the scheduler knows.
local function facts_of(ctx, seen)
  local set = seen.set or {}
  return ctx.facts or { ready = seen.ready, file_error = set.error, file = set.file, loaded = set.loaded }
end

-- What is wrong with the daemon itself: a list of sentences.
local function troubles(seen, facts)
  local out = {}
  if facts.stopping then out[#out + 1] = "It is about to end, so nothing starts any more." end
  if not facts.stopping and facts.ready == false then
    out[#out + 1] = "It looks at what was under way when it ended last; nothing starts before."
  end
  if facts.tick_error then out[#out + 1] = ("What is due could not be done and is tried again: %s"):format(facts.tick_error) end
  if seen.clock and seen.clock.ok == false then
    local why = tostring(seen.clock.why or "no reason is known"):gsub("%.$", "")
    out[#out + 1] = ("The clock cannot be trusted, so nothing starts: %s."):format(why)
  end
  if facts.file_error then
    out[#out + 1] = ("The schedule file was changed and has mistakes, so the one before stays in force: %s"):format(
      tostring(facts.file_error))
  end
  if (facts.overdue or 0) > 0 then
    out[#out + 1] = facts.overdue == 1 and "1 slot has waited for a minute or longer."
      or ("%d slots have waited for a minute or longer."):format(facts.overdue)
  end
  return out
end

local function waiting_words(runs, held)
  local parts = {}
  if runs > 0 then parts[#parts + 1] = ("%s for somebody"):format(runs == 1 and "1 run waits" or runs .. " runs wait") end
  if held > 0 then parts[#parts + 1] = held == 1 and "1 schedule is held" or held .. " schedules are held" end
  return table.concat(parts, ", ") .. "."
end

-- Schedules whose newest slot that ended did so badly.
local function ended_badly(ctx, seen)
  local out = {}
  for _, one in ipairs(seen.schedules or {}) do
    for _, slot in ipairs(schedule.recent(ctx, one)) do
      if slot.state == "ended" then
        if outcome.is_bad(slot) then out[#out + 1] = slot end
        break
      end
    end
  end
  return out
end

local function bad_item(slot)
  return e("li", nil, html.link(html.path("schedules", slot.schedule), slot.schedule) .. ": " .. outcome.badge(slot) .. " "
    .. html.link(html.path("slots", slot.id), "see why"))
end

local function health(wrong, runs, held, bad)
  local tone, sign, words = "good", "\u{2713}", "All is well."
  if #wrong > 0 then
    tone, sign, words = "bad", "\u{2717}", #wrong == 1 and "Something is wrong." or #wrong .. " things are wrong."
  elseif runs + held > 0 then
    tone, sign, words = "ask", "!", waiting_words(runs, held)
  elseif #bad > 0 then
    tone, sign, words = "ask", "!", #bad == 1 and "The last run of 1 schedule went wrong."
      or ("The last runs of %d schedules went wrong."):format(#bad)
  end
  local items = {}
  for i, one in ipairs(wrong) do items[i] = e("li", nil, text(one)) end
  for _, slot in ipairs(bad) do items[#items + 1] = bad_item(slot) end
  if #wrong > 0 and runs + held > 0 then items[#items + 1] = e("li", nil, text(waiting_words(runs, held))) end
  return e("div", { class = "health " .. tone, role = "status" }, {
    e("span", { class = "sign", ["aria-hidden"] = "true" }, sign), e("p", nil, e("strong", nil, text(words))),
    #items > 0 and e("ul", nil, items) or "" })
end

local function clock_words(clock)
  if not clock then return nil end
  if clock.ok == false then return text("not trusted" .. (clock.why and ": " .. clock.why or "")) end
  return text(clock.why or "trusted")
end

local function facts_list(ctx, seen, facts)
  local loaded = facts.loaded and " " .. html.soft("read " .. html.from_now(facts.loaded, ctx.now)) or ""
  return e("div", { class = "facts" }, html.terms {
    { "Clock", clock_words(seen.clock) }, { "Now", e("time", { datetime = view.iso(ctx.now) }, text(html.utc(ctx.now))) },
    { "Schedule file", facts.file and html.code(facts.file) .. loaded } })
end

-- ---- what waits for somebody ----

local function held_card(one)
  return e("article", { class = "need" }, {
    e("div", { class = "head" }, { e("h3", nil, html.link(html.path("schedules", one.name), one.name)),
      e("span", { class = "state ask" }, "held") }),
    e("p", nil, text(one.why or "No reason is known.")),
    e("p", { class = "soft" }, "Its slots are skipped until somebody resumes it."),
    e("div", { class = "actions small" },
      { html.button(html.path("schedules", one.name, "resume"), "Resume schedule", "primary") }),
  })
end

local function waiting(ctx, runs, held)
  if #runs + #held == 0 then return nil end
  local out = {}
  for i = 1, math.min(#runs, CARDS) do
    out[#out + 1] = need.card(ctx, need.view(ctx, runs[i]), ctx.book:of_run(runs[i].id))
  end
  for _, one in ipairs(held) do out[#out + 1] = held_card(one) end
  if #runs > CARDS then
    out[#out + 1] = e("p", nil, html.link("/runs", ("%d more"):format(#runs - CARDS)))
  end
  return html.section("Waits for somebody", out, "waits")
end

-- ---- what runs ----

local busy = { running = true, ready = true, undoing = true, sleeping = true }

local function running(ctx, by_name)
  local rows = {}
  for _, slot in ipairs(ctx.book:open()) do
    if slot.state ~= "due" and (not slot.run_state or busy[slot.run_state]) then
      local definition = by_name[slot.schedule] and by_name[slot.schedule].definition
      rows[#rows + 1] = {
        html.link(html.path("schedules", slot.schedule), slot.schedule),
        html.link(html.path("slots", slot.id), html.local_time(slot.at, definition and definition.tz)), outcome.badge(slot),
        slot.started and text(html.from_now(slot.started, ctx.now)) or "",
        slot.run_state and html.link(html.path("runs", slot.run), slot.run) or "",
      }
    end
  end
  if #rows == 0 then return nil end
  return html.section("Under way", { html.table({ "Schedule", "!Slot", "State", "Begun", "!Run" }, rows) }, "running")
end

-- ---- schedules ----

-- Schedules that the file does not have any more, for their slots are still there.
local function gone(ctx)
  local names = {}
  for name, kept in pairs(ctx.book:schedules()) do
    if kept.state == "gone" then names[#names + 1] = name end
  end
  if #names == 0 then return "" end
  table.sort(names)
  for i, name in ipairs(names) do names[i] = html.link(html.path("schedules", name), name) end
  return e("p", { class = "soft" }, "Not in the file any more: " .. table.concat(names, ", "))
end

local function schedules(ctx, seen)
  local rows = {}
  for _, one in ipairs(seen.schedules or {}) do
    local definition = one.definition
    local slots = schedule.recent(ctx, one)
    local words = definition and row.explain(definition) or ""
    local state = schedule.state_of(one)
    local why = (one.state == "paused" or one.state == "held") and one.why
    rows[#rows + 1] = {
      e("h3", nil, html.link(html.path("schedules", one.name), one.name) .. (state ~= "" and " " .. state or ""))
        .. html.soft(why or words),
      schedule.next_of(ctx, one), outcome.strip(slots, definition and definition.tz),
      e("div", { class = "actions small" }, schedule.buttons_of(one)),
    }
  end
  if #rows == 0 then
    -- a set that the clock or the store keeps from coming into force; a file without any is refused
    return html.section("Schedules", { e("p", { class = "soft" }, "The file was read, and its schedules are not in force yet.") },
      "schedules")
  end
  return html.section("Schedules", { html.table({ "Schedule", "!Next", "Last 30 slots", "" }, rows, "schedules"),
    outcome.legend(), gone(ctx) }, "schedules")
end

local function latest(ctx, by_name)
  local slots = ctx.book:slots { limit = LATEST }
  if #slots == 0 then return nil end
  return html.section("Latest", { outcome.slots(slots, { named = true, tz_of = function(name)
    return by_name[name] and by_name[name].definition and by_name[name].definition.tz
  end }) }, "latest")
end

--- The overview.
-- @tparam table ctx
function M.page(ctx)
  local seen = ctx:view()
  local facts = facts_of(ctx, seen)
  local runs, held, by_name = need.runs(ctx.journal), {}, {}
  for _, one in ipairs(seen.schedules or {}) do
    by_name[one.name] = one
    if one.state == "held" then held[#held + 1] = one end
  end
  local body = { e("h1", nil, "Schedules on " .. text(ctx.host)),
    health(troubles(seen, facts), #runs, #held, ended_badly(ctx, seen)), facts_list(ctx, seen, facts) }
  for _, part in ipairs { waiting(ctx, runs, held) or false, running(ctx, by_name) or false, schedules(ctx, seen),
    latest(ctx, by_name) or false } do
    if part then body[#body + 1] = part end
  end
  return html.page(ctx, { title = #runs + #held > 0 and ("(%d) Overview"):format(#runs + #held) or "Overview", body = body,
    here = "overview", refresh = REFRESH })
end

return M
