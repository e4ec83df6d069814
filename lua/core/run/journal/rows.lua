-- core/run/journal/rows.lua - values on their way into the journal.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local json = require "host.json"
local kept = require "core.kept"
local redact = require("host.err").redact

local M = { TEXT_MAX = 1024 * 1024 }

--- JSON text as it may be kept: without secrets, still JSON, and whole.
-- @tparam ?string text nil gives nil
function M.clean(text)
  if text == nil then return nil end
  if #text > M.TEXT_MAX then
    error_.raise("cap", ("%d bytes of JSON are too many for the journal of a run, which takes %d; keep them in a file and name"
      .. " that"):format(#text, M.TEXT_MAX))
  end
  local clean = redact(text)
  if clean == text or json.decode(clean) ~= nil then return clean end
  -- the secret was a number, and a piece is missing from it
  local value, err = json.decode(text)
  if value == nil then error_.rethrow(err) end
  return json.encode(kept.redacted(value))
end

-- every column is named, so that each table has one statement
local columns = {
  run = "id workflow key state input input_digest seed source_set file host_version deadline parent owner epoch crashes"
    .. " done_count created changed",
  step = "run path ordinal parent kind class operation args_digest args body_digest op_key state attempt before inverse"
    .. " intent_at boot_id intent_mono wake_at",
  decision = "run path ask deadline on_timeout",
}

local statements = {}
for name, list in pairs(columns) do
  statements[name] = ("INSERT INTO %s(%s) VALUES (:%s)"):format(name, (list:gsub(" ", ", ")), (list:gsub(" ", ", :")))
end

local NEW_STEP = statements.step .. " ON CONFLICT (run, path) DO NOTHING"

--- Inserts a row; what it lacks is null.
function M.insert(journal, name, row)
  journal:execute(statements[name], row)
end

--- Inserts a step, unless there is one of that path: whether it did.
function M.insert_step(journal, row)
  return journal:execute(NEW_STEP, row) == 1
end

return M
