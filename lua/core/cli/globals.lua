-- globals.lua - the options that every command knows.
-- SPDX-License-Identifier: MIT

-- Rows as core.options reads them.
return {
  { "eval", short = "e", value = "CODE", key = "code", last = true,
    doc = "Run CODE as a script; what follows belongs to it." },
  { "output", short = "o", value = "FORMAT", enum = { "json", "ndjson", "table", "csv", "lua" },
    doc = "How results are printed; else a table on a terminal and JSON elsewhere." },
  { "profile", value = "NAME", doc = "Use this profile of the configuration." },
  { "config", value = "FILE", doc = "Read this configuration file." },
  { "sandbox", value = "FILE", optional = true,
    doc = "Talk to a simulation of all services; FILE keeps its state from run to run." },
  { "fault", value = "SPEC", repeatable = true,
    doc = "Let the sandbox fail, as in ixon.invites.create:status=503@1." },
  { "record", value = "FILE", doc = "Record every call, without secrets, into this cassette." },
  { "replay", value = "FILE", doc = "Answer every call from this cassette; nothing is sent." },
  { "history", value = "WHAT", enum = { "writes", "all" }, doc = "Whose requests and replies errand calls shows." },
  { "yes", doc = "Do not ask before writes on a protected profile." },
  { "verbose", short = "v", count = true,
    doc = "Trace requests on standard error; twice shows headers, errors get a traceback." },
  { "timing", doc = "Show where the time of each request goes, and the sums at the end." },
  { "retry", value = "N", type = "integer", min = 0, max = 100,
    doc = "Send a call again up to N times where that does no harm; for every service, whatever its setting says." },
  { "quiet", short = "q", doc = "No progress, no notices." },
  { "max-memory", value = "MIB", type = "integer", min = 8, max = 1048576,
    doc = "End the run when Lua holds more than this." },
  { "time-limit", value = "SECONDS", doc = "End the run after this time, such as 90 or 10m.",
    convert = function(text)
      if tonumber(text) == 0 then return nil, "a time above 0 expected" end
      return require("core.duration").seconds(text)
    end },
  { "help", short = "h", doc = "Show help and exit." },
  { "version", doc = "Show the version and exit." },
}
