-- null.lua - the value that is written as JSON's null.
-- SPDX-License-Identifier: MIT

return require("host.json").null
