-- local_steps.lua - a run of so many steps that do nothing, for their overhead.
-- errand run tests/bench/local_steps.lua --class read|set --steps N [--branches N]
return workflow.define("steps", {
  args = { { "class", default = "read" }, { "steps", default = "1000" }, { "branches", default = "0" } },
}, function(run, i)
  local steps, branches = math.tointeger(i.steps), math.tointeger(i.branches)
  local function step(at, name, value)
    at:step(name, { class = i.class, call = function() return value end })
  end
  if branches == 0 then
    for n = 1, steps do step(run, "step" .. n, n) end
    return
  end
  local list = {}
  for n = 1, steps do list[n] = n end
  run:each("item", list, tostring, function(branch, n) step(branch, "step", n) end, { limit = branches })
end)
