-- core/schedule/page/actions.lua - what can be done from the status page: a form for each, and its deed.
-- SPDX-License-Identifier: MIT

-- Each action has form(ctx, subject), the mark-up of a page that says what is
-- going to happen, and act(ctx, subject, fields), which does it and returns
-- what to tell and where to go on. subject is what find(ctx, name or id) gave.
-- What goes wrong raises a structured error and is told above the form.

local acts = require "core.run.acts"
local error_ = require "core.error"
local form = require "core.schedule.page.form"
local html = require "core.schedule.page.html"
local outcome = require "core.schedule.page.outcome"
local run_page = require "core.schedule.page.run"
local schedule_page = require "core.schedule.page.schedule"
local view = require "core.run.view"

local e, text = html.e, html.text

local M = {}

local REASON_MAX <const> = 1000 -- characters

local function refuse(message, ...)
  error_.raise("validation", message:format(...))
end

local function reason_of(fields, name, wanted)
  local reason = form.line(fields[name])
  if wanted and not reason then refuse("Say why: it is kept, with your name, for those who ask later.") end
  if reason and utf8.len(reason) > REASON_MAX then refuse("The text has more than %d characters; shorten it.", REASON_MAX) end
  return reason
end

-- What the scheduler refuses, as an error.
local function granted(result, why)
  if result then return result end
  if error_.is(why) then error_.rethrow(why) end
  if type(why) == "table" and why.state then error_.raise("conflict", ("It is %s already."):format(why.state)) end
  error_.raise("conflict", tostring(why or "it is not possible now"))
end

local function by(ctx)
  return { actor = ctx.actor, say = function(said) ctx.said = said end }
end

-- ---- schedules ----

local schedules = {}
M.schedules = { find = schedule_page.find, actions = schedules }

local function of_schedule(one)
  return html.path("schedules", one.name)
end

local function under_way(ctx, one)
  local open, items = ctx.book:open(one.name), {}
  local tz = one.definition and one.definition.tz
  if #open == 0 then return nil end
  for i, slot in ipairs(open) do
    items[i] = e("li", nil, html.link(html.path("slots", slot.id), html.local_time(slot.at, tz)) .. " " .. outcome.badge(slot))
  end
  return e("div", { class = "need" }, { e("p", nil, "Of this schedule there are under way, or wait:"), e("ul", nil, items),
    e("p", { class = "soft" }, text(("Its rule for that (%s) holds for a run by hand as well.")
      :format(one.definition and one.definition.overlap or "skip"))) })
end

