-- call.lua - errand call: every operation is a command.
-- SPDX-License-Identifier: MIT

local options = require "core.options"

local call = {
  summary = "Call one operation of a service.",
  usage = "call SERVICE RESOURCE OPERATION [PATH VALUES] [--NAME VALUE ...] [--json JSON]",
  doc = "Path values come in the order of the path; every other parameter is an option, nested ones "
    .. "with dots: --account.login_username new.hire. A list is given by repeating the option or as "
    .. "a JSON array. --json JSON, --json @FILE or --json - (standard input) gives the whole body. "
    .. "errand help SERVICE.RESOURCE.OPERATION shows the parameters.",
  raw = true,
  late = true,
}

local JSON = { "json", value = "JSON", doc = "Body as JSON text, @FILE, or - for standard input." }

--- call.read_json(text) -> value of a --json argument, its JSON text; raises.
function call.read_json(text)
  local sys, from = require "host.sys", "--json"
  local err
  if text == "-" then
    from = "standard input"
    text, err = sys.stdin_read()
  elseif text:sub(1, 1) == "@" then
    from = text:sub(2)
    text, err = sys.read_file(from)
  end
  if not text then
    require("core.error").raise("validation", "--json: " .. tostring(err.message or err))
  end
  local value, why = require("host.json").decode(text)
  if value == nil then
    require("core.error").raise("validation", ("%s: not JSON: %s"):format(from,
      tostring(why.message or why)))
  end
  return value, text
end

-- find is no operation of the catalogue; its keys are given as options.
local function find_operation(id)
  local services = require "core.services"
  local service, resource = id:match("^([^.]+)%.([^.]+)%.find$")
  local catalogue = service and services.catalogue(service)
  local found = catalogue and catalogue.resource[resource]
  if not found or not found.find or found.operation.find then return services.find_operation(id) end
  local via = require("core.catalogue").operation(catalogue, found.find.list or found.find.record)
  local keys = {}
  for i, by in ipairs(found.find.by) do
    keys[i] = { by[1], "string", name = by[1], type = "string" }
  end
  return { id = id, service = service, resource = resource, name = "find", path = via.path,
           query = keys }
end

-- "ixon.users.list", or three words; what is left are the call's own.
local function take_operation(words)
  local services = require "core.services"
  local id = words[1]
  if not id then
    require("core.error").raise("validation", "which operation? errand " .. call.usage)
  end
  if id:find(".", 1, true) then
    table.remove(words, 1)
    return find_operation(id)
  end
  local catalogue = services.catalogue(id)
  for at, kind in ipairs{ "resource", "operation" } do
    local word = words[at + 1]
    if not word or word:find("^%-") then
      local names = {}
      local list = kind == "resource" and catalogue.resource_list
        or (catalogue.resource[words[2]] or services.no_resource(catalogue, words[2])).operations
      for i, one in ipairs(list) do names[i] = one.name end
      require("core.error").raise("validation", ("which %s? %s has %s"):format(kind,
        table.concat(words, ".", 1, at), table.concat(names, ", ")))
    end
  end
  local op = find_operation(table.concat(words, ".", 1, 3))
  for _ = 1, 3 do table.remove(words, 1) end
  return op
end

-- Option names for a misspelt one to be compared with.
local function all_names(op, shapes)
  local names = require("core.cli.params").names(op, shapes)
  for _, row in ipairs(require("core.cli").rows{ JSON }) do names[#names + 1] = "--" .. row[1] end
  return names
end

local function parse(op, shapes, args)
  local params = require "core.cli.params"
  local rows = params.rows(op, shapes)
  rows[#rows + 1] = JSON
  return options.parse(require("core.cli").rows(rows), args, {
    find = params.finder(op, shapes),
    names = function() return all_names(op, shapes) end,
  })
end

--- call.run(args): args are the operation and what follows it.
function call.run(args)
  local params, services = require "core.cli.params", require "core.services"
  local op = take_operation(args)
  local shapes = services.catalogue(op.service).shapes or {}
  local values, words, problems = parse(op, shapes, args)
  if values.help then
    local topic = op.name == "find" and op.service .. "." .. op.resource or op.id
    require("core.output").text(require("core.help").topic(topic) .. "\n")
    return
  end
  local path = params.path(op, words, shapes, problems)
  options.check(problems, "the call of " .. op.id)
  require("core.cli").settle(values)
  local body = values.json and (call.read_json(values.json))
  local settings = params.assemble(values, body, problems)
  options.check(problems, "the call of " .. op.id)
  if settings ~= nil then path[#path + 1] = settings end
  local data = services.get(op.service)[op.resource][op.name](table.unpack(path))
  require("core.output").write(data, require("core.session").output)
end

return call
