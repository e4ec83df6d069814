-- core/config.lua - which settings an account has, and what is wrong with them.
-- SPDX-License-Identifier: MIT
--
-- Nothing is read before the first service is touched, and a service's
-- settings are compared with its catalogue when that service is touched.
-- Values of secrets stay in C: here they are only there or not there.

local error_ = require "core.error"
local host_config = require "host.config"
local rowcheck = require "core.rowcheck"
local settings = require "core.settings"
local signin = require "core.signin"
local suggest = require "core.suggest"
local sys = require "host.sys"

-- The first variable that is set and not empty.
local function env(name)
  local value = sys.env(name)
  return value ~= "" and value or nil
end

local function below(variable, default, file)
  local base = env(variable)
  if not base or base:sub(1, 1) ~= "/" then
    local home = env "HOME"
    base = home and home .. default
  end
  return base and base .. file
end

local function variable_name(service, name)
  return ("ERRAND_%s_%s"):format(service, name):upper()
end

local function raise_all(problems)
  if #problems == 0 then return end
  if #problems == 1 then return error_.problems("config", problems) end
  error_.raise("config", ("%d problems with the configuration, nothing was sent"):format(#problems), { problems = problems })
end

local Config = {}
Config.__index = Config

-- Options given, else those of the command line.
function Config:option(name)
  local value = self.options[name]
  if value ~= nil then return value end
  if self.session == nil then self.session = not self.options.alone and require "core.session" or false end
  if self.session and name ~= "sandbox" then return self.session[name] end
end

function Config:services()
  return self.options.services or require "core.services"
end

--- Path of the configuration file, and whether it was named by somebody.
-- nil in the sandbox, or when there is no home directory.
function Config:path()
  if self.options.sandbox then return nil end
  local named = self:option "config" or env "ERRAND_CONFIG"
  if named then return named, true end
  return below("XDG_CONFIG_HOME", "/.config", "/errand/config.lua"), false
end

--- Path of the store of writes; nil keeps it in memory.
function Config:store_path()
  local options = self.options
  if options.store then return options.store end
  if options.sandbox then
    local state = self.options.alone and nil or require("core.session").sandbox
    return type(state) == "string" and state .. ".store" or nil
  end
  local path = env "ERRAND_STORE" or below("XDG_STATE_HOME", "/.local/state", "/errand/store.db")
  if path then return path end
  error_.raise("config", "there is no place for the record of writes: set HOME, or ERRAND_STORE to a file")
end

--- Directory in which tokens are kept (cache_tokens); nil in the sandbox, or
-- when there is no home directory.
function Config:token_dir()
  if self.options.sandbox then return nil end
  return below("XDG_CACHE_HOME", "/.cache", "/errand/tokens")
end

--- Whose requests and replies the history keeps: "writes" or "all".
function Config:history()
  local value = self:option "history" or not self.options.sandbox and env "ERRAND_HISTORY"
  if not value then return self:open():history() end
  if value == "writes" or value == "all" then return value end
  error_.raise("config", ("ERRAND_HISTORY must be 'writes' or 'all', got '%s'"):format(value))
end

-- ---- reading ----

local function read_sandbox(accounts)
  local handle = host_config.new()
  local ok, err = handle:set_profile "sandbox"
  for service, account in pairs(accounts) do
    for name, value in pairs(account) do
      if ok then ok, err = handle:set("sandbox", service, name, value, "the sandbox") end
    end
  end
  if not ok then error_.rethrow(err) end
  return handle
end

function Config:read_file()
  local wanted = self:option "profile" or env "ERRAND_PROFILE"
  local path, named = self:path()
  if path and (named or sys.exists(path)) then
    local handle, err = host_config.load(path, wanted)
    if not handle then error_.rethrow(err) end
    return handle
  end
  if wanted then
    error_.raise("config", ("there is no profile '%s', for there is no configuration file%s"):format(wanted,
      path and " at " .. path or ""))
  end
  local handle = host_config.new()
  local ok, err = handle:set_profile "default"
  if not ok then error_.rethrow(err) end
  return handle
end

-- The service and setting that a variable is meant for.
function Config:meaning(variable)
  local rest, found, name = variable:sub(#"ERRAND_" + 1)
  for _, service in ipairs(self:services().names()) do
    local start = service:upper() .. "_"
    if rest:sub(1, #start) == start and #start > #(found or "") then
      found, name = service, rest:sub(#start + 1):lower()
    end
  end
  return found, name
end

local function unknown_variable(variable, services)
  local names = table.move(settings.variables, 1, #settings.variables, 1, {})
  local tail = variable:match "^ERRAND_[^_]*(_.*)$" or "_"
  for _, service in ipairs(services) do names[#names + 1] = "ERRAND_" .. service:upper() .. tail end
  return { path = variable, message = "errand knows no such variable" .. suggest.did_you_mean(variable, names) }
end

-- A secret leaves the environment when it is taken, so that the names of those
-- that the configuration before has are known from there.
local function add_taken(list, before)
  local there = {}
  for _, variable in ipairs(list) do there[variable] = true end
  for _, rows in pairs(before and before.variables or {}) do
    for _, one in ipairs(rows) do
      if not there[one.variable] then list[#list + 1] = one.variable end
    end
  end
end

-- Sorts the variables by service; the rest must be known as well.
function Config:read_environment()
  local known, problems = {}, {}
  for _, name in ipairs(settings.variables) do known[name] = true end
  self.variables = {}
  local list = self.options.sandbox and {} or sys.environ()
  add_taken(list, self.options.after)
  table.sort(list)
  for _, variable in ipairs(list) do
    local service, name = self:meaning(variable)
    if service then
      self.variables[service] = self.variables[service] or {}
      table.insert(self.variables[service], { variable = variable, name = name })
    elseif not known[variable] then
      problems[#problems + 1] = unknown_variable(variable, self:services().names())
    end
  end
  return problems
end

local function where(entry)
  return ("profile '%s', %s.%s"):format(entry.profile, entry.service, entry.name)
end

-- Services by name; their settings wait until they are touched.
function Config:service_problems(problems)
  local names, seen = self:services().names(), {}
  local known = {}
  for _, name in ipairs(names) do known[name] = true end
  for _, entry in ipairs(self.handle_:names()) do
    local key = entry.profile .. "\0" .. entry.service
    if not known[entry.service] and not seen[key] then
      seen[key] = true
      problems[#problems + 1] = { path = ("profile '%s', %s"):format(entry.profile, entry.service),
        message = "errand knows no such service" .. suggest.did_you_mean(entry.service, names) }
    end
  end
  return problems
end

-- The handle, with the problems that do not belong to one known service.
function Config:open()
  if not self.handle_ then
    self.handle_ = self.options.sandbox and read_sandbox(self.options.sandbox) or self:read_file()
    self.common_problems = self:service_problems(self:read_environment())
  end
  return self.handle_, self.common_problems
end

--- The configuration as host.http.connect wants it; reads it if need be.
function Config:handle()
  local handle, problems = self:open()
  raise_all(problems)
  return handle
end

-- ---- one service ----

local function check_names(handle, service, rows, by_name, problems)
  local names = {}
  for i, row in ipairs(rows) do names[i] = row[1] end
  for _, entry in ipairs(handle:names()) do
    local row = by_name[entry.name]
    if entry.service == service and entry.profile ~= "" then
      local message
      if not row then
        message = "unknown setting" .. suggest.did_you_mean(entry.name, names)
      else
        message = rowcheck.type_problem(row, entry.type)
        if not message and not row.secret and entry.type ~= "secret" then
          message = rowcheck.limit_problem(row, (handle:get(entry.profile, service, entry.name)))
        end
      end
      if message then problems[#problems + 1] = { path = where(entry), message = message } end
    end
  end
end

-- A value of the environment hides the file's for the profile in force; an
-- empty one counts as not set.
local function take_variables(handle, service, variables, rows, by_name, problems)
  local names = {}
  for i, row in ipairs(rows) do names[i] = variable_name(service, row[1]) end
  for _, one in ipairs(variables or {}) do
    local row = by_name[one.name]
    local message
    if not row then
      message = "unknown setting" .. suggest.did_you_mean(one.variable, names)
    else
      local ok, err = handle:env(one.variable, service, one.name, row.type, row.secret or false)
      message = ok == nil and err.message or nil
      if ok and not row.secret then
        message = rowcheck.limit_problem(row, (handle:get(handle:profile(), service, one.name)))
      end
    end
    if message then problems[#problems + 1] = { path = one.variable, message = message } end
  end
end

--- The rows of a service after its settings were compared with them.
-- @treturn table rows in order
-- @treturn table rows by name
-- @treturn table problems
function Config:prepare(service)
  local done = self.prepared[service]
  if not done then
    local handle = self:open()
    local catalogue = self:services().catalogue(service)
    local rows, by_name = settings.of(catalogue)
    local problems = {}
    check_names(handle, service, rows, by_name, problems)
    take_variables(handle, service, self.variables[service], rows, by_name, problems)
    for _, row in ipairs(rows) do
      local ok, err = true, nil
      if row.secret then ok, err = handle:mark_secret(service, row[1]) end
      if not ok then problems[#problems + 1] = { path = service .. "." .. row[1], message = err.message } end
    end
    table.sort(problems, function(a, b) return a.path < b.path end)
    done = { rows, by_name, problems, catalogue }
    self.prepared[service] = done
  end
  return table.unpack(done)
end

function Config:profiles()
  local list, seen = {}, {}
  for _, entry in ipairs(self:open():names()) do
    if entry.profile ~= "" and not seen[entry.profile] then
      seen[entry.profile] = true
      list[#list + 1] = entry.profile
    end
  end
  table.sort(list)
  return list
end

-- "set url in profile 'prod' of PATH or ERRAND_QALYPTUS_URL"
function Config:next_step(profile, service, name)
  if self.options.sandbox then return require("core.sandbox.data").absent(service) end
  local path = self:path()
  local text = path and ("set %s in profile '%s' of %s"):format(name, profile, path)
  if profile ~= self:open():profile() then return text or "set it in a configuration file" end
  return (text and text .. " or " or "set ") .. variable_name(service, name)
end

local function check_profile(self, profile)
  local handle = self:open()
  if profile == handle:profile() or handle:has(profile) then return end
  error_.raise("config", ("there is no profile '%s'%s"):format(profile, suggest.did_you_mean(profile, self:profiles())))
end

--- Puts in what the catalogue gives where nobody said otherwise.
function Config:fill_in(profile, service, rows, catalogue)
  local handle = self:open()
  local function give(name, value)
    if value == nil or handle:get(profile, service, name) ~= nil then return end
    local ok, err = handle:set(profile, service, name, value, "the catalogue")
    if not ok then error_.rethrow(err) end
  end
  give("url", catalogue.url and catalogue.url.default)
  for _, row in ipairs(rows) do give(row[1], row.preset) end
end

--- What an account lacks, the url or what the catalogue calls required: the
-- kind of the error and its text, or nil.
function Config:missing(profile, service, rows)
  local handle = self:open()
  if not signin.is_set(handle, profile, service, "url") then
    return "config", ("%s needs a base URL: %s"):format(service, self:next_step(profile, service, "url"))
  end
  for _, row in ipairs(rows) do
    if row.required and not signin.is_set(handle, profile, service, row[1]) then
      local fault = handle:lacks(profile, service, row[1])
      return "auth", ("%s needs the setting '%s'%s: %s"):format(service, row[1], fault and ", which " .. fault or "",
        self:next_step(profile, service, row[1]))
    end
  end
end

--- The settings of an account that are no secrets, by name, defaults of the
-- catalogue included. Raises kind "config" with all problems of the service,
-- or with what to set where; kind "auth" if a required setting is missing.
-- @tparam ?string profile nil: the one in force
-- @tparam string service
function Config:service(profile, service)
  local handle = self:handle()
  local rows, _, problems, catalogue = self:prepare(service)
  raise_all(problems)
  profile = profile or handle:profile()
  check_profile(self, profile)
  self:fill_in(profile, service, rows, catalogue)
  local kind, text = self:missing(profile, service, rows)
  if kind then error_.raise(kind, text, { service = service }) end
  local out = {}
  for _, row in ipairs(rows) do
    local value = handle:get(profile, service, row[1])
    local secret = row.secret or handle:source(profile, service, row[1]) ~= nil
    if value ~= nil and not secret then
      if row.type:sub(1, 1) == "[" and type(value) ~= "table" then value = { value } end
      out[row[1]] = value
    end
  end
  return out
end

--- The way to sign in that an account would take, as its catalogue has it;
-- nil and what to do if none has all it needs. Nobody is asked for anything.
-- @tparam ?string auth as in credentials
function Config:way(profile, service, auth)
  self:service(profile, service)
  local _, _, _, catalogue = self:prepare(service)
  return signin.choose(self, profile or self:handle():profile(), service, catalogue, auth)
end

--- Raises kind "auth" unless the account has what one way to sign in needs,
-- and fetches the secrets of that way (from files, commands, prompts), so that
-- redaction knows them before anything is recorded.
-- @tparam ?string auth name of the way, for operations that use another one
-- @tparam ?boolean signed_in there is a token: what only a login wants is left
function Config:credentials(profile, service, auth, signed_in)
  local way, text = self:way(profile, service, auth)
  if not way then error_.raise("auth", text, { service = service }) end
  local handle = self:handle()
  profile = profile or handle:profile()
  local rows, _, _, catalogue = self:prepare(service)
  signin.fetch(handle, profile, service, rows, signin.names(catalogue, way, signed_in))
  text = signin.blank(self, profile, service, { way }) -- an empty answer on the terminal
  if text then error_.raise("auth", text, { service = service }) end
end

--- Name of the profile in force.
function Config:profile()
  return self:handle():profile()
end

--- Whether writes in the profile (nil: the one in force) ask first.
function Config:is_protected(profile)
  local handle = self:handle()
  return handle:protected(profile or handle:profile())
end

--- Fetches one secret: true, nil and the error, or false if it is not set.
function Config:resolve(profile, service, name)
  return self:open():resolve(profile, service, name)
end

--- Everything that is set: sorted list of { profile, service, name, origin,
-- type, source } without values. profile "" is the environment.
function Config:entries()
  local handle = self:open()
  local list = handle:names()
  for _, entry in ipairs(list) do
    entry.source = handle:source(entry.profile, entry.service, entry.name)
  end
  table.sort(list, function(a, b)
    if a.profile ~= b.profile then return a.profile < b.profile end
    if a.service ~= b.service then return a.service < b.service end
    return a.name < b.name
  end)
  return list
end

--- Services that are known and have at least one setting: { profile, service }.
function Config:accounts()
  return require("core.config.check").accounts(self)
end

--- Every problem of the whole configuration: list of { path, message }.
function Config:check()
  return require("core.config.check").problems(self)
end

local function new(options)
  return setmetatable({ options = options or {}, prepared = {} }, Config)
end

local M = {}
local current = new()

--- A configuration of its own, for tests. Options: config, profile, sandbox,
-- store, services (instead of core.services), alone (ignores the session),
-- after (the configuration that it follows: secrets of the environment that
-- one has are taken over until it is forgotten; Config:check takes them all).
M.new = new

--- Decides where the configuration comes from; nothing is read yet.
-- @tparam table options config (path), profile, sandbox (settings by service;
-- then neither file nor variables are read), store (path of the store)
function M.configure(options)
  current = new(options)
end

--- The configuration in force, for M.use.
function M.current()
  return current
end

--- Puts a configuration in force that M.new or M.current gave.
function M.use(configuration)
  current = configuration
end

--- M.configure, and reads at once; raises if something is wrong.
function M.load(options)
  M.configure(options)
  current:handle()
end

--- Path of a file of ours below the folder that a variable of the XDG
-- specification names, or below its default; nil without a home directory.
M.below = below

for name, method in pairs(Config) do
  if type(method) == "function" then
    M[name] = function(...) return method(current, ...) end
  end
end

--- Name of the profile in force; every call asks for it.
function M.profile()
  return current:handle():profile()
end

return M
