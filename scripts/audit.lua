-- audit.lua - who has access to what in all five systems, and what is new since the last time.
-- SPDX-License-Identifier: MIT

local access = require "access"

local SYSTEMS = { "ixon", "qalyptus", "infoworks", "bossinsights", "intrexx" }
local COLUMNS = { "change", "person", "system", "access", "place", "state" }

local opt = args{
  summary = "List who has access to what, and what changed since the last audit.",
  doc = "Reads only. With --last FILE the differences to the audit kept there are shown, and this one is kept instead. "
    .. "Intrexx cannot list its users: those that errand created are looked up for everybody whom another system or "
    .. "--people names. A system that cannot be read is told, the exit code is 1, and what was known of it stays.",
  { "last", doc = "Compare with this file, then keep this audit in it; a new file begins." },
  { "changes", "flag", doc = "Only what changed." },
  { "html", doc = "Write a page for people into this file." },
  { "csv", doc = "Write all rows into this file." },
  { "people", "file", doc = "CSV with a column email: whom to look for in Intrexx, too." },
  { "without", "list", of = "string", doc = "Systems to leave out, such as --without infoworks." },
}

-- ---- reading ----

local function wanted_systems()
  local left_out, list = {}, {}
  for _, name in ipairs(opt.without or {}) do
    local known = false
    for _, one in ipairs(SYSTEMS) do known = known or one == name end
    if not known then error(("--without %s: no such system; known are %s"):format(name, table.concat(SYSTEMS, ", ")), 0) end
    left_out[name] = true
  end
  for _, name in ipairs(SYSTEMS) do
    if not left_out[name] then list[#list + 1] = name end
  end
  return list
end

local function read(system, people)
  local rows = {}
  access[system](function(row)
    row.system, row.place = system, row.place or ""
    row.person = (row.person or "(unknown)"):lower()
    rows[#rows + 1] = row
  end, people)
  return rows
end

-- Everybody whom some system names, once.
local function people_in(outcomes)
  local list, seen = {}, {}
  local function add(person)
    person = person:lower()
    if person:find("@", 1, true) and not seen[person] then list[#list + 1], seen[person] = person, true end
  end
  for _, one in ipairs(outcomes) do
    for _, row in ipairs(one.value or {}) do add(row.person) end
  end
  for _, record in ipairs(opt.people and read_csv(opt.people, { columns = { "email" } }) or {}) do add(record.email) end
  table.sort(list)
  return list
end

-- Intrexx comes last: who is to be looked for is known by then.
local function read_all()
  local first, intrexx_too = {}, false
  for _, name in ipairs(wanted_systems()) do
    if name == "intrexx" then intrexx_too = true else first[#first + 1] = name end
  end
  local outcomes = parallel(first, read)
  if intrexx_too then
    local people = people_in(outcomes)
    outcomes[#outcomes + 1] = parallel({ "intrexx" }, function(name) return read(name, people) end)[1]
  end
  return outcomes
end

-- ---- comparing ----

local function key_of(row)
  return table.concat({ row.person, row.system, row.access, row.place }, "\0")
end

local function in_order(rows)
  table.sort(rows, function(a, b)
    local left, right = key_of(a), key_of(b)
    if left ~= right then return left < right end
    return a.state < b.state
  end)
  return rows
end

local function last_audit()
  local file = opt.last and io.open(opt.last, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  local ok, kept = pcall(json.decode, text)
  if not ok or type(kept) ~= "table" or kept.kind ~= "access audit" then
    error(("--last %s: not the file of an earlier audit; name another one, or move it away"):format(opt.last), 0)
  end
  return kept
end

-- Somebody may have the same thing twice, so they are counted.
local function compare(rows, before)
  local was = {}
  for _, row in ipairs(before) do
    local key = key_of(row)
    was[key] = was[key] or {}
    table.insert(was[key], row)
  end
  for _, row in ipairs(rows) do
    local old = was[key_of(row)] and table.remove(was[key_of(row)], 1)
    if not old then
      row.change = "new"
    elseif old.state ~= row.state then
      row.change, row.was = "changed", old.state
    end
  end
  local gone = {}
  for _, left in pairs(was) do
    for _, row in ipairs(left) do
      row.change = "gone"
      gone[#gone + 1] = row
    end
  end
  return gone
end

-- ---- writing ----

-- Never half a file where an older one was.
local function write_file(path, text)
  local temporary = path .. ".new"
  local file = assert(io.open(temporary, "wb"))
  assert(file:write(text))
  assert(file:close())
  assert(os.rename(temporary, path))
end

-- A spreadsheet must not take a name for a formula.
local function csv_cell(value)
  local text = tostring(value or "")
  if text:find "^[=+@\t\r-]" then text = "'" .. text end
  return text:find '[",\r\n]' and '"' .. text:gsub('"', '""') .. '"' or text
end

local function csv(rows)
  local lines = { table.concat(COLUMNS, ",") }
  for _, row in ipairs(rows) do
    local cells = {}
    for n, name in ipairs(COLUMNS) do cells[n] = csv_cell(row[name]) end
    lines[#lines + 1] = table.concat(cells, ",")
  end
  return table.concat(lines, "\r\n") .. "\r\n"
end

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local function escape(value)
  return (tostring(value or ""):gsub("[&<>\"']", ENTITIES))
end

local STYLE = [[
:root { color-scheme: light dark; }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 70rem; padding: 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #8886; vertical-align: top;
  overflow-wrap: anywhere; }
.new td:first-child { color: #1a7f4b; } .gone td { text-decoration: line-through; opacity: .75; }
.changed td:first-child { color: #9a5b00; }
@media (max-width: 40rem) { thead { display: none; } tr { display: block; padding: .4rem 0; border-bottom: 1px solid #8886; }
  td { display: block; border: 0; padding: 0; } td:empty { display: none; }
  td::before { content: attr(data-name) ": "; opacity: .7; } }
]]

local function html(rows, notes, at)
  local out = { "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">",
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    "<title>Access audit " .. at .. "</title><style>" .. STYLE .. "</style></head><body>",
    "<h1>Who has access to what</h1><p>" .. escape(at) .. "</p>" }
  for _, note in ipairs(notes) do out[#out + 1] = "<p><strong>" .. escape(note) .. "</strong></p>" end
  out[#out + 1] = "<table><thead><tr>"
  for _, name in ipairs(COLUMNS) do out[#out + 1] = "<th>" .. name .. "</th>" end
  out[#out + 1] = "</tr></thead><tbody>"
  for _, row in ipairs(rows) do
    local cells = {}
    for n, name in ipairs(COLUMNS) do
      cells[n] = ('<td data-name="%s">%s</td>'):format(name, escape(row[name]))
    end
    out[#out + 1] = ('<tr class="%s">%s</tr>'):format(row.change or "same", table.concat(cells))
  end
  out[#out + 1] = "</tbody></table></body></html>\n"
  return table.concat(out, "\n")
end

-- ---- the audit ----

local before = last_audit()
local at = os.date "!%Y-%m-%dT%H:%M:%SZ"
local rows, kept, systems, notes, unread = array{}, array{}, object{}, {}, 0

local function keep(list)
  for _, row in ipairs(list) do
    kept[#kept + 1] = object{ person = row.person, system = row.system, access = row.access, place = row.place,
                              state = row.state }
  end
end

local function rows_before(system)
  local list = {}
  for _, row in ipairs(before and before.rows or {}) do
    if row.system == system then list[#list + 1] = row end
  end
  return list
end

local function note(text, ...)
  notes[#notes + 1] = text:format(...)
  log.warn(notes[#notes])
end

local function take(outcome)
  local system, list = outcome.item, outcome.value
  keep(list)
  for _, row in ipairs(list) do rows[#rows + 1] = row end
  if before and before.systems[system] then
    for _, row in ipairs(compare(list, rows_before(system))) do rows[#rows + 1] = row end
  elseif before then
    note("%s was not in the last audit: nothing of it is called new", system)
  end
  systems[system] = true
end

-- What was known of a system that is not read today has not gone away.
local function carry_over(system)
  if not before or not before.systems[system] then return end
  keep(rows_before(system))
  systems[system] = true
end

for _, outcome in ipairs(read_all()) do
  if outcome.ok then
    take(outcome)
  else
    unread = unread + 1
    note("%s was not read: %s", outcome.item, tostring(outcome.error))
    carry_over(outcome.item)
  end
end
for _, system in ipairs(opt.without or {}) do carry_over(system) end

local shown, changes = array{}, 0
for _, row in ipairs(in_order(rows)) do
  if row.change then changes = changes + 1 end
  if row.was then row.state = ("%s, was %s"):format(row.state, row.was) end
  if row.change or not opt.changes then shown[#shown + 1] = row end
end

print_table(shown, { columns = { table.unpack(COLUMNS, before and 1 or 2) } })
if opt.html then write_file(opt.html, html(shown, notes, at)) end
if opt.csv then write_file(opt.csv, csv(shown)) end
if opt.last then
  write_file(opt.last, json.encode(object{ kind = "access audit", at = at, systems = systems, rows = in_order(kept) }) .. "\n")
end
if before then log.info(("%d change%s since %s"):format(changes, changes == 1 and "" or "s", before.at)) end
if unread > 0 then error(("%d of the systems could not be read"):format(unread), 0) end
