-- people.lua - what onboard.lua and offboard.lua share: who, by which names, and the table.
-- SPDX-License-Identifier: MIT

local people = {}

people.email = "[^@%s]+@[^@%s]+"

--- people.input(opt, columns): the arguments, with the people of the CSV or
-- the one that they name. What else a file says of people is left out, for
-- the input is journaled.
function people.input(opt, columns)
  local input = { people = array{} }
  for name, value in pairs(opt) do input[name] = value end
  for _, column in ipairs{ "csv", table.unpack(columns) } do input[column] = nil end
  for n, record in ipairs(opt.csv and read_csv(opt.csv, { columns = columns, unique = "email" }) or { opt }) do
    input.people[n] = {}
    for _, column in ipairs(columns) do input.people[n][column] = record[column] end
  end
  return input
end

--- people.key(input): two lists that begin with the same person are one work,
-- so that a corrected list does not start beside a run that is unfinished.
function people.key(i)
  local first = i.people[1] and people.address(i.people[1]) or "nobody"
  return #i.people < 2 and first or ("%s and %d more"):format(first, #i.people - 1)
end

--- people.address(person): addresses differ, and so do the logins made of them.
function people.address(person)
  return person.email:lower()
end

--- people.named(run, what, find, list, column): the names that people carry,
-- each looked up once; name to record, and name to fault.
function people.named(run, what, find, list, column)
  local names, seen = {}, {}
  for _, person in ipairs(list) do
    local name = person[column]
    if not seen[name] then names[#names + 1], seen[name] = name, true end
  end
  local found, faults = {}, {}
  local function look(b, name) return b:step("find", find, { name = name }) end
  for n, one in ipairs(run:each(what, names, tostring, look)) do
    if not one.ok and one.error.kind ~= "conflict" then error(one.error, 0) end
    found[names[n]] = one.value
    faults[names[n]] = not one.ok and one.error.message or not one.value and ("no %s '%s'"):format(what, names[n]) or nil
  end
  return found, faults
end

--- people.notes(rows, person) -> note(system, what, id, outcome, warning), which
-- adds a row of the table. A warning is said at the end. id may be nil: that of
-- a step which somebody skipped, or settled without saying what it made.
function people.notes(rows, person)
  local own = {}
  rows[people.address(person)] = own
  return function(system, what, id, outcome, warning)
    own[#own + 1] = { person = person.email, system = system, what = what, id = id and tostring(id) or "",
                      outcome = outcome == "done" and "created" or outcome, warning = warning }
  end
end

--- people.check(person, note, faults...): raises all that is wrong with a
-- person's data, before anything is sent.
function people.check(person, note, ...)
  local faults = {}
  if not person.email:find("^" .. people.email .. "$") then
    faults[1] = ("'%s' is no e-mail address"):format(person.email)
  end
  for n = 1, select("#", ...) do table.insert(faults, (select(n, ...))) end
  if #faults == 0 then return end
  note("", "", "", "nothing sent")
  error(table.concat(faults, "; "), 0)
end

--- people.check_owner(user, person): a login may have been given to somebody
-- else since; then the portal's user is not this person's.
function people.check_owner(user, person)
  local contact = type(user.contact) == "table" and user.contact.email
  local work = type(contact) == "table" and contact.work
  if type(work) == "string" and work:lower() ~= people.address(person) then
    error(("portal '%s': user %s has the login of %s, but the e-mail address %s: see to it in the portal")
      :format(person.portal, user.id, person.email, work), 0)
  end
end

-- A person's rows, system by system; who failed has one that says so.
local function rows_of(outcome, own)
  local last = own[#own]
  if not outcome.ok and not (last and (last.outcome == "failed" or last.outcome == "nothing sent")) then
    own[#own + 1] = { person = outcome.item.email, system = outcome.error.service or "", what = "", id = "", outcome = "failed" }
  end
  local sorted = {}
  for _, system in ipairs{ "ixon", "qalyptus", "intrexx", "" } do
    for _, row in ipairs(own) do
      if row.system == system then sorted[#sorted + 1] = row end
    end
  end
  return sorted
end

--- people.finish(outcomes, rows): the table; the run fails if anybody did.
function people.finish(outcomes, rows)
  local list, failed = {}, 0
  for _, one in ipairs(outcomes) do
    for _, row in ipairs(rows_of(one, rows[people.address(one.item)])) do
      list[#list + 1] = row
      if row.warning then log.warn(("%s: %s: %s"):format(row.person, row.system, row.warning)) end
    end
    if not one.ok then
      failed = failed + 1
      log.error(one.item.email .. ": " .. tostring(one.error))
    end
  end
  print_table(list, { columns = { "person", "system", "what", "id", "outcome" } })
  if failed > 0 then workflow.fail(("%d of %d people failed"):format(failed, #outcomes)) end
end

return people
