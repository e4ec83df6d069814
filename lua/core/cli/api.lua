-- api.lua - errand api: a raw call with a service's credentials.
-- SPDX-License-Identifier: MIT

local api = {
  summary = "Send a raw request with a service's credentials.",
  usage = "api SERVICE METHOD /PATH [--json JSON | --upload-file FILE] [--header 'NAME: VALUE' ...]",
  doc = "For what no catalogue describes. The path goes below the service's base URL and may carry "
    .. "a query. Nothing is checked before it is sent, and nothing is taken out of the reply.",
  options = {
    { "json", value = "JSON", doc = "Body as JSON text, @FILE, or - for standard input." },
    { "upload-file", short = "T", value = "FILE", doc = "File that is the body, read as it is sent; POST, PUT or PATCH." },
    { "header", short = "H", value = "'NAME: VALUE'", repeatable = true, doc = "One more header.",
      convert = function(text)
        if text:find("^[^:%s]+:") then return text end
        return nil, "expected as 'Name: value', got '" .. text .. "'"
      end },
  },
}

local methods = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" }

local function check_method(method)
  for _, known in ipairs(methods) do
    if method == known then return end
  end
  require("core.error").raise("validation", ("unknown method '%s'%s; accepted: %s"):format(method,
    require("core.suggest").did_you_mean(method, methods), table.concat(methods, ", ")))
end

--- api.run(args): prints what comes back.
function api.run(args)
  local service, method, path = args[1], args[2], args[3]
  local raise = require("core.error").raise
  if not path or args[4] then raise("validation", "usage: errand " .. api.usage) end
  if path:sub(1, 1) ~= "/" then
    raise("validation", ("'%s' is no path: it starts with /"):format(path))
  end
  method = method:upper()
  check_method(method)
  require("core.services").catalogue(service)
  local given = args.options
  if given.json and given.upload_file then
    raise("validation", "--json and --upload-file exclude each other: a request has one body")
  end
  if given.upload_file and method:sub(1, 1) ~= "P" then
    raise("validation", method .. " sends no file; POST, PUT and PATCH do")
  end
  -- The text itself is sent, once it is known to be JSON.
  local text = given.json and select(2, require("core.cli.call").read_json(given.json))
  local data = require("core.client").raw(service, method, path, {
    body = text, upload = given.upload_file, headers = given.header or {}, raw = true,
  })
  require("core.output").write(data, require("core.session").output)
end

return api
