-- save_spec.lua - :save makes a script of a session that does the same again.
-- SPDX-License-Identifier: MIT

local t = require "test"
local child = require "child"
local error_ = require "core.error"
local save = require "core.repl.save"
local saved = require "saved"
local sys = require "host.sys"

local about, made, replay, session, text_of, has, lacks = saved.about, saved.made, saved.replay, saved.session, saved.text_of, saved.has,
  saved.lacks

local function invite(call)
  local group = call("ixon.groups.find", { name = "Plant A" })
  local role = call("ixon.roles.find", { name = "Engineer" })
  return call("ixon.invites.create", { emailAddress = "new.hire@example.com",
    groupRoles = { { role = { publicId = role.publicId }, group = { publicId = group.publicId } } } })
end

local whole = [[
-- x.lua - 5 calls that were made at the prompt on 2026-11-22.
-- Run it with: errand run x.lua
-- Its arguments stand for what was typed then, which they have as defaults; --help lists them.

local opt = args{
  summary = "ixon.groups.find, ixon.roles.find, ixon.invites.create and 2 more.",
  { "group", default = "Plant A", doc = "Name of the group." },
  { "role", default = "Engineer", doc = "Name of the role." },
  { "email_address", default = "new.hire@example.com", doc = "Who is invited." },
}

local group = ixon.groups.find{ name = opt.group }
if not group then error("no group with name " .. opt.group, 0) end

local role = ixon.roles.find{ name = opt.role }
if not role then error("no role with name " .. opt.role, 0) end

-- Invite people by e-mail.
ixon.invites.create{
  emailAddress = opt.email_address,
  groupRoles = { { group = { publicId = group.publicId }, role = { publicId = role.publicId } } },
}

local invite = ixon.invites.find{ emailAddress = opt.email_address }
if not invite then error("no invite with emailAddress " .. opt.email_address, 0) end

-- Withdraw invites.
ixon.invites.delete{ publicId = invite.publicId }
]]

