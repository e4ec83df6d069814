-- args_spec.lua - declared script arguments.
-- SPDX-License-Identifier: MIT

local t = require "test"
local session = require "core.session"

-- What args{} makes of the words; raises what it raises.
local function read(spec, ...)
  local before = session.words
  session.words = { ... }
  local result = table.pack(pcall(args, spec))
  session.words = before
  if not result[1] then error(result[2], 0) end
  return result[2]
end

local function problems(spec, ...)
  local words = table.pack(...)
  local err = t.raises(function() read(spec, table.unpack(words, 1, words.n)) end)
  t.eq(err.kind, "validation")
  local found = {}
  for _, one in ipairs(err.problems) do found[one.path] = one.message end
  return found, err
end

local spec = {
  { "email", "string", required = true },
  { "first_name", "string" },
  { "count", "integer", default = 3, min = 1, max = 5 },
  { "ratio", "number" },
  { "notify", "boolean" },
  { "dry", "flag", short = "d" },
  { "tag", "list" },
  { "port", "list", of = "integer" },
  { "since", "date" },
  { "level", "string", enum = { "low", "high" } },
}

t.describe("args", function()
  t.it("reads every type", function()
    local got = read(spec, "--email", "a@example.com", "--first-name=New Hire", "--count", "5",
      "--ratio", "-0.5", "--no-notify", "-d", "--tag", "x", "--tag=y,z", "--port", "80",
      "--port", "443", "--since", "2028-02-29", "--level", "high")
    t.eq(got.email, "a@example.com")
    t.eq(got.first_name, "New Hire")
    t.eq(got.count, 5)
    t.eq(got.ratio, -0.5)
    t.eq(got.notify, false)
    t.eq(got.dry, true)
    t.eq(got.tag, { "x", "y,z" })
    t.eq(got.port, { 80, 443 })
    t.eq(got.since, "2028-02-29")
    t.eq(got.level, "high")
  end)

  t.it("fills defaults in; a flag that is not given is false", function()
    local got = read(spec, "--email", "a@example.com")
    t.eq(got.count, 3)
    t.eq(got.dry, false)
    t.eq(got.notify, nil)
    t.eq(got.tag, nil)
  end)

  t.it("takes a value that starts with a dash, and an empty one", function()
    t.eq(read(spec, "--email=-x").email, "-x")
    t.eq(read(spec, "--email", "").email, "")
  end)

  t.it("reports every fault at once", function()
    local found = problems(spec, "--cuont", "2", "--ratio", "much", "--since", "2027-02-29",
      "--level", "hihg", "--notify=perhaps", "--dry=1")
    t.eq(found["--cuont"], "unknown option (did you mean '--count'?)")
    t.eq(found["--ratio"], "number expected, got 'much'")
    t.eq(found["--since"], "no such day: '2027-02-29'")
    t.eq(found["--level"], "'hihg' is none of low, high (did you mean 'high'?)")
    t.eq(found["--notify"], "true or false expected, got 'perhaps'")
    t.eq(found["--dry"], "takes no value")
    t.eq(found["--email"], "is required")
  end)

  t.it("refuses numbers out of range, too large or not whole", function()
    for _, text in ipairs{ "0", "6", "1.5", "1e2", "99999999999999999999", "0x4", "" } do
      local found = problems(spec, "--email", "a", "--count", text)
      t.ok(found["--count"], "--count " .. text)
    end
    for _, text in ipairs{ "nan", "inf", "1e999", "0x10", "--", "." } do
      local found = problems(spec, "--email", "a", "--ratio=" .. text)
      t.ok(found["--ratio"], "--ratio " .. text)
    end
  end)

  t.it("refuses the same option twice, a missing value and a stray word", function()
    t.eq(problems(spec, "--email", "a", "--email", "b")["--email"], "given twice")
    t.eq(problems(spec, "--email")["--email"], "needs a value: --email EMAIL")
    t.eq(problems(spec, "--email", "a", "stray").stray, "unexpected argument")
  end)

  t.it("says where errand's own options go", function()
    t.eq(problems(spec, "--email", "a", "--sandbox")["--sandbox"],
      "unknown option (errand's own options go before the script)")
  end)

  t.it("reads plain words where they are declared", function()
    local plain = { { "from", "integer", positional = true, required = true },
                    { "to", "list", of = "integer", positional = true } }
    local got = read(plain, "1", "2", "-3")
    t.eq(got.from, 1)
    t.eq(got.to, { 2, -3 })
    t.eq(problems(plain).FROM, "is required")
    t.eq(problems(plain, "x").FROM, "integer expected, got 'x'")
    t.eq(read(plain, "--", "4").from, 4)
  end)

  t.it("asks for what nothing else makes superfluous", function()
    local either = { { "csv", "string" }, { "email", unless = "csv" } }
    t.eq(read(either, "--csv", "x").email, nil)
    t.eq(problems(either)["--email"], "is required without --csv")
  end)

  t.it("raises when the script reads a name that it did not declare", function()
    local got = read(spec, "--email", "a")
    t.raises(function() return got.emial end, "args declares no 'emial' (did you mean 'email'?)")
  end)

  t.it("refuses a wrong declaration as a bug of the script", function()
    local wrong = {
      { { "email", "strng" } }, { { "e mail" } }, { { "a" }, { "a" } }, { { "a", requird = true } },
      { "email" }, { email = "string" }, { { "help" } },
    }
    for i, declaration in ipairs(wrong) do
      local err = t.raises(function() read(declaration) end)
      t.eq(err.kind, "script", "declaration " .. i)
    end
  end)

  t.it("requires a file to exist", function()
    local file = { { "csv", "file" } }
    t.eq(problems(file, "--csv", "/nonexistent/people.csv")["--csv"],
      "no such file: '/nonexistent/people.csv'")
    t.eq(read(file, "--csv", "-").csv, "-")
  end)
end)

