-- settings.lua SERVICE URL - prints the lines that give the shell what a
-- client of the service needs: the account of the sandbox, at that URL.
-- SPDX-License-Identifier: MIT

local service, url = ...
local catalogue = require("core.services").catalogue(service)
local sandbox = require("host.state").data(service .. ".sandbox") or {}
local wire = assert(loadfile(("tests/services/%s/wire.lua"):format(service), "t", { null = null, array = array }))()

local function line(name, value)
  print(("export ERRAND_%s_%s='%s'"):format(service:upper(), name:upper(), (tostring(value):gsub("'", "'\\''"))))
end

line("url", url)
for _, row in ipairs(catalogue.settings or {}) do
  local value = (sandbox.account or {})[row[1]] or (wire.settings or {})[row[1]]
  if value ~= nil then line(row[1], value) end
end
