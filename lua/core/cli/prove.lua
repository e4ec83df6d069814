-- prove.lua - errand prove FILE: kills a workflow at each point, in simulated services.
-- SPDX-License-Identifier: MIT

local prove = {
  summary = "Kill a workflow at every point in simulated services, resume it, count what happened twice.",
  usage = "prove [--limit N] [--only PLAN] FILE [ARGUMENTS]",
  doc = "Runs the workflow against the simulated services inside this process, in virtual time: first as it is, then killed "
    .. "at each commit, with each request's reply lost, late, doubled or refused, then with two such faults. Each run is "
    .. "resumed until it ends; what is in doubt is settled as somebody would who looks, and counted as an open question. "
    .. "Effects are counted by business key and compared with those of the run without faults. Ends with 0 only if nothing "
    .. "happened twice, nothing was lost and everything ended. Nothing leaves this machine. --only repeats one plan, as a "
    .. "failure prints it.",
  raw = true,
  options = {
    { "limit", value = "N", type = "integer", min = 1, default = 1000, doc = "Plans at most; evenly chosen if there are more." },
    { "only", value = "PLAN", doc = "One plan, such as C1:invite#1,drop-reply:ixon.invites.create@1." },
    { "show", value = "N", type = "integer", min = 0, default = 10, doc = "Failing plans that are printed." },
  },
}

local columns = { "plans", "run", "duplicates", "losses", "different", "questions", "unfinished" }

local function say(text, ...)
  require("core.output").text(text:format(...) .. "\n")
end

local function show_failures(report, most)
  for i, failure in ipairs(report.failures) do
    if i > most then
      say("... and %d more", #report.failures - most)
      return
    end
    say("\n%s", failure.plan)
    for _, fault in ipairs(failure.faults) do say("  %s: %s", fault.kind, fault.text) end
  end
end

local function progress()
  local session, sys = require "core.session", require "host.sys"
  if session.quiet or not sys.isatty(2) then return nil end
  return function(done, total, failed)
    if done % 20 == 0 or done == total then
      sys.write(2, ("\r%d of %d plans, %d failed%s"):format(done, total, failed, done == total and "\r\27[K" or ""))
    end
  end
end

local function summary(report, path)
  local sum = { duplicates = 0, losses = 0, different = 0, questions = 0, unfinished = 0, run = 0 }
  for _, row in ipairs(report.rows) do
    for name in pairs(sum) do sum[name] = sum[name] + row[name] end
  end
  say("%d plans: %d duplicates, %d losses, %d open questions, %d unfinished, %d with another end", sum.run, sum.duplicates,
    sum.losses, sum.questions, sum.unfinished, sum.different)
  if report.cut > 0 then say("%d more plans were left out; --limit %d runs them all", report.cut, report.cut + sum.run) end
  if #report.failures > 0 then say("repeat one with: errand prove --only '%s' %s ...", report.failures[1].plan, path) end
end

local function as_data(report)
  local json = require "host.json"
  local rows, failures = json.array {}, json.array {}
  for i, row in ipairs(report.rows) do rows[i] = row end
  for i, failure in ipairs(report.failures) do failures[i] = { plan = failure.plan, faults = json.array(failure.faults) } end
  return { rows = rows, failures = failures, left_out = report.cut, state = report.clean and report.clean.state or nil }
end

local function only(prover, text)
  local module = require "core.run.prove"
  local report = { rows = {}, failures = {}, done = 0, total = 1, cut = 0, clean = prover:carry_out {} }
  local row = module.new_row(text)
  report.rows[1] = row
  local outcome = prover:judge(module.parse(text), row, report)
  report.outcome = outcome
  return report
end

local function show(report, path, given)
  local session = require "core.session"
  if session.output and session.output ~= "table" then
    return require("core.output").write(as_data(report), session.output)
  end
  require "std.print_table"(report.rows, { columns = columns })
  show_failures(report, given.show or 10)
  if report.clean.state ~= "done" and report.clean.state ~= "undone" then
    local why = type(report.clean.error) == "string" and require("host.json").decode(report.clean.error)
    say("\nwithout any fault the run is %s%s: make it end first", report.clean.state, type(why) == "table" and why.message
      and " (" .. why.message .. ")" or "")
  end
  if report.outcome then
    say("\nit ends as %s; effects:", report.outcome.state)
    local list = {}
    for effect, n in pairs(report.outcome.effects) do list[#list + 1] = ("  %d x %s"):format(n, effect) end
    table.sort(list)
    say("%s", table.concat(list, "\n"))
  end
  summary(report, path)
end

local function failed(report)
  if report.clean.state ~= "done" and report.clean.state ~= "undone" then return true end
  for _, row in ipairs(report.rows) do
    if row.duplicates + row.losses + row.different + row.unfinished > 0 then return true end
  end
  return false
end

--- prove.run(args): args[1] is the file, the rest are the workflow's.
function prove.run(args)
  local given, path = args.options, table.remove(args, 1)
  if not path then require("core.error").raise("validation", "which workflow? errand " .. prove.usage) end
  args.options = nil
  local module = require "core.run.prove"
  local prover = module.new { limit = given.limit, tell = progress() }
  -- what the input is made of comes from the simulated services, too
  prover.program, prover.input = prover:within(require("core.run.start").input, path, args)
  local report
  if given.only then report = only(prover, given.only) else report = prover:prove() end
  show(report, path, given)
  return failed(report) and 1 or 0
end

return prove
