-- core/config/check.lua - all accounts of a configuration, and what is wrong with any of them.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"
local signin = require "core.signin"

local M = {}

-- The problems of a service's settings; where its description is broken, which
-- only one's own can be, that is the problem.
local function problems_of(config, service)
  local ok, err, _, problems = pcall(config.prepare, config, service)
  if ok then return problems, true end
  if not error_.is(err) or err.kind ~= "config" then error(err, 0) end
  return { { path = service, message = err.message } }, false
end

--- Services that are known and have at least one setting: { profile, service }.
function M.accounts(config)
  local handle, known, seen, list = config:open(), {}, {}, {}
  for service in pairs(config.variables) do problems_of(config, service) end -- takes its variables
  for _, name in ipairs(config:services().names()) do known[name] = true end
  for _, entry in ipairs(handle:names()) do
    local profile = entry.profile == "" and handle:profile() or entry.profile
    local key = profile .. "\0" .. entry.service
    if known[entry.service] and not seen[key] then
      seen[key] = true
      list[#list + 1] = { profile = profile, service = entry.service }
    end
  end
  table.sort(list, function(a, b)
    if a.profile ~= b.profile then return a.profile < b.profile end
    return a.service < b.service
  end)
  return list
end

-- What stands in the way of an account that has nothing else wrong: what every
-- call would refuse. nil if nothing does.
local function account_problem(config, account)
  local handle, profile, service = config:open(), account.profile, account.service
  local rows, _, _, catalogue = config:prepare(service)
  config:fill_in(profile, service, rows, catalogue)
  local _, text = config:missing(profile, service, rows)
  if text then return text end
  local url, insecure_http = handle:get(profile, service, "url"), handle:get(profile, service, "insecure_http")
  if type(url) == "string" and type(insecure_http or false) == "boolean" then
    local base, err = require("host.http").base(url, insecure_http or false)
    if not base then return ("%s.url: %s"):format(service, err.message) end
  end
  for _, row in ipairs(rows) do
    local fault = row.secret and handle:lacks(profile, service, row[1])
    if fault == "holds only blanks" then return ("%s.%s: the value %s"):format(service, row[1], fault) end
  end
  local way, no_way = signin.choose(config, profile, service, catalogue)
  return not way and no_way or nil
end

-- what is wrong with the corrected paths of an account
local function path_problems(config, account)
  local _, _, _, catalogue = config:prepare(account.service)
  local texts = config:open():get(account.profile, account.service, "paths")
  if type(texts) ~= "table" and type(texts) ~= "string" then return {} end -- unset, or of a wrong type and told so
  local _, problems = require("core.paths").check(catalogue, type(texts) == "table" and texts or { texts })
  for _, problem in ipairs(problems) do problem.path = ("profile '%s': %s"):format(account.profile, problem.path) end
  return problems
end

-- Adds what is wrong with the services that have a setting; gives those whose
-- descriptions are broken, by name.
local function add_services(config, problems)
  local used, broken = {}, {}
  for service in pairs(config.variables) do used[service] = true end
  for _, entry in ipairs(config:open():names()) do used[entry.service] = true end
  for _, service in ipairs(config:services().names()) do
    if used[service] then
      local more, sound = problems_of(config, service)
      table.move(more, 1, #more, #problems + 1, problems)
      broken[service] = not sound or nil
    end
  end
  return broken
end

--- Every problem of the whole configuration: list of { path, message }.
function M.problems(config)
  local ok, err, common = pcall(config.open, config)
  if not ok then
    if not error_.is(err) then error(err, 0) end
    return { { path = "", message = err.message } }
  end
  local problems = table.move(common, 1, #common, 1, {})
  local broken = add_services(config, problems)
  for _, account in ipairs(M.accounts(config)) do
    if not broken[account.service] then
      local text = account_problem(config, account)
      if text then problems[#problems + 1] = { path = ("profile '%s'"):format(account.profile), message = text } end
      local more = path_problems(config, account)
      table.move(more, 1, #more, #problems + 1, problems)
    end
  end
  return problems
end

return M
