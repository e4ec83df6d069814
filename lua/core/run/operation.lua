-- core/run/operation.lua - what a step is to do, out of an operation or a table.
-- SPDX-License-Identifier: MIT

local catalogues = require "core.catalogue"
local check = require "core.check"
local duration = require "core.duration"
local error_ = require "core.error"
local find = require "core.find"
local first = require("core.pointer").first
local get = require("core.pointer").get
local json = require "host.json"
local kept = require "core.kept"
local request_ = require "core.request"
local services = require "core.services"
local suggest = require "core.suggest"
local sys = require "host.sys"

local M = {}

local BOUND <const> = 60   -- seconds until an effect shows, where nobody says

local function bad(message, ...)
  error_.raise("script", message:format(...))
end

--- The class of an operation: what may be done when its outcome is unknown.
function M.class(op)
  if op.once and (op.effect == "read" or op.effect == "set") then return "send" end
  return op.effect
end

local function profile_of(module)
  local bound = services.bound[module]
  return bound and bound.profile
end

-- ---- arguments as they may be kept ----

local function secret_rows(op, out)
  for _, rows in ipairs { op.path or {}, op.query or {}, op.header or {} } do
    for _, row in ipairs(rows) do
      if row.secret then out[row.as or row.name] = true end
    end
  end
  return out
end

local function clean_arguments(op, value)
  local type_ = op.body
  local whole = type(type_) == "string" and type_:match "^%[(.+)%]$"
  if whole and not json.is_array(value) and value[1] == nil then type_ = whole end
  local out = kept.clean(catalogues.load(op.service), type_, value)
  local secret = secret_rows(op, {})
  if next(secret) == nil then return out end
  local copy = json.is_array(out) and json.array {} or json.object {}
  for key, member in json.pairs(out) do copy[key] = secret[key] and kept.secret or member end
  return copy
end

-- The call's values as a list for JSON, without what is declared as secret.
local function shown(op, arguments)
  local out = json.array {}
  for i = 1, arguments.n do
    local value = arguments[i]
    if value == nil then
      value = json.null
    elseif op and type(value) == "table" and not json.is_number(value) and value ~= json.null then
      value = clean_arguments(op, value)
    elseif op and op.path and op.path[i] and op.path[i].secret then
      value = kept.secret
    end
    out[i] = value
  end
  return out
end

local function encode(value, what)
  local text, err = json.encode(value)
  if not text then bad("%s: the arguments cannot be kept as JSON: %s", what, err.message) end
  return text
end

-- ---- options of a step ----

local keys = { "class", "call", "find", "match", "undo", "existing", "settle", "retry", "timeout", "args" }
local settle_keys, retry_keys = { "by", "bound", "lifetime" }, { "max", "base", "cap", "within" }

local function known(table_, names, what)
  for key in pairs(table_) do
    local found = false
    for _, name in ipairs(names) do found = found or name == key end
    if not found then bad("%s has no key '%s'%s", what, tostring(key), suggest.did_you_mean(tostring(key), names)) end
  end
end

local function seconds(value, what)
  if value == nil then return nil end
  local n, message = duration.seconds(value)
  if not n then bad("%s: %s", what, message) end
  return n
end

local function check_choice(value, choices, what)
  if value == nil then return end
  for _, choice in ipairs(choices) do
    if value == choice then return end
  end
  bad("%s: one of %s expected, got %s", what, table.concat(choices, ", "), tostring(value))
end

local function read_retry(given)
  given = given or {}
  known(given, retry_keys, "retry")
  local max = given.max or 8
  if math.type(max) ~= "integer" or max < 1 then bad("retry.max: a whole number above 0 expected, got %s", tostring(max)) end
  return { max = max, base = seconds(given.base, "retry.base") or 1, cap = math.min(seconds(given.cap, "retry.cap") or 300, 300),
    within = seconds(given.within, "retry.within") or 3600 }
