-- core/schedule/zones.lua - names of time zones, for hints.
-- SPDX-License-Identifier: MIT

local suggest = require "core.suggest"
local sys = require "host.sys"

local zones = {}

local function folder()
  local dir = sys.env "TZDIR"
  return dir and dir:sub(1, 1) == "/" and dir or "/usr/share/zoneinfo"
end

-- Zones stand as "Z Europe/Berlin ..." or "L Europe/Berlin Europe/Oslo" in the one file, and third in a line of the other.
local SOURCES <const> = {
  { "/tzdata.zi", function(line) return line:match "^Z (%S+)" or line:match "^L %S+ (%S+)" end },
  { "/zone.tab", function(line) return line:match "^%u%u\t%S+\t(%S+)" end },
}

--- zones.names() -> list of names as far as this machine tells them.
function zones.names()
  local dir = folder()
  for _, source in ipairs(SOURCES) do
    local text = sys.exists(dir .. source[1]) and sys.read_file(dir .. source[1])
    if text then
      local out = {}
      for line in text:gmatch "[^\n]+" do out[#out + 1] = source[2](line) end
      if #out > 0 then return out end
    end
  end
  return {}
end

--- zones.hint(name) -> " (did you mean 'Europe/Berlin'?)" or "".
function zones.hint(name)
  local all = zones.names()
  for _, zone in ipairs(all) do -- "Berlin" for "Europe/Berlin"
    if #name > 2 and zone:lower():match "[^/]*$" == name:lower() then return (" (did you mean '%s'?)"):format(zone) end
  end
  return suggest.did_you_mean(name, all)
end

return zones
