-- core/run/lines.lua - a run told in lines on standard error.
-- SPDX-License-Identifier: MIT

local host_err = require "host.err"

local M = {}

local shown = { done = true, found = true, failed = true, doubt = "in doubt", retry = "tried again", settling = true,
  sleeping = true, waiting = true }

local function step(write, path, state, info)
  if not shown[state] or info.kind and state == "done" then return end
  local word = shown[state] == true and state or shown[state]
  if state == "done" and info.class == "create" then word = "created" end
  write(("  %s  %s%s"):format(path, word, info.message and ": " .. info.message or ""))
end

--- What to do next, by the state in which a run ends.
function M.advice(state, info)
  local id, path = info.id, info.path and require("core.run.view").quoted(info.path) or "STEP"
  if state == "in_doubt" then
    return ("look whether it is there, then errand runs settle %s %s done|absent|skip --reason TEXT"):format(id, path)
  elseif state == "waiting" then
    return ("errand runs approve %s %s, or reject; then errand runs resume %s"):format(id, info.path or "STEP", id)
  elseif info.cause == "plan" then
    return ("errand plan --digest PLAN FILE ..., then errand run --plan PLAN FILE ... with the same arguments goes on; errand "
      .. "runs abandon %s --reason TEXT ends it"):format(id)
  elseif state == "diverged" then
    return ("errand runs show %s, then errand runs abandon %s --reason TEXT"):format(id, id)
  elseif state == "sleeping" or state == "stalled" then
    return ("errand runs resume %s"):format(id)
  end
  return ("errand runs show %s; errand runs resume %s tries again, errand runs undo %s takes back"):format(id, id, id)
end

local ended = { done = true, undone = true, failed = true, cancelled = true, abandoned = true }

local function finish(write, state, info)
  write(("run %s %s%s"):format(info.id, (state:gsub("_", " ")), info.message and ": " .. info.message or ""))
  if not ended[state] then write("next: " .. M.advice(state, info)) end
  if info.cause == "script" then
    write(("a run keeps the script that it began with: to run a corrected one, end this run first with errand runs abandon %s "
      .. "--reason TEXT"):format(info.id))
  end
end

--- An observer that writes lines: run(id, info), step(path, state, info) and
-- finish(state, info). write (nullable) takes their text.
function M.new(write)
  write = write or function(text) require("host.sys").write(2, host_err.safe(host_err.redact(text), true) .. "\n") end
  return {
    run = function(id, info)
      write(("run %s (%s, key %s)%s%s"):format(id, info.workflow, info.key, info.resumed and " goes on" or "",
        info.edited and "; the script was changed since, but the run keeps the one that it began with" or ""))
    end,
    step = function(path, state, info) step(write, path, state, info) end,
    finish = function(state, info) finish(write, state, info) end,
  }
end

--- One that says nothing.
function M.silent()
  return {}
end

return M