end

local function check_table(t)
  known(t, keys, "a step")
  for _, name in ipairs { "call", "find", "match", "undo" } do
    if t[name] ~= nil and type(t[name]) ~= "function" then bad("%s: function expected, got %s", name, type(t[name])) end
  end
  if not t.call then bad("a step needs call = function(op) return service.resource.operation(..., op) end") end
  check_choice(t.class, { "read", "set", "create", "send" }, "class")
  check_choice(t.existing, { "adopt", "fail", "ask" }, "existing")
  known(t.settle or {}, settle_keys, "settle")
  check_choice(t.settle and t.settle.by, { "key", "find", "ask", "repeat" }, "settle.by")
end

-- ---- steps ----

local function of_function(f, arguments)
  local what = services.behind(f)
  if not what then bad("a step wants an operation such as ixon.invites.create, or a table with call = function(op) ... end") end
  local catalogue = services.bound[what.module].catalogue
  local id = what.op and what.op.id or ("%s.%s.find"):format(catalogue.name, what.resource.name)
  if what.how == "each" or what.how == "page" then
    bad("%s gives no value that a run can keep: use %s.%s.list", id, catalogue.name, what.resource.name)
  end
  local op = what.op
  local desc = { id = id, module = what.module, resource = what.resource, op = op, how = what.how, fn = f,
    danger = op and op.danger, class = op and M.class(op) or "read", profile = profile_of(what.module) }
  desc.args = shown(op, arguments)
  desc.call = function(options)
    local words = table.move(arguments, 1, arguments.n, 1, {})
    local n = arguments.n
    if desc.how == "find" then return f(table.unpack(words, 1, n)) end
    local at
    for i = 1, n do at = at or type(words[i]) == "table" and i end
    if not at then n, words[n + 1], at = n + 1, {}, n + 1 end
    local all = {}
    for name, value in pairs(options or {}) do all[name] = value end
    for name, value in pairs(words[at + 1] or {}) do all[name] = value end
    words[at + 1] = all
    return f(table.unpack(words, 1, math.max(n, at + 1)))
  end
  return desc
end

local function of_table(t)
  check_table(t)
  local desc = { id = "function", class = t.class, call = t.call, find = t.find, match = t.match, undo = t.undo,
    existing = t.existing, settle = t.settle, timeout = seconds(t.timeout, "timeout"), own = true }
  desc.retry = read_retry(t.retry)
  desc.args = t.args ~= nil and shown(nil, table.pack(t.args)) or json.array {}
  return desc
end

--- What a step is to do: { id, class, danger, module, resource, op, how,
-- profile, args (list for JSON, without secrets), text (its JSON), digest,
-- call = function(options), find, match, undo, existing, settle, retry,
-- timeout }. Pure: nothing is looked up.
-- @param target an operation's function or a spelled-out step
function M.describe(target, ...)
  local arguments = table.pack(...)
  local desc
  if type(target) == "table" then
    desc = of_table(target)
  elseif type(target) == "function" then
    desc = of_function(target, arguments)
  else
    bad("a step wants an operation such as ixon.invites.create, or a table, got %s", type(target))
  end
  desc.retry = desc.retry or read_retry()
  desc.existing = desc.existing or "adopt"
  desc.text = encode(desc.args, desc.id)
  desc.digest = sys.sha256(desc.id .. "\n" .. (desc.profile or "") .. "\n" .. desc.text)
  return desc
end

