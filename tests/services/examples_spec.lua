-- Every example of every catalogue runs against a fresh sandbox.

local t = require "test"
local catalogues = require "core.catalogue"
local child = dofile "tests/lua/child.lua"
local services = require "core.services"

for _, name in ipairs(services.names()) do
  t.describe(name, function()
    for _, resource in ipairs(catalogues.load(name).resource_list) do
      for _, op in ipairs(resource.operations) do
        t.it("example of " .. op.id, function()
          local output, code = child.script(op.example, "--sandbox")
          t.ok(code == 0, ("exit code %s: %s"):format(tostring(code), output))
        end)
      end
    end
  end)
end

child.clean()
