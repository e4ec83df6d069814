-- complete_spec.lua - Tab at the prompt: what is offered where, and what is not done.
-- SPDX-License-Identifier: MIT

local t = require "test"
local complete = require "core.repl.complete"
local config = require "core.config"
local services = require "core.services"
local sys = require "host.sys"

local function words(text, env, shell)
  return (complete.words(text, env or {}, shell))
end

-- The text after Tab, where there is one way to go on.
local function tab(text, env, shell)
  local list, after, how = complete.words(text, env or {}, shell)
  if #list ~= 1 then return ("%d ways"):format(#list) end
  return text:sub(1, how.start) .. list[1] .. after
end

local function has(list, name)
  for _, one in ipairs(list) do
    if one == name then return true end
  end
  return false
end

local function all_operations(fn)
  local n = 0
  for _, name in ipairs(services.names()) do
    for _, resource in ipairs(services.catalogue(name).resource_list) do
      for _, op in ipairs(resource.operations) do
        n = n + 1
        fn(op, services.catalogue(name))
      end
    end
  end
  return n
end

t.describe("completion of names", function()
  t.it("knows globals, the library, services, keywords and the session", function()
    local env = { my_table = { a = 1 }, my_text = "x", my_list = { 1 } }
    t.eq(tab("tostr", env), "tostring(")
    t.eq(tab("x = intr", env), "x = intrexx.")
    t.eq(tab("print_t", env), "print_table(")
    t.eq(tab("retu", env), "return")
    t.eq(tab("my_ta", env), "my_table.")
    t.eq(tab("my_l", env), "my_list[")
    t.eq(words("print(my_", env), { "my_list", "my_table", "my_text" })
    t.ok(#words("", env) > 50)
  end)

  t.it("offers no statement where a value is wanted", function()
    t.eq(words("x = whil"), {})
    t.eq(words("whil"), { "while" })
    t.eq(words("do whil"), { "while" })
    t.eq(words("f(x) whil"), { "while" })
    t.eq(tab("return fals"), "return false")
    t.ok(not has(words("f("), "end"))
    t.ok(has(words("x = 1\n"), "end"))
  end)

  t.it("knows resources and operations from the description", function()
    t.ok(has(words "intrexx.", "portals"))
    t.ok(has(words "intrexx.", "with"))
    t.eq(tab "f(ixon.invi", "f(ixon.invites.")
    local operations = words "ixon.invites."
    t.ok(has(operations, "create") and has(operations, "list") and has(operations, "each") and has(operations, "find"))
    t.eq(words "ixon.nothing.x", {})
    t.eq(words "nothing.x", {})
  end)

  t.it("opens a call as it is written", function()
    t.eq(tab "a..ixon.invites.crea", "a..ixon.invites.create{")
    t.eq(tab "ixon.users.ge", "ixon.users.get(")
    t.eq(tab "ixon.users.eac", "ixon.users.each(")
  end)

  t.it("follows variables that hold services, resources and operations", function()
    local env = { s = services.get "ixon" }
    t.ok(has(words("s.", env), "invites"))
    t.ok(has(words("s.invites.", env), "create"))
    env.r = env.s.invites
    t.ok(has(words("r.", env), "create"))
    env.c = env.r.create
    t.ok(has(words("c{ ", env), "emailAddress"))
    env.other = env.s.with { profile = "nobody" }
    t.ok(has(words("other.invites.create{ ", env), "emailAddress"))
    t.ok(has(words("ixon.with{ profile = \"x\" }.invites."), "create"))
  end)

  t.it("knows fields and methods", function()
    local env = { a = { b = { deep = 1, ["no name"] = 2, [3] = 4 } }, text = "x", n = 1 }
    t.eq(words("a.b.", env), { "deep" })
    t.eq(tab("string.for", env), "string.format(")
    t.eq(tab("text:upp", env), "text:upper(")
    t.eq(tab("('x'):upp", env), "('x'):upper(")
    t.eq(words("a:", env), {})
    t.eq(words("n.", env), {})
    t.eq(tab("json.enc", env), "json.encode(")
    env.list = { { id = 1 }, { id = 2, other = 3 } }
    t.eq(words("list[2].", env), { "id", "other" })
    t.eq(words("list[i].", env), { "id" })
    t.eq(words("(list)[1].", env), { "id" })
  end)

  t.it("knows the keys of tables, however they are written", function()
    local env = { t = { alpha = 1, ["no name"] = 2, ['qu"ote'] = 3, ["a\27[31m"] = 4, [5] = 6 } }
    t.eq(tab("t[\"al", env), "t[\"alpha\"]")
    t.eq(tab("t['no", env), "t['no name']")
    t.eq(tab("t[\"qu", env), "t[\"qu\\\"ote\"]")
    t.eq(words("t[", env), { '"alpha"]', '"no name"]', '"qu\\"ote"]' })
    t.eq(words("t['x", env), {})
    t.eq(words("t[nam", env), {})
  end)

  t.it("offers what was typed with another case if nothing else fits", function()
    t.eq(tab "ixon.USER", "ixon.users.")
    t.eq(words("t.al", { t = { al = 1, AL = 2 } }), { "al" })
  end)

  t.it("knows the results of the session", function()
    local results = require("core.repl.results").new()
    results:add { name = "a" }
    results:add { { id = 1, login = "x" } }
    local shell = { results = results }
    t.eq(words("_1.", {}, shell), { "name" })
    t.eq(words("_2[1].", {}, shell), { "id", "login" })
    t.eq(words("_[1].", {}, shell), { "id", "login" })
    t.eq(words("_9.", {}, shell), {})
    t.ok(has(words("_", {}, shell), "_2"))
    t.ok(not has(words("", {}, shell), "_2"))
  end)

  t.it("says nothing in a comment, in plain text and after what is no name", function()
    for _, text in ipairs { "x = \"intr", "x = 'a\\' intr", "-- intr", "[[ intr", "--[==[ ]] intr", "x = [=[ a\nintr" } do
      t.eq(words(text), {}, text)
    end
    for _, text in ipairs { "'a' .. intr", "\"\\\"\" .. intr", "-- a\nintr", "a[intr", "--[[ a ]] intr", "1 - intr" } do
      t.eq(words(text), { "intrexx" }, text)
    end
    for _, text in ipairs { "f().", "1.", "12", ".", "a..b..x.", "x.1", "\255.", "a.b:c.", "a[1].", "#.", "{}." } do
      t.eq(words(text), {}, text)
    end
  end)
end)

t.describe("completion of locals", function()
  t.it("knows what the statement declares", function()
    t.eq(words "local price = 1; print(pri", { "price", "print", "print_table" })
    t.eq(words "local function fetch(a, person) return per", { "person" })
    t.eq(words "local function fetch(a) return 1 end fet", { "fetch" })
    t.eq(words "function fetch() end fet", { "fetch" })
    t.eq(words "for index, item in pairs(x) do print(ite", { "item" })
    t.eq(words "for counter = 1, 10 do cou", { "counter" })
    t.eq(words "parallel(list, function(entry) return entr", { "entry" })
    t.eq(words "local first <const>, second = 1, 2 sec", { "second" })
    t.eq(words "function obj:method() sel", { "select", "self" })
    t.eq(words "total = 1\nfor i = 1, 2 do tot", { "total" })
  end)

  t.it("forgets them where their block ends", function()
    t.eq(words "do local price = 1 end pric", {})
    t.eq(words "for item in x do end ite", {})
    t.eq(words "f(function(entry) end) entr", {})
    t.eq(words "if a then local price = 1 else pric", {})
    t.eq(words "local function f(person) end pers", {})
  end)

  t.it("offers nothing for a name that is new", function()
    for _, text in ipairs { "local ", "local a, ", "for ", "for a, ", "function f(", "function f(a, ", "function ", "goto ",
                            "local function " } do
      t.ok(#words(text) <= 1, text)
    end
    t.eq(tab "local fun", "local function")
  end)

  t.it("hides variables by locals of which nothing is known", function()
    local env = { u = { alpha = 1 } }
    t.eq(words("local u = f() u.", env), {})
    t.eq(words("function g(u) u.", env), {})
    t.eq(words("do local u = 1 end u.", env), { "alpha" })
  end)

  t.it("follows them to what they were made from", function()
    t.ok(has(words "local u = ixon.users.get('x') print(u.", "emailAddress"))
    t.ok(has(words "local s = ixon.with{ profile = 'a' } s.users.", "list"))
    t.ok(has(words "local make = ixon.invites.create make{ ", "emailAddress"))
    t.ok(has(words "local list = ixon.users.list() list[1].", "emailAddress"))
    t.ok(has(words "for u in ixon.users.each() do u.", "emailAddress"))
    t.ok(has(words "for _, u in ipairs(ixon.users.list{ filters = 'x' }) do u.", "emailAddress"))
    t.ok(has(words "local u = try(ixon.users.get, 'x') u.", "emailAddress"))
    t.ok(has(words "local u = ixon.users.find{ name = 'x' } u.", "emailAddress"))
    t.ok(has(words "ixon.users.list()[1].name:", "upper"))
    t.eq(words "local own = { alpha = 1, ['beta'] = 2 } own.", { "alpha", "beta" })
    t.eq(words "local u = u.x u.", {})
  end)
end)

t.describe("completion of parameters", function()
  t.it("offers those that must be given first, and each once", function()
    local list = words "ixon.invites.create{ "
    t.eq({ list[1], list[2] }, { "emailAddress", "groupRoles" })
    t.ok(has(list, "message") and has(list, "branding"))
    list = words "ixon.invites.create{ emailAddress = \"new.hire@example.com\", [\"message\"] = \"hi\", "
    t.eq(list[1], "groupRoles")
    t.ok(not has(list, "emailAddress") and not has(list, "message"))
    t.eq(tab "ixon.invites.create{ emailA", "ixon.invites.create{ emailAddress=")
    t.eq(tab "ixon.invites.create{\n  emailA", "ixon.invites.create{\n  emailAddress=")
    t.eq(tab "ixon.invites.create{ -- who\n  emailA", "ixon.invites.create{ -- who\n  emailAddress=")
    t.eq(words "ixon.invites. --[[ all ]] crea", { "create" })
  end)

  t.it("goes into nested shapes and lists", function()
    t.eq(words "ixon.memberships.create{ user = { ", { "publicId" })
    t.eq(words "ixon.memberships.create{ { group = { publ", { "publicId" })
    local list = words "ixon.invites.create{ { emailAddress = 'x', "
    t.ok(has(list, "groupRoles") and not has(list, "emailAddress") and not has(list, "branding"))
    t.ok(#words "ixon.invites.create{ { emailAddress = 'x', groupRoles = { { " >= 2)
    t.eq(words "ixon.memberships.create{ user = {}, inv", {})   -- one_of
    t.eq(words "ixon.memberships.create{ inv", { "invite" })
  end)

  t.it("knows path, query and header parameters, files and the target", function()
    t.ok(has(words "ixon.users.get{ ", "public_id"))
    t.ok(not has(words "ixon.users.get('x', { ", "public_id"))
    t.ok(has(words "ixon.users.get('x', { ", "fields"))
    t.ok(has(words "intrexx.applications.import('hr', { ", "files"))
    t.ok(not has(words "intrexx.applications.import('hr', 'a.zip', { ", "files"))
    t.ok(has(words "intrexx.diagnosis.download('hr', { ", "to"))
  end)

  t.it("knows names that are none in Lua, and operators", function()
    t.eq(tab "ixon.users.list{ page-a", 'ixon.users.list{ ["page-after"]=')
    t.eq(tab "ixon.users.list{ page-s", 'ixon.users.list{ ["page-size"]=')
    t.eq(tab("ixon.users.list{ x-my_", { my_number = 1 }), "ixon.users.list{ x-my_number")
    t.ok(has(words "ixon.users.list{ pa", '["page-after"]'))
    t.eq(tab "ixon.users.list{ [\"page-a", "ixon.users.list{ [\"page-after\"]=")
    t.eq(words "qalyptus.users.list{ full_name = { ", { "equals", "contains" })
  end)

  t.it("knows the call options, those that fit", function()
    t.eq(words "ixon.invites.create({}, { ", { "timeout", "retry" })
    t.eq(words "ixon.users.list({}, { ti", { "timeout" })
    t.ok(has(words "ixon.users.list({}, { ", "cap"))
    t.ok(has(words "ixon.users.get('x', {}, { ", "timeout"))
    t.ok(has(words "ixon.users.get('x', query, { ", "timeout"))
    t.ok(has(words "intrexx.diagnosis.download('hr', {}, { ", "to"))
    t.ok(has(words "intrexx.applications.import('hr', 'a', {}, { ", "field"))
    t.eq(words "ixon.users.get('x', {}, {}, { tim", {})
  end)

  t.it("knows what is given to functions that call others", function()
    for _, text in ipairs { "try(ixon.invites.create, { ", "pcall(ixon.invites.create, { ", "spawn(ixon.invites.create, { ",
                            "deadline('5s', ixon.invites.create, { ", "run:step('invite', ixon.invites.create, { " } do
      t.eq(words(text)[1], "emailAddress", text)
    end
    t.ok(has(words "try(ixon.users.get, 'x', { ", "fields"))
  end)

  t.it("knows find, with and the script library", function()
    t.eq(words "ixon.users.find{ ", { "emailAddress", "name", "publicId" })
    t.eq(tab "ixon.with{ ", "ixon.with{ profile=")
    t.eq(words "parallel(list, fn, { ", { "limit", "on_progress", "progress" })
    t.eq(words "read_csv('x', { se", { "separator" })
    t.eq(tab "print_table(list, { ", "print_table(list, { columns=")
    t.ok(has(words "workflow.define('x', { ", "on_fail"))
  end)

  t.it("leaves out what the catalogue sets itself", function()
    local checked = 0
    all_operations(function(op)
      for name in pairs(op.fixed or {}) do
        if name ~= "query" then
          checked = checked + 1
          t.ok(not has(words(op.id .. "{ "), name), op.id)
        end
      end
    end)
    t.ok(checked > 5)
  end)

  t.it("offers variables where an element is a value", function()
    t.ok(has(words("ixon.invites.delete{ my_", { my_ids = {} }), "my_ids"))
    t.ok(has(words("x = { my_", { my_ids = {} }), "my_ids"))
  end)
end)

t.describe("completion of values", function()
  t.it("knows enums and booleans behind =", function()
    t.eq(words "qalyptus.users.list{ sort_direction = ", { '"asc"', '"desc"' })
    t.eq(tab "qalyptus.users.list{ sort_direction = \"a", "qalyptus.users.list{ sort_direction = \"asc\"")
    t.eq(tab "qalyptus.users.list{ sort_direction = 'd", "qalyptus.users.list{ sort_direction = 'desc'")
    t.eq(tab "qalyptus.users.list{ sort_direction = asc", "qalyptus.users.list{ sort_direction = \"asc\"")
    t.eq(words "qalyptus.users.list{ is_active = ", { "true", "false" })
    t.eq(tab "qalyptus.users.list{ is_active = f", "qalyptus.users.list{ is_active = false")
    t.eq(words "qalyptus.users.list{ is_active = \"", {})
  end)

  t.it("knows each enum of each operation, with and without quotes", function()
    local checked = 0
    local function check(op, rows, open)
      for _, row in ipairs(rows or {}) do
        local name = row.as or row.name
        if row.enum and row.type == "string" and type(row.enum[1]) == "string" and name:find "^[%w_]+$" then
          checked = checked + 1
          t.eq(#words(op.id .. open .. name .. " = \""), #row.enum, op.id .. "." .. name)
          t.ok(has(words(op.id .. open .. name .. " = "), '"' .. row.enum[1] .. '"'), op.id .. "." .. name)
        end
      end
    end
    all_operations(function(op, catalogue)
      check(op, op.query, "{ ")
      local in_list = type(op.body) == "string" and op.body:find "^%["
      check(op, (require("core.describe").body(op, catalogue.shapes)), in_list and "{ { " or "{ ")
    end)
    t.ok(checked > 20, tostring(checked))
  end)

  t.it("knows the profiles", function()
    local path = os.tmpname()
    assert(sys.write_file(path, [[return { default = "prod", profiles = {
      prod = { ixon = { application = "abcdef" } }, ["plant-b"] = { ixon = { application = "abcdef" } } } }]], 384))
    config.configure { config = path, alone = true }
    local list, quoted = words "ixon.with{ profile = ", words "ixon.with({ profile = \"pl"
    local names = complete.profiles()
    assert(sys.write_file(path, "return {", 384))
    config.configure { config = path, alone = true }
    local broken = words "ixon.with{ profile = \""
    config.configure { alone = true }
    os.remove(path)
    t.eq(list, { '"plant-b"', '"prod"' })
    t.eq(quoted, { "plant-b" })
    t.eq(names, { "plant-b", "prod" })
    t.eq(broken, {})
  end)

  t.it("asks for file names where the parameter is a file", function()
    for _, text in ipairs { "intrexx.applications.import('hr', '", "intrexx.applications.import('hr', { files = \"/tm",
                            "intrexx.diagnosis.download('hr', { to = '", "intrexx.diagnosis.download('hr', {}, { to = '",
                            "io.open('", "read_csv '", "dofile(\"" } do
      local list, after, how = complete.words(text, {})
      t.eq({ #list, after, how.files, how.start }, { 0, text:match "[\"']%f[^\"']" and text:sub(how.start, how.start), true,
        #text - #text:match "[^\"']*$" }, text)
    end
    for _, text in ipairs { "ixon.users.get('", "print('", "x = '", "intrexx.applications.import('", "io.open('x', '" } do
      t.eq(select(3, complete.words(text, {})).files, false, text)
    end
  end)

  t.it("knows topics of help and services to require", function()
    t.eq(tab "help(\"ixon.invites.cr", "help(\"ixon.invites.create\"")
    t.eq(tab "help 'ixon.inv", "help 'ixon.invites.")
    t.eq(tab "?ixon.invi", "?ixon.invites.")
    t.eq(tab "? print_t", "? print_table")
    t.eq(tab "require 'inf", "require 'infoworks'")
  end)
end)

t.describe("the list of candidates", function()
  local function shown(text, columns, rows)
    return complete.display(words(text), columns, rows)
  end

  local function widest(text)
    local most = 0
    for line in text:gmatch "[^\n]+" do most = math.max(most, require("host.err").width(line)) end
    return most
  end

  t.it("says what each is, where the screen has room", function()
    local text = shown("ixon.invites.", 80, 24)
    t.ok(text:find("create      [create]  Invite people by e-mail.", 1, true), text)
    t.ok(text:find("delete      [set*]    Withdraw invites.", 1, true), text)
    text = shown("ixon.invites.create{ ", 80, 24)
    t.ok(text:find("emailAddress  [required]  string (6..254 characters). Who is invited.", 1, true), text)
  end)

  t.it("marks names in columns where it has none", function()
    local text = shown("ixon.invites.", 40, 10)
    t.ok(text:find("create+", 1, true) and text:find("delete*", 1, true), text)
    t.ok(text:find("+ changes, * destroys", 1, true), text)
    text = shown("ixon.invites.create{ ", 40, 10)
    t.ok(text:find("emailAddress*  Who is invited.", 1, true), text)
  end)

  t.it("says which value is wanted", function()
    t.ok(shown("ixon.users.get(", 80, 24):find("^public_id: string"))
    t.ok(shown("qalyptus.users.list{ sort_direction = ", 80, 24):find("^sort_direction: string; one of asc, desc"))
  end)

  t.it("fits any window", function()
    for _, text in ipairs { "", "ixon.", "ixon.invites.", "ixon.invites.create{ ", "ixon.users.get(", "qalyptus." } do
      for _, size in ipairs { { 80, 24 }, { 40, 10 }, { 20, 5 }, { 5, 2 }, { 200, 60 } } do
        local list = shown(text, size[1], size[2])
        t.ok(widest(list) < size[1] or size[1] < 30, text .. " " .. size[1] .. "\n" .. list)
        t.ok(select(2, list:gsub("\n", "")) <= size[2] * 3 + 3, text .. " " .. size[2])
      end
    end
  end)

  t.it("is left to the editor where the words are others", function()
    words "ixon."
    t.eq(complete.display({ "some/file", "users" }, 80, 24), nil)
    t.eq(complete.display({}, 80, 24), nil)
    t.ok(complete.display({ "users", "groups" }, 80, 24):find "^groups")
  end)

  t.it("shows no secret", function()
    require("host.err").hide "s3cr3t-v4lue"
    local env = { t = { ["s3cr3t-v4lue"] = 1, ["a s3cr3t-v4lue b"] = 2, plain = 3 } }
    t.eq(words("t[", env), { '"plain"]' })
    t.eq(words("t[\"s3", env), {})
  end)

  t.it("shows nothing that a terminal obeys", function()
    local env = { t = { ["ok"] = 1, ["also"] = 2, ["\27[2J"] = 3, ["\xc2\x9b2J"] = 4 } }
    t.eq(complete.words("t[", env), { '"also"]', '"ok"]' })
  end)
end)
