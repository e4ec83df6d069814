-- config_spec.lua - settings from file and environment, and what is refused.
-- SPDX-License-Identifier: MIT
local t = require "test"
local config = require "core.config"
local host_config = require "host.config"
local sys = require "host.sys"

local CANARY = "c4n4ry-v4lue"

local dir = os.tmpname()
os.remove(dir)
assert(sys.make_dir(dir))
local path = dir .. "/config.lua"

local function write(text, mode)
  assert(sys.write_file(path, text, mode or 384)) -- 0600
  return path
end

-- Two services of which everything is known here.
local catalogues = {
  alpha = {
    name = "alpha", url = { default = "https://alpha.example.com/api" },
    settings = {
      { "application", "string", required = true, min = 3 },
      { "token", "string", secret = true },
      { "email", "string" },
      { "password", "string", secret = true },
      { "otp", "string", secret = true },
      { "retries", "integer", min = 0, max = 9 },
      { "branding", "string", preset = "portal" },
    },
    headers = { { "Api-Application", value = "{application}" } },
    auth = {
      { needs = { "token" }, send = { { "Authorization", value = "Bearer {token}" } } },
      { needs = { "email", "password" }, login = { headers = { { "A", value = "{basic:{email}:{otp}:{password}}" } } } },
    },
  },
  beta = { name = "beta", settings = { { "key", "string", secret = true } }, auth = { { needs = { "key" } } } },
}
for _, catalogue in pairs(catalogues) do
  for _, row in ipairs(catalogue.settings) do row.name, row.type = row[1], row[2] end
end
local services = { names = function() return { "alpha", "beta" } end, catalogue = function(name) return catalogues[name] end }

local function new(text, options)
  options = options or {}
  options.alone, options.services = true, services
  if text then options.config = write(text) end
  return config.new(options)
end

local function profile(body)
  return 'return { profiles = { prod = { ' .. body .. ' } } }'
end

-- Runs fn with these variables set and removes them afterwards.
local function with_env(variables, fn)
  local before = {}
  for name, value in pairs(variables) do
    before[name] = sys.env(name) or false
    sys.setenv(name, value)
  end
  local ok, err = pcall(fn)
  for name, value in pairs(before) do
    if value then sys.setenv(name, value) else sys.unsetenv(name) end
  end
  if not ok then error(err, 0) end
end

local function refused(text, ...)
  local handle, err = host_config.load(write(text))
  t.ok(not handle, "a bad file must not load: " .. text)
  t.eq(err.kind, "config")
  t.ok(not err.message:find(CANARY, 1, true), "the value must not be shown: " .. err.message)
  for _, part in ipairs { ... } do
    t.ok(err.message:find(part, 1, true), ("'%s' must be in: %s"):format(part, err.message))
  end
end

