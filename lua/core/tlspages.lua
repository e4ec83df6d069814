-- core/tlspages.lua - what web servers say of TLS in a page of their own.
-- SPDX-License-Identifier: MIT
--
-- They answer HTTP 400 before the service has seen anything of the call.

local error_ = require "core.error"

local M = {}

local https = "the server speaks TLS on this port; write https in the setting 'url' of %s"

local pages = {
  { "No required SSL certificate was sent", "auth",
    "the server wants a client certificate; name it in the settings 'cert' and 'tls_key' of %s" },
  { "The SSL certificate error", "auth", "the server does not accept the client certificate; check the setting 'cert' of %s" },
  { "The plain HTTP request was sent to HTTPS port", "config", https },
  { "speaking plain HTTP to an SSL-enabled", "config", https },
  { "Client sent an HTTP request to an HTTPS server", "config", https },
}

--- Raises if the reply is such a page.
-- @tparam table op
-- @tparam number status
-- @tparam table reply
function M.check(op, status, reply)
  if status ~= 400 or type(reply.text) ~= "string" then return end
  for _, page in ipairs(pages) do
    if reply.text:find(page[1], 1, true) then
      error_.raise(page[2], ("HTTP 400: " .. page[3]):format(op.service), {
        status = status, service = op.service, operation = op.resource and op.resource .. "." .. op.name, body = reply.text,
        attempts = reply.attempts, retryable = false,
      })
    end
  end
end

return M
