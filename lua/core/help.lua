-- help.lua - help texts, made from catalogues and from the data of std/doc.lua.
-- SPDX-License-Identifier: MIT

local describe = require "core.describe"
local options = require "core.options"

local help = {}

-- Columns that a text may take. In a narrower window one stays free: some
-- terminals break a line that is full.
local function room()
  local sys = require "host.sys"
  local columns = sys.isatty(1) and sys.columns(1) or 80
  return columns < 80 and math.max(columns - 1, 20) or 80
end

local function wrap(text, indent)
  return indent .. options.wrap(text, room(), indent)
end

-- Where two columns have no room each text stands below its name.
local function stacked(names, summaries)
  local lines = {}
  for i, name in ipairs(names) do
    local indent = name:match "^ *" .. "      "
    lines[#lines + 1] = "  " .. name
    if summaries[i] and summaries[i] ~= "" then lines[#lines + 1] = wrap(summaries[i], indent) end
  end
  return table.concat(lines, "\n")
end

local function list(names, summaries)
  if room() < 60 then return stacked(names, summaries) end
  local width, lines = 0, {}
  for _, name in ipairs(names) do width = math.max(width, #name) end
  width = math.min(width, 34)
  local indent = (" "):rep(width + 4)
  for i, name in ipairs(names) do
    local gap = #name > width and "\n" .. indent or (" "):rep(width + 2 - #name)
    lines[i] = ("  " .. name .. gap .. options.wrap(summaries[i] or "", room(), indent)):gsub("%s+$", "")
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
  for i, name in ipairs(commands) do summaries[i] = require("core.cli").module(name).summary end
  return table.concat({
    "usage: errand [OPTIONS] COMMAND ...",
    "       errand [OPTIONS] -e CODE [ARGUMENTS]",
    "       errand                                a prompt, on a terminal",
    "       errand -                              a script from standard input",
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
    wrap("Exit codes: 0 done, 1 script error, 2 usage or validation, 3 held or waiting, 4 in doubt, 5 auth, 6 HTTP 4xx, "
      .. "7 HTTP 5xx or network, 8 limit reached, 130 interrupted.", ""),
    "services: " .. table.concat(require("core.services").names(), " "),
  }, "\n")
end

-- The topic that leads on from a command or a name of the script library.
local function on(name)
  for _, topic in ipairs(require "core.helptopics") do
    for _, one in ipairs(topic.about) do
      if one == name then return ("errand help %s leads through it."):format(topic.name) end
    end
  end
end

--- help.command(name, module) -> errand NAME --help.
function help.command(name, module)
  local parts = { "usage: errand " .. (module.usage or name), "", wrap(module.summary or "", "") }
  if module.words then
    local names, texts = {}, {}
    for i, word in ipairs(module.words) do names[i], texts[i] = word[1], word[2] end
    parts[#parts + 1] = "\ncommands:\n" .. list(names, texts)
  end
  if module.doc then parts[#parts + 1] = "\n" .. wrap(module.doc, "") end
  if module.example then parts[#parts + 1] = "\nexample:\n  " .. table.concat(module.example, "\n  ") end
  if module.options and #module.options > 0 then
    parts[#parts + 1] = "\noptions:\n" .. options.help(module.options)
  end
  parts[#parts + 1] = "\nerrand --help shows the options that every command knows."
  parts[#parts + 1] = on(name)
  return table.concat(parts, "\n")
end

local function rows_block(title, rows, evidence)
  if not rows or #rows == 0 then return nil end
  local names, texts = {}, {}
  for i, row in ipairs(rows) do
    names[i], texts[i] = row.as or row.name, describe.row(row, evidence)
  end
  return title .. ":\n" .. list(names, texts)
end

-- Rows with the members of their shapes below them. how: evidence, the mark that
-- goes without saying; received, of a reply; seen, shapes explained already.
local function tree_block(title, rows, shapes, how)
  if not rows or #rows == 0 then return nil end
  local names, texts = {}, {}
  for i, entry in ipairs(describe.tree(rows, shapes, how.seen)) do
    names[i] = ("  "):rep(entry.depth) .. (entry.row.as or entry.row.name)
    texts[i] = describe.row(entry.row, how.evidence, entry.note, how.received) .. (entry.rules and " (" .. entry.rules .. ")" or "")
  end
  return title .. ":\n" .. list(names, texts)
end

local function body_block(op, shapes, how)
  if not op.body then return nil end
  local rows, is_list = describe.body(op, shapes)
  local title = is_list and "body, " .. describe.elements(op) or "body members"
  if op.body_optional then title = title .. " (may be left out)" end
  if not rows then return title .. ":\n  " .. describe.kind((describe.element(op.body))) end
  local text = tree_block(title, rows, shapes, how) or title .. ": none of its own"
  for _, rule in ipairs(describe.rules(rows)) do text = text .. "\n  (" .. rule .. ")" end
  return text
end

local function returns_block(op, shapes, evidence)
  local kind, is_list = describe.element(op.returns)
  local rows = type(kind) == "table" and kind or shapes[kind]
  if not rows then return nil end
  local title = (is_list and "gives a list of" or "gives") .. (type(kind) == "string" and " " .. kind or "")
  local own = rows.evidence or evidence
  if own and own ~= evidence then title = ("%s (%s, unless marked)"):format(title, own) end
  local text = tree_block(title, rows, shapes, { evidence = own, received = true })
  if text and rows.open then text = text .. "\n  (and whatever else the server sends)" end
  return text
end

local function add(parts, text)
  if text then parts[#parts + 1] = text end
end

local function wrapped(lines, label, text)
  if text then lines[#lines + 1] = (wrap(label .. text, "    "):gsub("^  ", "")) end
end

local function facts(op, catalogue)
  local lines = {}
  wrapped(lines, "", ("%s %s"):format(op.method, op.template))
  wrapped(lines, "effect: ", ("%s, %s%s"):format(op.effect, describe.EFFECT[op.effect] or "",
    op.danger and "; destroys" or ""))
  wrapped(lines, "undone by: ", describe.inverse(op))
  local kind = op.returns and describe.kind(op.returns)
  wrapped(lines, "returns: ", op.returns == "none" and "nothing" or kind)
  local each, page = describe.paged(op)
  if each then
    wrapped(lines, "paging: ", ("all pages at once; %s{...} reads them lazily, %s{...} one page"):format(each, page))
  end
  wrapped(lines, "evidence: ", describe.evidence(op, catalogue))
  return table.concat(lines, "\n")
end

-- The marks that the text shows, explained once.
local function legend(text)
  local lines = {}
  for _, mark in ipairs{ "source", "docs", "inferred" } do
    if text:find("[" .. mark .. "]", 1, true) or text:find("evidence: [^\n]*" .. mark)
       or text:find("(" .. mark .. ", unless marked)", 1, true) then
      lines[#lines + 1] = ("  %-8s  %s"):format(mark, describe.EVIDENCE[mark])
    end
  end
  return #lines > 0 and "evidence means:\n" .. table.concat(lines, "\n") or nil
end

local function raises(op)
  return (wrap(("raises: kind validation before anything is sent; %s after that"):format(
    table.concat(describe.kinds(op), ", ")), "  "):gsub("^  ", ""))
end

--- help.operation(op, catalogue) -> text on one operation.
function help.operation(op, catalogue)
  local shapes, evidence = catalogue.shapes or {}, catalogue.evidence
  local how = { evidence = evidence, seen = {} }
  local parts = { (wrap(describe.signature(op, shapes), "    "):gsub("^%s+", "")) }
  parts[2] = wrap(op.summary or "", "  ") .. (op.doc and "\n" .. wrap(op.doc, "  ") or "")
  parts[3] = facts(op, catalogue)
  add(parts, rows_block("path values, in this order", op.path, evidence))
  add(parts, rows_block("files, after the path values or by name", op.files, evidence))
  add(parts, body_block(op, shapes, how))
  add(parts, tree_block("query", op.query, shapes, how))
  add(parts, rows_block("headers", op.header, evidence))
  if op.returns == "file" then
    add(parts, rows_block("more", { require("core.request").to }, evidence))
  end
  add(parts, returns_block(op, shapes, evidence))
  if op.example then parts[#parts + 1] = "example:\n  " .. op.example:gsub("\n", "\n  ") end
  local command = wrap(describe.command(op, shapes), "    "):gsub("^%s+", "")
  parts[#parts + 1] = "as a command:\n  " .. command
  add(parts, raises(op))
  add(parts, legend(table.concat(parts, "\n")))
  return table.concat(parts, "\n\n")
end

local function find_text(resource, catalogue)
  local via = describe.find_via(resource)
  local op = via and require("core.catalogue").operation(catalogue, via)
  if not op then return nil end
  local keys, words = {}, {}
  for i, by in ipairs(resource.find and resource.find.by or {}) do keys[i] = by[1] end
  for i, row in ipairs(op.path or {}) do words[i] = row.name end
  words[#words + 1] = "{ KEY = VALUE }"
  local where = resource.find and resource.find.record and "errand's own record of what it created" or op.id
  return ("find(%s) gives the one record or nil, and raises kind conflict if several match; keys: %s. "
    .. "It looks through %s."):format(table.concat(words, ", "), keys[1] and table.concat(keys, ", ")
    or "any member of a record", where)
end

-- each, page and find are made from others.
local function derived(topic, found, catalogue)
  local name = topic:match("[^.]*$")
  if found.operation[name] then return nil end
  if name == "find" then
    local text = find_text(found, catalogue)
    return text and topic .. "\n\n" .. wrap(text, "  ")
  end
  local op = found.operation[name:match("^(.*)_each$") or name:match("^(.*)_page$") or "list"]
  local each, page = describe.paged(op or {})
  if topic == each then
    return topic .. "\n\n" .. wrap(("for record in %s{...} do ... end reads the records of all pages, one page at a "
      .. "time; arguments as of %s."):format(each, op.id), "  ")
  elseif topic == page then
    return topic .. "\n\n" .. wrap(("local records, reply = %s{...} reads one page; reply.next holds what the next "
      .. "page wants; arguments as of %s."):format(page, op.id), "  ")
  end
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
  local find = find_text(resource, catalogue)
  add(parts, find and wrap(find, "  "))
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
  add(parts, rows_block("settings", describe.ordered(catalogue.settings)))
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
  parts[#parts + 1] = on(entry.name)
  return table.concat(parts, "\n\n")
end

-- Text on a topic of core.helptopics.
local function article(topic)
  local parts = { topic.name .. ": " .. topic.summary }
  for i, part in ipairs(topic.parts) do
    parts[i + 1] = type(part) == "string" and wrap(part, "") or "  " .. part[1]:gsub("\n", "\n  "):gsub("\n +\n", "\n\n")
  end
  return table.concat(parts, "\n\n")
end

-- Services of one's own that cannot be used.
local function left_out(broken)
  if #broken == 0 then return "" end
  local names, texts = {}, {}
  for i, one in ipairs(broken) do names[i], texts[i] = one.name or "all", one.message end
  return "\n\nservices of your own that cannot be used:\n" .. list(names, texts)
end

local function contents()
  local cli, doc, services = require "core.cli", require "std.doc", require "core.services"
  local commands, names, texts, titles = {}, {}, {}, {}
  local sound, broken = services.sound()
  for i, name in ipairs(cli.commands) do commands[i] = cli.module(name).summary end
  for i, entry in ipairs(doc) do names[i], texts[i] = entry.name, entry.summary end
  for i, name in ipairs(sound) do titles[i] = services.catalogue(name).title or "" end
  local parts = { "services:\n" .. list(sound, titles) .. left_out(broken), "script library:\n" .. list(names, texts) }
  -- The commands of a shell are nothing to type at the prompt.
  if require("core.session").command == "prompt" then
    parts[3] = wrap("?NAME says more; :search WORDS looks through all operations; :help lists the commands of the prompt, "
      .. ":tour shows them.", "")
  else
    local topics, lines = {}, {}
    for i, topic in ipairs(require "core.helptopics") do topics[i], lines[i] = topic.name, topic.summary end
    table.insert(parts, 1, "commands:\n" .. list(cli.commands, commands))
    table.insert(parts, 1, "how to begin:\n" .. list(topics, lines))
    parts[5] = "errand help TOPIC says more; errand search WORDS looks through all operations. errand alone opens a prompt."
  end
  return table.concat(parts, "\n\n")
end

local function library_entry(topic)
  for _, entry in ipairs(require "std.doc") do
    if entry.name == topic then return entry end
  end
end

local function topic_of(name)
  for _, topic in ipairs(require "core.helptopics") do
    if topic.name == name or topic.also == name then return topic end
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
  for _, one in ipairs(require "core.helptopics") do names[#names + 1] = one.name end
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
  if is_command(topic) then return help.command(topic, require("core.cli").module(topic)) end
  local found_topic = topic_of(topic)
  if found_topic then return article(found_topic) end
  local services = require "core.services"
  local service, resource, op = topic:match("^([^.]+)%.?([^.]*)%.?(.*)$")
  if not services.exists(service) then
    services.explain(service)
    unknown(topic)
  end
  local catalogue = services.catalogue(service)
  if resource == "" then return help.service(catalogue) end
  local found = catalogue.resource[resource] or services.no_resource(catalogue, resource)
  if op == "" then return help.resource(found, catalogue) end
  return derived(topic, found, catalogue) or help.operation(services.find_operation(topic), catalogue)
end

return help
