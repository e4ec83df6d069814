-- repl_commands_spec.lua - the lines of the prompt that begin with ":".
-- SPDX-License-Identifier: MIT

local t = require "test"
local acme = require "acme"
local calls = require "core.repl.calls"
local commands = require "core.repl.commands"
local config = require "core.config"
local json = require "host.json"
local output = require "core.output"
local services = require "core.services"
local session = require "core.session"
local shells = require "core.repl.shell"
local symbol = require "core.run.symbol"
local sys = require "host.sys"

acme.service()

-- A session, and what its commands write; answers are what it would be asked.
local function new_session(answers)
  local shell = shells.new()
  shell.asked = {}
  function shell.ask(question)
    table.insert(shell.asked, question)
    return table.remove(answers or {}, 1) or false
  end
  shell.calls = calls.start()
  return shell
end

local function run(shell, text)
  local written, write, pager = {}, output.text, require("host.repl").pager
  output.text = function(one) written[#written + 1] = one end
  require("host.repl").pager = function(one) written[#written + 1] = one return true end
  local ok, err = pcall(commands.run, shell, text)
  output.text, require("host.repl").pager = write, pager
  if not ok then error(err, 0) end
  return table.concat(written)
end

local function within(fn, answers)
  local shell = new_session(answers)
  local ok, err = pcall(fn, shell, services.get("acme").with { profile = "sandbox" })
  shell.calls:detach()
  session.plan = nil
  if not ok then error(err, 0) end
end

local function refused(shell, text, message)
  local ok, err = pcall(run, shell, text)
  t.eq(ok, false, text)
  t.eq(err.kind, "validation", text)
  t.ok(err.message:find(message, 1, true), err.message)
end

local function has(text, part)
  t.ok(text:find(part, 1, true), part .. " is not in: " .. text)
end

local function lacks(text, part)
  t.ok(not text:find(part, 1, true), part .. " is in: " .. text)
end

local function words_of(shell, before)
  local list, after, how = commands.complete(shell, before)
  local words = {}
  for i, one in ipairs(list) do words[i] = type(one) == "table" and one.word or one end
  return words, after, how
end

t.describe("a command", function()
  t.it("that is none is answered by the nearest one", function()
    within(function(shell)
      refused(shell, ":sav", "there is no command :sav (did you mean :save?); :help lists them")
      refused(shell, ":quit", "did you mean :q?")
      refused(shell, ":blabla x", "there is no command :blabla; :help lists them")
      refused(shell, ":", ":help lists the commands")
      refused(shell, ":3", "there is no command :3")
    end)
  end)

  t.it("says what it takes", function()
    within(function(shell)
      refused(shell, ":plan maybe", ":plan takes on or off, got 'maybe'")
      refused(shell, ":sandbox of", ":sandbox takes on or off, got 'of'")
      refused(shell, ":why not", ":why takes nothing, got 'not'")
      refused(shell, ":search", ":search wants WORDS: :search WORDS")
      refused(shell, ":har", ":har wants FILE")
      refused(shell, ":plan! on", ":plan! means nothing: it is :plan [on|off]")
      refused(shell, ":calls x", "nothing was sent in this session yet")
      refused(shell, ":v", "nothing has been printed yet")
      refused(shell, ":undo", "no call of this session can be undone")
    end)
  end)

  t.it("is in the help, which fits the window", function()
    within(function(shell)
      for _, columns in ipairs { 80, 40 } do
        local width = sys.columns
        sys.columns = function() return columns end
        local text = run(shell, ":help")
        sys.columns = width
        for _, row in ipairs(commands.rows) do has(text, ":" .. row.name) end
        for line in text:gmatch "[^\n]+" do t.ok(#line <= columns, line) end
      end
      has(run(shell, ":help save"), ":save FILE.lua\n  Write the calls as a script.")
      has(run(shell, ":help :undo"), "inverse")
      refused(shell, ":help sav", "(did you mean :save?)")
    end)
  end)

  t.it("leaves", function()
    within(function(shell)
      local ok, err = pcall(run, shell, ":q")
      t.eq({ ok, require("core.exit").code(err) }, { false, 0 })
    end)
  end)

  t.it("finds operations", function()
    within(function(shell)
      local text = run(shell, ":search withdraw invite")
      has(text, "ixon.invites.delete ")
      has(text, "set*")
      has(run(shell, ":search xyzzyx"), "no operation mentions xyzzyx")
    end)
  end)
end)

t.describe("the calls", function()
  t.it("are listed and shown whole, without secrets", function()
    acme.serve { acme.ok { id = "t1" }, acme.reply(404, { message = "not here" }) }
    within(function(shell, service)
      has(run(shell, ":calls"), "nothing was sent in this session yet")
      service.things.create { name = "Pump", pin = "4321-pin" }
      pcall(service.things.get, "t9")
      local list = run(shell, ":calls")
      has(list, "acme.things.create")
      has(list, "failed")
      local one = run(shell, ":calls 1")
      has(one, "Call 1 of ")
      has(one, "POST " .. acme.url() .. "/things")
      has(one, '"pin": "[secret]"')
      lacks(one, "4321-pin")
      has(run(shell, ":curl 1"), "curl -sS -g -X POST")
      has(run(shell, ":curl"), "/things/t9")
      refused(shell, ":calls 7", "there is no call 7, the last one is 2")
      refused(shell, ":curl x", "'x' is no number of a call")
      session.output = "json"
      t.eq(json.decode(run(shell, ":calls"))[2].outcome, "failed")
      t.eq(json.decode(run(shell, ":calls 1")).method, "POST")
      session.output = nil
    end)
  end)

  t.it("are written as an archive, for their owner only, once", function()
    acme.serve { acme.ok { id = "t1" } }
    local dir = t.tmpdir and t.tmpdir() or os.tmpname()
    local path = dir .. ".har"
    within(function(shell, service)
      refused(shell, ":har " .. path, "nothing was sent")
      service.things.create { name = "Pump", pin = "4321-pin" }
      has(run(shell, ":har " .. path), "wrote 1 call to " .. path)
      local text = sys.read_file(path)
      t.eq(#json.decode(text).log.entries, 1)
      lacks(text, "4321-pin")
      refused(shell, ":har '" .. path .. "'", "is there already; :har! " .. path .. " overwrites it")
      has(run(shell, ":har! \"" .. path .. "\""), "wrote 1 call")
    end)
    os.remove(path)
    os.remove(dir)
  end)
end)

t.describe("plan mode", function()
  t.it("shows writes and sends none", function()
    acme.serve { acme.ok { id = "t1" } }
    within(function(shell, service)
      has(run(shell, ":plan"), "plan mode is off")
      run(shell, ":plan on")
      t.eq(shell.plan, true)
      local made
      local seen = {}
      local write = output.text
      output.text = function(text) seen[#seen + 1] = text end
      local ok, err = pcall(function()
        made = service.things.create { name = "Pump", pin = "4321-pin" }
        t.eq(service.things.remove "t1", nil)
      end)
      output.text = write
      if not ok then error(err, 0) end
      t.eq(acme.seen(), {})
      has(seen[1], "would send: POST " .. acme.url() .. "/things\n")
      has(seen[1], '"pin":"[secret]"')
      has(seen[2], "would send: DELETE " .. acme.url() .. "/things/t1")
      t.ok(symbol.name(made))
      t.eq({ shell.calls:call(1).planned, shell.calls.sent }, { true, 0 })
      service.things.get "t1"                        -- reads go out
      t.eq(acme.seen(), { "GET /things/t1" })
      run(shell, ":plan off")
      t.eq({ shell.plan, session.plan }, { nil, nil })
    end)
  end)

  t.it("checks what it shows", function()
    within(function(shell, service)
      run(shell, ":plan on")
      local ok, err = pcall(service.things.create, { nam = "Pump" })
      t.eq({ ok, err.kind }, { false, "validation" })
    end)
  end)

  t.it("goes on with what is not known, and sends nothing for it", function()
    acme.serve {}
    within(function(shell, service)
      run(shell, ":plan on")
      local seen, write = {}, output.text
      output.text = function(text) seen[#seen + 1] = text end
      local ok, err = pcall(function()
        local made = service.things.create { name = "Pump" }
        service.things.remove(made.id)
        t.ok(symbol.name(service.things.get(made.id)))
        t.ok(symbol.name(service.things.find { id = made.id }))
        service.things.update(made.id, { name = made.name, count = made.count })
      end)
      output.text = write
      if not ok then error(err, 0) end
      t.eq(acme.seen(), {})
      t.ok(seen[2]:find "would send: DELETE %S+/things/<planned %d+%.id>", seen[2])
      t.ok(seen[3]:find 'would call: acme%.things%.get%("<planned %d+%.id>"%)', seen[3])
      t.ok(seen[5]:find "acme%.things%.update%(.*was not checked", seen[5])
    end)
  end)

  t.it("holds although a workflow's gate is put in force", function()
    acme.serve {}
    within(function(shell, service)
      run(shell, ":plan on")
      local gate = session.gate
      require("core.run.guard").install()
      local write = output.text
      output.text = function() end
      local ok, err = pcall(service.things.remove, "t1")
      output.text, session.gate = write, gate
      if not ok then error(err, 0) end
      t.eq(acme.seen(), {})
    end)
  end)

  t.it("leaves nothing behind that a later call would send", function()
    acme.serve {}
    within(function(shell, service)
      run(shell, ":plan on")
      local write = output.text
      output.text = function() end
      local made = service.things.create { name = "Pump" }
      output.text = write
      run(shell, ":plan off")
      t.raises(function() service.things.update("t1", { name = "Pump", home = { ref = { id = made.id } } }) end,
        "which plan mode left in place of a result")
      t.eq(acme.seen(), {})
    end)
  end)
end)

t.describe(":time", function()
  t.it("runs the expression and says how long it took", function()
    acme.serve(function() return acme.ok { id = "t1" } end)
    within(function(shell, service)
      shell.env.thing = service.things.get
      local text = run(shell, ":time thing('t1').id")
      t.ok(text:find "%d%.%d%d%d s, 1 call, %d%.%d%d%d s of it waiting for the network", text)
      t.eq(shell.results:get(1), "t1")
      t.ok(run(shell, ":time 1 + 1"):find "%d%.%d%d%d s, 0 calls\n")
      refused(shell, ":time 1 +", ":time wants all of an expression or statement, and '1 +' ends in the middle")
      t.raises(function() run(shell, ":time 1 1") end, "near '1'")
      t.raises(function() run(shell, ":time error('x', 0)") end, "x")
    end)
  end)
end)

t.describe(":why", function()
  t.it("shows the last error whole, without secrets", function()
    acme.serve { acme.reply(400, { message = "no 4321-pin here", errors = {} }) }
    within(function(shell, service)
      has(run(shell, ":why"), "there was no error")
      require("host.err").hide "4321-pin"
      local ok, err = pcall(service.things.get, "t1")
      t.eq(ok, false)
      err.cause = require("core.error").new("network", "the line is cut")
      shell.err = { err = err, text = "acme.things.get 't1'", told = "error: so it is" }
      local text = run(shell, ":why")
      for _, part in ipairs { "acme.things.get 't1'\n", "error: so it is", "status", "400", "request and reply: :calls 1",
        "cause: the line is cut" } do
        has(text, part)
      end
      lacks(text, "4321-pin")
      shell.err = { err = "plain", text = "error('plain', 0)" }
      has(run(shell, ":why"), "plain")
    end)
  end)
end)

t.describe("completion of commands", function()
  t.it("knows their names and what they take", function()
    acme.serve(function() return acme.ok { id = "t1" } end)
    within(function(shell, service)
      t.eq({ words_of(shell, ":sa") }, { { ":save", ":sandbox" }, "", { start = 0 } })
      t.eq({ words_of(shell, "  :pl") }, { { ":plan" }, " ", { start = 2 } })
      t.eq({ words_of(shell, ":q") }, { { ":q" }, "", { start = 0 } })
      t.eq({ words_of(shell, ":plan o") }, { { "on", "off" }, "", { start = 6 } })
      t.eq({ words_of(shell, ":plan of") }, { { "off" }, "", { start = 6 } })
      t.eq({ words_of(shell, ":save ~/x") }, { {}, "", { start = 6, files = true } })
      t.eq({ words_of(shell, ":har! x") }, { {}, "", { start = 6, files = true } })
      t.eq({ words_of(shell, ":help se") }, { { "search" }, "", { start = 6 } })
      t.eq({ words_of(shell, ":nothing x") }, { {}, "", {} })
      t.eq({ words_of(shell, ":why x") }, { {}, "", {} })
      t.eq((words_of(shell, ":calls ")), {})
      service.things.get "t1"
      service.things.get "t2"
      t.eq((words_of(shell, ":calls ")), { "2", "1" })
      t.eq((words_of(shell, ":undo ")), {})
    end)
  end)

  t.it("completes the expression of :time", function()
    within(function(shell)
      local words, _, how = words_of(shell, ":time ixon.invites.cre")
      t.eq({ words, how.start }, { { "create" }, #":time ixon.invites." })
    end)
  end)
end)

-- ---- :undo ----

local simulated = require "core.run.simulated"

-- A session on a simulated world of the real services.
local function in_world(answers, fn)
  local world = simulated.new { clock = require("core.run.clock").virtual() }
  local detach = world:attach()
  local shell = new_session(answers)
  local ok, err = pcall(function()
    local ixon = services.get("ixon").with { profile = "sandbox" }
    local group, role = ixon.groups.find { name = "Plant A" }, ixon.roles.list()[1]
    fn(shell, ixon, function()
      return ixon.invites.create { emailAddress = "new.hire@example.com",
        groupRoles = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } } }
    end)
  end)
  shell.calls:detach()
  session.plan = nil
  detach()
  if not ok then error(err, 0) end
end

local function is_there(ixon)
  return ixon.invites.find { emailAddress = "new.hire@example.com" } ~= nil
end

t.describe(":undo", function()
  t.it("shows what it sends, asks, and takes the call back", function()
    in_world({ false, true }, function(shell, ixon, invite)
      invite()
      local n = shell.calls.sent
      t.eq(is_there(ixon), true)
      has(run(shell, ":undo " .. n), "nothing was sent")
      t.eq(is_there(ixon), true)
      local text = run(shell, ":undo")
      has(text, ("to undo call %d, ixon.invites.create:"):format(n))
      has(text, "DELETE ")
      has(text, "undone: ixon.memberships.delete, ixon.invites.delete (call ")
      t.eq(is_there(ixon), false)
      t.eq(#shell.asked, 2)
      refused(shell, ":undo " .. n, ("call %d (ixon.invites.create) was undone by call"):format(n))
      refused(shell, ":undo", "no call of this session can be undone")
      has(run(shell, ":calls"), "undone by")
    end)
  end)

  t.it("is among the calls, as what it takes back", function()
    in_world({ true }, function(shell, _, invite)
      invite()
      local n = shell.calls.sent
      run(shell, ":undo")
      local made = shell.calls:calls_made()
      local last = made[#made]
      t.eq({ last.id, last.undo_of, last.ok, last.how }, { "ixon.invites.delete", n, true, "call" })
      t.eq(type(last.args[1][1].publicId), "string")
    end)
  end)

  t.it("says why a call is not undone", function()
    in_world({ true }, function(shell, ixon, invite)
      refused(shell, ":undo 1", "call 1 (ixon.groups.list) only read; there is nothing to undo")
      pcall(ixon.invites.delete_one, "nobodyatall1")
      refused(shell, ":undo " .. shell.calls.sent, "failed; there is nothing to undo")
      local made = invite()
      local n = shell.calls.sent
      ixon.invites.resend_one(made.invites[1].publicId)
      refused(shell, ":undo " .. shell.calls.sent, "nothing in the catalogue undoes ixon.invites.resend_one")
      ixon.invites.delete { { publicId = made.invites[1].publicId } }
      has(run(shell, ":undo " .. n), "nothing to undo: what call " .. n .. " made is gone already")
      t.eq(#shell.asked, 0)
    end)
  end)

  t.it("knows a sandbox from the one before", function()
    in_world({ true }, function(shell, _, invite)
      session.sandbox, session.child = true, { "the first" }
      local ok, err = pcall(invite)
      local n = shell.calls.sent
      session.child = { "the second" }
      local text = ":undo " .. n
      local refused_, why = pcall(run, shell, text)
      session.sandbox, session.child = nil, nil
      t.eq({ ok, err and err.kind }, { true })
      t.eq({ refused_, why.message:find("was made in the sandbox that was turned off since", 1, true) ~= nil }, { false, true })
    end)
  end)

  t.it("is only shown in plan mode", function()
    in_world({}, function(shell, ixon, invite)
      invite()
      run(shell, ":plan on")
      local n = shell.calls.sent
      local text = run(shell, ":undo")
      has(text, "would send: DELETE ")
      t.eq(#shell.asked, 0)
      run(shell, ":plan off")
      t.eq(is_there(ixon), true)
      t.ok(shell.calls:call(shell.calls:exchange(n).call).undone == nil)
    end)
  end)
end)

-- ---- :profile, :reload ----

-- A configuration file of this text in force; path and what it was before.
local function with_file(text, fn)
  local path = os.tmpname()
  local before, named, profile = config.current(), session.config, session.profile
  local function write(new) assert(sys.write_file(path, new, 384)) end
  write(text)
  session.config = path
  config.use(config.new {})
  local shell, loaded = new_session(), {}
  for name, module in pairs(package.loaded) do loaded[name] = module end -- :reload forgets what specs are made of
  require("core.account").forget()
  local ok, err = pcall(fn, shell, write, path)
  for name, module in pairs(loaded) do package.loaded[name] = module end
  shell.calls:detach()
  config.use(before)
  session.config, session.profile = named, profile
  require("core.account").forget()
  require("core.client").rewatch()
  os.remove(path)
  if not ok then error(err, 0) end
end

local function two_profiles(url)
  return ([[
    return { default = "a", profiles = {
      a = { acme = { url = "%s", token = "acme-t0ken", brand = "A" } },
      b = { protected = true, acme = { url = "%s", token = "acme-t0ken", brand = "B" } },
      empty = { acme = { brand = "none" } },
    } }
  ]]):format(url, url)
end

local function brand()
  acme.serve(function() return acme.ok { id = "t1" } end)
  services.get("acme").things.get "t1"
  return config.service(nil, "acme").brand
end

t.describe(":profile", function()
  t.it("is where calls go from now on", function()
    with_file(two_profiles(acme.url()), function(shell)
      t.eq(brand(), "A")
      local list = run(shell, ":profile")
      has(list, "* a\n")
      has(list, "  b  (protected)")
      has(run(shell, ":profile b"), "calls go to profile 'b', which is protected: writes ask first")
      t.eq({ brand(), session.profile }, { "B", "b" })
      t.eq((words_of(shell, ":profile ")), { "a", "b", "empty" })
      has(run(shell, ":profile empty"), "note: acme needs a base URL")
    end)
  end)

  t.it("stays as it is if the new one is wrong", function()
    with_file(two_profiles(acme.url()), function(shell, write)
      t.eq(brand(), "A")
      t.raises(function() run(shell, ":profile bb") end, "there is no profile 'bb'")
      t.eq({ brand(), session.profile }, { "A", nil })
      write "this is no configuration {"
      t.eq(pcall(run, shell, ":profile b"), false)
      t.eq({ brand(), session.profile }, { "A", nil })
    end)
  end)

  t.it("ends what each() gave before", function()
    with_file(two_profiles(acme.url()), function(shell)
      acme.serve(function() return acme.ok(json.array { { id = "a" } }, { next = "n2" }) end)
      local next_one = services.get("acme").things.each()
      t.eq(next_one().id, "a")
      run(shell, ":profile b")
      t.raises(next_one, "begun with profile 'a' before calls went elsewhere")
      t.eq(#acme.seen(), 1)
    end)
  end)

  t.it("waits for tasks, which would go elsewhere", function()
    with_file(two_profiles(acme.url()), function(shell)
      local task = require "std.spawn"(function() require "std.sleep"(60) end)
      refused(shell, ":profile b", "1 task still runs, and the next calls of it would go elsewhere")
      task:cancel()
      pcall(task.join, task)
      run(shell, ":profile b")
    end)
  end)
end)

t.describe(":sandbox", function()
  t.it("keeps its record of writes if there is nowhere to go back to", function()
    with_file("this is no configuration {", function(shell)
      session.sandbox = true
      local store = require("core.record").store()
      local ok = pcall(run, shell, ":sandbox off")
      local same = rawequal(require("core.record").store(), store)
      local still = session.sandbox
      session.sandbox = nil
      t.eq({ ok, same, still }, { false, true, true })
    end)
  end)
end)

t.describe(":reload", function()
  t.it("reads the file anew, or leaves the one that was", function()
    with_file(two_profiles(acme.url()), function(shell, write, path)
      t.eq(brand(), "A")
      write((two_profiles(acme.url()):gsub('brand = "A"', 'brand = "new"')))
      has(run(shell, ":reload"), "read " .. path .. "\ncalls go to profile 'a'")
      t.eq(brand(), "new")
      write((two_profiles(acme.url()):gsub('brand = "A"', 'brnd = "x"')))
      t.raises(function() run(shell, ":reload") end, "did you mean 'brand'?")
      t.eq(brand(), "new")
    end)
  end)

  t.it("keeps the secrets that were taken out of the environment", function()
    sys.setenv("ERRAND_ACME_TOKEN", "acme-t0ken")
    with_file(([[return { profiles = { a = { acme = { url = "%s" } } } }]]):format(acme.url()), function(shell)
      brand()
      t.eq(sys.env "ERRAND_ACME_TOKEN", nil)
      for _ = 1, 3 do
        run(shell, ":reload")
        collectgarbage()
        brand()
      end
      t.eq(acme.calls[1].headers.authorization or acme.calls[1].headers.Authorization, "Bearer acme-t0ken")
    end)
    sys.unsetenv "ERRAND_ACME_TOKEN"
  end)

  t.it("forgets modules that came from files, and no others", function()
    with_file(two_profiles(acme.url()), function(shell)
      package.loaded["mine.own"] = { 1 }
      local text = run(shell, ":reload")
      has(text, "mine.own")
      t.eq(package.loaded["mine.own"], nil)
      t.ok(package.loaded["core.repl.commands"] and package.loaded.string and package.loaded["host.sys"])
    end)
  end)
end)
