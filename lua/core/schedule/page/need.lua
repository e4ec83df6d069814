-- core/schedule/page/need.lua - runs that wait for somebody, and what can be done about each.
-- SPDX-License-Identifier: MIT

local html = require "core.schedule.page.html"
local report = require "core.run.report"
local view = require "core.run.view"

local e, text = html.e, html.text

local M = {}

-- the worst first
local ORDER <const> = { in_doubt = 1, diverged = 2, stalled = 3, held = 4, waiting = 5 }

--- Runs that wait for somebody, the worst and then the oldest first.
-- @tparam table J the journal
function M.runs(J)
  local out = {}
  for _, run in ipairs(J:runs { live = true, limit = 1000 }) do
    if ORDER[run.state] then out[#out + 1] = run end
  end
  table.sort(out, function(a, b)
    if a.state ~= b.state then return ORDER[a.state] < ORDER[b.state] end
    if a.created ~= b.created then return a.created < b.created end
    return a.id < b.id
  end)
  return out
end

local function to(run, what, step)
  return html.query(html.path("runs", run.id, what), { step = step })
end

--- What can be done to the whole run: mark-up of buttons, a list.
-- @tparam table run of core.run.view
function M.buttons(run)
  local out, doubt = {}, false
  for _, step in ipairs(run.steps) do doubt = doubt or step.doubt ~= nil end
  if not run.live then return out end
  local undoing = run.state == "undoing" or run.undo_failed
  if not run.process and not undoing and run.state ~= "waiting" and run.state ~= "sleeping" then
    out[#out + 1] = html.button(to(run, "resume"), "Resume", not doubt and "primary" or nil)
  end
  if run.process or not doubt and not undoing then out[#out + 1] = html.button(to(run, "cancel"), "Cancel run") end
  return out
end

-- The steps that wait for somebody: what each wants to know.
local function questions(run)
  local out = {}
  for _, step in ipairs(run.steps) do
    if step.doubt then
      out[#out + 1] = e("li", nil, { e("div", nil, e("strong", nil, text(step.step)) .. " "
        .. html.soft(step.operation or step.kind) .. e("br") .. text(step.doubt.why) .. "."),
        e("div", { class = "actions small" }, html.button(to(run, "settle", step.step), "Settle", "primary")) })
    elseif step.state == "waiting" and step.kind == "approval" then
      out[#out + 1] = e("li", nil, {
        e("div", nil, e("strong", nil, text(step.step)) .. e("br") .. text(step.ask or "Shall it go on?")),
        e("div", { class = "actions small" }, { html.button(to(run, "approve", step.step), "Approve", "primary"),
          html.button(to(run, "reject", step.step), "Reject") }) })
    end
  end
  return #out > 0 and e("ul", { class = "questions" }, out) or ""
end

--- What somebody types instead, folded away.
function M.commands(run)
  if #run.next == 0 then return "" end
  return e("details", nil, { e("summary", nil, "In a terminal"), e("pre", nil, text(table.concat(run.next, "\n"))) })
end

local ADVICE <const> = {
  in_doubt = "Look in the service whether it happened, then settle it. Nothing is sent again before.",
  diverged = "The script goes another way than when it began. See the run; errand runs abandon ends it.",
  stalled = "It is tried again every 5 minutes. Make room, or resume it when the cause is gone.",
  held = "See why, put it right where it lies, then resume; or cancel the run.",
  waiting = "Answer, and the run goes on.",
}

--- A card about one run.
-- @tparam table ctx
-- @tparam table run of core.run.view
-- @tparam ?table slot its slot
function M.card(ctx, run, slot)
  local name = ("%s %s"):format(run.workflow, run.key)
  local since = run.began and html.from_now(run.began, ctx.now)
  local asked = questions(run)
  return e("article", { class = "need" }, {
    e("div", { class = "head" }, { e("h3", nil, html.link(html.path("runs", run.id), name)), report.badge(run.state),
      slot and e("span", { class = "soft" }, "of " .. html.link(html.path("schedules", slot.schedule), slot.schedule)) or "",
      since and e("span", { class = "time" }, text("begun " .. since)) or "" }),
    asked == "" and e("p", nil, text(run.outcome)) or "",
    e("p", { class = asked == "" and "soft" or nil }, text(ADVICE[run.state] or "")),
    asked,
    e("div", { class = "actions small" }, M.buttons(run)),
  })
end

--- A run as core.run.view has it, with all there is where that is little.
-- @tparam table ctx journal
-- @tparam table row of the journal
function M.view(ctx, row, full)
  local seen = view.of(ctx.journal, row, { full = full, process = require("core.run.acts").holder(row) })
  seen.began = row.started or row.created
  return seen
end

return M
