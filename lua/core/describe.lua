-- describe.lua - words for what a catalogue says: types, rows, shapes, calls.
-- SPDX-License-Identifier: MIT

local describe = {}

--- What the marks of evidence mean.
describe.EVIDENCE = {
  source = "the vendor document that this module was made from says so",
  docs = "another public page says so",
  inferred = "no public page says so: a real server may correct it",
}

--- What the effects mean.
describe.EFFECT = {
  read = "reads only",
  set = "changes; repeating it leads to the same state",
  create = "makes something new each time; never repeated by itself",
  send = "sends a message each time; never repeated by itself",
}

--- describe.element("[T]") -> "T", true; "T" -> "T", false.
function describe.element(kind)
  local inner = type(kind) == "string" and kind:match("^%[(.+)%]$")
  return inner or kind, inner and true or false
end

local function size(row, unit)
  local low, high = row.min, row.max
  if not low and not high then return "" end
  unit = unit and " " .. (((high or low) == 1) and unit:sub(1, -2) or unit) or ""
  if low and high then return (" (%s%s)"):format(low == high and low or low .. ".." .. high, unit) end
  return (" (%s %s%s)"):format(low and "at least" or "at most", low or high, unit)
end

--- describe.elements(op) -> "a list (or one) of", also saying so where the list
-- may be empty.
function describe.elements(op)
  return op.body_min and "a list (or one) of" or "a list (or one, or none) of"
end

--- describe.kind(type) -> "list of GroupRole", "string", ...
function describe.kind(kind)
  if type(kind) == "table" then return "object" end
  local inner, is_list = describe.element(kind)
  if is_list then return "list of " .. describe.kind(inner) end
  return ({ flag = "boolean", json = "table or JSON text", any = "any value", object = "object, free-form",
            file = "file name" })[kind] or kind or "string"
end

--- describe.type(row) -> its type with its limits: "string (6..254 characters)".
function describe.type(row)
  local inner, is_list = describe.element(row.type)
  local unit
  if is_list then unit = "elements" elseif inner ~= "integer" and inner ~= "number" then unit = "characters" end
  return describe.kind(row.type) .. size(row, unit)
end

local function shown(value)
  if type(value) == "table" then return require("host.json").encode(value) or "table" end
  return tostring(value)
end

local function words(list)
  local out = {}
  for i, one in ipairs(list) do out[i] = tostring(one) end
  return table.concat(out, ", ")
end