t.describe("configuration file", function()
  t.it("gives settings with their types and origin", function()
    local c = new(profile [[protected = true, alpha = { application = "app", token = secret.env "NO_SUCH_VARIABLE",
      retries = 3, timeout = 1.5, insecure = false, resolve = { "a:1:b", "c:2:d" } }]])
    local s = c:service(nil, "alpha")
    t.eq(s, { application = "app", retries = 3, timeout = 1.5, insecure = false, resolve = { "a:1:b", "c:2:d" },
      url = "https://alpha.example.com/api", branding = "portal" })
    t.eq(c:profile(), "prod")
    t.ok(c:is_protected())
    local _, origin = c:handle():get("prod", "alpha", "application")
    t.eq(origin, path)
    t.eq((c:handle():get("prod", "alpha", "token")), true, "a secret is only there")
    t.eq(c:handle():get("prod", "alpha", "email"), nil)
  end)

  t.it("keeps literal secrets out of Lua", function()
    local c = new(profile('alpha = { application = "app", token = "' .. CANARY .. '" }'))
    t.eq(c:service(nil, "alpha").token, nil)
    t.eq((c:handle():get("prod", "alpha", "token")), true)
    t.ok(not require("host.err").redact("x" .. CANARY .. "y"):find(CANARY, 1, true), "and known to redaction")
  end)

  t.it("chooses the profile", function()
    local two = 'return { default = "b", profiles = { a = { protected = true }, b = {} } }'
    t.eq(new(two):profile(), "b")
    t.eq(new(two, { profile = "a" }):profile(), "a")
    t.ok(not new(two):is_protected())
    t.ok(new(two):is_protected "a")
    with_env({ ERRAND_PROFILE = "a" }, function() t.eq(new(two):profile(), "a") end)
    t.raises(function() new(two, { profile = "c" }):profile() end, "no profile 'c'")
    t.raises(function() new('return { profiles = { prod = {}, plant = {} } }', { profile = "prd" }):profile() end,
      "did you mean 'prod'?")
    t.raises(function() new('return { profiles = { a = {}, b = {} } }'):profile() end, "no profile is chosen")
    t.raises(function() new('return { default = "x", profiles = { a = {} } }'):profile() end, "no profile 'x'")
  end)

  t.it("is refused with file and line, never with a value", function()
    refused('return {\n profiles = { prod = { alpha = { token = "' .. CANARY .. '" user = 1 } } } }', path .. ":2:")
    refused('return { profiles = { prod = { alpha = { token = "' .. CANARY, path .. ":1:", "unfinished string")
    refused('return "' .. CANARY .. '" + 1', path .. ":1:", "arithmetic")
    refused('return ("' .. CANARY .. '")()', path .. ":1:", "call")
    refused('local t = nil; return t.x', "index")
    refused('while true do end', "without end")
    refused('local s = "x" while true do s = s .. s end', "memory")
    refused('local function f() return 1 + f() end f()', path)
    refused('return secret.evn "X"', "no secret.evn", "did you mean 'env'?")
    refused('return os.getenv "X"', "'os' is not known here", ":1:")
    refused('return { profiles = { a = { alpha = { token = secret.env } } } }', "profile 'a', alpha.token", "not called")
    refused('return { profiles = { a = { alpha = { token = secret.env(1) } } } }', "secret.env wants")
    refused('return { profiles = { a = { alpha = { token = secret.file "x" } } } }', "secret.file wants", "/")
    refused('return { profiles = { a = { alpha = { "' .. CANARY .. '" } } } }', "profile 'a', alpha", "without a name")
    refused('return { profiles = { a = { alpha = { x = { y = 1 } } } } }', "alpha.x", "list of strings")
    refused('return { profiles = { a = { alpha = { x = { "a\\nb" } } } } }', "alpha.x", "line break")
    refused('return { profiles = { a = { alpha = { x = "a\\0b" } } } }', "alpha.x", "zero byte")
    refused('return { profiles = { a = { alpha = { x = 1/0 } } } }', "alpha.x", "finite")
    refused('return { profiles = { a = { alpha = { x = 0/0 } } } }', "alpha.x", "finite")
    refused('return { profiles = { a = { protectd = true } } }', "profile 'a'", "did you mean 'protected'?")
    refused('return { profiles = { a = { protected = 1 } } }', "protected must be true or false")
    refused('return { profiles = { a = 1 } }', "profile 'a'", "table")
    refused('return { profile = {} }', "unknown key 'profile'", "did you mean 'profiles'?")
    refused('return { default = 1, profiles = { a = {} } }', "default")
    refused('local t = {} for i = 1, 1001 do t["x" .. i] = {} end return { profiles = t }', "too many entries")
    refused('local t = {} for i = 1, 1001 do t[i] = "x" end return { profiles = { a = { alpha = { x = t } } } }', "too long")
    refused('return {}', "profiles")
    refused('return 1', "must return a table")
    refused('', "must return a table")
    refused(string.dump(load "return {}"), "binary")
    refused(("x"):rep(1024 * 1024 + 1), "larger")
  end)

  t.it("must be ours alone", function()
    local handle, err = host_config.load(write("return { profiles = { a = {} } }", 420)) -- 0644
    t.ok(not handle)
    t.eq(err.kind, "config")
    t.ok(err.message:find("chmod", 1, true))
    handle, err = host_config.load(dir .. "/none.lua")
    t.ok(not handle and err.message:find("none.lua", 1, true))
    handle, err = host_config.load(dir)
    t.ok(not handle and err.kind == "config")
  end)

  t.it("may be absent unless it was named", function()
    os.remove(path)
    with_env({ XDG_CONFIG_HOME = dir }, function()
      local c = new()
      t.eq({ c:path() }, { dir .. "/errand/config.lua", false })
      t.eq(c:profile(), "default")
      t.raises(function() new(nil, { profile = "prod" }):profile() end, "no configuration file")
      t.raises(function() new(nil, { config = path }):profile() end, path)
      with_env({ ERRAND_CONFIG = path }, function() t.raises(function() new():profile() end, path) end)
    end)
  end)
end)

