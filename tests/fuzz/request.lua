-- request.lua - fuzz target: {"op": ..., "args": [...]} as a request of a built-in
-- service: what was given stands in its place, and nowhere else.
-- SPDX-License-Identifier: MIT

local fuzz = ...
local catalogue = require "core.catalogue"
local curl = require "core.curl"
local http = require "host.http"
local json = require "host.json"
local request_ = require "core.request"
local services = require "core.services"

local BASE <const> = "https://api.example.com/base"
local operations = {}
for _, name in ipairs(services.names()) do
  for _, resource in ipairs(services.catalogue(name).resource_list) do
    for _, op in ipairs(resource.operations) do operations[#operations + 1] = op end
  end
end
for _, word in ipairs { "op", "args", "timeout", "cap", "retry", "to", "field", "eq", "like", "a/b", "a?b#c", "../..", "%2e%2e", "a\tb",
  "\u{e4}", "2026-11-21", "2026-11-21T20:10:00Z", "497f6eca-6276-4993-bfeb-53cbbbba6f08", "new.hire@example.com" } do
  table.insert(fuzz.words, word)
end

local function operation_of(value)
  if math.type(value) == "integer" then return operations[value % #operations + 1] end
  for _, op in ipairs(operations) do
    if op.id == value then return op end
  end
  return operations[1]
end

local function unescaped(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function count(text, part)
  return select(2, text:gsub(part, ""))
end

-- Each placeholder's text, found again where it stands in the path.
local function check_path(op, request, path)
  local whole, query = op.template:match "^([^?]*)%??(.*)$"
  if query ~= "" then return end
  assert(count(path, "/") == count(whole, "/"), "as many parts as the template")
  local wanted, parts, at = {}, {}, 1
  for _, pair in ipairs(request.path) do wanted[pair[1]] = pair[2] end
  for part in path:gmatch "[^/]+" do parts[#parts + 1] = part end
  for part in whole:gmatch "[^/]+" do
    local name = part:match "^{([^}]*)}$"
    local got = parts[at]
    if name then assert(unescaped(got) == wanted[name], "the value stands in its part") end
    assert(unescaped(got) ~= "." and unescaped(got) ~= "..", "no part leads elsewhere")
    at = at + 1
  end
end

-- What a shell makes of one quoted word.
local function unquoted(word)
  if not word:find "'" then
    assert(word:find "^[%w_@%%+=:,./-]+$", "nothing that a shell reads")
    return word
  end
  local out, at = {}, 1
  while at <= #word do
    local inside, after = word:match("^'([^']*)'()", at)
    if inside then
      out[#out + 1], at = inside, after
    else
      assert(word:sub(at, at + 1) == "\\'", "only quoted quotes stand outside")
      out[#out + 1], at = "'", at + 2
    end
  end
  return table.concat(out)
end

local function check(op, request)
  for _, line in ipairs(request.headers) do
    assert(not line:find "[\r\n%z]" and line:find "^[^:]+:", "a header is one line: " .. line)
  end
  if request.body then
    local value = assert(json.decode(request.body), "a body is JSON")
    assert(json.encode(value) == request.body, "written one way")
  end
  local ok, url, err = fuzz.try(nil, http.url, BASE, request)
  if not ok then return end
  if not url then return fuzz.refusal(err) end
  assert(url:sub(1, #BASE) == BASE and not url:find "[%c%s\127-\255\"<>\\^`{|}#]", "an address: " .. url)
  check_path(op, request, url:sub(#BASE + 1):match "^[^?]*")
  assert(unquoted(curl.quote(url)) == url, "one word of a shell")
  for _, pair in ipairs(request.query) do
    if not pair[2]:find "%z" then assert(unquoted(curl.quote(pair[2])) == pair[2], "one word of a shell") end
  end
end

return function(input)
  local given = fuzz.object(input)
  local op = operation_of(given.op)
  local args = json.is_array(given.args) and given.args or {}
  local list = {}
  for i, value in ipairs(args) do
    if i > 20 then break end
    list[i] = value
  end
  local ok, request = fuzz.try(input, function()
    return request_.build(catalogue.load(op.service), op, {}, request_.parse(op, table.unpack(list)))
  end)
  if not ok then return assert(request.kind == "validation", "the arguments' fault") end
  check(op, request)
end