t.describe("a secret argument", function()
  local host_err = require "host.err"
  local sys = require "host.sys"
  local secret = { { "password", secret = true, required = true, min = 6, pattern = "[%w.-]+", doc = "Of the user." } }

  -- A file with this text, of this mode; its path.
  local function file(text, mode)
    local path = os.tmpname()
    os.remove(path)
    assert(sys.write_file(path, text, mode or 384))
    return path
  end

  t.it("is known to redaction, wherever it came from", function()
    t.eq(read(secret, "--password", "typed-canary-1").password, "typed-canary-1")
    local path = file "canary-of-a-file\n"
    t.eq(read(secret, "--password", "@" .. path).password, "canary-of-a-file")
    os.remove(path)
    t.eq(host_err.redact "typed-canary-1, canary-of-a-file", "[secret], [secret]")
  end)

  t.it("is told in no error", function()
    local found, err = problems(secret, "--password", "a canary with blanks")
    t.eq(found["--password"], "does not look right")
    t.ok(not tostring(err.message):find "canary", err.message)
    t.eq(problems(secret, "--password", "can")["--password"], "at least 6 characters expected")
    local twice = problems(secret, "--password", "canary-one", "--password", "canary-two")
    t.eq(twice["--password"], "given twice")
  end)

  t.it("comes from no file that others can read", function()
    local path = file("canary-of-a-file\n", 420)
    local found = problems(secret, "--password=@" .. path)
    t.ok(found["--password"]:find("chmod 600", 1, true), found["--password"])
    os.remove(path)
    t.ok(problems(secret, "--password=@" .. path)["--password"]:find "cannot open")
    t.ok(problems(secret, "--password=@")["--password"]:find "@FILE")
  end)

  t.it("is a text", function()
    t.raises(function() read({ { "pin", "integer", secret = true } }) end, "must be a string")
    t.raises(function() read({ { "pin", secret = true, enum = { "a" } } }) end, "must be a string")
  end)

  t.it("is no part of the help, not even as a default", function()
    local child = require "child"
    local out = child.script('args{ { "pin", secret = true, default = "canary-4321" } }', "") -- without --help
    t.eq(out, "")
    out = child.errand "run main.lua --help"
    t.ok(out:find("--pin", 1, true) and not out:find("canary", 1, true), out)
    child.file("main.lua", 'local o = args{ { "pin", secret = true, required = true } } log(o.pin) error("no " .. o.pin, 0)')
    out = child.errand "run main.lua"
    t.ok(out:find("@FILE", 1, true), out)
    out = child.errand "run main.lua --pin canary-4321"
    t.ok(out:find("no [secret]", 1, true) and not out:find("canary", 1, true), out)
    child.clean()
  end)
end)
