-- core/schedule/page/html.lua - what all pages of the status page share.
-- SPDX-License-Identifier: MIT

local form = require "core.schedule.page.form"
local page = require "core.run.page"
local redact = require("host.err").redact
local view = require "core.run.view"

local M = {}

local e = page.element

--- An element; its content is mark-up.
M.e = e

--- Any value as text of a page: nothing in it is mark-up, and no secret that
-- this process knows is left in it.
function M.text(value)
  return page.text(redact(tostring(value)))
end

local text = M.text

function M.code(value)
  return e("code", nil, text(value))
end

function M.soft(value)
  return e("span", { class = "soft" }, text(value))
end

--- A link to an address of ours.
function M.link(href, words, attrs)
  local all = { href = href }
  for name, value in pairs(attrs or {}) do all[name] = value end
  return e("a", all, text(words))
end

--- A link that looks like a button, to the page where something can be done.
function M.button(href, words, class)
  return M.link(href, words, { class = "button" .. (class and " " .. class or "") })
end

--- A part of a page under a title.
function M.section(title, content, id)
  table.insert(content, 1, e("h2", nil, text(title)))
  return e("section", { id = id }, content)
end

--- A list of terms; rows are { term, mark-up or nil }.
function M.terms(rows)
  local out = {}
  for _, row in ipairs(rows) do
    if row[2] then out[#out + 1] = e("dt", nil, text(row[1])) .. e("dd", nil, row[2]) end
  end
  return #out > 0 and e("dl", nil, out) or ""
end

--- A table that becomes a list of cards on a narrow screen. rows are lists of
-- mark-up, columns are titles; a "!" before one: its cells stay on one line.
function M.table(columns, rows, class)
  local titles, out = {}, {}
  for i, name in ipairs(columns) do titles[i] = e("th", { scope = "col" }, text((name:gsub("^!", "")))) end
  for i, row in ipairs(rows) do
    local cells = {}
    for at, content in ipairs(row) do
      local tight, name = columns[at]:match "^(!?)(.*)$"
      cells[at] = e("td", { ["data-name"] = name ~= "" and content ~= "" and name or nil,
        class = content == "" and "empty" or tight == "!" and "tight" or nil }, content)
    end
    out[i] = e("tr", nil, cells)
  end
  return e("table", { class = class }, { e("thead", nil, e("tr", nil, titles)), e("tbody", nil, out) })
end

-- ---- times ----

local DAYS <const> = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" }
local zones = {}

local function zone_of(name)
  local known = zones[name]
  if known ~= nil and not (known and known:changed()) then return known or nil end
  zones[name] = require("host.cron").zone(name) or false
  return zones[name] or nil
end

local function stamp(seconds, offset, seconds_too)
  local there = math.floor(seconds) + offset
  local iso = view.iso(there)
  return ("%s %s %s"):format(DAYS[(there // 86400 + 4) % 7 + 1], iso:sub(1, 10), iso:sub(12, seconds_too and 19 or 16))
end

--- "Mon 2026-11-23 06:15 CET": an instant in a zone, or in UTC (tz nil).
function M.local_time(at, tz)
  local zone = tz and tz ~= "UTC" and zone_of(tz)
  if not zone then return stamp(at, 0) .. " UTC" end
  local there = zone:at(at)
  return ("%s %s"):format(stamp(at, there.offset), there.abbreviation)
end

--- "Mon 2026-11-23 05:15:00 UTC"
function M.utc(at)
  return stamp(at, 0, true) .. " UTC"
end

-- As exact as somebody wants to know who looks at a page now and then.
local function about(seconds)
  local s = math.floor(seconds)
  if s < 120 then return ("%d s"):format(s) end
  if s < 7200 then return ("%d min"):format(s // 60) end
  if s < 172800 then return ("%d h %d min"):format(s // 3600, s % 3600 // 60) end
  return ("%d days"):format(s // 86400)
end

--- "in 4 min", "4 min ago", "now"
function M.from_now(at, now)
  local left = at - now
  if math.abs(left) < 1 then return "now" end
  local span = about(math.abs(left))
  return left > 0 and "in " .. span or span .. " ago"
end

--- A time element: local time, in UTC below it, and how far away.
function M.moment(at, tz, now)
  local where = M.local_time(at, tz)
  local more = {}
  if not where:find " UTC$" then more[#more + 1] = view.iso(at):sub(12, 16) .. " UTC" end
  if now then more[#more + 1] = M.from_now(at, now) end
  return e("time", { datetime = view.iso(at), class = "moment" }, text(where)
    .. (#more > 0 and " " .. M.soft(table.concat(more, ", ")) or ""))
end

-- ---- forms ----

--- A form that brings back what this session may do. fields is mark-up.
-- @tparam table ctx session; path, when there is no action
function M.form(ctx, action, fields, class)
  local stamp_of = require("core.schedule.page.session").stamp(ctx.session, action)
  local list = type(fields) == "table" and fields or { fields }
  table.insert(list, 1, e("input", { type = "hidden", name = "stamp", value = stamp_of }))
  return e("form", { method = "post", action = action, class = class }, list)
end

function M.hidden(name, value)
  return e("input", { type = "hidden", name = name, value = value })
end

--- A labelled field: one of a line, or of more where rows is given.
function M.field(name, label, options)
  local id = "f-" .. name
  local attrs = { id = id, name = name, required = options.required and "required" or nil, maxlength = options.most or 1000,
    ["aria-describedby"] = options.hint and id .. "-hint" or nil, autocomplete = "off" }
  local out = { e("label", { ["for"] = id }, text(label) .. (options.required and "" or " " .. M.soft "(may be left out)")) }
  if options.hint then out[2] = e("p", { class = "hint", id = id .. "-hint" }, text(options.hint)) end
  if options.rows then
    attrs.rows, attrs.spellcheck = options.rows, "false"
    -- the first line break of a text area is not part of it
    out[#out + 1] = e("textarea", attrs, "\n" .. text(options.value or ""))
  else
    attrs.type, attrs.value = "text", options.value
    out[#out + 1] = e("input", attrs)
  end
  return e("div", { class = "field" }, out)
end

--- One of several: rows are { value, title, what it means }.
function M.choice(name, label, rows, chosen)
  local out = { e("legend", nil, text(label)) }
  for i, row in ipairs(rows) do
    local id = ("f-%s-%d"):format(name, i)
    out[#out + 1] = e("div", { class = "option" }, {
      e("input", { type = "radio", id = id, name = name, value = row[1], required = "required",
        checked = chosen == row[1] and "checked" or nil }),
      e("label", { ["for"] = id }, e("strong", nil, text(row[2])) .. " " .. e("span", nil, text(row[3]))),
    })
  end
  return e("fieldset", nil, out)
end

function M.check(name, label, checked)
  local id = "f-" .. name
  return e("div", { class = "option" }, {
    e("input", { type = "checkbox", id = id, name = name, value = "yes", checked = checked and "checked" or nil }),
    e("label", { ["for"] = id }, text(label)),
  })
end

--- The last row of a form: what does it, and the way back.
function M.submit(words, back, class)
  return e("div", { class = "actions" }, { e("button", { type = "submit", class = class or "primary" }, text(words)),
    M.button(back, "Back") })
end

-- ---- the whole page ----

local function top(ctx, here)
  local links = {}
  for _, one in ipairs { { "overview", "/", "Overview" }, { "runs", "/runs", "Runs" } } do
    links[#links + 1] = M.link(one[2], one[3], { ["aria-current"] = here == one[1] and "page" or nil })
  end
  return e("header", { class = "top" }, {
    M.link("#main", "To the content", { class = "skip" }),
    e("span", { class = "brand" }, M.link("/", "errand") .. " " .. M.soft(ctx.host)),
    ctx.session and e("nav", { ["aria-label"] = "Pages" }, links) or "",
    ctx.session and M.form(ctx, "/logout", e("button", { type = "submit", class = "quiet" }, "Sign out")) or "",
  })
end

local function flash(ctx)
  local told = ctx.session and ctx.session.flash
  if not told then return "" end
  ctx.session.flash = nil
  local word = told.good and "Done." or "Not done."
  return e("p", { class = "flash " .. (told.good and "good" or "bad"), role = "status" },
    e("strong", nil, word) .. " " .. text(told.text))
end

local function refreshing(ctx, seconds)
  if not seconds then return "" end
  local on = ctx.session.refresh
  local words = on and ("This page shows itself anew every %d s."):format(seconds) or "This page does not change by itself."
  return e("div", { class = "refresh" }, { e("span", { class = "soft" }, text(words)),
    M.form(ctx, "/refresh", { M.hidden("on", on and "no" or "yes"), M.hidden("back", ctx.path),
      e("button", { type = "submit", class = "quiet" }, on and "Stop that" or "Keep it up to date") }) })
end

--- A whole page.
-- @tparam table ctx session (nil: nobody has signed in), host, path
-- @tparam table what title, body (list of mark-up), here ("overview", "runs"
--   or nil), refresh (seconds, nil: never)
function M.page(ctx, what)
  local again = what.refresh and ctx.session and ctx.session.refresh
  local head = e("head", nil, {
    e("meta", { charset = "utf-8" }),
    e("meta", { name = "viewport", content = "width=device-width, initial-scale=1" }),
    e("meta", { name = "color-scheme", content = "light dark" }),
    again and e("meta", { ["http-equiv"] = "refresh", content = tostring(what.refresh) }) or "",
    e("title", nil, text(what.title .. " - errand on " .. ctx.host)),
    e("link", { rel = "icon", type = "image/svg+xml", href = "/icon.svg" }),
    e("link", { rel = "stylesheet", href = "/style.css" }),
  })
  local main = { flash(ctx) }
  for _, part in ipairs(what.body) do main[#main + 1] = part end
  local foot = what.refresh and ctx.session and e("footer", nil, refreshing(ctx, what.refresh)) or ""
  return "<!DOCTYPE html>\n" .. e("html", { lang = "en" }, { head, e("body", nil,
    { top(ctx, what.here), e("main", { id = "main", tabindex = "-1" }, main), foot }) }) .. "\n"
end

--- Where somebody goes on, below form.path.
M.path, M.query = form.path, form.query

return M
