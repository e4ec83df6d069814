-- docs_spec.lua - what the documents say of settings is what there is.
-- SPDX-License-Identifier: MIT

local t = require "test"
local settings = require "core.settings"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

-- a default as the table writes it
local function written(row)
  local value = row.default
  if value == 64 * 1024 * 1024 then return "64 MiB" end
  if value == 256 * 1024 then return "256 KiB" end
  if type(value) == "string" then return ('`"%s"`'):format(value) end
  if row.doc:find "^Seconds" then return ("%g s"):format(value) end
  return row.type == "boolean" and ("`%s`"):format(value) or ("%g"):format(value)
end

t.describe("docs/http.md", function()
  local text = read "docs/http.md"

  t.it("has every setting with its default", function()
    for _, row in ipairs(settings.rows) do
      local line = text:match("\n(|[^\n|]*`" .. row[1] .. "`[^\n|]*|[^\n|]*|[^\n]*)")
      if row[1] == "tls_key_password" or row[1] == "proxy_password" then line = line or text:match("`" .. row[1] .. "`") end
      t.ok(line, row[1] .. " is missing")
      if row.default ~= nil then t.ok(line:find("| " .. written(row) .. " |", 1, true), row[1] .. ": " .. written(row)) end
    end
  end)

  t.it("names no setting that there is not", function()
    local known = { rate = true }
    for _, row in ipairs(settings.rows) do known[row[1]] = true end
    local table_ = text:match "## Every setting(.-)\n## "
    for names in table_:gmatch "\n| (`[^|]*) |" do
      for name in names:gmatch "`([%w_]+)`" do t.ok(known[name], name) end
    end
  end)
end)

t.describe("docs/repl.md", function()
  local text = read "docs/repl.md"
  local rows = require("core.repl.commands").rows

  t.it("has every command of the prompt as :help has it", function()
    for _, row in ipairs(rows) do
      local args = row.args and " " .. row.args:gsub("|", "\\|") or ""
      local line = ("\n| `:%s%s` | %s |\n"):format(row.name, args, row.summary)
      t.ok(text:find(line, 1, true), "missing: " .. line)
    end
  end)

  t.it("names no command that there is not", function()
    local known = {}
    for _, row in ipairs(rows) do known[row.name] = true end
    for name in text:gmatch "`:(%l+)" do t.ok(known[name], name) end
    for name in read("docs/guide.md"):gmatch "`:(%l+)" do t.ok(known[name], name) end
    for name in read("README.md"):gmatch "`:(%l+)" do t.ok(known[name], name) end
  end)
end)
