-- help.lua - help(topic): what errand help prints.
-- SPDX-License-Identifier: MIT

--- help(topic): topic is "intrexx", "intrexx.users", "intrexx.users.create",
-- a name of the script library such as "args", or nothing for an overview.
return function(topic)
  require("core.output").text(require("core.help").topic(topic) .. "\n")
end