--- Adds what only the request tells: the account, and for a spelled-out step
-- its operation, class and the digest of what it says.
-- @tparam table desc
-- @tparam ?table captured as guard.capture gives it
function M.complete(desc, captured)
  if captured then
    desc.account, desc.request = captured.account, captured.request
    if desc.own then
      desc.op, desc.id = captured.op, captured.op.id
      desc.class, desc.danger = desc.class or M.class(captured.op), captured.op.danger
      if #desc.args == 0 and captured.request.value ~= nil then
        desc.args = json.array { kept.clean(captured.account.catalogue, captured.op.body, captured.request.value) }
        desc.text = encode(desc.args, desc.id)
      end
      local places = {}
      for i, pair in ipairs(captured.request.path or {}) do places[i] = pair[2] end
      desc.digest = sys.sha256(table.concat({ desc.id, table.concat(places, "/"), desc.text }, "\n"))
    end
  end
  desc.class = desc.class or "create" -- unknown: never repeated by itself
  return desc
end

--- Seconds until what a lost call has made must show in a look-up.
function M.bound(desc)
  local given = desc.settle and seconds(desc.settle.bound, "settle.bound")
  if given then return given end
  local own = desc.account and desc.account.settings and tonumber(desc.account.settings.settle)
  return own or desc.op and desc.op.settle or BOUND
end

--- Seconds after which no byte of a call can leave any more: it may wait for
-- its turn as long as it may take.
function M.longest(desc)
  local settings = desc.account and desc.account.settings
  local options = desc.request and desc.request.options
  local timeout = desc.timeout or options and options.timeout or desc.op and desc.op.timeout
  return 2 * (timeout or settings and tonumber(settings.timeout) or 120)
end

-- ---- look-up ----

-- The natural key of what a create makes, out of its body.
local function natural_key(resource, body)
  for _, row in ipairs(resource.find.by) do
    local value = first(body, row.at or "/" .. row[1])
    if type(value) == "string" and value ~= "" then return { [row[1]] = value } end
  end
end

-- What a call takes for a value that stands in a request's path.
local function path_value(rows, pair)
  for _, row in ipairs(rows or {}) do
    if row.name == pair[1] then return request_.path_value(row, pair[2]) end
  end
  return pair[2]
end

