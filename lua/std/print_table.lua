-- print_table.lua - print_table(list): records as aligned columns.
-- SPDX-License-Identifier: MIT

--- print_table(list, opts): a table, or what -o asked for. opts.columns names the columns and their order;
-- "contact.email" reaches into nested values.
return function(list, opts)
  if type(list) ~= "table" then
    require("core.error").raise("validation",
      "print_table: list expected, got " .. type(list), nil, 2)
  end
  require("core.output").write(list, require("core.session").output or "table", opts)
end
