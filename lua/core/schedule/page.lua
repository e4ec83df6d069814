-- core/schedule/page.lua - the status page of errand serve: who may see it, and which page an address is.
-- SPDX-License-Identifier: MIT

-- local page = require "core.schedule.page"
-- P = page.new{ scheduler=, book=, journal=, clock=, token=, logs=?, actor=?, host=?, facts=?, wake=?, open=?, log=? }
--   clock: wall(), mono(); token: what gives a session, 16 characters or more, new at each start
--   logs: the folder with the logs of slots; actor: in whose name things are done, "(page)" is added to it
--   host: the name at the top; facts() -> how the daemon is (core.schedule.daemon); wake(): after something was done
--   open: { ["/health"] = fn(request) -> reply }: answered without a session
--   log(level, text, fields): who came in, who did not, what was done
-- P:handle{ method=, path=, query=, body=, headers= } -> { status=, headers=, body= }
--   for host.server.listen{ methods = page.METHODS, max_body = page.BODY_MAX, pages = true }. It waits for nothing.
--
-- All is made here and works without a script in the browser. Whoever has no
-- session sees the form that asks for the token, the style and the icon, and
-- what `open` has. What changes something is a form with a stamp, made for the
-- session and the address and good for one time; a page of another site has
-- none, and the server refuses it besides.

local error_ = require "core.error"
local form = require "core.schedule.page.form"
local html = require "core.schedule.page.html"
local redact = require("host.err").redact
local session_ = require "core.schedule.page.session"
local sys = require "host.sys"

local M = { METHODS = "GET, HEAD, POST", BODY_MAX = form.BODY_MAX }
local P = {}
P.__index = P

local e, text = html.e, html.text

local POLICY <const> = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
  .. "frame-ancestors 'none'"

--- The status page.
-- @tparam table options see above
function M.new(options)
  local who = sys.whoami()
  return setmetatable({
    scheduler = options.scheduler, book = options.book, journal = options.journal, clock = options.clock, logs = options.logs,
    actor = (options.actor or who) .. " (page)", host = options.host or who:match "@(.*)$" or who, open = options.open or {},
    log = options.log or function() end, facts = options.facts or function() end, wake = options.wake or function() end,
    sessions = session_.new { token = options.token, clock = options.clock, name = options.logs },
  }, P)
end

-- ---- replies ----

-- With no-referrer a browser sends "Origin: null" along with our own forms, and
-- the server could not tell them from those of another site.
local function reply(status, kind, body, headers)
  local all = { ["Content-Type"] = kind .. "; charset=utf-8", ["Content-Security-Policy"] = POLICY,
    ["Referrer-Policy"] = "same-origin" }
  for name, value in pairs(headers or {}) do all[name] = value end
  return { status = status, headers = all, body = body }
end

local function page(status, body, headers)
  return reply(status, "text/html", redact(body), headers)
end

local function go(where, headers)
  local all = { Location = where }
  for name, value in pairs(headers or {}) do all[name] = value end
  return reply(303, "text/plain", "see " .. where .. "\n", all)
end

local function plain_page(ctx, status, title, words, headers)
  return page(status, html.page(ctx, { title = title, body = { e("h1", nil, text(title)), e("p", nil, text(words)),
    e("p", nil, html.link("/", ctx.session and "Overview" or "Sign in")) } }), headers)
end

-- An address of ours to go on at, else the overview: no other site, no
-- control characters.
local function local_path(where)
  if where and where:find "^/[%w%-._~%%/]*$" and not where:find "//" and #where <= 2000 then return where end
  return "/"
end

-- ---- coming in ----

local function login_form(ctx, status, problem, headers, where)
  local back = local_path(where or ctx.query.next or ctx.path ~= "/login" and ctx.path or nil)
  local body = {
    e("h1", nil, "Sign in"),
    problem and e("p", { class = "error", role = "alert" }, text(problem)) or "",
    e("p", nil, "The token was made when errand serve began; it printed an address with it, or wrote it into the file that its "
      .. "log names."),
    e("form", { method = "post", action = "/login", class = "card" }, {
      html.hidden("next", back),
      e("div", { class = "field" }, { e("label", { ["for"] = "f-token" }, "Token"),
        e("input", { type = "password", id = "f-token", name = "token", required = "required", autocomplete = "off",
          autofocus = "autofocus" }) }),
      e("div", { class = "actions" }, e("button", { type = "submit", class = "primary" }, "Sign in")),
    }),
  }
  return page(status, html.page(ctx, { title = "Sign in", body = body }), headers)
