-- logout.lua - errand logout: removes tokens that were kept.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"

local command = {
  summary = "Remove the tokens that are kept for services.",
  usage = "logout SERVICE... | --all",
  doc = "Removes the tokens that cache_tokens has kept for this profile. Nothing is sent: the services are not told, and a token "
    .. "that somebody has copied stays good until it expires or is revoked with the service itself.",
  live = true,
  options = { { "all", doc = "Remove every token that is kept, of all services and profiles." } },
}

local function say(text)
  local host_err = require "host.err"
  require("core.output").text(host_err.safe(host_err.redact(text)) .. "\n")
end

-- Seconds for other processes that are logging in: as long as they wait for one
-- another.
local WAIT = 30

-- Removes what is kept under the name (nil: all), and tells.
local function forget(dir, name, whose)
  local removed, err = require("host.http").forget_tokens(dir, name, WAIT)
  if not removed then error_.rethrow(err) end
  for _, path in ipairs(removed) do say("removed " .. path) end
  if #removed == 0 then say(("there was no token %s"):format(whose)) end
end

--- logout.run(args)
function command.run(args)
  local all = args.options.all
  if all and args[1] then error_.raise("validation", "either services or --all") end
  if not all and not args[1] then error_.raise("validation", "which service? errand logout SERVICE..., or --all") end
  local services, config = require "core.services", require "core.config"
  for _, service in ipairs(args) do services.catalogue(service) end
  if require("core.session").sandbox then return say "the sandbox keeps no tokens" end
  local dir = config.token_dir()
  if not dir then error_.raise("config", "there is no place for tokens: set HOME or XDG_CACHE_HOME") end
  if all then return forget(dir, nil, "in " .. dir) end
  local profile = config.profile()
  for _, service in ipairs(args) do
    forget(dir, require("host.http").token_name(service, profile), ("for %s in profile %s"):format(service, profile))
  end
end

return command
