-- workflow.lua - workflow.define(...): a script whose run survives anything.
-- SPDX-License-Identifier: MIT

local error_ = require "core.error"

local workflow = {}

local Definition = { __name = "errand.workflow" }
Definition.__index = Definition

local keys = { "summary", "doc", "args", "input", "key", "on_fail", "timeout", "secret" }
local types = { summary = "string", doc = "string", args = "table", input = "function", key = "function", secret = "table" }

local function bad(message, ...)
  error_.raise("script", "workflow.define: " .. message:format(...))
end

local function check(name, options, body)
  if type(name) ~= "string" or not name:find "^[%w_.-]+$" or #name > 100 then
    bad("a name of letters, digits, '_', '-' and '.' expected, got %s", tostring(name))
  end
  if type(options) ~= "table" then bad("a table of options expected, got %s", type(options)) end
  if type(body) ~= "function" then bad("function(run, input) expected, got %s", type(body)) end
  for key, value in pairs(options) do
    local known = false
    for _, one in ipairs(keys) do known = known or one == key end
    if not known then bad("unknown option '%s'%s", tostring(key), require("core.suggest").did_you_mean(tostring(key), keys)) end
    if types[key] and type(value) ~= types[key] then bad("%s: %s expected, got %s", key, types[key], type(value)) end
  end
  if options.on_fail ~= nil and options.on_fail ~= "hold" and options.on_fail ~= "undo" then
    bad("on_fail: hold or undo expected, got %s", tostring(options.on_fail))
  end
end

-- A misspelt name would let a secret into the store without a word.
local function secrets_of(options)
  local out, names = {}, {}
  for _, row in ipairs(options.args or {}) do names[#names + 1] = type(row) == "table" and row[1] or nil end
  for _, member in ipairs(options.secret or {}) do
    if type(member) ~= "string" then bad("secret: names of input members expected, got %s", type(member)) end
    local known = options.input ~= nil or not options.args -- then it is not known here what the input has
    for _, name in ipairs(names) do known = known or name == member end
    if not known then bad("secret: there is no argument '%s'%s", member, require("core.suggest").did_you_mean(member, names)) end
    out[member] = true
  end
  for _, row in ipairs(options.args or {}) do
    if type(row) == "table" and row.secret and type(row[1]) == "string" then out[row[1]] = true end
  end
  for key in pairs(options.secret or {}) do
    if math.type(key) ~= "integer" then bad("secret: a list of names expected, such as { \"token\" }") end
  end
  return out
end

--- workflow.define(name, options, body) -> a definition, to be returned by the
-- file. errand run FILE then makes a run of it: each step is in the store
-- before its call leaves and after its reply, so that a run that dies goes on
-- where it was and no effect happens twice. options: summary, doc, args (rows
-- as args{} has them), input (function of the arguments, runs once and may
-- read files), key (function of the input: one live run each), on_fail ("hold"
-- or "undo"), timeout ("14d"), secret (names of input members that are never
-- kept; arguments whose row says secret = true are among them). body(run,
-- input) returns the run's output. In it every call is a step:
-- run:step(name, operation, arguments...), with run:sleep, approve, parallel,
-- each, pivot, note, now, uuid, random, hold and undo beside it.
--
-- @example
-- return workflow.define("invite", {
--   args = { { "email", required = true } },
--   key = function(input) return input.email:lower() end,
-- }, function(run, input)
--   local _, how = run:step("invite", ixon.invites.create, { emailAddress = input.email })
--   return { invite = how } -- "done", or "found" where there was one already
-- end)
function workflow.define(name, options, body)
  check(name, options, body)
  require("core.session").defined = name
  local timeout
  if options.timeout ~= nil then
    local message
    timeout, message = require("core.duration").seconds(options.timeout)
    if not timeout then bad("timeout: %s", message) end
  end
  return setmetatable({ name = name, summary = options.summary, doc = options.doc, args = options.args, input = options.input,
    key = options.key, on_fail = options.on_fail or "hold", timeout = timeout, secret = secrets_of(options),
    body = body }, Definition)
end

--- workflow.is(value) -> true if workflow.define gave it.
function workflow.is(value)
  return getmetatable(value) == Definition
end

--- workflow.fail(reason): ends the step without another try, or the run as
-- failed where no step is under way.
function workflow.fail(reason)
  error_.raise("script", tostring(reason), { decided = "fail" })
end

--- workflow.retry(after): ends the step's call; it is tried again after that
-- time, which is seconds or a text such as "5m".
function workflow.retry(after)
  local seconds, message = require("core.duration").seconds(after)
  if not seconds then error_.raise("script", "workflow.retry: " .. message) end
  error_.raise("script", "the step is to be tried again", { decided = "retry", retryable = true, retry_after = seconds })
end

return workflow