end

local function login(self, ctx, token, where)
  local id, why = self.sessions:login(token)
  if id then
    self.log("info", "page: somebody signed in", {})
    return go(local_path(where), { ["Set-Cookie"] = self.sessions:set_cookie(id) })
  end
  local wait = math.max(1, math.ceil(self.sessions:wait()))
  if why == "wrong" then self.log("warn", "page: a wrong token", {}) end
  local words = why == "wrong" and "That is not the token." or "That was not looked at: a wrong token was given shortly before."
  return login_form(ctx, why == "wrong" and 403 or 429, ("%s Try again in %d s."):format(words, wait),
    { ["Retry-After"] = ("%d"):format(wait) }, where)
end

-- The cookie does not come along where a page of another site, or a mail in a
-- browser, led here. Asked for once more from here, it does.
local function once_more(ctx)
  ctx.query.again = "1"
  local where = html.query(ctx.path, ctx.query)
  return page(200, "<!DOCTYPE html>\n" .. e("html", { lang = "en" }, { e("head", nil, { e("meta", { charset = "utf-8" }),
    e("meta", { ["http-equiv"] = "refresh", content = "0;url=" .. where }), e("title", nil, "errand") }),
    e("body", nil, e("p", nil, html.link(where, "Go on"))) }))
end

-- ---- pages ----

-- { kind of page, ... } by the first part of the path
local pages = {}

pages[""] = function(ctx) return require("core.schedule.page.overview").page(ctx) end

function pages.runs(ctx, parts)
  if #parts == 1 then return require("core.schedule.page.run").list(ctx) end
  if #parts == 2 then return require("core.schedule.page.run").page(ctx, parts[2]) end
  return require("core.schedule.page.actions").page(ctx, parts)
end

function pages.schedules(ctx, parts)
  if #parts == 2 then return require("core.schedule.page.schedule").page(ctx, parts[2]) end
  return require("core.schedule.page.actions").page(ctx, parts)
end

local function number(value)
  return value and value:find "^%d%d?%d?%d?%d?%d?%d?%d?%d?%d?%d?%d?$" and math.tointeger(tonumber(value)) or nil
end

function pages.slots(ctx, parts)
  local id = number(parts[2])
  if #parts == 2 and id then return require("core.schedule.page.slot").page(ctx, id) end
end

-- /slots/ID/log: the whole of it, to be kept
local function log_file(ctx, parts)
  local id = #parts == 3 and parts[1] == "slots" and parts[3] == "log" and number(parts[2])
  local slot = id and ctx.book:slot(id)
  if not slot then return nil end
  local attempt = number(ctx.query.attempt or ("%d"):format(slot.attempt))
  local content = attempt and require("core.schedule.page.slot").log(ctx, slot, attempt)
  return content and reply(200, "text/plain", content,
    { ["Content-Disposition"] = ('attachment; filename="slot-%d-%d.log"'):format(id, attempt) })
end

local function get(_, ctx, parts)
  local found = log_file(ctx, parts)
  if found then return found end
  local make = pages[parts[1] or ""]
  local body = make and make(ctx, parts)
  if body then return page(200, body) end
  return plain_page(ctx, 404, "There is no such page", "The schedule, run or slot is not there, or not any more.")
end

-- ---- deeds ----

local own = {}

function own.logout(self, ctx)
  self.sessions:close(ctx.cookie)
  return go("/", { ["Set-Cookie"] = self.sessions:set_cookie(nil) })
end

function own.refresh(_, ctx, fields)
  ctx.session.refresh = fields.on == "yes"
  return go(local_path(fields.back))
end