--- describe.traits(row, evidence, received) -> list of what else is to know of a
-- row, sent or received. A mark of evidence is given only where it is another
-- than the one expected.
function describe.traits(row, evidence, received)
  local out = {}
  if row.required and not received and not row.value then out[#out + 1] = "required" end
  if row.nullable then out[#out + 1] = received and "or nil" or "null allowed" end
  if row.secret then out[#out + 1] = "secret" end
  if row.enum then out[#out + 1] = "one of " .. words(row.enum) end
  if row.not_in then out[#out + 1] = "not " .. words(row.not_in) end
  if row.pattern_doc then out[#out + 1] = "of the form " .. row.pattern_doc end
  if row.operators then
    out[#out + 1] = "or { OPERATOR = value } with " .. table.concat(row.operators, ", ")
  end
  if row.join and not row.operators then out[#out + 1] = ("sent as one value, joined by '%s'"):format(row.join) end
  if row.value and row.type then out[#out + 1] = "if left out, the account's setting " .. row.value:gsub("[{}]", "") end
  if row.preset ~= nil then out[#out + 1] = "sent if left out: " .. shown(row.preset) end
  if row.default ~= nil then out[#out + 1] = "the server assumes " .. shown(row.default) end
  if row.evidence and row.evidence ~= evidence then out[#out + 1] = "[" .. row.evidence .. "]" end
  return out
end

--- describe.row(row, evidence, note, received) -> the text beside a row's name;
-- note (nullable) follows the type.
function describe.row(row, evidence, note, received)
  if not row.type and row.value then
    return "sent as " .. row.value .. (row.doc and ". " .. row.doc or "")
  end
  local parts = { describe.type(row) .. (note and ", " .. note or "") }
  for _, trait in ipairs(describe.traits(row, evidence, received)) do parts[#parts + 1] = trait end
  local text = table.concat(parts, "; ")
  return row.doc and text .. ". " .. row.doc or text
end

--- describe.ordered(rows) -> the rows, required ones first.
function describe.ordered(rows)
  local out = {}
  for _, wanted in ipairs{ true, false } do
    for _, row in ipairs(rows or {}) do
      if (row.required and not row.value or false) == wanted then out[#out + 1] = row end
    end
  end
  return out
end

--- describe.rules(rows) -> sentences on a shape as a whole.
function describe.rules(rows)
  local out = {}
  if rows.any_of then out[#out + 1] = "at least one of " .. table.concat(rows.any_of, ", ") end
  if rows.one_of then out[#out + 1] = "exactly one of " .. table.concat(rows.one_of, ", ") end
  if rows.min then out[#out + 1] = ("at least %d member%s"):format(rows.min, rows.min == 1 and "" or "s") end
  if rows.open then out[#out + 1] = "other members pass as they are" end
  return out
end

-- A shape's own mark counts for its rows that have none.
local function marked(row, rows)
  if row.evidence or not rows.evidence then return row end
  return setmetatable({ evidence = rows.evidence }, { __index = row })
end

local function walk(rows, shapes, state, depth, path)
  for _, row in ipairs(describe.ordered(rows)) do
    local kind = describe.element(row.type)
    local below = type(kind) == "table" and kind or shapes[kind]
    local entry = { row = marked(row, rows), depth = depth }
    state.list[#state.list + 1] = entry
    local name = path .. (row.as or row.name)
    if below and state.seen[below] then
      entry.note = "as " .. state.seen[below]
    elseif below then
      state.seen[below] = name
      local rules = describe.rules(below)
      if rules[1] then entry.rules = table.concat(rules, "; ") end
      walk(below, shapes, state, depth + 1, name .. ".")
    end
  end
  return state.list
end

--- describe.tree(rows, shapes, seen) -> list of { row, depth, note, rules }: the
-- rows and, below each, the members of its shape where it first occurs. seen
-- (nullable) remembers the shapes from one tree to the next.
function describe.tree(rows, shapes, seen)
  return walk(rows, shapes, { list = {}, seen = seen or {} }, 0, "")
end

-- Members that repeat a path parameter are filled in and so not required.
local function without_copies(rows, copies)
  local out = setmetatable({}, { __index = rows })
  for i, row in ipairs(rows) do
    local copy = copies[row.name]
    out[i] = copy and setmetatable({ required = false, doc = ("The %s of the path; filled in."):format(copy) },
      { __index = row }) or row
  end
  return out
end

--- describe.body(op, shapes) -> the rows of the body (nil for free-form or
-- none), true where it is a list.
function describe.body(op, shapes)
  local kind, is_list = describe.element(op.body)
  local rows = type(kind) == "table" and kind or shapes[kind]
  return rows and op.copy and without_copies(rows, op.copy) or rows, is_list
end

-- Names that a call must give, and whether there are others.
local function names_of(op, shapes)
  local required, more = {}, op.returns == "file"
  for _, rows in ipairs{ describe.body(op, shapes) or {}, op.query or {}, op.header or {} } do
    for _, row in ipairs(rows) do
      local needed = row.required and not row.value and row.preset == nil and not (op.body_optional and rows ~= op.query)
      if needed then
        required[#required + 1] = row.as or row.name
      elseif row.type then
        more = true
      end
    end
    if rows.open then more = true end
  end
  return required, more
end

describe.names = names_of

-- { firstName=, lastName=, ... }
local function arguments(op, shapes)
  local required, more = names_of(op, shapes)
  local rows = describe.body(op, shapes)
  local kind, is_list = describe.element(op.body)
  local out = {}
  for i, name in ipairs(required) do out[i] = (name:find("^[%a_][%w_]*$") and name or '["' .. name .. '"]') .. "=" end
  if op.body and not rows then
    local item = is_list and describe.kind(kind):upper() or "MEMBER="
    out[#out + 1] = item
    more = true
  end
  if more then out[#out + 1] = "..." end
  local optional = (#required == 0 or op.body_optional) and not (op.body and not op.body_optional)
  return #out > 0 and "{ " .. table.concat(out, ", ") .. " }" or nil, optional
end

--- describe.signature(op, shapes) -> how the call is written.
function describe.signature(op, shapes)
  local parts = {}
  for _, rows in ipairs{ op.path or {}, op.files or {} } do
    for _, row in ipairs(rows) do
      local spare = row.type == "file" and not row.required or row.join
      parts[#parts + 1] = spare and "[" .. (row.as or row.name) .. "]" or row.as or row.name
    end
  end
  local text, optional = arguments(op, shapes)
  if text and #parts == 0 and not optional then return op.id .. text end
  if text then parts[#parts + 1] = optional and "[" .. text .. "]" or text end
  return ("%s(%s)"):format(op.id, table.concat(parts, ", "))
end

--- describe.command(op, shapes) -> the call as a command, with what it needs.
function describe.command(op, shapes)
  local parts, by_name = { "errand call " .. op.id }, {}
  for _, row in ipairs(op.path or {}) do parts[#parts + 1] = row.name:upper() end
  for _, rows in ipairs{ describe.body(op, shapes) or {}, op.query or {}, op.header or {}, op.files or {} } do
    for _, row in ipairs(rows) do by_name[row.as or row.name] = row end
  end
  local required = names_of(op, shapes)
  for _, row in ipairs(op.files or {}) do
    if row.required then required[#required + 1] = row.as or row.name end
  end
  for _, name in ipairs(required) do
    local kind, is_list = describe.element(by_name[name].type)
    local plain = type(kind) == "string" and not shapes[kind] and kind ~= "object" and kind ~= "any"
    parts[#parts + 1] = ("--%s %s"):format(name, plain and kind:upper() .. (is_list and "..." or "") or "JSON")
  end
  if op.body and not describe.body(op, shapes) then parts[#parts + 1] = "--json JSON" end
  return table.concat(parts, " ")
end

--- describe.inverse(op) -> ids of what undoes it, or nil.
function describe.inverse(op)
  if not op.inverse then return nil end
  local names = {}
  for i, one in ipairs(type(op.inverse[1]) == "table" and op.inverse or { op.inverse }) do
    names[i] = op.service .. "." .. one[1]
  end
  return table.concat(names, ", ")
end

--- describe.evidence(op, catalogue) -> one sentence on how sure all of it is.
function describe.evidence(op, catalogue)
  local own, rest = op.evidence or catalogue.evidence, catalogue.evidence
  if not own then return nil end
  if type(own) ~= "string" or own == rest or not rest then return ("%s, unless marked"):format(tostring(own)) end
  return ("%s for method and path, %s for the rest, unless marked"):format(own, rest)
end

--- describe.paged(op) -> the names of the calls that read page by page.
function describe.paged(op)
  if not op.paging then return nil end
  local prefix = op.id:match("^(.*)%.[^.]+$") .. "." .. (op.name == "list" and "" or op.name .. "_")
  return prefix .. "each", prefix .. "page"
end

--- describe.find_via(resource) -> "users.list", the operation whose path values
-- and records a find has, or nil where nothing can be found.
function describe.find_via(resource)
  local find = resource.find
  if find then return find.list or find.record end
  return resource.operation.list and resource.name .. ".list" or nil
end

--- describe.kinds(op) -> kinds of error that the call may raise once it is sent.
function describe.kinds(op)
  local out = { "auth", "not_found", "conflict", "rate_limited", "server", "network", "timeout" }
  if op.once or op.effect == "create" or op.effect == "send" then out[#out + 1] = "in_doubt" end
  if op.paging then out[#out + 1] = "cap" end
  return out
end

return describe
