-- params.lua - what a call accepts at the cursor: its parameters and their values.
-- SPDX-License-Identifier: MIT
--
-- An expectation says what may stand inside { } or ( ):
--   catalogue  nil for the script library
--   rows       members by name; needed: those without which the call fails
--   element    row of what stands without a name
--   only       true: no other names can come

local describe = require "core.describe"
local resolve = require "core.repl.complete.resolve"

local params = {}

local DEPTH = 24

-- ---- rows ----

local function add(out, rows, needed)
  for _, row in ipairs(rows or {}) do
    if row.type then
      out.rows[#out.rows + 1] = row
      if needed and row.required and not row.value and row.preset == nil then out.needed[row] = true end
    end
  end
end

local function expectation(catalogue)
  return { catalogue = catalogue, rows = {}, needed = {} }
end

local function shape(catalogue, kind)
  if type(kind) == "table" then return kind end
  return catalogue and catalogue.shapes and catalogue.shapes[kind]
end

-- Of rows of which one excludes the others those are left out.
local function exclude(out, rows, given)
  for _, name in ipairs(rows.one_of or {}) do
    if given[name] then
      for _, other in ipairs(rows.one_of) do out.left_out[other] = true end
    end
  end
end

-- What a value of this row's type is made of.
local function of_row(catalogue, row, given)
  local inner, is_list = describe.element(row.type)
  local out = expectation(catalogue)
  if is_list then
    out.element = setmetatable({ type = inner }, { __index = row })
    return out
  end
  if row.operators then
    for i, name in ipairs(row.operators) do out.rows[i] = { name = name, type = row.type, enum = row.enum } end
    return out
  end
  local rows = shape(catalogue, inner)
  if not rows then return nil end
  out.left_out = {}
  add(out, rows, true)
  exclude(out, rows, given)
  return out
end

-- Members that the catalogue sets itself.
local function drop_fixed(out, op)
  for name in pairs(op.fixed or {}) do
    if name ~= "query" then out.left_out[name] = true end
  end
end

-- The argument table of an operation, behind so many leading values.
local function arguments(thing, leading, frame)
  local op, catalogue = thing.op, thing.catalogue
  local out = expectation(catalogue)
  local body, is_list = describe.body(op, catalogue.shapes or {})
  out.left_out, out.only = {}, true
  if op.body and not body then                       -- free-form, or a list of plain values
    local inner, list = describe.element(op.body)
    out.element, out.only = list and { type = inner, name = "element" } or nil, false
  end
  if is_list and body then out.element = { type = (describe.element(op.body)), name = "element" } end
  if frame.positional == 0 then
    add(out, body, not op.body_optional)
    if body then exclude(out, body, frame.given) end
  end
  for i, row in ipairs(op.path or {}) do
    if i > leading then add(out, { row }) end
    if i > leading and not row.join then out.needed[row] = true end
  end
  add(out, op.query, true)
  add(out, op.header, true)
  local paths = #(op.path or {})
  for i, row in ipairs(op.files or {}) do
    if paths + i > leading then add(out, { row }, true) end
  end
  if op.returns == "file" then add(out, { require("core.request").to }) end
  drop_fixed(out, op)
  return out
end

-- The keys that find looks for.
local function keys(thing)
  local out = expectation(thing.catalogue)
  local records = resolve.record_rows(thing.resource, thing.catalogue)
  local by_name = {}
  for _, row in ipairs(records or {}) do by_name[row.name] = row end
  local by = thing.resource.find and thing.resource.find.by
  if not by then
    for _, row in ipairs(records or {}) do
      if not shape(thing.catalogue, (describe.element(row.type))) then add(out, { row }) end
    end
    return out
  end
  for _, key in ipairs(by) do
    local row = by_name[key[1]]
    add(out, { { name = key[1], type = row and row.type or "string", enum = row and row.enum, doc = row and row.doc } })
  end
  out.only = true
  return out
end

-- ---- the table behind the arguments ----

-- fits(op) where not all operations have it.
local option_rows = {
  { name = "timeout", type = "number", doc = "Seconds until the call is given up." },
  { name = "retry", type = "integer", doc = "How often it is tried again after a failure that may pass." },
  { name = "cap", type = "integer", doc = "Records at which the list stops with an error.",
    fits = function(op) return op.paging end },
  { name = "to", type = "string", file = true, doc = "File the reply goes into.",
    fits = function(op) return op.returns == "file" end },
  { name = "field", type = "string", doc = "Another name for the file's part of the form.",
    fits = function(op) return op.files ~= nil and #op.files == 1 and not op.whole end },
}

local function options(thing)
  local out = expectation(thing.catalogue)
  for _, row in ipairs(option_rows) do
    if not row.fits or thing.op and row.fits(thing.op) then out.rows[#out.rows + 1] = row end
  end
  out.only = true
  return out
end

-- ---- the script library ----

-- The members of the table that a function of the library takes, from what
-- help says: the parameters whose names do not stand before it.
local function library(name)
  for _, entry in ipairs(require "std.doc") do
    local signature = entry.signature
    local meant = entry.name == name:match("^[^.]*") and signature:sub(1, #name) == name
    local before = meant and (signature:match("^[%w_.]+%((.-)options") or signature:match("^[%w_.]+%((.-){"))
    if before then
      local out = expectation(nil)
      for _, parameter in ipairs(entry.parameters or {}) do
        for one in parameter[1]:gmatch("[%a_][%w_]*") do
          if not before:find("%f[%w_]" .. one .. "%f[^%w_]") then
            out.rows[#out.rows + 1] = { name = one, type = "any", doc = parameter[2] }
          end
        end
      end
      return out
    end
  end
end

-- ---- where the cursor is ----

-- The call that a frame "(" or the "{" of f{} belongs to: its function, and the
-- number of arguments before those that the function gets.
local function callee(ctx, frame, env, shell)
  local last = frame.at - 1
  local first = ctx:chain_start(last)
  if not first then return nil end
  local pick, skip = resolve.forwarded(ctx, first, last)
  local from = pick and frame.items[pick]
  if from and frame.open == "(" and #frame.items > skip then
    local till = ctx:chain_end(from)
    return till and resolve.expression(ctx, from, till, env, shell), skip, ctx:text_of(from, till or from)
  end
  return resolve.expression(ctx, first, last, env, shell), 0, ctx:text_of(first, last)
end

-- Which table of the call is the element at the cursor? How many values stand
-- before it, and whether the arguments do.
local function place(ctx, thing, frame, skip)
  local values, seen = 0, false
  local most = #(thing.op and thing.op.path or {}) + #(thing.op and thing.op.files or {})
  for i = skip + 1, #frame.items - 1 do
    local token = ctx.tokens[frame.items[i]]
    if token.text == "{" and token.kind == "op" then
      if seen then return nil end
      seen = true
    elseif token.text ~= "nil" or seen then
      if seen or values == most and thing.how ~= "find" then return nil, true end
      values = values + 1
    end
  end
  return values, seen
end

local function of_call(ctx, frame, inner, env, shell)
  local thing, skip, text = callee(ctx, frame, env, shell)
  if thing and thing.kind == "with" then
    local out = expectation(nil)
    out.rows[1] = { name = "profile", type = "string", profile = true, doc = "Profile whose account is used." }
    out.only = true
    return out
  end
  if not thing or thing.kind ~= "call" then return thing and library(text) end
  local values, seen = 0, false
  if frame.open == "(" then values, seen = place(ctx, thing, frame, skip) end
  if seen then return options(thing) end
  if not values then return nil end
  if thing.how == "find" then return keys(thing) end
  return arguments(thing, values, inner)
end

local function row_of(expected, name)
  for _, row in ipairs(expected.rows) do
    if (row.as or row.name) == name then return row end
  end
end

-- Inside the frame { at place k of the stack.
local function inside(ctx, k, env, shell, depth)
  local frame, outer = ctx.frames[k], ctx.frames[k - 1]
  if frame.open ~= "{" or depth > DEPTH then return nil end
  if frame.call then return of_call(ctx, frame, frame, env, shell) end
  if outer.open == "(" and outer.call and outer.item == frame.at then return of_call(ctx, outer, frame, env, shell) end
  if outer.open ~= "{" or (outer.value or outer.item) ~= frame.at then return nil end
  local expected = inside(ctx, k - 1, env, shell, depth + 1)
  if not expected then return nil end
  local row = outer.value and row_of(expected, outer.key) or not outer.value and expected.element
  return row and of_row(expected.catalogue, row, frame.given) or nil
end

--- params.expected(ctx, env, shell) -> the expectation inside the { } at the
-- cursor, or nil.
function params.expected(ctx, env, shell)
  return inside(ctx, #ctx.frames, env, shell, 0)
end

--- params.names(expected, given) -> list of rows that may still be given, those
-- that must be first.
function params.names(expected, given)
  local out = {}
  for _, wanted in ipairs { true, false } do
    for _, row in ipairs(expected.rows) do
      local name = row.as or row.name
      local left_out = given[name] or expected.left_out and expected.left_out[name]
      if not left_out and (expected.needed[row] or false) == wanted then out[#out + 1] = row end
    end
  end
  return out
end

-- Arguments that are names of files, or topics of help.
local files = { ["io.open"] = 1, ["io.lines"] = 1, ["io.input"] = 1, ["io.output"] = 1, ["os.remove"] = 1,
                ["os.rename"] = 2, dofile = 1, loadfile = 1, read_csv = 1 }

-- A scalar argument of a call in ( ), or the text of f"text": its row, the
-- catalogue and the operation.
local function argument(ctx, frame, n, env, shell)
  local thing, skip, text = callee(ctx, frame, env, shell)
  if text == "help" and n == 1 then return { topic = true } end
  if text == "require" and n == 1 then return { service = true } end
  if files[text] and n <= files[text] then return { file = true } end
  if not thing or thing.kind ~= "call" or not thing.op then return nil end
  local path = thing.op.path or {}
  n = n - skip
  return path[n] or thing.op.files and thing.op.files[n - #path] or nil, thing.catalogue, thing.op
end

--- params.row(ctx, env, shell) -> the row of the value at the cursor, or nil:
-- behind "key =", as an element of a list, as an argument; its catalogue and,
-- of an argument, the operation.
function params.row(ctx, env, shell)
  local frame, last = ctx:top(), ctx.last
  if ctx.quote and ctx.tokens[last] and ctx:chain_start(last) and ctx.tokens[last].kind == "name" then
    return argument(ctx, { at = last + 1, open = "string", items = {} }, 1, env, shell)   -- f"text
  end
  if frame.open == "(" and frame.call then
    if (frame.item or last + 1) ~= last + 1 then return nil end
    return argument(ctx, frame, #frame.items, env, shell)
  end
  if frame.open ~= "{" or (frame.value or frame.item or last + 1) ~= last + 1 then return nil end
  local expected = params.expected(ctx, env, shell)
  if not expected then return nil end
  return frame.value and row_of(expected, frame.key) or not frame.value and expected.element or nil, expected.catalogue
end

--- params.values(row) -> list of the values that a row accepts, where they can
-- be told: texts, booleans; nil where they cannot.
function params.values(row)
  if row.profile then return params.profiles() end
  local kind = describe.element(row.type)
  local out = {}
  for i, value in ipairs(row.enum or {}) do out[i] = value end
  if #out == 0 and (kind == "boolean" or kind == "flag") then out = { true, false } end
  return #out > 0 and out or nil
end

--- params.is_file(row) -> true where the value is the name of a file.
function params.is_file(row)
  return row.file or row.type == "file" or row == require("core.request").to
end

--- params.profiles() -> sorted names of the configured profiles; none where
-- the configuration cannot be read.
function params.profiles()
  local ok, list = pcall(require("core.config").profiles)
  return ok and list or {}
end

return params
