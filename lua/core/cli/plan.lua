-- plan.lua - errand plan FILE: what a workflow or a script would send.
-- SPDX-License-Identifier: MIT

local plan = {
  summary = "Show what a workflow or a script would change, and send nothing.",
  usage = "plan [--digest FILE] FILE [ARGUMENTS]",
  doc = "Reads go out live. Writes are listed and not sent: class says what may be done when an answer is lost (set: "
    .. "repeat, create: look or ask, send: ask), ! marks what destroys. A write's result is not known, so it has a name, "
    .. "<invite.publicId>, which later steps may pass on; a script that must look at it stops the plan there. --digest writes "
    .. "the plan of a workflow to FILE, and errand run --plan FILE then refuses any write that is not in it.",
  raw = true,
  options = { { "digest", value = "FILE", doc = "Write the plan to this file." } },
}

local function rows_of(found)
  local out = {}
  for i, row in ipairs(found.rows) do
    out[i] = { step = row.step, what = row.what, class = row.class or "", ["!"] = row.danger and "!" or "",
      about = row.about or "", note = row.note or "" }
  end
  return out
end

local function as_data(found, digest)
  local json = require "host.json"
  local rows, writes = json.array {}, json.array {}
  for i, row in ipairs(found.rows) do
    rows[i] = json.object { step = row.step, what = row.what, class = row.class, danger = row.danger or false, about = row.about,
      note = row.note, write = row.write or false }
  end
  for i, one in ipairs(found.writes) do
    writes[i] = json.object { step = one.path, operation = one.operation, class = one.class, danger = one.danger or false,
      args = one.args }
  end
  return { rows = rows, writes = writes, digest = digest, stopped = found.failed and found.failed.message or nil }
end

local function show(found, digest)
  local session, output = require "core.session", require "core.output"
  if session.output and session.output ~= "table" then return output.write(as_data(found, digest), session.output) end
  require "std.print_table"(rows_of(found), { columns = { "step", "what", "class", "!", "about", "note" } })
  local danger = 0
  for _, one in ipairs(found.writes) do danger = danger + (one.danger and 1 or 0) end
  output.text(("%d write%s, %d of them destroy%s something; nothing was sent; digest %s\n"):format(#found.writes,
    #found.writes == 1 and "" or "s", danger, danger == 1 and "s" or "", digest:sub(1, 16)))
end

local function save(path, found, definition, input)
  local error_, planned = require "core.error", require "core.run.planned"
  if found.failed then
    error_.raise("validation", "the plan stopped half-way, so it is not written: " .. tostring(found.failed.message))
  end
  if not definition then
    error_.raise("validation", "--digest works with a workflow: the script returns none, so nothing could hold a run to the plan")
  end
  local json = require "host.json"
  local digest = require("host.sys").sha256(json.encode(require("core.kept").redacted(input)))
  planned.save(path, { workflow = definition.name, input = digest, steps = found.writes })
end

-- Neither the terminal nor the file gets a secret.
local function without_secrets(found)
  local kept, redact = require "core.kept", require("host.err").redact
  for _, row in ipairs(found.rows) do
    for _, name in ipairs { "step", "about", "note" } do row[name] = row[name] and redact(row[name]) end
  end
  for _, one in ipairs(found.writes) do one.args = one.args and kept.redacted(one.args) end
  return found
end

--- plan.run(args): args[1] is the file, the rest are the script's.
function plan.run(args)
  local given, path = args.options, table.remove(args, 1)
  if not path then require("core.error").raise("validation", "which script? errand " .. plan.usage) end
  args.options = nil
  local found, definition, input = require("core.run.start").plan(path, args)
  local digest = require("core.run.planned").digest(without_secrets(found).writes)
  show(found, digest)
  if given.digest then save(given.digest, found, definition, input) end
  if found.failed then error(found.failed, 0) end
end

return plan