local function command_of(definition)
  local words = { definition.run }
  for _, word in ipairs(definition.words or {}) do words[#words + 1] = view.quoted(tostring(word)) end
  return table.concat(words, " ")
end

schedules.run = {
  title = "Run now",
  form = function(ctx, one)
    local definition = one.definition or {}
    return { e("p", nil, text("This begins a run of its own now, beside the slots of the schedule. It changes what its script "
      .. "changes; there is no test in it.")), html.terms { { "Runs", definition.run and html.code(command_of(definition)) },
      { "Profile", html.code(definition.profile or "as the daemon") }, { "In the name of", text(ctx.actor) } },
      under_way(ctx, one) or "" }, { html.submit("Run it now", of_schedule(one)) }
  end,
  act = function(ctx, one)
    if one.state == "gone" then refuse("'%s' is not in the schedule file any more.", one.name) end
    local slot = granted(ctx.scheduler:run_now(one.name, ctx.actor))
    if slot.state == "skipped" then
      error_.raise("conflict", ("It does not run: %s."):format((outcome.REASONS[slot.reason] or tostring(slot.reason))
        .. (slot.note and " (" .. slot.note .. ")" or "")))
    end
    return ("'%s' was told to run; below is how it goes."):format(one.name), html.path("slots", slot.id)
  end,
}

schedules.pause = {
  title = "Pause",
  form = function(_, one)
    return { e("p", nil, "While it is paused nothing of it starts by itself. Each slot that passes is recorded as skipped. "
      .. "What is under way goes on.") },
      { html.field("reason", "Why", { required = true, hint = "For your colleagues: it is shown until somebody resumes it." }),
        html.submit("Pause it", of_schedule(one)) }
  end,
  act = function(ctx, one, fields)
    local why = reason_of(fields, "reason", true)
    granted(ctx.scheduler:pause(one.name, ctx.actor, why))
    return ("'%s' is paused."):format(one.name), of_schedule(one)
  end,
}

schedules.resume = {
  title = "Resume",
  form = function(_, one)
    return { e("p", nil, "From now on its slots start by themselves again. Those that were skipped are not made up for."),
      one.why and e("p", { class = "soft" }, text(("It is %s: %s"):format(one.state, one.why))) or "" },
      { html.submit("Resume it", of_schedule(one)) }
  end,
  act = function(ctx, one)
    granted(ctx.scheduler:resume(one.name, ctx.actor))
    return ("'%s' is active again."):format(one.name), of_schedule(one)
  end,
}

-- ---- runs ----

local runs = {}
M.runs = { actions = runs, find = function(ctx, id)
  local seen, kept = run_page.find(ctx, id)
  return seen and { seen = seen, row = kept } or nil
end }

local function of_run(one)
  return html.path("runs", one.row.id)
end

local function head(one)
  return e("p", { class = "outcome" }, text(one.seen.outcome))
end

local function step_of(ctx, one)
  for _, step in ipairs(one.seen.steps) do
    if step.step == ctx.query.step then return step end
  end
end

local function slot_of(ctx, one)
  return ctx.book:of_run(one.row.id)
end

-- Goes on with a run in a process of its own; what to tell.
local function go_on(ctx, one)
  granted(ctx.scheduler:resume_run(one.row.id, ctx.actor))
end

local OUTCOMES <const> = {
  { "done", "It happened.", "The step is taken as made, and the run goes on behind it." },
  { "absent", "It did not happen.", "The step had no effect. When the run goes on it is sent again." },
  { "skip", "Leave it.", "The run goes on without it, whatever became of it." },
}
local UNDO_OUTCOMES <const> = {
  { "done", "It is gone.", "What the step made is not there any more." },
  { "absent", "It is still there.", "errand runs undo tries to take it back once more." },
  { "skip", "Leave it.", "It stays as it is." },
}

runs.settle = {
  title = "Settle", wants_step = true,
  form = function(ctx, one, given)
    local step = step_of(ctx, one)
    if not step.doubt then
      return { e("p", nil, text(("Step %s is not in doubt; it is %s."):format(step.step, step.state))) },
        { html.button(of_run(one), "Back to the run") }
    end
    local undo = step.undo ~= nil and step.undo.state ~= "done"
    local fields = { html.choice("outcome", "What became of it?", undo and UNDO_OUTCOMES or OUTCOMES, given.outcome) }
    if not undo then
      fields[#fields + 1] = html.field("result", "What it returned", { rows = 4, value = given.result, most = form.FIELD_MAX,
        hint = "Only if it happened: JSON as the service would have answered, such as {\"id\": 7}, as far as later steps need "
          .. "it." })
    end
    fields[#fields + 1] = html.field("reason", "How do you know?", { required = true, value = given.reason,
      hint = "It is kept with your name." })
    if slot_of(ctx, one) and not undo then
      fields[#fields + 1] = html.check("go_on", "Then go on with the run", given.go_on ~= nil or not given.stamp)
    end
    fields[#fields + 1] = html.submit("Settle it so", of_run(one))
    return { e("p", nil, e("strong", nil, text(step.step)) .. " " .. html.code(step.operation or step.kind)),
      e("p", nil, text(step.doubt.why) .. "."), run_page.evidence(ctx, one.seen, step),
      e("p", { class = "soft" }, "Look in the service first. What you say here is believed.") }, fields
  end,
  act = function(ctx, one, fields)
    local step = step_of(ctx, one)
    local known = { done = true, absent = true, skip = true }
    if not known[fields.outcome] then refuse "Say what became of it." end
    local reason = reason_of(fields, "reason", true)
    local result = fields.result and fields.result:find "%S" and fields.result or nil
    if result and fields.outcome ~= "done" then refuse "What it returned belongs to \"It happened\" only: empty that field." end
    local how = by(ctx)
    how.step, how.outcome, how.result, how.reason, how.usage = step.step, fields.outcome, result, reason, "settle"
    acts.settle(ctx.journal, one.row, how)
    local words = ("Step %s is settled: %s."):format(step.step, fields.outcome)
    local again = ctx.journal:run(one.row.id)
    if fields.go_on and again.state ~= "in_doubt" then
      go_on(ctx, one)
      return words .. " The run goes on.", of_run(one)
    end
    return words .. (again.state == "in_doubt" and " Another one is in doubt still." or " The run can be resumed."), of_run(one)
  end,
}

local function decision(approved)
  local word = approved and "approved" or "rejected"
  return {
    title = approved and "Approve" or "Reject", wants_step = true,
    form = function(ctx, one, given)
      local step = step_of(ctx, one)
      return { e("p", nil, e("strong", nil, text(step.step))), e("p", { class = "outcome" }, text(step.ask or "Shall it go on?")),
        e("p", { class = "soft" }, "The first answer counts and cannot be taken back.") },
        { html.field("comment", "Comment", { value = given.comment, hint = "The run is told, and it is kept with your name." }),
          html.submit(approved and "Approve it" or "Reject it", of_run(one), not approved and "danger" or nil) }
    end,
    act = function(ctx, one, fields)
      local how = by(ctx)
      how.step, how.approved, how.comment = step_of(ctx, one).step, approved, reason_of(fields, "comment")
      acts.decide(ctx.journal, one.row, how)
      if acts.holder(one.row) or not slot_of(ctx, one) then
        return ("Step %s is %s."):format(how.step, word), of_run(one)
      end
      go_on(ctx, one)
      return ("Step %s is %s; the run goes on."):format(how.step, word), of_run(one)
    end,
  }
end

runs.approve, runs.reject = decision(true), decision(false)

runs.resume = {
  title = "Resume the run",
  form = function(ctx, one)
    local slot = slot_of(ctx, one)
    return { head(one), e("p", nil, "It goes on where it stopped. What had failed is tried again; what is in doubt is looked up "
      .. "first, where that is possible."),
      not slot and e("p", { class = "soft" }, text(("It belongs to no schedule: errand runs resume %s goes on with it, with the "
        .. "accounts of whoever types it."):format(one.row.id))) or "" },
      { slot and html.submit("Resume it", of_run(one)) or html.button(of_run(one), "Back to the run") }
  end,
  act = function(ctx, one)
    go_on(ctx, one)
    return "The run goes on.", of_run(one)
  end,
}

runs.cancel = {
  title = "Cancel the run",
  form = function(_, one, given)
    return { head(one), e("p", nil, one.seen.process and "It is asked to stop at its next step. What it has made stays."
      or "It ends here. What it has made stays; errand runs undo takes it back.") },
      { html.field("reason", "Why", { value = given.reason, hint = "It is kept with your name." }),
        html.submit("Cancel the run", of_run(one), "danger") }
  end,
  act = function(ctx, one, fields)
    local busy = acts.holder(one.row)
    acts.cancel(ctx.journal, one.row, reason_of(fields, "reason"), by(ctx))
    return busy and "The run was asked to stop at its next step." or "The run is cancelled; what it made stays.", of_run(one)
  end,
}

-- ---- the pages ----

local STATUS <const> = { validation = 422, conflict = 409, in_doubt = 409, not_found = 404 }

local function show(ctx, action, one, given, problem)
  local what = one.row and one.row.id or one.name
  local before, fields = action.form(ctx, one, given)
  local title = ("%s: %s"):format(action.title, one.seen and ("%s %s"):format(one.seen.workflow, one.seen.key) or what)
  local here = html.query(ctx.path, { step = action.wants_step and ctx.query.step or nil })
  local body = {
    e("p", { class = "trail" }, html.link(one.row and of_run(one) or of_schedule(one), what)), e("h1", nil, text(title)),
    problem and e("p", { class = "error", role = "alert" }, e("strong", nil, "Not done. ") .. text(problem)) or "",
  }
  for _, part in ipairs(before) do body[#body + 1] = part end
  body[#body + 1] = html.form(ctx, here, fields, "card")
  return html.page(ctx, { title = title, body = body })
end

-- The action of a path such as /runs/r-1/settle, and whom it is for.
local function action_of(ctx, parts)
  local kind = #parts == 3 and M[parts[1]]
  local action = type(kind) == "table" and kind.actions[parts[3]]
  local one = action and kind.find(ctx, parts[2])
  if not one or action.wants_step and not step_of(ctx, one) then return nil end
  return action, one
end

--- The page with the form of an action; nil where there is none.
function M.page(ctx, parts)
  local action, one = action_of(ctx, parts)
  return action and show(ctx, action, one, {})
end

--- Does it. Returns the address to go on at, or nil, a page that says what is
-- wrong and its status; nothing where there is no such action.
function M.post(ctx, parts, fields)
  local action, one = action_of(ctx, parts)
  if not action then return nil end
  local ok, told, where = pcall(action.act, ctx, one, fields)
  if ok then
    ctx.session.flash = { good = true, text = told }
    return where
  end
  if not error_.is(told) then error(told, 0) end
  action, one = action_of(ctx, parts) -- it may be another by now
  if not action then return nil end
  local problem = told.message:gsub("^%-%-result: ", "What it returned: ")
  return nil, show(ctx, action, one, fields, problem), STATUS[told.kind] or 503
end

return M