local function path_values(resource, catalogue, request, rows)
  local list = not resource.find.record and catalogues.operation(catalogue, resource.find.list or resource.name .. ".list")
  local out = {}
  for _, pair in ipairs(request.path or {}) do
    local wanted = not list
    for _, row in ipairs(list and list.path or {}) do wanted = wanted or row.name == pair[1] end
    if wanted then out[#out + 1] = path_value(list and list.path or rows, pair) end
  end
  return out
end

-- One thing is made, or none can be looked for.
local function lone_body(request)
  local value = request.value
  if type(value) ~= "table" or json.is_number(value) then return nil end
  if not json.is_array(value) then return value end
  return #value == 1 and type(value[1]) == "table" and value[1] or nil
end

local function asked(desc)
  local catalogue, body = desc.account.catalogue, lone_body(desc.request)
  local out = {}
  if not body then return out end
  for _, name in ipairs(desc.op.look or { desc.op.resource }) do
    local resource = catalogue.resource[name]
    local key = resource and resource.find and natural_key(resource, body)
    if key then out[#out + 1] = { resource = resource, key = key, path = path_values(resource, catalogue, desc.request, desc.op.path) } end
  end
  return out
end

local function module_of(desc)
  if desc.module then return desc.module end
  for module, bound in pairs(services.bound) do
    if bound.service == desc.account.service and bound.profile == desc.account.profile then return module end
  end
  return services.get(desc.account.service)
end

--- How to see whether the effect of a create is there: a function(options) ->
-- record or nil, name of the resource; nil where there is no way. `absent` is
-- false where only "there" can be believed.
function M.lookup(desc)
  local by = desc.settle and desc.settle.by
  if by == "ask" or by == "repeat" then return nil end
  if desc.own and desc.find then
    return function(options)
      local record = desc.find(options)
      if record == json.null then record = nil end
      if record ~= nil and desc.match and not desc.match(options, record) then record = nil end
      return record
    end, true
  end
  if not (desc.op and desc.request and desc.op.resource) then return nil end
  local places = asked(desc)
  if #places == 0 then return nil end
  local absent = #places == #(desc.op.look or { 1 })
  for _, place in ipairs(places) do absent = absent and not place.resource.find.record end
  local module = module_of(desc)
  return function()
    for _, place in ipairs(places) do
      local words = { table.unpack(place.path) }
      words[#words + 1] = place.key
      local record = find.call(module, place.resource, table.unpack(words))
      if record ~= nil and record ~= json.null then return record, place.resource.name end
    end
  end, absent
end

-- ---- values ----

local function entries(op)
  if not op.inverse then return {} end
  return type(op.inverse[1]) == "table" and op.inverse or { op.inverse }
end

--- A record that a look-up found, in the form in which the create would have
-- returned it.
-- @tparam string resource name of the one in which it was found
function M.as_made(desc, record, resource)
  local op = desc.op
  if not op or type(op.returns) ~= "string" or desc.own and desc.find then return record end
  if op.returns:sub(1, 1) == "[" then return json.array { record } end
  local out, placed, wrapped = json.object {}, false, false
  for _, entry in ipairs(entries(op)) do
    local member = entry.from and entry.from:match "^/([^/]+)$"
    local type_ = member and M.member_type(desc.account.catalogue, op.returns, member)
    if type_ and type_:sub(1, 1) == "[" then
      wrapped = true
      out[member] = json.array {}
      if not placed and entry[1]:match "^([^.]+)" == resource then out[member], placed = json.array { record }, true end
    end
  end
  if not wrapped then return record end
  if not placed then out[resource or "found"] = json.array { record } end
  return out
end

--- The type of a member of a shape, nil if it has none of that name.
function M.member_type(catalogue, shape, name)
  for _, row in ipairs(catalogue.shapes and catalogue.shapes[shape] or {}) do
    if row.name == name then return row.type end
  end
end

local function id_of(value)
  if type(value) == "string" or math.type(value) == "integer" then return check.text(value) end
  if type(value) ~= "table" or value == json.null then return nil end
  if json.is_number(value) then return check.text(value) end
  for _, name in ipairs { "publicId", "id" } do
    local id = value[name]
    if id ~= nil and id ~= json.null and type(id) ~= "boolean" then return id_of(id) end
  end
  return value[1] ~= nil and id_of(value[1]) or nil
end

--- The id of what a call made, nil where its value tells none.
function M.remote_id(desc, value)
  if desc.class == "read" or value == nil or type(value) ~= "table" then return nil end
  local id = id_of(value)
  if id then return id end
  for _, entry in ipairs(desc.op and entries(desc.op) or {}) do
    local found = entry.from and id_of(get(value, entry.from))
    if found and entry[1]:match "^([^.]+)" == desc.op.resource then return found end
    id = id or found
  end
  return id
end

--- The id of a record.
M.id_of = id_of

--- What the journal keeps of how to undo the step: JSON text or nil.
function M.inverse(desc, arguments)
  if desc.undo then return '{"own":true}' end
  if not (desc.op and desc.op.inverse and desc.account and desc.class ~= "read") then return nil end
  local call
  if desc.own then
    call = { positional = {}, arguments = desc.request.value }
    for i, pair in ipairs(desc.request.path or {}) do call.positional[i] = path_value(desc.op.path, pair) end
  else
    call = request_.parse(desc.op, table.unpack(arguments, 1, arguments.n))
  end
  local info = require("core.run.inverse").declare(desc.op, desc.account, call)
  return info and json.encode(kept.redacted(info)) or nil
end

--- A result as the journal keeps it: JSON text without secrets, or nil.
function M.kept_value(desc, value)
  if value == nil then return nil end
  if desc.op and desc.op.secret and type(value) == "string" then return json.encode(kept.secret) end
  if desc.op and desc.op.returns and type(value) == "table" and not desc.own then
    value = kept.clean(catalogues.load(desc.op.service), desc.op.returns, value)
  end
  return json.encode(value)
end

return M
