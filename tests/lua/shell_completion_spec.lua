-- shell_completion_spec.lua - what a shell offers, asked as its completion files ask.
-- SPDX-License-Identifier: MIT

local t = require "test"
local cli = require "core.cli"
local complete = require "core.cli.complete"

-- Words and texts of the answer to a line; the last word is at the cursor.
local function ask(...)
  local answer = complete.answer { ... }
  local words, texts = {}, {}
  for i, one in ipairs(answer.list) do words[i], texts[one[1]] = one[1], one[2] or "" end
  return words, answer, texts
end

local function has(list, word)
  for _, one in ipairs(list) do
    if one == word then return true end
  end
  return false
end

local function offers(word, ...)
  t.ok(has((ask(...)), word), ("%s behind: %s"):format(word, table.concat({ ... }, " ")))
end

local function offers_not(word, ...)
  t.ok(not has((ask(...)), word), ("%s behind: %s"):format(word, table.concat({ ... }, " ")))
end

t.describe("completion in a shell", function()
  t.it("knows every command, and what stands behind each", function()
    local words = ask ""
    t.eq(words, cli.commands)
    for _, name in ipairs(cli.commands) do
      t.eq(type(complete.places[name]), "function", name)
      local answer = complete.answer { name, "" }
      t.ok(answer.mode == "words" and #answer.list > 0 or answer.mode == "files" or answer.mode == "none", name)
    end
    for name in pairs(complete.places) do t.ok(has(cli.commands, name), name) end
  end)

  t.it("offers the options of errand and of the command, before and behind it", function()
    offers("--sandbox", "--")
    offers("--sandbox", "run", "--")
    offers("--no-wait", "run", "--")
    offers("--online", "doctor", "-")
    offers_not("--online", "-")
    offers("--schedule", "--profile", "x", "serve", "--")
  end)

  t.it("offers the values of options", function()
    t.eq((ask("-o", "")), { "json", "ndjson", "table", "csv", "lua" })
    t.eq((ask("call", "ixon", "users", "list", "--output", "")), { "json", "ndjson", "table", "csv", "lua" })
    t.eq((ask "--output=")[1], "--output=json")
    offers("held", "runs", "list", "--state", "")
    offers("ixon", "calls", "--service", "")
    local _, answer = ask("--config", "")
    t.eq({ answer.mode, answer.prefix }, { "files", "" })
    _, answer = ask "--config=/etc/e"
    t.eq({ answer.mode, answer.prefix }, { "files", "--config=" })
    _, answer = ask "--sandbox=st"
    t.eq({ answer.mode, answer.prefix }, { "files", "--sandbox=" })
    t.eq(select(2, ask("--retry", "")).mode, "none")
  end)

  t.it("takes no value for a command", function()
    offers("ixon", "--profile", "run", "call", "")
    offers("ixon", "--sandbox", "call", "")
    t.eq(select(2, ask("-e", "return 1", "")).mode, "files")
  end)

  t.it("offers services, resources and operations, in words and with dots", function()
    offers("intrexx", "call", "")
    offers("invites", "call", "ixon", "")
    offers("create", "call", "ixon", "invites", "")
    offers("find", "call", "ixon", "users", "")
    local words, answer = ask("call", "ixon.in")
    t.ok(has(words, "ixon.invites."))
    t.eq(answer.list[1].open, true)
    offers("ixon.invites.create", "call", "ixon.invites.")
    offers("ixon", "help", "")
    offers("ixon.invites", "help", "ixon.")
    offers("args", "help", "")
    offers("workflows", "help", "")
    offers("schedule", "help", "")
    t.eq((ask("call", "nosuch", "")), {})
    t.eq((ask("call", "ixon", "nosuch", "")), {})
    t.eq(select(2, ask("call", "nosuch.x.", "")).list, {})
  end)

  t.it("offers the parameters of an operation, required ones marked", function()
    local words, _, texts = ask("call", "ixon", "invites", "create", "--")
    t.ok(has(words, "--emailAddress"))
    t.ok(texts["--emailAddress"]:find "^required: ", texts["--emailAddress"])
    t.ok(not texts["--message"]:find "required")
    offers("--emailAddress", "call", "ixon.invites.create", "")
    offers("--json", "call", "ixon", "invites", "create", "--")
    offers("--yes", "call", "ixon", "invites", "create", "--")
    local _, answer = ask("call", "ixon", "invites", "create", "--json", "@inv")
    t.eq({ answer.mode, answer.prefix }, { "files", "@" })
    _, answer = ask("call", "ixon", "invites", "create", "--json=@inv")
    t.eq({ answer.mode, answer.prefix }, { "files", "--json=@" })
  end)

  t.it("offers the members of parameters, and their values", function()
    local words, answer = ask("call", "intrexx", "users", "create", "hr", "--")
    t.ok(has(words, "--account") and has(words, "--account."))
    for _, one in ipairs(answer.list) do
      if one[1] == "--account." then t.eq(one.open, true) end
    end
    offers("--account.login_username", "call", "intrexx", "users", "create", "hr", "--account.")
  end)

  t.it("offers what the description lists for a parameter", function()
    local op, row
    for _, name in ipairs(require("core.services").names()) do
      for _, resource in ipairs(require("core.services").catalogue(name).resource_list) do
        for _, one in ipairs(resource.operations) do
          for _, parameter in ipairs(one.query or {}) do
            if parameter.enum and not op then op, row = one, parameter end
          end
        end
      end
    end
    t.ok(op, "no query parameter with a list of values")
    local words = ask("call", op.id, "--" .. (row.as or row.name), "")
    for i, value in ipairs(row.enum) do t.eq(words[i], tostring(value)) end
  end)

  t.it("offers files where files are wanted", function()
    t.eq({ select(2, ask("run", "")).mode, select(2, ask("run", "")).suffix }, { "files", ".lua" })
    t.eq(select(2, ask("run", "x.lua", "--csv", "")).mode, "files")
    t.eq(select(2, ask("schedule", "check", "")).suffix, ".lua")
    t.eq(select(2, ask("serve", "--schedule", "")).mode, "files")
    t.eq(select(2, ask("export", "man", "")).mode, "files")
  end)

  t.it("offers the first words of the commands that have some", function()
    for line, word in pairs { runs = "approve", calls = "diff", config = "check", schedule = "pause", export = "completion" } do
      offers(word, line, "")
    end
    t.eq((ask("export", "completion", "")), { "bash", "zsh", "fish" })
    t.eq((ask("schedule", "export", "")), { "systemd", "cron" })
    t.eq((ask("api", "ixon", ""))[1], "GET")
  end)

  -- a word offered that the command does not know would be worse than none
  t.it("offers only words that the commands know", function()
    local binary = require("host.sys").realpath "/proc/self/exe"
    for _, name in ipairs { "runs", "calls", "config", "schedule", "export" } do
      for _, word in ipairs((ask(name, ""))) do
        local pipe = assert(io.popen(("'%s' --sandbox %s %s -- --nonsense a b c d e 2>&1 </dev/null"):format(binary, name, word)))
        local text = pipe:read "a"
        pipe:close()
        t.ok(not text:find "has no command" and not text:find "which form", name .. " " .. word .. ": " .. text)
      end
    end
  end)

  t.it("offers the profiles of the configuration that the line names, and reads no secret", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write 'return { default = "b", profiles = { a = { ixon = { token = secret.command "exit 1" } }, b = { ixon = { retry = 1 } } } }'
    file:close()
    local session = require "core.session"
    local before, config = session.config, require "core.config"
    local current = config.current()
    config.configure {}
    t.eq((ask("--config", path, "--profile", "")), { "a", "b" })
    t.eq((ask("--config=" .. path, "call", "ixon", "users", "list", "--profile=")), { "--profile=a", "--profile=b" })
    config.use(current)
    session.config = before
    os.remove(path)
  end)

  t.it("is silent on a broken configuration and on nonsense", function()
    local config = require "core.config"
    local current = config.current()
    config.configure { config = "/nonexistent" }
    t.eq((ask("--profile", "")), {})
    config.use(current)
    t.eq((ask("nosuch", "")), {})
    t.eq((ask("--nosuch", "run", "--no")) ~= nil, true)
  end)

  t.it("answers in columns, each on a line of its own", function()
    local text = complete.text(complete.answer { "call", "ixon", "users", "" })
    t.ok(text:find "^words\n")
    for line in text:sub(7):gmatch "(.-)\n" do t.ok(line:find "^[%w_]+\t[^\t]*$", line) end
    t.eq(complete.text(complete.answer { "run", "" }), "files\t\t.lua\n")
    t.ok(complete.text(complete.answer { "call", "ixon." }):find("ixon.users.\t+", 1, true))
  end)
end)

t.describe("errand export completion", function()
  t.it("has a text for each shell, which asks errand and holds no list", function()
    local texts = require "core.export.completion"
    for _, shell in ipairs { "bash", "zsh", "fish" } do
      t.ok(texts[shell]:find("__complete --", 1, true), shell)
      t.ok(not texts[shell]:find "ixon", shell)
    end
  end)
end)
