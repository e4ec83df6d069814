-- core/settings.lua - the settings that every service's account has.
-- SPDX-License-Identifier: MIT
--
-- Rows as in a catalogue. A service that has a setting of the same name in its
-- catalogue means its own.

local M = {}

M.rows = {
  { "url", "string", doc = "Base URL of the service, such as https://reports.example.com/api/v1." },
  { "insecure_http", "boolean", doc = "Allow plain http to another machine. Everybody on the way can read and change what is sent." },
  { "cacert", "string", doc = "File with the certificates of the authorities to trust, instead of the system's. PEM." },
  { "capath", "string", doc = "Directory with such certificates, as openssl rehash makes it; with cacert both count." },
  { "crlfile", "string", doc = "File with lists of revoked certificates, one of every authority that may occur. PEM." },
  { "cert", "string", doc = "File with the client certificate: PEM, with its key or without; or PKCS#12 (.p12, .pfx)." },
  { "tls_key", "string", doc = "File with the private key of the client certificate, if it is not in the same file. Mode 600. PEM." },
  { "tls_key_password", "string", secret = true, doc = "Password of that private key, or of the PKCS#12 file." },
  { "pinnedpubkey", "string", doc = "Public key the server must have: a file, or sha256//BASE64, several separated by semicolons." },
  { "tls_min", "string", enum = { "1.2", "1.3" }, default = "1.2", doc = "Least version of TLS." },
  { "ciphers", "string", doc = "Ciphers of TLS 1.2 as OpenSSL writes them; DEFAULT@SECLEVEL=1 for a server with short keys." },
  { "insecure", "boolean", doc = "Do not verify the server's certificate. Warns in every run." },
  { "proxy", "string", doc = "Proxy such as http://proxy.example.com:3128; https, socks5 and socks5h go as well. Empty for none. "
    .. "Else the environment's (https_proxy, http_proxy, all_proxy)." },
  { "proxy_user", "string", doc = "User to name to the proxy, by Basic authentication or as SOCKS does it." },
  { "proxy_password", "string", secret = true, doc = "Password of that user." },
  { "proxy_cacert", "string", doc = "File with the authorities to trust for the certificate of an https proxy. PEM." },
  { "noproxy", "string", doc = "Hosts and networks reached without the proxy, separated by commas, or * for all. "
    .. "Else the environment's (no_proxy)." },
  { "unix_socket", "string", doc = "Connect to this socket instead of the host in the URL; no proxy is used." },
  { "interface", "string", doc = "Network interface or own address to connect from." },
  { "ipv4", "boolean", doc = "Connect to IPv4 addresses only." },
  { "ipv6", "boolean", doc = "Connect to IPv6 addresses only." },
  { "resolve", "[string]", doc = "HOST:PORT:ADDRESS[,ADDRESS...], addresses to use instead of asking for them." },
  { "connect_to", "[string]", doc = "HOST1:PORT1:HOST2:PORT2, another host and port to connect to; an empty HOST1 or PORT1 "
    .. "means any." },
  { "http_version", "string", enum = { "1.1", "2" }, doc = "Version of HTTP. Else what the server offers." },
  { "connect_timeout", "number", min = 0.001, max = 1000000, default = 10, doc = "Seconds until a connection must stand." },
  { "stall_timeout", "number", min = 0.001, max = 1000000, default = 60, doc = "Seconds without a byte until a call is given up." },
  { "timeout", "number", min = 0.001, max = 1000000, default = 120,
    doc = "Seconds for one call with all that it takes: logging in, retries and the waits between them." },
  { "retry", "integer", min = 0, max = 100, default = 3,
    doc = "How many times a call is sent again: reads and repeatable writes after a passing failure, others only where nothing "
      .. "of them can have left." },
  { "retry_delay", "number", min = 0, max = 1000000, default = 0.5,
    doc = "Seconds: the longest wait before the first retry, doubled for each further one. The wait is any time up to that." },
  { "retry_max_delay", "number", min = 0, max = 1000000, default = 20,
    doc = "Seconds: no longest wait before a retry above this." },
  { "retry_quota", "number", min = 0, max = 1000000, default = 100,
    doc = "Retries in a row, over all calls of a process, after which none is made until calls succeed again." },
  { "settle", "number", min = 0,
    doc = "Seconds until what a lost create has made must show in a look-up; else the catalogue's, or 60. A durable run waits so "
      .. "long before it believes that nothing was made." },
  { "rate", "string", pattern = "%d+/%d*[smhd]", also = "none", form = "requests in a time such as 30/s or 100/10s, or none",
    doc = "Requests that may leave in a time, such as 30/s or 100/10s; none for no limit. Else the catalogue's." },
  { "concurrency", "integer", min = 0, max = 100000, doc = "Calls under way at once, 0 for no limit. Else the catalogue's." },
  { "max_body", "integer", min = 1, default = 64 * 1024 * 1024, doc = "Bytes a reply may have, uncompressed." },
  { "cache_tokens", "boolean", default = false,
    doc = "Keep the token that a login buys for later runs, in ~/.cache/errand/tokens. errand logout removes it." },
  { "paths", "[string]",
    doc = "Paths that this account's server has otherwise than the catalogue: resource.operation=/path, or =METHOD:/path." },
  { "max_header", "integer", min = 1, default = 256 * 1024, doc = "Bytes all headers of a reply may have." },
}

-- Variables of the environment that are no setting of a service.
M.variables = { "ERRAND_CONFIG", "ERRAND_PROFILE", "ERRAND_LUA", "ERRAND_SERVICES", "ERRAND_STORE", "ERRAND_SANDBOX",
  "ERRAND_HISTORY", "ERRAND_CRASH", "ERRAND_PAGER", "ERRAND_SCHEDULE_FILE", "ERRAND_SCHEDULE", "ERRAND_SLOT", "ERRAND_SLOT_LOCAL",
  "ERRAND_SLOT_COLLAPSED", "ERRAND_SLOT_TIMES", "ERRAND_NOTICE", "ERRAND_EVENT", "ERRAND_SUBJECT", "ERRAND_OUTCOME",
  "ERRAND_REASON", "ERRAND_RUN", "ERRAND_HOST" }

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