t.describe("save.text", function()
  t.it("writes what somebody would write by hand", function()
    t.eq(text_of(session(function(call)
      invite(call)
      local found = call("ixon.invites.find", { emailAddress = "new.hire@example.com" })
      call("ixon.invites.delete", { publicId = found.publicId })
    end)), whole)
  end)

  t.it("makes a script that runs elsewhere, with other arguments", function()
    child.file("x.lua", whole)
    local output, code = child.errand "--sandbox run x.lua"
    t.eq({ output, code }, { "", 0 })
    output, code = child.errand "--sandbox run x.lua --role Nobody"
    t.eq({ output, code }, { "errand: no role with name Nobody\n", 1 })
    output, code = child.errand "--sandbox run x.lua --help"
    t.eq(code, 0)
    for _, part in ipairs{ "--group", "--email-address", "Who is invited", "new.hire@example.com" } do has(output, part) end
    child.clean()
  end)

  t.it("leaves out what failed, was planned, is in doubt or under way, and says so", function()
    local entries = session(function(call)
      t.raises(function() call("ixon.invites.delete", { publicId = "AAAAAAAAAAAA" }) end)
      t.raises(function() call("ixon.groups.find", { nmae = "Plant A" }) end)
      call("ixon.roles.find", { name = "Engineer" })
    end)
    local function other(fields)
      local entry = made("ixon.roles.list", nil)
      entry.ok = fields.ok
      entry.planned, entry.err, entry.args_cut = fields.planned, fields.err, fields.args_cut
      table.insert(entries, 1, entry)
    end
    other{ ok = true, planned = true }
    other{ ok = false, err = error_.new("in_doubt", "who knows") }
    local cancelled = error_.new("cancelled", "interrupted")
    cancelled.in_doubt = true
    other{ ok = false, err = cancelled }
    other{ ok = true, args_cut = true }
    other{}
    local text, list, out = save.text(entries, about)
    t.eq(out, "2 calls that failed, 2 calls in doubt, 1 call of plan mode, 1 call with arguments too large to keep, "
      .. "1 call still under way")
    t.eq(#list, 1)
    has(text, "-- x.lua - 1 call that was made at")
    has(text, "-- Left out: 2 calls that failed, ")
    lacks(text, "nmae")
    lacks(text, "AAAA")
  end)

  t.it("shows once what was read again, unless something was written between", function()
    local function count(entries)
      return select(2, text_of(entries):gsub("print_table%(ixon%.memberships%.list", ""))
    end
    local function list(call) call "ixon.memberships.list" end
    t.eq(count(session(function(call)
      list(call)
      list(call)
      call "ixon.roles.list"
    end)), 1)
    t.eq(count(session(function(call)
      list(call)
      call("ixon.group_types.create", { name = "Plant" })
      list(call)
      call "ixon.roles.list"
    end)), 2)
  end)

  t.it("says of an argument what it is in the call that takes it", function()
    local text = text_of(session(function(call)
      call("ixon.users.find", { emailAddress = "leaver@example.com" })
      call("ixon.memberships.delete", { { publicId = "mA1cFh52yLdO" } })
    end))
    has(text, '{ "email_address", default = "leaver@example.com", doc = "Email address of the user." }')
    has(text, '{ "membership_id", default = "mA1cFh52yLdO", doc = "Id of the membership." }')
  end)

  t.it("is nothing where no call succeeded", function()
    local text, list, out = save.text({}, about)
    t.eq({ text, #list, out }, { nil, 0, nil })
  end)

  t.it("says where to run it", function()
    local one = made("ixon.roles.list", nil)
    one.sandbox = true
    has(text_of{ one }, "Run it with: errand --sandbox run x.lua\n")
    local two = made("ixon.roles.list", nil)
    two.in_force = "plant b"
    has(text_of{ two }, "Run it with: errand --profile 'plant b' run x.lua\n")
    lacks(text_of{ two }, "more than one profile")
    has(text_of{ one, two }, "more than one profile")
  end)

  t.it("stays one comment whatever the file is called", function()
    local text = save.text({ made("ixon.roles.list", nil) }, { name = "x\nos.exit(1) --", date = "2026-11-22" })
    for line in text:gmatch "[^\n]+" do t.ok(not line:find "^os%.exit", line) end
    t.ok(load(text))
  end)
end)

t.describe("arguments", function()
  t.it("take secrets, without their values", function()
    local entries = session(function(call)
      call("intrexx.users.create", "hr", { general_settings = { object_name = "New Hire" },
        account = { login_username = "new.hire@example.com", password = "hunter22-typed" } })
      -- the same text where no catalogue says that it is one
      call("intrexx.users.create", "hr", { general_settings = { object_name = "hunter22-typed" },
        account = { login_username = "hunter22-typed", password = "hunter22-typed" } })
    end)
    local text = text_of(entries)
    lacks(text, "hunter22")
    local _, declared = replay(text, entries)
    t.eq({ declared.password.required, declared.password.secret, declared.password.default }, { true, true, nil })
    t.eq(declared.object_name.default, "New Hire")
    t.eq(declared.user_object_name, nil)
    has(text, "password = opt.password }")
    has(text, "object_name = opt.password }")
  end)

  t.it("take what a recorder has taken out already, and what a free form calls a secret", function()
    local custom = { api_key = "abc123abc", note = "[secret]", color = "red" }
    local entries = { made("ixon.roles.create", nil, { name = "Reader", custom = custom }) }
    local text = text_of(entries)
    lacks(text, "abc123abc")
    lacks(text, "[secret]")
    local noted = replay(text, entries)
    t.eq(noted[1][1].custom, { api_key = "given api_key", note = "given note", color = "red" })
  end)

  t.it("keep no secret that a list is known by", function()
    require("host.err").hide "anna-is-hidden@example.com"
    local users = array{ { publicId = "uN2gVx73mBpS", emailAddress = "anna-is-hidden@example.com" } }
    local text = text_of{ made("ixon.users.list", users), made("ixon.users.delete_one", nil, "uN2gVx73mBpS") }
    lacks(text, "anna-is-hidden")
    t.ok(load(text))
  end)

  t.it("are what a person would change: addresses, names, ids, dates, files", function()
    local entries = {
      made("qalyptus.recipients.create", nil, { firstName = "New", lastName = "Hire", email = "new.hire@example.com",
        isActive = true, isoLanguage = "en" }),
      made("ixon.memberships.update_one", nil, "mA1cFh52yLdO", { expiresOn = "2031-01-31T17:00:00Z" }),
      made("ixon.users.list", array{}, { ["page-size"] = 5 }),
      made("intrexx.templates.upload", nil, "shop.zip"),
      made("intrexx.diagnosis.download", "d.zip", "hr", { to = "d.zip" }),
      made("ixon.users.list", array{}, { fields = "publicId", filters = "eq(name,\"x@y\")" }, { timeout = 20 }),
    }
    local text = text_of(entries)
    local noted, declared = replay(text, entries)
    for i, entry in ipairs(entries) do t.eq(noted[i], entry.args) end
    local names = {}
    for name in pairs(declared) do names[#names + 1] = name end
    table.sort(names)
    t.eq(table.concat(names, " "), "email expires_on files first_name last_name membership_id portal to")
    t.eq(declared.files[2], "file")
    t.eq(declared.to[2], nil)
  end)

  t.it("are one where the same thing is meant, and two where it is not", function()
    local entries = {
      made("ixon.roles.find", nil, { name = "Users" }),
      made("ixon.groups.find", nil, { name = "Users" }),
      made("ixon.roles.find", nil, { name = "Admins" }),
      made("ixon.users.find", nil, { emailAddress = "a.person@example.com" }),
      made("qalyptus.recipients.find", nil, { email = "a.person@example.com" }),
    }
    local _, declared = replay(text_of(entries), entries)
    t.eq(declared.role.default, "Users")
    t.eq(declared.group.default, "Users")
    t.eq(declared.role_2.default, "Admins")
    t.eq(declared.email_address.default, "a.person@example.com")
    t.eq(declared.email, nil)
  end)

  t.it("have names that Lua and args take, and are twenty at most", function()
    local custom = { help = { name = "x" }, ["end"] = { name = "x" }, ["Größe name"] = "x", ["1name"] = "x", ["%name"] = "x" }
    for i = 1, 30 do custom[("name of %d name"):format(i)] = "text " .. i end
    local entries = { made("ixon.roles.create", nil, { name = "x", custom = custom }) }
    local text = text_of(entries)
    local noted, declared = replay(text, entries)
    t.eq(noted[1][1], entries[1].args[1])
    local count = 0
    for name in pairs(declared) do
      t.ok(name:find "^%a[%w_]*$" and name ~= "help" and name ~= "end", name)
      count = count + 1
    end
    t.eq(count, 20)
    has(text, "-- There was more to change than arguments are good for")
    child.file("x.lua", text)
    local _, code = child.errand "--sandbox run x.lua --help"
    t.eq(code, 0)
    child.clean()
  end)
end)

t.describe("links", function()
  t.it("take an id out of a list by what the record is known by, not by its place", function()
    local entries = session(function(call)
      local users = call("ixon.users.list")
      call("ixon.users.get", users[2].publicId)
      call("ixon.users.delete", { publicId = users[2].publicId })
      call("ixon.users.delete_one", users[3].publicId)
    end)
    local text = text_of(entries)
    has(text, 'local user = pick(users, "emailAddress", opt.email_address)\n'
      .. 'local user_2 = pick(users, "emailAddress", opt.user_email_address)\n')
    has(text, "ixon.users.get(user.publicId)")
    has(text, "ixon.users.delete{ publicId = user.publicId }")
    has(text, "ixon.users.delete_one(user_2.publicId)")
    lacks(text, "users[")
    lacks(text, entries[1].result[2].publicId)
    local noted, declared = replay(text, entries)
    for i, entry in ipairs(entries) do t.eq(noted[i], entry.args) end
    t.eq(declared.email_address.default, "olaf.operator@example.com")
  end)

  t.it("keep an id where nothing tells the records of a list apart", function()
    local list = array{ { publicId = "mA1cFh52yLdO" }, { publicId = "mB6jTu40nRxI" } }
    local text = text_of{ made("ixon.memberships.list", list), made("ixon.memberships.delete_one", nil, "mB6jTu40nRxI") }
    has(text, '{ "membership_id", default = "mB6jTu40nRxI"')
    has(text, "ixon.memberships.delete_one(opt.membership_id)")
    lacks(text, "pick")
  end)

  t.it("do not look for a name or an address in a list", function()
    local users = array{ { publicId = "uN2gVx73mBpS", name = "Olaf Operator", emailAddress = "olaf@example.com" } }
    local text = text_of{ made("ixon.users.list", users), made("ixon.invites.find", nil, { emailAddress = "olaf@example.com" }),
      made("ixon.roles.create", nil, { name = "Olaf Operator" }) }
    lacks(text, "pick")
    has(text, "ixon.invites.find{ emailAddress = opt.email_address }")
    has(text, "ixon.roles.create{ name = opt.role }")
  end)

  t.it("carry an address from one service to the other", function()
    local entries = {
      made("ixon.users.find", { publicId = "uN2gVx73mBpS", emailAddress = "olaf@example.com" }, { name = "Olaf Operator" }),
      made("qalyptus.recipients.find", { id = "3f0c9b7e-51a2-4d86-a1e0-7b5a92f4d318", email = "olaf@example.com" },
        { email = "olaf@example.com" }),
      made("qalyptus.recipients.update", nil, "3f0c9b7e-51a2-4d86-a1e0-7b5a92f4d318", { firstName = "O" }),
      made("qalyptus.groups.find", { id = "b84e6d2f-0a93-7c15-d8e3-f62b4c70a19e" }, { name = "Managers" }),
      made("qalyptus.groups.delete", nil, { "b84e6d2f-0a93-7c15-d8e3-f62b4c70a19e" }),
    }
    local text = text_of(entries)
    has(text, 'local user = ixon.users.find{ name = opt.user }\nif not user then error("no user with name " .. opt.user, 0) end')
    has(text, "local recipient = qalyptus.recipients.find{ email = user.emailAddress }")
    has(text, "qalyptus.recipients.update(recipient.id, { firstName = opt.first_name })")
    has(text, "qalyptus.groups.delete{ group.id }")
    replay(text, entries)
  end)

  t.it("take what a call made by its place", function()
    local entries = session(function(call)
      local result = invite(call)
      call("ixon.invites.get", result.invites[1].publicId)
    end)
    local text = text_of(entries)
    has(text, "local new_invite = ixon.invites.create{")
    has(text, "ixon.invites.get(new_invite.invites[1].publicId)")
    replay(text, entries)
  end)

  t.it("do not take a small number for an id of something else", function()
    local text = text_of{
      made("intrexx.users.create", { id = 6 }, "hr", { general_settings = { object_name = "New" } }),
      made("intrexx.groups.get", nil, "hr", "6"),
      made("intrexx.users.get", { id = 6 }, "hr", 6),
      made("intrexx.groups.get", nil, "hr", 6),
    }
    has(text, "intrexx.users.get(opt.portal, new_user.id)")
    has(text, "intrexx.groups.get(opt.portal, opt.group_id)")
    lacks(text, "intrexx.groups.get(opt.portal, new_user.id)")
  end)

  t.it("are as many as a script may have variables", function()
    local entries = {}
    for i = 1, 260 do
      local id = ("a%011d"):format(i)
      entries[#entries + 1] = made("ixon.roles.find", { publicId = id }, { publicId = id:reverse() })
      entries[#entries + 1] = made("ixon.roles.get", nil, id)
    end
    local noted = replay(text_of(entries), entries)
    for i, entry in ipairs(entries) do t.eq(noted[i], entry.args) end
  end)

  t.it("reach another profile's account", function()
    local one, two = made("ixon.users.list", array{}), made("ixon.users.get", nil, "uN2gVx73mBpS")
    one.profile, two.profile = "plant-b", "plant-b"
    local text = text_of{ one, made("ixon.users.list", array{}), two }
    has(text, '\nlocal ixon_plant_b = ixon.with{ profile = "plant-b" }\n')
    replay(text, { one, made("ixon.users.list", array{}), two })
  end)
end)

t.describe("calls", function()
  t.it("show what they gave, as the prompt did", function()
    local each = made("ixon.users.each", nil)
    local text = text_of{ made("ixon.users.list", array{}), each, made("ixon.users.find", nil, { name = "x" }),
      made("ixon.me.get", { name = "x" }), made("intrexx.diagnosis.download", "x.zip", "hr", { to = "x.zip" }),
      made("ixon.roles.list", array{}) }
    has(text, "\nprint_table(ixon.users.list())\n")
    has(text, "\nfor user in ixon.users.each() do\n  print(json.encode(user))\nend\n")
    has(text, "\nprint_table{ ixon.users.find{ name = opt.user } }\n")
    has(text, "\nprint_table(ixon.me.get())\n")
    has(text, "\nintrexx.diagnosis.download(opt.portal, { to = opt.to })\n")
    has(text, "\nreturn ixon.roles.list()\n")
  end)

  t.it("name what takes back another call", function()
    local undo = made("ixon.invites.delete", nil, { { publicId = "uN2gVx73mBpS" } })
    undo.undo_of = 3
    has(text_of{ undo }, "-- Withdraw invites. This undid an earlier call.\nixon.invites.delete{")
  end)
end)

t.describe("save.run", function()
  local said
  local function shell(entries)
    said = {}
    return { say = function(text) said[#said + 1] = text end, calls = { calls_made = function() return entries end } }
  end

  t.it("writes the file, and another in its place only when told to", function()
    local path = child.dir() .. "/saved.lua"
    local entries = { made("ixon.roles.list", nil), made("ixon.roles.list", nil) }
    entries[2].ok, entries[1].sandbox, entries[2].sandbox = false, true, true
    save.run(shell(entries), path)
    t.eq(said, { "saved 1 call to " .. path .. "; left out: 1 call that failed", "run it with: errand --sandbox run " .. path })
    local function mode(file)
      local pipe = io.popen("stat -c %a " .. file)
      local out = pipe:read "a"
      pipe:close()
      return out
    end
    io.open(path .. ".plain", "w"):close()
    t.eq(mode(path), mode(path .. ".plain"), "as the umask says")
    local text = sys.read_file(path)
    has(text, "-- saved.lua - 1 call")
    t.raises(function() save.run(shell(entries), path) end, path .. " is there already; to overwrite it type :save! " .. path)
    t.eq(said, {})
    assert(sys.write_file(path, "old", 384))
    save.run(shell(entries), path, true)
    t.eq(sys.read_file(path), text)
    local _, code = child.errand "--sandbox run saved.lua"
    t.eq(code, 0)
    child.clean()
  end)

  t.it("says what is wrong", function()
    t.raises(function() save.run(shell{}, "") end, "into which file? :save FILE.lua")
    t.raises(function() save.run(shell{}, "x.lua") end, "no call of this session has succeeded yet: there is nothing to save")
    local failed = made("ixon.roles.list", nil)
    failed.ok = false
    t.raises(function() save.run(shell{ failed }, "x.lua") end, "succeeded yet (1 call that failed): there is nothing")
    t.raises(function() save.run(shell{ made("ixon.roles.list", nil) }, child.dir() .. "/no/x.lua") end, "/no")
    t.ok(not sys.exists "x.lua")
    child.clean()
  end)
end)
