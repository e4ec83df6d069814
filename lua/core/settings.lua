-- core/settings.lua - the settings that every service's account has.
-- SPDX-License-Identifier: MIT
--
-- Rows as in a catalogue. A service that has a setting of the same name in its
-- catalogue means its own.

local M = {}

M.rows = {
  { "url", "string", doc = "Base URL of the service, such as https://reports.example.com/api/v1." },
  { "insecure_http", "boolean", doc = "Allow plain http to another machine. Everybody on the way can read and change what is sent." },
  { "cacert", "string", doc = "File with the certificates of the authorities to trust, instead of the system's." },
  { "capath", "string", doc = "Directory with such certificates, as openssl rehash makes it." },
  { "cert", "string", doc = "File with the client certificate." },
  { "tls_key", "string", doc = "File with the private key of the client certificate." },
  { "tls_key_password", "string", secret = true, doc = "Password of that private key." },
  { "pinnedpubkey", "string", doc = "Public key the server must have: a file, or sha256//BASE64." },
  { "insecure", "boolean", doc = "Do not verify the server's certificate. Warns in every run." },
  { "proxy", "string", doc = "Proxy to use, such as http://proxy.example.com:3128. Else the environment's (https_proxy, all_proxy)." },
  { "noproxy", "string", doc = "Hosts that are reached without the proxy, separated by commas." },
  { "unix_socket", "string", doc = "Connect to this socket instead of the host in the URL." },
  { "interface", "string", doc = "Network interface or own address to connect from." },
  { "resolve", "[string]", doc = "HOST:PORT:ADDRESS, addresses to use instead of asking for them." },
  { "connect_to", "[string]", doc = "HOST1:PORT1:HOST2:PORT2, another host and port to connect to." },
  { "http_version", "string", enum = { "1.1", "2" }, doc = "Version of HTTP. Else what the server offers." },
  { "connect_timeout", "number", min = 0, default = 10, doc = "Seconds until a connection must stand." },
  { "stall_timeout", "number", min = 0, default = 60, doc = "Seconds without a byte until a call is given up." },
  { "timeout", "number", min = 0, default = 120,
    doc = "Seconds for one request, from start to end. Nothing is tried again but, once, a call whose token was refused." },
  { "max_body", "integer", min = 1, default = 64 * 1024 * 1024, doc = "Bytes a reply may have, uncompressed." },
  { "paths", "[string]",
    doc = "Paths that this account's server has otherwise than the catalogue: resource.operation=/path, or =METHOD:/path." },
  { "max_header", "integer", min = 1, default = 256 * 1024, doc = "Bytes all headers of a reply may have." },
}

-- Variables of the environment that are no setting of a service.
M.variables = { "ERRAND_CONFIG", "ERRAND_PROFILE", "ERRAND_LUA", "ERRAND_STORE", "ERRAND_SANDBOX" }

for _, row in ipairs(M.rows) do row.name, row.type = row[1], row[2] end

--- The rows of a service by name and in order: its own, then the common ones.
-- @tparam table catalogue as core.catalogue loads it
function M.of(catalogue)
  local list, by_name = {}, {}
  for _, rows in ipairs { catalogue.settings or {}, M.rows } do
    for _, row in ipairs(rows) do
      if not by_name[row[1]] then
        by_name[row[1]] = row
        list[#list + 1] = row
      end
    end
  end
  return list, by_name
end

--- Whether the row is one of the common settings.
function M.is_common(row)
  for _, common in ipairs(M.rows) do
    if common == row then return true end
  end
  return false
end

return M
