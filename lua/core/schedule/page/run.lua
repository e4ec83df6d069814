-- core/schedule/page/run.lua - the page of one run, and the list of runs.
-- SPDX-License-Identifier: MIT

local html = require "core.schedule.page.html"
local json = require "host.json"
local need = require "core.schedule.page.need"
local report = require "core.run.report"
local view = require "core.run.view"

local e, text = html.e, html.text

local M = {}

local REFRESH <const> = 10
local STEPS <const> = 500      -- steps that one page shows
local IN_FULL <const> = 200    -- steps up to which attempts and values are shown
local LISTED <const> = 100

-- ---- what is in doubt ----

local function evidence_of_tries(step)
  local out = {}
  for _, try in ipairs(step.tries or {}) do
    local parts = { ("Attempt %d at %s: %s"):format(try.n, try.at, (try.outcome:gsub("_", " "))) }
    if try.status and try.status > 0 then parts[#parts + 1] = "HTTP " .. try.status end
    if try.request_id then parts[#parts + 1] = "request " .. try.request_id end
    if try.message then parts[#parts + 1] = try.message end
    out[#out + 1] = e("li", nil, text(table.concat(parts, ", ")))
  end
  return out
end

-- What the look-ups showed that are recorded for a step.
local function looks(ctx, run, path, out)
  for _, event in ipairs(ctx.journal:events(run.id)) do
    if event.type == "look" and event.path == path then
      local data = view.decode(event.data) or {}
      local found = data.found ~= nil and data.found ~= json.null
      out[#out + 1] = e("li", nil, text(("Looked up at %s: %s"):format(event.at,
        found and "found " .. tostring(data.found) or "nothing there")))
    end
  end
end

--- What is known of a step in doubt, as a list; "" where there is nothing.
function M.evidence(ctx, run, step)
  local out = evidence_of_tries(step)
  if step.before ~= nil then
    out[#out + 1] = e("li", nil, "There before it began: " .. html.code(json.encode(step.before) or tostring(step.before)))
  end
  looks(ctx, run, step.step, out)
  return #out > 0 and e("ul", nil, out) or ""
end

local function doubts(ctx, run)
  local out = {}
  for _, step in ipairs(run.steps) do
    if step.doubt then
      local settle = html.query(html.path("runs", run.id, "settle"), { step = step.step })
      out[#out + 1] = e("div", { class = "doubt" }, {
        e("p", nil, e("strong", nil, text(step.step)) .. " " .. html.code(step.operation or step.kind)),
        e("p", nil, text(step.doubt.why) .. "."), M.evidence(ctx, run, step),
        e("p", { class = "soft" }, "Look in the service whether it happened. Nothing is sent again before somebody or a look-up "
          .. "has said."),
        e("div", { class = "actions small" }, { html.button(settle, "Settle", "primary") }),
      })
    end
  end
  return #out > 0 and html.section("In doubt", out, "doubt") or ""
end

local function approvals(run)
  local out = {}
  for _, step in ipairs(run.steps) do
    if step.kind == "approval" and step.state == "waiting" then
      local function to(what) return html.query(html.path("runs", run.id, what), { step = step.step }) end
      out[#out + 1] = e("div", { class = "doubt" }, { e("p", nil, e("strong", nil, text(step.step))),
        e("p", nil, text(step.ask or "Shall it go on?")),
        step.wake_at and e("p", { class = "soft" }, text("To be answered by " .. step.wake_at)) or "",
        e("div", { class = "actions small" }, { html.button(to "approve", "Approve", "primary"),
          html.button(to "reject", "Reject") }) })
    end
  end
  return #out > 0 and html.section("Asks for approval", out, "asks") or ""
end

-- ---- the page ----

local function wanted(run)
  if not run.wanted then return "" end
  return e("p", nil, text(("%s wants it to %s%s."):format(run.wanted.actor or "Somebody", run.wanted.what,
    run.wanted.reason and ": " .. run.wanted.reason or "")))
end

-- A run of thousands of steps would make a page that nobody can open.
local function shortened(run)
  local left = #run.steps - STEPS
  if left <= 0 then return "" end
  local kept, doubtful = json.array {}, 0
  for i, step in ipairs(run.steps) do
    if i > left or step.doubt then
      kept[#kept + 1] = step
      if i <= left then doubtful = doubtful + 1 end
    end
  end
  run.steps = kept
  return e("p", { class = "soft" }, text(("%d steps before are left out here; errand runs show %s has them.")
    :format(left - doubtful, run.id)))
end

local function slot_time(ctx, slot)
  local one = require("core.schedule.page.schedule").find(ctx, slot.schedule)
  return html.local_time(slot.at, one and one.definition and one.definition.tz)
end

--- The run of that id as core.run.view has it, nil if there is none.
function M.find(ctx, id)
  if not id:find "^r%-[%w]+$" then return nil end
  local row = ctx.journal:run(id)
  if not row then return nil end
  return need.view(ctx, row, (row.done_count or 0) <= IN_FULL), row
end

--- The page of a run; nil where there is none.
function M.page(ctx, id)
  local run = M.find(ctx, id)
  if not run then return nil end
  local slot = ctx.book:of_run(id)
  local buttons = need.buttons(run)
  local doubt, asks, left = doubts(ctx, run), approvals(run), shortened(run)
  local parts = {
    e("p", { class = "trail" }, html.link("/", "Overview") .. " / " .. html.link("/runs", "Runs")
      .. (slot and " / " .. html.link(html.path("schedules", slot.schedule), slot.schedule) or "")),
    e("h1", nil, text(run.workflow) .. " " .. report.badge(run.state)),
    e("p", { class = "outcome" }, text(run.outcome)), wanted(run),
    #buttons > 0 and e("div", { class = "actions" }, buttons) or "", need.commands(run),
    doubt, asks, report.facts(run),
    slot and e("p", nil, "It belongs to the slot " .. html.link(html.path("slots", slot.id), slot_time(ctx, slot)) .. " of "
      .. html.link(html.path("schedules", slot.schedule), slot.schedule) .. ", where its log is.") or "",
    report.made(run) or "", left, report.timeline(run), report.values(run) or "",
  }
  return html.page(ctx, { title = ("%s %s"):format(run.workflow, run.id), body = parts, here = "runs",
    refresh = run.process and REFRESH or nil })
end

-- ---- the list ----

local function rows_of(ctx, runs)
  local rows = {}
  for i, run in ipairs(runs) do
    local err = view.decode(run.error)
    local began = run.started or run.created
    rows[i] = {
      html.link(html.path("runs", run.id), run.id), text(run.workflow) .. " " .. html.soft(run.key), report.badge(run.state),
      e("time", { datetime = view.iso(began) }, text(html.local_time(began))) .. " " .. html.soft(html.from_now(began, ctx.now)),
      run.started and text(view.span((run.ended or run.changed) - run.started)) or "",
      run.state ~= "done" and type(err) == "table" and err.message and text(err.message) or "",
    }
  end
  return rows
end

--- The newest runs, those that wait for somebody before.
function M.list(ctx)
  local columns = { "!Run", "Workflow and key", "State", "Begun", "!Took", "Note" }
  local waiting, waits, others = need.runs(ctx.journal), {}, {}
  for _, run in ipairs(waiting) do waits[run.id] = true end
  for _, run in ipairs(ctx.journal:runs { limit = LISTED }) do
    if not waits[run.id] then others[#others + 1] = run end
  end
  local body = { e("h1", nil, "Runs") }
  if #waiting > 0 then
    body[#body + 1] = html.section("Wait for somebody", { html.table(columns, rows_of(ctx, waiting)) }, "waits")
  end
  if #others > 0 then
    body[#body + 1] = html.section(#waiting > 0 and "Others, the newest first" or "The newest first",
      { html.table(columns, rows_of(ctx, others)) }, "others")
  elseif #waiting == 0 then
    body[#body + 1] = e("p", { class = "soft" }, "No workflow has been run yet.")
  end
  if #others == LISTED then
    body[#body + 1] = e("p", { class = "soft" }, text(("The newest %d; errand runs has all of them."):format(LISTED)))
  end
  return html.page(ctx, { title = "Runs", body = body, here = "runs", refresh = 30 })
end

return M
