-- lint_refs_spec.lua - pointers without their slash, placeholders that nothing fills: told, for nobody would miss them.
-- SPDX-License-Identifier: MIT

local t = require "test"
local lint = require "core.lint"

local function small()
  return {
    format = 1, name = "small", title = "Small", url = { example = "https://small.example.com" },
    settings = { { "key", "string", secret = true } },
    headers = { { "X-Note", value = "{a}{url}" } },
    auth = { { needs = { "key" }, send = { { "X-Key", value = "{key}" } } },
      { name = "other", needs = { "key" }, send = { { "X-Token", value = "{token}" } },
        login = { http = "POST /login", token = "/token", json = { k = "{key}" },
          headers = { { "X", value = "Basic {basic:{key}:}" } } } } },
    envelope = { data = "/data", message = { "/error", "" }, code = { "/code" }, ok = { "/ok", true },
      problems = { "/errors", message = "text" } },
    paging = { steps = { style = "offset", send = "skip", size = "take", page_size = 3, total = "/total", items = "/rooms" } },
    resources = { { "things", find = { by = { { "name", at = "/a/name" } }, list = "things.list" }, operations = {
      { "list", http = "GET /things", summary = "s", example = "small.things.list()", effect = "read", paging = "steps",
        query = { { "skip", "integer" }, { "take", "integer" } }, returns = "[object]" },
      { "create", http = "POST /things", summary = "s", example = "small.things.create{}", effect = "create", body = "object",
        envelope = { data = "/thing" }, inverse = { "things.delete", from = "/id" } },
      { "delete", http = "DELETE /things/{id}", summary = "s", example = "small.things.delete('a')", effect = "set",
        path = { { "id", "string" } }, returns = "none" },
    } } },
  }
end

local function operation(c, n) return c.resources[1].operations[n] end

-- what is done to it, and all that is told
local faults = {
  { function(c) c.envelope.data = "data" end, "envelope.data: 'data' is no pointer (did you mean '/data'?)" },
  { function(c) c.envelope.message[1] = "error" end, "envelope.message: 'error' is no pointer (did you mean '/error'?)" },
  { function(c) c.envelope.code[1] = "code" end, "envelope.code: 'code' is no pointer (did you mean '/code'?)" },
  { function(c) c.envelope.ok[1] = "ok" end, "envelope.ok: 'ok' is no pointer (did you mean '/ok'?)" },
  { function(c) c.envelope.problems[1] = "errors" end, "envelope.problems: 'errors' is no pointer (did you mean '/errors'?)" },
  { function(c) c.envelope.partial = { "failed" } end, "envelope.partial: 'failed' is no pointer (did you mean '/failed'?)" },
  { function(c) c.paging.steps.total = "total" end, "paging.steps.total: 'total' is no pointer (did you mean '/total'?)" },
  { function(c) c.paging.steps.items = "rooms" end, "paging.steps.items: 'rooms' is no pointer (did you mean '/rooms'?)" },
  { function(c) c.resources[1].find.by[1].at = { "a/name" } end, "things.find: 'a/name' is no pointer (did you mean '/a/name'?)" },
  { function(c) operation(c, 2).envelope.data = "thing" end,
    "things.create.envelope.data: 'thing' is no pointer (did you mean '/thing'?)" },
  { function(c) operation(c, 2).inverse.from = "id" end, "things.create.inverse.from: 'id' is no pointer (did you mean '/id'?)" },
  { function(c) c.auth[2].login.token = "token" end, "auth[2].login.token: 'token' is no pointer (did you mean '/token'?)" },
  { function(c) c.auth[1].send[1].value = "{kee}" end, "auth[1].send[X-Key]: '{kee}' is no setting (did you mean 'key'?)" },
  { function(c) c.auth[1].send[1].value = "{token}" end, "auth[1].send[X-Key]: '{token}' is no setting" },
  { function(c) c.auth[2].login.json.k = "{ky}" end, "auth[2].login.json.k: '{ky}' is no setting (did you mean 'key'?)" },
  { function(c) c.auth[2].login.headers[1].value = "Basic {basic:{kye}:}" end,
    "auth[2].login.headers[X]: '{kye}' is no setting (did you mean 'key'?)" },
  { function(c) c.headers[1].value = "{kye}" end, "headers[X-Note]: '{kye}' is no setting (did you mean 'key'?)" },
  { function(c) c.auth = { needs = c.auth[1].needs } end, "auth: 'needs' stands in a list of ways: auth = { { needs = ... } }" },
}

t.describe("the lint of what a catalogue points to", function()
  t.it("finds nothing where there is nothing", function()
    local c = small()
    c.headers[1].value = "{url} {\"json\": {}}"
    t.eq(lint.check(c), {})
  end)

  for _, case in ipairs(faults) do
    t.it("tells " .. case[2], function()
      local c = small()
      c.headers = { { "X-Note", value = "1" } }
      case[1](c)
      t.eq(lint.check(c), { case[2] })
    end)
  end
end)
