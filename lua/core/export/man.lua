-- core/export/man.lua - manual pages, of the same words as errand help and docs/.
-- SPDX-License-Identifier: MIT

local markdown = require "core.export.markdown"
local roff = require "core.export.roff"

local M = {}

local function add_text(page, text)
  page:paragraph(markdown.inline(text))
end

local function option_term(row)
  local long = roff.bold("--" .. row[1])
  if row.negatable then long = long .. ", " .. roff.bold("--no-" .. row[1]) end
  local term = row.short and roff.bold("-" .. row.short) .. ", " .. long or long
  if not row.value then return term end
  local value = "\\fI" .. roff.escape(row.value) .. "\\fR"
  return term .. (row.optional and "[=" .. value .. "]" or " " .. value)
end

local function add_options(page, rows)
  for _, row in ipairs(rows) do
    local text = row.doc or ""
    if row.enum then
      local names = {}
      for i, one in ipairs(row.enum) do names[i] = tostring(one) end
      text = ("%s (%s)"):format(text, table.concat(names, ", "))
    end
    if row.repeatable then text = text .. " (may be repeated)" end
    if row.default ~= nil then text = ("%s (default %s)"):format(text, tostring(row.default)) end
    page:item(option_term(row), roff.escape(text))
  end
end

local function add_command(page, name, module)
  page:subsection(name)
  page:add(roff.bold("errand " .. (module.usage or name)))
  add_text(page, module.summary)
  for _, word in ipairs(module.words or {}) do page:item(roff.bold(word[1]), roff.escape(word[2])) end
  if module.doc then add_text(page, module.doc) end
  add_options(page, module.options or {})
  if module.example then page:code(table.concat(module.example, "\n")) end
end

-- errand --help has the only list of them.
local function exit_codes()
  local text = require("core.help").overview():gsub("%s+", " ")
  return text:match "Exit codes: (.-)%." or error "errand --help says nothing about exit codes"
end

local function add_exit_codes(page)
  page:section "exit status"
  for code, meaning in (exit_codes() .. ","):gmatch "(%d+) (.-)," do page:item(roff.bold(code), roff.escape(meaning)) end
end

local FILES <const> = {
  { "~/.config/errand/config.lua", "Accounts and their settings: errand-config(5). Mode 600." },
  { "~/.local/state/errand/store.db", "The record of writes, runs, schedules. Mode 600." },
  { "~/.cache/errand/tokens", "Tokens, where the setting cache_tokens is on." },
}

-- A page that begins with what it is about.
local function begin(name, section, title, text)
  local page = roff.page(name, section, title)
  page:section "description"
  add_text(page, text)
  return page
end

-- The text of a page, with the others that it leads to.
local function finish(page, others)
  page:section "see also"
  add_text(page, others)
  return page:text()
end

--- errand(1), of what errand help says.
function M.errand()
  local cli = require "core.cli"
  local page = roff.page("errand", 1, "REST APIs of business systems as Lua modules, and the scripts that tie them together")
  page:section "synopsis"
  for i, form in ipairs { "[OPTIONS] COMMAND ...", "[OPTIONS] run FILE [ARGUMENTS]", "[OPTIONS] -e CODE [ARGUMENTS]", "" } do
    if i > 1 then page:add ".br" end
    page:add(roff.bold "errand" .. (form ~= "" and " " .. roff.escape(form) or ""))
  end
  page:section "description"
  add_text(page, "errand gives administrators the REST APIs of their systems as modules of Lua: it runs scripts and workflows, "
    .. "calls single operations, keeps schedules, and without a command opens a prompt. errand help TOPIC explains a command, "
    .. "a service, an operation or a name of the script library; --sandbox lets everything be tried without an account.")
  page:section "options"
  add_text(page, "These go before or after the command.")
  add_options(page, require "core.cli.globals")
  page:section "commands"
  for _, name in ipairs(cli.commands) do add_command(page, name, cli.module(name)) end
  add_exit_codes(page)
  page:section "files"
  for _, row in ipairs(FILES) do page:item(roff.bold(row[1]), roff.escape(row[2])) end
  return finish(page, "errand-topics(7), errand-library(3), errand-config(5), errand-schedule(5), errand-catalogue(5)")
end

--- errand-topics(7): what errand help leads on to.
function M.topics()
  local page = begin("errand-topics", 7, "work with errand that takes more than one command",
    "Each of these is a topic of errand help, too.")
  for _, topic in ipairs(require "core.helptopics") do
    page:section(topic.name)
    add_text(page, topic.summary)
    for _, part in ipairs(topic.parts) do
      if type(part) == "table" then page:code(part[1]) else add_text(page, part) end
    end
  end
  return finish(page, "errand(1), errand-library(3), errand-config(5), errand-schedule(5), errand-catalogue(5)")
end

--- errand-library(3): what scripts find as globals.
function M.library()
  local page = begin("errand-library", 3, "what scripts of errand find as globals",
    "Every service is a global, too, such as ixon; errand help SERVICE lists what it can do. "
    .. "The names below are there beside Lua's own library.")
  for _, entry in ipairs(require "std.doc") do
    page:section(entry.name)
    page:add(roff.bold(entry.signature or entry.name))
    add_text(page, entry.summary)
    if entry.doc then add_text(page, entry.doc) end
    for _, one in ipairs(entry.parameters or {}) do page:item(roff.bold(one[1]), roff.escape(one[2])) end
    if entry.example then page:code(entry.example) end
  end
  return finish(page, "errand(1)")
end

local function add_settings(page, title, rows)
  if #rows == 0 then return end
  page:section(title)
  for _, row in ipairs(rows) do
    local text = row.doc or ""
    if row.enum then text = ("%s (%s)"):format(text, table.concat(row.enum, ", ")) end
    if row.default ~= nil then text = ("%s (default %s)"):format(text, tostring(row.default)) end
    if row.required then text = text .. " (required)" end
    if row.secret then text = text .. " (secret)" end
    page:item(roff.bold(row[1]) .. ", " .. roff.escape(row[2]), roff.escape(text))
  end
end

local function settings(page)
  add_settings(page, "settings of every service", require("core.settings").rows)
  local services = require "core.services"
  for _, name in ipairs(services.usable()) do
    add_settings(page, "settings of " .. name, services.catalogue(name).settings or {})
  end
end

-- The pages of docs/ that are manual pages, too.
local PAGES <const> = {
  { "configuration.md", "errand-config", "accounts, secrets and settings of errand", more = settings },
  { "schedules.md", "errand-schedule", "schedule files of errand and the daemon that keeps them" },
  { "catalogue.md", "errand-catalogue", "how a service is described to errand" },
}

--- All pages: list of { name of the file, text }. docs: folder with the Markdown
-- pages; without it there are only those that errand can write by itself.
function M.pages(docs)
  local out = { { "errand.1", M.errand() }, { "errand-library.3", M.library() }, { "errand-topics.7", M.topics() } }
  for _, row in ipairs(docs and PAGES or {}) do
    local text, err = require("host.sys").read_file(docs .. "/" .. row[1])
    if not text then require("core.error").rethrow(err) end
    local page = roff.page(row[2], 5, row[3])
    markdown.add(page, text)
    if row.more then row.more(page) end
    out[#out + 1] = { row[2] .. ".5", finish(page, "errand(1)") }
  end
  return out
end

return M
