-- help.lua - help texts, made from catalogues and from the data of std/doc.lua.
-- SPDX-License-Identifier: MIT

local options = require "core.options"

local help = {}

local EVIDENCE = {
  source = "from the vendor document that this module was made for",
  docs = "from another public page",
  inferred = "nobody says so in public: a real server may correct it",
}

local EFFECT = {
  read = "reads only",
  set = "changes; repeating it leads to the same state",
  create = "makes something new each time; never repeated by itself",
  send = "sends a message each time; never repeated by itself",
}

local function wrap(text, indent)
  return indent .. options.wrap(text, 80, indent)
end

local function list(names, summaries)
  local width, lines = 0, {}
  for _, name in ipairs(names) do width = math.max(width, #name) end
  width = math.min(width, 34)
  local indent = (" "):rep(width + 4)
  for i, name in ipairs(names) do
    local gap = #name > width and "\n" .. indent or (" "):rep(width + 2 - #name)
    lines[i] = ("  " .. name .. gap .. options.wrap(summaries[i] or "", 80, indent)):gsub("%s+$", "")
  end
  return table.concat(lines, "\n")
end

--- help.usage() -> the short form, for a call that says too little.
function help.usage()
  return "usage: errand [OPTIONS] COMMAND ...\n"
    .. "       errand [OPTIONS] run FILE [ARGUMENTS]\n"
    .. "       errand [OPTIONS] -e CODE [ARGUMENTS]\n"
    .. "errand --help says more"
end

--- help.overview() -> errand --help.
function help.overview()
  local commands, summaries = require("core.cli").commands, {}
  for i, name in ipairs(commands) do summaries[i] = require("core.cli." .. name).summary end
  return table.concat({
    "usage: errand [OPTIONS] COMMAND ...",
    "       errand [OPTIONS] -e CODE [ARGUMENTS]",
    "       errand                                a prompt, on a terminal",
    "",
    wrap("The REST APIs of business systems as Lua modules, and the scripts that tie them together.",
         ""),
    "",
    "commands:",
    list(commands, summaries),
    "",
    "options:",
    options.help(require "core.cli.globals"),
    "",
    wrap("Exit codes: 0 done, 1 script error, 2 usage or validation, 4 in doubt, 5 auth, 6 HTTP 4xx, "
      .. "7 HTTP 5xx or network, 8 limit reached, 130 interrupted.", ""),
    "services: " .. table.concat(require("core.services").names(), " "),
  }, "\n")
end

--- help.command(name, module) -> errand NAME --help.
function help.command(name, module)
  local parts = { "usage: errand " .. (module.usage or name), "", wrap(module.summary or "", "") }
  if module.doc then parts[#parts + 1] = "\n" .. wrap(module.doc, "") end
  if module.options and #module.options > 0 then
    parts[#parts + 1] = "\noptions:\n" .. options.help(module.options)
  end
  parts[#parts + 1] = "\nerrand --help shows the options that every command knows."
  return table.concat(parts, "\n")
end

local function type_text(row)
  local kind = row.type
  if type(kind) == "table" then kind = "object" end
  local size = {}
  if row.min and row.max then size[1] = row.min == row.max and row.min or row.min .. ".." .. row.max
  elseif row.min then size[1] = "at least " .. row.min
  elseif row.max then size[1] = "at most " .. row.max end
  return (kind or "string") .. (size[1] and " (" .. size[1] .. ")" or "")
end

local function shown(value)
  if type(value) == "table" then return require("host.json").encode(value) or "table" end
  return tostring(value)
end

local function row_text(row, evidence)
  if not row.type and row.value then
    return "sent as " .. row.value .. (row.doc and ". " .. row.doc or "")
  end
  local parts = { type_text(row) }
  if row.required then parts[#parts + 1] = "required" end
  if row.nullable then parts[#parts + 1] = "null allowed" end
  if row.secret then parts[#parts + 1] = "secret" end
  if row.enum then
    local names = {}
    for i, one in ipairs(row.enum) do names[i] = tostring(one) end
    parts[#parts + 1] = "one of " .. table.concat(names, ", ")
  end
  if row.operators then
    parts[#parts + 1] = "operators " .. table.concat(row.operators, ", ")
  end
  if row.preset ~= nil then parts[#parts + 1] = "sent if left out: " .. shown(row.preset) end
  if row.default ~= nil then parts[#parts + 1] = "the server assumes " .. shown(row.default) end
  local own = row.evidence
  if own and own ~= evidence then parts[#parts + 1] = "evidence: " .. own end
  local text = table.concat(parts, "; ")
  return row.doc and text .. ". " .. row.doc or text
end

local function rows_block(title, rows, evidence)
  if not rows or #rows == 0 then return nil end
  local names, texts = {}, {}
  for i, row in ipairs(rows) do
    names[i], texts[i] = row.as or row.name, row_text(row, evidence)
  end
  return title .. ":\n" .. list(names, texts)
end

local function element(kind)
  return type(kind) == "string" and (kind:match("^%[(.+)%]$") or kind) or nil
end

-- The named shapes that rows lead to, nearest first.
local function shapes_below(rows, shapes, seen, found)
  for _, row in ipairs(rows or {}) do
    local name = element(row.type)
    if name and shapes[name] and not seen[name] then
      seen[name] = true
      found[#found + 1] = name
    end
  end
  return found
end

local function shape_blocks(rows, shapes, evidence)
  local seen, blocks = {}, {}
  local queue = shapes_below(rows, shapes, seen, {})
  local at = 1
  while queue[at] do
    blocks[#blocks + 1] = rows_block(queue[at], shapes[queue[at]], evidence)
    shapes_below(shapes[queue[at]], shapes, seen, queue)
    at = at + 1
  end
  return blocks
end

local function body_block(op, shapes, evidence)
  if not op.body then return nil, {} end
  local rows = type(op.body) == "table" and op.body or shapes[element(op.body)]
  local title = "body members"
  if type(op.body) == "string" and op.body:find("^%[") then
    title = "body: a list (or one) of"
  end
  if op.body_optional then title = title .. " (may be left out)" end
  if not rows then return title .. ":\n  free-form " .. tostring(element(op.body)), {} end
  local text = rows_block(title, rows, evidence) or title .. ": none known"
  for _, rule in ipairs{ "any_of", "one_of" } do
    if rows[rule] then
      text = text .. ("\n  (%s %s)"):format(rule == "any_of" and "at least one of" or "exactly one of",
                                            table.concat(rows[rule], ", "))
    end
  end
  if rows.open then text = text .. "\n  (other members pass as they are)" end
  return text, shape_blocks(rows, shapes, evidence)
end

local function signature(op)
  local parts = {}
  for _, row in ipairs(op.path or {}) do parts[#parts + 1] = row.name end
  local members = (op.query and #op.query > 0) or (op.header and #op.header > 0) or op.body or op.files
  if members then
    local needed = op.body and not op.body_optional
    for _, row in ipairs(op.query or {}) do needed = needed or row.required end
    parts[#parts + 1] = needed and "{...}" or "[{...}]"
  end
  return ("%s(%s)"):format(op.id, table.concat(parts, ", "))
end

local function add(parts, text)
  if text then parts[#parts + 1] = text end
end

local function facts(op, evidence)
  local lines = { ("%s %s"):format(op.method, op.template),
    "effect: " .. op.effect .. ", " .. (EFFECT[op.effect] or "") .. (op.danger and " (destroys)" or "") }
  if op.returns then
    lines[#lines + 1] = "returns: " .. (type(op.returns) == "table" and "object" or op.returns)
  end
  if op.paging then
    local base = op.id:match("^(.*)%.[^.]+$")
    local prefix = op.name == "list" and "" or op.name .. "_"
    lines[#lines + 1] = ("paging: all pages at once; %s.%seach{...} reads them lazily, %s.%spage{...}"
      .. " one page"):format(base, prefix, base, prefix)
  end
  if op.inverse then
    local inverse = type(op.inverse[1]) == "table" and op.inverse or { op.inverse }
    local names = {}
    for i, one in ipairs(inverse) do names[i] = op.service .. "." .. one[1] end
    lines[#lines + 1] = "undone by: " .. table.concat(names, ", ")
  end
  if evidence then
    lines[#lines + 1] = ("evidence: %s (%s)"):format(evidence, EVIDENCE[evidence] or "")
  end
  for i, line in ipairs(lines) do lines[i] = wrap(line, "  "):gsub("\n", "\n  ") end
  return table.concat(lines, "\n")
end

--- help.operation(op, catalogue) -> text on one operation.
function help.operation(op, catalogue)
  local shapes = catalogue.shapes or {}
  local evidence = op.evidence or catalogue.evidence
  local parts = { signature(op), wrap(op.summary or "", "  ") .. "\n" .. facts(op, evidence) }
  if op.doc then parts[#parts + 1] = wrap(op.doc, "  ") end
  add(parts, rows_block("path values, in this order", op.path, evidence))
  add(parts, rows_block("query", op.query, evidence))
  add(parts, rows_block("headers", op.header, evidence))
  add(parts, rows_block("files", op.files, evidence))
  local body, below = body_block(op, shapes, evidence)
  add(parts, body)
  for _, block in ipairs(below) do add(parts, block) end
  add(parts, "raises: kind validation before anything is sent; auth, not_found, conflict,\n"
    .. "  rate_limited, server, network, timeout"
    .. ((op.effect == "create" or op.effect == "send") and ", in_doubt" or "")
    .. (op.paging and ", cap" or "") .. " after that")
  if op.example then
    parts[#parts + 1] = "example:\n  " .. op.example:gsub("\n", "\n  ")
  end
  return table.concat(parts, "\n\n")
end

local function find_text(resource)
  if not resource.find then return nil end
  local keys = {}
  for i, by in ipairs(resource.find.by) do keys[i] = by[1] end
  return wrap(("find{ KEY = VALUE } gives the one record or nil; keys: %s"):format(
    table.concat(keys, ", ")), "  ")
end

local function effect_mark(op)
  return op.effect .. (op.danger and "*" or "")
end

--- help.resource(resource, catalogue) -> text on one resource.
function help.resource(resource, catalogue)
  local names, summaries = {}, {}
  for i, op in ipairs(resource.operations) do
    names[i] = op.name
    summaries[i] = ("[%s] %s"):format(effect_mark(op), op.summary or "")
  end
  local parts = { catalogue.name .. "." .. resource.name }
  if resource.doc then parts[#parts + 1] = wrap(resource.doc, "  ") end
  add(parts, find_text(resource))
  parts[#parts + 1] = "operations (* destroys):\n" .. list(names, summaries)
  return table.concat(parts, "\n\n")
end

--- help.service(catalogue) -> text on one service.
function help.service(catalogue)
  local names, summaries = {}, {}
  for i, resource in ipairs(catalogue.resource_list) do
    local operations = {}
    for k, op in ipairs(resource.operations) do operations[k] = op.name .. (op.danger and "*" or "") end
    names[i], summaries[i] = resource.name, table.concat(operations, " ")
  end
  local parts = { ("%s: %s"):format(catalogue.name, catalogue.title or "") }
  if catalogue.doc then parts[#parts + 1] = wrap(catalogue.doc, "  ") end
  local url = catalogue.url or {}
  add(parts, "  URL: " .. (url.default or "must be configured, such as " .. tostring(url.example))
    .. (catalogue.docs and "\n  docs: " .. catalogue.docs or ""))
  add(parts, rows_block("settings", catalogue.settings))
  parts[#parts + 1] = "resources and operations (* destroys):\n" .. list(names, summaries)
  return table.concat(parts, "\n\n")
end

--- help.library(entry) -> text on a name of the script library.
function help.library(entry)
  local parts = { entry.signature, wrap(entry.summary, "  ") }
  if entry.doc then parts[#parts + 1] = wrap(entry.doc, "  ") end
  local names, texts = {}, {}
  for i, parameter in ipairs(entry.parameters or {}) do
    names[i], texts[i] = parameter[1], parameter[2]
  end
  if #names > 0 then parts[#parts + 1] = list(names, texts) end
  if entry.example then parts[#parts + 1] = "example:\n  " .. entry.example:gsub("\n", "\n  ") end
  return table.concat(parts, "\n\n")
end

local function contents()
  local cli, doc, services = require "core.cli", require "std.doc", require "core.services"
  local commands, names, texts, titles = {}, {}, {}, {}
  for i, name in ipairs(cli.commands) do commands[i] = require("core.cli." .. name).summary end
  for i, entry in ipairs(doc) do names[i], texts[i] = entry.name, entry.summary end
  for i, name in ipairs(services.names()) do titles[i] = services.catalogue(name).title or "" end
  return table.concat({
    "commands:\n" .. list(cli.commands, commands),
    "services:\n" .. list(services.names(), titles),
    "script library:\n" .. list(names, texts),
    "errand help TOPIC says more; errand search WORDS looks through all operations.",
  }, "\n\n")
end

local function library_entry(topic)
  for _, entry in ipairs(require "std.doc") do
    if entry.name == topic then return entry end
  end
end

local function is_command(topic)
  for _, name in ipairs(require("core.cli").commands) do
    if name == topic then return true end
  end
  return false
end

local function unknown(topic)
  local names = {}
  for _, name in ipairs(require("core.cli").commands) do names[#names + 1] = name end
  for _, entry in ipairs(require "std.doc") do names[#names + 1] = entry.name end
  for _, name in ipairs(require("core.services").names()) do names[#names + 1] = name end
  local did_you_mean = require("core.suggest").did_you_mean
  local hint = did_you_mean(topic, names)
  if hint == "" then hint = did_you_mean(topic:match "^[^.]*", names) end
  require("core.error").raise("validation", ("no help on '%s'%s"):format(topic, hint))
end

--- help.topic(topic) -> text on anything; raises naming the nearest topic.
function help.topic(topic)
  if topic == nil or topic == "" then return contents() end
  if type(topic) ~= "string" then
    require("core.error").raise("validation",
      "help wants a name in quotes, such as \"intrexx.users.create\"")
  end
  local entry = library_entry(topic)
  if entry then return help.library(entry) end
  if is_command(topic) then return help.command(topic, require("core.cli." .. topic)) end
  local services = require "core.services"
  local service, resource, op = topic:match("^([^.]+)%.?([^.]*)%.?(.*)$")
  if not services.exists(service) then unknown(topic) end
  local catalogue = services.catalogue(service)
  if resource == "" then return help.service(catalogue) end
  local found = catalogue.resource[resource] or services.no_resource(catalogue, resource)
  if op == "" then return help.resource(found, catalogue) end
  return help.operation(services.find_operation(topic), catalogue)
end

return help
