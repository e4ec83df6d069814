-- version.lua - errand version: what this errand is and what it was built of.
-- SPDX-License-Identifier: MIT

local sys = require "host.sys"

local version = {
  summary = "Show the version and what errand was built with.",
  usage = "version",
  doc = "The commit is that of the source, -dirty where it was changed; of libraries the version that is there now. -o json "
    .. "prints all of it as data.",
  options = {},
}

--- What --version tells, as data.
function version.facts()
  local json, build = require "host.json", require("host.facts").build()
  return json.object {
    version = sys.version, commit = sys.commit or json.null, compiler = build.compiler, lua = build.lua,
    libcurl = json.object { version = build.curl, tls = build.tls or json.null, features = json.array(build.features) },
    sqlite = build.sqlite, libmicrohttpd = build.microhttpd, gnutls = build.gnutls, line_editor = build.editor,
    store_schema = require("host.store").SCHEMA, services = json.array { table.unpack(require("core.services").names()) },
  }
end

local function text(facts)
  local lines = { ("errand %s (%s)"):format(facts.version, sys.commit and "commit " .. sys.commit or "commit not known") }
  local function add(name, value) lines[#lines + 1] = ("%-14s %s"):format(name, value) end
  add("compiler", facts.compiler)
  add("Lua", facts.lua)
  add("libcurl", ("%s, %s"):format(facts.libcurl.version, tostring(facts.libcurl.tls)))
  add("", table.concat(facts.libcurl.features, ", "))
  add("SQLite", ("%s, store schema %d"):format(facts.sqlite, facts.store_schema))
  add("libmicrohttpd", facts.libmicrohttpd)
  add("GnuTLS", facts.gnutls)
  add("line editor", facts.line_editor)
  return table.concat(lines, "\n") .. "\n"
end

--- version.run(): the facts, in the format of -o or as lines.
function version.run()
  local output, format = require "core.output", require("core.session").output
  if format then return output.write(version.facts(), format) end
  output.text(text(version.facts()))
end

return version
