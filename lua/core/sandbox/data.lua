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

local function unknown(problems, table_, known, where)
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  table.sort(names)
  for key in pairs(table_) do
    if not known[key] then
      problems[#problems + 1] = ("%s: unknown key '%s'%s"):format(where, tostring(key), suggest.did_you_mean(tostring(key), names))
    end
  end
end

local function find_operation(catalogue, id)
  local resource, name = id:match "^([%w_]+)%.([%w_]+)$"
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
  for name, spec in pairs(data.stores or {}) do unknown(problems, spec, keys.store, where .. ".stores." .. name) end
  for id, entry in pairs(data.operations or {}) do
    local at = where .. ".operations." .. id
    unknown(problems, entry, keys.operation, at)
    if not find_operation(catalogue, id) then problems[#problems + 1] = at .. ": no such operation" end
  end
  for _, name in ipairs { "base", "ids", "id", "account", "reply" } do
    if data[name] == nil then problems[#problems + 1] = ("%s: '%s' is missing"):format(where, name) end
  end
  table.sort(problems)
  return problems
end

--- The sandbox data of a service, or nil if it has none; raises if the file
-- cannot be read.
function M.load(name)
  local data, err = state.data(name .. ".sandbox")
  if data then return data end
  if err.message:find("there is no data module", 1, true) then return require("core.own").sandbox(name) end
  error_.rethrow(err)
end

--- Settings that reach each service of a sandbox on this port, as a table
-- { ixon = { url =, application =, ... }, ... }. Its lists are true at once,
-- so a look-up need not wait for a minute to be believed.
function M.accounts(port)
  local out = {}
  for _, name in ipairs(services.names()) do
    local data = M.load(name)
    if data then
      local account = { url = ("http://127.0.0.1:%d%s"):format(port, data.base), settle = 1 }
      for setting, value in pairs(data.account) do account[setting] = value end
      out[name] = account
    end
  end
  return out
end

return M
