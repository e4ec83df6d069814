-- exit.lua - ends the script quietly from anywhere inside it.
-- SPDX-License-Identifier: MIT

local exit = {}

local Exit = { __name = "errand.exit" }

function Exit.__tostring(self)
  return "exit " .. self.code
end

--- exit.raise(code): unwinds to the command line, which ends with code.
function exit.raise(code)
  error(setmetatable({ code = code }, Exit), 0)
end

--- exit.code(value) -> the code if value was raised by exit.raise, else nil.
function exit.code(value)
  return getmetatable(value) == Exit and value.code or nil
end

return exit