local function post(self, ctx, parts, fields)
  local here = html.query(ctx.path, { step = ctx.query.step })
  local ours, first = session_.check(ctx.session, here, fields.stamp)
  if not ours then
    self.log("warn", "page: a form without a valid stamp was refused", { path = ctx.path })
    return plain_page(ctx, 403, "Not done", "The form was not made for this session, or is too old. Open the page again and "
      .. "repeat it there.")
  end
  if not first then
    ctx.session.flash = { good = false, text = "That form was sent before; it does its work one time only." }
    return go "/"
  end
  if #parts == 1 and own[parts[1]] then return own[parts[1]](self, ctx, fields) end
  local where, body, status = require("core.schedule.page.actions").post(ctx, parts, fields)
  if where then
    session_.use(ctx.session, fields.stamp)
    self.log("info", "page: " .. parts[3], { about = parts[2], step = ctx.query.step, actor = ctx.actor })
    self.wake()
    return go(where)
  end
  if body then return page(status, body) end
  return plain_page(ctx, 404, "There is no such page", "The schedule, run or step is not there, or not any more.")
end

-- ---- whole requests ----

-- The server refuses these before they come here; a form never travels
-- without that, whoever serves it.
local function from_elsewhere(request)
  local site = request.headers["sec-fetch-site"]
  return site ~= nil and site ~= "same-origin" and site ~= "none"
end

-- What the scheduler shows, looked at one time for a page.
local function view_of(ctx)
  if not ctx.seen then ctx.seen = ctx.facts and ctx.facts.view or not ctx.facts and ctx.scheduler:view() end
  if not ctx.seen then error_.raise("conflict", "errand serve is about to start; look again in a moment") end
  return ctx.seen
end

local function context(self, request)
  local cookie = request.headers.cookie
  return {
    scheduler = self.scheduler, book = self.book, journal = self.journal, logs = self.logs, actor = self.actor, host = self.host,
    path = request.path, query = form.fields(request.query), cookie = cookie, session = self.sessions:of(cookie),
    now = self.clock:wall(), facts = self.facts(), view = view_of,
  }
end

local function answer_get(self, ctx, request, parts)
  if ctx.query.token then return login(self, ctx, ctx.query.token, request.path) end
  if ctx.path == "/login" and ctx.session then return go(local_path(ctx.query.next)) end
  if ctx.session then return get(self, ctx, parts) end
  if from_elsewhere(request) and not ctx.query.again then return once_more(ctx) end
  return login_form(ctx, ctx.path == "/login" and 200 or 401)
end

local function answer_post(self, ctx, request, parts)
  local kind = request.headers["content-type"] or ""
  if from_elsewhere(request) then return plain_page(ctx, 403, "Not done", "The request came from a page of another site.") end
  if not kind:lower():find "^application/x%-www%-form%-urlencoded" or #request.body > form.BODY_MAX then
    return plain_page(ctx, 415, "Not done", "A form was expected.")
  end
  local fields = form.fields(request.body)
  if ctx.path == "/login" then return login(self, ctx, fields.token, fields.next) end
  if not ctx.session then return login_form(ctx, 401, "The session is over. Sign in and repeat it.") end
  return post(self, ctx, parts, fields)
end

local function answer(self, request)
  local path = request.path
  if path == "/style.css" then return reply(200, "text/css", require("core.schedule.page.style").text()) end
  if path == "/icon.svg" then return reply(200, "image/svg+xml", require("core.schedule.page.style").ICON) end
  if self.open[path] then return self.open[path](request) end
  local ctx, parts = context(self, request), form.parts(path)
  if not parts then return plain_page(ctx, 400, "There is no such page", "The address is no text.") end
  if request.method == "POST" then return answer_post(self, ctx, request, parts) end
  if request.method == "GET" or request.method == "HEAD" then return answer_get(self, ctx, request, parts) end
  return reply(405, "text/plain", "GET, HEAD and POST only\n", { Allow = M.METHODS })
end

--- Answers a request of host.server.
function P:handle(request)
  local ok, result = pcall(answer, self, request)
  if ok then return result end
  local is = error_.is(result)
  self.log("error", "page: " .. redact(is and result.message or tostring(result)), { path = request.path })
  if not is then return reply(500, "text/plain", "internal error; the log has more\n") end
  return reply(503, "text/plain", ("errand cannot show this now: %s\n"):format(redact(result.message)))
end

return M
