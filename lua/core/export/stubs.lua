-- stubs.lua - LuaCATS annotations of services and script library, for editors.
-- SPDX-License-Identifier: MIT
--
-- What is written is Lua that does nothing: comments and empty functions.

local describe = require "core.describe"

local stubs = {}

local TYPES = { string = "string", integer = "integer", number = "number", boolean = "boolean", flag = "boolean",
                uuid = "string", datetime = "string", date = "string", json = "table|string", object = "table",
                any = "any", file = "string", text = "string", none = "nil" }

local function comment(out, text)
  if not text then return end
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do out[#out + 1] = "---" .. line end
end

local function one_line(text)
  return text and " " .. text:gsub("%s*\n%s*", " ") or ""
end

-- The type that an annotation gives a value.
local function type_of(kind, service)
  if type(kind) == "table" then return "table" end
  local inner, is_list = describe.element(kind)
  if is_list then
    local text = type_of(inner, service)
    return (text:find("|", 1, true) and "(" .. text .. ")" or text) .. "[]"
  end
  return TYPES[kind] or service .. "." .. kind
end

local function row_type(row, service)
  local kind = row.type or "string"
  if row.enum and TYPES[kind] == "string" then
    local names = {}
    for i, value in ipairs(row.enum) do names[i] = ("%q"):format(value) end
    return table.concat(names, "|")
  end
  local text = type_of(kind, service)
  local inner, is_list = describe.element(kind)
  if is_list and row.lone then text = text .. "|" .. type_of(inner, service) end
  if row.operators then
    local names = {}
    for i, name in ipairs(row.operators) do names[i] = name .. "?: any" end
    text = ("%s|{ %s }"):format(text, table.concat(names, ", "))
  end
  return text
end

local function field(out, row, service, required)
  local name, text = row.as or row.name, row_type(row, service)
  if row.nullable and text ~= "any" then text = text .. "|errand.null" end
  if text:find("|", 1, true) then text = "(" .. text .. ")" end
  local key = name:find("^[%a_][%w_]*$") and name or ("[%q]"):format(name)
  out[#out + 1] = ("---@field %s %s%s%s"):format(key, text, required and "" or "?", one_line(row.doc))
end

-- Of a closed shape the editor reports members that are not there.
local function class(out, name, rows, service)
  out[#out + 1] = ("---@class %s%s"):format(rows.open and "" or "(exact) ", name)
  for _, row in ipairs(rows) do field(out, row, service, row.required) end
  if rows.open then out[#out + 1] = "---@field [string] any" end
  out[#out + 1] = ""
end

local function arguments_rows(op)
  local rows = {}
  for _, list in ipairs{ op.query or {}, op.header or {} } do
    for _, row in ipairs(list) do
      if row.type then
        rows[#rows + 1] = setmetatable({ required = row.required and not row.value and row.preset == nil,
                                         lone = true }, { __index = row })
      end
    end
  end
  if op.returns == "file" then
    local to = require("core.request").to
    rows[#rows + 1] = setmetatable({ name = "to", as = "to" }, { __index = to })
  end
  return rows
end

-- The class of the table that a call takes; writes it where it is no shape.
-- Gives its name, the type of a list that may stand in its place, and whether
-- it may be left out.
local function arguments(out, op, catalogue)
  local service, shapes = catalogue.name, catalogue.shapes or {}
  local rows = arguments_rows(op)
  local kind, is_list = describe.element(op.body)
  local list = is_list and type_of(op.body, service) or nil
  local shape = type(kind) == "string" and shapes[kind]
  local members = describe.body(op, shapes)
  local required = describe.names(op, shapes)
  local optional = op.body_optional or not op.body and #required == 0
  if shape and #rows == 0 and not op.copy then return service .. "." .. kind, list, optional end
  if op.body and not members then return #rows == 0 and (list or "table") or "table", list, optional end
  if #rows == 0 and not members then return nil end
  for _, row in ipairs(members or {}) do rows[#rows + 1] = row end
  rows.open = members and members.open
  local name = op.id .. ".arguments"
  class(out, name, rows, service)
  return name, list, optional
end

-- path values and files, in order
local function leading(out, op, names)
  for _, row in ipairs(op.path or {}) do
    names[#names + 1] = row.name
    out[#out + 1] = ("---@param %s%s string|integer%s"):format(row.name, row.join and "?" or "", one_line(row.doc))
  end
  for _, row in ipairs(op.files or {}) do
    local name = (row.as or row.name):gsub("[^%w_]", "_")
    names[#names + 1] = name
    out[#out + 1] = ("---@param %s%s string%s"):format(name, row.required and "" or "?", one_line(row.doc))
  end
end

local function returned(op, service)
  if op.returns == "file" then return "string?" end
  return type_of(op.returns or "any", service)
end

local function overload(op, list, result)
  local parts = {}
  for _, row in ipairs(op.path or {}) do parts[#parts + 1] = row.name .. ": string|integer" end
  parts[#parts + 1] = "list: " .. list
  parts[#parts + 1] = "options?: errand.options"
  return ("---@overload fun(%s): %s, errand.reply"):format(table.concat(parts, ", "), result)
end

local function method(out, op, name, taken, result, text)
  comment(out, text)
  local names = {}
  leading(out, op, names)
  names[#names + 1], names[#names + 2] = "arguments", "options"
  out[#out + 1] = ("---@param arguments%s %s"):format(taken.optional and "?" or "", taken.type or "table")
  out[#out + 1] = "---@param options? errand.options"
  for _, one in ipairs(result) do out[#out + 1] = "---@return " .. one end
  if taken.list and taken.list ~= taken.type and result.plain then
    out[#out + 1] = overload(op, taken.list, result.plain)
  end
  out[#out + 1] = ("function %s(%s) end\n"):format(name, table.concat(names, ", "))
end

local function operation(out, op, catalogue, variable)
  local kind, list, optional = arguments(out, op, catalogue)
  local taken = { type = kind, list = list, optional = optional or not kind }
  local result = returned(op, catalogue.name)
  local text = op.summary .. (op.doc and "\n\n" .. op.doc or "")
  text = ("%s\n\n`%s %s`, effect %s%s, evidence %s"):format(text, op.method, op.template, op.effect,
    op.danger and " (destroys)" or "", tostring(op.evidence or catalogue.evidence))
  method(out, op, variable .. "." .. op.name, taken, { result .. " data", "errand.reply reply", plain = result }, text)
  if not op.paging then return end
  local prefix = variable .. "." .. (op.name == "list" and "" or op.name .. "_")
  local element = describe.element(op.returns)
  method(out, op, prefix .. "each", taken, { ("fun(): %s?"):format(type_of(element or "any", catalogue.name)) },
    op.summary .. " Reads one page at a time.")
  method(out, op, prefix .. "page", taken, { result .. " records", "errand.reply reply" }, op.summary .. " One page.")
end

local function find(out, resource, catalogue, variable)
  local via = describe.find_via(resource)
  local named = require("core.catalogue").operation
  local op = via and named(catalogue, via)
  if not op or resource.operation.find then return end
  local record = resource.find and resource.find.get and named(catalogue, resource.find.get) or op
  local names = {}
  out[#out + 1] = "---The one record with these values, or nil."
  for _, row in ipairs(op.path or {}) do
    names[#names + 1] = row.name
    out[#out + 1] = ("---@param %s string|integer%s"):format(row.name, one_line(row.doc))
  end
  local keys = {}
  for i, by in ipairs(resource.find and resource.find.by or {}) do
    keys[i] = (by[1]:find("^[%a_][%w_]*$") and by[1] or ("[%q]"):format(by[1])) .. "?: any"
  end
  names[#names + 1] = "keys"
  out[#out + 1] = "---@param keys " .. (keys[1] and "{ " .. table.concat(keys, ", ") .. " }" or "table<string, any>")
  out[#out + 1] = ("---@return %s? record"):format(type_of(describe.element(record.returns) or "any", catalogue.name))
  out[#out + 1] = ("function %s.find(%s) end\n"):format(variable, table.concat(names, ", "))
end

local function resource_stub(out, resource, catalogue)
  comment(out, resource.doc)
  local name = catalogue.name .. "." .. resource.name
  out[#out + 1] = ("---@class %s"):format(name)
  out[#out + 1] = ("%s = {}\n"):format(name)
  for _, op in ipairs(resource.operations) do operation(out, op, catalogue, name) end
  find(out, resource, catalogue, name)
end

local function sorted(map)
  local names = {}
  for name in pairs(map or {}) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- stubs.service(catalogue) -> the annotations of one service.
function stubs.service(catalogue)
  local out = { "---@meta " .. catalogue.name, "" }
  for _, name in ipairs(sorted(catalogue.shapes)) do
    class(out, catalogue.name .. "." .. name, catalogue.shapes[name], catalogue.name)
  end
  comment(out, catalogue.doc or catalogue.title)
  out[#out + 1] = "---@class " .. catalogue.name
  out[#out + 1] = catalogue.name .. " = {}\n"
  out[#out + 1] = "---The same service with another profile's account."
  out[#out + 1] = "---@param options { profile: string }"
  out[#out + 1] = "---@return " .. catalogue.name
  out[#out + 1] = ("function %s.with(options) end\n"):format(catalogue.name)
  for _, resource in ipairs(catalogue.resource_list) do resource_stub(out, resource, catalogue) end
  return table.concat(out, "\n")
end

-- Annotations of the script library by name; help's data has the words.
local LIBRARY = {
  args = { "---@param spec table\n---@return table<string, any>", "function args(spec) end" },
  array = { "---@generic T: table\n---@param t? T\n---@return T", "function array(t) end" },
  deadline = { "---@param time number|string\n---@param fn fun(...): ...\n---@param ... any\n---@return any ...",
               "function deadline(time, fn, ...) end" },
  help = { "---@param topic? any", "function help(topic) end" },
  json = { "---@class errand.json\n---@field null errand.null\n---@field encode fun(value: any, indent?: integer): string\n"
    .. "---@field pretty fun(value: any): string\n---@field decode fun(text: string): any\n"
    .. "---@field array fun(t?: table): table\n---@field object fun(t?: table): table", "json = {}" },
  log = { "---@class errand.log\n---@field info fun(...: any)\n---@field warn fun(...: any)\n---@field error fun(...: any)\n"
    .. "---@field debug fun(...: any)\n---@overload fun(...: any)", "log = {}" },
  null = { "---@type errand.null", "null = nil" },
  object = { "---@generic T: table\n---@param t? T\n---@return T", "function object(t) end" },
  parallel = { "---@generic T\n---@param items T[]\n---@param fn fun(item: T, position: integer): any\n"
    .. "---@param options? { limit?: integer, on_progress?: function, progress?: function }\n"
    .. "---@return { item: any, ok: boolean, value: any, error: errand.error? }[]", "function parallel(items, fn, options) end" },
  print_table = { "---@param list table[]\n---@param options? { columns?: string[] }", "function print_table(list, options) end" },
  read_csv = { "---@param path string\n---@param options? { columns?: string[], unique?: string, separator?: string, max?: integer }\n"
    .. "---@return table<string, string>[]", "function read_csv(path, options) end" },
  sleep = { "---@param time number|string", "function sleep(time) end" },
  spawn = { "---@param fn function\n---@param ... any\n---@return errand.task", "function spawn(fn, ...) end" },
  try = { "---@param f function\n---@param ... any\n---@return any result\n---@return errand.error? err\n---@return any ...",
          "function try(f, ...) end" },
  workflow = { "---@class errand.workflow\n"
    .. "---@field define fun(name: string, options: table, body: fun(run: errand.run, input: any): any): table\n"
    .. "---@field fail fun(reason: string)\n---@field retry fun(after: number|string)\n"
    .. "---@field is fun(value: any): boolean", "workflow = {}" },
}

local COMMON = [[
---@meta errand

---What JSON's null is as a value.
---@class errand.null: lightuserdata

---What a workflow's function is given.
---@class errand.run
---@field id string
---@field step fun(self: errand.run, name: string, operation: function|table, ...: any): any, string
---@field sleep fun(self: errand.run, name: string, time: number|string)
---@field approve fun(self: errand.run, name: string, options?: { ask?: string, timeout?: number|string, on_timeout?: string }): table
---@field parallel fun(self: errand.run, name: string, branches: table<string, function>, options?: table): table
---@field each fun(self: errand.run, name: string, list: any[], key: function, fn: function, options?: table): table[]
---@field pivot fun(self: errand.run, name: string)
---@field note fun(self: errand.run, text: string)
---@field now fun(self: errand.run): number
---@field uuid fun(self: errand.run, name: string): string
---@field random fun(self: errand.run, low?: integer, high?: integer): number
---@field hold fun(self: errand.run, reason: string)
---@field undo fun(self: errand.run, reason: string)

---The table that comes last in a call.
---@class errand.options
---@field timeout? number Seconds for one request.
---@field cap? integer Records that a list may have.
---@field to? string File that the reply goes into.
---@field field? string Name of the part that carries the one file.

---What a call gives beside its data.
---@class errand.reply
---@field status integer
---@field headers table<string, string>
---@field next any
---@field request_id string?

---@alias errand.kind
---| "validation" | "auth" | "not_found" | "conflict" | "rate_limited" | "server" | "network"
---| "timeout" | "in_doubt" | "cap" | "cancelled" | "config" | "file" | "script"

---@class errand.error
---@field kind errand.kind
---@field message string
---@field status integer?
---@field service string?
---@field operation string?
---@field problems { path: string?, message: string }[]?
---@field body any
---@field request_id string?
---@field attempts integer?
---@field retryable boolean?

---@class errand.task
---@field join fun(self: errand.task): ...
---@field cancel fun(self: errand.task)
]]

--- stubs.library() -> the annotations of the script library.
function stubs.library()
  local out = { COMMON }
  for _, entry in ipairs(require "std.doc") do
    local one = LIBRARY[entry.name] or { "---@type any", entry.name .. " = nil" }
    comment(out, entry.summary .. (entry.doc and "\n\n" .. entry.doc or ""))
    out[#out + 1] = one[1]
    out[#out + 1] = one[2] .. "\n"
  end
  return table.concat(out, "\n")
end

--- Names of the library that have annotations of their own.
stubs.known = LIBRARY

return stubs
