-- config.lua - errand config check: what is set, where it comes from, what is
-- wrong with it.
-- SPDX-License-Identifier: MIT

local command = {
  summary = "Check the configuration and say where each setting comes from.",
  usage = "config check",
  doc = "Shows every profile, service and setting with its origin, never a value, and all problems. "
    .. "Exit code 2 if there are any.",
  options = {
    { "resolve", doc = "Fetch every secret now (this runs commands and asks questions) and say whether that worked." },
  },
}

local function resolved(config, entry)
  local profile = entry.profile == "" and config.profile() or entry.profile
  local ok, err = config.resolve(profile, entry.service, entry.name)
  if ok then return true, "can be fetched" end
  return false, "cannot be fetched: " .. tostring(err and err.message or "not set")
end

local function entry_line(entry, width)
  return ("    %s%s  %s"):format(entry.name, (" "):rep(width - #entry.name), require("core.origin").text(entry))
end

local function heading(config, profile)
  if profile == "" then return ("environment, for profile %s"):format(config.profile()) end
  local marks = {}
  if profile == config.profile() then marks[#marks + 1] = "in force" end
  if config.is_protected(profile) then marks[#marks + 1] = "protected" end
  return "profile " .. profile .. (#marks > 0 and " (" .. table.concat(marks, ", ") .. ")" or "")
end

-- Lines for all entries, and whether every secret could be fetched.
local function list(config, resolve)
  local lines, good, width = {}, true, 0
  local entries = config.entries()
  for _, entry in ipairs(entries) do width = math.max(width, #entry.name) end
  local profile, service
  for _, entry in ipairs(entries) do
    if entry.profile ~= profile then
      profile, service = entry.profile, nil
      lines[#lines + 1] = heading(config, profile)
    end
    if entry.service ~= service then
      service = entry.service
      lines[#lines + 1] = "  " .. service
    end
    local line = entry_line(entry, width)
    if resolve and entry.source then
      local ok, text = resolved(config, entry)
      good = good and ok
      line = line .. ": " .. text
    end
    lines[#lines + 1] = line
  end
  if #entries == 0 then lines[1] = "nothing is set" end
  return lines, good
end

local function origin(config)
  local path, named = config.path()
  if not path then return "configuration: none" end
  if named then return "configuration: " .. path end
  return "configuration: " .. path .. (require("host.sys").exists(path) and "" or " (not there)")
end

-- What only shows when a connection is prepared: files that TLS settings name,
-- proxies, addresses. Nothing is sent.
local function connection_problems(config)
  local problems = {}
  for _, account in ipairs(config.accounts()) do
    local catalogue = require("core.services").catalogue(account.service)
    local ok, err = pcall(require("core.account").get, catalogue, account.profile)
    if not ok and not require("core.error").is(err) then error(err, 0) end
    if not ok then problems[#problems + 1] = { path = ("profile '%s'"):format(account.profile), message = err.message } end
  end
  return problems
end

local function append(lines, more)
  table.move(more, 1, #more, #lines + 1, lines)
end

local function check(resolve)
  local config = require "core.config"
  local lines, good = { origin(config) }, true
  local problems = config.check()
  if #problems == 0 then problems = connection_problems(config) end
  -- A file that cannot be read at all has nothing to list.
  local listed, why = pcall(config.handle)
  if listed or problems[1] and problems[1].path ~= "" then listed, why = pcall(config.entries) end
  if not listed and #problems == 0 then error(why, 0) end
  if listed then
    local more
    more, good = list(config, resolve)
    append(lines, more)
  end
  if #problems > 0 then lines[#lines + 1] = #problems == 1 and "1 problem:" or #problems .. " problems:" end
  for _, problem in ipairs(problems) do
    lines[#lines + 1] = "  " .. (problem.path ~= "" and problem.path .. ": " or "") .. problem.message
  end
  if #problems == 0 and good then lines[#lines + 1] = "no problems" end
  local host_err = require "host.err"
  require("core.output").text(host_err.safe(host_err.redact(table.concat(lines, "\n")), true) .. "\n")
  return #problems == 0 and good and 0 or 2
end

--- config.run(args): "check" is all there is.
function command.run(args)
  local word = args[1]
  if word ~= "check" or args[2] then
    local hint = word and require("core.suggest").did_you_mean(word, { "check" }) or ""
    require("core.error").raise("validation", word and word ~= "check"
      and ("config has no command '%s'%s; it knows check"):format(word, hint) or "usage: errand config check")
  end
  return check(args.options and args.options.resolve or false)
end

return command
