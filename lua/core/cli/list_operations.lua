-- list_operations.lua - errand list-operations: one line an operation.
-- SPDX-License-Identifier: MIT

local list = {
  summary = "List every operation, one a line.",
  usage = "list-operations [SERVICE]",
  doc = "Columns, separated by tabs: name, method, path, effect (* where it destroys), evidence of "
    .. "method and path, summary.",
  options = {},
}

--- list.rows(names) -> lists of six texts for the operations of these services.
function list.rows(names)
  local services, rows = require "core.services", {}
  for _, name in ipairs(names) do
    local catalogue = services.catalogue(name)
    for _, resource in ipairs(catalogue.resource_list) do
      for _, op in ipairs(resource.operations) do
        rows[#rows + 1] = { op.id, op.method, op.template, op.effect .. (op.danger and "*" or ""),
                            op.evidence or catalogue.evidence or "", op.summary }
      end
    end
  end
  return rows
end

local COLUMNS = { "operation", "method", "path", "effect", "evidence", "summary" }

local function records(rows)
  local out = {}
  for i, row in ipairs(rows) do
    out[i] = {}
    for k, column in ipairs(COLUMNS) do out[i][column] = row[k] end
  end
  return out
end

--- list.run(args): args[1] narrows to one service.
function list.run(args)
  if args[2] then require("core.error").raise("validation", "usage: errand " .. list.usage) end
  local rows = list.rows(args[1] and { args[1] } or require("core.services").usable())
  local output, format = require "core.output", require("core.session").output
  if format then
    output.write(records(rows), format, { columns = (format == "table" or format == "csv") and COLUMNS or nil })
    return
  end
  local lines = {}
  for i, row in ipairs(rows) do lines[i] = table.concat(row, "\t") end
  if lines[1] then output.text(table.concat(lines, "\n") .. "\n") end
end

return list
