-- core/schedule/export.lua - the same schedules for who runs no daemon: timer units, crontab lines.
-- SPDX-License-Identifier: MIT
--
-- What a target says as exactly is translated; what it says otherwise stands
-- as a comment in the output and as a line on standard error; what would be
-- another schedule is refused.

local error_ = require "core.error"
local sys = require "host.sys"

local M = {}

local function told(text)
  sys.write(2, "errand: " .. text .. "\n")
end

-- Each definition through fn(definition, note) -> result | nil, why; the number
-- of refused ones.
local function each(set, options, fn)
  local common = require "core.schedule.export.common"
  local refused = 0
  for _, definition in ipairs(set.list) do
    local name = ("schedule '%s'"):format(definition.name)
    local ok, why = nil, common.unspeakable(definition, options)
    if definition.enabled == false then
      ok = true
      told(name .. ": left out, for it is switched off (enabled = false)")
    elseif not why then
      ok, why = fn(definition, function(text) told(name .. ": " .. text) end)
    end
    if not ok then
      refused = refused + 1
      told(("%s: not exported: %s"):format(name, why))
    end
  end
  return refused
end

local function put(path, text)
  local ok, err = sys.write_file(path, text, 420)
  if not ok then error_.rethrow(err) end
  sys.write(1, path .. "\n")
end

local function emit(files, to)
  if to then
    if not sys.exists(to) then
      local ok, err = sys.make_dir(to, 493)
      if not ok then error_.rethrow(err) end
    end
    for _, file in ipairs(files) do put(to .. "/" .. file.name, file.text) end
    return
  end
  local out = {}
  for i, file in ipairs(files) do out[i] = #files > 1 and ("# ---- %s\n%s"):format(file.name, file.text) or file.text end
  sys.write(1, table.concat(out, "\n"))
end

local exporters = {}

function exporters.systemd(set, options)
  local systemd = require "core.schedule.export.systemd"
  local files, seen = {}, {}
  local refused = each(set, options, function(definition, note)
    local units, why = systemd.units(definition, options, note)
    for _, unit in ipairs(units or {}) do
      -- names of schedules tell small from capital letters, some file systems do not
      if seen[unit.name:lower()] then return nil, ("its unit would have the name of another schedule's, %s"):format(unit.name) end
      seen[unit.name:lower()] = true
      files[#files + 1] = unit
    end
    return units, why
  end)
  if #files > 0 then
    told "runs that a timer starts are recorded as started by hand; slots that pass without a start leave no record"
  end
  return files, refused
end

function exporters.cron(set, options)
  local cron = require "core.schedule.export.cron"
  local own, zones, out = cron.own_zone(), {}, { "# Made by: errand schedule export cron" }
  local refused = each(set, options, function(definition, note)
    local lines, zone = cron.lines(definition, options, note)
    if not lines then return nil, zone end
    if zone and zone ~= own then zones[#zones + 1] = zone end
    out[#out + 1] = ""
    table.move(lines, 1, #lines, #out + 1, out)
    return true
  end)
  if #zones > 0 then
    local text = ("CRON_TZ is heeded by cronie; Debian's cron and BusyBox read it as a variable and keep to the machine's "
      .. "zone (%s)"):format(own)
    table.insert(out, 2, "# " .. text)
    told(text)
  end
  if #out > 2 then
    told "runs that cron starts are recorded as started by hand; slots that pass without a start leave no record"
  end
  return { { name = "errand.crontab", text = table.concat(out, "\n") .. "\n" } }, refused
end

--- Writes the schedules of a file for a target. Says on standard error what is
-- otherwise there, and what could not be translated.
-- @tparam table how target = "systemd" or "cron"; set of core.schedule.file; to
--   = directory, nil for standard output; program = path of errand; from =
--   instant from which clock changes count (now)
-- @treturn integer exit code: 0, or 2 where a schedule was refused
function M.run(how)
  local config = require("core.session").config
  local options = { program = how.program or sys.realpath "/proc/self/exe" or "errand", from = how.from
    or math.floor(sys.clock()),
    config = config and (sys.realpath(config) or config) }
  local files, refused = exporters[how.target](how.set, options)
  emit(files, how.to)
  return refused == 0 and 0 or 2
end

return M
