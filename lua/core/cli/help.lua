-- help.lua - errand help.
-- SPDX-License-Identifier: MIT

local help = {
  summary = "Explain a command, an operation or a name of the script library.",
  usage = "help [TOPIC]",
  doc = "TOPIC is a word of the first list that errand help shows, such as workflows, or a command, SERVICE, "
    .. "SERVICE.RESOURCE, SERVICE.RESOURCE.OPERATION or a name such as args.",
  options = {},
}

--- help.run(args): args[1] is the topic; several words are joined by dots.
function help.run(args)
  local text = require("core.help").topic(args[1] and table.concat(args, "."))
  require("core.output").text(text .. "\n")
end

return help
