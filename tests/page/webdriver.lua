-- webdriver.lua - as much of WebDriver as the tests of the page need, by curl.
-- SPDX-License-Identifier: MIT

local json = require "host.json"

local M = {}
local Browser = {}
Browser.__index = Browser

local ELEMENT <const> = "element-6066-11e4-a52e-4f735466cecf"

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- What curl gives for these arguments: text, status, headers.
function M.curl(dir, url, arguments)
  local out, head = dir .. "/curl.out", dir .. "/curl.head"
  local words = { "curl", "-s", "--noproxy", "'*'", "--max-time", "30", "-o", quote(out), "-D", quote(head), "-w",
    "'%{http_code}'" }
  for _, word in ipairs(arguments or {}) do words[#words + 1] = quote(word) end
  words[#words + 1] = quote(url)
  local pipe = assert(io.popen(table.concat(words, " ")))
  local status = math.tointeger(tonumber(pipe:read "a")) or 0
  pipe:close()
  local function read(path)
    local file = io.open(path, "rb")
    if not file then return "" end
    local text = file:read "a"
    file:close()
    os.remove(path)
    return text
  end
  return read(out), status, read(head)
end

--- One command; what came back, or nil and the error.
function Browser:try(method, path, body)
  local arguments = { "-X", method }
  if method == "POST" then
    arguments[#arguments + 1], arguments[#arguments + 2] = "-H", "Content-Type: application/json"
    local file = assert(io.open(self.dir .. "/curl.in", "wb"))
    file:write(assert(json.encode(json.object(body or {}))))
    file:close()
    table.move({ "--data-binary", "@" .. self.dir .. "/curl.in" }, 1, 2, #arguments + 1, arguments)
  end
  local text, status = M.curl(self.dir, self.base .. path, arguments)
  local answer = json.decode(text)
  if type(answer) ~= "table" then return nil, ("no answer (%d)"):format(status) end
  local value = answer.value
  if status >= 400 then return nil, tostring(value.error) .. ": " .. tostring(value.message):match "^[^\n]*" end
  return value ~= json.null and value or nil
end

function Browser:send(method, path, body)
  local value, err = self:try(method, path, body)
  if err then error(("%s %s: %s"):format(method, path, err), 0) end
  return value
end

--- A browser of its own.
-- @tparam table options port (of the driver), dir, arguments (list), prefs, mobile
function M.open(options)
  local self = setmetatable({ base = ("http://127.0.0.1:%d"):format(options.port), dir = options.dir }, Browser)
  local chrome = json.object { args = json.array(options.arguments), prefs = options.prefs and json.object(options.prefs) or nil,
    mobileEmulation = options.mobile and json.object { deviceMetrics = json.object(options.mobile) } or nil }
  local made = self:send("POST", "/session", { capabilities = json.object { alwaysMatch = json.object {
    browserName = "chrome", ["goog:chromeOptions"] = chrome, unhandledPromptBehavior = "ignore",
    timeouts = json.object { pageLoad = 20000, script = 10000, implicit = 0 } } } })
  self.base = ("%s/session/%s"):format(self.base, made.sessionId)
  return self
end

function Browser:close() return self:try("DELETE", "") end

function Browser:go(url) return self:send("POST", "/url", { url = url }) end

function Browser:url() return self:send("GET", "/url") end

function Browser:title() return self:send("GET", "/title") end

function Browser:source() return self:send("GET", "/source") end

--- All elements of a CSS selector, or an XPath that begins with "//".
function Browser:all(selector)
  local list = self:send("POST", "/elements", { using = selector:find "^//" and "xpath" or "css selector", value = selector })
  local out = {}
  for i, one in ipairs(list) do out[i] = one[ELEMENT] end
  return out
end

--- The first one; raises where there is none.
function Browser:one(selector)
  return self:all(selector)[1] or error("nothing on the page is " .. selector .. " at " .. self:url(), 0)
end

function Browser:click(selector)
  return self:send("POST", ("/element/%s/click"):format(self:one(selector)), {})
end

--- Does what leads to another page, and waits for that page.
function Browser:leave(fn, ...)
  local root = self:one "html"
  fn(...)
  require("host.task").deadline(20, function()
    repeat
      local gone = not self:try("GET", ("/element/%s/name"):format(root))
      require("host.task").sleep(0.01)
    until gone and self:try("POST", "/execute/sync", { script = "return document.readyState", args = json.array {} })
      == "complete"
  end)
end

--- Clicks what leads to another page.
function Browser:follow(selector)
  return self:leave(self.click, self, selector)
end

function Browser:type(selector, text)
  local element = self:one(selector)
  self:send("POST", ("/element/%s/clear"):format(element), {})
  return self:send("POST", ("/element/%s/value"):format(element), { text = text })
end

function Browser:text(selector)
  return self:send("GET", ("/element/%s/text"):format(self:one(selector or "body")))
end

function Browser:run(script, ...)
  return self:send("POST", "/execute/sync", { script = script, args = json.array { ... } })
end

--- Keys pressed one after the other, wherever the focus is.
function Browser:keys(...)
  local actions = json.array {}
  for _, key in ipairs { ... } do
    actions[#actions + 1] = json.object { type = "keyDown", value = key }
    actions[#actions + 1] = json.object { type = "keyUp", value = key }
  end
  return self:send("POST", "/actions", { actions = json.array { json.object { type = "key", id = "keys", actions = actions } } })
end

--- A command of the browser's own protocol.
function Browser:cdp(command, parameters)
  return self:send("POST", "/goog/cdp/execute", { cmd = command, params = json.object(parameters or {}) })
end

--- Whether a dialog is open.
function Browser:alert()
  return self:try("GET", "/alert/text") ~= nil
end

--- The whole page as a picture.
function Browser:shot(path)
  local shot = self:cdp("Page.captureScreenshot", { format = "png", captureBeyondViewport = true })
  local file = assert(io.open(path, "wb"))
  local pipe = assert(io.popen("base64 -d >" .. quote(path), "w"))
  file:close()
  pipe:write(shot.data)
  pipe:close()
end

return M
