-- What web servers say of TLS in a page becomes an error that helps.
-- SPDX-License-Identifier: MIT
local t = require "test"
local tlspages = require "core.tlspages"

local op = { service = "qalyptus", resource = "users", name = "list" }

local function told(text, kind, part)
  local err = t.raises(function() tlspages.check(op, 400, { text = text, attempts = 1 }) end, part)
  t.eq(err.kind, kind)
  t.eq(err.retryable, false)
  t.eq(err.operation, "users.list")
end

t.describe("pages about TLS", function()
  t.it("name the setting", function()
    told("<title>400 No required SSL certificate was sent</title>", "auth", "'cert' and 'tls_key' of qalyptus")
    told("<title>400 The SSL certificate error</title>", "auth", "check the setting 'cert' of qalyptus")
  end)

  t.it("of three servers tell of plain HTTP", function()
    local part = "write https in the setting 'url' of qalyptus"
    told("<center>The plain HTTP request was sent to HTTPS port</center>", "config", part)
    told("Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />", "config", part)
    told("Client sent an HTTP request to an HTTPS server.\n", "config", part)
  end)

  t.it("are of status 400 and have text", function()
    tlspages.check(op, 401, { text = "The SSL certificate error" })
    tlspages.check(op, 400, { text = "name: too short" })
    tlspages.check(op, 400, {})
    t.ok(true)
  end)
end)
