-- model.lua - a small service made up for the crash campaigns, and its simulation.
-- SPDX-License-Identifier: MIT

-- One way of settling each: orders can be looked up, tickets take an
-- idempotency key, notes can neither, switches may be set again.

local catalogues = require "core.catalogue"
local json = require "host.json"
local services = require "core.services"

local model = {}

local function op(row)
  row.summary, row.evidence, row.example = "Something.", "docs", "model.orders.list()"
  return row
end

local id = { "id", "string", doc = "Which one." }

local written = {
  format = 1, name = "model", title = "Model, a service for tests", evidence = "docs",
  url = { example = "https://model.example.com" },
  settings = { { "token", "string", secret = true } },
  auth = { { needs = { "token" }, send = { { "Authorization", value = "Bearer {token}" } } } },
  envelope = { data = "/data", message = { "/message" } },
  shapes = {
    Thing = { { "ref", "string", required = true, min = 1, max = 60 }, { "about", "string", max = 60 } },
    Made = { { "id", "string", required = true }, { "ref", "string" }, { "about", "string" } },
    State = { { "state", "string", required = true } },
  },
  resources = {
    { "orders", doc = "Can be looked up.",
      find = { by = { { "ref" } }, list = "orders.list", query = { ref = "{ref}" } },
      operations = {
        op { "list", http = "GET /orders", effect = "read", returns = "[Made]", query = { { "ref", "string" } } },
        op { "create", http = "POST /orders", effect = "create", body = "Thing", returns = "Made", settle = 60,
          inverse = { "orders.remove", from = "/id" } },
        op { "remove", http = "DELETE /orders/{id}", effect = "set", danger = true, path = { id }, returns = "none" } } },
    { "tickets", doc = "Take an idempotency key.",
      operations = {
        op { "list", http = "GET /tickets", effect = "read", returns = "[Made]" },
        op { "create", http = "POST /tickets", effect = "create", body = "Thing", returns = "Made",
          header = { { "Idempotency-Key", "string", as = "key" } } } } },
    { "notes", doc = "Neither.",
      operations = { op { "post", http = "POST /notes", effect = "send", body = "Thing", returns = "Made" } } },
    { "switches", doc = "May be set again.",
      operations = {
        op { "list", http = "GET /switches", effect = "read", returns = "[any]" },
        op { "set", http = "PUT /switches/{id}", effect = "set", path = { id }, body = "State", returns = "none" } } },
  },
}

model.data = {
  base = "/model", ids = "alnum12", id = "id", brief = { "id" }, page = 50,
  account = { token = "sandbox-model-token" },
  tokens = { store = "tokens", secret = "secret" },
  reply = { success = { data = "{data}" }, failure = { message = "{message}" } },
  status = { POST = 201 },
  stores = { orders = { key = "ref" }, tickets = { key = "ref" }, notes = { key = "ref" }, switches = {}, tokens = {} },
  operations = { ["notes.post"] = { act = "insert" } },
  seed = {
    tokens = { { id = "tK9sLw25bXeH", secret = "sandbox-model-token" } },
    orders = { { id = "oBefore00001", ref = "before", about = "was there" } },
    switches = { { id = "left", state = "off" }, { id = "right", state = "off" } },
  },
}

model.catalogue = catalogues.index(written)

local load_ = catalogues.load
function catalogues.load(name)
  return name == "model" and model.catalogue or load_(name)
end
table.insert(services.names(), "model")

--- What a prover simulates: this service alone.
model.services = { { catalogue = model.catalogue, data = model.data } }

--- Makes a simulated world keep the keys of tickets: a request with one that
-- it has seen is answered as the first one was.
function model.honour_keys(sim)
  local server, seen = sim.server, {}
  local handle, reset = server.handle, server.reset
  server.handle = function(self, raw)
    local key = raw.method == "POST" and raw.headers["idempotency-key"]
    if not key then return handle(self, raw) end
    if not seen[key] then
      local reply = handle(self, raw)
      if reply.fault == nil and reply.status < 300 then seen[key] = json.encode { status = reply.status, body = reply.body } end
      return reply
    end
    local kept = json.decode(seen[key])
    return { status = kept.status, headers = { ["Content-Type"] = "application/json" }, body = kept.body }
  end
  server.reset = function(self)
    seen = {}
    return reset(self)
  end
  return sim
end

return model
