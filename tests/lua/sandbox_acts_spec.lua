-- What the sandbox does where one operation touches several records, by way of Qalyptus; requests as tables.
-- SPDX-License-Identifier: MIT

local t = require "test"
local json = require "host.json"
local main = require "core.sandbox.main"

local headers = { authorization = "Bearer sandbox-qalyptus-key", ["content-type"] = "application/json" }
local org, other_org = "5b0f6a0e-8a53-4c1d-9c39-1f1b6f3f2a10", "c2a7d8e4-1b6f-4f0a-8d25-7e9c3b4a5d61"
local task, project = "c3d4e5f6-a7b8-4c9d-8e1f-2a3b4c5d6e79", "a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c57"
local condition, rule = "19c0d1e2-f304-4152-9d6e-7f8a9b0c1d24", "2ad1e2f3-0415-4263-8e7f-8a9b0c1d2e35"
local connection, nobody = "3be2f304-1526-4374-9f80-9b0c1d2e3f46", "00000000-0000-4000-8000-000000000000"

local server

local function ask(method, target, body)
  local path, query = target:match "^([^?]*)%??(.*)$"
  local reply = server:handle { method = method, path = "/qalyptus/api/v1" .. path, query = query, headers = headers,
    body = body and json.encode(body) or "" }
  local decoded = reply.headers["Content-Type"]:find "json" and json.decode(reply.body) or nil
  return reply, decoded and decoded.data, decoded
end

local function names(target)
  local _, data = ask("GET", target)
  local out = {}
  for i, record in ipairs(data) do out[i] = record.name end
  table.sort(out)
  return out
end

local function case(name, fn)
  t.it(name, function()
    server = main.build {}
    fn()
  end)
end

t.describe("the sandbox", function()
  case("saves what is there and what is new, in a list", function()
    local rules = ("/conditions/%s/rules"):format(condition)
    local reply, data = ask("PUT", rules, { items = {
      { id = rule, conditionId = condition, name = "Changed", connectionId = connection },
      { conditionId = condition, name = "Added", connectionId = connection } } })
    t.eq({ reply.status, data[1].id, #data }, { 200, rule, 2 })
    t.eq(names(rules), { "Added", "Changed" })
    t.eq(server.world.effects["qalyptus.condition_rules.save_all"], { Changed = 1, Added = 1 })
  end)

  case("saves nothing if one of them is wrong", function()
    local rules = ("/conditions/%s/rules"):format(condition)
    local reply, _, body = ask("PUT", rules, { items = {
      { conditionId = condition, name = "Added", connectionId = connection },
      { conditionId = nobody, name = "Lost", connectionId = connection } } })
    t.eq({ reply.status, body.isSuccess }, { 400, false })
    t.eq(names(rules), { "Sales below target" })
  end)

  case("takes ids from the body where the path names another record", function()
    local reply = ask("DELETE", ("/conditions/%s/rules"):format(condition), { rule })
    t.eq(reply.status, 200)
    t.eq(names(("/conditions/%s/rules"):format(condition)), {})
    t.eq(ask("DELETE", ("/conditions/%s/rules"):format(condition), { rule }).status, 404)
  end)

  case("attaches just the records that are named", function()
    local _, apps = ask("GET", "/organizations/qlik-apps/unassigned")
    t.eq(#apps, 1)
    t.eq(ask("PUT", ("/organizations/%s/qlik-apps"):format(org), { { id = apps[1].id } }).status, 200)
    t.eq(names(("/organizations/%s/qlik-apps"):format(org)), { "Finance" })
    t.eq(names "/organizations/qlik-apps/unassigned", { "Sales analysis" })
    t.eq(ask("PUT", ("/organizations/%s/qlik-apps"):format(org), json.array {}).status, 200)
    t.eq(names "/organizations/qlik-apps/unassigned", { "Finance", "Sales analysis" })
  end)

  case("attaches nothing if one of them is unknown", function()
    local reply = ask("PUT", ("/organizations/%s/qlik-apps"):format(other_org), { { id = nobody } })
    t.eq(reply.status, 404)
    t.eq(ask("PUT", ("/organizations/%s/qlik-apps"):format(nobody), json.array {}).status, 404)
    t.eq(names(("/organizations/%s/qlik-apps"):format(org)), { "Sales analysis" })
  end)

  case("copies a record", function()
    local reply, data = ask("POST", ("/tasks/%s/duplicate"):format(task), { newName = "Second" })
    t.eq({ reply.status, data.name, data.project.id }, { 201, "Second", project })
    t.ok(data.id ~= task)
    t.eq(names "/tasks", { "Second", "Send weekly sales" })
    t.eq(ask("POST", ("/tasks/%s/duplicate"):format(nobody), { newName = "x" }).status, 404)
  end)

  case("shows both kinds of triggers of one task", function()
    t.eq(names(("/tasks/%s/triggers"):format(task)), { "After reload", "Mondays" })
    t.eq(names(("/tasks/%s/triggers?type=Schedule"):format(task)), { "Mondays" })
    t.eq(ask("GET", ("/tasks/%s/triggers"):format(nobody)).status, 404)
  end)

  case("lists by what the path and the operation say", function()
    local report = "c4d5e6f7-a8b9-4c0d-8e1f-2a3b4c5d6e80"
    t.eq(names(("/hub/files/iterations/%s/pdf"):format(report)), { "Sales North", "Sales South" })
    t.eq(names(("/hub/files/iterations/%s/xlsx"):format(report)), {})
    t.eq(names "/hub/files/favorites", { "Weekly sales" })
    t.eq(names "/hub/files?report.name%5Bcontains%5D=branch", { "Sales North", "Sales South" })
    t.eq(names "/hub/files?report.name=Weekly%20sales", { "Old figures", "Weekly sales" })
    t.eq(names "/hub/folders?exceptFolderId=f7a8b9c0-d1e2-4f30-9b4c-5d6e7f8a9b02", { "Sales" })
    t.eq(names "/hub/folders?exceptRoot=false", { "Root", "Sales" })
  end)

  case("shows a key once", function()
    local _, made = ask("POST", "/api-keys", { name = "Key", expiryDate = "2027-06-30T00:00:00Z" })
    t.ok(made.key)
    for _, target in ipairs { "/api-keys", "/api-keys/admin" } do
      local _, data = ask("GET", target)
      for _, key in ipairs(data) do t.eq(key.key, nil) end
    end
    local _, changed = ask("PUT", "/api-keys/" .. made.id, { name = "Other" })
    t.eq({ changed.name, changed.key }, { "Other", nil })
  end)

  case("lets what belongs to a project go with it", function()
    t.eq(ask("DELETE", "/projects?deleteFiles=true", { { id = project, name = "Sales" } }).status, 200)
    t.eq({ names "/tasks", names "/reports", names "/conditions", names "/projects" }, { {}, {}, {}, { "Retired" } })
    t.eq(ask("GET", ("/conditions/%s/rules/%s"):format(condition, rule)).status, 404)
  end)

  case("refuses a body that the catalogue calls wrong", function()
    local reply, data, body = ask("POST", "/user-directories", { type = "AD", name = "", port = "636", organizationId = org,
      sendNotification = true, synchronization = "Manual", passwort = "x" })
    t.eq({ reply.status, data, body.isSuccess }, { 400, nil, false })
    local fields = {}
    for i, problem in ipairs(body.errorDetails) do fields[i] = problem.field end
    table.sort(fields)
    t.eq(fields, { "name", "passwort", "port" })
  end)
end)