t.describe("settings of a service", function()
  t.it("reports every problem at once, with the nearest name", function()
    local c = new(profile('alpha = { aplication = "app", tokn = "' .. CANARY .. '", retries = 10, timeout = "soon", '
      .. 'http_version = "3", email = 5, cacert = secret.env "X" }'))
    local err = t.raises(function() c:service(nil, "alpha") end, "7 problems")
    t.eq(err.kind, "config")
    local found = {}
    for _, p in ipairs(err.problems) do found[p.path:match "alpha%.(.*)"] = p.message end
    t.eq(found, {
      aplication = "unknown setting (did you mean 'application'?)", tokn = "unknown setting (did you mean 'token'?)",
      retries = "must be at most 9", timeout = "must be a number, not a string",
      http_version = "must be one of '1.1', '2'", email = "must be text in quotes, not an integer",
      cacert = "cannot come from the table 'secret': it is needed as plain text",
    })
    t.eq(require("host.err").exit_code(err), 2)
  end)

  t.it("knows no other service", function()
    local c = new(profile 'alpah = { x = 1, y = 2 }')
    local err = t.raises(function() c:service(nil, "beta") end, "did you mean 'alpha'?")
    t.eq(err.kind, "config")
    t.eq(#c:check(), 1)
  end)

  t.it("does not mind the faults of a service that is not touched", function()
    local c = new(profile 'alpha = { nonsense = 1 }, beta = { url = "https://b.example.com", key = "12345" }')
    t.eq(c:service(nil, "beta"), { url = "https://b.example.com" })
    t.raises(function() c:service(nil, "alpha") end, "nonsense")
    t.eq(#c:check(), 2, "unknown setting and the missing application")
  end)

  t.it("says what is missing and where to set it", function()
    local c = new(profile 'alpha = {}, beta = { key = "12345" }')
    local err = t.raises(function() c:service(nil, "beta") end, "beta needs a base URL")
    t.eq(err.kind, "config")
    t.ok(tostring(err):find("set url in profile 'prod' of " .. path .. " or ERRAND_BETA_URL", 1, true))
    err = t.raises(function() c:service(nil, "alpha") end, "ERRAND_ALPHA_APPLICATION")
    t.eq(err.kind, "auth")
    err = t.raises(function() c:service("nowhere", "alpha") end, "no profile 'nowhere'")
    t.eq(err.kind, "config")
  end)

  t.it("names the ways to sign in", function()
    local c = new(profile 'alpha = { application = "app", email = "a@example.com" }')
    local err = t.raises(function() c:credentials(nil, "alpha") end, "(token, or email and password)")
    t.eq(err.kind, "auth")
    t.eq(require("host.err").exit_code(err), 5)
    c = new(profile 'alpha = { application = "app", token = secret.env "ERRAND_SPEC_NOT_SET" }')
    err = t.raises(function() c:credentials(nil, "alpha") end, "setting 'token' of alpha")
    t.eq(err.kind, "auth")
    c = new(profile 'alpha = { application = "app", token = "123456", otp = secret.env "ERRAND_SPEC_NOT_SET" }')
    c:credentials(nil, "alpha") -- the one-time password belongs to the other way
  end)
end)

t.describe("environment", function()
  t.it("needs no file, and hides the file for the profile in force only", function()
    local text = 'return { default = "a", profiles = { a = { alpha = { application = "file" } }, '
      .. 'b = { alpha = { application = "other" } } } }'
    with_env({ ERRAND_ALPHA_APPLICATION = "env", ERRAND_ALPHA_TOKEN = CANARY, ERRAND_ALPHA_RETRIES = "4",
      ERRAND_ALPHA_INSECURE = "true", ERRAND_ALPHA_RESOLVE = "a:1:b  c:2:d" }, function()
      local c = new(text)
      local s = c:service(nil, "alpha")
      t.eq(s.application, "env")
      t.eq(s.retries, 4)
      t.eq(s.insecure, true)
      t.eq(s.resolve, { "a:1:b", "c:2:d" })
      t.eq(c:service("b", "alpha").application, "other")
      t.eq(sys.env "ERRAND_ALPHA_TOKEN", nil, "a secret is taken out of the environment")
      t.eq((c:handle():get("a", "alpha", "token")), true)
      t.eq(c:handle():get("b", "alpha", "token"), nil, "and is never sent as another account")
      t.eq(c:handle():source("a", "alpha", "token"), "environment variable ERRAND_ALPHA_TOKEN")
    end)
  end)

  t.it("is refused where it is misspelt or of the wrong type", function()
    with_env({ ERRAND_ALFA_TOKEN = "x" }, function()
      t.raises(function() new(profile ""):handle() end, "did you mean 'ERRAND_ALPHA_TOKEN'?")
    end)
    with_env({ ERRAND_ALPHA_TOKN = CANARY }, function()
      local err = t.raises(function() new(profile ""):service(nil, "alpha") end, "did you mean 'ERRAND_ALPHA_TOKEN'?")
      t.ok(not tostring(err):find(CANARY, 1, true))
    end)
    with_env({ ERRAND_CONFG = "x" }, function()
      t.raises(function() new(profile ""):handle() end, "did you mean 'ERRAND_CONFIG'?")
    end)
    for name, value in pairs { RETRIES = "many", TIMEOUT = "1x", INSECURE = "maybe", HTTP_VERSION = "4" } do
      with_env({ ["ERRAND_ALPHA_" .. name] = value, ERRAND_ALPHA_APPLICATION = "app" }, function()
        local err = t.raises(function() new(profile ""):service(nil, "alpha") end, "ERRAND_ALPHA_" .. name)
        t.eq(err.kind, "config")
      end)
    end
  end)
end)

t.describe("a value of nothing", function()
  t.it("counts as not set in the environment", function()
    with_env({ ERRAND_BETA_KEY = "", ERRAND_BETA_URL = "", ERRAND_BETA_TIMEOUT = "", ERRAND_BETA_HTTP_VERSION = "" }, function()
      local c = new(profile 'beta = { url = "https://b.example.com", key = "12345", http_version = "2" }')
      t.eq(c:service(nil, "beta"), { url = "https://b.example.com", http_version = "2" }, "it hides nothing")
      c:credentials(nil, "beta")
      t.eq(c:check(), {})
      c = new(profile 'beta = { url = "https://b.example.com" }')
      local err = t.raises(function() c:credentials(nil, "beta") end, "beta has no credential (key)")
      t.eq(require("host.err").exit_code(err), 5)
    end)
  end)

  t.it("is no credential, wherever it comes from", function()
    for text, fault in pairs { [""] = "is empty", ["      "] = "holds only blanks" } do
      local c = new(profile(('beta = { url = "https://b.example.com", key = %q }'):format(text)))
      local err = t.raises(function() c:credentials(nil, "beta") end, "the setting 'key' " .. fault)
      t.eq(require("host.err").exit_code(err), 5)
      t.eq(#c:check(), 1)
    end
    with_env({ ERRAND_BETA_KEY = "    " }, function()
      local c = new(profile 'beta = { url = "https://b.example.com", key = "12345" }')
      local err = t.raises(function() c:credentials(nil, "beta") end, "the setting 'key' holds only blanks")
      t.eq(err.kind, "auth")
    end)
    assert(sys.write_file(dir .. "/blank", "   \n"))
    local c = new(profile(('beta = { url = "https://b.example.com", key = secret.file %q }'):format(dir .. "/blank")))
    t.eq(t.raises(function() c:credentials(nil, "beta") end, "holds only blanks").kind, "auth")
    os.remove(dir .. "/blank")
  end)

  t.it("leaves the next way to sign in", function()
    local c = new(profile 'alpha = { application = "app", token = "", email = "a@example.com", password = "pass1" }')
    c:credentials(nil, "alpha")
    t.eq(c:check(), {})
  end)

  t.it("is fine where no way to sign in needs it", function()
    local c = new(profile 'alpha = { application = "app", token = "12345", otp = "" }')
    c:credentials(nil, "alpha")
    t.eq(c:check(), {})
    c = config.new { alone = true, config = write [[return { profiles = { a = { bossinsights = {
      url = "https://b.example.com", account_key = "5a50d8fed44aa9.76285894", user = "some-key", password = "" } } } }]] }
    c:credentials(nil, "bossinsights")
    t.eq(c:check(), {})
  end)
end)

t.describe("check", function()
  t.it("finds corrected paths that no call could use", function()
    local function problems(list)
      return config.new({ alone = true, config = write(([[return { profiles = { a = { qalyptus = {
        url = "https://q.example.com/api", key = "some-key", paths = %s } } } }]]):format(list)) }):check()
    end
    t.eq(problems '{ "groups.delete=/groups/bulk" }', {})
    local found = problems '{ "grups.delete=/x", "groups.delete=GTE:/x" }'
    t.eq(#found, 2)
    t.ok(found[1].path:find("profile 'a'", 1, true) and found[1].message:find("did you mean 'groups.delete'", 1, true), found[1].message)
    t.eq(#problems "5", 1)
    t.eq(problems "{}", {})
  end)

  t.it("finds the URLs that every call refuses", function()
    local function problems(settings)
      return new(profile('beta = { key = "12345", ' .. settings .. ' }')):check()
    end
    for url, part in pairs { ["file:///etc/passwd"] = "must start with", ["http://host.example.com/"] = "insecure_http",
      ["https://u:p@host.example.com/"] = "user name", ["https://host.example.com:99999/"] = "port" } do
      local list = problems(("url = %q"):format(url))
      t.eq(#list, 1, url)
      t.ok(list[1].message:find("beta.url", 1, true) and list[1].message:find(part, 1, true), list[1].message)
    end
    t.eq(problems 'url = "http://host.example.com/", insecure_http = true', {})
    t.eq(problems 'url = "http://127.0.0.1:8080/"', {})
    t.eq(problems 'url = "https://host.example.com/"', {})
  end)

  t.it("has nothing against the sample in the documentation", function()
    local text = assert(sys.read_file "docs/configuration.md")
    local sample = assert(text:match "```lua\n(return.-)```")
    t.eq(config.new({ alone = true, config = write(sample) }):check(), {})
  end)
end)

t.describe("lock", function()
  t.it("is held once, and until it is given back", function()
    local file = dir .. "/state.lock"
    do
      local held <close> = assert(sys.lock(file, "the state"))
      local again, err = sys.lock(file, "the state")
      t.ok(held and not again)
      t.eq(err.kind, "config")
      t.ok(err.message:find("^the state is in use by process %d+$"), err.message)
    end
    local held = assert(sys.lock(file, "the state"))
    getmetatable(held).__close(held)
    os.remove(file)
    local none, err = sys.lock(dir .. "/nowhere/state.lock", "the state")
    t.ok(not none and err.kind == "file")
  end)
end)

t.describe("a call", function()
  t.it("wants its body as a string", function()
    local connection = assert(require("host.http").connect { service = "beta", profile = "a", base = "http://127.0.0.1:1",
      config = host_config.new(), auth = { methods = {} } })
    t.raises(function() connection:send { method = "POST", template = "/x", body = 5 } end, "the body must be a string")
    connection:close()
  end)
end)

t.describe("sandbox", function()
  t.it("reads neither file nor environment", function()
    with_env({ ERRAND_ALPHA_TOKEN = "not this", ERRAND_NONSENSE = "1", ERRAND_CONFIG = "/nowhere" }, function()
      local c = config.new { alone = true, services = services,
        sandbox = { alpha = { url = "http://127.0.0.1:1/alpha", application = "sandbox", token = "sandbox-token" } } }
      t.eq(c:profile(), "sandbox")
      t.eq(c:service(nil, "alpha").url, "http://127.0.0.1:1/alpha")
      t.eq(c:service(nil, "alpha").token, nil)
      c:credentials(nil, "alpha")
      t.eq(c:path(), nil)
      t.eq(c:store_path(), nil)
      t.eq(sys.env "ERRAND_ALPHA_TOKEN", "not this")
      t.raises(function() c:service(nil, "beta") end, "the sandbox does not play it")
    end)
  end)
end)

t.describe("store path", function()
  t.it("is in the state directory unless it is named", function()
    with_env({ XDG_STATE_HOME = "/x/state", ERRAND_STORE = "" }, function()
      t.eq(new():store_path(), "/x/state/errand/store.db")
      with_env({ ERRAND_STORE = "/y/z" }, function() t.eq(new():store_path(), "/y/z") end)
      with_env({ XDG_STATE_HOME = "relative", HOME = "/h" }, function()
        t.eq(new():store_path(), "/h/.local/state/errand/store.db")
      end)
    end)
  end)
end)

t.describe("handle", function()
  t.it("checks what it is given", function()
    local handle = host_config.new()
    t.raises(function() handle:get("a", "b") end, "string expected")
    t.raises(function() handle:set("a", "b", "c", "x\0y") end, "zero byte")
    t.raises(function() handle:env("ERRAND_SPEC_NOT_SET", "alpha", "url", "string", false) end, "not set")
    t.raises(function() host_config.new().get({}, "a", "b", "c") end)
    t.ok(handle:set("a", "b", "n", 5))
    t.ok(handle:set("a", "b", "s", "text-of-secret", "here", true))
    t.eq((handle:get("a", "b", "n")), 5)
    t.eq({ handle:get("a", "b", "s") }, { true, "here" })
    t.eq(handle:resolve("a", "b", "s"), true)
    t.eq(handle:resolve("a", "b", "none"), false)
    t.ok(handle:mark_secret("b", "n"))
    t.eq((handle:get("a", "b", "n")), true)
    os.remove(path)
    os.remove(dir)
  end)
end)
