-- docs.lua - one page of Markdown a service, from its catalogue.
-- SPDX-License-Identifier: MIT

local describe = require "core.describe"

local docs = {}

local function cell(text)
  return (tostring(text):gsub("|", "\\|"):gsub("<", "&lt;"):gsub("\n", " "))
end

-- A table of rows, shapes below the row in which they first occur.
local function table_of(rows, shapes, how)
  if not rows or #rows == 0 then return nil end
  local lines = { "| name | what |", "|---|---|" }
  local path = {}
  for _, entry in ipairs(describe.tree(rows, shapes, how.seen)) do
    path[entry.depth + 1] = entry.row.as or entry.row.name
    local text = describe.row(entry.row, how.evidence, entry.note, how.received)
    if entry.rules then text = text .. " (" .. entry.rules .. ")" end
    lines[#lines + 1] = ("| `%s` | %s |"):format(cell(table.concat(path, ".", 1, entry.depth + 1)), cell(text))
  end
  return table.concat(lines, "\n")
end

local function add(parts, title, text)
  if not text then return end
  if title then parts[#parts + 1] = title end
  parts[#parts + 1] = text
end

local function add_body(parts, op, shapes, how)
  if not op.body then return end
  local rows, is_list = describe.body(op, shapes)
  local title = is_list and "Body, " .. describe.elements(op) or "Body members"
  if op.body_optional then title = title .. " (may be left out)" end
  if not rows then return add(parts, nil, title .. ": " .. describe.kind((describe.element(op.body))) .. ".") end
  add(parts, title .. ":", table_of(rows, shapes, how) or "None of its own.")
  local rules = describe.rules(rows)
  if rules[1] then parts[#parts + 1] = "(" .. table.concat(rules, "; ") .. ")" end
end

local function add_returns(parts, op, shapes, evidence)
  if not op.returns then return end
  local kind, is_list = describe.element(op.returns)
  local rows = shapes[kind]
  if not rows then
    return add(parts, nil, "Gives " .. (op.returns == "none" and "nothing" or describe.kind(op.returns)) .. ".")
  end
  local own = rows.evidence or evidence
  local title = ("Gives %s%s%s:"):format(is_list and "a list of " or "", kind,
    own ~= evidence and (" (%s, unless marked)"):format(own) or "")
  add(parts, title, table_of(rows, shapes, { evidence = own, received = true }))
end

local function facts(op, catalogue)
  local lines = { ("- `%s %s`"):format(op.method, op.template),
    ("- effect: %s, %s%s"):format(op.effect, describe.EFFECT[op.effect] or "", op.danger and "; **destroys**" or "") }
  local inverse, each, page = describe.inverse(op), describe.paged(op)
  if inverse then lines[#lines + 1] = "- undone by: " .. inverse end
  if each then
    lines[#lines + 1] = ("- paging: all pages at once; `%s{...}` reads them lazily, `%s{...}` one page"):format(each, page)
  end
  local evidence = describe.evidence(op, catalogue)
  if evidence then lines[#lines + 1] = "- evidence: " .. evidence end
  return table.concat(lines, "\n")
end

local function operation(op, catalogue)
  local shapes, evidence = catalogue.shapes or {}, catalogue.evidence
  local how = { evidence = evidence, seen = {} }
  local parts = { "### " .. op.id, op.summary }
  add(parts, nil, op.doc)
  add(parts, nil, "```lua\n" .. describe.signature(op, shapes) .. "\n```")
  add(parts, nil, facts(op, catalogue))
  add(parts, "Path values, in this order:", table_of(op.path, {}, how))
  add(parts, "Files:", table_of(op.files, {}, how))
  add_body(parts, op, shapes, how)
  add(parts, "Query:", table_of(op.query, shapes, how))
  add(parts, "Headers:", table_of(op.header, {}, how))
  add_returns(parts, op, shapes, evidence)
  add(parts, nil, op.example and "Example:\n\n```lua\n" .. op.example:gsub("%s+$", "") .. "\n```")
  return table.concat(parts, "\n\n")
end

local function find(resource)
  if not resource.find then return nil end
  local keys = {}
  for i, by in ipairs(resource.find.by) do keys[i] = "`" .. by[1] .. "`" end
  return ("`find{ KEY = VALUE }` gives the one record or nil; keys: %s."):format(table.concat(keys, ", "))
end

local function resource_section(resource, catalogue)
  local parts = { "## " .. resource.name }
  add(parts, nil, resource.doc)
  add(parts, nil, find(resource))
  for _, op in ipairs(resource.operations) do parts[#parts + 1] = operation(op, catalogue) end
  return table.concat(parts, "\n\n")
end

local function contents(catalogue)
  local lines = { "| operation | effect | evidence | summary |", "|---|---|---|---|" }
  for _, resource in ipairs(catalogue.resource_list) do
    for _, op in ipairs(resource.operations) do
      lines[#lines + 1] = ("| [`%s.%s`](#%s) | %s%s | %s | %s |"):format(resource.name, op.name,
        op.id:lower():gsub("%.", ""), op.effect, op.danger and "\\*" or "", op.evidence or catalogue.evidence or "",
        cell(op.summary))
    end
  end
  return table.concat(lines, "\n")
end

local function marks()
  local lines = {}
  for i, mark in ipairs{ "source", "docs", "inferred" } do
    lines[i] = ("*%s*: %s"):format(mark, describe.EVIDENCE[mark])
  end
  return "Evidence is " .. table.concat(lines, "; ") .. ". An effect with \\* destroys."
end

--- docs.page(catalogue) -> the page of one service.
function docs.page(catalogue)
  local parts = { ("# %s: %s"):format(catalogue.name, catalogue.title) }
  add(parts, nil, catalogue.doc)
  local url = catalogue.url.default or "must be configured, such as " .. tostring(catalogue.url.example)
  add(parts, nil, "URL: " .. url .. (catalogue.docs and "  \nVendor's page: <" .. catalogue.docs .. ">" or ""))
  add(parts, "Settings:", table_of(catalogue.settings, {}, { evidence = catalogue.evidence }))
  add(parts, nil, marks())
  add(parts, nil, contents(catalogue))
  for _, resource in ipairs(catalogue.resource_list) do parts[#parts + 1] = resource_section(resource, catalogue) end
  return table.concat(parts, "\n\n") .. "\n"
end

return docs
