-- core/sandbox/data.lua - loads and lints lua/<service>/sandbox.lua.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local services = require "core.services"
local state = require "host.state"
local suggest = require "core.suggest"

local M = {}

local function set(words)
  local out = {}
  for word in words:gmatch "%S+" do out[word] = true end
  return out
end

local keys = {
  top = set [[base ids id brief page lone any_content_type select bare_token unauthorized account credentials tokens reply
    status scopes filters stores seed fill sow operations]],
  store = set "id ids key unique brief plain default derive hidden refs cascade one many single",
  operation = set [[act store sources where holds record id set drop make take existing spread made refs rename member to target
    fields list id_member owner by as lifetime reply refused status type loose bytes content_type
    wrap text from match]],
}

-- What must be there, of which type.
local needed = { base = "string", ids = "string", id = "string", account = "table", reply = "table" }

local function unknown(problems, table_, known, where)
  if type(table_) ~= "table" then
    problems[#problems + 1] = ("%s: table expected, got %s"):format(where, type(table_))
    return
  end
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  table.sort(names)
  for key in pairs(table_) do
    if not known[key] then
      problems[#problems + 1] = ("%s: unknown key '%s'%s"):format(where, tostring(key), suggest.did_you_mean(tostring(key), names))
    end
  end
end

-- The members of a table of tables, where it is one.
local function each(problems, table_, known, where)
  if table_ ~= nil and type(table_) ~= "table" then unknown(problems, table_, known, where) end
  local members = type(table_) == "table" and table_ or {}
  for name, spec in pairs(members) do unknown(problems, spec, known, where .. "." .. tostring(name)) end
  return members
end

local function find_operation(catalogue, id)
  local resource, name = tostring(id):match "^([%w_]+)%.([%w_]+)$"
  for _, r in ipairs(catalogue.resources) do
    for _, op in ipairs(r.operations) do
      if r[1] == resource and op[1] == name then return true end
    end
  end
  return false
end

--- Faults of a service's sandbox data as a list of sentences; the catalogue
-- is what its operations are compared with.
function M.lint(data, catalogue)
  local problems = {}
  local where = catalogue.name .. ".sandbox"
  unknown(problems, data, keys.top, where)
  each(problems, data.stores, keys.store, where .. ".stores")
  for id in pairs(each(problems, data.operations, keys.operation, where .. ".operations")) do
    if not find_operation(catalogue, id) then
      problems[#problems + 1] = ("%s.operations.%s: no such operation"):format(where, tostring(id))
    end
  end
  for name, form in pairs(needed) do
    if data[name] == nil then
      problems[#problems + 1] = ("%s: '%s' is missing"):format(where, name)
    elseif type(data[name]) ~= form then
      problems[#problems + 1] = ("%s.%s: %s expected, got %s"):format(where, name, form, type(data[name]))
    end
  end
  table.sort(problems)
  return problems
end

--- The sandbox data of a service and whether they are somebody's own, or nil if
-- it has none; raises if the file cannot be read.
function M.load(name)
  local data, err = state.data(name .. ".sandbox")
  if data then return data end
  if err.message:find("there is no data module", 1, true) then return require("core.own").sandbox(name), true end
  error_.rethrow(err)
end

--- All services that have such data, each { name =, catalogue =, data =, own = }.
-- One of somebody's own that is broken is left out: whoever calls it is told, by
-- M.absent.
function M.all()
  local out = {}
  for _, name in ipairs((services.sound())) do
    local ok, data, own = pcall(M.load, name)
    if not ok and (type(data) ~= "table" or data.kind ~= "config") then error(data, 0) end
    if ok and data then out[#out + 1] = { name = name, catalogue = services.catalogue(name), data = data, own = own } end
  end
  return out
end

--- Why the sandbox does not play a service, as the end of a sentence; raises
-- where its data are broken.
function M.absent(name)
  return M.load(name) and "the sandbox could not be made to play it" or "the sandbox does not play it, for it has no sandbox.lua"
end

--- Settings that reach each service of a sandbox on this port, as a table
-- { ixon = { url =, application =, ... }, ... }. Its lists are true at once,
-- so a look-up need not wait for a minute to be believed.
function M.accounts(port)
  local out = {}
  for _, one in ipairs(M.all()) do
    local account = { url = ("http://127.0.0.1:%d%s"):format(port, one.data.base), settle = 1 }
    for setting, value in pairs(one.data.account) do account[setting] = value end
    out[one.name] = account
  end
  return out
end

return M
