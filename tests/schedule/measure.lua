-- measure.lua - what this process has: memory and descriptors.
-- SPDX-License-Identifier: MIT

local sys = require "host.sys"

local measure = {}

--- { lua (KiB), resident (KiB), descriptors } after a full collection.
function measure.now()
  collectgarbage()
  collectgarbage()
  local self = sys.process()
  return { lua = collectgarbage "count", resident = self.memory // 1024, descriptors = self.descriptors }
end

--- check(name, ok, text); check.done() prints the sum and ends with 1 if one failed.
function measure.checker()
  local count, failed = 0, 0
  return setmetatable({ done = function()
    print(("checks %d failed %d"):format(count, failed))
    if failed > 0 then os.exit(1) end
  end }, { __call = function(_, name, ok, text)
    count = count + 1
    if ok then return end
    failed = failed + 1
    print(("not ok - %s: %s"):format(name, tostring(text)))
  end })
end

return measure
